/** The variance of a pixel: learned, or fixed by a logarithmic slider with two marks. */

import { checkbox, make, number, slider } from "../ui/dom.js";
import { THRESHOLDS } from "./thresholds.js";
import { variance as written } from "./words.js";

export const LOWEST = 0.005;
export const HIGHEST = 8;
const START = 1; // where the slider stands while the variance is learned

/** A variance of an address: null where it is learned, or says nothing that makes sense. */
export function readVariance(text) {
  const value = Number(text);
  return text !== "learned" && value >= LOWEST && value <= HIGHEST ? value : null;
}

/** Share of the slider's length below a variance. */
export function placeOf(value) {
  return Math.log(value / LOWEST) / Math.log(HIGHEST / LOWEST);
}

/**
 * @param {{value: ?number, change: (value: ?number) => void}} options null: learned
 * @returns {{element: HTMLElement, set: (value: ?number) => void,
 *   show: (variance: number) => void}}
 */
export function varianceControl({ value, change }) {
  const learned = checkbox({
    label: "learn the variance",
    value: value === null,
    change: (on) => change(on ? null : current()),
  });
  const bar = slider({
    label: "Variance of a pixel, if fixed",
    min: Math.log10(LOWEST),
    max: Math.log10(HIGHEST),
    step: "any",
    value: Math.log10(value ?? START),
    show: (exponent) => written(10 ** exponent),
    change: () => {
      learned.input.checked = false;
      change(current());
    },
  });
  bar.input.step = 0.005;
  const current = () =>
    Math.min(HIGHEST, Number((10 ** Number(bar.input.value)).toPrecision(3)));
  const now = make("span", { class: "vae-live-mark vae-live-now", hidden: true });
  const marks = make(
    "div",
    { class: "vae-live-marks", "aria-hidden": "true" },
    ...THRESHOLDS.map(mark),
    now,
  );
  const [first, second] = THRESHOLDS.map((threshold) => number(threshold, 2));
  const words = make("p", {
    class: "vae-live-note",
    text:
      `Strong mark, ${first}: the largest eigenvalue of the covariance of the 4,000 training digits, ` +
      `above which no latent is predicted to live. Pale mark, ${second}: the second eigenvalue, ` +
      "where a linear decoder would let the second latent go. Coloured mark: the learned variance.",
  });
  const track = make("div", { class: "vae-live-marked" });
  bar.input.replaceWith(track);
  track.append(bar.input, marks);
  const element = make(
    "div",
    { class: "vae-live-variance" },
    learned.element,
    bar.element,
    words,
  );
  const set = (next) => {
    learned.input.checked = next === null;
    if (next !== null) bar.set(Math.log10(next));
  };
  /** Mark where a learned variance is now. */
  const show = (value) => {
    now.hidden = !learned.input.checked;
    now.style.setProperty("--place", Math.min(1, Math.max(0, placeOf(value))).toFixed(4));
  };
  return { element, set, show };
}

function mark(threshold, i) {
  const style = `--place: ${placeOf(threshold).toFixed(4)}`;
  return make("span", { class: i ? "vae-live-mark vae-live-pale" : "vae-live-mark", style });
}
