"""The encoders and decoders of the book, as functional Keras models.

An encoder maps images ``(B, 28, 28, 1)`` to ``z_mean`` and ``z_log_var``, each
``(B, d)``. A decoder maps codes ``(B, d)`` to ``x_logits``, one number per pixel, whose
meaning the likelihood decides. All hidden activations are ReLU; the last layers are
affine. Under a mixed policy of Keras (TrainConfig's ``precision``) what the networks
return is float32: the objective adds hundreds of terms.
"""

import math
from typing import Any

import keras
from keras import layers

from vae_lib._checks import one_of, whole
from vae_lib._types import Shape, Tensor
from vae_lib.layers import InputIndependent

__all__ = [
    "build",
    "conv_decoder",
    "conv_encoder",
    "conv_feature_map_decoder",
    "conv_feature_map_encoder",
    "linear_decoder",
    "linear_encoder",
    "mlp_decoder",
    "mlp_encoder",
]

IMAGE_SHAPE = (28, 28, 1)
DATA_FORMAT = "channels_last"  # of every image here, whatever keras.json says
SAME: dict[str, Any] = {"padding": "same", "data_format": DATA_FORMAT}
CONV_LAYERS = ((32, 1), (64, 2), (64, 1), (64, 1))  # (feature maps, stride)


def _image_shape(image_shape: Any) -> tuple[int, int, int]:
    if not isinstance(image_shape, tuple | list) or len(image_shape) != 3:
        raise ValueError(
            "image_shape must be (height, width, channels), such as (28, 28, 1); "
            f"got {image_shape!r}."
        )
    names = ("height", "width", "channels")
    sizes = zip(names, image_shape, strict=True)
    height, width, channels = (whole(f"image_shape's {name}", n) for name, n in sizes)
    return height, width, channels


def _output_dtype() -> str:
    """That of the weights: half precision, if any, ends before the outputs."""
    return keras.config.dtype_policy().variable_dtype


def _heads(h: Tensor, latent_dim: int) -> list[Tensor]:
    dtype = _output_dtype()
    return [
        layers.Dense(latent_dim, dtype=dtype, name="z_mean")(h),
        layers.Dense(latent_dim, dtype=dtype, name="z_log_var")(h),
    ]


def _dense_image(h: Tensor, image_shape: Shape) -> Tensor:
    """One affine map to all pixels."""
    h = layers.Dense(math.prod(image_shape), name="pixels")(h)
    return layers.Reshape(image_shape, dtype=_output_dtype(), name="x_logits")(h)


def _conv_image(h: Tensor, channels: int, strides: int = 1) -> Tensor:
    """A transposed convolution, then one that is affine."""
    deconv = layers.Conv2DTranspose(
        32, 3, strides, activation="relu", name="deconv", **SAME
    )
    conv = layers.Conv2D(channels, 3, dtype=_output_dtype(), name="x_logits", **SAME)
    return conv(deconv(h))


def mlp_encoder(
    latent_dim: int, image_shape: Shape = IMAGE_SHAPE, *, hidden_units: int = 512
) -> keras.Model:
    """The report's figure 1: pixels, one hidden layer, two heads.

    Args:
        latent_dim: number of latent dimensions d.
        image_shape: ``(height, width, channels)``.
        hidden_units: width of the hidden layer.

    Returns:
        A model ``(B, *image_shape) -> [z_mean (B, d), z_log_var (B, d)]``.

    Raises:
        ValueError: if a size is not a whole number of at least 1.
    """
    latent_dim, image_shape = whole("latent_dim", latent_dim), _image_shape(image_shape)
    hidden_units = whole("hidden_units", hidden_units)
    x = keras.Input(image_shape, name="x")
    h = layers.Flatten(data_format=DATA_FORMAT)(x)
    h = layers.Dense(hidden_units, activation="relu", name="hidden")(h)
    return keras.Model(x, _heads(h, latent_dim), name="mlp_encoder")


def mlp_decoder(
    latent_dim: int, image_shape: Shape = IMAGE_SHAPE, *, hidden_units: int = 512
) -> keras.Model:
    """The report's figure 2: code, one hidden layer, one number per pixel.

    Args, raises: as :func:`mlp_encoder`.

    Returns:
        A model ``(B, d) -> x_logits (B, *image_shape)``.
    """
    latent_dim, image_shape = whole("latent_dim", latent_dim), _image_shape(image_shape)
    hidden_units = whole("hidden_units", hidden_units)
    z = keras.Input((latent_dim,), name="z")
    h = layers.Dense(hidden_units, activation="relu", name="hidden")(z)
    return keras.Model(z, _dense_image(h, image_shape), name="mlp_decoder")


def conv_encoder(
    latent_dim: int, image_shape: Shape = IMAGE_SHAPE, *, hidden_units: int = 32
) -> keras.Model:
    """The report's figure 3: four 3x3 convolutions, a dense layer, two heads.

    The report gives 32, 64, 64 and 64 feature maps and no strides; ours are 1, 2, 1, 1
    with "same" padding, as in Chollet (2017), notebook 8.4.

    Args:
        latent_dim: number of latent dimensions d.
        image_shape: ``(height, width, channels)``.
        hidden_units: width of the dense layer.

    Returns:
        A model ``(B, *image_shape) -> [z_mean (B, d), z_log_var (B, d)]``.

    Raises:
        ValueError: if a size is not a whole number of at least 1.
    """
    latent_dim, image_shape = whole("latent_dim", latent_dim), _image_shape(image_shape)
    hidden_units = whole("hidden_units", hidden_units)
    x = keras.Input(image_shape, name="x")
    h = x
    for i, (filters, strides) in enumerate(CONV_LAYERS, start=1):
        name = f"conv_{i}"
        h = layers.Conv2D(filters, 3, strides, activation="relu", name=name, **SAME)(h)
    h = layers.Flatten(data_format=DATA_FORMAT)(h)  # (B, 14 * 14 * 64) for 28 x 28
    h = layers.Dense(hidden_units, activation="relu", name="hidden")(h)
    return keras.Model(x, _heads(h, latent_dim), name="conv_encoder")


