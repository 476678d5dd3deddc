/**
 * Gradients of one batch, for a test that has Keras's: reads JSON from standard input,
 * {hidden, variance, kl, images, noise, weights, kernel}, and prints {score, gradients}.
 */

import { readFileSync } from "node:fs";

import { kernel, plainKernel } from "../../live/src/matmul.js";
import { Trainer } from "../../live/src/trainer/trainer.js";

const { hidden, variance, kl, images, noise, weights, fast } = JSON.parse(
  readFileSync(0, "utf8"),
);
const n = noise.length / 2;
const product = fast ? await kernel() : plainKernel();
const trainer = new Trainer({ hidden, variance, kl, batchSize: n, kernel: product });
const arrays = Object.entries(weights).map(([name, values]) => [
  name,
  Float32Array.from(values),
]);
trainer.setWeights(Object.fromEntries(arrays));
const result = trainer.gradients(Float32Array.from(images), n, Float32Array.from(noise));
const gradients = Object.entries(result.gradients).map(([name, values]) => [
  name,
  Array.from(values),
]);
process.stdout.write(
  JSON.stringify({ score: result.score, gradients: Object.fromEntries(gradients) }),
);
