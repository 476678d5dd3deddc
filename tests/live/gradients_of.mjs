/**
 * One batch, for a test that has Keras's numbers: reads JSON from standard input,
 * {hidden, variance, kl, bug, images, noise, weights, fast, steps}, and prints the score, the
 * gradients, and the weights after so many steps of Adam on this batch.
 */

import { readFileSync } from "node:fs";

import { plainKernel } from "../../live/src/matmul.js";
import { trainingKernel } from "../../live/src/trainer/adam.js";
import { Trainer } from "../../live/src/trainer/trainer.js";

const question = JSON.parse(readFileSync(0, "utf8"));
const { hidden, variance, kl, bug, weights, fast, steps } = question;
const [images, noise] = [question.images, question.noise].map((list) =>
  Float32Array.from(list),
);
const n = noise.length / 2;
const kernel = fast ? await trainingKernel() : plainKernel();
const trainer = new Trainer({ hidden, variance, kl, bug, batchSize: n, kernel });
const arrays = Object.entries(weights).map(([name, values]) => [
  name,
  Float32Array.from(values),
]);
trainer.setWeights(Object.fromEntries(arrays));
const { score, gradients } = trainer.gradients(images, n, noise);
for (let i = 0; i < steps; i++) {
  trainer.gradients(images, n, noise);
  trainer.adam.update(trainer.work.gradients);
}
const asLists = (named) =>
  Object.fromEntries(Object.entries(named).map(([name, values]) => [name, Array.from(values)]));
const answer = { score, gradients: asLists(gradients), weights: asLists(trainer.weights()) };
process.stdout.write(JSON.stringify(answer));
