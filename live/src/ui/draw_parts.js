/** Parts of the widget "draw": the table of scores, and the sliders of a q by hand. */

import { button, make, number, slider } from "./dom.js";

const LIMIT = 3.6; // of a mean, until the posterior is known
const STEP = 0.0005; // of a mean's slider: a posterior is some 0.01 wide
const AXES = ["\u2081", "\u2082"];
const ROWS = [
  ["log", "log p(x), exact"],
  ["encoder", "ELBO with the encoder\u2019s q"],
  ["gap", "gap between them: KL(q \u2016 p(z | x))"],
  ["mine", "ELBO with your q"],
  ["best", "ELBO with the best q"],
  ["amortisation", "amortisation gap: best q \u2212 encoder\u2019s q"],
];
const MISSING = { best: "descend first", amortisation: "descend first" };

/**
 * The table of scores, in nats.
 * @returns {{element: HTMLElement, show: (values: Object<string, number>) => void}}
 */
export function scoreTable() {
  const cells = new Map(ROWS.map(([key]) => [key, make("td", { text: "\u2026" })]));
  const rows = ROWS.map(([key, text]) =>
    make("tr", {}, make("th", { scope: "row", text }), cells.get(key)),
  );
  const caption = make("caption", { text: "Nats, for this digit" });
  const body = make("tbody", {}, ...rows);
  const show = (values) => {
    for (const [key, cell] of cells) {
      const known = Number.isFinite(values[key]);
      cell.textContent = known ? number(values[key]) : MISSING[key] || "\u2026";
    }
  };
  return { element: make("table", { class: "vae-live-numbers" }, caption, body), show };
}

/** Four sliders for the reader's q, and two buttons. */
export class QSliders {
  /**
   * @param {{change: (part: "mean" | "logVar", k: number, value: number) => void,
   *   back: () => void, descend: () => void}} options
   */
  constructor({ change, back, descend }) {
    this.means = AXES.map((axis, k) =>
      slider({
        label: `Mean of z${axis}`,
        min: -LIMIT,
        max: LIMIT,
        step: STEP,
        value: 0,
        decimals: 4,
        change: (value) => change("mean", k, value),
      }),
    );
    this.deviations = AXES.map((axis, k) =>
      slider({
        label: `Deviation of z${axis}`,
        min: -3,
        max: 0,
        step: 0.01,
        value: -1,
        show: (value) => number(10 ** value, 4),
        change: (value) => change("logVar", k, 2 * Math.LN10 * value),
      }),
    );
    this.descend = button("Descend to the best q", descend);
    const all = [...this.means, ...this.deviations].map((one) => one.element);
    const buttons = [button("Back to the encoder\u2019s q", back), this.descend];
    this.element = make(
      "div",
      { class: "vae-live-rowbox" },
      make("p", { class: "vae-live-title", text: "Your q" }),
      make("div", { class: "vae-live-sliders" }, ...all),
      make("div", { class: "vae-live-buttons" }, ...buttons),
    );
  }

  show({ mean, logVar }) {
    this.means.forEach((one, k) => one.set(mean[k]));
    this.deviations.forEach((one, k) => one.set(logVar[k] / 2 / Math.LN10));
  }

  /** Let the means run over the window that is enlarged. */
  within(center, half) {
    this.means.forEach(({ input }, k) => {
      Object.assign(input, { min: center[k] - half, max: center[k] + half });
    });
  }
}
