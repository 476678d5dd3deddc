"""Fit priors to the codes of a published model; write book/results/latent_priors.json.

    python -m experiments.latent_priors                    everything
    python -m experiments.latent_priors --seeds 0          one part, kept in --work

The codes z ~ q(z|x) of the 50,000 training images fit every prior, those of the
validation images choose the number of mixture components, the test images judge:
chapter 9's Frechet distance of 5,000 decoder means, and the log density of codes. Three
seeds, each for training and sampling. Needs the whole of MNIST; about five minutes.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.mixture import GaussianMixture

from experiments._ais_pieces import Pieces
from experiments._image_judge import Judge, N, decode, draw_codes, normal
from experiments._velocity import Diffusion, Flow, log_normal
from vae_lib import data, evaluation, pretrained
from vae_lib._files import write_json

TARGET = Path(__file__).resolve().parent.parent / "book/results/latent_priors.json"
MODEL, SEEDS = "mlp_20", (0, 1, 2)
COMPONENTS = (10, 50)
SETTINGS = {
    "mixture_codes": 20_000,  # that fit a mixture: enough for it, and quicker
    "density_codes": 1_000,  # test codes whose log density is taken
    "units": 256,  # of both hidden layers
    "batch_size": 500,
    "pairs": 1_000_000,  # training pairs, each used once
}


def posteriors(vae, mnist):
    """Means and log-variances of the codes of each split."""
    parts = {"train": mnist.x_train, "val": mnist.x_val, "test": mnist.x_test}
    return {
        name: evaluation.encode(vae, images, verbose=0)
        for name, images in parts.items()
    }


def draw(posterior, seed):
    """One code z ~ q(z|x) of each image, float32."""
    return draw_codes(posterior, seed, 3).astype("float32")


def gain(log_density, z):
    """Nats a code above the standard normal prior, with its standard error."""
    mean, error = evaluation.mean_and_error(log_density - log_normal(z))
    return {"mean": mean, "se": error}


def fit_mixture(z, n_components, seed):
    """Full covariances, by expectation-maximisation."""
    mixture = GaussianMixture(
        n_components, reg_covar=1e-4, max_iter=50, tol=5e-3, random_state=seed
    )
    return mixture.fit(z[: SETTINGS["mixture_codes"]].astype("float64"))


def shuffled(z, seed):
    """Each latent dimension of the codes in an order of its own."""
    return np.random.default_rng((seed, 5)).permuted(z, axis=0)


class Bench:
    """The published model, its codes, and the judge."""

    def __init__(self):
        self.mnist = data.load_mnist()
        network, latent_dim = MODEL.rsplit("_", 1)
        self.vae = pretrained.load_pretrained(network, int(latent_dim))
        self.judge = Judge(self.mnist)
        self.posterior = posteriors(self.vae, self.mnist)
        self.codes = {name: draw(part, 0) for name, part in self.posterior.items()}

    def scores(self, z):
        """Chapter 9's scores of the decoder means of N codes."""
        return self.judge.scores([decode(self.vae, z)])

    def components(self):
        """Log density of validation codes for each number of components."""
        return {
            str(k): float(
                fit_mixture(self.codes["train"], k, 0).score(self.codes["val"])
            )
            for k in COMPONENTS
        }

    def references(self, seed):
        """Reconstructions, the normal prior and shuffled codes."""
        real = draw(self.posterior["test"], seed)[self.judge.other]
        starts = {
            "reconstructions": real,
            "normal": normal(seed, real.shape, 0),
            "shuffled": shuffled(real, seed),
        }
        return {name: self.scores(z) for name, z in starts.items()}

    def mixture(self, seed, n_components):
        """The mixture prior: its samples, and its gain for test codes."""
        prior = fit_mixture(self.codes["train"], n_components, seed)
        z = self.codes["test"][self.judge.other[: SETTINGS["density_codes"]]]
        found = self.scores(prior.sample(N)[0])
        return {**found, "gain": gain(prior.score_samples(z), z)}

    def field(self, seed, kind):
        """A flow or a diffusion model, likewise."""
        size = SETTINGS["pairs"], SETTINGS["batch_size"]
        prior = kind(self.vae.latent_dim, SETTINGS["units"], seed)
        prior.fit(self.posterior["train"], *size)
        z = self.codes["test"][self.judge.other[: SETTINGS["density_codes"]]]
        found = self.scores(prior.sample(N, seed))
        return {**found, "gain": gain(prior.log_density(z), z)}


def of_seed(bench, pieces, settings, seed, n_components):
    """Everything that one seed decides, each part kept when finished."""
    fits = {
        "references": (bench.references, seed),
        "mixture": (bench.mixture, seed, n_components),
        "flow": (bench.field, seed, Flow),
        "diffusion": (bench.field, seed, Diffusion),
    }
    found = {
        name: pieces(f"{name}_{seed}", settings, *call) for name, call in fits.items()
    }
    references = found.pop("references")
    references.pop("seconds")
    return {**references, **found}


def joined(parts):
    """The scores of all seeds together; kernel distance and classes of the first."""
    found = {
        name: {
            "frechet": [part[name]["frechet"][0] for part in parts],
            "kid": first["kid"],
            "classes": first["classes"],
        }
        for name, first in parts[0].items()
    }
    for name in ("mixture", "flow", "diffusion"):
        found[name]["gain"] = [part[name]["gain"] for part in parts]
    return found


def main():
    """Run the command."""
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=formatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, choices=SEEDS)
    parser.add_argument("--work", type=Path, default=Path("latent_priors_work"))
    options = parser.parse_args()
    pieces, bench = Pieces(options.work), Bench()
    digest = pretrained.index()[MODEL]["sha256"]
    settings = SETTINGS | {"sha256": digest}
    by_components = pieces("components", settings, bench.components)
    by_components.pop("seconds", None)
    chosen = int(max(by_components, key=by_components.get))
    parts = [of_seed(bench, pieces, settings, s, chosen) for s in options.seeds]
    if tuple(options.seeds) != SEEDS:
        return
    record = {
        "model": MODEL,
        "sha256": digest,
        "n": N,
        "seeds": list(SEEDS),
        "settings": SETTINGS,
        "components": {"chosen": chosen, "val_log_density": by_components},
        "floor": bench.judge.scores([bench.mnist.x_test[bench.judge.other]]),
        "priors": joined(parts),
    }
    write_json(TARGET, record)
    for name, scores in record["priors"].items():
        print(f"{name}: Frechet distance {np.mean(scores['frechet']):.1f}")


if __name__ == "__main__":
    main()
