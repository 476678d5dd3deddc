"""Means, their errors and their logarithms, of NumPy arrays in double precision."""

import math
from typing import Any

import numpy as np

from vae_lib._types import Array


def mean_and_error(values: Any) -> tuple[float, float]:
    r"""Mean over images, and its standard error.

    .. math:: \bar a = \frac1n \sum_i a_i, \qquad
        \operatorname{se} = \sqrt{\frac{1}{n (n - 1)} \sum_i (a_i - \bar a)^2}

    Args:
        values: one number for each image, ``(n,)``, n at least 1.

    Returns:
        Both in the unit of ``values``; the error of a single image is NaN.

    >>> from vae_lib import evaluation
    >>> evaluation.mean_and_error([1.0, 2.0, 3.0, 6.0])
    (3.0, 1.0801234497346435)
    """
    values = np.asarray(values, dtype="float64")
    n = len(values)
    error = float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan
    return float(values.mean()), error


def log_sum_exp(values: Array, axis: int = 0) -> Array:
    """Logarithm of a sum of exponentials, without overflow; no term gives -inf."""
    highest = values.max(axis=axis, keepdims=True)
    highest = np.where(np.isfinite(highest), highest, 0.0)
    sums = np.sum(np.exp(values - highest), axis=axis)
    logs = np.log(sums, out=np.full_like(sums, -np.inf), where=sums != 0.0)
    return np.squeeze(highest, axis) + logs


def log_mean_exp(log_w: Array) -> Array:
    """:func:`vae_lib.distributions.log_mean_exp` in double precision, ``(K, B)``."""
    return log_sum_exp(log_w) - math.log(len(log_w))
