/** The variance of a pixel: learned, or fixed by a logarithmic slider with two marks. */

import { button, checkbox, make, number, slider } from "../ui/dom.js";
import { THRESHOLDS } from "./thresholds.js";
import { variance as written } from "./words.js";

export const LOWEST = 0.005;
export const HIGHEST = 8;
const START = 1; // where the slider stands while the variance is learned
const STEPS = 640; // of the slider: each one per cent more
const TRY = [1, 3.4, 6]; // two latents, one, none
const [LOW, HIGH] = [Math.log10(LOWEST), Math.log10(HIGHEST)];

/** A variance of an address: null where it is learned, or says nothing that makes sense. */
export function readVariance(text) {
  const value = Number(text);
  return text !== "learned" && value >= LOWEST && value <= HIGHEST ? value : null;
}

/** Share of the slider's length below a variance. */
export function placeOf(value) {
  return (Math.log10(value) - LOW) / (HIGH - LOW);
}

export class VarianceControl {
  /**
   * @param {{value: ?number, change: (value: ?number) => void}} options null: learned
   */
  constructor({ value, change }) {
    this.learned = checkbox({
      label: "learn the variance",
      value: value === null,
      change: (on) => {
        this.set(on ? null : this.#read());
        change(on ? null : this.#read());
      },
    });
    this.bar = slider({
      label: "Variance of a pixel, if fixed",
      min: LOW,
      max: HIGH,
      step: (HIGH - LOW) / STEPS,
      value: Math.log10(value ?? START),
      show: (exponent) => (this.learned.input.checked ? "learned" : written(10 ** exponent)),
      change: () => {
        this.set(this.#read());
        change(this.#read());
      },
    });
    this.#addMarks();
    const tries = TRY.map((each) => {
      const press = () => {
        this.set(each);
        change(each);
      };
      return button(`fix it at ${each}`, press);
    });
    const line = make("div", { class: "vae-live-line" }, this.learned.element, ...tries);
    this.element = make("div", { class: "vae-live-variance" }, line, this.bar.element, note());
  }

  /** Show a setting; null: learned. */
  set(value) {
    this.learned.input.checked = value === null;
    this.bar.set(value === null ? this.bar.input.value : Math.log10(value));
  }

  /** Mark where a learned variance is now. */
  show(value) {
    this.now.hidden = !this.learned.input.checked;
    const place = Math.min(1, Math.max(0, placeOf(value)));
    this.now.style.setProperty("--place", place.toFixed(4));
  }

  /** Three digits: what is shown is what is used. */
  #read() {
    const value = Number((10 ** Number(this.bar.input.value)).toPrecision(3));
    return Math.min(HIGHEST, Math.max(LOWEST, value));
  }

  #addMarks() {
    const track = make("div", { class: "vae-live-marked" });
    this.bar.input.replaceWith(track);
    this.now = make("span", { class: "vae-live-mark vae-live-now", hidden: true });
    const marks = make("div", { class: "vae-live-marks", "aria-hidden": "true" });
    marks.append(...THRESHOLDS.map(mark), this.now);
    track.append(this.bar.input, marks);
  }
}

function mark(threshold, i) {
  const style = `--place: ${placeOf(threshold).toFixed(4)}`;
  return make("span", { class: i ? "vae-live-mark vae-live-pale" : "vae-live-mark", style });
}

function note() {
  const [first, second] = THRESHOLDS.map((threshold) => number(threshold, 2));
  const text =
    `Strong mark, ${first}: the largest eigenvalue of the covariance of the 4,000 training ` +
    `digits, above which no latent is predicted to live. Pale mark, ${second}: the second ` +
    "eigenvalue, where a linear decoder would let the second latent go. Dot: the learned " +
    "variance.";
  return make("p", { class: "vae-live-note", text });
}
