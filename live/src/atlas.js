// The first grid of the exact posterior, decoded once for all images.
//
// What a model decodes does not depend on the image that is explained. A byte a pixel is
// enough to see where mass may be: it moves log p(x | z) by some 0.2 nats, and every cell
// that matters is cut and decoded again.
import { centres, ring } from "./cells.js";
import { logLikelihoodOf } from "./elbo.js";

const AT_ONCE = 256; // codes decoded between two pauses
const atlases = new WeakMap(); // by model; 6 MB each

/**
 * log p(x | z) at the centres of all cells of a disc around 0.
 *
 * @param {import("./model.js").Model} model with latentDim 2
 * @param {Float32Array} x (784)
 * @param {{radius: number, h: number}} disc its radius and the side of its cells, the same
 *   in every call for a model
 * @returns {Generator<undefined, {keys: number[], logs: Float64Array}>} yields when it is
 *   a good time for a pause, the first time only
 */
export function* overDisc(model, x, disc) {
  if (!atlases.has(model)) atlases.set(model, yield* decodeDisc(model, disc));
  const { keys, levels, squares } = atlases.get(model);
  const inked = [...x.keys()].filter((i) => x[i] !== 0);
  const own = x.reduce((sum, ink) => sum + ink * ink, 0);
  const logs = squares.map((square, g) => {
    let product = 0;
    for (const i of inked) product += x[i] * levels[784 * g + i];
    const distance = Math.max(0, own - (2 / 255) * product + square);
    return logLikelihoodOf(distance, x.length, model.variance);
  });
  return { keys, logs };
}

/** Grey levels of the mean images, and the sum of their squared values. */
function* decodeDisc(model, { radius, h }) {
  const keys = ring(0, radius, h);
  const z = centres(keys, h);
  const levels = new Uint8Array(784 * keys.length);
  for (let start = 0; start < keys.length; start += AT_ONCE) {
    const means = model.decode(z.subarray(2 * start, 2 * (start + AT_ONCE)));
    means.forEach((ink, i) => (levels[784 * start + i] = 255 * ink + 0.5));
    yield;
  }
  const squares = Float64Array.from(keys, (_, g) => {
    let sum = 0;
    for (let i = 784 * g; i < 784 * (g + 1); i++) sum += (levels[i] / 255) ** 2;
    return sum;
  });
  return { keys, levels, squares };
}
