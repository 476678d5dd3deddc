/** The widget "plane": move in the latent plane, and the digit follows. */

import { digitPicture, digitRow, SIDE } from "./canvas.js";
import { button, checkbox, make, menu, number, radios, sentence, slider } from "./dom.js";
import { PlaneView } from "./plane_view.js";
import { fifty, nameOf } from "./samples.js";

const LIMIT = 3.6;
const ROW = 10;
const GRID = 20;
const NETWORKS = [
  ["mlp_2", "multilayer perceptron"],
  ["conv_2", "convolutional"],
  ["conv_feature_map_2", "convolutional, feature map"],
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

/** One network: its plane, its digit and, in the full form, its row of digits. */
class Panel {
  constructor(name, words, full, move) {
    this.name = name;
    this.view = new PlaneView({
      label: `Latent plane of the ${words} network: drag, or use the arrow keys, with shift for small steps`,
      limit: LIMIT,
      move,
    });
    this.digit = digitPicture({
      label: `The digit that the ${words} network draws at this code`,
    });
    this.row = digitRow({ label: "Ten digits along the rings in the plane", columns: ROW });
    const picture = make("figure", { class: "vae-live-picture" }, this.digit.canvas);
    this.caption = make("figcaption", { text: "" });
    picture.append(this.caption);
    const pair = make("div", { class: "vae-live-pair" }, this.view.element, picture);
    this.element = make("div", { class: "vae-live-panel" });
    if (full) this.element.append(make("p", { class: "vae-live-title", text: words }));
    this.element.append(pair);
    if (full) this.element.append(this.row.canvas);
  }

  async load(services) {
    this.model = await services.loadDecoder(this.name);
    const { mean, logVar } = await services.codes(this.model);
    Object.assign(this, { codes: mean, deviations: logVar.map((v) => Math.exp(v / 2)) });
  }
}

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
      await this.loadPanels();
      state.follow(() => this.followAddress());
    };
  }

  addPanel(name) {
    const words = new Map(NETWORKS).get(name);
    const panel = new Panel(name, words, this.full, (z) => this.moveTo(z));
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
    if (this.full) this.addFullControls(sliders);
  }

  addFullControls(sliders) {
    const { state } = this;
    const chosen = (name, options) =>
      state.choice(
        name,
        options.map(([key]) => key),
      );
    const set = (name) => (value) => {
      state.set(name, value);
      this.update();
    };
    const choices = {
      show: [
        ["codes", "codes of 500 test digits"],
        ["prior", "500 draws from the prior"],
        ["digits", "what the decoder draws"],
      ],
      pixels: [
        ["mean", "the mean of p(x | z)"],
        ["sample", "one sample of it"],
      ],
      row: [
        ["between", "a straight line between two digits"],
        ["prior", "ten codes drawn from the prior"],
        ["aggregate", "ten codes drawn from the aggregate posterior"],
      ],
    };
    const labels = {
      show: "The plane shows",
      pixels: "The picture is",
      row: "The row shows",
    };
    this.choices = {};
    for (const [name, options] of Object.entries(choices)) {
      const value = chosen(name, options);
      this.choices[name] = radios({
        label: labels[name],
        options,
        value,
        change: set(name),
      });
    }
    this.ends = ["from", "to"].map((name) =>
      menu({
        label: name === "from" ? "From test digit" : "to test digit",
        options: [["0", "\u2026"]],
        value: "0",
        change: set(name),
      }),
    );
    this.along = slider({
      label: "Along the line",
      min: 0,
      max: 1,
      step: 0.01,
      value: state.numbers("t")[0],
      change: (t) => this.moveAlong(t),
    });
    this.again = button("Draw ten others", () => {
      state.set("draw", state.numbers("draw")[0] + 1);
      this.update();
    });
    this.ofLine = make(
      "div",
      { class: "vae-live-line" },
      ...this.ends.map((e) => e.element),
      this.along.element,
    );
    this.boxes = NETWORKS.slice(1).map(([name, words]) => {
      const value = this.chosenNets().includes(name);
      return checkbox({ label: words, value, change: (on) => this.toggle(name, on) });
    });
    const nets = make("fieldset", { class: "vae-live-choice" });
    nets.append(make("legend", { text: "Beside it, at the same code" }));
    nets.append(...this.boxes.map((box) => box.element));
    const row = make(
      "div",
      { class: "vae-live-rowbox" },
      this.choices.row.element,
      this.ofLine,
      this.again,
    );
    const more = make("div", { class: "vae-live-choices" });
    more.append(this.choices.show.element, this.choices.pixels.element, nets);
    sliders.after(more, row);
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
    await this.loadPanels();
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
        await panel.load(this.services);
      } catch (error) {
        if (name === "mlp_2") throw error;
        panel.element.replaceChildren(make("p", { text: error.message }));
      }
    }
    this.stage.dataset.columns = String(nets.length);
    if (this.full) this.fillMenus();
    this.update();
  }

  fillMenus() {
    const options = fifty(this.data);
    this.ends.forEach(({ input }, k) => {
      input.replaceChildren(
        ...options.map((i) => make("option", { value: i, text: nameOf(this.data, i) })),
      );
      input.value = this.endOf(k);
    });
  }

  /** The test digit at one end of the line. */
  endOf(k) {
    const options = fifty(this.data);
    const [said] = this.state.numbers(k ? "to" : "from");
    return options.includes(said) ? said : options[k ? 0 : 35];
  }

  followAddress() {
    for (const [name, choice] of Object.entries(this.choices || {}))
      choice.set(this.state.get(name));
    const nets = this.chosenNets();
    (this.boxes || []).forEach(
      (box, k) => (box.input.checked = nets.includes(NETWORKS[k + 1][0])),
    );
    this.loadPanels();
  }

  moveTo(z) {
    this.state.set("z", z.map((value) => value.toFixed(2)).join(","));
    if (this.data) this.update();
  }

  moveAlong(t) {
    this.state.set("t", t);
    const { codes } = this.panels.get("mlp_2");
    const [a, b] = [0, 1].map((k) =>
      codes.subarray(2 * this.endOf(k), 2 * this.endOf(k) + 2),
    );
    this.moveTo([0, 1].map((k) => (1 - t) * a[k] + t * b[k]));
  }

  update() {
    const z = this.state.numbers("z");
    this.axes.forEach((axis, k) => axis.set(z[k]));
    for (const panel of this.panels.values()) if (panel.model) this.paint(panel, z);
    if (this.full) {
      const between = this.state.get("row") === "between";
      this.ofLine.hidden = !between;
      this.again.hidden = between;
      this.along.set(this.state.numbers("t")[0]);
    }
    this.speak(z);
  }

  paint(panel, z) {
    const { model, view } = panel;
    const mean = model.decode(Float32Array.from(z), 1);
    const noisy = this.full && this.state.get("pixels") === "sample";
    panel.digit.show(noisy ? this.withNoise(mean, model.variance) : mean);
    panel.caption.textContent = noisy
      ? `mean + noise, σ = ${number(Math.sqrt(model.variance), 3)}`
      : "mean of p(x | z)";
    view.z = z;
    view.points = panel.points ||= { codes: panel.codes, labels: this.data.labels };
    view.backdrop = null;
    if (this.full) this.paintFull(panel);
    view.repaint();
  }

  paintFull(panel) {
    const { model, view } = panel;
    const show = this.state.get("show");
    if (show === "prior")
      view.points = { codes: this.random(7).normals(1000), labels: null };
    if (show === "digits") {
      view.points = null;
      view.backdrop = {
        count: GRID,
        pixels: (panel.grid ||= model.decode(gridCodes(), GRID * GRID)),
      };
    }
    const codes = this.rowCodes(panel);
    view.joined = this.state.get("row") === "between";
    view.path = Array.from({ length: ROW }, (_, i) => [codes[2 * i], codes[2 * i + 1]]);
    const means = model.decode(codes, ROW);
    const noisy = this.state.get("pixels") === "sample";
    panel.row.show(noisy ? this.withNoise(means, model.variance) : means);
  }

  /** The ten codes of the row: on a line, or drawn. */
  rowCodes(panel) {
    const codes = new Float32Array(2 * ROW);
    const row = this.state.get("row");
    const random = this.random(this.state.numbers("draw")[0]);
    const ends = [this.endOf(0), this.endOf(1)];
    for (let i = 0; i < ROW; i += 1) {
      if (row === "prior") {
        codes.set(random.normals(2), 2 * i);
      } else if (row === "aggregate") {
        const n = Math.floor(random.uniform() * this.data.labels.length);
        const noise = random.normals(2);
        for (let k = 0; k < 2; k += 1) {
          codes[2 * i + k] =
            panel.codes[2 * n + k] + panel.deviations[2 * n + k] * noise[k];
        }
      } else {
        const t = i / (ROW - 1);
        for (let k = 0; k < 2; k += 1) {
          codes[2 * i + k] =
            (1 - t) * panel.codes[2 * ends[0] + k] + t * panel.codes[2 * ends[1] + k];
        }
      }
    }
    return codes;
  }

  random(seed) {
    return this.services.seeded(seed);
  }

  withNoise(means, variance) {
    const noise = this.random(11).normals(means.length);
    const deviation = Math.sqrt(variance);
    return means.map((mean, i) => mean + deviation * noise[i]);
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

/** The middles of a grid of 20 x 20 cells, rows from above. */
function gridCodes() {
  const codes = new Float32Array(2 * GRID * GRID);
  const at = (i) => LIMIT * ((2 * i + 1) / GRID - 1);
  for (let i = 0; i < GRID * GRID; i += 1) {
    codes[2 * i] = at(i % GRID);
    codes[2 * i + 1] = -at(Math.floor(i / GRID));
  }
  return codes;
}
