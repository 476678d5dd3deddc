"""The exercises of chapter 13: bugs, and the tests that catch them."""

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from vae_lib._types import Array
from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import each_result

__all__ = [
    "check_discrepancy",
    "check_lost_gradient",
    "check_sampler_test",
    "check_slips",
    "check_too_good",
]


def _not_charged(s: float) -> float:
    """One dimension of Eq. (12.7)."""
    return 0.5 * (math.exp(2 * s) - math.exp(s) - s)


check_too_good = Exercise(
    task="Say how many nats the ELBO of ten dimensions without the half is too good.",
    truth=10 * _not_charged(-3.0),
    rtol=0.002,
    mistakes={
        "this is one dimension, and ten are in use": _not_charged(-3.0),
        "the width that is drawn is exp(s), so that s itself is -3": (
            10 * _not_charged(-1.5)
        ),
        "the log-variance s = -3 stands in all terms, but the draws have the width "
        "exp(s)": 10 * 0.5 * (math.exp(-3.0) - 1 + 3.0),
        "the linear term has the wrong sign: s is negative": (
            10 * 0.5 * (math.exp(-6.0) - math.exp(-3.0) - 3.0)
        ),
    },
    hint="Eq. (12.7), for each dimension, then add. The divergence of what is drawn "
    "is larger than the one that is charged.",
)

Sampler = Callable[..., Array]


def _samplers() -> list[Sampler]:
    """Sampling layers in NumPy: right, half, constant, too wide, too narrow."""

    def layer(seed: int, draw: Callable[[Array, Array], Array]) -> Sampler:
        rng = np.random.default_rng(seed)

        def sampling(
            z_mean: Any, z_log_var: Any, n_samples: int | None = None
        ) -> Array:
            mean, log_var = (np.asarray(a, "float32") for a in (z_mean, z_log_var))
            shape = mean.shape if n_samples is None else (n_samples, *mean.shape)
            noise = rng.standard_normal(shape).astype("float32")
            return mean + draw(log_var, noise)

        return sampling

    return [
        layer(0, lambda v, e: np.exp(0.5 * v) * e),
        layer(1, lambda v, e: np.exp(v) * e),
        layer(2, lambda v, e: np.exp(0.5 * v) * np.ones_like(e)),
        layer(3, lambda v, e: 1.5 * np.exp(0.5 * v) * e),
        layer(4, lambda v, e: e),
    ]


def _verdicts(answer: Any) -> list:
    """Whether each of the layers passes."""
    return [[bool(np.all(_said(answer(layer)))) for layer in _samplers()]]


def _said(verdict: Any) -> Any:
    if verdict is None or isinstance(verdict, str):
        raise TypeError("return True if the layer draws from q, else False")
    return verdict


def _moments(layer: Sampler, mean: float, log_vars: Any, n: int = 5_000) -> tuple:
    """Mean in widths off the right one, variance over the right one."""
    v = np.tile(np.asarray(log_vars, "float32"), (n, 1))
    z = np.asarray(layer(np.full_like(v, mean), v))
    off = np.abs(z.mean(axis=0) - mean) / np.exp(0.5 * v[0])
    return off, z.var(axis=0) / np.exp(v[0])


def _tests(log_vars: Any, look_at: str = "both") -> Callable[[Sampler], bool]:
    """A test of a sampling layer at some log-variances."""

    def passes(layer: Sampler) -> bool:
        off, ratio = _moments(layer, 1.0, log_vars)
        mean_is_right = np.all(off < 4 / math.sqrt(5_000))
        width_is_right = np.all(np.abs(ratio - 1) < 4 * math.sqrt(2 / 5_000))
        seen = {"mean": mean_is_right, "width": width_is_right}
        return bool(seen.get(look_at, mean_is_right and width_is_right))

    return passes


check_sampler_test = Exercise(
    task="Write a test that passes only layers that draw from q.",
    truth=_tests([-3.0, 1.0]),
    observe=_verdicts,
    mistakes={
        "every layer passes, the constant one too": lambda layer: layer is not None,
        "it refuses every layer, the right one too: allow for the noise of a mean": (
            lambda layer: layer is None
        ),
        "layers of the wrong width pass: a mean does not show it": _tests(
            [-3.0, 1.0], "mean"
        ),
        "at a log-variance of 0 the missing half does not show": _tests([0.0]),
        "right and wrong are interchanged": lambda layer: (
            not _tests([-3.0, 1.0])(layer)
        ),
    },
    hint="Draw thousands of codes at a mean and log-variances of your choice, and "
    "compare two moments with what q has, within a few standard errors.",
    remark="It also refused two samplers that the chapter has not shown.",
)

