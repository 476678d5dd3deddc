"""The explanations in --help."""

MAIN = """\
Train variational autoencoders on MNIST, measure them, draw their figures.

  python -m vae_lib train --network mlp --latent-dim 2 --epochs 20
  python -m vae_lib evaluate runs/mlp-2-seed0
  python -m vae_lib figures runs/mlp-2-seed0
  python -m vae_lib bench

No data at hand? `train --sample` uses 5,000 digits that are part of the package.
Each command explains itself: python -m vae_lib train --help
"""

TRAIN = """\
Train a VAE on MNIST and keep everything about the run in one folder.

The images come from --data, else from the file that the variable VAE_LIB_MNIST names,
else from Keras's cache or a download (11 MB, once). 50,000 images train, 4,000 validate
after each epoch; the test images are not touched.
"""

TRAIN_EPILOG = """\
the run folder:
  config.json       the options above, as they were used
  environment.json  versions of Python, Keras, the backend and NumPy; which images
  curves.json       one number per epoch: loss, elbo, rate, distortion, variance, the
                    same on validation images (val_...), seconds of training
  weights.npz       weights of the last complete epoch (no pickle; any backend reads it)
  metrics.json      scores on the validation images, once the run is complete
  checkpoints/      what --resume needs
  lock              while a process trains: which one; a second one is refused

interruptions:
  After Ctrl-C, or if the machine goes down, add --resume: the run continues to the same
  weights as if nothing had happened (on the same machine and versions). A run stopped
  in its first epoch also goes on by the same command again. `evaluate` and
  `figures` work on an unfinished run as well.

several processes (JAX is chosen by itself; --batch-size must be a multiple of them):
  They share each batch, and give the losses of one process up to rounding. On this
  machine: add --processes N. On several: start the same command on each, all with
  --processes N --coordinator HOST:PORT, each with its own --process-id, within 45 s;
  HOST is the machine with --process-id 0, which alone writes the run folder, and PORT
  any free port there. If a process dies all end, and --resume finishes the run, with
  any number of processes. Small networks gain nothing from it: measure first.

what to expect (Gaussian likelihood with a learned variance, full MNIST):
  The ELBO is a lower bound of the log density of an image, in nats; higher is better,
  and because it is a density it may be positive. After 20 epochs of the mlp it is about
  +120 at --latent-dim 2, +500 at 10 and +730 at 20 on images that were not trained on.
  A linear model (probabilistic PCA) reaches +14, +186 and +307: below that, something
  is wrong. A rate near 0 means that the code is ignored: try a longer --kl-warmup.
  With --sample, or another likelihood, the numbers differ and cannot be compared.

examples:
  python -m vae_lib train --network mlp --latent-dim 2 --epochs 20
  python -m vae_lib train --network conv --latent-dim 2 --epochs 5
  python -m vae_lib train --sample --epochs 3 --train-images 500 --out runs/trial
  python -m vae_lib train --out runs/trial --resume
  python -m vae_lib train --processes 2 --batch-size 1024 --out runs/two

exit status: 0 done, 1 the loss stopped being finite or a process was lost, 2 wrong
input, 130 Ctrl-C.
"""

EVALUATE = """\
Measure a trained VAE: a table on the screen, the same numbers in a JSON file.

Always: ELBO and its two parts (rate, distortion), the squared error, bits per
dimension, active units, and how well five neighbours in code space guess the digit.
Tighter bounds of log p(x) on request: --iwae K, and for 2 latent dimensions the exact
value by --quadrature. On the same images ELBO <= IWAE(K) <= log p(x), on average.
"""

EVALUATE_EPILOG = """\
examples:
  python -m vae_lib evaluate runs/mlp-2-seed0
  python -m vae_lib evaluate runs/mlp-2-seed0 --split test --images 500 --iwae 50 \
--quadrature

Choose between models on the validation images, and look at the test images once, at the
end. The noise is set by --seed and belongs to each image, so a number does not depend
on batch size, thread count or backend beyond rounding.
"""

FIGURES = """\
Draw a run, each figure as PNG and as SVG: samples with and without the likelihood's
noise, reconstructions, training curves, diagrams of encoder and decoder, and for 2
latent dimensions the map of the codes and the manifold of decoded images.

Without RUN_FOLDER: the fourteen figures of the report that the book grew from, numbered
as there, from the published weights.
"""

FIGURES_EPILOG = """\
examples:
  python -m vae_lib figures                                     the report's figures
  python -m vae_lib figures runs/mlp-2-seed0 --out pictures

A run is drawn with images of the validation split, the report's with test images.
"""

BENCH = """\
Measure how fast this machine trains: vae_lib's training.fit against Keras's own
Model.fit, with the same network, batches and optimiser.

The two take turns, an epoch each, so that a busy moment falls on both; the median over
the rounds counts. No data is needed: the images are random numbers, which cost the same
arithmetic, and nothing is learned. Half a minute on two cores by default; a GPU needs
more images to show what it can do, such as --train-images 50000.
"""

BENCH_EPILOG = """\
how to read it:
  images/s is what to compare between machines, ms a step what one batch takes. A small
  network on a CPU is held up by the loop around it, and there training.fit gains most;
  a large one, or large batches, by the arithmetic, which both loops have to do.

examples:
  python -m vae_lib bench
  python -m vae_lib bench --backend jax --latent-dim 20
  python -m vae_lib bench --network conv --rounds 3 --json bench.json
"""
