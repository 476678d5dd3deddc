/** The latent plane on a canvas: codes as points, a cross to move, arrow keys. */

import { make } from "./dom.js";
import { paintDigit, SIDE, surface } from "./canvas.js";
import { onArrows, onDrag } from "./moves.js";
import { colors, DIGIT_COLORS } from "./theme.js";

const STEP = 0.1; // of an arrow key; with shift a tenth of it

/**
 * The middle of each class: the median of its codes, coordinate by coordinate.
 * @param {Float32Array} codes n * 2
 * @param {ArrayLike<number>} labels n
 * @returns {Array<[number, number, number]>} (label, z1, z2)
 */
export function middles(codes, labels) {
  const found = [];
  for (let label = 0; label < 10; label += 1) {
    const axes = [[], []];
    for (let i = 0; i < labels.length; i += 1) {
      if (labels[i] === label) axes.forEach((axis, k) => axis.push(codes[2 * i + k]));
    }
    if (!axes[0].length) continue;
    const [a, b] = axes.map((axis) => axis.sort((p, q) => p - q)[axis.length >> 1]);
    found.push([label, a, b]);
  }
  return found;
}

/** A square window of the plane that the reader can move in. */
export class PlaneView {
  /**
   * @param {{label: string, limit: number, move?: (z: [number, number]) => void}} options
   *   limit: the window is [-limit, limit] in both coordinates; without move the plane is
   *   a map to look at
   */
  constructor({ label, limit, move }) {
    this.limit = limit;
    this.move = move;
    this.z = [0, 0];
    this.points = null; // {codes, labels or null}
    this.backdrop = null; // {pixels, count}: a grid of decoded digits
    this.path = []; // places of the row of digits
    this.joined = false; // by a line
    this.frame = null; // {center, half}: a window that is shown elsewhere
    const made = surface({ paint: (pen, width) => this.paint(pen, width) });
    this.repaint = made.repaint;
    this.canvas = made.canvas;
    this.element = this.canvas;
    this.canvas.classList.add(move ? "vae-live-plane" : "vae-live-map");
    name(this.canvas, { role: move ? "application" : "img", label });
    if (move) this.listen();
  }

  listen() {
    const { canvas } = this;
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width;
      const y = (event.clientY - box.top) / box.height;
      this.go([(2 * x - 1) * this.limit, (1 - 2 * y) * this.limit]);
    };
    onDrag(canvas, place);
    onArrows(canvas, (direction, small) => {
      const step = small ? STEP / 10 : STEP;
      this.go(this.z.map((value, k) => value + step * direction[k]));
    });
  }

  go(z) {
    const inside = (value) => Math.min(this.limit, Math.max(-this.limit, value));
    this.move(z.map((value) => Math.round(inside(value) * 100) / 100));
  }

  /** A place of the plane in pixels of the canvas. */
  at(z1, z2, width) {
    const half = width / 2;
    return [half * (1 + z1 / this.limit), half * (1 - z2 / this.limit)];
  }

  paint(pen, width) {
    const look = colors();
    if (this.backdrop) this.paintBackdrop(pen, width);
    else this.paintPrior(pen, width, look);
    if (this.points) this.paintPoints(pen, width, look);
    this.paintPath(pen, width, look);
    if (this.frame) this.paintFrame(pen, width, look);
    if (!this.move) return;
    const cross = this.at(...this.z, width);
    ring(pen, cross, 9, look.paper, 5);
    ring(pen, cross, 9, look.accent, 2.5);
    ring(pen, cross, 1.5, look.accent, 3);
  }

  paintFrame(pen, width, look) {
    const { center, half } = this.frame;
    const side = Math.max(10, (half * width) / this.limit);
    const [x, y] = this.at(...center, width);
    for (const [color, line] of [
      [look.paper, 5],
      [look.accent, 2],
    ]) {
      pen.strokeStyle = color;
      pen.lineWidth = line;
      pen.strokeRect(x - side / 2, y - side / 2, side, side);
    }
  }

  paintPath(pen, width, look) {
    const places = this.path.map(([a, b]) => this.at(a, b, width));
    if (this.joined && places.length) {
      pen.beginPath();
      places.forEach(([x, y]) => pen.lineTo(x, y));
      pen.strokeStyle = look.text;
      pen.lineWidth = 1;
      pen.stroke();
    }
    for (const place of places) {
      ring(pen, place, 3.5, look.paper, 4);
      ring(pen, place, 3.5, look.text, 1.5);
    }
  }

  /** Circles that hold 39, 86 and 99 per cent of the prior's mass. */
  paintPrior(pen, width, look) {
    const [x, y] = this.at(0, 0, width);
    [1, 2, 3].forEach((radius) => {
      ring(pen, [x, y], (radius * width) / (2 * this.limit), look.line, 1);
    });
    pen.fillStyle = look.muted;
    pen.font = "12px system-ui, sans-serif";
    [1, 2, 3].forEach((r) => pen.fillText(String(r), this.at(r, 0, width)[0] + 3, y - 3));
    pen.fillText("z\u2081", width - 18, y + 15);
    pen.fillText("z\u2082", x + 6, 14);
    pen.globalAlpha = 0.5;
    pen.fillStyle = look.line;
    pen.fillRect(0, y - 0.5, width, 1);
    pen.fillRect(x - 0.5, 0, 1, width);
    pen.globalAlpha = 1;
  }

  paintBackdrop(pen, width) {
    const { pixels, count } = this.backdrop;
    const size = width / count;
    for (let i = 0; i < count * count; i += 1) {
      const x = (i % count) * size;
      const y = Math.floor(i / count) * size;
      paintDigit(pen, pixels, x, y, size, i * SIDE * SIDE);
    }
  }

  paintPoints(pen, width, look) {
    const { codes, labels } = this.points;
    const radius = width < 300 ? 1.8 : 2.4;
    pen.globalAlpha = look.dark ? 0.9 : 0.8;
    for (let i = 0; 2 * i < codes.length; i += 1) {
      const [x, y] = this.at(codes[2 * i], codes[2 * i + 1], width);
      pen.fillStyle = labels ? DIGIT_COLORS[labels[i]] : look.muted;
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.fill();
    }
    pen.globalAlpha = 1;
    if (!labels) return;
    pen.font = "bold 15px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    for (const [label, a, b] of (this.points.middles ||= middles(codes, labels))) {
      const [x, y] = this.at(a, b, width);
      pen.strokeStyle = look.paper;
      pen.lineWidth = 4;
      pen.strokeText(String(label), x, y);
      pen.fillStyle = look.text;
      pen.fillText(String(label), x, y);
    }
    pen.textAlign = "start";
    pen.textBaseline = "alphabetic";
  }
}

/** Give a canvas a role and a name; what can be moved is a stop of the Tab key. */
export function name(canvas, { role, label }) {
  canvas.removeAttribute("aria-hidden");
  canvas.setAttribute("role", role);
  canvas.setAttribute("aria-label", label);
  if (role === "application") canvas.setAttribute("tabindex", "0");
}

function ring(pen, [x, y], radius, color, line) {
  pen.strokeStyle = color;
  pen.lineWidth = line;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.stroke();
}
