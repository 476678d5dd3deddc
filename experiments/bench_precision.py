"""What mixed precision changes: validation ELBO and seconds an epoch, against float32.

    python -m experiments.bench_precision            mixed_bfloat16, three seeds
    python -m experiments.bench_precision --precision mixed_bfloat16 mixed_float16
    KERAS_BACKEND=jax python -m experiments.bench_precision --latent-dim 2 --add
    python -m experiments.bench_precision --quick    a trial on the sample, no file

The runs of one seed share first weights, order of images and noise (`TrainConfig` with
another `precision`), so their difference is the precision's doing. But training
amplifies any rounding: the "nudged" runs, in float32 from first weights that differ by
one part in a million, say how much of a difference means nothing. "evaluated in
float32" takes the weights of a mixed run into a float32 model: what is left is what
the training did. Goal: a change of less than 0.5 nats. Seconds are medians over epochs
without the first, which compiles; the precisions take turns. The same command runs on a
GPU. Writes book/results/bench_precision.json.
"""

import sys
import time
from dataclasses import replace
from statistics import mean, median, stdev

import keras
import numpy as np

from experiments import _harness as harness
from vae_lib import data, training
from vae_lib.training.config import PRECISIONS, TrainConfig

GOAL = 0.5  # nats
NUDGE = 1e-6


class Clock(keras.callbacks.Callback):
    """Seconds of each epoch's training, without its validation."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.stopped = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(self.stopped - self.started)


def nudge(vae, seed):
    """Change every weight by about one part in a million."""
    rng = np.random.default_rng(seed)
    weights = vae.get_weights()
    vae.set_weights([w * (1 + NUDGE * rng.standard_normal(w.shape)) for w in weights])


def train(config, mnist, nudged=False):
    """Train one model; its final scores."""
    vae, clock = training.build_vae(config), Clock()
    if nudged:
        nudge(vae, config.seed)
    keys = ("epochs", "batch_size", "learning_rate", "kl_warmup", "seed")
    settings = {key: getattr(config, key) for key in keys}
    x_train, x_val = mnist.x_train, mnist.x_val
    history = training.fit(
        vae, x_train, x_val=x_val, callbacks=[clock], verbose=0, **settings
    ).history
    exact = training.build_vae(replace(config, precision="float32"))
    exact.set_weights(vae.get_weights())
    return {
        "latent_dim": config.latent_dim,
        "seed": config.seed,
        "precision": "nudged float32" if nudged else config.precision,
        "val_elbo": history["val_elbo"][-1],
        "val_elbo_in_float32": score(exact, x_val),
        "seconds_an_epoch": median(clock.seconds[1:] or clock.seconds),
    }


def score(vae, x_val):
    """The validation of ``fit``: the same noise for every model."""
    from vae_lib.training.guard import Validation

    return Validation(vae, x_val, 1.0)()["val_elbo"]


def measure(arguments, mnist):
    """All runs; precisions take turns within a seed."""
    runs = []
    for latent_dim in arguments.latent_dim:
        for seed in range(arguments.rounds):
            config = TrainConfig(
                latent_dim=latent_dim, epochs=arguments.epochs, seed=seed
            )
            variants = [(p, False) for p in ("float32", *arguments.precision)]
            for precision, nudged in [*variants, ("float32", True)]:
                run = train(replace(config, precision=precision), mnist, nudged)
                runs.append(run)
                print(
                    f"d = {latent_dim}, seed {seed}, {run['precision']}: "
                    f"{run['val_elbo']:+.2f} nats, {run['seconds_an_epoch']:.2f} s",
                    file=sys.stderr,
                )
    return runs


def compare(runs):
    """Changes against float32, paired by seed, for each dimension and precision."""
    by_key = {(r["latent_dim"], r["precision"], r["seed"]): r for r in runs}
    rows = []
    for latent_dim, precision in dict.fromkeys(key[:2] for key in by_key):
        if precision == "float32":
            continue
        seeds = [s for d, p, s in by_key if (d, p) == (latent_dim, precision)]
        mixed = [by_key[latent_dim, precision, seed] for seed in seeds]
        exact = [by_key[latent_dim, "float32", seed] for seed in seeds]
        pairs = list(zip(mixed, exact, strict=True))
        change = [m["val_elbo"] - e["val_elbo"] for m, e in pairs]
        weights = [m["val_elbo_in_float32"] - e["val_elbo"] for m, e in pairs]
        ratios = [m["seconds_an_epoch"] / e["seconds_an_epoch"] for m, e in pairs]
        rows.append(
            {
                "latent_dim": latent_dim,
                "precision": precision,
                "seeds": len(seeds),
                "val_elbo_float32": mean(e["val_elbo"] for e in exact),
                "change": mean(change),
                "change_spread": stdev(change) if len(change) > 1 else None,
                "change_evaluated_in_float32": mean(weights),
                "time_ratio": median(ratios),
            }
        )
    return rows


def table(rows):
    """The lines for standard output."""
    yield (
        f"{'d':>3} {'precision':<16}{'float32 ELBO':>13}{'change':>9}{'spread':>8}"
        f"{'evaluated in float32':>22}{'time ratio':>12}"
    )
    for row in rows:
        spread = row["change_spread"]
        yield (
            f"{row['latent_dim']:>3} {row['precision']:<16}"
            f"{row['val_elbo_float32']:>+13.2f}{row['change']:>+9.2f}"
            f"{'-' if spread is None else f'{spread:.2f}':>8}"
            f"{row['change_evaluated_in_float32']:>+22.2f}{row['time_ratio']:>12.2f}"
        )
    yield f"ELBO: nats per validation image, mean over seeds. Goal: below {GOAL} nats."


def main(argv=None):
    """Run the command; returns its exit status."""
    parser = harness.make_parser(__doc__, rounds=3)
    add = parser.add_argument
    mixed = PRECISIONS[1:]
    add("--precision", nargs="+", choices=mixed, default=["mixed_bfloat16"])
    add("--latent-dim", nargs="+", type=int, default=[2, 10, 20], metavar="D")
    add("--epochs", type=int, default=20, metavar="N", help="passes (20)")
    add("--add", action="store_true", help="keep the file's other dimensions")
    arguments = harness.parse(parser, argv)
    mnist = data.load_mnist(allow_sample=True)
    if arguments.quick:
        mnist = data.load_sample()
        arguments.epochs, arguments.latent_dim = 2, arguments.latent_dim[:1]
        mnist = mnist._replace(x_train=mnist.x_train[:512], x_val=mnist.x_val[:100])
    before = earlier(arguments) if arguments.add else []
    runs = before + measure(arguments, mnist)
    rows = compare(runs)
    print(*table(rows), sep="\n")
    content = {
        "backend": keras.backend.backend(),
        "epochs": arguments.epochs,
        "images": "sample" if mnist.is_sample else "mnist",
        "goal_nats": GOAL,
        "changes": rows,
        "runs": runs,
    }
    harness.write("bench_precision", content, arguments)
    return 0


def earlier(arguments):
    """Runs in the file with other dimensions than those of this command."""
    content = harness.read("bench_precision", arguments)
    setup = {"backend": keras.backend.backend(), "epochs": arguments.epochs}
    for name, value in setup.items():
        if content and content[name] != value:
            raise SystemExit(f"--add: the file has {name} {content[name]}, not {value}")
    runs = content.get("runs", [])
    return [run for run in runs if run["latent_dim"] not in arguments.latent_dim]


if __name__ == "__main__":
    sys.exit(main())
