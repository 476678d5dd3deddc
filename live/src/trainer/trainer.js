/** Trains the dense VAE 784-h-d on digits: data, order, noise, steps and scores. */

import { plainKernel } from "../matmul.js";
import { seeded } from "../random.js";
import { Adam } from "./adam.js";
import { backward, decode, encode, forward, Workspace } from "./network.js";
import { initialise, PIXELS, shapes, zeros } from "./parameters.js";
import { brokenParts } from "./bugs.js";
import { autoencoderParts } from "./parts.js";

/**
 * @typedef {Object} Score means over images, in nats per image
 * @property {?number} elbo one sample of noise for each image; null without a rate
 * @property {number} distortion
 * @property {Array<?number>} rates of each latent
 * @property {number} n images
 */

export class Trainer {
  /**
   * @param {Object} [options]
   * @param {number} [options.hidden] width of both hidden layers
   * @param {number} [options.latentDim]
   * @param {?number} [options.variance] of every pixel; null learns it
   * @param {boolean} [options.kl] false trains an autoencoder: no rate and no noise
   * @param {number} [options.seed] of weights, order and noise
   * @param {number} [options.batchSize]
   * @param {number} [options.learningRate]
   * @param {Object} [options.kernel] the fastest is `await trainingKernel()` of adam.js;
   *   matmul.js's plainKernel() is always there
   * @param {string} [options.bug] a name of bugs.js; others, as "none", are the right code.
   *   The bugs are those of the ELBO: an autoencoder has none
   * @param {Object} [options.parts] terms and gradients, where parts.js's are not wanted
   * @throws {RangeError} if a number makes no sense
   */
  constructor(options = {}) {
    const { hidden = 64, latentDim = 2, variance = null, kl = true, seed = 1 } = options;
    const { batchSize = 64, learningRate = 2e-3, kernel = plainKernel(), bug, parts } = options;
    for (const [name, value] of Object.entries({ hidden, latentDim, batchSize }))
      requireWhole(name, value);
    Object.assign(this, { hidden, latentDim, batchSize, kernel, seed });
    this.parts = parts ?? (kl ? brokenParts(bug) : autoencoderParts);
    this.random = seeded(seed);
    const allocate = kernel.alloc;
    this.parameters = zeros(shapes(hidden, latentDim), allocate);
    initialise(this.parameters, hidden, latentDim, this.random);
    this.work = new Workspace(hidden, latentDim, batchSize, allocate);
    this.adam = new Adam(this.parameters, learningRate, kernel);
    this.fixVariance(variance);
    this.setData(new Float32Array(0), 0);
  }

  /** The variance of every pixel, now. */
  get variance() {
    return Math.exp(this.parameters.logVariance[0]);
  }

  /** Hold the variance at a number, or, with null, learn it from where it is. */
  fixVariance(variance) {
    if (variance !== null && !(variance > 0 && variance < Infinity)) {
      throw new RangeError(
        `variance must be a positive number, or null to learn it; got ${variance}.`,
      );
    }
    this.learnsVariance = variance === null;
    if (!this.learnsVariance) this.parameters.logVariance[0] = Math.log(variance);
  }

  /**
   * Images to train on; the epoch starts anew.
   * @param {Float32Array} images (n, 784) in [0, 1]
   * @param {number} n
   */
  setData(images, n) {
    if (images.length !== n * PIXELS) {
      throw new RangeError(
        `images must hold n = ${n} digits of ${PIXELS} pixels, got ${images.length} numbers.`,
      );
    }
    Object.assign(this, { images, n, at: 0, epochs: 0, order: null });
    this.posteriors = new Float32Array(n * 2 * this.latentDim);
  }

  /**
   * One step of Adam on the next batch of the epoch; the last batch may be short.
   * @returns {Score} of the batch before the step, with its own noise
   */
  step() {
    if (this.n === 0) throw new Error("There is nothing to train on: call setData first.");
    if (this.at === 0) this.order = this.parts.drawOrder(this.random, this.n);
    const batch = this.order.slice(this.at, this.at + this.batchSize);
    const n = batch.length;
    this.#gather(batch);
    this.parts.drawNoise(this.random, this.work.noise, n * this.latentDim);
    const score = forward(this.kernel, this.parameters, this.work, n, this.parts);
    this.#remember(batch);
    backward(this.kernel, this.parameters, this.work, n, score.error, this.parts);
    this.adam.update(
      this.work.gradients,
      (name) => this.learnsVariance || name !== "logVariance",
    );
    this.at += n;
    if (this.at >= this.n) {
      this.at = 0;
      this.epochs += 1;
    }
    return { ...score, n };
  }

