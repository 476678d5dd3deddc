"""What ais.py measures of one model, piece by piece; each is kept when finished."""

import json
import math
import time

import numpy as np

from vae_lib import evaluation
from vae_lib._files import write_json

N_SAMPLES = 1_000  # importance samples for each image
COUNTS = (1, 10, 100, 1_000)  # the numbers of samples that the bound is shown for
PROPOSAL_SCALE = (
    2.0  # the encoder's standard deviations, times this, where chains start
)


class Pieces:
    """Finished pieces in a folder: one file each, with the settings it belongs to."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, name, settings, compute, *arguments):
        """The content of a piece: from its file, or computed and kept."""
        path = self.folder / f"{name}.json"
        if path.exists():
            piece = json.loads(path.read_text("utf-8"))
            if piece["settings"] == settings:
                return piece["content"]
        start = time.process_time()
        content = compute(*arguments)
        seconds = round(time.process_time() - start, 1)
        content["seconds"] = seconds
        write_json(path, {"settings": settings, "content": content})
        print(f"  {name}: {seconds} s of processor time", flush=True)
        return content


def mean_of(values):
    """Mean over images and its standard error."""
    mean, error = evaluation.mean_and_error(values)
    return {"mean": mean, "se": error}


def bounds(vae, x):
    """ELBO of each image and the importance-weighted bound for several counts."""
    log_w = evaluation.log_weights(vae, x, n_samples=N_SAMPLES, verbose=0)  # (K, B)
    iwae = {}
    for k in COUNTS:
        blocks = log_w.reshape(-1, k, len(x))  # every sample is used
        each = np.logaddexp.reduce(blocks, axis=1) - math.log(k)
        iwae[str(k)] = each.mean(axis=0).tolist()
    return {"elbo": log_w.mean(axis=0).tolist(), "iwae": iwae}


def quadrature(vae, x):
    """Exact log p(x) of each image; two latent dimensions only."""
    found = evaluation.quadrature(vae, x, tolerance=0.02, verbose=0)
    return {
        "log_px": found.log_px.tolist(),
        "largest_error": float(found.error.max()),
        "n_codes": found.n_codes,
    }


def ais(vae, x, start, n_temperatures, setting):
    """The estimate of each image, all of them at once."""
    found = evaluation.ais(
        vae,
        x,
        n_temperatures=n_temperatures,
        n_chains=setting["n_chains"],
        start=start,
        proposal_scale=PROPOSAL_SCALE,
        n_leapfrog=setting["n_leapfrog"],
        batch_size=len(x),
    )
    return {
        "log_px": found.log_px.tolist(),
        "chain_std": float(found.log_weights.std(axis=0, ddof=1).mean()),
        "acceptance": float(found.acceptance.mean()),
    }


def bidirectional(vae, start, n_temperatures, setting):
    """Estimates from below and from above for images drawn from the model."""
    found = evaluation.bidirectional_ais(
        vae,
        n_images=setting["n_simulated"],
        n_temperatures=n_temperatures,
        n_chains=setting["n_chains"],
        start=start,
        proposal_scale=PROPOSAL_SCALE,
        n_leapfrog=setting["n_leapfrog"],
    )
    return {"forward": found.forward.tolist(), "reverse": found.reverse.tolist()}


def search_start(vae, mnist):
    """Where chains start: the best of the validation images' codes and the own one."""
    codes, _ = evaluation.encode(vae, mnist.x_val, verbose=0)
    return evaluation.code_search(vae, codes)


def whole_test(vae, x):
    """Mean ELBO of the whole test set."""
    return {"elbo": mean_of(evaluation.elbo(vae, x, verbose=0))}


def measure(vae, mnist, images, setting, pieces):
    """All pieces of one model, the quick ones first."""
    x, some = mnist.x_test[images], mnist.x_test[images[: setting["n_doubled"]]]
    start, t = search_start(vae, mnist), setting["n_temperatures"]
    few = {"n_images": len(x)}
    done = {
        "test": pieces("test", {}, whole_test, vae, mnist.x_test),
        "bounds": pieces("bounds", few, bounds, vae, x),
    }
    if vae.latent_dim == 2:
        done["quadrature"] = pieces("quadrature", few, quadrature, vae, x)
    done["ais"] = pieces("ais", setting, ais, vae, x, start, t, setting)
    both = bidirectional, vae, start, t, setting
    done["both_sides"] = pieces("both_sides", setting, *both)
    twice = ais, vae, some, start, 2 * t, setting
    done["doubled"] = pieces("doubled", setting, *twice)
    return done


def summary(done, setting):
    """Means, paired differences and standard errors from the pieces of a model."""
    elbo, log_px = np.array(done["bounds"]["elbo"]), np.array(done["ais"]["log_px"])
    doubled = np.array(done["doubled"]["log_px"])
    forward, reverse = (
        np.array(done["both_sides"][side]) for side in ("forward", "reverse")
    )
    gap = mean_of(log_px - elbo)
    of_test = done["test"]["elbo"]
    iwae = done["bounds"]["iwae"].items()
    content = {
        "settings": setting,
        "elbo": mean_of(elbo),
        "iwae": {k: mean_of(values) for k, values in iwae},
        "ais": mean_of(log_px),
        "ais_minus_elbo": {**gap, "median": float(np.median(log_px - elbo))},
        "acceptance": done["ais"]["acceptance"],
        "chain_std": done["ais"]["chain_std"],
        "doubled": {
            "n_images": len(doubled),
            "change": mean_of(doubled - log_px[: len(doubled)]),
        },
        "simulated": {
            "n_images": len(forward),
            "forward": mean_of(forward),
            "reverse": mean_of(reverse),
            "gap": {
                **mean_of(reverse - forward),
                "median": float(np.median(reverse - forward)),
            },
        },
        "test": {
            "n_images": 10_000,
            "elbo": of_test,
            "ais": {"mean": of_test["mean"] + gap["mean"], "se": gap["se"]},
        },
        "seconds": {name: piece["seconds"] for name, piece in done.items()},
    }
    if "quadrature" in done:
        content["quadrature"] = against(done["quadrature"], log_px)
    return content


def against(exact, log_px):
    """Exact values beside the estimates."""
    truth = np.array(exact["log_px"])
    missing = truth - log_px
    return {
        **mean_of(truth),
        "largest_error": exact["largest_error"],
        "minus_ais": {**mean_of(missing), "median": float(np.median(missing))},
        "images_off_by_a_nat": int(np.sum(np.abs(missing) > 1.0)),
        "largest_miss": float(missing.max()),
    }
