r"""The aggregate posterior: where the codes of all images lie, taken together.

.. math:: q(z) = E_x\, q(z \mid x)

Samples start from the prior, while the decoder has learned on codes from q(z). So the
two should agree, and what the rate pays for each image is more than their difference.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from vae_lib._types import Array
from vae_lib.distributions import LOG_2PI
from vae_lib.evaluation._batches import ImageNoise, spans
from vae_lib.evaluation._statistics import log_sum_exp

LARGEST_LOG_VAR = 600.0  # above it squares of codes leave the range of floats

FAST_RATIO = 1e3  # of codes to deviations, up to which squares keep ten digits


class AggregateKL(NamedTuple):
    """The result of :func:`aggregate_kl`, in nats."""

    lower: float  # estimate from below
    upper: float  # estimate from above
    rate: float  # mean of KL(q(z|x) || p(z)), closed form


def aggregate_kl(
    z_mean: ArrayLike, z_log_var: ArrayLike, *, seed: int = 0
) -> AggregateKL:
    r"""Bracket the divergence of the aggregate posterior from the prior.

    The rate is the information that codes carry about images, plus this divergence:

    .. math:: E_x \mathrm{KL}\big(q(z \mid x) \,\|\, p(z)\big) = I_q(x; z)
        + \mathrm{KL}\big(q(z) \,\|\, p(z)\big)

    The density q(z) is estimated by a mixture of the posteriors of N images,

    .. math:: \hat q(z_n) = \frac1N \sum_{m} q(z_n \mid x_m),
        \qquad z_n \sim q(z \mid x_n).

    Its mean log ratio to the prior is too high, since each code meets the posterior it
    was drawn from; without that one term (and N - 1 for N) it is too low. The true
    value, for a population from which the images were drawn, lies between.

    Args:
        z_mean: posterior means of N images, ``(N, d)``, from
            :func:`vae_lib.evaluation.encode`.
        z_log_var: their log-variances, ``(N, d)``.
        seed: of the codes, one for each image.

    Returns:
        :class:`AggregateKL`. ``upper`` is at least ``rate`` minus log N, whatever the
        codes: for narrow posteriors in many dimensions the bracket is wide.

    Raises:
        ValueError: if the arrays are not both ``(N, d)``, N at least 2, and finite, or
            a variance is too large for a float.

    Source: Hoffman & Johnson (2016); the two bounds: Poole et al. (2019), section 2.

    In the book: Eqs. (9.4), (9.5).

    >>> import numpy as np
    >>> from vae_lib import evaluation
    >>> z_mean, z_log_var = np.zeros((50, 2)), np.zeros((50, 2))  # all are the prior
    >>> found = evaluation.aggregate_kl(z_mean, z_log_var)
    >>> print(f"{abs(found.lower):.6f} {abs(found.upper):.6f} {found.rate:.6f}")
    0.000000 0.000000 0.000000
    """
    z_mean, z_log_var = _check_posteriors(z_mean, z_log_var)
    n, latent_dim = z_mean.shape
    noise = ImageNoise(seed, range(n), latent_dim).draw(1)[0]
    z = z_mean + np.exp(0.5 * z_log_var) * noise
    with_own, without_own = [], []
    for rows in spans(n, 500):
        table = _log_density_table(z[rows], z_mean, z_log_var)  # (b, N)
        own = np.arange(len(table)), np.arange(n)[rows]
        # From the noise itself, which z - mean has lost where a posterior is narrower
        # than the spacing of floats around its mean.
        squares = noise[rows] ** 2
        table[own] = -0.5 * np.sum(squares + z_log_var[rows] + LOG_2PI, axis=1)
        with_own.append(log_sum_exp(table, axis=1) - np.log(n))
        table[own] = -np.inf
        without_own.append(log_sum_exp(table, axis=1) - np.log(n - 1))
    log_pz = -0.5 * np.sum(z**2 + LOG_2PI, axis=1)
    lower, upper = (
        np.mean(np.concatenate(parts) - log_pz) for parts in (without_own, with_own)
    )
    return AggregateKL(
        float(lower), float(upper), float(rates(z_mean, z_log_var).mean())
    )


def rates(z_mean: Array, z_log_var: Array) -> Array:
    """:func:`vae_lib.distributions.gaussian_kl` in double precision, ``(N,)``."""
    var_part = np.expm1(z_log_var) - z_log_var  # as there, with every digit near 0
    return 0.5 * np.sum(z_mean**2 + var_part, axis=-1)


def _log_density_table(z: Array, z_mean: Array, z_log_var: Array) -> Array:
    """Log density of each code under each posterior, ``(b, N)``."""
    narrowest = np.exp(0.5 * z_log_var.min())
    if max(np.abs(z).max(), np.abs(z_mean).max()) < FAST_RATIO * narrowest:
        precision = np.exp(-z_log_var)
        constant = np.sum(z_mean**2 * precision + z_log_var + LOG_2PI, axis=1)
        cross = z**2 @ precision.T - 2.0 * z @ (z_mean * precision).T
        return -0.5 * (cross + constant)
    # By differences, slower: the square written out loses all digits of a narrow one.
    squares = np.zeros((len(z), len(z_mean)))
    for column, means, log_vars in zip(z.T, z_mean.T, z_log_var.T, strict=True):
        distance = np.abs(column[:, None] - means)
        # The upper end stands for "no mass here" and is still finite when squared.
        squares += np.minimum(distance * np.exp(-0.5 * log_vars), 1e150) ** 2
    return -0.5 * (squares + np.sum(z_log_var + LOG_2PI, axis=1))


def _check_posteriors(z_mean: ArrayLike, z_log_var: ArrayLike) -> tuple[Array, Array]:
    arrays = [np.asarray(part, dtype="float64") for part in (z_mean, z_log_var)]
    shapes = [part.shape for part in arrays]
    if shapes[0] != shapes[1] or len(shapes[0]) != 2 or shapes[0][0] < 2:
        raise ValueError(
            "z_mean and z_log_var must both be (images, dimensions) arrays of at least "
            f"2 images, got shapes {shapes[0]} and {shapes[1]}."
        )
    for name, part in zip(("z_mean", "z_log_var"), arrays, strict=True):
        if not np.isfinite(part).all():
            raise ValueError(f"{name} holds NaN or infinity: the encoder has diverged.")
    largest = arrays[1].max()
    if largest > LARGEST_LOG_VAR or arrays[1].min() < -2 * LARGEST_LOG_VAR:
        raise ValueError(
            f"z_log_var runs from {arrays[1].min():.4g} to {largest:.4g}, which no "
            "float can hold as a variance: the encoder has diverged."
        )
    if np.abs(arrays[0]).max() > 1e150:
        raise ValueError("z_mean is beyond 1e150: the encoder has diverged.")
    return arrays[0], arrays[1]
