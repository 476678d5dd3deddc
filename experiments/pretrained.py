"""Train the models that ship with vae_lib, and record how they were made.

    python -m experiments.pretrained --work FOLDER                   all nine, seed 0
    python -m experiments.pretrained --work FOLDER mlp_2 conv_10     these two
    python -m experiments.pretrained --work FOLDER --seeds 0 1 2     also other seeds

Needs the whole of MNIST (set VAE_LIB_MNIST, or let Keras download it) and vae_lib
installed. The runs form one queue, the quick ones first. Each trains on the training
split with checkpoints in FOLDER; stop it whenever you like, the same command continues
where it was, and a finished run is not trained again. The last epoch's weights are
taken, because the schedule ends there; nothing is picked from the validation curve.
Then batch normalisation becomes part of the weights, their sizes are evened out, and
the codes are standardised (vae_lib.surgery: fold_batch_norm, even_layers,
standardise_codes). Seed 0 is the published one: its weights go to vae_lib/_pretrained,
as float16 if that costs little.
What was measured, for every seed, goes to book/results/pretrained_NAME.json.
"""

import argparse
import dataclasses
import hashlib
import json
import platform
import statistics
from pathlib import Path

import keras
import numpy as np

from experiments._published_scores import DIMENSIONS, linear_reference, measure
from vae_lib import data, surgery, training, weights
from vae_lib._files import write_json
from vae_lib.evaluation import evaluate

ROOT = Path(__file__).resolve().parent.parent
PRETRAINED = ROOT / "vae_lib" / "_pretrained"
RESULTS = ROOT / "book" / "results"
PUBLISHED_SEED = 0
HALF_PRECISION_COST = 0.05  # nats of validation ELBO that float16 may cost

# Found by trials of one seed, judged on validation; chapters 6 and 7 tell.
CONVOLUTIONAL = {
    "epochs": 12,
    "learning_rate": 8e-3,
    "lr_warmup": 1,
    "kl_warmup": 2,
    "batch_norm": True,
}
RECIPES = {
    "mlp": {
        "epochs": 120,
        "learning_rate": 5e-3,
        "lr_warmup": 3,
        "input_dropout": 0.1,
        "encoder_l2": 1e-3,
    },
    "conv_feature_map": CONVOLUTIONAL,
    "conv": CONVOLUTIONAL,
}
LONGER = {"mlp_20": {"epochs": 240}}  # the more it can learn, the longer it takes
CONFIGS = {
    f"{network}_{d}": training.TrainConfig(
        network=network,
        latent_dim=d,
        **{**recipe, **LONGER.get(f"{network}_{d}", {})},
    )
    for network, recipe in RECIPES.items()
    for d in DIMENSIONS
}


def train(config, mnist, folder, validate=True):
    """Train one model, or finish its training; returns the VAE and its curves."""
    x_val = mnist.x_val if validate else None
    vae, history = training.train(
        config, mnist.x_train, x_val, folder=folder, verbose=2
    )
    return vae, history.history


def finished_record(path, config):
    """The record of a finished run; None if there is none yet."""
    if not path.exists():
        return None
    record = json.loads(path.read_text())
    # A field that the record does not have came later; its default is the old way.
    if training.TrainConfig(**record["config"]) != config:
        raise SystemExit(f"{path} is of another configuration: choose a new --work")
    return record


def publish(name, vae, mnist):
    """Write the weights and their digest; the VAE then has what was written."""
    full = evaluate(vae, mnist.x_val).elbo
    path = PRETRAINED / f"{name}.npz"
    weights.save_weights(vae, path, dtype="float16")
    weights.load_weights(vae, path)
    half = evaluate(vae, mnist.x_val).elbo
    if abs(half - full) > HALF_PRECISION_COST:
        raise SystemExit(
            f"{name}: float16 costs {full - half:.3f} nats of validation ELBO, more "
            f"than {HALF_PRECISION_COST}: ship it as float32, or train it again."
        )
    index_path = PRETRAINED / "index.json"
    index = json.loads(index_path.read_text())
    index[name] = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "config": CONFIGS[name].as_dict(),
    }
    write_json(index_path, dict(sorted(index.items())))
    return full - half


def run(name, seed, mnist, work):
    """Train, standardise, measure and record one model, unless that is done."""
    config = dataclasses.replace(CONFIGS[name], seed=seed)
    record = load_record(name)
    if str(seed) in record["seeds"]:
        return record["seeds"][str(seed)]
    vae, curves = train(config, mnist, work / f"{name}-{seed}")
    if config.batch_norm:
        vae = surgery.fold_batch_norm(vae)
        surgery.even_layers(vae)
    standardised = surgery.standardise_codes(vae, mnist.x_train)
    if seed == PUBLISHED_SEED:
        record["float16_cost"] = publish(name, vae, mnist)
        record["curves"] = curves
    record["seeds"][str(seed)] = {
        **measure(vae, mnist),
        "standardised": {
            "shift": standardised.shift.tolist(),
            "scale": standardised.scale.tolist(),
            "gain": standardised.gain,
        },
        "seconds_per_epoch": statistics.median(curves["seconds"]),
        "versions": versions(),
    }
    record["seeds"] = dict(sorted(record["seeds"].items()))
    write_json(record_path(name), record)
    return record["seeds"][str(seed)]


def record_path(name):
    """Where the record of a model lies."""
    return RESULTS / f"pretrained_{name}.json"


def load_record(name):
    """The record so far; an empty one if the recipe has changed since."""
    config = CONFIGS[name]
    path = record_path(name)
    if path.exists():
        record = json.loads(path.read_text())
        # Fields added since count with their defaults.
        if training.TrainConfig(**record["config"]) == config:
            return record
    return {
        "config": config.as_dict(),
        "unit": "nats per image",
        "split": "trained on 50,000, chosen on 4,000 (validation), reported on test",
        "seeds": {},
    }


def versions():
    """With what the models were trained."""
    return {
        "python": platform.python_version(),
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "numpy": np.__version__,
    }


def main():
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help=", ".join(CONFIGS))
    add("--work", type=Path, required=True, help="folder of the checkpoints")
    add("--seeds", type=int, nargs="+", default=[PUBLISHED_SEED], metavar="S")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(CONFIGS)
    if unknown:
        parser.error(f"unknown models {sorted(unknown)}; choose from {list(CONFIGS)}")
    if min(arguments.seeds) < 0:
        parser.error(f"--seeds must not be negative, got {min(arguments.seeds)}")
    mnist = data.load_mnist()
    write_json(RESULTS / "ppca.json", linear_reference(mnist))
    names = arguments.names or list(CONFIGS)
    queue = [(name, seed) for seed in arguments.seeds for name in names]
    for i, (name, seed) in enumerate(queue, start=1):
        print(f"[{i}/{len(queue)}] {name}, seed {seed}", flush=True)
        scores = run(name, seed, mnist, arguments.work)
        print(
            f"    validation ELBO {scores['validation']['elbo']:.2f}, test ELBO "
            f"{scores['test']['elbo']:.2f} nats per image",
            flush=True,
        )


if __name__ == "__main__":
    main()
