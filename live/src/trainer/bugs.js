/**
 * The eight bugs of chapter 13 ("Break it"), each one line of public code gone wrong.
 *
 * A bug replaces functions of parts.js: the line itself and, where it is part of the
 * objective, the gradient that automatic differentiation would give of the wrong line.
 * `line` is what stands in the program, `look` where its symptom is seen. The names are
 * those of the chapter's list.
 */

import { variationalParts } from "./parts.js";
import { PIXELS } from "./parameters.js";

const { distortion, logitsGradient, logVarianceGradient } = variationalParts;

/** z = m + width(v) noise, where the width is not e^(v/2); with the gradient of that. */
function codesOf(width, slope) {
  return {
    drawCodes(heads, noise, z, n, d) {
      eachLatent(n, d, (at, i) => (z[i] = heads[at] + width(heads[at + d], noise[i])));
    },
    codesGradient(heads, noise, gradient, out, n, d) {
      eachLatent(n, d, (at, i) => {
        out[at] = gradient[i];
        out[at + d] = gradient[i] * slope(heads[at + d], noise[i]);
      });
    },
  };
}

/** Visits each latent of each image: its mean's place in the heads, its place in z. */
function eachLatent(n, d, visit) {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) visit(2 * d * i + j, d * i + j);
  }
}

/** The pictures as a plotting library shows numbers of any size: stretched to its scale. */
function stretchedLogits(means) {
  const logits = means.map((mean) => Math.log(mean) - Math.log1p(-mean));
  // A mean that has rounded to 0 or 1 has no finite logit.
  const finite = logits.filter(Number.isFinite);
  const low = finite.reduce((least, value) => Math.min(least, value), 0);
  const high = finite.reduce((most, value) => Math.max(most, value), 0);
  return logits.map((value) => Math.min(1, Math.max(0, (value - low) / (high - low || 1))));
}

/**
 * @typedef {Object} Bug
 * @property {string} name of a menu
 * @property {string} line that is wrong
 * @property {string} look what to look at
 * @property {Object} parts of parts.js that it replaces
 * @property {boolean} [leaks] whether the test digits are trained on
 */

/** @type {Object<string, Bug>} */
export const BUGS = Object.freeze({
  pixels: {
    name: "log likelihood averaged over the pixels",
    line: "mean over pixels in place of the sum",
    look: "The rates fall to zero, and the grid shows one picture everywhere.",
    parts: {
      distortion: (...all) => distortion(...all) / PIXELS,
      logitsGradient(x, means, variance, n, length, out) {
        logitsGradient(x, means, variance * PIXELS, n, length, out);
      },
      logVarianceGradient: (...all) => logVarianceGradient(...all) / PIXELS,
    },
  },
  logits: {
    name: "logits shown as pixels",
    line: "the picture without its sigmoid",
    look: "Every number is right, and the grid is grey.",
    parts: { picture: stretchedLogits },
  },
  sign: {
    name: "a sign inside the KL",
    line: "e^v \u2212 1 + v in place of e^v \u2212 1 \u2212 v",
    look: "The rates fall below zero: no KL does that. The ELBO looks excellent.",
    parts: {
      rates(heads, n, d) {
        const result = new Array(d).fill(0);
        eachLatent(n, d, (at, i) => {
          const [mean, logVar] = [heads[at], heads[at + d]];
          result[i % d] += (0.5 * (mean * mean + Math.expm1(logVar) + logVar)) / n;
        });
        return result;
      },
      addRateGradient(heads, out, n, d) {
        eachLatent(n, d, (at) => {
          out[at] += heads[at] / n;
          out[at + d] += (0.5 * (Math.expm1(heads[at + d]) + 2)) / n;
        });
      },
    },
  },
  relu: {
    name: "a ReLU on the log-variance",
    line: "v = max(0, v): no posterior is narrower than the prior",
    look: "The codes move far out, to be told apart in spite of their width.",
    parts: {
      finishHeads(heads, n, d) {
        eachLatent(n, d, (at) => (heads[at + d] = Math.max(0, heads[at + d])));
      },
      finishGradient(heads, out, n, d) {
        eachLatent(n, d, (at) => {
          if (heads[at + d] === 0) out[at + d] = 0;
        });
      },
    },
  },
  heads: {
    name: "both heads read the same layer",
    line: "v = m: the log-variance is the mean",
    look: "The codes crowd to the lower left, where a small mean is a narrow posterior.",
    parts: {
      finishHeads(heads, n, d) {
        eachLatent(n, d, (at) => (heads[at + d] = heads[at]));
      },
      finishGradient(heads, out, n, d) {
        eachLatent(n, d, (at) => {
          out[at] += out[at + d];
          out[at + d] = 0;
        });
      },
    },
  },
  half: {
    name: "the 0.5 of the sampler is missing",
    line: "z = m + e^v noise in place of m + e^(v/2) noise",
    look: "Nothing looks wrong. Compare the ELBO with that of the right code.",
    parts: codesOf(
      (logVar, noise) => Math.exp(logVar) * noise,
      (logVar, noise) => Math.exp(logVar) * noise,
    ),
  },
  constant: {
    name: "a constant in place of the noise",
    line: "z = m + e^(v/2) 1 in place of m + e^(v/2) noise",
    look: "Nothing looks wrong, and the ELBO may look better than that of the right code.",
    parts: codesOf(
      (logVar) => Math.exp(0.5 * logVar),
      (logVar) => 0.5 * Math.exp(0.5 * logVar),
    ),
  },
  leak: {
    name: "the test digits are trained on",
    line: "training images = training and test images together",
    look: "The \u201cheld-out\u201d ELBO comes close to that of training. It is held out no more.",
    parts: {},
    leaks: true,
  },
});

/** The parts of a trainer with a bug; those of the right code for any other name. */
export function brokenParts(name) {
  return { ...variationalParts, ...BUGS[name]?.parts };
}
