// The widget "gradients": both estimators against what is known exactly.
import assert from "node:assert/strict";
import { test } from "node:test";

import { estimates, exact, summary, variances } from "../src/estimators.js";
import { seeded } from "../src/random.js";
import { heights, limitOf } from "../src/ui/clouds.js";
import { judge } from "../src/ui/gradients.js";

const N = 400_000;
const TOYS = [0.1, 0.5, 1].flatMap((sigma) =>
  [false, true].map((baseline) => ({ mu: 1, sigma, baseline })),
);

const variance = (draws) => (summary(draws).error ** 2) * draws.length;

test("both are right on average, and spread as Eq. (4.6) says", () => {
  const noise = seeded(4).normals(N);
  for (const toy of TOYS) {
    const found = estimates(toy, noise);
    for (const name of ["pathwise", "score"]) {
      const { mean, error } = summary(found[name]);
      assert.ok(Math.abs(mean - exact(toy.mu)) < 4 * error, `${name}: ${mean}`);
      const ratio = variance(found[name]) / variances(toy)[name];
      assert.ok(Math.abs(ratio - 1) < 0.03, `${name}: variance ${ratio} times`);
    }
  }
});

test("a pathwise draw is the derivative of z^2 with its noise held fixed", () => {
  const [noise, sigma, h] = [[-1.3, 0.2, 2], 0.7, 1e-5];
  const square = (mu, e) => (mu + sigma * e) ** 2;
  estimates({ mu: 1, sigma }, noise).pathwise.forEach((slope, i) => {
    const difference = (square(1 + h, noise[i]) - square(1 - h, noise[i])) / (2 * h);
    assert.ok(Math.abs(slope - difference) < 1e-8);
  });
});

test("a single draw has a mean and no standard error", () => {
  assert.deepEqual(summary([3]), { mean: 3, error: null });
  const { mean, error } = summary([1, 2, 3, 4]);
  assert.equal(mean, 2.5);
  assert.ok(Math.abs(error - Math.sqrt(5 / 3 / 4)) < 1e-12);
  assert.match(judge({ mu: 1, sigma: 0.5 }, 1, [0.3]), /1 draw of each/);
});

test("the sentence has the numbers of Eq. (4.6)", () => {
  // At mu = 1, sigma = 1/2: 1 and 21.75.
  const words = judge({ mu: 1, sigma: 0.5, baseline: false }, 1000, seeded(1).normals(1000));
  assert.match(words, /21\.8 draws/);
  assert.match(words, /standard error/);
  assert.doesNotMatch(words, /NaN|null|undefined/);
});

test("the axis holds nearly all draws, and each dot keeps its height", () => {
  assert.ok(limitOf({ mu: 1, sigma: 0.5 }) >= 3 * Math.sqrt(21.75));
  const first = heights(5);
  assert.deepEqual(heights(3), first.slice(0, 3));
  assert.ok(first.every((height) => height >= 0 && height < 1));
});
