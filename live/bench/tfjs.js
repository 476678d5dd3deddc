/** TensorFlow.js: its own matrix products, gradients and Adam. */

import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

import { Batches, initialWeights, LEARNING_RATE, PIXELS, time } from "./shared.js";

export { digits, weights } from "./shared.js";

const tasks = new Map();

/** See ours.js. */
export async function prepare(backend, task, hidden) {
  setWasmPaths("./");
  tf.enableProdMode();
  await tf.setBackend(backend);
  await tf.ready();
  if (tf.getBackend() !== backend) throw new Error(`there is no backend ${backend}`);
  const batches = await Batches.load();
  const entries = Object.entries(initialWeights(hidden));
  const made = entries.map(([name, { values, shape }]) => [
    name,
    tf.variable(tf.tensor(values, shape)),
  ]);
  const weights = Object.fromEntries(made);
  const optimizer = tf.train.adam(LEARNING_RATE, 0.9, 0.999, 1e-7);
  tasks.set(task + hidden, async () => {
    const { x, noise, n } = batches.next();
    const loss = tf.tidy(() => {
      const images = tf.tensor(x, [n, PIXELS]);
      const draws = tf.tensor(noise, [n, 2]);
      return optimizer.minimize(() => lossOf(weights, images, draws, n), true);
    });
    const [value] = await loss.data();
    loss.dispose();
    return value;
  });
}

/** See ours.js. */
export function measure(task, hidden, steps) {
  return time(steps, tasks.get(task + hidden));
}

function lossOf(w, x, noise, n) {
  const h = tf.relu(tf.add(tf.matMul(x, w.encoderKernel), w.encoderBias));
  const mean = tf.add(tf.matMul(h, w.meanKernel), w.meanBias);
  const logVar = tf.add(tf.matMul(h, w.logVarKernel), w.logVarBias);
  const z = tf.add(mean, tf.mul(tf.exp(tf.mul(logVar, 0.5)), noise));
  const g = tf.relu(tf.add(tf.matMul(z, w.decoderKernel), w.decoderBias));
  const y = tf.sigmoid(tf.add(tf.matMul(g, w.pixelsKernel), w.pixelsBias));
  const error = tf.sum(tf.square(tf.sub(y, x)));
  const terms = tf.sub(tf.add(tf.square(mean), tf.exp(logVar)), tf.add(logVar, 1));
  const rate = tf.mul(tf.sum(terms), 0.5 / n);
  const fit = tf.mul(tf.mul(error, tf.exp(tf.neg(w.logVariance))), 0.5 / n);
  const constant = tf.mul(tf.add(w.logVariance, Math.log(2 * Math.PI)), 0.5 * PIXELS);
  return tf.sum(tf.add(tf.add(rate, fit), constant));
}
