/** The widget "latents": one slider for each latent, and what a digit costs in bytes. */

import { gaussianKl } from "../elbo.js";
import { inBytes, gzipSize, pixelCosts, pngSize } from "./bytes.js";
import { digitPicture } from "./canvas.js";
import { button, make, menu, number, radios, sentence, slider } from "./dom.js";
import { fifty, nameOf } from "./samples.js";

const NETS = [
  ["mlp_10", "10 latents"],
  ["mlp_20", "20 latents"],
];
const DEAD = 0.01; // nats per digit
const LIMIT = 4;
const DRAWS = 64; // from q, for the mean of the distortion

/**
 * The mean rate of each latent over the test digits.
 * @param {{mean: Float32Array, logVar: Float32Array}} codes n * d
 * @param {number} d
 * @returns {Float64Array} d, nats per digit
 */
export function meanRates({ mean, logVar }, d) {
  const rates = new Float64Array(d);
  const n = mean.length / d;
  for (let i = 0; i < n; i += 1) {
    const [from, to] = [i * d, (i + 1) * d];
    const one = gaussianKl(mean.subarray(from, to), logVar.subarray(from, to));
    one.rates.forEach((rate, k) => (rates[k] += rate / n));
  }
  return rates;
}

/**
 * Build the widget.
 * @param {HTMLElement} body
 * @param {{state: State, services: Object}} context
 * @returns {() => Promise<void>}
 */
export function latents(body, { state, services }) {
  return new Latents(body, state, services).start;
}

latents.defaults = { net: "mlp_10", digit: "-1", z: "" };

class Latents {
  constructor(body, state, services) {
    Object.assign(this, { body, state, services, sliders: [] });
    body.widget = this; // for tests, and for the curious in the console
    const names = NETS.map(([name]) => name);
    this.net = radios({
      label: "Network: multilayer perceptron with",
      options: NETS,
      value: state.choice("net", names),
      change: (name) => {
        state.set("net", name);
        state.set("z", "");
        this.load();
      },
    });
    this.digit = menu({
      label: "Test digit",
      options: [["-1", "\u2026"]],
      value: "-1",
      change: (index) => {
        state.set("digit", index);
        state.set("z", "");
        this.encode();
      },
    });
    this.original = digitPicture({ label: "The test digit" });
    this.decoded = digitPicture({ label: "What the decoder draws from the sliders" });
    this.list = make("div", { class: "vae-live-latents" });
    this.rows = make("tbody");
    this.say = sentence();
    this.build();
    this.start = async () => {
      this.data = await services.digits();
      const options = fifty(this.data).map((i) => [i, nameOf(this.data, i)]);
      this.digit.input.replaceChildren(
        ...options.map(([value, text]) => make("option", { value, text })),
      );
      state.follow(() => this.load());
      await this.load();
    };
  }

  build() {
    const figure = (picture, words) =>
      make(
        "figure",
        { class: "vae-live-picture" },
        picture.canvas,
        make("figcaption", { text: words }),
      );
    const reset = button("Back to this digit's code", () => {
      this.state.set("z", "");
      this.encode();
    });
    const left = make("div", { class: "vae-live-side" });
    left.append(
      make(
        "div",
        { class: "vae-live-two" },
        figure(this.original, "test digit"),
        figure(this.decoded, "decoded from the sliders"),
      ),
      this.digit.element,
      this.net.element,
      reset,
    );
    const caption = "Cost of this test digit, in bytes";
    const table = make(
      "table",
      { class: "vae-live-numbers" },
      make("caption", { text: caption }),
      this.rows,
    );
    const stage = make("div", { class: "vae-live-split" }, left, this.list);
    this.showRows("the code", Array(8).fill("\u2026"));
    this.buildSliders(
      Number(
        this.state
          .choice(
            "net",
            NETS.map(([name]) => name),
          )
          .slice(4),
      ),
    );
    this.body.append(stage, this.say.element, table);
  }

  async load() {
    const name = this.state.choice(
      "net",
      NETS.map(([key]) => key),
    );
    this.net.set(name);
    this.model = await this.services.load(name);
    const codes = await this.services.codes(this.model);
    if (
      name !==
      this.state.choice(
        "net",
        NETS.map(([key]) => key),
      )
    )
      return; // changed meanwhile
    this.rates = meanRates(codes, this.model.latentDim);
    this.order = [...this.rates.keys()].sort((a, b) => this.rates[b] - this.rates[a]);
    this.buildSliders(this.model.latentDim);
    this.encode();
  }

