r"""Bidirectional Monte Carlo: log p(x) from both sides, on images of the model itself.

Run backwards from an exact posterior sample, which data drawn from the model come with,
the chain of annealed importance sampling gives an upper bound: together with the lower
bound of the forward chain it shows how good both are.
"""

from typing import NamedTuple

import numpy as np
from keras import ops

from vae_lib._checks import whole
from vae_lib._tensors import to_tensor
from vae_lib._types import Array, Verbose
from vae_lib.evaluation._batches import progress_bar
from vae_lib.evaluation._statistics import log_mean_exp
from vae_lib.evaluation.ais import AnnealedChains, Start, check_settings, pilot_length
from vae_lib.evaluation.hmc import Path
from vae_lib.models import VAE


class Bidirectional(NamedTuple):
    """The result of :func:`bidirectional_ais`; arrays are float64."""

    forward: Array  # (n,), nats, a lower bound of log p(x) in expectation
    reverse: Array  # (n,), nats, an upper bound in expectation
    x: Array  # (n, ...), the simulated images


def bidirectional_ais(
    vae: VAE,
    n_images: int = 50,
    *,
    n_temperatures: int = 1000,
    n_chains: int = 16,
    start: Start = "encoder",
    proposal_scale: float = 1.5,
    n_leapfrog: int = 10,
    seed: int = 0,
    verbose: Verbose = "auto",
) -> Bidirectional:
    r"""Bounds of log p(x) from both sides, on images drawn from the model.

    For :math:`z^* \sim p(z)`, :math:`x \sim p(x \mid z^*)` the code :math:`z^*` is an
    exact posterior sample, from which the chain can be run backwards:
    :math:`-\log \frac1K \sum_k 1/w_k` is an upper bound in expectation.

    Args:
        vae: a :class:`vae_lib.models.VAE`.
        n_images: images to draw from the model, with the likelihood's noise.
        n_temperatures, n_chains, start, proposal_scale: as in
            :func:`vae_lib.evaluation.ais`.
        n_leapfrog, seed, verbose: as there.

    Returns:
        :class:`Bidirectional`. The gap ``reverse - forward`` bounds the error of both
        on such images; on real images, whose posterior may have a mode that the start
        misses, it is an indication only.

    Raises:
        ValueError: if a setting is out of range.

    Source: Grosse et al. (2015), bidirectional Monte Carlo.

    In the book: Eq. (8.7).

    >>> from vae_lib import data, evaluation
    >>> x = data.load_sample().x_train[:200]
    >>> vae = evaluation.linear_vae(evaluation.fit_ppca(x, 2))
    >>> settings = {"n_temperatures": 10, "n_chains": 2, "verbose": 0}
    >>> found = evaluation.bidirectional_ais(vae, n_images=20, **settings)
    >>> bool(found.reverse.mean() > found.forward.mean())
    True
    """
    n_images = whole("n_images", n_images)
    check_settings(n_temperatures, n_chains, start, proposal_scale, n_leapfrog)
    seed = whole("seed", seed, least=0)
    rng = np.random.default_rng((seed, 1))
    z = rng.standard_normal((n_images, vae.latent_dim))
    x_logits = vae.decoder(to_tensor(z, like=vae.decoder.inputs[0]))
    x = ops.convert_to_numpy(vae.likelihood.sample(x_logits, seed=seed))
    path = Path(vae, x, start, proposal_scale)
    n_all = pilot_length(n_temperatures) + 2 * n_temperatures
    bar = progress_bar(n_all, verbose, unit_name="temperature")
    chains = AnnealedChains(path, n_leapfrog, rng, bar)
    chains.tune(n_temperatures, n_chains)
    forward, _ = chains.anneal(path.draw_start(n_chains, rng))
    exact = np.repeat(z[None], n_chains, axis=0)  # (K, n, d)
    backward, _ = chains.anneal(exact, reverse=True)
    return Bidirectional(log_mean_exp(forward), -log_mean_exp(-backward), x)
