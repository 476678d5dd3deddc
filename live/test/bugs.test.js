import assert from "node:assert/strict";
import { test } from "node:test";

import { seeded } from "../src/random.js";
import { BUGS, brokenParts } from "../src/trainer/bugs.js";
import { PIXELS } from "../src/trainer/parameters.js";
import { variationalParts } from "../src/trainer/parts.js";
import { Trainer } from "../src/trainer/trainer.js";

const N = 6;
const random = seeded(8);
const IMAGES = Float32Array.from({ length: N * PIXELS }, () =>
  random.uniform() < 0.2 ? random.uniform() : 0,
);
const NOISE = seeded(3).normals(2 * N);

function trainer(bug) {
  const made = new Trainer({ hidden: 8, seed: 2, variance: null, bug });
  // Log-variances of both signs, so that a rectifier is open here and closed there.
  const weights = made.weights();
  weights.headsBias.set([0.3, -0.2, 0.4, -0.3]);
  made.setWeights(weights);
  return made;
}

const lossOf = (each) => -each.gradients(IMAGES, N, NOISE).score.elbo;

// The gradient is of what the broken program calls its loss: the bug is in the objective
// and not in the calculus. Float32 differences of a loss of a thousand nats are coarse,
// hence the wide step and the tolerance.
for (const bug of ["none", ...Object.keys(BUGS)]) {
  test(`${bug}: the gradient is that of the loss it prints`, () => {
    const each = trainer(bug);
    const { gradients } = each.gradients(IMAGES, N, NOISE);
    const step = 5e-3;
    for (const name of ["headsBias", "headsKernel", "decoderBias", "logVariance"]) {
      for (let i = 0; i < Math.min(4, gradients[name].length); i++) {
        const at = (shift) => {
          const moved = each.weights();
          moved[name][i] += shift;
          const copy = trainer(bug);
          copy.setWeights(moved);
          return lossOf(copy);
        };
        const slope = (at(step) - at(-step)) / (2 * step);
        const [got, scale] = [gradients[name][i], Math.max(...gradients[name].map(Math.abs))];
        assert.ok(Math.abs(got - slope) < 0.03 * scale + 1e-3, `${name} ${i}: ${got}, ${slope}`);
      }
    }
  });
}

test("each bug is another training, and no bug is the right one", () => {
  const after = (bug) => {
    const each = trainer(bug);
    each.setData(IMAGES, N);
    for (let i = 0; i < 3; i++) each.step();
    return each.weights().headsKernel;
  };
  const right = after("none");
  assert.deepEqual(after(undefined), right);
  for (const [bug, { parts }] of Object.entries(BUGS)) {
    const same = Object.keys(parts).every((name) => name === "picture");
    (same ? assert.deepEqual : assert.notDeepEqual)(after(bug), right, bug);
  }
});

test("the parts of an unknown bug are the right ones", () => {
  assert.deepEqual(brokenParts("constructor-of-nothing"), { ...variationalParts });
});

test("logits as pixels change what is shown and nothing else", () => {
  const [right, wrong] = [trainer("none"), trainer("logits")];
  assert.equal(lossOf(right), lossOf(wrong));
  const [means, shown] = [right, wrong].map((each) => each.decode(NOISE, N));
  assert.notDeepEqual(means, shown);
  assert.ok(shown.every((value) => value >= 0 && value <= 1));
  // The order of the pixels, from dark to bright, is the same.
  const order = (values) => Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const [first] = order(means);
  assert.equal(shown[first], Math.min(...shown));
});

test("a KL with its sign lost may be negative, and a KL may not", () => {
  const heads = Float32Array.from([0, 0, -4, -4]);
  assert.ok(BUGS.sign.parts.rates(heads, 1, 2).every((rate) => rate < 0));
  assert.ok(variationalParts.rates(heads, 1, 2).every((rate) => rate > 0));
});

test("an autoencoder has none of these bugs", () => {
  const plain = new Trainer({ hidden: 8, kl: false });
  const broken = new Trainer({ hidden: 8, kl: false, bug: "half" });
  assert.equal(plain.parts, broken.parts);
});
