"""Train chapter 10's networks over many pixel variances, and record what they reach.

    python -m experiments.rate_distortion

Writes book/results/rate_distortion.json, in about a quarter of an hour on two quiet
cores. The 4,000 training digits of the sample fit every network, its 500 validation
digits score it too, and three seeds repeat everything.

``threshold``: two latents, the variance fixed and lowered from 8 to 1 in steps, around
the largest eigenvalues, each network starting from the last one; then raised again.
``patience``: long trainings near those eigenvalues, from either side.
``curve``: ten latents, from 0.005 up to 6, and from 4 down to 0.005.
``learned``: ten latents, a learned variance and several KL weights.
``starts``: two latents, a learned variance that starts at several values.
``remedies``: KL warm-up, free bits and another start, for a variance that starts too
high, for one that is fixed too high, and for a collapsed network at a low one.
"""

import itertools
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import ops

from experiments._harness import RESULTS, machine
from vae_lib import data, evaluation, likelihoods, models, networks, training
from vae_lib._files import write_json
from vae_lib.training.steps import make_train_function

SEEDS = (0, 1, 2)
N_SAMPLES, NODES = 16, 7  # of a code in evaluations: draws, and points a latent
BATCH_SIZE = 125  # 32 steps an epoch
THRESHOLD = (8, 6.5, 5.8, 5, 4.5, 4, 3.5, 3, 2, 1)
CURVE = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4, 6)
BETAS = (0.25, 1, 4, 16, 60)  # in this order, each from the last network
STARTS = (0.05, 20.0, 100.0)
FIRST, NEXT = 60, 25  # epochs at the first stop of a long sweep, and at the others
EPOCHS = {"threshold": 50, "starts": 120, "remedies": 40}
HIGH_START, HIGH_FIXED, LOW_FIXED, FREE_NATS = 20.0, 6.0, 2.0, 0.5


