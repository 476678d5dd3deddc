"""The layers that Keras does not have: a reparameterised sample, a free constant."""

import keras
from keras import ops

from vae_lib._checks import seed_or_none, whole
from vae_lib.distributions import require_same_shape, require_shape


@keras.saving.register_keras_serializable(package="vae_lib")
class Sampling(keras.layers.Layer):
    r"""Draws :math:`z \sim q(z \mid x)` so that gradients reach mean and log-variance.

    .. math:: z = \mu + e^{\frac12 \log \sigma^2} \odot \varepsilon,
        \qquad \varepsilon \sim \mathcal{N}(0, I)

    The layer samples in training *and* in evaluation: the bound is an average over
    samples in both. For a deterministic code use the mean itself. It owns its
    generator, so two calls differ and the same seed repeats them.

    Source: Kingma & Welling (2013), section 2.4.

    In the book: Eqs. (4.2), (4.3), (6.2).
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed_or_none(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.built = True  # it has no weights to make

    def call(self, z_mean, z_log_var, n_samples=None, noise=None):
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
        require_same_shape(z_mean=z_mean, z_log_var=z_log_var)
        shape = ops.shape(z_mean)
        shape = shape if n_samples is None else (n_samples, *shape)
        if noise is not None:
            require_shape("noise", noise, shape)
        else:
            noise = self.draw(shape, z_mean.dtype)
        # The 0.5 turns a log-variance into a log standard deviation.
        return z_mean + ops.exp(0.5 * z_log_var) * noise

    def draw(self, shape, dtype):
        """Standard normal numbers, the next of this layer's generator."""
        return keras.random.normal(shape, dtype=dtype, seed=self.seed_generator)

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable(package="vae_lib")
class InputIndependent(keras.layers.Layer):
    """A learned vector that is the same for every example.

    The linear VAE needs it: in probabilistic PCA the posterior's covariance does not
    depend on the image.

    Args:
        units: length of the vector, at least 1.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = whole("units", units)

    def build(self, input_shape):
        self.vector = self.add_weight(
            shape=(self.units,), initializer="zeros", name="vector"
        )

    def call(self, inputs):
        batch = ops.shape(inputs)[0]
        return ops.broadcast_to(self.vector, (batch, self.units))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}
