import assert from "node:assert/strict";
import test from "node:test";

import { PIXELS } from "../src/trainer/parameters.js";
import { THRESHOLDS } from "../src/trainer/thresholds.js";
import { loadDigits } from "../src/weights.js";
import { run } from "./files.js";
import { largestEigenvalues } from "./spectrum.js";

test("eigenvalues of a covariance that is known", () => {
  // One direction with variance 4 / 4, another with 1 / 4: four images on two axes.
  const points = new Float32Array(4 * PIXELS);
  [
    [0, 10, 1],
    [1, 10, -1],
    [2, 400, 0.5],
    [3, 400, -0.5],
  ].forEach(([i, p, value]) => {
    points[i * PIXELS + p] = value;
  });
  const [first, second] = largestEigenvalues(points, 4);
  assert.ok(Math.abs(first - 0.5) < 1e-9, first);
  assert.ok(Math.abs(second - 0.125) < 1e-9, second);
});

test("the marks are the eigenvalues of the training digits", async () => {
  run("digits_train.js");
  const { images, count } = await loadDigits("train");
  largestEigenvalues(images, count).forEach((value, i) => {
    assert.ok(Math.abs(value - THRESHOLDS[i]) < 5e-6, `${value}`);
  });
});
