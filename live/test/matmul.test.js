import assert from "node:assert/strict";
import { test } from "node:test";
import { KERNEL } from "../src/kernel.js";
import { kernel, plainKernel } from "../src/matmul.js";
import { seeded } from "../src/random.js";

/** The product in double precision, by its definition. */
function reference(C, A, B, m, k, n, transposeA) {
  return Float64Array.from(C, (start, index) => {
    const [i, j] = [Math.floor(index / n), index % n];
    let sum = start;
    for (let p = 0; p < k; p++) sum += A[transposeA ? p * m + i : i * k + p] * B[p * n + j];
    return sum;
  });
}

const SHAPES = [
  [1, 4, 4],
  [1, 2, 512], // one code
  [3, 8, 12], // an odd number of rows
  [2, 7, 8], // terms that do not fill a register
  [2, 8, 5], // columns that do not
  [5, 130, 20], // more terms than are taken at once
  [64, 784, 64],
];

for (const make of [kernel, plainKernel]) {
  for (const transposeA of [false, true]) {
    test(`${make.name}: the product, transposeA ${transposeA}`, async () => {
      const product = await make();
      const random = seeded(1);
      for (const [m, k, n] of SHAPES) {
        const [A, B, C] = [m * k, k * n, m * n].map((length) => {
          const array = product.alloc(length);
          array.set(random.normals(length));
          return array;
        });
        A.forEach((_, i) => (A[i] = i % 5 ? 0 : A[i])); // like a digit
        const wanted = reference(C, A, B, m, k, n, transposeA);
        product.addProduct(C, A, B, m, k, n, { transposeA });
        // Rounding: sums of k terms of size 1 are some sqrt(k) large, each addition errs by
        // 6e-8 of that, and the worst of 4,096 sums counts.
        wanted.forEach((value, i) => assert.ok(Math.abs(C[i] - value) < 2e-6 * k ** 0.5));
      }
    });
  }
}

test("node has the fast kernel, of at most 1 kB", async () => {
  assert.equal((await kernel()).name, "wasm");
  assert.ok(Buffer.from(KERNEL, "base64").length <= 1000);
});

test("arrays from elsewhere give the same", async () => {
  const product = await kernel();
  const random = seeded(2);
  const [A, B, C] = [random.normals(32), random.normals(64), random.normals(32)];
  const wanted = reference(C, A, B, 4, 8, 8, false);
  product.addProduct(C, A, B, 4, 8, 8);
  wanted.forEach((value, i) => assert.ok(Math.abs(C[i] - value) < 1e-5));
});

test("sigmoid and rectify, at the extremes too", async () => {
  const product = await kernel();
  const values = [-1e30, -200, -88, -87, -1e-8, -0, 0, 0.3, 1, 16.6, 87, 88, 200, 1e30];
  for (let v = -20; v <= 20; v += 0.01) values.push(v);
  const x = product.alloc(values.length);
  x.set(values);
  product.sigmoid(x);
  Float32Array.from(values).forEach((v, i) => {
    const wanted = 1 / (1 + Math.exp(-v));
    // Two roundings of float32 and the polynomial's own 2e-7; below 1e-37 only tiny.
    assert.ok(Math.abs(x[i] - wanted) <= 4e-7 * wanted + 1e-37, `${v}: ${x[i]}, ${wanted}`);
  });
  x.set(values);
  product.rectify(x);
  Float32Array.from(values).forEach((v, i) => assert.equal(x[i], v > 0 ? v : 0));
});

test("arrays that are too short, or too many, are refused", async () => {
  const product = await kernel(64);
  const four = product.alloc(4);
  assert.throws(() => product.addProduct(four, four, four, 2, 2, 4), /C has 4 numbers, 8 are/);
  assert.throws(() => product.alloc(1e6), /ask kernel\(room\) for more room/);
});

test("the committed bytes are those of kernel.wat", async (t) => {
  const { assemble } = await import("../kernel.js");
  const bytes = await assemble().catch((error) => {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    return null;
  });
  if (bytes === null) return t.skip("wabt is not installed: npm ci");
  assert.equal(bytes, KERNEL, "run npm run kernel");
});
