// The bound and its parts, in nats; the same formulas as vae_lib's objectives.
import { checkNumbers } from "./checks.js";

/**
 * KL(N(mean, diag exp(logVar)) || N(0, I)), in nats.
 *
 * @param {ArrayLike<number>} mean (d)
 * @param {ArrayLike<number>} logVar (d)
 * @returns {{kl: number, rates: Float64Array}} the sum, and what each latent adds
 */
export function gaussianKl(mean, logVar) {
  checkNumbers("mean", mean, 1, mean.length);
  checkNumbers("logVar", logVar, 1, mean.length);
  const rates = Float64Array.from(mean, (m, j) => {
    // exp(l) - 1 - l loses its digits where l is near 0; expm1 does not.
    return 0.5 * (m * m + Math.expm1(logVar[j]) - logVar[j]);
  });
  return { kl: rates.reduce((sum, rate) => sum + rate, 0), rates };
}

/**
 * log N(x; mean, variance I), in nats; a density, so it may be positive.
 *
 * @param {ArrayLike<number>} x (D)
 * @param {ArrayLike<number>} mean (D)
 * @param {number} variance sigma^2
 * @returns {number}
 */
export function logLikelihood(x, mean, variance) {
  return logLikelihoodOf(squaredDistance(x, mean, 0), x.length, variance);
}

/**
 * The same from the squared distance of x and its mean.
 *
 * @param {number} squares sum over the pixels
 * @param {number} size how many pixels
 * @param {number} variance sigma^2
 * @returns {number} nats
 */
export function logLikelihoodOf(squares, size, variance) {
  return -0.5 * (squares / variance + size * Math.log(2 * Math.PI * variance));
}

/**
 * log p(x | z) of one image under each of several codes, in nats.
 *
 * @param {import("./model.js").Model} model
 * @param {Float32Array} x (784)
 * @param {Float32Array} z (n, d)
 * @param {number} [n]
 * @returns {Float64Array} (n)
 */
export function logLikelihoods(model, x, z, n = z.length / model.latentDim) {
  const means = model.decode(z, n);
  return Float64Array.from({ length: n }, (_, i) =>
    logLikelihoodOf(squaredDistance(x, means, i * x.length), x.length, model.variance),
  );
}

/**
 * One estimate of the evidence lower bound of an image, in nats.
 *
 * @param {import("./model.js").Model} model
 * @param {Float32Array} x (784), in [0, 1]
 * @param {Float32Array} noise standard normal numbers (S, d): S samples of z are averaged
 * @param {{mean: ArrayLike<number>, logVar: ArrayLike<number>}} [q] by default what the
 *   encoder says
 * @returns {{elbo: number, rate: number, distortion: number, rates: Float64Array}}
 *   elbo = -(distortion + rate); rates: what each latent adds to the rate
 */
export function elbo(model, x, noise, q = model.encode(x, 1)) {
  const d = model.latentDim;
  const samples = noise.length / d;
  checkNumbers("noise", noise, samples, d);
  const z = Float32Array.from(
    noise,
    (value, i) => q.mean[i % d] + Math.exp(0.5 * q.logVar[i % d]) * value,
  );
  const logs = logLikelihoods(model, x, z, samples);
  const distortion = -logs.reduce((sum, value) => sum + value, 0) / samples;
  const { kl: rate, rates } = gaussianKl(q.mean, q.logVar);
  return { elbo: -(distortion + rate), rate, distortion, rates };
}

function squaredDistance(x, means, offset) {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const difference = x[i] - means[offset + i];
    sum += difference * difference;
  }
  return sum;
}
