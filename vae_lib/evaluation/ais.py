r"""Annealed importance sampling: log p(x) where no grid reaches.

A chain of codes moves from a start distribution :math:`f_0` that is easy to draw from
to the posterior, through

.. math:: f_\tau(z) \propto f_0(z)^{1-\tau} \big(p(z)\, p(x \mid z)\big)^\tau

with the inverse temperature :math:`\tau` rising from 0 to 1, and keeps a weight on the
way. The mean weight is an unbiased estimate of p(x), so its logarithm is a lower bound
in expectation. :mod:`vae_lib.evaluation.bdmc` runs the same chain backwards.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from vae_lib._checks import at_least, whole
from vae_lib._images import check_images
from vae_lib._tensors import to_numpy, to_tensor
from vae_lib._types import Array, Images, Verbose
from vae_lib.evaluation._batches import progress_bar, spans
from vae_lib.evaluation._statistics import log_mean_exp
from vae_lib.evaluation.hmc import Path, move
from vae_lib.models import VAE

Start: TypeAlias = str | Callable[[Images], Array]

STARTS = ("encoder", "prior")
WANTED_ACCEPTANCE = 0.65  # near the best for Hamiltonian moves (Neal, 2011, 5.4.4.3)
FIRST_STEP = 1.0  # in standard deviations of the target
ADAPTATION = 0.2  # how fast the pilot changes its step sizes
PILOT_LENGTH = 100  # a shorter chain has a pilot of its own length


class AIS(NamedTuple):
    """The result of :func:`ais`; arrays are float64."""

    log_px: Array  # (B,), nats, a lower bound of log p(x) in expectation
    log_weights: Array  # (K, B), nats, one for each chain
    acceptance: Array  # (B,), mean probability that a move was accepted


def ais(
    vae: VAE,
    x: Images,
    n_temperatures: int = 1000,
    *,
    n_chains: int = 16,
    start: Start = "encoder",
    proposal_scale: float = 1.5,
    n_leapfrog: int = 10,
    batch_size: int = 50,
    seed: int = 0,
    verbose: Verbose = "auto",
) -> AIS:
    r"""Estimate the log density of each image by annealed importance sampling.

    .. math:: \log w = \sum_{t=1}^{T} (\tau_t - \tau_{t-1})
        \log \frac{p(z_{t-1})\, p(x \mid z_{t-1})}{f_0(z_{t-1})}, \qquad
        \log p(x) \approx \log \frac1K \sum_{k=1}^{K} w_k

    Step sizes are found for each image and temperature by a pilot run, a fifth as long
    if there are many temperatures, and then kept, so that the moves of the counted run
    leave :math:`f_\tau` invariant.

    Args:
        vae: a :class:`vae_lib.models.VAE`.
        x: images, ``(B, 28, 28, 1)``.
        n_temperatures: T, the number of steps of tau; the gap to log p(x) falls about
            as 1/T.
        n_chains: K, independent chains for each image, computed in parallel.
        start: ``"encoder"``, the encoder's Gaussian with its standard deviations
            times ``proposal_scale``; ``"prior"``, which needs no encoder; or a function
            that returns other means ``(B, d)`` for images, such as
            :func:`code_search`: a chain hardly finds a mode of the posterior that is
            far from its start.
        proposal_scale: at least 1: a start narrower than the posterior misses its
            tails.
        n_leapfrog: gradient steps in a Hamiltonian move. Near a Gaussian posterior one
            is the best use of a budget: two reach the mirrored code, whose weight is
            the same.
        batch_size: images whose chains move together; it sets the memory.
        seed: of the noise, which belongs to a batch's place: as long as ``batch_size``
            is the same, so is the result.
        verbose: 1 shows a progress bar, ``"auto"`` does so in a terminal.

    Returns:
        :class:`AIS`.

    Raises:
        ValueError: if the images do not fit the model, a setting is out of range, or
            the encoder's posteriors are too narrow or too wide for double precision.

    Source: Neal (2001); Wu et al. (2017) for decoder-based models and the schedule.

    In the book: Eqs. (8.3), (8.5), (8.6).

    >>> from vae_lib import data, evaluation, pretrained
    >>> vae, x = pretrained.load_pretrained("mlp", 2), data.load_sample().x_test[:3]
    >>> settings = {"n_temperatures": 10, "n_chains": 4, "n_leapfrog": 1, "verbose": 0}
    >>> evaluation.ais(vae, x, **settings).log_weights.shape
    (4, 3)
    """
    check_images(x, "x", vae.image_shape)
    batch_size = whole("batch_size", batch_size)
    check_settings(n_temperatures, n_chains, start, proposal_scale, n_leapfrog)
    seed = whole("seed", seed, least=0)
    batches = spans(len(x), batch_size)
    n_all = pilot_length(n_temperatures) + n_temperatures
    bar = progress_bar(n_all * len(batches), verbose, "temperature")
    parts = []
    for images in batches:
        path = Path(vae, x[images], start, proposal_scale)
        rng = np.random.default_rng((seed, images.start))
        chains = AnnealedChains(path, n_leapfrog, rng, bar)
        chains.tune(n_temperatures, n_chains)
        parts.append(chains.anneal(path.draw_start(n_chains, rng)))
    log_w, accepted = (np.concatenate(p, axis=-1) for p in zip(*parts, strict=True))
    return AIS(log_mean_exp(log_w), log_w, accepted)


class AnnealedChains:
    """K chains for each of B images, carried along a path of targets.

    Args:
        path: a :class:`vae_lib.evaluation.hmc.Path`.
        n_leapfrog: L, leapfrog steps in a move.
        rng: a NumPy generator.
        bar: a progress bar, one step for each temperature.
    """

    def __init__(
        self, path: Path, n_leapfrog: int, rng: np.random.Generator, bar: Any
    ) -> None:
        self.path = path
        self.n_leapfrog = n_leapfrog
        self.rng = rng
        self.bar = bar

    def tune(self, n_temperatures: int, n_chains: int) -> None:
        """Anneal once, perhaps faster, and keep a step size for each temperature."""
        n_pilot = pilot_length(n_temperatures)
        self.taus = schedule(n_pilot)
        self.step_sizes = np.full((n_pilot + 1, len(self.path.x)), FIRST_STEP)
        self.anneal(self.path.draw_start(n_chains, self.rng), adapt=True)
        self.taus = schedule(n_temperatures)
        nearest = np.linspace(0, n_pilot, n_temperatures + 1).round().astype(int)
        self.step_sizes = self.step_sizes[nearest]  # (T + 1, B)

    def anneal(
        self, z: Array, *, reverse: bool = False, adapt: bool = False
    ) -> tuple[Array, Array]:
        """Carry codes from the start to the posterior, or back.

        Returns:
            Log weights ``(K, B)`` and the mean probability that a move is accepted,
            ``(B,)``. The weight is that of the forward chain for both directions.
        """
        last = len(self.taus) - 1
        state = self.path.state(z)
        log_w, accepted = np.zeros(z.shape[:2]), np.zeros(z.shape[1])
        # Between two weights there is one move; it is at a temperature both share.
        for upper in range(last, 0, -1) if reverse else range(1, last + 1):
            tempering = self.taus[upper] - self.taus[upper - 1]
            log_w += tempering * (state.log_joint - state.log_start)
            t = upper - 1 if reverse else upper
            if 0 < t < last:
                state, probability = move(
                    self.path,
                    state,
                    self.step_sizes[t],
                    self.taus[t],
                    self.n_leapfrog,
                    self.rng,
                )
                accepted += probability
                if adapt:
                    factor = np.exp(ADAPTATION * (probability - WANTED_ACCEPTANCE))
                    self.step_sizes[t + 1 :] = self.step_sizes[t] * factor
            self.bar.add(1)
        return log_w, accepted / max(1, last - 1)


def schedule(n_temperatures: int, steepness: float = 4.0) -> Array:
    """tau from 0 to 1, slow at both ends (Wu et al., 2017, appendix), ``(T + 1,)``."""
    t = np.linspace(-1.0, 1.0, n_temperatures + 1)
    sigmoid = 1 / (1 + np.exp(-steepness * t))
    return (sigmoid - sigmoid[0]) / (sigmoid[-1] - sigmoid[0])


def pilot_length(n_temperatures: int) -> int:
    """Temperatures of the run that finds the step sizes, a fifth if they are many."""
    return min(n_temperatures, max(PILOT_LENGTH, n_temperatures // 5))


def code_search(vae: VAE, codes: ArrayLike) -> Callable[[Images], Array]:
    r"""A start for :func:`ais`: the best of given codes and the encoder's own mean.

    .. math:: z_0(x) = \operatorname*{arg\,max}_{z \in \text{codes}, \mu(x)}
        \log p(x \mid z) + \log p(z)

    An encoder that misreads an image points at the wrong mode of the posterior. Codes
    of other images often include one that is near the right mode. Any start is
    allowed, so the estimate stays a lower bound in expectation.

    Args:
        vae: a :class:`vae_lib.models.VAE`.
        codes: where to look, ``(G, d)``, such as the means of validation images.

    Returns:
        A function of images that returns ``(B, d)``, float64.
    """
    known = np.asarray(codes, dtype="float64")
    like = vae.decoder.inputs[0]
    parts = [vae.decoder(to_tensor(known[p], like)) for p in spans(len(known), 500)]
    x_logits = ops.concatenate(parts)

    def start(x: Images) -> Array:
        images = to_tensor(x, like=vae.encoder.inputs[0])
        own = to_numpy(vae.encode(images)[0])  # (B, d)
        found = to_numpy(vae.likelihood.log_prob_table(images, x_logits))  # (B, G)
        found -= 0.5 * np.sum(known**2, axis=1)
        log_px_z = vae.likelihood.log_prob(images, vae.decoder(to_tensor(own, like)))
        of_own = to_numpy(log_px_z) - 0.5 * np.sum(own**2, axis=1)
        better = found.max(axis=1) > of_own
        return np.where(better[:, None], known[found.argmax(axis=1)], own)

    return start


def check_settings(
    n_temperatures: int,
    n_chains: int,
    start: Any,
    proposal_scale: float,
    n_leapfrog: int,
) -> None:
    """Raise ValueError for a setting of :func:`ais` that is out of range."""
    whole("n_temperatures", n_temperatures)
    whole("n_chains", n_chains)
    whole("n_leapfrog", n_leapfrog)
    if start not in STARTS and not callable(start):
        raise ValueError(
            f"start must be one of {STARTS} or a function of the images, got {start!r}."
        )
    at_least("proposal_scale", proposal_scale, 1)
