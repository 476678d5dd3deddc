// A published model: its two networks, and the variance of its Gaussian likelihood.
import { kernel } from "./matmul.js";
import { buildDecoder, buildEncoder } from "./network.js";
import { checkNumbers } from "./checks.js";

export const PIXELS = 784; // 28 x 28, row by row

export class Model {
  #encoder;
  #decoder;

  /**
   * Use {@link buildModel}.
   *
   * @param {object} facts
   * @param {string} facts.name such as "mlp_2"
   * @param {string} facts.network "mlp", "conv" or "conv_feature_map"
   * @param {number} facts.latentDim number of latent dimensions d
   * @param {number} facts.variance sigma^2 of every pixel
   * @param {{mean: Float32Array, logVar: Float32Array} | null} facts.testCodes codes of
   *   the sample's 500 test digits, (500, d) each, where the decoder's file has them
   * @param {import("./network.js").Network | null} encoder
   * @param {import("./network.js").Network} decoder
   */
  constructor({ name, network, latentDim, variance, testCodes }, encoder, decoder) {
    Object.assign(this, { name, network, latentDim, variance, testCodes });
    this.#encoder = encoder;
    this.#decoder = decoder;
  }

  /** Whether encode works: a model may come with its decoder alone. */
  get hasEncoder() {
    return this.#encoder !== null;
  }

  /**
   * Parameters of q(z | x).
   *
   * @param {Float32Array} images (n, 784), in [0, 1]
   * @param {number} [n]
   * @returns {{mean: Float32Array, logVar: Float32Array}} (n, d) each
   * @throws {RangeError} if the images have another length, or hold NaN or infinity
   */
  encode(images, n = images.length / PIXELS) {
    if (!this.hasEncoder) {
      throw new Error(`${this.name} was loaded without its encoder: use load(name).`);
    }
    checkNumbers("images", images, n, PIXELS);
    const d = this.latentDim;
    const heads = this.#encoder.forward(images, n);
    const mean = new Float32Array(n * d);
    const logVar = new Float32Array(n * d);
    for (let i = 0; i < n; i++) {
      mean.set(heads.subarray(2 * i * d, (2 * i + 1) * d), i * d);
      logVar.set(heads.subarray((2 * i + 1) * d, (2 * i + 2) * d), i * d);
    }
    return { mean, logVar };
  }

  /**
   * Mean images E[x | z].
   *
   * @param {Float32Array} z codes, (n, d)
   * @param {number} [n]
   * @returns {Float32Array} (n, 784), in [0, 1]
   * @throws {RangeError} if the codes have another length, or hold NaN or infinity
   */
  decode(z, n = z.length / this.latentDim) {
    checkNumbers("z", z, n, this.latentDim);
    return this.#decoder.forward(z, n);
  }

  /**
   * The mean image of one code.
   *
   * @param {ArrayLike<number>} z (d)
   * @returns {Float32Array} (784)
   */
  decodeOne(z) {
    return this.decode(Float32Array.from(z), 1);
  }
}

/**
 * A model from the arrays of its files.
 *
 * @param {object} facts what the files say besides the weights
 * @param {{encoder: import("./network.js").Weights | null,
 *   decoder: import("./network.js").Weights}} weights
 * @param {import("./matmul.js").Kernel} [product] by default the fastest there is
 * @returns {Promise<Model>}
 */
export async function buildModel(facts, { encoder, decoder }, product) {
  const own = product ?? (await kernel());
  const { network, latentDim: d } = facts;
  const codes = decoder.get("test/codes")?.array;
  const half = codes && codes.length / 2;
  const testCodes = codes
    ? { mean: codes.subarray(0, half), logVar: codes.subarray(half) }
    : null;
  const networks = [
    encoder && buildEncoder(network, encoder, own),
    buildDecoder(network, decoder, own),
  ];
  const sizes = [networks[0]?.outputs ?? 2 * d, networks[1].inputs, networks[1].outputs];
  if (String(sizes) !== String([2 * d, d, PIXELS])) {
    throw new Error(`The files of ${facts.model} do not belong together.`);
  }
  return new Model({ ...facts, name: facts.model, testCodes }, ...networks);
}
