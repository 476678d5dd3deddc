// What the numerical tests ask of the engine, in node and in a browser alike.

/**
 * Answer one request; numbers go in and out as plain lists.
 *
 * @param {object} engine the engine's modules, or window.vaeLive
 * @param {{task: string}} request
 */
export async function compute(engine, request) {
  const plain = (value) => JSON.parse(JSON.stringify(value, (_, v) => lists(v)));
  const lists = (v) => (ArrayBuffer.isView(v) ? Array.from(v) : v);
  const model = await engine.load(request.model);
  const rows = (values) => Float32Array.from(values);
  const row = (values, i, width) => rows(values.slice(i * width, (i + 1) * width));

  const tasks = {
    networks() {
      const { mean, logVar } = model.encode(rows(request.images));
      return { mean, logVar, means: model.decode(rows(request.z)) };
    },
    elbos() {
      const width = request.samples * model.latentDim;
      return Array.from({ length: request.count }, (_, i) =>
        engine.elbo(model, row(request.images, i, 784), row(request.noise, i, width)),
      );
    },
    posteriors() {
      return Array.from({ length: request.count }, (_, i) => {
        const { logPx, error, mass } = engine.exactPosterior(model, row(request.images, i, 784));
        return { logPx, error, mass };
      });
    },
  };
  return plain(tasks[request.task]());
}
