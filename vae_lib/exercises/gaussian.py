"""The exercises of chapter 5, on the Gaussian decoder."""

import math
from typing import Any

import numpy as np

from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import Values, each_result

__all__ = [
    "check_assumed_variance",
    "check_compute_loss",
    "check_grey_level",
    "check_ppca_posterior",
    "check_variance_cost",
]

_PIXELS = 784

check_assumed_variance = Exercise(
    task="Say which variance stands behind 10 times the mean squared error.",
    truth=_PIXELS / 20,
    mistakes={
        "that is c for a sum over the pixels; the loss takes their mean": 1 / 20,
        "a Gaussian has a factor of one half before its squares": _PIXELS / 10,
        "the fraction is upside down": 20 / _PIXELS,
        "this is a standard deviation": math.sqrt(_PIXELS / 20),
    },
    hint="Write 10 times the mean as c times the sum over 784 pixels, and compare c "
    "with what Eq. (5.1) puts before the sum.",
    remark="No eigenvalue of the digits reaches it: every latent dimension collapses.",
)

_X = np.array([[0.0, 0.9, 0.4, 0.1], [1.0, 0.2, 0.0, 0.7]])
_X_MEAN = np.array([[0.1, 0.7, 0.5, 0.0], [0.8, 0.1, 0.2, 0.9]])
_LOSS_CASES = [
    (
        _X,
        _X_MEAN,
        0.04,
        np.array([[0.5, -1.0], [1.5, 0.3]]),
        np.array([[-3.0, -2.0]] * 2),
    ),
    (_X, _X, 1.0, np.zeros((2, 3)), np.array([[0.0, 0.5, -0.5], [1.0, 0.0, -1.0]])),
]


def _terms(x: Values, x_mean: Values, variance: Values, m: Values, v: Values) -> tuple:
    """Distortion and rate of each image."""
    squares = np.sum((x - x_mean) ** 2, axis=1)
    n_pixels = x.shape[1]
    normaliser = 0.5 * n_pixels * np.log(2 * np.pi * variance)
    rate = 0.5 * np.sum(m**2 + np.exp(v) - 1 - v, axis=1)
    return 0.5 * squares / variance + normaliser, rate, normaliser, squares


def _loss(*answer: Values, rate: float = 1.0, normaliser: float = 1.0) -> Any:
    distortion, kl, constant, _ = _terms(*answer)
    return np.mean(distortion + (normaliser - 1) * constant + rate * kl)


def _pixel_mean(*answer: Values) -> Any:
    distortion, kl, *_ = _terms(*answer)
    return np.mean(distortion / answer[0].shape[1] + kl)


def _as_deviation(x: Values, x_mean: Values, variance: Values, *code: Values) -> Any:
    return _loss(x, x_mean, variance**2, *code)


def _whole_squares(*answer: Values) -> Any:
    *_, squares = _terms(*answer)
    return _loss(*answer) + np.mean(0.5 * squares / answer[2])


check_compute_loss = Exercise(
    task="Write the loss of a VAE with a Gaussian decoder: distortion plus rate.",
    truth=_loss,
    cases=_LOSS_CASES,
    mistakes={
        "the rate is subtracted, and a loss grows with it": lambda *a: _loss(
            *a, rate=-1
        ),
        "the rate is missing": lambda *a: _loss(*a, rate=0),
        "the rate counts twice: its factor of one half is missing": lambda *a: _loss(
            *a, rate=2
        ),
        "the rate is averaged over the latent dimensions, which are to be added": (
            lambda *a: _loss(*a, rate=1 / a[3].shape[1])
        ),
        "the distortion is averaged over the pixels, and is their sum": _pixel_mean,
        "the log normaliser is missing, so that a large variance costs nothing": (
            lambda *a: _loss(*a, normaliser=0)
        ),
        "the squared error lacks a factor of one half": _whole_squares,
        "the variance is squared once more": _as_deviation,
        "the images of the batch are added; their mean is asked for": lambda *a: (
            len(a[0]) * _loss(*a)
        ),
        "this is the bound; a loss is minus the bound": lambda *a: -_loss(*a),
    },
    hint="Minus Eq. (5.1), plus Eq. (3.10): sum over pixels and over latent "
    "dimensions, and take the mean over the images once, at the end.",
)

