"""Train each network until it rests, and check what must hold there.

    python tools/run_stationarity.py [mlp conv conv_feature_map]

Where training on the bound has come to rest, the learned variance equals the squared
error per pixel at sampled codes, and the mean of mu^2 + sigma^2 is 1 for each latent
dimension, both over the training images. Nothing may be regularised: a penalty moves
the point of rest. So each network, with two latent dimensions, trains on the first
2,000 training images until its step is zero; its codes are standardised, the shortest
way to rest in that direction; and it trains on, to see whether it stays. The result is
book/results/stationarity.json. Needs the whole of MNIST; minutes on two cores.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from vae_lib import data, evaluation, training
from vae_lib._files import write_json

RESULT = Path(__file__).resolve().parent.parent / "book/results/stationarity.json"
NETWORKS = ("mlp", "conv", "conv_feature_map")
N_IMAGES = 2_000
N_SAMPLES = 50  # of z for each image, when measured
FIRST = {"epochs": 80, "learning_rate": 2e-3, "lr_warmup": 5, "kl_warmup": 10}
AGAIN = {"epochs": 40, "learning_rate": 5e-4, "lr_warmup": 2}


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
    config = training.TrainConfig(network=network, latent_dim=2, **FIRST)
    vae = training.build_vae(config)
    training.fit(vae, x, verbose=2, **config.fit_arguments())
    before = measure(vae, x)
    training.standardise_codes(vae, x, verbose=0)
    training.fit(vae, x, verbose=2, **AGAIN)
    return {"config": config.as_dict(), "before": before, **measure(vae, x)}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=str(NETWORKS))
    names = parser.parse_args().networks or NETWORKS
    if unknown := set(names) - set(NETWORKS):
        parser.error(f"unknown networks {sorted(unknown)}; choose from {NETWORKS}")
    x = data.load_mnist().x_train[:N_IMAGES]
    content = {
        "unit": "squared distance per pixel; none for second moments",
        "n_images": N_IMAGES,
        "n_samples": N_SAMPLES,
        "again": AGAIN,
        "runs": json.loads(RESULT.read_text())["runs"] if RESULT.exists() else {},
    }
    for network in names:
        result = content["runs"][network] = run(network, x)
        write_json(RESULT, content)
        moments = ", ".join(f"{moment:.3f}" for moment in result["second_moment"])
        ratio = result["variance"] / result["mse"]
        print(f"{network}: variance / error {ratio:.4f}, second moments {moments}")


if __name__ == "__main__":
    main()
