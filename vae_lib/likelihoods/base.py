r"""What every likelihood of images offers, and what they share."""

import math
from typing import Any

import keras
from keras import ops

from vae_lib._checks import same_shape, seed_or_none
from vae_lib._types import Tensor


class Likelihood(keras.layers.Layer):
    """The interface of a likelihood of images, given the decoder's output."""

    highest = math.inf  # log p of one pixel in [0, 1], in nats

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.built = True  # weights, if any, are made in the constructor

    def call(self, x_logits: Tensor) -> Tensor:
        """The mean image, ``(B, ...)``: calling a likelihood shows the picture."""
        return self.mean(x_logits)

    def log_prob(self, x: Tensor, x_logits: Tensor) -> Tensor:
        """Log likelihood of each image, ``(B,)``, in nats."""
        raise NotImplementedError

    def mean(self, x_logits: Tensor) -> Tensor:
        """Expected image, ``(B, ...)``."""
        raise NotImplementedError

    def sample(self, x_logits: Tensor, seed: Any = None) -> Tensor:
        """Random image, ``(B, ...)``: the mean with the likelihood's own noise.

        Args:
            x_logits: decoder outputs, ``(B, ...)``.
            seed: a whole number, a ``keras.random.SeedGenerator``, or ``None``.
        """
        raise NotImplementedError

    def log_prob_table(self, x: Tensor, x_logits: Tensor) -> Tensor:
        """Log likelihood of every image under every decoded code.

        Args:
            x: images, ``(B, ...)``.
            x_logits: decoder outputs of G codes, ``(G, ...)``.

        Returns:
            ``(B, G)``, in nats; one matrix product, because each likelihood here is
            an exponential family: ``log p = x . eta - a(eta) + c(x)``.

        Raises:
            ValueError: if an image and a decoder output differ in shape.
        """
        x, x_logits = as_tensors(x, x_logits)
        same_shape(**{"x[0]": x[0], "x_logits[0]": x_logits[0]})
        eta, log_normalizer = self._natural(x_logits)
        table = ops.matmul(flat(x), ops.transpose(flat(eta)))  # (B, G)
        return table - log_normalizer[None, :] + self._carrier(x)[:, None]

    def _natural(self, x_logits: Tensor) -> tuple[Tensor, Tensor]:
        """Natural parameters ``(G, ...)`` and log normalizers ``(G,)``."""
        raise NotImplementedError

    def _carrier(self, x: Tensor) -> Tensor:
        """The part ``c(x)`` that does not depend on the code, ``(B,)``."""
        return ops.zeros_like(flat(x)[:, 0])


def as_tensors(x: Tensor, x_logits: Tensor) -> tuple[Tensor, Tensor]:
    """Both as tensors, the images in the precision of the decoder's output."""
    x_logits = ops.convert_to_tensor(x_logits)
    return ops.convert_to_tensor(x, dtype=x_logits.dtype), x_logits


def flat(values: Tensor) -> Tensor:
    """``(B, 28, 28, 1) -> (B, 784)``."""
    return ops.reshape(values, (ops.shape(values)[0], -1))


def sum_pixels(values: Tensor) -> Tensor:
    """Sum over every axis but the first: ``(B, 28, 28, 1) -> (B,)``."""
    return ops.sum(flat(values), axis=1)


def uniform(x_logits: Tensor, seed: Any) -> Tensor:
    """Uniform random numbers in the shape of the decoder's output."""
    shape = ops.shape(x_logits)
    return keras.random.uniform(shape, dtype=x_logits.dtype, seed=as_seed(seed))


def as_seed(seed: Any) -> Any:
    """A seed as Keras takes it: NumPy's whole numbers are whole numbers, too."""
    is_generator = isinstance(seed, keras.random.SeedGenerator)
    return seed if is_generator else seed_or_none(seed)
