"""Train the models that ship with vae_lib, and record how they were made.

    python tools/train_published.py --work FOLDER [mlp_2 conv_2 ...]

Needs the whole of MNIST (set VAE_LIB_MNIST, or let Keras download it) and vae_lib
installed. Each model trains on the training split with checkpoints in FOLDER, so that a
stopped run continues where it was. The last epoch's weights are taken, because the
schedule ends there; nothing is picked from the validation curve. They go to
vae_lib/_pretrained as float16, everything about the run to book/results.
"""

import argparse
import hashlib
import json
import platform
import time
from pathlib import Path

import keras
import numpy as np

from vae_lib import data, training, weights
from vae_lib._files import write_json
from vae_lib.evaluation import evaluate

ROOT = Path(__file__).resolve().parent.parent
PRETRAINED = ROOT / "vae_lib" / "_pretrained"
RESULTS = ROOT / "book" / "results"
HALF_PRECISION_COST = 0.05  # nats of validation ELBO that float16 may cost

CONFIGS = {
    "mlp_2": training.TrainConfig(network="mlp", latent_dim=2, epochs=100, kl_warmup=0),
    "conv_2": training.TrainConfig(network="conv", latent_dim=2, epochs=20),
}


def train(config, mnist, folder, validate=True):
    """Train one model, or finish its training; returns the VAE and its curves."""
    vae = training.build_vae(config)
    n_steps = -(-len(mnist.x_train) // config.batch_size)
    training.compile_default(vae, config.epochs * n_steps, config.learning_rate)
    checkpoints = training.Checkpoints(folder)
    training.fit(
        vae,
        mnist.x_train,
        x_val=mnist.x_val if validate else None,
        initial_epoch=checkpoints.restore(vae),
        callbacks=[checkpoints],
        verbose=2,
        **config.fit_arguments(),
    )
    return vae, checkpoints.curves


def publish(name, config, vae, curves, mnist):
    """Write weights, digest and record of one finished model."""
    full = evaluate(vae, mnist.x_val).elbo
    path = PRETRAINED / f"{name}.npz"
    PRETRAINED.mkdir(exist_ok=True)
    weights.save_weights(vae, path, dtype="float16")
    weights.load_weights(vae, path)
    half = evaluate(vae, mnist.x_val)
    if abs(half.elbo - full) > HALF_PRECISION_COST:
        weights.save_weights(vae, path)
    index_path = PRETRAINED / "index.json"
    index = json.loads(index_path.read_text()) if index_path.exists() else {}
    index[name] = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "config": config.as_dict(),
    }
    write_json(index_path, dict(sorted(index.items())))
    test = evaluate(vae, mnist.x_test)
    record = {
        "config": config.as_dict(),
        "versions": {
            "python": platform.python_version(),
            "keras": keras.__version__,
            "backend": keras.backend.backend(),
            "numpy": np.__version__,
        },
        "split": {"train": len(mnist.x_train), "validation": len(mnist.x_val)},
        "unit": "nats per image",
        "float16_cost": full - half.elbo,
        "validation": half._asdict(),
        "test": test._asdict(),
        "curves": curves,
    }
    write_json(RESULTS / f"pretrained_{name}.json", record)
    print(f"{name}: validation ELBO {half.elbo:.2f}, test ELBO {test.elbo:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CONFIGS))
    parser.add_argument("--work", type=Path, required=True, help="checkpoint folder")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(CONFIGS)
    if unknown:
        parser.error(f"unknown models {sorted(unknown)}; choose from {list(CONFIGS)}")
    mnist = data.load_mnist()
    for name in arguments.names or CONFIGS:
        start = time.perf_counter()
        vae, curves = train(CONFIGS[name], mnist, arguments.work / name)
        publish(name, CONFIGS[name], vae, curves, mnist)
        print(f"{name}: {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
