"""Weights of like size in all layers, so that half precision can hold them."""

import numpy as np
from numpy.typing import NDArray

from vae_lib._tensors import to_numpy
from vae_lib.models import VAE
from vae_lib.surgery.batch_norm import is_rectified
from vae_lib.surgery.standardise import heads_of


def even_layers(vae: VAE) -> NDArray[np.float64]:
    r"""Move powers of two between the encoder's rectified layers, in place.

    A rectified layer is homogeneous: for :math:`c > 0`

    .. math:: \max(0,\, c W a + c b) = c \max(0,\, W a + b),

    so a factor can move from one layer's weights to the next one's. Trained under
    batch normalisation the first layers grow, and what :func:`fold_batch_norm` leaves
    to the last can be smaller than float16's smallest normal number, 6e-5. Layer
    :math:`l` gets the factor :math:`2^{p_l}` that brings the root mean square of its
    kernel nearest to the geometric mean of all, and :math:`\sum_l p_l = 0`. Powers of
    two are exact, so the VAE computes what it computed.

    Args:
        vae: a :class:`vae_lib.models.VAE` whose encoder is a chain of layers with one
            rectified kernel after the other, and no normalisation between them.

    Returns:
        The powers :math:`p_l`, in the order of the layers, ``(n_layers,)``.

    Raises:
        ValueError: if a layer with weights before the heads is not rectified, as batch
            normalisation is not, if there is none, or a kernel is zero or not finite.

    In the book: the appendix on training.

    >>> from vae_lib import pretrained, surgery
    >>> vae = pretrained.load_pretrained("conv", 2)
    >>> int(surgery.even_layers(vae).sum())
    0
    """
    name, heads = vae.encoder.name, heads_of(vae.encoder)
    chain = [x for x in vae.encoder.layers if x.weights and x not in heads]
    for layer in chain:
        if not is_rectified(layer):
            raise ValueError(
                f"{layer.name!r} of {name!r} is no layer with activation='relu', and "
                "factors cannot move through it. If the encoder normalises batches, "
                "call fold_batch_norm first."
            )
    if not chain:
        raise ValueError(f"{name!r} has no layer with activation='relu' to even out.")
    squares = [
        np.mean(to_numpy(layer.kernel).astype("float64") ** 2) for layer in chain
    ]
    if not np.all(np.isfinite(squares)) or min(squares) == 0.0:
        raise ValueError(f"{name!r} has a kernel that is zero or not finite: train it.")
    size = 0.5 * np.log2(squares)
    power = np.round(size.mean() - size)
    power[-1] = -power[:-1].sum()
    for layer, own, so_far in zip(chain, power, np.cumsum(power), strict=True):
        layer.kernel.assign(to_numpy(layer.kernel) * np.float32(2.0**own))
        if layer.use_bias:
            layer.bias.assign(to_numpy(layer.bias) * np.float32(2.0**so_far))
    return power
