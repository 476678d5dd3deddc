/** The sentences of the widget "train". */

import { number } from "../ui/dom.js";

export const signed = (value, decimals = 1) => (value > 0 ? "+" : "") + number(value, decimals);

/** A variance with three digits that count. */
export const variance = (value) => String(Number(value.toPrecision(3)));

/**
 * What a frame says, every number with its unit and its split.
 * @param {Object} frame of protocol.js
 * @param {{name: string, learned: boolean, bug: (string|undefined)}} network
 *   with a bug, the numbers are those that the broken program prints
 * @returns {string}
 */
export function describe(frame, { name, learned, bug }) {
  const { heldOut, train, epochs, seconds } = frame;
  const when = `${name}, epoch ${number(epochs, 1)}, ${number(seconds, 1)} s of training.`;
  const how = learned ? "learned" : "fixed";
  const spread = `Variance of a pixel ${variance(frame.variance)}, ${how}.`;
  const broken = bug && `Broken: ${bug}.`;
  return [when, broken, scores(heldOut), training(train), spread].filter(Boolean).join(" ");
}

/** What the published network says. */
export function describeRest({ heldOut, variance: value }) {
  return (
    "At rest: the report\u2019s 784-512-2 as the library has trained it on 50,000 digits. " +
    `${scores(heldOut)} Variance of a pixel ${variance(value)}, learned.`
  );
}

function scores({ elbo, distortion, rates, n }) {
  const where = `${n} held-out test digits`;
  if (elbo === null) {
    return (
      `Distortion of ${where}: ${number(distortion, 1)} nats a digit. ` +
      "No bound: a code without noise has no finite rate."
    );
  }
  const each = rates.map((rate) => number(rate, rate < 0.1 ? 3 : 2)).join(" and ");
  return (
    `ELBO of ${where}: ${signed(elbo)} nats a digit, from a distortion of ` +
    `${number(distortion, 1)} and rates of ${each} nats.`
  );
}

function training(train) {
  if (!train) return "";
  const { elbo, distortion, n } = train;
  if (elbo === null) return `Distortion of training: ${number(distortion, 1)} nats.`;
  const where = `ELBO of training, mean of the last ${n.toLocaleString("en")} digits`;
  return `${where}: ${signed(elbo)} nats.`;
}
