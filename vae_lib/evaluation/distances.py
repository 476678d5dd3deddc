r"""Are two sets of images alike? Distances between the features of a fixed classifier.

A bound judges what a model says about given images. These judge the images it draws:
both sets go through one frozen network, and their features are compared as clouds of
points. Means of a decoder and noisy samples are different sets: say which is judged.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from vae_lib._checks import whole
from vae_lib._types import Array


class KernelDistance(NamedTuple):
    """The result of :func:`kernel_distance`."""

    mean: float  # of the subsets, an unbiased estimate of the squared distance
    low: float  # bootstrap interval of that mean, 95 %
    high: float


def frechet_distance(features_a: ArrayLike, features_b: ArrayLike) -> float:
    r"""Fréchet distance between Gaussians fitted to two sets of features.

    .. math:: \|\mu_a - \mu_b\|^2 + \operatorname{tr}\big(\Sigma_a + \Sigma_b
        - 2\, (\Sigma_a^{1/2} \Sigma_b\, \Sigma_a^{1/2})^{1/2}\big)

    Args:
        features_a: ``(N, F)``, N above F so that the covariance has full rank.
        features_b: ``(M, F)``.

    Returns:
        A number of at least 0; 0 for equal means and covariances. It is biased: even
        two samples of one distribution give more than 0, and the fewer the more, so
        compare only values of equal N, beside that of two halves of real data.

    Raises:
        ValueError: if the features do not fit, are not finite or are too few.

    Source: Heusel et al. (2017); the bias: Bińkowski et al. (2018).

    In the book: Eq. (9.2).

    >>> import numpy as np
    >>> from vae_lib import evaluation
    >>> features = np.random.default_rng(0).normal(size=(1000, 3))
    >>> print(f"{evaluation.frechet_distance(features, features + [2, 0, 0]):.6f}")
    4.000000
    """
    a, b = _check_features(features_a, features_b)
    for name, features in (("features_a", a), ("features_b", b)):
        if len(features) <= features.shape[1]:
            raise ValueError(
                f"{name} has {len(features)} rows for {features.shape[1]} features: "
                "take more images, or the covariance is singular."
            )
    root = _root(np.cov(a, rowvar=False))
    # The product of roots is symmetric, so its root needs no complex numbers.
    middle = _root(root @ np.cov(b, rowvar=False) @ root)
    squared = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
    traces = a.var(axis=0, ddof=1).sum() + b.var(axis=0, ddof=1).sum()
    return max(0.0, float(squared + traces - 2.0 * np.trace(middle)))


def kernel_distance(
    features_a: ArrayLike,
    features_b: ArrayLike,
    *,
    subset_size: int = 1000,
    n_subsets: int = 100,
    seed: int = 0,
) -> KernelDistance:
    r"""Kernel distance (KID): squared maximum mean discrepancy, a cubic kernel.

    .. math:: k(u, v) = \Big( \frac{u^\top v}{F} + 1 \Big)^3, \qquad
        \mathrm{MMD}^2 = E\,k(a, a') + E\,k(b, b') - 2 E\,k(a, b)

    Args:
        features_a: ``(N, F)``.
        features_b: ``(M, F)``.
        subset_size: rows of each set in one estimate, at least 2.
        n_subsets: estimates to average.
        seed: of the subsets and of the bootstrap.

    Returns:
        :class:`KernelDistance`. Unlike the Fréchet distance it is unbiased, so it may
        be below 0 for sets that are alike. Its interval covers the choice of subsets.

    Raises:
        ValueError: if the features do not fit or are not finite, or a number is out
            of range.

    Source: Bińkowski et al. (2018).

    In the book: Eq. (9.3).

    >>> import numpy as np
    >>> from vae_lib import evaluation
    >>> features = np.random.default_rng(0).normal(size=(300, 3))
    >>> found = evaluation.kernel_distance(features, features + 1, subset_size=100)
    >>> bool(found.low < found.mean < found.high)
    True
    """
    a, b = _check_features(features_a, features_b)
    n_subsets = whole("n_subsets", n_subsets)
    subset_size = whole("subset_size", subset_size)
    if not 2 <= subset_size <= min(len(a), len(b)):
        raise ValueError(
            f"subset_size must be 2 to {min(len(a), len(b))}, the rows of the smaller "
            f"set, got {subset_size}."
        )
    rng = np.random.default_rng(seed)
    values = np.array(
        [
            _mmd(*(rng.choice(f, subset_size, replace=False) for f in (a, b)))
            for _ in range(n_subsets)
        ]
    )
    means = rng.choice(values, (2000, n_subsets)).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return KernelDistance(float(values.mean()), float(low), float(high))


def _mmd(a: Array, b: Array) -> float:
    """Unbiased: a point is never compared with itself."""
    n, m = len(a), len(b)
    within_a, within_b = _kernel(a, a), _kernel(b, b)
    inside = (within_a.sum() - np.trace(within_a)) / (n * (n - 1))
    inside += (within_b.sum() - np.trace(within_b)) / (m * (m - 1))
    return inside - 2.0 * _kernel(a, b).mean()


def _kernel(a: Array, b: Array) -> Array:
    base = a @ b.T / a.shape[1] + 1.0
    return base * base * base  # several times faster than NumPy's power


def _root(covariance: Array) -> Array:
    """Symmetric square root of a covariance matrix."""
    values, vectors = np.linalg.eigh(np.atleast_2d(covariance))
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def _check_features(a: ArrayLike, b: ArrayLike) -> tuple[Array, Array]:
    a, b = np.asarray(a, dtype="float64"), np.asarray(b, dtype="float64")
    if a.ndim != 2 or b.ndim != 2 or a.shape[1:] != b.shape[1:] or 0 in a.shape:
        raise ValueError(
            "features_a and features_b must be (images, features) arrays with the same "
            f"number of features, got shapes {a.shape} and {b.shape}."
        )
    for name, features in (("features_a", a), ("features_b", b)):
        if not np.isfinite(features).all():
            raise ValueError(f"{name} holds NaN or infinity: check its images.")
    return a, b
