"""What a call of ``train`` is to do, and why it may not: settled before it begins."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from vae_lib.cli import setup
from vae_lib.cli.console import log
from vae_lib.cli.errors import CommandError, reported
from vae_lib.cli.runs import RunFolder
from vae_lib.training.config import TrainConfig

if TYPE_CHECKING:
    from vae_lib.data import MNIST, ImageSet


class Images(NamedTuple):
    """Which images were asked for."""

    data: Path | None = None
    sample: bool = False
    n_train: int | None = None


class Request(NamedTuple):
    """What was typed of a run: the fields of its configuration, and where it goes."""

    fields: dict[str, Any]
    out: Path | None = None
    resume: bool = False
    images: Images = Images()
    backend: str | None = None


class Plan(NamedTuple):
    """What is to be done."""

    run: RunFolder
    config: TrainConfig
    resumed: bool  # whether the folder holds a run to be continued


def make_plan(request: Request) -> Plan:
    """Settle configuration and folder, before anything slow is loaded."""
    with reported():
        config = TrainConfig(**request.fields)
    name = f"{config.network}-{config.latent_dim}-seed{config.seed}"
    folder = RunFolder(request.out or Path("runs") / name)
    if not folder.is_run and not folder.is_free:
        raise CommandError(
            f"{folder} exists and is not the folder of a run: choose another --out."
        )
    if folder.is_run and not request.resume:
        stored = folder.config()
        if stored == config and not folder.epochs_done():
            # It failed before there was anything to lose: the same command goes on.
            return Plan(folder, config, resumed=True)
        done = f"{folder.epochs_done()} of {stored.epochs} epochs"
        raise CommandError(
            f"{folder} holds a run already ({done}). Add --resume to continue it, or "
            "choose another folder with --out."
        )
    if not folder.is_run:
        if request.resume:
            log.info(f"No run in {folder} yet: it begins now.")
        return Plan(folder, config, resumed=False)
    with reported():
        config = replace(folder.config(), **request.fields)
    return Plan(folder, config, resumed=True)


def choose_images(
    asked: Images, recorded: dict[str, Any]
) -> tuple["MNIST | ImageSet", int]:
    """The images, and how many of them train; what is not given was recorded."""
    mnist = setup.load_images_like(recorded, asked.data, asked.sample)
    n_train, available = asked.n_train, len(mnist.x_train)
    if n_train is None and recorded.get("source") == mnist.source:
        n_train = recorded.get("train_images")
    if n_train is not None and n_train > available:
        raise CommandError(
            f"--train-images is {n_train}, but there are {available:,} of them."
        )
    return mnist, n_train or available


def choose_backend(request: Request, recorded: dict[str, Any]) -> str | None:
    """The backend that was typed, is set or was recorded, in this order."""
    given = request.backend or os.environ.get("KERAS_BACKEND")
    return given or recorded.get("backend")


def refuse_differences(
    plan: Plan,
    request: Request,
    recorded: dict[str, Any],
    images: dict[str, Any],
    backend: str | None,
) -> None:
    """Stop unless the run would continue exactly as it began; list all differences."""
    typed = different(plan.run.config().as_dict(), plan.config.as_dict())
    other, remedies = [], []
    before = recorded.get("backend")
    if found := different({"backend": before}, {"backend": backend}):
        if request.backend or backend != os.environ.get("KERAS_BACKEND"):
            typed += found
        else:
            other += found
            remedies.append(f"Set the variable KERAS_BACKEND to {before}, or unset it.")
    if found := _different_images(recorded.get("images", {}), images):
        if any(request.images):
            typed += found
        else:
            other += found
            remedies.append(
                "The images that are found here are not those of the run: name the "
                "file of then with --data."
            )
    if typed:
        remedies.append("Leave these options out to continue the run as it began.")
    if remedies:
        listed = "".join(f"\n  {line}" for line in [*typed, *other])
        raise CommandError(
            f"{plan.run} cannot be continued with another setup:{listed}\n"
            f"{' '.join(remedies)} Or train a new one with another --out."
        )


def _different_images(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """The first of these that differs; the others follow from it."""
    for names in (("source",), ("train_images", "val_images")):
        if found := different(before, {name: now[name] for name in names}):
            return found
    return different(before, now)


def different(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Lines such as ``source: 'mnist' before, 'sample' now``."""
    return [
        f"{name}: {before.get(name)!r} before, {value!r} now"
        for name, value in now.items()
        if before.get(name) != value
    ]


def report_versions(before: dict[str, Any], now: dict[str, Any]) -> None:
    """Say which versions changed: they may change the last digits."""
    names = "vae_lib python keras backend_version numpy platform processes devices"
    before = {"processes": 1, "devices": 1, **before}  # not in folders of old
    changed = [
        f"{name} {before.get(name)} before, {now[name]} now"
        for name in names.split()
        if before.get(name) != now[name]
    ]
    if changed:
        log.info(
            f"Continued with another setup ({'; '.join(changed)}): the weights may "
            "differ in rounding from those of an uninterrupted run."
        )


def headline(plan: Plan, environment: dict[str, Any]) -> Iterator[str]:
    """What a run says before it begins."""
    config, images = plan.config, environment["images"]
    backend = f"{environment['backend']} {environment['backend_version']}"
    count, devices = environment["processes"], environment["devices"]
    backend += f", {count} processes" if count > 1 else ""
    backend += f", {devices} devices" if devices != count else ""
    yield (
        f"{config.network}, d = {config.latent_dim}, {config.likelihood} likelihood, "
        f"seed {config.seed}, {backend}"
    )
    yield (
        f"{images['train_images']:,} training and {images['val_images']:,} validation "
        f"images of {setup.name_of(images)}, run folder {plan.run}"
    )
    if count > 1:
        yield "If one process ends, all do: the same command with --resume goes on."
