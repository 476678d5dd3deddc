// The shipped digits, a fixed seed and fixed epochs: what the widget promises.
import assert from "node:assert/strict";
import test from "node:test";

import { seeded } from "../src/random.js";
import { trainingKernel } from "../src/trainer/adam.js";
import { Trainer } from "../src/trainer/trainer.js";
import { loadDigits } from "../src/weights.js";
import { run } from "./files.js";

const EPOCHS = 25;
run("digits.js", "digits_train.js");
const [training, heldOut] = await Promise.all([loadDigits("train"), loadDigits("test")]);

async function trained(options, epochs, look = () => {}) {
  const trainer = new Trainer({ seed: 1, kernel: await trainingKernel(), ...options });
  trainer.setData(training.images, training.count);
  for (let i = 1; i <= epochs; i++) look(trainer.epoch(), i);
  return trainer;
}

/** Rates of held-out digits, the larger first. */
async function rates(variance) {
  const trainer = await trained({ variance }, EPOCHS);
  const noise = seeded(500).normals(2 * heldOut.count);
  return trainer.score(heldOut.images, heldOut.count, noise).rates.sort((a, b) => b - a);
}

test("at variance 1 both latents live", async () => {
  const [first, second] = await rates(1);
  assert.ok(second > 0.5, `${first} and ${second} nats`);
});

test("at 3.4, below the second eigenvalue, one lives", async () => {
  const [first, second] = await rates(3.4);
  assert.ok(first > 0.2 && second < 0.1, `${first} and ${second} nats`);
});

test("at 6, above the first eigenvalue, none does", async () => {
  const [first] = await rates(6);
  assert.ok(first < 0.01, `${first} nats`);
});

test("784-512-2 passes a train ELBO of +50 nats", async (context) => {
  let reached = null;
  await trained({ hidden: 512 }, 8, (score, epoch) => {
    if (score.elbo > 50) reached ??= epoch;
  });
  context.diagnostic(`in epoch ${reached}`);
  assert.ok(reached !== null);
});
