"""Chapter 14: adversarial autoencoder, VAE and plain autoencoder, trained alike.

    python -m experiments.adversarial choose --work FOLDER
    python -m experiments.adversarial compare --work FOLDER

The three share the MLP of the book, data, epochs, batches, optimiser and learning rate.
``choose`` tries the weights of the adversary, each once at every d, and judges them by
the Frechet distance of its decoder means from validation digits; ``compare`` chooses,
then trains all three with three seeds and measures them on the test digits.
``--latent-dim`` restricts either to one d, and ``--seed`` the latter to one seed, so
that several processes may share FOLDER.
A run that FOLDER holds is not made again; each command then writes all runs of FOLDER
to book/results/adversarial.json. Needs the whole of MNIST; about half a minute a run.
"""

import argparse
import functools
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers, ops
from scipy.stats import chi2

from experiments._image_judge import Judge, decode, draw_codes, normal
from experiments.claim import judge as judge_codes
from experiments.fair_claim import use_one_thread
from vae_lib import data, evaluation, likelihoods, models, networks, results, training
from vae_lib._files import write_json

DIMENSIONS, SEEDS, CHOICE_SEED = (2, 10, 20), (0, 1, 2), 100
KINDS = ("adversarial", "vae", "autoencoder")
EPOCHS, BATCH, RATE, MOMENTUM = 10, 256, 2e-3, 0.5
UNITS = 256  # in each of the discriminator's two hidden layers
LOG_VAR = -20.0  # of an encoder without noise: its deviation is exp(-10)
WEIGHTS = (3.0, 30.0, 100.0)  # of the adversary, to choose from
QUADRATURE = 100  # test images whose log p(x) is integrated at d = 2


