"""Estimate log p(x) of the published models, by annealed importance sampling (AIS).

    python -m experiments.ais --work FOLDER                 all that is not yet recorded
    python -m experiments.ais --work FOLDER mlp_2 ppca      only these

For each model, on 200 fixed random test images (data.subset_indices): the ELBO, the
importance-weighted bound, the integral where there are two latent dimensions, AIS with
1,000 temperatures and with 2,000; AIS from both sides on images drawn from the model;
and AIS for the whole test set as the ELBO of its 10,000 images plus the mean paired
difference. Chains start at the code, of the validation images' and the encoder's own,
that explains the image best. "ppca" checks the method where log p(x) is known, "wu"
measures dequantised pixels for a comparison with Wu et al. (2017).

Each finished piece is kept in FOLDER under the digest of the model's weights, and
book/results/ais.json is written again after each model: a stopped run continues, a
retrained model is measured anew, and what is recorded already costs nothing. Needs the
whole of MNIST. Processor time of one model: about half a minute (mlp), two to three
minutes (others, whose gradients cost ten to twenty times as much).
"""

import argparse
import json
from pathlib import Path

import numpy as np

from experiments import _ais_pieces as ais_pieces
from vae_lib import data, evaluation, pretrained
from vae_lib._files import write_json

RESULTS = Path(__file__).resolve().parent.parent / "book" / "results"
N_IMAGES = 200
# A gradient costs the convolutional decoders ten to twenty times as much.
QUICK = {"n_chains": 2, "n_leapfrog": 1, "n_doubled": N_IMAGES, "n_simulated": 50}
SLOW = {**QUICK, "n_doubled": 50, "n_simulated": 20}
SETTINGS = {
    "linear": {**QUICK, "n_chains": 4},
    "mlp": QUICK,
    "conv": SLOW,
    "conv_feature_map": SLOW,
}
EXTRAS = ("ppca", "wu")
WU = {  # Table 2, VAE-10, test: decoder 10-64-256-256-1024-784, fixed variance
    "ais": {"mean": 705.375, "margin": 7.411},
    "iwae": {"mean": 486.466, "n_samples": 200_000},
    "n_images": 1_000,
}


def setting_of(network, n_temperatures):
    """What a model's chains cost is decided by its decoder."""
    return {"n_temperatures": n_temperatures, **SETTINGS[network]}


def load(name):
    """A published model, its digest and the name of its network."""
    entry = pretrained.index()[name]
    network, latent_dim = entry["config"]["network"], entry["config"]["latent_dim"]
    return pretrained.load_pretrained(network, latent_dim), entry["sha256"], network


def measure_model(name, mnist, images, options):
    """The entry of one published model."""
    vae, digest, network = load(name)
    setting = setting_of(network, options.temperatures)
    known = read(options.results)["models"].get(name, {})
    if (known.get("sha256"), known.get("settings")) == (digest, setting):
        print("  is recorded already")
        return known
    pieces = ais_pieces.Pieces(options.work / f"{name}-{digest[:12]}")
    done = ais_pieces.measure(vae, mnist, images, setting, pieces)
    model = {"sha256": digest, "network": network, "latent_dim": vae.latent_dim}
    return {**model, **ais_pieces.summary(done, setting)}


def measure_ppca(mnist, images, options):
    """AIS where truth has a formula: from a widened posterior and from the prior."""
    x, entry, t = mnist.x_test[images[:50]], {}, options.temperatures
    setting = setting_of("linear", t)
    for d in (10, 20):
        ppca = evaluation.fit_ppca(mnist.x_train, d)
        vae, truth = evaluation.linear_vae(ppca), ppca.log_prob(x)
        pieces = ais_pieces.Pieces(options.work / f"ppca-{d}")
        row = {"n_images": len(x), "log_px": ais_pieces.mean_of(truth)}
        for start in ("encoder", "prior"):
            arguments = vae, x, start, t, setting
            found = pieces(start, setting, ais_pieces.ais, *arguments)
            error = np.array(found["log_px"]) - truth
            largest = float(np.abs(error).max())
            row[start] = {**ais_pieces.mean_of(error), "largest": largest}
        entry[str(d)] = {**row, "settings": setting}
    return entry


def best_of_ten():
    """The published model with ten latents that has the best validation ELBO."""
    configs = {n: entry["config"] for n, entry in pretrained.index().items()}

    def validation(name):
        record = json.loads((RESULTS / f"pretrained_{name}.json").read_text("utf-8"))
        return record["seeds"][str(configs[name]["seed"])]["validation"]["elbo"]

    names = [name for name, config in configs.items() if config["latent_dim"] == 10]
    return max(names, key=validation, default=None)


def measure_wu(mnist, images, options):
    """The best model with ten latents on dequantised pixels, (255 x + u) / 256."""
    name = best_of_ten()
    if name is None:
        return None
    vae, digest, network = load(name)
    noise = np.random.default_rng(0).random((len(images), *vae.image_shape))
    x = np.float32((np.rint(255 * mnist.x_test[images]) + noise) / 256)
    pieces = ais_pieces.Pieces(options.work / f"wu-{name}-{digest[:12]}")
    setting = setting_of(network, options.temperatures)
    start = ais_pieces.search_start(vae, mnist)
    found = pieces("bounds", {}, ais_pieces.bounds, vae, x)
    chains = vae, x, start, options.temperatures, setting
    ais = pieces("ais", setting, ais_pieces.ais, *chains)
    return {
        "model": name,
        "sha256": digest,
        "settings": setting,
        "n_images": len(x),
        "elbo": ais_pieces.mean_of(found["elbo"]),
        "iwae": {k: ais_pieces.mean_of(v) for k, v in found["iwae"].items()},
        "ais": ais_pieces.mean_of(ais["log_px"]),
        "published": WU,
    }


def read(path):
    """What is recorded so far."""
    content = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return {"models": {}, "ppca": None, "wu": None} | content


def publish(path, content):
    """Write the results again, and forget models that are no longer published."""
    index = pretrained.index()
    models = {n: m for n, m in content["models"].items() if n in index}
    head = {
        "unit": "nats per image",
        "images": f"data.subset_indices({N_IMAGES}) of the 10,000 test images",
        "seed": 0,
        "start": "the best of the validation images' codes and the encoder's mean, "
        f"the encoder's standard deviations times {ais_pieces.PROPOSAL_SCALE:g}",
    }
    write_json(path, content | head | {"models": dict(sorted(models.items()))})


def main():
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    known = [*pretrained.index(), *EXTRAS]
    add("names", nargs="*", metavar="NAME", help=", ".join(known))
    add("--work", type=Path, required=True, help="folder of the finished pieces")
    add("--temperatures", type=int, default=1_000, metavar="T", help="T (1000)")
    add("--results", type=Path, default=RESULTS / "ais.json", help="file to write")
    options = parser.parse_args()
    if options.temperatures < 1:
        parser.error(f"--temperatures must be at least 1, got {options.temperatures}")
    if unknown := set(options.names) - set(known):
        parser.error(f"unknown names {sorted(unknown)}; choose from {known}")
    mnist, images = data.load_mnist(), data.subset_indices(N_IMAGES)
    for name in options.names or known:
        print(name, flush=True)
        if name == "ppca":
            news = {"ppca": measure_ppca(mnist, images, options)}
        elif name == "wu":
            news = {"wu": measure_wu(mnist, images, options)}
        else:
            news = {"models": {name: measure_model(name, mnist, images, options)}}
        content = read(options.results)  # another run may have written meanwhile
        news["models"] = content["models"] | news.get("models", {})
        publish(options.results, content | news)


if __name__ == "__main__":
    main()
