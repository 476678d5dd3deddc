"""Judge the published models' samples and codes; write book/results/samples.json.

    python -m experiments.samples                    every published model
    python -m experiments.samples mlp_2 conv_2       only these
    python -m experiments.samples --again            also those that are up to date

Real images are one random half of MNIST's test file, the reference; the other half
judged in the same way is the floor, samples of probabilistic PCA are the ceiling. All
sets have N images, because the Frechet distance depends on N. Nothing is fitted to
these numbers. A model is judged again only if its weights or the classifier changed;
the file is written after each model, so a stopped run continues. Needs the whole of
MNIST; about a minute a model.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from scipy.stats import chi2

from experiments._image_judge import Judge, N, add_noise, decode, draw_codes, normal
from experiments._published_scores import DIMENSIONS
from experiments.claim import judge as judge_codes
from vae_lib import data, evaluation, pretrained
from vae_lib._files import write_json

RESULTS = Path(__file__).resolve().parent.parent / "book" / "results"
SEEDS = (0, 1, 2)


def judge_samples(judge, draw, variance):
    """Means and noisy samples for every seed; ``draw(seed)`` gives the means."""
    means = [draw(seed) for seed in SEEDS]
    noisy = [add_noise(m, variance, s) for m, s in zip(means, SEEDS, strict=True)]
    scores = {"means": judge.scores(means), "noisy": judge.scores(noisy)}
    scores["means"]["neighbour_ratio"] = judge.neighbour_ratio(means[0])
    return scores


def aggregate(judge, vae, posterior):
    """Where the test codes lie, and what is decoded from those of the other half."""
    z_mean, z_log_var = posterior
    latent_dim = z_mean.shape[1]
    draws = [draw_codes(posterior, seed, 2) for seed in SEEDS]
    inside = np.sum(draws[0] ** 2, axis=1) <= chi2.ppf(0.95, latent_dim)
    kl = evaluation.aggregate_kl(z_mean, z_log_var)
    scores = judge.scores([decode(vae, z[judge.other]) for z in draws])
    return {
        "frechet": scores["frechet"],
        "kid": scores["kid"],
        "mean": z_mean.mean(axis=0).tolist(),
        "second_moment": np.mean(z_mean**2 + np.exp(z_log_var), axis=0).tolist(),
        "inside_95_ball": float(inside.mean()),
        "kl": kl._asdict(),
        "log_n": float(np.log(len(z_mean))),
    }


def judge_model(judge, name, entry):
    """Everything that is recorded of one published model."""
    config, mnist = entry["config"], judge.mnist
    vae = pretrained.load_pretrained(config["network"], config["latent_dim"])
    posterior = evaluation.encode(vae, mnist.x_test, verbose=0)
    train_codes = evaluation.encode(vae, mnist.x_train, verbose=0)[0]
    shape = (N, vae.latent_dim)
    samples = judge_samples(
        judge,
        lambda seed: decode(vae, normal(seed, shape, 0)),
        float(vae.likelihood.variance),
    )
    return {
        "sha256": entry["sha256"],
        "network": config["network"],
        "latent_dim": config["latent_dim"],
        **samples,
        "aggregate": aggregate(judge, vae, posterior),
        "codes": judge_codes(train_codes, mnist.y_train, posterior[0], mnist.y_test),
    }


def judge_ppca(judge, latent_dim):
    """The ceiling: the same for the linear model with as many latents."""
    mnist = judge.mnist
    ppca = evaluation.fit_ppca(mnist.x_train, latent_dim)

    def draw(seed):
        flat = normal(seed, (N, latent_dim), 0) @ ppca.components.T + ppca.mean
        return flat.reshape(N, 28, 28, 1)

    codes = [ppca.posterior_mean(x) for x in (mnist.x_train, mnist.x_test)]
    return {
        **judge_samples(judge, draw, ppca.variance),
        "codes": judge_codes(codes[0], mnist.y_train, codes[1], mnist.y_test),
    }


def judge_real(judge):
    """The floor, and what the other numbers are to be held against."""
    other = judge.mnist.x_test[judge.other]
    labels = judge.mnist.y_test[judge.reference]
    return {
        **judge.scores([other]),
        "neighbour_ratio": judge.neighbour_ratio(other),
        "labels": np.bincount(labels, minlength=10).tolist(),
    }


def header():
    """What belongs to every number in the file."""
    return {
        "n": N,
        "seeds": list(SEEDS),
        "split": "test: first half of subset_indices(10000), reference; second, floor",
        "clipped": "images are clipped to [0, 1] before they are judged",
        "classifier": json.loads((RESULTS / "classifier.json").read_text())["sha256"],
    }


def previous(path, shipped):
    """What was recorded before and still holds."""
    content = header()
    old = json.loads(path.read_text()) if path.exists() else {}
    if {name: old.get(name) for name in content} != content:
        old = {}
    kept = {n: m for n, m in old.get("models", {}).items() if n in shipped}
    return content | {
        "real": old.get("real"),
        "ppca": old.get("ppca", {}),
        "models": kept,
    }


def judge_references(judge, content, path):
    """Floor and ceiling, where they are not recorded yet."""
    if content["real"] is None:
        content["real"] = judge_real(judge)
    for latent_dim in map(str, DIMENSIONS):
        if latent_dim not in content["ppca"]:
            content["ppca"][latent_dim] = judge_ppca(judge, int(latent_dim))
            write_json(path, content)
            print(f"pPCA, d = {latent_dim}: done", flush=True)


def main():
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    shipped = pretrained.index()
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(shipped))
    parser.add_argument("--again", action="store_true", help="judge all of them anew")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(shipped)):
        parser.error(f"no published model {unknown}; there are {', '.join(shipped)}")
    path = RESULTS / "samples.json"
    content, judge = previous(path, shipped), Judge(data.load_mnist())
    judge_references(judge, content, path)
    for name in options.names or shipped:
        done = content["models"].get(name, {}).get("sha256")
        if done == shipped[name]["sha256"] and not options.again:
            print(f"{name}: up to date")
            continue
        start = time.perf_counter()
        content["models"][name] = judge_model(judge, name, shipped[name])
        content["models"] = dict(sorted(content["models"].items()))
        write_json(path, content)
        distance = np.mean(content["models"][name]["means"]["frechet"])
        seconds = time.perf_counter() - start
        print(f"{name}: Frechet distance {distance:.1f}, {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
