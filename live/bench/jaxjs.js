/** jax-js: one compiled function a step, gradients by its valueAndGrad, Adam by hand. */

import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";

import { Batches, initialWeights, LEARNING_RATE, PIXELS, time } from "./shared.js";

export { digits, weights } from "./shared.js";

const tasks = new Map();

/** See ours.js. */
export async function prepare(backend, task, hidden) {
  const found = await init(backend);
  if (!found.includes(backend)) throw new Error(`there is no device ${backend}`);
  defaultDevice(backend);
  const batches = await Batches.load();
  const shapes = initialWeights(hidden);
  const arrays = (read) =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, { values, shape }]) => [
        name,
        np.array(read(values)).reshape(shape),
      ]),
    );
  const empty = (values) => new Float32Array(values.length);
  let [w, m, v] = [arrays((values) => values), arrays(empty), arrays(empty)];
  const compiled = jit(step);
  let t = 0;
  tasks.set(task + hidden, async () => {
    const { x, noise, n } = batches.next();
    t += 1;
    const size = (LEARNING_RATE * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t);
    const images = np.array(x).reshape([n, PIXELS]);
    const draws = np.array(noise).reshape([n, 2]);
    const inputs = [w, m, v, images, draws, np.array(new Float32Array([size]))];
    const result = compiled(...inputs);
    [w, m, v] = result.slice(1);
    const [value] = await result[0].data();
    return value;
  });
}

/** See ours.js. */
export function measure(task, hidden, steps) {
  return time(steps, tasks.get(task + hidden));
}

/** Every function of jax-js takes its arguments away; `.ref` keeps one for another use. */
function step(w, m, v, x, noise, size) {
  const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(w), x, noise);
  const [weights, first, second] = [{}, {}, {}];
  for (const name of Object.keys(w)) {
    const g = gradients[name];
    first[name] = m[name].mul(0.9).add(g.ref.mul(0.1));
    second[name] = v[name].mul(0.999).add(np.square(g).mul(0.001));
    const root = np.sqrt(second[name].ref).add(1e-7);
    weights[name] = w[name].sub(first[name].ref.mul(size.ref).div(root));
  }
  size.dispose();
  return [loss, weights, first, second];
}

function lossOf(w, x, noise) {
  const n = x.shape[0];
  const h = nn.relu(np.matmul(x.ref, w.encoderKernel).add(w.encoderBias));
  const mean = np.matmul(h.ref, w.meanKernel).add(w.meanBias);
  const logVar = np.matmul(h, w.logVarKernel).add(w.logVarBias);
  const z = mean.ref.add(np.exp(logVar.ref.mul(0.5)).mul(noise));
  const g = nn.relu(np.matmul(z, w.decoderKernel).add(w.decoderBias));
  const y = nn.sigmoid(np.matmul(g, w.pixelsKernel).add(w.pixelsBias));
  const error = np.square(y.sub(x)).sum();
  const terms = np.square(mean).add(np.exp(logVar.ref)).sub(logVar).sub(1);
  const rate = terms.sum().mul(0.5 / n);
  const fit = error.mul(np.exp(w.logVariance.ref.mul(-1)).sum()).mul(0.5 / n);
  const constant = w.logVariance
    .add(Math.log(2 * Math.PI))
    .mul(0.5 * PIXELS)
    .sum();
  return rate.add(fit).add(constant);
}
