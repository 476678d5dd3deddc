r"""Hamiltonian Monte Carlo on the path from a start distribution to the posterior.

The target at inverse temperature :math:`\tau` is the geometric path

.. math:: \log f_\tau(z) = (1 - \tau) \log f_0(z) + \tau \log p(z)\, p(x \mid z),

and a move follows Neal (2011): draw a momentum, take L leapfrog steps of size
:math:`\epsilon`, accept by the change of :math:`\log f_\tau - K`, with
:math:`K = \frac12 \lVert \text{momentum} \rVert^2`.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from keras import ops
from numpy.typing import NDArray

from vae_lib._checks import of_shape
from vae_lib._tensors import to_numpy, to_tensor
from vae_lib._types import Array, Images, Tensor
from vae_lib.distributions import LOG_2PI
from vae_lib.gradients import value_and_grad
from vae_lib.models import VAE

# Of a deviation to its mean: a float64 code then still holds its noise to six digits.
NARROWEST = 1e-10
WIDEST = 1e10
FAR = 1e10  # no gradient counts for more: a diverging move stays finite


class State(NamedTuple):
    """Codes of K chains for B images, with all that any inverse temperature needs.

    NumPy arrays in double precision.
    """

    z: Array  # (K, B, d)
    log_start: Array  # (K, B), log f_0(z)
    log_joint: Array  # (K, B), log p(z) p(x|z)
    grad_start: Array  # (K, B, d), gradient of log_start
    grad_joint: Array  # (K, B, d)

    def log_target(self, tau: float) -> Array:
        """log f_tau of each chain, ``(K, B)``."""
        return self.log_start + tau * (self.log_joint - self.log_start)

    def grad_target(self, tau: float) -> Array:
        """Its gradient by z, ``(K, B, d)``."""
        return (1 - tau) * self.grad_start + tau * self.grad_joint


class Path:
    """The targets between a start distribution and the posterior of B images.

    Only the decoder, its likelihood and their gradient run on the backend.

    Args:
        vae: a :class:`vae_lib.models.VAE`.
        x: images, ``(B, 28, 28, 1)``.
        start: ``"encoder"``, ``"prior"`` or a function of images, as in
            :func:`vae_lib.evaluation.ais`.
        proposal_scale: what the encoder's standard deviations are multiplied by.

    Raises:
        ValueError: if ``start`` returns codes of another shape, or a posterior is too
            narrow or too wide for double precision.
    """

    def __init__(self, vae: VAE, x: Images, start: Any, proposal_scale: float) -> None:
        self.vae = vae
        self.x = x
        encoder_input = vae.encoder.inputs[0]
        z_mean, z_log_var = map(to_numpy, vae.encode(to_tensor(x, encoder_input)))
        _check_posteriors(z_mean, 0.5 * z_log_var)
        self.encoder_std = np.exp(0.5 * z_log_var)  # (B, d)
        self.start_mean, self.start_std = z_mean, proposal_scale * self.encoder_std
        if start == "prior":
            self.start_mean = np.zeros_like(z_mean)
            self.start_std = np.ones_like(z_mean)
        elif callable(start):
            self.start_mean = np.asarray(start(x), dtype="float64")
            of_shape("start's codes", self.start_mean, z_mean.shape)
        # Compiled, by the number of chains.
        self._likelihoods: dict[int, Callable[[Tensor], tuple[Array, Array]]] = {}

    def draw_start(self, n_chains: int, rng: np.random.Generator) -> Array:
        """Codes from the start distribution, ``(K, B, d)``."""
        noise = rng.standard_normal((n_chains, *self.start_mean.shape))
        return self.start_mean + self.start_std * noise

    def state(self, z: Array) -> State:
        """The :class:`State` of codes ``(K, B, d)``."""
        standardised = (z - self.start_mean) / self.start_std
        log_start = -0.5 * np.sum(standardised**2 + LOG_2PI, axis=-1)
        log_start = log_start - np.log(self.start_std).sum(axis=-1)
        log_px_z, grad_px_z = self._likelihood(z)
        log_pz = -0.5 * np.sum(z**2 + LOG_2PI, axis=-1)
        # Far out a decoder may overflow. Any force makes a valid Hamiltonian move, and
        # a density of zero refuses it.
        log_joint = np.nan_to_num(log_px_z + log_pz, nan=-FAR, posinf=-FAR, neginf=-FAR)
        grad_joint = np.nan_to_num(grad_px_z - z, nan=0.0, posinf=FAR, neginf=-FAR)
        return State(
            z,
            log_start,
            log_joint,
            grad_start=-standardised / self.start_std,
            grad_joint=np.clip(grad_joint, -FAR, FAR),
        )

    def scale(self, tau: float) -> Array:
        """The width of the target if start and posterior were Gaussian, ``(B, d)``."""
        precision = (1 - tau) / self.start_std**2 + tau / self.encoder_std**2
        return 1.0 / np.sqrt(precision)

    def _likelihood(self, z: Array) -> tuple[Array, Array]:
        """log p(x|z) and its gradient by z, ``(K, B)`` and ``(K, B, d)``."""
        n_chains, n_images, latent_dim = z.shape
        if n_chains not in self._likelihoods:
            self._likelihoods[n_chains] = self._compile_likelihood(n_chains)
        flat = to_tensor(z.reshape(-1, latent_dim), like=self.vae.decoder.inputs[0])
        log_px_z, gradient = self._likelihoods[n_chains](flat)
        return log_px_z.reshape(n_chains, n_images), gradient.reshape(z.shape)

    def _compile_likelihood(
        self, n_chains: int
    ) -> Callable[[Tensor], tuple[Array, Array]]:
        tiled = np.concatenate([self.x] * n_chains)  # chain 0's images first, as in z
        x = to_tensor(tiled, like=self.vae.decoder.outputs[0])

        def weighted(z: Tensor, weight: Tensor) -> Tensor:
            log_px_z = self.vae.likelihood.log_prob(x, self.vae.decoder(z))
            return ops.sum(weight * log_px_z)

        # The derivative by the weights is log p(x|z) itself, one number per chain.
        both = value_and_grad(weighted, compiled=True)
        ones = ops.ones((len(tiled),), dtype=self.vae.decoder.outputs[0].dtype)

        def likelihood(z: Tensor) -> tuple[Array, Array]:
            _, (gradient, log_px_z) = both(z, ones)
            return to_numpy(log_px_z), to_numpy(gradient)

        return likelihood


def _check_posteriors(z_mean: Array, log_std: Array) -> None:
    """Refuse an encoder whose codes no float64 can tell apart, or that are nowhere."""
    widths = log_std - np.log(np.maximum(np.abs(z_mean), 1.0))
    if np.min(widths) > math.log(NARROWEST) and np.max(log_std) < math.log(WIDEST):
        return  # false for NaN, too
    raise ValueError(
        f"The encoder's log-variances run from {2 * log_std.min():.4g} to "
        f"{2 * log_std.max():.4g} around means up to {np.abs(z_mean).max():.4g}: in "
        "double precision no chain can move there. The encoder has diverged, or its "
        "images were not in [0, 1]."
    )


def leapfrog(
    path: Path,
    state: State,
    momentum: Array,
    epsilon: Array,
    tau: float,
    n_leapfrog: int,
) -> tuple[State, Array]:
    """L steps of size epsilon ``(B, d)``; returns the last state and momentum."""
    for _ in range(n_leapfrog):
        momentum = momentum + 0.5 * epsilon * state.grad_target(tau)
        state = path.state(state.z + epsilon * momentum)
        momentum = momentum + 0.5 * epsilon * state.grad_target(tau)
    return state, momentum


def move(
    path: Path,
    state: State,
    step_size: Array,
    tau: float,
    n_leapfrog: int,
    rng: np.random.Generator,
) -> tuple[State, Array]:
    """One Hamiltonian move of every chain, which leaves f_tau invariant.

    Args:
        path: a :class:`Path`.
        state: the :class:`State` before.
        step_size: for each image ``(B,)``, in widths of the target.
        tau: inverse temperature.
        n_leapfrog: L.
        rng: a NumPy generator.

    Returns:
        The state after, and the mean probability of acceptance ``(B,)``.
    """
    epsilon = step_size[:, None] * path.scale(tau)  # (B, d)
    momentum = rng.standard_normal(state.z.shape)
    proposal, end = leapfrog(path, state, momentum, epsilon, tau, n_leapfrog)
    log_accept = (proposal.log_target(tau) - _kinetic(end)) - (
        state.log_target(tau) - _kinetic(momentum)
    )
    probability = np.exp(np.minimum(log_accept, 0.0))
    accept = rng.uniform(size=log_accept.shape) < probability
    return _choose(accept, proposal, state), probability.mean(axis=0)


def _kinetic(momentum: Array) -> Array:
    return 0.5 * np.sum(momentum**2, axis=-1)


def _choose(accept: NDArray[np.bool_], new: State, old: State) -> State:
    """Chain by chain, the new state where accepted, else the old one."""
    return State(
        *(
            np.where(accept[..., None] if a.ndim == 3 else accept, a, b)
            for a, b in zip(new, old, strict=True)
        )
    )
