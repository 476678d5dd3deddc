"""The exercises of chapter 3, on the evidence lower bound."""

import math

import numpy as np

from vae_lib import results
from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import Values, first_misjudged

__all__ = [
    "check_chosen_noise",
    "check_gaussian_kl",
    "check_log_weight",
    "check_pixel_scale",
    "check_signs",
]

_CODES = [
    (np.array([0.8, -1.5]), np.array([-2.0, 0.3])),
    (np.zeros(3), np.zeros(3)),
    (
        np.array([[0.5, 1.0, -2.0], [1.5, 0.0, 0.3]]),
        np.array([[-1.0, 0.0, -4.0], [0.7, 1.7, -2.3]]),
    ),
]


def _gaussian_kl(z_mean: Values, z_log_var: Values) -> Values:
    """Eq. (3.10)."""
    terms = z_mean**2 + np.exp(z_log_var) - 1 - z_log_var
    return 0.5 * np.sum(terms, axis=-1)


check_gaussian_kl = Exercise(
    task="Write KL(N(mean, diag exp(log_var)) || N(0, I)), summed over the last axis.",
    truth=_gaussian_kl,
    cases=_CODES,
    mistakes={
        "the sign is turned round: a divergence is never negative": lambda m, v: (
            -_gaussian_kl(m, v)
        ),
        "the factor of one half is missing": lambda m, v: 2 * _gaussian_kl(m, v),
        "it averages over the latent dimensions, which are to be added": lambda m, v: (
            _gaussian_kl(m, v) / m.shape[-1]
        ),
        "it adds up the wrong axis, or all of them: one number a row is asked for": (
            lambda m, v: np.sum(_gaussian_kl(m, v))
        ),
        "the log-variance stands where the variance belongs": lambda m, v: (
            0.5 * np.sum(m**2 + v - 1 - np.log(np.abs(v) + 1e-12), axis=-1)
        ),
        "the log-variance is taken for the logarithm of the standard deviation": (
            lambda m, v: _gaussian_kl(m, 2 * v)
        ),
        "the -1 is missing, which makes it zero where both are the same": lambda m, v: (
            0.5 * np.sum(m**2 + np.exp(v) - v, axis=-1)
        ),
    },
    hint="Eq. (3.10) has four terms for each dimension; what comes from the network is "
    "the mean and the logarithm of the variance.",
    remark="It is zero for the prior itself and grows as the codes become more exact.",
)


def _log_normal(x: Values, mean: Values, std: Values) -> Values:
    return -0.5 * np.log(2 * np.pi) - np.log(std) - 0.5 * ((x - mean) / std) ** 2


def _log_weight(x: float, z: Values, q_mean: float, q_std: float) -> Values:
    """Eq. (3.3) for the linear sensor."""
    log_joint = _log_normal(x, z, 0.5) + _log_normal(z, 0.0, 1.0)
    return log_joint - _log_normal(z, q_mean, q_std)


check_log_weight = Exercise(
    task="Write the log importance weight of codes z of the linear sensor.",
    truth=_log_weight,
    cases=[
        (2.0, np.array([-0.5, 0.3, 1.6]), 1.1, 0.6),
        (-0.4, np.array([0.2, -1.0]), 0.0, 1.0),
    ],
    mistakes={
        "the prior p(z) is missing": lambda x, z, m, s: (
            _log_weight(x, z, m, s) - _log_normal(z, 0.0, 1.0)
        ),
        "log q is added, but w divides by q": lambda x, z, m, s: (
            _log_weight(x, z, m, s) + 2 * _log_normal(z, m, s)
        ),
        "log q is missing": lambda x, z, m, s: (
            _log_normal(x, z, 0.5) + _log_normal(z, 0.0, 1.0)
        ),
        "this is the weight, and its logarithm is asked for": lambda x, z, m, s: np.exp(
            _log_weight(x, z, m, s)
        ),
        "it is averaged over the codes: one number for each code is asked for": (
            lambda x, z, m, s: np.mean(_log_weight(x, z, m, s))
        ),
        "the sensor's noise has a standard deviation of 1/2, not a variance of 1/2": (
            lambda x, z, m, s: (
                _log_weight(x, z, m, s)
                - _log_normal(x, z, 0.5)
                + _log_normal(x, z, math.sqrt(0.5))
            )
        ),
    },
    hint="Three log densities of Eq. (3.3): likelihood and prior above the fraction "
    "line, q below it.",
    remark="Where q is the posterior, all weights are p(x) itself.",
)

_LOSSES = "ABCD"
_GOOD = ("B", "D")


check_signs = Exercise(
    task="Say which of four losses are minus the bound.",
    truth=list(_GOOD),
    observe=first_misjudged(_LOSSES, _GOOD),
    mistakes={
        "one that you took becomes smaller as the rate grows": ["A", "B", "D"],
        "one that you left out has its minus before a bracket: multiply it out": ["D"],
        "one that you took is small for an improbable image": ["B", "C", "D"],
        "one that you left out adds what is minus the rate already": ["B"],
    },
    hint="Ask of each term what makes the loss small: codes that explain the image, "
    'and codes close to the prior. Give the letters, such as ["A", "C"].',
    remark="A rate below zero, or one that is subtracted from a loss, has lost a sign.",
)

_PIXELS = 784
_SHIFT = -_PIXELS * math.log(255)

check_pixel_scale = Exercise(
    task="Say by how many nats log p(x) changes if 784 pixels are multiplied by 255.",
    truth=_SHIFT,
    mistakes={
        "the density falls: what was in one unit is spread over 255": -_SHIFT,
        "this is one pixel; log densities of 784 pixels add up": _SHIFT / _PIXELS,
        "the factor is 255 for each pixel, not for its square": 2 * _SHIFT,
        "these are bits; nats, with natural logarithms, are expected": (
            _SHIFT / math.log(2)
        ),
        "a density is per unit of volume, and the units have changed": 0.0,
    },
    hint="How wide is the interval, in the new unit, in which the same pixels lie?",
    rtol=1e-3,
)


def _chosen() -> list[float]:
    """What log p(x) and the bound chose when the chapter was recorded."""
    recorded = results.load("03_elbo")
    names = ("noise chosen by log p(x)", "noise chosen by the ELBO")
    return [recorded[name]["value"] for name in names]


check_chosen_noise = Exercise(
    task="Choose the sensor's noise by log p(x) and by the bound.",
    truth=_chosen,
    mistakes={
        "the two stand in the wrong order": lambda: _chosen()[::-1],
        "both are that of log p(x): did each reading get its own best q?": lambda: (
            [_chosen()[0]] * 2
        ),
        "both are that of the bound: log p(x) is an integral over all codes": lambda: (
            [_chosen()[1]] * 2
        ),
    },
    hint="For each sigma take the mean over the readings, then the sigma with the "
    "largest mean; for the bound maximise over means and widths first, one reading at "
    "a time.",
    remark="The bound chooses more noise than there is.",
    rtol=0,
    atol=0.011,
    lazy=True,
)
