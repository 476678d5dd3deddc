"""Chains of codes on their way from a start distribution to the posterior."""

import numpy as np
from keras import ops

from vae_lib.distributions import LOG_2PI
from vae_lib.evaluation.batching import to_numpy, to_tensor
from vae_lib.gradients import value_and_grad

WANTED_ACCEPTANCE = 0.65  # near the best for Hamiltonian moves (Neal, 2011, 5.4.4.3)
FIRST_STEP = 1.0  # in standard deviations of the target
ADAPTATION = 0.2  # how fast the pilot changes its step sizes
FAR = 1e10  # no gradient counts for more: a diverging move stays finite
PILOT_LENGTH = 100  # a shorter chain has a pilot of its own length


def pilot_length(n_temperatures):
    """Temperatures of the run that finds the step sizes, a fifth if they are many."""
    return min(n_temperatures, max(PILOT_LENGTH, n_temperatures // 5))


class Chains:
    r"""K chains for each of B images, and everything their moves need.

    The target at temperature beta is
    :math:`f_\beta \propto f_0^{1-\beta} (p(z)\,p(x \mid z))^\beta`.

    Codes, momenta and weights are NumPy arrays in double precision, ``(K, B, d)`` or
    ``(K, B)``; only the decoder, its likelihood and their gradient run on the backend.
    """

    def __init__(self, vae, x, start, widening, n_leapfrog):
        self.vae = vae
        self.x = x
        self.n_leapfrog = n_leapfrog
        z_mean, z_log_var = map(
            to_numpy, vae.encode(to_tensor(x, vae.encoder.inputs[0]))
        )
        self.std = np.exp(0.5 * z_log_var)  # (B, d), the encoder's
        prior = start == "prior"
        self.start_mean = np.zeros_like(z_mean) if prior else z_mean
        if callable(start):
            self.start_mean = np.asarray(start(x), dtype="float64")
            if self.start_mean.shape != z_mean.shape:
                raise ValueError(
                    f"start must return a code for each image, {z_mean.shape}, got "
                    f"{self.start_mean.shape}."
                )
        self.start_std = np.ones_like(z_mean) if prior else widening * self.std
        self.likelihoods = {}  # by the number of chains

    def draw_start(self, n_chains, rng):
        """Codes from the start distribution, ``(K, B, d)``."""
        noise = rng.standard_normal((n_chains, *self.start_mean.shape))
        return self.start_mean + self.start_std * noise

    def log_start(self, z):
        """Log density of the start and its gradient, ``(K, B)`` and ``(K, B, d)``."""
        standardised = (z - self.start_mean) / self.start_std
        log_f = -0.5 * np.sum(standardised**2 + LOG_2PI, axis=-1)
        return log_f - np.log(self.start_std).sum(
            axis=-1
        ), -standardised / self.start_std

    def log_joint(self, z):
        """log p(z) + log p(x|z) and its gradient, ``(K, B)`` and ``(K, B, d)``."""
        n_chains, n_images, latent_dim = z.shape
        if n_chains not in self.likelihoods:
            self.likelihoods[n_chains] = self._make_likelihood(n_chains)
        flat = to_tensor(z.reshape(-1, latent_dim), like=self.vae.decoder.inputs[0])
        log_px_z, gradient = self.likelihoods[n_chains](flat)
        log_pz = -0.5 * np.sum(z**2 + LOG_2PI, axis=-1)
        log_px_z = log_px_z.reshape(n_chains, n_images)
        return log_px_z + log_pz, gradient.reshape(z.shape) - z

    def _make_likelihood(self, n_chains):
        tiled = np.concatenate([self.x] * n_chains)  # chain 0's images first, as in z
        x = to_tensor(tiled, like=self.vae.decoder.outputs[0])

        def weighted(z, weight):
            return ops.sum(
                weight * self.vae.likelihood.log_prob(x, self.vae.decoder(z))
            )

        # The derivative by the weights is log p(x|z) itself, one number per chain.
        both = value_and_grad(weighted, compiled=True)
        ones = ops.ones((len(tiled),), dtype=self.vae.decoder.outputs[0].dtype)

        def likelihood(z):
            _, (gradient, log_px_z) = both(z, ones)
            return to_numpy(log_px_z), to_numpy(gradient)

        return likelihood

    def tune(self, n_temperatures, n_chains, rng, bar):
        """Anneal once, perhaps faster, and keep a step size for each temperature."""
        n_pilot = pilot_length(n_temperatures)
        self.betas = _schedule(n_pilot)
        self.steps = np.full((n_pilot + 1, len(self.x)), FIRST_STEP)
        self.anneal(self.draw_start(n_chains, rng), rng, bar, adapt=True)
        self.betas = _schedule(n_temperatures)
        nearest = np.linspace(0, n_pilot, n_temperatures + 1).round().astype(int)
        self.steps = self.steps[nearest]  # (T + 1, B)

    def anneal(self, z, rng, bar, reverse=False, adapt=False):
        """Carry codes from the start to the posterior, or back.

        Returns:
            Log weights ``(K, B)`` and the mean probability that a move is accepted,
            ``(B,)``. The weight is that of the forward chain for both directions.
        """
        last = len(self.betas) - 1
        state = (z, *self._terms(z))
        log_w, accepted = np.zeros(z.shape[:2]), np.zeros(z.shape[1])
        # Between two weights there is one move; it is at a temperature both share.
        for t in range(last, 0, -1) if reverse else range(1, last + 1):
            _, ratio, _, _ = state
            log_w += (self.betas[t] - self.betas[t - 1]) * ratio
            place = t - 1 if reverse else t
            if 0 < place < last:
                state, probability = self._move(state, place, rng)
                accepted += probability
                if adapt:
                    factor = np.exp(ADAPTATION * (probability - WANTED_ACCEPTANCE))
                    self.steps[place + 1 :] = self.steps[place] * factor
            bar.add(1)
        return log_w, accepted / max(1, last - 1)

    def _terms(self, z):
        """What a temperature needs of a code: log joint / start, log start, slopes."""
        log_start, start_slope = self.log_start(z)
        log_joint, joint_slope = self.log_joint(z)
        # Far out a decoder may overflow. Any force makes a valid Hamiltonian move, and
        # a density of zero refuses it.
        log_joint = np.nan_to_num(log_joint, nan=-FAR, posinf=-FAR, neginf=-FAR)
        joint_slope = np.nan_to_num(joint_slope, nan=0.0, posinf=FAR, neginf=-FAR)
        joint_slope = np.clip(joint_slope, -FAR, FAR)
        return log_joint - log_start, log_start, (start_slope, joint_slope)

    def _move(self, state, place, rng):
        """One Hamiltonian move; the new state, probability of accepting it ``(B,)``."""
        beta = self.betas[place]
        # Precision of a Gaussian between start and posterior: the scale of a step.
        precision = (1 - beta) / self.start_std**2 + beta / self.std**2
        step = self.steps[place][:, None] / np.sqrt(precision)  # (B, d)
        z, ratio, log_start, slopes = state
        momentum = rng.standard_normal(z.shape)
        energy = log_start + beta * ratio - 0.5 * np.sum(momentum**2, axis=-1)
        new = state
        for _ in range(self.n_leapfrog):
            momentum = momentum + 0.5 * step * _slope(new[3], beta)
            moved = new[0] + step * momentum
            new = (moved, *self._terms(moved))
            momentum = momentum + 0.5 * step * _slope(new[3], beta)
        change = new[2] + beta * new[1] - 0.5 * np.sum(momentum**2, axis=-1) - energy
        probability = np.exp(np.minimum(change, 0.0))
        accept = rng.uniform(size=change.shape) < probability
        return _choose(accept, new, state), probability.mean(axis=0)


def _slope(slopes, beta):
    start, joint = slopes
    return (1 - beta) * start + beta * joint


def _choose(accept, new, old):
    """The new state where accepted, else the old one."""
    wide = accept[..., None]
    slopes = tuple(np.where(wide, a, b) for a, b in zip(new[3], old[3], strict=True))
    scalars = (np.where(accept, a, b) for a, b in zip(new[1:3], old[1:3], strict=True))
    return np.where(wide, new[0], old[0]), *scalars, slopes


def _schedule(n_temperatures, steepness=4.0):
    """beta from 0 to 1, slow at both ends (Wu et al., 2017, appendix)."""
    t = np.linspace(-1.0, 1.0, n_temperatures + 1)
    sigmoid = 1 / (1 + np.exp(-steepness * t))
    return (sigmoid - sigmoid[0]) / (sigmoid[-1] - sigmoid[0])
