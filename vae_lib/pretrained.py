"""The book's trained models, shipped with the library."""

import json
from pathlib import Path
from typing import Any

from vae_lib import likelihoods, models, networks
from vae_lib.weights import assign_weights, read_npz

__all__ = ["index", "load_pretrained"]

_FOLDER = Path(__file__).with_name("_pretrained")


def index() -> dict[str, Any]:
    """What is shipped: ``{"mlp_2": {"sha256": ..., "config": {...}}, ...}``.

    >>> from vae_lib import pretrained
    >>> sorted(pretrained.index())[-3:]
    ['mlp_10', 'mlp_2', 'mlp_20']
    """
    return json.loads((_FOLDER / "index.json").read_text(encoding="utf-8"))


def load_pretrained(network: str, latent_dim: int) -> models.VAE:
    """Load a trained model; no network connection and no data is needed.

    The models have a Gaussian likelihood with one learned variance. They were trained
    on images 10,000 to 59,999 of MNIST's training file and chosen on images 6,000 to
    9,999; :func:`vae_lib.data.load_sample` holds none of either. After training,
    :func:`vae_lib.surgery.standardise_codes` gave their codes mean 0 and variance 1 in
    every latent, over the training images.

    Args:
        network: ``"mlp"``, ``"conv"`` or ``"conv_feature_map"``.
        latent_dim: number of latent dimensions d, 2, 10 or 20.

    Returns:
        A :class:`vae_lib.models.VAE`.

    Raises:
        ValueError: if no such model is shipped (the message lists those that are), or
            its file is not the one that was published.

    >>> from vae_lib import data, pretrained
    >>> vae = pretrained.load_pretrained("mlp", 2)
    >>> z_mean, z_log_var = vae.encode(data.load_sample().x_test[:5])
    >>> tuple(z_mean.shape)
    (5, 2)
    """
    shipped = index()
    name = f"{network}_{latent_dim}"
    if name not in shipped:
        known = ", ".join(
            f"({entry['config']['network']!r}, {entry['config']['latent_dim']})"
            for entry in shipped.values()
        )
        raise ValueError(
            f"No trained model for network={network!r}, latent_dim={latent_dim!r}. "
            f"Shipped are {known}; train your own with vae_lib.training.fit."
        )
    path = _FOLDER / f"{name}.npz"
    arrays = read_npz(path, sha256=shipped[name]["sha256"])
    encoder, decoder = networks.build(network, latent_dim)
    vae = models.VAE(encoder, decoder, likelihoods.Gaussian())
    assign_weights(vae, arrays, source=path.name)
    return vae
