/** A window of densities over a line, on a canvas; one of them can be moved. */

import { surface } from "./canvas.js";
import { onArrows, onDrag } from "./moves.js";
import { name } from "./plane_view.js";
import { colors } from "./theme.js";

const FONT = "12px system-ui, sans-serif";
const MARGIN = { left: 34, right: 8, top: 8, bottom: 22 };
const POINTS = 400; // of a curve
const WIDER = 0.05; // of an arrow key, as a part of the deviation
const STEP = 0.05; // of an arrow key, in units of z; with shift a fifth of both
const FOLD = 2; // by how many e-folds a drag over the whole height narrows q

/** How a curve looks that says nothing else. */
const LOOK = { width: 2.2, dash: [], fill: false };

export class LineView {
  /**
   * @param {{label: string, z: [number, number], className: string,
   *   nudge?: (mean: number, fold: number) => void}} options z: the window; nudge is told
   *   by what a drag or a key moves the mean, and by how many e-folds the deviation
   */
  constructor({ label, z, className, nudge }) {
    Object.assign(this, { z, curves: [], y: [0, 1] });
    Object.assign(
      this,
      surface({ paint: (pen, width, height) => this.paint(pen, width, height) }),
    );
    this.canvas.classList.add(className);
    name(this.canvas, { role: nudge ? "application" : "img", label });
    if (nudge) this.listen(nudge);
  }

  /**
   * @param {Array<{f: (z: number) => number, color: string, words: string}>} curves with
   *   what differs of LOOK; color names one of the theme's
   * @param {[number, number]} y the window's ends
   */
  show(curves, y) {
    Object.assign(this, { curves, y });
    this.repaint();
  }

  listen(nudge) {
    const { canvas } = this;
    let last = null;
    const start = (event) => {
      last = event;
    };
    onDrag(canvas, start, (event) => {
      const scale = (this.z[1] - this.z[0]) / this.inner(canvas.clientWidth);
      const fold = (FOLD * (event.clientY - last.clientY)) / canvas.clientHeight;
      nudge(scale * (event.clientX - last.clientX), fold);
      last = event;
    });
    onArrows(canvas, ([right, up], small) => {
      const size = small ? 1 / 5 : 1;
      nudge(size * STEP * right, -size * WIDER * up);
    });
  }

  inner(width) {
    return width - MARGIN.left - MARGIN.right;
  }

  paint(pen, width, height) {
    const look = colors();
    const [low, high] = this.y;
    const bottom = height - MARGIN.bottom;
    const x = (z) =>
      MARGIN.left + ((z - this.z[0]) / (this.z[1] - this.z[0])) * this.inner(width);
    const y = (v) => bottom - ((v - low) / (high - low)) * (bottom - MARGIN.top);
    pen.font = FONT;
    pen.save();
    pen.beginPath();
    pen.rect(MARGIN.left, MARGIN.top, this.inner(width), bottom - MARGIN.top);
    pen.clip();
    for (const curve of this.curves) this.paintCurve(pen, { ...LOOK, ...curve }, x, y, look);
    pen.restore();
    this.paintAxes(pen, x, y, look);
    this.paintWords(pen, width, look);
  }

  paintCurve(pen, { f, color, width, dash, fill }, x, y, look) {
    const path = new Path2D();
    for (let i = 0; i <= POINTS; i += 1) {
      const z = this.z[0] + (i / POINTS) * (this.z[1] - this.z[0]);
      path.lineTo(x(z), y(f(z)));
    }
    pen.strokeStyle = pen.fillStyle = look[color];
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.stroke(path);
    pen.setLineDash([]);
    if (!fill) return;
    path.lineTo(x(this.z[1]), y(0));
    path.lineTo(x(this.z[0]), y(0));
    pen.globalAlpha = 0.25;
    pen.fill(path);
    pen.globalAlpha = 1;
  }

  paintAxes(pen, x, y, look) {
    pen.strokeStyle = pen.fillStyle = look.muted;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x(this.z[0]), y(0));
    pen.lineTo(x(this.z[1]), y(0));
    pen.stroke();
    const whole = (n) => String(Number(n.toPrecision(3))).replace("-", "\u2212");
    pen.textAlign = "center";
    for (let z = Math.ceil(this.z[0]) + 1; z < this.z[1]; z += 1)
      pen.fillText(whole(z), x(z), y(this.y[0]) + 16);
    pen.textAlign = "right";
    const [low, high] = this.y;
    const apart = -low > 0.12 * (high - low); // else the lower end would touch the 0
    for (const value of apart ? [low, 0, high] : [0, high])
      pen.fillText(whole(value), MARGIN.left - 4, y(value) + (value > 0 ? 10 : 3));
    pen.textAlign = "start";
  }

  /** The names of the curves, one below the other, each beside a piece of its line. */
  paintWords(pen, width, look) {
    const named = this.curves.filter(({ words }) => words);
    named.forEach(({ words, color, dash = [] }, i) => {
      const top = MARGIN.top + 8 + 17 * i;
      pen.strokeStyle = look[color];
      pen.lineWidth = 2.2;
      pen.setLineDash(dash);
      pen.beginPath();
      pen.moveTo(MARGIN.left + 8, top);
      pen.lineTo(MARGIN.left + 30, top);
      pen.stroke();
      pen.setLineDash([]);
      // A rim of paper keeps the words readable over a curve.
      pen.strokeStyle = look.paper;
      pen.lineWidth = 4;
      pen.lineJoin = "round";
      pen.strokeText(words, MARGIN.left + 36, top + 4);
      pen.fillStyle = look.text;
      pen.fillText(words, MARGIN.left + 36, top + 4);
    });
  }
}
