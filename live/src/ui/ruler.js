/** A logarithmic ruler with marks, and a pointer at one value. */

const FONT = "12px system-ui, sans-serif";
const ROW = 18; // pixels of the page for the words of one mark
const EDGE = 10;

/** Where a value lies between the ends of a logarithmic ruler, 0 to 1; held inside. */
export function fraction(value, low, high) {
  const place = (Math.log10(value) - low) / (high - low);
  return Math.min(1, Math.max(0, place));
}

/**
 * Paint a ruler: each mark's words stand in a row of their own, to the left of its line
 * unless it says otherwise. With the largest mark first no words cross a line.
 * @param {CanvasRenderingContext2D} pen
 * @param {number} width in pixels of the page
 * @param {{low: number, high: number, title: string, value: ?number,
 *   marks: Array<{value: number, words: string, right?: boolean}>}} ruler low and high as powers of ten
 * @param {Object} look what colors() returns
 */
export function paintRuler(pen, width, { low, high, title, value, marks }, look) {
  const at = (v) => EDGE + (width - 2 * EDGE) * fraction(v, low, high);
  const base = ROW * marks.length + 16;
  pen.font = FONT;
  pen.lineWidth = 1;
  marks.forEach((mark, row) => paintMark(pen, at(mark.value), row, mark, base, look));
  paintAxis(pen, width, at, base, { low, high, title }, look);
  if (value === null) return;
  pen.fillStyle = look.accent;
  pen.beginPath();
  pen.arc(at(value), base, 7, 0, 2 * Math.PI);
  pen.fill();
}

function paintMark(pen, x, row, { words, right }, base, look) {
  const middle = ROW * (row + 0.5);
  pen.strokeStyle = look.second;
  pen.beginPath();
  pen.moveTo(x, middle - 6);
  pen.lineTo(x, base);
  pen.stroke();
  const room = pen.measureText(words).width + 5;
  pen.fillStyle = look.text;
  pen.fillText(words, right || room > x ? x + 5 : x - room, middle + 4);
}

function paintAxis(pen, width, at, base, { low, high, title }, look) {
  pen.strokeStyle = look.muted;
  pen.fillStyle = look.muted;
  pen.beginPath();
  pen.moveTo(EDGE, base);
  pen.lineTo(width - EDGE, base);
  for (let power = low; power <= high; power += 1) {
    pen.moveTo(at(10 ** power), base);
    pen.lineTo(at(10 ** power), base + 6);
  }
  pen.stroke();
  const words = (power) => (Math.abs(power) < 3 ? String(10 ** power) : `1e${power}`);
  for (let power = low; power <= high; power += 2) {
    const text = words(power).replace("-", "\u2212");
    const wide = pen.measureText(text).width;
    const left = Math.min(width - wide, Math.max(0, at(10 ** power) - wide / 2));
    pen.fillText(text, left, base + 21);
  }
  pen.fillText(title, (width - pen.measureText(title).width) / 2, base + 38);
}
