r"""Log densities and divergences, one number per example, in nats.

Every function sums over the last axis (the event) and keeps all others: the mean
over the batch is taken once, in the objective. Shapes must match exactly, because a
silent broadcast of ``(B, 1)`` against ``(B,)`` is a ``(B, B)`` bug that still trains.
"""

import math

from keras import ops

from vae_lib._checks import same_shape
from vae_lib._types import Tensor

__all__ = ["gaussian_kl", "log_mean_exp", "log_normal_diag", "log_standard_normal"]

LOG_2PI = math.log(2.0 * math.pi)


def log_normal_diag(x: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    r"""Log density of a Gaussian with diagonal covariance.

    .. math:: \log \mathcal{N}(x; \mu, \operatorname{diag} \sigma^2) = -\frac12
        \sum_{j=1}^{D} \left( \log 2\pi + \log \sigma_j^2
        + \frac{(x_j - \mu_j)^2}{\sigma_j^2} \right)

    Args:
        x: points, ``(..., D)``.
        mean: means, same shape.
        log_var: logarithms of the variances, same shape.

    Returns:
        Log density in nats, ``(...)``. It may be positive: it is a density.

    Raises:
        ValueError: if the shapes differ.

    In the book: Eq. (5.12).

    >>> import numpy as np
    >>> from vae_lib.distributions import log_normal_diag
    >>> zeros = np.zeros((1, 2), "float32")  # at the mean, in two dimensions
    >>> print(f"{float(log_normal_diag(zeros, zeros, zeros)[0]):.4f}")
    -1.8379
    """
    # PyTorch does not mix NumPy arrays with its tensors.
    x, mean, log_var = map(ops.convert_to_tensor, (x, mean, log_var))
    same_shape(x=x, mean=mean, log_var=log_var)
    # exp(-log_var / 2) inside the square: the product stays finite where the
    # squared distance and 1 / variance alone would overflow.
    standardised = (x - mean) * ops.exp(-0.5 * log_var)
    return -0.5 * ops.sum(LOG_2PI + log_var + ops.square(standardised), axis=-1)


def log_standard_normal(z: Tensor) -> Tensor:
    r"""Log density of the prior, :math:`\log \mathcal{N}(z; 0, I)`.

    .. math:: \log p(z) = -\frac12 \sum_{j=1}^{d} (\log 2\pi + z_j^2)

    Args:
        z: points, ``(..., d)``.

    Returns:
        Log density in nats, ``(...)``.

    >>> import numpy as np
    >>> from vae_lib.distributions import log_standard_normal
    >>> z = np.array([[0.0, 0.0], [3.0, 4.0]], "float32")  # 25 / 2 nats further out
    >>> print([f"{float(value):.4f}" for value in log_standard_normal(z)])
    ['-1.8379', '-14.3379']
    """
    return -0.5 * ops.sum(LOG_2PI + ops.square(z), axis=-1)


def gaussian_kl(z_mean: Tensor, z_log_var: Tensor) -> Tensor:
    r"""Divergence of a diagonal Gaussian from the standard normal, in closed form.

    .. math:: \mathrm{KL}\big(\mathcal{N}(\mu, \operatorname{diag} \sigma^2) \,\|\,
        \mathcal{N}(0, I)\big) = \frac12 \sum_{j=1}^{d}
        \left( \mu_j^2 + \sigma_j^2 - 1 - \log \sigma_j^2 \right)

    Args:
        z_mean: means, ``(..., d)``.
        z_log_var: logarithms of the variances, same shape.

    Returns:
        Divergence in nats, ``(...)``; at least 0, and 0 only for the prior itself.
        The report's Eq. (1) and Kingma & Welling (2013), appendix B, print its
        negative, which is *added* to the bound.

    Raises:
        ValueError: if the shapes differ.

    In the book: Eqs. (3.9), (3.10).

    >>> import numpy as np
    >>> from vae_lib.distributions import gaussian_kl
    >>> z_mean = np.array([[1.0, -2.0]], "float32")  # one image, d = 2
    >>> print(float(gaussian_kl(z_mean, np.zeros_like(z_mean))[0]))
    2.5
    """
    z_mean, z_log_var = map(ops.convert_to_tensor, (z_mean, z_log_var))
    same_shape(z_mean=z_mean, z_log_var=z_log_var)
    # expm1(v) - v instead of exp(v) - 1 - v: near v = 0 the naive form loses
    # every digit and may come out negative.
    var_part = ops.expm1(z_log_var) - z_log_var
    return 0.5 * ops.sum(ops.square(z_mean) + var_part, axis=-1)


def log_mean_exp(log_w: Tensor, axis: int = 0) -> Tensor:
    r"""Logarithm of the mean of exponentials, computed without overflow.

    .. math:: \log \frac1K \sum_{k=1}^{K} e^{\log w_k}

    Args:
        log_w: log weights, ``(K, ...)``.
        axis: the axis of the ``K`` samples; it is removed.

    Returns:
        ``(...)``, in the unit of ``log_w``.

    >>> import numpy as np
    >>> from vae_lib.distributions import log_mean_exp
    >>> log_w = np.log(np.array([1.0, 3.0], "float32")) - 1000.0
    >>> print(f"{float(log_mean_exp(log_w)):.2f}")  # log 2 above -1000
    -999.31
    """
    n_samples = ops.shape(log_w)[axis]
    log_n = ops.log(ops.cast(n_samples, log_w.dtype))
    return ops.logsumexp(log_w, axis=axis) - log_n
