import assert from "node:assert/strict";
import test from "node:test";

import { seeded } from "../src/random.js";
import { PIXELS } from "../src/trainer/parameters.js";
import { autoencoderParts, variationalParts } from "../src/trainer/parts.js";
import { Trainer } from "../src/trainer/trainer.js";

const random = seeded(8);
const IMAGES = Float32Array.from({ length: 100 * PIXELS }, () =>
  random.uniform() < 0.2 ? random.uniform() : 0,
);

function weightsAfter(parts, steps = 4) {
  const trainer = new Trainer({ hidden: 8, seed: 1, parts });
  trainer.setData(IMAGES, 100);
  for (let i = 0; i < steps; i++) trainer.step();
  return trainer.weights();
}

const { logitsGradient, addRateGradient } = variationalParts;

/** Mistakes of everyday, each in one part: a lesson can switch them on. */
const MISTAKES = {
  "a mean over pixels in place of the sum": {
    logitsGradient(...all) {
      logitsGradient(...all);
      const out = all.at(-1);
      for (let i = 0; i < out.length; i++) out[i] /= PIXELS;
    },
  },
  "the KL with the wrong sign": {
    addRateGradient(heads, out, n, d) {
      const rate = new Float32Array(out.length);
      addRateGradient(heads, rate, n, d);
      rate.forEach((value, i) => (out[i] -= value));
    },
  },
  // Adam would not notice a half that is missing from the whole gradient of one weight.
  "a squared error without its half": {
    logVarianceGradient: (error, variance, pixels) => 0.5 * pixels - error / variance,
  },
  "noise that is drawn once": {
    drawNoise: (_, noise, length) => noise.fill(0.5, 0, length),
  },
  "the mean in place of a sample": { drawCodes: autoencoderParts.drawCodes },
  "no gradient to the width of q": { codesGradient: autoencoderParts.codesGradient },
  "the same order in every epoch": {
    drawOrder: (_, n) => Uint32Array.from({ length: n }, (_, i) => i),
  },
};

const right = weightsAfter(variationalParts);

for (const [name, part] of Object.entries(MISTAKES)) {
  test(`${name}: one part replaced, and the training differs`, () => {
    const wrong = weightsAfter({ ...variationalParts, ...part });
    const differs = Object.keys(right).some((key) =>
      wrong[key].some((value, i) => value !== right[key][i]),
    );
    assert.ok(differs);
  });
}

test("the rates are KL(N(m, e^v) || N(0, 1)), the mean over the batch", () => {
  const heads = Float32Array.of(1, 0, 0, Math.log(4), 0, 2, 0, 0); // m1 m2 v1 v2, twice
  const [first, second] = variationalParts.rates(heads, 2, 2);
  assert.ok(Math.abs(first - 0.25) < 1e-7);
  assert.ok(Math.abs(second - (0.5 * (3 - Math.log(4)) + 2) / 2) < 1e-6);
});

test("the distortion is minus the log density of a Gaussian, constant and all", () => {
  // Two pixels of variance 0.25, each off by one deviation: -2 log N(0.5; 0, 0.25).
  const wanted = Math.log(2 * Math.PI * 0.25) + 1;
  assert.ok(Math.abs(variationalParts.distortion(0.5, 0.25, 2) - wanted) < 1e-12);
});
