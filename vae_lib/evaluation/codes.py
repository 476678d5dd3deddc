"""What the codes are worth: active units and neighbours of the same class."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from vae_lib._checks import whole
from vae_lib._images import check_images
from vae_lib._tensors import to_numpy, to_tensor
from vae_lib._types import Array, Images, Verbose
from vae_lib.evaluation._batches import batches, spans
from vae_lib.models import VAE


def encode(
    vae: VAE, x: Images, *, batch_size: int = 500, verbose: Verbose = "auto"
) -> tuple[Array, Array]:
    r"""Parameters of :math:`q(z \mid x)` for any number of images.

    Args:
        vae: a :class:`vae_lib.models.VAE`.
        x: images, ``(B, 28, 28, 1)``.
        batch_size: images computed at once.
        verbose: 1 shows a progress bar, ``"auto"`` does so in a terminal.

    Returns:
        ``(z_mean, z_log_var)``, float64 arrays, each ``(B, d)``.

    Raises:
        ValueError: if the images do not fit the model or ``batch_size`` is below 1.

    >>> from vae_lib import data, evaluation, pretrained
    >>> vae, x = pretrained.load_pretrained("mlp", 2), data.load_sample().x_test
    >>> z_mean, z_log_var = evaluation.encode(vae, x, verbose=0)
    >>> z_mean.shape
    (500, 2)
    """
    check_images(x, "x", vae.image_shape)
    parts = [
        vae.encode(to_tensor(x[images], like=vae.encoder.inputs[0]))
        for images in batches(len(x), whole("batch_size", batch_size), verbose)
    ]
    z_mean, z_log_var = (
        np.concatenate([to_numpy(tensor) for tensor in column])
        for column in zip(*parts, strict=True)
    )
    return z_mean, z_log_var


class ActiveUnits(NamedTuple):
    """How many latent dimensions carry information, and how much each varies."""

    count: Any  # a whole number; a tuple has a method of this name
    variances: Array  # (d,), variance over the images of each posterior mean


def active_units(z_mean: ArrayLike, *, threshold: float = 0.01) -> ActiveUnits:
    r"""Count the latent dimensions whose posterior mean moves with the image.

    .. math:: A_j = \operatorname{Var}_x\big(E_{q(z \mid x)}[z_j]\big) > 0.01

    Args:
        z_mean: posterior means of many images, ``(B, d)``, from :func:`encode`.
        threshold: a unit is active if its variance is above this.

    Returns:
        :class:`ActiveUnits`.

    Raises:
        ValueError: if ``z_mean`` is no finite ``(B, d)`` array with B of at least 2.

    Source: Burda et al. (2015), section 5.2, with the same threshold.

    In the book: Eq. (10.2).

    >>> from vae_lib import evaluation
    >>> evaluation.active_units([[1.0, 0.0], [-1.0, 0.01]]).count
    1
    """
    codes = _check_codes("z_mean", z_mean)
    if len(codes) < 2:
        raise ValueError(
            f"z_mean has {len(codes)} row: a variance over the images needs at least "
            "2, better hundreds."
        )
    variances = codes.var(axis=0)
    return ActiveUnits(int(np.sum(variances > threshold)), variances)


def knn_accuracy(
    codes_train: ArrayLike,
    y_train: ArrayLike,
    codes_test: ArrayLike,
    y_test: ArrayLike,
    *,
    k: int = 5,
) -> float:
    """Share of test codes whose k nearest training codes vote for the right class.

    Args:
        codes_train: the codes that vote, ``(B, d)``. Say which set they are: the
            result rises with their number.
        y_train: their labels, ``(B,)``.
        codes_test: the codes that are classified, ``(N, d)``.
        y_test: their labels, ``(N,)``.
        k: number of neighbours, by Euclidean distance.

    Returns:
        Accuracy in [0, 1]; higher is better.

    Raises:
        ValueError: if shapes do not fit, a code is not finite or k is out of range.

    >>> from vae_lib import evaluation
    >>> codes, labels = [[0.0], [0.1], [5.0], [5.1]], [3, 3, 8, 8]
    >>> evaluation.knn_accuracy(codes, labels, [[0.2], [4.0]], [3, 8], k=1)
    1.0
    """
    from sklearn.neighbors import KNeighborsClassifier  # seconds to import

    known = _check_codes("codes_train", codes_train)
    asked = _check_codes("codes_test", codes_test)
    if known.shape[1] != asked.shape[1]:
        raise ValueError(
            f"codes_train has {known.shape[1]} dimensions and codes_test "
            f"{asked.shape[1]}: encode both with the same model."
        )
    votes = _check_labels("y_train", y_train, known)
    labels = _check_labels("y_test", y_test, asked)
    k = whole("k", k)
    if k > len(known):
        raise ValueError(
            f"k must be at most the {len(known)} codes of codes_train, got {k}."
        )
    classifier = KNeighborsClassifier(n_neighbors=k).fit(known, votes)
    right = [
        classifier.predict(asked[rows]) == labels[rows]
        for rows in spans(len(asked), 1000)  # bounds the distances in memory
    ]
    return float(np.mean(np.concatenate(right)))


def _check_codes(name: str, codes: ArrayLike) -> Array:
    codes = np.asarray(codes, dtype="float64")
    if codes.ndim != 2 or 0 in codes.shape:
        raise ValueError(
            f"{name} must be a non-empty (images, dimensions) array, got shape "
            f"{codes.shape}."
        )
    if not np.isfinite(codes).all():
        raise ValueError(
            f"{name} holds NaN or infinity: the encoder has diverged, or its images "
            "were not in [0, 1]."
        )
    return codes


def _check_labels(name: str, labels: ArrayLike, codes: Array) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.shape != (len(codes),):
        raise ValueError(
            f"{name} must hold one label for each of the {len(codes)} codes, got "
            f"shape {labels.shape}."
        )
    return labels
