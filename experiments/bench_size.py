r"""How time and memory grow with images, batch size, latent dimensions and IWAE's K.

Each point is a process of its own, so that its peak memory is its own: training.fit of
the MLP VAE (median of three epochs after the first), or evaluation.iwae of 100 images
(median of three calls). One size varies at a time; the others stay at 15,000 images,
batches of 128 and d = 2.

    python -m experiments.bench_size                 all series, 3 to 4 minutes
    python -m experiments.bench_size --series iwae   one of them

How to read it. A straight line is fitted to each series: against images, dimensions
and K as they are, and for the batch size against the number of steps it leads to, since
a step costs something beyond its images. `r2` near 1 says that the line holds; the
slope is then the cost of one more. Memory has a large constant part, the libraries.
Writes book/results/bench_size.json; KERAS_BACKEND chooses the backend.
"""

import json
import math
import statistics
import sys
import time

import numpy as np

from experiments import _harness as harness
from experiments import _images as images
from experiments.peers.memory import peak_memory

BASE = {"images": 15_000, "batch_size": 128, "latent_dim": 2}
SERIES = {
    "images": (1_000, 4_000, 15_000, 60_000),
    "batch_size": (32, 128, 512, 2_048),
    "latent_dim": (2, 10, 20, 50),
    "iwae": (1, 10, 100, 1_000),
}
QUICK = {"images": 256, "batch_size": 32, "latent_dim": 2}
IWAE_IMAGES = 100
REPEATS = 3


def main(argv=None):
    """Measure the series; returns the exit status."""
    parser = harness.make_parser(__doc__, rounds=REPEATS)
    add, names = parser.add_argument, list(SERIES)
    text = f"which to measure (default all: {', '.join(names)})"
    add("--series", nargs="+", choices=names, default=names, metavar="NAME", help=text)
    arguments = harness.parse(parser, argv)
    content, known = {}, {}
    for name in arguments.series:
        content[name] = measure(name, arguments, known)
        print(*table(name, content[name]), sep="\n", flush=True)
    harness.write("bench_size", {"base": BASE, "series": content}, arguments)
    return 0


def measure(name, arguments, known):
    """The points of one series and the lines through them."""
    base, values = BASE, SERIES[name]
    if arguments.quick:
        base, values = QUICK, (1, 3) if name == "iwae" else (QUICK[name], 64)
    points = []
    for value in values:
        sizes = {**base, name: value, "rounds": arguments.rounds}
        key = json.dumps(sizes, sort_keys=True)
        if key not in known:
            print(f"{name} {value} ...", file=sys.stderr, flush=True)
            known[key] = harness.child("experiments.bench_size:point", sizes)
        points.append(known[key])
    against = "steps" if name == "batch_size" else name
    x = [point[against] for point in points]
    return {
        "points": points,
        "against": against,
        "seconds_line": line(x, [point["seconds"] for point in points]),
        "memory_line": line(x, [point["peak_mib"] for point in points]),
        "backend": points[0]["backend"],
    }


def point(sizes):
    """Seconds and peak memory of one point; in a process of its own."""
    import keras

    from vae_lib import likelihoods, models, networks

    x, x_test, source = images.load(sizes["images"])
    keras.utils.set_random_seed(0)
    nets = networks.build("mlp", sizes["latent_dim"])
    vae = models.VAE(*nets, likelihoods.Gaussian(), seed=0)
    run = iwae if "iwae" in sizes else train
    seconds = run(vae, x, x_test, sizes)
    return {
        **sizes,
        "steps": math.ceil(sizes["images"] / sizes["batch_size"]),
        "seconds": statistics.median(seconds),
        "all_seconds": seconds,
        "peak_mib": peak_memory(),
        "source": source,
        "backend": keras.backend.backend(),
    }


def train(vae, x, x_test, sizes):
    """Seconds of each epoch but the first, which compiles."""
    import keras

    from vae_lib import training
    from vae_lib.cli.bench import Loop

    vae.compile(optimizer=keras.optimizers.Adam(1e-3))
    settings = {"batch_size": sizes["batch_size"], "epochs": 1 + sizes["rounds"]}
    loop = Loop(
        lambda hook: training.fit(vae, x, callbacks=[hook], verbose=0, **settings)
    )
    for _ in range(settings["epochs"]):
        loop.epoch()
    return loop.seconds[1:]


def iwae(vae, x, x_test, sizes):
    """Seconds of each call but the first."""
    from vae_lib import evaluation

    seconds = []
    for _ in range(1 + sizes["rounds"]):
        start = time.perf_counter()
        evaluation.iwae(vae, x_test[:IWAE_IMAGES], n_samples=sizes["iwae"], verbose=0)
        seconds.append(time.perf_counter() - start)
    return seconds[1:]


def line(x, y):
    """Least squares: value at 0, slope, and the share of variance it explains."""
    slope, intercept = np.polyfit(x, y, 1)
    spread = np.sum(np.square(y - np.mean(y)))
    rest = np.sum(np.square(y - np.polyval((slope, intercept), x)))
    r2 = 1 - rest / spread if spread else 1.0
    return {"intercept": float(intercept), "slope": float(slope), "r2": float(r2)}


def table(name, result):
    """The lines to print."""
    yield f"\n{name:<12}{'seconds':>10}{'MiB':>8}   ({result['backend']})"
    for row in result["points"]:
        yield f"{row[name]:<12,}{row['seconds']:>10.3f}{row['peak_mib']:>8.0f}"
    for label, unit in (("seconds", "s"), ("memory", "MiB")):
        fit = result[f"{label}_line"]
        yield (
            f"{label}: {fit['intercept']:.3g} {unit} + {fit['slope']:.3g} {unit} for "
            f"each of {result['against']}, r2 {fit['r2']:.3f}"
        )


if __name__ == "__main__":
    sys.exit(main())
