r"""Probabilistic PCA: the linear VAE whose every quantity has a closed form.

.. math:: z \sim \mathcal{N}(0, I), \qquad
    x \mid z \sim \mathcal{N}(W z + \mu, \sigma^2 I)

It is the floor that a non-linear VAE with as many latents must pass, and the exact
case on which bounds and estimators are checked.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from vae_lib import likelihoods, networks
from vae_lib._checks import positive, whole
from vae_lib._types import Array, Shape
from vae_lib.distributions import LOG_2PI
from vae_lib.evaluation._batches import spans
from vae_lib.models import VAE


class PPCA(NamedTuple):
    """A fitted model; all arrays are float64. Made by :func:`fit_ppca`."""

    mean: Array  # mu, (D,)
    components: Array  # W, (D, q); columns are orthogonal, a dead one is zero
    variance: float  # sigma^2
    eigenvalues: Array  # of the data's covariance (divided by n), (D,), descending

    @property
    def latent_variances(self) -> Array:
        r"""Diagonal of the posterior covariance :math:`\sigma^2 M^{-1}`, ``(q,)``.

        In the book: Eq. (5.3).
        """
        return self.variance / self._precision

    @property
    def _precision(self) -> Array:
        # M = W'W + sigma^2 I is diagonal, because the columns of W are orthogonal.
        return np.sum(self.components**2, axis=0) + self.variance

    def posterior_mean(self, x: Array) -> Array:
        r""":math:`E[z \mid x] = M^{-1} W^\top (x - \mu)`.

        Args:
            x: images ``(B, ...)`` of D pixels each.

        Returns:
            ``(B, q)``.

        In the book: Eq. (5.3).
        """
        return (_rows(x) - self.mean) @ self.components / self._precision

    def log_prob(self, x: Array) -> Array:
        r"""Exact log density of each image.

        .. math:: \log p(x) = -\frac12 \left( D \log 2\pi + \log |C|
            + (x - \mu)^\top C^{-1} (x - \mu) \right), \quad C = W W^\top + \sigma^2 I

        Args:
            x: images ``(B, ...)`` of D pixels each.

        Returns:
            ``(B,)``, in nats.

        In the book: Eqs. (2.3), (5.3).
        """
        n_dims, latent_dim = self.components.shape
        parts = []
        for rows in spans(len(x), 5000):
            centred = _rows(x[rows]) - self.mean
            projected = centred @ self.components  # (b, q)
            # Woodbury: C^-1 = (I - W M^-1 W') / sigma^2.
            distance = np.sum(centred**2, axis=1)
            distance -= np.sum(projected**2 / self._precision, axis=1)
            parts.append(distance / self.variance)
        log_det = np.sum(np.log(self._precision))
        log_det += (n_dims - latent_dim) * math.log(self.variance)
        return -0.5 * (n_dims * LOG_2PI + log_det + np.concatenate(parts))


def fit_ppca(x: Array, latent_dim: int, *, variance: float | None = None) -> PPCA:
    r"""Maximum-likelihood probabilistic PCA, by eigendecomposition.

    .. math:: \sigma^2 = \frac{1}{D - q} \sum_{i > q} \lambda_i, \qquad
        W = U (\Lambda - \sigma^2 I)_+^{1/2}

    A fixed variance above :math:`\lambda_i` makes column i of W zero: that latent is
    collapsed.

    Args:
        x: images ``(n, ...)`` of D pixels each.
        latent_dim: q, at most D - 1.
        variance: :math:`\sigma^2` if it is fixed; ``None`` fits it.

    Returns:
        :class:`PPCA`, with rotation R = I: W^T W is diagonal.

    Raises:
        ValueError: if q is not in 1 ... D - 1, the variance is not positive, or none
            can be fitted because the images have no variance outside the subspace.

    Source: Tipping & Bishop (1999), Eqs. (7), (8). The covariance is divided by n, as
    the likelihood demands; scikit-learn divides by n - 1.

    In the book: Eq. (5.4).

    >>> from vae_lib import data, evaluation
    >>> x = data.load_sample().x_train
    >>> ppca = evaluation.fit_ppca(x, 2)
    >>> print(f"{ppca.log_prob(x).mean():.0f} nats per image")
    13 nats per image
    """
    mean, eigenvalues, directions = _eigen(x)
    latent_dim = whole("latent_dim", latent_dim)
    if latent_dim >= len(mean):
        raise ValueError(
            f"latent_dim must be below the {len(mean)} pixels of an image, "
            f"got {latent_dim}."
        )
    if variance is None:
        variance = float(eigenvalues[latent_dim:].mean())
        if variance <= 1e-14 * (mean @ mean + eigenvalues[0]):  # only rounding
            raise ValueError(
                f"x has no variance outside {latent_dim} dimensions: use more images, "
                "a smaller latent_dim or a fixed variance."
            )
    variance = positive("variance", variance, "; pass None to fit it")
    excess = np.maximum(eigenvalues[:latent_dim] - variance, 0.0)
    components = directions[:, :latent_dim] * np.sqrt(excess)
    return PPCA(mean, components, float(variance), eigenvalues)


def linear_vae(
    ppca: PPCA, image_shape: Shape = networks.IMAGE_SHAPE, **kwargs: Any
) -> VAE:
    r"""The linear VAE that *is* a pPCA model: its bound is tight.

    With :math:`W^\top W` diagonal the exact posterior is a diagonal Gaussian with one
    variance for all images, :math:`\sigma^2 / \lambda_i`, which the linear encoder can
    express. So every importance weight equals p(x), and ELBO = IWAE = log p(x).

    Args:
        ppca: a :class:`PPCA`.
        image_shape: ``(height, width, channels)`` of the images that it was fitted on.
        **kwargs: for :class:`vae_lib.models.VAE`.

    Returns:
        A VAE with ``link="identity"`` and a learned variance that starts at the
        fitted one, in Keras's current float type.

    Raises:
        ValueError: if ``image_shape`` has another number of pixels.

    In the book: Eqs. (5.2), (5.5).

    >>> import numpy as np
    >>> from vae_lib import data, evaluation
    >>> x = data.load_sample().x_train[:200]
    >>> ppca = evaluation.fit_ppca(x, 2)
    >>> elbo = evaluation.log_weights(evaluation.linear_vae(ppca), x, verbose=0)[0]
    >>> bool(np.allclose(elbo, ppca.log_prob(x), atol=0.01))
    True
    """
    if math.prod(image_shape) != len(ppca.mean):
        raise ValueError(
            f"image_shape {image_shape!r} has {math.prod(image_shape)} pixels, but the "
            f"pPCA model was fitted on images of {len(ppca.mean)}."
        )
    latent_dim = ppca.components.shape[1]
    encoder, decoder = networks.build("linear", latent_dim, image_shape)
    to_code = ppca.components / ppca._precision  # (D, q)
    encoder.get_layer("z_mean").set_weights([to_code, -ppca.mean @ to_code])
    encoder.get_layer("z_log_var").set_weights([np.log(ppca.latent_variances)])
    decoder.get_layer("pixels").set_weights([ppca.components.T, ppca.mean])
    likelihood = likelihoods.Gaussian(link="identity", initial_variance=ppca.variance)
    return VAE(encoder, decoder, likelihood, **kwargs)


def _rows(x: ArrayLike) -> Array:
    """Images as rows of pixels, ``(n, D)``."""
    x = np.asarray(x, dtype="float64")
    return np.reshape(x, (len(x), -1))


def _eigen(x: Array) -> tuple[Array, Array, Array]:
    """Mean, eigenvalues (descending) and eigenvectors of the covariance over n."""
    if len(x) < 2:
        raise ValueError(f"x must hold at least 2 images, got {len(x)}.")
    blocks = spans(len(x), 5000)  # never all images in double precision at once
    mean = sum(_rows(x[rows]).sum(axis=0) for rows in blocks) / len(x)
    covariance = np.zeros((len(mean), len(mean)))
    for rows in blocks:
        centred = _rows(x[rows]) - mean
        covariance += centred.T @ centred / len(x)
    if not np.isfinite(covariance).all():
        raise ValueError("x holds NaN or infinity: check the images.")
    eigenvalues, directions = np.linalg.eigh(covariance)
    return mean, np.maximum(eigenvalues[::-1], 0.0), directions[:, ::-1]
