"""Checks that turn a wrong array into a message, before any figure exists."""

from typing import Any

import numpy as np


def _to_numpy(value: Any) -> np.ndarray:
    if hasattr(value, "detach"):  # PyTorch converts neither gradients nor a GPU's data
        value = value.detach().cpu()
    return np.asarray(value)


def as_array(value: Any, name: str) -> np.ndarray:
    """A float array of finite numbers from an array, a list or a backend's tensor.

    Raises:
        ValueError: if it is not numeric or holds NaN or infinity.
    """
    try:
        array = np.asarray(_to_numpy(value), dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers: {error}") from error
    bad = array.size - np.count_nonzero(np.isfinite(array))
    if bad:
        raise ValueError(
            f"{name} holds {bad} values that are NaN or infinite: find where they "
            "appear first, a plot would hide them."
        )
    return array


def as_images(value: Any, name: str) -> np.ndarray:
    """Float images ``(n, height, width, channels)``, channels 1 or 3, n at least 1.

    Values outside [0, 1] pass: noise takes a sample there, and a plot clips it.

    Raises:
        ValueError: for another shape, NaN, or whole numbers up to 255.
    """
    array = as_array(value, name)
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or 0 in array.shape:
        raise ValueError(
            f"{name} must be images of shape (n, height, width, 1), or with 3 colour "
            f"channels, and n at least 1; got {array.shape}. Reshape flat MNIST with "
            "images.reshape(-1, 28, 28, 1), a single image with image[None]."
        )
    if _to_numpy(value).dtype.kind in "iu" and array.max() > 1:
        raise ValueError(
            f"{name} holds whole numbers up to {array.max():.0f}, but images are drawn "
            "from 0 to 1: divide by 255."
        )
    return array


def as_codes(value: Any, name: str) -> np.ndarray:
    """Float codes ``(n, 2)``, n at least 1, else a ValueError."""
    codes = as_array(value, name)
    if codes.ndim != 2 or codes.shape[1] != 2 or not len(codes):
        raise ValueError(
            f"2-D plots need latent_dim 2, {name} of shape (n, 2); got {codes.shape}. "
            "With more dimensions project the codes first, for example with "
            "sklearn.decomposition.PCA(2), and name the axes accordingly."
        )
    return codes