class AdversarialAutoencoder(models.VAE):
    """An autoencoder whose codes have to pass for draws from the prior.

    One step moves all three networks: encoder and decoder reconstruct, the
    discriminator learns to tell codes from draws of the prior, and the encoder, with
    weight ``beta``, to make it fail.
    """

    def __init__(self, *parts, discriminator, **kwargs):
        super().__init__(*parts, **kwargs)
        self.discriminator = discriminator
        self.discriminator_tracker = keras.metrics.Mean(name="discriminator_loss")

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Distortion, the discriminator's cross-entropy and the encoder's, one sum."""
        z = self.sampling(*self.encode(x))
        distortion = -self.likelihood.log_prob(x, self.decoder(z))
        zero = ops.zeros_like(z)
        on_prior = self.discriminator(self.sampling(zero, zero))
        on_codes = self.discriminator(ops.stop_gradient(z))
        # The same number, whose gradient reaches the encoder but not the discriminator.
        for_encoder = self.discriminator(z) - on_codes + ops.stop_gradient(on_codes)
        told_apart = ops.softplus(-on_prior) + ops.softplus(on_codes)
        self.distortion_tracker.update_state(distortion)
        self.discriminator_tracker.update_state(told_apart)
        return (
            ops.mean(distortion)
            + ops.mean(told_apart)
            + self._beta * ops.mean(ops.softplus(-for_encoder))
        )


def without_noise(encoder, log_var=LOG_VAR):
    """The same network, its second head replaced by one small number."""
    z_mean = encoder.outputs[0]
    constant = layers.Rescaling(0.0, offset=log_var)(z_mean)
    return keras.Model(encoder.input, [z_mean, constant])


def make_discriminator(latent_dim):
    """Codes to one logit, positive for draws of the prior."""
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Dense(UNITS, activation="relu"),
            layers.Dense(UNITS, activation="relu"),
            layers.Dense(1),
        ]
    )


def build(kind, latent_dim, seed, weight):
    """An untrained model of one kind."""
    keras.utils.set_random_seed(seed)
    encoder, decoder = networks.build("mlp", latent_dim)
    likelihood = likelihoods.Gaussian()
    if kind == "vae":
        return models.VAE(encoder, decoder, likelihood, seed=seed)
    encoder = without_noise(encoder)
    if kind == "autoencoder":
        return models.VAE(encoder, decoder, likelihood, beta=0.0, seed=seed)
    return AdversarialAutoencoder(
        encoder,
        decoder,
        likelihood,
        discriminator=make_discriminator(latent_dim),
        beta=weight,
        seed=seed,
    )


def trained(kind, latent_dim, seed, weight, x_train):
    """A trained model, with what one run cost and how its adversary ended."""
    vae = build(kind, latent_dim, seed, weight)
    steps = EPOCHS * -(-len(x_train) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps)
    vae.compile(keras.optimizers.Adam(rate, beta_1=MOMENTUM), jit_compile=True)
    start = time.process_time()
    options = {"epochs": EPOCHS, "batch_size": BATCH, "seed": seed, "verbose": 0}
    history = training.fit(vae, x_train, **options).history
    record = {"core_seconds": time.process_time() - start}
    if kind == "adversarial":
        record["discriminator_loss"] = history["discriminator_loss"]
    return vae, record


def referee(codes, held_out, seed=0):
    """A discriminator of its own, fitted after training and asked about unseen codes.

    Returns:
        The mean log ratio of the aggregate posterior to the prior over unseen codes,
        an estimate of their Kullback-Leibler divergence in nats, and the share of
        unseen codes and draws that are told apart, 0.5 if they are alike.
    """
    keras.utils.set_random_seed(seed)
    network = make_discriminator(codes.shape[1])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    steps = 12 * len(codes) // 500
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    network.compile(keras.optimizers.Adam(rate), loss)
    rng = np.random.default_rng(seed)
    for _ in range(6):  # the prior is drawn anew
        both = np.concatenate([codes, rng.standard_normal(codes.shape)])
        label = np.repeat([0.0, 1.0], len(codes))[:, None]
        order = rng.permutation(len(both))
        network.fit(both[order], label[order], 500, 1, verbose=0, shuffle=False)
    ratio = -network.predict(held_out, 1000, verbose=0)[:, 0]
    drawn = -network.predict(rng.standard_normal(held_out.shape), 1000, verbose=0)[:, 0]
    right = 0.5 * (np.mean(ratio > 0) + np.mean(drawn < 0))
    return {"log_ratio": float(ratio.mean()), "told_apart": float(right)}


def samples(judge, means):
    """Distance of decoder means from real digits, and the classes read in them."""
    features, classes = judge.features(means)
    return {
        "frechet": evaluation.frechet_distance(judge.real, features),
        "classes": np.bincount(classes, minlength=10).tolist(),
    }


def reconstruction_error(vae, z_mean, x):
    """Squared error at the mean code, summed over the pixels, mean over the images."""
    return float(np.mean(np.sum((decode(vae, z_mean) - x) ** 2, axis=(1, 2, 3))))


def validation_scores(judge, vae):
    """What decides on a setting: nothing of the test images."""
    x = judge.mnist.x_val[:4000]
    means = decode(vae, normal(0, (len(x), vae.latent_dim), 0))
    pair = [judge.features(images)[0] for images in (x, means)]
    z_mean = evaluation.encode(vae, x, verbose=0)[0]
    return {
        "frechet": evaluation.frechet_distance(*pair),
        "error": reconstruction_error(vae, z_mean, x),
    }


def exact_log_likelihood(vae, x, codes):
    """log p(x) by quadrature, and by how much log p(x|z) at the codes is above it."""
    # The grid is refined to the encoder's deviations, and some encoders have none.
    encoder = without_noise(vae.encoder, log_var=-5.0)
    model = models.VAE(encoder, vae.decoder, vae.likelihood)
    found = evaluation.quadrature(model, x, tolerance=0.1, verbose=0)
    x_logits = vae.decoder(codes.astype("float32"))
    log_px_z = ops.convert_to_numpy(vae.likelihood.log_prob(x, x_logits))
    mean, error = evaluation.mean_and_error(found.log_px)
    above, above_error = evaluation.mean_and_error(log_px_z - found.log_px)
    return {
        "mean": float(mean),
        "error": float(error),
        "above": float(above),
        "above_error": float(above_error),
        "grid": float(found.error.max()),
    }


def test_scores(judge, vae, kind, seed):
    """Chapter 9's measures, on test images."""
    mnist, half = judge.mnist, judge.other
    x = mnist.x_test[half]
    posterior = evaluation.encode(vae, x, verbose=0)
    train = evaluation.encode(vae, mnist.x_train, verbose=0)
    codes, latent_dim = draw_codes(posterior, seed, 2), vae.latent_dim
    prior = normal(seed, codes.shape, 0)
    inside = np.sum(codes**2, axis=1) <= chi2.ppf(0.95, latent_dim)
    scores = {
        "error": reconstruction_error(vae, posterior[0], x),
        "error_sampled": reconstruction_error(vae, codes, x),
        "variance": float(vae.likelihood.variance),
        "prior": samples(judge, decode(vae, prior)),
        "aggregate": samples(judge, decode(vae, codes)),
        "codes": judge_codes(train[0], mnist.y_train, posterior[0], mnist.y_test[half]),
        "second_moment": np.mean(codes**2, axis=0).tolist(),
        "inside_95_ball": float(inside.mean()),
        "referee": referee(draw_codes(train, 1, 2), codes),
    }
    if kind == "vae":
        scores["elbo"] = evaluation.evaluate(vae, x, verbose=0)._asdict()
        scores["aggregate_kl"] = evaluation.aggregate_kl(*posterior)._asdict()
    if latent_dim == 2 and kind != "autoencoder":
        few = slice(QUADRATURE)
        scores["log_px"] = exact_log_likelihood(vae, x[few], codes[few])
    return scores


