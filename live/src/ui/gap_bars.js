/** ELBO and gap as bars: where one ends the other starts, and both end at log p(x). */

import { surface } from "./canvas.js";
import { number } from "./dom.js";
import { name } from "./plane_view.js";
import { colors } from "./theme.js";

const FONT = "12px system-ui, sans-serif";
const SIDE = 14;
const SPANS = [12, 25, 50, 100, 200, 400, 800];

/** How many nats are shown: the first round number that holds the ELBO. */
export function spanOf(elbo) {
  return SPANS.find((span) => span >= -1.05 * elbo) ?? SPANS.at(-1);
}

export class GapBars {
  constructor() {
    this.values = null;
    const paint = (pen, width, height) => this.values && this.paint(pen, width, height);
    Object.assign(this, surface({ paint }));
    this.canvas.classList.add("vae-live-axis", "vae-live-still-axis");
    const label =
      "A bar for the ELBO and, from its end, a bar for the gap, which ends at log p(x); the sentence below gives the numbers";
    name(this.canvas, { role: "img", label });
  }

  /** @param {{elbo: number, gap: number, logPx: number}} values in nats */
  show(values) {
    this.values = values;
    this.repaint();
  }

  paint(pen, width, height) {
    const look = colors();
    const { elbo, gap, logPx } = this.values;
    const span = spanOf(elbo);
    const x = (nats) => width - SIDE + (nats / span) * (width - 2 * SIDE);
    const [thick, bottom] = [height / 6, height - 22];
    pen.font = FONT;
    const rows = [
      [`ELBO = ${number(elbo, 3)}`, elbo, 0, look.accent],
      [`gap KL(q \u2016 p(z | x)) = ${number(gap, 3)}`, elbo, elbo + gap, look.second],
    ];
    rows.forEach(([words, from, to, color], i) => {
      const top = height * (0.13 + 0.4 * i);
      pen.fillStyle = color;
      pen.fillRect(x(from), top + 8, Math.max(1, x(to) - x(from)), thick);
      pen.fillStyle = look.text;
      pen.fillText(words, SIDE, top + 2);
    });
    this.paintAxis(pen, x, bottom, span, look);
    pen.strokeStyle = look.text;
    pen.lineWidth = 1.5;
    pen.setLineDash([5, 4]);
    pen.beginPath();
    pen.moveTo(x(logPx), 2);
    pen.lineTo(x(logPx), bottom);
    pen.stroke();
    pen.setLineDash([]);
  }

  paintAxis(pen, x, bottom, span, look) {
    pen.strokeStyle = pen.fillStyle = look.muted;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x(-span), bottom);
    pen.lineTo(x(0), bottom);
    pen.stroke();
    pen.fillText(number(-span, 0), x(-span) - SIDE / 2, bottom + 16);
    const log = `log p(x) = ${number(this.values.logPx, 3)}`;
    pen.textAlign = "right";
    // Away from the corner's 0, which the axis needs too.
    pen.fillText(log, x(0) - 22, bottom + 16);
    pen.fillText("0", x(0) + 3, bottom + 16);
    pen.textAlign = "start";
  }
}
