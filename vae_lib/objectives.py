r"""The bounds that a VAE maximises, per example and in nats.

Names keep their sign: ``elbo`` and every ``log_*`` are better when higher;
``rate``, ``distortion`` and ``loss`` are better when lower.
"""

from typing import NamedTuple

from keras import ops

from vae_lib._checks import same_shape
from vae_lib._types import Tensor
from vae_lib.distributions import gaussian_kl, log_mean_exp

__all__ = ["ElboTerms", "elbo_terms", "iwae_bound"]


class ElboTerms(NamedTuple):
    """The bound and its two parts, each ``(B,)``, in nats per example."""

    elbo: Tensor  # -(distortion + rate), a lower bound of log p(x)
    rate: Tensor  # KL(q(z|x) || p(z)), at least 0
    distortion: Tensor  # -E_q log p(x|z)


def elbo_terms(log_px_z: Tensor, z_mean: Tensor, z_log_var: Tensor) -> ElboTerms:
    r"""The evidence lower bound of the report's Eq. (1), split in two.

    .. math:: \mathcal{L}(x) = \frac1L \sum_{l=1}^{L} \log p(x \mid z_l)
        - \mathrm{KL}\big(q(z \mid x) \,\|\, p(z)\big)

    Args:
        log_px_z: log likelihoods of the L samples, ``(L, B)``.
        z_mean: posterior means, ``(B, d)``.
        z_log_var: posterior log-variances, ``(B, d)``.

    Returns:
        :class:`ElboTerms`, each ``(B,)``, in nats.

    Raises:
        ValueError: if the numbers of examples differ.

    In the book: Eqs. (3.8), (3.12).

    >>> from keras import ops
    >>> from vae_lib.objectives import elbo_terms
    >>> log_px_z = ops.convert_to_tensor([[-90.0], [-92.0]])  # two samples, one image
    >>> z_mean = ops.convert_to_tensor([[2.0, 2.0]])
    >>> terms = elbo_terms(log_px_z, z_mean, ops.zeros((1, 2)))
    >>> print(float(terms.distortion[0]), float(terms.rate[0]), float(terms.elbo[0]))
    91.0 4.0 -95.0
    """
    rate = gaussian_kl(z_mean, z_log_var)
    # Not ops.mean: on JAX Keras computes it in float32, whatever it is given.
    n_samples = ops.cast(ops.shape(log_px_z)[0], log_px_z.dtype)
    distortion = -ops.sum(log_px_z, axis=0) / n_samples  # (L, B) -> (B,)
    same_shape(distortion=distortion, rate=rate)
    return ElboTerms(elbo=-(distortion + rate), rate=rate, distortion=distortion)


def iwae_bound(log_w: Tensor) -> Tensor:
    r"""The importance-weighted bound of Burda et al. (2015), Eq. (8).

    .. math:: \mathcal{L}_K(x) = \log \frac1K \sum_{k=1}^{K} w_k, \qquad
        w_k = \frac{p(x \mid z_k)\, p(z_k)}{q(z_k \mid x)}

    With K = 1 its expectation is the ELBO; it rises with K towards log p(x).

    Args:
        log_w: log weights, ``(K, B)``.

    Returns:
        ``(B,)``, in nats.

    >>> from keras import ops
    >>> from vae_lib.objectives import iwae_bound
    >>> log_w = ops.convert_to_tensor([[-90.0], [-92.0]])
    >>> print(f"{float(iwae_bound(log_w)[0]):.2f}")  # their mean, the ELBO, is -91
    -90.57
    """
    return log_mean_exp(log_w, axis=0)
