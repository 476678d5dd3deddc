"""Seconds from a cold start to a validation ELBO, against plain Keras.

    python -m experiments.bench_quality                 d = 2, 10, 20; three rounds
    python -m experiments.bench_quality --latent-dim 2 --add
    python -m experiments.bench_quality --quick         a trial on few images, no file

Each training is a new process. Its clock starts when the process is asked for and stops
after the first epoch whose validation ELBO reaches the target (+100, +470, +690 nats
per image at d = 2, 10, 20): imports, data, compilation and validation are in it. Model:
the MLP, Gaussian likelihood with a learned variance, 50,000 training images (see
data.load_mnist), validation on 4,000. All contenders use the same recipe
(_quality_recipes.py, chosen on validation images; bench_quality_ablation.py says what
each choice buys) and take turns; each round has another seed. "keras" is `Model.fit` as
a user would call it, on TensorFlow. Of the seconds, "start" is imports and data. A
median is printed with its range; runs that miss the target are counted, never averaged.
Writes book/results/bench_quality.json.
"""

import sys
import time
from statistics import median

from experiments import _harness as harness
from experiments._quality_recipes import RECIPES, TARGETS

CONTENDERS = {  # name: (backend, loop)
    "vae_lib, tensorflow": ("tensorflow", "fit"),
    "vae_lib, jax": ("jax", "fit"),
    "keras, tensorflow": ("tensorflow", "keras"),
}
PLAIN = "keras, tensorflow"
LIMIT = 900  # seconds a process may take
FILE = "bench_quality"


def run(name, latent_dim, seed, recipe, target, images=None):
    """What a cold process reports, its clock checked against ours."""
    backend, loop = CONTENDERS[name]
    settings = {
        "loop": loop,
        "latent_dim": latent_dim,
        "seed": seed,
        "recipe": recipe._asdict(),
        "target": target,
        "images": images,
        "asked": time.time(),
    }
    work = "experiments._quality_run:train"
    result = harness.child(work, settings, backend, timeout=LIMIT)
    return {"contender": name, "latent_dim": latent_dim, "seed": seed, **result}


def measure(arguments):
    """All runs of all rounds."""
    runs = []
    images = 1000 if arguments.quick else None
    for seed in range(arguments.rounds):
        for latent_dim in arguments.latent_dim:
            recipe, target = RECIPES[latent_dim], TARGETS[latent_dim]
            if arguments.quick:
                recipe, target = recipe._replace(epochs=2), -1000.0
            for name in arguments.contender:
                result = run(name, latent_dim, seed, recipe, target, images)
                runs.append(result)
                print(
                    f"round {seed + 1}, d = {latent_dim}, {name}: "
                    f"{result['seconds']:.1f} s, {result['epochs']} epochs, "
                    f"{result['val_elbo']:+.1f} nats",
                    file=sys.stderr,
                )
    return runs


def summarise(runs):
    """One row for each dimension and contender."""
    rows, groups = [], {}
    for result in runs:
        groups.setdefault((result["latent_dim"], result["contender"]), []).append(
            result
        )
    for (latent_dim, name), group in sorted(groups.items()):
        hits = [result for result in group if result["reached"]]
        seconds = sorted(result["seconds"] for result in hits)
        rows.append(
            {
                "latent_dim": latent_dim,
                "contender": name,
                "reached": len(hits),
                "runs": len(group),
                "seconds": median(seconds) if hits else None,
                "range": [seconds[0], seconds[-1]] if hits else None,
                "start": median(r["stages"]["loaded"] for r in group),
                "epochs": median(r["epochs"] for r in hits) if hits else None,
                "ratio": ratio(groups, latent_dim, hits),
            }
        )
    return rows


def ratio(groups, latent_dim, hits):
    """Plain Keras's seconds over these: median over rounds in which both arrived."""
    plain = {r["seed"]: r for r in groups.get((latent_dim, PLAIN), ()) if r["reached"]}
    pairs = [(plain[r["seed"]], r) for r in hits if r["seed"] in plain]
    return median(p["seconds"] / r["seconds"] for p, r in pairs) if pairs else None


def table(rows):
    """The lines for standard output."""
    yield (
        f"{'d':>3} {'target':>7}  {'contender':<20}{'median s':>9}{'range s':>14}"
        f"{'start s':>8}{'epochs':>7}{'reached':>8}{'keras / it':>11}"
    )
    for row in rows:
        low, high = row["range"] or (float("nan"), float("nan"))
        times = row["ratio"]
        yield (
            f"{row['latent_dim']:>3} {TARGETS[row['latent_dim']]:>+7.0f}  "
            f"{row['contender']:<20}{row['seconds'] or float('nan'):>9.1f}"
            f"{f'{low:.1f}-{high:.1f}':>14}{row['start']:>8.1f}"
            f"{row['epochs'] or float('nan'):>7.0f}"
            f"{row['reached']:>5}/{row['runs']:<2}"
            f"{'-' if times is None else f'{times:.2f}':>11}"
        )


def main(argv=None):
    """Run the command; returns its exit status."""
    parser = harness.make_parser(__doc__, rounds=3)
    add = parser.add_argument
    dims = list(TARGETS)
    add("--latent-dim", nargs="+", type=int, choices=dims, default=dims, metavar="D")
    add("--contender", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    add("--add", action="store_true", help="keep the file's other dimensions")
    arguments = harness.parse(parser, argv)
    if arguments.quick:
        arguments.latent_dim = arguments.latent_dim[:1]
    runs = measure(arguments)
    kept = harness.read(FILE, arguments)  # now: others may have written meanwhile
    earlier = kept.get("runs", []) if arguments.add else []
    others = [r for r in earlier if r["latent_dim"] not in arguments.latent_dim]
    runs = others + runs
    rows = summarise(runs)
    print(*table(rows), sep="\n")
    content = {
        "unit": "seconds from a cold start",
        "targets": TARGETS,
        "recipes": {d: recipe._asdict() for d, recipe in RECIPES.items()},
        "table": rows,
        "runs": runs,
        "ablation": kept.get("ablation", []),
    }
    harness.write(FILE, content, arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
