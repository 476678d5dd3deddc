"""The exercises of chapter 10, on posterior collapse."""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from vae_lib import results
from vae_lib._types import Array
from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import Values

__all__ = [
    "check_active_units",
    "check_best_networks",
    "check_felt_level",
    "check_last_variance",
    "check_steered_rate",
    "check_survivors",
]


def _active_units(z_mean: Array, threshold: float) -> int:
    """How many latent dimensions have means that vary over the images."""
    return int(np.sum(np.var(z_mean, axis=0) > threshold))


_SPREADS = np.array([1.0, 0.3, 0.15, 0.05, 0.005, 0.0])
_MEANS = np.random.default_rng(4).standard_normal((12, 6))
_MEANS = (_MEANS - _MEANS.mean(axis=0)) / _MEANS.std(axis=0)
_MEANS = _MEANS * _SPREADS + [0.0, 0.2, -0.1, 0.5, 0.0, 2.0]

check_active_units = Exercise(
    task="Count the active units of a batch of means.",
    truth=_active_units,
    cases=[(_MEANS, 0.01), (_MEANS, 0.001), (_MEANS[:, :2], 0.5)],
    mistakes={
        "the threshold is one of the variance, not of the standard deviation": (
            lambda z_mean, threshold: int(np.sum(z_mean.std(axis=0) > threshold))
        ),
        "it varies over the latent dimensions of an image; the images are rows": (
            lambda z_mean, threshold: _active_units(z_mean.T, threshold)
        ),
        "the mean over the images is not taken off: a constant is not active": (
            lambda z_mean, threshold: int(
                np.sum(np.mean(z_mean**2, axis=0) > threshold)
            )
        ),
        "this is their share; their number is asked for": lambda z_mean, threshold: (
            _active_units(z_mean, threshold) / z_mean.shape[1]
        ),
        "the dimensions that are not active are counted": lambda z_mean, threshold: (
            z_mean.shape[1] - _active_units(z_mean, threshold)
        ),
    },
    hint="One variance for each latent dimension, over the images, beside the "
    "threshold.",
    remark="A threshold of 0.01 is next to nothing in nats: report the rates, too.",
)


def _survivors(
    kl_weight: float, eigenvalues: Array, latent_dim: int, n_pixels: int
) -> int:
    """The mean error over n pixels has the noise n * weight / 2."""
    return int(np.sum(eigenvalues[:latent_dim] > n_pixels * kl_weight / 2))


_EIGENVALUES = np.array([5.0, 3.6, 3.2, 2.8, 2.5, 2.2, 1.7, 1.5, 1.1, 0.8])

check_survivors = Exercise(
    task="Count the latent dimensions that a mean squared error leaves alive.",
    truth=_survivors,
    cases=[
        (0.005, _EIGENVALUES, 10, 784),
        (0.005, _EIGENVALUES, 3, 784),
        (0.05, _EIGENVALUES, 10, 100),
        (0.5, _EIGENVALUES / 4, 10, 4),
    ],
    mistakes={
        "the pixels are averaged here; this is the noise of a sum": lambda w, e, n, p: (
            _survivors(w, e, n, 1)
        ),
        "a Gaussian has half the squared error over its variance": lambda w, e, n, p: (
            _survivors(2 * w, e, n, p)
        ),
        "eigenvalues are variances; they are compared with a standard deviation": (
            lambda w, e, n, p: int(np.sum(e[:n] > np.sqrt(p * w / 2)))
        ),
        "the code has no more dimensions than latent_dim": lambda w, e, n, p: (
            _survivors(w, e, len(e), p)
        ),
        "these are the dimensions that collapse": lambda w, e, n, p: (
            n - _survivors(w, e, n, p)
        ),
    },
    hint="Multiply the loss by what makes the rate's weight 1. Which variance does "
    "the squared error then belong to? A direction survives if it varies more.",
)


