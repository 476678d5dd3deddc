"""``train``: decide what is to be done, refuse what cannot be, then do it."""

import contextlib
import json
import os
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from vae_lib.cli import parallel, setup
from vae_lib.cli import team as teams
from vae_lib.cli.errors import CommandError, reported
from vae_lib.cli.runs import RunFolder
from vae_lib.training.config import TrainConfig


class Plan(NamedTuple):
    """What a call of ``train`` is to do."""

    run: RunFolder
    config: TrainConfig
    resumed: bool  # whether the folder holds a run to be continued
    options: str = ""  # what a command to continue it needs, too


def run(arguments):
    """The command; returns its exit status."""
    team = teams.read(arguments)
    if not team.is_several:
        return lead(arguments, team)
    plan = None
    if team.leads:  # wrong input is found before processes are started
        plan = make_plan(Namespace(**{**vars(arguments), "quiet": True}))
        teams.check_batch(team, plan.config.batch_size)
    return parallel.run(arguments, team, plan)


def lead(arguments, team, join=None):
    """Train in this process, the only one or the first; returns the exit status.

    Args:
        arguments: those of the command.
        team: who trains together.
        join: a function that waits for the other processes, if there are any.
    """
    with contextlib.ExitStack() as stack:
        plan = make_plan(arguments)._replace(options=team.options())
        if plan.resumed:  # before anything in the folder is read or written
            stack.enter_context(plan.run.lock())
        return _lead(plan, arguments, team, join, stack)


def _lead(plan, arguments, team, join, stack):
    teams.check_batch(team, plan.config.batch_size)
    recorded = plan.run.environment() if plan.resumed else {}
    mnist, n_train = _images(arguments, recorded.get("images", {}))
    images = setup.describe_images(mnist, n_train)
    given = arguments.backend or os.environ.get("KERAS_BACKEND")
    backend = "jax" if team.needs_jax else given or recorded.get("backend")
    if plan.resumed:
        _refuse_differences(plan, recorded, images, backend, arguments)
    environment = setup.describe_environment(setup.start_backend(backend))
    environment |= _share(team, join)
    environment["images"] = images
    if plan.resumed:
        _report_versions(arguments, recorded, environment)
    else:
        plan.run.create(plan.config, environment)
        stack.enter_context(plan.run.lock())
    setup.say(arguments, *_headline(plan, environment))

    from vae_lib.cli import session  # needs Keras

    if join is not None:
        _tell_the_others(plan, images)
    return session.train(plan, mnist, n_train, arguments)


def follow(arguments, team, join):
    """Train in another process than the first, which decides; returns the status."""
    setup.start_backend("jax")
    _share(team, join)

    from vae_lib.cli import session
    from vae_lib.training import processes

    told = json.loads(processes.broadcast())
    config, images = TrainConfig(**told["config"]), told["images"]
    with reported():
        found = config.differences(replace(config, **setup.typed_fields(arguments)))
    if arguments.train_images is None:
        arguments.train_images = images["train_images"]
    mnist, n_train = _images(arguments, images)
    found += _different(images, setup.describe_images(mnist, n_train))
    if found:
        listed = "".join(f"\n  {line}" for line in found)
        raise CommandError(
            "the options or images here are not those of the first process "
            f"(there before, here now):{listed}"
        )
    plan = Plan(RunFolder(""), config, told["resumed"])  # only the first writes
    return session.train(plan, mnist, n_train, arguments)


def _share(team, join):
    """Set up devices and processes; returns their numbers for environment.json."""
    devices = 1
    if join is not None:
        join()
    elif team.devices is not None:
        from vae_lib.training.devices import use_devices

        with reported():
            use_devices(team.devices)
    if team.needs_jax:
        import keras

        devices = keras.distribution.distribution().device_mesh.devices.size
    return {"processes": team.processes, "devices": int(devices)}


def _tell_the_others(plan, images):
    from vae_lib.training import processes

    told = {"config": plan.config.as_dict(), "images": images, "resumed": plan.resumed}
    processes.broadcast(json.dumps(told).encode())


def make_plan(arguments):
    """Settle configuration and folder, before anything slow is loaded."""
    given = setup.typed_fields(arguments)
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
        if stored == config and not folder.epochs_done():
            # It failed before there was anything to lose: the same command goes on.
            return Plan(folder, config, resumed=True)
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
    sample, n_train = arguments.sample, arguments.train_images
    if not sample and arguments.data is None:
        sample = recorded.get("source") == "sample"
    if n_train is not None and n_train < 1:
        raise CommandError(f"--train-images must be at least 1, got {n_train}.")
    mnist = setup.load_images(arguments.data, sample)
    if n_train is None and recorded.get("source") == setup.source_of(mnist):
        n_train = recorded.get("train_images")
    available = len(mnist.x_train)
    if n_train is not None and n_train > available:
        raise CommandError(
            f"--train-images is {n_train}, but there are {available:,} of them."
        )
    return mnist, n_train or available


def _refuse_differences(plan, recorded, images, backend, arguments):
    """Stop unless the run would continue exactly as it began; list all differences."""
    typed = plan.run.config().differences(plan.config)
    other, remedies = [], []
    before = recorded.get("backend")
    if found := _different({"backend": before}, {"backend": backend}):
        if arguments.backend or backend != os.environ.get("KERAS_BACKEND"):
            typed += found
        else:
            other += found
            remedies.append(f"Set the variable KERAS_BACKEND to {before}, or unset it.")
    if found := _different_images(recorded.get("images", {}), images):
        if arguments.sample or arguments.data or arguments.train_images:
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


def _different_images(before, now):
    """The first of these that differs; the others follow from it."""
    for names in (("source",), ("train_images", "val_images")):
        if found := _different(before, {name: now[name] for name in names}):
            return found
    return _different(before, now)


def _different(before, now):
    """Lines such as ``source: 'mnist' before, 'sample' now``."""
    return [
        f"{name}: {before.get(name)!r} before, {value!r} now"
        for name, value in now.items()
        if before.get(name) != value
    ]


def _report_versions(arguments, before, now):
    """Say which versions changed: they may change the last digits."""
    names = ("vae_lib", "python", "keras", "backend_version", "numpy", "platform")
    names += ("processes", "devices")
    before = {"processes": 1, "devices": 1, **before}  # not in folders of old
    changed = [
        f"{name} {before.get(name)} before, {now[name]} now"
        for name in names
        if before.get(name) != now[name]
    ]
    if changed:
        setup.say(
            arguments,
            f"Continued with another setup ({'; '.join(changed)}): the weights may "
            "differ in rounding from those of an uninterrupted run.",
        )


def _headline(plan, environment):
    config, images = plan.config, environment["images"]
    source = "the sample" if images["source"] == "sample" else "MNIST"
    backend = f"{environment['backend']} {environment['backend_version']}"
    processes, devices = environment["processes"], environment["devices"]
    backend += f", {processes} processes" if processes > 1 else ""
    backend += f", {devices} devices" if devices != processes else ""
    yield (
        f"{config.network}, d = {config.latent_dim}, {config.likelihood} likelihood, "
        f"seed {config.seed}, {backend}"
    )
    yield (
        f"{images['train_images']:,} training and {images['val_images']:,} validation "
        f"images of {source}, run folder {plan.run}"
    )
