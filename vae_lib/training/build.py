"""From a configuration to an untrained model."""

import keras

from vae_lib import likelihoods, networks
from vae_lib.models import VAE


def build_vae(config, image_shape=networks.IMAGE_SHAPE):
    """Build the VAE that a configuration describes, with its first weights.

    The linear network gets the identity link, under which it is probabilistic PCA.

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
    encoder, decoder = networks.build(config.network, config.latent_dim, image_shape)
    likelihood = likelihoods.build(config.likelihood, **settings)
    return VAE(
        encoder,
        decoder,
        likelihood,
        beta=config.beta,
        n_samples=config.n_samples,
        seed=config.seed,
    )
