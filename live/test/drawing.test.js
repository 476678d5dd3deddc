import assert from "node:assert/strict";
import { test } from "node:test";
import { normalise, normaliseCanvas } from "../src/drawing.js";
import { loadDigits } from "../src/weights.js";
import { run } from "./files.js";

run("digits.js");
const { images } = await loadDigits("test");
const digit = (i) => images.subarray(784 * i, 784 * (i + 1));

/** A digit anywhere on a larger sheet, each pixel a block of several. */
function onSheet(x, { width, height, left, top, block = 1 }) {
  const sheet = new Float32Array(width * height);
  for (let r = 0; r < 28 * block; r++) {
    for (let c = 0; c < 28 * block; c++) {
      const ink = x[28 * Math.floor(r / block) + Math.floor(c / block)];
      if (ink > 0) sheet[(top + r) * width + left + c] = ink;
    }
  }
  return sheet;
}

test("MNIST's own digits come back as they are, from anywhere and at any scale", () => {
  for (let i = 0; i < 500; i++) {
    for (const block of i < 20 ? [1, 2, 7] : [1]) {
      const at = { width: 31 * block + 9, height: 29 * block + 5, left: 11, top: 3, block };
      const found = normalise(onSheet(digit(i), at), at.width, at.height);
      digit(i).forEach((ink, g) => assert.ok(Math.abs(found[g] - ink) < 1e-5));
    }
  }
});

test("a thin line, a dot and a whole sheet stay inside", () => {
  const line = new Float32Array(100 * 100);
  for (let r = 10; r < 90; r++) line[100 * r + 95] = 1;
  const upright = normalise(line, 100);
  assert.ok(Math.abs(upright.reduce((a, b) => a + b) - 20 * 0.25) < 1e-4);
  const dot = new Float32Array(100 * 100);
  dot[5] = 1;
  assert.equal(normalise(dot, 100).reduce((a, b) => a + b), 400);
  assert.equal(normalise(new Float32Array(100).fill(1), 10).reduce((a, b) => a + b), 400);
});

test("an empty sheet is no digit", () => {
  assert.equal(normalise(new Float32Array(100), 10), null);
});

test("a canvas's opacity is its ink", () => {
  const data = new Uint8ClampedArray(4 * 784);
  digit(0).forEach((ink, g) => (data[4 * g + 3] = Math.round(255 * ink)));
  assert.deepEqual(normaliseCanvas({ data, width: 28, height: 28 }), digit(0).slice());
});

test("what is no drawing is refused", () => {
  assert.throws(() => normalise(new Float32Array(99), 10), /99 numbers/);
  assert.throws(() => normalise(new Float32Array(100).fill(NaN), 10), /NaN at index 0/);
  assert.throws(() => normalise(new Float32Array(100).fill(255), 10), /divide levels/);
});
