/** The widget "gradients": pathwise against score function, for E[z^2] by mu. */

import { estimates, exact, summary, variances } from "../estimators.js";
import { seeded } from "../random.js";
import { surface } from "./canvas.js";
import { paintClouds } from "./clouds.js";
import { button, checkbox, make, number, sentence, slider } from "./dom.js";
import { colors } from "./theme.js";

const MU = 1; // as in the chapter
const MOST = 1000;
const [NARROW, WIDE] = [0.05, 2];

/**
 * Build the widget.
 * @param {HTMLElement} body where it goes
 * @param {{state: State}} context
 * @returns {() => Promise<void>}
 */
export function gradients(body, { state }) {
  const widget = new Gradients(body, state);
  return async () => widget.update();
}

gradients.defaults = { n: "200", sigma: "0.5", seed: "1", baseline: "0" };

const within = (value, low, high) => Math.min(high, Math.max(low, value));

/**
 * What the draws say, in words.
 * @param {{mu: number, sigma: number, baseline?: boolean}} toy
 * @param {number} n how many draws of each
 * @param {ArrayLike<number>} noise n standard normals
 * @returns {string}
 */
export function judge(toy, n, noise) {
  const { pathwise, score } = estimates(toy, noise);
  const said = (draws) => {
    const { mean, error } = summary(draws);
    return error === null ? number(mean) : `${number(mean)}, standard error ${number(error)}`;
  };
  const exactly = variances(toy);
  const worth = (exactly.score / exactly.pathwise).toPrecision(3);
  return (
    `${n} draw${n > 1 ? "s" : ""} of each; exact: ${number(exact(toy.mu))}. ` +
    `Pathwise: ${said(pathwise)}. Score function: ${said(score)}. ` +
    `One pathwise draw is worth ${Number(worth)} draws of the score function.`
  );
}

class Gradients {
  constructor(body, state) {
    Object.assign(this, { body, state, shown: null });
    body.widget = this; // for tests, and for the curious in the console
    this.makeControls();
    this.picture = surface({
      className: "vae-live-clouds",
      paint: (pen, width, height) =>
        this.shown && paintClouds(pen, width, height, this.shown, colors()),
    });
    this.say = sentence();
    const note = make("p", {
      class: "vae-live-note",
      text: "A dot is one draw. Upright bar: their mean, with two standard errors to either side.",
    });
    const line = make("div", { class: "vae-live-line" }, this.again, this.baseline.element);
    const sliders = make("div", { class: "vae-live-sliders" });
    sliders.append(this.n.element, this.sigma.element);
    body.append(sliders, line, this.picture.canvas, note, this.say.element);
    this.update();
    state.follow(() => this.update());
  }

  makeControls() {
    const change = (name) => (value) => {
      this.state.set(name, Number(value));
      this.update();
    };
    this.n = slider({
      label: "Draws",
      min: 1,
      max: MOST,
      step: 1,
      value: 1,
      decimals: 0,
      change: change("n"),
    });
    this.sigma = slider({
      label: "\u03c3 of q",
      min: NARROW,
      max: WIDE,
      step: 0.05,
      value: 1,
      change: change("sigma"),
    });
    this.again = button("Draw anew", () => change("seed")(this.settings().seed + 1));
    const label = "subtract the baseline E[z\u00b2] from z\u00b2";
    this.baseline = checkbox({ label, value: false, change: change("baseline") });
  }

  /** What the page's address holds, within what the controls can show. */
  settings() {
    const [n] = this.state.numbers("n");
    const [sigma] = this.state.numbers("sigma");
    const [seed] = this.state.numbers("seed");
    return {
      n: within(Math.round(n), 1, MOST),
      sigma: within(sigma, NARROW, WIDE),
      seed: Math.abs(Math.trunc(seed)) % 2 ** 32,
      baseline: this.state.choice("baseline", ["0", "1"]) === "1",
    };
  }

  update() {
    const { n, sigma, seed, baseline } = this.settings();
    this.n.set(n);
    this.sigma.set(sigma);
    this.baseline.input.checked = baseline;
    const toy = { mu: MU, sigma, baseline };
    // The first draws stay when their number grows.
    const noise = seeded(seed).normals(MOST).subarray(0, n);
    const { pathwise, score } = estimates(toy, noise);
    const rows = [
      { words: "pathwise: 2z", draws: pathwise },
      {
        words: `score function: ${baseline ? "(z\u00b2 \u2212 E[z\u00b2])" : "z\u00b2"} \u03b5 / \u03c3`,
        draws: score,
      },
    ];
    this.shown = { toy, rows };
    this.picture.repaint();
    this.say.say(judge(toy, n, noise));
  }
}
