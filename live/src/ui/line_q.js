/** A Gaussian q on a line, moved by hand: two numbers in the address, two sliders. */

import { make, number, slider } from "./dom.js";

const within = (value, [low, high]) => Math.min(high, Math.max(low, value));

export class LineQ {
  /**
   * @param {{state: State, means: [number, number], deviations: [number, number],
   *   change: () => void}} options state has "q": mean and deviation; change is called
   *   after each move
   */
  constructor({ state, means, deviations, change }) {
    Object.assign(this, { state, means, deviations, change });
    this.mean = slider({
      label: "Mean of q",
      min: means[0],
      max: means[1],
      step: 0.01,
      value: this.value.mean,
      change: (mean) => this.set({ ...this.value, mean }),
    });
    // The slider holds the common logarithm, so that each halving is as far.
    this.deviation = slider({
      label: "Deviation of q",
      min: Math.log10(deviations[0]),
      max: Math.log10(deviations[1]),
      step: 0.001,
      value: Math.log10(this.value.deviation),
      show: (value) => number(10 ** value),
      change: (log) => this.set({ ...this.value, deviation: 10 ** log }),
    });
    const both = [this.mean.element, this.deviation.element];
    this.element = make("div", { class: "vae-live-sliders" }, ...both);
    state.follow(() => this.update());
  }

  /** @returns {{mean: number, deviation: number}} within the limits, whatever is written */
  get value() {
    const [mean, deviation] = this.state.numbers("q");
    return {
      mean: within(mean, this.means),
      deviation: within(deviation, this.deviations),
    };
  }

  set({ mean, deviation }) {
    const m = within(mean, this.means).toFixed(3);
    this.state.set("q", `${m},${within(deviation, this.deviations).toPrecision(4)}`);
    this.update();
  }

  /** Move the mean by some units, and the deviation by some e-folds. */
  nudge(step, fold) {
    const { mean, deviation } = this.value;
    this.set({ mean: mean + step, deviation: deviation * Math.exp(fold) });
  }

  update() {
    const { mean, deviation } = this.value;
    this.mean.set(mean);
    this.deviation.set(Math.log10(deviation));
    this.change();
  }
}
