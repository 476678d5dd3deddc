"""The exercises of chapter 9, on samples and codes."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np

from vae_lib._types import Array
from vae_lib.exercises._judge import Exercise

__all__ = [
    "check_exact_p",
    "check_gaussian_frechet",
    "check_knn_accuracy",
    "check_mixture_draws",
]


def _votes(codes: Array, labels: Array, test: Array, k: int, sign: int = 1) -> Array:
    """The label that most of the k nearest codes have."""
    squared = ((test[:, None] - codes) ** 2).sum(axis=-1)
    nearest = labels[np.argsort(sign * squared, axis=1)[:, :k]]  # (T, k)
    return np.array([np.bincount(row).argmax() for row in nearest])


def _knn_accuracy(
    codes: Array, labels: Array, test_codes: Array, test_labels: Array, k: int
) -> float:
    return float(np.mean(_votes(codes, labels, test_codes, k) == test_labels))


def _crowd(seed: int, n: int) -> tuple[Array, Array]:
    """Codes of two classes that overlap. With two classes and odd k nothing ties."""
    rng = np.random.default_rng(seed)
    labels = np.where(rng.random(n) < 0.6, 3, 7)
    return rng.standard_normal((n, 2)) + np.where(labels == 3, 0.0, 1.0)[
        :, None
    ], labels


check_knn_accuracy = Exercise(
    task="Write the share of test codes that their k nearest codes classify rightly.",
    truth=_knn_accuracy,
    cases=[
        (*_crowd(0, 40), *_crowd(1, 25), 5),
        (*_crowd(2, 30), *_crowd(3, 25), 3),
        (*_crowd(4, 20), *_crowd(5, 16), 1),
    ],
    mistakes={
        "only the nearest code votes; let k of them": lambda c, y, t, s, k: (
            _knn_accuracy(c, y, t, s, 1)
        ),
        "these are the k codes that are farthest away": lambda c, y, t, s, k: float(
            np.mean(_votes(c, y, t, k, sign=-1) == s)
        ),
        "this is the share of errors": lambda c, y, t, s, k: (
            1 - _knn_accuracy(c, y, t, s, k)
        ),
        "this is a number of codes; their share is asked for": lambda c, y, t, s, k: (
            _knn_accuracy(c, y, t, s, k) * len(s)
        ),
        "this is a percentage; give the share, between 0 and 1": lambda c, y, t, s, k: (
            100 * _knn_accuracy(c, y, t, s, k)
        ),
        "test codes vote, each for itself as well; only training codes may": (
            lambda c, y, t, s, k: _knn_accuracy(t, s, t, s, k)
        ),
    },
    hint="All distances of test codes (rows) to training codes (columns), the labels "
    "of the k smallest in each row, and the most frequent of them.",
    remark="Ties, which the check has none of, need a rule that you state.",
)


def _exact_p(
    a: Array,
    b: Array,
    size: Callable = np.abs,
    at_least: Callable = np.greater_equal,
    pooled: Callable = np.mean,
) -> float:
    """Eq. (9.7), with all splits listed."""
    everything = np.concatenate([a, b])

    def apart(chosen: Any) -> Any:
        taken = np.isin(np.arange(len(everything)), chosen)
        return size(pooled(everything[taken]) - pooled(everything[~taken]))

    splits = [apart(c) for c in combinations(range(len(everything)), len(a))]
    return float(np.mean(at_least(splits, apart(range(len(a))))))


_GROUPS = [
    (np.array([7.0, 9.0]), np.array([1.0, 2.0, 4.0, 8.0])),
    (np.array([1.0, 5.0, 3.0, 4.0]), np.array([2.0, 8.0, 6.0, 7.0])),
    (np.array([1.0, 2.0]), np.array([5.0, 6.0])),
]

check_exact_p = Exercise(
    task="Write the exact two-sided probability of Eq. (9.7).",
    truth=_exact_p,
    cases=_GROUPS,
    mistakes={
        "the test is one-sided; the size of the difference counts": (
            lambda a, b: _exact_p(a, b, size=lambda x: x)
        ),
        "a split with the same difference counts, too, the one that was seen first": (
            lambda a, b: _exact_p(a, b, at_least=np.greater)
        ),
        "sums are compared; groups of unequal size need means": (
            lambda a, b: _exact_p(a, b, pooled=np.sum)
        ),
        "this is 1 - p": lambda a, b: 1 - _exact_p(a, b),
        "medians are compared; Eq. (9.7) has means": (
            lambda a, b: _exact_p(a, b, pooled=np.median)
        ),
    },
    hint="itertools.combinations lists the places of the first group among all "
    "values. Compare the difference of each split with the one that was seen.",
    remark="It can be no smaller than one over the number of splits.",
)


def _gaussian_frechet(mean_a: Array, cov_a: Array, mean_b: Array, cov_b: Array) -> Any:
    """Eq. (9.2) for two Gaussians."""
    roots = np.sqrt(np.linalg.eigvals(cov_a @ cov_b).real)
    spread = np.trace(cov_a) + np.trace(cov_b) - 2 * roots.sum()
    return np.sum((mean_a - mean_b) ** 2) + spread


_A = (np.array([1.0, -2.0]), np.array([[2.0, 0.6], [0.6, 1.0]]))
_B = (np.array([0.0, 1.0]), np.array([[0.5, -0.3], [-0.3, 3.0]]))
_C = (np.array([2.0, 0.5]), np.diag([4.0, 0.25]))

check_gaussian_frechet = Exercise(
    task="Write the Frechet distance of two Gaussians.",
    truth=_gaussian_frechet,
    cases=[(*_A, *_B), (*_B, *_C), (*_C, *_A)],
    mistakes={
        "the distance of the means is not squared": lambda m, s, n, t: (
            _gaussian_frechet(m, s, n, t) - np.sum((m - n) ** 2) + np.linalg.norm(m - n)
        ),
        "the root is taken of each entry; the root of a matrix is another thing": (
            lambda m, s, n, t: (
                np.sum((m - n) ** 2) + np.trace(s + t - 2 * np.sqrt(np.abs(s @ t)))
            )
        ),
        "the product of the covariances lacks its root": lambda m, s, n, t: (
            np.sum((m - n) ** 2) + np.trace(s + t - 2 * s @ t)
        ),
        "the factor 2 before the root is missing": lambda m, s, n, t: (
            np.sum((m - n) ** 2)
            + np.trace(s + t)
            - np.sqrt(np.linalg.eigvals(s @ t).real).sum()
        ),
        "the means are left out": lambda m, s, n, t: _gaussian_frechet(m, s, m, t),
        "this is the root of Eq. (9.2), which is a squared distance": (
            lambda m, s, n, t: np.sqrt(_gaussian_frechet(m, s, n, t))
        ),
    },
    hint="The trace of the root is the sum of the roots of the eigenvalues of the "
    "product; they are real up to rounding.",
    remark="It is zero only for two Gaussians that are the same.",
)


def _draw_mixture(
    weights: Array, means: Array, covariances: Array, n: int, rng: Any
) -> Array:
    """A component for each draw, then its Gaussian."""
    which = rng.choice(len(weights), size=n, p=weights)
    noise = rng.standard_normal((n, means.shape[1]))
    roots = np.linalg.cholesky(covariances)
    return means[which] + np.einsum("nij,nj->ni", roots[which], noise)


def _pooled(w: Array, m: Array, c: Array, n: int, rng: Any) -> Array:
    """Draws from one Gaussian, with the components' average mean and covariance."""
    return rng.multivariate_normal(w @ m, np.einsum("k,kij->ij", w, c), n)


