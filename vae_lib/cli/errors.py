"""Errors that a command reports in one message instead of a traceback."""

import contextlib
from collections.abc import Iterator


class CommandError(Exception):
    """Something that the user can put right; the message says how.

    Args:
        message: what is wrong and what to do.
        status: exit status of the program.
    """

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """Turn the library's errors about bad input into a :class:`CommandError`.

    It is put around the lines that read what the user gave, and around no others: a
    ValueError from anywhere else is a bug, whose traceback should be seen.
    """
    try:
        yield
    except (ValueError, FileNotFoundError) as error:
        raise CommandError(str(error)) from error


def at_least(least: int, **options: int | None) -> None:
    """Refuse numbers below ``least`` among options, which are named as in Python."""
    for name, value in options.items():
        if value is not None and value < least:
            flag = name.replace("_", "-")
            raise CommandError(f"--{flag} must be at least {least}, got {value}.")
