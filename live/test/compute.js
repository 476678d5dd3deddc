// What tests/live/test_engine.py asks of the engine, in node and in a browser alike.

/**
 * Answer one request. Arrays go in and out as {float32: base64} and {float64: base64}.
 *
 * @param {object} engine the engine's modules, or window.vaeLive
 * @param {{task: "networks" | "elbos" | "posteriors" | "drawings", model?: string}} request
 */
export async function compute(engine, request) {
  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const array = (name) => new Float32Array(bytesOf(request[name].float32).buffer);
  const rows = (name, width) =>
    Array.from({ length: array(name).length / width }, (_, i) =>
      array(name).slice(i * width, (i + 1) * width),
    );
  const pack = (values) => {
    const letters = Array.from(new Uint8Array(values.buffer), (b) => String.fromCharCode(b));
    const kind = values instanceof Float32Array ? "float32" : "float64";
    return { [kind]: btoa(letters.join("")) };
  };
  const packNumbers = (numbers) => pack(Float64Array.from(numbers));
  const model = request.model && (await engine.load(request.model));

  const tasks = {
    networks() {
      const { mean, logVar } = model.encode(array("images"));
      const means = model.decode(array("z"));
      return { mean: pack(mean), logVar: pack(logVar), means: pack(means) };
    },
    elbos() {
      const noise = rows("noise", request.samples * model.latentDim);
      const all = rows("images", 784).map((x, i) => engine.elbo(model, x, noise[i]));
      return {
        elbo: packNumbers(all.map((one) => one.elbo)),
        rate: packNumbers(all.map((one) => one.rate)),
      };
    },
    posteriors() {
      const all = rows("images", 784).map((x) => engine.exactPosterior(model, x));
      return {
        logPx: packNumbers(all.map((one) => one.logPx)),
        mass: packNumbers(all.map((one) => one.mass)),
      };
    },
    drawings() {
      const { width, height } = request;
      const all = rows("sheets", width * height).map((sheet) =>
        engine.normalise(sheet, width, height),
      );
      return { images: pack(Float32Array.from(all.flatMap((image) => Array.from(image)))) };
    },
  };
  return tasks[request.task]();
}
