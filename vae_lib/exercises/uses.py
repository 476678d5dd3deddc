"""The exercises of chapter 16: what a VAE is for."""

from typing import Any

import numpy as np

from vae_lib._types import Array
from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import special

__all__ = [
    "check_full_covariance",
    "check_log_acceptance",
    "check_ten_dimensions",
    "check_two_sided",
    "check_unrecovered_bits",
]

check_ten_dimensions = Exercise(
    task="Say of ten dimensions whether the bound rises, and the judge reads more.",
    truth=[True, False],
    mistakes={
        "the bound rises, but draw from the prior and let the judge read": [True, True],
        "read the bound again: ten numbers describe a digit better than two": (
            [False, False]
        ),
        "the two are interchanged: the bound comes first": [False, True],
    },
    hint="Train with d = 10, then compare both numbers with those of the two-"
    "dimensional model. Answer with two truth values, the bound first.",
    remark="In ten dimensions most draws from the prior lie where no digit's code is.",
)


def _mass(mean: Array, std: Array, low: Array, high: Array, n_bins: int) -> Array:
    """What q has between two quantiles of the prior, given in bins."""
    edges = [special.ndtri(np.clip(i / n_bins, 0, 1)) for i in (low, high)]
    below, above = (special.ndtr((edge - mean) / std) for edge in edges)
    return above - below


def _bits(mean: Array, std: Array, bins: Array, n_bins: int) -> Any:
    return -np.sum(np.log2(_mass(mean, std, bins, bins + 1, n_bins)))


def _density_bits(mean: Array, std: Array, bins: Array, n_bins: int) -> Any:
    z = special.ndtri((bins + 0.5) / n_bins)
    log_q = -0.5 * (np.log(2 * np.pi) + ((z - mean) / std) ** 2) - np.log(std)
    return -np.sum(log_q) / np.log(2)


_STORED = [
    (np.array([0.3, -1.2]), np.array([0.1, 0.4]), np.array([40, 8]), 64),
    (np.array([0.0, 0.7, 1.9]), np.array([1.0, 0.2, 0.05]), np.array([2, 11, 15]), 16),
    (np.array([-0.5]), np.array([0.3]), np.array([1_260]), 4_096),
]

check_unrecovered_bits = Exercise(
    task="Give the bits that a code drawn from q costs if none are recovered.",
    truth=_bits,
    cases=_STORED,
    mistakes={
        "these are nats: take the logarithm to the base 2": lambda m, s, i, n: (
            np.log(2) * _bits(m, s, i, n)
        ),
        "the sign is turned round: a length is positive": lambda m, s, i, n: (
            -_bits(m, s, i, n)
        ),
        "this is the prior's length of the bins, which all have the same": (
            lambda m, s, i, n: len(i) * np.log2(n)
        ),
        "the density of q is no probability: take what lies inside the bin": (
            _density_bits
        ),
        "bin i goes from quantile i / n to (i + 1) / n of the prior": (
            lambda m, s, i, n: -np.sum(np.log2(_mass(m, s, i - 0.5, i + 0.5, n)))
        ),
        "the dimensions are averaged, and their bits are to be added": (
            lambda m, s, i, n: _bits(m, s, i, n) / len(i)
        ),
    },
    hint="The probability of a bin under q is a difference of two values of its "
    "distribution function, at the bin's edges; the edges are quantiles of N(0, 1).",
)


def _log_q(z: Array, mean: Array, std: Array, log_std: bool = True) -> Array:
    terms = 0.5 * ((z - mean) / std) ** 2 + log_std * np.log(std)
    return -np.sum(terms, axis=1)


def _log_ratio(
    old: Array, new: Array, z: Array, proposed: Array, mean: Array, std: Array
) -> Array:
    """The logarithm of what Metropolis's rule compares with 1."""
    return new - old + _log_q(z, mean, std) - _log_q(proposed, mean, std)


_dice = np.random.default_rng(0)
_CHAIN = [
    (
        _dice.normal(-300.0, 3.0, 4),
        _dice.normal(-300.0, 3.0, 4),
        *_dice.normal(size=(3, 4, 2)),
        _dice.uniform(0.3, 1.5, size=(4, 2)),
    )
]

