/**
 * The objective of the VAE and its gradient, one named function for each term.
 *
 *   loss = mean over the batch of  distortion + rate
 *   distortion = (D log(2 pi s) + |x - y|^2 / s) / 2      y = sigmoid(logits), s the variance
 *   rate       = sum over latents of (m^2 + e^v - 1 - v) / 2
 *
 * in nats per image; m and v are mean and log-variance of q(z|x). A trainer takes an
 * object of these functions, so that a lesson can replace one of them by a mistake.
 * `heads` is (n, 2d): means, then log-variances; a gradient is that of the loss, so each
 * carries the 1/n of the batch's mean.
 */

const LOG_2PI = Math.log(2 * Math.PI);

/** The code of each image, z = m + e^(v/2) noise, written into z (n, d). */
function drawCodes(heads, noise, z, n, d) {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) {
      const mean = heads[2 * d * i + j];
      const logVar = heads[2 * d * i + d + j];
      z[d * i + j] = mean + Math.exp(0.5 * logVar) * noise[d * i + j];
    }
  }
}

/** Sum over batch and pixels of (x - y)^2. */
function squaredError(x, means, length) {
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const difference = means[i] - x[i];
    sum += difference * difference;
  }
  return sum;
}

/** Distortion of one image of `pixels` pixels, given the batch's mean squared error. */
function distortion(errorPerImage, variance, pixels) {
  return 0.5 * (pixels * (LOG_2PI + Math.log(variance)) + errorPerImage / variance);
}

/** Rate of each latent, (m^2 + e^v - 1 - v) / 2, its mean over the batch; d numbers. */
function rates(heads, n, d) {
  const result = new Array(d).fill(0);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) {
      const mean = heads[2 * d * i + j];
      const logVar = heads[2 * d * i + d + j];
      result[j] += (0.5 * (mean * mean + Math.expm1(logVar) - logVar)) / n;
    }
  }
  return result;
}

/** d loss / d logits: (y - x) y (1 - y) / (s n), written into out. */
function logitsGradient(x, means, variance, n, length, out) {
  const scale = 1 / (variance * n);
  for (let i = 0; i < length; i++) {
    const y = means[i];
    out[i] = scale * (y - x[i]) * y * (1 - y);
  }
}

/** d loss / d log s: (D - |x - y|^2 / s) / 2. */
function logVarianceGradient(errorPerImage, variance, pixels) {
  return 0.5 * (pixels - errorPerImage / variance);
}

/** What the distortion asks of the heads, through z: (g, g noise e^(v/2) / 2). */
function codesGradient(heads, noise, gradient, out, n, d) {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) {
      const g = gradient[d * i + j];
      const logVar = heads[2 * d * i + d + j];
      out[2 * d * i + j] = g;
      out[2 * d * i + d + j] = 0.5 * g * noise[d * i + j] * Math.exp(0.5 * logVar);
    }
  }
}

/** What the rate asks of the heads, added to out: (m, (e^v - 1) / 2) / n. */
function addRateGradient(heads, out, n, d) {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) {
      const at = 2 * d * i + j;
      out[at] += heads[at] / n;
      out[at + d] += (0.5 * Math.expm1(heads[at + d])) / n;
    }
  }
}

/** Standard normal numbers, the next of the trainer's generator. */
function drawNoise(random, noise, length) {
  for (let i = 0; i < length; i++) noise[i] = random.normal();
}

/** What the encoder's last layer returns, changed in place: nothing is. */
function finishHeads() {}

/** The gradient of {@link finishHeads}, in place. */
function finishGradient() {}

/** What is shown of mean images, (n, 784): themselves. */
function picture(means) {
  return means;
}

/** The order of the next epoch. */
function drawOrder(random, n) {
  return random.permutation(n);
}

/** The negative ELBO with one sample, as vae_lib.models.VAE has it. */
export const variationalParts = Object.freeze({
  drawOrder,
  drawNoise,
  drawCodes,
  squaredError,
  distortion,
  rates,
  logitsGradient,
  logVarianceGradient,
  codesGradient,
  addRateGradient,
  finishHeads,
  finishGradient,
  picture,
});

/** Codes without noise: the means. */
function meanCodes(heads, noise, z, n, d) {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) z[d * i + j] = heads[2 * d * i + j];
  }
}

/** What the distortion asks of the heads where the code is the mean: (g, 0). */
function meansGradient(heads, noise, gradient, out, n, d) {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) {
      out[2 * d * i + j] = gradient[d * i + j];
      out[2 * d * i + d + j] = 0;
    }
  }
}

/**
 * An autoencoder: no rate, and no noise either, since without a rate the network would
 * shrink the noise to nothing. The code is the mean; the log-variances do nothing. The
 * noise is still drawn, so that weights and order are those of the VAE of the same seed.
 */
export const autoencoderParts = Object.freeze({
  ...variationalParts,
  drawCodes: meanCodes,
  codesGradient: meansGradient,
  rates: (heads, n, d) => new Array(d).fill(null),
  addRateGradient: () => {},
});
