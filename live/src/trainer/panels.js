/** The five pictures of the widget "train" and what is remembered for them. */

import { surface } from "../ui/canvas.js";
import { make } from "../ui/dom.js";
import { colors } from "../ui/theme.js";
import {
  paintCodes,
  paintCurve,
  paintManifold,
  paintRates,
  paintWalk,
  paintWords,
  planeLimit,
} from "./charts.js";
import { SIDE } from "./manifold.js";

const KEPT = 1500; // points of a curve; then every second one goes

const PICTURES = {
  codes: [
    "Where the encoder puts the digits, a colour a class; circles: 39, 86 and 99 % of the prior.",
    "square",
  ],
  manifold: ["What the decoder draws on the prior\u2019s quantiles, 20 by 20.", "square"],
  rates: ["Rate of each latent, held-out digits.", "wide"],
  walk: ["Rate and distortion of held-out digits, nats a digit: the walk so far.", "wide"],
  curve: ["ELBO in nats a digit: held-out (line), training (dashed).", "wide"],
};

export class Panels {
  constructor() {
    this.frame = null;
    this.labels = null;
    this.forget();
    this.scratch = make("canvas", {});
    this.surfaces = Object.keys(PICTURES).map((name) => this.#make(name));
    const [codes, manifold, ...rest] = this.surfaces.map(({ element }) => element);
    this.element = make(
      "div",
      { class: "vae-live-training" },
      make("div", { class: "vae-live-pictures" }, codes, manifold),
      make("div", { class: "vae-live-charts" }, ...rest),
    );
  }

  /** Begin curves anew. */
  forget() {
    this.walk = [];
    this.curve = [];
  }

  /** Show a frame; its labels if it has some, else those of the last. */
  show(frame) {
    this.frame = frame;
    this.labels = frame.labels ?? this.labels;
    this.limit = planeLimit(frame.codes);
    this.#remember(frame);
    this.surfaces.forEach(({ repaint }) => repaint());
  }

  #remember({ epochs, heldOut, train }) {
    if (heldOut.elbo === null) return;
    const rate = heldOut.rates.reduce((sum, each) => sum + each, 0);
    this.walk.push({ rate, distortion: heldOut.distortion });
    if (epochs === undefined) return; // the published network: a point, no training
    this.curve.push({ epochs, heldOut: heldOut.elbo, train: train?.elbo ?? null });
    if (this.curve.length < KEPT) return;
    const last = this.curve.length - 1;
    const thin = (list) => list.filter((_, i) => i % 2 === 0 || i === last);
    Object.assign(this, { walk: thin(this.walk), curve: thin(this.curve) });
  }

  #make(name) {
    const [words, shape] = PICTURES[name];
    const paint = (pen, width, height) => this.frame && this.#paint(name, pen, width, height);
    // The sentence below carries the numbers; the caption says what the picture is.
    const { canvas, repaint } = surface({ className: `vae-live-${shape}`, paint });
    const caption = make("figcaption", { text: words });
    return { element: make("figure", {}, canvas, caption), repaint };
  }

  #paint(name, pen, width, height) {
    const look = colors();
    const { frame, labels, limit } = this;
    if (name === "codes") paintCodes(pen, width, { codes: frame.codes, labels, limit }, look);
    else if (name === "manifold")
      paintManifold(pen, width, frame.manifold, SIDE, this.scratch, look);
    else this.#paintChart(name, pen, width, height, look);
  }

  #paintChart(name, pen, width, height, look) {
    const { frame } = this;
    const unbounded = frame.heldOut.elbo === null;
    const empty = name !== "rates" && !this[name].length;
    if (unbounded || empty) {
      const words = unbounded ? "no noise: no finite rate, no bound" : "no training yet";
      paintWords(pen, width, height, words, look);
      return;
    }
    if (name === "rates") paintRates(pen, width, height, frame.heldOut.rates, look);
    if (name === "walk") paintWalk(pen, width, height, this.#settled(), look);
    if (name === "curve") paintCurve(pen, width, height, this.curve, look);
  }

  /** The walk without the fall of the first two epochs, once they are over. */
  #settled() {
    const from = this.curve.findIndex(({ epochs }) => epochs >= 2);
    return from > 0 ? this.walk.slice(from) : this.walk;
  }
}
