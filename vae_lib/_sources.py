"""Where MNIST's arrays come from: a named file, Keras's cache or a download.

Each reader returns the four checked uint8 arrays, or raises OSError or ValueError with
a sentence about the source.
"""

import hashlib
import http.client
import io
import logging
import os
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vae_lib._files import AnyPath, as_path, replacing
from vae_lib._npz import read_arrays, read_stream
from vae_lib._streams import is_terminal

Arrays = Mapping[str, np.ndarray]

logger = logging.getLogger("vae_lib.data")

# Where Keras downloads MNIST from, and how long the server may be silent.
URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SILENT_SECONDS = 10.0

# SHA-256 of the uint8 arrays in C order: the file around them may be packed anew.
DIGESTS = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}
SHAPES = {
    "x_train": (60_000, 28, 28),
    "y_train": (60_000,),
    "x_test": (10_000, 28, 28),
    "y_test": (10_000,),
}
REMEDY = (
    f"Get Keras's mnist.npz from {URL} and set VAE_LIB_MNIST to where it lies "
    "(or pass path=), or use load_sample(): 5,000 real digits that need no network."
)


def read_named(name: str, value: AnyPath) -> Arrays:
    """Read a file that the caller named: what is wrong with it is an error."""
    try:
        return checked(read_arrays(as_path(value)))
    except (OSError, ValueError) as error:
        message = f"{name}={os.fspath(value)!r}: {error}. {REMEDY}"
        raise type(error)(message) from error


def read_cache(cache: Path) -> Arrays:
    """Read Keras's copy; a bad one is worth a warning, a missing one is not."""
    try:
        return checked(read_arrays(cache))
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        logger.warning("Keras's cached %s is left aside: %s", cache, error)
        raise


def read_download(cache: Path) -> Arrays:
    """Download into Keras's cache; the file appears there only once it is checked."""
    if os.environ.get("VAE_LIB_OFFLINE", "0") not in ("", "0"):
        raise ConnectionError("skipped, because VAE_LIB_OFFLINE is set")
    if is_terminal(sys.stderr):
        print("Downloading MNIST, 11 MB, once.", file=sys.stderr)
    try:
        with urllib.request.urlopen(URL, timeout=SILENT_SECONDS) as response:
            content = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise ConnectionError(f"{type(error).__name__}: {error}") from error
    arrays = checked(read_stream(io.BytesIO(content)))
    cache.parent.mkdir(parents=True, exist_ok=True)
    with replacing(cache) as file:
        file.write(content)
    return arrays


def keras_cache() -> Path:
    """Where Keras keeps mnist.npz, by Keras's own rules, without importing it."""
    home = os.environ.get("KERAS_HOME")
    if home is None:
        user = os.path.expanduser("~")  # as it is where there is no home folder
        base = user if os.access(user, os.W_OK) else tempfile.gettempdir()
        home = os.path.join(base, ".keras")
    return Path(os.path.expanduser(home)) / "datasets" / "mnist.npz"


def checked(
    arrays: Arrays,
    shapes: Mapping[str, tuple[int, ...]] = SHAPES,
    digests: Mapping[str, str] = DIGESTS,
) -> Arrays:
    """The arrays, if names, dtypes, shapes and digests are right, in this order.

    Raises:
        ValueError: with a sentence about the file, to be put after its name.
    """
    if missing := sorted(set(shapes) - set(arrays)):
        raise ValueError(f"it has no {', '.join(missing)}, only {sorted(arrays)}")
    for name, shape in shapes.items():
        array = arrays[name]
        if array.dtype != np.uint8:
            raise ValueError(f"its array {name!r} has dtype {array.dtype}, not uint8")
        if array.shape != shape:
            raise ValueError(f"its array {name!r} has shape {array.shape}, not {shape}")
        found = hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
        if found != digests[name]:
            wanted = f"SHA-256 {found[:12]}..., expected {digests[name][:12]}..."
            raise ValueError(f"its array {name!r} holds other numbers: {wanted}")
    return arrays
