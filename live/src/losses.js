/** What a loss means: the rules of vae_lib/losses.py for the losses of the widget "loss". */

const SAME = 1e-12; // relative: the rounding of a few divisions

/**
 * A VAE's loss as code spells it: error weight times error plus KL weight times rate.
 *
 * @typedef {Object} WrittenLoss
 * @property {"squared"|"absolute"|"cross-entropy"} error
 * @property {"sum"|"mean"} overPixels over the pixels and channels of an image
 * @property {"sum"|"mean"} overLatents
 * @property {number} errorWeight above 0
 * @property {number} klWeight at least 0
 * @property {number[]} imageShape such as [28, 28, 1]
 * @property {number} latentDim
 * @property {"grey"|"binary"} pixels binary if every pixel of the data is 0 or 1
 * @property {string[]} extraTerms names of what else is added
 */

/**
 * The two numbers in front of the summed error and of the summed rate.
 * @param {WrittenLoss} loss
 * @returns {{c: number, k: number}}
 */
export function factors(loss) {
  const size = loss.imageShape.reduce((product, side) => product * side, 1);
  return {
    c: loss.overPixels === "mean" ? loss.errorWeight / size : loss.errorWeight,
    k: loss.overLatents === "mean" ? loss.klWeight / loss.latentDim : loss.klWeight,
  };
}

/**
 * Read a loss: variance k / 2c of a squared error, scale k / c of an absolute one, KL
 * weight k / c of a cross-entropy.
 * @param {WrittenLoss} loss
 * @returns {{verdict: string, likelihood: ?string, variance: ?number, scale: ?number,
 *   beta: number, boundOn: ?string, reasons: string[]}} variance in squared units of the
 *   pixels; reasons in words, those against a bound first
 */
export function impliedModel(loss) {
  const { c, k } = factors(loss);
  const ratio = k / c;
  const found = parameters(loss.error, ratio);
  const against = reasonsAgainst(loss, ratio, found.beta);
  const bound = against.length === 0;
  const averaged = found.likelihood === "Bernoulli" && loss.pixels === "grey";
  const boundOn = averaged ? "images binarised at random" : "images";
  const none = { likelihood: null, variance: null, scale: null };
  return {
    ...found,
    ...(ratio === 0 ? none : {}),
    verdict: bound ? found.likelihood : "not a bound",
    boundOn: bound ? boundOn : null,
    reasons: [...against, ...remarks(loss, found.beta)],
  };
}

function parameters(error, ratio) {
  const beta = Number(ratio > 0);
  if (error === "cross-entropy")
    return { likelihood: "Bernoulli", variance: null, scale: null, beta: ratio };
  if (error === "absolute")
    return { likelihood: "Laplace", variance: null, scale: ratio, beta };
  return { likelihood: "Gaussian", variance: ratio / 2, scale: null, beta };
}

function reasonsAgainst(loss, ratio, beta) {
  const found = [];
  if (ratio === 0)
    found.push("the rate has no weight: an autoencoder without densities");
  else if (beta < 1 && !isOne(beta))
    found.push(`the KL weight ${short(beta)} is below 1: rate is given away`);
  for (const name of loss.extraTerms)
    found.push(`the ${name} term has no known normaliser`);
  return found;
}

function remarks(loss, beta) {
  const found = [];
  if (beta > 1 && !isOne(beta))
    found.push(`the KL weight ${short(beta)} is above 1: a looser bound`);
  if (loss.error === "cross-entropy" && loss.pixels === "grey")
    found.push("a cross-entropy of grey pixels is no density of them");
  return found;
}

/** Equal to 1 but for rounding. */
const isOne = (value) => Math.abs(value - 1) <= SAME * Math.max(1, Math.abs(value));

/**
 * A positive number as people write it, to three digits: 0.00025, 1e-6, 392; a fraction
 * such as 1/784 where that says it exactly.
 * @param {number} value
 * @returns {string}
 */
export function short(value) {
  const rounded = Number(value.toPrecision(3));
  const whole = Math.round(1 / value);
  const isFraction = Math.abs(whole * value - 1) < 1e-9 && whole < 1e6;
  if (isFraction && Math.abs(rounded / value - 1) > 1e-9) return `1/${whole}`;
  if (rounded >= 1e-4 && rounded < 1e6) return String(rounded);
  const [digits, power] = rounded.toExponential().split("e");
  return `${digits}e${power.replace("+", "").replace("-", "\u2212")}`;
}
