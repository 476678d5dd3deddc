"""Read an .npz file without pickle, and say in words what is wrong with a bad one."""

from pathlib import Path
from typing import BinaryIO

import numpy as np

from vae_lib._files import AnyPath


def read_arrays(path: AnyPath) -> dict[str, np.ndarray]:
    """Read every array of an ``.npz`` file.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: the file cannot be opened.
        ValueError: the file is no sound ``.npz`` of plain arrays. The message says
            which way: a folder, empty, another format, damaged, objects inside.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError("it is a folder, not a file")
    if not path.exists():
        raise FileNotFoundError("no such file")
    # Opened here and not by NumPy, which leaves a file open when its archive is bad.
    with open(path, "rb") as file:
        return read_stream(file)


def read_stream(file: BinaryIO) -> dict[str, np.ndarray]:
    """The same for a file that is open."""
    start = file.read(6)
    if start[:2] != b"PK":
        raise ValueError(
            f"it is no .npz archive: it starts with {start!r}"
            if start
            else "it is empty"
        )
    file.seek(0)
    try:
        archive = np.load(file, allow_pickle=False)
    except Exception as error:  # NumPy and zipfile raise eight kinds between them
        problem = "it is truncated or damaged, its directory cannot be read"
        raise ValueError(problem) from error
    with archive:
        return {name: _read_member(archive, name) for name in archive.files}


def _read_member(archive: np.lib.npyio.NpzFile, name: str) -> np.ndarray:
    try:
        array = archive[name]
    except Exception as error:  # as above
        raise ValueError(f"its array {name!r} cannot be read ({error})") from error
    if not isinstance(array, np.ndarray):  # NumPy hands other members out as bytes
        raise ValueError(f"its member {name!r} is not a NumPy array")
    return array
