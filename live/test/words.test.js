import assert from "node:assert/strict";
import test from "node:test";

import { placeOf, readVariance } from "../src/trainer/variance_control.js";
import { describe } from "../src/trainer/words.js";

const FRAME = {
  epochs: 12,
  seconds: 3.14,
  variance: 0.054321,
  heldOut: { elbo: 41.23, distortion: -49.04, rates: [4.0, 3.81], n: 500 },
  train: { elbo: 50.01, distortion: -58.2, rates: [4.1, 4.09], n: 4000 },
};

test("every number of the sentence has its unit and its split", () => {
  assert.equal(
    describe(FRAME, { name: "784-64-2", learned: true }),
    "784-64-2, epoch 12.0, 3.1 s of training. ELBO of 500 held-out test digits: +41.2 nats " +
      "a digit, from a distortion of \u221249.0 and rates of 4.00 and 3.81 nats. ELBO of " +
      "training, mean of the last 4,000 digits: +50.0 nats. Variance of a pixel 0.0543, learned.",
  );
});

test("without a rate there is no bound to speak of", () => {
  const heldOut = { ...FRAME.heldOut, elbo: null, rates: [null, null] };
  const train = { ...FRAME.train, elbo: null, rates: [null, null] };
  const words = describe({ ...FRAME, heldOut, train }, { name: "784-64-2", learned: false });
  assert.match(words, /no finite rate/);
  assert.match(words, /fixed/);
  assert.doesNotMatch(words, /ELBO/);
});

test("before the first step there is no training to report", () => {
  const words = describe({ ...FRAME, train: null }, { name: "784-512-2", learned: true });
  assert.doesNotMatch(words, /of training,/);
});

test("a variance of an address is read, or learned where it makes no sense", () => {
  assert.equal(readVariance("4.2"), 4.2);
  for (const text of ["learned", "", "0", "-1", "9", "a lot", "NaN"]) {
    assert.equal(readVariance(text), null, text);
  }
});

test("the slider is logarithmic from 0.005 to 8", () => {
  assert.equal(placeOf(0.005), 0);
  assert.equal(placeOf(8), 1);
  assert.ok(Math.abs(placeOf(0.2) - 0.5) < 1e-12); // the geometric mean of the ends
});