_W = np.array([[1.0, 0.2], [0.3, -0.8], [0.0, 0.5], [-0.4, 0.1]])
_PPCA_CASES = [
    (_X, np.array([0.2, 0.1, 0.3, 0.0]), _W, 0.25),
    (_X[:1], np.zeros(4), _W[:, :1], 2.0),
]


def _ppca(x: Values, x_bar: Values, w: Values, variance: float) -> tuple:
    m = w.T @ w + variance * np.eye(w.shape[1])
    inverse = np.linalg.inv(m)
    return (x - x_bar) @ w @ inverse, variance * inverse


def _projection(x: Values, x_bar: Values, w: Values, variance: float) -> tuple:
    inverse = np.linalg.inv(w.T @ w)
    return (x - x_bar) @ w @ inverse, variance * inverse


check_ppca_posterior = Exercise(
    task="Write mean and covariance of the posterior of probabilistic PCA.",
    truth=_ppca,
    observe=each_result(_PPCA_CASES),
    mistakes={
        "the covariance lacks its factor, the variance of the pixels": (
            lambda x, b, w, v: (_ppca(x, b, w, v)[0], _ppca(x, b, w, v)[1] / v)
        ),
        "M lacks the variance on its diagonal, so this is plain PCA": _projection,
        "the mean image is not subtracted": lambda x, b, w, v: _ppca(x, 0 * b, w, v),
        "the covariance is not inverted": lambda x, b, w, v: (
            _ppca(x, b, w, v)[0],
            np.linalg.inv(_ppca(x, b, w, v)[1]),
        ),
        "the variance is squared, or taken for a standard deviation": (
            lambda x, b, w, v: _ppca(x, b, w, v**2)
        ),
        "the mean is not multiplied by the inverse of M": lambda x, b, w, v: (
            (x - b) @ w,
            _ppca(x, b, w, v)[1],
        ),
    },
    hint="The second line of Eq. (5.3), for all images at once: x has the shape "
    "(n, D), so that the posterior means have the shape (n, d).",
    remark="The covariance is the same for all images.",
)


def _cost(ratio: float, n_pixels: int) -> float:
    return 0.5 * n_pixels * (1 / ratio - 1 + np.log(ratio))


check_variance_cost = Exercise(
    task="Write the nats that a variance costs which is not the best one.",
    truth=_cost,
    cases=[(0.5, 784), (2.0, 784), (1.0, 784), (10.0, 3)],
    mistakes={
        "the ratio is upside down: it is the chosen variance over the best": (
            lambda r, n: _cost(1 / r, n)
        ),
        "this is one pixel's; all of them pay": lambda r, n: _cost(r, 1),
        "the factor of one half is missing": lambda r, n: 2 * _cost(r, n),
        "the log normaliser is left out, which pays for a large variance": (
            lambda r, n: 0.5 * n * (1 / r - 1)
        ),
        "the squared error is left out, which pays for a small variance": (
            lambda r, n: 0.5 * n * np.log(r)
        ),
        "the best variance itself should cost nothing": lambda r, n: (
            0.5 * n * (1 / r + np.log(r))
        ),
    },
    hint="Put variance = ratio * MSE into Eq. (5.1) and subtract what ratio = 1 gives.",
    remark="Too small is worse than too large.",
)

check_grey_level = Exercise(
    task="Say which variance no pixel's error can fall below after dequantisation.",
    truth=1 / (12 * 256**2),
    mistakes={
        "that is the width of a grey level; the variance of a uniform is asked for": (
            1 / 256
        ),
        "that is the square of the width; a uniform's variance is a twelfth of it": (
            1 / 256**2
        ),
        "this is a standard deviation": 1 / (math.sqrt(12) * 256),
        "the noise has the width 1/256, not 1": 1 / 12,
    },
    hint="Noise that is uniform over a width h has the variance h^2 / 12.",
    rtol=0.02,
    atol=0,
)
