// The exact posterior of an image for two latent dimensions, by adding up cells.
//
//   log p(x) = log of the integral of p(x | z) p(z) dz, about log sum h^2 p(x | z_g) p(z_g)
//
// The posterior of a digit is some 0.014 wide, so a grid that covers the prior misses it,
// or hits it and takes the hit for a whole cell. Here, as in vae_lib's quadrature, a grid
// over the prior finds where there may be mass at all; cells there, and their neighbours,
// are cut in four until halving the side changes nothing.
import { overDisc } from "./atlas.js";
import { cellOf, centres, components, halve, key, ring } from "./cells.js";
import { checkNumbers } from "./checks.js";
import { logLikelihoods } from "./elbo.js";

const SIDE = 0.1; // of the first cells
const RADIUS = 5; // of the first grid: the prior has 4e-6 of its mass outside
const MAX_RADIUS = 25; // the prior's density there is e^-312 of that at 0
const TOLERANCE = 0.01; // nats
const MAX_HALVINGS = 8;
const MOST_CELLS = 100_000; // of one size, three seconds; digits need up to 6,000
const NEGLIGIBLE = 20; // a cell with less than e^-20 of the whole is not cut
// The first centres may be 5 deviations beside a mode, and show e^-13 of it.
const NEGLIGIBLE_AT_FIRST = 35;
const AT_ONCE = 256; // codes decoded between two pauses, some 8 ms
const SHARES = [0.5, 0.9, 0.99];
const LOG_2PI = Math.log(2 * Math.PI);

/**
 * @typedef {object} Posterior
 * @property {number} logPx log p(x), nats
 * @property {number} error |change| when the side was last halved, nats; below 0.01 unless
 *   the posterior is too wide and too narrow at once, and then as exact as it says
 * @property {number} side of the smallest cells, those in `cells`
 * @property {number} decoded how many codes were decoded after the first grid
 * @property {number} mass share of the posterior's mass in `cells`; the rest lies in larger
 *   cells, which held too little to be cut
 * @property {{z: Float32Array, logDensity: Float64Array}} cells centres (n, 2), and
 *   log p(z | x) there, nats
 * @property {Float64Array} mean of the posterior, (2)
 * @property {Float64Array} covariance (2, 2)
 * @property {{share: number, logDensity: number}[]} levels the region where log p(z | x) is
 *   at least `logDensity` holds this share of the mass
 * @property {{z: [number, number], mass: number}[]} modes separate islands of mass, the
 *   heaviest first: the densest centre of each, and its share
 */

/**
 * The exact posterior, without a pause. For an mlp a digit takes some 50 ms, and the first
 * one 200 ms more; a decoder of convolutions is slower, by a hundred times.
 *
 * @param {import("./model.js").Model} model with latentDim 2
 * @param {Float32Array} x (784), in [0, 1]
 * @param {{q?: {mean: ArrayLike<number>, logVar: ArrayLike<number>} | null}} [options] q:
 *   where mass is looked for besides, and how fine at least; by default what the encoder
 *   says, if it is loaded
 * @returns {Posterior}
 * @throws {RangeError} if the model has another latentDim, or x is no image
 */
