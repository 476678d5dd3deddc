"""What a command says while it works; its result is printed, with or without it."""

import contextlib
import logging
import sys
from collections.abc import Iterator
from typing import Literal

log = logging.getLogger("vae_lib")


@contextlib.contextmanager
def messages(quiet: bool) -> Iterator[None]:
    """Write the messages of the block to standard output, unless ``quiet``."""
    handler = logging.StreamHandler(sys.stdout)
    level, propagate = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.WARNING if quiet else logging.INFO)
    log.propagate = False  # a program around this one may have handlers of its own
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = propagate


def progress() -> Literal["auto", 0]:
    """The ``verbose`` of a library function: a bar, unless the command is quiet."""
    return "auto" if log.isEnabledFor(logging.INFO) else 0
