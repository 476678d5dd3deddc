"""Several devices and processes: what was typed of them, and how they end."""

import contextlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from vae_lib.cli.errors import CommandError, reported
from vae_lib.training import distributed

LOST = (
    "the connection to another process was lost: it was stopped, or its machine or the "
    "network failed. Start the same command again with --resume: the run continues "
    "after its last complete epoch"
)
Result = TypeVar("Result")


class Refusal(CommandError):
    """An error that every process knows of, so that all can part in order."""


class Typed(NamedTuple):
    """The options for several devices and processes."""

    devices: int | None
    coordinator: str | None
    processes: int | None
    process_id: int | None

    def __str__(self) -> str:
        """As they are typed again in a command that continues the run."""
        given = {name.replace("_", "-"): v for name, v in self._asdict().items()}
        return "".join(f" --{k} {v}" for k, v in given.items() if v is not None)


def read(typed: Typed, backend: str | None) -> distributed.Settings | None:
    """What ``distributed.initialize`` is told; ``None`` for a process that is alone.

    Raises:
        CommandError: if an option is out of range or misses another one, or the
            backend cannot do it.
    """
    devices, coordinator, count, number = typed
    if (count is None) != (number is None) or (count and not coordinator):
        raise CommandError(
            "--processes N, --process-id K and --coordinator HOST:PORT belong "
            "together: they tell a process who it is. Leave them out where mpiexec "
            "or srun starts the processes: mpiexec -n 2 python -m vae_lib train ..."
        )
    try:
        told = distributed.settings(coordinator, count, number)
    except ValueError as error:
        given = "--" if coordinator else ""  # else variables, in its words
        raise CommandError(given + str(error).replace("s_id", "s-id")) from error
    launcher, size = distributed.launched()
    if told.processes is None and not launcher:
        if devices is not None:
            _require_jax(backend, "--devices is given")
        return None
    if devices is not None:
        raise CommandError(
            "--devices is for a single process: leave it out, and JAX gives each of "
            "several processes its devices."
        )
    if told.processes is not None:
        launcher, size = "--processes (or its variable)", told.processes
    _require_jax(backend, f"{launcher} tells of {size} processes")
    return told


def _require_jax(typed: str | None, reason: str) -> None:
    """Refuse another backend that was asked for, and a JAX that is not there."""
    backend = typed or os.environ.get("KERAS_BACKEND") or "jax"
    if backend != "jax":
        option = f"--backend {typed}" if typed else f"KERAS_BACKEND={backend}"
        raise CommandError(
            f"{reason}, and only the JAX backend shares a training, got {option}: use "
            "--backend jax, or a single process and device."
        )
    if importlib.util.find_spec("jax") is None:
        raise CommandError(
            f"{reason}, and only JAX shares a training, which is not installed: "
            "pip install jax, or use a single process and device."
        )


@contextlib.contextmanager
def joined(told: distributed.Settings) -> Iterator[None]:
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


def from_main(call: Callable[[], Result]) -> Result:
    """What ``call()`` gives in the main process, in all of them.

    Raises:
        Refusal: in all of them, if it raises a CommandError, which the main one says.
    """
    try:
        return distributed.from_main(call)
    except CommandError as error:
        text = str(error) if distributed.is_main_process() else ""
        raise Refusal(text, error.status) from error


def agree(found: list[str]) -> None:
    """Stop every process if the setup differs in one of them, which lists how."""
    different = [k for k, other in enumerate(distributed.gather(found)) if other]
    if found:
        listed = "".join(f"\n  {line}" for line in found)
        raise Refusal(
            "the options or images here are not those of the main process "
            f"(there before, here now):{listed}"
        )
    if different:
        raise Refusal(
            f"process {different[0]} has other options or images, which it lists."
        )


def _explained(error: BaseException) -> tuple[int, str]:
    """Exit status and message for an error in one of several processes."""
    if _is_lost(error) or _is_lost(error.__cause__):
        return 1, f"{LOST}."
    if isinstance(error, CommandError | OSError):
        return getattr(error, "status", 2), str(error)
    if isinstance(error, KeyboardInterrupt):
        return 130, "interrupted."
    return 1, "".join(traceback.format_exception(error)).rstrip()


def _is_lost(error: BaseException | None) -> bool:
    """Whether it is what JAX raises when another process does not answer."""
    text = str(error)
    from_jax = type(error).__name__ in ("JaxRuntimeError", "XlaRuntimeError")
    return (from_jax or "Gloo" in text) and "RESOURCE_EXHAUSTED" not in text
