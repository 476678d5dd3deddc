/** What the widgets ask of the engine: models, digits, their codes, random numbers. */

import { digits, load } from "./weights.js";
import { seeded } from "./random.js";

const AT_ONCE = 25; // digits encoded before the page may paint again

const pause = () => new Promise((done) => setTimeout(done));
const known = new Map();

/**
 * The codes of the test digits under a model, computed once.
 * @param {string} name @param {Model} model
 * @returns {Promise<{means: Float32Array, logVars: Float32Array, deviations: Float32Array}>}
 *   each n * latentDim
 */
function codes(name, model) {
  if (!known.has(name)) known.set(name, encodeAll(model));
  return known.get(name);
}

async function encodeAll(model) {
  const { images, labels } = await digits();
  const { latentDim: d } = model;
  const means = new Float32Array(labels.length * d);
  const logVars = new Float32Array(labels.length * d);
  for (let i = 0; i < labels.length; i += AT_ONCE) {
    const n = Math.min(AT_ONCE, labels.length - i);
    const { mean, logVar } = model.encode(images.subarray(784 * i, 784 * (i + n)), n);
    means.set(mean, i * d);
    logVars.set(logVar, i * d);
    await pause();
  }
  return { means, logVars, deviations: logVars.map((v) => Math.exp(v / 2)) };
}

export const services = { load, digits, codes, seeded };
