/** From one Gaussian q of a digit to the best one: gradient descent on -ELBO. */

import { logLikelihoods } from "../elbo.js";

/**
 * An even set of standard normal noise: side x side quantiles, scaled to variance 1.
 *
 * The mean over it is the mean under the Gaussian, exactly so for every function of
 * third order, and a narrow q sees little else of log p(x | z). It is the same for every
 * q, so that two of them compare without noise.
 * @param {number} side
 * @returns {Float32Array} side * side * 2
 */
export function evenNoise(side) {
  const raw = Array.from({ length: side }, (_, i) => quantile((i + 0.5) / side));
  const scale = Math.sqrt(raw.reduce((sum, value) => sum + value * value, 0) / side);
  const axis = raw.map((value) => value / scale);
  return Float32Array.from(axis.flatMap((a) => axis.flatMap((b) => [a, b])));
}

/** The quantile of the standard normal, by Newton's method on its distribution. */
function quantile(p) {
  let x = 0;
  for (let i = 0; i < 50; i += 1) {
    const density = Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI);
    const step = (distribution(x) - p) / density;
    x -= Math.max(-1, Math.min(1, step));
  }
  return x;
}

/** The standard normal distribution: its series, which suffices for |x| < 4. */
function distribution(x) {
  let [term, sum] = [x, x];
  for (let k = 1; k < 100; k += 1) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-(x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

const STEPS = 80;
const RATE = 0.15; // of the first step, in deviations of the first q and in log-deviations
const DECAYS = [0.9, 0.99];
const SIDE = 6; // of the noise of a gradient

/**
 * The gradient of the ELBO by the mean and the log-deviation of q, as chapter 4 takes it:
 * through the noise. The decoder's part is a central difference in z.
 */
function gradient(model, x, q, noise) {
  const n = noise.length / 2;
  const deviation = q.logVar.map((v) => Math.exp(v / 2));
  const h = deviation.map((s) => 0.05 * s);
  const z = new Float32Array(4 * noise.length);
  for (let s = 0; s < 4 * n; s += 1) {
    const [axis, sign] = [(s % 4) >> 1, s % 2 ? 1 : -1];
    for (let k = 0; k < 2; k += 1) {
      const at = q.mean[k] + deviation[k] * noise[2 * (s >> 2) + k];
      z[2 * s + k] = at + (k === axis ? sign * h[k] : 0);
    }
  }
  const found = logLikelihoods(model, x, z);
  const byMean = q.mean.map((m) => -m);
  const byLog = deviation.map((s) => 1 - s * s);
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < 2; k += 1) {
      const slope = (found[4 * i + 2 * k + 1] - found[4 * i + 2 * k]) / (2 * h[k]);
      byMean[k] += slope / n;
      byLog[k] += (slope * deviation[k] * noise[2 * i + k]) / n;
    }
  }
  return { byMean, byLog };
}

/**
 * Descend on -ELBO from one q, by Adam, in units of the first q's deviations.
 * @param {Model} model @param {Float32Array} x
 * @param {{mean: number[], logVar: number[]}} start
 * @yields {{mean: number[], logVar: number[]}} the q after each step
 */
export function* descend(model, x, start) {
  const noise = evenNoise(SIDE);
  const unit = start.logVar.map((v) => Math.exp(v / 2));
  const q = { mean: [...start.mean], logVar: [...start.logVar] };
  const first = [0, 0, 0, 0];
  const second = [0, 0, 0, 0];
  for (let t = 1; t <= STEPS; t += 1) {
    const { byMean, byLog } = gradient(model, x, q, noise);
    const slopes = [...byMean.map((slope, k) => slope * unit[k]), ...byLog];
    const rate = RATE * (1 - t / (STEPS + 1));
    slopes.forEach((slope, i) => {
      first[i] = DECAYS[0] * first[i] + (1 - DECAYS[0]) * slope;
      second[i] = DECAYS[1] * second[i] + (1 - DECAYS[1]) * slope * slope;
      const size = Math.sqrt(second[i] / (1 - DECAYS[1] ** t)) + 1e-8;
      const step = (rate * first[i]) / (1 - DECAYS[0] ** t) / size;
      if (i < 2) q.mean[i] += step * unit[i];
      else q.logVar[i - 2] += 2 * step;
    });
    yield { mean: [...q.mean], logVar: [...q.logVar] };
  }
}
