"""Train chapter 10's networks over many pixel variances, and record what they reach.

    python -m experiments.rate_distortion

Writes book/results/rate_distortion.json, in about a quarter of an hour on two quiet
cores. The 4,000 training digits of the sample fit every network, its 500 validation
digits score it too, and three seeds repeat everything.

``curve``: ten latents, the variance fixed and lowered from 4 to 0.005 in steps, each
network starting from the last one; then raised again.
``threshold``: two latents, the same between 8 and 1, around the largest eigenvalues.
``patience``: long trainings near those eigenvalues, from either side.
``learned``: ten latents, a learned variance and several KL weights.
``starts``: two latents, a learned variance that starts at several values.
``remedies``: KL warm-up, free bits and another start, for a variance that starts too
high and for one that is fixed too high.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import ops

from experiments._harness import RESULTS, machine
from vae_lib import data, evaluation, likelihoods, models, networks
from vae_lib import training
from vae_lib._files import write_json
from vae_lib.training.steps import make_train_function

SEEDS = (0, 1, 2)
BATCH_SIZE = 125  # 32 steps an epoch
CURVE = (4, 2, 1, 0.5, 0.25, 0.125, 0.0625, 0.03, 0.02, 0.01, 0.005)
CURVE_UP = (0.03, 0.25, 1, 4, 6)
THRESHOLD = (8, 6.5, 5.8, 5, 4.5, 4, 3.5, 3, 2, 1)
THRESHOLD_UP = (*THRESHOLD[-2::-1],)
STAGE_EPOCHS = {"curve": 40, "threshold": 50}
BETAS, LEARNED_EPOCHS = (0.25, 1, 4, 16, 60), 80
STARTS, START_EPOCHS = (0.05, 20.0, 100.0), 140
HIGH_START, HIGH_FIXED, FREE_NATS, REMEDY_EPOCHS = 20.0, 6.0, 0.5, 40


class FreeBits(models.VAE):
    """A VAE that charges each latent at least ``FREE_NATS`` (Kingma et al., 2016)."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs):
        terms = self.elbo_terms(x)
        z_mean, z_log_var = self.encode(x)
        each = 0.5 * (z_mean**2 + ops.exp(z_log_var) - 1 - z_log_var)
        charged = ops.sum(ops.maximum(ops.mean(each, axis=0), FREE_NATS))
        self.elbo_tracker.update_state(terms.elbo)
        self.rate_tracker.update_state(terms.rate)
        self.distortion_tracker.update_state(terms.distortion)
        return ops.mean(terms.distortion) + charged


def build(latent_dim, hidden_units, seed, likelihood, kind=models.VAE, **kwargs):
    """A VAE of two small multilayer perceptrons."""
    keras.utils.set_random_seed(seed)
    encoder = networks.mlp_encoder(latent_dim, hidden_units=hidden_units)
    decoder = networks.mlp_decoder(latent_dim, hidden_units=hidden_units)
    return kind(encoder, decoder, likelihood, seed=seed, **kwargs)


def latent_rates(vae, x):
    """The mean rate of each latent, in nats, and the variance of its posterior mean."""
    z_mean, z_log_var = evaluation.encode(vae, x, verbose=0)
    each = 0.5 * (z_mean**2 + np.exp(z_log_var) - 1 - z_log_var)
    return each.mean(axis=0), z_mean.var(axis=0)


def measure(vae, sample):
    """Rate and error of a network; the error is half the summed square, per image."""
    found = {}
    for split, x in (("train", sample.x_train), ("val", sample.x_val)):
        terms = evaluation.per_example(vae, x, n_samples=4, verbose=0)
        each, moved = latent_rates(vae, x)
        half = 392 * terms.mse  # 784 / 2 times the squared error per pixel
        found[split] = {
            "rate": terms.rate.mean(),
            "rate_se": terms.rate.std(ddof=1) / np.sqrt(len(x)),
            "error": half.mean(),
            "error_se": half.std(ddof=1) / np.sqrt(len(x)),
            "rates": sorted(each, reverse=True),
            "mean_variances": sorted(moved, reverse=True),
            "elbo": terms.elbo.mean(),
            "elbo_se": terms.elbo.std(ddof=1) / np.sqrt(len(x)),
        }
    return found


class Stages:
    """One network that is trained on at one variance after another.

    The variance is the KL weight of a Gaussian of variance 1, which has the same
    optimum, Eq. (10.7), and may change without compiling anything anew.
    """

    def __init__(self, sample, latent_dim, hidden_units, seed):
        self.sample, self.seed, self.epoch = sample, seed, 0
        self.vae = build(latent_dim, hidden_units, seed, likelihoods.Gaussian(1.0))
        self.vae.compile(optimizer=keras.optimizers.Adam(1e-3))
        self.vae.optimizer.build(self.vae.trainable_variables)
        self.step = make_train_function(self.vae, sample.x_train, BATCH_SIZE)

    def train(self, variance, epochs):
        """Train at one variance, the learning rate on half a cosine, and measure."""
        self.vae.warm_beta(variance)
        for k in range(epochs):
            rate = 0.5e-3 * (1 + np.cos(np.pi * k / epochs))
            self.vae.optimizer.learning_rate.assign(rate)
            order = training.epoch_order(
                len(self.sample.x_train), self.seed, self.epoch
            )
            self.step(order.reshape(-1, BATCH_SIZE))
            self.epoch += 1
        return {"variance": variance, **measure(self.vae, self.sample)}


