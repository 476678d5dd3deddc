/**
 * Adam as Keras computes it: the correction of both moments goes into the step size, and
 * epsilon is added outside the root (Kingma and Ba, 2015, the remark before section 2.1).
 */

export const BETA_1 = 0.9;
export const BETA_2 = 0.999;
export const EPSILON = 1e-7;

export class Adam {
  /**
   * @param {Object<string, Float32Array>} weights changed in place by {@link Adam#update}
   * @param {number} learningRate
   */
  constructor(weights, learningRate) {
    if (!(learningRate > 0 && learningRate < Infinity)) {
      throw new RangeError(
        `learningRate must be a positive number, got ${learningRate}: 0.002 suits batches of 64.`,
      );
    }
    this.weights = weights;
    this.learningRate = learningRate;
    this.steps = 0;
    this.first = emptyLike(weights);
    this.second = emptyLike(weights);
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
      descend(this.weights[name], gradients[name], this.first[name], this.second[name], size);
    }
  }
}

function emptyLike(weights) {
  const names = Object.keys(weights);
  return Object.fromEntries(
    names.map((name) => [name, new Float32Array(weights[name].length)]),
  );
}

/** In float32 throughout: its roots and quotients take half the time of float64's. */
function descend(weights, gradients, first, second, size) {
  const [round, rate] = [Math.fround, Math.fround(size)];
  const [fresh1, fresh2] = [round(1 - BETA_1), round(1 - BETA_2)];
  const epsilon = round(EPSILON);
  for (let i = 0; i < weights.length; i++) {
    const g = gradients[i];
    const mean = round(first[i] + round(fresh1 * round(g - first[i])));
    const square = round(second[i] + round(fresh2 * round(round(g * g) - second[i])));
    first[i] = mean;
    second[i] = square;
    const root = round(round(Math.sqrt(square)) + epsilon);
    weights[i] = round(weights[i] - round(round(rate * mean) / root));
  }
}