check_log_acceptance = Exercise(
    task="Write the log ratio of Metropolis's rule for proposals from the encoder.",
    truth=_log_ratio,
    cases=_CHAIN,
    mistakes={
        "the proposal is missing: it draws some codes more often than others": (
            lambda old, new, z, proposed, m, s: new - old
        ),
        "q(z) and q(z') are interchanged: the old code's stands above": (
            lambda old, new, z, proposed, m, s: (
                new - old - _log_q(z, m, s) + _log_q(proposed, m, s)
            )
        ),
        "old and new are interchanged": lambda old, new, z, proposed, m, s: (
            -_log_ratio(old, new, z, proposed, m, s)
        ),
        "this is the ratio, and its logarithm is asked for": (
            lambda old, new, z, proposed, m, s: np.exp(
                _log_ratio(old, new, z, proposed, m, s)
            )
        ),
        "the rows are added up: each row is a chain of its own": (
            lambda old, new, z, proposed, m, s: np.sum(
                _log_ratio(old, new, z, proposed, m, s)
            )
        ),
        "the standard deviation stands where the variance belongs": (
            lambda old, new, z, proposed, m, s: (
                new - old + _log_q(z, m, np.sqrt(s)) - _log_q(proposed, m, np.sqrt(s))
            )
        ),
    },
    hint="Take the logarithm of the fraction in the exercise, factor by factor. The "
    "result has one number for each row.",
)


def _covariance(std: Array, tilt: float) -> Array:
    lower = np.array([[std[0], 0.0], [tilt * std[1], std[1]]])
    return lower @ lower.T


def _of_correlation(std: Array, tilt: float) -> Array:
    mixed = tilt * std[0] * std[1]
    return np.array([[std[0] ** 2, mixed], [mixed, std[1] ** 2]])


check_full_covariance = Exercise(
    task="Give the covariance matrix of the code that `bounds` draws with a tilt.",
    truth=_covariance,
    cases=[
        (np.array([0.5, 0.3]), 0.7),
        (np.array([1.0, 2.0]), -1.5),
        (np.array([0.1, 0.4]), 0.0),
    ],
    mistakes={
        "the tilt is no correlation: it makes the second variance larger, too": (
            _of_correlation
        ),
        "the first noise leans into the second code, not the other way round": (
            lambda std, tilt: _covariance(std[::-1], tilt)[::-1, ::-1]
        ),
        "this is the factor L, and the covariance is L times its transpose": (
            lambda std, tilt: np.array([[std[0], 0.0], [tilt * std[1], std[1]]])
        ),
        "the tilt is multiplied by the second standard deviation before it is added": (
            lambda std, tilt: (
                np.array([[std[0], 0.0], [tilt, std[1]]])
                @ np.array([[std[0], 0.0], [tilt, std[1]]]).T
            )
        ),
        "these are standard deviations: their squares are missing": (
            lambda std, tilt: _covariance(np.sqrt(std), tilt)
        ),
    },
    hint="Write the code as a lower triangular matrix L times the noise; `bounds` has "
    "it in one line.",
    remark="Its determinant, and so the entropy, does not depend on the tilt.",
)

_SCORES = [
    (np.array([500.0, 380.0, 900.0]), np.array([390.0, 410.0, 400.0, 200.0, 430.0])),
    (np.array([-3.0, 0.5]), np.array([-1.0, 0.0, 7.0])),
]

check_two_sided = Exercise(
    task="Score log densities by their distance from the middle of validation's.",
    truth=lambda log_density, val: np.abs(log_density - np.median(val)),
    cases=_SCORES,
    mistakes={
        "a density that is too high is strange as well: the distance has no sign": (
            lambda log_density, val: np.median(val) - log_density
        ),
        "the sign is turned round: far away is strange": lambda log_density, val: (
            -np.abs(log_density - np.median(val))
        ),
        "the mean follows a few odd digits: take the median": lambda log_density, val: (
            np.abs(log_density - np.mean(val))
        ),
        "this is the squared distance": lambda log_density, val: (
            (log_density - np.median(val)) ** 2
        ),
        "one number for each image is asked for": lambda log_density, val: np.mean(
            np.abs(log_density - np.median(val))
        ),
    },
    hint="One number for each scored image; the middle is that of the second argument.",
)
