// Reads what tools/live_format.py packs: named arrays, deflated, in base64.

/**
 * @typedef {object} Payload
 * @property {[string, "uint8" | "float32" | "float16" | "columns", number[]][]} arrays
 *   name, kind and shape of each, in the order of the data
 * @property {string} data base64 of the deflated arrays
 */

/**
 * The arrays of a payload by name: Uint8Array for whole numbers, else Float32Array.
 *
 * @param {Payload} payload
 * @returns {Promise<Map<string, {array: Float32Array | Uint8Array, shape: number[]}>>}
 * @throws {Error} if the data are damaged
 */
export async function unpack({ arrays, data }) {
  const bytes = await inflate(fromBase64(data));
  const result = new Map();
  let start = 0;
  for (const [name, kind, shape] of arrays) {
    const count = shape.reduce((product, size) => product * size, 1);
    const { size, read } = KINDS[kind];
    const end = start + size(count, shape.at(-1));
    if (end > bytes.length) break;
    result.set(name, { array: read(bytes.subarray(start, end), count, shape.at(-1)), shape });
    start = end;
  }
  if (start !== bytes.length || result.size !== arrays.length) {
    throw new Error("The data do not have the sizes that they name.");
  }
  return result;
}

/** Loops here and below: with Uint8Array.from and a function it all takes twice as long. */
function fromBase64(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** The browser's own zlib; it checks the sum at the end and rejects damaged data. */
async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const KINDS = {
  uint8: { size: (count) => count, read: (bytes) => bytes.slice() },
  float32: { size: (count) => 4 * count, read: readFloats },
  float16: { size: (count) => 2 * count, read: readHalves },
  columns: { size: (count, columns) => 2 * count + 4 * columns, read: readColumns },
};

function readFloats(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const array = new Float32Array(bytes.length / 4);
  for (let i = 0; i < array.length; i++) array[i] = view.getFloat32(4 * i, true);
  return array;
}

/** Two bytes a number: all low ones come first, then all high ones. */
function join(bytes, count) {
  const array = new Uint16Array(count);
  for (let i = 0; i < count; i++) array[i] = bytes[i] | (bytes[count + i] << 8);
  return array;
}

function readHalves(bytes, count) {
  return Float32Array.from(join(bytes, count), halfToNumber);
}

/** A number of half precision (IEEE 754 binary16; finite). */
function halfToNumber(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Whole numbers times the scale of their column, each product rounded to float32. */
function readColumns(bytes, count, columns) {
  const scale = readFloats(bytes.subarray(0, 4 * columns));
  const whole = new Int16Array(join(bytes.subarray(4 * columns), count).buffer);
  const array = new Float32Array(count);
  for (let i = 0; i < count; i++) array[i] = whole[i] * scale[i % columns];
  return array;
}
