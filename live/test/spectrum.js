/** The largest eigenvalues of the covariance of images, for the test of thresholds.js. */

import { seeded } from "../src/random.js";
import { PIXELS } from "../src/trainer/parameters.js";

const ROUNDS = 60; // an error falls by the square of the ratio of two eigenvalues a round

/**
 * The two largest eigenvalues of the covariance, by orthogonal iteration.
 * @param {Float32Array} images (n, 784)
 * @param {number} n
 * @returns {[number, number]} in units of ink squared, as the variance of a pixel
 */
export function largestEigenvalues(images, n) {
  const matrix = covariance(images, n);
  const random = seeded(1);
  let vectors = [0, 1].map(() => Float64Array.from({ length: PIXELS }, random.normal));
  for (let round = 0; round < ROUNDS; round++) {
    vectors = orthonormal(vectors.map((vector) => times(matrix, vector)));
  }
  return vectors.map((vector) => dot(vector, times(matrix, vector)));
}

/** sum_i x_i x_i^T / n - mean mean^T; four of five pixels are zero and cost nothing. */
function covariance(images, n) {
  const matrix = new Float64Array(PIXELS * PIXELS);
  const mean = new Float64Array(PIXELS);
  for (let i = 0; i < n; i++) {
    const image = images.subarray(i * PIXELS, (i + 1) * PIXELS);
    const places = inked(image);
    for (const p of places) {
      mean[p] += image[p] / n;
      for (const q of places) matrix[p * PIXELS + q] += (image[p] * image[q]) / n;
    }
  }
  for (let p = 0; p < PIXELS; p++) {
    for (let q = 0; q < PIXELS; q++) matrix[p * PIXELS + q] -= mean[p] * mean[q];
  }
  return matrix;
}

function inked(image) {
  const places = [];
  for (let p = 0; p < PIXELS; p++) if (image[p] !== 0) places.push(p);
  return places;
}

function times(matrix, vector) {
  return vector.map((_, p) => dot(matrix.subarray(p * PIXELS, (p + 1) * PIXELS), vector));
}

/** Gram and Schmidt. */
function orthonormal(vectors) {
  const done = [];
  for (const vector of vectors) {
    for (const other of done) {
      const along = dot(vector, other);
      for (let p = 0; p < vector.length; p++) vector[p] -= along * other[p];
    }
    const length = Math.sqrt(dot(vector, vector));
    done.push(vector.map((value) => value / length));
  }
  return done;
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
