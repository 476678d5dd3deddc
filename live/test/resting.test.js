import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { restingFrame } from "../src/trainer/resting.js";
import { loadDecoder, loadDigits } from "../src/weights.js";
import { run } from "./files.js";

test("at rest the bound is vae_lib's of the same network and digits", async () => {
  run("digits.js", "weights/mlp_2.decoder.js");
  const frame = restingFrame(await loadDecoder("mlp_2"), await loadDigits("test"));
  const file = new URL("../../book/results/live.json", import.meta.url);
  const { elbo_rounded: elbo } = JSON.parse(readFileSync(file, "utf8")).models.mlp_2;
  // One sample a digit here, four there: the mean of 500 differs by about half a nat.
  assert.ok(Math.abs(frame.heldOut.elbo - elbo) < 2, `${frame.heldOut.elbo} and ${elbo}`);
  const { distortion, rates } = frame.heldOut;
  assert.ok(Math.abs(frame.heldOut.elbo + distortion + rates[0] + rates[1]) < 1e-9);
  assert.equal(frame.codes.length, 1000);
  assert.equal(frame.manifold.length, 400 * 784);
});