check_lost_gradient = Exercise(
    task="Give the gradient's norm with the bug over that without: distortion, rate.",
    truth=[0.0, 1.0],
    rtol=1e-3,
    atol=1e-3,
    mistakes={
        "the two are interchanged: which of them needs the sample?": [1.0, 0.0],
        "with a closed form the rate needs no sample": [0.0, 0.0],
        "the distortion still has its gradient: was the bug switched on?": [1.0, 1.0],
    },
    hint="Divide the norm with the bug by the norm without it. Only what passes "
    "through the sample can be lost.",
    remark="The encoder then learns from the rate alone, and ignores the images.",
)

_BATCH = tuple(np.random.default_rng(1).gamma(5.0, size=(3, 16)))


def _slips(distortion: Array, rate: Array, weights: Array) -> tuple:
    table = distortion + rate[:, None]
    honest = np.mean(weights * (distortion + rate))
    plain = np.mean(table) - np.mean(distortion + rate)
    return plain, np.mean(weights * table) - honest


check_slips = Exercise(
    task="Say what rates of shape (B, 1) add to a plain and to a weighted mean.",
    truth=_slips,
    observe=each_result([_BATCH, tuple(part[:5] for part in _BATCH)]),
    mistakes={
        "the weighted difference has its sign turned round: slipped minus honest": (
            lambda d, r, w: (_slips(d, r, w)[0], -_slips(d, r, w)[1])
        ),
        "the two are interchanged: the plain mean comes first": lambda d, r, w: _slips(
            d, r, w
        )[::-1],
        "no table arises: give the rates the shape (B, 1)": lambda d, r, w: (0.0, 0.0),
        "it adds up the table instead of averaging it": lambda d, r, w: (
            np.sum(d + r[:, None]) - np.sum(d + r),
            np.sum(w * (d + r[:, None])) - np.sum(w * (d + r)),
        ),
        "the weights have the shape (B, 1), too, and meet the rates' images": (
            lambda d, r, w: (
                _slips(d, r, w)[0],
                np.mean(w[:, None] * (d + r[:, None])) - np.mean(w * (d + r)),
            )
        ),
    },
    hint="Return two differences, slipped minus honest: of the plain means, and of the "
    "means with weights of shape (B,).",
    remark="The mean of a table of sums is the sum of the means; weights break that.",
)

_SHAPE = (400, 2)


def _models() -> list[SimpleNamespace]:
    """Two encoders with sampling layers in NumPy: right, and without the half."""
    rng = np.random.default_rng(2)
    z_mean = rng.normal(size=_SHAPE).astype("float32")
    z_log_var = (-2.0 + 0.5 * rng.normal(size=_SHAPE)).astype("float32")
    return [
        SimpleNamespace(encode=lambda x: (z_mean, z_log_var), sampling=layer)
        for layer in _samplers()[:2]
    ]


def _gaps(answer: Any) -> list:
    """The number for both, without its sign: either sign gives an alarm."""
    images = np.zeros((_SHAPE[0], 2, 2, 1), "float32")
    return [abs(np.asarray(answer(model, images))) for model in _models()]


def _gap(vae: Any, x: Array, prior: bool = True, at_code: bool = True) -> Array:
    """Sampled log q(z|x) - log p(z) minus the divergence in closed form: (B,)."""
    z_mean, z_log_var = vae.encode(x)
    z = vae.sampling(z_mean, z_log_var, n_samples=64)
    spread = (z - z_mean) ** 2 * np.exp(-z_log_var) if at_code else 1.0
    log_q = -0.5 * np.sum(math.log(2 * math.pi) + z_log_var + spread, axis=-1)
    log_p = -0.5 * np.sum(math.log(2 * math.pi) + z**2, axis=-1)
    kl = 0.5 * np.sum(z_mean**2 + np.exp(z_log_var) - 1 - z_log_var, axis=-1)
    return np.mean(log_q - prior * log_p, axis=0) - kl


check_discrepancy = Exercise(
    task="Write a number that shows a sampler without the half while a model trains.",
    truth=lambda vae, x: np.mean(_gap(vae, x)),
    observe=_gaps,
    rtol=0.05,
    atol=0.05,
    mistakes={
        "the prior's log density is missing: it is not zero for the right code": (
            lambda vae, x: np.mean(_gap(vae, x, prior=False))
        ),
        "it is zero for both: log q has to be taken at the codes that were drawn": (
            lambda vae, x: 0.0
        ),
        "it adds up the images, whose average is asked for": lambda vae, x: np.sum(
            _gap(vae, x)
        ),
        "it averages over the latent dimensions, which are to be added": (
            lambda vae, x: np.mean(_gap(vae, x)) / _SHAPE[1]
        ),
        "log q is taken with the spread it should have, not with that of the codes": (
            lambda vae, x: np.mean(_gap(vae, x, at_code=False))
        ),
    },
    hint="The rate can be had twice: in closed form, and as the mean of log q(z|x) - "
    "log p(z) at codes from `vae.sampling`. Use `vae.encode` and `vae.sampling` only.",
)
