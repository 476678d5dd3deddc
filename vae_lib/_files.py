"""Files that are written whole or not at all. Imports no array library."""

import contextlib
import json
import os
import uuid
from pathlib import Path


@contextlib.contextmanager
def replacing(path):
    """Open a temporary file beside ``path`` that takes its place if all goes well.

    Whoever reads ``path``, at any moment and after any crash, sees the old content or
    the new one, never a part.

    Yields:
        The open file, for bytes.

    Raises:
        FileNotFoundError: if the folder does not exist.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{path} cannot be written: make the folder {path.parent} first."
        )
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        with open(part, "xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())  # whole on disk before it gets its name
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_json(path, content):
    """Write JSON that any program reads, atomically: no NaN, keys in the order given.

    Raises:
        FileNotFoundError: if the folder does not exist.
        ValueError: if a number is NaN or infinite; nothing is written.
    """
    text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False)
    with replacing(path) as stream:
        stream.write(f"{text}\n".encode())