  /** Sliders in the order of the rates; before these are known, room for as many. */
  buildSliders(d) {
    const order = this.order || Array.from({ length: d }, (_, k) => k);
    const most = this.rates ? this.rates[order[0]] : 1;
    this.sliders = [];
    const rows = order.map((k) => {
      const rate = this.rates ? this.rates[k] : 0;
      const dead = this.rates && rate < DEAD;
      const nats = this.rates ? `${number(rate, rate < 0.1 ? 3 : 1)} nats` : "\u2026";
      const one = slider({
        label: `z${k + 1}, ${nats}${dead ? ", dead" : ""}`,
        min: -LIMIT,
        max: LIMIT,
        step: 0.01,
        value: 0,
        change: (value) => this.move(k, value),
      });
      this.sliders[k] = one;
      one.input.disabled = !this.rates;
      one.element.classList.toggle("vae-live-dead", Boolean(dead));
      one.element.style.setProperty("--rate", `${(100 * rate) / most}%`);
      return one.element;
    });
    const words = "Latents by their mean rate on 500 test digits";
    this.list.replaceChildren(make("p", { class: "vae-live-title", text: words }), ...rows);
  }

  chosen() {
    const options = fifty(this.data);
    const [said] = this.state.numbers("digit");
    return options.includes(said) ? said : options[10];
  }

  encode() {
    const index = this.chosen();
    this.digit.input.value = index;
    this.x = this.data.images.slice(784 * index, 784 * (index + 1));
    this.q = this.model.encode(this.x, 1);
    const said = this.state.get("z").split(",").map(Number);
    const d = this.model.latentDim;
    const moved = said.length === d && said.every(Number.isFinite);
    this.z = moved ? Float32Array.from(said) : Float32Array.from(this.q.mean);
    this.sliders.forEach((one, k) => one.set(this.z[k]));
    this.original.show(this.x);
    this.showDecoded();
    this.showCost(index);
  }

  move(k, value) {
    this.z[k] = value;
    this.state.set("z", [...this.z].map((v) => v.toFixed(2)).join(","));
    this.showDecoded();
  }

  showDecoded() {
    const mean = this.model.decode(this.z, 1);
    this.decoded.show(mean);
    const far = Math.sqrt(mean.reduce((sum, m, i) => sum + (m - this.x[i]) ** 2, 0) / 784);
    const alive = this.rates.filter((rate) => rate >= DEAD).length;
    this.say.say(
      `${alive} of ${this.rates.length} latents carry at least ${DEAD} nats. The picture decoded from the ` +
        `sliders misses the test digit by ${number(far, 3)} of full ink in the root mean square.`,
    );
  }

  /** Rate and distortion of the digit under q, both averaged as the ELBO is. */
  costs() {
    const d = this.model.latentDim;
    const { mean, logVar } = this.q;
    const { kl: rate } = gaussianKl(mean, logVar);
    const noise = this.services.seeded(0).normals(DRAWS * d);
    const z = noise.map((e, i) => mean[i % d] + Math.exp(logVar[i % d] / 2) * e);
    const means = this.model.decode(z, DRAWS);
    const total = { density: 0, clipped: 0 };
    for (let s = 0; s < DRAWS; s += 1) {
      const cost = pixelCosts(this.x, means, this.model.variance, 784 * s);
      total.density += cost.density / DRAWS;
      total.clipped += cost.clipped / DRAWS;
    }
    return { rate, ...total };
  }

  showRows(code, values) {
    const words = [
      "784 pixels of 8 bits, as they are",
      code,
      "the pixels, given the code: density \u00d7 1/255",
      "together: \u2212ELBO of the model as trained",
      "the pixels, given the code: Gaussian clipped to [0, 1]",
      "together: \u2212ELBO with the clipped Gaussian",
      "PNG, 8-bit grey, best of five filters (57 of them its frame)",
      "gzip of the 784 bytes (18 of them its frame)",
    ];
    const row = (text, i) => {
      const parts = [make("th", { scope: "row", text }), make("td", { text: values[i] })];
      return make(
        "tr",
        { class: text.startsWith("together") ? "vae-live-total" : null },
        ...parts,
      );
    };
    this.rows.replaceChildren(...words.map(row));
  }

  async showCost(index) {
    const { rate, density, clipped } = this.costs();
    const levels = Uint8Array.from(this.x, (x) => Math.round(255 * x));
    const [png, gzip] = await Promise.all([pngSize(levels), gzipSize(levels)]).catch(() => [
      NaN,
      NaN,
    ]);
    if (index !== this.chosen()) return;
    const bytes = (nats) => `${number(inBytes(nats), 1)}`;
    const file = (size) => (Number.isNaN(size) ? "not in this browser" : String(size));
    const values = [
      "784",
      bytes(rate),
      bytes(density),
      bytes(rate + density),
      bytes(clipped),
      bytes(rate + clipped),
      file(png),
      file(gzip),
    ];
    this.showRows(`the code: rate ${number(rate, 1)} nats`, values);
  }
}
