"""Options for several devices and processes, and how such processes end."""

import contextlib
import importlib.util
import os
import sys
import traceback

from vae_lib.cli.errors import CommandError, reported
from vae_lib.training import distributed

LOST = (
    "the connection to another process was lost: it was stopped, or its machine or the "
    "network failed. Start the same command again with --resume: the run continues "
    "after its last complete epoch"
)


class Refusal(CommandError):
    """An error that every process knows of, so that all can part in order."""


def add_options(group):
    """Add the options to a group of the parser of ``train``."""
    group.add_argument(
        "--devices",
        type=int,
        metavar="N",
        help="devices of a single process: GPUs, or on a machine without them as many "
        "virtual devices of the processor (default 1)",
    )
    group.add_argument(
        "--coordinator",
        metavar="HOST:PORT",
        help="where process 0 runs, and a free port there; mpiexec and srun find both "
        "by themselves",
    )
    group.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="number of processes, where neither mpiexec nor srun has started them",
    )
    group.add_argument(
        "--process-id",
        type=int,
        metavar="K",
        help="number of this process then, 0 to N - 1; 0 writes the folder",
    )


def read(arguments):
    """What ``distributed.initialize`` is told; ``None`` for a process that is alone.

    Raises:
        CommandError: if an option is out of range or misses another one, or the
            backend cannot do it.
    """
    count, number = arguments.processes, arguments.process_id
    if (count is None) != (number is None) or (count and not arguments.coordinator):
        raise CommandError(
            "--processes N, --process-id K and --coordinator HOST:PORT belong "
            "together: they tell a process who it is. Leave them out where mpiexec "
            "or srun starts the processes: mpiexec -n 2 python -m vae_lib train ..."
        )
    try:
        told = distributed.settings(arguments.coordinator, count, number)
    except ValueError as error:
        given = "--" if arguments.coordinator else ""  # else variables, in its words
        raise CommandError(given + str(error).replace("s_id", "s-id")) from error
    launcher, size = distributed.launched()
    if told.processes is None and not launcher:
        told = None
    _check_devices(arguments.devices, alone=told is None)
    if told is not None:
        if told.processes is not None:
            launcher, size = "--processes (or its variable)", told.processes
        _require_jax(arguments, f"{launcher} tells of {size} processes")
    elif arguments.devices is not None:
        _require_jax(arguments, "--devices is given")
    return told


def typed(arguments):
    """The options that were given, for a command that continues the run."""
    names = ("devices", "coordinator", "processes", "process_id")
    given = {name.replace("_", "-"): getattr(arguments, name) for name in names}
    return "".join(f" --{k} {v}" for k, v in given.items() if v is not None)


def _check_devices(devices, alone):
    if devices is None:
        return
    if devices < 1:
        raise CommandError(f"--devices must be at least 1, got {devices}.")
    if not alone:
        raise CommandError(
            "--devices is for a single process: leave it out, and JAX gives each of "
            "several processes its devices."
        )


def _require_jax(arguments, reason):
    """Refuse another backend that was asked for, and a JAX that is not there."""
    for name, backend in (
        ("--backend ", arguments.backend),
        ("KERAS_BACKEND=", None if arguments.backend else os.getenv("KERAS_BACKEND")),
    ):
        if backend not in (None, "", "jax"):
            raise CommandError(
                f"{reason}, and only the JAX backend shares a training, got "
                f"{name}{backend}: use --backend jax, or a single process and device."
            )
    if importlib.util.find_spec("jax") is None:
        raise CommandError(
            f"{reason}, and only JAX shares a training, which is not installed: "
            "pip install jax, or use a single process and device."
        )


@contextlib.contextmanager
def joined(told):
    """Train together with the other processes in the block; an error ends this one.

    It ends at once, so that the others notice: JAX would wait at the exit for
    processes that never come.
    """
    if told.processes is not None:  # else the launcher brings all at once
        print(
            f"vae_lib train: process {told.process_id} waits for all "
            f"{told.processes} at {told.coordinator}, at most 5 minutes.",
            file=sys.stderr,
        )
    with reported():
        distributed.initialize(*told)
    try:
        yield
        distributed.shutdown()
    except BaseException as error:
        status, text = _explained(error)
        if text:
            print(f"vae_lib train: {text}", file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        if isinstance(error, Refusal):
            distributed.shutdown()
        os._exit(status)


def _explained(error):
    """Exit status and message for an error in one of several processes."""
    if _is_lost(error) or _is_lost(error.__cause__):
        return 1, f"{LOST}."
    if isinstance(error, CommandError | OSError):
        return getattr(error, "status", 2), str(error)
    if isinstance(error, KeyboardInterrupt):
        return 130, "interrupted."
    return 1, "".join(traceback.format_exception(error)).rstrip()


def _is_lost(error):
    """Whether it is what JAX raises when another process does not answer."""
    text = str(error)
    from_jax = type(error).__name__ in ("JaxRuntimeError", "XlaRuntimeError")
    return (from_jax or "Gloo" in text) and "RESOURCE_EXHAUSTED" not in text
