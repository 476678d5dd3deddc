/** The pictures of the widget "train", each painted on a canvas of any size. */

import { number } from "../ui/dom.js";
import { DIGIT_COLORS } from "../ui/theme.js";

const FONT = "12px system-ui, sans-serif";
const MARGIN = { left: 48, right: 12, top: 12, bottom: 32 };

/** A limit of the plane that holds nearly all codes and does not flicker. */
export function planeLimit(codes) {
  const sizes = Float32Array.from(codes, Math.abs).sort();
  const wanted = sizes[Math.floor(0.99 * (sizes.length - 1))];
  return (
    [4, 5, 6, 8, 10, 13, 16, 20, 25, 40, 60, 100, 160, 250].find((limit) => limit >= wanted) ??
    400
  );
}

/** The codes, and circles that hold 39, 86 and 99 per cent of the prior's mass. */
export function paintCodes(pen, width, { codes, labels, limit }, look) {
  const at = (value) => (width / 2) * (1 + value / limit);
  const size = width < 300 ? 1.6 : 2.2;
  pen.globalAlpha = 0.75;
  for (let i = 0; i < labels.length; i++) {
    pen.fillStyle = DIGIT_COLORS[labels[i]];
    pen.fillRect(at(codes[2 * i]) - size / 2, at(-codes[2 * i + 1]) - size / 2, size, size);
  }
  pen.globalAlpha = 1;
  pen.strokeStyle = look.text;
  pen.lineWidth = 1;
  pen.font = FONT;
  for (const radius of [1, 2, 3]) {
    pen.beginPath();
    pen.arc(at(0), at(0), at(radius) - at(0), 0, 2 * Math.PI);
    pen.stroke();
  }
  write(pen, "z\u2081", width - 16, at(0) - 4, look);
  write(pen, "z\u2082", at(0) + 4, 14, look);
  write(pen, `\u00b1${limit}`, width - 32, width - 8, look);
}

/** The decoded grid, one picture of 560 x 560 pixels, ink on paper. */
export function paintManifold(pen, width, manifold, side, scratch, look) {
  const [edge, across] = [28, 28 * side];
  Object.assign(scratch, { width: across, height: across });
  const image = new ImageData(across, across);
  const [paper, ink] = look.dark ? [30, 242] : [255, 16];
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < manifold.length; i++) {
    const [digit, pixel] = [Math.floor(i / 784), i % 784];
    const row = Math.floor(digit / side) * edge + Math.floor(pixel / edge);
    const column = (digit % side) * edge + (pixel % edge);
    const grey = Math.round(paper + ((ink - paper) * manifold[i]) / 255);
    pixels[row * across + column] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
  }
  scratch.getContext("2d").putImageData(image, 0, 0);
  pen.drawImage(scratch, 0, 0, width, width);
}

/** One bar a latent, in nats. */
export function paintRates(pen, width, height, rates, look) {
  const axes = {
    x: [0, Math.max(1, ...rates.map((rate) => 1.25 * rate))],
    y: [0, rates.length],
  };
  pen.font = FONT;
  const place = frame(pen, width, height, axes, look, ["rate, nats a digit", ""], false);
  rates.forEach((rate, j) => {
    const [top, thick] = [place.y(rates.length - j - 0.2), place.y(0) - place.y(0.6)];
    pen.fillStyle = rate < 0.01 ? look.muted : j ? look.second : look.accent;
    pen.fillRect(place.x(0), top, Math.max(1, place.x(rate) - place.x(0)), thick);
    write(pen, j ? "z\u2082" : "z\u2081", 22, top + thick / 2 + 4, look);
    const words = number(rate, rate < 0.1 ? 3 : 2);
    // A negative rate, which only a broken program prints, has no bar but its number.
    write(pen, words, place.x(Math.max(0, rate)) + 4, top + thick / 2 + 4, look);
  });
}

/** In the place of a chart that has nothing to show. */
export function paintWords(pen, width, height, words, look) {
  pen.font = FONT;
  write(pen, words, Math.max(0, (width - pen.measureText(words).width) / 2), height / 2, look);
}

/**
 * The walk on the rate-distortion plane.
 * @param {Array<{rate: number, distortion: number}>} walk oldest first
 */
