"""The images that the benchmarks train on: MNIST's files, whole, or the sample."""

import os
import sys

import numpy as np

from vae_lib import _sources, data


def load(n):
    """The first n images of MNIST's training file, and the test images.

    No model comes out of a benchmark, so it may use all 60,000. Without MNIST the
    sample's 4,000 stand in, repeated: times are the same, the ELBO is not comparable.

    Returns:
        ``(x_train, x_test, source)``: float32 ``(n, 28, 28, 1)`` twice, and "mnist" or
        "sample".
    """
    mnist = data.load_mnist(allow_sample=True)
    if mnist.is_sample:
        print("MNIST was not found: the sample's digits, repeated.", file=sys.stderr)
        return np.resize(mnist.x_train, (n, 28, 28, 1)), mnist.x_test, "sample"
    path = os.environ.get("VAE_LIB_MNIST") or _sources.keras_cache()
    raw = _sources.read_checked(path)["x_train"]
    if n > len(raw):
        raise ValueError(f"There are {len(raw):,} training images, {n:,} were asked.")
    x_train = np.divide(raw[:n, ..., None], np.float32(255), dtype=np.float32)
    return x_train, mnist.x_test, "mnist"