class FreeBits(models.VAE):
    """A VAE that charges each latent at least ``FREE_NATS`` (Kingma et al., 2016)."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs):
        terms = self.elbo_terms(x)
        z_mean, z_log_var = self.encode(x)
        each = 0.5 * (z_mean**2 + ops.exp(z_log_var) - 1 - z_log_var)
        charged = ops.sum(ops.maximum(ops.mean(each, axis=0), FREE_NATS))
        return ops.mean(terms.distortion) + charged


def half_errors(vae, x, z_mean, z_log_var):
    """Half the summed square of each image, averaged over its posterior.

    Two latents are integrated by Gauss and Hermite's rule: near the threshold losses
    differ by hundredths, which the noise of a few sampled codes would hide.
    """
    if z_mean.shape[1] > 2:
        terms = evaluation.per_example(vae, x, n_samples=N_SAMPLES, verbose=0)
        return 392 * terms.mse  # 392 = 784 / 2
    grid, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights, errors = weights / weights.sum(), np.zeros(len(x))
    for (i, first), (j, second) in itertools.product(enumerate(grid), repeat=2):
        codes = z_mean + np.exp(0.5 * z_log_var) * np.array([first, second])
        left = x - ops.convert_to_numpy(vae.decode(codes.astype("float32")))
        errors += weights[i] * weights[j] * 0.5 * np.sum(left**2, axis=(1, 2, 3))
    return errors


def measure(vae, x):
    """Rate, error and bound; the error is half the summed square of an image."""
    z_mean, z_log_var = evaluation.encode(vae, x, verbose=0)
    each = 0.5 * (z_mean**2 + np.exp(z_log_var) - 1 - z_log_var)  # (n, d)
    found = {"rates": sorted(each.mean(axis=0), reverse=True)}
    found["mean_variances"] = sorted(z_mean.var(axis=0), reverse=True)
    rate, error = each.sum(axis=1), half_errors(vae, x, z_mean, z_log_var)
    variance = vae.likelihood.variance
    elbo = -error / variance - 392 * np.log(2 * np.pi * variance) - rate
    for name, values in {"rate": rate, "error": error, "elbo": elbo}.items():
        found[name], found[f"{name}_se"] = evaluation.mean_and_error(values)
    return found


class Trainer:
    """One small network, compiled once, that is trained again and again.

    A fixed variance is the KL weight of a Gaussian of variance 1, which has the same
    optimum, Eq. (10.5), and may change without compiling anything anew.
    """

    def __init__(self, sample, sizes, seed, likelihood=None, kind=models.VAE):
        keras.utils.set_random_seed(seed)
        latent_dim, hidden = sizes
        encoder = networks.mlp_encoder(latent_dim, hidden_units=hidden)
        decoder = networks.mlp_decoder(latent_dim, hidden_units=hidden)
        likelihood = likelihood or likelihoods.Gaussian(1.0)
        self.vae = kind(encoder, decoder, likelihood, seed=seed)
        self.vae.compile(optimizer=keras.optimizers.Adam(1e-3))
        self.vae.optimizer.build(self.vae.trainable_variables)
        self.step = make_train_function(self.vae, sample.x_train, BATCH_SIZE)
        self.sample, self.seed, self.epoch = sample, seed, 0
        self.fresh = self.networks()
        self.cold = [np.array(v) for v in self.vae.optimizer.variables]

    def networks(self):
        """The weights of encoder and decoder."""
        return self.vae.encoder.get_weights(), self.vae.decoder.get_weights()

    def restart(self, weights=None, variance=None):
        """Go back to the first weights, or to others, with a new optimiser."""
        encoder, decoder = weights or self.fresh
        self.vae.encoder.set_weights(encoder)
        self.vae.decoder.set_weights(decoder)
        if variance is not None:
            self.vae.likelihood.log_variance.assign(np.log(variance))
        for variable, value in zip(
            self.vae.optimizer.variables, self.cold, strict=True
        ):
            variable.assign(value)
        self.epoch = 0

    def run(self, beta, epochs, *, warmup=0, anneal=True, history=False, refit=False):
        """Train at one KL weight, the learning rate on half a cosine, and measure."""
        rates = []
        for k in range(epochs):
            factor = 0.5 * (1 + np.cos(np.pi * k / epochs)) if anneal else 1.0
            self.vae.optimizer.learning_rate.assign(1e-3 * factor)
            self.vae.warm_beta(beta * min(1.0, (k + 1) / warmup if warmup else 1.0))
            n = len(self.sample.x_train)
            order = training.epoch_order(n, self.seed, self.epoch)
            self.vae.reset_metrics()
            self.step(order.reshape(-1, BATCH_SIZE))
            rates.append(float(self.vae.rate_tracker.result()))
            self.epoch += 1
            if refit:  # Adam would move its logarithm by 0.001 a step only
                self.fit_variance()
        found = {"variance": self.vae.likelihood.variance, "beta": beta}
        found["train"] = measure(self.vae, self.sample.x_train)
        found["val"] = measure(self.vae, self.sample.x_val)
        return found | ({"rate_of_epoch": rates} if history else {})

    def fit_variance(self):
        """Set the learned variance to the last epoch's error per pixel, Eq. (5.8)."""
        likelihood = self.vae.likelihood
        variance = likelihood.variance
        distortion = float(self.vae.distortion_tracker.result())
        mse = variance * (distortion / 392 - np.log(2 * np.pi * variance))
        likelihood.log_variance.assign(np.log(mse))

    def at(self, variance, epochs):
        """Train on at a fixed variance."""
        return self.run(variance, epochs) | {"variance": variance}


def sweep(trainer, variances, first, then):
    """One network through all variances, so many epochs at the first and the next."""
    found = [trainer.at(variances[0], first)]
    return found + [trainer.at(value, then) for value in variances[1:]]


def threshold(sample, seed):
    """Down and up around the largest eigenvalues."""
    trainer, epochs = Trainer(sample, (2, 64), seed), EPOCHS["threshold"]
    down = sweep(trainer, THRESHOLD, epochs, epochs)
    return {"down": down, "up": sweep(trainer, THRESHOLD[-2::-1], epochs, epochs)}


def curve(sample, seed, ways=("up", "down")):
    """Over three orders of magnitude: up from scratch, and down from scratch."""
    order = {"up": CURVE, "down": CURVE[-2::-1]}
    return {
        way: sweep(Trainer(sample, (10, 64), seed), order[way], FIRST, NEXT)
        for way in ways
    }


def residual_eigenvalues(vae, x):
    """The largest variances of what the decoder leaves, at one sampled code each."""
    z_mean, z_log_var = evaluation.encode(vae, x, verbose=0)
    noise = np.random.default_rng(0).standard_normal(z_mean.shape)
    codes = z_mean + np.exp(0.5 * z_log_var) * noise
    left = x - ops.convert_to_numpy(vae.decode(codes))
    variances = np.linalg.eigvalsh(np.cov(left.reshape(len(x), -1).T))
    return variances[:-4:-1].tolist()


