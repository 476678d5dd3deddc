// The checks of every input, with messages that name argument, value and remedy.

/**
 * Refuse what is not n rows of finite numbers.
 *
 * @param {string} name of the argument
 * @param {ArrayLike<number>} values
 * @param {number} n rows
 * @param {number} width numbers a row
 * @throws {RangeError}
 */
export function checkNumbers(name, values, n, width) {
  if (!Number.isInteger(n) || n < 1 || values.length !== n * width) {
    throw new RangeError(
      `${name} has ${values.length} numbers: pass a Float32Array of n x ${width}` +
        `${Number.isInteger(n) ? `, n = ${n}` : ""}.`,
    );
  }
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new RangeError(`${name} holds ${values[i]} at index ${i}: pass finite numbers.`);
    }
  }
}
