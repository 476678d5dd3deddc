"""The exercises of chapter 2, on latent variables on a line."""

import numpy as np

from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import Values, each_result

__all__ = [
    "check_line_kl",
    "check_line_length",
    "check_line_posterior",
    "check_signal_or_noise",
]

_SIGHTINGS = np.array([[0.4, -0.3], [1.5, 0.2], [-1.0, -1.1]])
_LINE_CASES = [
    (_SIGHTINGS, np.array([0.3, -0.6]), np.array([1.0, 0.3]), 0.35),
    (_SIGHTINGS[:2], np.zeros(2), np.array([-0.5, 1.2]), 1.4),
]


def _line_posterior(x: Values, w_0: Values, w_1: Values, blur: float) -> tuple:
    variance = 1 / (w_1 @ w_1 / blur**2 + 1)
    return variance * (x - w_0) @ w_1 / blur**2, np.sqrt(variance)


def _least_squares(x: Values, w_0: Values, w_1: Values, blur: float) -> tuple:
    return (x - w_0) @ w_1 / (w_1 @ w_1), blur / np.sqrt(w_1 @ w_1)


def _without_square(x: Values, w_0: Values, w_1: Values, blur: float) -> tuple:
    return _line_posterior(x, w_0, w_1, np.sqrt(blur))


def _precision(x: Values, w_0: Values, w_1: Values, blur: float) -> tuple:
    mean, std = _line_posterior(x, w_0, w_1, blur)
    return mean, 1 / std**2


def _variance(x: Values, w_0: Values, w_1: Values, blur: float) -> tuple:
    mean, std = _line_posterior(x, w_0, w_1, blur)
    return mean, std**2


def _not_centred(x: Values, w_0: Values, w_1: Values, blur: float) -> tuple:
    return _line_posterior(x, 0 * w_0, w_1, blur)


check_line_posterior = Exercise(
    task="Write mean and standard deviation of the posterior for a straight wire.",
    truth=_line_posterior,
    observe=each_result(_LINE_CASES),
    mistakes={
        "the prior is left out: this is the least-squares place": _least_squares,
        "the blur is a standard deviation and has to be squared": _without_square,
        "the second result is the variance; its root is asked for": _variance,
        "the second result is one over the variance": _precision,
        "the place at z = 0, w_0, has to be subtracted from x first": _not_centred,
    },
    hint="Collect what multiplies -z^2/2 in log p(x | z) + log p(z): that is one over "
    "the variance. What multiplies z is the mean over the variance.",
    remark="The width does not depend on x, only the mean does.",
)

_SETTINGS = ((0.6, 0.8), (0.8, 0.6))


def _signal(variant: str = "") -> list:
    """Mean and standard deviation of z given x = 1, for both settings."""
    table = []
    for w, sigma in _SETTINGS:
        total = w**2 + sigma**2
        mean, variance = w / total, sigma**2 / total
        if variant == "no prior":
            mean, variance = 1 / w, sigma**2 / w**2
        spread = variance if variant == "variance" else np.sqrt(variance)
        table.append([mean, spread])
    return table[::-1] if variant == "swapped" else table


check_signal_or_noise = Exercise(
    task="Give mean and standard deviation of z at x = 1 for two settings.",
    truth=_signal(),
    mistakes={
        "the second number is a variance; its root is asked for": _signal("variance"),
        "the prior is left out: these hold if z could be anything": _signal("no prior"),
        "the two settings stand in the wrong order": _signal("swapped"),
    },
    hint="A camera of one number is a wire in one dimension, with w for w_1, sigma for "
    "the blur and w_0 = 0. Two rows, mean first.",
    remark="The data are the same, and what they say about z is not.",
)


def _line_length(lambda_1: float, blur: float) -> float:
    return np.sqrt(max(lambda_1 - blur**2, 0.0))


check_line_length = Exercise(
    task="Write the length of w_1 that EM finds with the blur held.",
    truth=_line_length,
    cases=[(1.39, 0.7), (1.39, 0.9), (1.39, 1.3), (4.0, 0.5)],
    mistakes={
        "the blur is a standard deviation, and variances are subtracted": (
            lambda v, s: np.sqrt(max(v - s, 0))
        ),
        "this is the square of the length": lambda v, s: max(v - s**2, 0),
        "beyond lambda_1 the wire has no length left": lambda v, s: np.sqrt(
            abs(v - s**2)
        ),
        "blur and wire share the variance of the data: their squares add up to it": (
            lambda v, s: max(np.sqrt(v) - s, 0)
        ),
        "this holds without blur: what the blur explains is not left for the wire": (
            lambda v, s: np.sqrt(v)
        ),
    },
    hint="By Eq. (2.3) the variance along w_1 is its squared length plus the squared "
    "blur. Which one should it equal, and what if the blur alone exceeds it?",
)


def _line_kl(q_mean: float, q_std: float, p_mean: float, p_std: float) -> float:
    squares = q_std**2 + (q_mean - p_mean) ** 2
    return np.log(p_std / q_std) + squares / (2 * p_std**2) - 0.5


check_line_kl = Exercise(
    task="Write the divergence KL(q || p) of two Gaussians on the line.",
    truth=_line_kl,
    cases=[(0.5, 0.4, 0.0, 1.0), (1.0, 2.0, -0.5, 0.7), (0.3, 0.9, 0.3, 0.9)],
    mistakes={
        "this is KL(p || q): the mean is to be taken under q": lambda a, b, c, d: (
            _line_kl(c, d, a, b)
        ),
        "the sign is turned round: a divergence is never negative": lambda *g: (
            -_line_kl(*g)
        ),
        "the constant -1/2 is missing; the divergence of q from itself is zero": (
            lambda *g: _line_kl(*g) + 0.5
        ),
        "the squares need a factor of one half": lambda a, b, c, d: (
            _line_kl(a, b, c, d) + (b**2 + (a - c) ** 2) / (2 * d**2)
        ),
        "the standard deviations have to be squared": lambda a, b, c, d: (
            np.log(d / b) + (b + (a - c) ** 2) / (2 * d) - 0.5
        ),
        "the logarithm has its fraction upside down": lambda a, b, c, d: (
            _line_kl(a, b, c, d) - 2 * np.log(d / b)
        ),
    },
    hint="Write out log q - log p in Eq. (2.7); under q, (z - q_mean)^2 has the mean "
    "q_std^2, and (z - p_mean)^2 has q_std^2 + (q_mean - p_mean)^2.",
)