def _best_networks(variances: Array, rates: Array, half_errors: Array) -> Values:
    """At each variance (rows) the loss of every network (columns), Eq. (10.5)."""
    loss = half_errors + variances[:, None] * rates
    return variances[loss.argmin(axis=1)]


def _choice(loss: Callable, axis: int = 1) -> Callable:
    """Another loss, or another axis, than the right one."""

    def answer(variances: Array, rates: Array, half_errors: Array) -> Values:
        found = loss(variances[:, None], rates, half_errors)
        return variances[found.argmin(axis=axis)]

    return answer


_CURVE = (
    np.array([4.0, 2.0, 1.0, 0.5, 0.25]),
    np.array([0.5, 2.0, 5.0, 6.0, 9.0]),
    np.array([20.0, 15.5, 11.0, 10.8, 9.4]),
)

check_best_networks = Exercise(
    task="Say for each variance which network has the smallest loss there.",
    truth=_best_networks,
    cases=[_CURVE, tuple(values[:3] for values in _CURVE)],
    mistakes={
        "the rate is to be weighed with the variance that a row stands for": (
            _choice(lambda v, rate, half: half + rate + 0 * v)
        ),
        "the variance multiplies the error; by Eq. (10.5) it weighs the rate": (
            _choice(lambda v, rate, half: v * half + rate)
        ),
        "each network is asked where it does best; ask each variance for its best": (
            _choice(lambda v, rate, half: half + v * rate, axis=0)
        ),
        "this is the largest loss of each row": _choice(
            lambda v, rate, half: -(half + v * rate)
        ),
        "these are positions; the variances that stand there are asked for": (
            lambda v, rate, half: (half + v[:, None] * rate).argmin(axis=1)
        ),
    },
    hint="A table of losses, a row for each variance and a column for each network; "
    "then the place of the smallest number in each row.",
)


def _felt_level(
    beta: float, eigenvalues: Array, latent_dim: int, n_pixels: int
) -> float:
    """The level v = beta E(v) / D, a straight line for each number k of survivors."""
    for k in range(latent_dim + 1):
        level = beta * eigenvalues[k:].sum() / (n_pixels - beta * k)
        below = eigenvalues[k] if k < latent_dim else 0.0
        if level >= below:
            return level
    return math.nan


_SPECTRUM = np.array([6.0, 2.5, 1.0, 0.6, 0.3, 0.2, 0.1, 0.1])

check_felt_level = Exercise(
    task="Find the variance that the linear model learns under a KL weight beta.",
    truth=_felt_level,
    cases=[(1.0, _SPECTRUM, 3, 20), (4.0, _SPECTRUM, 3, 20), (1.0, _SPECTRUM, 2, 9)],
    mistakes={
        "this is half the squared error; E is all of it": lambda b, e, n, p: (
            _felt_level(b / 2, e, n, p)
        ),
        "beta is left out: the network feels beta times the variance": (
            lambda b, e, n, p: _felt_level(1.0, e, n, p)
        ),
        "this is the learned variance; the level that is felt is beta times it": (
            lambda b, e, n, p: _felt_level(b, e, n, p) / b
        ),
        "the directions beyond latent_dim are left out: their error stays": (
            lambda b, e, n, p: _felt_level(b, np.append(e[:n], 0.0), n, p)
        ),
        "there are no more survivors than latent_dim": lambda b, e, n, p: _felt_level(
            b, e, len(e), p
        ),
        "this is a standard deviation": lambda b, e, n, p: np.sqrt(
            _felt_level(b, e, n, p)
        ),
    },
    hint="The error at a level is the sum of what the code leaves: the level in the "
    "directions above it, the eigenvalue in the others. Find where v - beta E(v) / D "
    "changes its sign.",
    rtol=1e-3,
)


