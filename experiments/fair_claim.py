"""Make the runs of experiments/claim_protocol.md, and record each as it finishes.

    python -m experiments.fair_claim recipes --network conv --work FOLDER
    python -m experiments.fair_claim trial --network conv --work FOLDER
    python -m experiments.fair_claim long --work FOLDER
    python -m experiments.fair_claim collect --work FOLDER

``recipes`` runs the eight trials that choose a network's recipe, ``trial`` the ten runs
of the network, ``long`` the ten MLP runs of 120 epochs. Each run keeps checkpoints in
FOLDER: stop it whenever you like, the same command goes on where it was. ``collect``
writes book/results/fair_claim.json from all finished runs of FOLDER, and the protocol's
verdicts once the thirty runs of the trial are among them. Several processes may share
FOLDER, each with a network of its own. Needs the whole of MNIST.
"""

import argparse
import json
import os
import statistics
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from experiments.claim import judge
from experiments.false_alarms import verdicts
from vae_lib import data, evaluation, training
from vae_lib._files import write_json

RESULTS = Path(__file__).resolve().parent.parent / "book" / "results"
NETWORKS = ("mlp", "conv", "conv_feature_map")
EPOCHS, LONG_EPOCHS = 12, 120
CANDIDATES = tuple(
    {"learning_rate": rate, "lr_warmup": warmup, "batch_norm": batch_norm}
    for rate, warmup, batch_norm in (
        (0.002, 1, False),
        (0.004, 3, False),
        (0.008, 3, False),
        (0.004, 1, True),
        (0.008, 1, True),
        (0.016, 3, True),
    )
)
FIRST_SEED, SECOND_SEED = 100, 101  # of the trials that choose
SEEDS = range(10)


def config_of(network, candidate, seed, epochs=EPOCHS):
    """The settings of one run."""
    return training.TrainConfig(
        network=network, epochs=epochs, kl_warmup=2, seed=seed, **CANDIDATES[candidate]
    )


def measured(name, config, mnist, work, measure):
    """The record of a run: from its file if it is finished, else made now."""
    path = work / f"{name}.json"
    if path.exists():
        record = json.loads(path.read_text())
        if training.TrainConfig(**record["config"]) != config:
            raise SystemExit(f"{path} is of another configuration: choose a new --work")
        return record
    checkpoints = training.Checkpoints(work / name)
    record = {
        "config": config.as_dict(),
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
    }
    try:
        vae, _ = training.train(config, mnist.x_train, callbacks=checkpoints, verbose=0)
    except FloatingPointError as error:
        record["not_finite"] = str(error)
    else:
        record |= measure(vae, mnist)
    if seconds := checkpoints.history.get("seconds"):
        record["seconds_per_epoch"] = statistics.median(seconds)
    write_json(path, record)
    print(name, record.get("knn_accuracy"), record.get("validation"), flush=True)
    return record


def validation_scores(vae, mnist):
    """What may decide on a recipe: nothing of the test images."""
    return {"validation": evaluation.evaluate(vae, mnist.x_val)._asdict()}


def all_scores(vae, mnist):
    """The measures of a run of the trial."""
    train_codes, val_codes, codes = (
        evaluation.encode(vae, x)[0] for x in (mnist.x_train, mnist.x_val, mnist.x_test)
    )
    return {
        **judge(train_codes, mnist.y_train, codes, mnist.y_test),
        "active_units": evaluation.active_units(val_codes).count,
        **validation_scores(vae, mnist),
        "test": evaluation.evaluate(vae, mnist.x_test)._asdict(),
    }


def validation_elbo(record):
    """What a recipe is chosen by; the worst possible of a run that broke off."""
    return -np.inf if "not_finite" in record else record["validation"]["elbo"]


def choose_recipe(network, mnist, work):
    """Make or read the eight trials; returns the index of the chosen candidate."""

    def elbo(candidate, seed):
        name = f"{network}-recipe-{candidate + 1}-seed-{seed}"
        config = config_of(network, candidate, seed)
        return validation_elbo(measured(name, config, mnist, work, validation_scores))

    first = {i: elbo(i, FIRST_SEED) for i in range(len(CANDIDATES))}
    best_two = sorted(first, key=first.get)[-2:]
    mean = {i: 0.5 * (first[i] + elbo(i, SECOND_SEED)) for i in best_two}
    return max(mean, key=mean.get)


def run_trial(network, mnist, work, epochs=EPOCHS, label="trial"):
    """Choose the recipe of a network, then train and measure it with every seed."""
    candidate = choose_recipe(network, mnist, work)
    for seed in SEEDS:
        config = config_of(network, candidate, seed, epochs)
        name = f"{network}-{label}-seed-{seed}"
        measured(name, config, mnist, work, all_scores)


def accuracy(record):
    """The primary measure of a run, in percent; 0 of a run that broke off."""
    return 0.0 if "not_finite" in record else 100.0 * record["knn_accuracy"]


def judged(runs):
    """The protocol's verdict on both comparisons; None before the last run."""
    trial = {
        network: [runs.get(f"{network}-trial-seed-{seed}") for seed in SEEDS]
        for network in NETWORKS
    }
    if any(record is None for records in trial.values() for record in records):
        return None
    mlp, *convolutional = (list(map(accuracy, trial[name])) for name in NETWORKS)
    return dict(zip(NETWORKS[1:], verdicts(convolutional, mlp), strict=True))


def collect(work):
    """Write all finished runs of ``work`` to the results, sorted by name."""
    runs = {path.stem: json.loads(path.read_text()) for path in work.glob("*-*.json")}
    content = {
        "protocol": "experiments/claim_protocol.md",
        "split": {"train": 50_000, "validation": 4_000, "test": 10_000},
        "unit": "nats per image for validation and test; the measures have none",
        "verdicts": judged(runs),
        "runs": dict(sorted(runs.items())),
    }
    write_json(RESULTS / "fair_claim.json", content)
    print(f"{len(runs)} finished runs")


def use_one_thread():
    """So that two runs share two cores and neither depends on the other's load."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)


def main():
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("step", choices=("recipes", "trial", "long", "collect"))
    add("--network", choices=NETWORKS, help="of recipes and trial")
    add("--work", type=Path, required=True, help="folder of the runs")
    arguments = parser.parse_args()
    step, work = arguments.step, arguments.work
    if step == "collect":
        return collect(work)
    if step != "long" and arguments.network is None:
        parser.error(f"{step} needs --network: one of {', '.join(NETWORKS)}")
    work.mkdir(parents=True, exist_ok=True)
    use_one_thread()
    mnist = data.load_mnist()
    if step == "recipes":
        choose_recipe(arguments.network, mnist, work)
    elif step == "trial":
        run_trial(arguments.network, mnist, work)
    else:
        run_trial("mlp", mnist, work, epochs=LONG_EPOCHS, label="long")


if __name__ == "__main__":
    main()
