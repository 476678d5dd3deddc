"""``evaluate``: a table of scores, and the same numbers as JSON."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from vae_lib._files import check_writable, write_json
from vae_lib.cli import setup
from vae_lib.cli.console import log, progress
from vae_lib.cli.errors import CommandError, at_least, reported
from vae_lib.cli.runs import RunFolder
from vae_lib.training.config import TrainConfig

if TYPE_CHECKING:  # they need Keras and NumPy, which load when a command works
    from vae_lib.data import MNIST, ImageSet
    from vae_lib.models import VAE

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


class Settings(NamedTuple):
    """What is measured, and how."""

    split: str
    iwae: int | None
    quadrature: bool
    batch_size: int
    seed: int


def run(
    run_folder: Path,
    *,
    images: int | None,
    data: Path | None,
    sample: bool,
    json: Path | None,
    backend: str | None,
    **settings: Any,
) -> int:
    """The command; returns its exit status. ``settings`` are those above."""
    what = Settings(**settings)
    folder = RunFolder(run_folder).open()
    config = folder.config()
    check(what, images, json, config)
    recorded = folder.environment().get("images", {})
    mnist = setup.load_images_like(recorded, data, sample)
    x, y = choose_images(mnist, what.split, images)
    setup.start_backend(backend)
    vae = setup.load_run(folder)
    setup.refuse_shape(vae, mnist)
    rows = list(measure(vae, mnist, x, y, config, what))
    content = {
        "run": str(folder),
        "config": config.as_dict(),
        "epochs_done": folder.epochs_done(),
        "source": mnist.source,
        "split": what.split,
        "n_images": len(x),
        "seed": what.seed,
        "scores": {row.key: as_json(row) for row in rows},
    }
    total = len(getattr(mnist, f"x_{what.split}"))
    used = {"path": data or recorded.get("path"), "source": mnist.source}
    top = header(folder, config, content, f"{total:,}", setup.name_of(used))
    print(*top, *map(as_text, rows), sep="\n")
    path = json or folder.path / f"evaluation-{what.split}.json"
    write_json(path, content)
    log.info(f"\nWritten to {path}")
    return 0


def check(
    what: Settings, images: int | None, json: Path | None, config: TrainConfig
) -> None:
    """Refuse what would fail only after long work."""
    at_least(1, iwae=what.iwae, images=images, batch_size=what.batch_size)
    at_least(0, seed=what.seed)
    if json:
        check_writable(json)
    if what.quadrature and config.latent_dim != 2:
        raise CommandError(
            f"--quadrature needs 2 latent dimensions, and the run has "
            f"{config.latent_dim}: a grid grows too fast. Use --iwae 1000 instead."
        )


def choose_images(
    mnist: "MNIST | ImageSet", split: str, n: int | None
) -> tuple[Any, Any]:
    """Images and labels of a split, or a fixed random n of them."""
    import numpy as np

    from vae_lib.data import subset_indices

    x, y = getattr(mnist, f"x_{split}"), getattr(mnist, f"y_{split}")
    if n is None or n == len(x):
        return x, y
    if n > len(x):
        raise CommandError(f"--images is {n}, but the split has {len(x):,} images.")
    if split == "test" and mnist.source != "images":  # the subset that the book uses
        chosen = subset_indices(n, size=len(x))
    else:
        chosen = np.random.default_rng(0).permutation(len(x))[:n]
    return x[chosen], y[chosen]


def measure(
    vae: "VAE",
    mnist: "MNIST | ImageSet",
    x: Any,
    y: Any,
    config: TrainConfig,
    what: Settings,
) -> Iterator[Row]:
    """Yield the rows of the table, cheap ones first."""
    from vae_lib import evaluation

    settings: dict[str, Any] = {"batch_size": what.batch_size, "verbose": progress()}
    nats = "nats per image"
    log.info("ELBO")
    scores = evaluation.evaluate(vae, x, seed=what.seed, **settings)
    yield Row("elbo", "ELBO", scores.elbo, nats, scores.elbo_se)
    yield Row("rate", "rate", scores.rate, nats, scores.rate_se)
    yield Row("distortion", "distortion", scores.distortion, nats, scores.distortion_se)
    if what.iwae:
        label = f"IWAE({what.iwae})"
        log.info(label)
        bound = evaluation.iwae(
            vae,
            x,
            n_samples=what.iwae,
            seed=what.seed,
            verbose=settings["verbose"],
        )
        yield Row(f"iwae_{what.iwae}", label, *_mean(bound, nats))
    if what.quadrature:
        log.info("log p(x) by quadrature")
        with reported():  # a model that has diverged
            exact = evaluation.quadrature(vae, x, verbose=settings["verbose"])
        yield Row("log_px", "log p(x), quadrature", *_mean(exact.log_px, nats))
        worst = float(exact.error.max())
        yield Row(
            "log_px_error", "  its largest change", worst, f"{nats}, last halving"
        )
    yield Row("mse", "squared error at z", scores.mse, "per pixel", scores.mse_se, 4)
    if scores.variance is not None:
        yield Row("variance", "variance", scores.variance, "per pixel", digits=4)
    # A Bernoulli likelihood speaks of binarised images, the others of 256 grey levels.
    levels = 1 if config.likelihood == "bernoulli" else 256
    bits = evaluation.bits_per_dim(
        scores.elbo, n_dims=math.prod(vae.image_shape), n_levels=levels
    )
    yield Row("bits_per_dim", "bits per dimension", bits, "bits, at most", digits=3)
    yield from _codes(vae, mnist, x, y, what.split, settings)


def _codes(
    vae: "VAE",
    mnist: "MNIST | ImageSet",
    x: Any,
    y: Any,
    split: str,
    settings: dict[str, Any],
) -> Iterator[Row]:
    from vae_lib import evaluation

    log.info("codes")
    z_mean, _ = evaluation.encode(vae, x, **settings)
    if len(x) > 1:
        active = evaluation.active_units(z_mean).count
        yield Row(
            "active_units", "active units", active, f"of {vae.latent_dim}", digits=0
        )
    if not mnist.y_train.any():
        log.info("Left out: kNN accuracy, which needs labels of more than one class.")
    elif split != "train":  # there each image would be its own neighbour
        voters, _ = evaluation.encode(vae, mnist.x_train, **settings)
        share = evaluation.knn_accuracy(voters, mnist.y_train, z_mean, y, k=NEIGHBOURS)
        unit = f"% by {NEIGHBOURS} of {len(voters):,} training codes"
        yield Row("knn_accuracy", "kNN accuracy", 100 * share, unit, digits=1)


def _mean(values: Any, unit: str) -> tuple[float, str, float]:
    """Value, unit and standard error of a mean over images."""
    from vae_lib import evaluation

    mean, error = evaluation.mean_and_error(values)
    return mean, unit, error


def header(
    folder: RunFolder,
    config: TrainConfig,
    content: dict[str, Any],
    total: str,
    source: str,
) -> Iterator[str]:
    """The lines above the table: which model, which images, which noise."""
    yield (
        f"\n{folder}: {config.network}, d = {config.latent_dim}, {config.likelihood} "
        f"likelihood, after {content['epochs_done']} of {config.epochs} epochs"
    )
    yield (
        f"{content['n_images']:,} of the {total} {SPLIT_NAMES[content['split']]} "
        f"images of {source}, noise seed {content['seed']}\n"
    )


def as_text(row: Row) -> str:
    """A row as a line of the table; the error is the standard error of the mean."""
    error = "" if math.isnan(row.error) else f"+- {row.error:.{row.digits}f}"
    return f"{row.label:<22}{row.value:>10.{row.digits}f} {error:<10} {row.unit}"


def as_json(row: Row) -> dict[str, Any]:
    """A row for the JSON file."""
    content = {"value": row.value, "unit": row.unit}
    if not math.isnan(row.error):
        content["standard_error"] = row.error
    return content
