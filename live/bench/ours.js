/** The pages' own engine, as the benchmark runs it. */

import { plainKernel } from "../src/matmul.js";
import { exactPosterior } from "../src/posterior.js";
import { trainingKernel } from "../src/trainer/adam.js";
import { manifoldCodes } from "../src/trainer/manifold.js";
import { Trainer } from "../src/trainer/trainer.js";
import { load, loadDecoder, loadDigits } from "../src/weights.js";
import { initialWeights, LEARNING_RATE, PIXELS, time } from "./shared.js";

export { digits, weights } from "./shared.js";

const tasks = new Map();

/**
 * Make what a task needs.
 * @param {"wasm"|"js"} backend
 * @param {"train"|"decode"|"decodeOne"|"posterior"} task
 * @param {number|string} size hidden units, or the name of a model
 */
export async function prepare(backend, task, size) {
  const makers = {
    train: prepareTraining,
    decode: prepareGrid,
    decodeOne: prepareOne,
    posterior: preparePosterior,
  };
  tasks.set(task + size, await makers[task](size, backend));
}

/** Run a task some times; see shared.js's time. */
export function measure(task, size, steps) {
  return time(steps, tasks.get(task + size));
}

async function prepareTraining(hidden, backend) {
  const { images, count } = await loadDigits("train");
  const product = backend === "js" ? plainKernel() : await trainingKernel();
  const trainer = new Trainer({ hidden, kernel: product, learningRate: LEARNING_RATE });
  trainer.setWeights(joined(initialWeights(hidden)));
  trainer.setData(images, count);
  return () => -trainer.step().elbo;
}

/** The 20 x 20 picture. */
async function prepareGrid(name) {
  const model = await loadDecoder(name);
  const codes = manifoldCodes();
  return () => model.decode(codes)[0];
}

async function prepareOne(name) {
  const model = await load(name);
  return () => model.decodeOne([0.3, -0.6])[0];
}

/** log p(x) and the posterior of one test digit after another, as "draw" has them. */
async function preparePosterior(name) {
  const model = await load(name);
  const { images, count } = await loadDigits("test");
  let next = 0;
  return () => {
    const first = (next++ % count) * PIXELS;
    return exactPosterior(model, images.subarray(first, first + PIXELS)).logPx;
  };
}

/** The start of the peers in the trainer's layout, which has both heads in one matrix. */
function joined(start) {
  const values = Object.fromEntries(
    Object.entries(start).map(([n, { values }]) => [n, values]),
  );
  const { meanKernel, logVarKernel, meanBias, logVarBias, ...others } = values;
  return {
    ...others,
    headsKernel: sideBySide(meanKernel, logVarKernel),
    headsBias: sideBySide(meanBias, logVarBias),
  };
}

function sideBySide(left, right) {
  return Float32Array.from({ length: 2 * left.length }, (_, i) => {
    const [row, column] = [Math.floor(i / 4), i % 4];
    return column < 2 ? left[2 * row + column] : right[2 * row + column - 2];
  });
}
