/** Dots of two estimators on one axis, their means, and the exact value. */

import { exact, summary, variances } from "../estimators.js";
import { seeded } from "../random.js";
import { number } from "./dom.js";

const FONT = "12px system-ui, sans-serif";
const TITLE = 18; // pixels of the page above each cloud, and below both
const HEIGHTS = 7; // the seed of the dots' heights

/**
 * Heights of dots, 0 to 1: chance, so that equal estimates do not hide one another.
 * @param {number} n
 * @returns {number[]} the first of them are the same for every n
 */
export function heights(n) {
  const random = seeded(HEIGHTS);
  return Array.from({ length: n }, () => random.uniform());
}

/**
 * Half the width of the axis: three deviations of the wider estimator.
 * @param {{mu: number, sigma: number, baseline?: boolean}} toy
 * @returns {number}
 */
export function limitOf(toy) {
  const { pathwise, score } = variances(toy);
  return 3 * Math.sqrt(Math.max(pathwise, score));
}

/**
 * Paint both clouds.
 * @param {CanvasRenderingContext2D} pen
 * @param {number} width in pixels of the page
 * @param {number} height
 * @param {{toy: Object, rows: Array<{words: string, draws: Float64Array}>}} shown
 * @param {Object} look what colors() returns
 */
export function paintClouds(pen, width, height, { toy, rows }, look) {
  const [middle, limit] = [exact(toy.mu), limitOf(toy)];
  const at = (value) => (width / 2) * (1 + (value - middle) / limit);
  const room = (height - TITLE) / rows.length;
  pen.font = FONT;
  rows.forEach(({ words, draws }, k) => {
    const box = { top: k * room + TITLE, tall: room - TITLE - 6 };
    const color = k ? look.second : look.accent;
    pen.fillStyle = look.text;
    pen.fillText(words, 0, box.top - 5);
    paintCloud(pen, at, draws, box, color);
    paintMean(pen, at, summary(draws), box, look);
  });
  paintExact(pen, width, height, look);
  for (const [value, x] of [
    [middle - limit, 0],
    [middle + limit, width],
  ]) {
    const words = number(value, 1);
    pen.fillText(words, x ? x - pen.measureText(words).width : 0, height - 3);
  }
}

function paintCloud(pen, at, draws, { top, tall }, color) {
  pen.fillStyle = color;
  pen.globalAlpha = draws.length > 100 ? 0.45 : 0.8;
  const up = heights(draws.length);
  draws.forEach((draw, i) => {
    pen.beginPath();
    pen.arc(at(draw), top + 3 + (tall - 6) * up[i], 2.2, 0, 2 * Math.PI);
    pen.fill();
  });
  pen.globalAlpha = 1;
}

/** The mean as an upright bar, with two standard errors to either side. */
function paintMean(pen, at, { mean, error }, { top, tall }, look) {
  const middle = top + tall / 2;
  pen.strokeStyle = look.text;
  pen.lineWidth = 3;
  pen.beginPath();
  pen.moveTo(at(mean), middle - 12);
  pen.lineTo(at(mean), middle + 12);
  if (error !== null) {
    pen.moveTo(at(mean - 2 * error), middle);
    pen.lineTo(at(mean + 2 * error), middle);
  }
  pen.stroke();
}

function paintExact(pen, width, height, look) {
  pen.strokeStyle = look.text;
  pen.lineWidth = 1;
  pen.setLineDash([4, 3]);
  pen.beginPath();
  pen.moveTo(width / 2, TITLE);
  pen.lineTo(width / 2, height - TITLE);
  pen.stroke();
  pen.setLineDash([]);
  pen.fillStyle = look.muted;
  const words = "exact";
  pen.fillText(words, (width - pen.measureText(words).width) / 2, height - 3);
}
