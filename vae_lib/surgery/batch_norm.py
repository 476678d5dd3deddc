"""Batch normalisation of the encoder while it learns, and none once it has learnt."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from vae_lib._images import check_images
from vae_lib._tensors import to_numpy
from vae_lib._types import Images, Tensor
from vae_lib.models import VAE
from vae_lib.surgery.standardise import heads_of


def add_batch_norm(encoder: keras.Model) -> keras.Model:
    r"""Normalise the sums of the encoder's last hidden layer over each batch.

    A rectified unit, :math:`h_k = \max(0, s_k)` with :math:`s_k = w_k^\top a`, that is
    silent for every image has no gradient, so it never returns. Early in training many
    fall silent at once: Adam moves each weight by about the same step, no input of the
    layer is negative, and while all images pull one way, a few steps of thousands of
    weights carry the sum below zero for all of them. With

    .. math:: h_k = \max\Big(0, \gamma_k \frac{s_k - \operatorname{mean}(s_k)}
        {\sqrt{\operatorname{var}(s_k) + \epsilon}} + \beta_k\Big),

    mean and variance over the batch, a change that all images share changes nothing.
    After training they are running averages, numbers, and :func:`fold_batch_norm`
    makes them part of the weights.

    Args:
        encoder: a functional model whose two heads read one rectified dense layer, not
            trained yet: the new layer keeps its kernel and does without its bias. The
            layers before it are shared with the model that is returned.

    Returns:
        A functional model ``x -> [z_mean, z_log_var]``.

    Raises:
        ValueError: if there is no such layer.

    Source: Ioffe and Szegedy (2015), Algorithm 1.

    In the book: the appendix on training.
    """
    hidden = _hidden_layer(encoder)
    if not is_rectified(hidden) or not isinstance(hidden, keras.layers.Dense):
        raise ValueError(
            f"The heads of {encoder.name!r} read {hidden.name!r}: batch_norm needs one "
            "dense layer with activation='relu' that both read. Leave it False."
        )
    dense = _like(hidden, activation=None, use_bias=False)
    norm = keras.layers.BatchNormalization(
        dtype=hidden.dtype_policy, name=f"{hidden.name}_norm"
    )
    rectify = keras.layers.ReLU(dtype=hidden.dtype_policy, name=f"{hidden.name}_relu")
    h = rectify(norm(dense(hidden.input)))
    dense.kernel.assign(hidden.kernel)
    return _with_heads(encoder, h)


def fold_batch_norm(vae: VAE) -> VAE:
    r"""The same VAE without batch normalisation: its numbers go into the weights.

    .. math:: w_k' = \frac{\gamma_k}{\sqrt{v_k + \epsilon}}\, w_k, \qquad
        b_k' = \beta_k - \frac{\gamma_k}{\sqrt{v_k + \epsilon}}\, m_k,

    with the running mean m and variance v of the sums.

    Args:
        vae: a :class:`vae_lib.models.VAE` whose encoder :func:`add_batch_norm` made.

    Returns:
        A :class:`vae_lib.models.VAE` with the layers of the plain network, which
        computes what ``vae`` does outside training. All other layers are shared.

    Raises:
        ValueError: if there is no batch normalisation to fold.

    In the book: the appendix on training.

    >>> from vae_lib import likelihoods, models, networks, surgery
    >>> encoder, decoder = networks.build("mlp", 2)
    >>> encoder = surgery.add_batch_norm(encoder)
    >>> vae = models.VAE(encoder, decoder, likelihoods.Gaussian())  # and train it
    >>> surgery.fold_batch_norm(vae).encoder.layers[-3].name
    'hidden'
    """
    norms = [
        layer
        for layer in vae.encoder.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    if len(norms) != 1:
        raise ValueError(
            f"{vae.encoder.name!r} has {len(norms)} layers of batch normalisation: "
            "fold_batch_norm needs the one that TrainConfig(batch_norm=True) adds."
        )
    norm = norms[0]
    dense = norm.input._keras_history.operation
    scale = to_numpy(norm.gamma) / np.sqrt(
        to_numpy(norm.moving_variance) + norm.epsilon
    )
    folded = _like(dense, activation="relu", use_bias=True)
    encoder = _with_heads(vae.encoder, folded(dense.input))
    folded.kernel.assign(to_numpy(dense.kernel) * scale)
    folded.bias.assign(to_numpy(norm.beta) - to_numpy(norm.moving_mean) * scale)
    return VAE(
        encoder,
        vae.decoder,
        vae.likelihood,
        beta=vae.beta,
        n_samples=vae.n_samples,
        seed=vae.seed,
        input_dropout=vae.input_dropout,
        name=vae.name,
        dtype=vae.dtype_policy,
    )


def live_units(vae: VAE, x: Images) -> NDArray[np.bool_]:
    """Which units of the encoder's last hidden layer answer at least one image.

    Args:
        vae: a :class:`vae_lib.models.VAE` whose heads read one rectified layer.
        x: images, ``(n, 28, 28, 1)``; a few thousand are plenty.

    Returns:
        One bool for each unit. A unit without an answer has no gradient on these
        images either: it is *dead*.

    Raises:
        ValueError: if there is no such layer, or the images do not fit the model.

    In the book: chapter 7.

    >>> from vae_lib import data, pretrained, surgery
    >>> vae, x = pretrained.load_pretrained("mlp", 2), data.load_sample().x_val
    >>> surgery.live_units(vae, x).shape
    (512,)
    """
    check_images(x, "x", vae.image_shape)
    hidden = _hidden_layer(vae.encoder)
    if not is_rectified(hidden):
        raise ValueError(
            f"The heads of {vae.encoder.name!r} read {hidden.name!r}: only units that "
            "are rectified (activation='relu') can be dead."
        )
    answers = keras.Model(vae.encoder.input, hidden.output)
    return answers.predict(x, batch_size=500, verbose=0).max(axis=0) > 0.0


def _hidden_layer(encoder: keras.Model) -> keras.layers.Layer:
    """The layer that both heads read."""
    layers = {head.input._keras_history.operation for head in heads_of(encoder)}
    if len(layers) != 1:
        raise ValueError(
            f"The heads of {encoder.name!r} read {len(layers)} layers, "
            f"{sorted(layer.name for layer in layers)}: both must read the same one."
        )
    return layers.pop()


def is_rectified(layer: keras.layers.Layer) -> bool:
    """Whether what the layer gives is cut off at zero."""
    rectifies = getattr(layer, "activation", None) is keras.activations.relu
    return rectifies or isinstance(layer, keras.layers.ReLU)


def _like(layer: keras.layers.Layer, **changes: Any) -> keras.layers.Layer:
    """A new layer with the settings of another one, except for some."""
    return type(layer).from_config({**layer.get_config(), **changes})


def _with_heads(encoder: keras.Model, h: Tensor) -> keras.Model:
    """The encoder's heads, with their weights, on another hidden layer."""
    heads = heads_of(encoder)
    copies = [_like(head) for head in heads]
    model = keras.Model(encoder.input, [copy(h) for copy in copies], name=encoder.name)
    for head, copy in zip(heads, copies, strict=True):
        copy.set_weights(head.get_weights())
    return model
