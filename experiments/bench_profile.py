r"""Where the time of an epoch goes, in Keras's loop and in the fast path.

Nothing is estimated: parts are left out one at a time, and what the epoch gets faster
by is what the part costs. All variants train the same VAE on the same 59,904 images of
MNIST (468 batches of 128) in one process and take turns; medians over the rounds.

    python -m experiments.bench_profile                        TensorFlow and JAX, 4 min
    python -m experiments.bench_profile --backends tensorflow

How to read it. Model.fit: `feeding` is an epoch whose step does nothing, 64 of them a
call; `Python and dispatch` is what it costs more with one step a call; `entering
compiled code` is what the fast path loses with one step a call (weights and moments go
in and out of the compiled program each time); `the step itself` is the rest.
training.fit: `loop` is what callbacks, metrics and the guard add to the compiled calls;
`random numbers` what drawing z adds to a z without noise; `Adam` what it costs beyond
plain SGD; `images` what gathering new rows costs beyond reading the same 128 again and
again; `forward, backward` the rest, and below it the time that its matrix products
would take at the speed of one large product. A small difference may come out below
zero: it is noise. Writes book/results/bench_profile.json.
"""

import statistics
import sys
import time

from experiments import _harness as harness
from experiments import _images as images
from experiments._flops import flops_per_image
from experiments.peers import matmul

MODULE = "experiments.bench_profile"
BATCH, STEPS = 128, 468
CALL = 64  # steps a call


def main(argv=None):
    """Profile each backend in a process of its own; returns the exit status."""
    parser = harness.make_parser(__doc__, rounds=4)
    names = ("tensorflow", "jax", "torch")
    add = parser.add_argument
    add("--backends", nargs="+", choices=names, default=names[:2], metavar="BACKEND")
    add("--latent-dim", type=int, default=2, metavar="D", help="dimensions (2)")
    arguments = harness.parse(parser, argv)
    if arguments.latent_dim < 1:
        parser.error(f"--latent-dim must be at least 1, got {arguments.latent_dim}")
    results = {}
    for backend in arguments.backends:
        print(f"profiling {backend} ...", file=sys.stderr, flush=True)
        settings = {"latent_dim": arguments.latent_dim, "rounds": arguments.rounds}
        settings["steps"] = 4 if arguments.quick else STEPS
        results[backend] = harness.child(f"{MODULE}:profile", settings, backend)
        print(*table(backend, results[backend]), sep="\n", flush=True)
    harness.write("bench_profile", {"backends": results}, arguments)
    return 0


def profile(settings):
    """Seconds of each variant, and the parts they imply; in a process of its own."""
    from experiments import _variants as variants

    latent_dim, rounds = settings["latent_dim"], settings["rounds"]
    x, _, source = images.load(settings["steps"] * BATCH)
    epochs = variants.build(x, latent_dim, BATCH, CALL, 1 + rounds)
    product = matmul.keras_product()
    seconds = {name: [] for name in epochs}
    peaks = []
    for i in range(1 + rounds):
        print(f"round {i}", file=sys.stderr, flush=True)
        peaks.append(matmul.gflops(product))
        for name, epoch in epochs.items():
            start = time.perf_counter()
            epoch()
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(each[1:]) for name, each in seconds.items()}
    work = flops_per_image("mlp", latent_dim) * len(x) / 1e9
    peak = statistics.median(peaks[1:])
    return {
        "latent_dim": latent_dim,
        "images": len(x),
        "source": source,
        "seconds": medians,
        "all_seconds": seconds,
        "matmul_gflops": peak,
        "parts": parts(medians, work / peak),
    }


def parts(seconds, products):
    """Differences between variants, in seconds an epoch."""
    run = seconds["calls"]
    noise = run - seconds["without noise"]
    adam = run - seconds["SGD"]
    gather = run - seconds["same rows"]
    feeding, empty = seconds["empty, many a call"], seconds["empty"]
    entering = seconds["one a call"] - run
    return {
        "Model.fit": {
            "total": seconds["Model.fit"],
            "feeding": feeding,
            "Python and dispatch": empty - feeding,
            "entering compiled code": entering,
            "the step itself": seconds["Model.fit"] - empty - entering,
        },
        "training.fit": {
            "total": seconds["training.fit"],
            "loop": seconds["training.fit"] - run,
            "random numbers": noise,
            "Adam": adam,
            "images": gather,
            "forward, backward": run - noise - adam - gather,
            "products at peak": products,
        },
    }


def table(backend, result):
    """The lines to print."""
    yield (
        f"\n{backend}: mlp, d = {result['latent_dim']}, {result['images']:,} images, "
        f"batch {BATCH}, matrix product {result['matmul_gflops']:.0f} GFLOP/s"
    )
    for loop, rows in result["parts"].items():
        for name, seconds in rows.items():
            label = loop if name == "total" else f"    {name}"
            share = 100 * seconds / rows["total"]
            yield f"{label:<32}{seconds:>8.3f} s {share:>6.0f} %"


if __name__ == "__main__":
    sys.exit(main())
