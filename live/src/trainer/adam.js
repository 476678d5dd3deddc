/**
 * Adam as Keras computes it: the correction of both moments goes into the step size, and
 * epsilon is added outside the root (Kingma and Ba, 2015, the remark before section 2.1).
 */

import { kernel, plainKernel } from "../matmul.js";
import { KERNEL } from "./adam_kernel.js";

export const BETA_1 = 0.9;
export const BETA_2 = 0.999;
export const EPSILON = 1e-7;

const BLOCK = 4; // floats in a SIMD register

/**
 * matmul.js's fastest kernel, with Adam's step for arrays of its memory where it has one.
 * @returns {Promise<import("../matmul.js").Kernel & {descend?: typeof descendPlain}>}
 */
export async function trainingKernel() {
  const product = await kernel();
  if (!product.memory) return product;
  const bytes = Uint8Array.from(atob(KERNEL), (letter) => letter.charCodeAt(0));
  const imports = { live: { memory: product.memory } };
  const { instance } = await WebAssembly.instantiate(bytes, imports);
  return { ...product, descend: fastDescend(instance.exports.descend) };
}

function fastDescend(fast) {
  return (weights, gradients, first, second, size) => {
    const whole = weights.length - (weights.length % BLOCK);
    const arrays = [weights, gradients, first, second];
    if (whole > 0) fast(...arrays.map((array) => array.byteOffset), 4 * whole, size);
    descendPlain(...arrays.map((array) => array.subarray(whole)), size);
  };
}

export class Adam {
  /**
   * @param {Object<string, Float32Array>} weights changed in place by {@link Adam#update}
   * @param {number} learningRate
   * @param {Object} [kernel] of {@link trainingKernel}, the one that allocated the weights
   */
  constructor(weights, learningRate, kernel = plainKernel()) {
    if (!(learningRate > 0 && learningRate < Infinity)) {
      throw new RangeError(
        `learningRate must be a positive number, got ${learningRate}: 0.002 suits batches of 64.`,
      );
    }
    this.weights = weights;
    this.learningRate = learningRate;
    this.steps = 0;
    this.first = emptyLike(weights, kernel.alloc);
    this.second = emptyLike(weights, kernel.alloc);
    this.descend = kernel.descend ?? descendPlain;
  }

  /**
   * One step down the gradients, which have the names and lengths of the weights.
   * @param {Object<string, Float32Array>} gradients of the loss, by name
   * @param {function(string): boolean} [isLearned] which weights move
   */
  update(gradients, isLearned = () => true) {
    this.steps += 1;
    const corrected = Math.sqrt(1 - BETA_2 ** this.steps) / (1 - BETA_1 ** this.steps);
    const size = this.learningRate * corrected;
    for (const name of Object.keys(this.weights)) {
      if (!isLearned(name)) continue;
      const moments = [this.first[name], this.second[name]];
      this.descend(this.weights[name], gradients[name], ...moments, size);
    }
  }
}

function emptyLike(weights, alloc) {
  const entries = Object.entries(weights);
  return Object.fromEntries(entries.map(([name, values]) => [name, alloc(values.length)]));
}

function descendPlain(weights, gradients, first, second, size) {
  for (let i = 0; i < weights.length; i++) {
    const gradient = gradients[i];
    const mean = first[i] + (1 - BETA_1) * (gradient - first[i]);
    const square = second[i] + (1 - BETA_2) * (gradient * gradient - second[i]);
    first[i] = mean;
    second[i] = square;
    weights[i] -= (size * mean) / (Math.sqrt(square) + EPSILON);
  }
}
