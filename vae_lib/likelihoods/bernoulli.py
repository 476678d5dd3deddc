"""Coins, one per pixel, and their continuous relatives for grey values."""

import math
from typing import Any

import keras
from keras import ops

from vae_lib._checks import same_shape
from vae_lib._types import Tensor
from vae_lib.likelihoods.base import Likelihood, as_tensors, sum_pixels, uniform


@keras.saving.register_keras_serializable(package="vae_lib")
class Bernoulli(Likelihood):
    r"""One coin per pixel; the decoder's output is the log-odds :math:`a`.

    .. math:: \log p(x \mid z) = \sum_i \left( x_i a_i - \log(1 + e^{a_i}) \right)

    For x in {0, 1} this is a log probability. For grey x in (0, 1) it is no likelihood
    of x, but the average log likelihood of images binarised at random with
    probability x, so its ELBO is a valid bound for *those* images.

    In the book: Eqs. (11.1), (11.2), (11.4).

    >>> from keras import ops
    >>> from vae_lib.likelihoods import Bernoulli
    >>> x, x_logits = ops.ones((1, 2, 2, 1)), ops.zeros((1, 2, 2, 1))  # four fair coins
    >>> print(f"{float(Bernoulli().log_prob(x, x_logits)[0]):.4f}")
    -2.7726
    """

    highest = 0.0

    def log_prob(self, x: Tensor, x_logits: Tensor) -> Tensor:
        x, x_logits = as_tensors(x, x_logits)
        same_shape(x=x, x_logits=x_logits)
        return sum_pixels(x * x_logits - ops.softplus(x_logits))

    def mean(self, x_logits: Tensor) -> Tensor:
        return ops.sigmoid(x_logits)

    def sample(self, x_logits: Tensor, seed: Any = None) -> Tensor:
        u = uniform(x_logits, seed)
        return ops.cast(u < ops.sigmoid(x_logits), x_logits.dtype)

    def _natural(self, x_logits: Tensor) -> tuple[Tensor, Tensor]:
        return x_logits, sum_pixels(ops.softplus(x_logits))


@keras.saving.register_keras_serializable(package="vae_lib")
class ContinuousBernoulli(Likelihood):
    r"""The Bernoulli formula, normalised over grey values in [0, 1].

    .. math:: \log p(x \mid z) = \sum_i \left( x_i a_i - \log(1 + e^{a_i})
        + \log C(a_i) \right), \qquad C(a) = \frac{a}{\tanh(a / 2)}

    Source: Loaiza-Ganem & Cunningham (2019), Eq. (6), whose
    :math:`2 \tanh^{-1}(1 - 2\lambda) / (1 - 2\lambda)` is this C in terms of the
    logit :math:`a` of :math:`\lambda`: the logit form has no cancellation to guard
    except at a = 0, where C = 2.

    In the book: Eqs. (11.1), (11.2).

    >>> from keras import ops
    >>> from vae_lib.likelihoods import ContinuousBernoulli
    >>> x, x_logits = ops.ones((1, 2, 2, 1)), ops.zeros((1, 2, 2, 1))  # any grey level
    >>> print(f"{abs(float(ContinuousBernoulli().log_prob(x, x_logits)[0])):.4f}")
    0.0000
    """

    # Below this |a| the Taylor series is exact to float32 and the quotient is not.
    SERIES_BELOW = 0.1

    def log_prob(self, x: Tensor, x_logits: Tensor) -> Tensor:
        x, x_logits = as_tensors(x, x_logits)
        same_shape(x=x, x_logits=x_logits)
        log_c = self.log_normalizer(x_logits)
        return sum_pixels(x * x_logits - ops.softplus(x_logits) + log_c)

    def log_normalizer(self, x_logits: Tensor) -> Tensor:
        """``log C`` per pixel, at least ``log 2``."""
        a = ops.abs(x_logits)
        small = a < self.SERIES_BELOW
        # `where` evaluates both branches: give each a harmless argument, or the
        # branch not taken poisons the gradient with NaN.
        safe = ops.where(small, ops.ones_like(a), a)
        decay = ops.exp(-safe)
        exact = ops.log(safe) + ops.log1p(decay) - ops.log1p(-decay)
        squared = ops.square(ops.where(small, a, ops.zeros_like(a)))
        series = math.log(2.0) + squared / 12.0 - 7.0 * ops.square(squared) / 1440.0
        return ops.where(small, series, exact)

    def mean(self, x_logits: Tensor) -> Tensor:
        a = ops.convert_to_tensor(x_logits)
        small = ops.abs(a) < self.SERIES_BELOW
        safe = ops.where(small, ops.ones_like(a), ops.abs(a))
        # expm1, not tanh: XLA's tanh is accurate to seven digits in float64 too.
        exact = -1.0 / ops.expm1(-safe) - 1.0 / safe
        exact = ops.where(a >= 0.0, exact, 1.0 - exact)
        series = 0.5 + a / 12.0 - a * ops.square(a) / 720.0
        return ops.where(small, series, exact)

    def sample(self, x_logits: Tensor, seed: Any = None) -> Tensor:
        """Inverse of the distribution function, at uniform random numbers."""
        u = uniform(x_logits, seed)
        a = ops.abs(x_logits)
        small = a < 1e-3  # there the density is flat to float32
        safe = ops.where(small, ops.ones_like(a), a)
        x = 1.0 + ops.log(u + (1.0 - u) * ops.exp(-safe)) / safe
        x = ops.clip(ops.where(small, u, x), 0.0, 1.0)
        return ops.where(x_logits >= 0.0, x, 1.0 - x)

    def _natural(self, x_logits: Tensor) -> tuple[Tensor, Tensor]:
        log_c = self.log_normalizer(x_logits)
        return x_logits, sum_pixels(ops.softplus(x_logits) - log_c)
