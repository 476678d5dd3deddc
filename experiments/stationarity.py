"""Train each network until it rests, and check what must hold there.

    python -m experiments.stationarity [mlp conv conv_feature_map]
    python -m experiments.stationarity --digits [mlp]         the same on small digits

Where training on the bound has come to rest, the learned variance equals the squared
error per pixel at sampled codes, and the mean of mu^2 + sigma^2 is 1 for each latent
dimension, both over the training images. Nothing may be regularised: a penalty moves
the point of rest. And the images must let a network rest: on digits it goes on folding
ten classes into the plane, and as long as it does, the codes keep being rescaled. So
each network trains on images that two numbers do describe, one soft spot that moves in
a plane, with noise on every pixel, too many to memorise. For comparison, --digits
trains on the 50,000 training images of MNIST, averaged down to the same size (this
needs the whole of MNIST). The results go to book/results/stationarity.json. A run takes
minutes.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from vae_lib import data, evaluation, training
from vae_lib._files import write_json

RESULT = Path(__file__).resolve().parent.parent / "book/results/stationarity.json"
NETWORKS = ("mlp", "conv", "conv_feature_map")
SIZE = 8  # pixels, of both kinds of image
N_SPOTS = 20_000
NOISE = 0.1
SCHEDULE = {"epochs": 150, "learning_rate": 2e-3, "lr_warmup": 2, "kl_warmup": 5}
N_SAMPLES = 50  # of z for each image, when measured


def soft_spots(seed=0):
    """Images (N_SPOTS, SIZE, SIZE, 1) of one soft spot each, float32 in [0, 1]."""
    rng = np.random.default_rng(seed)
    centre = SIZE * rng.uniform(0.25, 0.75, size=(N_SPOTS, 2, 1, 1))
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    squared = (rows - centre[:, 0]) ** 2 + (columns - centre[:, 1]) ** 2
    x = 0.8 * np.exp(-0.5 * squared / (0.2 * SIZE) ** 2)
    x = x + NOISE * rng.normal(size=x.shape)
    return x.clip(0.0, 1.0)[..., None].astype("float32")


def small_digits():
    """MNIST's training images (50,000, SIZE, SIZE, 1): means of 4 x 4 pixels."""
    x = data.load_mnist().x_train
    x = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))  # 32 x 32
    block = x.shape[1] // SIZE
    return x.reshape(len(x), SIZE, block, SIZE, block, 1).mean(axis=(2, 4))


def measure(vae, x):
    """Both identities on the images that it was trained on."""
    z_mean, z_log_var = evaluation.encode(vae, x, verbose=0)
    scores = evaluation.evaluate(vae, x, n_samples=N_SAMPLES, verbose=0)
    return {
        "second_moment": np.mean(z_mean**2 + np.exp(z_log_var), axis=0).tolist(),
        "variance": scores.variance,
        "mse": scores.mse,
        "elbo": scores.elbo,
    }


def run(network, x):
    """The record of one network."""
    config = training.TrainConfig(network=network, latent_dim=2, **SCHEDULE)
    vae, _ = training.train(config, x, verbose=2)
    return {"config": config.as_dict(), "n_images": len(x), **measure(vae, x)}


def publish(name, result):
    """Add one run to the results, which another process may have written meanwhile."""
    runs = json.loads(RESULT.read_text())["runs"] if RESULT.exists() else {}
    content = {
        "unit": "squared distance per pixel; none for second moments",
        "noise": NOISE,
        "n_samples": N_SAMPLES,
        "runs": runs | {name: result},
    }
    write_json(RESULT, content)


def main():
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=str(NETWORKS))
    parser.add_argument("--digits", action="store_true", help="on small digits instead")
    arguments = parser.parse_args()
    names = arguments.networks or (["mlp"] if arguments.digits else NETWORKS)
    if unknown := set(names) - set(NETWORKS):
        parser.error(f"unknown networks {sorted(unknown)}; choose from {NETWORKS}")
    x = small_digits() if arguments.digits else soft_spots()
    for network in names:
        result = run(network, x)
        publish(f"{network}_digits" if arguments.digits else network, result)
        moments = ", ".join(f"{moment:.3f}" for moment in result["second_moment"])
        ratio = result["variance"] / result["mse"]
        print(f"{network}: variance / error {ratio:.4f}, second moments {moments}")


if __name__ == "__main__":
    main()
