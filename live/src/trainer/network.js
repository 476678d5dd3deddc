/**
 * The dense VAE 784-h-d, forwards and backwards, on one batch.
 *
 * All large products go through one function, C += A B (matmul.js), which skips pixels
 * that are zero. Everything is float32 and row-major.
 */

import { PIXELS, shapes, zeros } from "./parameters.js";

/** Buffers of one batch of at most `size` images. */
export class Workspace {
  constructor(hidden, latentDim, size, allocate) {
    Object.assign(this, { hidden, latentDim, size });
    this.x = allocate(size * PIXELS);
    this.noise = allocate(size * latentDim);
    this.encoderHidden = allocate(size * hidden);
    this.heads = allocate(size * 2 * latentDim);
    this.z = allocate(size * latentDim);
    this.decoderHidden = allocate(size * hidden);
    this.means = allocate(size * PIXELS);
    this.logitsGradient = allocate(size * PIXELS);
    this.decoderGradient = allocate(size * hidden);
    this.zGradient = allocate(size * latentDim);
    this.headsGradient = allocate(size * 2 * latentDim);
    this.encoderGradient = allocate(size * hidden);
    this.gradientTransposed = allocate(size * Math.max(PIXELS, hidden));
    this.resultTransposed = allocate(size * hidden);
    this.gradients = zeros(shapes(hidden, latentDim), allocate);
  }
}

/** q(z|x) of the n images in `work.x`: fills `work.encoderHidden` and `work.heads`. */
export function encode(kernel, weights, work, n, parts) {
  const { hidden, latentDim } = work;
  affine(
    kernel,
    work.encoderHidden,
    work.x,
    weights.encoderKernel,
    weights.encoderBias,
    n,
    PIXELS,
    hidden,
  );
  kernel.rectify(work.encoderHidden.subarray(0, n * hidden));
  affine(
    kernel,
    work.heads,
    work.encoderHidden,
    weights.headsKernel,
    weights.headsBias,
    n,
    hidden,
    2 * latentDim,
  );
  parts.finishHeads(work.heads, n, latentDim);
}

/** The mean image of each of the n codes in `work.z`: fills `work.means`. */
export function decode(kernel, weights, work, n) {
  const { hidden, latentDim } = work;
  affine(
    kernel,
    work.decoderHidden,
    work.z,
    weights.decoderKernel,
    weights.decoderBias,
    n,
    latentDim,
    hidden,
  );
  kernel.rectify(work.decoderHidden.subarray(0, n * hidden));
  affine(
    kernel,
    work.means,
    work.decoderHidden,
    weights.pixelsKernel,
    weights.pixelsBias,
    n,
    hidden,
    PIXELS,
  );
  kernel.sigmoid(work.means.subarray(0, n * PIXELS));
}

/**
 * Encode, draw codes, decode: the objective of the n images in `work.x` with `work.noise`.
 * @returns {{elbo: ?number, distortion: number, rates: Array<?number>, error: number}}
 *   nats per image, means over the batch; `error` is |x - y|^2; without rates no bound
 */
export function forward(kernel, weights, work, n, parts) {
  const { latentDim } = work;
  encode(kernel, weights, work, n, parts);
  parts.drawCodes(work.heads, work.noise, work.z, n, latentDim);
  decode(kernel, weights, work, n);
  const error = parts.squaredError(work.x, work.means, n * PIXELS) / n;
  const variance = Math.exp(weights.logVariance[0]);
  const distortion = parts.distortion(error, variance, PIXELS);
  const rates = parts.rates(work.heads, n, latentDim);
  const bounded = rates.every((rate) => rate !== null);
  const elbo = bounded ? -distortion - rates.reduce((sum, rate) => sum + rate, 0) : null;
  return { elbo, distortion, rates, error };
}

/**
 * Gradients of the loss after {@link forward}, into `work.gradients`.
 * @param {number} error |x - y|^2 per image, from {@link forward}
 */
