import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../src/random.js";

test("a seed repeats, another one does not", () => {
  const draw = (seed) => seeded(seed).normals(8);
  assert.deepEqual(draw(3), draw(3));
  assert.notDeepEqual(draw(3), draw(4));
  assert.notDeepEqual(draw(0), draw(1));
});

test("moments of uniform and normal numbers", () => {
  const n = 200_000;
  const { uniform, normals } = seeded(5);
  const moment = (values, power) => values.reduce((sum, v) => sum + v ** power, 0) / n;
  const flat = Array.from({ length: n }, uniform);
  assert.ok(Math.min(...flat.slice(0, 9e4)) >= 0 && Math.max(...flat.slice(0, 9e4)) < 1);
  // Five standard errors each: of u 0.29, of z 1, of z^2 1.41, of z^4 9.8, over sqrt(n).
  assert.ok(Math.abs(moment(flat, 1) - 0.5) < (5 * 0.29) / Math.sqrt(n));
  const bell = Array.from(normals(n));
  assert.ok(Math.abs(moment(bell, 1)) < 5 / Math.sqrt(n));
  assert.ok(Math.abs(moment(bell, 2) - 1) < (5 * 1.42) / Math.sqrt(n));
  assert.ok(Math.abs(moment(bell, 4) - 3) < (5 * 9.8) / Math.sqrt(n));
});

test("neighbours are not related", () => {
  const n = 100_000;
  const { uniform } = seeded(6);
  const values = Array.from({ length: n + 1 }, () => uniform() - 0.5);
  const covariance = values.slice(1).reduce((sum, v, i) => sum + v * values[i], 0) / n;
  assert.ok(Math.abs(covariance) < (5 / 12) / Math.sqrt(n));
});

test("a permutation holds each number once, and each place is as likely", () => {
  const { permutation } = seeded(7);
  assert.deepEqual([...permutation(50)].sort((a, b) => a - b), [...Array(50).keys()]);
  const counts = new Float64Array(4);
  for (let i = 0; i < 8000; i++) counts[permutation(4)[0]]++;
  counts.forEach((count) => assert.ok(Math.abs(count - 2000) < 5 * Math.sqrt(1500)));
});

test("a bad seed is refused", () => {
  for (const seed of [-1, 0.5, NaN, 2 ** 32, "1"]) {
    assert.throws(() => seeded(seed), /seed must be a whole number/);
  }
});
