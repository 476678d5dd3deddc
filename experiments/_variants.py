"""An epoch of the MLP VAE with one part or another left out, for bench_profile.py."""

import keras
import numpy as np

from vae_lib import likelihoods, models, networks, training
from vae_lib.cli.bench import Loop
from vae_lib.training import steps
from vae_lib.training.loop import epoch_order


class Empty(models.VAE):
    """A VAE whose training step looks at nothing and changes nothing."""

    def train_step(self, *args):
        if keras.backend.backend() == "jax":  # train_step(state, data)
            return {"loss": 0.0}, args[0]
        return {"loss": keras.ops.zeros(())}


class WithoutNoise(models.VAE):
    """A VAE that takes the mean code for a sample and so draws no random number."""

    def _draw_codes(self, z_mean, z_log_var, n_samples, noise):
        # As with noise, so that only the drawing is missing.
        noise = keras.ops.ones_like(z_mean)[None]
        return z_mean + keras.ops.exp(0.5 * z_log_var) * noise, noise


def build(x, latent_dim, batch_size, steps_a_call, epochs):
    """Functions that run one epoch each, by name."""

    def make(kind=models.VAE, optimizer=keras.optimizers.Adam, **settings):
        keras.utils.set_random_seed(0)
        vae = kind(*networks.build("mlp", latent_dim), likelihoods.Gaussian(), seed=0)
        vae.compile(optimizer=optimizer(1e-3), **settings)
        vae.optimizer.build(vae.trainable_variables)
        return vae

    def fit(vae):
        options = dict(epochs=epochs, batch_size=batch_size, verbose=0)
        return Loop(lambda hook: vae.fit(x, callbacks=[hook], **options)).epoch

    def fast(vae):
        options = dict(epochs=epochs, batch_size=batch_size, verbose=0)
        loop = Loop(lambda hook: training.fit(vae, x, callbacks=[hook], **options))
        return loop.epoch

    def calls(vae, x=x, a_call=steps_a_call):
        return Calls(vae, x, len(order), batch_size, a_call)

    order = epoch_order(len(x), seed=0, epoch=0)
    many = {"steps_per_execution": steps_a_call}
    return {
        "Model.fit": fit(make()),
        "empty": fit(make(Empty)),
        "empty, many a call": fit(make(Empty, **many)),
        "training.fit": fast(make()),
        "calls": calls(make()),
        "one a call": calls(make(), a_call=1),
        "without noise": calls(make(WithoutNoise)),
        "SGD": calls(make(optimizer=small_sgd)),
        "same rows": calls(make(), x=x[:batch_size]),
    }


def small_sgd(_):
    """SGD with a rate at which the VAE neither learns nor diverges."""
    return keras.optimizers.SGD(1e-6)


class Calls:
    """The compiled calls of the fast path, with nothing around them."""

    def __init__(self, vae, x, n, batch_size, a_call):
        self.a_call = a_call
        before = steps.steps_per_execution
        steps.steps_per_execution = lambda vae: a_call
        try:
            self.run = steps.make_train_function(vae, x, batch_size)
        finally:
            steps.steps_per_execution = before
        rows = epoch_order(n, seed=0, epoch=0) % len(x)
        self.rows = rows.reshape(-1, batch_size)

    def __call__(self):
        for first in range(0, len(self.rows), self.a_call):
            losses = self.run(self.rows[first : first + self.a_call])
            if not np.isfinite(losses).all():
                raise FloatingPointError("A variant of the step has diverged.")
