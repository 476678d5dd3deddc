/** The widget "loss": a loss as people write it, and the model that it stands for. */

import { factors, impliedModel, short } from "../losses.js";
import { THRESHOLDS } from "../trainer/thresholds.js";
import { surface } from "./canvas.js";
import { make, sentence } from "./dom.js";
import { DEFAULTS, LossControls, lossOf } from "./loss_controls.js";
import { asCode, deviation, meaning } from "./loss_words.js";
import { paintRuler } from "./ruler.js";
import { colors } from "./theme.js";

/** Variance of the published network mlp_2; test_loss_widget.py compares it. */
export const LEARNED = 0.036868;
const DEVIATIONS = [
  { value: Math.sqrt(THRESHOLDS[0]), words: "codes collapse above 2.28" },
  { value: 1, words: "black to white: 1" },
  { value: Math.sqrt(LEARNED), words: "learned from digits: 0.19" },
  { value: 1 / 255, words: "one grey level: 1/255" },
];
const WEIGHTS = [
  { value: 1, words: "below 1: no bound" },
  { value: 1, words: "above 1: a looser bound", right: true },
];

/**
 * Build the widget.
 * @param {HTMLElement} body where it goes
 * @param {{state: State}} context
 * @returns {() => Promise<void>}
 */
export function loss(body, { state }) {
  const widget = new Loss(body, state);
  return async () => widget.update();
}

loss.defaults = DEFAULTS;

class Loss {
  constructor(body, state) {
    Object.assign(this, { body, state, ruler: null });
    body.widget = this; // for tests, and for the curious in the console
    this.controls = new LossControls(state, () => this.update());
    this.code = make("code");
    this.numbers = make("p", { class: "vae-live-note" });
    this.picture = surface({
      className: "vae-live-ruler",
      paint: (pen, width) => this.ruler && paintRuler(pen, width, this.ruler, colors()),
    });
    this.say = sentence();
    const line = make("p", { class: "vae-live-code" }, "loss = ", this.code);
    const more = make("p", { class: "vae-live-note" });
    const link = make("a", { href: "12_rosetta.html", text: "Chapter 12" });
    more.append(link, " reads the losses of public code, line by line.");
    body.append(...this.controls.elements, line, this.numbers);
    body.append(this.picture.canvas, this.say.element, more);
    this.update();
    state.follow(() => this.update());
  }

  update() {
    const written = lossOf(this.state);
    this.controls.show(written);
    const model = impliedModel(written);
    const { c, k } = factors(written);
    this.code.textContent = asCode(written);
    this.numbers.textContent =
      `summed error times c = ${short(c)}, summed KL times ${k ? short(k) : 0}; ` +
      `their ratio is ${k ? short(k / c) : 0}`;
    this.ruler = rulerOf(model);
    this.picture.repaint();
    this.say.say(meaning(written));
  }
}

/** The ruler for a model: of deviations, or of KL weights where it has none. */
function rulerOf(model) {
  if (model.likelihood === "Bernoulli") {
    const title = "KL weight";
    return { low: -6, high: 4, title, value: model.beta, marks: WEIGHTS };
  }
  const title = "standard deviation of a pixel";
  return { low: -7, high: 3, title, value: deviation(model), marks: DEVIATIONS };
}
