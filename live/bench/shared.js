/** What the peers of the benchmark have in common: the same digits, batches and clock. */

import { seeded } from "../src/random.js";
import { loadDigits } from "../src/weights.js";

export { register as weights, registerDigits as digits } from "../src/weights.js";

export const BATCH = 64;
export const LEARNING_RATE = 2e-3;
export const PIXELS = 784;

/** Batches of the sample's training digits, in a new order each epoch, with their noise. */
export class Batches {
  static async load() {
    const { images, count } = await loadDigits("train");
    return new Batches(images, count);
  }

  constructor(images, count) {
    Object.assign(this, { images, count, random: seeded(1), at: 0 });
    this.perEpoch = Math.ceil(count / BATCH);
  }

  next() {
    if (this.at === 0) this.order = this.random.permutation(this.count);
    const chosen = this.order.subarray(this.at, this.at + BATCH);
    this.at = this.at + BATCH < this.count ? this.at + BATCH : 0;
    const x = new Float32Array(chosen.length * PIXELS);
    chosen.forEach((index, i) => {
      x.set(this.images.subarray(index * PIXELS, (index + 1) * PIXELS), i * PIXELS);
    });
    return { x, noise: this.random.normals(2 * chosen.length), n: chosen.length };
  }
}

/** The start of all weights by Glorot's rule, the same numbers for every peer. */
export function initialWeights(hidden) {
  const random = seeded(2);
  const kernel = (rows, columns) => {
    const limit = Math.sqrt(6 / (rows + columns));
    const values = Float32Array.from(
      { length: rows * columns },
      () => limit * (2 * random.uniform() - 1),
    );
    return { values, shape: [rows, columns] };
  };
  const bias = (columns) => ({ values: new Float32Array(columns), shape: [1, columns] });
  return {
    encoderKernel: kernel(PIXELS, hidden),
    encoderBias: bias(hidden),
    meanKernel: kernel(hidden, 2),
    meanBias: bias(2),
    logVarKernel: kernel(hidden, 2),
    logVarBias: bias(2),
    decoderKernel: kernel(2, hidden),
    decoderBias: bias(hidden),
    pixelsKernel: kernel(hidden, PIXELS),
    pixelsBias: bias(PIXELS),
    logVariance: { values: Float32Array.of(Math.log(0.05)), shape: [1, 1] },
  };
}

/**
 * Milliseconds of some steps, and the mean loss of them.
 * @param {number} steps
 * @param {function(): (number|Promise<number>)} step returns the loss in nats per digit
 */
export async function time(steps, step) {
  const started = performance.now();
  let loss = 0;
  for (let i = 0; i < steps; i++) loss += (await step()) / steps;
  return { milliseconds: performance.now() - started, steps, loss };
}
