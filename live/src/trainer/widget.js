/** The widget "train": a VAE learns from 4,000 digits while the reader turns its variance. */

import { button, make, menu, radios } from "../ui/dom.js";
import { calm } from "../ui/theme.js";
import { loadDigits } from "../weights.js";
import { connect } from "./client.js";
import { Panels } from "./panels.js";
import { restingFrame } from "./resting.js";
import { readVariance, VarianceControl } from "./variance_control.js";
import { describe, describeRest } from "./words.js";

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
const GUESSES = [
  ["both", "both latents keep some rate at every variance, less and less"],
  ["together", "both fall silent at one variance, together"],
  ["one", "one falls silent first, then the other"],
];
const SPOKEN = 10_000; // milliseconds between two sentences for screen readers
const CALM = 2_000; // between two pictures, for readers who want less motion

/**
 * Build the widget.
 * @param {HTMLElement} body where it goes
 * @param {{state: State, services: Object}} context
 * @returns {() => Promise<void>} shows the published network; training waits for the reader
 */
export function train(body, { state, services }) {
  const widget = new Train(body, state, services);
  return () => widget.rest();
}

train.defaults = {
  net: "64",
  s2: "learned",
  kl: "on",
  speed: "full",
  seed: "1",
  epochs: "60",
  guess: "",
};

class Train {
  constructor(body, state, services) {
    Object.assign(this, { body, state, services, trainer: null, running: false, spoken: 0 });
    this.panels = new Panels();
    this.seen = make("p", { class: "vae-live-sentence", "aria-hidden": "true" });
    this.heard = make("p", { class: "vae-live-heard", "aria-live": "polite" });
    this.#makeControls();
    const settings = make(
      "div",
      { class: "vae-live-choices" },
      this.net.element,
      this.kl.element,
    );
    const { guess, variance, buttons, seen, heard } = this;
    body.append(
      guess.element,
      this.verdict,
      settings,
      variance.element,
      buttons,
      this.panels.element,
      seen,
      heard,
      answer(),
    );
    state.follow(() => this.#follow());
    this.#enable();
  }

  #makeControls() {
    const { state } = this;
    const choice = (name, options) =>
      state.choice(
        name,
        options.map(([key]) => key),
      );
    const change = (name, then) => (value) => {
      state.set(name, value);
      then(value);
    };
    const anew = () => this.#reset();
    this.guess = radios({
      label: "First predict: the variance goes up from 0.005 to 8. What do the two latents do?",
      options: GUESSES,
      value: choice("guess", GUESSES),
      change: change("guess", () => this.#enable()),
    });
    this.verdict = make("p", { class: "vae-live-note" });
    const net = {
      label: "Network",
      options: NETWORKS,
      value: choice("net", NETWORKS),
      change: change("net", anew),
    };
    this.net = radios(net);
    const kl = {
      label: "Objective",
      options: OBJECTIVES,
      value: choice("kl", OBJECTIVES),
      change: change("kl", anew),
    };
    this.kl = radios(kl);
    this.variance = new VarianceControl({
      value: readVariance(state.get("s2")),
      change: (value) => {
        state.set("s2", value ?? "learned");
        this.trainer?.send({ type: "set", variance: value });
      },
    });
    const speed = { label: "Speed", options: SPEEDS, value: choice("speed", SPEEDS) };
    this.speed = menu({
      ...speed,
      change: change("speed", (pace) => this.trainer?.send({ type: "set", pace })),
    });
    this.start = button("Start", () => this.#toggle());
    this.step = button("One batch", () => this.#do({ type: "step" }));
    this.restart = button("Reset", anew);
    this.buttons = make(
      "div",
      { class: "vae-live-line" },
      this.start,
      this.step,
      this.restart,
      this.speed.element,
    );
  }

  /** The resting state: the published network, its codes, pictures and numbers. */
  async rest() {
    const [model, digits] = await Promise.all([
      this.services.loadDecoder("mlp_2"),
      loadDigits("test"),
    ]);
    if (this.trainer) return; // the reader was quicker
    const frame = restingFrame(model, digits);
    this.panels.show(frame);
    this.variance.show(frame.variance);
    this.#say(describeRest(frame), true);
  }

  /** Connect to a trainer and give it the digits, once. */
  async #ready() {
    this.connecting ??= this.#connect().catch((error) => {
      this.connecting = null;
      this.#fail(error.message);
      throw error;
    });
    return this.connecting;
  }

