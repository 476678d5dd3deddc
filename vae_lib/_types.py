"""The words of public signatures. Shapes and units stand in the docstrings."""

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

# What the library computes in: a backend's tensor, or a NumPy array in its place. The
# backends share no class, and Keras comes without types.
Tensor: TypeAlias = Any

Array: TypeAlias = NDArray[np.float64]  # what measurements return
Images: TypeAlias = NDArray[np.floating]  # float32 in [0, 1], (n, 28, 28, 1)
Shape: TypeAlias = tuple[int, ...]
Verbose: TypeAlias = Literal["auto", 0, 1]  # "auto": a bar where a terminal reads it
