/** Losses to start from, as public code writes them: rows of vae_lib/public_losses.py. */

const BASE = {
  error: "squared",
  overPixels: "sum",
  overLatents: "sum",
  errorWeight: 1,
  klWeight: 1,
  imageShape: [28, 28, 1],
  latentDim: 2,
  pixels: "grey",
  extraTerms: [],
};

/** What the box "more terms" stands for: those of latent diffusion's autoencoder. */
export const EXTRA = ["perceptual", "adversarial"];

/**
 * By a short key: name of the row in vae_lib.public_losses, words, and the loss.
 * @type {Object<string, {row: string, words: string, loss: import("../losses.js").WrittenLoss}>}
 */
export const PRESETS = {
  mean: {
    row: "PyTorch-VAE, validation",
    words: "mean of squares + KL (PyTorch-VAE, validation)",
    loss: { ...BASE, overPixels: "mean", imageShape: [64, 64, 3] },
  },
  geron: {
    row: "Hands-On Machine Learning, 3rd ed.",
    words: "Keras mse + KL/784 (Hands-On Machine Learning)",
    loss: { ...BASE, overPixels: "mean", klWeight: 1 / 784 },
  },
  sums: {
    row: "Berkeley CS294-158, homework 2",
    words: "sum of squares + KL (Berkeley, homework)",
    loss: BASE,
  },
  half: {
    row: "pythae",
    words: "half the sum of squares + KL (pythae)",
    loss: { ...BASE, errorWeight: 0.5 },
  },
  guide: {
    row: "Keras guide to subclassing",
    words: "mse + mean of KL (Keras guide)",
    loss: { ...BASE, overPixels: "mean", overLatents: "mean", latentDim: 32 },
  },
  laplace: {
    row: "disentangling-vae, laplace",
    words: "3 absolute errors + KL (disentangling-vae)",
    loss: { ...BASE, error: "absolute", errorWeight: 3 },
  },
  keras: {
    row: "keras.io example",
    words: "cross-entropy + KL (keras.io)",
    loss: { ...BASE, error: "cross-entropy" },
  },
  fastai: {
    row: "fast.ai course 2022, part 2",
    words: "mean cross-entropy + mean of KL (fast.ai)",
    loss: {
      ...BASE,
      error: "cross-entropy",
      overPixels: "mean",
      overLatents: "mean",
      latentDim: 200,
    },
  },
  diffusion: {
    row: "Stable Diffusion autoencoder",
    words: "absolute error + 1e\u22126 KL + more (Stable Diffusion)",
    loss: {
      ...BASE,
      error: "absolute",
      klWeight: 1e-6,
      imageShape: [256, 256, 3],
      latentDim: 4096,
      extraTerms: EXTRA,
    },
  },
};
