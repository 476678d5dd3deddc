"""The exercises of chapter 15, on learned priors and latent diffusion."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from vae_lib import results
from vae_lib._types import Array
from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import Values, each_result

__all__ = [
    "check_draw_class",
    "check_known_velocity",
    "check_temperature",
    "check_tokens",
    "check_weight_of",
]

_TEMPERATURES = (0.6, 0.8, 1.0)


def _best_temperature() -> list[float]:
    """The best temperature, and whether it comes down to the mixture's distance."""
    measured = results.load("15_latent_diffusion")
    label = "exercise 1: Fréchet distance at temperature {}"
    cooled = {t: measured[label.format(t)]["value"] for t in _TEMPERATURES}
    mixture = measured["mixture: Fréchet distance, N = 500"]["value"]
    best = min(_TEMPERATURES, key=lambda t: cooled[t])
    return [best, float(cooled[best] <= mixture)]


check_temperature = Exercise(
    task="Name the best of three temperatures, and say whether it repairs the samples.",
    truth=_best_temperature,
    lazy=True,
    mistakes={
        "at 0.6 the digits lose half of their variance, and the distance shows it": (
            lambda: [0.6, 0.0]
        ),
        "0.8 lies between the other two": lambda: [0.8, 0.0],
        "the temperature is right, but compare its distance with the mixture's": (
            lambda: [1.0, 1.0]
        ),
    },
    hint="Measure all three with the same noise, and compare the smallest distance "
    'with that of `drawn["mixture"]`. Answer with the temperature, and True or False.',
    remark="Cooler codes are nearer to the centre, not nearer to where codes lie.",
)

_dice = np.random.default_rng(0)
_OWN = np.concatenate([_dice.normal(m, 0.3, (150, 2)) for m in (-2.0, 2.0)])
_CODES = np.concatenate([_OWN, _dice.normal((0.0, 8.0), 0.3, (150, 2))])
_LABELS = np.repeat([1, 1, 0], 150)


def _looks(answer: Any) -> list:
    """Mean, standard deviation, and the share in the middle, of draws of class 1."""
    z = np.asarray(answer(_CODES.copy(), _LABELS.copy(), 1, 4_000), dtype="float64")
    if z.ndim != 2 or len(z) != 4_000:
        raise TypeError(f"4,000 codes of 2 numbers are expected, not shape {z.shape}")
    return [z.mean(axis=0), z.std(axis=0), np.mean(np.abs(z[:, 0]) < 1.0)]


def _mixture(z: Array, n_components: int, n: int, spread: float = 1.0) -> Array:
    """Draws from clusters told apart by the first axis, or from one Gaussian."""
    rng = np.random.default_rng(1)
    own = z[rng.integers(len(z), size=n)]
    if n_components == 1:
        return rng.multivariate_normal(z.mean(axis=0), np.cov(z.T), n)
    return own + 0.1 * spread * rng.normal(size=own.shape)


