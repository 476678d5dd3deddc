/** What a digit costs in bytes: under a model, as PNG, as gzip. */

export const LEVELS = 256;
const NATS_PER_BYTE = 8 * Math.LN2;

/** Nats as bytes: 8 ln 2 nats are one byte. */
export const inBytes = (nats) => nats / NATS_PER_BYTE;

/**
 * The complementary error function, to a relative 1.2e-7 everywhere.
 * Source: Press et al., Numerical Recipes, 2nd ed., section 6.2.
 */
export function erfc(x) {
  const z = Math.abs(x);
  const t = 1 / (1 + 0.5 * z);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398,
    1.48851587, -0.82215223, 0.17087277,
  ];
  const sum = terms.reduceRight((total, term) => term + t * total, 0);
  const tail = t * Math.exp(-z * z + sum);
  return x >= 0 ? tail : 2 - tail;
}

const above = (x) => 0.5 * erfc(x / Math.SQRT2); // P(standard normal > x)

/**
 * log P(level): the mass that a Gaussian puts on one of 256 levels, in nats.
 *
 * Level k stands for k / 255. Its mass is that between the middles to its neighbours; the
 * first and the last level take all that lies beyond them, so that the masses add to 1.
 * @param {number} level 0 ... 255
 * @param {number} mean @param {number} deviation of the Gaussian, in units of ink
 */
export function logMass(level, mean, deviation) {
  const at = (edge) => (edge / (LEVELS - 1) - mean) / deviation;
  let low = level === 0 ? -Infinity : at(level - 0.5);
  let high = level === LEVELS - 1 ? Infinity : at(level + 0.5);
  // In the upper tail both terms are small: no digits are lost in their difference.
  if (low + high < 0) [low, high] = [-high, -low];
  const upper = (edge) => (edge === Infinity ? 0 : edge === -Infinity ? 1 : above(edge));
  return Math.log(Math.max(upper(low) - upper(high), Number.MIN_VALUE));
}

/**
 * Two costs of the pixels of one image, given the decoder's means.
 * @param {ArrayLike<number>} x 784 numbers k / 255
 * @param {ArrayLike<number>} mean 784 or, from `at` on, more
 * @param {number} variance
 * @param {number} [at]
 * @returns {{density: number, clipped: number}} nats: minus the log density times the
 *   width 1/255 of a level, as the model was trained; minus logMass
 */
export function pixelCosts(x, mean, variance, at = 0) {
  const deviation = Math.sqrt(variance);
  const constant = 0.5 * Math.log(2 * Math.PI * variance) + Math.log(LEVELS - 1);
  let [density, clipped] = [0, 0];
  for (let i = 0; i < x.length; i += 1) {
    const miss = x[i] - mean[at + i];
    density += constant + (miss * miss) / (2 * variance);
    clipped -= logMass(Math.round(x[i] * (LEVELS - 1)), mean[at + i], deviation);
  }
  return { density, clipped };
}

async function compressed(bytes, format) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Bytes of `gzip` of some bytes, its frame of 18 included. */
export const gzipSize = async (bytes) => (await compressed(bytes, "gzip")).length;

/** The pixels of an 8-bit grey image as PNG stores them, each row with a filter. */
function filtered(pixels, width, filter) {
  const rows = pixels.length / width;
  const out = new Uint8Array(rows * (width + 1));
  const get = (r, c) => (r < 0 || c < 0 ? 0 : pixels[r * width + c]);
  for (let r = 0; r < rows; r += 1) {
    out[r * (width + 1)] = filter;
    for (let c = 0; c < width; c += 1) {
      const [left, up, corner] = [get(r, c - 1), get(r - 1, c), get(r - 1, c - 1)];
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      out[r * (width + 1) + 1 + c] = get(r, c) - guess;
    }
  }
  return out;
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value));
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/**
 * Bytes of the smallest PNG (8 bits, grey) that one filter for all rows gives: 57 bytes
 * of frame (signature 8, IHDR 25, IDAT 12, IEND 12) and the compressed rows.
 */
export async function pngSize(pixels, width = 28) {
  const sizes = [0, 1, 2, 3, 4].map(
    async (filter) => (await compressed(filtered(pixels, width, filter), "deflate")).length,
  );
  return 57 + Math.min(...(await Promise.all(sizes)));
}
