"""The exercises of chapter 8, on how tight the bound is."""

import functools
import math
from typing import Any

import numpy as np

from vae_lib._types import Array
from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import Values

__all__ = [
    "check_harmonic_mean",
    "check_log_increment",
    "check_log_mean_exp",
    "check_no_bridge",
    "check_spread_cost",
]


def _log_mean_exp(log_w: Array) -> Values:
    """Eq. (8.1), with the largest weight taken out."""
    top = np.max(log_w, axis=0)
    return top + np.log(np.mean(np.exp(log_w - top), axis=0))


def _quietly(log_w: Array) -> Values:
    with np.errstate(all="ignore"):
        return np.log(np.mean(np.exp(log_w), axis=0))


_LOG_W = np.array([[-1.0, 2.0], [0.5, 1.0], [-2.0, 3.0], [0.0, -1.0]])

check_log_mean_exp = Exercise(
    task="Write the importance-weighted bound of log weights (K, B).",
    truth=_log_mean_exp,
    cases=[(_LOG_W,), (_LOG_W[:3] * 10 - 1500,), (_LOG_W[:2] + 900,)],
    mistakes={
        "exp underflows to 0 or overflows for log weights of images, and no logarithm "
        "brings them back": _quietly,
        "this is the mean of the log weights, the ELBO": lambda log_w: np.mean(
            log_w, axis=0
        ),
        "log K is missing: this is the logarithm of the sum, not of the mean": (
            lambda log_w: _log_mean_exp(log_w) + math.log(len(log_w))
        ),
        "it averages over the images; the samples stand on the first axis": (
            lambda log_w: _log_mean_exp(log_w.T)
        ),
        "the largest weight is taken out and not put back": lambda log_w: (
            _log_mean_exp(log_w) - np.max(log_w, axis=0)
        ),
        "this is the largest weight alone; add up all of them": lambda log_w: (
            np.max(log_w, axis=0) - math.log(len(log_w))
        ),
        "a logarithm is taken twice: these weights are logarithms": lambda log_w: (
            np.log(np.abs(_log_mean_exp(log_w)))
        ),
    },
    hint="What does subtracting the same number from all log weights do to the "
    "result? Choose the number so that the largest of them becomes exp(0).",
    remark="It survives log weights of -1,500, whose weights no float can hold.",
)

_SPREADS = (1.0, 2.0, 3.0, 5.0)
_K = 1000


@functools.cache
def _shortfalls(k: int = _K, n_repeats: int = 400, seed: int = 0) -> Values:
    """How far the bound with k Gaussian log weights is below s^2 / 2."""
    rng = np.random.default_rng(seed)
    short = []
    for s in _SPREADS:
        log_w = s * rng.standard_normal((n_repeats, k))
        bounds = np.logaddexp.reduce(log_w, axis=1) - math.log(k)
        short.append(s**2 / 2 - bounds.mean())
    return np.array(short)


check_spread_cost = Exercise(
    task="Say how far the bound with 1,000 samples is below s^2 / 2, for four spreads.",
    truth=_shortfalls,
    mistakes={
        "the sign is turned round: by how much is the bound too low?": lambda: (
            -_shortfalls()
        ),
        "this is how far the mean of the log weights, the ELBO, is too low": lambda: (
            _shortfalls(1, 200_000)
        ),
        "log K is missing from the bounds, so that they are no lower bounds": lambda: (
            _shortfalls() - math.log(_K)
        ),
        "these are the bounds themselves; subtract them from s^2 / 2": lambda: (
            np.square(_SPREADS) / 2 - _shortfalls()
        ),
    },
    hint="For each s many sets of 1,000 log weights, the bound of each set, then the "
    "mean of the bounds; log p(x) is s^2 / 2 by construction.",
    remark="The cost is nothing at a spread of 1 or 2, and nats at 5.",
    rtol=0.12,
    atol=0.08,
    lazy=True,
)


def _increment(
    log_q: Array, log_pz: Array, log_px_z: Array, before: float, tau: float
) -> Values:
    """The step from one temperature to the next, at codes that do not move."""
    return (tau - before) * (log_pz + log_px_z - log_q)


_DENSITIES = np.random.default_rng(1).standard_normal((3, 4)) * [[1], [2], [9]] - 3

