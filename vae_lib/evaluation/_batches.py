"""Images in batches: each image with noise of its own, each batch a step of a bar."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from keras.utils import Progbar

from vae_lib._checks import whole
from vae_lib._streams import is_open, shows_bars
from vae_lib._types import Array, Verbose


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

    def __init__(self, seed: int, images: Iterable[int], latent_dim: int) -> None:
        self.latent_dim = latent_dim
        seed = whole("seed", seed, least=0)
        self.generators = [np.random.default_rng((seed, int(i))) for i in images]

    def draw(self, n_samples: int) -> Array:
        """The next ``n_samples`` of each image, ``(n_samples, B, d)``, float64."""
        shape = (n_samples, self.latent_dim)
        blocks = [generator.standard_normal(shape) for generator in self.generators]
        return np.stack(blocks, axis=1)


def spans(total: int, size: int) -> list[slice]:
    """Cut ``range(total)`` into slices of at most ``size``."""
    return [slice(start, min(start + size, total)) for start in range(0, total, size)]


def batches(total: int, size: int, verbose: Verbose) -> Iterator[slice]:
    """The same slices one by one, a step of a progress bar after each."""
    parts = spans(total, size)
    bar = progress_bar(len(parts), verbose)
    for part in parts:
        yield part
        bar.add(1)


def progress_bar(target: int, verbose: Verbose, unit_name: str = "batch") -> Any:
    """A progress bar; ``verbose="auto"`` shows it only where a terminal reads it."""
    if verbose not in ("auto", 0, 1):
        raise ValueError(f"verbose must be 'auto', 0 or 1, got {verbose!r}.")
    shown = int(shows_bars(sys.stdout)) if verbose == "auto" else verbose
    if not is_open(sys.stdout):  # which Keras's bar would ask even where it is silent
        return _NoBar()
    return Progbar(target, verbose=shown, unit_name=unit_name)


class _NoBar:
    def add(self, n: int) -> None:
        pass
