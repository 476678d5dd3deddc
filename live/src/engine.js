// All that the engine offers to the widgets, in one place.
export { normalise, normaliseCanvas } from "./drawing.js";
export { elbo, gaussianKl, logLikelihood, logLikelihoods } from "./elbo.js";
export { kernel, plainKernel } from "./matmul.js";
export { Model, buildModel } from "./model.js";
export { densityGrid, exactPosterior, exactPosteriorAsync } from "./posterior.js";
export { seeded } from "./random.js";
export {
  NAMES,
  load,
  loadDecoder,
  loadDigits,
  register as weights,
  registerDigits as digits,
} from "./weights.js";
