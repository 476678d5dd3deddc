"""The layers that Keras does not have: a reparameterised sample, a free constant."""

from typing import Any

import keras
from keras import ops

from vae_lib._checks import of_shape, same_shape, seed_or_none, whole
from vae_lib._types import Shape, Tensor

__all__ = ["InputIndependent", "Sampling"]


@keras.saving.register_keras_serializable(package="vae_lib")
class Sampling(keras.layers.Layer):
    r"""Draws :math:`z \sim q(z \mid x)` so that gradients reach mean and log-variance.

    .. math:: z = \mu + e^{\frac12 \log \sigma^2} \odot \varepsilon,
        \qquad \varepsilon \sim \mathcal{N}(0, I)

    The layer samples in training *and* in evaluation: the bound is an average over
    samples in both. For a deterministic code use the mean itself. It owns its
    generator, so two calls differ and the same seed repeats them.

    Args:
        seed: a whole number of at least 0, or ``None`` for a random one.
        **kwargs: as every Keras layer takes them, such as ``name``.

    Raises:
        ValueError: if the seed is neither.

    Source: Kingma & Welling (2013), section 2.4.

    In the book: Eqs. (4.2), (4.3), (6.2).

    >>> from keras import ops
    >>> from vae_lib.layers import Sampling
    >>> z = Sampling(seed=0)(ops.ones((5, 2)), ops.zeros((5, 2)), n_samples=3)
    >>> tuple(z.shape)
    (3, 5, 2)
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed_or_none(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.built = True  # it has no weights to make

    def call(
        self,
        z_mean: Tensor,
        z_log_var: Tensor,
        n_samples: int | None = None,
        noise: Tensor | None = None,
    ) -> Tensor:
        """Draw one sample, or ``n_samples`` of them, for each row.

        Args:
            z_mean: ``(B, d)``.
            z_log_var: ``(B, d)``, the logarithm of the variance, not of the
                standard deviation.
            n_samples: ``None`` for one sample without a sample axis, else K.
            noise: standard normal numbers to use instead of drawing them, in the
                shape of the result.

        Returns:
            ``z``, ``(B, d)``, or ``(K, B, d)`` with the samples first.

        Raises:
            ValueError: if the shapes differ; nothing is broadcast.
        """
        same_shape(z_mean=z_mean, z_log_var=z_log_var)
        shape = ops.shape(z_mean)
        shape = shape if n_samples is None else (n_samples, *shape)
        if noise is not None:
            of_shape("noise", noise, shape)
        else:
            noise = self.draw(shape, z_mean.dtype)
        # The 0.5 turns a log-variance into a log standard deviation.
        return z_mean + ops.exp(0.5 * z_log_var) * noise

    def draw(self, shape: Shape, dtype: str) -> Tensor:
        """Standard normal numbers, the next of this layer's generator."""
        return keras.random.normal(shape, dtype=dtype, seed=self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable(package="vae_lib")
class InputIndependent(keras.layers.Layer):
    """A learned vector that is the same for every example.

    The linear VAE needs it: in probabilistic PCA the posterior's covariance does not
    depend on the image.

    Args:
        units: length of the vector, at least 1.
        **kwargs: as every Keras layer takes them, such as ``name``.

    Raises:
        ValueError: if ``units`` is not a whole number of at least 1.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = whole("units", units)

    def build(self, input_shape: Shape) -> None:
        self.vector = self.add_weight(
            shape=(self.units,), initializer="zeros", name="vector"
        )

    def call(self, inputs: Tensor) -> Tensor:
        batch = ops.shape(inputs)[0]
        return ops.broadcast_to(self.vector, (batch, self.units))

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, int]:
        return (input_shape[0], self.units)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


def hidden_pixels(
    rate: float, seed: int | None, encoder: keras.Model
) -> keras.layers.Layer | None:
    """The layer that hides a share of the pixels from the encoder; None for none."""
    if not rate:
        return None
    seed = None if seed is None else (seed + 1) % 2**32  # not the noise of the codes
    dtype = encoder.inputs[0].dtype
    return keras.layers.Dropout(rate, seed=seed, dtype=dtype, name="hide_pixels")
