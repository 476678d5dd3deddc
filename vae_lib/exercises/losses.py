"""The exercises of chapter 12: what a loss means."""

import math
from typing import Any

import numpy as np

from vae_lib import losses
from vae_lib._types import Array
from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import each_result

__all__ = [
    "check_entropy_losses",
    "check_kl_weight_for",
    "check_largest_beta",
    "check_row",
    "check_sigma_of_batch",
]


def _row(**changes: Any) -> list[float]:
    """c, k, the standard deviation, and the KL weight at a variance of 0.04."""
    options: dict[str, Any] = {
        "over_pixels": "mean",
        "over_latents": "mean",
        "error_weight": 10.0,
        "image_shape": (28, 28, 1),
        "latent_dim": 16,
    }
    loss = losses.WrittenLoss("squared", **(options | changes))
    model = losses.implied_model(loss)
    sigma = model.sigma or 0.0
    return [loss.error_factor, loss.kl_factor, sigma, model.beta_at(0.04)]


_C, _K, _SIGMA, _BETA = _row()

check_row = Exercise(
    task="Write the row of a loss: c, k, sigma, and its KL weight at variance 0.04.",
    truth=[_C, _K, _SIGMA, _BETA],
    rtol=0.005,
    mistakes={
        "the third number is the variance, and its root is asked for": (
            [_C, _K, _SIGMA**2, _BETA]
        ),
        "the one half of the Gaussian's exponent is missing: divide k by 2 c": (
            [_C, _K, _SIGMA * math.sqrt(2), 2 * _BETA]
        ),
        "c: Keras's mse averages over all pixels": _row(over_pixels="sum"),
        "k: a plain `ops.mean` averages over the latent dimensions too": (
            _row(over_latents="sum")
        ),
        "c: the factor 10 before the error is left out": _row(error_weight=1.0),
        "the last number is turned round: how many times too heavy is the rate?": (
            [_C, _K, _SIGMA, 1 / _BETA]
        ),
    },
    hint="Count what each mean divides by, Eq. (12.2), then use Eq. (12.4). The order "
    "is c, k, sigma, and the KL weight beside a variance of 0.04.",
)


def _kl_weight_for(variance: float, image_shape: tuple) -> float:
    """Eq. (12.4) with c = 1 / D, solved for k."""
    return 2 * variance / math.prod(image_shape)


check_kl_weight_for = Exercise(
    task="Give the weight of the summed rate beside Keras's mse for a variance.",
    truth=_kl_weight_for,
    cases=[(0.04, (28, 28, 1)), (1.0, (32, 32, 3)), (0.25, (10,))],
    mistakes={
        "the number of pixels multiplies: mse has divided the error by it": (
            lambda variance, shape: 2 * variance * math.prod(shape)
        ),
        "the number of pixels is missing: mse has divided the error by it": (
            lambda variance, shape: 2 * variance
        ),
        "colours count as well as height and width": lambda variance, shape: (
            2 * variance / math.prod(shape[:2])
        ),
        "the standard deviation stands where the variance belongs": (
            lambda variance, shape: 2 * math.sqrt(variance) / math.prod(shape)
        ),
    },
    hint="Eq. (12.4) gives the variance from k and c; here c is known and k wanted.",
)


def _sigma_of_batch(batch_size: int, n_pixels: int) -> float:
    return math.sqrt(batch_size * n_pixels / 2)


check_sigma_of_batch = Exercise(
    task="Give the sigma of a loss that averages the error over a batch, not the rate.",
    truth=_sigma_of_batch,
    cases=[(128, 784), (32, 784), (64, 3_072)],
    mistakes={
        "this is the variance, and its root is asked for": lambda batch, pixels: (
            batch * pixels / 2
        ),
        "the batch size is missing: only one of the two terms is divided by it": (
            lambda batch, pixels: math.sqrt(pixels / 2)
        ),
        "the batch size divides, which would need a rate that is averaged": (
            lambda batch, pixels: math.sqrt(pixels / 2 / batch)
        ),
        "the one half of the Gaussian's exponent is missing": lambda batch, pixels: (
            math.sqrt(batch * pixels)
        ),
        "the number of pixels is missing: the error is averaged over them too": (
            lambda batch, pixels: math.sqrt(batch / 2)
        ),
    },
    hint="What is c if the error is averaged over images and pixels, and what is k "
    "if the rate is added up over the images?",
)

_dice = np.random.default_rng(0)
_X = _dice.random((3, 4, 5, 1)).astype("float32")
_X_MEAN = (0.1 + 0.8 * _dice.random((3, 4, 5, 1))).astype("float32")
_KL = _dice.gamma(1.0, size=(3, 10)).astype("float32")


def _cross_entropy(reduce: Any = np.sum) -> float:
    each = -(_X * np.log(_X_MEAN) + (1 - _X) * np.log1p(-_X_MEAN))
    return float(np.mean(reduce(each, axis=(1, 2, 3))))


_H, _R = _cross_entropy(), float(np.mean(_KL))

check_entropy_losses = Exercise(
    task="Write the cross-entropy summed, plus the rate averaged, or summed.",
    truth=lambda x, x_mean, kl: (_H + _R, _H + 10 * _R),
    observe=each_result([(_X, _X_MEAN, _KL)]),
    mistakes={
        "the two are interchanged: the averaged rate comes first": (
            lambda x, x_mean, kl: (_H + 10 * _R, _H + _R)
        ),
        "both rates are averaged over the latent dimensions": (
            lambda x, x_mean, kl: (_H + _R, _H + _R)
        ),
        "the rate is subtracted: both terms of a loss are to be small": (
            lambda x, x_mean, kl: (_H - _R, _H - 10 * _R)
        ),
        "the cross-entropy is averaged over the pixels, which are to be added": (
            lambda x, x_mean, kl: tuple(_H / 20 + n * _R for n in (1, 10))
        ),
        "the images are added up, and their average is asked for": (
            lambda x, x_mean, kl: (3 * (_H + _R), 3 * (_H + 10 * _R))
        ),
    },
    hint="Keras's `binary_crossentropy` averages over the last axis only, which here "
    "holds one number. `kl` has a row an image and a column a latent dimension.",
    remark="The averaged rate counts a tenth, with ten latent dimensions.",
)


def _largest_beta(eigenvalues: Array) -> float:
    return float(np.max(eigenvalues) / np.mean(eigenvalues))


check_largest_beta = Exercise(
    task="Give the largest KL weight at which a first latent dimension can be used.",
    truth=_largest_beta,
    cases=[(np.array([6.0, 2.0, 1.0, 1.0, 0.5]),), (np.array([3.0, 3.0, 0.0]),)],
    mistakes={
        "the MSE of a pixel is a mean: divide the sum by the number of pixels": (
            lambda e: np.max(e) / np.sum(e)
        ),
        "the share is turned round": lambda e: np.mean(e) / np.max(e),
        "no code is used yet: the first eigenvalue belongs to the error, too": (
            lambda e: np.max(e) / np.mean(e[1:])
        ),
        "an eigenvalue is a variance already: take no root": lambda e: math.sqrt(
            _largest_beta(e)
        ),
    },
    hint="The dimension lives if its eigenvalue exceeds the variance that the networks "
    "feel, Eq. (12.6); the sum of all eigenvalues is the variance of all pixels.",
)
