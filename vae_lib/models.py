r"""The variational autoencoder: an encoder, a decoder, a likelihood, one objective."""

import functools
import math

import keras
import numpy as np
from keras import ops

from vae_lib._checks import real, seed_or_none, whole
from vae_lib._images import check_scale
from vae_lib.distributions import (
    log_standard_normal,
    require_same_shape,
    require_shape,
)
from vae_lib.layers import Sampling
from vae_lib.likelihoods import Likelihood
from vae_lib.objectives import elbo_terms


def _checking(name):
    """Keras's method of that name, which first looks at images that are no tensors."""
    inherited = getattr(keras.Model, name)

    @functools.wraps(inherited)
    def method(self, x=None, *args, **kwargs):
        check_scale(x, "x")
        held_out = kwargs.get("validation_data")
        if held_out is not None:
            first = held_out[0] if isinstance(held_out, tuple | list) else held_out
            check_scale(first, "validation_data")
        return inherited(self, x, *args, **kwargs)

    return method


class _Dial:
    """Holds a variable that Keras does not save: it is set, not learned."""

    def __init__(self, dtype, name):
        self.variable = keras.Variable(
            "ones", shape=(), dtype=dtype, trainable=False, name=name
        )


@keras.saving.register_keras_serializable(package="vae_lib")
class VAE(keras.Model):
    r"""A VAE with prior :math:`p(z) = \mathcal{N}(0, I)`, trained on the ELBO.

    .. math:: \text{loss} = \frac1B \sum_{i=1}^{B}
        \Big( \underbrace{-\tfrac1L \textstyle\sum_l \log p(x_i \mid z_{il})}
        _{\text{distortion}} + \beta\, \underbrace{\mathrm{KL}\big(q(z \mid x_i)
        \,\|\, p(z)\big)}_{\text{rate}} \Big)

    The objective is ``compute_loss``, so ``fit``, ``evaluate`` and ``predict`` work
    on every Keras backend and cannot disagree about it. They refuse arrays of images
    that hold NaN or look like 0..255; what a data set yields is not looked at.

    ``beta``, ``n_samples``, ``seed`` and ``input_dropout`` are configuration, and so is
    a fixed variance of the likelihood: a ``.keras`` file brings them along, weights
    alone (``get_weights``, ``.weights.h5``, npz) do not, and leave them as they are.

    Args:
        encoder: a model ``x (B, ...) -> [z_mean (B, d), z_log_var (B, d)]``.
        decoder: a model ``z (B, d) -> x_logits (B, ...)``.
        likelihood: a layer of :mod:`vae_lib.likelihoods`.
        beta: weight of the rate; 1 is the ELBO. While a warm-up lasts, ``vae.beta`` is
            smaller, and what is saved is the value given.
        n_samples: the L of the report's Eq. (1): samples of z for each image.
        seed: seed of the noise.
        input_dropout: share of the pixels that the encoder does not see in training.
            The bound is still one: it holds for every q, also for one that looks at
            a part of the image (Im et al., 2017). It fights overfitting where most of
            it is, in the encoder.

    Raises:
        ValueError: if encoder and decoder do not fit, the likelihood is none,
            ``n_samples`` is below 1, ``beta`` is negative, ``seed`` is no whole number
            of at least 0 or ``input_dropout`` is not in [0, 1).
    """

    def __init__(
        self,
        encoder,
        decoder,
        likelihood,
        beta=1.0,
        n_samples=1,
        seed=None,
        input_dropout=0.0,
        name="vae",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        _check_networks(encoder, decoder)
        if not isinstance(likelihood, Likelihood):
            raise ValueError(
                "likelihood must be a layer of vae_lib.likelihoods, such as "
                f"likelihoods.Gaussian(); got {likelihood!r}."
            )
        self.encoder = encoder
        self.decoder = decoder
        self.likelihood = likelihood
        self.n_samples = whole("n_samples", n_samples)
        self.seed = seed_or_none(seed)
        self.sampling = Sampling(seed=self.seed)
        self.input_dropout = _check_dropout(input_dropout)
        self.hide_pixels = _make_dropout(self.input_dropout, self.seed, encoder)
        # A variable, so that a warm-up may change it between steps without retracing.
        self._dial = _Dial(self.variable_dtype, "beta")
        self.beta = beta
        self.elbo_tracker = keras.metrics.Mean(name="elbo")
        self.rate_tracker = keras.metrics.Mean(name="rate")
        self.distortion_tracker = keras.metrics.Mean(name="distortion")
        self.built = True
        self._build_shapes_dict = {"x": (None, *self.image_shape)}  # what export reads

    def __call__(self, *args, **kwargs):
        check_scale(args[0] if args else kwargs.get("x"), "x")
        return super().__call__(*args, **kwargs)

    fit = _checking("fit")
    evaluate = _checking("evaluate")
    predict = _checking("predict")
    train_on_batch = _checking("train_on_batch")
    test_on_batch = _checking("test_on_batch")

    @property
    def latent_dim(self):
        """Number of latent dimensions d."""
        return self.decoder.input_shape[-1]

    @property
    def image_shape(self):
        """Shape of one image, such as (28, 28, 1)."""
        return tuple(self.encoder.input_shape[1:])

    @property
    def beta(self):
        """Weight of the rate in the loss; assign to change it."""
        return float(ops.stop_gradient(self._beta.value))

    @beta.setter
    def beta(self, value):
        if not 0.0 <= real(value) < math.inf:
            raise ValueError(
                f"beta must be a finite number of at least 0, got {value!r}; "
                "1 gives the ELBO."
            )
        self._configured_beta = real(value)
        self._beta.assign(self._configured_beta)

    @property
    def _beta(self):
        return self._dial.variable

    def warm_beta(self, value):
        """Change ``beta`` for some steps; the configured value is what is saved."""
        self._beta.assign(value)

    @property
    def variables(self):
        """All state that a step reads, namely weights, beta and the states of seeds."""
        dial = self.__dict__.get("_dial")  # Keras asks before it is there
        return super().variables + ([] if dial is None else [dial.variable])

    def set_weights(self, weights):
        """Keras's, with the reason where a variance is learned on one side only."""
        fixed = getattr(self.likelihood, "fixed_variance", None)
        surplus = len(weights) - len(self.weights)
        if fixed is not None and surplus == 1:
            raise ValueError(
                f"The variance of this VAE is fixed at {fixed:.6g} and no weight, but "
                "the weights come with a learned one: build it with variance=None."
            )
        super().set_weights(weights)

    def load_own_variables(self, store):
        """Nothing to load: older files hold beta here, which is configuration."""

    def export(self, *args, **kwargs):
        """Keras's export; a VAE comes built, so it need not be called before."""
        if not self._called:
            self(np.zeros((1, *self.image_shape), self.input_dtype))
        return super().export(*args, **kwargs)

    def build(self, input_shape=None):
        """Nothing to do: encoder, decoder and likelihood come built."""
        self.built = True

    def encode(self, x, training=None):
        r"""Parameters of :math:`q(z \mid x)`.

        Args:
            x: images, ``(B, 28, 28, 1)``.
            training: as in Keras, for layers such as ``Dropout``; ``True`` also hides
                pixels from the encoder if ``input_dropout`` is set.

        Returns:
            ``(z_mean, z_log_var)``, each ``(B, d)``.

        Raises:
            ValueError: if the images have another shape.

        In the book: Eq. (6.1).
        """
        check_scale(x, "x")
        # Keras would squeeze or add a last axis, and so hide a missing one.
        require_shape("x", x, self.encoder.input_shape)
        if training and self.hide_pixels is not None:
            x = self.hide_pixels(x, training=True)
        z_mean, z_log_var = self.encoder(x, training=training)
        return z_mean, z_log_var

    def decode(self, z):
        r"""Mean image :math:`E[x \mid z]`, without the likelihood's noise.

        Args:
            z: codes, ``(B, d)``.

        Returns:
            ``(B, 28, 28, 1)``.
        """
        return self.likelihood.mean(self.decoder(z))

    def call(self, x):
        """Deterministic reconstruction: the mean image at the mean code."""
        z_mean, _ = self.encode(x)
        return self.decode(z_mean)

    def sample(self, n, noise=False, seed=None):
        r"""Images from the model: :math:`z \sim p(z)`, then :math:`x \sim p(x \mid z)`.

        Args:
            n: number of images, at least 1.
            noise: ``False`` gives the means :math:`E[x \mid z]`, which is what most
                books print as samples; ``True`` adds the likelihood's noise, and only
                then are they samples of the model.
            seed: repeats the images; ``None`` draws new ones.

        Returns:
            ``(n, 28, 28, 1)``.

        Raises:
            ValueError: if ``n`` is not a whole number of at least 1.
        """
        n, seed = whole("n", n), seed_or_none(seed)
        seeds = None if seed is None else keras.random.SeedGenerator(seed)
        dtype = self.decoder.inputs[0].dtype
        z = keras.random.normal((n, self.latent_dim), dtype=dtype, seed=seeds)
        x_logits = self.decoder(z)
        if noise:
            return self.likelihood.sample(x_logits, seed=seeds)
        return self.likelihood.mean(x_logits)

    def _draw_codes(self, x, n_samples, noise, training=None):
        """Images as a tensor, their posteriors, noise and codes, ``(K, B, d)`` each."""
        check_scale(x, "x")
        x = ops.convert_to_tensor(x, dtype=self.encoder.inputs[0].dtype)
        z_mean, z_log_var = self.encode(x, training)
        if noise is None:
            shape = (whole("n_samples", n_samples), *ops.shape(z_mean))
            noise = self.sampling.draw(shape, z_mean.dtype)
        else:
            noise = ops.convert_to_tensor(noise, dtype=z_mean.dtype)
        n_samples = ops.shape(noise)[0]
        z = self.sampling(z_mean, z_log_var, n_samples=n_samples, noise=noise)
        return x, z_mean, z_log_var, noise, z

    def _log_px_z(self, x, z, training=None):
        """Log likelihood of each image under each of its codes, ``(K, B)``."""
        n_samples, batch = ops.shape(z)[0], ops.shape(z)[1]
        flat_z = ops.reshape(z, (-1, self.latent_dim))  # (K * B, d)
        x_logits = self.decoder(flat_z, training=training)
        # (B, ...) -> (K * B, ...), in the order of flat_z.
        repeated = x if n_samples == 1 else ops.concatenate([x] * n_samples, axis=0)
        log_px_z = self.likelihood.log_prob(repeated, x_logits)
        return ops.reshape(log_px_z, (n_samples, batch))

    def log_weights(self, x, n_samples=1, noise=None):
        r"""Importance weights of the encoder's samples.

        .. math:: \log w_k = \log p(x \mid z_k) + \log p(z_k) - \log q(z_k \mid x)

        Their mean over k is an estimate of the ELBO, their log-mean-exp the IWAE bound.

        Args:
            x: images, ``(B, 28, 28, 1)``.
            n_samples: K, the number of samples for each image.
            noise: standard normal numbers ``(K, B, d)`` to use instead of drawing;
                their K counts, not ``n_samples``.

        Returns:
            ``(K, B)``, in nats.

        Raises:
            ValueError: if the images or the noise have another shape, or
                ``n_samples`` is not a whole number of at least 1.

        In the book: Eqs. (3.3), (3.4).
        """
        x, _, z_log_var, noise, z = self._draw_codes(x, n_samples, noise)
        log_px_z = self._log_px_z(x, z)
        # From the noise itself: (z - mean) / std loses it where the posterior is
        # narrower than the spacing of floats around its mean.
        log_qz_x = log_standard_normal(noise) - 0.5 * ops.sum(z_log_var, axis=-1)
        return log_px_z + log_standard_normal(z) - log_qz_x

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The negative ELBO with weight ``beta`` on the rate, averaged over the batch.

        Keras calls this from ``fit`` and from ``evaluate``. ``y_pred``, the
        deterministic reconstruction, is not used: compiled backends drop it.

        Args:
            x: images, ``(B, 28, 28, 1)``.
            y: not used; a VAE has no targets.
            y_pred: not used.
            sample_weight: ``(B,)`` or ``None``. Keras's ``fit`` drops weights that
                come without targets: write ``vae.fit(x, x, sample_weight=w)``.
            training: for layers such as ``Dropout`` in encoder and decoder; codes
                are sampled in both modes, since a bound is an average over samples.

        Returns:
            The loss, one number, in nats per image, plus the networks' own
            regularisation losses if they have any.
        """
        terms = self.elbo_terms(x, training=training)
        per_example = terms.distortion + self._beta * terms.rate  # (B,)
        if sample_weight is not None:
            require_same_shape(sample_weight=sample_weight, loss=per_example)
        self.elbo_tracker.update_state(terms.elbo, sample_weight)
        self.rate_tracker.update_state(terms.rate, sample_weight)
        self.distortion_tracker.update_state(terms.distortion, sample_weight)
        if sample_weight is not None:
            per_example = per_example * sample_weight
        return ops.mean(per_example) + sum(ops.sum(extra) for extra in self.losses)

    def elbo_terms(self, x, noise=None, training=None):
        """One estimate of the bound and its parts.

        Args:
            x: images, ``(B, 28, 28, 1)``.
            noise: standard normal numbers ``(L, B, d)`` to use instead of drawing.
            training: as in Keras, for layers such as ``Dropout``.

        Returns:
            :class:`vae_lib.objectives.ElboTerms`, each ``(B,)``, in nats.

        Raises:
            ValueError: if the images or the noise have another shape.

        In the book: Eqs. (3.6), (6.4).
        """
        draw = self._draw_codes(x, self.n_samples, noise, training)
        x, z_mean, z_log_var, _, z = draw
        return elbo_terms(self._log_px_z(x, z, training), z_mean, z_log_var)

    def get_config(self):
        serialise = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
            "encoder": serialise(self.encoder),
            "decoder": serialise(self.decoder),
            "likelihood": serialise(self.likelihood),
            "beta": self._configured_beta,
            "n_samples": self.n_samples,
            "seed": self.seed,
            "input_dropout": self.input_dropout,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        for part in ("encoder", "decoder", "likelihood"):
            config[part] = keras.saving.deserialize_keras_object(
                config[part], custom_objects=custom_objects
            )
        return cls(**config)


def _check_dropout(rate):
    if not 0.0 <= real(rate) < 1.0:
        raise ValueError(f"input_dropout must be in [0, 1), got {rate!r}.")
    return real(rate)


def _make_dropout(rate, seed, encoder):
    """The layer that hides pixels from the encoder, or None."""
    if not rate:
        return None
    seed = None if seed is None else (seed + 1) % 2**32  # not the noise of the codes
    return keras.layers.Dropout(
        rate, seed=seed, dtype=encoder.inputs[0].dtype, name="hide_pixels"
    )


def _check_networks(encoder, decoder):
    for name, network in (("encoder", encoder), ("decoder", decoder)):
        if not isinstance(network, keras.Model) or not hasattr(network, "outputs"):
            raise ValueError(
                f"{name} must be a functional Keras model, such as "
                f"networks.mlp_{name}(2); got {network!r}."
            )
    if len(encoder.outputs) != 2:
        raise ValueError(
            "encoder must return two tensors, z_mean and z_log_var; it returns "
            f"{len(encoder.outputs)}."
        )
    d_mean, d_log_var = (output.shape[-1] for output in encoder.outputs)
    d_decoder = decoder.input_shape[-1]
    if not d_mean == d_log_var == d_decoder:
        raise ValueError(
            f"latent_dim differs: z_mean {d_mean}, z_log_var {d_log_var}, decoder "
            f"{d_decoder}. Build encoder and decoder with the same latent_dim."
        )
    if encoder.input_shape != decoder.output_shape:
        raise ValueError(
            f"The encoder reads images of shape {encoder.input_shape[1:]} and the "
            f"decoder writes {decoder.output_shape[1:]}: they must be equal."
        )
