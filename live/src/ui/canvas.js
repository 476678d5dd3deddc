/** Canvases that are sharp on every screen, and pictures of digits in them. */

import { make } from "./dom.js";
import { isDark, onTheme } from "./theme.js";

export const SIDE = 28;

/**
 * A canvas that repaints itself when its size, its content or the theme changes.
 * @param {{label?: string, className?: string,
 *   paint: (pen: CanvasRenderingContext2D, width: number, height: number) => void}} options
 *   paint is told the size in pixels of the page; without a label the canvas is hidden
 *   from screen readers
 * @returns {{canvas: HTMLCanvasElement, repaint: () => void}} repaint waits for a frame
 */
export function surface({ label, className = "", paint }) {
  const named = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  const canvas = make("canvas", { class: className, ...named });
  let waiting = false;
  const now = () => {
    waiting = false;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width || !height) return;
    const scale = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
    if (canvas.width !== w || canvas.height !== h)
      Object.assign(canvas, { width: w, height: h });
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    paint(pen, width, height);
  };
  const repaint = () => {
    if (!waiting) requestAnimationFrame(now);
    waiting = true;
  };
  new ResizeObserver(repaint).observe(canvas);
  onTheme(repaint);
  return { canvas, repaint };
}

const scratch = [];

function stamp(pixels, at) {
  const canvas = (scratch[0] ||= make("canvas", { width: SIDE, height: SIDE }));
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(SIDE, SIDE);
  const [paper, ink] = isDark() ? [30, 242] : [255, 16];
  for (let i = 0; i < SIDE * SIDE; i += 1) {
    const x = Math.min(1, Math.max(0, pixels[at + i]));
    const grey = paper + (ink - paper) * x;
    image.data.set([grey, grey, grey, 255], 4 * i);
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}

/**
 * Paint one digit, ink on paper, each pixel a square.
 * @param {CanvasRenderingContext2D} pen
 * @param {ArrayLike<number>} pixels 784 numbers, 0 paper and 1 ink, from `at` on
 * @param {number} x @param {number} y @param {number} size in pixels of the page
 * @param {number} [at]
 */
export function paintDigit(pen, pixels, x, y, size, at = 0) {
  pen.imageSmoothingEnabled = false;
  pen.drawImage(stamp(pixels, at), x, y, size, size);
}

/**
 * A picture of one digit.
 * @param {{label: string, className?: string}} options
 * @returns {{canvas: HTMLCanvasElement, show: (pixels: ArrayLike<number>) => void}}
 */
export function digitPicture({ label, className = "vae-live-digit" }) {
  let shown = null;
  const { canvas, repaint } = surface({
    label,
    className,
    paint: (pen, width) => shown && paintDigit(pen, shown, 0, 0, width),
  });
  const show = (pixels) => {
    shown = pixels;
    repaint();
  };
  return { canvas, show };
}

/**
 * A row of digits.
 * @param {{label: string, columns: number}} options
 * @returns {{canvas: HTMLCanvasElement,
 *   show: (pixels: Float32Array, marked?: number) => void}} pixels of n digits, n * 784
 */
export function digitRow({ label, columns }) {
  let shown = null;
  const { canvas, repaint } = surface({
    label,
    className: "vae-live-row",
    paint: (pen, width) => {
      if (!shown) return;
      const gap = 3;
      const size = (width - gap * (columns - 1)) / columns;
      for (let i = 0; i < shown.length / SIDE ** 2; i += 1) {
        paintDigit(pen, shown, i * (size + gap), 0, size, i * SIDE ** 2);
      }
    },
  });
  canvas.style.aspectRatio = String(columns);
  const show = (pixels) => {
    shown = pixels;
    repaint();
  };
  return { canvas, show };
}
