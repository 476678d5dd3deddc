"""``evaluate``: a table of scores, and the same numbers as JSON."""

import math
from typing import NamedTuple

from vae_lib._files import check_writable, write_json
from vae_lib.cli import setup
from vae_lib.cli.errors import CommandError, reported
from vae_lib.cli.runs import RunFolder

SPLIT_NAMES = {"train": "training", "val": "validation", "test": "test"}
NEIGHBOURS = 5


class Row(NamedTuple):
    """One line of the table."""

    key: str  # name in the JSON file
    label: str
    value: float
    unit: str
    error: float = math.nan  # standard error of a mean over images
    digits: int = 2


def run(arguments):
    """The command; returns its exit status."""
    folder = RunFolder(arguments.run_folder).open()
    config = folder.config()
    check(arguments, config)
    mnist = setup.load_images_like(folder, arguments)
    x, y = choose_images(mnist, arguments.split, arguments.images)
    setup.start_backend(arguments.backend)
    vae = setup.load_run(folder)
    rows = list(measure(vae, mnist, x, y, config, arguments))
    content = {
        "run": str(folder),
        "config": config.as_dict(),
        "epochs_done": folder.epochs_done(),
        "source": "sample" if mnist.is_sample else "mnist",
        "split": arguments.split,
        "n_images": len(x),
        "seed": arguments.seed,
        "scores": {row.key: as_json(row) for row in rows},
    }
    print(*header(folder, config, mnist, content), *map(as_text, rows), sep="\n")
    path = arguments.json or folder.path / f"evaluation-{arguments.split}.json"
    write_json(path, content)
    setup.say(arguments, f"\nWritten to {path}")
    return 0


def check(arguments, config):
    """Refuse what would fail only after long work."""
    for name in ("iwae", "images", "batch_size"):
        value = getattr(arguments, name)
        if value is not None and value < 1:
            flag = name.replace("_", "-")
            raise CommandError(f"--{flag} must be at least 1, got {value}.")
    if arguments.json:
        check_writable(arguments.json)
    if arguments.seed < 0:
        raise CommandError(f"--seed must be at least 0, got {arguments.seed}.")
    if arguments.quadrature and config.latent_dim != 2:
        raise CommandError(
            f"--quadrature needs 2 latent dimensions, and the run has "
            f"{config.latent_dim}: a grid grows too fast. Use --iwae 1000 instead."
        )


def choose_images(mnist, split, n):
    """Images and labels of a split, or a fixed random n of them."""
    import numpy as np

    from vae_lib.data import subset_indices

    x, y = getattr(mnist, f"x_{split}"), getattr(mnist, f"y_{split}")
    if n is None or n == len(x):
        return x, y
    if n > len(x):
        raise CommandError(f"--images is {n}, but the split has {len(x):,} images.")
    if split == "test":  # the subset that the book uses
        chosen = subset_indices(n, size=len(x))
    else:
        chosen = np.random.default_rng(0).permutation(len(x))[:n]
    return x[chosen], y[chosen]


def measure(vae, mnist, x, y, config, arguments):
    """Yield the rows of the table, cheap ones first."""
    from vae_lib import evaluation

    settings = {"batch_size": arguments.batch_size, "verbose": _verbose(arguments)}
    noisy = {**settings, "seed": arguments.seed}
    nats = "nats per image"
    setup.say(arguments, "ELBO")
    scores = evaluation.evaluate(vae, x, **noisy)
    yield Row("elbo", "ELBO", scores.elbo, nats, scores.elbo_se)
    yield Row("rate", "rate", scores.rate, nats, scores.rate_se)
    yield Row("distortion", "distortion", scores.distortion, nats, scores.distortion_se)
    if arguments.iwae:
        setup.say(arguments, f"IWAE({arguments.iwae})")
        bound = evaluation.iwae(
            vae, x, arguments.iwae, seed=arguments.seed, verbose=settings["verbose"]
        )
        label = f"IWAE({arguments.iwae})"
        yield Row(f"iwae_{arguments.iwae}", label, *_mean(bound, nats))
    if arguments.quadrature:
        yield from _exact(vae, x, arguments, nats)
    yield Row("mse", "squared error at z", scores.mse, "per pixel", scores.mse_se, 4)
    if scores.variance is not None:
        yield Row("variance", "variance", scores.variance, "per pixel", digits=4)
    # A Bernoulli likelihood speaks of binarised images, the others of 256 grey levels.
    levels = 1 if config.likelihood == "bernoulli" else 256
    bits = evaluation.bits_per_dim(scores.elbo, math.prod(vae.image_shape), levels)
    yield Row("bits_per_dim", "bits per dimension", bits, "bits, at most", digits=3)
    yield from _codes(vae, mnist, x, y, arguments, settings)


def _exact(vae, x, arguments, nats):
    from vae_lib import evaluation

    setup.say(arguments, "log p(x) by quadrature")
    with reported():  # a model that has diverged
        exact = evaluation.quadrature(vae, x, verbose=_verbose(arguments))
    yield Row("log_px", "log p(x), quadrature", *_mean(exact.log_px, nats))
    worst = float(exact.error.max())
    yield Row("log_px_error", "  its largest change", worst, f"{nats}, last halving")


def _codes(vae, mnist, x, y, arguments, settings):
    from vae_lib import evaluation

    setup.say(arguments, "codes")
    z_mean, _ = evaluation.encode(vae, x, **settings)
    if len(x) > 1:
        active = evaluation.active_units(z_mean).count
        yield Row(
            "active_units", "active units", active, f"of {vae.latent_dim}", digits=0
        )
    if arguments.split != "train":  # there each image would be its own neighbour
        voters, _ = evaluation.encode(vae, mnist.x_train, **settings)
        share = evaluation.knn_accuracy(voters, mnist.y_train, z_mean, y, NEIGHBOURS)
        unit = f"% by {NEIGHBOURS} of {len(voters):,} training codes"
        yield Row("knn_accuracy", "kNN accuracy", 100 * share, unit, digits=1)


def _mean(values, unit):
    """Value, unit and standard error of a mean over images."""
    n = len(values)
    error = float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan
    return float(values.mean()), unit, error


def header(folder, config, mnist, content):
    """The lines above the table: which model, which images, which noise."""
    total = len(getattr(mnist, f"x_{content['split']}"))
    source = "the sample" if mnist.is_sample else "MNIST"
    yield (
        f"\n{folder}: {config.network}, d = {config.latent_dim}, {config.likelihood} "
        f"likelihood, after {content['epochs_done']} of {config.epochs} epochs"
    )
    yield (
        f"{content['n_images']:,} of the {total:,} {SPLIT_NAMES[content['split']]} "
        f"images of {source}, noise seed {content['seed']}\n"
    )


def as_text(row):
    """A row as a line of the table; the error is the standard error of the mean."""
    error = "" if math.isnan(row.error) else f"+- {row.error:.{row.digits}f}"
    return f"{row.label:<22}{row.value:>10.{row.digits}f} {error:<10} {row.unit}"


def as_json(row):
    """A row for the JSON file."""
    content = {"value": row.value, "unit": row.unit}
    if not math.isnan(row.error):
        content["standard_error"] = row.error
    return content


def _verbose(arguments):
    return 0 if arguments.quiet else "auto"