export function paintWalk(pen, width, height, walk, look) {
  const axes = {
    x: range(
      walk.map((p) => p.rate),
      0,
    ),
    y: range(walk.map((p) => p.distortion)),
  };
  const place = frame(pen, width, height, axes, look, ["rate, nats", "distortion"]);
  line(
    pen,
    walk.map((p) => [place.x(p.rate), place.y(p.distortion)]),
    look.muted,
    1.2,
  );
  const last = walk.at(-1);
  if (last) dot(pen, place.x(last.rate), place.y(last.distortion), look.accent);
}

/**
 * The bound against the epochs, held-out and, dashed, of training.
 * @param {Array<{epochs: number, heldOut: number, train: ?number}>} curve oldest first
 */
export function paintCurve(pen, width, height, curve, look) {
  // The first epoch climbs a thousand nats: once it is over, the rest sets the scale.
  const late = curve.filter((p) => p.epochs >= 2);
  const scale = late.length > 1 ? late : curve;
  const values = scale.flatMap((p) => (p.train === null ? [p.heldOut] : [p.heldOut, p.train]));
  const axes = { x: [0, Math.max(1, curve.at(-1)?.epochs ?? 1)], y: range(values) };
  const place = frame(pen, width, height, axes, look, ["epochs", "ELBO"]);
  pen.save();
  pen.beginPath();
  pen.rect(
    MARGIN.left,
    MARGIN.top,
    width - MARGIN.left - MARGIN.right,
    height - MARGIN.top - MARGIN.bottom,
  );
  pen.clip();
  const trained = curve.filter((p) => p.train !== null && p.epochs >= 1);
  pen.setLineDash([4, 3]);
  line(
    pen,
    trained.map((p) => [place.x(p.epochs), place.y(p.train)]),
    look.muted,
    1.5,
  );
  pen.setLineDash([]);
  line(
    pen,
    curve.map((p) => [place.x(p.epochs), place.y(p.heldOut)]),
    look.accent,
    2,
  );
  pen.restore();
}

function range(values, least = null) {
  if (!values.length) return [0, 1];
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (least !== null) low = Math.min(least, low);
  const room = 0.06 * (high - low) || 10;
  return [least === null ? low - room : low, high + room];
}

/** Axes with the numbers of their ends; returns where values lie. */
function frame(pen, width, height, { x, y }, look, [below, beside], withY = true) {
  const [left, right] = [MARGIN.left, width - MARGIN.right];
  const [top, bottom] = [MARGIN.top, height - MARGIN.bottom];
  pen.font = FONT;
  pen.strokeStyle = look.line;
  pen.lineWidth = 1;
  pen.strokeRect(left, top, right - left, bottom - top);
  const digits = (span) => (span[1] - span[0] < 5 ? 1 : 0);
  write(pen, number(x[0], 0), left, bottom + 14, look);
  writeRight(pen, number(x[1], digits(x)), right, bottom + 14, look);
  write(
    pen,
    below,
    left + (right - left) / 2 - pen.measureText(below).width / 2,
    bottom + 26,
    look,
  );
  if (withY) {
    writeRight(pen, number(y[1], digits(y)), left - 4, top + 10, look);
    writeRight(pen, number(y[0], digits(y)), left - 4, bottom, look);
    write(pen, beside, left + 5, top + 13, look);
  }
  return {
    x: (value) => left + ((value - x[0]) / (x[1] - x[0])) * (right - left),
    y: (value) => bottom - ((value - y[0]) / (y[1] - y[0])) * (bottom - top),
  };
}

function write(pen, words, x, y, look) {
  pen.fillStyle = look.muted;
  pen.fillText(words, x, y);
}

function writeRight(pen, words, x, y, look) {
  write(pen, words, x - pen.measureText(words).width, y, look);
}

function line(pen, points, color, thick) {
  pen.strokeStyle = color;
  pen.lineWidth = thick;
  pen.beginPath();
  points.forEach(([x, y]) => pen.lineTo(x, y));
  pen.stroke();
}

function dot(pen, x, y, color) {
  pen.fillStyle = color;
  pen.beginPath();
  pen.arc(x, y, 4.5, 0, 2 * Math.PI);
  pen.fill();
}
