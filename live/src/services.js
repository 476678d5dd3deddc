/** What the widgets ask of the engine: models, digits, their codes, random numbers. */

import { exactPosteriorAsync, load, loadDecoder, loadDigits, seeded } from "./engine.js";

const AT_ONCE = 25; // digits encoded before the page may paint again

const pause = () => new Promise((done) => setTimeout(done));
const known = new Map();

/**
 * The codes of the sample's test digits under a model, found once.
 *
 * For two latents they lie in the decoder's file; else the digits are encoded.
 * @param {import("./model.js").Model} model
 * @returns {Promise<{mean: Float32Array, logVar: Float32Array}>} (500, latentDim) each
 */
function codes(model) {
  if (!known.has(model.name)) known.set(model.name, model.testCodes ?? encodeAll(model));
  return known.get(model.name);
}

async function encodeAll(model) {
  const { images, count } = await loadDigits("test");
  const { latentDim: d } = model;
  const mean = new Float32Array(count * d);
  const logVar = new Float32Array(count * d);
  for (let i = 0; i < count; i += AT_ONCE) {
    const n = Math.min(AT_ONCE, count - i);
    const q = model.encode(images.subarray(784 * i, 784 * (i + n)), n);
    mean.set(q.mean, i * d);
    logVar.set(q.logVar, i * d);
    await pause();
  }
  return { mean, logVar };
}

/** The exact posterior of a digit, found in pieces so that the page stays alive. */
const posterior = (model, x, q) => exactPosteriorAsync(model, x, { q });

export const services = {
  posterior,
  load,
  loadDecoder,
  digits: () => loadDigits("test"),
  codes,
  seeded,
};