def _steered(penalty: Callable) -> type:
    """A VAE whose loss is the distortion plus a penalty of the rates."""
    from keras import ops

    from vae_lib import models

    class Steered(models.VAE):
        def compute_loss(self, x: Any = None, *unused: Any, **named: Any) -> Any:
            terms = self.elbo_terms(x)
            return ops.mean(terms.distortion) + penalty(ops, terms.rate)

    return Steered


def _losses(kind: Any) -> list:
    """The loss of a tiny VAE of this kind, for images with small and large rates."""
    import keras
    from keras import layers

    from vae_lib import likelihoods

    x = keras.Input((2, 2, 1))
    z_mean = layers.Dense(2, kernel_initializer="ones")(layers.Flatten()(x))
    z_log_var = layers.Dense(2, kernel_initializer="zeros")(layers.Flatten()(x))
    z = keras.Input((2,))
    grey = layers.Dense(4, kernel_initializer="zeros")(z)  # whatever the code is
    parts = (
        keras.Model(x, [z_mean, z_log_var]),
        keras.Model(z, layers.Reshape((2, 2, 1))(grey)),
    )
    vae = kind(*parts, likelihoods.Gaussian(6.0), seed=0)
    images = np.random.default_rng(0).random((5, 2, 2, 1)).astype("float32")
    return [float(vae.compute_loss(scale * images)) for scale in (0.15, 0.45, 1.0)]


def _made(penalty: Callable) -> Callable:
    return functools.partial(_steered, penalty)


check_steered_rate = Exercise(
    task="Write a VAE whose loss is the distortion plus 10 |mean rate - 1|.",
    truth=_made(lambda ops, rate: 10 * ops.abs(ops.mean(rate) - 1)),
    observe=_losses,
    mistakes={
        "this is still the loss of the VAE: is the method called compute_loss?": (
            _made(lambda ops, rate: ops.mean(rate))
        ),
        "the rate of each image is steered; the mean of the batch is asked for": (
            _made(lambda ops, rate: 10 * ops.mean(ops.abs(rate - 1)))
        ),
        "a rate below the target is rewarded: take the size of the difference": (
            _made(lambda ops, rate: 10 * (ops.mean(rate) - 1))
        ),
        "the difference is squared, so that its pull fades near the target": (
            _made(lambda ops, rate: 10 * (ops.mean(rate) - 1) ** 2)
        ),
        "the rate is charged as well, so that it is pulled below the target": (
            _made(lambda ops, rate: ops.mean(rate) + 10 * ops.abs(ops.mean(rate) - 1))
        ),
        "the factor of 10 is missing": (
            _made(lambda ops, rate: ops.abs(ops.mean(rate) - 1))
        ),
        "the sum over the batch is steered, not its mean": (
            _made(lambda ops, rate: 10 * ops.abs(ops.sum(rate) - 1))
        ),
    },
    hint="Take FreeBits as the model of such a class: terms.rate holds one rate for "
    "each image, and the loss is one number.",
    lazy=True,
)


def _recorded() -> Values:
    """Up to which variance the code pays, as the chapter recorded it."""
    known = results.load("10_posterior_collapse")
    names = [f"exercise 6: p = {p:g}, the code pays up to" for p in (0.5, 0.05)]
    return np.array([known[name]["value"] for name in names])


check_last_variance = Exercise(
    task="Give the largest variances at which the code of the spot world pays.",
    truth=_recorded,
    mistakes={
        "they stand in the wrong order: p = 0.5 comes first": lambda: _recorded()[::-1],
        "both are the threshold of small steps: begin each search at a code": lambda: (
            _recorded()[:1].repeat(2)
        ),
        "these are standard deviations": lambda: np.sqrt(_recorded()),
        "these are precisions, one over the variance": lambda: 1 / _recorded(),
    },
    hint="Start best_code at CODED, ask whether the bound is above that of no code, "
    "and halve an interval of variances until it is short.",
    remark="The rarer the spot, the further above the threshold its code survives.",
    rtol=0,
    atol=0.06,
    lazy=True,
)
