import assert from "node:assert/strict";
import test from "node:test";

import { Adam, BETA_1, BETA_2, EPSILON, trainingKernel } from "../src/trainer/adam.js";
import { KERNEL } from "../src/trainer/adam_kernel.js";

test("the first step has the length of the learning rate, whatever the gradient", () => {
  const weights = { w: new Float32Array([1, -2, 3]) };
  new Adam(weights, 0.01).update({ w: new Float32Array([1e-3, -50, 0]) });
  // m and v of one gradient cancel: g / |g|, up to epsilon, which at 1e-3 costs 0.3 %.
  assert.ok(Math.abs(weights.w[0] - 0.99) < 4e-5);
  assert.ok(Math.abs(weights.w[1] + 1.99) < 1e-6);
  assert.equal(weights.w[2], 3);
});

test("many steps follow the formula of Kingma and Ba with Keras's epsilon", () => {
  const weights = { w: new Float32Array([0.3]) };
  const adam = new Adam(weights, 2e-3);
  let [w, m, v] = [0.3, 0, 0];
  for (let t = 1; t <= 50; t++) {
    const g = Math.sin(t);
    adam.update({ w: new Float32Array([g]) });
    m = BETA_1 * m + (1 - BETA_1) * g;
    v = BETA_2 * v + (1 - BETA_2) * g * g;
    const step = (2e-3 * Math.sqrt(1 - BETA_2 ** t)) / (1 - BETA_1 ** t);
    w -= (step * m) / (Math.sqrt(v) + EPSILON);
  }
  // float32 holds seven digits; fifty roundings lose less than one of them.
  assert.ok(Math.abs(weights.w[0] - w) < 1e-6, `${weights.w[0]} and ${w}`);
});

test("what is not learned stays, and its moments too", () => {
  const weights = { w: new Float32Array([1]), logVariance: new Float32Array([0.5]) };
  const adam = new Adam(weights, 0.1);
  const gradients = { w: new Float32Array([1]), logVariance: new Float32Array([1]) };
  adam.update(gradients, (name) => name !== "logVariance");
  assert.equal(weights.logVariance[0], 0.5);
  assert.equal(adam.first.logVariance[0], 0);
  assert.notEqual(weights.w[0], 1);
});

test("a learning rate that makes no sense is refused by name", () => {
  for (const rate of [0, -1, NaN, Infinity]) {
    assert.throws(() => new Adam({}, rate), /learningRate must be a positive number/);
  }
});

test("the fast step is the plain one to rounding, for any length", async () => {
  const fast = await trainingKernel();
  for (const length of [1, 3, 4, 10, 64]) {
    const values = (shift) => Float32Array.from({ length }, (_, i) => Math.sin(i + shift));
    const own = fast.alloc(length);
    own.set(values(0));
    const [slow, quick] = [new Adam({ w: values(0) }, 0.01), new Adam({ w: own }, 0.01, fast)];
    for (let t = 0; t < 20; t++) {
      const gradient = fast.alloc(length);
      gradient.set(values(t));
      quick.update({ w: gradient });
      slow.update({ w: values(t) });
    }
    own.forEach((value, i) => assert.ok(Math.abs(value - slow.weights.w[i]) < 2e-6));
  }
});

test("src/trainer/adam_kernel.js is what npm run kernel makes of adam.wat", async (t) => {
  const { assemble } = await import("../kernel.js");
  const bytes = await assemble("adam.wat").catch((error) => {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    return null;
  });
  if (bytes === null) return t.skip("wabt is not installed: npm ci");
  assert.equal(bytes, KERNEL);
});