  /**
   * The rest of the current epoch, the whole of it if it has not begun.
   * @returns {Score} mean over its images, each before its own step
   */
  epoch() {
    const scores = [];
    do scores.push(this.step());
    while (this.at !== 0);
    return meanScore(scores);
  }

  /**
   * The bound of images that are not trained on, and its parts.
   * @param {Float32Array} images (n, 784)
   * @param {number} n
   * @param {Float32Array} noise (n, d), standard normal; the same makes scores comparable
   * @returns {Score}
   */
  score(images, n, noise) {
    const scores = [];
    this.#inBatches(n, (first, count) => {
      this.work.x.set(images.subarray(first * PIXELS, (first + count) * PIXELS));
      this.work.noise.set(
        noise.subarray(first * this.latentDim, (first + count) * this.latentDim),
      );
      scores.push({
        ...forward(this.kernel, this.parameters, this.work, count, this.parts),
        n: count,
      });
    });
    return meanScore(scores);
  }

  /**
   * Parameters of q(z|x), means and then log-variances of each image, (n, 2d).
   * @param {Float32Array} images (n, 784)
   * @param {number} n
   * @returns {Float32Array}
   */
  encode(images, n) {
    const width = 2 * this.latentDim;
    const heads = new Float32Array(n * width);
    this.#inBatches(n, (first, count) => {
      this.work.x.set(images.subarray(first * PIXELS, (first + count) * PIXELS));
      encode(this.kernel, this.parameters, this.work, count, this.parts);
      heads.set(this.work.heads.subarray(0, count * width), first * width);
    });
    return heads;
  }

  /**
   * Mean images of codes, (n, 784), as they are shown.
   * @param {Float32Array} z (n, d)
   * @param {number} n
   * @returns {Float32Array}
   */
  decode(z, n) {
    const means = new Float32Array(n * PIXELS);
    this.#inBatches(n, (first, count) => {
      this.work.z.set(z.subarray(first * this.latentDim, (first + count) * this.latentDim));
      decode(this.kernel, this.parameters, this.work, count);
      means.set(this.work.means.subarray(0, count * PIXELS), first * PIXELS);
    });
    return this.parts.picture(means);
  }

  /**
   * Gradients of the loss of one batch with given noise; nothing is changed.
   * @returns {{score: Score, gradients: Object<string, Float32Array>}} copies
   */
  gradients(images, n, noise) {
    if (n > this.batchSize)
      throw new RangeError(`n must be at most the batch size, ${this.batchSize}; got ${n}.`);
    this.work.x.set(images);
    this.work.noise.set(noise);
    const score = forward(this.kernel, this.parameters, this.work, n, this.parts);
    backward(this.kernel, this.parameters, this.work, n, score.error, this.parts);
    return { score: { ...score, n }, gradients: copies(this.work.gradients) };
  }

  /** Copies of all weights, by name. */
  weights() {
    return copies(this.parameters);
  }

  /** Replace all weights; Adam's moments stay. */
  setWeights(weights) {
    for (const [name, values] of Object.entries(this.parameters)) {
      if (weights[name]?.length !== values.length) {
        throw new RangeError(
          `${name} must hold ${values.length} numbers, got ${weights[name]?.length}.`,
        );
      }
      values.set(weights[name]);
    }
  }

  // Loops, not subarrays: 128 views a step cost more than what they copy.
  #gather(batch) {
    for (let i = 0; i < batch.length; i++) {
      const from = batch[i] * PIXELS;
      for (let p = 0; p < PIXELS; p++) this.work.x[i * PIXELS + p] = this.images[from + p];
    }
  }

  /** The posterior that the step has just computed: the page's codes cost nothing more. */
  #remember(batch) {
    const width = 2 * this.latentDim;
    for (let i = 0; i < batch.length; i++) {
      const to = batch[i] * width;
      for (let j = 0; j < width; j++) this.posteriors[to + j] = this.work.heads[i * width + j];
    }
  }

  #inBatches(n, use) {
    for (let first = 0; first < n; first += this.batchSize) {
      use(first, Math.min(this.batchSize, n - first));
    }
  }
}

/** The mean of scores, each weighted by its number of images. */
export function meanScore(scores) {
  const n = scores.reduce((sum, score) => sum + score.n, 0);
  const mean = (read) => scores.reduce((sum, score) => sum + (read(score) * score.n) / n, 0);
  const bounded = scores[0].elbo !== null;
  return {
    elbo: bounded ? mean((score) => score.elbo) : null,
    distortion: mean((score) => score.distortion),
    rates: scores[0].rates.map((rate, j) =>
      rate === null ? null : mean((score) => score.rates[j]),
    ),
    n,
  };
}

function copies(arrays) {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, values]) => [name, values.slice()]),
  );
}

function requireWhole(name, value) {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${name} must be a whole number of at least 1, got ${value}.`);
  }
}
