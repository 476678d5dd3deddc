/** The codes of the 20 x 20 picture: quantiles of the prior, as vae_lib.plotting.prior_grid. */

export const SIDE = 20;

// Quantiles of the standard normal at 0.525, 0.575, ... 0.975: half a cell from the ends.
const UPPER = [
  0.0627068, 0.1891184, 0.3186394, 0.4537622, 0.5977601, 0.755415, 0.9345893, 1.1503494,
  1.4395315, 1.959964,
];

/** Coordinates of the columns, rising; those of the rows fall from the top. */
export const QUANTILES = [...UPPER.map((z) => -z).reverse(), ...UPPER];

/**
 * The codes in the order of reading: the first row has the largest z_2.
 * @returns {Float32Array} (400, 2)
 */
export function manifoldCodes() {
  const codes = new Float32Array(2 * SIDE * SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    codes[2 * i] = QUANTILES[i % SIDE];
    codes[2 * i + 1] = QUANTILES[SIDE - 1 - Math.floor(i / SIDE)];
  }
  return codes;
}
