"""Train chapter 17's models of photographs and record how they compare with pPCA.

    python -m experiments.own_images                     everything
    python -m experiments.own_images mlp linear_start    only these parts

Writes book/results/own_images.json, in about four minutes on two quiet cores. The
images are patches of 16 x 16 pixels of the two photographs that come with scikit-learn.
They are split by squares of 32 x 32 pixels, so that no test patch shares a pixel with a
training patch; errors are standard errors over these squares.

``mlp``: the book's MLP in grey, its variance started at that of pPCA.
``linear_start``: the same with a linear path beside it, started at pPCA itself.
``colour``: the last one in colour, with eight latents.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_sample_images

from vae_lib import evaluation, likelihoods, models, networks, results, training
from vae_lib._files import write_json

TARGET = Path(__file__).resolve().parent.parent / "book/results/own_images.json"
SIZE, STEP, SQUARE = 16, 4, 32
SEEDS, DIMS = (0, 1), (2, 8, 32)
FITS = {
    "mlp": {"epochs": 40, "learning_rate": 2e-3, "lr_warmup": 1, "kl_warmup": 2},
    "linear_start": {"epochs": 8, "learning_rate": 1e-3, "kl_warmup": 0},
}


def cut(image, size, step):
    """All squares of an image ``(height, width, channels)``, ``step`` pixels apart."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (size, size), axis=(0, 1))
    windows = np.moveaxis(windows[::step, ::step], 2, -1)
    return windows.reshape(-1, size, size, image.shape[-1])


def patches(colour):
    """Training, validation and test patches by their part's name."""
    squares, photo = [], []
    for i, image in enumerate(load_sample_images().images):
        if not colour:
            image = np.rint(image @ [0.299, 0.587, 0.114])[..., None].astype("uint8")
        squares.append(cut(image, SQUARE, SQUARE))
        photo += [i] * len(squares[-1])
    squares = np.concatenate(squares)
    order = np.random.default_rng(0).permutation(len(squares))
    order = order[np.argsort(np.array(photo)[order], kind="stable")]
    turn = np.arange(len(order)) % 10
    chosen = {"test": turn == 0, "val": turn == 1, "train": turn > 1}
    return {
        part: np.concatenate([cut(squares[i], SIZE, STEP) for i in order[rows]])
        / np.float32(255)
        for part, rows in chosen.items()
    }


def mlp(ppca, shape):
    """The book's MLP, with the variance of pPCA to start from."""
    latent_dim = ppca.components.shape[1]
    likelihood = likelihoods.Gaussian(initial_variance=ppca.variance)
    return (*networks.build("mlp", latent_dim, shape), likelihood)


def linear_start(ppca, shape):
    """The linear VAE that is pPCA, and beside each map a hidden layer that adds 0."""
    linear = evaluation.linear_vae(ppca, shape)
    latent_dim = linear.latent_dim
    zeros = {"kernel_initializer": "zeros"}
    x, z = keras.Input(shape), keras.Input((latent_dim,))
    h = layers.Dense(512, activation="relu")(layers.Flatten()(x))
    heads = [
        layers.Add()([head, layers.Dense(latent_dim, **zeros)(h)])
        for head in linear.encoder(x)
    ]
    h = layers.Dense(512, activation="relu")(z)
    pixels = layers.Reshape(shape)(layers.Dense(int(np.prod(shape)), **zeros)(h))
    decoder = keras.Model(z, layers.Add()([linear.decoder(z), pixels]))
    return keras.Model(x, heads), decoder, linear.likelihood


def by_square(values):
    """Mean and standard error of the squares' means."""
    n = ((SQUARE - SIZE) // STEP + 1) ** 2
    return evaluation.mean_and_error(np.reshape(values, (-1, n)).mean(axis=1))


def run(build, x, latent_dim, seed):
    """Train one model; its scores, and what it gains over pPCA, by part."""
    ppca = evaluation.fit_ppca(x["train"], latent_dim)
    keras.utils.set_random_seed(seed)
    vae = models.VAE(*build(ppca, x["train"].shape[1:]), seed=seed)
    training.fit(vae, x["train"], seed=seed, verbose=0, **FITS[build.__name__])
    found = {
        "latent_dim": latent_dim,
        "seed": seed,
        "variance": vae.likelihood.variance,
    }
    for part in ("val", "test"):
        scores = evaluation.per_example(vae, x[part], n_samples=4, verbose=0)
        gain = scores.elbo - ppca.log_prob(x[part])
        gain, gain_se = by_square(gain)
        found[part] = {
            "elbo": by_square(scores.elbo)[0],
            "rate": by_square(scores.rate)[0],
            "gain": gain,
            "gain_se": gain_se,
        }
    print(build.__name__, found, file=sys.stderr, flush=True)
    return found


def main():
    """Train the parts that are named, or all of them, and write the file."""
    for part in sys.argv[1:] or ["mlp", "linear_start", "colour"]:
        x = patches(colour=part == "colour")
        build = mlp if part == "mlp" else linear_start
        runs = [
            run(build, x, latent_dim, seed)
            for seed in SEEDS
            for latent_dim in ((8,) if part == "colour" else DIMS)
        ]
        record = results.load("own_images") if TARGET.exists() else {}
        versions = {"keras": keras.__version__, "backend": keras.backend.backend()}
        settings = {"patches": {name: len(each) for name, each in x.items()}}
        write_json(TARGET, {**record, **versions, **settings, "fits": FITS, part: runs})


if __name__ == "__main__":
    main()
