/**
 * The weights of the VAE 784-h-d: their shapes, their start and their order.
 *
 * The two heads of the encoder lie in one matrix, means first: one product makes both,
 * and its width is a multiple of four, as the SIMD product likes it.
 */

export const PIXELS = 784;

/** Where a learned variance starts; vae_lib's Gaussian has the same number. */
export const INITIAL_VARIANCE = 0.05;

/**
 * Rows and columns of each array of weights.
 * @param {number} hidden width h of both hidden layers
 * @param {number} latentDim number d of latent dimensions
 * @returns {Object<string, [number, number]>}
 */
export function shapes(hidden, latentDim) {
  return {
    encoderKernel: [PIXELS, hidden],
    encoderBias: [1, hidden],
    headsKernel: [hidden, 2 * latentDim],
    headsBias: [1, 2 * latentDim],
    decoderKernel: [latentDim, hidden],
    decoderBias: [1, hidden],
    pixelsKernel: [hidden, PIXELS],
    pixelsBias: [1, PIXELS],
    logVariance: [1, 1],
  };
}

/**
 * Zeros in these shapes, in memory that the product can reach without a copy.
 * @param {Object<string, [number, number]>} layout of {@link shapes}
 * @param {function(number): Float32Array} allocate
 * @returns {Object<string, Float32Array>}
 */
export function zeros(layout, allocate) {
  const entries = Object.entries(layout);
  return Object.fromEntries(
    entries.map(([name, [rows, columns]]) => [name, allocate(rows * columns)]),
  );
}

/**
 * Glorot and Bengio's uniform start, as Keras's Dense has it, drawn head by head.
 *
 * Each weight is uniform within sqrt(6 / (inputs + outputs)) of zero; biases are zero.
 * @param {Object<string, Float32Array>} weights written in place
 * @param {number} hidden
 * @param {number} latentDim
 * @param {{uniform: function(): number}} random
 */
export function initialise(weights, hidden, latentDim, random) {
  for (const values of Object.values(weights)) values.fill(0);
  glorot(weights.encoderKernel, PIXELS, hidden, random);
  for (const first of [0, latentDim]) {
    const limit = Math.sqrt(6 / (hidden + latentDim));
    for (let row = 0; row < hidden; row++) {
      for (let j = 0; j < latentDim; j++) {
        weights.headsKernel[row * 2 * latentDim + first + j] =
          limit * (2 * random.uniform() - 1);
      }
    }
  }
  glorot(weights.decoderKernel, latentDim, hidden, random);
  glorot(weights.pixelsKernel, hidden, PIXELS, random);
  weights.logVariance[0] = Math.log(INITIAL_VARIANCE);
}

function glorot(values, inputs, outputs, random) {
  const limit = Math.sqrt(6 / (inputs + outputs));
  for (let i = 0; i < values.length; i++) values[i] = limit * (2 * random.uniform() - 1);
}