check_draw_class = Exercise(
    task="Fit two components to the codes of one class, and draw from them.",
    truth=lambda codes, labels, label, n: _mixture(codes[labels == label], 2, n),
    observe=_looks,
    rtol=0.0,
    atol=0.12,
    mistakes={
        "the codes of all classes are drawn: fit to those of the label": (
            lambda codes, labels, label, n: _mixture(codes, 2, n)
        ),
        "the codes of the other classes are drawn": lambda codes, labels, label, n: (
            _mixture(codes[labels != label], 2, n)
        ),
        "one Gaussian is fitted, which fills the gap between two groups": (
            lambda codes, labels, label, n: _mixture(codes[labels == label], 1, n)
        ),
        "the means of the components are drawn, without their spread": (
            lambda codes, labels, label, n: (
                np.repeat([[-2.0, -2.0], [2.0, 2.0]], n // 2, axis=0) * 1.2
            )
        ),
    },
    hint="Select the codes by label first. `sample` of a `GaussianMixture` returns "
    "the draws and their components, and only the draws are asked for.",
)

_FLOWED = [
    (np.array([[0.4, -1.0, 2.0], [1.5, 0.3, -0.2]]), 0.3, 0.5),
    (np.array([[1.0, 2.0]]), 0.0, 2.0),
    (np.array([[-0.7], [0.1]]), 0.9, 0.8),
]


def _factor(t: float, s: float) -> float:
    return (t - (1 - t) * s**2) / ((1 - t) ** 2 * s**2 + t**2)


def _velocity(z: Array, t: float, s: float) -> tuple:
    return _factor(t, s) * z, np.full(len(z), z.shape[1] * _factor(t, s))


check_known_velocity = Exercise(
    task="Give the mean velocity for Gaussian codes, and its divergence.",
    truth=_velocity,
    observe=each_result(_FLOWED),
    mistakes={
        "the divergence is one partial derivative: add them up over the dimensions": (
            lambda z, t, s: (_factor(t, s) * z, np.full(len(z), _factor(t, s)))
        ),
        "the sign is turned round: the path goes from the code to the noise": (
            lambda z, t, s: tuple(-part for part in _velocity(z, t, s))
        ),
        "t and 1 - t are interchanged: at t = 0 stands the code": lambda z, t, s: (
            _velocity(z, 1 - t, s)
        ),
        "s stands where its square belongs": lambda z, t, s: _velocity(
            z, t, math.sqrt(s)
        ),
        "the divergence is multiplied by z: differentiate it away": lambda z, t, s: (
            _factor(t, s) * z,
            np.sum(_factor(t, s) * z, axis=1),
        ),
    },
    hint="The divergence is a sum of derivatives, each by its own coordinate, and one "
    "number for each row of z.",
)


def _tokens(z: Values, n_levels: int) -> Values:
    return np.round((n_levels - 1) * (np.tanh(z) + 1) / 2)


check_tokens = Exercise(
    task="Write FSQ for any number of levels, as whole numbers from 0.",
    truth=_tokens,
    cases=[
        (np.array([[-3.0, -0.4, 0.1], [0.9, 2.5, 8.0]]), 5),
        (np.array([-2.0, -0.6, -0.1, 0.2, 0.7, 3.0]), 4),
        (np.array([-1.0, -0.05, 0.3, 1.2]), 15),
    ],
    mistakes={
        "the levels are counted from the middle: the smallest is to be 0": (
            lambda z, n: np.round(0.5 * (n - 1) * np.tanh(z))
        ),
        "there is one level too many: from 0 to L - 1 there are L": lambda z, n: (
            np.round(n * (np.tanh(z) + 1) / 2)
        ),
        "it rounds down, which hardly ever reaches the highest level": lambda z, n: (
            np.floor((n - 1) * (np.tanh(z) + 1) / 2)
        ),
        "the codes are cut off, not bounded by tanh": lambda z, n: np.round(
            (n - 1) * (np.clip(z, -1, 1) + 1) / 2
        ),
        "the numbers are not rounded": lambda z, n: (n - 1) * (np.tanh(z) + 1) / 2,
    },
    hint="Bound with tanh, stretch to a range that is L - 1 long and begins at 0, and "
    "round: that works for an even number of levels, too.",
)


def _straight(t: Values) -> Values:
    return 2 * (np.log(1 - t) - np.log(t))


def _cosine(t: Values) -> Values:
    return -2 * np.log(np.tan(0.5 * np.pi * t))


def _linear(t: Values) -> Values:
    return 3.0 - 5.0 * t


def _slope(log_snr: Callable[[Values], Values], t: Array) -> Array:
    step = 1e-6
    return (log_snr(t + step) - log_snr(t - step)) / (2 * step)


check_weight_of = Exercise(
    task="Give the weight of a loss with uniform t on a path with log SNR f(t).",
    truth=lambda log_snr, t: 2 / np.abs(_slope(log_snr, t)),
    cases=[(path, np.linspace(0.1, 0.9, 5)) for path in (_straight, _cosine, _linear)],
    rtol=1e-3,
    mistakes={
        "it is negative: as t grows, the log SNR falls": lambda log_snr, t: (
            2 / _slope(log_snr, t)
        ),
        "it is turned round: where the path is steep, few t are spent": (
            lambda log_snr, t: np.abs(_slope(log_snr, t)) / 2
        ),
        "Eq. (15.9) has one half before its integral: the weight has to make up": (
            lambda log_snr, t: 1 / np.abs(_slope(log_snr, t))
        ),
        "this is an average over t, and one number for each t is asked for": (
            lambda log_snr, t: np.mean(2 / np.abs(_slope(log_snr, t)))
        ),
    },
    hint="Change the variable of the integral in Eq. (15.9) from the level to t, and "
    "read off what makes the integrand a plain noise-prediction error.",
)