export function backward(kernel, weights, work, n, error, parts) {
  const { latentDim } = work;
  const variance = Math.exp(weights.logVariance[0]);
  work.gradients.logVariance[0] = parts.logVarianceGradient(error, variance, PIXELS);
  parts.logitsGradient(work.x, work.means, variance, n, n * PIXELS, work.logitsGradient);
  backwardDecoder(kernel, weights, work, n);
  parts.codesGradient(work.heads, work.noise, work.zGradient, work.headsGradient, n, latentDim);
  parts.addRateGradient(work.heads, work.headsGradient, n, latentDim);
  parts.finishGradient(work.heads, work.headsGradient, n, latentDim);
  backwardEncoder(kernel, weights, work, n);
}

function backwardDecoder(kernel, weights, work, n) {
  const { hidden, latentDim, gradients } = work;
  weightGradients(
    kernel,
    gradients.pixelsKernel,
    gradients.pixelsBias,
    work.decoderHidden,
    work.logitsGradient,
    n,
    hidden,
    PIXELS,
  );
  inputGradient(
    kernel,
    work,
    work.decoderGradient,
    work.logitsGradient,
    weights.pixelsKernel,
    n,
    hidden,
    PIXELS,
  );
  closeDeadUnits(work.decoderGradient, work.decoderHidden, n * hidden);
  weightGradients(
    kernel,
    gradients.decoderKernel,
    gradients.decoderBias,
    work.z,
    work.decoderGradient,
    n,
    latentDim,
    hidden,
  );
  inputGradient(
    kernel,
    work,
    work.zGradient,
    work.decoderGradient,
    weights.decoderKernel,
    n,
    latentDim,
    hidden,
  );
}

function backwardEncoder(kernel, weights, work, n) {
  const { hidden, latentDim, gradients } = work;
  weightGradients(
    kernel,
    gradients.headsKernel,
    gradients.headsBias,
    work.encoderHidden,
    work.headsGradient,
    n,
    hidden,
    2 * latentDim,
  );
  inputGradient(
    kernel,
    work,
    work.encoderGradient,
    work.headsGradient,
    weights.headsKernel,
    n,
    hidden,
    2 * latentDim,
  );
  closeDeadUnits(work.encoderGradient, work.encoderHidden, n * hidden);
  weightGradients(
    kernel,
    gradients.encoderKernel,
    gradients.encoderBias,
    work.x,
    work.encoderGradient,
    n,
    PIXELS,
    hidden,
  );
}

/** out (n, columns) = bias + input (n, rows) weights (rows, columns). */
function affine(kernel, out, input, weights, bias, n, rows, columns) {
  for (let i = 0; i < n; i++) out.set(bias, i * columns);
  kernel.addProduct(out, input, weights, n, rows, columns);
}

/** Kernel: input^T gradient (rows, columns); bias: the gradient's sum over the batch. */
function weightGradients(kernel, ofKernel, ofBias, input, gradient, n, rows, columns) {
  ofKernel.fill(0);
  kernel.addProduct(ofKernel, input, gradient, rows, n, columns, { transposeA: true });
  ofBias.fill(0);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < columns; j++) ofBias[j] += gradient[i * columns + j];
  }
}

/**
 * out (n, rows) = gradient (n, columns) weights^T, by way of out^T = weights gradient^T:
 * a batch is transposed in less time than the weights are.
 */
function inputGradient(kernel, work, out, gradient, weights, n, rows, columns) {
  transpose(gradient, work.gradientTransposed, n, columns);
  const result = work.resultTransposed;
  result.fill(0, 0, n * rows);
  kernel.addProduct(result, weights, work.gradientTransposed, rows, columns, n);
  transpose(result, out, rows, n);
}

/** To (columns, rows), in blocks, so that both sides stay in the cache. */
function transpose(from, to, rows, columns) {
  const block = 16;
  for (let top = 0; top < rows; top += block) {
    const bottom = Math.min(top + block, rows);
    for (let left = 0; left < columns; left += block) {
      const right = Math.min(left + block, columns);
      for (let i = top; i < bottom; i++) {
        for (let j = left; j < right; j++) to[j * rows + i] = from[i * columns + j];
      }
    }
  }
}

/** The gradient passes where the unit was above zero. */
function closeDeadUnits(gradient, units, length) {
  for (let i = 0; i < length; i++) if (units[i] <= 0) gradient[i] = 0;
}
