"""From a configuration to an untrained model."""

import contextlib
from collections.abc import Iterator

import keras

from vae_lib import likelihoods, networks
from vae_lib.models import VAE
from vae_lib.surgery import add_batch_norm
from vae_lib.training.config import TrainConfig

__all__ = ["build_vae"]


def build_vae(
    config: TrainConfig, image_shape: tuple[int, int, int] = networks.IMAGE_SHAPE
) -> VAE:
    """Build the VAE that a configuration describes, with its first weights.

    ``encoder_l2`` adds that many nats for each squared weight of the encoder's kernels
    to the loss of training; the reported ELBO is without them.

    The linear network gets the identity link, under which it is probabilistic PCA.

    With ``batch_norm`` the encoder has one layer more until training is done and
    :func:`vae_lib.surgery.fold_batch_norm` takes it out again.

    With a mixed ``precision`` the hidden layers compute in half precision. Their
    weights, the optimiser, what the networks return and all that the likelihood and
    the divergence make of it stay float32, so files and scores mean the same. For
    "mixed_float16", whose small gradients would vanish, Keras's ``compile`` scales the
    loss (``LossScaleOptimizer``).

    >>> from vae_lib import training
    >>> vae = training.build_vae(training.TrainConfig(network="linear"), (6, 6, 1))
    >>> vae.latent_dim
    2

    Args:
        config: a :class:`TrainConfig`. Its seed is set with
            ``keras.utils.set_random_seed``, so the same configuration gives the same
            weights on one backend.
        image_shape: ``(height, width, channels)``.

    Returns:
        A :class:`vae_lib.models.VAE`, not compiled.

    Raises:
        ValueError: if the network or the likelihood is unknown.
    """
    settings = {}
    if config.likelihood == "gaussian":
        link = "identity" if config.network == "linear" else "sigmoid"
        settings = {"variance": config.variance, "link": link}
    keras.utils.set_random_seed(config.seed)
    with _policy(config.precision):
        encoder, decoder = networks.build(
            config.network, config.latent_dim, image_shape
        )
        if config.batch_norm:
            encoder = add_batch_norm(encoder)
    if config.encoder_l2:
        _penalise(encoder, config.encoder_l2)
    likelihood = likelihoods.build(config.likelihood, **settings)
    policy = {} if config.precision == "float32" else {"dtype": config.precision}
    return VAE(
        encoder,
        decoder,
        likelihood,
        beta=config.beta,
        n_samples=config.n_samples,
        seed=config.seed,
        input_dropout=config.input_dropout,
        **policy,
    )


def _penalise(encoder: keras.Model, strength: float) -> None:
    """Charge for the kernels: most of a VAE's overfitting is its encoder's."""
    for layer in encoder.layers:
        if hasattr(layer, "kernel"):
            layer.kernel_regularizer = keras.regularizers.L2(strength)  # for get_config
            layer.kernel.regularizer = layer.kernel_regularizer


@contextlib.contextmanager
def _policy(precision: str) -> Iterator[None]:
    """Layers made in the block compute so; "float32" leaves Keras's own setting."""
    before = keras.config.dtype_policy()
    if precision != "float32":
        keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
