"""``train``: decide what is to be done, refuse what cannot be, then do it."""

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import NamedTuple

from vae_lib.cli import setup
from vae_lib.cli.errors import CommandError, reported
from vae_lib.cli.runs import RunFolder
from vae_lib.training.config import TrainConfig


class Plan(NamedTuple):
    """What a call of ``train`` is to do."""

    run: RunFolder
    config: TrainConfig
    resumed: bool  # whether the folder holds a run to be continued


def run(arguments):
    """The command; returns its exit status."""
    plan = make_plan(arguments)
    recorded = plan.run.environment() if plan.resumed else {}
    mnist, n_train = _images(arguments, recorded.get("images", {}))
    images = setup.describe_images(mnist, n_train)
    given = arguments.backend or os.environ.get("KERAS_BACKEND")
    backend = given or recorded.get("backend")
    if plan.resumed:
        _refuse_differences(plan, recorded, images, backend)
    environment = setup.describe_environment(setup.start_backend(backend))
    environment["images"] = images
    if plan.resumed:
        _report_versions(arguments, recorded, environment)
    else:
        plan.run.create(plan.config, environment)
    setup.say(arguments, *_headline(plan, environment))

    from vae_lib.cli import session  # needs Keras

    return session.train(plan, mnist, n_train, arguments)


def make_plan(arguments):
    """Settle configuration and folder, before anything slow is loaded."""
    given = {
        field.name: getattr(arguments, field.name)
        for field in fields(TrainConfig)
        if hasattr(arguments, field.name)
    }
    with reported():
        config = TrainConfig(**given)
    name = f"{config.network}-{config.latent_dim}-seed{config.seed}"
    folder = RunFolder(arguments.out or Path("runs") / name)
    if not folder.is_run and not folder.is_free:
        raise CommandError(
            f"{folder} exists and is not the folder of a run: choose another --out."
        )
    if folder.is_run and not arguments.resume:
        stored = folder.config()
        done = f"{folder.epochs_done()} of {stored.epochs} epochs"
        raise CommandError(
            f"{folder} holds a run already ({done}). Add --resume to continue it, or "
            "choose another folder with --out."
        )
    if not folder.is_run:
        if arguments.resume:
            setup.say(arguments, f"No run in {folder} yet: it begins now.")
        return Plan(folder, config, resumed=False)
    with reported():
        config = replace(folder.config(), **given)
    return Plan(folder, config, resumed=True)


def _images(arguments, recorded):
    """The images, and how many of them train; what is not given was recorded."""
    sample = arguments.sample
    if not sample and arguments.data is None:
        sample = recorded.get("source") == "sample"
    n_train = arguments.train_images
    if n_train is None:
        n_train = recorded.get("train_images") if recorded else None
        if arguments.sample or arguments.data is not None:
            n_train = None
    elif n_train < 1:
        raise CommandError(f"--train-images must be at least 1, got {n_train}.")
    mnist = setup.load_images(arguments.data, sample)
    available = len(mnist.x_train)
    if n_train is not None and n_train > available:
        raise CommandError(
            f"--train-images is {n_train}, but there are {available:,} of them."
        )
    return mnist, n_train or available


def _refuse_differences(plan, recorded, images, backend):
    """Stop unless the run would continue exactly as it began; list all differences."""
    found = plan.run.config().differences(plan.config)
    before = {"backend": recorded.get("backend"), **recorded.get("images", {})}
    now = {"backend": backend, **images}
    found += [
        f"{name}: {before.get(name)!r} before, {value!r} now"
        for name, value in now.items()
        if before.get(name) != value
    ]
    if found:
        listed = "".join(f"\n  {line}" for line in found)
        raise CommandError(
            f"{plan.run} cannot be continued with another setup:{listed}\n"
            "Leave these options out to continue the run as it began, or train a new "
            "one with another --out."
        )


def _report_versions(arguments, before, now):
    """Say which versions changed: they may change the last digits."""
    names = ("vae_lib", "python", "keras", "backend_version", "numpy", "platform")
    changed = [
        f"{name} {before.get(name)} before, {now[name]} now"
        for name in names
        if before.get(name) != now[name]
    ]
    if changed:
        setup.say(
            arguments,
            f"Continued with other versions ({'; '.join(changed)}): the weights may "
            "differ in rounding from those of an uninterrupted run.",
        )


def _headline(plan, environment):
    config, images = plan.config, environment["images"]
    source = "the sample" if images["source"] == "sample" else "MNIST"
    backend = f"{environment['backend']} {environment['backend_version']}"
    yield (
        f"{config.network}, d = {config.latent_dim}, {config.likelihood} likelihood, "
        f"seed {config.seed}, {backend}"
    )
    yield (
        f"{images['train_images']:,} training and {images['val_images']:,} validation "
        f"images of {source}, run folder {plan.run}"
    )
