/** The widget "plane": move in the latent plane, and the digit follows. */

import { make, number, sentence, slider } from "./dom.js";
import { chosen, PlaneControls } from "./plane_controls.js";
import { LIMIT, Panel } from "./plane_panel.js";
import { fifty } from "./samples.js";

const NETWORKS = [
  ["mlp_2", "multilayer perceptron"],
  ["conv_2", "convolutional"],
  ["conv_feature_map_2", "convolutional, feature-map decoder"],
];
const DEFAULTS = {
  z: "0.30,-0.60",
  nets: "mlp_2",
  show: "codes",
  row: "between",
  from: "-1", // the first 7 that is offered
  to: "-1", // the first 0
  t: "0.5",
  pixels: "mean",
  draw: "1",
};

/**
 * Build the widget.
 * @param {HTMLElement} body where it goes
 * @param {{state: State, form: string, services: Object}} context
 * @returns {() => Promise<void>} loads the weights and starts it
 */
export function plane(body, { state, form, services }) {
  return new Plane(body, state, form === "full", services).start;
}

plane.defaults = DEFAULTS;

class Plane {
  constructor(body, state, full, services) {
    Object.assign(this, { body, state, full, services, panels: new Map(), data: null });
    body.widget = this; // for tests, and for the curious in the console
    this.say = sentence();
    this.stage = make("div", { class: "vae-live-stage" });
    body.append(this.stage);
    this.addControls();
    body.append(this.say.element);
    this.addPanel("mlp_2");
    this.start = async () => {
      this.data = await services.digits();
      this.controls?.offer(this.data);
      await this.loadPanels();
      state.follow(() => this.loadPanels());
    };
  }

  addPanel(name) {
    const words = new Map(NETWORKS).get(name);
    const panel = new Panel({ name, words, full: this.full, move: (z) => this.moveTo(z) });
    this.panels.set(name, panel);
    this.stage.append(panel.element);
    return panel;
  }

  addControls() {
    const z = this.state.numbers("z");
    const axis = (k) =>
      slider({
        label: `Code z${"\u2081\u2082"[k]}`,
        min: -LIMIT,
        max: LIMIT,
        step: 0.01,
        value: z[k],
        change: (value) => {
          const next = this.state.numbers("z");
          next[k] = value;
          this.moveTo(next);
        },
      });
    this.axes = [axis(0), axis(1)];
    const sliders = make("div", { class: "vae-live-sliders" });
    sliders.append(...this.axes.map((one) => one.element));
    this.body.append(sliders);
    if (!this.full) return;
    this.controls = new PlaneControls({
      state: this.state,
      networks: NETWORKS.slice(1),
      change: () => this.update(),
      toggle: (name, on) => this.toggle(name, on),
      along: (t) => this.moveAlong(t),
    });
    this.body.append(...this.controls.elements);
  }

  chosenNets() {
    const known = NETWORKS.map(([name]) => name);
    const said = this.state
      .get("nets")
      .split(",")
      .filter((name) => known.includes(name));
    return known.filter((name) => name === "mlp_2" || (this.full && said.includes(name)));
  }

  async toggle(name, on) {
    const nets = this.chosenNets().filter((one) => one !== name);
    if (on) nets.push(name);
    this.state.set("nets", nets.join(","));
    if (this.data) await this.loadPanels();
  }

  async loadPanels() {
    const nets = this.chosenNets();
    for (const [name, panel] of this.panels) {
      if (!nets.includes(name)) {
        panel.element.remove();
        this.panels.delete(name);
      }
    }
    for (const name of nets) {
      const panel = this.panels.get(name) || this.addPanel(name);
      if (panel.model) continue;
      this.stage.dataset.columns = String(nets.length);
      try {
        await panel.load(this.services, this.data.labels);
      } catch (error) {
        if (name === "mlp_2") throw error;
        panel.element.replaceChildren(make("p", { text: error.message }));
      }
    }
    this.stage.dataset.columns = String(nets.length);
    this.update();
  }

  /** The test digit at one end of the line. */
  endOf(k) {
    const options = fifty(this.data);
    const [said] = this.state.numbers(k ? "to" : "from");
    return options.includes(said) ? said : options[k ? 0 : 35];
  }

  moveTo(z) {
    this.state.set("z", z.map((value) => value.toFixed(2)).join(","));
    this.update();
  }

  moveAlong(t) {
    this.state.set("t", t);
    if (!this.data) return;
    const { codes } = this.panels.get("mlp_2");
    const [a, b] = [0, 1].map((k) =>
      codes.subarray(2 * this.endOf(k), 2 * this.endOf(k) + 2),
    );
    this.moveTo([0, 1].map((k) => (1 - t) * a[k] + t * b[k]));
  }

  update() {
    const { state } = this;
    const z = state.numbers("z");
    this.axes.forEach((axis, k) => axis.set(z[k]));
    if (!this.panels.get("mlp_2").model) return;
    const ends = [this.endOf(0), this.endOf(1)];
    const [seed] = state.numbers("draw");
    const noisy = this.full && chosen(state, "pixels") === "sample";
    const shown = { z, noisy, ends, seed: Math.abs(Math.trunc(seed)) % 2 ** 32 };
    Object.assign(shown, { show: chosen(state, "show"), row: chosen(state, "row") });
    for (const panel of this.panels.values()) if (panel.model) panel.paint(shown);
    this.controls?.update(ends, this.chosenNets());
    this.speak(z);
  }

  speak(z) {
    const { codes } = this.panels.get("mlp_2");
    let [nearest, least] = [0, Infinity];
    for (let i = 0; 2 * i < codes.length; i += 1) {
      const distance = Math.hypot(codes[2 * i] - z[0], codes[2 * i + 1] - z[1]);
      if (distance < least) [nearest, least] = [i, distance];
    }
    const prior = -Math.log(2 * Math.PI) - (z[0] ** 2 + z[1] ** 2) / 2;
    this.say.say(
      `Code (${number(z[0])}, ${number(z[1])}): the nearest of ${codes.length / 2} test digits is a ` +
        `${this.data.labels[nearest]}, at distance ${number(least)}; log p(z) = ${number(prior)} nats.`,
    );
  }
}