_MIXTURE = (
    np.array([0.75, 0.25]),
    np.array([[-1.0, 2.0], [3.0, -1.0]]),
    np.array([[[4.0, 1.5], [1.5, 1.0]], [[0.25, 0.0], [0.0, 9.0]]]),
)


def _moments(draw: Any) -> list:
    """Mean and covariance of many draws, of both coordinates."""
    drawn = np.asarray(draw(*_MIXTURE, 40_000, np.random.default_rng(0)), "float64")
    if drawn.shape != (40_000, 2):
        raise ValueError(f"n rows are expected, and the shape is {drawn.shape}")
    return [drawn.mean(axis=0), np.cov(drawn, rowvar=False)]


check_mixture_draws = Exercise(
    task="Write a function that draws from a mixture of Gaussians.",
    truth=_draw_mixture,
    observe=_moments,
    mistakes={
        "the components are drawn equally often; each has its weight": (
            lambda w, m, c, n, rng: _draw_mixture(np.full_like(w, 0.5), m, c, n, rng)
        ),
        "the noise is multiplied by the covariance; it takes a root of it": (
            lambda w, m, c, n, rng: _draw_mixture(w, m, c @ c, n, rng)
        ),
        "the coordinates of a component are drawn independently": (
            lambda w, m, c, n, rng: _draw_mixture(w, m, c * np.eye(2), n, rng)
        ),
        "each draw is an average of components; it comes from one of them": _pooled,
        "these are the centres; add each component's noise": (
            lambda w, m, c, n, rng: _draw_mixture(w, m, 1e-12 * c, n, rng)
        ),
    },
    hint="First the number of a component for each draw, with rng.choice, then "
    "standard normal noise, shaped by a root of that component's covariance.",
    rtol=0.04,
    atol=0.08,
)