def patience(sample, seed):
    """Long trainings where the two ways disagree: from collapse, and from scratch."""
    dead, coded = (Trainer(sample, (2, 64), seed) for _ in range(2))
    found = {"start": dead.at(8, 30), "collapsed to 5": dead.at(5, 200)}
    dead.at(4, 50)
    found["collapsed to 2"] = dead.at(2, 150)
    found["collapsed to 2"]["left"] = residual_eigenvalues(dead.vae, sample.x_train)
    found["scratch to 2"] = coded.at(2, 60)
    found["scratch to 2"]["left"] = residual_eigenvalues(coded.vae, sample.x_train)
    found["coded to 5.6"] = coded.at(5.6, 200)
    return found


def learned(sample, seed):
    """A learned variance under one KL weight after another."""
    trainer = Trainer(sample, (10, 64), seed, likelihoods.Gaussian())
    found = [trainer.run(BETAS[0], FIRST, refit=True)]
    return found + [trainer.run(beta, NEXT, refit=True) for beta in BETAS[1:]]


def starts(trainer):
    """A learned variance from several starts, at a constant learning rate."""
    found = []
    for initial in STARTS:
        trainer.restart(variance=initial)
        run = trainer.run(1.0, EPOCHS["starts"], anneal=False, history=True)
        found.append({"initial": initial, **run})
    return found


def remedies(sample, seed, trainer):
    """Four trainings each of a variance that starts, or is fixed, too high."""
    epochs = EPOCHS["remedies"]
    trainer.restart(variance=0.05)
    donor = trainer.run(1.0, epochs)["variance"], trainer.networks()
    fixed = Trainer(sample, (2, 64), seed, likelihoods.Gaussian(HIGH_FIXED))
    found = {}
    for name, plain, high in (("starts", trainer, HIGH_START), ("fixed", fixed, None)):
        likelihood = likelihoods.Gaussian(None if high else HIGH_FIXED)
        free = Trainer(sample, (2, 64), seed, likelihood, FreeBits)
        each = {}
        for way, warmup in (("plain", 0), ("warm-up", epochs // 2)):
            plain.restart(variance=high)
            each[way] = plain.run(1.0, epochs, warmup=warmup)
        free.restart(variance=high)
        each["free bits"] = free.run(1.0, epochs)
        plain.restart(donor[1], donor[0] if high else None)
        each["other start"] = plain.run(1.0, epochs)
        found[name] = each
    return found


def below(sample, seed):
    """The same for a network that collapsed and is now far below its threshold."""
    epochs = EPOCHS["remedies"]
    plain = Trainer(sample, (2, 64), seed, likelihoods.Gaussian(LOW_FIXED))
    free = Trainer(sample, (2, 64), seed, likelihoods.Gaussian(LOW_FIXED), FreeBits)
    plain.run(8 / LOW_FIXED, 30)  # at a variance of 8, by Eq. (10.5)
    collapsed, each = plain.networks(), {}
    for way, warmup in (("plain", 0), ("warm-up", epochs // 2)):
        plain.restart(collapsed)
        each[way] = plain.run(1.0, epochs, warmup=warmup)
    free.restart(collapsed)
    each["free bits"] = free.run(1.0, epochs)
    plain.restart()
    each["other start"] = plain.run(1.0, epochs)
    return each


def cures(sample, seed):
    """``starts`` and ``remedies``, which share a compiled network."""
    trainer = Trainer(sample, (2, 64), seed, likelihoods.Gaussian())
    found = {"starts": starts(trainer), "remedies": remedies(sample, seed, trainer)}
    found["remedies"]["below"] = below(sample, seed)
    return found


PARTS = {
    "threshold": threshold,
    "patience": patience,
    "curve": curve,
    "learned": learned,
    "cures": cures,
}


def short(value):
    """Six significant digits of every number: more would only fill the file."""
    if isinstance(value, dict):
        return {key: short(each) for key, each in value.items()}
    if isinstance(value, list):
        return [short(each) for each in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def main():
    """Train all networks and write the file."""
    sample = data.load_sample()
    record = {"machine": machine(), "seeds": list(SEEDS), "batch_size": BATCH_SIZE}
    record |= {"epochs": EPOCHS, "first": FIRST, "next": NEXT}
    record |= {"high_start": HIGH_START, "high_fixed": HIGH_FIXED}
    record |= {"low_fixed": LOW_FIXED, "free_nats": FREE_NATS}
    for name, part in PARTS.items():
        found = [part(sample, seed) for seed in SEEDS]
        if name == "cures":
            both = ("starts", "remedies")
            record |= {key: [each[key] for each in found] for key in both}
        else:
            record[name] = found
        write_json(RESULTS / "rate_distortion.json", short(record))


if __name__ == "__main__":
    main()
