"""Files that are written whole or not at all. Imports no array library."""

import contextlib
import json
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

AnyPath = str | os.PathLike[str]


def as_path(path: AnyPath) -> Path:
    """A path as a shell reads it: ``~`` is the home folder.

    Raises:
        ValueError: if there is no such home folder.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise ValueError(f"{os.fspath(path)!r}: {error}") from error


def part_of(path: Path) -> Path:
    """A new name beside ``path`` for what is not whole yet; never too long."""
    start = path.name.encode()[:100].decode(errors="ignore")
    return path.with_name(f"{start}.{uuid.uuid4().hex}.part")


@contextlib.contextmanager
def replacing(path: AnyPath) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``path`` that takes its place if all goes well.

    Whoever reads ``path``, at any moment and after any crash, sees the old content or
    the new one, never a part. A link stays a link: the file that it leads to is
    replaced. What is no file, such as a pipe or ``/dev/stdout``, is written to as it
    is.

    Yields:
        The open file, for bytes.

    Raises:
        FileNotFoundError: if the folder does not exist.
        IsADirectoryError: if the path is a folder.
        OSError: if it cannot be written.
    """
    path = as_path(path)
    if (number := _descriptor(path)) is not None:
        sys.stdout and sys.stdout.flush()
        with os.fdopen(os.dup(number), "wb") as stream:
            yield stream
        return
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the name of a file in it.")
    if path.exists() and not path.is_file():
        with open(path, "wb") as stream:
            yield stream
        return
    with _replacing_file(path, Path(os.path.realpath(path))) as stream:
        yield stream


@contextlib.contextmanager
def _replacing_file(path: Path, target: Path) -> Iterator[BinaryIO]:
    """The same for a file, ``target``; ``path`` is its name in messages."""
    _check_folder(path)
    part = part_of(target)
    try:
        stream = open(part, "xb")
    except OSError as error:
        raise type(error)(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())  # whole on disk before it gets its name
        with contextlib.suppress(OSError):  # there is no old file, or it is another's
            shutil.copymode(target, part)
        os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _descriptor(path: Path) -> int | None:
    """The number of the open file that a path such as ``/dev/stdout`` means."""
    own = {f"/proc/{os.getpid()}/fd", "/dev/fd"}
    for _ in range(40):  # links of links
        folder = os.path.realpath(path.parent)
        if folder in own and path.name.isdigit():
            return int(path.name)
        if not path.is_symlink():
            return None
        path = Path(folder, os.readlink(path))
    return None


def check_writable(path: AnyPath) -> None:
    """Raise OSError now if ``path`` could not be written after long work."""
    path = as_path(path)
    if _descriptor(path) is not None or (path.exists() and not path.is_file()):
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder: give the name of a file.")
        return
    folder = _check_folder(path)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{path} cannot be written: {folder} is read-only.")


def _check_folder(path: Path) -> Path:
    """The folder in which the file will lie, which must exist."""
    folder = path.parent
    if path.is_symlink():
        folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{path} cannot be written: make the folder {folder} first."
        )
    return folder


def write_json(path: AnyPath, content: Any) -> None:
    """Write JSON that any program reads, atomically: no NaN, keys in the order given.

    Raises:
        FileNotFoundError: if the folder does not exist.
        ValueError: if a number is NaN or infinite; nothing is written.
    """
    text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False)
    with replacing(path) as stream:
        stream.write(f"{text}\n".encode())
