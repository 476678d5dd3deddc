// Weights and digits, each a script that is added to the page when it is first asked for.
import { unpack } from "./format.js";
import { buildModel } from "./model.js";

const DIMENSIONS = [2, 10, 20];
/** The published models. */
export const NAMES = ["mlp", "conv", "conv_feature_map"].flatMap((network) =>
  DIMENSIONS.map((d) => `${network}_${d}`),
);
const DIGITS = { test: "digits.js", train: "digits_train.js" };

// Known only while the script itself runs; weights lie beside it. Not in a worker.
const HERE = globalThis.document?.currentScript?.src;

/** What scripts have handed over, by file. */
const payloads = new Map();
/** Promises of what has been asked for, so that nothing is loaded or built twice. */
const pending = new Map();

/**
 * What a file of weights/ calls: `vaeLive.weights("mlp_2.decoder", {...})`.
 *
 * @param {string} name model and half
 * @param {object} payload see tools/export_live.py
 */
export function register(name, payload) {
  payloads.set(`weights/${name}.js`, payload);
}

/**
 * What a file of digits calls: `vaeLive.digits("test", {...})`.
 *
 * @param {"test" | "train"} split
 * @param {object} payload
 */
export function registerDigits(split, payload) {
  payloads.set(DIGITS[split], payload);
}

/**
 * A published model, loaded on first use.
 *
 * @param {string} name such as "mlp_2"; see NAMES
 * @returns {Promise<import("./model.js").Model>}
 * @throws {RangeError} if there is no such model
 * @throws {Error} with a sentence for the reader, if its files cannot be had; asking
 *   again tries again
 */
export function load(name) {
  return once(`model ${name}`, () => build(name, ["encoder", "decoder"]));
}

/**
 * A published model without its encoder, which is half of the bytes or more.
 *
 * @param {string} name such as "mlp_2"
 * @returns {Promise<import("./model.js").Model>}
 */
export function loadDecoder(name) {
  return once(`decoder ${name}`, () => build(name, ["decoder"]));
}

/**
 * Digits of the sample, which no published model was trained on or chosen by.
 *
 * @param {"test" | "train"} split 500 or 4,000 digits
 * @returns {Promise<{images: Float32Array, labels: Uint8Array, count: number}>} images
 *   (count, 784) in [0, 1]
 */
export function loadDigits(split) {
  if (!(split in DIGITS)) {
    throw new RangeError(`There is no split "${split}": choose "test" or "train".`);
  }
  return once(`digits ${split}`, async () => {
    const payload = await fetchPayload(DIGITS[split]);
    const arrays = await unpack(payload);
    const pixels = arrays.get("images").array;
    const images = new Float32Array(pixels.length);
    for (let i = 0; i < pixels.length; i++) images[i] = pixels[i] / 255;
    return { images, labels: arrays.get("labels").array, count: payload.count };
  });
}

async function build(name, halves) {
  if (!NAMES.includes(name)) {
    throw new RangeError(`There is no model "${name}": choose one of ${NAMES.join(", ")}.`);
  }
  const files = await Promise.all(
    halves.map((half) => fetchPayload(`weights/${name}.${half}.js`)),
  );
  const arrays = await Promise.all(files.map(unpack));
  const weights = { encoder: null, decoder: null };
  halves.forEach((half, i) => (weights[half] = arrays[i]));
  if (new Set(files.map((file) => file.sha256)).size > 1) {
    throw new Error(`The files of ${name} are of two versions: load the page again.`);
  }
  const { arrays: _, data, ...facts } = files[0];
  return buildModel(facts, weights);
}

/** The promise of a key, made by `make` unless there is one; failures are forgotten. */
function once(key, make) {
  if (!pending.has(key)) {
    const promise = make();
    promise.catch(() => pending.delete(key));
    pending.set(key, promise);
  }
  return pending.get(key);
}

async function fetchPayload(file) {
  if (!payloads.has(file)) await once(file, () => addScript(file));
  if (!payloads.has(file)) throw missing(file);
  return payloads.get(file);
}

function addScript(file) {
  if (!HERE) return Promise.reject(missing(file));
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(file, HERE).href;
    script.onload = resolve;
    script.onerror = () => {
      script.remove();
      reject(missing(file));
    };
    document.head.append(script);
  });
}

function missing(file) {
  return new Error(
    `The file ${file} of this page could not be loaded. If you read the book from a ` +
      "copy, copy its whole folder; else check the connection and try again.",
  );
}
