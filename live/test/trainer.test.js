import assert from "node:assert/strict";
import test from "node:test";

import { plainKernel } from "../src/matmul.js";
import { seeded } from "../src/random.js";
import { trainingKernel } from "../src/trainer/adam.js";
import { PIXELS } from "../src/trainer/parameters.js";
import { variationalParts } from "../src/trainer/parts.js";
import { meanScore, Trainer } from "../src/trainer/trainer.js";

/** Images as sparse as digits: four of five pixels are zero. */
function sparseImages(n, seed = 3) {
  const random = seeded(seed);
  return Float32Array.from({ length: n * PIXELS }, () =>
    random.uniform() < 0.2 ? random.uniform() : 0,
  );
}

function trained(options, steps, n = 200) {
  const trainer = new Trainer({ hidden: 16, seed: 5, ...options });
  trainer.setData(sparseImages(n), n);
  for (let i = 0; i < steps; i++) trainer.step();
  return trainer;
}

test("a seed repeats a training to the last bit, another seed does not", () => {
  const [a, b, c] = [5, 5, 6].map((seed) => trained({ seed }, 10).weights());
  assert.deepEqual(a, b);
  assert.notDeepEqual(a.pixelsKernel, c.pixelsKernel);
});

test("with and without the kernel the training is the same to rounding", async () => {
  const fast = trained({ kernel: await trainingKernel(), hidden: 64 }, 8).weights();
  const plain = trained({ kernel: plainKernel(), hidden: 64 }, 8).weights();
  for (const [name, values] of Object.entries(plain)) {
    // Adam divides by the gradient's own size: a sum near zero may round either way and
    // moves its weight by up to the learning rate, 2e-3, a step. Only few of them do.
    const far = values.filter((value, i) => Math.abs(value - fast[name][i]) > 1e-4);
    assert.ok(far.length <= 1e-3 * values.length, `${name}: ${far.length} of ${values.length}`);
  }
});

test("an epoch visits each image once, in an order that changes", () => {
  const orders = [];
  const parts = { ...variationalParts };
  parts.drawOrder = (random, n) => {
    orders.push(variationalParts.drawOrder(random, n));
    return orders.at(-1);
  };
  const trainer = trained({ parts }, 0, 130);
  assert.equal(trainer.epoch().n, 130); // 64 + 64 + 2
  trainer.epoch();
  assert.equal(trainer.epochs, 2);
  assert.notDeepEqual(orders[0], orders[1]);
  for (const order of orders) {
    assert.deepEqual(
      Array.from(order).sort((a, b) => a - b),
      Array.from({ length: 130 }, (_, i) => i),
    );
  }
});

test("training raises the bound and learns the variance of the data", () => {
  const trainer = trained({ learningRate: 0.01 }, 0);
  const first = trainer.epoch();
  let last;
  for (let i = 0; i < 60; i++) last = trainer.epoch();
  assert.ok(last.elbo > first.elbo + 20, `${first.elbo} to ${last.elbo}`);
  assert.ok(Math.abs(last.elbo + last.distortion + last.rates[0] + last.rates[1]) < 1e-9);
  // At the best variance the distortion is that of |x - y|^2 = D s: D/2 (log 2 pi s + 1).
  const best = 0.5 * PIXELS * (Math.log(2 * Math.PI * trainer.variance) + 1);
  assert.ok(Math.abs(last.distortion - best) < 20, `${last.distortion} and ${best}`);
});

test("a fixed variance stays, and can be let go again", () => {
  const trainer = trained({ variance: 0.5 }, 5);
  assert.ok(Math.abs(trainer.variance - 0.5) < 1e-7);
  trainer.fixVariance(null);
  trainer.step();
  assert.notEqual(trainer.variance, 0.5);
  assert.throws(() => trainer.fixVariance(0), /variance must be a positive number, or null/);
});

test("without KL there is no noise, no rate and no bound, and log-variances stay", () => {
  const trainer = trained({ kl: false }, 0);
  const before = trainer.weights();
  const score = trainer.epoch();
  assert.deepEqual(score.rates, [null, null]);
  assert.equal(score.elbo, null);
  const after = trainer.weights();
  for (let row = 0; row < 16; row++) {
    assert.notEqual(after.headsKernel[4 * row], before.headsKernel[4 * row]);
    assert.equal(after.headsKernel[4 * row + 2], before.headsKernel[4 * row + 2]);
    assert.equal(after.headsKernel[4 * row + 3], before.headsKernel[4 * row + 3]);
  }
  const noise = new Float32Array(400).fill(3);
  const scores = [noise, new Float32Array(400)].map((each) =>
    trainer.score(sparseImages(200), 200, each),
  );
  assert.deepEqual(scores[0], scores[1]);
});

test("scores, codes and pictures do not depend on the batches they are made in", () => {
  const small = trained({ batchSize: 7 }, 3);
  const large = new Trainer({ hidden: 16, batchSize: 64 });
  large.setWeights(small.weights());
  const [images, noise] = [sparseImages(50, 9), seeded(2).normals(100)];
  const [a, b] = [small, large].map((trainer) => trainer.score(images, 50, noise));
  assert.ok(Math.abs(a.elbo - b.elbo) < 1e-6 * Math.abs(a.elbo));
  const heads = small.encode(images, 50);
  assert.deepEqual(heads, large.encode(images, 50));
  assert.deepEqual(small.decode(noise, 50), large.decode(noise, 50));
  assert.equal(heads.length, 200);
});

test("the codes kept by a step are those of the weights before it", () => {
  const trainer = trained({}, 0, 30);
  const heads = trainer.encode(trainer.images, 30);
  trainer.step();
  assert.deepEqual(trainer.posteriors, heads);
});

test("the mean of scores weighs each by its images", () => {
  const scores = [
    { elbo: 1, distortion: -2, rates: [0, 1], n: 3 },
    { elbo: 5, distortion: -6, rates: [1, 0], n: 1 },
  ];
  assert.deepEqual(meanScore(scores), { elbo: 2, distortion: -3, rates: [0.25, 0.75], n: 4 });
});

test("what makes no sense is refused by name and value", () => {
  assert.throws(
    () => new Trainer({ hidden: 0 }),
    /hidden must be a whole number of at least 1, got 0/,
  );
  assert.throws(
    () => new Trainer({ variance: -1 }),
    /variance must be a positive number.*got -1/,
  );
  assert.throws(
    () => new Trainer().setData(new Float32Array(5), 2),
    /n = 2 digits of 784 pixels/,
  );
  assert.throws(() => new Trainer().step(), /setData/);
  assert.throws(() => new Trainer().setWeights({}), /encoderKernel must hold/);
});
