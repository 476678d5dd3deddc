/** The widget "draw": a digit of the reader's, its exact posterior, and a q to beat. */

import { normaliseCanvas } from "../drawing.js";
import { elbo } from "../elbo.js";
import { densityGrid } from "../posterior.js";
import { digitPicture } from "./canvas.js";
import { descend, evenNoise } from "./descent.js";
import { button, make, menu, number, sentence } from "./dom.js";
import { QSliders, scoreTable } from "./draw_parts.js";
import { ink, pad, readStrokes, writeStrokes } from "./pad.js";
import { PlaneView } from "./plane_view.js";
import { COLUMNS, PosteriorView, windowOf } from "./posterior_view.js";
import { fifty, nameOf } from "./samples.js";
import { calm } from "./theme.js";

const NET = "mlp_2";
const LIMIT = 3.6; // of the small plane
const SIDE = 16; // of the even noise: 256 codes for an ELBO
const FIRST = 10; // of the fifty, shown at first

const pause = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

/**
 * Build the widget.
 * @param {HTMLElement} body
 * @param {{state: State, services: Object}} context
 * @returns {() => Promise<void>}
 */
export function draw(body, { state, services }) {
  return new Draw(body, state, services).start;
}

draw.defaults = { digit: "-1", strokes: "", q: "" };

/** One Gaussian as the page's address holds it: two means, two deviations. */
const writeQ = ({ mean, logVar }) =>
  [...mean, ...logVar.map((v) => Math.exp(v / 2))].map((v) => v.toPrecision(5)).join(",");

function readQ(text) {
  const values = text.split(",").map(Number);
  if (values.length !== 4 || !values.every(Number.isFinite)) return null;
  if (!(values[2] > 0 && values[3] > 0)) return null;
  return { mean: values.slice(0, 2), logVar: values.slice(2).map((s) => 2 * Math.log(s)) };
}

class Draw {
  constructor(body, state, services) {
    Object.assign(this, { body, state, services, noise: evenNoise(SIDE), run: 0 });
    body.widget = this; // for tests, and for the curious in the console
    this.makeParts();
    this.build();
    this.start = async () => {
      [this.data, this.model] = await Promise.all([services.digits(), services.load(NET)]);
      const { mean } = await services.codes(this.model);
      this.map.points = { codes: mean, labels: this.data.labels };
      const options = fifty(this.data).map((i) =>
        make("option", { value: i, text: nameOf(this.data, i) }),
      );
      this.digit.input.append(...options);
      state.follow(() => this.begin());
      await this.begin();
    };
  }

  makeParts() {
    this.pad = pad({
      label: "A sheet to draw a digit on; the menu below offers test digits instead",
      drawn: (strokes) => this.drawn(strokes),
    });
    this.seen = digitPicture({
      label: "The digit as the network gets it, 28 by 28 pixels",
    });
    this.decoded = digitPicture({ label: "The digit decoded from the mean of your q" });
    this.digit = menu({
      label: "or take test digit",
      options: [["-1", "none: my own"]],
      value: "-1",
      change: (index) => this.choose(index),
    });
    this.view = new PosteriorView({
      label:
        "The posterior, enlarged: drag, or use the arrow keys, to move the mean of your q",
      move: (mean) => this.setMine({ mean, logVar: this.mine.logVar }),
    });
    this.map = new PlaneView({
      label:
        "The latent plane with the codes of test digits; a frame marks what is enlarged",
      limit: LIMIT,
    });
    this.table = scoreTable();
    this.sliders = new QSliders({
      change: (part, k, value) => this.changeMine(part, k, value),
      back: () => this.setMine(null),
      descend: () => this.findBest(),
    });
    this.say = sentence();
  }

  build() {
    const figure = (canvas, words) =>
      make(
        "figure",
        { class: "vae-live-picture" },
        canvas,
        make("figcaption", { text: words }),
      );
    const clear = button("Clear the sheet", () => this.choose("-1"));
    const pictures = make("div", { class: "vae-live-three" });
    pictures.append(
      figure(this.pad.canvas, "your sheet"),
      figure(this.seen.canvas, "normalised as MNIST: x"),
      figure(this.decoded.canvas, "decoded from q\u2019s mean"),
    );
    const choose = make("div", { class: "vae-live-line" }, clear, this.digit.element);
    const planes = make("div", { class: "vae-live-planes" });
    planes.append(
      figure(
        this.view.canvas,
        "Thin lines hold 50, 90 and 99 % of the exact posterior. Blue: the encoder\u2019s q; orange: yours; dashed: the best one; 1 and 2 deviations each.",
      ),
      figure(this.map.canvas, "The whole plane; the frame is enlarged."),
    );
    this.body.append(
      pictures,
      choose,
      planes,
      this.table.element,
      this.sliders.element,
      this.say.element,
    );
  }

