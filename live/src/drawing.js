// A drawing as MNIST would have made it of a scan: fitted, then centred by its mass.
//
// LeCun et al. (1998): the digit's box is scaled to fit 20 x 20 pixels with its aspect
// ratio kept, grey levels come from the anti-aliasing, and the result is placed in 28 x 28
// so that its centre of mass is at the centre: of the sample's digits at 14.49 pixels from
// the upper and from the left edge, with the spread of rounding to whole pixels.
import { checkNumbers } from "./checks.js";

const SIZE = 28;
const BOX = 20;
const CENTRE = 14.5; // of mass, in pixels from the edge: the middle of MNIST's pixel 14

/**
 * Normalise a drawing.
 *
 * @param {ArrayLike<number>} pixels ink in [0, 1], (height, width), 0 where there is none
 * @param {number} width
 * @param {number} [height]
 * @returns {Float32Array | null} an image (784) in [0, 1]; null if nothing is drawn
 * @throws {RangeError} if the numbers are not width x height numbers in [0, 1]
 */
export function normalise(pixels, width, height = width) {
  checkNumbers("pixels", pixels, height, width);
  if (pixels.some((ink) => ink < 0 || ink > 1)) {
    throw new RangeError("pixels must lie in [0, 1]: divide levels of 0..255 by 255.");
  }
  const box = boxOf(pixels, width, height);
  if (box === null) return null;
  const scale = BOX / Math.max(box.right - box.left, box.bottom - box.top);
  const across = overlaps(box.left, box.right, scale);
  const down = overlaps(box.top, box.bottom, scale);
  const fitted = areaMeans(pixels, width, down, across);
  return centred(fitted, down.length, across.length);
}

/**
 * Normalise what is on a canvas, drawn in any colour on a transparent ground.
 *
 * @param {ImageData} data of getImageData: the opacity is the ink
 * @returns {Float32Array | null} as {@link normalise}
 */
export function normaliseCanvas({ data, width, height }) {
  const ink = Float32Array.from({ length: width * height }, (_, i) => data[4 * i + 3] / 255);
  return normalise(ink, width, height);
}

/** The smallest box that holds all ink, its right and bottom edge not included. */
function boxOf(pixels, width, height) {
  const box = { left: width, right: 0, top: height, bottom: 0 };
  for (let i = 0; i < pixels.length; i++) {
    if (pixels[i] === 0) continue;
    const [row, column] = [Math.floor(i / width), i % width];
    box.left = Math.min(box.left, column);
    box.right = Math.max(box.right, column + 1);
    box.top = Math.min(box.top, row);
    box.bottom = Math.max(box.bottom, row + 1);
  }
  return box.right > 0 ? box : null;
}

/**
 * For each new pixel along one axis, the old ones that it covers and the share of each.
 *
 * @returns {{index: number, share: number}[][]} shares of a new pixel add up to 1, but for
 *   the last one, of which a part may lie outside
 */
function overlaps(start, end, scale) {
  const count = Math.min(BOX, Math.max(1, Math.ceil((end - start) * scale - 1e-9)));
  return Array.from({ length: count }, (_, pixel) => {
    const from = start + pixel / scale;
    const to = start + (pixel + 1) / scale;
    const covered = [];
    for (let index = Math.floor(from); index < Math.min(to, end); index++) {
      const length = Math.min(to, index + 1, end) - Math.max(from, index);
      if (length > 0) covered.push({ index, share: length * scale });
    }
    return covered;
  });
}

/** The mean ink under each new pixel, (rows, columns). */
function areaMeans(pixels, width, down, across) {
  const means = new Float64Array(down.length * across.length);
  down.forEach((rows, i) => {
    across.forEach((columns, j) => {
      let sum = 0;
      for (const row of rows) {
        for (const column of columns) {
          sum += row.share * column.share * pixels[row.index * width + column.index];
        }
      }
      means[i * across.length + j] = sum;
    });
  });
  return means;
}

/** Placed in 28 x 28 with the centre of mass as near to the centre as whole pixels go. */
function centred(fitted, rows, columns) {
  let [mass, down, across] = [0, 0, 0];
  fitted.forEach((ink, g) => {
    mass += ink;
    down += ink * (Math.floor(g / columns) + 0.5);
    across += ink * ((g % columns) + 0.5);
  });
  const top = shift(down / mass, rows);
  const left = shift(across / mass, columns);
  const image = new Float32Array(SIZE * SIZE);
  fitted.forEach((ink, g) => {
    const [row, column] = [Math.floor(g / columns), g % columns];
    image[(top + row) * SIZE + left + column] = Math.min(1, ink);
  });
  return image;
}

/** How far the fitted box is moved; it never leaves the image. */
function shift(centre, length) {
  return Math.min(SIZE - length, Math.max(0, Math.round(CENTRE - centre)));
}
