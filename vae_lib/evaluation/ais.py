r"""Annealed importance sampling: log p(x) where no grid reaches.

A chain of codes moves from a start distribution :math:`f_0` that is easy to draw from
to the posterior, through

.. math:: f_\tau(z) \propto f_0(z)^{1-\tau} \big(p(z)\, p(x \mid z)\big)^\tau

with the inverse temperature :math:`\tau` rising from 0 to 1, and keeps a weight on the
way. The mean weight is
an unbiased estimate of p(x), so its logarithm is a lower bound in expectation. Run
backwards from an exact posterior sample, which data drawn from the model itself come
with, the same chain gives an upper bound: together they show how good both are.
"""

import math
from typing import NamedTuple

import numpy as np
from keras import ops

from vae_lib._checks import whole
from vae_lib.evaluation.batching import (
    check_count,
    check_inputs,
    progress_bar,
    spans,
    to_numpy,
    to_tensor,
)
from vae_lib.evaluation.hmc import Path, move

STARTS = ("encoder", "prior")
WANTED_ACCEPTANCE = 0.65  # near the best for Hamiltonian moves (Neal, 2011, 5.4.4.3)
FIRST_STEP = 1.0  # in standard deviations of the target
ADAPTATION = 0.2  # how fast the pilot changes its step sizes
PILOT_LENGTH = 100  # a shorter chain has a pilot of its own length


class AIS(NamedTuple):
    """The result of :func:`ais`; arrays are float64."""

    log_px: np.ndarray  # (B,), nats, a lower bound of log p(x) in expectation
    log_weights: np.ndarray  # (K, B), nats, one for each chain
    acceptance: np.ndarray  # (B,), mean probability that a move was accepted


class Bidirectional(NamedTuple):
    """The result of :func:`bidirectional_ais`; arrays are float64."""

    forward: np.ndarray  # (n,), nats, a lower bound of log p(x) in expectation
    reverse: np.ndarray  # (n,), nats, an upper bound in expectation
    x: np.ndarray  # (n, ...), the simulated images


def ais(
    vae,
    x,
    n_temperatures=1000,
    n_chains=16,
    start="encoder",
    proposal_scale=1.5,
    n_leapfrog=10,
    batch_size=50,
    seed=0,
    verbose="auto",
):
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
        ValueError: if the images do not fit the model or a setting is out of range.

    Source: Neal (2001); Wu et al. (2017) for decoder-based models and the schedule.

    In the book: Eqs. (8.3), (8.5), (8.6).
    """
    check_inputs(vae, x)
    check_count("batch_size", batch_size)
    _check(n_temperatures, n_chains, start, proposal_scale, n_leapfrog)
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
    return AIS(_log_mean_exp(log_w), log_w, accepted)


def bidirectional_ais(
    vae,
    n_images=50,
    n_temperatures=1000,
    n_chains=16,
    start="encoder",
    proposal_scale=1.5,
    n_leapfrog=10,
    seed=0,
    verbose="auto",
):
    r"""Bounds of log p(x) from both sides, on images drawn from the model.

    For :math:`z^* \sim p(z)`, :math:`x \sim p(x \mid z^*)` the code :math:`z^*` is an
    exact posterior sample, from which the chain can be run backwards:
    :math:`-\log \frac1K \sum_k 1/w_k` is an upper bound in expectation.

    Args:
        n_images: images to draw from the model, with the likelihood's noise.
        vae, n_temperatures, n_chains, start, proposal_scale: as in :func:`ais`.
        n_leapfrog, seed, verbose: as in :func:`ais`.

    Returns:
        :class:`Bidirectional`. The gap ``reverse - forward`` bounds the error of both
        on such images; on real images, whose posterior may have a mode that the start
        misses, it is an indication only.

    Raises:
        ValueError: if a setting is out of range.

    Source: Grosse et al. (2015), bidirectional Monte Carlo.

    In the book: Eq. (8.7).
    """
    check_count("n_images", n_images)
    _check(n_temperatures, n_chains, start, proposal_scale, n_leapfrog)
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
    return Bidirectional(_log_mean_exp(forward), -_log_mean_exp(-backward), x)


class AnnealedChains:
    """K chains for each of B images, carried along a path of targets.

    Args:
        path: a :class:`vae_lib.evaluation.hmc.Path`.
        n_leapfrog: L, leapfrog steps in a move.
        rng: a NumPy generator.
        bar: a progress bar, one step for each temperature.
    """

    def __init__(self, path, n_leapfrog, rng, bar):
        self.path = path
        self.n_leapfrog = n_leapfrog
        self.rng = rng
        self.bar = bar

    def tune(self, n_temperatures, n_chains):
        """Anneal once, perhaps faster, and keep a step size for each temperature."""
        n_pilot = pilot_length(n_temperatures)
        self.taus = schedule(n_pilot)
        self.step_sizes = np.full((n_pilot + 1, len(self.path.x)), FIRST_STEP)
        self.anneal(self.path.draw_start(n_chains, self.rng), adapt=True)
        self.taus = schedule(n_temperatures)
        nearest = np.linspace(0, n_pilot, n_temperatures + 1).round().astype(int)
        self.step_sizes = self.step_sizes[nearest]  # (T + 1, B)

    def anneal(self, z, reverse=False, adapt=False):
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


def schedule(n_temperatures, steepness=4.0):
    """tau from 0 to 1, slow at both ends (Wu et al., 2017, appendix), ``(T + 1,)``."""
    t = np.linspace(-1.0, 1.0, n_temperatures + 1)
    sigmoid = 1 / (1 + np.exp(-steepness * t))
    return (sigmoid - sigmoid[0]) / (sigmoid[-1] - sigmoid[0])


def pilot_length(n_temperatures):
    """Temperatures of the run that finds the step sizes, a fifth if they are many."""
    return min(n_temperatures, max(PILOT_LENGTH, n_temperatures // 5))


def code_search(vae, codes):
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
    codes = np.asarray(codes, dtype="float64")
    like = vae.decoder.inputs[0]
    parts = [vae.decoder(to_tensor(codes[p], like)) for p in spans(len(codes), 500)]
    x_logits = ops.concatenate(parts)

    def start(x):
        x = to_tensor(x, like=vae.encoder.inputs[0])
        own = to_numpy(vae.encode(x)[0])  # (B, d)
        found = to_numpy(vae.likelihood.log_prob_table(x, x_logits))  # (B, G)
        found -= 0.5 * np.sum(codes**2, axis=1)
        log_px_z = vae.likelihood.log_prob(x, vae.decoder(to_tensor(own, like)))
        known = to_numpy(log_px_z) - 0.5 * np.sum(own**2, axis=1)
        better = found.max(axis=1) > known
        return np.where(better[:, None], codes[found.argmax(axis=1)], own)

    return start


def _log_mean_exp(log_w):
    return np.logaddexp.reduce(log_w, axis=0) - math.log(len(log_w))


def _check(n_temperatures, n_chains, start, proposal_scale, n_leapfrog):
    check_count("n_temperatures", n_temperatures)
    check_count("n_chains", n_chains)
    check_count("n_leapfrog", n_leapfrog)
    if start not in STARTS and not callable(start):
        raise ValueError(
            f"start must be one of {STARTS} or a function of the images, got {start!r}."
        )
    if not 1.0 <= proposal_scale < math.inf:
        raise ValueError(
            f"proposal_scale must be at least 1 and finite, got {proposal_scale!r}."
        )