  /** Change one number of the reader's q, and no other by a slider's rounding. */
  changeMine(part, k, value) {
    if (!this.mine) return; // the weights are still on their way
    const q = { mean: [...this.mine.mean], logVar: [...this.mine.logVar] };
    q[part][k] = value;
    this.setMine(q);
  }

  drawn(strokes) {
    this.state.set("strokes", writeStrokes(strokes));
    this.state.set("digit", "-1");
    this.state.set("q", "");
    if (this.model) this.begin();
  }

  choose(index) {
    this.state.set("digit", index);
    this.state.set("strokes", "");
    this.state.set("q", "");
    if (this.model) this.begin();
  }

  /** The image of this state: what is drawn, else a test digit. */
  image() {
    const strokes = readStrokes(this.state.get("strokes"));
    this.pad.show(strokes);
    if (strokes.length) {
      this.digit.input.value = "-1";
      return normaliseCanvas(ink(strokes));
    }
    const options = fifty(this.data);
    const [said] = this.state.numbers("digit");
    const index = options.includes(said) ? said : options[FIRST];
    this.digit.input.value = index;
    return this.data.images.slice(784 * index, 784 * (index + 1));
  }

  /** Encode the digit, show what is known at once, then find its exact posterior. */
  async begin() {
    const run = (this.run += 1);
    this.x = this.image();
    this.seen.show(this.x);
    const { mean, logVar } = this.model.encode(this.x, 1);
    this.q = { mean: [...mean], logVar: [...logVar] };
    this.posterior = null;
    this.best = null;
    this.scores = { encoder: elbo(this.model, this.x, this.noise, this.q).elbo };
    this.setMine(readQ(this.state.get("q")));
    const posterior = await this.services.posterior(this.model, this.x, this.q);
    if (run !== this.run) return;
    this.posterior = posterior;
    this.showWindow();
    this.update();
  }

  /** Enlarge where posterior and q are. */
  showWindow() {
    const { center, half } = windowOf(this.posterior, this.q);
    const grid = { centre: center, half, size: COLUMNS };
    const logs = densityGrid(this.model, this.x, this.posterior.logPx, grid);
    this.view.show(center, half, logs, this.posterior.levels);
    this.sliders.within(center, half);
    this.sliders.show(this.mine);
    this.map.frame = { center, half };
    this.map.repaint();
  }

  /** Take another q as the reader's; null for the encoder's. */
  setMine(q) {
    if (!this.q) return;
    this.state.set("q", q ? writeQ(q) : "");
    this.mine = q || this.q;
    this.sliders.show(this.mine);
    this.scores.mine = elbo(this.model, this.x, this.noise, this.mine).elbo;
    this.decoded.show(this.model.decodeOne(this.mine.mean));
    this.update();
  }

  /** Descend from the reader's q; each step is shown unless less motion is asked for. */
  async findBest() {
    if (!this.mine) return;
    const run = this.run;
    this.sliders.descend.disabled = true;
    let q = this.mine;
    for (q of descend(this.model, this.x, this.mine)) {
      this.best = q;
      if (!calm()) this.showEllipses();
      await pause();
      if (run !== this.run) break;
    }
    this.sliders.descend.disabled = false;
    if (run !== this.run) return;
    this.scores.best = elbo(this.model, this.x, this.noise, q).elbo;
    this.update();
  }

  showEllipses() {
    const { q, mine, best, view } = this;
    view.ellipses = [{ ...q, kind: "encoder" }];
    if (mine !== q) view.ellipses.push({ ...mine, kind: "hand" });
    if (best) view.ellipses.push({ ...best, kind: "best" });
    view.repaint();
  }

  update() {
    this.showEllipses();
    const { log, encoder, mine, best } = { ...this.scores, log: this.posterior?.logPx };
    const values = {
      log,
      encoder,
      gap: log - encoder,
      mine,
      best: this.best ? best : undefined,
      amortisation: this.best ? best - encoder : undefined,
    };
    this.table.show(values);
    this.speak(values);
  }

  speak({ log, encoder, gap, mine }) {
    if (!Number.isFinite(log))
      return this.say.say("The exact posterior is being added up \u2026");
    const { mass, modes } = this.posterior;
    const held = mass > 0.9999 ? "more than 99.99" : number(100 * mass, 2);
    const others = modes.length > 1 ? `, in ${modes.length} places` : "";
    const score =
      this.mine === this.q
        ? ""
        : ` Your q: ELBO ${number(mine)} nats, ${number(mine - encoder)} against the encoder.`;
    return this.say.say(
      `log p(x) = ${number(log)} = ELBO ${number(encoder)} + gap ${number(gap)} nats; the cells that were ` +
        `added up hold ${held} % of the posterior${others}.${score}`,
    );
  }
}
