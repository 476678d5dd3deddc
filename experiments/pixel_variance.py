"""Train chapter 5's models for longer than a notebook can, and record what they reach.

    python experiments/pixel_variance.py

Writes book/results/pixel_variance.json, in about five minutes on two quiet cores. The
4,000 training digits of the sample fit every model, its 500 test digits judge it.

``literal``: two latents and 160 epochs from three seeds, with one shared variance and
with a variance for every pixel that is computed from z, Eq. (5.12).
``fixed``: twenty latents and 40 epochs, with the shared variance learned or held fixed.
"""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import ops

from vae_lib import (
    data,
    distributions,
    evaluation,
    likelihoods,
    models,
    networks,
    training,
)
from vae_lib._files import write_json

TARGET = Path(__file__).resolve().parent.parent / "book/results/pixel_variance.json"
SEEDS, FLOOR = (0, 1, 2), 1e-4
EPOCHS, FIXED_EPOCHS = 160, 40


class PixelVariances(likelihoods.Likelihood):
    """Chapter 5's Eq. (5.12): a variance for every pixel, from a second output."""

    def __init__(self, floor):
        super().__init__()
        self.log_floor = float(np.log(floor))
        start = keras.initializers.Constant(np.log(0.05))
        self.head = keras.layers.Dense(784, None, True, "zeros", start)
        self.head.build((None, 784))

    def mean(self, x_logits):
        return ops.sigmoid(x_logits)

    def log_prob(self, x, x_logits):
        mean = ops.reshape(self.mean(x_logits), (-1, 784))
        log_var = self.head(ops.reshape(x_logits, (-1, 784)))
        log_var = ops.logaddexp(log_var, self.log_floor)
        x = ops.reshape(x, (-1, 784))
        return distributions.log_normal_diag(x, mean, log_var)


def trained(sample, likelihood, latent_dim, epochs, seed):
    """The scores on the test digits of a model fitted to the training digits."""
    keras.utils.set_random_seed(seed)
    model = models.VAE(*networks.build("mlp", latent_dim), likelihood(), seed=seed)
    training.fit(model, sample.x_train, epochs=epochs, seed=seed, verbose=0)
    scores = evaluation.evaluate(model, sample.x_test, n_samples=5, verbose=0)
    fitted, held_out = (
        evaluation.encode(model, x, verbose=0)[0]
        for x in (sample.x_train, sample.x_test)
    )
    neighbours = fitted, sample.y_train, held_out, sample.y_test
    return {
        **scores._asdict(),
        "knn": evaluation.knn_accuracy(*neighbours),
        "active_units": evaluation.active_units(held_out)[0],
    }


def main():
    """Train all models and write the file."""
    sample = data.load_sample()
    several = {"one": likelihoods.Gaussian, "many": lambda: PixelVariances(FLOOR)}
    literal = {
        name: [trained(sample, likelihood, 2, EPOCHS, seed) for seed in SEEDS]
        for name, likelihood in several.items()
    }
    fixed = {
        name: trained(
            sample, lambda v=value: likelihoods.Gaussian(v), 20, FIXED_EPOCHS, 0
        )
        for name, value in (
            ("learned", None),
            ("0.5", 0.5),
            ("1", 1.0),
            ("392", 392.0),
        )
    }
    settings = {"epochs": EPOCHS, "floor": FLOOR, "fixed_epochs": FIXED_EPOCHS}
    versions = {"keras": keras.__version__, "backend": keras.backend.backend()}
    record = {**settings, **versions, "literal": literal, "fixed": fixed}
    write_json(TARGET, record)


if __name__ == "__main__":
    main()
