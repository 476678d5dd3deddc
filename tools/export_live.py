"""Write the weights and digits of the live pages, from the published models.

    python tools/export_live.py                 all, and what the rounding costs
    python tools/export_live.py mlp_2 conv_10   these models alone

Files go to book/_static/live; each is a script that a page can load from disk:

    weights/NAME.encoder.js, weights/NAME.decoder.js    one half of a model
    digits.js                                           the sample's 500 test digits
    digits_train.js                                     its 4,000 training digits

Weights are stored as live_format.py says: matrices as whole numbers of 10 bits with one
scale a column, all that is small as it is. What that costs, in nats of the ELBO of the
500 digits and for the same noise, is printed and kept in book/results/live.json. If a
model loses more than it may, nothing is written.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

import live_format
from notebook_env import ROOT
from vae_lib import data, evaluation, pretrained
from vae_lib._files import replacing, write_json
from vae_lib.weights import assign_weights, weight_arrays

FOLDER = ROOT / "book" / "_static" / "live"
RESULT = ROOT / "book" / "results" / "live.json"
MOST_NATS = 0.5  # that rounding may cost, a model
N_SAMPLES = 4  # of z for each image, in the ELBO
HALVES = ("encoder", "decoder")
CODES = "test/codes"  # z_mean, z_log_var of the 500 digits, (2, 500, d)
NOTICE = {
    "weights": "// Weights of the VAE book's models, rounded. MIT licence.\n",
    "digits": "// Digits of MNIST, Y. LeCun and C. Cortes, CC BY-SA 3.0.\n",
}


def load(name):
    """A published model by its name, such as ``"mlp_2"``."""
    network, _, latent_dim = name.rpartition("_")
    return pretrained.load_pretrained(network, int(latent_dim))


def halves(vae):
    """The weights of encoder and decoder by name; the variance is in neither."""
    parts = {half: {} for half in HALVES}
    for path, array in weight_arrays(vae).items():
        half, _, weight = path.partition("/")
        if half in parts:
            parts[half][weight] = array
    return parts


def assign_halves(vae, parts, source):
    """Give a model the weights of its halves, as :func:`halves` returns them."""
    arrays = weight_arrays(vae)
    for half in HALVES:
        for weight, array in parts[half].items():
            if weight != CODES:
                arrays[f"{half}/{weight}"] = array
    assign_weights(vae, arrays, source=source)


def round_weights(vae):
    """Give a model the weights that the pages will hold, in place."""
    parts = {
        half: {weight: live_format.rounded(array) for weight, array in part.items()}
        for half, part in halves(vae).items()
    }
    assign_halves(vae, parts, "the rounded weights")


def payloads(name, vae, weights, x_test):
    """A model's two payloads; ``vae`` holds the rounded weights already."""
    common = {
        "model": name,
        "sha256": pretrained.index()[name]["sha256"],
        "network": name.rpartition("_")[0],
        "latentDim": vae.latent_dim,
        "variance": float(vae.likelihood.variance),
    }
    decoder = dict(weights["decoder"])
    if vae.latent_dim == 2:  # so that the plane of codes needs no encoder
        z_mean, z_log_var = evaluation.encode(vae, x_test, verbose=0)
        decoder[CODES] = np.stack([z_mean, z_log_var]).astype("float32")
    return {
        "encoder": common | live_format.pack(weights["encoder"]),
        "decoder": common | live_format.pack(decoder, exact=[CODES]),
    }


def digits(images, labels, split):
    """The payload of a file of digits: pixels 0..255 and labels, a byte each."""
    pixels = np.round(images * 255).astype("uint8").reshape(len(images), -1)
    packed = live_format.pack({"images": pixels, "labels": labels})
    return {"split": split, "count": len(images)} | packed


def script(kind, name, payload):
    """The text of a file that hands a payload to the pages' script."""
    content = json.dumps(payload, allow_nan=False)
    return f"{NOTICE[kind]}vaeLive.{kind}({json.dumps(name)}, {content});\n"


