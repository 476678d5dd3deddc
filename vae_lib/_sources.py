"""Where MNIST's arrays come from: a named file, Keras's cache or a download.

Each reader returns the four checked uint8 arrays or raises one of FAILURES.
"""

import hashlib
import http.client
import logging
import os
import tempfile
import urllib.error
import uuid
from pathlib import Path

import numpy as np

from vae_lib import _download
from vae_lib._files import as_path
from vae_lib._npz import read_arrays

logger = logging.getLogger("vae_lib.data")

FAILURES = (OSError, ValueError, http.client.HTTPException)

# Where Keras downloads MNIST from, and how long one try may take.
URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
CONNECT_SECONDS = 5.0
DOWNLOAD_SECONDS = 120.0

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


def read_named(name, value):
    """Read a file that the caller named: what is wrong with it is an error."""
    try:
        return read_checked(as_path(value))
    except (OSError, ValueError) as error:
        message = f"{name}={os.fspath(value)!r}: {reason(error)}. {REMEDY}"
        raise type(error)(message) from error


def read_cache(cache):
    """Read Keras's copy; a bad one is worth a warning, a missing one is not."""
    try:
        return read_checked(cache)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        logger.warning("Keras's cached %s is left aside: %s", cache, reason(error))
        raise


def read_download(cache):
    """Download into Keras's cache; the file appears there only once it is checked."""
    if os.environ.get("VAE_LIB_OFFLINE", "0") not in ("", "0"):
        raise ConnectionError("skipped, because VAE_LIB_OFFLINE is set")
    with _download.connect(URL, CONNECT_SECONDS) as response:
        cache.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target, since a rename is atomic only within one file system.
        part = cache.with_name(f"{cache.name}.{uuid.uuid4().hex}.part")
        try:
            with open(part, "xb") as file:
                _download.save(response, file, DOWNLOAD_SECONDS)
            arrays = read_checked(part)
            os.replace(part, cache)
        finally:
            part.unlink(missing_ok=True)
    return arrays


def keras_cache():
    """Where Keras keeps mnist.npz, by Keras's own rules, without importing it."""
    home = os.environ.get("KERAS_HOME")
    if home is None:
        user = os.path.expanduser("~")  # as it is where there is no home folder
        base = user if os.access(user, os.W_OK) else tempfile.gettempdir()
        home = os.path.join(base, ".keras")
    return Path(os.path.expanduser(home)) / "datasets" / "mnist.npz"


def read_checked(path, shapes=None, digests=None):
    """Read uint8 arrays and check names, dtypes, shapes and digests, in this order.

    Args:
        path: the file.
        shapes: name to shape; MNIST's four arrays if not given.
        digests: name to SHA-256 of the array in C order.

    Returns:
        A dictionary, name to array.

    Raises:
        OSError, ValueError: with a sentence about the file, to be put after its name.
    """
    shapes, digests = shapes or SHAPES, digests or DIGESTS
    arrays = read_arrays(path)
    if missing := sorted(set(shapes) - set(arrays)):
        raise ValueError(f"it has no {', '.join(missing)}, only {sorted(arrays)}")
    for name, shape in shapes.items():
        array = arrays[name]
        if array.dtype != np.uint8:
            raise ValueError(f"its array {name!r} has dtype {array.dtype}, not uint8")
        if array.shape != shape:
            raise ValueError(f"its array {name!r} has shape {array.shape}, not {shape}")
        found = hashlib.sha256(np.ascontiguousarray(array)).hexdigest()
        if found != digests[name]:
            wanted = f"SHA-256 {found[:12]}..., expected {digests[name][:12]}..."
            raise ValueError(f"its array {name!r} holds other numbers: {wanted}")
    return arrays


def reason(error):
    """The words of an error, without the wrapping that urllib puts around them."""
    if isinstance(error, urllib.error.URLError) and not str(error).startswith("HTTP"):
        error = error.reason
    if isinstance(error, http.client.HTTPException) and not isinstance(error, OSError):
        return f"{type(error).__name__}: {error}".strip()
    return str(error) or type(error).__name__
