/** The posterior of one digit near the encoder's mean: contours, and q to scale. */

import { segments } from "./contour.js";
import { surface } from "./canvas.js";
import { onArrows, onDrag } from "./moves.js";
import { name } from "./plane_view.js";
import { colors } from "./theme.js";

export const COLUMNS = 64; // of the grid on which contours are found
const DEVIATIONS = [1, 2]; // of q's ellipses

/**
 * The square that holds the posterior's main island and q.
 * @param {import("../posterior.js").Posterior} posterior
 * @param {{mean: number[], logVar: number[]}} q
 * @returns {{center: [number, number], half: number}}
 */
export function windowOf({ cells, levels, modes }, q) {
  const level = levels.at(-1).logDensity;
  const far = (mode, z) => Math.hypot(z[0] - mode.z[0], z[1] - mode.z[1]);
  const reach = q.logVar.map((v) => 2.2 * Math.exp(v / 2));
  const box = [0, 1].map((k) => [q.mean[k] - reach[k], q.mean[k] + reach[k]]);
  cells.logDensity.forEach((value, g) => {
    if (value < level) return;
    const z = [cells.z[2 * g], cells.z[2 * g + 1]];
    // A cell belongs to the island whose top is nearest.
    if (modes.slice(1).some((mode) => far(mode, z) < far(modes[0], z))) return;
    z.forEach((value, k) => {
      box[k] = [Math.min(box[k][0], value), Math.max(box[k][1], value)];
    });
  });
  const half = 0.56 * Math.max(...box.map(([low, high]) => high - low));
  return { center: box.map(([low, high]) => (low + high) / 2), half };
}

export class PosteriorView {
  /** @param {{label: string, move: (z: [number, number]) => void}} options */
  constructor({ label, move }) {
    this.move = move;
    this.lines = [];
    this.ellipses = []; // {mean, logVar, kind: "encoder" | "hand" | "best"}
    this.center = null;
    const made = surface({ paint: (pen, width) => this.paint(pen, width) });
    Object.assign(this, made);
    name(this.canvas, { role: "application", label });
    this.canvas.classList.add("vae-live-plane");
    this.listen();
  }

  /**
   * @param {[number, number]} center @param {number} half half the window's side
   * @param {Float64Array} logs of densityGrid in this window
   * @param {{logDensity: number}[]} levels of the posterior's regions
   */
  show(center, half, logs, levels) {
    Object.assign(this, { center, half });
    // On the logarithm, which is smooth where the density has a sharp peak.
    this.lines = levels.map(({ logDensity }) => segments(logs, COLUMNS, logDensity));
    this.repaint();
  }

  listen() {
    const { canvas } = this;
    const place = (event) => {
      if (!this.center) return;
      const box = canvas.getBoundingClientRect();
      const x = (2 * (event.clientX - box.left)) / box.width - 1;
      const y = 1 - (2 * (event.clientY - box.top)) / box.height;
      this.go([this.center[0] + x * this.half, this.center[1] + y * this.half]);
    };
    onDrag(canvas, place);
    onArrows(canvas, (direction, small) => {
      const mine = this.ellipses.find(({ kind }) => kind === "hand");
      if (!mine) return false;
      const step = this.half / (small ? 200 : 20);
      this.go(mine.mean.map((value, k) => value + step * direction[k]));
    });
  }

  go(z) {
    this.move(
      z.map((value, k) => {
        const [low, high] = [this.center[k] - this.half, this.center[k] + this.half];
        return Math.min(high, Math.max(low, value));
      }),
    );
  }

  at([a, b], width) {
    const scale = width / (2 * this.half);
    return [
      (a - this.center[0] + this.half) * scale,
      (this.center[1] + this.half - b) * scale,
    ];
  }

  paint(pen, width) {
    if (!this.center) return;
    const look = colors();
    const step = width / (COLUMNS - 1);
    this.lines.forEach((line, k) => {
      pen.beginPath();
      for (const [a, b, c, d] of line) {
        pen.moveTo(a * step, b * step);
        pen.lineTo(c * step, d * step);
      }
      pen.strokeStyle = look.text;
      pen.globalAlpha = 1 - 0.25 * k;
      pen.lineWidth = 1.5;
      pen.stroke();
    });
    pen.globalAlpha = 1;
    for (const one of this.ellipses) this.paintEllipse(pen, width, one, look);
    this.paintScale(pen, width, look);
  }

  paintEllipse(pen, width, { mean, logVar, kind }, look) {
    const scale = width / (2 * this.half);
    const [x, y] = this.at(mean, width);
    const radius = logVar.map((value) => Math.exp(value / 2) * scale);
    pen.strokeStyle = kind === "encoder" ? look.accent : look.second;
    pen.setLineDash(kind === "best" ? [5, 4] : []);
    pen.lineWidth = 2.5;
    for (const deviation of DEVIATIONS) {
      pen.beginPath();
      pen.ellipse(x, y, deviation * radius[0], deviation * radius[1], 0, 0, 2 * Math.PI);
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.fillStyle = pen.strokeStyle;
    pen.beginPath();
    pen.arc(x, y, 3, 0, 2 * Math.PI);
    pen.fill();
  }

  /** A bar of round length, because the window is far smaller than the plane. */
  paintScale(pen, width, look) {
    const power = 10 ** Math.floor(Math.log10(this.half / 2));
    const length = [5, 2, 1].map((n) => n * power).find((n) => n <= this.half / 2);
    const pixels = (length * width) / (2 * this.half);
    pen.fillStyle = look.text;
    pen.fillRect(12, width - 16, pixels, 2);
    pen.font = "12px system-ui, sans-serif";
    pen.fillText(String(Number(length.toPrecision(1))), 12, width - 22);
  }
}
