// Made by `npm run build` in live/; do not edit.
var vaeLive = (() => {
  var __defProp = Object.defineProperty;
  var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
  var __getOwnPropNames = Object.getOwnPropertyNames;
  var __hasOwnProp = Object.prototype.hasOwnProperty;
  var __export = (target, all) => {
    for (var name2 in all)
      __defProp(target, name2, { get: all[name2], enumerable: true });
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
  function checkNumbers(name2, values, n, width) {
    if (!Number.isInteger(n) || n < 1 || values.length !== n * width) {
      throw new RangeError(
        `${name2} has ${values.length} numbers: pass a Float32Array of n x ${width}${Number.isInteger(n) ? `, n = ${n}` : ""}.`
      );
    }
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) {
        throw new RangeError(`${name2} holds ${values[i]} at index ${i}: pass finite numbers.`);
      }
    }
  }

  // src/drawing.js
  var SIZE = 28;
  var BOX = 20;
  var CENTRE = 14.5;
  function normalise(pixels, width, height = width) {
    checkNumbers("pixels", pixels, height, width);
    if (pixels.some((ink2) => ink2 < 0 || ink2 > 1)) {
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
    const ink2 = Float32Array.from({ length: width * height }, (_, i) => data[4 * i + 3] / 255);
    return normalise(ink2, width, height);
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
    const count2 = Math.min(BOX, Math.max(1, Math.ceil((end - start2) * scale - 1e-9)));
    return Array.from({ length: count2 }, (_, pixel) => {
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
    fitted.forEach((ink2, g) => {
      mass += ink2;
      down += ink2 * (Math.floor(g / columns) + 0.5);
      across += ink2 * (g % columns + 0.5);
    });
    const top = shift(down / mass, rows);
    const left = shift(across / mass, columns);
    const image = new Float32Array(SIZE * SIZE);
    fitted.forEach((ink2, g) => {
      const [row, column] = [Math.floor(g / columns), g % columns];
      image[(top + row) * SIZE + left + column] = Math.min(1, ink2);
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
    const rates2 = Float64Array.from(mean, (m, j) => {
      return 0.5 * (m * m + Math.expm1(logVar[j]) - logVar[j]);
    });
    return { kl: rates2.reduce((sum, rate) => sum + rate, 0), rates: rates2 };
  }
  function logLikelihood(x, mean, variance2) {
    return logLikelihoodOf(squaredDistance(x, mean, 0), x.length, variance2);
  }
  function logLikelihoodOf(squares, size, variance2) {
    return -0.5 * (squares / variance2 + size * Math.log(2 * Math.PI * variance2));
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
    const distortion3 = -logs.reduce((sum, value) => sum + value, 0) / samples;
    const { kl: rate, rates: rates2 } = gaussianKl(q.mean, q.logVar);
    return { elbo: -(distortion3 + rate), rate, distortion: distortion3, rates: rates2 };
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
  function wasmKernel(memory, { addProduct: product, rectify, sigmoid }) {
    const { buffer } = memory;
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
      memory,
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
  function layer(weights, name2) {
    const { array, shape } = weights.get(`${name2}/kernel`);
    const columns = shape.at(-1);
    const bias = weights.get(`${name2}/bias`).array;
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
      const spread2 = kernel2.alloc(terms * size ** 2);
      const shifts = tapShifts(sizeOut, size, stride);
      const to = push(filters * sizeOut ** 2, () => {
        spread2.fill(0);
        addProduct(spread2, weights, from, terms, channels, size ** 2);
        for (let f = 0; f < filters; f++) {
          to.fill(bias[f], f * sizeOut ** 2, (f + 1) * sizeOut ** 2);
        }
        scatter(to, spread2, { channels: filters, size: sizeOut, sizeOut: size, stride, shifts });
        if (relu) rectify(to);
      });
      return { channels: filters, size: sizeOut };
    }
    function finish({ squash = false } = {}) {
      const outputs = last.length / batch;
      const output = last;
      if (squash) steps.push((n) => sigmoid(output.subarray(0, n * outputs)));
      function forward2(rows, n) {
        const result = new Float32Array(n * outputs);
        for (let i = 0; i < n; i += batch) {
          const count2 = Math.min(batch, n - i);
          input.set(rows.subarray(i * inputs, (i + count2) * inputs));
          for (const step of steps) step(count2);
          result.set(output.subarray(0, count2 * outputs), i * outputs);
        }
        return result;
      }
      return { inputs, outputs, forward: forward2 };
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
    constructor({ name: name2, network, latentDim, variance: variance2, testCodes }, encoder, decoder) {
      Object.assign(this, { name: name2, network, latentDim, variance: variance2, testCodes });
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
    const codes2 = decoder.get("test/codes")?.array;
    const half = codes2 && codes2.length / 2;
    const testCodes = codes2 ? { mean: codes2.subarray(0, half), logVar: codes2.subarray(half) } : null;
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
    const own = x.reduce((sum, ink2) => sum + ink2 * ink2, 0);
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
      means.forEach((ink2, i) => levels2[784 * start2 + i] = 255 * ink2 + 0.5);
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
  function hasMassBeyond({ keys, logMass: logMass2, logSum, h }, radius) {
    return keys.some((k, g) => {
      const [i, j] = cellOf(k);
      const far = Math.hypot(i + 0.5, j + 0.5) * h > radius;
      return far && logMass2[g] > logSum - NEGLIGIBLE_AT_FIRST;
    });
  }
  function merge(a, b) {
    const logMass2 = new Float64Array(a.logMass.length + b.logMass.length);
    logMass2.set(a.logMass);
    logMass2.set(b.logMass, a.logMass.length);
    return {
      keys: a.keys.concat(b.keys),
      logMass: logMass2,
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
    const logMass2 = logs.map((log, g) => log + logPrior(z, g) + 2 * Math.log(h));
    return { keys, logMass: logMass2, logSum: logSumExp(logMass2), h };
  }
  function logPrior(z, g) {
    return -0.5 * (z[2 * g] ** 2 + z[2 * g + 1] ** 2) - LOG_2PI;
  }
  function logSumExp(values) {
    const top = values.reduce((most, value) => Math.max(most, value), -Infinity);
    if (top === -Infinity) return top;
    return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
  }
  function describe({ keys, logMass: logMass2, logSum, h }, leftOut) {
    const z = centres(keys, h);
    const shares = logMass2.map((value) => Math.exp(value - logSum));
    const logDensity = logMass2.map((value) => value - logSum - 2 * Math.log(h));
    const order = [...keys.keys()].sort((a, b) => logMass2[b] - logMass2[a]);
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
    for (const [name2, kind, shape] of arrays) {
      const count2 = shape.reduce((product, size2) => product * size2, 1);
      const { size, read } = KINDS[kind];
      const end = start2 + size(count2, shape.at(-1));
      if (end > bytes.length) break;
      result.set(name2, { array: read(bytes.subarray(start2, end), count2, shape.at(-1)), shape });
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
    uint8: { size: (count2) => count2, read: (bytes) => bytes.slice() },
    float32: { size: (count2) => 4 * count2, read: readFloats },
    float16: { size: (count2) => 2 * count2, read: readHalves },
    columns: { size: (count2, columns) => 2 * count2 + 4 * columns, read: readColumns }
  };
  function readFloats(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const array = new Float32Array(bytes.length / 4);
    for (let i = 0; i < array.length; i++) array[i] = view.getFloat32(4 * i, true);
    return array;
  }
  function join(bytes, count2) {
    const array = new Uint16Array(count2);
    for (let i = 0; i < count2; i++) array[i] = bytes[i] | bytes[count2 + i] << 8;
    return array;
  }
  function readHalves(bytes, count2) {
    return Float32Array.from(join(bytes, count2), halfToNumber);
  }
  function halfToNumber(bits) {
    const sign = bits & 32768 ? -1 : 1;
    const exponent = bits >> 10 & 31;
    const fraction2 = bits & 1023;
    if (exponent === 0) return sign * fraction2 * 2 ** -24;
    return sign * (1024 + fraction2) * 2 ** (exponent - 25);
  }
  function readColumns(bytes, count2, columns) {
    const scale = readFloats(bytes.subarray(0, 4 * columns));
    const whole = new Int16Array(join(bytes.subarray(4 * columns), count2).buffer);
    const array = new Float32Array(count2);
    for (let i = 0; i < count2; i++) array[i] = whole[i] * scale[i % columns];
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
  function register(name2, payload) {
    payloads.set(`weights/${name2}.js`, payload);
  }
  function registerDigits(split, payload) {
    payloads.set(DIGITS[split], payload);
  }
  function load(name2) {
    return once(`model ${name2}`, () => build(name2, ["encoder", "decoder"]));
  }
  function loadDecoder(name2) {
    return once(`decoder ${name2}`, () => build(name2, ["decoder"]));
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
  async function build(name2, halves) {
    if (!NAMES.includes(name2)) {
      throw new RangeError(`There is no model "${name2}": choose one of ${NAMES.join(", ")}.`);
    }
    const files = await Promise.all(
      halves.map((half) => fetchPayload(`weights/${name2}.${half}.js`))
    );
    const arrays = await Promise.all(files.map(unpack));
    const weights = { encoder: null, decoder: null };
    halves.forEach((half, i) => weights[half] = arrays[i]);
    if (new Set(files.map((file) => file.sha256)).size > 1) {
      throw new Error(`The files of ${name2} are of two versions: load the page again.`);
    }
    const { arrays: _, data, ...facts } = files[0];
    return buildModel(facts, weights);
  }
  function once(key2, make2) {
    if (!pending.has(key2)) {
      const promise = make2();
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

  // src/services.js
  var AT_ONCE3 = 25;
  var pause2 = () => new Promise((done) => setTimeout(done));
  var known = /* @__PURE__ */ new Map();
  function codes(model) {
    if (!known.has(model.name)) known.set(model.name, model.testCodes ?? encodeAll(model));
    return known.get(model.name);
  }
  async function encodeAll(model) {
    const { images, count: count2 } = await loadDigits("test");
    const { latentDim: d } = model;
    const mean = new Float32Array(count2 * d);
    const logVar = new Float32Array(count2 * d);
    for (let i = 0; i < count2; i += AT_ONCE3) {
      const n = Math.min(AT_ONCE3, count2 - i);
      const q = model.encode(images.subarray(784 * i, 784 * (i + n)), n);
      mean.set(q.mean, i * d);
      logVar.set(q.logVar, i * d);
      await pause2();
    }
    return { mean, logVar };
  }
  var posterior = (model, x, q) => exactPosteriorAsync(model, x, { q });
  var services = {
    posterior,
    load,
    loadDecoder,
    digits: () => loadDigits("test"),
    codes,
    seeded
  };

  // src/ui/dom.js
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name2, value] of Object.entries(attributes)) {
      if (name2 === "on") {
        for (const [type, listener] of Object.entries(value)) {
          element.addEventListener(type, listener);
        }
      } else if (name2 === "text") {
        element.textContent = value;
      } else if (value === true) {
        element.setAttribute(name2, "");
      } else if (value !== false && value !== null && value !== void 0) {
        element.setAttribute(name2, value);
      }
    }
    element.append(...children);
    return element;
  }
  function number(value, decimals = 2) {
    const text = value.toFixed(decimals);
    const zero = Number(text) === 0;
    return (zero ? text.replace("-", "") : text).replace("-", "−");
  }
  var count = 0;
  function fresh(stem) {
    count += 1;
    return `vae-live-${stem}-${count}`;
  }
  function slider(options) {
    const { label, min, max, step, value, decimals = 2, change } = options;
    const show = options.show || ((v) => number(v, decimals));
    const id = fresh("slider");
    const output = make("span", { class: "vae-live-value", "aria-hidden": "true" });
    const input = make("input", { type: "range", id, min, max, step });
    const set = (v) => {
      input.value = v;
      output.textContent = show(v);
      input.setAttribute("aria-valuetext", show(v));
    };
    set(value);
    input.addEventListener("input", () => {
      set(Number(input.value));
      change(Number(input.value));
    });
    const name2 = make("label", { for: id, text: label });
    const element = make("div", { class: "vae-live-slider" }, name2, input, output);
    return { element, input, set };
  }
  function radios({ label, options, value, change }) {
    const name2 = fresh("radio");
    const group = make("fieldset", { class: "vae-live-choice" });
    group.append(make("legend", { text: label }));
    const inputs = /* @__PURE__ */ new Map();
    for (const [key2, words] of options) {
      const input = make("input", { type: "radio", name: name2, value: key2 });
      input.checked = key2 === value;
      input.addEventListener("change", () => change(key2));
      inputs.set(key2, input);
      group.append(make("label", {}, input, make("span", { text: words })));
    }
    const set = (key2) => {
      if (inputs.has(key2)) inputs.get(key2).checked = true;
    };
    return { element: group, set };
  }
  function checkbox({ label, value, change }) {
    const input = make("input", { type: "checkbox" });
    input.checked = value;
    input.addEventListener("change", () => change(input.checked));
    const words = make("span", { text: label });
    return { element: make("label", { class: "vae-live-check" }, input, words), input };
  }
  function menu({ label, options, value, change }) {
    const id = fresh("menu");
    const input = make("select", { id });
    for (const [key2, words] of options) {
      input.append(make("option", { value: key2, text: words }));
    }
    input.value = value;
    input.addEventListener("change", () => change(input.value));
    const name2 = make("label", { for: id, text: label });
    return { element: make("div", { class: "vae-live-menu" }, name2, input), input };
  }
  function button(words, press) {
    return make("button", { type: "button", text: words, on: { click: press } });
  }
  function sentence(rest = 500) {
    const seen = make("p", { class: "vae-live-sentence", "aria-hidden": "true" });
    const heard = make("p", { class: "vae-live-heard", "aria-live": "polite" });
    let timer2 = 0;
    let first = true;
    const say = (words) => {
      seen.textContent = words;
      clearTimeout(timer2);
      if (first) {
        heard.textContent = words;
        first = false;
      } else {
        timer2 = setTimeout(() => heard.textContent = words, rest);
      }
    };
    return { element: make("div", {}, seen, heard), say };
  }

  // src/ui/theme.js
  var DIGIT_COLORS = [
    "#b9ac70",
    "#a96b59",
    "#ffa90e",
    "#94a4a2",
    "#717581",
    "#832db6",
    "#92dadd",
    "#3f90da",
    "#bd1f01",
    "#e76300"
  ];
  function isDark() {
    return document.documentElement.dataset.theme === "dark";
  }
  function colors() {
    const style = getComputedStyle(document.documentElement);
    const theme = (name2, otherwise) => style.getPropertyValue(name2).trim() || otherwise;
    const dark = isDark();
    return {
      text: theme("--pst-color-text-base", dark ? "#ced6dd" : "#222832"),
      muted: theme("--pst-color-text-muted", dark ? "#9ca4af" : "#48566b"),
      line: theme("--pst-color-border", dark ? "#48566b" : "#c9c9c9"),
      paper: theme("--pst-color-background", dark ? "#14181e" : "#ffffff"),
      accent: dark ? "#6db3f2" : "#1f6fb8",
      second: dark ? "#ff9a4d" : "#b84f00",
      dark
    };
  }
  function onTheme(listener) {
    new MutationObserver(listener).observe(document.documentElement, {
      attributes: true,
      attributeFilter: ["data-theme"]
    });
  }
  function calm() {
    return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  // src/ui/canvas.js
  var SIDE2 = 28;
  function surface({ label, className = "", paint }) {
    const named = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
    const canvas = make("canvas", { class: className, ...named });
    let waiting = false;
    const now = () => {
      waiting = false;
      const { clientWidth: width, clientHeight: height } = canvas;
      if (!width || !height) return;
      const scale = window.devicePixelRatio || 1;
      const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
      if (canvas.width !== w || canvas.height !== h)
        Object.assign(canvas, { width: w, height: h });
      const pen = canvas.getContext("2d");
      pen.setTransform(scale, 0, 0, scale, 0, 0);
      pen.clearRect(0, 0, width, height);
      paint(pen, width, height);
    };
    const repaint = () => {
      if (!waiting) requestAnimationFrame(now);
      waiting = true;
    };
    new ResizeObserver(repaint).observe(canvas);
    onTheme(repaint);
    return { canvas, repaint };
  }
  var scratch = [];
  function stamp(pixels, at) {
    const canvas = scratch[0] ||= make("canvas", { width: SIDE2, height: SIDE2 });
    const pen = canvas.getContext("2d");
    const image = pen.createImageData(SIDE2, SIDE2);
    const [paper, ink2] = isDark() ? [30, 242] : [255, 16];
    for (let i = 0; i < SIDE2 * SIDE2; i += 1) {
      const x = Math.min(1, Math.max(0, pixels[at + i]));
      const grey = paper + (ink2 - paper) * x;
      image.data.set([grey, grey, grey, 255], 4 * i);
    }
    pen.putImageData(image, 0, 0);
    return canvas;
  }
  function paintDigit(pen, pixels, x, y, size, at = 0) {
    pen.imageSmoothingEnabled = false;
    pen.drawImage(stamp(pixels, at), x, y, size, size);
  }
  function digitPicture({ label, className = "vae-live-digit" }) {
    let shown = null;
    const { canvas, repaint } = surface({
      label,
      className,
      paint: (pen, width) => shown && paintDigit(pen, shown, 0, 0, width)
    });
    const show = (pixels) => {
      shown = pixels;
      repaint();
    };
    return { canvas, show };
  }
  function digitRow({ label, columns }) {
    let shown = null;
    const { canvas, repaint } = surface({
      label,
      className: "vae-live-row",
      paint: (pen, width) => {
        if (!shown) return;
        const gap2 = 3;
        const size = (width - gap2 * (columns - 1)) / columns;
        for (let i = 0; i < shown.length / SIDE2 ** 2; i += 1) {
          paintDigit(pen, shown, i * (size + gap2), 0, size, i * SIDE2 ** 2);
        }
      }
    });
    canvas.style.aspectRatio = String(columns);
    const show = (pixels) => {
      shown = pixels;
      repaint();
    };
    return { canvas, show };
  }

  // src/ui/descent.js
  function evenNoise(side) {
    const raw = Array.from({ length: side }, (_, i) => quantile((i + 0.5) / side));
    const scale = Math.sqrt(raw.reduce((sum, value) => sum + value * value, 0) / side);
    const axis = raw.map((value) => value / scale);
    return Float32Array.from(axis.flatMap((a) => axis.flatMap((b) => [a, b])));
  }
  function quantile(p) {
    let x = 0;
    for (let i = 0; i < 50; i += 1) {
      const density = Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI);
      const step = (distribution(x) - p) / density;
      x -= Math.max(-1, Math.min(1, step));
    }
    return x;
  }
  function distribution(x) {
    let [term, sum] = [x, x];
    for (let k = 1; k < 100; k += 1) {
      term *= x * x / (2 * k + 1);
      sum += term;
    }
    return 0.5 + sum * Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI);
  }
  var STEPS = 80;
  var RATE = 0.15;
  var DECAYS = [0.9, 0.99];
  var SIDE3 = 6;
  function gradient(model, x, q, noise) {
    const n = noise.length / 2;
    const deviation2 = q.logVar.map((v) => Math.exp(v / 2));
    const h = deviation2.map((s) => 0.05 * s);
    const z = new Float32Array(4 * noise.length);
    for (let s = 0; s < 4 * n; s += 1) {
      const [axis, sign] = [s % 4 >> 1, s % 2 ? 1 : -1];
      for (let k = 0; k < 2; k += 1) {
        const at = q.mean[k] + deviation2[k] * noise[2 * (s >> 2) + k];
        z[2 * s + k] = at + (k === axis ? sign * h[k] : 0);
      }
    }
    const found = logLikelihoods(model, x, z);
    const byMean = q.mean.map((m) => -m);
    const byLog = deviation2.map((s) => 1 - s * s);
    for (let i = 0; i < n; i += 1) {
      for (let k = 0; k < 2; k += 1) {
        const slope = (found[4 * i + 2 * k + 1] - found[4 * i + 2 * k]) / (2 * h[k]);
        byMean[k] += slope / n;
        byLog[k] += slope * deviation2[k] * noise[2 * i + k] / n;
      }
    }
    return { byMean, byLog };
  }
  function* descend(model, x, start2) {
    const noise = evenNoise(SIDE3);
    const unit = start2.logVar.map((v) => Math.exp(v / 2));
    const q = { mean: [...start2.mean], logVar: [...start2.logVar] };
    const first = [0, 0, 0, 0];
    const second = [0, 0, 0, 0];
    for (let t = 1; t <= STEPS; t += 1) {
      const { byMean, byLog } = gradient(model, x, q, noise);
      const slopes = [...byMean.map((slope, k) => slope * unit[k]), ...byLog];
      const rate = RATE * (1 - t / (STEPS + 1));
      slopes.forEach((slope, i) => {
        first[i] = DECAYS[0] * first[i] + (1 - DECAYS[0]) * slope;
        second[i] = DECAYS[1] * second[i] + (1 - DECAYS[1]) * slope * slope;
        const size = Math.sqrt(second[i] / (1 - DECAYS[1] ** t)) + 1e-8;
        const step = rate * first[i] / (1 - DECAYS[0] ** t) / size;
        if (i < 2) q.mean[i] += step * unit[i];
        else q.logVar[i - 2] += 2 * step;
      });
      yield { mean: [...q.mean], logVar: [...q.logVar] };
    }
  }

  // src/ui/draw_parts.js
  var LIMIT = 3.6;
  var STEP = 5e-4;
  var AXES = ["₁", "₂"];
  var ROWS = [
    ["log", "log p(x), exact"],
    ["encoder", "ELBO with the encoder’s q"],
    ["gap", "gap between them: KL(q ‖ p(z | x))"],
    ["mine", "ELBO with your q"],
    ["best", "ELBO with the best q"],
    ["amortisation", "amortisation gap: best q − encoder’s q"]
  ];
  var MISSING = { best: "descend first", amortisation: "descend first" };
  function scoreTable() {
    const cells = new Map(ROWS.map(([key2]) => [key2, make("td", { text: "…" })]));
    const rows = ROWS.map(
      ([key2, text]) => make("tr", {}, make("th", { scope: "row", text }), cells.get(key2))
    );
    const caption = make("caption", { text: "Nats, for this digit" });
    const body = make("tbody", {}, ...rows);
    const show = (values) => {
      for (const [key2, cell] of cells) {
        const known2 = Number.isFinite(values[key2]);
        cell.textContent = known2 ? number(values[key2]) : MISSING[key2] || "…";
      }
    };
    return { element: make("table", { class: "vae-live-numbers" }, caption, body), show };
  }
  var QSliders = class {
    /**
     * @param {{change: (part: "mean" | "logVar", k: number, value: number) => void,
     *   back: () => void, descend: () => void}} options
     */
    constructor({ change, back, descend: descend2 }) {
      this.means = AXES.map(
        (axis, k) => slider({
          label: `Mean of z${axis}`,
          min: -LIMIT,
          max: LIMIT,
          step: STEP,
          value: 0,
          decimals: 4,
          change: (value) => change("mean", k, value)
        })
      );
      this.deviations = AXES.map(
        (axis, k) => slider({
          label: `Deviation of z${axis}`,
          min: -3,
          max: 0,
          step: 0.01,
          value: -1,
          show: (value) => number(10 ** value, 4),
          change: (value) => change("logVar", k, 2 * Math.LN10 * value)
        })
      );
      this.descend = button("Descend to the best q", descend2);
      const all = [...this.means, ...this.deviations].map((one) => one.element);
      const buttons = [button("Back to the encoder’s q", back), this.descend];
      this.element = make(
        "div",
        { class: "vae-live-rowbox" },
        make("p", { class: "vae-live-title", text: "Your q" }),
        make("div", { class: "vae-live-sliders" }, ...all),
        make("div", { class: "vae-live-buttons" }, ...buttons)
      );
    }
    show({ mean, logVar }) {
      this.means.forEach((one, k) => one.set(mean[k]));
      this.deviations.forEach((one, k) => one.set(logVar[k] / 2 / Math.LN10));
    }
    /** Let the means run over the window that is enlarged. */
    within(center, half) {
      this.means.forEach(({ input }, k) => {
        Object.assign(input, { min: center[k] - half, max: center[k] + half });
      });
    }
  };

  // src/ui/pad.js
  var PAD = 256;
  var PEN = 20;
  var NEAR = 4;
  function writeStrokes(strokes) {
    const hex = (value) => Math.round(value).toString(16).padStart(2, "0");
    return strokes.map((stroke) => stroke.map(([x, y]) => hex(x) + hex(y)).join("")).join(".");
  }
  function readStrokes(text) {
    if (!/^([0-9a-f]{4})+(\.([0-9a-f]{4})+)*$/.test(text)) return [];
    const value = (digits) => Number.parseInt(digits, 16);
    return text.split(".").map(
      (stroke) => stroke.match(/.{4}/g).map((p) => [value(p.slice(0, 2)), value(p.slice(2))])
    );
  }
  function paintStrokes(pen, strokes, side, color) {
    const scale = side / PAD;
    pen.strokeStyle = color;
    pen.lineWidth = PEN * scale;
    pen.lineCap = "round";
    pen.lineJoin = "round";
    for (const stroke of strokes) {
      pen.beginPath();
      const [[x, y]] = stroke;
      pen.moveTo(x * scale, y * scale);
      for (const [a, b] of stroke.length > 1 ? stroke.slice(1) : stroke) {
        pen.lineTo(a * scale, b * scale + (stroke.length > 1 ? 0 : 0.01));
      }
      pen.stroke();
    }
  }
  function ink(strokes) {
    const canvas = make("canvas", { width: PAD, height: PAD });
    const pen = canvas.getContext("2d");
    paintStrokes(pen, strokes, PAD, "#000000");
    return pen.getImageData(0, 0, PAD, PAD);
  }
  function pad({ label, drawn }) {
    let strokes = [];
    const { canvas, repaint } = surface({
      label,
      className: "vae-live-pad",
      paint: (pen, width) => {
        pen.fillStyle = isDark() ? "#1e1e1e" : "#ffffff";
        pen.fillRect(0, 0, width, width);
        paintStrokes(pen, strokes, width, isDark() ? "#f2f2f2" : "#101010");
        if (strokes.length) return;
        pen.fillStyle = colors().muted;
        pen.font = "15px system-ui, sans-serif";
        pen.textAlign = "center";
        pen.fillText("draw a digit here", width / 2, width / 2);
      }
    });
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      const inside = (value) => Math.min(PAD - 1, Math.max(0, value));
      return [
        inside((event.clientX - box.left) / box.width * PAD),
        inside((event.clientY - box.top) / box.height * PAD)
      ];
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      canvas.setPointerCapture(event.pointerId);
      strokes = [...strokes, [place(event)]];
      repaint();
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      const stroke = strokes.at(-1);
      const next = place(event);
      if (Math.hypot(next[0] - stroke.at(-1)[0], next[1] - stroke.at(-1)[1]) < NEAR) return;
      stroke.push(next);
      repaint();
    });
    canvas.addEventListener("lostpointercapture", () => drawn(strokes));
    const show = (some) => {
      strokes = some;
      repaint();
    };
    return { canvas, show };
  }

  // src/ui/moves.js
  var ARROWS = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowDown: [0, -1],
    ArrowUp: [0, 1]
  };
  function onDrag(canvas, start2, move = start2) {
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      canvas.setPointerCapture(event.pointerId);
      canvas.focus({ preventScroll: true });
      start2(event);
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) move(event);
    });
  }
  function onArrows(canvas, go) {
    canvas.addEventListener("keydown", (event) => {
      const direction = ARROWS[event.key];
      if (!direction || event.altKey || event.ctrlKey || event.metaKey) return;
      if (go(direction, event.shiftKey) !== false) event.preventDefault();
    });
  }

  // src/ui/plane_view.js
  var STEP2 = 0.1;
  function middles(codes2, labels) {
    const found = [];
    for (let label = 0; label < 10; label += 1) {
      const axes = [[], []];
      for (let i = 0; i < labels.length; i += 1) {
        if (labels[i] === label) axes.forEach((axis, k) => axis.push(codes2[2 * i + k]));
      }
      if (!axes[0].length) continue;
      const [a, b] = axes.map((axis) => axis.sort((p, q) => p - q)[axis.length >> 1]);
      found.push([label, a, b]);
    }
    return found;
  }
  var PlaneView = class {
    /**
     * @param {{label: string, limit: number, move?: (z: [number, number]) => void}} options
     *   limit: the window is [-limit, limit] in both coordinates; without move the plane is
     *   a map to look at
     */
    constructor({ label, limit, move }) {
      this.limit = limit;
      this.move = move;
      this.z = [0, 0];
      this.points = null;
      this.backdrop = null;
      this.path = [];
      this.joined = false;
      this.frame = null;
      const made = surface({ paint: (pen, width) => this.paint(pen, width) });
      this.repaint = made.repaint;
      this.canvas = made.canvas;
      this.element = this.canvas;
      this.canvas.classList.add(move ? "vae-live-plane" : "vae-live-map");
      name(this.canvas, { role: move ? "application" : "img", label });
      if (move) this.listen();
    }
    listen() {
      const { canvas } = this;
      const place = (event) => {
        const box = canvas.getBoundingClientRect();
        const x = (event.clientX - box.left) / box.width;
        const y = (event.clientY - box.top) / box.height;
        this.go([(2 * x - 1) * this.limit, (1 - 2 * y) * this.limit]);
      };
      onDrag(canvas, place);
      onArrows(canvas, (direction, small) => {
        const step = small ? STEP2 / 10 : STEP2;
        this.go(this.z.map((value, k) => value + step * direction[k]));
      });
    }
    go(z) {
      const inside = (value) => Math.min(this.limit, Math.max(-this.limit, value));
      this.move(z.map((value) => Math.round(inside(value) * 100) / 100));
    }
    /** A place of the plane in pixels of the canvas. */
    at(z1, z2, width) {
      const half = width / 2;
      return [half * (1 + z1 / this.limit), half * (1 - z2 / this.limit)];
    }
    paint(pen, width) {
      const look = colors();
      if (this.backdrop) this.paintBackdrop(pen, width);
      else this.paintPrior(pen, width, look);
      if (this.points) this.paintPoints(pen, width, look);
      this.paintPath(pen, width, look);
      if (this.frame) this.paintFrame(pen, width, look);
      if (!this.move) return;
      const cross = this.at(...this.z, width);
      ring2(pen, cross, 9, look.paper, 5);
      ring2(pen, cross, 9, look.accent, 2.5);
      ring2(pen, cross, 1.5, look.accent, 3);
    }
    paintFrame(pen, width, look) {
      const { center, half } = this.frame;
      const side = Math.max(10, half * width / this.limit);
      const [x, y] = this.at(...center, width);
      for (const [color, line2] of [
        [look.paper, 5],
        [look.accent, 2]
      ]) {
        pen.strokeStyle = color;
        pen.lineWidth = line2;
        pen.strokeRect(x - side / 2, y - side / 2, side, side);
      }
    }
    paintPath(pen, width, look) {
      const places = this.path.map(([a, b]) => this.at(a, b, width));
      if (this.joined && places.length) {
        pen.beginPath();
        places.forEach(([x, y]) => pen.lineTo(x, y));
        pen.strokeStyle = look.text;
        pen.lineWidth = 1;
        pen.stroke();
      }
      for (const place of places) {
        ring2(pen, place, 3.5, look.paper, 4);
        ring2(pen, place, 3.5, look.text, 1.5);
      }
    }
    /** Circles that hold 39, 86 and 99 per cent of the prior's mass. */
    paintPrior(pen, width, look) {
      const [x, y] = this.at(0, 0, width);
      [1, 2, 3].forEach((radius) => {
        ring2(pen, [x, y], radius * width / (2 * this.limit), look.line, 1);
      });
      pen.fillStyle = look.muted;
      pen.font = "12px system-ui, sans-serif";
      [1, 2, 3].forEach((r) => pen.fillText(String(r), this.at(r, 0, width)[0] + 3, y - 3));
      pen.fillText("z₁", width - 18, y + 15);
      pen.fillText("z₂", x + 6, 14);
      pen.globalAlpha = 0.5;
      pen.fillStyle = look.line;
      pen.fillRect(0, y - 0.5, width, 1);
      pen.fillRect(x - 0.5, 0, 1, width);
      pen.globalAlpha = 1;
    }
    paintBackdrop(pen, width) {
      const { pixels, count: count2 } = this.backdrop;
      const size = width / count2;
      for (let i = 0; i < count2 * count2; i += 1) {
        const x = i % count2 * size;
        const y = Math.floor(i / count2) * size;
        paintDigit(pen, pixels, x, y, size, i * SIDE2 * SIDE2);
      }
    }
    paintPoints(pen, width, look) {
      const { codes: codes2, labels } = this.points;
      const radius = width < 300 ? 1.8 : 2.4;
      pen.globalAlpha = look.dark ? 0.9 : 0.8;
      for (let i = 0; 2 * i < codes2.length; i += 1) {
        const [x, y] = this.at(codes2[2 * i], codes2[2 * i + 1], width);
        pen.fillStyle = labels ? DIGIT_COLORS[labels[i]] : look.muted;
        pen.beginPath();
        pen.arc(x, y, radius, 0, 2 * Math.PI);
        pen.fill();
      }
      pen.globalAlpha = 1;
      if (!labels) return;
      pen.font = "bold 15px system-ui, sans-serif";
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.lineJoin = "round";
      for (const [label, a, b] of this.points.middles ||= middles(codes2, labels)) {
        const [x, y] = this.at(a, b, width);
        pen.strokeStyle = look.paper;
        pen.lineWidth = 4;
        pen.strokeText(String(label), x, y);
        pen.fillStyle = look.text;
        pen.fillText(String(label), x, y);
      }
      pen.textAlign = "start";
      pen.textBaseline = "alphabetic";
    }
  };
  function name(canvas, { role, label }) {
    canvas.removeAttribute("aria-hidden");
    canvas.setAttribute("role", role);
    canvas.setAttribute("aria-label", label);
    if (role === "application") canvas.setAttribute("tabindex", "0");
  }
  function ring2(pen, [x, y], radius, color, line2) {
    pen.strokeStyle = color;
    pen.lineWidth = line2;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.stroke();
  }

  // src/ui/contour.js
  function segments(values, columns, level) {
    const rows = values.length / columns;
    const found = [];
    for (let r = 0; r + 1 < rows; r += 1) {
      for (let c = 0; c + 1 < columns; c += 1) {
        const corners = [
          [c, r],
          [c + 1, r],
          [c + 1, r + 1],
          [c, r + 1]
        ];
        const height = corners.map(([x, y]) => values[y * columns + x] - level);
        const crossings = [];
        for (let k = 0; k < 4; k += 1) {
          const next = (k + 1) % 4;
          if (height[k] > 0 === height[next] > 0) continue;
          const t = height[k] / (height[k] - height[next]);
          const [a, b] = [corners[k], corners[next]];
          crossings.push(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]));
        }
        for (let i = 0; i < crossings.length; i += 4) found.push(crossings.slice(i, i + 4));
      }
    }
    return found;
  }

  // src/ui/posterior_view.js
  var COLUMNS = 64;
  var DEVIATIONS = [1, 2];
  function windowOf({ cells, levels: levels2, modes: modes2 }, q) {
    const level = levels2.at(-1).logDensity;
    const far = (mode, z) => Math.hypot(z[0] - mode.z[0], z[1] - mode.z[1]);
    const reach = q.logVar.map((v) => 2.2 * Math.exp(v / 2));
    const box = [0, 1].map((k) => [q.mean[k] - reach[k], q.mean[k] + reach[k]]);
    cells.logDensity.forEach((value, g) => {
      if (value < level) return;
      const z = [cells.z[2 * g], cells.z[2 * g + 1]];
      if (modes2.slice(1).some((mode) => far(mode, z) < far(modes2[0], z))) return;
      z.forEach((value2, k) => {
        box[k] = [Math.min(box[k][0], value2), Math.max(box[k][1], value2)];
      });
    });
    const half = 0.56 * Math.max(...box.map(([low, high]) => high - low));
    return { center: box.map(([low, high]) => (low + high) / 2), half };
  }
  var PosteriorView = class {
    /** @param {{label: string, move: (z: [number, number]) => void}} options */
    constructor({ label, move }) {
      this.move = move;
      this.lines = [];
      this.ellipses = [];
      this.center = null;
      const made = surface({ paint: (pen, width) => this.paint(pen, width) });
      Object.assign(this, made);
      name(this.canvas, { role: "application", label });
      this.canvas.classList.add("vae-live-plane");
      this.listen();
    }
    /**
     * @param {[number, number]} center @param {number} half half the window's side
     * @param {Float64Array} logs of densityGrid in this window
     * @param {{logDensity: number}[]} levels of the posterior's regions
     */
    show(center, half, logs, levels2) {
      Object.assign(this, { center, half });
      this.lines = levels2.map(({ logDensity }) => segments(logs, COLUMNS, logDensity));
      this.repaint();
    }
    listen() {
      const { canvas } = this;
      const place = (event) => {
        if (!this.center) return;
        const box = canvas.getBoundingClientRect();
        const x = 2 * (event.clientX - box.left) / box.width - 1;
        const y = 1 - 2 * (event.clientY - box.top) / box.height;
        this.go([this.center[0] + x * this.half, this.center[1] + y * this.half]);
      };
      onDrag(canvas, place);
      onArrows(canvas, (direction, small) => {
        const mine = this.ellipses.find(({ kind }) => kind === "hand");
        if (!mine) return false;
        const step = this.half / (small ? 200 : 20);
        this.go(mine.mean.map((value, k) => value + step * direction[k]));
      });
    }
    go(z) {
      this.move(
        z.map((value, k) => {
          const [low, high] = [this.center[k] - this.half, this.center[k] + this.half];
          return Math.min(high, Math.max(low, value));
        })
      );
    }
    at([a, b], width) {
      const scale = width / (2 * this.half);
      return [
        (a - this.center[0] + this.half) * scale,
        (this.center[1] + this.half - b) * scale
      ];
    }
    paint(pen, width) {
      if (!this.center) return;
      const look = colors();
      const step = width / (COLUMNS - 1);
      this.lines.forEach((line2, k) => {
        pen.beginPath();
        for (const [a, b, c, d] of line2) {
          pen.moveTo(a * step, b * step);
          pen.lineTo(c * step, d * step);
        }
        pen.strokeStyle = look.text;
        pen.globalAlpha = 1 - 0.25 * k;
        pen.lineWidth = 1.5;
        pen.stroke();
      });
      pen.globalAlpha = 1;
      for (const one of this.ellipses) this.paintEllipse(pen, width, one, look);
      this.paintScale(pen, width, look);
    }
    paintEllipse(pen, width, { mean, logVar, kind }, look) {
      const scale = width / (2 * this.half);
      const [x, y] = this.at(mean, width);
      const radius = logVar.map((value) => Math.exp(value / 2) * scale);
      pen.strokeStyle = kind === "encoder" ? look.accent : look.second;
      pen.setLineDash(kind === "best" ? [5, 4] : []);
      pen.lineWidth = 2.5;
      for (const deviation2 of DEVIATIONS) {
        pen.beginPath();
        pen.ellipse(x, y, deviation2 * radius[0], deviation2 * radius[1], 0, 0, 2 * Math.PI);
        pen.stroke();
      }
      pen.setLineDash([]);
      pen.fillStyle = pen.strokeStyle;
      pen.beginPath();
      pen.arc(x, y, 3, 0, 2 * Math.PI);
      pen.fill();
    }
    /** A bar of round length, because the window is far smaller than the plane. */
    paintScale(pen, width, look) {
      const power = 10 ** Math.floor(Math.log10(this.half / 2));
      const length = [5, 2, 1].map((n) => n * power).find((n) => n <= this.half / 2);
      const pixels = length * width / (2 * this.half);
      pen.fillStyle = look.text;
      pen.fillRect(12, width - 16, pixels, 2);
      pen.font = "12px system-ui, sans-serif";
      pen.fillText(String(Number(length.toPrecision(1))), 12, width - 22);
    }
  };

  // src/ui/samples.js
  var EACH = 5;
  function fifty(data) {
    const found = [];
    for (let label = 0; label < 10; label += 1) {
      for (let i = 0, n = 0; i < data.labels.length && n < EACH; i += 1) {
        if (data.labels[i] === label) {
          found.push(i);
          n += 1;
        }
      }
    }
    return found;
  }
  function nameOf(data, index) {
    const options = fifty(data);
    return `${data.labels[index]}, number ${options.indexOf(index) % EACH + 1}`;
  }

  // src/ui/draw.js
  var NET = "mlp_2";
  var LIMIT2 = 3.6;
  var SIDE4 = 16;
  var FIRST = 10;
  var pause3 = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  function draw(body, { state, services: services2 }) {
    return new Draw(body, state, services2).start;
  }
  draw.defaults = { digit: "-1", strokes: "", q: "" };
  var writeQ = ({ mean, logVar }) => [...mean, ...logVar.map((v) => Math.exp(v / 2))].map((v) => v.toPrecision(5)).join(",");
  function readQ(text) {
    const values = text.split(",").map(Number);
    if (values.length !== 4 || !values.every(Number.isFinite)) return null;
    if (!(values[2] > 0 && values[3] > 0)) return null;
    return { mean: values.slice(0, 2), logVar: values.slice(2).map((s) => 2 * Math.log(s)) };
  }
  var Draw = class {
    constructor(body, state, services2) {
      Object.assign(this, { body, state, services: services2, noise: evenNoise(SIDE4), run: 0 });
      body.widget = this;
      this.makeParts();
      this.build();
      this.start = async () => {
        [this.data, this.model] = await Promise.all([services2.digits(), services2.load(NET)]);
        const { mean } = await services2.codes(this.model);
        this.map.points = { codes: mean, labels: this.data.labels };
        const options = fifty(this.data).map(
          (i) => make("option", { value: i, text: nameOf(this.data, i) })
        );
        this.digit.input.append(...options);
        state.follow(() => this.begin());
        await this.begin();
      };
    }
    makeParts() {
      this.pad = pad({
        label: "A sheet to draw a digit on; the menu below offers test digits instead",
        drawn: (strokes) => this.drawn(strokes)
      });
      this.seen = digitPicture({
        label: "The digit as the network gets it, 28 by 28 pixels"
      });
      this.decoded = digitPicture({ label: "The digit decoded from the mean of your q" });
      this.digit = menu({
        label: "or take test digit",
        options: [["-1", "none: my own"]],
        value: "-1",
        change: (index) => this.choose(index)
      });
      this.view = new PosteriorView({
        label: "The posterior, enlarged: drag, or use the arrow keys, to move the mean of your q",
        move: (mean) => this.setMine({ mean, logVar: this.mine.logVar })
      });
      this.map = new PlaneView({
        label: "The latent plane with the codes of test digits; a frame marks what is enlarged",
        limit: LIMIT2
      });
      this.table = scoreTable();
      this.sliders = new QSliders({
        change: (part, k, value) => this.changeMine(part, k, value),
        back: () => this.setMine(null),
        descend: () => this.findBest()
      });
      this.say = sentence();
    }
    build() {
      const figure = (canvas, words) => make(
        "figure",
        { class: "vae-live-picture" },
        canvas,
        make("figcaption", { text: words })
      );
      const clear = button("Clear the sheet", () => this.choose("-1"));
      const pictures = make("div", { class: "vae-live-three" });
      pictures.append(
        figure(this.pad.canvas, "your sheet"),
        figure(this.seen.canvas, "normalised as MNIST: x"),
        figure(this.decoded.canvas, "decoded from q’s mean")
      );
      const choose = make("div", { class: "vae-live-line" }, clear, this.digit.element);
      const planes = make("div", { class: "vae-live-planes" });
      planes.append(
        figure(
          this.view.canvas,
          "Thin lines hold 50, 90 and 99 % of the exact posterior. Blue: the encoder’s q; orange: yours; dashed: the best one; 1 and 2 deviations each."
        ),
        figure(this.map.canvas, "The whole plane; the frame is enlarged.")
      );
      this.body.append(
        pictures,
        choose,
        planes,
        this.table.element,
        this.sliders.element,
        this.say.element
      );
    }
    /** Change one number of the reader's q, and no other by a slider's rounding. */
    changeMine(part, k, value) {
      if (!this.mine) return;
      const q = { mean: [...this.mine.mean], logVar: [...this.mine.logVar] };
      q[part][k] = value;
      this.setMine(q);
    }
    drawn(strokes) {
      this.state.set("strokes", writeStrokes(strokes));
      this.state.set("digit", "-1");
      this.state.set("q", "");
      if (this.model) this.begin();
    }
    choose(index) {
      this.state.set("digit", index);
      this.state.set("strokes", "");
      this.state.set("q", "");
      if (this.model) this.begin();
    }
    /** The image of this state: what is drawn, else a test digit. */
    image() {
      const strokes = readStrokes(this.state.get("strokes"));
      this.pad.show(strokes);
      if (strokes.length) {
        this.digit.input.value = "-1";
        return normaliseCanvas(ink(strokes));
      }
      const options = fifty(this.data);
      const [said] = this.state.numbers("digit");
      const index = options.includes(said) ? said : options[FIRST];
      this.digit.input.value = index;
      return this.data.images.slice(784 * index, 784 * (index + 1));
    }
    /** Encode the digit, show what is known at once, then find its exact posterior. */
    async begin() {
      const run = this.run += 1;
      this.x = this.image();
      this.seen.show(this.x);
      const { mean, logVar } = this.model.encode(this.x, 1);
      this.q = { mean: [...mean], logVar: [...logVar] };
      this.posterior = null;
      this.best = null;
      this.scores = { encoder: elbo(this.model, this.x, this.noise, this.q).elbo };
      this.setMine(readQ(this.state.get("q")));
      const posterior2 = await this.services.posterior(this.model, this.x, this.q);
      if (run !== this.run) return;
      this.posterior = posterior2;
      this.showWindow();
      this.update();
    }
    /** Enlarge where posterior and q are. */
    showWindow() {
      const { center, half } = windowOf(this.posterior, this.q);
      const grid = { centre: center, half, size: COLUMNS };
      const logs = densityGrid(this.model, this.x, this.posterior.logPx, grid);
      this.view.show(center, half, logs, this.posterior.levels);
      this.sliders.within(center, half);
      this.sliders.show(this.mine);
      this.map.frame = { center, half };
      this.map.repaint();
    }
    /** Take another q as the reader's; null for the encoder's. */
    setMine(q) {
      if (!this.q) return;
      this.state.set("q", q ? writeQ(q) : "");
      this.mine = q || this.q;
      this.sliders.show(this.mine);
      this.scores.mine = elbo(this.model, this.x, this.noise, this.mine).elbo;
      this.decoded.show(this.model.decodeOne(this.mine.mean));
      this.update();
    }
    /** Descend from the reader's q; each step is shown unless less motion is asked for. */
    async findBest() {
      if (!this.mine) return;
      const run = this.run;
      this.sliders.descend.disabled = true;
      let q = this.mine;
      for (q of descend(this.model, this.x, this.mine)) {
        this.best = q;
        if (!calm()) this.showEllipses();
        await pause3();
        if (run !== this.run) break;
      }
      this.sliders.descend.disabled = false;
      if (run !== this.run) return;
      this.scores.best = elbo(this.model, this.x, this.noise, q).elbo;
      this.update();
    }
    showEllipses() {
      const { q, mine, best, view } = this;
      view.ellipses = [{ ...q, kind: "encoder" }];
      if (mine !== q) view.ellipses.push({ ...mine, kind: "hand" });
      if (best) view.ellipses.push({ ...best, kind: "best" });
      view.repaint();
    }
    update() {
      this.showEllipses();
      const { log, encoder, mine, best } = { ...this.scores, log: this.posterior?.logPx };
      const values = {
        log,
        encoder,
        gap: log - encoder,
        mine,
        best: this.best ? best : void 0,
        amortisation: this.best ? best - encoder : void 0
      };
      this.table.show(values);
      this.speak(values);
    }
    speak({ log, encoder, gap: gap2, mine }) {
      if (!Number.isFinite(log))
        return this.say.say("The exact posterior is being added up …");
      const { mass, modes: modes2 } = this.posterior;
      const held = mass > 0.9999 ? "more than 99.99" : number(100 * mass, 2);
      const others = modes2.length > 1 ? `, in ${modes2.length} places` : "";
      const score = this.mine === this.q ? "" : ` Your q: ELBO ${number(mine)} nats, ${number(mine - encoder)} against the encoder.`;
      return this.say.say(
        `log p(x) = ${number(log)} = ELBO ${number(encoder)} + gap ${number(gap2)} nats; the cells that were added up hold ${held} % of the posterior${others}.${score}`
      );
    }
  };

  // src/line.js
  var NOISE = 0.5;
  var READING = 2;
  var REACH = 16;
  var STEP3 = 5e-3;
  function logNormal(z, mean, deviation2) {
    const standardised = (z - mean) / deviation2;
    return -0.5 * Math.log(2 * Math.PI) - Math.log(deviation2) - 0.5 * standardised ** 2;
  }
  function divergence(a, b) {
    const squares = a.deviation ** 2 + (a.mean - b.mean) ** 2;
    return Math.log(b.deviation / a.deviation) - 0.5 + squares / (2 * b.deviation ** 2);
  }
  function integrand(z, a, b) {
    const log = logNormal(z, a.mean, a.deviation);
    return Math.exp(log) * (log - logNormal(z, b.mean, b.deviation));
  }
  function response(z) {
    return z ** 2 + 0.5 * z;
  }
  function logJoint(z) {
    return logNormal(READING, response(z), NOISE) + logNormal(z, 0, 1);
  }
  function* middles2() {
    for (let i = 0; i < 2 * REACH / STEP3; i += 1) yield (i + 0.5) * STEP3 - REACH;
  }
  function logEvidence() {
    let sum = 0;
    for (const z of middles2()) sum += Math.exp(logJoint(z));
    return Math.log(sum * STEP3);
  }
  function toyBound({ mean, deviation: deviation2 }) {
    const a = READING - response(mean);
    const b = (2 * mean + 0.5) * deviation2;
    const c = deviation2 ** 2;
    const squares = a ** 2 + b ** 2 + 3 * c ** 2 - 2 * a * c;
    const variance2 = NOISE ** 2;
    const distortion3 = 0.5 * (Math.log(2 * Math.PI * variance2) + squares / variance2);
    const rate = divergence({ mean, deviation: deviation2 }, { mean: 0, deviation: 1 });
    return { elbo: -(rate + distortion3), rate, distortion: distortion3 };
  }
  function toyGap({ mean, deviation: deviation2 }, logPx) {
    let sum = 0;
    for (const z of middles2()) {
      const log = logNormal(z, mean, deviation2);
      if (log > -80) sum += Math.exp(log) * (log - logJoint(z) + logPx);
    }
    return sum * STEP3;
  }

  // src/ui/gap_bars.js
  var FONT = "12px system-ui, sans-serif";
  var SIDE5 = 14;
  var SPANS = [12, 25, 50, 100, 200, 400, 800];
  function spanOf(elbo2) {
    return SPANS.find((span) => span >= -1.05 * elbo2) ?? SPANS.at(-1);
  }
  var GapBars = class {
    constructor() {
      this.values = null;
      const paint = (pen, width, height) => this.values && this.paint(pen, width, height);
      Object.assign(this, surface({ paint }));
      this.canvas.classList.add("vae-live-axis", "vae-live-still-axis");
      const label = "A bar for the ELBO and, from its end, a bar for the gap, which ends at log p(x); the sentence below gives the numbers";
      name(this.canvas, { role: "img", label });
    }
    /** @param {{elbo: number, gap: number, logPx: number}} values in nats */
    show(values) {
      this.values = values;
      this.repaint();
    }
    paint(pen, width, height) {
      const look = colors();
      const { elbo: elbo2, gap: gap2, logPx } = this.values;
      const span = spanOf(elbo2);
      const x = (nats) => width - SIDE5 + nats / span * (width - 2 * SIDE5);
      const [thick, bottom] = [height / 6, height - 22];
      pen.font = FONT;
      const rows = [
        [`ELBO = ${number(elbo2, 3)}`, elbo2, 0, look.accent],
        [`gap KL(q ‖ p(z | x)) = ${number(gap2, 3)}`, elbo2, elbo2 + gap2, look.second]
      ];
      rows.forEach(([words, from, to, color], i) => {
        const top = height * (0.13 + 0.4 * i);
        pen.fillStyle = color;
        pen.fillRect(x(from), top + 8, Math.max(1, x(to) - x(from)), thick);
        pen.fillStyle = look.text;
        pen.fillText(words, SIDE5, top + 2);
      });
      this.paintAxis(pen, x, bottom, span, look);
      pen.strokeStyle = look.text;
      pen.lineWidth = 1.5;
      pen.setLineDash([5, 4]);
      pen.beginPath();
      pen.moveTo(x(logPx), 2);
      pen.lineTo(x(logPx), bottom);
      pen.stroke();
      pen.setLineDash([]);
    }
    paintAxis(pen, x, bottom, span, look) {
      pen.strokeStyle = pen.fillStyle = look.muted;
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(x(-span), bottom);
      pen.lineTo(x(0), bottom);
      pen.stroke();
      pen.fillText(number(-span, 0), x(-span) - SIDE5 / 2, bottom + 16);
      const log = `log p(x) = ${number(this.values.logPx, 3)}`;
      pen.textAlign = "right";
      pen.fillText(log, x(0) - 22, bottom + 16);
      pen.fillText("0", x(0) + 3, bottom + 16);
      pen.textAlign = "start";
    }
  };

  // src/ui/line_q.js
  var within = (value, [low, high]) => Math.min(high, Math.max(low, value));
  var LineQ = class {
    /**
     * @param {{state: State, means: [number, number], deviations: [number, number],
     *   change: () => void}} options state has "q": mean and deviation; change is called
     *   after each move
     */
    constructor({ state, means, deviations, change }) {
      Object.assign(this, { state, means, deviations, change });
      this.mean = slider({
        label: "Mean of q",
        min: means[0],
        max: means[1],
        step: 0.01,
        value: this.value.mean,
        change: (mean) => this.set({ ...this.value, mean })
      });
      this.deviation = slider({
        label: "Deviation of q",
        min: Math.log10(deviations[0]),
        max: Math.log10(deviations[1]),
        step: 1e-3,
        value: Math.log10(this.value.deviation),
        show: (value) => number(10 ** value),
        change: (log) => this.set({ ...this.value, deviation: 10 ** log })
      });
      const both2 = [this.mean.element, this.deviation.element];
      this.element = make("div", { class: "vae-live-sliders" }, ...both2);
      state.follow(() => this.update());
    }
    /** @returns {{mean: number, deviation: number}} within the limits, whatever is written */
    get value() {
      const [mean, deviation2] = this.state.numbers("q");
      return {
        mean: within(mean, this.means),
        deviation: within(deviation2, this.deviations)
      };
    }
    set({ mean, deviation: deviation2 }) {
      const m = within(mean, this.means).toFixed(3);
      this.state.set("q", `${m},${within(deviation2, this.deviations).toPrecision(4)}`);
      this.update();
    }
    /** Move the mean by some units, and the deviation by some e-folds. */
    nudge(step, fold) {
      const { mean, deviation: deviation2 } = this.value;
      this.set({ mean: mean + step, deviation: deviation2 * Math.exp(fold) });
    }
    update() {
      const { mean, deviation: deviation2 } = this.value;
      this.mean.set(mean);
      this.deviation.set(Math.log10(deviation2));
      this.change();
    }
  };

  // src/ui/line_view.js
  var FONT2 = "12px system-ui, sans-serif";
  var MARGIN = { left: 34, right: 8, top: 8, bottom: 22 };
  var POINTS = 400;
  var WIDER = 0.05;
  var STEP4 = 0.05;
  var FOLD = 2;
  var LOOK = { width: 2.2, dash: [], fill: false };
  var LineView = class {
    /**
     * @param {{label: string, z: [number, number], className: string,
     *   nudge?: (mean: number, fold: number) => void}} options z: the window; nudge is told
     *   by what a drag or a key moves the mean, and by how many e-folds the deviation
     */
    constructor({ label, z, className, nudge }) {
      Object.assign(this, { z, curves: [], y: [0, 1] });
      Object.assign(
        this,
        surface({ paint: (pen, width, height) => this.paint(pen, width, height) })
      );
      this.canvas.classList.add(className);
      name(this.canvas, { role: nudge ? "application" : "img", label });
      if (nudge) this.listen(nudge);
    }
    /**
     * @param {Array<{f: (z: number) => number, color: string, words: string}>} curves with
     *   what differs of LOOK; color names one of the theme's
     * @param {[number, number]} y the window's ends
     */
    show(curves2, y) {
      Object.assign(this, { curves: curves2, y });
      this.repaint();
    }
    listen(nudge) {
      const { canvas } = this;
      let last = null;
      const start2 = (event) => {
        last = event;
      };
      onDrag(canvas, start2, (event) => {
        const scale = (this.z[1] - this.z[0]) / this.inner(canvas.clientWidth);
        const fold = FOLD * (event.clientY - last.clientY) / canvas.clientHeight;
        nudge(scale * (event.clientX - last.clientX), fold);
        last = event;
      });
      onArrows(canvas, ([right, up], small) => {
        const size = small ? 1 / 5 : 1;
        nudge(size * STEP4 * right, -size * WIDER * up);
      });
    }
    inner(width) {
      return width - MARGIN.left - MARGIN.right;
    }
    paint(pen, width, height) {
      const look = colors();
      const [low, high] = this.y;
      const bottom = height - MARGIN.bottom;
      const x = (z) => MARGIN.left + (z - this.z[0]) / (this.z[1] - this.z[0]) * this.inner(width);
      const y = (v) => bottom - (v - low) / (high - low) * (bottom - MARGIN.top);
      pen.font = FONT2;
      pen.save();
      pen.beginPath();
      pen.rect(MARGIN.left, MARGIN.top, this.inner(width), bottom - MARGIN.top);
      pen.clip();
      for (const curve of this.curves) this.paintCurve(pen, { ...LOOK, ...curve }, x, y, look);
      pen.restore();
      this.paintAxes(pen, x, y, look);
      this.paintWords(pen, width, look);
    }
    paintCurve(pen, { f, color, width, dash, fill }, x, y, look) {
      const path = new Path2D();
      for (let i = 0; i <= POINTS; i += 1) {
        const z = this.z[0] + i / POINTS * (this.z[1] - this.z[0]);
        path.lineTo(x(z), y(f(z)));
      }
      pen.strokeStyle = pen.fillStyle = look[color];
      pen.lineWidth = width;
      pen.setLineDash(dash);
      pen.stroke(path);
      pen.setLineDash([]);
      if (!fill) return;
      path.lineTo(x(this.z[1]), y(0));
      path.lineTo(x(this.z[0]), y(0));
      pen.globalAlpha = 0.25;
      pen.fill(path);
      pen.globalAlpha = 1;
    }
    paintAxes(pen, x, y, look) {
      pen.strokeStyle = pen.fillStyle = look.muted;
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(x(this.z[0]), y(0));
      pen.lineTo(x(this.z[1]), y(0));
      pen.stroke();
      const whole = (n) => String(Number(n.toPrecision(3))).replace("-", "−");
      pen.textAlign = "center";
      for (let z = Math.ceil(this.z[0]) + 1; z < this.z[1]; z += 1)
        pen.fillText(whole(z), x(z), y(this.y[0]) + 16);
      pen.textAlign = "right";
      const [low, high] = this.y;
      const apart = -low > 0.12 * (high - low);
      for (const value of apart ? [low, 0, high] : [0, high])
        pen.fillText(whole(value), MARGIN.left - 4, y(value) + (value > 0 ? 10 : 3));
      pen.textAlign = "start";
    }
    /** The names of the curves, one below the other, each beside a piece of its line. */
    paintWords(pen, width, look) {
      const named = this.curves.filter(({ words }) => words);
      named.forEach(({ words, color, dash = [] }, i) => {
        const top = MARGIN.top + 8 + 17 * i;
        pen.strokeStyle = look[color];
        pen.lineWidth = 2.2;
        pen.setLineDash(dash);
        pen.beginPath();
        pen.moveTo(MARGIN.left + 8, top);
        pen.lineTo(MARGIN.left + 30, top);
        pen.stroke();
        pen.setLineDash([]);
        pen.strokeStyle = look.paper;
        pen.lineWidth = 4;
        pen.lineJoin = "round";
        pen.strokeText(words, MARGIN.left + 36, top + 4);
        pen.fillStyle = look.text;
        pen.fillText(words, MARGIN.left + 36, top + 4);
      });
    }
  };

  // src/ui/gap.js
  function gap(body, { state }) {
    const logPx = logEvidence();
    const say = sentence();
    const bars = new GapBars();
    const view = new LineView({
      label: "The posterior and your q over z: drag sideways for the mean of q and up for a narrower q, or use the arrow keys",
      z: [-3.5, 3.5],
      className: "vae-live-axis",
      nudge: (step, fold) => q.nudge(step, fold)
    });
    const update = () => {
      const now = q.value;
      const { elbo: elbo2 } = toyBound(now);
      const gap2 = toyGap(now, logPx);
      view.show(curves(now, logPx), [0, 2.4]);
      bars.show({ elbo: elbo2, gap: gap2, logPx });
      body.now = { ...now, elbo: elbo2, gap: gap2, logPx };
      const [bound, missing2, all] = [elbo2, gap2, logPx].map((nats) => number(nats, 3));
      say.say(
        `q has mean ${number(now.mean)} and deviation ${number(now.deviation)}: ELBO ${bound} + gap ${missing2} = log p(x), ${all} nats.`
      );
    };
    const limits = { means: [-3, 3], deviations: [0.05, 1.5] };
    const q = new LineQ({ state, ...limits, change: update });
    const figure = (canvas, text) => {
      const words = make("figcaption", { text });
      return make("figure", { class: "vae-live-picture" }, canvas, words);
    };
    const pictures = make("div", { class: "vae-live-pictures" });
    pictures.append(
      figure(view.canvas, "Density per unit of z, after the reading x = 2."),
      figure(bars.canvas, "Nats. The dashed line is log p(x); the gap starts at the ELBO.")
    );
    body.append(pictures, q.element, say.element);
    return async () => update();
  }
  gap.defaults = { q: "0.000,1.200" };
  function curves({ mean, deviation: deviation2 }, logPx) {
    return [
      {
        f: (z) => Math.exp(logJoint(z) - logPx),
        color: "second",
        fill: true,
        width: 1,
        words: "posterior p(z | x)"
      },
      {
        f: (z) => Math.exp(logNormal(z, 0, 1)),
        color: "muted",
        dash: [5, 4],
        width: 1.2,
        words: "prior"
      },
      {
        f: (z) => Math.exp(logNormal(z, mean, deviation2)),
        color: "accent",
        words: "your q"
      }
    ];
  }

  // src/estimators.js
  var exact = (mu) => 2 * mu;
  function estimates({ mu, sigma, baseline = false }, noise) {
    const level = baseline ? mu ** 2 + sigma ** 2 : 0;
    const pathwise = new Float64Array(noise.length);
    const score = new Float64Array(noise.length);
    for (let i = 0; i < noise.length; i += 1) {
      const z = mu + sigma * noise[i];
      pathwise[i] = 2 * z;
      score[i] = (z ** 2 - level) * noise[i] / sigma;
    }
    return { pathwise, score };
  }
  function variances({ mu, sigma, baseline = false }) {
    const plain = mu ** 4 / sigma ** 2 + 14 * mu ** 2 + 15 * sigma ** 2;
    const score = baseline ? 8 * mu ** 2 + 10 * sigma ** 2 : plain;
    return { pathwise: 4 * sigma ** 2, score };
  }
  function summary(draws) {
    const n = draws.length;
    const mean = Array.prototype.reduce.call(draws, (sum, v) => sum + v, 0) / n;
    if (n < 2) return { mean, error: null };
    const squares = Array.prototype.reduce.call(draws, (sum, v) => sum + (v - mean) ** 2, 0);
    return { mean, error: Math.sqrt(squares / (n - 1) / n) };
  }

  // src/ui/clouds.js
  var FONT3 = "12px system-ui, sans-serif";
  var TITLE = 18;
  var HEIGHTS = 7;
  function heights(n) {
    const random = seeded(HEIGHTS);
    return Array.from({ length: n }, () => random.uniform());
  }
  function limitOf(toy) {
    const { pathwise, score } = variances(toy);
    return 3 * Math.sqrt(Math.max(pathwise, score));
  }
  function paintClouds(pen, width, height, { toy, rows }, look) {
    const [middle, limit] = [exact(toy.mu), limitOf(toy)];
    const at = (value) => width / 2 * (1 + (value - middle) / limit);
    const room = (height - TITLE) / rows.length;
    pen.font = FONT3;
    rows.forEach(({ words, draws }, k) => {
      const box = { top: k * room + TITLE, tall: room - TITLE - 6 };
      const color = k ? look.second : look.accent;
      pen.fillStyle = look.text;
      pen.fillText(words, 0, box.top - 5);
      paintCloud(pen, at, draws, box, color);
      paintMean(pen, at, summary(draws), box, look);
    });
    paintExact(pen, width, height, look);
    for (const [value, x] of [
      [middle - limit, 0],
      [middle + limit, width]
    ]) {
      const words = number(value, 1);
      pen.fillText(words, x ? x - pen.measureText(words).width : 0, height - 3);
    }
  }
  function paintCloud(pen, at, draws, { top, tall }, color) {
    pen.fillStyle = color;
    pen.globalAlpha = draws.length > 100 ? 0.45 : 0.8;
    const up = heights(draws.length);
    draws.forEach((draw2, i) => {
      pen.beginPath();
      pen.arc(at(draw2), top + 3 + (tall - 6) * up[i], 2.2, 0, 2 * Math.PI);
      pen.fill();
    });
    pen.globalAlpha = 1;
  }
  function paintMean(pen, at, { mean, error }, { top, tall }, look) {
    const middle = top + tall / 2;
    pen.strokeStyle = look.text;
    pen.lineWidth = 3;
    pen.beginPath();
    pen.moveTo(at(mean), middle - 12);
    pen.lineTo(at(mean), middle + 12);
    if (error !== null) {
      pen.moveTo(at(mean - 2 * error), middle);
      pen.lineTo(at(mean + 2 * error), middle);
    }
    pen.stroke();
  }
  function paintExact(pen, width, height, look) {
    pen.strokeStyle = look.text;
    pen.lineWidth = 1;
    pen.setLineDash([4, 3]);
    pen.beginPath();
    pen.moveTo(width / 2, TITLE);
    pen.lineTo(width / 2, height - TITLE);
    pen.stroke();
    pen.setLineDash([]);
    pen.fillStyle = look.muted;
    const words = "exact";
    pen.fillText(words, (width - pen.measureText(words).width) / 2, height - 3);
  }

  // src/ui/gradients.js
  var MU = 1;
  var MOST = 1e3;
  var [NARROW, WIDE] = [0.05, 2];
  function gradients(body, { state }) {
    const widget = new Gradients(body, state);
    return async () => widget.update();
  }
  gradients.defaults = { n: "200", sigma: "0.5", seed: "1", baseline: "0" };
  var within2 = (value, low, high) => Math.min(high, Math.max(low, value));
  function judge(toy, n, noise) {
    const { pathwise, score } = estimates(toy, noise);
    const said = (draws) => {
      const { mean, error } = summary(draws);
      return error === null ? number(mean) : `${number(mean)}, standard error ${number(error)}`;
    };
    const exactly = variances(toy);
    const worth = (exactly.score / exactly.pathwise).toPrecision(3);
    return `${n} draw${n > 1 ? "s" : ""} of each; exact: ${number(exact(toy.mu))}. Pathwise: ${said(pathwise)}. Score function: ${said(score)}. One pathwise draw is worth ${Number(worth)} draws of the score function.`;
  }
  var Gradients = class {
    constructor(body, state) {
      Object.assign(this, { body, state, shown: null });
      body.widget = this;
      this.makeControls();
      this.picture = surface({
        className: "vae-live-clouds",
        paint: (pen, width, height) => this.shown && paintClouds(pen, width, height, this.shown, colors())
      });
      this.say = sentence();
      const note2 = make("p", {
        class: "vae-live-note",
        text: "A dot is one draw. Upright bar: their mean, with two standard errors to either side."
      });
      const line2 = make("div", { class: "vae-live-line" }, this.again, this.baseline.element);
      const sliders = make("div", { class: "vae-live-sliders" });
      sliders.append(this.n.element, this.sigma.element);
      body.append(sliders, line2, this.picture.canvas, note2, this.say.element);
      this.update();
      state.follow(() => this.update());
    }
    makeControls() {
      const change = (name2) => (value) => {
        this.state.set(name2, Number(value));
        this.update();
      };
      this.n = slider({
        label: "Draws",
        min: 1,
        max: MOST,
        step: 1,
        value: 1,
        decimals: 0,
        change: change("n")
      });
      this.sigma = slider({
        label: "σ of q",
        min: NARROW,
        max: WIDE,
        step: 0.05,
        value: 1,
        change: change("sigma")
      });
      this.again = button("Draw anew", () => change("seed")(this.settings().seed + 1));
      const label = "subtract the baseline E[z²] from z²";
      this.baseline = checkbox({ label, value: false, change: change("baseline") });
    }
    /** What the page's address holds, within what the controls can show. */
    settings() {
      const [n] = this.state.numbers("n");
      const [sigma] = this.state.numbers("sigma");
      const [seed] = this.state.numbers("seed");
      return {
        n: within2(Math.round(n), 1, MOST),
        sigma: within2(sigma, NARROW, WIDE),
        seed: Math.abs(Math.trunc(seed)) % 2 ** 32,
        baseline: this.state.choice("baseline", ["0", "1"]) === "1"
      };
    }
    update() {
      const { n, sigma, seed, baseline } = this.settings();
      this.n.set(n);
      this.sigma.set(sigma);
      this.baseline.input.checked = baseline;
      const toy = { mu: MU, sigma, baseline };
      const noise = seeded(seed).normals(MOST).subarray(0, n);
      const { pathwise, score } = estimates(toy, noise);
      const rows = [
        { words: "pathwise: 2z", draws: pathwise },
        {
          words: `score function: ${baseline ? "(z² − E[z²])" : "z²"} ε / σ`,
          draws: score
        }
      ];
      this.shown = { toy, rows };
      this.picture.repaint();
      this.say.say(judge(toy, n, noise));
    }
  };

  // src/ui/kl.js
  var P = { mean: 0, deviation: 1 };
  var WINDOW = [-4, 4];
  var POINTS2 = 200;
  var HEIGHTS2 = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500];
  var round = (value) => HEIGHTS2.find((height) => height >= value) ?? HEIGHTS2.at(-1);
  function kl(body, { state }) {
    const say = sentence();
    const views = makeViews((step, fold) => q.nudge(step, fold));
    const update = () => {
      const now = q.value;
      const reverse = divergence(now, P);
      const forward2 = divergence(P, now);
      views.densities.show(densities(now), [0, 1.6]);
      const sums = addedUp(now, reverse, forward2);
      views.sums.show(sums, ends(sums));
      body.now = { ...now, reverse, forward: forward2 };
      say.say(
        `q has mean ${number(now.mean)} and deviation ${number(now.deviation)}: KL(q ‖ p) = ${number(reverse)} nats, KL(p ‖ q) = ${number(forward2)} nats.`
      );
    };
    const limits = { means: [-3, 3], deviations: [0.1, 3] };
    const q = new LineQ({ state, ...limits, change: update });
    body.append(views.element, q.element, say.element);
    return async () => update();
  }
  kl.defaults = { q: "1.000,0.400" };
  function makeViews(nudge) {
    const densities2 = new LineView({
      label: "p and your q: drag sideways for the mean of q and up for a narrower q, or use the arrow keys",
      z: WINDOW,
      className: "vae-live-axis",
      nudge
    });
    const sums = new LineView({
      label: "What each of the two divergences adds up over z, as a shaded area",
      z: WINDOW,
      className: "vae-live-axis"
    });
    sums.canvas.classList.add("vae-live-still-axis");
    const element = make("div", { class: "vae-live-pictures" });
    for (const [{ canvas }, text] of [
      [densities2, "Densities per unit of z."],
      [
        sums,
        "What is added up, in nats per unit of z: area above 0 counts for a divergence, area below against it."
      ]
    ]) {
      const words = make("figcaption", { text });
      element.append(make("figure", { class: "vae-live-picture" }, canvas, words));
    }
    return { densities: densities2, sums, element };
  }
  function densities({ mean, deviation: deviation2 }) {
    return [
      {
        f: (z) => Math.exp(logNormal(z, P.mean, P.deviation)),
        color: "second",
        dash: [5, 4],
        words: "p, standard normal"
      },
      {
        f: (z) => Math.exp(logNormal(z, mean, deviation2)),
        color: "accent",
        words: "your q"
      }
    ];
  }
  function addedUp(q, reverse, forward2) {
    const look = { fill: true, width: 1.5 };
    return [
      {
        ...look,
        f: (z) => integrand(z, P, q),
        color: "second",
        dash: [5, 4],
        words: `p log(p / q): KL(p ‖ q) = ${number(forward2)}`
      },
      {
        ...look,
        f: (z) => integrand(z, q, P),
        color: "accent",
        words: `q log(q / p): KL(q ‖ p) = ${number(reverse)}`
      }
    ];
  }
  function ends(curves2) {
    let [low, high] = [0, 0];
    for (const { f } of curves2) {
      for (let i = 0; i <= POINTS2; i += 1) {
        const value = f(WINDOW[0] + i / POINTS2 * (WINDOW[1] - WINDOW[0]));
        [low, high] = [Math.min(low, value), Math.max(high, value)];
      }
    }
    const top = round(1.3 * high);
    return [-Math.max(top / 10, round(-low)), top];
  }

  // src/ui/bytes.js
  var LEVELS = 256;
  var NATS_PER_BYTE = 8 * Math.LN2;
  var inBytes = (nats) => nats / NATS_PER_BYTE;
  function erfc(x) {
    const z = Math.abs(x);
    const t = 1 / (1 + 0.5 * z);
    const terms = [
      -1.26551223,
      1.00002368,
      0.37409196,
      0.09678418,
      -0.18628806,
      0.27886807,
      -1.13520398,
      1.48851587,
      -0.82215223,
      0.17087277
    ];
    const sum = terms.reduceRight((total, term) => term + t * total, 0);
    const tail = t * Math.exp(-z * z + sum);
    return x >= 0 ? tail : 2 - tail;
  }
  var above = (x) => 0.5 * erfc(x / Math.SQRT2);
  function logMass(level, mean, deviation2) {
    const at = (edge) => (edge / (LEVELS - 1) - mean) / deviation2;
    let low = level === 0 ? -Infinity : at(level - 0.5);
    let high = level === LEVELS - 1 ? Infinity : at(level + 0.5);
    if (low + high < 0) [low, high] = [-high, -low];
    const upper = (edge) => edge === Infinity ? 0 : edge === -Infinity ? 1 : above(edge);
    return Math.log(Math.max(upper(low) - upper(high), Number.MIN_VALUE));
  }
  function pixelCosts(x, mean, variance2, at = 0) {
    const deviation2 = Math.sqrt(variance2);
    const constant = 0.5 * Math.log(2 * Math.PI * variance2) + Math.log(LEVELS - 1);
    let [density, clipped] = [0, 0];
    for (let i = 0; i < x.length; i += 1) {
      const miss = x[i] - mean[at + i];
      density += constant + miss * miss / (2 * variance2);
      clipped -= logMass(Math.round(x[i] * (LEVELS - 1)), mean[at + i], deviation2);
    }
    return { density, clipped };
  }
  async function compressed(bytes, format2) {
    const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream(format2));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
  var gzipSize = async (bytes) => (await compressed(bytes, "gzip")).length;
  function filtered(pixels, width, filter) {
    const rows = pixels.length / width;
    const out = new Uint8Array(rows * (width + 1));
    const get = (r, c) => r < 0 || c < 0 ? 0 : pixels[r * width + c];
    for (let r = 0; r < rows; r += 1) {
      out[r * (width + 1)] = filter;
      for (let c = 0; c < width; c += 1) {
        const [left, up, corner] = [get(r, c - 1), get(r - 1, c), get(r - 1, c - 1)];
        const guess = [0, left, up, left + up >> 1, paeth(left, up, corner)][filter];
        out[r * (width + 1) + 1 + c] = get(r, c) - guess;
      }
    }
    return out;
  }
  function paeth(left, up, corner) {
    const guess = left + up - corner;
    const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value));
    if (a <= b && a <= c) return left;
    return b <= c ? up : corner;
  }
  async function pngSize(pixels, width = 28) {
    const sizes = [0, 1, 2, 3, 4].map(
      async (filter) => (await compressed(filtered(pixels, width, filter), "deflate")).length
    );
    return 57 + Math.min(...await Promise.all(sizes));
  }

  // src/ui/latents.js
  var NETS = [
    ["mlp_10", "10 latents"],
    ["mlp_20", "20 latents"]
  ];
  var DEAD = 0.01;
  var LIMIT3 = 4;
  var DRAWS = 64;
  function meanRates({ mean, logVar }, d) {
    const rates2 = new Float64Array(d);
    const n = mean.length / d;
    for (let i = 0; i < n; i += 1) {
      const [from, to] = [i * d, (i + 1) * d];
      const one = gaussianKl(mean.subarray(from, to), logVar.subarray(from, to));
      one.rates.forEach((rate, k) => rates2[k] += rate / n);
    }
    return rates2;
  }
  function latents(body, { state, services: services2 }) {
    return new Latents(body, state, services2).start;
  }
  latents.defaults = { net: "mlp_10", digit: "-1", z: "" };
  var Latents = class {
    constructor(body, state, services2) {
      Object.assign(this, { body, state, services: services2, sliders: [] });
      body.widget = this;
      const names = NETS.map(([name2]) => name2);
      this.net = radios({
        label: "Network: multilayer perceptron with",
        options: NETS,
        value: state.choice("net", names),
        change: (name2) => {
          state.set("net", name2);
          state.set("z", "");
          this.load();
        }
      });
      this.digit = menu({
        label: "Test digit",
        options: [["-1", "…"]],
        value: "-1",
        change: (index) => {
          state.set("digit", index);
          state.set("z", "");
          this.encode();
        }
      });
      this.original = digitPicture({ label: "The test digit" });
      this.decoded = digitPicture({ label: "What the decoder draws from the sliders" });
      this.list = make("div", { class: "vae-live-latents" });
      this.rows = make("tbody");
      this.say = sentence();
      this.build();
      this.start = async () => {
        this.data = await services2.digits();
        const options = fifty(this.data).map((i) => [i, nameOf(this.data, i)]);
        this.digit.input.replaceChildren(
          ...options.map(([value, text]) => make("option", { value, text }))
        );
        state.follow(() => this.load());
        await this.load();
      };
    }
    build() {
      const figure = (picture2, words) => make(
        "figure",
        { class: "vae-live-picture" },
        picture2.canvas,
        make("figcaption", { text: words })
      );
      const reset = button("Back to this digit's code", () => {
        this.state.set("z", "");
        this.encode();
      });
      const left = make("div", { class: "vae-live-side" });
      left.append(
        make(
          "div",
          { class: "vae-live-two" },
          figure(this.original, "test digit"),
          figure(this.decoded, "decoded from the sliders")
        ),
        this.digit.element,
        this.net.element,
        reset
      );
      const caption = "Cost of this test digit, in bytes";
      const table = make(
        "table",
        { class: "vae-live-numbers" },
        make("caption", { text: caption }),
        this.rows
      );
      const stage = make("div", { class: "vae-live-split" }, left, this.list);
      this.showRows("the code", Array(8).fill("…"));
      this.buildSliders(
        Number(
          this.state.choice(
            "net",
            NETS.map(([name2]) => name2)
          ).slice(4)
        )
      );
      this.body.append(stage, this.say.element, table);
    }
    async load() {
      const name2 = this.state.choice(
        "net",
        NETS.map(([key2]) => key2)
      );
      this.net.set(name2);
      this.model = await this.services.load(name2);
      const codes2 = await this.services.codes(this.model);
      if (name2 !== this.state.choice(
        "net",
        NETS.map(([key2]) => key2)
      ))
        return;
      this.rates = meanRates(codes2, this.model.latentDim);
      this.order = [...this.rates.keys()].sort((a, b) => this.rates[b] - this.rates[a]);
      this.buildSliders(this.model.latentDim);
      this.encode();
    }
    /** Sliders in the order of the rates; before these are known, room for as many. */
    buildSliders(d) {
      const order = this.order || Array.from({ length: d }, (_, k) => k);
      const most = this.rates ? this.rates[order[0]] : 1;
      this.sliders = [];
      const rows = order.map((k) => {
        const rate = this.rates ? this.rates[k] : 0;
        const dead = this.rates && rate < DEAD;
        const nats = this.rates ? `${number(rate, rate < 0.1 ? 3 : 1)} nats` : "…";
        const one = slider({
          label: `z${k + 1}, ${nats}${dead ? ", dead" : ""}`,
          min: -LIMIT3,
          max: LIMIT3,
          step: 0.01,
          value: 0,
          change: (value) => this.move(k, value)
        });
        this.sliders[k] = one;
        one.input.disabled = !this.rates;
        one.element.classList.toggle("vae-live-dead", Boolean(dead));
        one.element.style.setProperty("--rate", `${100 * rate / most}%`);
        return one.element;
      });
      const words = "Latents by their mean rate on 500 test digits";
      this.list.replaceChildren(make("p", { class: "vae-live-title", text: words }), ...rows);
    }
    chosen() {
      const options = fifty(this.data);
      const [said] = this.state.numbers("digit");
      return options.includes(said) ? said : options[10];
    }
    encode() {
      const index = this.chosen();
      this.digit.input.value = index;
      this.x = this.data.images.slice(784 * index, 784 * (index + 1));
      this.q = this.model.encode(this.x, 1);
      const said = this.state.get("z").split(",").map(Number);
      const d = this.model.latentDim;
      const moved = said.length === d && said.every(Number.isFinite);
      this.z = moved ? Float32Array.from(said) : Float32Array.from(this.q.mean);
      this.sliders.forEach((one, k) => one.set(this.z[k]));
      this.original.show(this.x);
      this.showDecoded();
      this.showCost(index);
    }
    move(k, value) {
      this.z[k] = value;
      this.state.set("z", [...this.z].map((v) => v.toFixed(2)).join(","));
      this.showDecoded();
    }
    showDecoded() {
      const mean = this.model.decode(this.z, 1);
      this.decoded.show(mean);
      const far = Math.sqrt(mean.reduce((sum, m, i) => sum + (m - this.x[i]) ** 2, 0) / 784);
      const alive = this.rates.filter((rate) => rate >= DEAD).length;
      this.say.say(
        `${alive} of ${this.rates.length} latents carry at least ${DEAD} nats. The picture decoded from the sliders misses the test digit by ${number(far, 3)} of full ink in the root mean square.`
      );
    }
    /** Rate and distortion of the digit under q, both averaged as the ELBO is. */
    costs() {
      const d = this.model.latentDim;
      const { mean, logVar } = this.q;
      const { kl: rate } = gaussianKl(mean, logVar);
      const noise = this.services.seeded(0).normals(DRAWS * d);
      const z = noise.map((e, i) => mean[i % d] + Math.exp(logVar[i % d] / 2) * e);
      const means = this.model.decode(z, DRAWS);
      const total = { density: 0, clipped: 0 };
      for (let s = 0; s < DRAWS; s += 1) {
        const cost = pixelCosts(this.x, means, this.model.variance, 784 * s);
        total.density += cost.density / DRAWS;
        total.clipped += cost.clipped / DRAWS;
      }
      return { rate, ...total };
    }
    showRows(code, values) {
      const words = [
        "784 pixels of 8 bits, as they are",
        code,
        "the pixels, given the code: density × 1/255",
        "together: −ELBO of the model as trained",
        "the pixels, given the code: Gaussian clipped to [0, 1]",
        "together: −ELBO with the clipped Gaussian",
        "PNG, 8-bit grey, best of five filters (57 of them its frame)",
        "gzip of the 784 bytes (18 of them its frame)"
      ];
      const row = (text, i) => {
        const parts = [make("th", { scope: "row", text }), make("td", { text: values[i] })];
        return make(
          "tr",
          { class: text.startsWith("together") ? "vae-live-total" : null },
          ...parts
        );
      };
      this.rows.replaceChildren(...words.map(row));
    }
    async showCost(index) {
      const { rate, density, clipped } = this.costs();
      const levels2 = Uint8Array.from(this.x, (x) => Math.round(255 * x));
      const [png, gzip] = await Promise.all([pngSize(levels2), gzipSize(levels2)]).catch(() => [
        NaN,
        NaN
      ]);
      if (index !== this.chosen()) return;
      const bytes = (nats) => `${number(inBytes(nats), 1)}`;
      const file = (size) => Number.isNaN(size) ? "not in this browser" : String(size);
      const values = [
        "784",
        bytes(rate),
        bytes(density),
        bytes(rate + density),
        bytes(clipped),
        bytes(rate + clipped),
        file(png),
        file(gzip)
      ];
      this.showRows(`the code: rate ${number(rate, 1)} nats`, values);
    }
  };

  // src/losses.js
  var SAME = 1e-12;
  function factors(loss2) {
    const size = loss2.imageShape.reduce((product, side) => product * side, 1);
    return {
      c: loss2.overPixels === "mean" ? loss2.errorWeight / size : loss2.errorWeight,
      k: loss2.overLatents === "mean" ? loss2.klWeight / loss2.latentDim : loss2.klWeight
    };
  }
  function impliedModel(loss2) {
    const { c, k } = factors(loss2);
    const ratio = k / c;
    const found = parameters(loss2.error, ratio);
    const against = reasonsAgainst(loss2, ratio, found.beta);
    const bound = against.length === 0;
    const averaged = found.likelihood === "Bernoulli" && loss2.pixels === "grey";
    const boundOn = averaged ? "images binarised at random" : "images";
    const none = { likelihood: null, variance: null, scale: null };
    return {
      ...found,
      ...ratio === 0 ? none : {},
      verdict: bound ? found.likelihood : "not a bound",
      boundOn: bound ? boundOn : null,
      reasons: [...against, ...remarks(loss2, found.beta)]
    };
  }
  function parameters(error, ratio) {
    const beta = Number(ratio > 0);
    if (error === "cross-entropy")
      return { likelihood: "Bernoulli", variance: null, scale: null, beta: ratio };
    if (error === "absolute")
      return { likelihood: "Laplace", variance: null, scale: ratio, beta };
    return { likelihood: "Gaussian", variance: ratio / 2, scale: null, beta };
  }
  function reasonsAgainst(loss2, ratio, beta) {
    const found = [];
    if (ratio === 0)
      found.push("the rate has no weight: an autoencoder without densities");
    else if (beta < 1 && !isOne(beta))
      found.push(`the KL weight ${short(beta)} is below 1: rate is given away`);
    for (const name2 of loss2.extraTerms)
      found.push(`the ${name2} term has no known normaliser`);
    return found;
  }
  function remarks(loss2, beta) {
    const found = [];
    if (beta > 1 && !isOne(beta))
      found.push(`the KL weight ${short(beta)} is above 1: a looser bound`);
    if (loss2.error === "cross-entropy" && loss2.pixels === "grey")
      found.push("a cross-entropy of grey pixels is no density of them");
    return found;
  }
  var isOne = (value) => Math.abs(value - 1) <= SAME * Math.max(1, Math.abs(value));
  function short(value) {
    const rounded = Number(value.toPrecision(3));
    const whole = Math.round(1 / value);
    const isFraction = Math.abs(whole * value - 1) < 1e-9 && whole < 1e6;
    if (isFraction && Math.abs(rounded / value - 1) > 1e-9) return `1/${whole}`;
    if (rounded >= 1e-4 && rounded < 1e6) return String(rounded);
    const [digits, power] = rounded.toExponential().split("e");
    return `${digits}e${power.replace("+", "").replace("-", "−")}`;
  }

  // src/trainer/thresholds.js
  var THRESHOLDS = Object.freeze([5.196388, 3.867387]);

  // src/ui/loss_presets.js
  var BASE = {
    error: "squared",
    overPixels: "sum",
    overLatents: "sum",
    errorWeight: 1,
    klWeight: 1,
    imageShape: [28, 28, 1],
    latentDim: 2,
    pixels: "grey",
    extraTerms: []
  };
  var EXTRA = ["perceptual", "adversarial"];
  var PRESETS = {
    mean: {
      row: "PyTorch-VAE, validation",
      words: "mean of squares + KL (PyTorch-VAE, validation)",
      loss: { ...BASE, overPixels: "mean", imageShape: [64, 64, 3] }
    },
    geron: {
      row: "Hands-On Machine Learning, 3rd ed.",
      words: "Keras mse + KL/784 (Hands-On Machine Learning)",
      loss: { ...BASE, overPixels: "mean", klWeight: 1 / 784 }
    },
    sums: {
      row: "Berkeley CS294-158, homework 2",
      words: "sum of squares + KL (Berkeley, homework)",
      loss: BASE
    },
    half: {
      row: "pythae",
      words: "half the sum of squares + KL (pythae)",
      loss: { ...BASE, errorWeight: 0.5 }
    },
    guide: {
      row: "Keras guide to subclassing",
      words: "mse + mean of KL (Keras guide)",
      loss: { ...BASE, overPixels: "mean", overLatents: "mean", latentDim: 32 }
    },
    laplace: {
      row: "disentangling-vae, laplace",
      words: "3 absolute errors + KL (disentangling-vae)",
      loss: { ...BASE, error: "absolute", errorWeight: 3 }
    },
    keras: {
      row: "keras.io example",
      words: "cross-entropy + KL (keras.io)",
      loss: { ...BASE, error: "cross-entropy" }
    },
    fastai: {
      row: "fast.ai course 2022, part 2",
      words: "mean cross-entropy + mean of KL (fast.ai)",
      loss: {
        ...BASE,
        error: "cross-entropy",
        overPixels: "mean",
        overLatents: "mean",
        latentDim: 200
      }
    },
    diffusion: {
      row: "Stable Diffusion autoencoder",
      words: "absolute error + 1e−6 KL + more (Stable Diffusion)",
      loss: {
        ...BASE,
        error: "absolute",
        klWeight: 1e-6,
        imageShape: [256, 256, 3],
        latentDim: 4096,
        extraTerms: EXTRA
      }
    }
  };

  // src/ui/loss_controls.js
  var ERRORS = [
    ["squared", "squared"],
    ["absolute", "absolute"],
    ["cross-entropy", "cross-entropy"]
  ];
  var REDUCTIONS = [
    ["sum", "sum"],
    ["mean", "mean"]
  ];
  var SIZES = ["28x28x1", "32x32x3", "64x64x3", "256x256x3"];
  var DIMENSIONS2 = ["2", "10", "20", "32", "64", "128", "200", "4096"];
  var [LEAST, MOST2] = [-7, 4];
  var OWN = "own";
  var DEFAULTS = {
    error: "squared",
    pixels: "mean",
    latents: "sum",
    c: "1",
    k: "1",
    size: "28x28x1",
    d: "2",
    binary: "0",
    more: "0"
  };
  function settingsOf(loss2) {
    return {
      error: loss2.error,
      pixels: loss2.overPixels,
      latents: loss2.overLatents,
      c: String(loss2.errorWeight),
      k: String(loss2.klWeight),
      size: loss2.imageShape.join("x"),
      d: String(loss2.latentDim),
      binary: String(Number(loss2.pixels === "binary")),
      more: String(Number(loss2.extraTerms.length > 0))
    };
  }
  function lossOf(state) {
    const reductions = REDUCTIONS.map(([key2]) => key2);
    const flag = (name2) => state.choice(name2, ["0", "1"]) === "1";
    const [c] = state.numbers("c");
    const [k] = state.numbers("k");
    return {
      error: state.choice("error", ERRORS.map(([key2]) => key2)),
      overPixels: state.choice("pixels", reductions),
      overLatents: state.choice("latents", reductions),
      errorWeight: c > 0 ? c : Number(DEFAULTS.c),
      klWeight: k >= 0 ? k : Number(DEFAULTS.k),
      imageShape: state.choice("size", SIZES).split("x").map(Number),
      latentDim: Number(state.choice("d", DIMENSIONS2)),
      pixels: flag("binary") ? "binary" : "grey",
      extraTerms: flag("more") ? EXTRA : []
    };
  }
  function weight({ label, zero, change }) {
    const show = (power) => power <= LEAST ? "0" : short(10 ** power);
    const made = slider({
      label,
      min: zero ? LEAST : LEAST + 0.05,
      max: MOST2,
      step: 0.05,
      value: 0,
      show,
      change: (power) => change(power <= LEAST ? 0 : Number((10 ** power).toPrecision(3)))
    });
    const set = (value) => made.set(value > 0 ? Math.log10(value) : LEAST);
    return { element: made.element, set };
  }
  var LossControls = class {
    constructor(state, changed) {
      const change = (name2) => (value) => {
        state.set(name2, typeof value === "boolean" ? Number(value) : value);
        changed();
      };
      this.state = state;
      this.preset = menu({
        label: "Start from",
        options: [
          [OWN, "a loss of your own"],
          ...Object.entries(PRESETS).map(([key2, { words }]) => [key2, words])
        ],
        value: OWN,
        change: (key2) => {
          if (key2 === OWN) return;
          const settings = settingsOf(PRESETS[key2].loss);
          for (const [name2, value] of Object.entries(settings)) state.set(name2, value);
          changed();
        }
      });
      this.make(change);
      this.elements = [this.preset.element, ...this.groups()];
    }
    make(change) {
      const reduction = (label, name2) => radios({ label, options: REDUCTIONS, value: "sum", change: change(name2) });
      const list = (label, name2, options) => menu({ label, options, value: options[0][0], change: change(name2) });
      const named = (text) => [text, text.replaceAll("x", " × ")];
      this.error = list("Error", "error", ERRORS);
      this.size = list("Image", "size", SIZES.map(named));
      this.d = list("Latents d", "d", DIMENSIONS2.map(named));
      this.pixels = reduction("Error over the pixels", "pixels");
      this.latents = reduction("KL over the latents", "latents");
      this.c = weight({ label: "Error weight", change: change("c") });
      this.k = weight({ label: "KL weight", zero: true, change: change("k") });
      const box = (label, name2) => checkbox({ label, value: false, change: change(name2) });
      this.binary = box("every pixel is 0 or 1", "binary");
      this.more = box(`plus ${EXTRA.join(" and ")} terms`, "more");
    }
    groups() {
      const group = (name2, ...parts) => make("div", { class: `vae-live-${name2}` }, ...parts.map((part) => part.element));
      return [
        group("line", this.error, this.size, this.d),
        group("choices", this.pixels, this.latents),
        group("sliders", this.c, this.k),
        group("line", this.binary, this.more)
      ];
    }
    /** Show a loss. */
    show(loss2) {
      const settings = settingsOf(loss2);
      for (const name2 of ["error", "size", "d"]) this[name2].input.value = settings[name2];
      for (const name2 of ["pixels", "latents"]) this[name2].set(settings[name2]);
      this.c.set(loss2.errorWeight);
      this.k.set(loss2.klWeight);
      for (const name2 of ["binary", "more"]) this[name2].input.checked = settings[name2] === "1";
      const same = ([, preset]) => JSON.stringify(settingsOf(preset.loss)) === JSON.stringify(settings);
      this.preset.input.value = Object.entries(PRESETS).find(same)?.[0] ?? OWN;
    }
  };

  // src/ui/loss_words.js
  var TERMS2 = {
    squared: "(x − μ)²",
    absolute: "|x − μ|",
    "cross-entropy": "bce(x, μ)"
  };
  var times = (weight2, term) => weight2 === 1 ? term : `${short(weight2)} · ${term}`;
  function asCode(loss2) {
    const error = times(loss2.errorWeight, `${loss2.overPixels}(${TERMS2[loss2.error]})`);
    const rate = loss2.klWeight ? times(loss2.klWeight, `${loss2.overLatents}(KL)`) : `0 · ${loss2.overLatents}(KL)`;
    return [error, rate, ...loss2.extraTerms].join(" + ");
  }
  function spread(model) {
    const { variance: variance2, scale, beta, likelihood } = model;
    if (variance2 !== null)
      return `σₓ = ${short(Math.sqrt(variance2))}, a variance of ${short(variance2)}`;
    if (scale !== null) return `the scale b = ${short(scale)}`;
    return likelihood ? `the KL weight β = ${short(beta)}` : null;
  }
  function deviation({ variance: variance2, scale }) {
    if (variance2 !== null) return Math.sqrt(variance2);
    return scale === null ? null : Math.SQRT2 * scale;
  }
  function inPixels(sigma) {
    if (sigma === null) return "";
    const beside = " Pixels go from 0 to 1:";
    if (sigma > 1)
      return `${beside} this noise is ${short(sigma)} times the step from black to white.`;
    if (sigma < 1 / 255)
      return `${beside} this noise is finer than one of 255 grey levels.`;
    return `${beside} this noise is ${short(255 * sigma)} of 255 grey levels.`;
  }
  function meaning(loss2) {
    const model = impliedModel(loss2);
    const { c, k } = factors(loss2);
    const sigma = inPixels(deviation(model));
    const because = model.reasons.length ? ` Mind: ${model.reasons.join("; ")}.` : "";
    const said = spread(model);
    if (model.verdict === "not a bound") {
      const rest = said ? ` Error and rate alone would say a ${model.likelihood} decoder with ${said}.${sigma}` : "";
      return `This loss is no bound on a likelihood: ${model.reasons.join("; ")}.${rest}`;
    }
    const factor = model.likelihood === "Bernoulli" ? c : k;
    const scaled = factor === 1 ? "" : `, divided by ${short(factor)},`;
    const bound = model.beta > 1 + 1e-9 ? "a bound below the ELBO" : "the ELBO";
    const on = model.boundOn === "images" ? "" : `, on ${model.boundOn}`;
    return `Minus this loss${scaled} is up to a constant ${bound} of a ${model.likelihood} decoder with ${said}${on}.${sigma}${because}`;
  }

  // src/ui/ruler.js
  var FONT4 = "12px system-ui, sans-serif";
  var ROW = 18;
  var EDGE = 10;
  function fraction(value, low, high) {
    const place = (Math.log10(value) - low) / (high - low);
    return Math.min(1, Math.max(0, place));
  }
  function paintRuler(pen, width, { low, high, title, value, marks }, look) {
    const at = (v) => EDGE + (width - 2 * EDGE) * fraction(v, low, high);
    const base = ROW * marks.length + 16;
    pen.font = FONT4;
    pen.lineWidth = 1;
    marks.forEach((mark2, row) => paintMark(pen, at(mark2.value), row, mark2, base, look));
    paintAxis(pen, width, at, base, { low, high, title }, look);
    if (value === null) return;
    pen.fillStyle = look.accent;
    pen.beginPath();
    pen.arc(at(value), base, 7, 0, 2 * Math.PI);
    pen.fill();
  }
  function paintMark(pen, x, row, { words, right }, base, look) {
    const middle = ROW * (row + 0.5);
    pen.strokeStyle = look.second;
    pen.beginPath();
    pen.moveTo(x, middle - 6);
    pen.lineTo(x, base);
    pen.stroke();
    const room = pen.measureText(words).width + 5;
    pen.fillStyle = look.text;
    pen.fillText(words, right || room > x ? x + 5 : x - room, middle + 4);
  }
  function paintAxis(pen, width, at, base, { low, high, title }, look) {
    pen.strokeStyle = look.muted;
    pen.fillStyle = look.muted;
    pen.beginPath();
    pen.moveTo(EDGE, base);
    pen.lineTo(width - EDGE, base);
    for (let power = low; power <= high; power += 1) {
      pen.moveTo(at(10 ** power), base);
      pen.lineTo(at(10 ** power), base + 6);
    }
    pen.stroke();
    const words = (power) => Math.abs(power) < 3 ? String(10 ** power) : `1e${power}`;
    for (let power = low; power <= high; power += 2) {
      const text = words(power).replace("-", "−");
      const wide = pen.measureText(text).width;
      const left = Math.min(width - wide, Math.max(0, at(10 ** power) - wide / 2));
      pen.fillText(text, left, base + 21);
    }
    pen.fillText(title, (width - pen.measureText(title).width) / 2, base + 38);
  }

  // src/ui/loss.js
  var LEARNED = 0.036868;
  var DEVIATIONS2 = [
    { value: Math.sqrt(THRESHOLDS[0]), words: "codes collapse above 2.28" },
    { value: 1, words: "black to white: 1" },
    { value: Math.sqrt(LEARNED), words: "learned from digits: 0.19" },
    { value: 1 / 255, words: "one grey level: 1/255" }
  ];
  var WEIGHTS = [
    { value: 1, words: "below 1: no bound" },
    { value: 1, words: "above 1: a looser bound", right: true }
  ];
  function loss(body, { state }) {
    const widget = new Loss(body, state);
    return async () => widget.update();
  }
  loss.defaults = DEFAULTS;
  var Loss = class {
    constructor(body, state) {
      Object.assign(this, { body, state, ruler: null });
      body.widget = this;
      this.controls = new LossControls(state, () => this.update());
      this.code = make("code");
      this.numbers = make("p", { class: "vae-live-note" });
      this.picture = surface({
        className: "vae-live-ruler",
        paint: (pen, width) => this.ruler && paintRuler(pen, width, this.ruler, colors())
      });
      this.say = sentence();
      const line2 = make("p", { class: "vae-live-code" }, "loss = ", this.code);
      const more = make("p", { class: "vae-live-note" });
      const link = make("a", { href: "12_rosetta.html", text: "Chapter 12" });
      more.append(link, " reads the losses of public code, line by line.");
      body.append(...this.controls.elements, line2, this.numbers);
      body.append(this.picture.canvas, this.say.element, more);
      this.update();
      state.follow(() => this.update());
    }
    update() {
      const written = lossOf(this.state);
      this.controls.show(written);
      const model = impliedModel(written);
      const { c, k } = factors(written);
      this.code.textContent = asCode(written);
      this.numbers.textContent = `summed error times c = ${short(c)}, summed KL times ${k ? short(k) : 0}; their ratio is ${k ? short(k / c) : 0}`;
      this.ruler = rulerOf(model);
      this.picture.repaint();
      this.say.say(meaning(written));
    }
  };
  function rulerOf(model) {
    if (model.likelihood === "Bernoulli") {
      const title2 = "KL weight";
      return { low: -6, high: 4, title: title2, value: model.beta, marks: WEIGHTS };
    }
    const title = "standard deviation of a pixel";
    return { low: -7, high: 3, title, value: deviation(model), marks: DEVIATIONS2 };
  }

  // src/ui/plane_controls.js
  var CHOICES = {
    show: {
      label: "The plane shows",
      options: [
        ["codes", "codes of 500 test digits"],
        ["prior", "500 draws from the prior"],
        ["digits", "what the decoder draws"]
      ]
    },
    pixels: {
      label: "The picture is",
      options: [
        ["mean", "the mean of p(x | z)"],
        ["sample", "one sample of it"]
      ]
    },
    row: {
      label: "The row shows",
      options: [
        ["between", "a straight line between two digits"],
        ["prior", "ten codes drawn from the prior"],
        ["aggregate", "ten codes drawn from the aggregate posterior"]
      ]
    }
  };
  function chosen(state, name2) {
    return state.choice(
      name2,
      CHOICES[name2].options.map(([key2]) => key2)
    );
  }
  var PlaneControls = class {
    /**
     * @param {{state: State, networks: Array<[string, string]>, change: () => void,
     *   toggle: (network: string, on: boolean) => void, along: (t: number) => void}} options
     *   networks: those that may be shown beside the first
     */
    constructor({ state, networks, change, toggle, along }) {
      Object.assign(this, { state, networks });
      const set = (name2) => (value) => {
        state.set(name2, value);
        change();
      };
      this.choices = Object.entries(CHOICES).map(([name2, { label, options }]) => {
        const value = chosen(state, name2);
        return [name2, radios({ label, options, value, change: set(name2) })];
      });
      this.makeLine(set, along);
      this.again = button("Draw ten others", () => {
        set("draw")(state.numbers("draw")[0] + 1);
      });
      this.boxes = networks.map(
        ([name2, words]) => checkbox({ label: words, value: false, change: (on) => toggle(name2, on) })
      );
      this.place();
    }
    makeLine(set, along) {
      const end = (name2, label) => menu({ label, options: [["-1", "…"]], value: "-1", change: set(name2) });
      this.ends = [end("from", "From test digit"), end("to", "to test digit")];
      const [value] = this.state.numbers("t");
      const range2 = { min: 0, max: 1, step: 0.01, value };
      this.along = slider({ label: "Along the line", ...range2, change: along });
      const parts = [...this.ends, this.along].map(({ element }) => element);
      this.line = make("div", { class: "vae-live-line" }, ...parts);
    }
    place() {
      const [show, pixels, row] = this.choices.map(([, choice]) => choice.element);
      const legend = make("legend", { text: "Beside it, at the same code" });
      const boxes = this.boxes.map((box) => box.element);
      const nets = make("fieldset", { class: "vae-live-choice" }, legend, ...boxes);
      this.elements = [
        make("div", { class: "vae-live-choices" }, show, pixels, nets),
        make("div", { class: "vae-live-rowbox" }, row, this.line, this.again)
      ];
    }
    /** Offer fifty test digits as the ends of the line. */
    offer(data) {
      const options = fifty(data);
      for (const { input } of this.ends) {
        const made = options.map((i) => make("option", { value: i, text: nameOf(data, i) }));
        input.replaceChildren(...made);
      }
    }
    /** Show what is chosen, which may have come with the address. */
    update(ends2, nets) {
      for (const [name2, choice] of this.choices) choice.set(chosen(this.state, name2));
      this.boxes.forEach(
        ({ input }, k) => input.checked = nets.includes(this.networks[k][0])
      );
      this.ends.forEach(({ input }, k) => input.value = ends2[k]);
      this.along.set(this.state.numbers("t")[0]);
      const between = chosen(this.state, "row") === "between";
      this.line.hidden = !between;
      this.again.hidden = between;
    }
  };

  // src/ui/plane_panel.js
  var LIMIT4 = 3.6;
  var ROW2 = 10;
  var GRID = 20;
  var SEEDS = { prior: 7, pixels: 11 };
  var Panel = class {
    /**
     * @param {{name: string, words: string, full: boolean, move: (z: [number, number]) => void}} options
     */
    constructor({ name: name2, words, full, move }) {
      Object.assign(this, { name: name2, full });
      this.view = new PlaneView({
        label: `Latent plane of the ${words} network: drag, or use the arrow keys, with shift for small steps`,
        limit: LIMIT4,
        move
      });
      this.digit = digitPicture({
        label: `The digit that the ${words} network draws at this code`
      });
      this.row = digitRow({ label: "Ten digits along the rings in the plane", columns: ROW2 });
      const picture2 = make("figure", { class: "vae-live-picture" }, this.digit.canvas);
      this.caption = make("figcaption", { text: "" });
      picture2.append(this.caption);
      const pair = make("div", { class: "vae-live-pair" }, this.view.element, picture2);
      this.element = make("div", { class: "vae-live-panel" });
      if (full) this.element.append(make("p", { class: "vae-live-title", text: words }));
      this.element.append(pair);
      if (full) this.element.append(this.row.canvas);
    }
    /** Load the decoder and the codes of the test digits; the panel is ready then. */
    async load(services2, labels) {
      const model = await services2.loadDecoder(this.name);
      const { mean, logVar } = await services2.codes(model);
      const deviations = logVar.map((v) => Math.exp(v / 2));
      const points = { codes: mean, labels };
      Object.assign(this, {
        model,
        codes: mean,
        deviations,
        points,
        seeded: services2.seeded
      });
    }
    /** @param {Shown} shown */
    paint(shown) {
      const { model, view } = this;
      this.digit.show(this.pictures(Float32Array.from(shown.z), shown));
      this.caption.textContent = shown.noisy ? `mean + noise, σ = ${number(Math.sqrt(model.variance), 3)}` : "mean of p(x | z)";
      view.z = shown.z;
      view.points = this.points;
      view.backdrop = null;
      if (this.full) this.paintFull(shown);
      view.repaint();
    }
    paintFull(shown) {
      const { view } = this;
      if (shown.show === "prior") {
        view.points = {
          codes: this.seeded(SEEDS.prior).normals(this.codes.length),
          labels: null
        };
      }
      if (shown.show === "digits") {
        this.grid ||= this.model.decode(gridCodes());
        view.points = null;
        view.backdrop = { count: GRID, pixels: this.grid };
      }
      const codes2 = this.rowCodes(shown);
      view.joined = shown.row === "between";
      view.path = Array.from({ length: ROW2 }, (_, i) => [codes2[2 * i], codes2[2 * i + 1]]);
      this.row.show(this.pictures(codes2, shown));
    }
    /** The ten codes of the row, (10, 2): on a line, or drawn. */
    rowCodes({ row, seed, ends: [from, to] }) {
      const random = this.seeded(seed);
      const { codes: codes2, deviations } = this;
      const count2 = codes2.length / 2;
      const found = [];
      for (let i = 0; i < ROW2; i += 1) {
        const t = i / (ROW2 - 1);
        const n = Math.floor(random.uniform() * count2);
        for (let k = 0; k < 2; k += 1) {
          const noise = random.normal();
          const places = {
            between: (1 - t) * codes2[2 * from + k] + t * codes2[2 * to + k],
            prior: noise,
            aggregate: codes2[2 * n + k] + deviations[2 * n + k] * noise
          };
          found.push(places[row]);
        }
      }
      return Float32Array.from(found);
    }
    /** Means of p(x | z), or samples of it. */
    pictures(codes2, { noisy }) {
      const means = this.model.decode(codes2);
      if (!noisy) return means;
      const noise = this.seeded(SEEDS.pixels).normals(means.length);
      const deviation2 = Math.sqrt(this.model.variance);
      return means.map((mean, i) => mean + deviation2 * noise[i]);
    }
  };
  function gridCodes() {
    const codes2 = new Float32Array(2 * GRID * GRID);
    const at = (i) => LIMIT4 * ((2 * i + 1) / GRID - 1);
    for (let i = 0; i < GRID * GRID; i += 1) {
      codes2[2 * i] = at(i % GRID);
      codes2[2 * i + 1] = -at(Math.floor(i / GRID));
    }
    return codes2;
  }

  // src/ui/plane.js
  var NETWORKS = [
    ["mlp_2", "multilayer perceptron"],
    ["conv_2", "convolutional"],
    ["conv_feature_map_2", "convolutional, feature-map decoder"]
  ];
  var DEFAULTS2 = {
    z: "0.30,-0.60",
    nets: "mlp_2",
    show: "codes",
    row: "between",
    from: "-1",
    // the first 7 that is offered
    to: "-1",
    // the first 0
    t: "0.5",
    pixels: "mean",
    draw: "1"
  };
  function plane(body, { state, form, services: services2 }) {
    return new Plane(body, state, form === "full", services2).start;
  }
  plane.defaults = DEFAULTS2;
  var Plane = class {
    constructor(body, state, full, services2) {
      Object.assign(this, { body, state, full, services: services2, panels: /* @__PURE__ */ new Map(), data: null });
      body.widget = this;
      this.say = sentence();
      this.stage = make("div", { class: "vae-live-stage" });
      body.append(this.stage);
      this.addControls();
      body.append(this.say.element);
      this.addPanel("mlp_2");
      this.start = async () => {
        this.data = await services2.digits();
        this.controls?.offer(this.data);
        await this.loadPanels();
        state.follow(() => this.loadPanels());
      };
    }
    addPanel(name2) {
      const words = new Map(NETWORKS).get(name2);
      const panel = new Panel({ name: name2, words, full: this.full, move: (z) => this.moveTo(z) });
      this.panels.set(name2, panel);
      this.stage.append(panel.element);
      return panel;
    }
    addControls() {
      const z = this.state.numbers("z");
      const axis = (k) => slider({
        label: `Code z${"₁₂"[k]}`,
        min: -LIMIT4,
        max: LIMIT4,
        step: 0.01,
        value: z[k],
        change: (value) => {
          const next = this.state.numbers("z");
          next[k] = value;
          this.moveTo(next);
        }
      });
      this.axes = [axis(0), axis(1)];
      const sliders = make("div", { class: "vae-live-sliders" });
      sliders.append(...this.axes.map((one) => one.element));
      this.body.append(sliders);
      if (!this.full) return;
      this.controls = new PlaneControls({
        state: this.state,
        networks: NETWORKS.slice(1),
        change: () => this.update(),
        toggle: (name2, on) => this.toggle(name2, on),
        along: (t) => this.moveAlong(t)
      });
      this.body.append(...this.controls.elements);
    }
    chosenNets() {
      const known2 = NETWORKS.map(([name2]) => name2);
      const said = this.state.get("nets").split(",").filter((name2) => known2.includes(name2));
      return known2.filter((name2) => name2 === "mlp_2" || this.full && said.includes(name2));
    }
    async toggle(name2, on) {
      const nets = this.chosenNets().filter((one) => one !== name2);
      if (on) nets.push(name2);
      this.state.set("nets", nets.join(","));
      if (this.data) await this.loadPanels();
    }
    async loadPanels() {
      const nets = this.chosenNets();
      for (const [name2, panel] of this.panels) {
        if (!nets.includes(name2)) {
          panel.element.remove();
          this.panels.delete(name2);
        }
      }
      for (const name2 of nets) {
        const panel = this.panels.get(name2) || this.addPanel(name2);
        if (panel.model) continue;
        this.stage.dataset.columns = String(nets.length);
        try {
          await panel.load(this.services, this.data.labels);
        } catch (error) {
          if (name2 === "mlp_2") throw error;
          panel.element.replaceChildren(make("p", { text: error.message }));
        }
      }
      this.stage.dataset.columns = String(nets.length);
      this.update();
    }
    /** The test digit at one end of the line. */
    endOf(k) {
      const options = fifty(this.data);
      const [said] = this.state.numbers(k ? "to" : "from");
      return options.includes(said) ? said : options[k ? 0 : 35];
    }
    moveTo(z) {
      this.state.set("z", z.map((value) => value.toFixed(2)).join(","));
      this.update();
    }
    moveAlong(t) {
      this.state.set("t", t);
      if (!this.data) return;
      const { codes: codes2 } = this.panels.get("mlp_2");
      const [a, b] = [0, 1].map(
        (k) => codes2.subarray(2 * this.endOf(k), 2 * this.endOf(k) + 2)
      );
      this.moveTo([0, 1].map((k) => (1 - t) * a[k] + t * b[k]));
    }
    update() {
      const { state } = this;
      const z = state.numbers("z");
      this.axes.forEach((axis, k) => axis.set(z[k]));
      if (!this.panels.get("mlp_2").model) return;
      const ends2 = [this.endOf(0), this.endOf(1)];
      const [seed] = state.numbers("draw");
      const noisy = this.full && chosen(state, "pixels") === "sample";
      const shown = { z, noisy, ends: ends2, seed: Math.abs(Math.trunc(seed)) % 2 ** 32 };
      Object.assign(shown, { show: chosen(state, "show"), row: chosen(state, "row") });
      for (const panel of this.panels.values()) if (panel.model) panel.paint(shown);
      this.controls?.update(ends2, this.chosenNets());
      this.speak(z);
    }
    speak(z) {
      const { codes: codes2 } = this.panels.get("mlp_2");
      let [nearest, least] = [0, Infinity];
      for (let i = 0; 2 * i < codes2.length; i += 1) {
        const distance = Math.hypot(codes2[2 * i] - z[0], codes2[2 * i + 1] - z[1]);
        if (distance < least) [nearest, least] = [i, distance];
      }
      const prior = -Math.log(2 * Math.PI) - (z[0] ** 2 + z[1] ** 2) / 2;
      this.say.say(
        `Code (${number(z[0])}, ${number(z[1])}): the nearest of ${codes2.length / 2} test digits is a ${this.data.labels[nearest]}, at distance ${number(least)}; log p(z) = ${number(prior)} nats.`
      );
    }
  };

  // src/ui/state.js
  var WAIT = 300;
  var SETTING = /^[\w-]+\.[\w-]+$/;
  function parse(hash) {
    const pairs = new URLSearchParams(hash.replace(/^#/, ""));
    return new Map([...pairs].filter(([name2]) => SETTING.test(name2)));
  }
  function format(hash, changes) {
    const settings = parse(hash);
    for (const [name2, value] of changes) {
      if (value === null) settings.delete(name2);
      else settings.set(name2, value);
    }
    const said = [...settings].map(
      ([name2, value]) => `${name2}=${encodeURIComponent(value).replace(/%2C/g, ",")}`
    );
    return said.length ? `#${said.join("&")}` : "";
  }
  var pending2 = /* @__PURE__ */ new Map();
  var timer = 0;
  function write() {
    const hash = format(location.hash, pending2);
    pending2.clear();
    const address = location.pathname + location.search + hash;
    history.replaceState(history.state, "", address);
  }
  var State = class {
    /**
     * @param {string} key the widget's name on this page
     * @param {Object<string, string>} defaults what is not written in the address
     */
    constructor(key2, defaults) {
      this.key = key2;
      this.defaults = defaults;
      this.listeners = [];
      this.values = {};
      this.read();
      window.addEventListener("hashchange", () => {
        this.read();
        this.listeners.forEach((listener) => listener());
      });
    }
    read() {
      const settings = parse(location.hash);
      for (const [name2, value] of Object.entries(this.defaults)) {
        this.values[name2] = settings.get(`${this.key}.${name2}`) ?? value;
      }
    }
    /** @returns {string} */
    get(name2) {
      return this.values[name2];
    }
    /** Numbers separated by commas; the default's where what is written is not that. */
    numbers(name2) {
      const read = (text) => text.split(",").map(Number);
      const fallback = read(this.defaults[name2]);
      const found = read(this.values[name2]);
      const good = found.length === fallback.length && found.every(Number.isFinite);
      return good ? found : fallback;
    }
    /** One of the words that are allowed; the default for any other. */
    choice(name2, allowed) {
      const value = this.values[name2];
      return allowed.includes(value) ? value : this.defaults[name2];
    }
    set(name2, value) {
      const text = String(value);
      this.values[name2] = text;
      pending2.set(`${this.key}.${name2}`, text === this.defaults[name2] ? null : text);
      clearTimeout(timer);
      timer = setTimeout(write, WAIT);
    }
    /** Call a function when the reader follows a link to other settings. */
    follow(listener) {
      this.listeners.push(listener);
    }
  };

  // src/trainer/parts.js
  var LOG_2PI2 = Math.log(2 * Math.PI);
  function drawCodes(heads, noise, z, n, d) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < d; j++) {
        const mean = heads[2 * d * i + j];
        const logVar = heads[2 * d * i + d + j];
        z[d * i + j] = mean + Math.exp(0.5 * logVar) * noise[d * i + j];
      }
    }
  }
  function squaredError(x, means, length) {
    let sum = 0;
    for (let i = 0; i < length; i++) {
      const difference = means[i] - x[i];
      sum += difference * difference;
    }
    return sum;
  }
  function distortion(errorPerImage, variance2, pixels) {
    return 0.5 * (pixels * (LOG_2PI2 + Math.log(variance2)) + errorPerImage / variance2);
  }
  function rates(heads, n, d) {
    const result = new Array(d).fill(0);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < d; j++) {
        const mean = heads[2 * d * i + j];
        const logVar = heads[2 * d * i + d + j];
        result[j] += 0.5 * (mean * mean + Math.expm1(logVar) - logVar) / n;
      }
    }
    return result;
  }
  function logitsGradient(x, means, variance2, n, length, out) {
    const scale = 1 / (variance2 * n);
    for (let i = 0; i < length; i++) {
      const y = means[i];
      out[i] = scale * (y - x[i]) * y * (1 - y);
    }
  }
  function logVarianceGradient(errorPerImage, variance2, pixels) {
    return 0.5 * (pixels - errorPerImage / variance2);
  }
  function codesGradient(heads, noise, gradient2, out, n, d) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < d; j++) {
        const g = gradient2[d * i + j];
        const logVar = heads[2 * d * i + d + j];
        out[2 * d * i + j] = g;
        out[2 * d * i + d + j] = 0.5 * g * noise[d * i + j] * Math.exp(0.5 * logVar);
      }
    }
  }
  function addRateGradient(heads, out, n, d) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < d; j++) {
        const at = 2 * d * i + j;
        out[at] += heads[at] / n;
        out[at + d] += 0.5 * Math.expm1(heads[at + d]) / n;
      }
    }
  }
  function drawNoise(random, noise, length) {
    for (let i = 0; i < length; i++) noise[i] = random.normal();
  }
  function finishHeads() {
  }
  function finishGradient() {
  }
  function picture(means) {
    return means;
  }
  function drawOrder(random, n) {
    return random.permutation(n);
  }
  var variationalParts = Object.freeze({
    drawOrder,
    drawNoise,
    drawCodes,
    squaredError,
    distortion,
    rates,
    logitsGradient,
    logVarianceGradient,
    codesGradient,
    addRateGradient,
    finishHeads,
    finishGradient,
    picture
  });
  function meanCodes(heads, noise, z, n, d) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < d; j++) z[d * i + j] = heads[2 * d * i + j];
    }
  }
  function meansGradient(heads, noise, gradient2, out, n, d) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < d; j++) {
        out[2 * d * i + j] = gradient2[d * i + j];
        out[2 * d * i + d + j] = 0;
      }
    }
  }
  var autoencoderParts = Object.freeze({
    ...variationalParts,
    drawCodes: meanCodes,
    codesGradient: meansGradient,
    rates: (heads, n, d) => new Array(d).fill(null),
    addRateGradient: () => {
    }
  });

  // src/trainer/parameters.js
  var PIXELS3 = 784;
  var INITIAL_VARIANCE = 0.05;
  function shapes(hidden, latentDim) {
    return {
      encoderKernel: [PIXELS3, hidden],
      encoderBias: [1, hidden],
      headsKernel: [hidden, 2 * latentDim],
      headsBias: [1, 2 * latentDim],
      decoderKernel: [latentDim, hidden],
      decoderBias: [1, hidden],
      pixelsKernel: [hidden, PIXELS3],
      pixelsBias: [1, PIXELS3],
      logVariance: [1, 1]
    };
  }
  function zeros(layout, allocate) {
    const entries = Object.entries(layout);
    return Object.fromEntries(
      entries.map(([name2, [rows, columns]]) => [name2, allocate(rows * columns)])
    );
  }
  function initialise(weights, hidden, latentDim, random) {
    for (const values of Object.values(weights)) values.fill(0);
    glorot(weights.encoderKernel, PIXELS3, hidden, random);
    for (const first of [0, latentDim]) {
      const limit = Math.sqrt(6 / (hidden + latentDim));
      for (let row = 0; row < hidden; row++) {
        for (let j = 0; j < latentDim; j++) {
          weights.headsKernel[row * 2 * latentDim + first + j] = limit * (2 * random.uniform() - 1);
        }
      }
    }
    glorot(weights.decoderKernel, latentDim, hidden, random);
    glorot(weights.pixelsKernel, hidden, PIXELS3, random);
    weights.logVariance[0] = Math.log(INITIAL_VARIANCE);
  }
  function glorot(values, inputs, outputs, random) {
    const limit = Math.sqrt(6 / (inputs + outputs));
    for (let i = 0; i < values.length; i++) values[i] = limit * (2 * random.uniform() - 1);
  }

  // src/trainer/bugs.js
  var { distortion: distortion2, logitsGradient: logitsGradient2, logVarianceGradient: logVarianceGradient2 } = variationalParts;
  function codesOf(width, slope) {
    return {
      drawCodes(heads, noise, z, n, d) {
        eachLatent(n, d, (at, i) => z[i] = heads[at] + width(heads[at + d], noise[i]));
      },
      codesGradient(heads, noise, gradient2, out, n, d) {
        eachLatent(n, d, (at, i) => {
          out[at] = gradient2[i];
          out[at + d] = gradient2[i] * slope(heads[at + d], noise[i]);
        });
      }
    };
  }
  function eachLatent(n, d, visit) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < d; j++) visit(2 * d * i + j, d * i + j);
    }
  }
  function stretchedLogits(means) {
    const logits = means.map((mean) => Math.log(mean) - Math.log1p(-mean));
    const finite = logits.filter(Number.isFinite);
    const low = finite.reduce((least, value) => Math.min(least, value), 0);
    const high = finite.reduce((most, value) => Math.max(most, value), 0);
    return logits.map((value) => Math.min(1, Math.max(0, (value - low) / (high - low || 1))));
  }
  var BUGS = Object.freeze({
    pixels: {
      name: "log likelihood averaged over the pixels",
      line: "mean over pixels in place of the sum",
      look: "The rates fall to zero, and the grid shows one picture everywhere.",
      parts: {
        distortion: (...all) => distortion2(...all) / PIXELS3,
        logitsGradient(x, means, variance2, n, length, out) {
          logitsGradient2(x, means, variance2 * PIXELS3, n, length, out);
        },
        logVarianceGradient: (...all) => logVarianceGradient2(...all) / PIXELS3
      }
    },
    logits: {
      name: "logits shown as pixels",
      line: "the picture without its sigmoid",
      look: "Every number is right, and the grid is grey.",
      parts: { picture: stretchedLogits }
    },
    sign: {
      name: "a sign inside the KL",
      line: "e^v − 1 + v in place of e^v − 1 − v",
      look: "The rates fall below zero: no KL does that. The ELBO looks excellent.",
      parts: {
        rates(heads, n, d) {
          const result = new Array(d).fill(0);
          eachLatent(n, d, (at, i) => {
            const [mean, logVar] = [heads[at], heads[at + d]];
            result[i % d] += 0.5 * (mean * mean + Math.expm1(logVar) + logVar) / n;
          });
          return result;
        },
        addRateGradient(heads, out, n, d) {
          eachLatent(n, d, (at) => {
            out[at] += heads[at] / n;
            out[at + d] += 0.5 * (Math.expm1(heads[at + d]) + 2) / n;
          });
        }
      }
    },
    relu: {
      name: "a ReLU on the log-variance",
      line: "v = max(0, v): no posterior is narrower than the prior",
      look: "The codes move far out, to be told apart in spite of their width.",
      parts: {
        finishHeads(heads, n, d) {
          eachLatent(n, d, (at) => heads[at + d] = Math.max(0, heads[at + d]));
        },
        finishGradient(heads, out, n, d) {
          eachLatent(n, d, (at) => {
            if (heads[at + d] === 0) out[at + d] = 0;
          });
        }
      }
    },
    heads: {
      name: "both heads read the same layer",
      line: "v = m: the log-variance is the mean",
      look: "The codes crowd to the lower left, where a small mean is a narrow posterior.",
      parts: {
        finishHeads(heads, n, d) {
          eachLatent(n, d, (at) => heads[at + d] = heads[at]);
        },
        finishGradient(heads, out, n, d) {
          eachLatent(n, d, (at) => {
            out[at] += out[at + d];
            out[at + d] = 0;
          });
        }
      }
    },
    half: {
      name: "the 0.5 of the sampler is missing",
      line: "z = m + e^v noise in place of m + e^(v/2) noise",
      look: "Nothing looks wrong. Compare the ELBO with that of the right code.",
      parts: codesOf(
        (logVar, noise) => Math.exp(logVar) * noise,
        (logVar, noise) => Math.exp(logVar) * noise
      )
    },
    constant: {
      name: "a constant in place of the noise",
      line: "z = m + e^(v/2) 1 in place of m + e^(v/2) noise",
      look: "Nothing looks wrong, and the ELBO may look better than that of the right code.",
      parts: codesOf(
        (logVar) => Math.exp(0.5 * logVar),
        (logVar) => 0.5 * Math.exp(0.5 * logVar)
      )
    },
    leak: {
      name: "the test digits are trained on",
      line: "training images = training and test images together",
      look: "The “held-out” ELBO comes close to that of training. It is held out no more.",
      parts: {},
      leaks: true
    }
  });
  function brokenParts(name2) {
    return { ...variationalParts, ...BUGS[name2]?.parts };
  }

  // src/trainer/adam_kernel.js
  var KERNEL2 = "AGFzbQEAAAABCgFgBn9/f39/fQACEAEEbGl2ZQZtZW1vcnkCAAEDAgEABwsBB2Rlc2NlbmQAAAq2AQGzAQEDewNAIAH9AAQAIQYgAv0ABAAhByAD/QAEACEIIAdDzczMPf0TIAYgB/3lAf3mAf3kASEHIAhDbxKDOv0TIAYgBv3mASAI/eUB/eYB/eQBIQggAiAH/QsEACADIAj9CwQAIAAgAP0ABAAgBf0TIAf95gEgCP3jAUOVv9Yz/RP95AH95wH95QH9CwQAIABBEGohACABQRBqIQEgAkEQaiECIANBEGohAyAEQRBrIgQNAAsL";

  // src/trainer/adam.js
  var BETA_1 = 0.9;
  var BETA_2 = 0.999;
  var EPSILON = 1e-7;
  var BLOCK2 = 4;
  async function trainingKernel() {
    const product = await kernel();
    if (!product.memory) return product;
    const bytes = Uint8Array.from(atob(KERNEL2), (letter) => letter.charCodeAt(0));
    const imports = { live: { memory: product.memory } };
    const { instance } = await WebAssembly.instantiate(bytes, imports);
    return { ...product, descend: fastDescend(instance.exports.descend) };
  }
  function fastDescend(fast) {
    return (weights, gradients2, first, second, size) => {
      const whole = weights.length - weights.length % BLOCK2;
      const arrays = [weights, gradients2, first, second];
      if (whole > 0) fast(...arrays.map((array) => array.byteOffset), 4 * whole, size);
      descendPlain(...arrays.map((array) => array.subarray(whole)), size);
    };
  }
  var Adam = class {
    /**
     * @param {Object<string, Float32Array>} weights changed in place by {@link Adam#update}
     * @param {number} learningRate
     * @param {Object} [kernel] of {@link trainingKernel}, the one that allocated the weights
     */
    constructor(weights, learningRate, kernel2 = plainKernel()) {
      if (!(learningRate > 0 && learningRate < Infinity)) {
        throw new RangeError(
          `learningRate must be a positive number, got ${learningRate}: 0.002 suits batches of 64.`
        );
      }
      this.weights = weights;
      this.learningRate = learningRate;
      this.steps = 0;
      this.first = emptyLike(weights, kernel2.alloc);
      this.second = emptyLike(weights, kernel2.alloc);
      this.descend = kernel2.descend ?? descendPlain;
    }
    /**
     * One step down the gradients, which have the names and lengths of the weights.
     * @param {Object<string, Float32Array>} gradients of the loss, by name
     * @param {function(string): boolean} [isLearned] which weights move
     */
    update(gradients2, isLearned = () => true) {
      this.steps += 1;
      const corrected = Math.sqrt(1 - BETA_2 ** this.steps) / (1 - BETA_1 ** this.steps);
      const size = this.learningRate * corrected;
      for (const name2 of Object.keys(this.weights)) {
        if (!isLearned(name2)) continue;
        const moments2 = [this.first[name2], this.second[name2]];
        this.descend(this.weights[name2], gradients2[name2], ...moments2, size);
      }
    }
  };
  function emptyLike(weights, alloc) {
    const entries = Object.entries(weights);
    return Object.fromEntries(entries.map(([name2, values]) => [name2, alloc(values.length)]));
  }
  function descendPlain(weights, gradients2, first, second, size) {
    for (let i = 0; i < weights.length; i++) {
      const gradient2 = gradients2[i];
      const mean = first[i] + (1 - BETA_1) * (gradient2 - first[i]);
      const square = second[i] + (1 - BETA_2) * (gradient2 * gradient2 - second[i]);
      first[i] = mean;
      second[i] = square;
      weights[i] -= size * mean / (Math.sqrt(square) + EPSILON);
    }
  }

  // src/trainer/manifold.js
  var SIDE6 = 20;
  var UPPER = [
    0.0627068,
    0.1891184,
    0.3186394,
    0.4537622,
    0.5977601,
    0.755415,
    0.9345893,
    1.1503494,
    1.4395315,
    1.959964
  ];
  var QUANTILES = [...UPPER.map((z) => -z).reverse(), ...UPPER];
  function manifoldCodes() {
    const codes2 = new Float32Array(2 * SIDE6 * SIDE6);
    for (let i = 0; i < SIDE6 * SIDE6; i++) {
      codes2[2 * i] = QUANTILES[i % SIDE6];
      codes2[2 * i + 1] = QUANTILES[SIDE6 - 1 - Math.floor(i / SIDE6)];
    }
    return codes2;
  }

  // src/trainer/network.js
  var Workspace = class {
    constructor(hidden, latentDim, size, allocate) {
      Object.assign(this, { hidden, latentDim, size });
      this.x = allocate(size * PIXELS3);
      this.noise = allocate(size * latentDim);
      this.encoderHidden = allocate(size * hidden);
      this.heads = allocate(size * 2 * latentDim);
      this.z = allocate(size * latentDim);
      this.decoderHidden = allocate(size * hidden);
      this.means = allocate(size * PIXELS3);
      this.logitsGradient = allocate(size * PIXELS3);
      this.decoderGradient = allocate(size * hidden);
      this.zGradient = allocate(size * latentDim);
      this.headsGradient = allocate(size * 2 * latentDim);
      this.encoderGradient = allocate(size * hidden);
      this.gradientTransposed = allocate(size * Math.max(PIXELS3, hidden));
      this.resultTransposed = allocate(size * hidden);
      this.gradients = zeros(shapes(hidden, latentDim), allocate);
    }
  };
  function encode(kernel2, weights, work, n, parts) {
    const { hidden, latentDim } = work;
    affine(
      kernel2,
      work.encoderHidden,
      work.x,
      weights.encoderKernel,
      weights.encoderBias,
      n,
      PIXELS3,
      hidden
    );
    kernel2.rectify(work.encoderHidden.subarray(0, n * hidden));
    affine(
      kernel2,
      work.heads,
      work.encoderHidden,
      weights.headsKernel,
      weights.headsBias,
      n,
      hidden,
      2 * latentDim
    );
    parts.finishHeads(work.heads, n, latentDim);
  }
  function decode(kernel2, weights, work, n) {
    const { hidden, latentDim } = work;
    affine(
      kernel2,
      work.decoderHidden,
      work.z,
      weights.decoderKernel,
      weights.decoderBias,
      n,
      latentDim,
      hidden
    );
    kernel2.rectify(work.decoderHidden.subarray(0, n * hidden));
    affine(
      kernel2,
      work.means,
      work.decoderHidden,
      weights.pixelsKernel,
      weights.pixelsBias,
      n,
      hidden,
      PIXELS3
    );
    kernel2.sigmoid(work.means.subarray(0, n * PIXELS3));
  }
  function forward(kernel2, weights, work, n, parts) {
    const { latentDim } = work;
    encode(kernel2, weights, work, n, parts);
    parts.drawCodes(work.heads, work.noise, work.z, n, latentDim);
    decode(kernel2, weights, work, n);
    const error = parts.squaredError(work.x, work.means, n * PIXELS3) / n;
    const variance2 = Math.exp(weights.logVariance[0]);
    const distortion3 = parts.distortion(error, variance2, PIXELS3);
    const rates2 = parts.rates(work.heads, n, latentDim);
    const bounded = rates2.every((rate) => rate !== null);
    const elbo2 = bounded ? -distortion3 - rates2.reduce((sum, rate) => sum + rate, 0) : null;
    return { elbo: elbo2, distortion: distortion3, rates: rates2, error };
  }
  function backward(kernel2, weights, work, n, error, parts) {
    const { latentDim } = work;
    const variance2 = Math.exp(weights.logVariance[0]);
    work.gradients.logVariance[0] = parts.logVarianceGradient(error, variance2, PIXELS3);
    parts.logitsGradient(work.x, work.means, variance2, n, n * PIXELS3, work.logitsGradient);
    backwardDecoder(kernel2, weights, work, n);
    parts.codesGradient(work.heads, work.noise, work.zGradient, work.headsGradient, n, latentDim);
    parts.addRateGradient(work.heads, work.headsGradient, n, latentDim);
    parts.finishGradient(work.heads, work.headsGradient, n, latentDim);
    backwardEncoder(kernel2, weights, work, n);
  }
  function backwardDecoder(kernel2, weights, work, n) {
    const { hidden, latentDim, gradients: gradients2 } = work;
    weightGradients(
      kernel2,
      gradients2.pixelsKernel,
      gradients2.pixelsBias,
      work.decoderHidden,
      work.logitsGradient,
      n,
      hidden,
      PIXELS3
    );
    inputGradient(
      kernel2,
      work,
      work.decoderGradient,
      work.logitsGradient,
      weights.pixelsKernel,
      n,
      hidden,
      PIXELS3
    );
    closeDeadUnits(work.decoderGradient, work.decoderHidden, n * hidden);
    weightGradients(
      kernel2,
      gradients2.decoderKernel,
      gradients2.decoderBias,
      work.z,
      work.decoderGradient,
      n,
      latentDim,
      hidden
    );
    inputGradient(
      kernel2,
      work,
      work.zGradient,
      work.decoderGradient,
      weights.decoderKernel,
      n,
      latentDim,
      hidden
    );
  }
  function backwardEncoder(kernel2, weights, work, n) {
    const { hidden, latentDim, gradients: gradients2 } = work;
    weightGradients(
      kernel2,
      gradients2.headsKernel,
      gradients2.headsBias,
      work.encoderHidden,
      work.headsGradient,
      n,
      hidden,
      2 * latentDim
    );
    inputGradient(
      kernel2,
      work,
      work.encoderGradient,
      work.headsGradient,
      weights.headsKernel,
      n,
      hidden,
      2 * latentDim
    );
    closeDeadUnits(work.encoderGradient, work.encoderHidden, n * hidden);
    weightGradients(
      kernel2,
      gradients2.encoderKernel,
      gradients2.encoderBias,
      work.x,
      work.encoderGradient,
      n,
      PIXELS3,
      hidden
    );
  }
  function affine(kernel2, out, input, weights, bias, n, rows, columns) {
    for (let i = 0; i < n; i++) out.set(bias, i * columns);
    kernel2.addProduct(out, input, weights, n, rows, columns);
  }
  function weightGradients(kernel2, ofKernel, ofBias, input, gradient2, n, rows, columns) {
    ofKernel.fill(0);
    kernel2.addProduct(ofKernel, input, gradient2, rows, n, columns, { transposeA: true });
    ofBias.fill(0);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < columns; j++) ofBias[j] += gradient2[i * columns + j];
    }
  }
  function inputGradient(kernel2, work, out, gradient2, weights, n, rows, columns) {
    transpose(gradient2, work.gradientTransposed, n, columns);
    const result = work.resultTransposed;
    result.fill(0, 0, n * rows);
    kernel2.addProduct(result, weights, work.gradientTransposed, rows, columns, n);
    transpose(result, out, rows, n);
  }
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
  function closeDeadUnits(gradient2, units, length) {
    for (let i = 0; i < length; i++) if (units[i] <= 0) gradient2[i] = 0;
  }

  // src/trainer/trainer.js
  var Trainer = class {
    /**
     * @param {Object} [options]
     * @param {number} [options.hidden] width of both hidden layers
     * @param {number} [options.latentDim]
     * @param {?number} [options.variance] of every pixel; null learns it
     * @param {boolean} [options.kl] false trains an autoencoder: no rate and no noise
     * @param {number} [options.seed] of weights, order and noise
     * @param {number} [options.batchSize]
     * @param {number} [options.learningRate]
     * @param {Object} [options.kernel] the fastest is `await trainingKernel()` of adam.js;
     *   matmul.js's plainKernel() is always there
     * @param {string} [options.bug] a name of bugs.js; others, as "none", are the right code.
     *   The bugs are those of the ELBO: an autoencoder has none
     * @param {Object} [options.parts] terms and gradients, where parts.js's are not wanted
     * @throws {RangeError} if a number makes no sense
     */
    constructor(options = {}) {
      const { hidden = 64, latentDim = 2, variance: variance2 = null, kl: kl2 = true, seed = 1 } = options;
      const { batchSize = 64, learningRate = 2e-3, kernel: kernel2 = plainKernel(), bug, parts } = options;
      for (const [name2, value] of Object.entries({ hidden, latentDim, batchSize }))
        requireWhole(name2, value);
      Object.assign(this, { hidden, latentDim, batchSize, kernel: kernel2, seed });
      this.parts = parts ?? (kl2 ? brokenParts(bug) : autoencoderParts);
      this.random = seeded(seed);
      const allocate = kernel2.alloc;
      this.parameters = zeros(shapes(hidden, latentDim), allocate);
      initialise(this.parameters, hidden, latentDim, this.random);
      this.work = new Workspace(hidden, latentDim, batchSize, allocate);
      this.adam = new Adam(this.parameters, learningRate, kernel2);
      this.fixVariance(variance2);
      this.setData(new Float32Array(0), 0);
    }
    /** The variance of every pixel, now. */
    get variance() {
      return Math.exp(this.parameters.logVariance[0]);
    }
    /** Hold the variance at a number, or, with null, learn it from where it is. */
    fixVariance(variance2) {
      if (variance2 !== null && !(variance2 > 0 && variance2 < Infinity)) {
        throw new RangeError(
          `variance must be a positive number, or null to learn it; got ${variance2}.`
        );
      }
      this.learnsVariance = variance2 === null;
      if (!this.learnsVariance) this.parameters.logVariance[0] = Math.log(variance2);
    }
    /**
     * Images to train on; the epoch starts anew.
     * @param {Float32Array} images (n, 784) in [0, 1]
     * @param {number} n
     */
    setData(images, n) {
      if (images.length !== n * PIXELS3) {
        throw new RangeError(
          `images must hold n = ${n} digits of ${PIXELS3} pixels, got ${images.length} numbers.`
        );
      }
      Object.assign(this, { images, n, at: 0, epochs: 0, order: null });
      this.posteriors = new Float32Array(n * 2 * this.latentDim);
    }
    /**
     * One step of Adam on the next batch of the epoch; the last batch may be short.
     * @returns {Score} of the batch before the step, with its own noise
     */
    step() {
      if (this.n === 0) throw new Error("There is nothing to train on: call setData first.");
      if (this.at === 0) this.order = this.parts.drawOrder(this.random, this.n);
      const batch = this.order.slice(this.at, this.at + this.batchSize);
      const n = batch.length;
      this.#gather(batch);
      this.parts.drawNoise(this.random, this.work.noise, n * this.latentDim);
      const score = forward(this.kernel, this.parameters, this.work, n, this.parts);
      this.#remember(batch);
      backward(this.kernel, this.parameters, this.work, n, score.error, this.parts);
      this.adam.update(
        this.work.gradients,
        (name2) => this.learnsVariance || name2 !== "logVariance"
      );
      this.at += n;
      if (this.at >= this.n) {
        this.at = 0;
        this.epochs += 1;
      }
      return { ...score, n };
    }
    /**
     * The rest of the current epoch, the whole of it if it has not begun.
     * @returns {Score} mean over its images, each before its own step
     */
    epoch() {
      const scores2 = [];
      do
        scores2.push(this.step());
      while (this.at !== 0);
      return meanScore(scores2);
    }
    /**
     * The bound of images that are not trained on, and its parts.
     * @param {Float32Array} images (n, 784)
     * @param {number} n
     * @param {Float32Array} noise (n, d), standard normal; the same makes scores comparable
     * @returns {Score}
     */
    score(images, n, noise) {
      const scores2 = [];
      this.#inBatches(n, (first, count2) => {
        this.work.x.set(images.subarray(first * PIXELS3, (first + count2) * PIXELS3));
        this.work.noise.set(
          noise.subarray(first * this.latentDim, (first + count2) * this.latentDim)
        );
        scores2.push({
          ...forward(this.kernel, this.parameters, this.work, count2, this.parts),
          n: count2
        });
      });
      return meanScore(scores2);
    }
    /**
     * Parameters of q(z|x), means and then log-variances of each image, (n, 2d).
     * @param {Float32Array} images (n, 784)
     * @param {number} n
     * @returns {Float32Array}
     */
    encode(images, n) {
      const width = 2 * this.latentDim;
      const heads = new Float32Array(n * width);
      this.#inBatches(n, (first, count2) => {
        this.work.x.set(images.subarray(first * PIXELS3, (first + count2) * PIXELS3));
        encode(this.kernel, this.parameters, this.work, count2, this.parts);
        heads.set(this.work.heads.subarray(0, count2 * width), first * width);
      });
      return heads;
    }
    /**
     * Mean images of codes, (n, 784), as they are shown.
     * @param {Float32Array} z (n, d)
     * @param {number} n
     * @returns {Float32Array}
     */
    decode(z, n) {
      const means = new Float32Array(n * PIXELS3);
      this.#inBatches(n, (first, count2) => {
        this.work.z.set(z.subarray(first * this.latentDim, (first + count2) * this.latentDim));
        decode(this.kernel, this.parameters, this.work, count2);
        means.set(this.work.means.subarray(0, count2 * PIXELS3), first * PIXELS3);
      });
      return this.parts.picture(means);
    }
    /**
     * Gradients of the loss of one batch with given noise; nothing is changed.
     * @returns {{score: Score, gradients: Object<string, Float32Array>}} copies
     */
    gradients(images, n, noise) {
      if (n > this.batchSize)
        throw new RangeError(`n must be at most the batch size, ${this.batchSize}; got ${n}.`);
      this.work.x.set(images);
      this.work.noise.set(noise);
      const score = forward(this.kernel, this.parameters, this.work, n, this.parts);
      backward(this.kernel, this.parameters, this.work, n, score.error, this.parts);
      return { score: { ...score, n }, gradients: copies(this.work.gradients) };
    }
    /** Copies of all weights, by name. */
    weights() {
      return copies(this.parameters);
    }
    /** Replace all weights; Adam's moments stay. */
    setWeights(weights) {
      for (const [name2, values] of Object.entries(this.parameters)) {
        if (weights[name2]?.length !== values.length) {
          throw new RangeError(
            `${name2} must hold ${values.length} numbers, got ${weights[name2]?.length}.`
          );
        }
        values.set(weights[name2]);
      }
    }
    // Loops, not subarrays: 128 views a step cost more than what they copy.
    #gather(batch) {
      for (let i = 0; i < batch.length; i++) {
        const from = batch[i] * PIXELS3;
        for (let p = 0; p < PIXELS3; p++) this.work.x[i * PIXELS3 + p] = this.images[from + p];
      }
    }
    /** The posterior that the step has just computed: the page's codes cost nothing more. */
    #remember(batch) {
      const width = 2 * this.latentDim;
      for (let i = 0; i < batch.length; i++) {
        const to = batch[i] * width;
        for (let j = 0; j < width; j++) this.posteriors[to + j] = this.work.heads[i * width + j];
      }
    }
    #inBatches(n, use) {
      for (let first = 0; first < n; first += this.batchSize) {
        use(first, Math.min(this.batchSize, n - first));
      }
    }
  };
  function meanScore(scores2) {
    const n = scores2.reduce((sum, score) => sum + score.n, 0);
    const mean = (read) => scores2.reduce((sum, score) => sum + read(score) * score.n / n, 0);
    const bounded = scores2[0].elbo !== null;
    return {
      elbo: bounded ? mean((score) => score.elbo) : null,
      distortion: mean((score) => score.distortion),
      rates: scores2[0].rates.map(
        (rate, j) => rate === null ? null : mean((score) => score.rates[j])
      ),
      n
    };
  }
  function copies(arrays) {
    return Object.fromEntries(
      Object.entries(arrays).map(([name2, values]) => [name2, values.slice()])
    );
  }
  function requireWhole(name2, value) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`${name2} must be a whole number of at least 1, got ${value}.`);
    }
  }

  // src/trainer/protocol.js
  var PACES = Object.freeze({
    slow: { steps: 1, wait: 400 },
    medium: { steps: 4, wait: 100 },
    full: { steps: null, wait: 0 }
  });
  var SLICE = 12;
  var SHARE = 4;
  var NOISE_SEED = 500;
  function soon(run, wait) {
    if (wait > 0) {
      setTimeout(run, wait);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      run();
    };
    port2.postMessage(null);
  }
  function both(first, second) {
    const joined = new Float32Array(first.length + second.length);
    joined.set(first);
    joined.set(second, first.length);
    return joined;
  }
  var Session = class {
    #actions = {
      data: (message) => this.#takeData(message),
      reset: (message) => this.#reset(message),
      set: (message) => this.#set(message),
      start: (message) => this.#start(message),
      pause: () => this.#pause(),
      step: () => this.#single(),
      drawn: () => this.#drawn()
    };
    /**
     * @param {function(Object, Array<ArrayBuffer>)} post sends a message, with what it may take along
     * @param {function(): Promise<Object>} makeKernel a product with memory of its own
     * @param {function(function(), number)} [later] as setTimeout, for tests
     */
    constructor(post, makeKernel, later = soon) {
      Object.assign(this, { post, makeKernel, later });
      this.trainer = null;
      this.pace = PACES.full;
      this.running = false;
      this.scheduled = false;
      this.queue = Promise.resolve();
    }
    /** Take one message; they are dealt with in order. */
    receive(message) {
      this.queue = this.queue.then(() => this.#actions[message.type](message)).catch((error) => {
        this.running = false;
        this.post({ type: "failed", message: error.message }, []);
      });
      return this.queue;
    }
    #takeData({ images, n, heldOut, heldOutCount }) {
      Object.assign(this, { images, n, heldOut, heldOutCount });
      this.noise = seeded(NOISE_SEED).normals(heldOutCount * 2);
    }
    async #reset({ options, run }) {
      this.running = false;
      this.trainer = new Trainer({ ...options, kernel: await this.makeKernel() });
      if (options.kl !== false && BUGS[options.bug]?.leaks) {
        this.trainer.setData(both(this.images, this.heldOut), this.n + this.heldOutCount);
      } else {
        this.trainer.setData(this.images, this.n);
      }
      Object.assign(this, { run, steps: 0, seconds: 0, batches: [], waiting: false });
      this.#show();
    }
    #set({ variance: variance2, pace }) {
      if (variance2 !== void 0) this.trainer.fixVariance(variance2);
      if (pace !== void 0) this.pace = PACES[pace];
    }
    #start({ epochs = Infinity }) {
      this.until = epochs;
      this.running = this.trainer.epochs < epochs;
      this.#schedule(0);
    }
    #pause() {
      if (!this.running) return;
      this.running = false;
      this.#show();
    }
    #single() {
      this.running = false;
      this.#step();
      this.#show();
    }
    #drawn() {
      this.waiting = false;
      if (this.due && this.running) this.#sendFrame();
    }
    /** A frame at once, whose codes are all of the present weights. */
    #show() {
      this.trainer.posteriors.set(this.trainer.encode(this.images, this.n));
      this.#sendFrame();
    }
    #schedule(wait) {
      if (!this.running || this.scheduled) return;
      this.scheduled = true;
      this.later(() => {
        this.scheduled = false;
        if (this.running) this.#slice();
      }, wait);
    }
    #slice() {
      try {
        const until = performance.now() + SLICE;
        const rests = () => this.pace.steps === null ? this.#wanted : this.due;
        do
          this.#step();
        while (this.running && !rests() && performance.now() < until);
      } catch (error) {
        this.running = false;
        this.post({ type: "failed", message: error.message }, []);
        return;
      }
      if (!this.running) this.#show();
      else if (this.#wanted) this.#sendFrame();
      this.#schedule(this.pace.wait);
    }
    /** A picture is due, and the page has drawn the last one. */
    get #wanted() {
      return this.due && !this.waiting;
    }
    #step() {
      const started = performance.now();
      this.batches.push(this.trainer.step());
      this.batches.splice(0, this.batches.length - Math.ceil(this.trainer.n / this.trainer.batchSize));
      this.steps += 1;
      this.sinceFrame += 1;
      const taken = performance.now() - started;
      this.seconds += taken / 1e3;
      this.trained += taken;
      const { steps } = this.pace;
      this.due = steps === null ? this.trained > SHARE * this.pictures : this.sinceFrame >= steps;
      if (this.trainer.epochs >= this.until) this.running = false;
    }
    #sendFrame() {
      const started = performance.now();
      const { frame: frame2, transfer } = this.#makeFrame();
      this.post(frame2, transfer);
      Object.assign(this, { waiting: true, due: false, sinceFrame: 0, trained: 0 });
      this.pictures = performance.now() - started;
    }
    /** What the page draws; scores are means in nats per digit. */
    #makeFrame() {
      const { trainer } = this;
      const codes2 = new Float32Array(2 * this.n);
      for (let i = 0; i < codes2.length; i++)
        codes2[i] = trainer.posteriors[4 * (i >> 1) + (i & 1)];
      const grid = manifoldCodes();
      const means = trainer.decode(grid, grid.length / 2);
      const manifold = Uint8Array.from(means, (mean) => Math.round(255 * mean));
      const frame2 = {
        type: "frame",
        run: this.run,
        running: this.running,
        steps: this.steps,
        epochs: trainer.epochs + trainer.at / trainer.n,
        seconds: this.seconds,
        variance: trainer.variance,
        heldOut: trainer.score(this.heldOut, this.heldOutCount, this.noise),
        train: this.batches.length ? meanScore(this.batches) : null,
        codes: codes2,
        manifold,
        kernel: trainer.kernel.name
      };
      return { frame: frame2, transfer: [codes2.buffer, manifold.buffer] };
    }
  };

  // worker:src/trainer/worker.js
  var worker_default = '(() => {\n  // src/kernel.js\n  var KERNEL = "AGFzbQEAAAABEQJgCH9/f39/f39/AGACf38AAhABBGxpdmUGbWVtb3J5AgABAwQDAAEBByIDCmFkZFByb2R1Y3QAAAdyZWN0aWZ5AAEHc2lnbW9pZAACCq8GA/wDAgt/DHsgBUECdCEKAkADQCADQQBMDQEgBCEIIAAhCyABIQ8CQANAIAhBAEwNASALIAZqIQwgC/0JAgAhEyALIAdqIQsgC/0JAgAhFCALIAdqIQsgC/0JAgAhFSALIAdqIQsgC/0JAgAhFiALIAdqIQsgAiENIANBAUoEQCACIApqIQ4gDP0JAgAhFyAMIAdqIQwgDP0JAgAhGCAMIAdqIQwgDP0JAgAhGSAMIAdqIQwgDP0JAgAhGgUgAiEOQwAAAAD9EyEXIBchGCAXIRkgFyEaCyAPIApqIRAgECAKaiERIBEgCmohEiATIBT9UCAVIBb9UP1QIBcgGP1QIBkgGv1Q/VD9UP1TBEAgCiEJA0AgDSAN/QAEACATIA/9AAQAIhv95gEgFCAQ/QAEACIc/eYB/eQBIBUgEf0ABAAiHf3mASAWIBL9AAQAIh795gH95AH95AH95AH9CwQAIA4gDv0ABAAgFyAb/eYBIBggHP3mAf3kASAZIB395gEgGiAe/eYB/eQB/eQB/eQB/QsEACANQRBqIQ0gDkEQaiEOIA9BEGohDyAQQRBqIRAgEUEQaiERIBJBEGohEiAJQRBrIgkNAAsgEiEPBSASIApqIQ8LIAhBBGshCAwACwsgA0ECayEDIAAgBkEBdGohACACIApBAXRqIQIMAAsLCysAA0AgACAA/QAEAEMAAAAA/RP96QH9CwQAIABBEGohACABQRBrIgENAAsLggIBAnsDQEMAAK5C/RNDAACuwv0TIAD9AAQA/eEB/ekB/egBIQIgAkM7qrg//RP95gH9aiEDIAIgA0MAgDE//RP95gH95QEgA0ODgF65/RP95gH95QEhAiAAQwAAgD/9E0MAAIA//RMgA/34AUH/AP0R/a4BQRf9qwFDAACAP/0TIAIgAiAC/eYBQwAAAD/9EyACQ6qqKj79EyACQ8GpKj39EyACQwiJCDz9EyACQ85Dtzr9EyACQ2dpUDn9E/3mAf3kAf3mAf3kAf3mAf3kAf3mAf3kAf3mAf3kAf3mAf3kAf3kAf3mAf3kAf3nAf0LBAAgAEEQaiEAIAFBEGsiAQ0ACws=";\n\n  // src/matmul.js\n  var PAGE = 65536;\n  var BLOCK = 4;\n  var ALIGNED = 16;\n  var TERMS = 64;\n  var compiled = null;\n  function compile() {\n    compiled ??= decodeAndCompile();\n    return compiled;\n  }\n  async function decodeAndCompile() {\n    try {\n      const bytes = Uint8Array.from(atob(KERNEL), (letter) => letter.charCodeAt(0));\n      return await WebAssembly.compile(bytes);\n    } catch {\n      return null;\n    }\n  }\n  async function kernel(room = 2 ** 22) {\n    const module = await compile();\n    if (module === null) return plainKernel();\n    const pages = Math.ceil(room * Float32Array.BYTES_PER_ELEMENT / PAGE) + 1;\n    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });\n    const instance = await WebAssembly.instantiate(module, { live: { memory } });\n    return wasmKernel(memory, instance.exports);\n  }\n  function wasmKernel(memory, { addProduct: product, rectify, sigmoid }) {\n    const { buffer } = memory;\n    let used = 0;\n    function alloc(length) {\n      const bytes = length * Float32Array.BYTES_PER_ELEMENT;\n      if (used + bytes > buffer.byteLength) {\n        throw new RangeError(\n          `${length} more floats do not fit the kernel\'s memory of ${buffer.byteLength} bytes: ask kernel(room) for more room.`\n        );\n      }\n      const array = new Float32Array(buffer, used, length);\n      used = Math.ceil((used + bytes) / ALIGNED) * ALIGNED;\n      return array;\n    }\n    const own = (...arrays) => arrays.every((array) => array.buffer === buffer);\n    function addProduct(C, A, B, m, k, n, { transposeA = false } = {}) {\n      checkSizes(C, A, B, m, k, n);\n      const fast = own(C, A, B) && n > 0 && n % BLOCK === 0 ? k - k % BLOCK : 0;\n      const [row, column] = transposeA ? [4, 4 * m] : [4 * k, 4];\n      for (let p = 0; p < fast; p += TERMS) {\n        const [a, b] = [A.byteOffset + p * column, B.byteOffset + 4 * p * n];\n        product(a, b, C.byteOffset, m, Math.min(TERMS, fast - p), n, row, column);\n      }\n      addPlain(C, A, B, m, k, n, transposeA, fast);\n    }\n    const inPlace = (fast, plain) => (x) => {\n      const whole = own(x) ? x.length - x.length % BLOCK : 0;\n      if (whole > 0) fast(x.byteOffset, 4 * whole);\n      plain(x.subarray(whole));\n    };\n    return {\n      name: "wasm",\n      memory,\n      alloc,\n      addProduct,\n      rectify: inPlace(rectify, rectifyPlain),\n      sigmoid: inPlace(sigmoid, sigmoidPlain)\n    };\n  }\n  function plainKernel() {\n    return {\n      name: "js",\n      alloc: (length) => new Float32Array(length),\n      addProduct(C, A, B, m, k, n, { transposeA = false } = {}) {\n        checkSizes(C, A, B, m, k, n);\n        addPlain(C, A, B, m, k, n, transposeA, 0);\n      },\n      rectify: rectifyPlain,\n      sigmoid: sigmoidPlain\n    };\n  }\n  function rectifyPlain(x) {\n    for (let i = 0; i < x.length; i++) x[i] = Math.max(0, x[i]);\n  }\n  function sigmoidPlain(x) {\n    for (let i = 0; i < x.length; i++) x[i] = 1 / (1 + Math.exp(-x[i]));\n  }\n  function addPlain(C, A, B, m, k, n, transposeA, first) {\n    const [row, column] = transposeA ? [1, m] : [k, 1];\n    for (let i = 0; i < m; i++) {\n      const c = i * n;\n      let p = first;\n      for (; p + 3 < k; p += 4) {\n        const a = i * row + p * column;\n        const [a0, a1] = [A[a], A[a + column]];\n        const [a2, a3] = [A[a + 2 * column], A[a + 3 * column]];\n        if (a0 === 0 && a1 === 0 && a2 === 0 && a3 === 0) continue;\n        const [b0, b1, b2, b3] = [p * n, (p + 1) * n, (p + 2) * n, (p + 3) * n];\n        for (let j = 0; j < n; j++) {\n          C[c + j] += a0 * B[b0 + j] + a1 * B[b1 + j] + (a2 * B[b2 + j] + a3 * B[b3 + j]);\n        }\n      }\n      for (; p < k; p++) {\n        const a = A[i * row + p * column];\n        if (a === 0) continue;\n        const b = p * n;\n        for (let j = 0; j < n; j++) C[c + j] += a * B[b + j];\n      }\n    }\n  }\n  function checkSizes(C, A, B, m, k, n) {\n    const wanted = [m * n, m * k, k * n];\n    [C, A, B].forEach((array, i) => {\n      if (!(array.length >= wanted[i])) {\n        throw new RangeError(\n          `${"CAB"[i]} has ${array.length} numbers, ${wanted[i]} are needed for m = ${m}, k = ${k}, n = ${n}.`\n        );\n      }\n    });\n  }\n\n  // src/trainer/adam_kernel.js\n  var KERNEL2 = "AGFzbQEAAAABCgFgBn9/f39/fQACEAEEbGl2ZQZtZW1vcnkCAAEDAgEABwsBB2Rlc2NlbmQAAAq2AQGzAQEDewNAIAH9AAQAIQYgAv0ABAAhByAD/QAEACEIIAdDzczMPf0TIAYgB/3lAf3mAf3kASEHIAhDbxKDOv0TIAYgBv3mASAI/eUB/eYB/eQBIQggAiAH/QsEACADIAj9CwQAIAAgAP0ABAAgBf0TIAf95gEgCP3jAUOVv9Yz/RP95AH95wH95QH9CwQAIABBEGohACABQRBqIQEgAkEQaiECIANBEGohAyAEQRBrIgQNAAsL";\n\n  // src/trainer/adam.js\n  var BETA_1 = 0.9;\n  var BETA_2 = 0.999;\n  var EPSILON = 1e-7;\n  var BLOCK2 = 4;\n  async function trainingKernel() {\n    const product = await kernel();\n    if (!product.memory) return product;\n    const bytes = Uint8Array.from(atob(KERNEL2), (letter) => letter.charCodeAt(0));\n    const imports = { live: { memory: product.memory } };\n    const { instance } = await WebAssembly.instantiate(bytes, imports);\n    return { ...product, descend: fastDescend(instance.exports.descend) };\n  }\n  function fastDescend(fast) {\n    return (weights, gradients, first, second, size) => {\n      const whole = weights.length - weights.length % BLOCK2;\n      const arrays = [weights, gradients, first, second];\n      if (whole > 0) fast(...arrays.map((array) => array.byteOffset), 4 * whole, size);\n      descendPlain(...arrays.map((array) => array.subarray(whole)), size);\n    };\n  }\n  var Adam = class {\n    /**\n     * @param {Object<string, Float32Array>} weights changed in place by {@link Adam#update}\n     * @param {number} learningRate\n     * @param {Object} [kernel] of {@link trainingKernel}, the one that allocated the weights\n     */\n    constructor(weights, learningRate, kernel2 = plainKernel()) {\n      if (!(learningRate > 0 && learningRate < Infinity)) {\n        throw new RangeError(\n          `learningRate must be a positive number, got ${learningRate}: 0.002 suits batches of 64.`\n        );\n      }\n      this.weights = weights;\n      this.learningRate = learningRate;\n      this.steps = 0;\n      this.first = emptyLike(weights, kernel2.alloc);\n      this.second = emptyLike(weights, kernel2.alloc);\n      this.descend = kernel2.descend ?? descendPlain;\n    }\n    /**\n     * One step down the gradients, which have the names and lengths of the weights.\n     * @param {Object<string, Float32Array>} gradients of the loss, by name\n     * @param {function(string): boolean} [isLearned] which weights move\n     */\n    update(gradients, isLearned = () => true) {\n      this.steps += 1;\n      const corrected = Math.sqrt(1 - BETA_2 ** this.steps) / (1 - BETA_1 ** this.steps);\n      const size = this.learningRate * corrected;\n      for (const name of Object.keys(this.weights)) {\n        if (!isLearned(name)) continue;\n        const moments = [this.first[name], this.second[name]];\n        this.descend(this.weights[name], gradients[name], ...moments, size);\n      }\n    }\n  };\n  function emptyLike(weights, alloc) {\n    const entries = Object.entries(weights);\n    return Object.fromEntries(entries.map(([name, values]) => [name, alloc(values.length)]));\n  }\n  function descendPlain(weights, gradients, first, second, size) {\n    for (let i = 0; i < weights.length; i++) {\n      const gradient = gradients[i];\n      const mean = first[i] + (1 - BETA_1) * (gradient - first[i]);\n      const square = second[i] + (1 - BETA_2) * (gradient * gradient - second[i]);\n      first[i] = mean;\n      second[i] = square;\n      weights[i] -= size * mean / (Math.sqrt(square) + EPSILON);\n    }\n  }\n\n  // src/trainer/parts.js\n  var LOG_2PI = Math.log(2 * Math.PI);\n  function drawCodes(heads, noise, z, n, d) {\n    for (let i = 0; i < n; i++) {\n      for (let j = 0; j < d; j++) {\n        const mean = heads[2 * d * i + j];\n        const logVar = heads[2 * d * i + d + j];\n        z[d * i + j] = mean + Math.exp(0.5 * logVar) * noise[d * i + j];\n      }\n    }\n  }\n  function squaredError(x, means, length) {\n    let sum = 0;\n    for (let i = 0; i < length; i++) {\n      const difference = means[i] - x[i];\n      sum += difference * difference;\n    }\n    return sum;\n  }\n  function distortion(errorPerImage, variance, pixels) {\n    return 0.5 * (pixels * (LOG_2PI + Math.log(variance)) + errorPerImage / variance);\n  }\n  function rates(heads, n, d) {\n    const result = new Array(d).fill(0);\n    for (let i = 0; i < n; i++) {\n      for (let j = 0; j < d; j++) {\n        const mean = heads[2 * d * i + j];\n        const logVar = heads[2 * d * i + d + j];\n        result[j] += 0.5 * (mean * mean + Math.expm1(logVar) - logVar) / n;\n      }\n    }\n    return result;\n  }\n  function logitsGradient(x, means, variance, n, length, out) {\n    const scale = 1 / (variance * n);\n    for (let i = 0; i < length; i++) {\n      const y = means[i];\n      out[i] = scale * (y - x[i]) * y * (1 - y);\n    }\n  }\n  function logVarianceGradient(errorPerImage, variance, pixels) {\n    return 0.5 * (pixels - errorPerImage / variance);\n  }\n  function codesGradient(heads, noise, gradient, out, n, d) {\n    for (let i = 0; i < n; i++) {\n      for (let j = 0; j < d; j++) {\n        const g = gradient[d * i + j];\n        const logVar = heads[2 * d * i + d + j];\n        out[2 * d * i + j] = g;\n        out[2 * d * i + d + j] = 0.5 * g * noise[d * i + j] * Math.exp(0.5 * logVar);\n      }\n    }\n  }\n  function addRateGradient(heads, out, n, d) {\n    for (let i = 0; i < n; i++) {\n      for (let j = 0; j < d; j++) {\n        const at = 2 * d * i + j;\n        out[at] += heads[at] / n;\n        out[at + d] += 0.5 * Math.expm1(heads[at + d]) / n;\n      }\n    }\n  }\n  function drawNoise(random, noise, length) {\n    for (let i = 0; i < length; i++) noise[i] = random.normal();\n  }\n  function finishHeads() {\n  }\n  function finishGradient() {\n  }\n  function picture(means) {\n    return means;\n  }\n  function drawOrder(random, n) {\n    return random.permutation(n);\n  }\n  var variationalParts = Object.freeze({\n    drawOrder,\n    drawNoise,\n    drawCodes,\n    squaredError,\n    distortion,\n    rates,\n    logitsGradient,\n    logVarianceGradient,\n    codesGradient,\n    addRateGradient,\n    finishHeads,\n    finishGradient,\n    picture\n  });\n  function meanCodes(heads, noise, z, n, d) {\n    for (let i = 0; i < n; i++) {\n      for (let j = 0; j < d; j++) z[d * i + j] = heads[2 * d * i + j];\n    }\n  }\n  function meansGradient(heads, noise, gradient, out, n, d) {\n    for (let i = 0; i < n; i++) {\n      for (let j = 0; j < d; j++) {\n        out[2 * d * i + j] = gradient[d * i + j];\n        out[2 * d * i + d + j] = 0;\n      }\n    }\n  }\n  var autoencoderParts = Object.freeze({\n    ...variationalParts,\n    drawCodes: meanCodes,\n    codesGradient: meansGradient,\n    rates: (heads, n, d) => new Array(d).fill(null),\n    addRateGradient: () => {\n    }\n  });\n\n  // src/trainer/parameters.js\n  var PIXELS = 784;\n  var INITIAL_VARIANCE = 0.05;\n  function shapes(hidden, latentDim) {\n    return {\n      encoderKernel: [PIXELS, hidden],\n      encoderBias: [1, hidden],\n      headsKernel: [hidden, 2 * latentDim],\n      headsBias: [1, 2 * latentDim],\n      decoderKernel: [latentDim, hidden],\n      decoderBias: [1, hidden],\n      pixelsKernel: [hidden, PIXELS],\n      pixelsBias: [1, PIXELS],\n      logVariance: [1, 1]\n    };\n  }\n  function zeros(layout, allocate) {\n    const entries = Object.entries(layout);\n    return Object.fromEntries(\n      entries.map(([name, [rows, columns]]) => [name, allocate(rows * columns)])\n    );\n  }\n  function initialise(weights, hidden, latentDim, random) {\n    for (const values of Object.values(weights)) values.fill(0);\n    glorot(weights.encoderKernel, PIXELS, hidden, random);\n    for (const first of [0, latentDim]) {\n      const limit = Math.sqrt(6 / (hidden + latentDim));\n      for (let row = 0; row < hidden; row++) {\n        for (let j = 0; j < latentDim; j++) {\n          weights.headsKernel[row * 2 * latentDim + first + j] = limit * (2 * random.uniform() - 1);\n        }\n      }\n    }\n    glorot(weights.decoderKernel, latentDim, hidden, random);\n    glorot(weights.pixelsKernel, hidden, PIXELS, random);\n    weights.logVariance[0] = Math.log(INITIAL_VARIANCE);\n  }\n  function glorot(values, inputs, outputs, random) {\n    const limit = Math.sqrt(6 / (inputs + outputs));\n    for (let i = 0; i < values.length; i++) values[i] = limit * (2 * random.uniform() - 1);\n  }\n\n  // src/trainer/bugs.js\n  var { distortion: distortion2, logitsGradient: logitsGradient2, logVarianceGradient: logVarianceGradient2 } = variationalParts;\n  function codesOf(width, slope) {\n    return {\n      drawCodes(heads, noise, z, n, d) {\n        eachLatent(n, d, (at, i) => z[i] = heads[at] + width(heads[at + d], noise[i]));\n      },\n      codesGradient(heads, noise, gradient, out, n, d) {\n        eachLatent(n, d, (at, i) => {\n          out[at] = gradient[i];\n          out[at + d] = gradient[i] * slope(heads[at + d], noise[i]);\n        });\n      }\n    };\n  }\n  function eachLatent(n, d, visit) {\n    for (let i = 0; i < n; i++) {\n      for (let j = 0; j < d; j++) visit(2 * d * i + j, d * i + j);\n    }\n  }\n  function stretchedLogits(means) {\n    const logits = means.map((mean) => Math.log(mean) - Math.log1p(-mean));\n    const finite = logits.filter(Number.isFinite);\n    const low = finite.reduce((least, value) => Math.min(least, value), 0);\n    const high = finite.reduce((most, value) => Math.max(most, value), 0);\n    return logits.map((value) => Math.min(1, Math.max(0, (value - low) / (high - low || 1))));\n  }\n  var BUGS = Object.freeze({\n    pixels: {\n      name: "log likelihood averaged over the pixels",\n      line: "mean over pixels in place of the sum",\n      look: "The rates fall to zero, and the grid shows one picture everywhere.",\n      parts: {\n        distortion: (...all) => distortion2(...all) / PIXELS,\n        logitsGradient(x, means, variance, n, length, out) {\n          logitsGradient2(x, means, variance * PIXELS, n, length, out);\n        },\n        logVarianceGradient: (...all) => logVarianceGradient2(...all) / PIXELS\n      }\n    },\n    logits: {\n      name: "logits shown as pixels",\n      line: "the picture without its sigmoid",\n      look: "Every number is right, and the grid is grey.",\n      parts: { picture: stretchedLogits }\n    },\n    sign: {\n      name: "a sign inside the KL",\n      line: "e^v − 1 + v in place of e^v − 1 − v",\n      look: "The rates fall below zero: no KL does that. The ELBO looks excellent.",\n      parts: {\n        rates(heads, n, d) {\n          const result = new Array(d).fill(0);\n          eachLatent(n, d, (at, i) => {\n            const [mean, logVar] = [heads[at], heads[at + d]];\n            result[i % d] += 0.5 * (mean * mean + Math.expm1(logVar) + logVar) / n;\n          });\n          return result;\n        },\n        addRateGradient(heads, out, n, d) {\n          eachLatent(n, d, (at) => {\n            out[at] += heads[at] / n;\n            out[at + d] += 0.5 * (Math.expm1(heads[at + d]) + 2) / n;\n          });\n        }\n      }\n    },\n    relu: {\n      name: "a ReLU on the log-variance",\n      line: "v = max(0, v): no posterior is narrower than the prior",\n      look: "The codes move far out, to be told apart in spite of their width.",\n      parts: {\n        finishHeads(heads, n, d) {\n          eachLatent(n, d, (at) => heads[at + d] = Math.max(0, heads[at + d]));\n        },\n        finishGradient(heads, out, n, d) {\n          eachLatent(n, d, (at) => {\n            if (heads[at + d] === 0) out[at + d] = 0;\n          });\n        }\n      }\n    },\n    heads: {\n      name: "both heads read the same layer",\n      line: "v = m: the log-variance is the mean",\n      look: "The codes crowd to the lower left, where a small mean is a narrow posterior.",\n      parts: {\n        finishHeads(heads, n, d) {\n          eachLatent(n, d, (at) => heads[at + d] = heads[at]);\n        },\n        finishGradient(heads, out, n, d) {\n          eachLatent(n, d, (at) => {\n            out[at] += out[at + d];\n            out[at + d] = 0;\n          });\n        }\n      }\n    },\n    half: {\n      name: "the 0.5 of the sampler is missing",\n      line: "z = m + e^v noise in place of m + e^(v/2) noise",\n      look: "Nothing looks wrong. Compare the ELBO with that of the right code.",\n      parts: codesOf(\n        (logVar, noise) => Math.exp(logVar) * noise,\n        (logVar, noise) => Math.exp(logVar) * noise\n      )\n    },\n    constant: {\n      name: "a constant in place of the noise",\n      line: "z = m + e^(v/2) 1 in place of m + e^(v/2) noise",\n      look: "Nothing looks wrong, and the ELBO may look better than that of the right code.",\n      parts: codesOf(\n        (logVar) => Math.exp(0.5 * logVar),\n        (logVar) => 0.5 * Math.exp(0.5 * logVar)\n      )\n    },\n    leak: {\n      name: "the test digits are trained on",\n      line: "training images = training and test images together",\n      look: "The “held-out” ELBO comes close to that of training. It is held out no more.",\n      parts: {},\n      leaks: true\n    }\n  });\n  function brokenParts(name) {\n    return { ...variationalParts, ...BUGS[name]?.parts };\n  }\n\n  // src/trainer/manifold.js\n  var SIDE = 20;\n  var UPPER = [\n    0.0627068,\n    0.1891184,\n    0.3186394,\n    0.4537622,\n    0.5977601,\n    0.755415,\n    0.9345893,\n    1.1503494,\n    1.4395315,\n    1.959964\n  ];\n  var QUANTILES = [...UPPER.map((z) => -z).reverse(), ...UPPER];\n  function manifoldCodes() {\n    const codes = new Float32Array(2 * SIDE * SIDE);\n    for (let i = 0; i < SIDE * SIDE; i++) {\n      codes[2 * i] = QUANTILES[i % SIDE];\n      codes[2 * i + 1] = QUANTILES[SIDE - 1 - Math.floor(i / SIDE)];\n    }\n    return codes;\n  }\n\n  // src/random.js\n  function seeded(seed) {\n    if (!Number.isInteger(seed) || seed < 0 || seed > 4294967295) {\n      throw new RangeError(\n        `seed must be a whole number from 0 to 4294967295, got ${seed}.`\n      );\n    }\n    const bits = xoshiro(splitMix(seed));\n    const uniform = () => (bits() >>> 8) / 16777216;\n    const normal = polarMethod(uniform);\n    return {\n      uniform,\n      normal,\n      normals: (n) => Float32Array.from({ length: n }, normal),\n      permutation: (n) => permutation(n, uniform)\n    };\n  }\n  function splitMix(seed) {\n    let state = seed;\n    return Uint32Array.from({ length: 4 }, () => {\n      state = state + 2654435769 | 0;\n      let word = Math.imul(state ^ state >>> 16, 569420461);\n      word = Math.imul(word ^ word >>> 15, 1935289751);\n      return word ^ word >>> 15;\n    });\n  }\n  function xoshiro(state) {\n    const rotate = (word, by) => word << by | word >>> 32 - by;\n    return () => {\n      const result = Math.imul(rotate(Math.imul(state[1], 5), 7), 9);\n      const shifted = state[1] << 9;\n      state[2] ^= state[0];\n      state[3] ^= state[1];\n      state[1] ^= state[2];\n      state[0] ^= state[3];\n      state[2] ^= shifted;\n      state[3] = rotate(state[3], 11);\n      return result >>> 0;\n    };\n  }\n  function polarMethod(uniform) {\n    let spare = null;\n    return () => {\n      if (spare !== null) {\n        const value = spare;\n        spare = null;\n        return value;\n      }\n      let a, b, square;\n      do {\n        a = 2 * uniform() - 1;\n        b = 2 * uniform() - 1;\n        square = a * a + b * b;\n      } while (square >= 1 || square === 0);\n      const scale = Math.sqrt(-2 * Math.log(square) / square);\n      spare = b * scale;\n      return a * scale;\n    };\n  }\n  function permutation(n, uniform) {\n    const order = Uint32Array.from({ length: n }, (_, i) => i);\n    for (let i = n - 1; i > 0; i--) {\n      const j = Math.floor(uniform() * (i + 1));\n      [order[i], order[j]] = [order[j], order[i]];\n    }\n    return order;\n  }\n\n  // src/trainer/network.js\n  var Workspace = class {\n    constructor(hidden, latentDim, size, allocate) {\n      Object.assign(this, { hidden, latentDim, size });\n      this.x = allocate(size * PIXELS);\n      this.noise = allocate(size * latentDim);\n      this.encoderHidden = allocate(size * hidden);\n      this.heads = allocate(size * 2 * latentDim);\n      this.z = allocate(size * latentDim);\n      this.decoderHidden = allocate(size * hidden);\n      this.means = allocate(size * PIXELS);\n      this.logitsGradient = allocate(size * PIXELS);\n      this.decoderGradient = allocate(size * hidden);\n      this.zGradient = allocate(size * latentDim);\n      this.headsGradient = allocate(size * 2 * latentDim);\n      this.encoderGradient = allocate(size * hidden);\n      this.gradientTransposed = allocate(size * Math.max(PIXELS, hidden));\n      this.resultTransposed = allocate(size * hidden);\n      this.gradients = zeros(shapes(hidden, latentDim), allocate);\n    }\n  };\n  function encode(kernel2, weights, work, n, parts) {\n    const { hidden, latentDim } = work;\n    affine(\n      kernel2,\n      work.encoderHidden,\n      work.x,\n      weights.encoderKernel,\n      weights.encoderBias,\n      n,\n      PIXELS,\n      hidden\n    );\n    kernel2.rectify(work.encoderHidden.subarray(0, n * hidden));\n    affine(\n      kernel2,\n      work.heads,\n      work.encoderHidden,\n      weights.headsKernel,\n      weights.headsBias,\n      n,\n      hidden,\n      2 * latentDim\n    );\n    parts.finishHeads(work.heads, n, latentDim);\n  }\n  function decode(kernel2, weights, work, n) {\n    const { hidden, latentDim } = work;\n    affine(\n      kernel2,\n      work.decoderHidden,\n      work.z,\n      weights.decoderKernel,\n      weights.decoderBias,\n      n,\n      latentDim,\n      hidden\n    );\n    kernel2.rectify(work.decoderHidden.subarray(0, n * hidden));\n    affine(\n      kernel2,\n      work.means,\n      work.decoderHidden,\n      weights.pixelsKernel,\n      weights.pixelsBias,\n      n,\n      hidden,\n      PIXELS\n    );\n    kernel2.sigmoid(work.means.subarray(0, n * PIXELS));\n  }\n  function forward(kernel2, weights, work, n, parts) {\n    const { latentDim } = work;\n    encode(kernel2, weights, work, n, parts);\n    parts.drawCodes(work.heads, work.noise, work.z, n, latentDim);\n    decode(kernel2, weights, work, n);\n    const error = parts.squaredError(work.x, work.means, n * PIXELS) / n;\n    const variance = Math.exp(weights.logVariance[0]);\n    const distortion3 = parts.distortion(error, variance, PIXELS);\n    const rates2 = parts.rates(work.heads, n, latentDim);\n    const bounded = rates2.every((rate) => rate !== null);\n    const elbo = bounded ? -distortion3 - rates2.reduce((sum, rate) => sum + rate, 0) : null;\n    return { elbo, distortion: distortion3, rates: rates2, error };\n  }\n  function backward(kernel2, weights, work, n, error, parts) {\n    const { latentDim } = work;\n    const variance = Math.exp(weights.logVariance[0]);\n    work.gradients.logVariance[0] = parts.logVarianceGradient(error, variance, PIXELS);\n    parts.logitsGradient(work.x, work.means, variance, n, n * PIXELS, work.logitsGradient);\n    backwardDecoder(kernel2, weights, work, n);\n    parts.codesGradient(work.heads, work.noise, work.zGradient, work.headsGradient, n, latentDim);\n    parts.addRateGradient(work.heads, work.headsGradient, n, latentDim);\n    parts.finishGradient(work.heads, work.headsGradient, n, latentDim);\n    backwardEncoder(kernel2, weights, work, n);\n  }\n  function backwardDecoder(kernel2, weights, work, n) {\n    const { hidden, latentDim, gradients } = work;\n    weightGradients(\n      kernel2,\n      gradients.pixelsKernel,\n      gradients.pixelsBias,\n      work.decoderHidden,\n      work.logitsGradient,\n      n,\n      hidden,\n      PIXELS\n    );\n    inputGradient(\n      kernel2,\n      work,\n      work.decoderGradient,\n      work.logitsGradient,\n      weights.pixelsKernel,\n      n,\n      hidden,\n      PIXELS\n    );\n    closeDeadUnits(work.decoderGradient, work.decoderHidden, n * hidden);\n    weightGradients(\n      kernel2,\n      gradients.decoderKernel,\n      gradients.decoderBias,\n      work.z,\n      work.decoderGradient,\n      n,\n      latentDim,\n      hidden\n    );\n    inputGradient(\n      kernel2,\n      work,\n      work.zGradient,\n      work.decoderGradient,\n      weights.decoderKernel,\n      n,\n      latentDim,\n      hidden\n    );\n  }\n  function backwardEncoder(kernel2, weights, work, n) {\n    const { hidden, latentDim, gradients } = work;\n    weightGradients(\n      kernel2,\n      gradients.headsKernel,\n      gradients.headsBias,\n      work.encoderHidden,\n      work.headsGradient,\n      n,\n      hidden,\n      2 * latentDim\n    );\n    inputGradient(\n      kernel2,\n      work,\n      work.encoderGradient,\n      work.headsGradient,\n      weights.headsKernel,\n      n,\n      hidden,\n      2 * latentDim\n    );\n    closeDeadUnits(work.encoderGradient, work.encoderHidden, n * hidden);\n    weightGradients(\n      kernel2,\n      gradients.encoderKernel,\n      gradients.encoderBias,\n      work.x,\n      work.encoderGradient,\n      n,\n      PIXELS,\n      hidden\n    );\n  }\n  function affine(kernel2, out, input, weights, bias, n, rows, columns) {\n    for (let i = 0; i < n; i++) out.set(bias, i * columns);\n    kernel2.addProduct(out, input, weights, n, rows, columns);\n  }\n  function weightGradients(kernel2, ofKernel, ofBias, input, gradient, n, rows, columns) {\n    ofKernel.fill(0);\n    kernel2.addProduct(ofKernel, input, gradient, rows, n, columns, { transposeA: true });\n    ofBias.fill(0);\n    for (let i = 0; i < n; i++) {\n      for (let j = 0; j < columns; j++) ofBias[j] += gradient[i * columns + j];\n    }\n  }\n  function inputGradient(kernel2, work, out, gradient, weights, n, rows, columns) {\n    transpose(gradient, work.gradientTransposed, n, columns);\n    const result = work.resultTransposed;\n    result.fill(0, 0, n * rows);\n    kernel2.addProduct(result, weights, work.gradientTransposed, rows, columns, n);\n    transpose(result, out, rows, n);\n  }\n  function transpose(from, to, rows, columns) {\n    const block = 16;\n    for (let top = 0; top < rows; top += block) {\n      const bottom = Math.min(top + block, rows);\n      for (let left = 0; left < columns; left += block) {\n        const right = Math.min(left + block, columns);\n        for (let i = top; i < bottom; i++) {\n          for (let j = left; j < right; j++) to[j * rows + i] = from[i * columns + j];\n        }\n      }\n    }\n  }\n  function closeDeadUnits(gradient, units, length) {\n    for (let i = 0; i < length; i++) if (units[i] <= 0) gradient[i] = 0;\n  }\n\n  // src/trainer/trainer.js\n  var Trainer = class {\n    /**\n     * @param {Object} [options]\n     * @param {number} [options.hidden] width of both hidden layers\n     * @param {number} [options.latentDim]\n     * @param {?number} [options.variance] of every pixel; null learns it\n     * @param {boolean} [options.kl] false trains an autoencoder: no rate and no noise\n     * @param {number} [options.seed] of weights, order and noise\n     * @param {number} [options.batchSize]\n     * @param {number} [options.learningRate]\n     * @param {Object} [options.kernel] the fastest is `await trainingKernel()` of adam.js;\n     *   matmul.js\'s plainKernel() is always there\n     * @param {string} [options.bug] a name of bugs.js; others, as "none", are the right code.\n     *   The bugs are those of the ELBO: an autoencoder has none\n     * @param {Object} [options.parts] terms and gradients, where parts.js\'s are not wanted\n     * @throws {RangeError} if a number makes no sense\n     */\n    constructor(options = {}) {\n      const { hidden = 64, latentDim = 2, variance = null, kl = true, seed = 1 } = options;\n      const { batchSize = 64, learningRate = 2e-3, kernel: kernel2 = plainKernel(), bug, parts } = options;\n      for (const [name, value] of Object.entries({ hidden, latentDim, batchSize }))\n        requireWhole(name, value);\n      Object.assign(this, { hidden, latentDim, batchSize, kernel: kernel2, seed });\n      this.parts = parts ?? (kl ? brokenParts(bug) : autoencoderParts);\n      this.random = seeded(seed);\n      const allocate = kernel2.alloc;\n      this.parameters = zeros(shapes(hidden, latentDim), allocate);\n      initialise(this.parameters, hidden, latentDim, this.random);\n      this.work = new Workspace(hidden, latentDim, batchSize, allocate);\n      this.adam = new Adam(this.parameters, learningRate, kernel2);\n      this.fixVariance(variance);\n      this.setData(new Float32Array(0), 0);\n    }\n    /** The variance of every pixel, now. */\n    get variance() {\n      return Math.exp(this.parameters.logVariance[0]);\n    }\n    /** Hold the variance at a number, or, with null, learn it from where it is. */\n    fixVariance(variance) {\n      if (variance !== null && !(variance > 0 && variance < Infinity)) {\n        throw new RangeError(\n          `variance must be a positive number, or null to learn it; got ${variance}.`\n        );\n      }\n      this.learnsVariance = variance === null;\n      if (!this.learnsVariance) this.parameters.logVariance[0] = Math.log(variance);\n    }\n    /**\n     * Images to train on; the epoch starts anew.\n     * @param {Float32Array} images (n, 784) in [0, 1]\n     * @param {number} n\n     */\n    setData(images, n) {\n      if (images.length !== n * PIXELS) {\n        throw new RangeError(\n          `images must hold n = ${n} digits of ${PIXELS} pixels, got ${images.length} numbers.`\n        );\n      }\n      Object.assign(this, { images, n, at: 0, epochs: 0, order: null });\n      this.posteriors = new Float32Array(n * 2 * this.latentDim);\n    }\n    /**\n     * One step of Adam on the next batch of the epoch; the last batch may be short.\n     * @returns {Score} of the batch before the step, with its own noise\n     */\n    step() {\n      if (this.n === 0) throw new Error("There is nothing to train on: call setData first.");\n      if (this.at === 0) this.order = this.parts.drawOrder(this.random, this.n);\n      const batch = this.order.slice(this.at, this.at + this.batchSize);\n      const n = batch.length;\n      this.#gather(batch);\n      this.parts.drawNoise(this.random, this.work.noise, n * this.latentDim);\n      const score = forward(this.kernel, this.parameters, this.work, n, this.parts);\n      this.#remember(batch);\n      backward(this.kernel, this.parameters, this.work, n, score.error, this.parts);\n      this.adam.update(\n        this.work.gradients,\n        (name) => this.learnsVariance || name !== "logVariance"\n      );\n      this.at += n;\n      if (this.at >= this.n) {\n        this.at = 0;\n        this.epochs += 1;\n      }\n      return { ...score, n };\n    }\n    /**\n     * The rest of the current epoch, the whole of it if it has not begun.\n     * @returns {Score} mean over its images, each before its own step\n     */\n    epoch() {\n      const scores = [];\n      do\n        scores.push(this.step());\n      while (this.at !== 0);\n      return meanScore(scores);\n    }\n    /**\n     * The bound of images that are not trained on, and its parts.\n     * @param {Float32Array} images (n, 784)\n     * @param {number} n\n     * @param {Float32Array} noise (n, d), standard normal; the same makes scores comparable\n     * @returns {Score}\n     */\n    score(images, n, noise) {\n      const scores = [];\n      this.#inBatches(n, (first, count) => {\n        this.work.x.set(images.subarray(first * PIXELS, (first + count) * PIXELS));\n        this.work.noise.set(\n          noise.subarray(first * this.latentDim, (first + count) * this.latentDim)\n        );\n        scores.push({\n          ...forward(this.kernel, this.parameters, this.work, count, this.parts),\n          n: count\n        });\n      });\n      return meanScore(scores);\n    }\n    /**\n     * Parameters of q(z|x), means and then log-variances of each image, (n, 2d).\n     * @param {Float32Array} images (n, 784)\n     * @param {number} n\n     * @returns {Float32Array}\n     */\n    encode(images, n) {\n      const width = 2 * this.latentDim;\n      const heads = new Float32Array(n * width);\n      this.#inBatches(n, (first, count) => {\n        this.work.x.set(images.subarray(first * PIXELS, (first + count) * PIXELS));\n        encode(this.kernel, this.parameters, this.work, count, this.parts);\n        heads.set(this.work.heads.subarray(0, count * width), first * width);\n      });\n      return heads;\n    }\n    /**\n     * Mean images of codes, (n, 784), as they are shown.\n     * @param {Float32Array} z (n, d)\n     * @param {number} n\n     * @returns {Float32Array}\n     */\n    decode(z, n) {\n      const means = new Float32Array(n * PIXELS);\n      this.#inBatches(n, (first, count) => {\n        this.work.z.set(z.subarray(first * this.latentDim, (first + count) * this.latentDim));\n        decode(this.kernel, this.parameters, this.work, count);\n        means.set(this.work.means.subarray(0, count * PIXELS), first * PIXELS);\n      });\n      return this.parts.picture(means);\n    }\n    /**\n     * Gradients of the loss of one batch with given noise; nothing is changed.\n     * @returns {{score: Score, gradients: Object<string, Float32Array>}} copies\n     */\n    gradients(images, n, noise) {\n      if (n > this.batchSize)\n        throw new RangeError(`n must be at most the batch size, ${this.batchSize}; got ${n}.`);\n      this.work.x.set(images);\n      this.work.noise.set(noise);\n      const score = forward(this.kernel, this.parameters, this.work, n, this.parts);\n      backward(this.kernel, this.parameters, this.work, n, score.error, this.parts);\n      return { score: { ...score, n }, gradients: copies(this.work.gradients) };\n    }\n    /** Copies of all weights, by name. */\n    weights() {\n      return copies(this.parameters);\n    }\n    /** Replace all weights; Adam\'s moments stay. */\n    setWeights(weights) {\n      for (const [name, values] of Object.entries(this.parameters)) {\n        if (weights[name]?.length !== values.length) {\n          throw new RangeError(\n            `${name} must hold ${values.length} numbers, got ${weights[name]?.length}.`\n          );\n        }\n        values.set(weights[name]);\n      }\n    }\n    // Loops, not subarrays: 128 views a step cost more than what they copy.\n    #gather(batch) {\n      for (let i = 0; i < batch.length; i++) {\n        const from = batch[i] * PIXELS;\n        for (let p = 0; p < PIXELS; p++) this.work.x[i * PIXELS + p] = this.images[from + p];\n      }\n    }\n    /** The posterior that the step has just computed: the page\'s codes cost nothing more. */\n    #remember(batch) {\n      const width = 2 * this.latentDim;\n      for (let i = 0; i < batch.length; i++) {\n        const to = batch[i] * width;\n        for (let j = 0; j < width; j++) this.posteriors[to + j] = this.work.heads[i * width + j];\n      }\n    }\n    #inBatches(n, use) {\n      for (let first = 0; first < n; first += this.batchSize) {\n        use(first, Math.min(this.batchSize, n - first));\n      }\n    }\n  };\n  function meanScore(scores) {\n    const n = scores.reduce((sum, score) => sum + score.n, 0);\n    const mean = (read) => scores.reduce((sum, score) => sum + read(score) * score.n / n, 0);\n    const bounded = scores[0].elbo !== null;\n    return {\n      elbo: bounded ? mean((score) => score.elbo) : null,\n      distortion: mean((score) => score.distortion),\n      rates: scores[0].rates.map(\n        (rate, j) => rate === null ? null : mean((score) => score.rates[j])\n      ),\n      n\n    };\n  }\n  function copies(arrays) {\n    return Object.fromEntries(\n      Object.entries(arrays).map(([name, values]) => [name, values.slice()])\n    );\n  }\n  function requireWhole(name, value) {\n    if (!Number.isInteger(value) || value < 1) {\n      throw new RangeError(`${name} must be a whole number of at least 1, got ${value}.`);\n    }\n  }\n\n  // src/trainer/protocol.js\n  var PACES = Object.freeze({\n    slow: { steps: 1, wait: 400 },\n    medium: { steps: 4, wait: 100 },\n    full: { steps: null, wait: 0 }\n  });\n  var SLICE = 12;\n  var SHARE = 4;\n  var NOISE_SEED = 500;\n  function soon(run, wait) {\n    if (wait > 0) {\n      setTimeout(run, wait);\n      return;\n    }\n    const { port1, port2 } = new MessageChannel();\n    port1.onmessage = () => {\n      port1.close();\n      run();\n    };\n    port2.postMessage(null);\n  }\n  function both(first, second) {\n    const joined = new Float32Array(first.length + second.length);\n    joined.set(first);\n    joined.set(second, first.length);\n    return joined;\n  }\n  var Session = class {\n    #actions = {\n      data: (message) => this.#takeData(message),\n      reset: (message) => this.#reset(message),\n      set: (message) => this.#set(message),\n      start: (message) => this.#start(message),\n      pause: () => this.#pause(),\n      step: () => this.#single(),\n      drawn: () => this.#drawn()\n    };\n    /**\n     * @param {function(Object, Array<ArrayBuffer>)} post sends a message, with what it may take along\n     * @param {function(): Promise<Object>} makeKernel a product with memory of its own\n     * @param {function(function(), number)} [later] as setTimeout, for tests\n     */\n    constructor(post, makeKernel, later = soon) {\n      Object.assign(this, { post, makeKernel, later });\n      this.trainer = null;\n      this.pace = PACES.full;\n      this.running = false;\n      this.scheduled = false;\n      this.queue = Promise.resolve();\n    }\n    /** Take one message; they are dealt with in order. */\n    receive(message) {\n      this.queue = this.queue.then(() => this.#actions[message.type](message)).catch((error) => {\n        this.running = false;\n        this.post({ type: "failed", message: error.message }, []);\n      });\n      return this.queue;\n    }\n    #takeData({ images, n, heldOut, heldOutCount }) {\n      Object.assign(this, { images, n, heldOut, heldOutCount });\n      this.noise = seeded(NOISE_SEED).normals(heldOutCount * 2);\n    }\n    async #reset({ options, run }) {\n      this.running = false;\n      this.trainer = new Trainer({ ...options, kernel: await this.makeKernel() });\n      if (options.kl !== false && BUGS[options.bug]?.leaks) {\n        this.trainer.setData(both(this.images, this.heldOut), this.n + this.heldOutCount);\n      } else {\n        this.trainer.setData(this.images, this.n);\n      }\n      Object.assign(this, { run, steps: 0, seconds: 0, batches: [], waiting: false });\n      this.#show();\n    }\n    #set({ variance, pace }) {\n      if (variance !== void 0) this.trainer.fixVariance(variance);\n      if (pace !== void 0) this.pace = PACES[pace];\n    }\n    #start({ epochs = Infinity }) {\n      this.until = epochs;\n      this.running = this.trainer.epochs < epochs;\n      this.#schedule(0);\n    }\n    #pause() {\n      if (!this.running) return;\n      this.running = false;\n      this.#show();\n    }\n    #single() {\n      this.running = false;\n      this.#step();\n      this.#show();\n    }\n    #drawn() {\n      this.waiting = false;\n      if (this.due && this.running) this.#sendFrame();\n    }\n    /** A frame at once, whose codes are all of the present weights. */\n    #show() {\n      this.trainer.posteriors.set(this.trainer.encode(this.images, this.n));\n      this.#sendFrame();\n    }\n    #schedule(wait) {\n      if (!this.running || this.scheduled) return;\n      this.scheduled = true;\n      this.later(() => {\n        this.scheduled = false;\n        if (this.running) this.#slice();\n      }, wait);\n    }\n    #slice() {\n      try {\n        const until = performance.now() + SLICE;\n        const rests = () => this.pace.steps === null ? this.#wanted : this.due;\n        do\n          this.#step();\n        while (this.running && !rests() && performance.now() < until);\n      } catch (error) {\n        this.running = false;\n        this.post({ type: "failed", message: error.message }, []);\n        return;\n      }\n      if (!this.running) this.#show();\n      else if (this.#wanted) this.#sendFrame();\n      this.#schedule(this.pace.wait);\n    }\n    /** A picture is due, and the page has drawn the last one. */\n    get #wanted() {\n      return this.due && !this.waiting;\n    }\n    #step() {\n      const started = performance.now();\n      this.batches.push(this.trainer.step());\n      this.batches.splice(0, this.batches.length - Math.ceil(this.trainer.n / this.trainer.batchSize));\n      this.steps += 1;\n      this.sinceFrame += 1;\n      const taken = performance.now() - started;\n      this.seconds += taken / 1e3;\n      this.trained += taken;\n      const { steps } = this.pace;\n      this.due = steps === null ? this.trained > SHARE * this.pictures : this.sinceFrame >= steps;\n      if (this.trainer.epochs >= this.until) this.running = false;\n    }\n    #sendFrame() {\n      const started = performance.now();\n      const { frame, transfer } = this.#makeFrame();\n      this.post(frame, transfer);\n      Object.assign(this, { waiting: true, due: false, sinceFrame: 0, trained: 0 });\n      this.pictures = performance.now() - started;\n    }\n    /** What the page draws; scores are means in nats per digit. */\n    #makeFrame() {\n      const { trainer } = this;\n      const codes = new Float32Array(2 * this.n);\n      for (let i = 0; i < codes.length; i++)\n        codes[i] = trainer.posteriors[4 * (i >> 1) + (i & 1)];\n      const grid = manifoldCodes();\n      const means = trainer.decode(grid, grid.length / 2);\n      const manifold = Uint8Array.from(means, (mean) => Math.round(255 * mean));\n      const frame = {\n        type: "frame",\n        run: this.run,\n        running: this.running,\n        steps: this.steps,\n        epochs: trainer.epochs + trainer.at / trainer.n,\n        seconds: this.seconds,\n        variance: trainer.variance,\n        heldOut: trainer.score(this.heldOut, this.heldOutCount, this.noise),\n        train: this.batches.length ? meanScore(this.batches) : null,\n        codes,\n        manifold,\n        kernel: trainer.kernel.name\n      };\n      return { frame, transfer: [codes.buffer, manifold.buffer] };\n    }\n  };\n\n  // src/trainer/worker.js\n  var session = new Session(\n    (message, transfer) => self.postMessage(message, transfer),\n    trainingKernel\n  );\n  self.onmessage = ({ data }) => session.receive(data);\n})();\n';

  // src/trainer/client.js
  function connect(listen) {
    let place = "worker";
    let unanswered = [];
    let send;
    const inPage = () => {
      place = "page";
      const session = new Session((message) => setTimeout(() => listen(message)), trainingKernel);
      send = (message) => session.receive(message);
      unanswered.forEach(send);
    };
    try {
      const address = URL.createObjectURL(new Blob([worker_default], { type: "text/javascript" }));
      const worker = new Worker(address);
      worker.onmessage = ({ data }) => {
        if (unanswered) URL.revokeObjectURL(address);
        unanswered = null;
        listen(data);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        if (unanswered) inPage();
        else listen({ type: "failed", message: event.message });
      };
      send = (message) => {
        unanswered?.push(message);
        worker.postMessage(message);
      };
    } catch {
      inPage();
    }
    return { send: (message) => send(message), place: () => place };
  }

  // src/trainer/words.js
  var signed = (value, decimals = 1) => (value > 0 ? "+" : "") + number(value, decimals);
  var variance = (value) => String(Number(value.toPrecision(3)));
  function describe2(frame2, { name: name2, learned, bug }) {
    const { heldOut, train: train2, epochs, seconds } = frame2;
    const when = `${name2}, epoch ${number(epochs, 1)}, ${number(seconds, 1)} s of training.`;
    const how = learned ? "learned" : "fixed";
    const spread2 = `Variance of a pixel ${variance(frame2.variance)}, ${how}.`;
    const broken = bug && `Broken: ${bug}.`;
    return [when, broken, scores(heldOut), training(train2), spread2].filter(Boolean).join(" ");
  }
  function describeRest({ heldOut, variance: value }) {
    return `At rest: the report’s 784-512-2 as the library has trained it on 50,000 digits. ${scores(heldOut)} Variance of a pixel ${variance(value)}, learned.`;
  }
  function scores({ elbo: elbo2, distortion: distortion3, rates: rates2, n }) {
    const where = `${n} held-out test digits`;
    if (elbo2 === null) {
      return `Distortion of ${where}: ${number(distortion3, 1)} nats a digit. No bound: a code without noise has no finite rate.`;
    }
    const each = rates2.map((rate) => number(rate, rate < 0.1 ? 3 : 2)).join(" and ");
    return `ELBO of ${where}: ${signed(elbo2)} nats a digit, from a distortion of ${number(distortion3, 1)} and rates of ${each} nats.`;
  }
  function training(train2) {
    if (!train2) return "";
    const { elbo: elbo2, distortion: distortion3, n } = train2;
    if (elbo2 === null) return `Distortion of training: ${number(distortion3, 1)} nats.`;
    const where = `ELBO of training, mean of the last ${n.toLocaleString("en")} digits`;
    return `${where}: ${signed(elbo2)} nats.`;
  }

  // src/trainer/variance_control.js
  var LOWEST = 5e-3;
  var HIGHEST = 8;
  var START = 1;
  var STEPS2 = 640;
  var TRY = [1, 3.4, 6];
  var [LOW, HIGH] = [Math.log10(LOWEST), Math.log10(HIGHEST)];
  function readVariance(text) {
    const value = Number(text);
    return text !== "learned" && value >= LOWEST && value <= HIGHEST ? value : null;
  }
  function placeOf(value) {
    return (Math.log10(value) - LOW) / (HIGH - LOW);
  }
  var VarianceControl = class {
    /**
     * @param {{value: ?number, change: (value: ?number) => void}} options null: learned
     */
    constructor({ value, change }) {
      this.learned = checkbox({
        label: "learn the variance",
        value: value === null,
        change: (on) => {
          this.set(on ? null : this.#read());
          change(on ? null : this.#read());
        }
      });
      this.bar = slider({
        label: "Variance of a pixel, if fixed",
        min: LOW,
        max: HIGH,
        step: (HIGH - LOW) / STEPS2,
        value: Math.log10(value ?? START),
        show: (exponent) => this.learned.input.checked ? "learned" : variance(10 ** exponent),
        change: () => {
          this.set(this.#read());
          change(this.#read());
        }
      });
      this.#addMarks();
      const tries = TRY.map((each) => {
        const press = () => {
          this.set(each);
          change(each);
        };
        return button(`fix it at ${each}`, press);
      });
      const line2 = make("div", { class: "vae-live-line" }, this.learned.element, ...tries);
      this.element = make("div", { class: "vae-live-variance" }, line2, this.bar.element, note());
    }
    /** Show a setting; null: learned. */
    set(value) {
      this.learned.input.checked = value === null;
      this.bar.set(value === null ? this.bar.input.value : Math.log10(value));
    }
    /** Mark where a learned variance is now. */
    show(value) {
      this.now.hidden = !this.learned.input.checked;
      const place = Math.min(1, Math.max(0, placeOf(value)));
      this.now.style.setProperty("--place", place.toFixed(4));
    }
    /** Three digits: what is shown is what is used. */
    #read() {
      const value = Number((10 ** Number(this.bar.input.value)).toPrecision(3));
      return Math.min(HIGHEST, Math.max(LOWEST, value));
    }
    #addMarks() {
      const track = make("div", { class: "vae-live-marked" });
      this.bar.input.replaceWith(track);
      this.now = make("span", { class: "vae-live-mark vae-live-now", hidden: true });
      const marks = make("div", { class: "vae-live-marks", "aria-hidden": "true" });
      marks.append(...THRESHOLDS.map(mark), this.now);
      track.append(this.bar.input, marks);
    }
  };
  function mark(threshold, i) {
    const style = `--place: ${placeOf(threshold).toFixed(4)}`;
    return make("span", { class: i ? "vae-live-mark vae-live-pale" : "vae-live-mark", style });
  }
  function note() {
    const [first, second] = THRESHOLDS.map((threshold) => number(threshold, 2));
    const text = `Strong mark, ${first}: the largest eigenvalue of the covariance of the 4,000 training digits, above which no latent is predicted to live. Pale mark, ${second}: the second eigenvalue, where a linear decoder would let the second latent go. Dot: the learned variance.`;
    return make("p", { class: "vae-live-note", text });
  }

  // src/trainer/controls.js
  var NETWORKS2 = [
    ["64", "784-64-2, the quick one"],
    ["512", "784-512-2, the report’s own"]
  ];
  var OBJECTIVES = [
    ["on", "ELBO: noise and KL"],
    ["off", "no KL and no noise: an autoencoder"]
  ];
  var SPEEDS = [
    ["full", "as fast as it can"],
    ["medium", "four batches a picture"],
    ["slow", "batch by batch"]
  ];
  var BREAK = [
    ["none", "nothing: the right code"],
    ...Object.entries(BUGS).map(([key2, { name: name2 }]) => [key2, name2])
  ];
  var GUESSES = [
    ["both", "both latents keep some rate at every variance, less and less"],
    ["together", "both fall silent at one variance, together"],
    ["one", "one falls silent first, then the other"]
  ];
  var DEFAULTS3 = {
    net: "64",
    s2: "learned",
    // or a number
    kl: "on",
    speed: "full",
    seed: "1",
    epochs: "60",
    // of one press of Start
    guess: "",
    bug: "none"
    // of bugs.js
  };
  var Controls = class {
    /**
     * @param {State} state @param {Actions} actions
     * @param {string} [form] small: about the bugs only, and no prediction of the variance
     */
    constructor(state, actions, form = "full") {
      Object.assign(this, { state, actions, running: false, small: form === "small" });
      this.guess = this.#choice("guess", GUESSES, {
        label: "First predict: the variance goes up from 0.005 to 8. What do the two latents do?",
        then: () => this.#enable()
      });
      this.net = this.#choice("net", NETWORKS2, { label: "Network", then: actions.reset });
      this.kl = this.#choice("kl", OBJECTIVES, { label: "Objective", then: actions.reset });
      this.variance = new VarianceControl({
        value: readVariance(state.get("s2")),
        change: (value) => {
          state.set("s2", value ?? "learned");
          actions.variance(value);
        }
      });
      this.verdict = make("p", { class: "vae-live-note" });
      const choices = make("div", { class: "vae-live-choices" });
      choices.append(this.net.element, this.kl.element);
      const [buttons, variance2] = [this.#makeButtons(), this.variance.element];
      const broken = this.#makeBreaker();
      this.elements = this.small ? [broken, buttons] : [this.guess.element, this.verdict, choices, variance2, broken, buttons];
      this.#enable();
    }
    /** The settings of a new trainer, in numbers. */
    options() {
      const { state } = this;
      const whole = (name2, least, most) => {
        const value = Math.floor(state.numbers(name2)[0]);
        return Math.min(most, Math.max(least, value));
      };
      return {
        hidden: Number(state.choice("net", ["64", "512"])),
        kl: state.choice("kl", ["on", "off"]) === "on",
        variance: readVariance(state.get("s2")),
        seed: whole("seed", 0, 2 ** 32 - 1),
        bug: this.#read("bug", BREAK),
        epochs: whole("epochs", 1, 1e3),
        pace: this.#read("speed", SPEEDS)
      };
    }
    setRunning(running) {
      this.running = running;
      this.start.textContent = running ? "Pause" : "Start";
      this.#enable();
    }
    /** Show the settings of an address that the reader has followed. */
    follow() {
      const { state } = this;
      this.net.set(this.#read("net", NETWORKS2));
      this.kl.set(this.#read("kl", OBJECTIVES));
      this.guess.set(state.get("guess"));
      this.speed.input.value = this.#read("speed", SPEEDS);
      this.variance.set(readVariance(state.get("s2")));
      this.breaker.input.value = this.#read("bug", BREAK);
      this.#enable();
    }
    #read(name2, options) {
      const keys = options.map(([key2]) => key2);
      return this.state.choice(name2, keys);
    }
    #choice(name2, options, { label, then }) {
      const change = (value) => {
        this.state.set(name2, value);
        then(value);
      };
      return radios({ label, options, value: this.#read(name2, options), change });
    }
    #makeButtons() {
      const { actions } = this;
      this.start = button("Start", actions.toggle);
      this.step = button("One batch", actions.step);
      this.speed = menu({
        label: "Speed",
        options: SPEEDS,
        value: this.#read("speed", SPEEDS),
        change: (pace) => {
          this.state.set("speed", pace);
          actions.pace(pace);
        }
      });
      const line2 = make("div", { class: "vae-live-line" }, this.start, this.step);
      line2.append(button("Reset", actions.reset), this.speed.element);
      return line2;
    }
    #makeBreaker() {
      const change = (value2) => {
        this.state.set("bug", value2);
        this.#enable();
        this.actions.reset();
      };
      const value = this.#read("bug", BREAK);
      this.breaker = menu({ label: "Break it", options: BREAK, value, change });
      this.symptom = make("p", { class: "vae-live-note" });
      return make("div", {}, this.breaker.element, this.symptom);
    }
    /** Training waits for a prediction, of the variance; what a bug does is seen at once. */
    #enable() {
      if (!this.start) return;
      const bug = BUGS[this.#read("bug", BREAK)];
      this.symptom.textContent = bug ? `${capital(bug.line)}. ${bug.look}` : "";
      const said = this.small || bug || GUESSES.some(([key2]) => key2 === this.state.get("guess"));
      this.start.disabled = !said;
      this.step.disabled = !said || this.running;
      this.verdict.textContent = said ? "Now try it: train at 1, at 3.4 and at 6, and read the bars." : "Choose one, then you can start.";
    }
  };
  function capital(words) {
    return words[0].toUpperCase() + words.slice(1);
  }

  // src/trainer/charts.js
  var FONT5 = "12px system-ui, sans-serif";
  var MARGIN2 = { left: 48, right: 12, top: 12, bottom: 32 };
  function planeLimit(codes2) {
    const sizes = Float32Array.from(codes2, Math.abs).sort();
    const wanted = sizes[Math.floor(0.99 * (sizes.length - 1))];
    return [4, 5, 6, 8, 10, 13, 16, 20, 25, 40, 60, 100, 160, 250].find((limit) => limit >= wanted) ?? 400;
  }
  function paintCodes(pen, width, { codes: codes2, labels, limit }, look) {
    const at = (value) => width / 2 * (1 + value / limit);
    const size = width < 300 ? 1.6 : 2.2;
    pen.globalAlpha = 0.75;
    for (let i = 0; i < labels.length; i++) {
      pen.fillStyle = DIGIT_COLORS[labels[i]];
      pen.fillRect(at(codes2[2 * i]) - size / 2, at(-codes2[2 * i + 1]) - size / 2, size, size);
    }
    pen.globalAlpha = 1;
    pen.strokeStyle = look.text;
    pen.lineWidth = 1;
    pen.font = FONT5;
    for (const radius of [1, 2, 3]) {
      pen.beginPath();
      pen.arc(at(0), at(0), at(radius) - at(0), 0, 2 * Math.PI);
      pen.stroke();
    }
    write2(pen, "z₁", width - 16, at(0) - 4, look);
    write2(pen, "z₂", at(0) + 4, 14, look);
    write2(pen, `±${limit}`, width - 32, width - 8, look);
  }
  function paintManifold(pen, width, manifold, side, scratch2, look) {
    const [edge, across] = [28, 28 * side];
    Object.assign(scratch2, { width: across, height: across });
    const image = new ImageData(across, across);
    const [paper, ink2] = look.dark ? [30, 242] : [255, 16];
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < manifold.length; i++) {
      const [digit, pixel] = [Math.floor(i / 784), i % 784];
      const row = Math.floor(digit / side) * edge + Math.floor(pixel / edge);
      const column = digit % side * edge + pixel % edge;
      const grey = Math.round(paper + (ink2 - paper) * manifold[i] / 255);
      pixels[row * across + column] = 4278190080 | grey << 16 | grey << 8 | grey;
    }
    scratch2.getContext("2d").putImageData(image, 0, 0);
    pen.drawImage(scratch2, 0, 0, width, width);
  }
  function paintRates(pen, width, height, rates2, look) {
    const axes = {
      x: [0, Math.max(1, ...rates2.map((rate) => 1.25 * rate))],
      y: [0, rates2.length]
    };
    pen.font = FONT5;
    const place = frame(pen, width, height, axes, look, ["rate, nats a digit", ""], false);
    rates2.forEach((rate, j) => {
      const [top, thick] = [place.y(rates2.length - j - 0.2), place.y(0) - place.y(0.6)];
      pen.fillStyle = rate < 0.01 ? look.muted : j ? look.second : look.accent;
      pen.fillRect(place.x(0), top, Math.max(1, place.x(rate) - place.x(0)), thick);
      write2(pen, j ? "z₂" : "z₁", 22, top + thick / 2 + 4, look);
      const words = number(rate, rate < 0.1 ? 3 : 2);
      write2(pen, words, place.x(Math.max(0, rate)) + 4, top + thick / 2 + 4, look);
    });
  }
  function paintWords(pen, width, height, words, look) {
    pen.font = FONT5;
    write2(pen, words, Math.max(0, (width - pen.measureText(words).width) / 2), height / 2, look);
  }
  function paintWalk(pen, width, height, walk, look) {
    const axes = {
      x: range(
        walk.map((p) => p.rate),
        0
      ),
      y: range(walk.map((p) => p.distortion))
    };
    const place = frame(pen, width, height, axes, look, ["rate, nats", "distortion"]);
    line(
      pen,
      walk.map((p) => [place.x(p.rate), place.y(p.distortion)]),
      look.muted,
      1.2
    );
    const last = walk.at(-1);
    if (last) dot(pen, place.x(last.rate), place.y(last.distortion), look.accent);
  }
  function paintCurve(pen, width, height, curve, look) {
    const late = curve.filter((p) => p.epochs >= 2);
    const scale = late.length > 1 ? late : curve;
    const values = scale.flatMap((p) => p.train === null ? [p.heldOut] : [p.heldOut, p.train]);
    const axes = { x: [0, Math.max(1, curve.at(-1)?.epochs ?? 1)], y: range(values) };
    const place = frame(pen, width, height, axes, look, ["epochs", "ELBO"]);
    pen.save();
    pen.beginPath();
    pen.rect(
      MARGIN2.left,
      MARGIN2.top,
      width - MARGIN2.left - MARGIN2.right,
      height - MARGIN2.top - MARGIN2.bottom
    );
    pen.clip();
    const trained = curve.filter((p) => p.train !== null && p.epochs >= 1);
    pen.setLineDash([4, 3]);
    line(
      pen,
      trained.map((p) => [place.x(p.epochs), place.y(p.train)]),
      look.muted,
      1.5
    );
    pen.setLineDash([]);
    line(
      pen,
      curve.map((p) => [place.x(p.epochs), place.y(p.heldOut)]),
      look.accent,
      2
    );
    pen.restore();
  }
  function range(values, least = null) {
    if (!values.length) return [0, 1];
    let [low, high] = [Math.min(...values), Math.max(...values)];
    if (least !== null) low = Math.min(least, low);
    const room = 0.06 * (high - low) || 10;
    return [least === null ? low - room : low, high + room];
  }
  function frame(pen, width, height, { x, y }, look, [below, beside], withY = true) {
    const [left, right] = [MARGIN2.left, width - MARGIN2.right];
    const [top, bottom] = [MARGIN2.top, height - MARGIN2.bottom];
    pen.font = FONT5;
    pen.strokeStyle = look.line;
    pen.lineWidth = 1;
    pen.strokeRect(left, top, right - left, bottom - top);
    const digits = (span) => span[1] - span[0] < 5 ? 1 : 0;
    write2(pen, number(x[0], 0), left, bottom + 14, look);
    writeRight(pen, number(x[1], digits(x)), right, bottom + 14, look);
    write2(
      pen,
      below,
      left + (right - left) / 2 - pen.measureText(below).width / 2,
      bottom + 26,
      look
    );
    if (withY) {
      writeRight(pen, number(y[1], digits(y)), left - 4, top + 10, look);
      writeRight(pen, number(y[0], digits(y)), left - 4, bottom, look);
      write2(pen, beside, left + 5, top + 13, look);
    }
    return {
      x: (value) => left + (value - x[0]) / (x[1] - x[0]) * (right - left),
      y: (value) => bottom - (value - y[0]) / (y[1] - y[0]) * (bottom - top)
    };
  }
  function write2(pen, words, x, y, look) {
    pen.fillStyle = look.muted;
    pen.fillText(words, x, y);
  }
  function writeRight(pen, words, x, y, look) {
    write2(pen, words, x - pen.measureText(words).width, y, look);
  }
  function line(pen, points, color, thick) {
    pen.strokeStyle = color;
    pen.lineWidth = thick;
    pen.beginPath();
    points.forEach(([x, y]) => pen.lineTo(x, y));
    pen.stroke();
  }
  function dot(pen, x, y, color) {
    pen.fillStyle = color;
    pen.beginPath();
    pen.arc(x, y, 4.5, 0, 2 * Math.PI);
    pen.fill();
  }

  // src/trainer/panels.js
  var KEPT = 1500;
  var PICTURES = {
    codes: [
      "Where the encoder puts the digits, a colour a class; circles: 39, 86 and 99 % of the prior.",
      "square"
    ],
    manifold: ["What the decoder draws on the prior’s quantiles, 20 by 20.", "square"],
    rates: ["Rate of each latent, held-out digits.", "wide"],
    walk: ["Rate and distortion of held-out digits, nats a digit: the walk so far.", "wide"],
    curve: ["ELBO in nats a digit: held-out (line), training (dashed).", "wide"]
  };
  var Panels = class {
    constructor() {
      this.frame = null;
      this.labels = null;
      this.forget();
      this.scratch = make("canvas", {});
      this.surfaces = Object.keys(PICTURES).map((name2) => this.#make(name2));
      const [codes2, manifold, ...rest] = this.surfaces.map(({ element }) => element);
      this.element = make(
        "div",
        { class: "vae-live-training" },
        make("div", { class: "vae-live-pictures" }, codes2, manifold),
        make("div", { class: "vae-live-charts" }, ...rest)
      );
    }
    /** Begin curves anew. */
    forget() {
      this.walk = [];
      this.curve = [];
    }
    /** Show a frame; its labels if it has some, else those of the last. */
    show(frame2) {
      this.frame = frame2;
      this.labels = frame2.labels ?? this.labels;
      this.limit = planeLimit(frame2.codes);
      this.#remember(frame2);
      this.surfaces.forEach(({ repaint }) => repaint());
    }
    #remember({ epochs, heldOut, train: train2 }) {
      if (heldOut.elbo === null) return;
      const rate = heldOut.rates.reduce((sum, each) => sum + each, 0);
      this.walk.push({ rate, distortion: heldOut.distortion });
      if (epochs === void 0) return;
      this.curve.push({ epochs, heldOut: heldOut.elbo, train: train2?.elbo ?? null });
      if (this.curve.length < KEPT) return;
      const last = this.curve.length - 1;
      const thin = (list) => list.filter((_, i) => i % 2 === 0 || i === last);
      Object.assign(this, { walk: thin(this.walk), curve: thin(this.curve) });
    }
    #make(name2) {
      const [words, shape] = PICTURES[name2];
      const paint = (pen, width, height) => this.frame && this.#paint(name2, pen, width, height);
      const { canvas, repaint } = surface({ className: `vae-live-${shape}`, paint });
      const caption = make("figcaption", { text: words });
      return { element: make("figure", {}, canvas, caption), repaint };
    }
    #paint(name2, pen, width, height) {
      const look = colors();
      const { frame: frame2, labels, limit } = this;
      if (name2 === "codes") paintCodes(pen, width, { codes: frame2.codes, labels, limit }, look);
      else if (name2 === "manifold")
        paintManifold(pen, width, frame2.manifold, SIDE6, this.scratch, look);
      else this.#paintChart(name2, pen, width, height, look);
    }
    #paintChart(name2, pen, width, height, look) {
      const { frame: frame2 } = this;
      const unbounded = frame2.heldOut.elbo === null;
      const empty = name2 !== "rates" && !this[name2].length;
      if (unbounded || empty) {
        const words = unbounded ? "no noise: no finite rate, no bound" : "no training yet";
        paintWords(pen, width, height, words, look);
        return;
      }
      if (name2 === "rates") paintRates(pen, width, height, frame2.heldOut.rates, look);
      if (name2 === "walk") paintWalk(pen, width, height, this.#settled(), look);
      if (name2 === "curve") paintCurve(pen, width, height, this.curve, look);
    }
    /** The walk without the fall of the first two epochs, once they are over. */
    #settled() {
      const from = this.curve.findIndex(({ epochs }) => epochs >= 2);
      return from > 0 ? this.walk.slice(from) : this.walk;
    }
  };

  // src/trainer/resting.js
  function restingFrame(model, { images, labels, count: count2 }) {
    const { mean, logVar } = model.testCodes;
    const heads = new Float32Array(4 * count2);
    for (let i = 0; i < 2 * count2; i++) {
      heads[4 * (i >> 1) + (i & 1)] = mean[i];
      heads[4 * (i >> 1) + 2 + (i & 1)] = logVar[i];
    }
    const z = new Float32Array(2 * count2);
    variationalParts.drawCodes(heads, seeded(500).normals(2 * count2), z, count2, 2);
    const means = model.decode(z, count2);
    const error = variationalParts.squaredError(images, means, count2 * PIXELS3) / count2;
    const distortion3 = variationalParts.distortion(error, model.variance, PIXELS3);
    const rates2 = variationalParts.rates(heads, count2, 2);
    const manifold = Uint8Array.from(model.decode(manifoldCodes()), (value) => 255 * value);
    const elbo2 = -distortion3 - rates2[0] - rates2[1];
    return {
      codes: mean,
      labels,
      manifold,
      variance: model.variance,
      heldOut: { elbo: elbo2, distortion: distortion3, rates: rates2, n: count2 }
    };
  }

  // src/trainer/widget.js
  var SPOKEN = 1e4;
  var CALM = 2e3;
  function train(body, { state, form, services: services2 }) {
    const widget = new Train(body, state, form, services2);
    return () => widget.rest();
  }
  train.defaults = DEFAULTS3;
  var Train = class {
    constructor(body, state, form, services2) {
      Object.assign(this, { body, services: services2, trainer: null, spoken: 0, epochs: 0, run: 0 });
      this.panels = new Panels();
      const actions = {
        reset: () => this.#reset(),
        toggle: () => this.#toggle(),
        step: () => this.#ask(() => ({ type: "step" })),
        variance: (variance2) => this.trainer?.send({ type: "set", variance: variance2 }),
        pace: (pace) => this.trainer?.send({ type: "set", pace })
      };
      this.controls = new Controls(state, actions, form);
      this.seen = make("p", { class: "vae-live-sentence", "aria-hidden": "true" });
      this.heard = make("p", { class: "vae-live-heard", "aria-live": "polite" });
      const { controls, panels, seen, heard } = this;
      body.append(...controls.elements, panels.element, seen, heard);
      if (form !== "small") body.append(answer());
      state.follow(() => {
        controls.follow();
        this.#reset();
      });
    }
    /** The resting state: the published network, its codes, pictures and numbers. */
    async rest() {
      const { services: services2 } = this;
      const [model, digits] = await Promise.all([
        services2.loadDecoder("mlp_2"),
        loadDigits("test")
      ]);
      if (this.connecting) return;
      const frame2 = restingFrame(model, digits);
      this.panels.show(frame2);
      this.controls.variance.show(frame2.variance);
      this.#say(describeRest(frame2), true);
    }
    /** Send a message, to a trainer that is made when the first is sent. */
    async #ask(message) {
      this.connecting ??= this.#connect();
      try {
        await this.connecting;
      } catch (error) {
        this.connecting = null;
        this.#fail(error.message);
        return;
      }
      this.spoken = 0;
      this.trainer.send(message());
    }
    async #connect() {
      this.#say("Loading the 4,000 training digits …", true);
      const [training2, heldOut] = await Promise.all([loadDigits("train"), loadDigits("test")]);
      this.labels = training2.labels;
      this.trainer = connect((message) => this.#receive(message));
      const { images, count: n } = training2;
      const rest = { heldOut: heldOut.images, heldOutCount: heldOut.count };
      this.trainer.send({ type: "data", images, n, ...rest });
      this.trainer.send({ type: "set", pace: this.controls.options().pace });
      this.#reset();
    }
    #reset() {
      if (!this.trainer) return;
      const { hidden, kl: kl2, variance: variance2, seed, bug } = this.controls.options();
      this.name = `784-${hidden}-2`;
      this.run += 1;
      this.epochs = 0;
      this.panels.forget();
      this.#setRunning(false);
      this.trainer.send({
        type: "reset",
        run: this.run,
        options: { hidden, kl: kl2, variance: variance2, seed, bug }
      });
    }
    async #toggle() {
      const pausing = this.controls.running;
      if (!this.trainer) await this.#ask(() => ({ type: "set" }));
      if (!this.trainer) return;
      if (!pausing) this.#setRunning(true);
      await this.#ask(() => {
        if (pausing) return { type: "pause" };
        return {
          type: "start",
          epochs: Math.floor(this.epochs) + this.controls.options().epochs
        };
      });
    }
    #receive(message) {
      if (message.type === "failed") {
        this.#fail(message.message);
        return;
      }
      if (message.run !== this.run) return;
      const ended = this.controls.running && !message.running && message.epochs > 0;
      if (ended) this.#setRunning(false);
      this.epochs = message.epochs;
      this.panels.show({ ...message, labels: this.labels });
      this.controls.variance.show(message.variance);
      const { variance: variance2, bug } = this.controls.options();
      const network = { name: this.name, learned: variance2 === null, bug: BUGS[bug]?.name };
      this.#say(describe2(message, network), ended);
      const drawn = () => this.trainer.send({ type: "drawn" });
      requestAnimationFrame(() => setTimeout(drawn, calm() ? CALM : 0));
    }
    /** Seen at once; heard when the reader has asked for it, else every ten seconds. */
    #say(words, now) {
      this.seen.textContent = words;
      if (!now && Date.now() - this.spoken < SPOKEN) return;
      this.spoken = Date.now();
      this.heard.textContent = words;
    }
    #fail(words) {
      this.#setRunning(false);
      this.#say(`The training stopped: ${words}`, true);
    }
    #setRunning(running) {
      this.controls.setRunning(running);
      this.body.dataset.running = String(running);
    }
  };
  function answer() {
    const paragraphs = [
      "At 1 both latents carry about one nat. At 3.4 one of them is left; at 6 none: the decoder draws one grey digit everywhere, and the encoder returns the prior.",
      "A latent pays if it saves more than one nat of distortion for each nat of rate. What a faint latent saves for a nat is the data’s variance along its direction over the variance of a pixel. Above the largest eigenvalue no direction pays: a latent that is silent stays so, whatever the decoder. The second latent goes before the second eigenvalue: that mark is for a linear decoder, and this one bends, so one bent latent already explains part of what two straight ones would."
    ];
    const summary2 = make("summary", { text: "What happens, and why (after you have tried)" });
    const texts = paragraphs.map((text) => make("p", { text }));
    return make("details", {}, summary2, ...texts);
  }

  // src/main.js
  var WIDGETS = { plane, draw, latents, train, kl, gap, gradients, loss };
  var NEAR2 = "300px";
  function keyOf(name2, used) {
    const count2 = (used.get(name2) || 0) + 1;
    used.set(name2, count2);
    return count2 === 1 ? name2 : `${name2}-${count2}`;
  }
  function fail(root, body, error) {
    body.remove();
    root.classList.remove("vae-live-on");
    const words = `This widget could not start: ${error.message || error}`;
    root.append(make("p", { class: "vae-live-failure", role: "status", text: words }));
  }
  function whenNear(element, start2) {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        start2();
      },
      { rootMargin: NEAR2 }
    );
    observer.observe(element);
  }
  function mount(root, key2) {
    const widget = WIDGETS[root.dataset.widget];
    if (!widget) return;
    const body = make("div", { class: "vae-live-body" });
    try {
      const state = new State(key2, widget.defaults);
      const form = root.dataset.form || "full";
      const start2 = widget(body, { state, form, services });
      root.append(body);
      root.classList.add("vae-live-on");
      const run = async () => {
        await start2();
        body.dataset.ready = "true";
      };
      whenNear(root, () => run().catch((error) => fail(root, body, error)));
    } catch (error) {
      fail(root, body, error);
    }
  }
  function mountAll() {
    const used = /* @__PURE__ */ new Map();
    const named = new Set([...parse(location.hash).keys()].map((name2) => name2.split(".")[0]));
    for (const root of document.querySelectorAll(".vae-live[data-widget]")) {
      const key2 = keyOf(root.dataset.widget, used);
      mount(root, key2);
      if (named.has(key2)) {
        root.scrollIntoView({ block: "center" });
        named.clear();
      }
    }
  }
  if (document.readyState === "loading")
    document.addEventListener("DOMContentLoaded", mountAll);
  else mountAll();
  return __toCommonJS(main_exports);
})();
