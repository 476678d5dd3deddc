import assert from "node:assert/strict";
import { test } from "node:test";
import { densityGrid, exactPosterior, exactPosteriorAsync } from "../src/posterior.js";

const VARIANCE = 0.04;

/** A model whose decoder is a function of ours, (n, 2) to (n, 784). */
function made(decodeOne, q) {
  const decode = (z, n = z.length / 2) => {
    const images = new Float32Array(784 * n);
    for (let i = 0; i < n; i++) images.set(decodeOne(z[2 * i], z[2 * i + 1]), 784 * i);
    return images;
  };
  return { name: "made", latentDim: 2, variance: VARIANCE, hasEncoder: !!q, decode, encode: () => q };
}

/** Probabilistic PCA with orthogonal columns: posterior and log p(x) in closed form. */
const SLOPES = [14, 5];
function linear(q) {
  return made((a, b) => {
    const image = new Float32Array(784);
    [image[0], image[1]] = [SLOPES[0] * a, SLOPES[1] * b];
    return image;
  }, q);
}

function closedForm(x) {
  let logPx = (-784 / 2) * Math.log(2 * Math.PI);
  const [mean, variance] = [[], []];
  x.forEach((value, i) => {
    const slope = SLOPES[i] ?? 0;
    const total = VARIANCE + slope * slope;
    logPx -= 0.5 * (Math.log(total) + (value * value) / total);
    if (i < 2) {
      mean.push((slope * value) / total);
      variance.push(VARIANCE / total);
    }
  });
  return { logPx, mean, variance };
}

function image(a, b) {
  const x = new Float32Array(784).fill(0.1);
  [x[0], x[1]] = [a, b];
  return x;
}

for (const [name, x] of [
  ["inside", image(3, -4)],
  ["beyond the first grid", image(84, 0)], // z_1 = 6
]) {
  test(`a posterior in closed form, ${name}`, () => {
    const wanted = closedForm(x);
    const found = exactPosterior(linear(), x);
    // The step's tolerance is 0.01 nats, and what remains far below the last change.
    assert.ok(Math.abs(found.logPx - wanted.logPx) < 2e-3);
    for (const j of [0, 1]) {
      assert.ok(Math.abs(found.mean[j] - wanted.mean[j]) < 1e-4);
      assert.ok(Math.abs(found.covariance[3 * j] / wanted.variance[j] - 1) < 1e-2);
    }
    assert.ok(found.mass > 1 - 1e-6 && found.mass <= 1);
    assert.equal(found.modes.length, 1);
    // Of a Gaussian, the region of highest density with share p ends -2 log(1 - p) away
    // from the mean in squared deviations.
    const top = -Math.log(2 * Math.PI) - 0.5 * Math.log(wanted.variance[0] * wanted.variance[1]);
    for (const { share, logDensity } of found.levels) {
      assert.ok(Math.abs(logDensity - (top + Math.log(1 - share))) < 0.15);
    }
  });
}

test("the encoder's mean is looked at, whatever the grid saw", () => {
  const x = image(14 * 0.75, 5 * 0.75);
  // 0.002 wide, so that no centre of the first cells sees it; they see a poorer mode.
  const cone = (distance, slope) => Math.max(0, 1 - slope * distance);
  const narrow = made((a, b) => {
    const best = cone(Math.hypot(a - 0.7512, b - 0.7512), 100);
    const share = Math.max(best, 0.6 * cone(Math.hypot(a + 2, b + 2), 2));
    const mean = new Float32Array(784).fill(0.1);
    [mean[0], mean[1]] = [x[0] * share, x[1] * share];
    return mean;
  });
  const q = { mean: [0.7512, 0.7512], logVar: [-12, -12] };
  const found = exactPosterior(narrow, x, { q });
  assert.ok(Math.hypot(found.mean[0] - 0.7512, found.mean[1] - 0.7512) < 1e-3);
});

test("both of two modes are found, with their shares", () => {
  const x = image(0, 0);
  const twice = made((a, b) => {
    const two = new Float32Array(784).fill(0.1);
    [two[0], two[1]] = [10 * (Math.abs(a) - 1.23), 10 * b];
    return two;
  });
  const q = { mean: [1.23, 0], logVar: [-8, -8] }; // the encoder knows of one
  const { modes } = exactPosterior(twice, x, { q });
  assert.equal(modes.length, 2);
  modes.forEach(({ z, mass }) => {
    assert.ok(Math.abs(Math.abs(z[0]) - 1.23) < 0.02 && Math.abs(mass - 0.5) < 0.01);
  });
});

test("a wide posterior is not cut for ever, whatever the encoder says", () => {
  const blank = made(() => new Float32Array(784).fill(0.1));
  const q = { mean: [0, 0], logVar: [-20, -20] };
  const { logPx, error, decoded, covariance } = exactPosterior(blank, image(0.1, 0.1), { q });
  assert.ok(Math.abs(logPx + 392 * Math.log(2 * Math.PI * VARIANCE)) < 0.01);
  assert.ok(error < 0.05); // the first grid holds 0.1 as 26 / 255: 0.04 nats
  assert.ok(Math.abs(covariance[0] - 1) < 0.01 && decoded < 200_000);
});

test("with pauses the same, and it can be given up", async () => {
  const x = image(3, -4);
  assert.deepEqual(await exactPosteriorAsync(linear(), x), exactPosterior(linear(), x));
  const stop = new AbortController();
  const promise = exactPosteriorAsync(linear(), x, { signal: stop.signal });
  stop.abort(new Error("another drawing"));
  await assert.rejects(promise, /another drawing/);
});

test("the grid for drawing holds the density", () => {
  const x = image(3, -4);
  const { logPx, mean } = exactPosterior(linear(), x);
  const size = 41;
  const half = 0.4;
  const density = densityGrid(linear(), x, logPx, { centre: mean, half, size });
  const cell = ((2 * half) / (size - 1)) ** 2;
  const sum = density.reduce((total, value) => total + Math.exp(value) * cell, 0);
  assert.ok(Math.abs(sum - 1) < 0.01);
  const [top, bottom] = [density[20], density[size * (size - 1) + 20]];
  assert.ok(Math.abs(top - bottom) < 1 && density[size * 20 + 20] > top);
});

test("other models and no images are refused", () => {
  const ten = { ...linear(), name: "mlp_10", latentDim: 10 };
  assert.throws(() => exactPosterior(ten, image(0, 0)), /mlp_10 has 10/);
  assert.throws(() => exactPosterior(linear(), new Float32Array(3)), /x has 3 numbers/);
  assert.throws(() => exactPosterior(linear(), image(NaN, 0)), /NaN at index 0/);
});
