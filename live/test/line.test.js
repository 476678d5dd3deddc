// Closed forms against sums, and the toy's numbers against those that chapter 3 prints.
import assert from "node:assert/strict";
import { test } from "node:test";

import { divergence, integrand, logEvidence, logNormal, toyBound, toyGap } from "../src/line.js";
import { spanOf } from "../src/ui/gap_bars.js";

const close = (a, b, tolerance) =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} is not within ${tolerance} of ${b}`);

/** The integral of a function by the midpoint rule. */
function integral(f, low, high, cells = 40_000) {
  const step = (high - low) / cells;
  let sum = 0;
  for (let i = 0; i < cells; i += 1) sum += f(low + (i + 0.5) * step);
  return sum * step;
}

const GAUSSIANS = [
  { mean: 0, deviation: 1 },
  { mean: 1, deviation: 0.4 },
  { mean: -3, deviation: 0.1 },
  { mean: 2.5, deviation: 2.5 },
];

test("the divergence of two Gaussians is the integral that it stands for", () => {
  for (const a of GAUSSIANS) {
    for (const b of GAUSSIANS) {
      // Ten deviations of a hold all of a to 22 digits.
      const [low, high] = [-10, 10].map((u) => a.mean + u * a.deviation);
      const sum = integral((z) => integrand(z, a, b), low, high);
      close(divergence(a, b), sum, 1e-9 * (1 + sum));
    }
  }
});

test("a divergence is 0 for equals, positive else, and not symmetric", () => {
  const [p, q] = GAUSSIANS;
  assert.equal(divergence(q, q), 0);
  assert.ok(divergence(q, p) > 0.9 && divergence(p, q) > 4 * divergence(q, p));
});

test("log p(x) of the toy is the number of chapter 3", () => {
  close(logEvidence(), -2.19366, 5e-6);
});

test("the bound of the toy is that of chapter 3, and an expectation under q", () => {
  for (const [mean, deviation, elbo, gap] of [
    [0, 1.2, -9.90507, 7.71141],
    [1.1, 0.18, -2.62458, 0.43092],
    [-1.6, 0.18, -3.29958, 1.10592],
  ]) {
    close(toyBound({ mean, deviation }).elbo, elbo, 5e-6);
    close(toyGap({ mean, deviation }, logEvidence()), gap, 5e-6);
  }
  const q = { mean: -0.7, deviation: 0.6 };
  const density = (z) => Math.exp(logNormal(z, q.mean, q.deviation));
  const error = (z) => -logNormal(2, z * z + z / 2, 0.5) * density(z);
  close(toyBound(q).distortion, integral(error, -8, 8), 1e-9);
});

test("bound and gap add up to log p(x) for every q that the widget offers", () => {
  const logPx = logEvidence();
  for (const mean of [-3, -1.6, -0.25, 0, 1.1, 3]) {
    for (const deviation of [0.05, 0.18, 0.7, 1.5]) {
      const q = { mean, deviation };
      const gap = toyGap(q, logPx);
      assert.ok(gap > 0);
      close(toyBound(q).elbo + gap, logPx, 1e-8 * (1 + gap));
    }
  }
});

test("the bars hold the ELBO of every q that the widget offers", () => {
  for (const mean of [-3, -0.25, 3]) {
    for (const deviation of [0.05, 1.5]) {
      const { elbo } = toyBound({ mean, deviation });
      assert.ok(spanOf(elbo) >= -elbo, `${elbo}`);
    }
  }
  assert.equal(spanOf(-9.9), 12);
});
