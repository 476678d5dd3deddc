/** One network of the widget "plane": its plane, its digit and its row of digits. */

import { digitPicture, digitRow } from "./canvas.js";
import { make, number } from "./dom.js";
import { PlaneView } from "./plane_view.js";

export const LIMIT = 3.6; // of the plane, in deviations of the prior
const ROW = 10; // digits
const GRID = 20; // digits a side, where the plane shows what the decoder draws
const SEEDS = { prior: 7, pixels: 11 };

/**
 * @typedef {object} Shown what the reader has chosen
 * @property {[number, number]} z
 * @property {"codes" | "prior" | "digits"} show in the plane
 * @property {"between" | "prior" | "aggregate"} row
 * @property {boolean} noisy whether pictures are samples of p(x | z), not its mean
 * @property {number} seed of the row's draws
 * @property {[number, number]} ends test digits at the ends of the row's line
 */

/** One network: its plane, its digit and, in the full form, its row of digits. */
export class Panel {
  /**
   * @param {{name: string, words: string, full: boolean, move: (z: [number, number]) => void}} options
   */
  constructor({ name, words, full, move }) {
    Object.assign(this, { name, full });
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

  /** Load the decoder and the codes of the test digits; the panel is ready then. */
  async load(services, labels) {
    const model = await services.loadDecoder(this.name);
    const { mean, logVar } = await services.codes(model);
    const deviations = logVar.map((v) => Math.exp(v / 2));
    const points = { codes: mean, labels };
    Object.assign(this, {
      model,
      codes: mean,
      deviations,
      points,
      seeded: services.seeded,
    });
  }

  /** @param {Shown} shown */
  paint(shown) {
    const { model, view } = this;
    this.digit.show(this.pictures(Float32Array.from(shown.z), shown));
    this.caption.textContent = shown.noisy
      ? `mean + noise, \u03c3\u00a0=\u00a0${number(Math.sqrt(model.variance), 3)}`
      : "mean of p(x\u00a0|\u00a0z)";
    view.z = shown.z;
    view.points = this.points;
    view.backdrop = null;
    if (this.full) this.paintFull(shown);
    view.repaint();
  }

  paintFull(shown) {
    const { view } = this;
    if (shown.show === "prior") {
      view.points = {
        codes: this.seeded(SEEDS.prior).normals(this.codes.length),
        labels: null,
      };
    }
    if (shown.show === "digits") {
      this.grid ||= this.model.decode(gridCodes());
      view.points = null;
      view.backdrop = { count: GRID, pixels: this.grid };
    }
    const codes = this.rowCodes(shown);
    view.joined = shown.row === "between";
    view.path = Array.from({ length: ROW }, (_, i) => [codes[2 * i], codes[2 * i + 1]]);
    this.row.show(this.pictures(codes, shown));
  }

  /** The ten codes of the row, (10, 2): on a line, or drawn. */
  rowCodes({ row, seed, ends: [from, to] }) {
    const random = this.seeded(seed);
    const { codes, deviations } = this;
    const count = codes.length / 2;
    const found = [];
    for (let i = 0; i < ROW; i += 1) {
      const t = i / (ROW - 1);
      // For the aggregate posterior a digit by chance, then a code from its q.
      const n = Math.floor(random.uniform() * count);
      for (let k = 0; k < 2; k += 1) {
        const noise = random.normal();
        const places = {
          between: (1 - t) * codes[2 * from + k] + t * codes[2 * to + k],
          prior: noise,
          aggregate: codes[2 * n + k] + deviations[2 * n + k] * noise,
        };
        found.push(places[row]);
      }
    }
    return Float32Array.from(found);
  }

  /** Means of p(x | z), or samples of it. */
  pictures(codes, { noisy }) {
    const means = this.model.decode(codes);
    if (!noisy) return means;
    const noise = this.seeded(SEEDS.pixels).normals(means.length);
    const deviation = Math.sqrt(this.model.variance);
    return means.map((mean, i) => mean + deviation * noise[i]);
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
