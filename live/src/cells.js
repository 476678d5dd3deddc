// Square cells of the latent plane: which there are, which are cut, which touch.
//
// A cell is a pair of whole numbers (i, j); with side h its centre is ((i + 1/2) h,
// (j + 1/2) h). A set of cells is a Set of keys, one number a pair.

const OFFSET = 2 ** 20; // more than any index; two of them fit a double's 53 bits

/** @returns {number} the key of cell (i, j) */
export const key = (i, j) => (i + OFFSET) * 2 * OFFSET + (j + OFFSET);

/** @returns {[number, number]} the cell of a key */
export const cellOf = (k) => {
  const i = Math.floor(k / (2 * OFFSET));
  return [i - OFFSET, k - i * 2 * OFFSET - OFFSET];
};

/** Keys of the cells whose centre lies in a ring around 0. */
export function ring(inner, outer, h) {
  const half = Math.ceil(outer / h);
  const keys = [];
  for (let i = -half; i < half; i++) {
    for (let j = -half; j < half; j++) {
      const radius = Math.hypot(i + 0.5, j + 0.5) * h;
      if (radius >= inner && radius < outer) keys.push(key(i, j));
    }
  }
  return keys;
}

/** The children of cells and of all their neighbours, each once; their side is h / 2. */
export function halve(keys) {
  const grown = new Set();
  for (const k of keys) for (const neighbour of around(k)) grown.add(neighbour);
  const children = [];
  for (const k of grown) {
    const [i, j] = cellOf(k);
    for (const a of [0, 1]) for (const b of [0, 1]) children.push(key(2 * i + a, 2 * j + b));
  }
  return children;
}

/** A cell and its eight neighbours. */
export function around(k) {
  const [i, j] = cellOf(k);
  const keys = [];
  for (const a of [-1, 0, 1]) for (const b of [-1, 0, 1]) keys.push(key(i + a, j + b));
  return keys;
}

/** The connected parts of a set of cells; corners connect. */
export function components(keys) {
  const left = new Set(keys);
  const parts = [];
  for (const first of keys) {
    if (!left.delete(first)) continue;
    const part = [first];
    for (const k of part) {
      for (const neighbour of around(k)) if (left.delete(neighbour)) part.push(neighbour);
    }
    parts.push(part);
  }
  return parts;
}

/** Centres, (n, 2). */
export function centres(keys, h) {
  const z = new Float32Array(2 * keys.length);
  keys.forEach((k, index) => {
    const [i, j] = cellOf(k);
    z[2 * index] = (i + 0.5) * h;
    z[2 * index + 1] = (j + 0.5) * h;
  });
  return z;
}
