r"""Log densities and divergences, one number per example, in nats.

Every function sums over the last axis (the event) and keeps all others: the mean
over the batch is taken once, in the objective. Shapes must match exactly, because a
silent broadcast of ``(B, 1)`` against ``(B,)`` is a ``(B, B)`` bug that still trains.
"""

import math

from keras import ops

LOG_2PI = math.log(2.0 * math.pi)


def require_same_shape(**tensors):
    """Raise unless all named tensors have one shape (unknown sizes match any).

    Raises:
        ValueError: naming each tensor and its shape.
    """
    shapes = {name: tuple(ops.shape(tensor)) for name, tensor in tensors.items()}
    first, *others = shapes.values()
    if any(_differ(first, shape) for shape in others):
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(
            f"Shapes must be equal, nothing is broadcast: got {listed}. "
            "Reshape or repeat the arrays so that they agree."
        )


def require_shape(name, tensor, shape):
    """Raise unless a tensor has this shape (unknown sizes match any).

    Raises:
        ValueError: naming the tensor and both shapes.
    """
    got = tuple(ops.shape(tensor))
    if _differ(got, shape):
        note = " (None is any size)" if None in shape else ""
        raise ValueError(
            f"{name} must have the shape {tuple(shape)}{note}, got {got}. "
            "Reshape it: nothing is broadcast."
        )


def _differ(a, b):
    return len(a) != len(b) or any(
        isinstance(m, int) and isinstance(n, int) and m != n
        for m, n in zip(a, b, strict=True)
    )


def log_normal_diag(x, mean, log_var):
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
    """
    # PyTorch does not mix NumPy arrays with its tensors.
    x, mean, log_var = map(ops.convert_to_tensor, (x, mean, log_var))
    require_same_shape(x=x, mean=mean, log_var=log_var)
    # exp(-log_var / 2) inside the square: the product stays finite where the
    # squared distance and 1 / variance alone would overflow.
    standardised = (x - mean) * ops.exp(-0.5 * log_var)
    return -0.5 * ops.sum(LOG_2PI + log_var + ops.square(standardised), axis=-1)


def log_standard_normal(z):
    r"""Log density of the prior, :math:`\log \mathcal{N}(z; 0, I)`.

    .. math:: \log p(z) = -\frac12 \sum_{j=1}^{d} (\log 2\pi + z_j^2)

    Args:
        z: points, ``(..., d)``.

    Returns:
        Log density in nats, ``(...)``.
    """
    return -0.5 * ops.sum(LOG_2PI + ops.square(z), axis=-1)


def gaussian_kl(z_mean, z_log_var):
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
    """
    z_mean, z_log_var = map(ops.convert_to_tensor, (z_mean, z_log_var))
    require_same_shape(z_mean=z_mean, z_log_var=z_log_var)
    # expm1(v) - v instead of exp(v) - 1 - v: near v = 0 the naive form loses
    # every digit and may come out negative.
    var_part = ops.expm1(z_log_var) - z_log_var
    return 0.5 * ops.sum(ops.square(z_mean) + var_part, axis=-1)


def log_mean_exp(log_w, axis=0):
    r"""Logarithm of the mean of exponentials, computed without overflow.

    .. math:: \log \frac1K \sum_{k=1}^{K} e^{\log w_k}

    Args:
        log_w: log weights, ``(K, ...)``.
        axis: the axis of the ``K`` samples; it is removed.

    Returns:
        ``(...)``, in the unit of ``log_w``.
    """
    n_samples = ops.shape(log_w)[axis]
    log_n = ops.log(ops.cast(n_samples, log_w.dtype))
    return ops.logsumexp(log_w, axis=axis) - log_n
