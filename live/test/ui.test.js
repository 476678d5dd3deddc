// What the widgets compute by themselves, against closed forms.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";

import { erfc, gzipSize, logMass, pixelCosts, pngSize } from "../src/ui/bytes.js";
import { segments } from "../src/ui/contour.js";
import { descend, evenNoise } from "../src/ui/descent.js";
import { readStrokes, writeStrokes } from "../src/ui/pad.js";
import { middles } from "../src/ui/plane_view.js";
import { fifty, nameOf } from "../src/ui/samples.js";
import { format, parse } from "../src/ui/state.js";

const close = (a, b, tolerance) =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} is not within ${tolerance} of ${b}`);

test("an address keeps the settings of other widgets and drops a heading's name", () => {
  const changes = new Map([
    ["plane.z", "0.50,-1.00"],
    ["draw.digit", null],
  ]);
  const hash = format("#draw.digit=7&plane-2.z=1,1", changes);
  assert.equal(hash, "#plane-2.z=1,1&plane.z=0.50,-1.00");
  assert.equal(parse(hash).get("plane.z"), "0.50,-1.00");
  assert.equal(format("#a-walk-on-the-map", new Map()), "");
  assert.equal(parse("#draw.strokes=00ff.%zz").size, 1); // damaged, but no error
});

test("strokes come back from their text, and what is no text of strokes is none", () => {
  const strokes = [
    [
      [0, 255],
      [16, 7],
    ],
    [[128, 128]],
  ];
  assert.deepEqual(readStrokes(writeStrokes(strokes)), strokes);
  for (const text of ["", "00f", "zzzz", "00ff..00ff"])
    assert.deepEqual(readStrokes(text), []);
});

test("erfc is that of the tables", () => {
  // Abramowitz and Stegun, table 7.1 and 7.3.
  for (const [x, value] of [
    [0, 1],
    [0.5, 0.4795001222],
    [1, 0.1572992071],
    [2, 0.004677734981],
  ]) {
    close(erfc(x) / value, 1, 2e-7);
    close(erfc(-x), 2 - value, 2e-7);
  }
});

test("the masses of the 256 levels add up to 1", () => {
  for (const [mean, deviation] of [
    [0, 0.2],
    [0.5, 0.05],
    [1, 0.08],
    [0.3, 1],
  ]) {
    let sum = 0;
    for (let k = 0; k < 256; k += 1) sum += Math.exp(logMass(k, mean, deviation));
    close(sum, 1, 1e-6);
  }
});

test("inside, a level's mass is its density times its width", () => {
  const [mean, deviation] = [0.4, 0.2];
  for (const k of [20, 102, 230]) {
    const miss = (k / 255 - mean) / deviation;
    const density = -0.5 * (miss * miss + Math.log(2 * Math.PI)) - Math.log(deviation);
    close(logMass(k, mean, deviation), density - Math.log(255), 1e-4);
  }
  const { density } = pixelCosts([0.4], [0.4], 0.04);
  close(density, 0.5 * Math.log(2 * Math.PI * 0.04) + Math.log(255), 1e-12);
});

test("gzip and PNG are those of zlib", async () => {
  const pixels = Uint8Array.from({ length: 784 }, (_, i) =>
    i % 28 > 9 && i % 5 < 3 ? i % 256 : 0,
  );
  close(await gzipSize(pixels), gzipSync(pixels).length, 2); // the streams' settings differ
  const rows = Buffer.concat(
    Array.from({ length: 28 }, (_, r) =>
      Buffer.from([0, ...pixels.subarray(28 * r, 28 * r + 28)]),
    ),
  );
  assert.ok((await pngSize(pixels)) <= 57 + deflateSync(rows).length + 2);
  assert.ok((await pngSize(new Uint8Array(784))) < 80);
});

test("a contour of a cone is a circle", () => {
  const size = 41;
  const values = Array.from({ length: size * size }, (_, i) => {
    return Math.hypot((i % size) - 20, Math.floor(i / size) - 20);
  });
  const found = segments(values, size, 10);
  let length = 0;
  for (const [a, b, c, d] of found) {
    close(Math.hypot(a - 20, b - 20), 10, 0.05);
    length += Math.hypot(a - c, b - d);
  }
  close(length, 2 * Math.PI * 10, 0.2);
});

test("the even noise has mean 0, variance 1 and no correlation", () => {
  const noise = evenNoise(16);
  const n = noise.length / 2;
  let [a, b, aa, bb, ab] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i += 1) {
    const [x, y] = [noise[2 * i], noise[2 * i + 1]];
    [a, b, aa, bb, ab] = [
      a + x / n,
      b + y / n,
      aa + (x * x) / n,
      bb + (y * y) / n,
      ab + (x * y) / n,
    ];
  }
  [a, b, ab].forEach((value) => close(value, 0, 1e-6));
  [aa, bb].forEach((value) => close(value, 1, 1e-6));
});

test("descent finds the best q of a linear decoder, which is known", () => {
  // x = W z + noise: the best diagonal q has the posterior's mean and the inverse of the
  // diagonal of its precision (I + W'W / variance) as variances.
  const [w, variance] = [
    [
      [1, 0.2],
      [-0.5, 0.9],
      [0.3, 0.4],
    ],
    0.04,
  ];
  const x = Float32Array.of(0.7, -0.2, 0.5);
  const decode = (z) => {
    return Float32Array.from({ length: (z.length / 2) * 3 }, (_, i) => {
      const s = Math.floor(i / 3);
      return w[i % 3][0] * z[2 * s] + w[i % 3][1] * z[2 * s + 1];
    });
  };
  const model = { latentDim: 2, variance, decode };
  const product = (k, l) => w.reduce((sum, row) => sum + row[k] * row[l], 0) / variance;
  const precision = [
    [1 + product(0, 0), product(0, 1)],
    [product(1, 0), 1 + product(1, 1)],
  ];
  const right = [0, 1].map(
    (k) => w.reduce((sum, row, i) => sum + row[k] * x[i], 0) / variance,
  );
  const det = precision[0][0] * precision[1][1] - precision[0][1] ** 2;
  const mean = [
    (precision[1][1] * right[0] - precision[0][1] * right[1]) / det,
    (precision[0][0] * right[1] - precision[0][1] * right[0]) / det,
  ];
  const start = { mean: [mean[0] + 0.3, mean[1] - 0.3], logVar: [-3, -5] };
  const best = [...descend(model, x, start)].at(-1);
  [0, 1].forEach((k) => {
    close(best.mean[k], mean[k], 0.02);
    close(best.logVar[k], -Math.log(precision[k][k]), 0.05);
  });
});

test("fifty digits are offered, five of each class, and a class's middle is its median", () => {
  const labels = Array.from({ length: 100 }, (_, i) => (7 * i) % 10);
  const found = fifty({ labels });
  assert.equal(found.length, 50);
  assert.equal(nameOf({ labels }, found[5]), "1, number 1");
  assert.deepEqual(middles(Float32Array.of(0, 1, 5, 9, 2, 3), [4, 4, 4]), [[4, 2, 3]]);
});
