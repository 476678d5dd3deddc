/** Lines of equal height on a regular grid. */

/**
 * Marching squares: where a function on a grid crosses a height.
 * @param {ArrayLike<number>} values rows * columns, row-major
 * @param {number} columns @param {number} level
 * @returns {Array<[number, number, number, number]>} segments x1, y1, x2, y2 in steps of
 *   the grid
 */
export function segments(values, columns, level) {
  const rows = values.length / columns;
  const found = [];
  for (let r = 0; r + 1 < rows; r += 1) {
    for (let c = 0; c + 1 < columns; c += 1) {
      const corners = [
        [c, r],
        [c + 1, r],
        [c + 1, r + 1],
        [c, r + 1],
      ];
      const height = corners.map(([x, y]) => values[y * columns + x] - level);
      const crossings = [];
      for (let k = 0; k < 4; k += 1) {
        const next = (k + 1) % 4;
        if (height[k] > 0 === height[next] > 0) continue;
        const t = height[k] / (height[k] - height[next]);
        const [a, b] = [corners[k], corners[next]];
        crossings.push(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]));
      }
      for (let i = 0; i < crossings.length; i += 4) found.push(crossings.slice(i, i + 4));
    }
  }
  return found;
}
