"""``train``: decide what is to be done, refuse what cannot be, then do it."""

import contextlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from vae_lib.cli import processes, setup
from vae_lib.cli.errors import CommandError, reported
from vae_lib.cli.runs import RunFolder
from vae_lib.training import distributed
from vae_lib.training.config import TrainConfig


class Plan(NamedTuple):
    """What a call of ``train`` is to do."""

    run: RunFolder
    config: TrainConfig
    resumed: bool  # whether the folder holds a run to be continued
    options: str = ""  # what a command to continue it needs, too


def run(arguments):
    """The command; returns its exit status."""
    told = processes.read(arguments)
    if told is None:
        return lead(arguments)
    setup.start_backend("jax")
    with processes.joined(told):
        if distributed.is_main_process():
            lead(arguments, several=True)
        else:
            follow(arguments)
    return 0


def lead(arguments, several=False):
    """Train in this process, the only or the main one; returns the exit status."""
    with contextlib.ExitStack() as stack:
        try:
            prepared = _prepare(arguments, several, stack)
        except CommandError as error:
            if several:
                _tell({"status": error.status})
                raise processes.Refusal(str(error), error.status) from error
            raise
        plan, mnist, n_train, environment, recorded = prepared
        if several:
            config, images = plan.config.as_dict(), environment["images"]
            _tell({"config": config, "images": images, "resumed": plan.resumed})
            _agree([])
        if plan.resumed:
            _report_versions(arguments, recorded, environment)
        else:
            plan.run.create(plan.config, environment)
            stack.enter_context(plan.run.lock())
        setup.say(arguments, *_headline(plan, environment))

        from vae_lib.cli import session  # needs Keras

        return session.train(plan, mnist, n_train, arguments)


def _prepare(arguments, several, stack):
    """Settle everything and refuse what cannot be, before anything is written.

    The lock of a folder that is continued is held until ``stack`` is left.
    """
    plan = make_plan(arguments)._replace(options=processes.typed(arguments))
    if plan.resumed:  # before anything in the folder is read or written
        stack.enter_context(plan.run.lock())
    recorded = plan.run.environment() if plan.resumed else {}
    mnist, n_train = _images(arguments, recorded.get("images", {}))
    images = setup.describe_images(mnist, n_train)
    given = arguments.backend or os.environ.get("KERAS_BACKEND")
    backend = given or recorded.get("backend")
    if several or arguments.devices is not None:
        backend = "jax"
    if plan.resumed:
        _refuse_differences(plan, recorded, images, backend, arguments)
    environment = setup.describe_environment(setup.start_backend(backend))
    environment |= _share(arguments.devices, plan.config.batch_size)
    environment["images"] = images
    return plan, mnist, n_train, environment, recorded


def follow(arguments):
    """Train in another process than the main one, which decides."""
    told = json.loads(distributed.broadcast())
    if "status" in told:
        raise processes.Refusal("", told["status"])  # the main process says why
    config, images = TrainConfig(**told["config"]), told["images"]
    try:
        with reported():
            found = config.differences(replace(config, **setup.typed_fields(arguments)))
        if arguments.train_images is None:
            arguments.train_images = images["train_images"]
        mnist, n_train = _images(arguments, images)
        found += _different(images, setup.describe_images(mnist, n_train))
    except CommandError as error:
        found = [str(error)]
    _agree(found)

    from vae_lib.cli import session

    plan = Plan(RunFolder(""), config, told["resumed"])  # only the main one writes
    session.train(plan, mnist, n_train, arguments)


def _tell(content):
    """Send something to the other processes, which :func:`follow` waits for."""
    distributed.broadcast(json.dumps(content).encode())


def _agree(found):
    """Stop every process if the setup differs in one of them, which lists how."""
    different = [k for k, other in enumerate(distributed.gather(found)) if other]
    if found:
        listed = "".join(f"\n  {line}" for line in found)
        raise processes.Refusal(
            "the options or images here are not those of the main process "
            f"(there before, here now):{listed}"
        )
    if different:
        raise processes.Refusal(
            f"process {different[0]} has other options or images, which it lists."
        )


def _share(devices, batch_size):
    """Set up the devices; returns the numbers that environment.json keeps."""
    from vae_lib.training import sharding

    with reported():
        if devices is not None:
            sharding.use_devices(devices)
        found = sharding.device_count()
        sharding.check_batch(batch_size, found)
    return {"processes": distributed.world_size(), "devices": found}


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
    count, devices = environment["processes"], environment["devices"]
    backend += f", {count} processes" if count > 1 else ""
    backend += f", {devices} devices" if devices != count else ""
    yield (
        f"{config.network}, d = {config.latent_dim}, {config.likelihood} likelihood, "
        f"seed {config.seed}, {backend}"
    )
    yield (
        f"{images['train_images']:,} training and {images['val_images']:,} validation "
        f"images of {source}, run folder {plan.run}"
    )
    if count > 1:
        yield "If one process ends, all do: the same command with --resume goes on."
