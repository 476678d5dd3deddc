"""Standard output and error as they come: terminals, files, pipes, closed or missing.

Imports no array library.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO, cast


def is_terminal(stream: Any) -> bool:
    """Whether a person reads this stream."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # None or another object; closed
        return False


def rewrites_lines(stream: Any) -> bool:
    """Whether a line there can be written over."""
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def shows_bars(stream: Any) -> bool:
    """Whether Keras's progress bars, which are coloured, belong there."""
    return rewrites_lines(stream) and not os.environ.get("NO_COLOR")


def is_open(stream: Any) -> bool:
    """Whether something can be written there."""
    return stream is not None and not getattr(stream, "closed", False)


class Patient:
    r"""A stream that a message cannot break.

    What its encoding lacks is written as an escape such as ``\u0141``; once its reader
    has gone, or where there is none, what is written is dropped: a training must not
    end because ``head`` has seen enough.

    Args:
        stream: any object with ``write``, or ``None``.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._lost = not is_open(stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def isatty(self) -> bool:
        return not self._lost and is_terminal(self._stream)

    def write(self, text: str) -> int:
        if not self._lost:
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                encoding = getattr(self._stream, "encoding", None) or "ascii"
                coded = text.encode(encoding, errors="backslashreplace")
                self._try(self._stream.write, coded.decode(encoding))
            except (BrokenPipeError, ValueError):
                self._lose()
        return len(text)

    def flush(self) -> None:
        if not self._lost and hasattr(self._stream, "flush"):
            self._try(self._stream.flush)

    def _try(self, call: Callable, *arguments: Any) -> None:
        try:
            call(*arguments)
        except (BrokenPipeError, ValueError):
            self._lose()

    def _lose(self) -> None:
        """Drop all that follows, and what is left in the buffer at the end, too."""
        self._lost = True
        with contextlib.suppress(AttributeError, OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextlib.contextmanager
def patient_output() -> Iterator[None]:
    """Put :class:`Patient` streams in the place of standard output and error."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast(TextIO, Patient(stream)) for stream in before)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before
