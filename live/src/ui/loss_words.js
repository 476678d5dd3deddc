/** The widget "loss" in words: the loss as code, and what it stands for. */

import { factors, impliedModel, short } from "../losses.js";

const TERMS = {
  squared: "(x \u2212 \u03bc)\u00b2",
  absolute: "|x \u2212 \u03bc|",
  "cross-entropy": "bce(x, \u03bc)",
};

const times = (weight, term) => (weight === 1 ? term : `${short(weight)} \u00b7 ${term}`);

/** The loss in one line, as a program would have it. */
export function asCode(loss) {
  const error = times(loss.errorWeight, `${loss.overPixels}(${TERMS[loss.error]})`);
  const rate = loss.klWeight
    ? times(loss.klWeight, `${loss.overLatents}(KL)`)
    : `0 \u00b7 ${loss.overLatents}(KL)`;
  return [error, rate, ...loss.extraTerms].join(" + ");
}

/** The number that the loss implies, in words; null where there is none. */
function spread(model) {
  const { variance, scale, beta, likelihood } = model;
  if (variance !== null)
    return `\u03c3\u2093 = ${short(Math.sqrt(variance))}, a variance of ${short(variance)}`;
  if (scale !== null) return `the scale b = ${short(scale)}`;
  return likelihood ? `the KL weight \u03b2 = ${short(beta)}` : null;
}

/**
 * The standard deviation of a pixel, where the loss implies one; a Laplace's is the
 * square root of 2 times its scale.
 * @returns {?number} in units of the pixels
 */
export function deviation({ variance, scale }) {
  if (variance !== null) return Math.sqrt(variance);
  return scale === null ? null : Math.SQRT2 * scale;
}

/** How large such noise is beside pixels from 0 to 1. */
function inPixels(sigma) {
  if (sigma === null) return "";
  const beside = " Pixels go from 0 to 1:";
  if (sigma > 1)
    return `${beside} this noise is ${short(sigma)} times the step from black to white.`;
  if (sigma < 1 / 255)
    return `${beside} this noise is finer than one of 255 grey levels.`;
  return `${beside} this noise is ${short(255 * sigma)} of 255 grey levels.`;
}

/**
 * What a loss stands for, in a sentence or three.
 * @param {import("../losses.js").WrittenLoss} loss
 * @returns {string}
 */
export function meaning(loss) {
  const model = impliedModel(loss);
  const { c, k } = factors(loss);
  const sigma = inPixels(deviation(model));
  const because = model.reasons.length ? ` Mind: ${model.reasons.join("; ")}.` : "";
  const said = spread(model);
  if (model.verdict === "not a bound") {
    const rest = said
      ? ` Error and rate alone would say a ${model.likelihood} decoder with ${said}.${sigma}`
      : "";
    return `This loss is no bound on a likelihood: ${model.reasons.join("; ")}.${rest}`;
  }
  // A variance or a scale takes up the ratio of the two factors; a cross-entropy cannot.
  const factor = model.likelihood === "Bernoulli" ? c : k;
  const scaled = factor === 1 ? "" : `, divided by ${short(factor)},`;
  const bound = model.beta > 1 + 1e-9 ? "a bound below the ELBO" : "the ELBO";
  const on = model.boundOn === "images" ? "" : `, on ${model.boundOn}`;
  return (
    `Minus this loss${scaled} is up to a constant ${bound} of a ${model.likelihood} ` +
    `decoder with ${said}${on}.${sigma}${because}`
  );
}