def conv_decoder(latent_dim: int, image_shape: Shape = IMAGE_SHAPE) -> keras.Model:
    """The report's figure 4 as worded: as many hidden units as pixels, reshaped.

    Args, raises: as :func:`conv_encoder`.

    Returns:
        A model ``(B, d) -> x_logits (B, *image_shape)``.
    """
    latent_dim, image_shape = whole("latent_dim", latent_dim), _image_shape(image_shape)
    z = keras.Input((latent_dim,), name="z")
    h = layers.Dense(math.prod(image_shape), activation="relu", name="hidden")(z)
    h = layers.Reshape(image_shape)(h)
    x_logits = _conv_image(h, image_shape[-1])
    return keras.Model(z, x_logits, name="conv_decoder")


def conv_feature_map_encoder(
    latent_dim: int, image_shape: Shape = IMAGE_SHAPE, *, hidden_units: int = 32
) -> keras.Model:
    """The encoder of figure 3, under the name of its second decoder."""
    encoder = conv_encoder(latent_dim, image_shape, hidden_units=hidden_units)
    encoder.name = "conv_feature_map_encoder"
    return encoder


def conv_feature_map_decoder(
    latent_dim: int, image_shape: Shape = IMAGE_SHAPE
) -> keras.Model:
    """The decoder that figure 4 likely grew from: 64 small maps, then upsampling.

    Chollet (2017), notebook 8.4: a dense layer makes 64 maps of half the height and
    width, and a transposed convolution of stride 2 doubles them.

    Args:
        latent_dim: number of latent dimensions d.
        image_shape: ``(height, width, channels)``; height and width must be even.

    Returns:
        A model ``(B, d) -> x_logits (B, *image_shape)``.

    Raises:
        ValueError: if a size is below 1, or height or width is odd.
    """
    latent_dim, image_shape = whole("latent_dim", latent_dim), _image_shape(image_shape)
    z = keras.Input((latent_dim,), name="z")
    height, width, channels = image_shape
    if height % 2 or width % 2:
        raise ValueError(
            "conv_feature_map_decoder doubles its maps once, so height and width must "
            f"be even; got image_shape {image_shape!r}. Pad the images by one pixel."
        )
    maps = (height // 2, width // 2, 64)
    h = layers.Dense(math.prod(maps), activation="relu", name="hidden")(z)
    h = layers.Reshape(maps)(h)
    x_logits = _conv_image(h, channels, strides=2)
    return keras.Model(z, x_logits, name="conv_feature_map_decoder")


def linear_encoder(latent_dim: int, image_shape: Shape = IMAGE_SHAPE) -> keras.Model:
    """The encoder of probabilistic PCA: affine mean, constant log-variance.

    Args, returns, raises: as :func:`mlp_encoder`.
    """
    latent_dim, image_shape = whole("latent_dim", latent_dim), _image_shape(image_shape)
    x = keras.Input(image_shape, name="x")
    h = layers.Flatten(data_format=DATA_FORMAT)(x)
    dtype = _output_dtype()
    z_mean = layers.Dense(latent_dim, dtype=dtype, name="z_mean")(h)
    z_log_var = InputIndependent(latent_dim, dtype=dtype, name="z_log_var")(h)
    return keras.Model(x, [z_mean, z_log_var], name="linear_encoder")


def linear_decoder(latent_dim: int, image_shape: Shape = IMAGE_SHAPE) -> keras.Model:
    """The decoder of probabilistic PCA: one affine map, for ``link="identity"``.

    Args, returns, raises: as :func:`mlp_decoder`.
    """
    latent_dim, image_shape = whole("latent_dim", latent_dim), _image_shape(image_shape)
    z = keras.Input((latent_dim,), name="z")
    return keras.Model(z, _dense_image(z, image_shape), name="linear_decoder")


NETWORKS = {
    "mlp": (mlp_encoder, mlp_decoder),
    "conv": (conv_encoder, conv_decoder),
    "conv_feature_map": (conv_feature_map_encoder, conv_feature_map_decoder),
    "linear": (linear_encoder, linear_decoder),
}


def build(
    network: str, latent_dim: int, image_shape: Shape = IMAGE_SHAPE
) -> tuple[keras.Model, keras.Model]:
    """Build an encoder and its decoder by name.

    Args:
        network: ``"mlp"``, ``"conv"``, ``"conv_feature_map"`` or ``"linear"``.
        latent_dim: number of latent dimensions d.
        image_shape: ``(height, width, channels)``.

    Returns:
        ``(encoder, decoder)``.

    Raises:
        ValueError: if the name is unknown or a size is below 1.

    >>> from vae_lib import networks
    >>> encoder, decoder = networks.build("mlp", latent_dim=2)
    >>> encoder.count_params() + decoder.count_params()
    807700
    """
    one_of(NETWORKS)("network", network)
    encoder, decoder = NETWORKS[network]
    return encoder(latent_dim, image_shape), decoder(latent_dim, image_shape)
