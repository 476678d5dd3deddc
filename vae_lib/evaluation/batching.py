"""What all estimates share: checked input, batches, the noise of each image."""

import sys

import numpy as np
from keras import ops
from keras.utils import Progbar

from vae_lib._checks import whole
from vae_lib._streams import is_open, shows_bars
from vae_lib.data import check_images


def check_count(name, value):
    """Raise unless ``value`` is a whole number of at least 1."""
    whole(name, value)


def check_inputs(vae, x, **counts):
    """Raise unless ``x`` holds images that the model reads and all counts are >= 1."""
    check_images(x, name="x", image_shape=vae.image_shape)
    for name, value in counts.items():
        check_count(name, value)


class ImageNoise:
    """Standard normal numbers for a few images, drawn one block of samples at a time.

    Image i of the data has its own generator, seeded with (seed, i). Its k-th sample is
    therefore the same for every batch size, chunk size and number of samples, and the
    first 50 samples of 5,000 are those of 50.

    Args:
        seed: a whole number of at least 0.
        images: places of the images in the data.
        latent_dim: number of latent dimensions d.
    """

    def __init__(self, seed, images, latent_dim):
        self.latent_dim = latent_dim
        seed = whole("seed", seed, least=0)
        self.generators = [np.random.default_rng((seed, int(i))) for i in images]

    def draw(self, n_samples):
        """The next ``n_samples`` of each image, ``(n_samples, B, d)``, float64."""
        shape = (n_samples, self.latent_dim)
        blocks = [generator.standard_normal(shape) for generator in self.generators]
        return np.stack(blocks, axis=1)


def spans(total, size):
    """Cut ``range(total)`` into slices of at most ``size``."""
    return [slice(start, min(start + size, total)) for start in range(0, total, size)]


def to_tensor(array, like):
    """A tensor in the dtype of ``like``."""
    return ops.convert_to_tensor(array, dtype=like.dtype)


def to_numpy(tensor):
    """A float64 array: sums over samples and images are taken in double precision."""
    return np.asarray(ops.convert_to_numpy(tensor), dtype="float64")


def progress_bar(target, verbose, unit_name="batch"):
    """A progress bar; ``verbose="auto"`` shows it only where a terminal reads it."""
    if verbose not in ("auto", 0, 1):
        raise ValueError(f"verbose must be 'auto', 0 or 1, got {verbose!r}.")
    if verbose == "auto":
        verbose = int(shows_bars(sys.stdout))
    if not is_open(sys.stdout):  # which Keras's bar would ask even where it is silent
        return _NoBar()
    return Progbar(target, verbose=verbose, unit_name=unit_name)


class _NoBar:
    def add(self, n):
        pass
