/**
 * Two gradients of an average, for a toy whose exact answer is known: E[z^2] by the mean
 * mu of q = N(mu, sigma^2), Eq. (4.1) of the book.
 */

/** The exact derivative of E[z^2] by mu. */
export const exact = (mu) => 2 * mu;

/**
 * One estimate for each draw of noise.
 * @param {{mu: number, sigma: number, baseline?: boolean}} toy with a baseline the score
 *   function's f is z^2 minus its mean, mu^2 + sigma^2
 * @param {ArrayLike<number>} noise standard normal
 * @returns {{pathwise: Float64Array, score: Float64Array}}
 */
export function estimates({ mu, sigma, baseline = false }, noise) {
  const level = baseline ? mu ** 2 + sigma ** 2 : 0;
  const pathwise = new Float64Array(noise.length);
  const score = new Float64Array(noise.length);
  for (let i = 0; i < noise.length; i += 1) {
    const z = mu + sigma * noise[i];
    pathwise[i] = 2 * z;
    score[i] = ((z ** 2 - level) * noise[i]) / sigma;
  }
  return { pathwise, score };
}

/**
 * The variances of one draw, Eq. (4.6); with the baseline by the same moments of noise.
 * @param {{mu: number, sigma: number, baseline?: boolean}} toy
 * @returns {{pathwise: number, score: number}}
 */
export function variances({ mu, sigma, baseline = false }) {
  const plain = mu ** 4 / sigma ** 2 + 14 * mu ** 2 + 15 * sigma ** 2;
  const score = baseline ? 8 * mu ** 2 + 10 * sigma ** 2 : plain;
  return { pathwise: 4 * sigma ** 2, score };
}

/**
 * Mean and standard error of some draws.
 * @param {ArrayLike<number>} draws
 * @returns {{mean: number, error: ?number}} one draw alone has no standard error: null
 */
export function summary(draws) {
  const n = draws.length;
  const mean = Array.prototype.reduce.call(draws, (sum, v) => sum + v, 0) / n;
  if (n < 2) return { mean, error: null };
  const squares = Array.prototype.reduce.call(draws, (sum, v) => sum + (v - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (n - 1) / n) };
}
