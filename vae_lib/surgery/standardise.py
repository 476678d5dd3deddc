"""Shift and scale the codes so that the rate is smallest, at the same distortion."""

from typing import NamedTuple

import keras
import numpy as np

from vae_lib._tensors import to_numpy
from vae_lib._types import Array, Images, Tensor, Verbose
from vae_lib.evaluation.aggregate import rates
from vae_lib.evaluation.codes import encode
from vae_lib.models import VAE


class Standardised(NamedTuple):
    """What :func:`standardise_codes` changed."""

    shift: Array  # (d,), subtracted from each latent
    scale: Array  # (d,), then divided by
    gain: float  # of the ELBO over the images, nats per image, at least 0


def standardise_codes(
    vae: VAE, x: Images, *, batch_size: int = 500, verbose: Verbose = "auto"
) -> Standardised:
    r"""Move and stretch the codes to where the ELBO is largest, exactly.

    The decoder begins with an affine layer :math:`Wz + b`. With
    :math:`z_j' = (z_j - c_j) / s_j`, a kernel stretched by :math:`s_j` and a bias moved
    by :math:`Wc` it computes what it did, so the distortion stays as it is, whatever c
    and s are. Only the rate changes, and it is smallest at

    .. math:: c_j = \operatorname{E}[\mu_j], \qquad
        s_j^2 = \operatorname{E}\big[(\mu_j - c_j)^2 + \sigma_j^2\big],

    the mean and the variance of the aggregate posterior, which then has mean 0 and
    variance 1 in every latent, as the prior has. Gradient descent reaches the same
    point in the end, but slowly: the decoder's gradients are far larger.

    Args:
        vae: a :class:`vae_lib.models.VAE` whose heads and whose decoder's first layer
            are dense; its weights are changed.
        x: the training images, ``(n, 28, 28, 1)``.
        batch_size: images computed at once.
        verbose: 1 shows a progress bar, ``"auto"`` does so in a terminal.

    Returns:
        :class:`Standardised`. The gain is the divergence of the Gaussian with the
        aggregate posterior's mean and variance from the prior,
        :math:`\frac12 \sum_j (c_j^2 + s_j^2 - 1 - \log s_j^2)` nats per image: what
        the rate has lost, in the mean over ``x``.

    Raises:
        ValueError: if a layer is not dense, or the images do not fit the model.

    Source: set the derivative of the closed-form divergence to zero.

    In the book: the appendix on training.

    >>> from vae_lib import data, pretrained, surgery
    >>> vae, x = pretrained.load_pretrained("mlp", 2), data.load_sample().x_train
    >>> bool(surgery.standardise_codes(vae, x, verbose=0).gain > 0.0)
    True
    """
    layers = _affine_layers(vae)
    z_mean, z_log_var = encode(vae, x, batch_size=batch_size, verbose=verbose)
    shift = z_mean.mean(axis=0)
    scale = np.sqrt(np.mean((z_mean - shift) ** 2 + np.exp(z_log_var), axis=0))
    gain = float(rates(shift, 2.0 * np.log(scale)))
    _transform(*layers, shift, scale)
    return Standardised(shift, scale, gain)


def heads_of(encoder: keras.Model) -> list[keras.layers.Layer]:
    """The layers that give the encoder's two outputs, mean and log-variance."""
    return [tensor._keras_history.operation for tensor in encoder.outputs]


def _affine_layers(
    vae: VAE,
) -> tuple[keras.layers.Layer, keras.layers.Layer, keras.layers.Layer]:
    """The two heads of the encoder and the first layer of the decoder."""
    mean_head, log_var_head = heads_of(vae.encoder)
    readers = [
        layer
        for layer in vae.decoder.layers
        if any(tensor is vae.decoder.inputs[0] for tensor in _inputs_of(layer))
    ]
    found = [mean_head, log_var_head, *readers]
    for layer in found:
        if not isinstance(layer, keras.layers.Dense) or not layer.use_bias:
            raise ValueError(
                f"Layer {layer.name!r} is no Dense layer with a bias, so its codes "
                "cannot be standardised: both heads of the encoder and the first layer "
                "of the decoder must be."
            )
    if len(readers) != 1:
        raise ValueError(
            f"{len(readers)} layers of the decoder read the code: standardise_codes "
            "needs exactly one."
        )
    if mean_head.activation is not keras.activations.linear:
        raise ValueError(f"The head {mean_head.name!r} must have no activation.")
    return mean_head, log_var_head, readers[0]


def _inputs_of(layer: keras.layers.Layer) -> list[Tensor]:
    if isinstance(layer, keras.layers.InputLayer):
        return []
    inputs = layer.input
    return list(inputs) if isinstance(inputs, list | tuple) else [inputs]


def _transform(
    mean_head: keras.layers.Layer,
    log_var_head: keras.layers.Layer,
    reader: keras.layers.Layer,
    shift: Array,
    scale: Array,
) -> None:
    """z' = (z - shift) / scale at the encoder, and back again in the decoder."""
    kernel = to_numpy(reader.kernel)  # (d, units)
    bias = to_numpy(reader.bias)  # (units,)
    reader.bias.assign(bias + shift @ kernel)
    reader.kernel.assign(scale[:, None] * kernel)
    mean_head.kernel.assign(to_numpy(mean_head.kernel) / scale)
    mean_head.bias.assign((to_numpy(mean_head.bias) - shift) / scale)
    log_var_head.bias.assign(to_numpy(log_var_head.bias) - 2.0 * np.log(scale))
