"""The two small networks of latent_priors.py: a flow and a diffusion model of codes.

Both mix a code with noise, z_t = alpha_t z + sigma_t eps, from t = 0, the code, to
t = 1, noise, and learn a mean given z_t. The network has two hidden layers, so that the
divergence that its density needs is exact and costs no more than the network.
"""

import itertools

import keras
import numpy as np

N_WAVES = 8  # functions of time that the network reads


def time_features(t):
    """Cosines of time, ``(B, 8)``."""
    return np.cos(np.pi * t[:, None] * np.arange(1, N_WAVES + 1)).astype("float32")


def build_network(latent_dim, units):
    """``[z_t, time features] -> (B, latent_dim)``, two hidden layers."""
    inputs = keras.Input((latent_dim + N_WAVES,))
    h = keras.layers.Dense(units, activation="silu")(inputs)
    h = keras.layers.Dense(units, activation="silu")(h)
    return keras.Model(inputs, keras.layers.Dense(latent_dim)(h))


def silu(a):
    """The activation and its derivative."""
    gate = 0.5 * (1.0 + np.tanh(0.5 * a))  # sigmoid, without overflow
    return a * gate, gate * (1.0 + a * (1.0 - gate))


def log_normal(z):
    """Log density of the standard normal prior, ``(B,)``, in double precision."""
    return -0.5 * np.sum(z**2 + np.log(2 * np.pi), axis=1)


class GaussianPath:
    """What the flow and the diffusion model share."""

    last = 1.0  # time at which sampling starts and a density ends

    def __init__(self, latent_dim, units, seed):
        keras.utils.set_random_seed(seed)
        self.seed, self.latent_dim = seed, latent_dim
        self.network = build_network(latent_dim, units)

    def mix(self, z, noise, t):
        """A code on its way to noise, and what the network is to predict."""
        raise NotImplementedError

    def velocity(self, z, t):
        """dz/dt and its divergence."""
        raise NotImplementedError

    def pairs(self, posterior, n, rng):
        """Fresh codes, noise and times: inputs and targets of ``n`` examples."""
        z_mean, z_log_var = posterior
        chosen = rng.integers(len(z_mean), size=n)
        noise = rng.standard_normal((2, n, self.latent_dim), dtype="float32")
        z = z_mean[chosen] + np.exp(0.5 * z_log_var[chosen]) * noise[0]
        t = rng.random(n, dtype="float32")
        z_t, target = self.mix(z, noise[1], t[:, None])
        return np.concatenate([z_t, time_features(t)], axis=1), target

    def fit(self, posterior, n_pairs, batch_size, parts=4):
        """Least squares, each example used once, by Adam with a cosine schedule."""
        steps = n_pairs // batch_size
        rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
        self.network.compile(keras.optimizers.Adam(rate), "mse", steps_per_execution=50)
        rng = np.random.default_rng((self.seed, 4))
        for _ in range(parts):
            x, y = self.pairs(posterior, n_pairs // parts, rng)
            self.network.fit(x, y, batch_size, verbose=0, shuffle=False)
        self.weights = self.network.get_weights()
        return self

    def predict(self, z, t):
        """The network's output and the trace of its Jacobian in z."""
        w_1, b_1, w_2, b_2, w_3, b_3 = self.weights
        time = time_features(np.full(1, t))
        of_z, of_time = np.split(w_1, [self.latent_dim])
        h, slope_1 = silu(z @ of_z + time @ of_time + b_1)
        h, slope_2 = silu(h @ w_2 + b_2)
        loop = w_2 * (w_3 @ of_z).T  # (units, units)
        return h @ w_3 + b_3, np.sum((slope_1 @ loop) * slope_2, axis=1)

    def sample(self, n, seed, n_steps=50):
        """Codes from noise, by Heun's method backwards in time."""
        rng = np.random.default_rng((seed, 0))  # the numbers of the normal prior
        z = rng.standard_normal((n, self.latent_dim)).astype("float32")
        times = np.linspace(self.last, 0.0, n_steps + 1)
        for now, then in itertools.pairwise(times):
            slope = self.velocity(z, now)[0]
            end = self.velocity(z + (then - now) * slope, then)[0]
            z = z + 0.5 * (then - now) * (slope + end)
        return z

    def log_density(self, z, n_steps=40):
        """log p(z) by the change of variables along the flow, Runge-Kutta's method."""
        total, step = np.zeros(len(z)), self.last / n_steps
        for now in np.arange(n_steps) * step:
            k_1, d_1 = self.velocity(z, now)
            k_2, d_2 = self.velocity(z + 0.5 * step * k_1, now + 0.5 * step)
            k_3, d_3 = self.velocity(z + 0.5 * step * k_2, now + 0.5 * step)
            k_4, d_4 = self.velocity(z + step * k_3, now + step)
            z = z + step / 6 * (k_1 + 2 * k_2 + 2 * k_3 + k_4)
            total += step / 6 * (d_1 + 2 * d_2 + 2 * d_3 + d_4)
        return total + log_normal(z)


class Flow(GaussianPath):
    """Straight paths from code to noise; the network predicts noise minus code."""

    def mix(self, z, noise, t):
        return (1 - t) * z + t * noise, noise - z

    def velocity(self, z, t):
        return self.predict(z, t)


class Diffusion(GaussianPath):
    """The cosine schedule; the network predicts the noise."""

    # At t = 1 nothing of the code is left to divide by, and near it the equation is
    # stiff. Here 0.2 % of the variance is left.
    last = 0.97

    def mix(self, z, noise, t):
        angle = 0.5 * np.pi * t
        return np.cos(angle) * z + np.sin(angle) * noise, noise

    def velocity(self, z, t):
        angle, rate = 0.5 * np.pi * t, 0.5 * np.pi
        noise, trace = self.predict(z, t)
        speed = rate * (noise / np.cos(angle) - np.tan(angle) * z)
        divergence = trace / np.cos(angle) - np.tan(angle) * self.latent_dim
        return speed, rate * divergence
