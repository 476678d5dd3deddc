"""What each choice in a recipe of bench_quality.py buys.

    python -m experiments.bench_quality_ablation                      all, two seeds
    python -m experiments.bench_quality_ablation --latent-dim 2 --add
    python -m experiments.bench_quality_ablation --quick              a trial, no file

Each line changes one thing in the recipe and trains again: how many epochs until the
validation ELBO reaches the target, and where it ends after all epochs of the recipe.
"-" is a target not reached by some seed. Counted are epochs, not seconds, so a busy
machine does not matter; only a change of the batch size changes what an epoch costs.
The images are those of bench_quality.py; the test images are not touched. Adds its
table to book/results/bench_quality.json.
"""

import sys
from statistics import mean

from experiments import _harness as harness
from experiments import _quality_recipes as quality_recipes
from experiments._quality_recipes import RECIPES, TARGETS
from experiments.bench_quality import FILE

CHANGES = {  # name: fields of Recipe, as a function of the recipe
    "the recipe": lambda r: {},
    "learning rate 1e-3": lambda r: {"learning_rate": 1e-3},
    "learning rate 2e-3": lambda r: {"learning_rate": 2e-3},
    "learning rate 3e-3": lambda r: {"learning_rate": 3e-3},
    "learning rate 5e-3": lambda r: {"learning_rate": 5e-3},
    "learning rate 8e-3": lambda r: {"learning_rate": 8e-3},
    "cosine over 2 epochs more": lambda r: {"epochs": r.epochs + 2},
    "cosine over 20 epochs": lambda r: {"epochs": 20},
    "batch 64": lambda r: {"batch_size": 64},
    "batch 256": lambda r: {"batch_size": 256},
    "initial variance 0.02": lambda r: {"initial_variance": 0.02},
    "initial variance 0.1": lambda r: {"initial_variance": 0.1},
    "KL warm-up, 1 epoch": lambda r: {"kl_warmup": 1},
    "rate warm-up, 200 steps": lambda r: {"rate_warmup": 200},
    "batch grows to 512 half-way": lambda r: {"grow_to": 512},
}


def train(latent_dim, recipe, seed, mnist, n_images):
    """Validation ELBO after each epoch."""
    import keras

    curve = []
    vae = quality_recipes.build(latent_dim, recipe, seed)
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: curve.append(float(logs["val_elbo"]))
    )
    x_train = mnist.x_train[:n_images]
    quality_recipes.fit(vae, x_train, mnist.x_val, recipe, seed, [keep])
    return curve


def first_hit(curve, target):
    """Epochs until the target, None if it is never reached."""
    return next((i for i, elbo in enumerate(curve, 1) if elbo >= target), None)


def measure(arguments, mnist):
    """One row for each dimension and change; each seed trains once."""
    rows = []
    for latent_dim in arguments.latent_dim:
        base, target = RECIPES[latent_dim], TARGETS[latent_dim]
        if arguments.quick:
            base, target = base._replace(epochs=2), -1000.0
        done = set()
        for name in arguments.change:
            fields = CHANGES[name](base)
            recipe = base._replace(**fields)
            if recipe in done:  # the recipe itself, under another name
                continue
            done.add(recipe)
            n_images = 1000 if arguments.quick else None
            curves = [
                train(latent_dim, recipe, seed, mnist, n_images)
                for seed in range(arguments.rounds)
            ]
            hits = [first_hit(curve, target) for curve in curves]
            rows.append(
                {
                    "latent_dim": latent_dim,
                    "change": name,
                    "fields": fields,
                    "recipe": recipe._asdict(),
                    "epochs_to_target": hits,
                    "last_val_elbo": [round(curve[-1], 2) for curve in curves],
                }
            )
            print(as_text(rows[-1]), file=sys.stderr)
    return rows


def as_text(row):
    """A row of the table."""
    hits = row["epochs_to_target"]
    shown = "-" if None in hits else f"{mean(hits):.1f}"
    return (
        f"{row['latent_dim']:>3}  {row['change']:<30}{shown:>9}"
        f"{mean(row['last_val_elbo']):>+12.1f}{row['recipe']['epochs']:>8}"
    )


def main(argv=None):
    """Run the command; returns its exit status."""
    parser = harness.make_parser(__doc__, rounds=2)
    add = parser.add_argument
    dims = list(TARGETS)
    add("--latent-dim", nargs="+", type=int, choices=dims, default=dims, metavar="D")
    add("--change", nargs="+", choices=CHANGES, default=list(CHANGES), metavar="NAME")
    add("--add", action="store_true", help="keep the file's other lines")
    arguments = harness.parse(parser, argv)
    if arguments.quick:
        arguments.latent_dim = arguments.latent_dim[:1]
        arguments.change = arguments.change[:2]

    from vae_lib import data  # --help must not wait for Keras

    rows = measure(arguments, data.load_mnist(allow_sample=True))
    content = harness.read(FILE, arguments)
    content.pop("machine", None)
    new = {(row["latent_dim"], row["change"]) for row in rows}
    if arguments.add:
        old = content.get("ablation", [])
        rows += [r for r in old if (r["latent_dim"], r["change"]) not in new]
        rows.sort(key=lambda r: (r["latent_dim"], list(CHANGES).index(r["change"])))
    print(f"{'d':>3}  {'change':<30}{'epochs':>9}{'last ELBO':>12}{'of':>8}")
    print(*map(as_text, rows), sep="\n")
    harness.write(FILE, {**content, "ablation": rows}, arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
