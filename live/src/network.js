// The published networks as steps on fixed buffers, each one call of the product.
//
// Images of one channel and rows of dense layers lie as in vae_lib. Feature maps lie
// channel by channel, not pixel by pixel as in Keras: then a convolution's product has
// the pixels as its columns, and copying a neighbour is copying a row.

const KERNEL_SIZE = 3;
const MAPS = 64; // of the encoder's last convolution and the decoder's first maps
const SMALL = 14; // pixels a side, of these maps
const LARGE = 28;
const PIXELS = LARGE * LARGE;
const ROWS_AT_ONCE = 64; // of dense networks; more do not make a product faster
const STRIDES = [1, 2, 1, 1]; // of vae_lib's networks.CONV_LAYERS

/**
 * @typedef {Map<string, {array: Float32Array, shape: number[]}>} Weights by the names of
 *   vae_lib, such as "hidden/kernel"
 * @typedef {object} Network
 * @property {number} inputs numbers a row
 * @property {number} outputs numbers a row
 * @property {(rows: Float32Array, n: number) => Float32Array} forward n rows to n rows
 */

/**
 * The encoder x -> [z_mean, z_log_var].
 *
 * @param {string} network "mlp", "conv" or "conv_feature_map"
 * @param {Weights} weights
 * @param {import("./matmul.js").Kernel} kernel
 * @returns {Network} 784 inputs, 2 d outputs: the means, then the log-variances
 */
export function buildEncoder(network, weights, kernel) {
  const build = start(kernel, network === "mlp" ? ROWS_AT_ONCE : 1, PIXELS);
  if (network !== "mlp") {
    let maps = { channels: 1, size: LARGE };
    STRIDES.forEach((stride, i) => {
      maps = build.conv(layer(weights, `conv_${i + 1}`), maps, { stride, relu: true });
    });
    build.dense(withInputsByChannel(layer(weights, "hidden")), { relu: true });
  } else {
    build.dense(layer(weights, "hidden"), { relu: true });
  }
  build.dense(sideBySide(layer(weights, "z_mean"), layer(weights, "z_log_var")));
  return build.finish();
}

/**
 * The decoder z -> mean image, the sigmoid of the last layer.
 *
 * @param {string} network "mlp", "conv" or "conv_feature_map"
 * @param {Weights} weights
 * @param {import("./matmul.js").Kernel} kernel
 * @returns {Network} d inputs, 784 outputs in [0, 1]
 */
export function buildDecoder(network, weights, kernel) {
  const hidden = layer(weights, "hidden");
  const build = start(kernel, network === "mlp" ? ROWS_AT_ONCE : 1, hidden.rows);
  if (network === "mlp") {
    build.dense(hidden, { relu: true });
    build.dense(layer(weights, "pixels"));
    return build.finish({ squash: true });
  }
  let maps = { channels: 1, size: LARGE };
  let stride = 1;
  if (network === "conv_feature_map") {
    maps = { channels: MAPS, size: SMALL };
    stride = LARGE / SMALL;
  }
  build.dense(maps.channels > 1 ? withOutputsByChannel(hidden) : hidden, { relu: true });
  maps = build.transposedConv(layer(weights, "deconv"), maps, { stride, relu: true });
  build.conv(layer(weights, "x_logits"), maps);
  return build.finish({ squash: true });
}

/** A layer's kernel as a matrix, with its bias. */
function layer(weights, name) {
  const { array, shape } = weights.get(`${name}/kernel`);
  const columns = shape.at(-1);
  const bias = weights.get(`${name}/bias`).array;
  return { kernel: array, bias, rows: array.length / columns, columns, shape };
}

/** Two dense layers of the same input as one. */
function sideBySide(left, right) {
  const columns = left.columns + right.columns;
  const kernel = new Float32Array(left.rows * columns);
  for (let i = 0; i < left.rows; i++) {
    const [l, r] = [i * left.columns, i * right.columns];
    kernel.set(left.kernel.subarray(l, l + left.columns), i * columns);
    kernel.set(right.kernel.subarray(r, r + right.columns), i * columns + left.columns);
  }
  const bias = Float32Array.of(...left.bias, ...right.bias);
  return { kernel, bias, rows: left.rows, columns };
}

/** Where a number of the maps lies here, from where it lies in Keras. */
function byChannel(index) {
  const [pixel, channel] = [Math.floor(index / MAPS), index % MAPS];
  return channel * SMALL * SMALL + pixel;
}

/** A dense layer that reads maps. */
function withInputsByChannel({ kernel, bias, rows, columns }) {
  const moved = new Float32Array(kernel.length);
  for (let i = 0; i < rows; i++) {
    const row = kernel.subarray(i * columns, (i + 1) * columns);
    moved.set(row, byChannel(i) * columns);
  }
  return { kernel: moved, bias, rows, columns };
}

/** A dense layer that makes maps. */
function withOutputsByChannel({ kernel, bias, rows, columns }) {
  const moved = new Float32Array(kernel.length);
  const movedBias = new Float32Array(columns);
  for (let j = 0; j < columns; j++) {
    const to = byChannel(j);
    movedBias[to] = bias[j];
    for (let i = 0; i < rows; i++) moved[i * columns + to] = kernel[i * columns + j];
  }
  return { kernel: moved, bias: movedBias, rows, columns };
}

