"""A small frozen classifier of digits: the judge of images that a model has drawn.

Its features, not its answers, are what :mod:`vae_lib.evaluation` compares. It must be
the same network for every model and everywhere, so its weights ship with the library
and are checked by a digest.
"""

import json
from pathlib import Path

import keras
import numpy as np
from keras import layers

from vae_lib.data import check_images
from vae_lib.networks import DATA_FORMAT, IMAGE_SHAPE
from vae_lib.weights import read_npz

__all__ = ["build_classifier", "image_features", "load_classifier", "weight_names"]

N_FEATURES = 64
_FOLDER = Path(__file__).with_name("_pretrained")


def build_classifier() -> keras.Model:
    """The untrained network: two strided convolutions, 64 features, ten logits.

    Returns:
        A model ``(B, 28, 28, 1) -> [features (B, 64), logits (B, 10)]``. The features
        are what the last layer reads, after their ReLU.
    """
    x = keras.Input(IMAGE_SHAPE, name="x")
    h = layers.Conv2D(32, 5, 2, "same", DATA_FORMAT, activation="relu", name="conv_1")(
        x
    )
    h = layers.Conv2D(64, 5, 2, "same", DATA_FORMAT, activation="relu", name="conv_2")(
        h
    )
    h = layers.Flatten(data_format=DATA_FORMAT)(h)
    features = layers.Dense(N_FEATURES, activation="relu", name="features")(h)
    logits = layers.Dense(10, name="logits")(features)
    return keras.Model(x, [features, logits], name="classifier")


def load_classifier() -> keras.Model:
    """Load the trained classifier; no network connection and no data is needed.

    It was trained on images 10,000 to 59,999 of MNIST's training file; how well it
    reads digits is in ``book/results/classifier.json``.

    Returns:
        A model as :func:`build_classifier` makes it, not trainable.

    Raises:
        ValueError: if its file is not the one that was published.

    >>> from vae_lib import classifier, data
    >>> digits = data.load_sample().x_test[:5]
    >>> _, logits = classifier.load_classifier().predict(digits, verbose=0)
    >>> logits.argmax(axis=1).tolist()
    [5, 8, 3, 0, 1]
    """
    path = _FOLDER / "classifier.npz"
    published = json.loads((_FOLDER / "classifier.json").read_text(encoding="utf-8"))
    arrays = read_npz(path, sha256=published["sha256"])
    model = build_classifier()
    names = weight_names(model)
    model.set_weights([arrays[name].astype("float32") for name in names])
    model.trainable = False
    return model


def weight_names(model: keras.Model) -> list[str]:
    """Names such as ``conv_1/kernel``, in the order of the model's weights."""
    return [
        f"{layer.name}/{weight.name}"
        for layer in model.layers
        for weight in layer.weights
    ]


def image_features(
    classifier: keras.Model, x: np.ndarray, *, batch_size: int = 500
) -> np.ndarray:
    """Features of images, for :func:`vae_lib.evaluation.frechet_distance`.

    Args:
        classifier: what :func:`load_classifier` returns.
        x: images, ``(B, 28, 28, 1)``, in [0, 1]. Noisy samples leave that range: clip
            them first, and say so where the result is shown.
        batch_size: images computed at once; it does not change the result.

    Returns:
        ``(B, 64)``, float64.

    Raises:
        ValueError: if the images have another shape or range.

    >>> from vae_lib import classifier, data
    >>> judge = classifier.load_classifier()
    >>> classifier.image_features(judge, data.load_sample().x_test).shape
    (500, 64)
    """
    x = check_images(x, "x", IMAGE_SHAPE)
    features, _ = classifier.predict(x, batch_size=batch_size, verbose=0)
    return np.asarray(features, dtype="float64")
