// The rules of the widget "loss" by hand; tests/live/test_loss_widget.py asks vae_lib.
import assert from "node:assert/strict";
import { test } from "node:test";

import { factors, impliedModel, short } from "../src/losses.js";
import { DEFAULTS, lossOf, settingsOf } from "../src/ui/loss_controls.js";
import { PRESETS } from "../src/ui/loss_presets.js";
import { asCode, deviation, meaning } from "../src/ui/loss_words.js";
import { fraction } from "../src/ui/ruler.js";

const close = (a, b) => assert.ok(Math.abs(a / b - 1) < 1e-12, `${a} is not ${b}`);
const SUMS = PRESETS.sums.loss;

/** The part of State that holds no address. */
function stateOf(settings) {
  const values = { ...DEFAULTS, ...settings };
  return {
    choice: (name, allowed) =>
      allowed.includes(values[name]) ? values[name] : DEFAULTS[name],
    numbers: (name) => [
      Number.isFinite(Number(values[name])) ? Number(values[name]) : Number(DEFAULTS[name]),
    ],
  };
}

test("the three lines of the chapter's table have its variances", () => {
  for (const [loss, variance] of [
    [{ ...SUMS, errorWeight: 0.5 }, 1],
    [SUMS, 0.5],
    [{ ...SUMS, overPixels: "mean" }, 392],
    [PRESETS.geron.loss, 0.5],
  ])
    close(impliedModel(loss).variance, variance);
});

test("a mean divides by pixels and channels, or by latents", () => {
  const { c, k } = factors({ ...PRESETS.diffusion.loss, overPixels: "mean" });
  close(c, 1 / (256 * 256 * 3));
  close(k, 1e-6);
  close(factors(PRESETS.guide.loss).k, 1 / 32);
});

test("a ratio is absorbed by a scale, and is a KL weight beside a cross-entropy", () => {
  close(impliedModel(PRESETS.laplace.loss).scale, 1 / 3);
  close(deviation(impliedModel(PRESETS.laplace.loss)), Math.SQRT2 / 3);
  const { beta, verdict } = impliedModel(PRESETS.fastai.loss);
  close(beta, 784 / 200);
  assert.equal(verdict, "Bernoulli");
  const light = impliedModel({ ...PRESETS.keras.loss, klWeight: 0.5 });
  assert.deepEqual([light.verdict, light.boundOn], ["not a bound", null]);
});

test("every loss is said in words without a hole", () => {
  const weights = [0, 1e-6, 0.5, 1, 3, 1e4];
  for (const { loss } of Object.values(PRESETS))
    for (const klWeight of weights) {
      const words = `${asCode({ ...loss, klWeight })} ${meaning({ ...loss, klWeight })}`;
      assert.doesNotMatch(words, /NaN|null|undefined|Infinity/);
    }
  assert.equal(asCode(PRESETS.geron.loss), "mean((x \u2212 \u03bc)\u00b2) + 1/784 \u00b7 sum(KL)");
  assert.match(meaning(PRESETS.diffusion.loss), /no bound.*adversarial.*scale b = 1e\u22126/);
  assert.match(meaning(PRESETS.fastai.loss), /below the ELBO.*Bernoulli.*\u03b2 = 3\.92/);
  assert.match(meaning(SUMS), /^Minus this loss is up to a constant the ELBO/);
});

test("numbers are written as people write them", () => {
  for (const [value, text] of [
    [1 / 784, "1/784"],
    [0.00025, "0.00025"],
    [1e-6, "1e\u22126"],
    [1e-7, "1e\u22127"],
    [0.5, "0.5"],
    [392.00000000000006, "392"],
    [0.0368679, "0.0369"],
  ])
    assert.equal(short(value), text);
});

test("a loss comes back from the address, and what is no loss is the default", () => {
  for (const { loss } of Object.values(PRESETS))
    assert.deepEqual(lossOf(stateOf(settingsOf(loss))), loss);
  const odd = { error: "hinge", pixels: "max", c: "0", k: "-1", size: "3", d: "x", more: "2" };
  assert.deepEqual(lossOf(stateOf(odd)), lossOf(stateOf({})));
});

test("a pointer stays on its ruler", () => {
  assert.equal(fraction(1, -4, 4), 0.5);
  assert.equal(fraction(1e9, -4, 4), 1);
  assert.equal(fraction(1e-9, -4, 4), 0);
});
