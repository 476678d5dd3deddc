"""Errors that a command reports in one message instead of a traceback."""

import contextlib


class CommandError(Exception):
    """Something that the user can put right; the message says how.

    Args:
        message: what is wrong and what to do.
        status: exit status of the program.
    """

    def __init__(self, message, status=2):
        super().__init__(message)
        self.status = status


@contextlib.contextmanager
def reported():
    """Turn the library's errors about bad input into a :class:`CommandError`.

    It is put around the lines that read what the user gave, and around no others: a
    ValueError from anywhere else is a bug, whose traceback should be seen.
    """
    try:
        yield
    except (ValueError, FileNotFoundError) as error:
        raise CommandError(str(error)) from error
