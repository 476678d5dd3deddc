// Densities on a line: the divergence of two Gaussians, and the toy sensor of chapter 3.
// All logarithms are natural, so every divergence is in nats.

/** Deviation of the sensor's noise, and its reading: those of chapter 3. */
export const NOISE = 0.5;
export const READING = 2;

// Every q of the widget lies inside; 0.005 is a tenth of its smallest deviation.
const REACH = 16;
const STEP = 0.005;

/** log N(z; mean, deviation^2), in nats; a density, so it may be positive. */
export function logNormal(z, mean, deviation) {
  const standardised = (z - mean) / deviation;
  return -0.5 * Math.log(2 * Math.PI) - Math.log(deviation) - 0.5 * standardised ** 2;
}

/**
 * KL(a || b) of two Gaussians on a line, in closed form, in nats.
 * @param {{mean: number, deviation: number}} a
 * @param {{mean: number, deviation: number}} b
 * @returns {number}
 */
export function divergence(a, b) {
  const squares = a.deviation ** 2 + (a.mean - b.mean) ** 2;
  return Math.log(b.deviation / a.deviation) - 0.5 + squares / (2 * b.deviation ** 2);
}

/**
 * What KL(a || b) adds up: a(z) log(a(z) / b(z)), in nats per unit of z.
 * @param {number} z
 * @param {{mean: number, deviation: number}} a
 * @param {{mean: number, deviation: number}} b
 * @returns {number}
 */
export function integrand(z, a, b) {
  const log = logNormal(z, a.mean, a.deviation);
  return Math.exp(log) * (log - logNormal(z, b.mean, b.deviation));
}

/** What the sensor shows, on average, when the hidden number is z. */
export function response(z) {
  return z ** 2 + 0.5 * z;
}

/** log p(x, z) of the reading: the prior is N(0, 1). */
export function logJoint(z) {
  return logNormal(READING, response(z), NOISE) + logNormal(z, 0, 1);
}

/** The middles of the grid's cells. */
function* middles() {
  for (let i = 0; i < (2 * REACH) / STEP; i += 1) yield (i + 0.5) * STEP - REACH;
}

/** log p(x) of the reading: Eq. (3.1), added up on the grid. */
export function logEvidence() {
  let sum = 0;
  for (const z of middles()) sum += Math.exp(logJoint(z));
  return Math.log(sum * STEP);
}

/**
 * The bound of the toy and its parts, in closed form: Eqs. (3.9) and (3.11).
 * @param {{mean: number, deviation: number}} q
 * @returns {{elbo: number, rate: number, distortion: number}} nats
 */
export function toyBound({ mean, deviation }) {
  const a = READING - response(mean);
  const b = (2 * mean + 0.5) * deviation;
  const c = deviation ** 2;
  const squares = a ** 2 + b ** 2 + 3 * c ** 2 - 2 * a * c;
  const variance = NOISE ** 2;
  const distortion = 0.5 * (Math.log(2 * Math.PI * variance) + squares / variance);
  const rate = divergence({ mean, deviation }, { mean: 0, deviation: 1 });
  return { elbo: -(rate + distortion), rate, distortion };
}

/**
 * KL(q || p(z | x)) of the toy, added up on the grid: it knows no formula of the bound.
 * @param {{mean: number, deviation: number}} q
 * @param {number} logPx of logEvidence
 * @returns {number} nats
 */
export function toyGap({ mean, deviation }, logPx) {
  let sum = 0;
  for (const z of middles()) {
    const log = logNormal(z, mean, deviation);
    if (log > -80) sum += Math.exp(log) * (log - logJoint(z) + logPx);
  }
  return sum * STEP;
}
