r"""What the decoder's output means: three choices of :math:`p(x \mid z)`.

Each likelihood is a Keras layer that reads the decoder's ``x_logits`` and gives
``log_prob(x, x_logits)`` per example in nats, the ``mean`` image and a ``sample``. The
decoder ends in unbounded numbers, so one network serves all three.
"""

from typing import Any

from vae_lib._checks import one_of
from vae_lib.likelihoods.base import Likelihood
from vae_lib.likelihoods.bernoulli import Bernoulli, ContinuousBernoulli
from vae_lib.likelihoods.gaussian import Gaussian

__all__ = ["Bernoulli", "ContinuousBernoulli", "Gaussian", "Likelihood", "build"]

LIKELIHOODS: dict[str, type[Likelihood]] = {
    "gaussian": Gaussian,
    "bernoulli": Bernoulli,
    "continuous_bernoulli": ContinuousBernoulli,
}


def build(name: str, **kwargs: Any) -> Likelihood:
    """Build a likelihood by name.

    Args:
        name: ``"gaussian"``, ``"bernoulli"`` or ``"continuous_bernoulli"``.
        **kwargs: for its class, such as ``variance``.

    Raises:
        ValueError: if the name is unknown; it lists the known ones.

    >>> from vae_lib import likelihoods
    >>> likelihoods.build("gaussian", variance=0.5).variance
    0.5
    """
    one_of(LIKELIHOODS)("likelihood", name)
    return LIKELIHOODS[name](**kwargs)
