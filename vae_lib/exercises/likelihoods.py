"""The exercises of chapter 11, on three likelihoods and two for counts."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np

from vae_lib._types import Array
from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import each_result, first_misjudged, special

__all__ = [
    "check_claims_of_likelihood",
    "check_negative_binomial",
    "check_poisson",
    "check_share_of_coins",
    "check_truncated",
]

_CLAIMS = "abcd"
_TRUE = ("d",)


check_claims_of_likelihood = Exercise(
    task="Say which of four claims about likelihoods are right.",
    truth=list(_TRUE),
    observe=first_misjudged(_CLAIMS, _TRUE),
    mistakes={
        "claim (a) compares densities on two pixel scales": ["a", "d"],
        "claim (b) compares tossed pixels with grey ones": ["b", "d"],
        "claim (c) is above what the coins allow any model": ["c", "d"],
        "claim (d) holds: convert the nats with `evaluation.bits_per_dim`": [],
    },
    hint="Bring both sides to one scale and one kind of data first: Eqs. (11.3) to "
    '(11.5). Give the letters of the right claims, such as ["a", "c"].',
    remark="Only (d) says of one kind of data, on one scale, what can be so.",
)

_GREY = np.array([[0.0, 1.0, 0.25, 0.5], [0.9, 0.05, 0.0, 0.6]]).reshape(2, 2, 2, 1)
_SCORES = [
    (SimpleNamespace(elbo=-7.5, distortion=6.0, rate=1.5), _GREY),
    (SimpleNamespace(elbo=-4.0, distortion=3.5, rate=0.5), _GREY[:1]),
]


def _entropy(x: Array) -> float:
    """Mean over the images of the entropy of their coins, Eq. (11.4)."""
    return float(np.sum(special.entr(x) + special.entr(1 - x)) / len(x))


def _share_of_coins(score: Any, x: Array) -> tuple:
    return _entropy(x) / -score.elbo, _entropy(x) / score.distortion


check_share_of_coins = Exercise(
    task="Say which share of the loss, and of the distortion, is the coins' entropy.",
    truth=_share_of_coins,
    observe=each_result(_SCORES),
    mistakes={
        "a share is negative: the loss is minus the bound": lambda score, x: (
            _entropy(x) / score.elbo,
            _entropy(x) / score.distortion,
        ),
        "the entropy is averaged over the pixels, which are to be added": (
            lambda score, x: tuple(s / x[0].size for s in _share_of_coins(score, x))
        ),
        "the entropies of all images are added, and the scores are means": (
            lambda score, x: tuple(s * len(x) for s in _share_of_coins(score, x))
        ),
        "only heads are counted: a coin has two sides": lambda score, x: (
            np.sum(special.entr(x)) / len(x) / -score.elbo,
            np.sum(special.entr(x)) / len(x) / score.distortion,
        ),
        "the two shares are interchanged: the loss comes first": lambda score, x: (
            _share_of_coins(score, x)[::-1]
        ),
    },
    hint="The entropy of an image's coins is a sum over its pixels, in nats; "
    "`special.entr` takes a grey value of 0 as well.",
)


def _gaussian(x: Array, mean: Array, variance: float) -> Array:
    squares = (x - mean) ** 2 / variance
    return -0.5 * (math.log(2 * math.pi * variance) + squares)


def _mass(mean: Array, std: float) -> Array:
    """What a Gaussian has between 0 and 1."""
    return special.ndtr((1 - mean) / std) - special.ndtr(-mean / std)


def _truncated(log_prob_of_pixels: Any, reduce: Any = np.sum) -> Any:
    """A stand-in for a likelihood: ``variance`` -> object with ``log_prob``."""

    def make(variance: float) -> Any:
        def log_prob(x: Array, x_logits: Array) -> Array:
            mean = special.expit(x_logits)
            each = log_prob_of_pixels(x, mean, variance)
            return reduce(each, axis=(1, 2, 3))

        return SimpleNamespace(log_prob=log_prob)

    return make


_LOGITS = np.array([[2.0, -3.0], [0.0, 0.7], [-1.0, 5.0]]).reshape(3, 2, 1, 1)
_PIXELS = np.array([[0.9, 0.1], [0.5, 0.5], [0.3, 1.0]]).reshape(3, 2, 1, 1)


def _log_probs(answer: Any) -> list:
    """The log densities of three images under two variances."""
    pair = _PIXELS.astype("float32"), _LOGITS.astype("float32")
    return [answer(variance).log_prob(*pair) for variance in (0.04, 0.25)]


def _inside(x: Array, mean: Array, variance: float) -> Array:
    return _gaussian(x, mean, variance) - np.log(_mass(mean, math.sqrt(variance)))


check_truncated = Exercise(
    task="Write a Gaussian likelihood that is truncated to [0, 1].",
    truth=_truncated(_inside),
    observe=_log_probs,
    rtol=1e-3,
    atol=1e-4,
    mistakes={
        "the log mass is added: dividing by less than 1 makes a density larger": (
            _truncated(
                lambda x, m, v: 2 * _gaussian(x, m, v) - _inside(x, m, v),
            )
        ),
        "this is the plain Gaussian, whose tails lie outside": _truncated(_gaussian),
        "only the tail above 1 is cut off, not the one below 0": _truncated(
            lambda x, m, v: (
                _gaussian(x, m, v) - np.log(special.ndtr((1 - m) / math.sqrt(v)))
            )
        ),
        "the variance stands where the standard deviation belongs": _truncated(
            lambda x, m, v: _gaussian(x, m, v) - np.log(_mass(m, v))
        ),
        "the error function wants its argument divided by the root of 2": _truncated(
            lambda x, m, v: _gaussian(x, m, v) - np.log(_mass(m, math.sqrt(v / 2)))
        ),
        "it averages over the pixels, which are to be added": _truncated(
            _inside, np.mean
        ),
    },
    hint="Each pixel has a mean of its own, and so a mass of its own inside [0, 1]; "
    "its logarithm is subtracted pixel by pixel, and then all is added up.",
    remark="Near 0 and 1, where digits live, half of a plain bell lies outside.",
)

_N_GENES, _UNIT = 50, 8_192.0  # as the chapter stores its cells
_dice = np.random.default_rng(0)
_COUNTS = _dice.poisson(6.0, (3, _N_GENES)).astype("float64")
_SIZES = np.array([[200.0], [300.0], [450.0]])
_OUTPUTS = _dice.normal(size=(2, 3, 1, _N_GENES + 1, 1)).astype("float32")


def _differences(answer: Any) -> list:
    """How the log likelihood differs between two decoders: constants drop out."""
    table = np.concatenate([_COUNTS, _SIZES], axis=1) / _UNIT
    x = table.astype("float32").reshape(3, 1, _N_GENES + 1, 1)
    one, other = (np.asarray(answer().log_prob(x, a)) for a in _OUTPUTS)
    return [one - other]


def _counts(log_prob: Any) -> Any:
    """A stand-in for the class: ``log_prob`` of counts, sizes and outputs."""

    def of(x: Array, x_logits: Array) -> Array:
        table = _UNIT * np.reshape(x, (len(x), -1)).astype("float64")
        outputs = np.reshape(x_logits, (len(x), -1)).astype("float64")
        return np.sum(log_prob(table[:, :-1], table[:, -1:], outputs), axis=1)

    return lambda: SimpleNamespace(log_prob=of)


def _poisson(k: Array, mean: Array) -> Array:
    return k * np.log(mean) - mean


check_poisson = Exercise(
    task="Write a Poisson likelihood whose means are library size times softmax.",
    truth=_counts(
        lambda k, size, a: _poisson(k, size * special.softmax(a[:, :-1], axis=1))
    ),
    observe=_differences,
    rtol=1e-3,
    atol=0.01,
    mistakes={
        "the sign is turned round: a log likelihood is wanted, and not a loss": _counts(
            lambda k, size, a: -_poisson(k, size * special.softmax(a[:, :-1], axis=1))
        ),
        "the shares do not add up to 1: exp is no softmax": _counts(
            lambda k, size, a: _poisson(k, size * np.exp(a[:, :-1]))
        ),
        "the softmax includes the last entry, which is no gene": _counts(
            lambda k, size, a: _poisson(k, size * special.softmax(a, axis=1)[:, :-1])
        ),
        "the counts are in units of 1 / 8192: multiply them first": _counts(
            lambda k, size, a: (
                _poisson(k, size * special.softmax(a[:, :-1], axis=1)) / _UNIT
            )
        ),
        "the softmax runs over the cells, and not over the genes of a cell": _counts(
            lambda k, size, a: _poisson(k, size * special.softmax(a[:, :-1], axis=0))
        ),
    },
    hint="A count k of mean m has the log probability k log m - m - log k!, whose last "
    "term no weight changes; add over the genes, one number a cell.",
)

_MEANS = _dice.gamma(4.0, 1.5, (2, 3, _N_GENES))


def _against_other_means(answer: Any) -> list:
    """The log probability beside that of other means, where log k! drops out."""
    counts, means = _COUNTS.astype("float32"), _MEANS.astype("float32")
    pairs = [
        [np.asarray(answer(counts, m, np.float32(t))) for m in means]
        for t in (0.7, 2.0, 9.0)
    ]
    return [one - other for one, other in pairs]


def _negative_binomial(k: Array, mean: Array, spread: float) -> Array:
    """Without log k!, as the chapter's Poisson."""
    chosen = special.gammaln(k + spread) - special.gammaln(spread)
    none = spread * np.log(spread / (spread + mean))
    return np.sum(chosen + none + k * np.log(mean / (spread + mean)), axis=1)


check_negative_binomial = Exercise(
    task="Write the log probability of counts with variance m + m * m / theta.",
    truth=_negative_binomial,
    observe=_against_other_means,
    rtol=1e-3,
    atol=0.02,
    mistakes={
        "the two probabilities are interchanged": lambda k, m, t: np.sum(
            t * np.log(m / (t + m)) + k * np.log(t / (t + m)), axis=1
        ),
        "the probability of no count at all is missing: its power is theta": (
            lambda k, m, t: np.sum(k * np.log(m / (t + m)), axis=1)
        ),
        "this is the Poisson distribution": lambda k, m, t: np.sum(
            _poisson(k, m), axis=1
        ),
        "1 / theta stands where theta belongs: the variance is m + m * m / theta": (
            lambda k, m, t: _negative_binomial(k, m, 1 / t)
        ),
        "it averages over the genes, which are to be added": lambda k, m, t: (
            _negative_binomial(k, m, t) / k.shape[1]
        ),
    },
    hint="With p = theta / (theta + m) it is the number of failures before theta "
    "successes; the factorials become log Gamma, since theta is no whole number.",
)