/** Collects steps, each from the buffer of the one before to its own. */
function start(kernel, batch, inputs) {
  const { addProduct, rectify, sigmoid } = kernel;
  const input = kernel.alloc(batch * inputs);
  const steps = [];
  let last = input;

  const own = (values) => {
    const array = kernel.alloc(values.length);
    array.set(values);
    return array;
  };
  const push = (length, step) => {
    steps.push(step);
    last = kernel.alloc(length);
    return last;
  };

  function dense({ kernel: matrix, bias, rows, columns }, { relu = false } = {}) {
    const [from, weights] = [last, own(matrix)];
    const to = push(batch * columns, (n) => {
      for (let i = 0; i < n; i++) to.set(bias, i * columns);
      addProduct(to, from, weights, n, rows, columns);
      if (relu) rectify(to.subarray(0, n * columns));
    });
  }

  function conv(given, { channels, size }, { stride = 1, relu = false } = {}) {
    const { bias, columns: filters } = given;
    const [from, weights] = [last, own(given.kernel)];
    const sizeOut = Math.ceil(size / stride);
    const [terms, pixels] = [KERNEL_SIZE ** 2 * channels, sizeOut ** 2];
    const patches = kernel.alloc(terms * pixels);
    const shifts = tapShifts(size, sizeOut, stride);
    const to = push(filters * pixels, () => {
      gather(patches, from, { channels, size, sizeOut, stride, shifts });
      for (let f = 0; f < filters; f++) to.fill(bias[f], f * pixels, (f + 1) * pixels);
      // Keras's kernel (3, 3, in, out) is the transposed left factor as it lies.
      addProduct(to, weights, patches, filters, terms, pixels, { transposeA: true });
      if (relu) rectify(to);
    });
    return { channels: filters, size: sizeOut };
  }

  function transposedConv(given, { channels, size }, { stride, relu = false }) {
    const { bias, shape } = given;
    const filters = shape[2]; // Keras's kernel is (3, 3, out, in) here
    const [from, weights] = [last, own(given.kernel)];
    const sizeOut = size * stride;
    const terms = KERNEL_SIZE ** 2 * filters;
    const spread = kernel.alloc(terms * size ** 2);
    // The adjoint of the convolution that leads from the large maps to the small ones.
    const shifts = tapShifts(sizeOut, size, stride);
    const to = push(filters * sizeOut ** 2, () => {
      spread.fill(0);
      addProduct(spread, weights, from, terms, channels, size ** 2);
      for (let f = 0; f < filters; f++) {
        to.fill(bias[f], f * sizeOut ** 2, (f + 1) * sizeOut ** 2);
      }
      scatter(to, spread, { channels: filters, size: sizeOut, sizeOut: size, stride, shifts });
      if (relu) rectify(to);
    });
    return { channels: filters, size: sizeOut };
  }

  function finish({ squash = false } = {}) {
    const outputs = last.length / batch;
    const output = last;
    if (squash) steps.push((n) => sigmoid(output.subarray(0, n * outputs)));
    function forward(rows, n) {
      const result = new Float32Array(n * outputs);
      for (let i = 0; i < n; i += batch) {
        const count = Math.min(batch, n - i);
        input.set(rows.subarray(i * inputs, (i + count) * inputs));
        for (const step of steps) step(count);
        result.set(output.subarray(0, count * outputs), i * outputs);
      }
      return result;
    }
    return { inputs, outputs, forward };
  }

  return { dense, conv, transposedConv, finish };
}

/**
 * Where the three taps of a "same" convolution look, in pixels from stride * i: one side
 * of the padding may be a pixel wider, and in TensorFlow that is the far one.
 */
function tapShifts(size, sizeOut, stride) {
  const padding = Math.max(0, (sizeOut - 1) * stride + KERNEL_SIZE - size);
  const before = Math.floor(padding / 2);
  return Array.from({ length: KERNEL_SIZE }, (_, tap) => tap - before);
}

/** Each tap's view of each map, a row of `patches`: 0 outside the map. */
function gather(patches, maps, geometry) {
  let to = 0;
  forEachTap(geometry, (map, rowShift, columnShift) => {
    const { size, sizeOut, stride } = geometry;
    for (let i = 0; i < sizeOut; i++) {
      const row = i * stride + rowShift;
      const outside = row < 0 || row >= size;
      for (let j = 0; j < sizeOut; j++) {
        const column = j * stride + columnShift;
        const hidden = outside || column < 0 || column >= size;
        patches[to++] = hidden ? 0 : maps[map * size * size + row * size + column];
      }
    }
  });
}

/** The adjoint of gather: adds each row of `patches` to where gather reads it. */
function scatter(maps, patches, geometry) {
  let from = 0;
  forEachTap(geometry, (map, rowShift, columnShift) => {
    const { size, sizeOut, stride } = geometry;
    for (let i = 0; i < sizeOut; i++) {
      const row = i * stride + rowShift;
      const outside = row < 0 || row >= size;
      for (let j = 0; j < sizeOut; j++) {
        const column = j * stride + columnShift;
        const value = patches[from++];
        if (outside || column < 0 || column >= size) continue;
        maps[map * size * size + row * size + column] += value;
      }
    }
  });
}

/** In the order of Keras's kernels: row of the tap, its column, the map. */
function forEachTap({ channels, shifts }, visit) {
  for (const rowShift of shifts) {
    for (const columnShift of shifts) {
      for (let map = 0; map < channels; map++) visit(map, rowShift, columnShift);
    }
  }
}
