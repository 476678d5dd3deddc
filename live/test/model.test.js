import assert from "node:assert/strict";
import { test } from "node:test";
import { elbo, gaussianKl, logLikelihood, logLikelihoods } from "../src/elbo.js";
import { unpack } from "../src/format.js";
import { plainKernel } from "../src/matmul.js";
import { buildModel } from "../src/model.js";
import { seeded } from "../src/random.js";
import { NAMES, load, loadDecoder, loadDigits, register } from "../src/weights.js";
import { filesOf, payloadOf, run } from "./files.js";

run("digits.js", ...NAMES.flatMap(filesOf));
const digits = await loadDigits("test");
const near = (a, b, tolerance) =>
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) <= tolerance, `${value}, ${b[i]}`));

for (const name of NAMES) {
  test(`${name}: with and without the kernel the same to rounding`, async () => {
    const fast = await load(name);
    const [encoder, decoder] = ["encoder", "decoder"].map((half) => payloadOf(name, half));
    const weights = { encoder: await unpack(encoder), decoder: await unpack(decoder) };
    const plain = await buildModel(decoder, weights, plainKernel());
    const x = digits.images.subarray(0, 784 * 3);
    const z = seeded(1).normals(3 * fast.latentDim);
    near(fast.encode(x).mean, plain.encode(x).mean, 1e-5);
    near(fast.encode(x).logVar, plain.encode(x).logVar, 2e-5);
    near(fast.decode(z), plain.decode(z), 1e-5);
  });
}

test("one by one, in any number and again: the same images", async () => {
  const model = await load("mlp_2");
  const z = seeded(2).normals(2 * 131); // more than a batch, and odd
  const images = model.decode(z);
  assert.deepEqual(model.decode(z), images);
  for (const i of [0, 63, 64, 130]) {
    near(model.decodeOne(z.subarray(2 * i, 2 * i + 2)), images.subarray(784 * i), 1e-6);
  }
});

test("the decoder alone, with the codes of the test digits", async () => {
  const [model, whole] = [await loadDecoder("mlp_2"), await load("mlp_2")];
  assert.equal(model.hasEncoder, false);
  assert.throws(() => model.encode(digits.images.subarray(0, 784)), /use load\(name\)/);
  const { mean, logVar } = whole.encode(digits.images);
  near(model.testCodes.mean, mean, 1e-4);
  near(model.testCodes.logVar, logVar, 1e-4);
  assert.deepEqual(model.decodeOne([0.5, 1]), whole.decodeOne([0.5, 1]));
});

test("KL in closed form, its parts, and where exp would lose digits", () => {
  const { kl, rates } = gaussianKl([1, -2], [0, Math.log(4)]);
  near([...rates], [0.5, 0.5 * (4 + 4 - 1 - Math.log(4))], 1e-12);
  assert.ok(Math.abs(kl - rates[0] - rates[1]) < 1e-12);
  // l^2 / 4 to first order
  assert.ok(Math.abs(gaussianKl([0], [1e-6]).kl / 0.25e-12 - 1) < 1e-3);
});

test("the log likelihood is that of a Gaussian", async () => {
  const expected = -0.5 * (0.25 / 0.1 + Math.log(2 * Math.PI * 0.1));
  assert.ok(Math.abs(logLikelihood([0.5], [0], 0.1) - expected) < 1e-12);
  const model = await load("mlp_2");
  const x = digits.images.subarray(0, 784);
  const z = seeded(3).normals(6);
  const one = logLikelihood(x, model.decodeOne(z.subarray(2, 4)), model.variance);
  assert.ok(Math.abs(logLikelihoods(model, x, z)[1] - one) < 1e-3);
});

test("the bound is its parts", async () => {
  const model = await load("mlp_10");
  const x = digits.images.subarray(784, 1568);
  const q = model.encode(x);
  const found = elbo(model, x, seeded(4).normals(40));
  assert.equal(found.elbo, -(found.rate + found.distortion));
  assert.equal(found.rate, gaussianKl(q.mean, q.logVar).kl);
  const dead = { mean: new Float32Array(10), logVar: new Float32Array(10) };
  assert.equal(elbo(model, x, seeded(4).normals(40), dead).rate, 0);
});

test("bad input is refused with a remedy", async () => {
  const model = await load("mlp_2");
  assert.throws(() => model.encode(new Float32Array(700)), /images has 700 numbers.*784/);
  assert.throws(() => model.encode(new Float32Array(784).fill(NaN)), /NaN at index 0/);
  assert.throws(() => model.decode(new Float32Array(3)), /z has 3 numbers.*n x 2/);
  assert.throws(() => model.decodeOne([0, Infinity]), /Infinity at index 1/);
  const x = digits.images.subarray(0, 784);
  assert.throws(() => elbo(model, x, new Float32Array(3)), /noise has 3/);
  assert.throws(() => loadDigits("validation"), /choose "test" or "train"/);
  await assert.rejects(load("mlp_3"), /no model "mlp_3": choose one of mlp_2, /);
});

test("damaged files are noticed, missing ones named", async () => {
  const payload = payloadOf("conv_2", "decoder");
  const half = payload.data.length / 2;
  const data = payload.data.slice(0, half) + "AAAA" + payload.data.slice(half + 4);
  await assert.rejects(unpack({ ...payload, data }));
  await assert.rejects(unpack({ ...payload, arrays: payload.arrays.slice(1) }), /sizes/);
  await assert.rejects(loadDigits("train"), /digits_train.js .* could not be loaded/);
  run("digits_train.js");
  assert.equal((await loadDigits("train")).count, 4000); // it is tried again
});

test("files of two versions are not mixed", async () => {
  const file = { ...payloadOf("mlp_2", "encoder"), sha256: "another" };
  register("conv_2.encoder", file);
  const fresh = await import("../src/weights.js?fresh");
  fresh.register("mlp_2.encoder", file);
  fresh.register("mlp_2.decoder", payloadOf("mlp_2", "decoder"));
  await assert.rejects(fresh.load("mlp_2"), /two versions/);
});
