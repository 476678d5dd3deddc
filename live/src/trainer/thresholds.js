/**
 * The two largest eigenvalues of the covariance of the sample's 4,000 training digits.
 *
 * For a linear decoder with variance s of every pixel, latent j lives if and only if s is
 * below the j-th eigenvalue; above the first nothing lives under any decoder (Lucas et
 * al., 2019). They stand here so that the marks are there before the digits are loaded;
 * thresholds.test.js computes them from the digits.
 */
export const THRESHOLDS = Object.freeze([5.196388, 3.867387]);
