/** What the reader of the widget "loss" sets, and the loss that it spells. */

import { short } from "../losses.js";
import { checkbox, make, menu, radios, slider } from "./dom.js";
import { EXTRA, PRESETS } from "./loss_presets.js";

const ERRORS = [
  ["squared", "squared"],
  ["absolute", "absolute"],
  ["cross-entropy", "cross-entropy"],
];
const REDUCTIONS = [
  ["sum", "sum"],
  ["mean", "mean"],
];
const SIZES = ["28x28x1", "32x32x3", "64x64x3", "256x256x3"];
const DIMENSIONS = ["2", "10", "20", "32", "64", "128", "200", "4096"];
const [LEAST, MOST] = [-7, 4]; // of a weight, as powers of ten
const OWN = "own";

export const DEFAULTS = {
  error: "squared",
  pixels: "mean",
  latents: "sum",
  c: "1",
  k: "1",
  size: "28x28x1",
  d: "2",
  binary: "0",
  more: "0",
};

/** A loss as the page's address holds it. */
export function settingsOf(loss) {
  return {
    error: loss.error,
    pixels: loss.overPixels,
    latents: loss.overLatents,
    c: String(loss.errorWeight),
    k: String(loss.klWeight),
    size: loss.imageShape.join("x"),
    d: String(loss.latentDim),
    binary: String(Number(loss.pixels === "binary")),
    more: String(Number(loss.extraTerms.length > 0)),
  };
}

/**
 * The loss that a page's address holds; the default's part for what is none.
 * @param {{choice: Function, numbers: Function}} state
 * @returns {import("../losses.js").WrittenLoss}
 */
export function lossOf(state) {
  const reductions = REDUCTIONS.map(([key]) => key);
  const flag = (name) => state.choice(name, ["0", "1"]) === "1";
  const [c] = state.numbers("c");
  const [k] = state.numbers("k");
  return {
    error: state.choice("error", ERRORS.map(([key]) => key)),
    overPixels: state.choice("pixels", reductions),
    overLatents: state.choice("latents", reductions),
    errorWeight: c > 0 ? c : Number(DEFAULTS.c),
    klWeight: k >= 0 ? k : Number(DEFAULTS.k),
    imageShape: state.choice("size", SIZES).split("x").map(Number),
    latentDim: Number(state.choice("d", DIMENSIONS)),
    pixels: flag("binary") ? "binary" : "grey",
    extraTerms: flag("more") ? EXTRA : [],
  };
}

/** A slider for a weight on a logarithmic scale; its left end may be 0. */
function weight({ label, zero, change }) {
  const show = (power) => (power <= LEAST ? "0" : short(10 ** power));
  const made = slider({
    label,
    min: zero ? LEAST : LEAST + 0.05,
    max: MOST,
    step: 0.05,
    value: 0,
    show,
    change: (power) => change(power <= LEAST ? 0 : Number((10 ** power).toPrecision(3))),
  });
  const set = (value) => made.set(value > 0 ? Math.log10(value) : LEAST);
  return { element: made.element, set };
}

/** The controls; `changed` is called after each move, with the state set. */
export class LossControls {
  constructor(state, changed) {
    const change = (name) => (value) => {
      state.set(name, typeof value === "boolean" ? Number(value) : value);
      changed();
    };
    this.state = state;
    this.preset = menu({
      label: "Start from",
      options: [
        [OWN, "a loss of your own"],
        ...Object.entries(PRESETS).map(([key, { words }]) => [key, words]),
      ],
      value: OWN,
      change: (key) => {
        if (key === OWN) return;
        const settings = settingsOf(PRESETS[key].loss);
        for (const [name, value] of Object.entries(settings)) state.set(name, value);
        changed();
      },
    });
    this.make(change);
    this.elements = [this.preset.element, ...this.groups()];
  }

  make(change) {
    const reduction = (label, name) =>
      radios({ label, options: REDUCTIONS, value: "sum", change: change(name) });
    const list = (label, name, options) =>
      menu({ label, options, value: options[0][0], change: change(name) });
    const named = (text) => [text, text.replaceAll("x", " \u00d7 ")];
    this.error = list("Error", "error", ERRORS);
    this.size = list("Image", "size", SIZES.map(named));
    this.d = list("Latents d", "d", DIMENSIONS.map(named));
    this.pixels = reduction("Error over the pixels", "pixels");
    this.latents = reduction("KL over the latents", "latents");
    this.c = weight({ label: "Error weight", change: change("c") });
    this.k = weight({ label: "KL weight", zero: true, change: change("k") });
    const box = (label, name) => checkbox({ label, value: false, change: change(name) });
    this.binary = box("every pixel is 0 or 1", "binary");
    this.more = box(`plus ${EXTRA.join(" and ")} terms`, "more");
  }

  groups() {
    const group = (name, ...parts) =>
      make("div", { class: `vae-live-${name}` }, ...parts.map((part) => part.element));
    return [
      group("line", this.error, this.size, this.d),
      group("choices", this.pixels, this.latents),
      group("sliders", this.c, this.k),
      group("line", this.binary, this.more),
    ];
  }

  /** Show a loss. */
  show(loss) {
    const settings = settingsOf(loss);
    for (const name of ["error", "size", "d"]) this[name].input.value = settings[name];
    for (const name of ["pixels", "latents"]) this[name].set(settings[name]);
    this.c.set(loss.errorWeight);
    this.k.set(loss.klWeight);
    for (const name of ["binary", "more"]) this[name].input.checked = settings[name] === "1";
    const same = ([, preset]) =>
      JSON.stringify(settingsOf(preset.loss)) === JSON.stringify(settings);
    this.preset.input.value = Object.entries(PRESETS).find(same)?.[0] ?? OWN;
  }
}
