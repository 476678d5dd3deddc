/** What is seen before the reader trains: the published network, from its decoder alone. */

import { seeded } from "../random.js";
import { PIXELS } from "./parameters.js";
import { manifoldCodes } from "./manifold.js";
import { variationalParts } from "./parts.js";

/**
 * A frame, as the trainer's, of the report's own network as vae_lib has trained it.
 * @param {import("../model.js").Model} model mlp_2, with its codes of the test digits
 * @param {{images: Float32Array, labels: Uint8Array, count: number}} digits the test digits
 * @returns {Object} a frame, with `labels` of its codes
 */
export function restingFrame(model, { images, labels, count }) {
  const { mean, logVar } = model.testCodes;
  const heads = new Float32Array(4 * count);
  for (let i = 0; i < 2 * count; i++) {
    heads[4 * (i >> 1) + (i & 1)] = mean[i];
    heads[4 * (i >> 1) + 2 + (i & 1)] = logVar[i];
  }
  const z = new Float32Array(2 * count);
  variationalParts.drawCodes(heads, seeded(500).normals(2 * count), z, count, 2);
  const means = model.decode(z, count);
  const error = variationalParts.squaredError(images, means, count * PIXELS) / count;
  const distortion = variationalParts.distortion(error, model.variance, PIXELS);
  const rates = variationalParts.rates(heads, count, 2);
  const manifold = Uint8Array.from(model.decode(manifoldCodes()), (value) => 255 * value);
  const elbo = -distortion - rates[0] - rates[1];
  return {
    codes: mean,
    labels,
    manifold,
    variance: model.variance,
    heldOut: { elbo, distortion, rates, n: count },
  };
}