def measured(path, kind, latent_dim, seed, weight, judge, scores):
    """The record of a run: from its file if it is finished, else made now."""
    if path.exists():
        return json.loads(path.read_text())
    vae, cost = trained(kind, latent_dim, seed, weight, judge.mnist.x_train)
    record = {"kind": kind, "latent_dim": latent_dim, "seed": seed}
    if kind == "adversarial":
        record["weight"] = weight
    record |= cost | scores(vae)
    write_json(path, record)
    print(path.stem, f"{record['core_seconds']:.0f} s", flush=True)
    return record


def choose(judge, work, latent_dim):
    """The smallest weight within 1 % of the lowest Frechet distance on validation."""
    records = [
        measured(
            work / f"choice-{latent_dim}-{weight:g}.json",
            "adversarial",
            latent_dim,
            CHOICE_SEED,
            weight,
            judge,
            lambda vae: {"validation": validation_scores(judge, vae)},
        )
        for weight in WEIGHTS
    ]
    best = min(record["validation"]["frechet"] for record in records)
    level = [r["weight"] for r in records if r["validation"]["frechet"] < 1.01 * best]
    return min(level)


def compare(judge, work, latent_dim, weight, seeds):
    """Train and measure the three kinds with every seed."""
    for seed in seeds:
        for kind in KINDS:
            measured(
                work / f"run-{latent_dim}-{seed}-{kind}.json",
                kind,
                latent_dim,
                seed,
                weight,
                judge,
                functools.partial(test_scores, judge, kind=kind, seed=seed),
            )


def publish(work):
    """Write what FOLDER holds to the results."""
    held = {
        name: [json.loads(path.read_text()) for path in sorted(work.glob(f"{name}-*"))]
        for name in ("choice", "run")
    }
    content = {
        "epochs": EPOCHS,
        "batch_size": BATCH,
        "learning_rate": RATE,
        "beta_1": MOMENTUM,
        "discriminator_units": UNITS,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "split": "train 50,000; choice on 4,000 of validation; test: the second half "
        "of subset_indices(10000) is encoded, the first is the reference of samples",
        "unit": "error: squared grey values summed over 784 pixels; log_px and "
        "log_ratio: nats",
        "choices": held["choice"],
        "runs": held["run"],
    }
    write_json(results.folder() / "adversarial.json", content)


def main():
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("step", choices=("choose", "compare"))
    add("--latent-dim", type=int, choices=DIMENSIONS, help="only this d")
    add("--seed", type=int, choices=SEEDS, help="only this seed of compare")
    add("--work", type=Path, required=True, help="folder of the runs")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    use_one_thread()
    judge = Judge(data.load_mnist())
    seeds = SEEDS if arguments.seed is None else (arguments.seed,)
    chosen = [arguments.latent_dim] if arguments.latent_dim else DIMENSIONS
    for latent_dim in chosen:
        weight = choose(judge, arguments.work, latent_dim)
        if arguments.step == "compare":
            compare(judge, arguments.work, latent_dim, weight, seeds)
        publish(arguments.work)


if __name__ == "__main__":
    main()
