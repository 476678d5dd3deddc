"""The exercises of chapter 6, on the multilayer-perceptron VAE."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from vae_lib import results
from vae_lib._types import Array
from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import Values

__all__ = [
    "check_drawn_rate",
    "check_encoder_head",
    "check_fixed_variance",
    "check_kl_weights",
    "check_vae_loss",
]

_PIXELS = 784


def _fixed_variance_elbo(mse: float, rate: float, variance: float) -> float:
    """Eq. (6.3) at its own squared error, less the rate."""
    log_norm = math.log(2 * math.pi * variance)
    return -0.5 * _PIXELS * (mse / variance + log_norm) - rate


check_fixed_variance = Exercise(
    task="Write the ELBO of a network whose pixel variance is set by hand.",
    truth=_fixed_variance_elbo,
    cases=[(0.04, 6.0, 1.0), (0.05, 2.0, 0.5), (0.02, 9.0, 0.01)],
    mistakes={
        "the constant is missing: a density has log(2 pi variance) for each pixel": (
            lambda mse, rate, v: -0.5 * _PIXELS * mse / v - rate
        ),
        "this is one pixel less the rate; log densities of 784 pixels add up": (
            lambda mse, rate, v: _fixed_variance_elbo(mse, 0, v) / _PIXELS - rate
        ),
        "the factor of one half is missing from the log density": (
            lambda mse, rate, v: 2 * _fixed_variance_elbo(mse, 0, v) - rate
        ),
        "the rate is added: the ELBO is the reconstruction term minus the rate": (
            lambda mse, rate, v: _fixed_variance_elbo(mse, -rate, v)
        ),
        "the variance is taken for a standard deviation": lambda mse, rate, v: (
            _fixed_variance_elbo(mse, rate, v**2)
        ),
        "this is the loss; the ELBO is asked for, which is minus the loss": (
            lambda mse, rate, v: -_fixed_variance_elbo(mse, rate, v)
        ),
    },
    hint="Eq. (6.3) for an image whose squared error is 784 times that of a pixel; "
    "then take the rate into account.",
    remark="Nobody sees from the loss alone that the variance is wrong.",
)


def _vae_loss(
    x: Array,
    x_mean: Array,
    log_variance: float,
    z_mean: Array,
    z_log_var: Array,
    beta: float,
    *,
    add_pixels: Callable = np.sum,
    add_latents: Callable = np.sum,
    n_pixels: float | None = None,
    of_distortion: float = 1.0,
) -> Values:
    """Distortion + beta * rate, with one row of pictures for each code."""
    n = math.prod(x.shape[1:]) if n_pixels is None else n_pixels
    error = (x - x_mean) ** 2
    squared = add_pixels(error, axis=(-3, -2, -1)) / np.exp(log_variance)  # (L, B)
    distortion = 0.5 * (squared + n * (np.log(2 * np.pi) + log_variance))
    terms = z_mean**2 + np.exp(z_log_var) - 1 - z_log_var
    rate = 0.5 * add_latents(terms, axis=-1)  # (B,)
    return np.mean(of_distortion * distortion + beta * rate)


def _batch(seed: int, shape: tuple[int, ...], n_codes: int, latent_dim: int) -> tuple:
    """Images, pictures of means for each code, a log-variance, and a posterior."""
    rng = np.random.default_rng(seed)
    x, x_mean = rng.random(shape), rng.random((n_codes, *shape))
    z_mean, z_log_var = rng.standard_normal((2, shape[0], latent_dim))
    return x, x_mean, -2.0 + seed / 2, z_mean, z_log_var - 1


check_vae_loss = Exercise(
    task="Write the loss of a VAE with several codes for each image.",
    truth=_vae_loss,
    cases=[
        (*_batch(0, (5, 4, 4, 1), 1, 2), 1.0),
        (*_batch(1, (3, 6, 5, 2), 4, 3), 0.5),
    ],
    mistakes={
        "the pixels are averaged, while the latent dimensions are added: add both": (
            functools.partial(_vae_loss, add_pixels=np.mean, n_pixels=1)
        ),
        "the rate is averaged over the latent dimensions, which are to be added": (
            functools.partial(_vae_loss, add_latents=np.mean)
        ),
        "log(2 pi) and the log-variance count once for each pixel, not once": (
            functools.partial(_vae_loss, n_pixels=1)
        ),
        "the constant terms of the Gaussian are missing": (
            functools.partial(_vae_loss, n_pixels=0)
        ),
        "784 is the size of this book's images, and these are of another": (
            functools.partial(_vae_loss, n_pixels=784)
        ),
        "the rate is subtracted: a loss is the distortion plus the rate": (
            lambda x, m, v, z, s, b: _vae_loss(x, m, v, z, s, -b)
        ),
        "beta multiplies the distortion; it is a weight on the rate": (
            lambda x, m, v, z, s, b: _vae_loss(x, m, v, z, s, 1.0, of_distortion=b)
        ),
        "the log-variance of the pixels is taken for a log-standard deviation": (
            lambda x, m, v, z, s, b: _vae_loss(x, m, 2 * v, z, s, b)
        ),
        "the pictures are averaged before the error is taken; average the errors": (
            lambda x, m, v, z, s, b: _vae_loss(
                x, m.mean(axis=0, keepdims=True), v, z, s, b
            )
        ),
    },
    hint="First the distortion and the rate of each image, in nats, with sums over "
    "pixels and latent dimensions; then the mean over codes and images, once.",
    remark="The number of codes and the size of the batch do not change its scale.",
)


def _build_encoder(mean: Any = None, log_var: Any = None, chained: bool = False) -> Any:
    """The encoder of chapter 6, with activations of its heads."""
    import keras
    from keras import layers

    x = keras.Input((28, 28, 1))
    h = layers.Dense(512, activation="relu", name="hidden")(layers.Flatten()(x))
    z_mean = layers.Dense(2, activation=mean, name="z_mean")(h)
    log_var_of = layers.Dense(2, activation=log_var, name="z_log_var")
    return keras.Model(x, [z_mean, log_var_of(z_mean if chained else h)])


def _heads(build: Callable) -> list:
    """The number of parameters, and whether each head is linear in its weights."""
    encoder = build()
    images = np.random.default_rng(0).random((16, 28, 28, 1)).astype("float32")
    linear = []
    for i, name in enumerate(("z_mean", "z_log_var")):
        head, outputs = encoder.get_layer(name), []
        for factor in (1.0, -4.0):
            head.set_weights([factor * weight for weight in head.get_weights()])
            outputs.append(np.asarray(encoder(images)[i]))
        linear.append(np.allclose(outputs[1], -4 * outputs[0], rtol=1e-2, atol=1e-3))
    return [encoder.count_params(), *linear]


check_encoder_head = Exercise(
    task="Mend the encoder, so that its heads can say any mean and any log-variance.",
    truth=_build_encoder,
    observe=_heads,
    mistakes={
        "z_log_var still passes through an activation, which keeps numbers from it": (
            functools.partial(_build_encoder, log_var="relu")
        ),
        "z_mean now passes through an activation, and may be any number, too": (
            functools.partial(_build_encoder, mean="tanh")
        ),
        "both heads pass through an activation": (
            functools.partial(_build_encoder, mean="relu", log_var="relu")
        ),
        "z_log_var reads z_mean: both heads read the 512 hidden units": (
            functools.partial(_build_encoder, chained=True)
        ),
    },
    hint="Which numbers can the logarithm of a variance be, and which of them leave "
    "the head as it stands? Keep the names of the layers.",
    remark="With a ReLU there no code could be more exact than the prior.",
)

_WEIGHTS = (0, 0.1, 10, 50)


def _weighted_rates(factors: Sequence[float] = (1, 1, 1, 1)) -> list[float]:
    """What chapter 6 recorded for its KL weights."""
    recorded = results.load("06_mlp_vae")
    rates = [recorded[f"rate, KL weight {weight}"]["value"] for weight in _WEIGHTS]
    return [rate * factor for rate, factor in zip(rates, factors, strict=True)]


check_kl_weights = Exercise(
    task="Give the mean rates that training with KL weights 0, 0.1, 10 and 50 leaves.",
    truth=_weighted_rates,
    mistakes={
        "they stand in the opposite order: a rate that costs more is smaller": lambda: (
            _weighted_rates()[::-1]
        ),
        "they are all the same: does the loss use beta?": lambda: (
            _weighted_rates()[:1] * 4
        ),
        "these are the rates times their weight; the rates are asked for": lambda: (
            _weighted_rates(_WEIGHTS)
        ),
        "these are sums over the 4,000 images; their mean is asked for": lambda: (
            _weighted_rates((4000,) * 4)
        ),
    },
    hint="Train a model for each weight, each from the same seed, and take the mean "
    "of its rates over the 4,000 training images.",
    remark="The KL weight is the price of a nat of rate.",
    rtol=0.4,
    atol=0.7,
    lazy=True,
)


def _drawn_rate(z_mean: Array, s: Array) -> Values:
    """Eq. (3.10) for the standard deviation exp(s)."""
    return 0.5 * np.sum(z_mean**2 + np.exp(2 * s) - 1 - 2 * s, axis=-1)


_HEADS = np.random.default_rng(3).standard_normal((2, 4, 2)) - 0.5

check_drawn_rate = Exercise(
    task="Write the rate of the Gaussian whose standard deviation is exp(s).",
    truth=_drawn_rate,
    cases=[(_HEADS[0], _HEADS[1]), (np.zeros((2, 3)), np.full((2, 3), -1.5))],
    mistakes={
        "this is the reported rate, in which s is the log-variance": lambda m, s: (
            _drawn_rate(m, s / 2)
        ),
        "the variance is that of the draws, and its logarithm is not": lambda m, s: (
            _drawn_rate(m, s) + 0.5 * np.sum(s, axis=-1)
        ),
        "the logarithm is that of the draws' variance, and the variance is not": (
            lambda m, s: _drawn_rate(m, s / 2) - 0.5 * np.sum(s, axis=-1)
        ),
        "the factor of one half is missing": lambda m, s: 2 * _drawn_rate(m, s),
        "the mean over all images is taken: one number for each is asked for": (
            lambda m, s: np.mean(_drawn_rate(m, s))
        ),
    },
    hint="If the standard deviation is exp(s), what is the log-variance? Then Eq. "
    "(3.10).",
)