check_log_increment = Exercise(
    task="Write what one step of AIS adds to the log weights.",
    truth=_increment,
    cases=[(*_DENSITIES, 0.2, 0.5), (*_DENSITIES[::-1], 0.0, 1.0)],
    mistakes={
        "the sign is turned round: the new density is divided by the old one": (
            lambda q, p, x, t, u: _increment(q, p, x, u, t)
        ),
        "this is the log density at the new temperature; a weight is a ratio": (
            lambda q, p, x, t, u: (1 - u) * q + u * (p + x)
        ),
        "this step counts from the start of the path, not from the one before": (
            lambda q, p, x, t, u: _increment(q, p, x, 0.0, u)
        ),
        "log q is missing: the path starts at q": lambda q, p, x, t, u: (
            (u - t) * (p + x)
        ),
        "the prior is missing from the joint density": lambda q, p, x, t, u: (
            (u - t) * (x - q)
        ),
        "this is the likelihood alone, which is right only for a start at the prior": (
            lambda q, p, x, t, u: (u - t) * x
        ),
        "this is the factor of the weights; its logarithm is asked for": (
            lambda q, p, x, t, u: np.exp(np.minimum(_increment(q, p, x, t, u), 700))
        ),
    },
    hint="Write log f at both temperatures by Eq. (8.3), with q as the start, at the "
    "same codes; the increment is the difference. Which terms are left?",
    remark="At a start from the prior only the likelihood is left.",
)


@functools.cache
def _known() -> float:
    """Mean log p(x) of pPCA, over the ten digits of the exercise."""
    from vae_lib import data, evaluation

    sample = data.load_sample()
    images = sample.x_test[data.subset_indices(100, size=500)][:10]
    ppca = evaluation.fit_ppca(sample.x_train, latent_dim=10)
    return float(np.mean(ppca.log_prob(images)))


check_no_bridge = Exercise(
    task="Give the mean log weight of ten digits under pPCA, with one temperature.",
    truth=_known,
    mistakes={
        "the sign is turned round: this is a loss": lambda: -_known(),
        "this is the sum over the ten digits; their mean is asked for": lambda: (
            10 * _known()
        ),
        "this is the mean over the pixels, too": lambda: _known() / 784,
        "these are bits; nats are expected": lambda: _known() / math.log(2),
    },
    hint="With one temperature no chain moves. At a sample of which density is the "
    "ratio then taken, and what must it be where this density is the posterior?",
    remark="These are the weights of Eq. (8.1): the number is the ELBO, and for pPCA "
    "each of them is p(x).",
    rtol=0,
    atol=0.1,
    lazy=True,
)


def _harmonic(log_px_z: Array) -> Values:
    """Minus the logarithm of the mean of 1 / p(x | z)."""
    return -_log_mean_exp(-log_px_z)


def _overflowing(log_px_z: Array) -> Any:
    return -_quietly(-np.asarray(log_px_z))


check_harmonic_mean = Exercise(
    task="Write the harmonic-mean estimate of log p(x) from log p(x | z) (K, B).",
    truth=_harmonic,
    cases=[(_LOG_W,), (_LOG_W * 20 - 900,), (_LOG_W + 1200,)],
    mistakes={
        "exp underflows to 0 or overflows: take the largest term out first": (
            _overflowing
        ),
        "the minus in front is missing: this estimates log 1 / p(x)": lambda log_px_z: (
            -_harmonic(log_px_z)
        ),
        "this is the mean of p(x | z), not of 1 / p(x | z)": _log_mean_exp,
        "this is the mean of the logarithms": lambda log_px_z: log_px_z.mean(axis=0),
        "log K is missing: the mean of 1 / p(x | z) is asked for, not the sum": (
            lambda log_px_z: _harmonic(log_px_z) - math.log(len(log_px_z))
        ),
        "it averages over the images; the codes stand on the first axis": (
            lambda log_px_z: _harmonic(log_px_z.T)
        ),
    },
    hint="1 / p(x | z) is exp of what? Then it is a log-mean-exp again, with a sign "
    "before it and one within.",
    remark="The code with the smallest likelihood decides it, which posterior samples "
    "hardly ever are.",
)
