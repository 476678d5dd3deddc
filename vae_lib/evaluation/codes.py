"""What the codes are worth: active units, neighbours, and bits for the density."""

import math
from typing import NamedTuple

import numpy as np

from vae_lib.evaluation.batching import (
    check_count,
    check_inputs,
    progress_bar,
    spans,
    to_numpy,
    to_tensor,
)


def encode(vae, x, batch_size=500, verbose="auto"):
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
    """
    check_inputs(vae, x, batch_size=batch_size)
    batches = spans(len(x), batch_size)
    bar = progress_bar(len(batches), verbose)
    parts = []
    for images in batches:
        parts.append(vae.encode(to_tensor(x[images], like=vae.encoder.inputs[0])))
        bar.add(1)
    z_mean, z_log_var = (
        np.concatenate([to_numpy(tensor) for tensor in column])
        for column in zip(*parts, strict=True)
    )
    return z_mean, z_log_var


class ActiveUnits(NamedTuple):
    """How many latent dimensions carry information, and how much each varies."""

    count: int
    variances: np.ndarray  # (d,), variance over the images of each posterior mean


def active_units(z_mean, threshold=0.01):
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
    """
    z_mean = _check_codes("z_mean", z_mean)
    if len(z_mean) < 2:
        raise ValueError(
            f"z_mean has {len(z_mean)} row: a variance over the images needs at least "
            "2, better hundreds."
        )
    variances = z_mean.var(axis=0)
    return ActiveUnits(int(np.sum(variances > threshold)), variances)


def knn_accuracy(codes_train, y_train, codes_test, y_test, k=5):
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
    """
    from sklearn.neighbors import KNeighborsClassifier  # seconds to import

    codes_train = _check_codes("codes_train", codes_train)
    codes_test = _check_codes("codes_test", codes_test)
    if codes_train.shape[1] != codes_test.shape[1]:
        raise ValueError(
            f"codes_train has {codes_train.shape[1]} dimensions and codes_test "
            f"{codes_test.shape[1]}: encode both with the same model."
        )
    y_train = _check_labels("y_train", y_train, codes_train)
    y_test = _check_labels("y_test", y_test, codes_test)
    check_count("k", k)
    if k > len(codes_train):
        raise ValueError(
            f"k must be at most the {len(codes_train)} codes of codes_train, got {k}."
        )
    classifier = KNeighborsClassifier(n_neighbors=k).fit(codes_train, y_train)
    right = [
        classifier.predict(codes_test[rows]) == y_test[rows]
        for rows in spans(len(codes_test), 1000)  # bounds the distances in memory
    ]
    return float(np.mean(np.concatenate(right)))


def bits_per_dim(nats, n_dims=784, n_levels=256):
    r"""Convert the log density of an image into bits for each of its pixels.

    .. math:: \log_2 M - \frac{\log p(x)}{D \ln 2}

    A density on [0, 1] knows nothing of grey levels: :math:`\log_2 M` bits give back
    the width 1/M of a level. The result bounds the length of a code for M-level images
    if the density is that of dequantised pixels (level + u) / M, with u uniform in
    [0, 1); for others, pixels / 255 included, it is only a change of unit.

    Args:
        nats: log density of an image with pixels in [0, 1], or a bound of it such as
            the ELBO: a number or ``(B,)``; higher is better.
        n_dims: D, pixels of an image.
        n_levels: M, 256 for 8-bit images; 1 if ``nats`` is the log probability of a
            discrete image, such as a binarised one.

    Returns:
        Bits per pixel in the shape of ``nats``; lower is better, and a lower bound of
        the log density becomes an upper bound.

    Raises:
        ValueError: if ``n_dims`` or ``n_levels`` is below 1.

    Source: Theis et al. (2016), section 3.1.

    In the book: Eq. (5.11).
    """
    check_count("n_dims", n_dims)
    check_count("n_levels", n_levels)
    return math.log2(n_levels) - nats / (n_dims * math.log(2.0))


def _check_codes(name, codes):
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


def _check_labels(name, labels, codes):
    labels = np.asarray(labels)
    if labels.shape != (len(codes),):
        raise ValueError(
            f"{name} must hold one label for each of the {len(codes)} codes, got "
            f"shape {labels.shape}."
        )
    return labels
