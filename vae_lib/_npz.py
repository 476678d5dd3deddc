"""Read an .npz file without pickle, and say in words what is wrong with a bad one."""

import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

# What NumPy and zipfile raise, between them, for bytes that are not a sound archive.
_BROKEN = (
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def read_arrays(path):
    """Read every array of an ``.npz`` file.

    Args:
        path: the file.

    Returns:
        A dictionary, name to array.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: the file cannot be opened.
        ValueError: the file is no sound ``.npz`` of plain arrays. The message says
            which way: a folder, empty, a pickle, another format, truncated, corrupt.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError("it is a folder, not a file")
    if not path.exists():
        raise FileNotFoundError("no such file")
    # Opened here and not by NumPy, which leaves a file open when its archive is bad.
    with open(path, "rb") as file:
        _check_signature(file.read(6))
        file.seek(0)
        try:
            archive = np.load(file, allow_pickle=False)
        except _BROKEN as error:
            problem = "it is truncated or damaged, its directory cannot be read"
            raise ValueError(problem) from error
        with archive:
            return {name: _read_member(archive, name) for name in archive.files}


def _check_signature(start):
    """Refuse by its first bytes what is no zip archive, a pickle above all."""
    if not start:
        raise ValueError("it is empty")
    if start[:1] == b"\x80":
        raise ValueError("it is a pickle, which can run code when loaded: refused")
    if start == b"\x93NUMPY":
        raise ValueError("it is a single .npy array, not an .npz archive of arrays")
    if start[:2] != b"PK":
        raise ValueError(f"it is no .npz archive: it starts with {start!r}")


def _read_member(archive, name):
    try:
        array = archive[name]
    except _BROKEN as error:
        if "allow_pickle" in str(error):
            problem = "holds pickled objects, which can run code when loaded: refused"
        else:
            problem = f"is corrupt ({error})"
        raise ValueError(f"its array {name!r} {problem}") from error
    if not isinstance(array, np.ndarray):  # NumPy hands other members out as bytes
        raise ValueError(f"its member {name!r} is not a NumPy array")
    return array
