r"""Chapter 11: one network under three likelihoods, trained on the whole of MNIST.

    python -m experiments.three_likelihoods --work FOLDER

Needs the whole of MNIST (see vae_lib.data.load_mnist). The MLP of chapter 6 is trained
at d = 20, 10 and 2 in four ways that differ in the likelihood and in nothing else:

``binarised``  Bernoulli; every batch of digits is binarised anew (dynamic binarisation)
``grey``       the same formula on the grey values: binary cross-entropy
``continuous`` continuous Bernoulli on dequantised grey values, drawn anew as well
``gaussian``   Gaussian with one learned variance on the same

One learning rate serves all: short trials at d = 20 with another seed choose it, by the
mean ELBO of ``binarised`` and ``grey`` on validation digits. The last epoch's weights
are taken, and the test digits are looked at once. Everything keeps checkpoints in
FOLDER: stop it whenever you like, the same command goes on where it was. Several
processes may share FOLDER, each with kinds of its own:

    python -m experiments.three_likelihoods --work FOLDER binarised grey

Without kinds the command then scores the runs and writes
book/results/three_likelihoods.json. The whole takes about half an hour on two quiet
cores.
"""

import argparse
import json
import os
import statistics
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
from keras import ops

from experiments._likelihood_scores import measure, own_bound
from experiments.pretrained import finished_record
from vae_lib import data, models, results, training, weights
from vae_lib._files import write_json
from vae_lib.training.optimizer import compile_configured

KINDS = {
    "binarised": "bernoulli",
    "grey": "bernoulli",
    "continuous": "continuous_bernoulli",
    "gaussian": "gaussian",
}
EPOCHS, TRIAL_EPOCHS = 30, 4
RATES = (0.001, 0.003)
TRIED, TRIAL_DIM, TRIAL_SEED = ("binarised", "grey"), 20, 100
RUNS = ((20, 0), (2, 0), (10, 0))  # (d, seed), in this order


def binarised(x, u):
    """Black or white, white with a probability of the grey value."""
    return ops.cast(u < x, x.dtype)


def dequantised(x, u):
    """Grey levels 0..255 as intervals of [0, 1]: each at a random place of its own."""
    return (255.0 * x + u) / 256.0


DRAWS = {"binarised": binarised, "continuous": dequantised, "gaussian": dequantised}


class Redrawing(models.VAE):
    """A VAE that draws every pixel of every batch anew, from the grey image."""

    def __init__(self, *parts, draw, seed, **settings):
        super().__init__(*parts, seed=seed, **settings)
        self.draw = draw
        self.uniform = keras.random.SeedGenerator(seed + 1)

    def compute_loss(self, x=None, *others, **settings):
        u = keras.random.uniform(ops.shape(x), dtype=x.dtype, seed=self.uniform)
        return super().compute_loss(self.draw(x, u), *others, **settings)


def config_of(kind, latent_dim, rate, epochs=EPOCHS, seed=0):
    """The settings of one run."""
    return training.TrainConfig(
        latent_dim=latent_dim,
        likelihood=KINDS[kind],
        epochs=epochs,
        learning_rate=rate,
        lr_warmup=1,
        seed=seed,
    )


def trained(kind, config, x_train, folder):
    """The trained VAE and the history of all sittings."""
    vae = training.build_vae(config)
    if kind in DRAWS:
        parts = vae.encoder, vae.decoder, vae.likelihood
        vae = Redrawing(*parts, draw=DRAWS[kind], seed=config.seed)
    compile_configured(vae, config, len(x_train))
    checkpoints = training.Checkpoints(folder)
    training.fit(
        vae,
        x_train,
        initial_epoch=checkpoints.restore(vae),
        callbacks=[checkpoints],
        verbose=0,
        **config.fit_arguments(),
    )
    return vae, checkpoints.history


def trial(kind, rate, mnist, work):
    """The validation ELBO of a short run."""
    config = config_of(kind, TRIAL_DIM, rate, TRIAL_EPOCHS, TRIAL_SEED)
    path = work / f"{kind}-trial-{rate:g}.json"
    record = finished_record(path, config)
    if record is None:
        vae, _ = trained(kind, config, mnist.x_train, path.with_suffix(""))
        x_val = mnist.x_val
        record = {"config": config.as_dict(), "validation": own_bound(kind, vae, x_val)}
        write_json(path, record)
    print(path.stem, record["validation"], flush=True)
    return record["validation"]["elbo"]


def trials(mnist, work):
    """The validation ELBO of each learning rate and kind that is tried."""
    return {
        str(rate): {kind: trial(kind, rate, mnist, work) for kind in TRIED}
        for rate in RATES
    }


def best(found):
    """The learning rate that they choose, by the mean over the kinds."""
    return float(max(found, key=lambda rate: statistics.mean(found[rate].values())))


def run(kind, latent_dim, seed, rate, mnist, work):
    """Train one network, unless that is done: its weights stay in the folder."""
    config = config_of(kind, latent_dim, rate, seed=seed)
    path = work / f"{kind}-{latent_dim}-{seed}.json"
    if finished_record(path, config) is None:
        vae, history = trained(kind, config, mnist.x_train, path.with_suffix(""))
        weights.save_weights(vae, path.with_suffix(".npz"))
        write_json(path, {"config": config.as_dict(), "history": history})
    print(path.stem, "trained", flush=True)


def scored(path, kind, config, mnist):
    """The record of a trained network, or None if it is not trained yet."""
    record = finished_record(path, config)
    if record is None:
        return None
    scores = path.with_suffix(".scores.json")
    if not scores.exists():
        vae = training.build_vae(config)
        weights.load_weights(vae, path.with_suffix(".npz"))
        write_json(scores, measure(kind, vae, mnist))
        print(path.stem, json.loads(scores.read_text())["test"], flush=True)
    return {
        "config": record["config"],
        "train_elbo": record["history"]["elbo"],
        "seconds_per_epoch": statistics.median(record["history"]["seconds"]),
        **json.loads(scores.read_text()),
    }


def collect(mnist, work):
    """Score every run that is trained, and write the file."""
    found = trials(mnist, work)
    runs = {}
    for latent_dim, seed in RUNS:
        for kind in KINDS:
            name = f"{kind}-{latent_dim}-{seed}"
            config = config_of(kind, latent_dim, best(found), seed=seed)
            runs[name] = scored(work / f"{name}.json", kind, config, mnist)
    if missing := [name for name, record in runs.items() if record is None]:
        print("not trained yet:", *missing, flush=True)
    content = {
        "unit": "nats per image",
        "split": "trained on 50,000, chosen on 4,000 (validation), reported on test",
        "epochs": EPOCHS,
        "versions": {"keras": keras.__version__, "backend": keras.backend.backend()},
        "trials": {"epochs": TRIAL_EPOCHS, "seed": TRIAL_SEED, "validation": found},
        "runs": {name: record for name, record in runs.items() if record},
    }
    write_json(results.folder() / "three_likelihoods.json", content)


def main():
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    add("--work", type=Path, required=True, help="folder of the unfinished runs")
    arguments = parser.parse_args()
    unknown = set(arguments.kinds) - set(KINDS)
    if unknown:
        parser.error(f"unknown kinds {sorted(unknown)}; choose from {list(KINDS)}")
    work = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    mnist = data.load_mnist()
    kinds = arguments.kinds or list(KINDS)
    rate = best(trials(mnist, work))
    for latent_dim, seed in RUNS:
        for kind in kinds:
            run(kind, latent_dim, seed, rate, mnist, work)
    if not arguments.kinds:
        collect(mnist, work)


if __name__ == "__main__":
    main()