  async #connect() {
    this.#say("Loading the 4,000 training digits \u2026", true);
    const [training, heldOut] = await Promise.all([loadDigits("train"), loadDigits("test")]);
    this.labels = training.labels;
    this.trainer = connect((message) => this.#receive(message));
    const images = { images: training.images, n: training.count };
    this.trainer.send({
      type: "data",
      ...images,
      heldOut: heldOut.images,
      heldOutCount: heldOut.count,
    });
    this.trainer.send({ type: "set", pace: this.speed.input.value });
    this.#sendReset();
  }

  #sendReset() {
    const { state } = this;
    const seed = Math.min(Math.floor(Math.abs(state.numbers("seed")[0])), 2 ** 32 - 1);
    const options = {
      hidden: Number(state.choice("net", ["64", "512"])),
      kl: state.get("kl") !== "off",
      seed,
    };
    this.name = `784-${options.hidden}-2`;
    this.panels.forget();
    this.epochs = 0;
    this.#setRunning(false);
    this.trainer.send({
      type: "reset",
      options: { ...options, variance: readVariance(state.get("s2")) },
    });
  }

  #reset() {
    if (this.trainer) this.#sendReset();
  }

  async #do(message) {
    await this.#ready();
    this.spoken = 0; // what the reader asks for is answered at once
    this.trainer.send(message);
  }

  async #toggle() {
    if (this.running) {
      await this.#do({ type: "pause" });
      return;
    }
    this.#setRunning(true);
    const more = Math.max(1, Math.round(this.state.numbers("epochs")[0]));
    await this.#ready().catch(() => this.#setRunning(false));
    if (!this.trainer) return;
    this.#setRunning(true);
    await this.#do({ type: "start", epochs: Math.floor(this.epochs ?? 0) + more });
  }

  #receive(message) {
    if (message.type === "failed") {
      this.#fail(message.message);
      return;
    }
    const ended = this.running && !message.running && message.epochs > 0;
    this.epochs = message.epochs;
    if (!message.running && (ended || message.epochs > 0)) this.#setRunning(false);
    this.panels.show({ ...message, labels: this.labels });
    this.variance.show(message.variance);
    this.#say(
      describe(message, { name: this.name, learned: this.state.get("s2") === "learned" }),
      ended,
    );
    // After the next frame of the screen; a page that nobody sees asks for no pictures.
    const drawn = () => this.trainer.send({ type: "drawn" });
    requestAnimationFrame(() => setTimeout(drawn, calm() ? CALM : 0));
  }

  /** Seen at once; heard when the reader has asked for it, else every ten seconds. */
  #say(words, now) {
    this.seen.textContent = words;
    if (!now && Date.now() - this.spoken < SPOKEN) return;
    this.spoken = Date.now();
    this.heard.textContent = words;
  }

  #fail(words) {
    this.#setRunning(false);
    this.#say(`The training stopped: ${words}`, true);
  }

  #setRunning(running) {
    this.running = running;
    this.start.textContent = running ? "Pause" : "Start";
    this.body.dataset.running = String(running);
    this.step.disabled = running || this.start.disabled;
  }

  /** Training waits for a prediction. */
  #enable() {
    const said = GUESSES.find(([key]) => key === this.state.get("guess"));
    for (const each of [this.start, this.step]) each.disabled = !said;
    this.verdict.textContent = said
      ? "Now try it: train at 1, at 3.4 and at 6, and read the bars."
      : "Choose one, then you can start.";
  }

  #follow() {
    const { state } = this;
    this.net.set(state.choice("net", ["64", "512"]));
    this.kl.set(state.choice("kl", ["on", "off"]));
    this.guess.set(state.get("guess"));
    this.variance.set(readVariance(state.get("s2")));
    this.#enable();
    this.#reset();
  }
}

function answer() {
  const paragraphs = [
    "At 1 both latents carry about one nat. At 3.4 one of them is left; at 6 none: the decoder " +
      "draws one grey digit everywhere, and the encoder returns the prior.",
    "A nat of rate pays if it saves more than a nat of distortion, and what a latent can save is " +
      "the data\u2019s variance along it over the variance of a pixel. Above the largest eigenvalue " +
      "even the best direction does not pay, for any decoder. The second latent goes before the " +
      "second eigenvalue: that mark is for a linear decoder, and this one bends, so one bent latent " +
      "already explains part of what two straight ones would.",
  ];
  const details = make(
    "details",
    {},
    make("summary", { text: "What happens, and why (after you have tried)" }),
  );
  details.append(...paragraphs.map((text) => make("p", { text })));
  return details;
}