def sweep(stages, down, up, epochs):
    """Down through the variances, then up again, always from the last network."""
    return {
        "down": [stages.train(value, epochs) for value in down],
        "up": [stages.train(value, epochs) for value in up],
    }


def residual_eigenvalues(vae, x):
    """The largest variances of what the decoder leaves, at one sampled code each."""
    z_mean, z_log_var = evaluation.encode(vae, x, verbose=0)
    noise = np.random.default_rng(0).standard_normal(z_mean.shape)
    left = x - ops.convert_to_numpy(
        vae.decode(z_mean + np.exp(0.5 * z_log_var) * noise)
    )
    variances = np.linalg.eigvalsh(np.cov(left.reshape(len(x), -1).T))
    return variances[:-4:-1].tolist()


def patience(sample, seed):
    """Long trainings where the sweep's two ways disagree: from silence, from speech."""
    silent, speaking = (Stages(sample, 2, 64, seed) for _ in range(2))
    found = {"start": silent.train(8, 30), "silent, 5": silent.train(5, 200)}
    silent.train(4, 50)
    found["silent, 2"] = silent.train(2, 150)
    found["silent, 2"]["left"] = residual_eigenvalues(silent.vae, sample.x_train)
    found["speaking, 2"] = speaking.train(2, 60)
    found["speaking, 2"]["left"] = residual_eigenvalues(speaking.vae, sample.x_train)
    found["speaking, 5.6"] = speaking.train(5.6, 200)
    return found


def fit(vae, sample, epochs, **kwargs):
    """Train as a chapter does, and measure."""
    options = {"batch_size": BATCH_SIZE, "verbose": 0, "seed": vae.seed, **kwargs}
    history = training.fit(vae, sample.x_train, epochs=epochs, **options)
    found = {"variance": vae.likelihood.variance, **measure(vae, sample)}
    return found, history.history


def learned(sample, beta, seed):
    """A learned variance under a KL weight."""
    vae = build(10, 128, seed, likelihoods.Gaussian(), beta=beta)
    return {"beta": beta, **fit(vae, sample, LEARNED_EPOCHS)[0]}


def start(sample, initial, seed):
    """A learned variance from one start, its rate after every epoch."""
    likelihood = likelihoods.Gaussian(initial_variance=initial)
    vae = build(2, 64, seed, likelihood)
    vae.compile(optimizer=keras.optimizers.Adam(1e-3))
    found, history = fit(vae, sample, START_EPOCHS)
    kept = {name: history[name] for name in ("rate", "variance", "elbo")}
    return {"initial": initial, **found, "history": kept}


def remedies(sample, seed):
    """Four trainings of a variance that starts too high, and of one that is too high."""
    good = build(2, 64, seed, likelihoods.Gaussian())
    fit(good, sample, REMEDY_EPOCHS)
    both = {
        "starts": lambda: likelihoods.Gaussian(initial_variance=HIGH_START),
        "fixed": lambda: likelihoods.Gaussian(HIGH_FIXED),
    }
    found = {}
    for name, likelihood in both.items():
        plain = build(2, 64, seed, likelihood())
        warm = build(2, 64, seed, likelihood())
        free = build(2, 64, seed, likelihood(), kind=FreeBits)
        other = build(2, 64, seed, likelihood())
        other.encoder.set_weights(good.encoder.get_weights())
        other.decoder.set_weights(good.decoder.get_weights())
        if name == "starts":  # its own variance, too: the start of the good network
            other.likelihood.set_weights(good.likelihood.get_weights())
        half = {"kl_warmup": REMEDY_EPOCHS // 2}
        found[name] = {
            "plain": fit(plain, sample, REMEDY_EPOCHS)[0],
            "warm-up": fit(warm, sample, REMEDY_EPOCHS, **half)[0],
            "free bits": fit(free, sample, REMEDY_EPOCHS)[0],
            "other start": fit(other, sample, REMEDY_EPOCHS)[0],
        }
    return found


def main():
    """Train all networks and write the file."""
    sample = data.load_sample()
    record = {"machine": machine(), "seeds": list(SEEDS), "batch_size": BATCH_SIZE}
    record |= {"stage_epochs": STAGE_EPOCHS, "learned_epochs": LEARNED_EPOCHS}
    record |= {"start_epochs": START_EPOCHS, "remedy_epochs": REMEDY_EPOCHS}
    record |= {"high_start": HIGH_START, "high_fixed": HIGH_FIXED, "free": FREE_NATS}
    parts = {
        "threshold": lambda seed: sweep(
            Stages(sample, 2, 64, seed),
            THRESHOLD,
            THRESHOLD_UP,
            STAGE_EPOCHS["threshold"],
        ),
        "patience": lambda seed: patience(sample, seed),
        "remedies": lambda seed: remedies(sample, seed),
        "starts": lambda seed: [start(sample, value, seed) for value in STARTS],
        "curve": lambda seed: sweep(
            Stages(sample, 10, 128, seed), CURVE, CURVE_UP, STAGE_EPOCHS["curve"]
        ),
        "learned": lambda seed: [learned(sample, beta, seed) for beta in BETAS],
    }
    for name, part in parts.items():
        record[name] = [part(seed) for seed in SEEDS]
        print(name, flush=True)
        write_json(RESULTS / "rate_distortion.json", record)


if __name__ == "__main__":
    main()
