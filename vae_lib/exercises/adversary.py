"""The exercises of chapter 14, on adversarial autoencoders."""

import math
from typing import Any

import numpy as np

from vae_lib._types import Array
from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import Values, each_result

__all__ = ["check_exact_kl", "check_game", "check_mmd", "check_reported"]


def _normal(z: Array, mean: float) -> Array:
    return np.exp(-0.5 * (z - mean) ** 2) / math.sqrt(2 * math.pi)


def _integral(values: Array, z: Array) -> float:
    return float(np.sum(values) * (z[1] - z[0]))


def _jensen_shannon(mean: float, z: Array) -> float:
    p, q = _normal(z, 0.0), _normal(z, mean)
    m = 0.5 * (p + q)
    return 0.5 * _integral(p * np.log(p / m) + q * np.log(q / m), z)


def _game(mean: float, z: Array) -> tuple:
    """Eq. (14.6): the value of the game, and the divergence behind it."""
    js = _jensen_shannon(mean, z)
    return 2 * math.log(2) - 2 * js, js


check_game = Exercise(
    task="Integrate the value of the game and the Jensen-Shannon divergence.",
    truth=_game,
    observe=each_result(
        [(m, np.linspace(-12.0, 16.0, 4_001)) for m in (0.0, 1.0, 4.0)]
    ),
    rtol=1e-3,
    mistakes={
        "the value has the wrong sign: a cross-entropy is never negative": (
            lambda mean, z: (-_game(mean, z)[0], _game(mean, z)[1])
        ),
        "the divergence lacks its one half: it is the mean of two divergences": (
            lambda mean, z: (_game(mean, z)[0], 2 * _game(mean, z)[1])
        ),
        "the sums lack the width of a step": lambda mean, z: tuple(
            value / (z[1] - z[0]) for value in _game(mean, z)
        ),
        "this is KL(q || p): both divergences are taken from the mixture (p + q) / 2": (
            lambda mean, z: (2 * math.log(2) - mean**2, 0.5 * mean**2)
        ),
        "the two are interchanged: the value of the game comes first": (
            lambda mean, z: _game(mean, z)[::-1]
        ),
        "only draws of the prior are judged: the codes' term is missing": (
            lambda mean, z: (
                -_integral(
                    _normal(z, 0) * np.log(_normal(z, 0) / _both(mean, z)),
                    z,
                ),
                _game(mean, z)[1],
            )
        ),
    },
    hint="The best discriminator gives p / (p + q). Each of the two integrals in the "
    "value has the density that is drawn from before the logarithm.",
)


def _both(mean: float, z: Array) -> Array:
    return _normal(z, 0) + _normal(z, mean)


_RATE = -0.5 * math.log(0.5)  # of the encoder with s * s = 1/2, in nats

check_reported = Exercise(
    task="Say what discriminators of pairs and of codes report, in nats.",
    truth=[_RATE, 0.0],
    rtol=0.0,
    atol=0.05,
    mistakes={
        "the two are interchanged: the discriminator of pairs comes first": [
            0.0,
            _RATE,
        ],
        "the logits are those of the prior: minus their mean, on draws from q": (
            [-_RATE, 0.0]
        ),
        "both are the rate: does the second discriminator see the image?": (
            [_RATE, _RATE]
        ),
        "both are zero: is the code of a pair that of its own image?": [0.0, 0.0],
    },
    hint="On one side pairs of an image and its own code, on the other the image with "
    "a fresh draw from the prior. Average minus the logit over fresh draws of the "
    "first kind; the order is pairs, codes.",
    remark="The difference is the mutual information of image and code.",
)


def _kernel(u: Array, v: Array, c: float | None = None, power: float = 1.0) -> Array:
    squares = np.sum((u[:, None] - v[None]) ** 2, axis=-1)
    c = 2.0 * u.shape[1] if c is None else c
    return c / (c + squares**power)


def _mmd(z: Array, prior: Array, c: float | None = None, power: float = 1.0) -> Values:
    """The unbiased estimate: pairs of a point with itself are left out."""
    n = len(z)
    within = [np.sum(_kernel(a, a, c, power)) - n for a in (z, prior)]
    across = np.mean(_kernel(z, prior, c, power))
    return sum(within) / (n * (n - 1)) - 2 * across


def _biased(z: Array, prior: Array) -> Values:
    within = [np.mean(_kernel(a, a)) for a in (z, prior)]
    return sum(within) - 2 * np.mean(_kernel(z, prior))


_dice = np.random.default_rng(0)


def _clouds(n: int, d: int, shift: float) -> tuple:
    z, prior = _dice.normal(size=(2, n, d))
    return (z + shift).astype("float32"), prior.astype("float32")


check_mmd = Exercise(
    task="Write the squared MMD of codes and draws from the prior.",
    truth=_mmd,
    cases=[_clouds(30, 2, 1.0), _clouds(12, 5, 0.0), _clouds(20, 1, 3.0)],
    rtol=1e-3,
    atol=2e-5,
    mistakes={
        "each point is paired with itself, which biases the estimate upwards": _biased,
        "the constant of the kernel is 2 d, with the number of latent dimensions": (
            lambda z, prior: _mmd(z, prior, c=2.0)
        ),
        "the distance in the kernel is to be squared": lambda z, prior: _mmd(
            z, prior, power=0.5
        ),
        "the kernel between codes and prior counts twice, and is subtracted": (
            lambda z, prior: _mmd(z, prior) + np.mean(_kernel(z, prior))
        ),
        "it adds up the pairs, whose average is asked for": lambda z, prior: (
            len(z) * (len(z) - 1) * _mmd(z, prior)
        ),
        "this is its root, and the square is asked for": lambda z, prior: np.sqrt(
            np.abs(_mmd(z, prior))
        ),
    },
    hint="Three averages: of the kernel within the codes, within the draws (different "
    "points only, n (n - 1) pairs), and across.",
)


def _exact_kl(d: int, s: float) -> Any:
    return d * (0.5 * s**2 - 0.5 - math.log(s))


check_exact_kl = Exercise(
    task="Give KL(N(0, s * s I) || N(0, I)) in d dimensions.",
    truth=_exact_kl,
    cases=[(2, 0.5), (20, 0.1), (7, 1.0), (1, 2.0)],
    mistakes={
        "the number of dimensions is missing": lambda d, s: _exact_kl(1, s),
        "log s has the wrong sign: a narrow q is far from the prior": lambda d, s: (
            d * (0.5 * s**2 - 0.5 + math.log(s))
        ),
        "s stands where its square belongs": lambda d, s: (
            d * (0.5 * s - 0.5 - math.log(s))
        ),
        "this is KL(p || q), the other direction": lambda d, s: _exact_kl(d, 1 / s),
        "the logarithm is of s * s, and one half of it is missing": lambda d, s: (
            d * (0.5 * s**2 - 0.5 - 2 * math.log(s))
        ),
    },
    hint="It is Eq. (3.10) with means of zero and log-variances of 2 log s.",
)