def read_script(path):
    """The payload of a file that :func:`script` made.

    Raises:
        ValueError: if it is no such file.
    """
    text = Path(path).read_text("utf-8")
    start, end = text.find("{"), text.rfind(");")
    if start < 0 or end < start or not text.startswith("// "):
        raise ValueError(f"{path} is no file of tools/export_live.py: export again.")
    return json.loads(text[start:end])


def read_model(name, folder=FOLDER):
    """A model with the weights of the committed files, and their payloads."""
    vae = load(name)
    packed = {
        half: read_script(Path(folder) / "weights" / f"{name}.{half}.js")
        for half in HALVES
    }
    parts = {half: live_format.unpack(packed[half]) for half in HALVES}
    assign_halves(vae, parts, f"{name} of the live pages")
    return vae, packed


def export_model(name, x_test):
    """The texts of a model's files by path, and the record of what rounding costs.

    Raises:
        ValueError: if the rounding costs more than MOST_NATS.
    """
    vae = load(name)
    exact = evaluation.elbo(vae, x_test, n_samples=N_SAMPLES, verbose=0)
    weights = halves(vae)
    round_weights(vae)
    rounded = evaluation.elbo(vae, x_test, n_samples=N_SAMPLES, verbose=0)
    cost = float(np.mean(exact - rounded))
    if not cost < MOST_NATS:
        raise ValueError(
            f"Rounding costs {name} {cost:.2f} nats per image, more than {MOST_NATS}: "
            "give live_format.LEVELS more levels."
        )
    made = payloads(name, vae, weights, x_test)
    texts = {
        f"weights/{name}.{half}.js": script("weights", f"{name}.{half}", payload)
        for half, payload in made.items()
    }
    record = {
        "sha256": pretrained.index()[name]["sha256"],
        "elbo": float(exact.mean()),
        "elbo_rounded": float(rounded.mean()),
        "cost": cost,
        "bytes": {path: len(text) for path, text in texts.items()},
    }
    return texts, record


def previous(names):
    """The recorded models that are neither made anew now nor gone."""
    kept = json.loads(RESULT.read_text("utf-8"))["models"] if RESULT.exists() else {}
    return {n: r for n, r in kept.items() if n in pretrained.index() and n not in names}


def export(names, folder=None):
    """Make every file in memory, and only then write them, and the record.

    Args:
        names: of models.
        folder: where to write; if given, the record stays as it is.
    """
    sample = data.load_sample()
    texts, models = {}, previous(names)
    for name in names:
        made, models[name] = export_model(name, sample.x_test)
        texts |= made
        record = models[name]
        print(
            f"{name}: ELBO {record['elbo']:.2f}, rounded {record['elbo_rounded']:.2f}, "
            f"cost {record['cost']:.3f} nats per image"
        )
    parts = {
        "digits": ("test", sample.x_test, sample.y_test),
        "digits_train": ("train", sample.x_train, sample.y_train),
    }
    for stem, (split, images, labels) in parts.items():
        payload = digits(images, labels, split)
        texts[f"{stem}.js"] = script("digits", split, payload)
    target = folder or FOLDER
    (target / "weights").mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        with replacing(target / path) as stream:
            stream.write(text.encode())
        print(f"{path}: {len(text):,} bytes")
    if folder is None:
        write_json(RESULT, results(models))


def results(models):
    """The content of book/results/live.json."""
    return {
        "split": "the sample's 500 test digits",
        "n": 500,
        "n_samples": N_SAMPLES,
        "unit": "nats per image; the same noise before and after rounding",
        "levels": live_format.LEVELS,
        "models": dict(sorted(models.items())),
    }


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("models", nargs="*", metavar="NAME", help="models to export; default: all")
    add(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="write there, and leave the recorded results alone",
    )
    options = parser.parse_args(arguments)
    known = list(pretrained.index())
    if unknown := [name for name in options.models if name not in known]:
        parser.error(f"no published model {unknown}; there are {', '.join(known)}")
    try:
        export(options.models or known, options.output)
    except (OSError, ValueError) as error:
        print(f"export_live.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
