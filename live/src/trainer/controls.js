/** What the reader can set and press in the widget "train". */

import { button, make, menu, radios } from "../ui/dom.js";
import { BUGS } from "./bugs.js";
import { readVariance, VarianceControl } from "./variance_control.js";

const NETWORKS = [
  ["64", "784-64-2, the quick one"],
  ["512", "784-512-2, the report\u2019s own"],
];
const OBJECTIVES = [
  ["on", "ELBO: noise and KL"],
  ["off", "no KL and no noise: an autoencoder"],
];
const SPEEDS = [
  ["full", "as fast as it can"],
  ["medium", "four batches a picture"],
  ["slow", "batch by batch"],
];
const BREAK = [
  ["none", "nothing: the right code"],
  ...Object.entries(BUGS).map(([key, { name }]) => [key, name]),
];
const GUESSES = [
  ["both", "both latents keep some rate at every variance, less and less"],
  ["together", "both fall silent at one variance, together"],
  ["one", "one falls silent first, then the other"],
];

/** Settings of the address, and what they are where it says nothing. */
export const DEFAULTS = {
  net: "64",
  s2: "learned", // or a number
  kl: "on",
  speed: "full",
  seed: "1",
  epochs: "60", // of one press of Start
  guess: "",
  bug: "none", // of bugs.js
};

/**
 * @typedef {Object} Actions what the widget does when the reader acts
 * @property {() => void} reset with the settings of now
 * @property {() => void} toggle start or pause
 * @property {() => void} step one batch
 * @property {(variance: ?number) => void} variance from now on; null: learned
 * @property {(pace: string) => void} pace
 */

export class Controls {
  /**
   * @param {State} state @param {Actions} actions
   * @param {string} [form] small: about the bugs only, and no prediction of the variance
   */
  constructor(state, actions, form = "full") {
    Object.assign(this, { state, actions, running: false, small: form === "small" });
    this.guess = this.#choice("guess", GUESSES, {
      label: "First predict: the variance goes up from 0.005 to 8. What do the two latents do?",
      then: () => this.#enable(),
    });
    this.net = this.#choice("net", NETWORKS, { label: "Network", then: actions.reset });
    this.kl = this.#choice("kl", OBJECTIVES, { label: "Objective", then: actions.reset });
    this.variance = new VarianceControl({
      value: readVariance(state.get("s2")),
      change: (value) => {
        state.set("s2", value ?? "learned");
        actions.variance(value);
      },
    });
    this.verdict = make("p", { class: "vae-live-note" });
    const choices = make("div", { class: "vae-live-choices" });
    choices.append(this.net.element, this.kl.element);
    const [buttons, variance] = [this.#makeButtons(), this.variance.element];
    const broken = this.#makeBreaker();
    this.elements = this.small
      ? [broken, buttons]
      : [this.guess.element, this.verdict, choices, variance, broken, buttons];
    this.#enable();
  }

  /** The settings of a new trainer, in numbers. */
  options() {
    const { state } = this;
    const whole = (name, least, most) => {
      const value = Math.floor(state.numbers(name)[0]);
      return Math.min(most, Math.max(least, value));
    };
    return {
      hidden: Number(state.choice("net", ["64", "512"])),
      kl: state.choice("kl", ["on", "off"]) === "on",
      variance: readVariance(state.get("s2")),
      seed: whole("seed", 0, 2 ** 32 - 1),
      bug: this.#read("bug", BREAK),
      epochs: whole("epochs", 1, 1000),
      pace: this.#read("speed", SPEEDS),
    };
  }

  setRunning(running) {
    this.running = running;
    this.start.textContent = running ? "Pause" : "Start";
    this.#enable();
  }

  /** Show the settings of an address that the reader has followed. */
  follow() {
    const { state } = this;
    this.net.set(this.#read("net", NETWORKS));
    this.kl.set(this.#read("kl", OBJECTIVES));
    this.guess.set(state.get("guess"));
    this.speed.input.value = this.#read("speed", SPEEDS);
    this.variance.set(readVariance(state.get("s2")));
    this.breaker.input.value = this.#read("bug", BREAK);
    this.#enable();
  }

  #read(name, options) {
    const keys = options.map(([key]) => key);
    return this.state.choice(name, keys);
  }

  #choice(name, options, { label, then }) {
    const change = (value) => {
      this.state.set(name, value);
      then(value);
    };
    return radios({ label, options, value: this.#read(name, options), change });
  }

  #makeButtons() {
    const { actions } = this;
    this.start = button("Start", actions.toggle);
    this.step = button("One batch", actions.step);
    this.speed = menu({
      label: "Speed",
      options: SPEEDS,
      value: this.#read("speed", SPEEDS),
      change: (pace) => {
        this.state.set("speed", pace);
        actions.pace(pace);
      },
    });
    const line = make("div", { class: "vae-live-line" }, this.start, this.step);
    line.append(button("Reset", actions.reset), this.speed.element);
    return line;
  }

  #makeBreaker() {
    const change = (value) => {
      this.state.set("bug", value);
      this.#enable();
      this.actions.reset();
    };
    const value = this.#read("bug", BREAK);
    this.breaker = menu({ label: "Break it", options: BREAK, value, change });
    this.symptom = make("p", { class: "vae-live-note" });
    return make("div", {}, this.breaker.element, this.symptom);
  }

  /** Training waits for a prediction, of the variance; what a bug does is seen at once. */
  #enable() {
    if (!this.start) return; // not built yet
    const bug = BUGS[this.#read("bug", BREAK)];
    this.symptom.textContent = bug ? `${capital(bug.line)}. ${bug.look}` : "";
    const said =
      this.small || bug || GUESSES.some(([key]) => key === this.state.get("guess"));
    this.start.disabled = !said;
    this.step.disabled = !said || this.running;
    this.verdict.textContent = said
      ? "Now try it: train at 1, at 3.4 and at 6, and read the bars."
      : "Choose one, then you can start.";
  }
}

function capital(words) {
  return words[0].toUpperCase() + words.slice(1);
}
