"""One writer at a time: a lock on a folder, which ends with the process that holds it.

The lock is the operating system's, so that of a process that was killed is gone with
it. What is written in the file is only for the message. Imports no array library.
"""

import contextlib
import errno
import os
import platform
import sys
import time
from pathlib import Path
from typing import Self

from vae_lib._files import AnyPath

NAME = "lock"
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
# By the folder's real path: file number, and how many in this process hold it.
_held: dict[str, tuple[int | None, int]] = {}


class Locked(ValueError):
    """Another process writes to the folder; the message says which."""


class FolderLock:
    """The right to write to a folder, for this process.

    Args:
        folder: it must exist when the lock is taken.
    """

    def __init__(self, folder: AnyPath) -> None:
        self.folder = Path(folder)
        self._key: str | None = None

    def acquire(self) -> None:
        """Take the lock; again is once.

        Raises:
            Locked: if another process holds it.
        """
        if self._key is not None:
            return
        key = os.path.realpath(self.folder)
        number, holders = _held.get(key, (None, 0))
        if not holders:
            number = _open(Path(key) / NAME, self.folder)
        _held[key] = number, holders + 1
        self._key = key

    def release(self) -> None:
        """Give it back, if it is held."""
        if self._key is None:
            return
        key, self._key = self._key, None
        number, holders = _held.pop(key)
        if holders > 1:
            _held[key] = number, holders - 1
        elif number is not None:
            with contextlib.suppress(OSError):  # Windows keeps open files
                (Path(key) / NAME).unlink()
            with contextlib.suppress(OSError):
                os.close(number)

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def __del__(self) -> None:
        if os is not None and _held is not None:  # not at the interpreter's end
            self.release()


def _open(path: Path, folder: Path) -> int | None:
    """The locked file's number; None where the file system knows no locks."""
    while True:
        try:
            number = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:
            return None  # whoever cannot write there will be told by what it writes
        try:
            _lock(number)
        except OSError as error:
            holder = _read(path)
            os.close(number)
            if error.errno not in _TAKEN:
                return None
            raise Locked(
                f"{folder} is being written by {holder}. Wait until it has ended, or "
                "end it first."
            ) from error
        # The one who held it may have removed the file between the two calls.
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(number), os.stat(path)):
                break
        os.close(number)
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    text = f"process {os.getpid()} on {platform.node()}, since {since}\n"
    with contextlib.suppress(OSError):
        os.ftruncate(number, 0)
        os.write(number, text.encode())
    return number


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace").strip() or "another process"
    except OSError:
        return "another process"


if sys.platform == "win32":
    import msvcrt

    def _lock(number: int) -> None:
        os.lseek(number, 1 << 30, os.SEEK_SET)  # the text stays readable
        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        os.lseek(number, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(number: int) -> None:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
