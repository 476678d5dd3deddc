"""The images that the benchmarks train on: MNIST's files, whole, or the sample."""

import os
import sys
from pathlib import Path

import numpy as np

from vae_lib import _npz, _sources, data


def load(n):
    """The first n images of MNIST's training file, and the test images.

    No model comes out of a benchmark, so it may use all 60,000. Without MNIST the
    sample's 4,000 stand in, repeated: times are the same, the ELBO is not comparable.
    Only what is asked for is converted: some benchmarks measure memory.

    Returns:
        ``(x_train, x_test, source)``: float32 ``(n, 28, 28, 1)`` twice, and "mnist" or
        "sample".
    """
    path = Path(os.environ.get("VAE_LIB_MNIST") or _sources.keras_cache())
    if not path.is_file():
        mnist = data.load_mnist(allow_sample=True)  # downloads, if it can
        if mnist.is_sample:
            print("MNIST was not found: the sample, repeated.", file=sys.stderr)
            return np.resize(mnist.x_train, (n, 28, 28, 1)), mnist.x_test, "sample"
    raw = _sources.checked(_npz.read_arrays(path))
    available = len(raw["x_train"])
    if n > available:
        raise SystemExit(f"--images is {n:,}, but there are {available:,} of them.")
    return _to_float(raw["x_train"][:n]), _to_float(raw["x_test"]), "mnist"


def _to_float(x):
    return np.divide(x[..., None], np.float32(255), dtype=np.float32)
