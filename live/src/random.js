// Random numbers that a seed repeats, in every browser.

/**
 * A stream of random numbers: xoshiro128** (Blackman and Vigna, 2021), seeded by
 * SplitMix32. The standard normals are Marsaglia's polar method.
 *
 * @param {number} seed a whole number, 0 to 2^32 - 1
 * @returns {{
 *   uniform: () => number,
 *   normal: () => number,
 *   normals: (n: number) => Float32Array,
 *   permutation: (n: number) => Uint32Array,
 * }} uniform() lies in [0, 1); normals(n) are n standard normals; permutation(n) is a
 *   random order of 0 .. n - 1
 * @throws {RangeError} if the seed is no such number
 */
export function seeded(seed) {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new RangeError(
      `seed must be a whole number from 0 to 4294967295, got ${seed}.`,
    );
  }
  const bits = xoshiro(splitMix(seed));
  // 24 bits, all that a float32 holds, so that 1 cannot come out by rounding.
  const uniform = () => (bits() >>> 8) / 0x1000000;
  const normal = polarMethod(uniform);
  return {
    uniform,
    normal,
    normals: (n) => Float32Array.from({ length: n }, normal),
    permutation: (n) => permutation(n, uniform),
  };
}

/** Four words of state from one, none of them related in an obvious way. */
function splitMix(seed) {
  let state = seed;
  return Uint32Array.from({ length: 4 }, () => {
    state = (state + 0x9e3779b9) | 0;
    let word = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return word ^ (word >>> 15);
  });
}

function xoshiro(state) {
  const rotate = (word, by) => (word << by) | (word >>> (32 - by));
  return () => {
    const result = Math.imul(rotate(Math.imul(state[1], 5), 7), 9);
    const shifted = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 11);
    return result >>> 0;
  };
}

function polarMethod(uniform) {
  let spare = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    let a, b, square;
    do {
      a = 2 * uniform() - 1;
      b = 2 * uniform() - 1;
      square = a * a + b * b;
    } while (square >= 1 || square === 0);
    const scale = Math.sqrt((-2 * Math.log(square)) / square);
    spare = b * scale;
    return a * scale;
  };
}

/** Fisher and Yates. */
function permutation(n, uniform) {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
