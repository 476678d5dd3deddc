// What networks are made of, the product C += A B above all, in WebAssembly (kernel.wat)
// or in plain JavaScript.
import { KERNEL } from "./kernel.js";

const PAGE = 65536; // bytes; WebAssembly's memory comes in pages
const BLOCK = 4; // floats in a SIMD register
const ALIGNED = 16; // bytes of one
const TERMS = 64; // of a product at once: as many rows of B stay in a processor's cache

/**
 * @typedef {object} Kernel
 * @property {"wasm" | "js"} name
 * @property {WebAssembly.Memory} [memory] where the fast one's arrays lie
 * @property {(length: number) => Float32Array} alloc an array of zeros that lies where
 *   the product reaches it without a copy
 * @property {(C: Float32Array, A: Float32Array, B: Float32Array, m: number, k: number,
 *   n: number, options?: {transposeA?: boolean}) => void} addProduct
 *   C (m, n) += A (m, k) B (k, n), all row-major; with transposeA, A is stored (k, m)
 * @property {(x: Float32Array) => void} rectify x = max(0, x), in place
 * @property {(x: Float32Array) => void} sigmoid x = 1 / (1 + exp(-x)), in place
 */

let compiled = null;

/** The compiled module, or null where the browser has no WebAssembly SIMD. */
function compile() {
  compiled ??= decodeAndCompile();
  return compiled;
}

async function decodeAndCompile() {
  try {
    const bytes = Uint8Array.from(atob(KERNEL), (letter) => letter.charCodeAt(0));
    return await WebAssembly.compile(bytes);
  } catch {
    return null; // an old browser, or a page whose policy forbids compiling
  }
}

/**
 * A kernel with memory of its own.
 *
 * Arrays that take part in a fast product come from `alloc`. For others, and for shapes
 * that do not fill a register, the result is the same by plain JavaScript.
 *
 * @param {number} [room] how many floats its arrays hold together; 4 million (16 MB) by
 *   default. Memory that is never written costs nothing.
 * @returns {Promise<Kernel>}
 */
export async function kernel(room = 2 ** 22) {
  const module = await compile();
  if (module === null) return plainKernel();
  // A page more: 16 bytes are lost where an array does not end on a boundary.
  const pages = Math.ceil((room * Float32Array.BYTES_PER_ELEMENT) / PAGE) + 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const instance = await WebAssembly.instantiate(module, { live: { memory } });
  return wasmKernel(memory, instance.exports);
}

function wasmKernel(memory, { addProduct: product, rectify, sigmoid }) {
  const { buffer } = memory;
  let used = 0;

  function alloc(length) {
    const bytes = length * Float32Array.BYTES_PER_ELEMENT;
    if (used + bytes > buffer.byteLength) {
      throw new RangeError(
        `${length} more floats do not fit the kernel's memory of ` +
          `${buffer.byteLength} bytes: ask kernel(room) for more room.`,
      );
    }
    const array = new Float32Array(buffer, used, length);
    used = Math.ceil((used + bytes) / ALIGNED) * ALIGNED;
    return array;
  }

  const own = (...arrays) => arrays.every((array) => array.buffer === buffer);

  function addProduct(C, A, B, m, k, n, { transposeA = false } = {}) {
    checkSizes(C, A, B, m, k, n);
    const fast = own(C, A, B) && n > 0 && n % BLOCK === 0 ? k - (k % BLOCK) : 0;
    const [row, column] = transposeA ? [4, 4 * m] : [4 * k, 4];
    for (let p = 0; p < fast; p += TERMS) {
      const [a, b] = [A.byteOffset + p * column, B.byteOffset + 4 * p * n];
      product(a, b, C.byteOffset, m, Math.min(TERMS, fast - p), n, row, column);
    }
    addPlain(C, A, B, m, k, n, transposeA, fast);
  }

  /** `fast` where it can, and `plain` on what is left. */
  const inPlace = (fast, plain) => (x) => {
    const whole = own(x) ? x.length - (x.length % BLOCK) : 0;
    if (whole > 0) fast(x.byteOffset, 4 * whole);
    plain(x.subarray(whole));
  };

  return {
    name: "wasm",
    memory,
    alloc,
    addProduct,
    rectify: inPlace(rectify, rectifyPlain),
    sigmoid: inPlace(sigmoid, sigmoidPlain),
  };
}

/**
 * The same in plain JavaScript: the fallback, and what the tests compare with.
 *
 * @returns {Kernel}
 */
export function plainKernel() {
  return {
    name: "js",
    alloc: (length) => new Float32Array(length),
    addProduct(C, A, B, m, k, n, { transposeA = false } = {}) {
      checkSizes(C, A, B, m, k, n);
      addPlain(C, A, B, m, k, n, transposeA, 0);
    },
    rectify: rectifyPlain,
    sigmoid: sigmoidPlain,
  };
}

function rectifyPlain(x) {
  for (let i = 0; i < x.length; i++) x[i] = Math.max(0, x[i]);
}

function sigmoidPlain(x) {
  for (let i = 0; i < x.length; i++) x[i] = 1 / (1 + Math.exp(-x[i]));
}

/** The terms p >= first of the product; four a pass, in the order of the fast one. */
function addPlain(C, A, B, m, k, n, transposeA, first) {
  const [row, column] = transposeA ? [1, m] : [k, 1];
  for (let i = 0; i < m; i++) {
    const c = i * n;
    let p = first;
    for (; p + 3 < k; p += 4) {
      const a = i * row + p * column;
      const [a0, a1] = [A[a], A[a + column]];
      const [a2, a3] = [A[a + 2 * column], A[a + 3 * column]];
      if (a0 === 0 && a1 === 0 && a2 === 0 && a3 === 0) continue;
      const [b0, b1, b2, b3] = [p * n, (p + 1) * n, (p + 2) * n, (p + 3) * n];
      for (let j = 0; j < n; j++) {
        C[c + j] += a0 * B[b0 + j] + a1 * B[b1 + j] + (a2 * B[b2 + j] + a3 * B[b3 + j]);
      }
    }
    for (; p < k; p++) {
      const a = A[i * row + p * column];
      if (a === 0) continue;
      const b = p * n;
      for (let j = 0; j < n; j++) C[c + j] += a * B[b + j];
    }
  }
}

function checkSizes(C, A, B, m, k, n) {
  const wanted = [m * n, m * k, k * n];
  [C, A, B].forEach((array, i) => {
    if (!(array.length >= wanted[i])) {
      throw new RangeError(
        `${"CAB"[i]} has ${array.length} numbers, ${wanted[i]} are needed for ` +
          `m = ${m}, k = ${k}, n = ${n}.`,
      );
    }
  });
}
