// Made by `npm run build` in live/; do not edit.
var vaeLive = (() => {
  var __defProp = Object.defineProperty;
  var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
  var __getOwnPropNames = Object.getOwnPropertyNames;
  var __hasOwnProp = Object.prototype.hasOwnProperty;
  var __export = (target, all) => {
    for (var name in all)
      __defProp(target, name, { get: all[name], enumerable: true });
  };
  var __copyProps = (to, from, except, desc) => {
    if (from && typeof from === "object" || typeof from === "function") {
      for (let key2 of __getOwnPropNames(from))
        if (!__hasOwnProp.call(to, key2) && key2 !== except)
          __defProp(to, key2, { get: () => from[key2], enumerable: !(desc = __getOwnPropDesc(from, key2)) || desc.enumerable });
    }
    return to;
  };
  var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

  // src/main.js
  var main_exports = {};
  __export(main_exports, {
    Model: () => Model,
    NAMES: () => NAMES,
    buildModel: () => buildModel,
    densityGrid: () => densityGrid,
    digits: () => registerDigits,
    elbo: () => elbo,
    exactPosterior: () => exactPosterior,
    exactPosteriorAsync: () => exactPosteriorAsync,
    gaussianKl: () => gaussianKl,
    kernel: () => kernel,
    load: () => load,
    loadDecoder: () => loadDecoder,
    loadDigits: () => loadDigits,
    logLikelihood: () => logLikelihood,
    logLikelihoods: () => logLikelihoods,
    normalise: () => normalise,
    normaliseCanvas: () => normaliseCanvas,
    plainKernel: () => plainKernel,
    seeded: () => seeded,
    weights: () => register
  });

  // src/checks.js
  function checkNumbers(name, values, n, width) {
    if (!Number.isInteger(n) || n < 1 || values.length !== n * width) {
      throw new RangeError(
        `${name} has ${values.length} numbers: pass a Float32Array of n x ${width}${Number.isInteger(n) ? `, n = ${n}` : ""}.`
      );
    }
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) {
        throw new RangeError(`${name} holds ${values[i]} at index ${i}: pass finite numbers.`);
      }
    }
  }

  // src/drawing.js
  var SIZE = 28;
  var BOX = 20;
  var CENTRE = 14.5;
  function normalise(pixels, width, height = width) {
    checkNumbers("pixels", pixels, height, width);
    if (pixels.some((ink) => ink < 0 || ink > 1)) {
      throw new RangeError("pixels must lie in [0, 1]: divide levels of 0..255 by 255.");
    }
    const box = boxOf(pixels, width, height);
    if (box === null) return null;
    const scale = BOX / Math.max(box.right - box.left, box.bottom - box.top);
    const across = overlaps(box.left, box.right, scale);
    const down = overlaps(box.top, box.bottom, scale);
    const fitted = areaMeans(pixels, width, down, across);
    return centred(fitted, down.length, across.length);
  }
  function normaliseCanvas({ data, width, height }) {
    const ink = Float32Array.from({ length: width * height }, (_, i) => data[4 * i + 3] / 255);
    return normalise(ink, width, height);
  }
  function boxOf(pixels, width, height) {
    const box = { left: width, right: 0, top: height, bottom: 0 };
    for (let i = 0; i < pixels.length; i++) {
      if (pixels[i] === 0) continue;
      const [row, column] = [Math.floor(i / width), i % width];
      box.left = Math.min(box.left, column);
      box.right = Math.max(box.right, column + 1);
      box.top = Math.min(box.top, row);
      box.bottom = Math.max(box.bottom, row + 1);
    }
    return box.right > 0 ? box : null;
  }
  function overlaps(start2, end, scale) {
    const count = Math.min(BOX, Math.max(1, Math.ceil((end - start2) * scale - 1e-9)));
    return Array.from({ length: count }, (_, pixel) => {
      const from = start2 + pixel / scale;
      const to = start2 + (pixel + 1) / scale;
      const covered = [];
      for (let index = Math.floor(from); index < Math.min(to, end); index++) {
        const length = Math.min(to, index + 1, end) - Math.max(from, index);
        if (length > 0) covered.push({ index, share: length * scale });
      }
      return covered;
    });
  }
  function areaMeans(pixels, width, down, across) {
    const means = new Float64Array(down.length * across.length);
    down.forEach((rows, i) => {
      across.forEach((columns, j) => {
        let sum = 0;
        for (const row of rows) {
          for (const column of columns) {
            sum += row.share * column.share * pixels[row.index * width + column.index];
          }
        }
        means[i * across.length + j] = sum;
      });
    });
    return means;
  }
  function centred(fitted, rows, columns) {
    let [mass, down, across] = [0, 0, 0];
    fitted.forEach((ink, g) => {
      mass += ink;
      down += ink * (Math.floor(g / columns) + 0.5);
      across += ink * (g % columns + 0.5);
    });
    const top = shift(down / mass, rows);
    const left = shift(across / mass, columns);
    const image = new Float32Array(SIZE * SIZE);
    fitted.forEach((ink, g) => {
      const [row, column] = [Math.floor(g / columns), g % columns];
      image[(top + row) * SIZE + left + column] = Math.min(1, ink);
    });
    return image;
  }
  function shift(centre, length) {
    return Math.min(SIZE - length, Math.max(0, Math.round(CENTRE - centre)));
  }

  // src/elbo.js
  function gaussianKl(mean, logVar) {
    checkNumbers("mean", mean, 1, mean.length);
    checkNumbers("logVar", logVar, 1, mean.length);
    const rates = Float64Array.from(mean, (m, j) => {
      return 0.5 * (m * m + Math.expm1(logVar[j]) - logVar[j]);
    });
    return { kl: rates.reduce((sum, rate) => sum + rate, 0), rates };
  }
  function logLikelihood(x, mean, variance) {
    return logLikelihoodOf(squaredDistance(x, mean, 0), x.length, variance);
  }
  function logLikelihoodOf(squares, size, variance) {
    return -0.5 * (squares / variance + size * Math.log(2 * Math.PI * variance));
  }
  function logLikelihoods(model, x, z, n = z.length / model.latentDim) {
    const means = model.decode(z, n);
    return Float64Array.from(
      { length: n },
      (_, i) => logLikelihoodOf(squaredDistance(x, means, i * x.length), x.length, model.variance)
    );
  }
  function elbo(model, x, noise, q = model.encode(x, 1)) {
    const d = model.latentDim;
    const samples = noise.length / d;
    checkNumbers("noise", noise, samples, d);
    const z = Float32Array.from(
      noise,
      (value, i) => q.mean[i % d] + Math.exp(0.5 * q.logVar[i % d]) * value
    );
    const logs = logLikelihoods(model, x, z, samples);
    const distortion = -logs.reduce((sum, value) => sum + value, 0) / samples;
    const { kl: rate, rates } = gaussianKl(q.mean, q.logVar);
    return { elbo: -(distortion + rate), rate, distortion, rates };
  }
  function squaredDistance(x, means, offset) {
    let sum = 0;
    for (let i = 0; i < x.length; i++) {
      const difference = x[i] - means[offset + i];
      sum += difference * difference;
    }
    return sum;
  }

  // src/kernel.js
  var KERNEL = "AGFzbQEAAAABEQJgCH9/f39/f39/AGACf38AAhABBGxpdmUGbWVtb3J5AgABAwQDAAEBByIDCmFkZFByb2R1Y3QAAAdyZWN0aWZ5AAEHc2lnbW9pZAACCq8GA/wDAgt/DHsgBUECdCEKAkADQCADQQBMDQEgBCEIIAAhCyABIQ8CQANAIAhBAEwNASALIAZqIQwgC/0JAgAhEyALIAdqIQsgC/0JAgAhFCALIAdqIQsgC/0JAgAhFSALIAdqIQsgC/0JAgAhFiALIAdqIQsgAiENIANBAUoEQCACIApqIQ4gDP0JAgAhFyAMIAdqIQwgDP0JAgAhGCAMIAdqIQwgDP0JAgAhGSAMIAdqIQwgDP0JAgAhGgUgAiEOQwAAAAD9EyEXIBchGCAXIRkgFyEaCyAPIApqIRAgECAKaiERIBEgCmohEiATIBT9UCAVIBb9UP1QIBcgGP1QIBkgGv1Q/VD9UP1TBEAgCiEJA0AgDSAN/QAEACATIA/9AAQAIhv95gEgFCAQ/QAEACIc/eYB/eQBIBUgEf0ABAAiHf3mASAWIBL9AAQAIh795gH95AH95AH95AH9CwQAIA4gDv0ABAAgFyAb/eYBIBggHP3mAf3kASAZIB395gEgGiAe/eYB/eQB/eQB/eQB/QsEACANQRBqIQ0gDkEQaiEOIA9BEGohDyAQQRBqIRAgEUEQaiERIBJBEGohEiAJQRBrIgkNAAsgEiEPBSASIApqIQ8LIAhBBGshCAwACwsgA0ECayEDIAAgBkEBdGohACACIApBAXRqIQIMAAsLCysAA0AgACAA/QAEAEMAAAAA/RP96QH9CwQAIABBEGohACABQRBrIgENAAsLggIBAnsDQEMAAK5C/RNDAACuwv0TIAD9AAQA/eEB/ekB/egBIQIgAkM7qrg//RP95gH9aiEDIAIgA0MAgDE//RP95gH95QEgA0ODgF65/RP95gH95QEhAiAAQwAAgD/9E0MAAIA//RMgA/34AUH/AP0R/a4BQRf9qwFDAACAP/0TIAIgAiAC/eYBQwAAAD/9EyACQ6qqKj79EyACQ8GpKj39EyACQwiJCDz9EyACQ85Dtzr9EyACQ2dpUDn9E/3mAf3kAf3mAf3kAf3mAf3kAf3mAf3kAf3mAf3kAf3mAf3kAf3kAf3mAf3kAf3nAf0LBAAgAEEQaiEAIAFBEGsiAQ0ACws=";

  // src/matmul.js
  var PAGE = 65536;
  var BLOCK = 4;
  var ALIGNED = 16;
  var TERMS = 64;
  var compiled = null;
  function compile() {
    compiled ??= decodeAndCompile();
    return compiled;
  }
  async function decodeAndCompile() {
    try {
      const bytes = Uint8Array.from(atob(KERNEL), (letter) => letter.charCodeAt(0));
      return await WebAssembly.compile(bytes);
    } catch {
      return null;
    }
  }
  async function kernel(room = 2 ** 22) {
    const module = await compile();
    if (module === null) return plainKernel();
    const pages = Math.ceil(room * Float32Array.BYTES_PER_ELEMENT / PAGE) + 1;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const instance = await WebAssembly.instantiate(module, { live: { memory } });
    return wasmKernel(memory, instance.exports);
  }
  function wasmKernel({ buffer }, { addProduct: product, rectify, sigmoid }) {
    let used = 0;
    function alloc(length) {
      const bytes = length * Float32Array.BYTES_PER_ELEMENT;
      if (used + bytes > buffer.byteLength) {
        throw new RangeError(
          `${length} more floats do not fit the kernel's memory of ${buffer.byteLength} bytes: ask kernel(room) for more room.`
        );
      }
      const array = new Float32Array(buffer, used, length);
      used = Math.ceil((used + bytes) / ALIGNED) * ALIGNED;
      return array;
    }
    const own = (...arrays) => arrays.every((array) => array.buffer === buffer);
    function addProduct(C, A, B, m, k, n, { transposeA = false } = {}) {
      checkSizes(C, A, B, m, k, n);
      const fast = own(C, A, B) && n > 0 && n % BLOCK === 0 ? k - k % BLOCK : 0;
      const [row, column] = transposeA ? [4, 4 * m] : [4 * k, 4];
      for (let p = 0; p < fast; p += TERMS) {
        const [a, b] = [A.byteOffset + p * column, B.byteOffset + 4 * p * n];
        product(a, b, C.byteOffset, m, Math.min(TERMS, fast - p), n, row, column);
      }
      addPlain(C, A, B, m, k, n, transposeA, fast);
    }
    const inPlace = (fast, plain) => (x) => {
      const whole = own(x) ? x.length - x.length % BLOCK : 0;
      if (whole > 0) fast(x.byteOffset, 4 * whole);
      plain(x.subarray(whole));
    };
    return {
      name: "wasm",
      alloc,
      addProduct,
      rectify: inPlace(rectify, rectifyPlain),
      sigmoid: inPlace(sigmoid, sigmoidPlain)
    };
  }
  function plainKernel() {
    return {
      name: "js",
      alloc: (length) => new Float32Array(length),
      addProduct(C, A, B, m, k, n, { transposeA = false } = {}) {
        checkSizes(C, A, B, m, k, n);
        addPlain(C, A, B, m, k, n, transposeA, 0);
      },
      rectify: rectifyPlain,
      sigmoid: sigmoidPlain
    };
  }
  function rectifyPlain(x) {
    for (let i = 0; i < x.length; i++) x[i] = Math.max(0, x[i]);
  }
  function sigmoidPlain(x) {
    for (let i = 0; i < x.length; i++) x[i] = 1 / (1 + Math.exp(-x[i]));
  }
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
          `${"CAB"[i]} has ${array.length} numbers, ${wanted[i]} are needed for m = ${m}, k = ${k}, n = ${n}.`
        );
      }
    });
  }

  // src/network.js
  var KERNEL_SIZE = 3;
  var MAPS = 64;
  var SMALL = 14;
  var LARGE = 28;
  var PIXELS = LARGE * LARGE;
  var ROWS_AT_ONCE = 64;
  var STRIDES = [1, 2, 1, 1];
  function buildEncoder(network, weights, kernel2) {
    const build2 = start(kernel2, network === "mlp" ? ROWS_AT_ONCE : 1, PIXELS);
    if (network !== "mlp") {
      let maps = { channels: 1, size: LARGE };
      STRIDES.forEach((stride, i) => {
        maps = build2.conv(layer(weights, `conv_${i + 1}`), maps, { stride, relu: true });
      });
      build2.dense(withInputsByChannel(layer(weights, "hidden")), { relu: true });
    } else {
      build2.dense(layer(weights, "hidden"), { relu: true });
    }
    build2.dense(sideBySide(layer(weights, "z_mean"), layer(weights, "z_log_var")));
    return build2.finish();
  }
  function buildDecoder(network, weights, kernel2) {
    const hidden = layer(weights, "hidden");
    const build2 = start(kernel2, network === "mlp" ? ROWS_AT_ONCE : 1, hidden.rows);
    if (network === "mlp") {
      build2.dense(hidden, { relu: true });
      build2.dense(layer(weights, "pixels"));
      return build2.finish({ squash: true });
    }
    let maps = { channels: 1, size: LARGE };
    let stride = 1;
    if (network === "conv_feature_map") {
      maps = { channels: MAPS, size: SMALL };
      stride = LARGE / SMALL;
    }
    build2.dense(maps.channels > 1 ? withOutputsByChannel(hidden) : hidden, { relu: true });
    maps = build2.transposedConv(layer(weights, "deconv"), maps, { stride, relu: true });
    build2.conv(layer(weights, "x_logits"), maps);
    return build2.finish({ squash: true });
  }
  function layer(weights, name) {
    const { array, shape } = weights.get(`${name}/kernel`);
    const columns = shape.at(-1);
    const bias = weights.get(`${name}/bias`).array;
    return { kernel: array, bias, rows: array.length / columns, columns, shape };
  }
  function sideBySide(left, right) {
    const columns = left.columns + right.columns;
    const kernel2 = new Float32Array(left.rows * columns);
    for (let i = 0; i < left.rows; i++) {
      const [l, r] = [i * left.columns, i * right.columns];
      kernel2.set(left.kernel.subarray(l, l + left.columns), i * columns);
      kernel2.set(right.kernel.subarray(r, r + right.columns), i * columns + left.columns);
    }
    const bias = Float32Array.of(...left.bias, ...right.bias);
    return { kernel: kernel2, bias, rows: left.rows, columns };
  }
  function byChannel(index) {
    const [pixel, channel] = [Math.floor(index / MAPS), index % MAPS];
    return channel * SMALL * SMALL + pixel;
  }
  function withInputsByChannel({ kernel: kernel2, bias, rows, columns }) {
    const moved = new Float32Array(kernel2.length);
    for (let i = 0; i < rows; i++) {
      const row = kernel2.subarray(i * columns, (i + 1) * columns);
      moved.set(row, byChannel(i) * columns);
    }
    return { kernel: moved, bias, rows, columns };
  }
  function withOutputsByChannel({ kernel: kernel2, bias, rows, columns }) {
    const moved = new Float32Array(kernel2.length);
    const movedBias = new Float32Array(columns);
    for (let j = 0; j < columns; j++) {
      const to = byChannel(j);
      movedBias[to] = bias[j];
      for (let i = 0; i < rows; i++) moved[i * columns + to] = kernel2[i * columns + j];
    }
    return { kernel: moved, bias: movedBias, rows, columns };
  }
  function start(kernel2, batch, inputs) {
    const { addProduct, rectify, sigmoid } = kernel2;
    const input = kernel2.alloc(batch * inputs);
    const steps = [];
    let last = input;
    const own = (values) => {
      const array = kernel2.alloc(values.length);
      array.set(values);
      return array;
    };
    const push = (length, step) => {
      steps.push(step);
      last = kernel2.alloc(length);
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
      const patches = kernel2.alloc(terms * pixels);
      const shifts = tapShifts(size, sizeOut, stride);
      const to = push(filters * pixels, () => {
        gather(patches, from, { channels, size, sizeOut, stride, shifts });
        for (let f = 0; f < filters; f++) to.fill(bias[f], f * pixels, (f + 1) * pixels);
        addProduct(to, weights, patches, filters, terms, pixels, { transposeA: true });
        if (relu) rectify(to);
      });
      return { channels: filters, size: sizeOut };
    }
    function transposedConv(given, { channels, size }, { stride, relu = false }) {
      const { bias, shape } = given;
      const filters = shape[2];
      const [from, weights] = [last, own(given.kernel)];
      const sizeOut = size * stride;
      const terms = KERNEL_SIZE ** 2 * filters;
      const spread = kernel2.alloc(terms * size ** 2);
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
  function tapShifts(size, sizeOut, stride) {
    const padding = Math.max(0, (sizeOut - 1) * stride + KERNEL_SIZE - size);
    const before = Math.floor(padding / 2);
    return Array.from({ length: KERNEL_SIZE }, (_, tap) => tap - before);
  }
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
  function forEachTap({ channels, shifts }, visit) {
    for (const rowShift of shifts) {
      for (const columnShift of shifts) {
        for (let map = 0; map < channels; map++) visit(map, rowShift, columnShift);
      }
    }
  }

  // src/model.js
  var PIXELS2 = 784;
  var Model = class {
    #encoder;
    #decoder;
    /**
     * Use {@link buildModel}.
     *
     * @param {object} facts
     * @param {string} facts.name such as "mlp_2"
     * @param {string} facts.network "mlp", "conv" or "conv_feature_map"
     * @param {number} facts.latentDim number of latent dimensions d
     * @param {number} facts.variance sigma^2 of every pixel
     * @param {{mean: Float32Array, logVar: Float32Array} | null} facts.testCodes codes of
     *   the sample's 500 test digits, (500, d) each, where the decoder's file has them
     * @param {import("./network.js").Network | null} encoder
     * @param {import("./network.js").Network} decoder
     */
    constructor({ name, network, latentDim, variance, testCodes }, encoder, decoder) {
      Object.assign(this, { name, network, latentDim, variance, testCodes });
      this.#encoder = encoder;
      this.#decoder = decoder;
    }
    /** Whether encode works: a model may come with its decoder alone. */
    get hasEncoder() {
      return this.#encoder !== null;
    }
    /**
     * Parameters of q(z | x).
     *
     * @param {Float32Array} images (n, 784), in [0, 1]
     * @param {number} [n]
     * @returns {{mean: Float32Array, logVar: Float32Array}} (n, d) each
     * @throws {RangeError} if the images have another length, or hold NaN or infinity
     */
    encode(images, n = images.length / PIXELS2) {
      if (!this.hasEncoder) {
        throw new Error(`${this.name} was loaded without its encoder: use load(name).`);
      }
      checkNumbers("images", images, n, PIXELS2);
      const d = this.latentDim;
      const heads = this.#encoder.forward(images, n);
      const mean = new Float32Array(n * d);
      const logVar = new Float32Array(n * d);
      for (let i = 0; i < n; i++) {
        mean.set(heads.subarray(2 * i * d, (2 * i + 1) * d), i * d);
        logVar.set(heads.subarray((2 * i + 1) * d, (2 * i + 2) * d), i * d);
      }
      return { mean, logVar };
    }
    /**
     * Mean images E[x | z].
     *
     * @param {Float32Array} z codes, (n, d)
     * @param {number} [n]
     * @returns {Float32Array} (n, 784), in [0, 1]
     * @throws {RangeError} if the codes have another length, or hold NaN or infinity
     */
    decode(z, n = z.length / this.latentDim) {
      checkNumbers("z", z, n, this.latentDim);
      return this.#decoder.forward(z, n);
    }
    /**
     * The mean image of one code.
     *
     * @param {ArrayLike<number>} z (d)
     * @returns {Float32Array} (784)
     */
    decodeOne(z) {
      return this.decode(Float32Array.from(z), 1);
    }
  };
  async function buildModel(facts, { encoder, decoder }, product) {
    const own = product ?? await kernel();
    const { network, latentDim: d } = facts;
    const codes = decoder.get("test/codes")?.array;
    const half = codes && codes.length / 2;
    const testCodes = codes ? { mean: codes.subarray(0, half), logVar: codes.subarray(half) } : null;
    const networks = [
      encoder && buildEncoder(network, encoder, own),
      buildDecoder(network, decoder, own)
    ];
    const sizes = [networks[0]?.outputs ?? 2 * d, networks[1].inputs, networks[1].outputs];
    if (String(sizes) !== String([2 * d, d, PIXELS2])) {
      throw new Error(`The files of ${facts.model} do not belong together.`);
    }
    return new Model({ ...facts, name: facts.model, testCodes }, ...networks);
  }

  // src/cells.js
  var OFFSET = 2 ** 20;
  var key = (i, j) => (i + OFFSET) * 2 * OFFSET + (j + OFFSET);
  var cellOf = (k) => {
    const i = Math.floor(k / (2 * OFFSET));
    return [i - OFFSET, k - i * 2 * OFFSET - OFFSET];
  };
  function ring(inner, outer, h) {
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
  function halve(keys) {
    const grown = /* @__PURE__ */ new Set();
    for (const k of keys) for (const neighbour of around(k)) grown.add(neighbour);
    const children = [];
    for (const k of grown) {
      const [i, j] = cellOf(k);
      for (const a of [0, 1]) for (const b of [0, 1]) children.push(key(2 * i + a, 2 * j + b));
    }
    return children;
  }
  function around(k) {
    const [i, j] = cellOf(k);
    const keys = [];
    for (const a of [-1, 0, 1]) for (const b of [-1, 0, 1]) keys.push(key(i + a, j + b));
    return keys;
  }
  function components(keys) {
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
  function centres(keys, h) {
    const z = new Float32Array(2 * keys.length);
    keys.forEach((k, index) => {
      const [i, j] = cellOf(k);
      z[2 * index] = (i + 0.5) * h;
      z[2 * index + 1] = (j + 0.5) * h;
    });
    return z;
  }

  // src/atlas.js
  var AT_ONCE = 256;
  var atlases = /* @__PURE__ */ new WeakMap();
  function* overDisc(model, x, disc) {
    if (!atlases.has(model)) atlases.set(model, yield* decodeDisc(model, disc));
    const { keys, levels: levels2, squares } = atlases.get(model);
    const inked = [...x.keys()].filter((i) => x[i] !== 0);
    const own = x.reduce((sum, ink) => sum + ink * ink, 0);
    const logs = squares.map((square, g) => {
      let product = 0;
      for (const i of inked) product += x[i] * levels2[784 * g + i];
      const distance = Math.max(0, own - 2 / 255 * product + square);
      return logLikelihoodOf(distance, x.length, model.variance);
    });
    return { keys, logs };
  }
  function* decodeDisc(model, { radius, h }) {
    const keys = ring(0, radius, h);
    const z = centres(keys, h);
    const levels2 = new Uint8Array(784 * keys.length);
    for (let start2 = 0; start2 < keys.length; start2 += AT_ONCE) {
      const means = model.decode(z.subarray(2 * start2, 2 * (start2 + AT_ONCE)));
      means.forEach((ink, i) => levels2[784 * start2 + i] = 255 * ink + 0.5);
      yield;
    }
    const squares = Float64Array.from(keys, (_, g) => {
      let sum = 0;
      for (let i = 784 * g; i < 784 * (g + 1); i++) sum += (levels2[i] / 255) ** 2;
      return sum;
    });
    return { keys, levels: levels2, squares };
  }

  // src/posterior.js
  var SIDE = 0.1;
  var RADIUS = 5;
  var MAX_RADIUS = 25;
  var TOLERANCE = 0.01;
  var MAX_HALVINGS = 8;
  var MOST_CELLS = 1e5;
  var NEGLIGIBLE = 20;
  var NEGLIGIBLE_AT_FIRST = 35;
  var AT_ONCE2 = 256;
  var SHARES = [0.5, 0.9, 0.99];
  var LOG_2PI = Math.log(2 * Math.PI);
  function exactPosterior(model, x, options) {
    const steps = posteriorSteps(model, x, options);
    for (; ; ) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  }
  async function exactPosteriorAsync(model, x, { signal, ...options } = {}) {
    const steps = posteriorSteps(model, x, options);
    for (; ; ) {
      signal?.throwIfAborted();
      const { done, value } = steps.next();
      if (done) return value;
      await pause();
    }
  }
  function pause() {
    return new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    });
  }
  function* posteriorSteps(model, x, { q } = {}) {
    if (model.latentDim !== 2) {
      throw new RangeError(
        `The exact posterior needs 2 latent dimensions, ${model.name} has ${model.latentDim}: a grid grows too fast with the dimension.`
      );
    }
    checkNumbers("x", x, 1, 784);
    q ??= model.hasEncoder ? model.encode(x, 1) : null;
    const narrowest = q ? Math.exp(0.5 * Math.min(...q.logVar)) : Infinity;
    let table = yield* firstPass(model, x, q);
    let [decoded, leftOut, error] = [0, [], Infinity];
    for (let i = 0; i < MAX_HALVINGS; i++) {
      const limit = table.logSum - (i ? NEGLIGIBLE : NEGLIGIBLE_AT_FIRST);
      const held = table.keys.filter((_, g) => table.logMass[g] > limit);
      leftOut = leftOut.concat([...table.logMass].filter((mass) => mass <= limit));
      if (q) held.push(key(...Array.from(q.mean, (m) => Math.floor(m / table.h))));
      const children = halve(held);
      if (children.length > MOST_CELLS) break;
      const finer = yield* integrate(model, x, children, table.h / 2);
      decoded += finer.keys.length;
      error = Math.abs(finer.logSum - table.logSum);
      table = finer;
      if (error < TOLERANCE && table.h <= narrowest) break;
    }
    return { error, decoded, ...describe(table, leftOut) };
  }
  function* firstPass(model, x, q) {
    const { keys, logs } = yield* overDisc(model, x, { radius: RADIUS, h: SIDE });
    let table = tableOf(keys, logs, SIDE);
    let outer = RADIUS;
    const beyondMean = q ? Math.hypot(...q.mean) + 1 : 0;
    while (outer < beyondMean || hasMassBeyond(table, outer - 2 * SIDE)) {
      if (outer > MAX_RADIUS) {
        throw new RangeError(`The posterior lies beyond |z| = ${MAX_RADIUS}: no such image.`);
      }
      const wider = Math.max(1.25 * outer, Math.min(beyondMean, MAX_RADIUS));
      table = merge(table, yield* integrate(model, x, ring(outer, wider, SIDE), SIDE));
      outer = wider;
    }
    return table;
  }
  function hasMassBeyond({ keys, logMass, logSum, h }, radius) {
    return keys.some((k, g) => {
      const [i, j] = cellOf(k);
      const far = Math.hypot(i + 0.5, j + 0.5) * h > radius;
      return far && logMass[g] > logSum - NEGLIGIBLE_AT_FIRST;
    });
  }
  function merge(a, b) {
    const logMass = new Float64Array(a.logMass.length + b.logMass.length);
    logMass.set(a.logMass);
    logMass.set(b.logMass, a.logMass.length);
    return {
      keys: a.keys.concat(b.keys),
      logMass,
      logSum: logSumExp([a.logSum, b.logSum]),
      h: a.h
    };
  }
  function* integrate(model, x, keys, h) {
    const z = centres(keys, h);
    const logs = new Float64Array(keys.length);
    for (let start2 = 0; start2 < keys.length; start2 += AT_ONCE2) {
      const part = z.subarray(2 * start2, 2 * (start2 + AT_ONCE2));
      logs.set(logLikelihoods(model, x, part), start2);
      yield;
    }
    return tableOf(keys, logs, h);
  }
  function tableOf(keys, logs, h) {
    const z = centres(keys, h);
    const logMass = logs.map((log, g) => log + logPrior(z, g) + 2 * Math.log(h));
    return { keys, logMass, logSum: logSumExp(logMass), h };
  }
  function logPrior(z, g) {
    return -0.5 * (z[2 * g] ** 2 + z[2 * g + 1] ** 2) - LOG_2PI;
  }
  function logSumExp(values) {
    const top = values.reduce((most, value) => Math.max(most, value), -Infinity);
    if (top === -Infinity) return top;
    return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
  }
  function describe({ keys, logMass, logSum, h }, leftOut) {
    const z = centres(keys, h);
    const shares = logMass.map((value) => Math.exp(value - logSum));
    const logDensity = logMass.map((value) => value - logSum - 2 * Math.log(h));
    const order = [...keys.keys()].sort((a, b) => logMass[b] - logMass[a]);
    return {
      logPx: logSum,
      side: h,
      mass: 1 / (1 + Math.exp(logSumExp(leftOut) - logSum)),
      cells: { z, logDensity },
      ...moments(z, shares),
      levels: levels(order, shares, logDensity),
      modes: modes(keys, order, shares, z)
    };
  }
  function moments(z, shares) {
    const mean = new Float64Array(2);
    shares.forEach((share, g) => {
      mean[0] += share * z[2 * g];
      mean[1] += share * z[2 * g + 1];
    });
    const covariance = new Float64Array(4);
    shares.forEach((share, g) => {
      const [a, b] = [z[2 * g] - mean[0], z[2 * g + 1] - mean[1]];
      [a * a, a * b, b * a, b * b].forEach((product, i) => covariance[i] += share * product);
    });
    return { mean, covariance };
  }
  function levels(order, shares, logDensity) {
    const found = [];
    let sum = 0;
    for (const g of order) {
      sum += shares[g];
      while (found.length < SHARES.length && sum >= SHARES[found.length]) {
        found.push({ share: SHARES[found.length], logDensity: logDensity[g] });
      }
    }
    return found;
  }
  function modes(keys, order, shares, z) {
    let sum = 0;
    const place = /* @__PURE__ */ new Map();
    for (const g of order) {
      if (sum > 0.999) break;
      sum += shares[g];
      place.set(keys[g], g);
    }
    const islands = components([...place.keys()]).map((part) => {
      const densest = place.get(part[0]);
      const mass = part.reduce((total, k) => total + shares[place.get(k)], 0);
      return { z: [z[2 * densest], z[2 * densest + 1]], mass };
    });
    return islands.sort((a, b) => b.mass - a.mass);
  }
  function densityGrid(model, x, logPx, { centre, half, size = 48 }) {
    const z = new Float32Array(2 * size * size);
    for (let g = 0; g < size * size; g++) {
      const [row, column] = [Math.floor(g / size), g % size];
      z[2 * g] = centre[0] + half * (2 * column / (size - 1) - 1);
      z[2 * g + 1] = centre[1] + half * (1 - 2 * row / (size - 1));
    }
    const logs = logLikelihoods(model, x, z);
    return logs.map((log, g) => log + logPrior(z, g) - logPx);
  }

  // src/random.js
  function seeded(seed) {
    if (!Number.isInteger(seed) || seed < 0 || seed > 4294967295) {
      throw new RangeError(
        `seed must be a whole number from 0 to 4294967295, got ${seed}.`
      );
    }
    const bits = xoshiro(splitMix(seed));
    const uniform = () => (bits() >>> 8) / 16777216;
    const normal = polarMethod(uniform);
    return {
      uniform,
      normal,
      normals: (n) => Float32Array.from({ length: n }, normal),
      permutation: (n) => permutation(n, uniform)
    };
  }
  function splitMix(seed) {
    let state = seed;
    return Uint32Array.from({ length: 4 }, () => {
      state = state + 2654435769 | 0;
      let word = Math.imul(state ^ state >>> 16, 569420461);
      word = Math.imul(word ^ word >>> 15, 1935289751);
      return word ^ word >>> 15;
    });
  }
  function xoshiro(state) {
    const rotate = (word, by) => word << by | word >>> 32 - by;
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
      const scale = Math.sqrt(-2 * Math.log(square) / square);
      spare = b * scale;
      return a * scale;
    };
  }
  function permutation(n, uniform) {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(uniform() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  // src/format.js
  async function unpack({ arrays, data }) {
    const bytes = await inflate(fromBase64(data));
    const result = /* @__PURE__ */ new Map();
    let start2 = 0;
    for (const [name, kind, shape] of arrays) {
      const count = shape.reduce((product, size2) => product * size2, 1);
      const { size, read } = KINDS[kind];
      const end = start2 + size(count, shape.at(-1));
      if (end > bytes.length) break;
      result.set(name, { array: read(bytes.subarray(start2, end), count, shape.at(-1)), shape });
      start2 = end;
    }
    if (start2 !== bytes.length || result.size !== arrays.length) {
      throw new Error("The data do not have the sizes that they name.");
    }
    return result;
  }
  function fromBase64(text) {
    const letters = atob(text);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
    return bytes;
  }
  async function inflate(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
  var KINDS = {
    uint8: { size: (count) => count, read: (bytes) => bytes.slice() },
    float32: { size: (count) => 4 * count, read: readFloats },
    float16: { size: (count) => 2 * count, read: readHalves },
    columns: { size: (count, columns) => 2 * count + 4 * columns, read: readColumns }
  };
  function readFloats(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const array = new Float32Array(bytes.length / 4);
    for (let i = 0; i < array.length; i++) array[i] = view.getFloat32(4 * i, true);
    return array;
  }
  function join(bytes, count) {
    const array = new Uint16Array(count);
    for (let i = 0; i < count; i++) array[i] = bytes[i] | bytes[count + i] << 8;
    return array;
  }
  function readHalves(bytes, count) {
    return Float32Array.from(join(bytes, count), halfToNumber);
  }
  function halfToNumber(bits) {
    const sign = bits & 32768 ? -1 : 1;
    const exponent = bits >> 10 & 31;
    const fraction = bits & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  function readColumns(bytes, count, columns) {
    const scale = readFloats(bytes.subarray(0, 4 * columns));
    const whole = new Int16Array(join(bytes.subarray(4 * columns), count).buffer);
    const array = new Float32Array(count);
    for (let i = 0; i < count; i++) array[i] = whole[i] * scale[i % columns];
    return array;
  }

  // src/weights.js
  var DIMENSIONS = [2, 10, 20];
  var NAMES = ["mlp", "conv", "conv_feature_map"].flatMap(
    (network) => DIMENSIONS.map((d) => `${network}_${d}`)
  );
  var DIGITS = { test: "digits.js", train: "digits_train.js" };
  var HERE = globalThis.document?.currentScript?.src;
  var payloads = /* @__PURE__ */ new Map();
  var pending = /* @__PURE__ */ new Map();
  function register(name, payload) {
    payloads.set(`weights/${name}.js`, payload);
  }
  function registerDigits(split, payload) {
    payloads.set(DIGITS[split], payload);
  }
  function load(name) {
    return once(`model ${name}`, () => build(name, ["encoder", "decoder"]));
  }
  function loadDecoder(name) {
    return once(`decoder ${name}`, () => build(name, ["decoder"]));
  }
  function loadDigits(split) {
    if (!(split in DIGITS)) {
      throw new RangeError(`There is no split "${split}": choose "test" or "train".`);
    }
    return once(`digits ${split}`, async () => {
      const payload = await fetchPayload(DIGITS[split]);
      const arrays = await unpack(payload);
      const pixels = arrays.get("images").array;
      const images = new Float32Array(pixels.length);
      for (let i = 0; i < pixels.length; i++) images[i] = pixels[i] / 255;
      return { images, labels: arrays.get("labels").array, count: payload.count };
    });
  }
  async function build(name, halves) {
    if (!NAMES.includes(name)) {
      throw new RangeError(`There is no model "${name}": choose one of ${NAMES.join(", ")}.`);
    }
    const files = await Promise.all(
      halves.map((half) => fetchPayload(`weights/${name}.${half}.js`))
    );
    const arrays = await Promise.all(files.map(unpack));
    const weights = { encoder: null, decoder: null };
    halves.forEach((half, i) => weights[half] = arrays[i]);
    if (new Set(files.map((file) => file.sha256)).size > 1) {
      throw new Error(`The files of ${name} are of two versions: load the page again.`);
    }
    const { arrays: _, data, ...facts } = files[0];
    return buildModel(facts, weights);
  }
  function once(key2, make) {
    if (!pending.has(key2)) {
      const promise = make();
      promise.catch(() => pending.delete(key2));
      pending.set(key2, promise);
    }
    return pending.get(key2);
  }
  async function fetchPayload(file) {
    if (!payloads.has(file)) await once(file, () => addScript(file));
    if (!payloads.has(file)) throw missing(file);
    return payloads.get(file);
  }
  function addScript(file) {
    if (!HERE) return Promise.reject(missing(file));
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(file, HERE).href;
      script.onload = resolve;
      script.onerror = () => {
        script.remove();
        reject(missing(file));
      };
      document.head.append(script);
    });
  }
  function missing(file) {
    return new Error(
      `The file ${file} of this page could not be loaded. If you read the book from a copy, copy its whole folder; else check the connection and try again.`
    );
  }
  return __toCommonJS(main_exports);
})();