export function exactPosterior(model, x, options) {
  const steps = posteriorSteps(model, x, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * The same with pauses, so that the page stays alive.
 *
 * @param {import("./model.js").Model} model
 * @param {Float32Array} x
 * @param {{q?: object | null, signal?: AbortSignal}} [options] signal: gives up, and the
 *   promise is rejected with its reason
 * @returns {Promise<Posterior>}
 */
export async function exactPosteriorAsync(model, x, { signal, ...options } = {}) {
  const steps = posteriorSteps(model, x, options);
  for (;;) {
    signal?.throwIfAborted();
    const { done, value } = steps.next();
    if (done) return value;
    await pause();
  }
}

/** One turn of the event loop; timers would be held back to 4 ms each. */
function pause() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** A generator: yields when it is a good time for a pause, returns a Posterior. */
export function* posteriorSteps(model, x, { q } = {}) {
  if (model.latentDim !== 2) {
    throw new RangeError(
      `The exact posterior needs 2 latent dimensions, ${model.name} has ` +
        `${model.latentDim}: a grid grows too fast with the dimension.`,
    );
  }
  checkNumbers("x", x, 1, 784);
  q ??= model.hasEncoder ? model.encode(x, 1) : null;
  const narrowest = q ? Math.exp(0.5 * Math.min(...q.logVar)) : Infinity;
  let table = yield* firstPass(model, x, q);
  let [decoded, leftOut, error] = [0, [], Infinity];
  for (let i = 0; i < MAX_HALVINGS; i++) {
    const limit = table.logSum - (i ? NEGLIGIBLE : NEGLIGIBLE_AT_FIRST);
    const held = table.keys.filter((_, g) => table.logMass[g] > limit);
    leftOut = leftOut.concat([...table.logMass].filter((mass) => mass <= limit));
    // Cells at the encoder's mean, whatever the coarse grid saw there.
    if (q) held.push(key(...Array.from(q.mean, (m) => Math.floor(m / table.h))));
    const children = halve(held);
    if (children.length > MOST_CELLS) break; // far broader than q: `error` says how exact
    const finer = yield* integrate(model, x, children, table.h / 2);
    decoded += finer.keys.length;
    error = Math.abs(finer.logSum - table.logSum);
    table = finer;
    if (error < TOLERANCE && table.h <= narrowest) break;
  }
  return { error, decoded, ...describe(table, leftOut) };
}

/** A disc around 0, so wide that there is no mass at its edge. */
function* firstPass(model, x, q) {
  const { keys, logs } = yield* overDisc(model, x, { radius: RADIUS, h: SIDE });
  let table = tableOf(keys, logs, SIDE);
  let outer = RADIUS;
  const beyondMean = q ? Math.hypot(...q.mean) + 1 : 0;
  while (outer < beyondMean || hasMassBeyond(table, outer - 2 * SIDE)) {
    if (outer > MAX_RADIUS) {
      throw new RangeError(`The posterior lies beyond |z| = ${MAX_RADIUS}: no such image.`);
    }
    const wider = Math.max(1.25 * outer, Math.min(beyondMean, MAX_RADIUS));
    table = merge(table, yield* integrate(model, x, ring(outer, wider, SIDE), SIDE));
    outer = wider;
  }
  return table;
}

function hasMassBeyond({ keys, logMass, logSum, h }, radius) {
  return keys.some((k, g) => {
    const [i, j] = cellOf(k);
    const far = Math.hypot(i + 0.5, j + 0.5) * h > radius;
    return far && logMass[g] > logSum - NEGLIGIBLE_AT_FIRST;
  });
}

function merge(a, b) {
  const logMass = new Float64Array(a.logMass.length + b.logMass.length);
  logMass.set(a.logMass);
  logMass.set(b.logMass, a.logMass.length);
  return {
    keys: a.keys.concat(b.keys),
    logMass,
    logSum: logSumExp([a.logSum, b.logSum]),
    h: a.h,
  };
}

/** log of h^2 p(x, z) at the centre of each cell, and of their sum. */
function* integrate(model, x, keys, h) {
  const z = centres(keys, h);
  const logs = new Float64Array(keys.length);
  for (let start = 0; start < keys.length; start += AT_ONCE) {
    const part = z.subarray(2 * start, 2 * (start + AT_ONCE));
    logs.set(logLikelihoods(model, x, part), start);
    yield;
  }
  return tableOf(keys, logs, h);
}

/** From log p(x | z) at the centres of cells. */
function tableOf(keys, logs, h) {
  const z = centres(keys, h);
  const logMass = logs.map((log, g) => log + logPrior(z, g) + 2 * Math.log(h));
  return { keys, logMass, logSum: logSumExp(logMass), h };
}

function logPrior(z, g) {
  return -0.5 * (z[2 * g] ** 2 + z[2 * g + 1] ** 2) - LOG_2PI;
}

function logSumExp(values) {
  const top = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (top === -Infinity) return top;
  return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
}

/** What the smallest cells say, most of a Posterior. */
function describe({ keys, logMass, logSum, h }, leftOut) {
  const z = centres(keys, h);
  const shares = logMass.map((value) => Math.exp(value - logSum));
  const logDensity = logMass.map((value) => value - logSum - 2 * Math.log(h));
  const order = [...keys.keys()].sort((a, b) => logMass[b] - logMass[a]);
  return {
    logPx: logSum,
    side: h,
    mass: 1 / (1 + Math.exp(logSumExp(leftOut) - logSum)),
    cells: { z, logDensity },
    ...moments(z, shares),
    levels: levels(order, shares, logDensity),
    modes: modes(keys, order, shares, z),
  };
}

function moments(z, shares) {
  const mean = new Float64Array(2);
  shares.forEach((share, g) => {
    mean[0] += share * z[2 * g];
    mean[1] += share * z[2 * g + 1];
  });
  const covariance = new Float64Array(4);
  shares.forEach((share, g) => {
    const [a, b] = [z[2 * g] - mean[0], z[2 * g + 1] - mean[1]];
    [a * a, a * b, b * a, b * b].forEach((product, i) => (covariance[i] += share * product));
  });
  return { mean, covariance };
}

/** Regions of highest density, from the densest cell on. */
function levels(order, shares, logDensity) {
  const found = [];
  let sum = 0;
  for (const g of order) {
    sum += shares[g];
    while (found.length < SHARES.length && sum >= SHARES[found.length]) {
      found.push({ share: SHARES[found.length], logDensity: logDensity[g] });
    }
  }
  return found;
}

/** Islands of the cells that matter: all but the thinnest thousandth of the mass. */
function modes(keys, order, shares, z) {
  let sum = 0;
  const place = new Map();
  for (const g of order) {
    if (sum > 0.999) break;
    sum += shares[g];
    place.set(keys[g], g); // in the order of density, which the parts keep at their head
  }
  const islands = components([...place.keys()]).map((part) => {
    const densest = place.get(part[0]);
    const mass = part.reduce((total, k) => total + shares[place.get(k)], 0);
    return { z: [z[2 * densest], z[2 * densest + 1]], mass };
  });
  return islands.sort((a, b) => b.mass - a.mass);
}

/**
 * The posterior density on a square grid, to draw its contours from.
 *
 * @param {import("./model.js").Model} model with latentDim 2
 * @param {Float32Array} x (784)
 * @param {number} logPx of {@link exactPosterior}
 * @param {{centre: ArrayLike<number>, half: number, size?: number}} square its centre, half
 *   its side, and points a side
 * @returns {Float64Array} log p(z | x), nats, (size, size): row r has z_2 =
 *   centre[1] + half (1 - 2 r / (size - 1)), so the first row is the upper edge; z_1 grows
 *   along a row
 */
export function densityGrid(model, x, logPx, { centre, half, size = 48 }) {
  const z = new Float32Array(2 * size * size);
  for (let g = 0; g < size * size; g++) {
    const [row, column] = [Math.floor(g / size), g % size];
    z[2 * g] = centre[0] + half * ((2 * column) / (size - 1) - 1);
    z[2 * g + 1] = centre[1] + half * (1 - (2 * row) / (size - 1));
  }
  const logs = logLikelihoods(model, x, z);
  return logs.map((log, g) => log + logPrior(z, g) - logPx);
}
