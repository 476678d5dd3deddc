/** A sheet to draw a digit on; its strokes fit into the page's address. */

import { surface } from "./canvas.js";
import { make } from "./dom.js";
import { colors, isDark } from "./theme.js";

export const PAD = 256; // units of the sheet: two hexadecimal digits
const PEN = 20; // width of the pen
const NEAR = 4; // points closer than this say nothing new

/**
 * Strokes as text: four hexadecimal digits a point, a dot between strokes.
 * @param {Array<Array<[number, number]>>} strokes points from 0 to 255
 */
export function writeStrokes(strokes) {
  const hex = (value) => Math.round(value).toString(16).padStart(2, "0");
  return strokes
    .map((stroke) => stroke.map(([x, y]) => hex(x) + hex(y)).join(""))
    .join(".");
}

/** The strokes of a text; none where it is not of that form. */
export function readStrokes(text) {
  if (!/^([0-9a-f]{4})+(\.([0-9a-f]{4})+)*$/.test(text)) return [];
  const value = (digits) => Number.parseInt(digits, 16);
  return text
    .split(".")
    .map((stroke) =>
      stroke.match(/.{4}/g).map((p) => [value(p.slice(0, 2)), value(p.slice(2))]),
    );
}

/** Draw strokes with a round pen into a square of some side. */
export function paintStrokes(pen, strokes, side, color) {
  const scale = side / PAD;
  pen.strokeStyle = color;
  pen.lineWidth = PEN * scale;
  pen.lineCap = "round";
  pen.lineJoin = "round";
  for (const stroke of strokes) {
    pen.beginPath();
    const [[x, y]] = stroke;
    pen.moveTo(x * scale, y * scale);
    for (const [a, b] of stroke.length > 1 ? stroke.slice(1) : stroke) {
      pen.lineTo(a * scale, b * scale + (stroke.length > 1 ? 0 : 0.01));
    }
    pen.stroke();
  }
}

/** Strokes as a picture of PAD x PAD pixels, opaque where there is ink. */
export function ink(strokes) {
  const canvas = make("canvas", { width: PAD, height: PAD });
  const pen = canvas.getContext("2d");
  paintStrokes(pen, strokes, PAD, "#000000");
  return pen.getImageData(0, 0, PAD, PAD);
}

/**
 * The sheet.
 * @param {{label: string, drawn: (strokes: Array) => void}} options drawn is called after
 *   each stroke
 * @returns {{canvas: HTMLCanvasElement, show: (strokes: Array) => void}}
 */
export function pad({ label, drawn }) {
  let strokes = [];
  const { canvas, repaint } = surface({
    label,
    className: "vae-live-pad",
    paint: (pen, width) => {
      pen.fillStyle = isDark() ? "#1e1e1e" : "#ffffff";
      pen.fillRect(0, 0, width, width);
      paintStrokes(pen, strokes, width, isDark() ? "#f2f2f2" : "#101010");
      if (strokes.length) return;
      pen.fillStyle = colors().muted;
      pen.font = "15px system-ui, sans-serif";
      pen.textAlign = "center";
      pen.fillText("draw a digit here", width / 2, width / 2);
    },
  });
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const inside = (value) => Math.min(PAD - 1, Math.max(0, value));
    return [
      inside(((event.clientX - box.left) / box.width) * PAD),
      inside(((event.clientY - box.top) / box.height) * PAD),
    ];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    strokes = [...strokes, [place(event)]];
    repaint();
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    const stroke = strokes.at(-1);
    const next = place(event);
    if (Math.hypot(next[0] - stroke.at(-1)[0], next[1] - stroke.at(-1)[1]) < NEAR) return;
    stroke.push(next);
    repaint();
  });
  canvas.addEventListener("lostpointercapture", () => drawn(strokes));
  const show = (some) => {
    strokes = some;
    repaint();
  };
  return { canvas, show };
}
