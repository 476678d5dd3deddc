/** The controls of the full widget "plane", beyond its two sliders. */

import { button, checkbox, make, menu, radios, slider } from "./dom.js";
import { fifty, nameOf } from "./samples.js";

const CHOICES = {
  show: {
    label: "The plane shows",
    options: [
      ["codes", "codes of 500 test digits"],
      ["prior", "500 draws from the prior"],
      ["digits", "what the decoder draws"],
    ],
  },
  pixels: {
    label: "The picture is",
    options: [
      ["mean", "the mean of p(x\u00a0|\u00a0z)"],
      ["sample", "one sample of it"],
    ],
  },
  row: {
    label: "The row shows",
    options: [
      ["between", "a straight line between two digits"],
      ["prior", "ten codes drawn from the prior"],
      ["aggregate", "ten codes drawn from the aggregate posterior"],
    ],
  },
};

/** What the reader has chosen of one of them. */
export function chosen(state, name) {
  return state.choice(
    name,
    CHOICES[name].options.map(([key]) => key),
  );
}

export class PlaneControls {
  /**
   * @param {{state: State, networks: Array<[string, string]>, change: () => void,
   *   toggle: (network: string, on: boolean) => void, along: (t: number) => void}} options
   *   networks: those that may be shown beside the first
   */
  constructor({ state, networks, change, toggle, along }) {
    Object.assign(this, { state, networks });
    const set = (name) => (value) => {
      state.set(name, value);
      change();
    };
    this.choices = Object.entries(CHOICES).map(([name, { label, options }]) => {
      const value = chosen(state, name);
      return [name, radios({ label, options, value, change: set(name) })];
    });
    this.makeLine(set, along);
    this.again = button("Draw ten others", () => {
      set("draw")(state.numbers("draw")[0] + 1);
    });
    this.boxes = networks.map(([name, words]) =>
      checkbox({ label: words, value: false, change: (on) => toggle(name, on) }),
    );
    this.place();
  }

  makeLine(set, along) {
    const end = (name, label) =>
      menu({ label, options: [["-1", "\u2026"]], value: "-1", change: set(name) });
    this.ends = [end("from", "From test digit"), end("to", "to test digit")];
    const [value] = this.state.numbers("t");
    const range = { min: 0, max: 1, step: 0.01, value };
    this.along = slider({ label: "Along the line", ...range, change: along });
    const parts = [...this.ends, this.along].map(({ element }) => element);
    this.line = make("div", { class: "vae-live-line" }, ...parts);
  }

  place() {
    const [show, pixels, row] = this.choices.map(([, choice]) => choice.element);
    const legend = make("legend", { text: "Beside it, at the same code" });
    const boxes = this.boxes.map((box) => box.element);
    const nets = make("fieldset", { class: "vae-live-choice" }, legend, ...boxes);
    this.elements = [
      make("div", { class: "vae-live-choices" }, show, pixels, nets),
      make("div", { class: "vae-live-rowbox" }, row, this.line, this.again),
    ];
  }

  /** Offer fifty test digits as the ends of the line. */
  offer(data) {
    const options = fifty(data);
    for (const { input } of this.ends) {
      const made = options.map((i) => make("option", { value: i, text: nameOf(data, i) }));
      input.replaceChildren(...made);
    }
  }

  /** Show what is chosen, which may have come with the address. */
  update(ends, nets) {
    for (const [name, choice] of this.choices) choice.set(chosen(this.state, name));
    this.boxes.forEach(
      ({ input }, k) => (input.checked = nets.includes(this.networks[k][0])),
    );
    this.ends.forEach(({ input }, k) => (input.value = ends[k]));
    this.along.set(this.state.numbers("t")[0]);
    const between = chosen(this.state, "row") === "between";
    this.line.hidden = !between;
    this.again.hidden = between;
  }
}
