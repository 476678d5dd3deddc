r"""The variational autoencoder: an encoder, a decoder, a likelihood, one objective."""

from typing import Any

import keras
from keras import ops

from vae_lib._checks import fraction, of_shape, same_shape, seed_or_none, whole
from vae_lib._images import check_scale
from vae_lib._keras_model import ImageModel, check_parts
from vae_lib._tensors import to_tensor
from vae_lib._types import Shape, Tensor
from vae_lib.distributions import log_standard_normal
from vae_lib.layers import Sampling, hidden_pixels
from vae_lib.likelihoods import Likelihood
from vae_lib.objectives import ElboTerms, elbo_terms

__all__ = ["VAE"]


@keras.saving.register_keras_serializable(package="vae_lib")
class VAE(ImageModel):
    r"""A VAE with prior :math:`p(z) = \mathcal{N}(0, I)`, trained on the ELBO.

    .. math:: \text{loss} = \frac1B \sum_{i=1}^{B}
        \Big( \underbrace{-\tfrac1L \textstyle\sum_l \log p(x_i \mid z_{il})}
        _{\text{distortion}} + \beta\, \underbrace{\mathrm{KL}\big(q(z \mid x_i)
        \,\|\, p(z)\big)}_{\text{rate}} \Big)

    The objective is ``compute_loss``, so ``fit``, ``evaluate`` and ``predict`` work
    on every Keras backend and cannot disagree about it. They refuse arrays of images
    that hold NaN or look like 0..255; a data set is looked at after the first epoch, if
    its loss is far out of the ordinary.

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
            a part of the image (Im et al., 2017). It fights the encoder's overfitting.
        name, kwargs: as in Keras; ``dtype`` is one of them.

    Raises:
        ValueError: if encoder and decoder do not fit, the likelihood is none,
            ``n_samples`` is below 1, ``beta`` is negative, ``seed`` is no whole number
            of at least 0 or ``input_dropout`` is not in [0, 1).

    >>> import numpy as np
    >>> from vae_lib import likelihoods, models, networks
    >>> vae = models.VAE(*networks.build("mlp", 2), likelihoods.Gaussian(), seed=0)
    >>> terms = vae.elbo_terms(np.zeros((3, 28, 28, 1), "float32"))
    >>> tuple(terms.elbo.shape)  # nats, one number for each image
    (3,)
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        likelihood: Likelihood,
        *,
        beta: float = 1.0,
        n_samples: int = 1,
        seed: int | None = None,
        input_dropout: float = 0.0,
        name: str = "vae",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        check_parts(encoder, decoder, likelihood)
        self.encoder = encoder
        self.decoder = decoder
        self.likelihood = likelihood
        self.beta = beta
        self.n_samples = whole("n_samples", n_samples)
        self.seed = seed_or_none(seed)
        self.sampling = Sampling(seed=self.seed)
        self.input_dropout = float(fraction("input_dropout", input_dropout))
        self.hide_pixels = hidden_pixels(self.input_dropout, self.seed, encoder)
        self.elbo_tracker = keras.metrics.Mean(name="elbo")
        self.rate_tracker = keras.metrics.Mean(name="rate")
        self.distortion_tracker = keras.metrics.Mean(name="distortion")
        self.built = True
        self._build_shapes_dict = {"x": (None, *self.image_shape)}  # what export reads

    @property
    def latent_dim(self) -> int:
        """Number of latent dimensions d."""
        return self.decoder.input_shape[-1]

    @property
    def image_shape(self) -> Shape:
        """Shape of one image, such as (28, 28, 1)."""
        return tuple(self.encoder.input_shape[1:])

    def encode(self, x: Tensor, training: bool | None = None) -> tuple[Tensor, Tensor]:
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
        return self._posterior(self._at_the_door(x), training)

    def decode(self, z: Tensor) -> Tensor:
        r"""Mean image :math:`E[x \mid z]`, without the likelihood's noise.

        Args:
            z: codes, ``(B, d)``.

        Returns:
            ``(B, 28, 28, 1)``.

        >>> import numpy as np
        >>> from vae_lib import pretrained
        >>> tuple(pretrained.load_pretrained("mlp", 2).decode(np.zeros((5, 2))).shape)
        (5, 28, 28, 1)
        """
        return self.likelihood.mean(self.decoder(z))

    def elbo_terms(
        self, x: Tensor, *, noise: Tensor | None = None, training: bool | None = None
    ) -> ElboTerms:
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
        x = self._at_the_door(x)
        z_mean, z_log_var = self._posterior(x, training)
        z, _ = self._draw_codes(z_mean, z_log_var, self.n_samples, noise)
        return elbo_terms(self._log_px_z(x, z, training), z_mean, z_log_var)

    def compute_loss(
        self,
        x: Tensor = None,
        y: Tensor | None = None,
        y_pred: Tensor | None = None,
        sample_weight: Tensor | None = None,
        training: bool = True,
    ) -> Tensor:
        """The negative ELBO with weight ``beta`` on the rate, averaged over the batch.

        Keras calls this from ``fit`` and from ``evaluate``. ``y_pred``, the
        deterministic reconstruction, is not used: compiled backends drop it.

        Args:
            x: images, ``(B, 28, 28, 1)``.
            y, y_pred: not used; a VAE has no targets.
            sample_weight: ``(B,)`` or ``None``. Keras's ``fit`` drops weights that
                come without targets: write ``vae.fit(x, x, sample_weight=w)``.
            training: for layers such as ``Dropout`` in encoder and decoder; codes
                are sampled in both modes, since a bound is an average over samples.

        Returns:
            One number, in nats per image, the networks' own losses included.
        """
        terms = self.elbo_terms(x, training=training)
        per_example = terms.distortion + self._beta * terms.rate  # (B,)
        if sample_weight is not None:
            same_shape(sample_weight=sample_weight, loss=per_example)
        self.elbo_tracker.update_state(terms.elbo, sample_weight)
        self.rate_tracker.update_state(terms.rate, sample_weight)
        self.distortion_tracker.update_state(terms.distortion, sample_weight)
        if sample_weight is not None:
            per_example = per_example * sample_weight
        return ops.mean(per_example) + sum(ops.sum(extra) for extra in self.losses)

    def log_weights(
        self, x: Tensor, n_samples: int = 1, *, noise: Tensor | None = None
    ) -> Tensor:
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
        x = self._at_the_door(x)
        z_mean, z_log_var = self._posterior(x)
        z, noise = self._draw_codes(z_mean, z_log_var, n_samples, noise)
        log_px_z = self._log_px_z(x, z)
        # From the noise itself: (z - mean) / std loses it where the posterior is
        # narrower than the spacing of floats around its mean.
        log_qz_x = log_standard_normal(noise) - 0.5 * ops.sum(z_log_var, axis=-1)
        return log_px_z + log_standard_normal(z) - log_qz_x

    def sample(self, n: int, *, noise: bool = False, seed: int | None = None) -> Tensor:
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

        >>> from vae_lib import pretrained
        >>> tuple(pretrained.load_pretrained("mlp", 2).sample(3, seed=0).shape)
        (3, 28, 28, 1)
        """
        n, seed = whole("n", n), seed_or_none(seed)
        seeds = None if seed is None else keras.random.SeedGenerator(seed)
        dtype = self.decoder.inputs[0].dtype
        z = keras.random.normal((n, self.latent_dim), dtype=dtype, seed=seeds)
        x_logits = self.decoder(z)
        if noise:
            return self.likelihood.sample(x_logits, seed=seeds)
        return self.likelihood.mean(x_logits)

    def call(self, x: Tensor) -> Tensor:
        """Deterministic reconstruction: the mean image at the mean code."""
        z_mean, _ = self.encode(x)
        return self.decode(z_mean)

    def _at_the_door(self, x: Tensor) -> Tensor:
        """The images as a tensor; all that follows trusts its shape."""
        check_scale(x, "x")
        x = to_tensor(x, like=self.encoder.inputs[0])
        of_shape("x", x, self.encoder.input_shape)  # Keras would add a missing axis
        return x

    def _posterior(
        self, x: Tensor, training: bool | None = None
    ) -> tuple[Tensor, Tensor]:
        if training and self.hide_pixels is not None:
            x = self.hide_pixels(x, training=True)
        return tuple(self.encoder(x, training=training))

    def _draw_codes(
        self, z_mean: Tensor, z_log_var: Tensor, n_samples: int, noise: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Codes and the noise that they are made of, ``(K, B, d)`` each."""
        if noise is None:
            shape = (whole("n_samples", n_samples), *ops.shape(z_mean))
            noise = self.sampling.draw(shape, z_mean.dtype)
        else:
            noise = to_tensor(noise, like=z_mean)
        n_samples = ops.shape(noise)[0]
        z = self.sampling(z_mean, z_log_var, n_samples=n_samples, noise=noise)
        return z, noise

    def _log_px_z(self, x: Tensor, z: Tensor, training: bool | None = None) -> Tensor:
        """Log likelihood of each image under each of its codes, ``(K, B)``."""
        n_samples, batch = ops.shape(z)[0], ops.shape(z)[1]
        flat_z = ops.reshape(z, (-1, self.latent_dim))  # (K * B, d)
        x_logits = self.decoder(flat_z, training=training)
        # (B, ...) -> (K * B, ...), in the order of flat_z.
        repeated = x if n_samples == 1 else ops.concatenate([x] * n_samples, axis=0)
        log_px_z = self.likelihood.log_prob(repeated, x_logits)
        return ops.reshape(log_px_z, (n_samples, batch))
