/** The widget "train": a VAE learns from 4,000 digits while the reader turns its variance. */

import { make } from "../ui/dom.js";
import { calm } from "../ui/theme.js";
import { loadDigits } from "../weights.js";
import { BUGS } from "./bugs.js";
import { connect } from "./client.js";
import { Controls, DEFAULTS } from "./controls.js";
import { Panels } from "./panels.js";
import { restingFrame } from "./resting.js";
import { describe, describeRest } from "./words.js";

const SPOKEN = 10_000; // milliseconds between two sentences for screen readers
const CALM = 2_000; // between two pictures, for readers who want less motion

/**
 * Build the widget.
 * @param {HTMLElement} body where it goes
 * @param {{state: State, form: string, services: Object}} context small: for the bugs
 * @returns {() => Promise<void>} shows the published network; training waits for the reader
 */
export function train(body, { state, form, services }) {
  const widget = new Train(body, state, form, services);
  return () => widget.rest();
}

train.defaults = DEFAULTS;

class Train {
  constructor(body, state, form, services) {
    Object.assign(this, { body, services, trainer: null, spoken: 0, epochs: 0, run: 0 });
    this.panels = new Panels();
    const actions = {
      reset: () => this.#reset(),
      toggle: () => this.#toggle(),
      step: () => this.#ask(() => ({ type: "step" })),
      variance: (variance) => this.trainer?.send({ type: "set", variance }),
      pace: (pace) => this.trainer?.send({ type: "set", pace }),
    };
    this.controls = new Controls(state, actions, form);
    this.seen = make("p", { class: "vae-live-sentence", "aria-hidden": "true" });
    this.heard = make("p", { class: "vae-live-heard", "aria-live": "polite" });
    const { controls, panels, seen, heard } = this;
    body.append(...controls.elements, panels.element, seen, heard);
    if (form !== "small") body.append(answer());
    state.follow(() => {
      controls.follow();
      this.#reset();
    });
  }

  /** The resting state: the published network, its codes, pictures and numbers. */
  async rest() {
    const { services } = this;
    const [model, digits] = await Promise.all([
      services.loadDecoder("mlp_2"),
      loadDigits("test"),
    ]);
    if (this.connecting) return; // the reader was quicker
    const frame = restingFrame(model, digits);
    this.panels.show(frame);
    this.controls.variance.show(frame.variance);
    this.#say(describeRest(frame), true);
  }

  /** Send a message, to a trainer that is made when the first is sent. */
  async #ask(message) {
    this.connecting ??= this.#connect();
    try {
      await this.connecting;
    } catch (error) {
      this.connecting = null; // another press tries again
      this.#fail(error.message);
      return;
    }
    this.spoken = 0; // what the reader asks for is answered at once
    this.trainer.send(message());
  }

  async #connect() {
    this.#say("Loading the 4,000 training digits \u2026", true);
    const [training, heldOut] = await Promise.all([loadDigits("train"), loadDigits("test")]);
    this.labels = training.labels;
    this.trainer = connect((message) => this.#receive(message));
    const { images, count: n } = training;
    const rest = { heldOut: heldOut.images, heldOutCount: heldOut.count };
    this.trainer.send({ type: "data", images, n, ...rest });
    this.trainer.send({ type: "set", pace: this.controls.options().pace });
    this.#reset();
  }

  #reset() {
    if (!this.trainer) return;
    const { hidden, kl, variance, seed, bug } = this.controls.options();
    this.name = `784-${hidden}-2`;
    this.run += 1;
    this.epochs = 0;
    this.panels.forget();
    this.#setRunning(false);
    this.trainer.send({
      type: "reset",
      run: this.run,
      options: { hidden, kl, variance, seed, bug },
    });
  }

  async #toggle() {
    const pausing = this.controls.running;
    if (!this.trainer) await this.#ask(() => ({ type: "set" }));
    if (!this.trainer) return; // it could not be made, and the sentence says why
    if (!pausing) this.#setRunning(true);
    await this.#ask(() => {
      if (pausing) return { type: "pause" };
      return {
        type: "start",
        epochs: Math.floor(this.epochs) + this.controls.options().epochs,
      };
    });
  }

  #receive(message) {
    if (message.type === "failed") {
      this.#fail(message.message);
      return;
    }
    if (message.run !== this.run) return; // a late picture of the training before
    // The first frame of a run may come when Start has been pressed already.
    const ended = this.controls.running && !message.running && message.epochs > 0;
    if (ended) this.#setRunning(false);
    this.epochs = message.epochs;
    this.panels.show({ ...message, labels: this.labels });
    this.controls.variance.show(message.variance);
    const { variance, bug } = this.controls.options();
    const network = { name: this.name, learned: variance === null, bug: BUGS[bug]?.name };
    this.#say(describe(message, network), ended);
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
    this.controls.setRunning(running);
    this.body.dataset.running = String(running);
  }
}

function answer() {
  const paragraphs = [
    "At 1 both latents carry about one nat. At 3.4 one of them is left; at 6 none: the decoder " +
      "draws one grey digit everywhere, and the encoder returns the prior.",
    "A latent pays if it saves more than one nat of distortion for each nat of rate. What a " +
      "faint latent saves for a nat is the data\u2019s variance along its direction over the " +
      "variance of a pixel. Above the largest eigenvalue no direction pays: a latent that is " +
      "silent stays so, whatever the decoder. The second latent goes before the second " +
      "eigenvalue: that mark is for a linear decoder, and this one bends, so one bent latent " +
      "already explains part of what two straight ones would.",
  ];
  const summary = make("summary", { text: "What happens, and why (after you have tried)" });
  const texts = paragraphs.map((text) => make("p", { text }));
  return make("details", {}, summary, ...texts);
}
