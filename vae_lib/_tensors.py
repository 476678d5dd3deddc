"""Between NumPy and the backend."""

from typing import Any

import numpy as np
from keras import ops

from vae_lib._types import Array, Tensor


def to_tensor(array: Any, like: Tensor) -> Tensor:
    """A tensor in the dtype of ``like``."""
    return ops.convert_to_tensor(array, dtype=like.dtype)


def to_numpy(tensor: Tensor) -> Array:
    """A float64 array: sums over samples and images are taken in double precision."""
    return np.asarray(ops.convert_to_numpy(tensor), dtype="float64")
