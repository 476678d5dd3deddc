"""Images of the reader's own, checked, scaled and split."""

import hashlib
import logging
import os
from typing import NamedTuple

import numpy as np

from vae_lib._checks import whole
from vae_lib._files import AnyPath, as_path
from vae_lib._images import check_images
from vae_lib._pictures import Arrays, read_file, read_folder

logger = logging.getLogger("vae_lib.data")

FULL_SCALE = {"uint8": 255, "uint16": 65_535, "bool": 1}
FEWEST = 10  # so that each part has an image
SHARE = 10  # one image of ten for the test, one for validation


class ImageSet(NamedTuple):
    """Images, float32 in [0, 1], ``(n, height, width, channels)``, with their labels.

    The fields of :class:`vae_lib.data.MNIST`, and the names of the classes. Where the
    images have no labels, all are 0.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    classes: tuple[str, ...]  # names of the subfolders, label by label; else empty

    @property
    def source(self) -> str:
        """What environment.json of a run calls them."""
        return "images"

    @property
    def digest(self) -> str:
        """The SHA-256 of images and labels of all parts; write it beside results."""
        found = hashlib.sha256()
        for name, array in self._asdict().items():
            if name != "classes":
                found.update(f"{name} {array.shape} {array.dtype}".encode())
                found.update(np.ascontiguousarray(array).data)
        return found.hexdigest()


def load_images(path: AnyPath, *, seed: int = 0) -> ImageSet:
    """Load images of your own: a folder of pictures, or an ``.npz`` file.

    A folder holds pictures of one size, grey or colour, in any format of Pillow, and
    nothing else; hidden files are passed over. Pictures in subfolders are labelled by
    the subfolder's name. An ``.npz`` file holds ``x``, ``(n, height, width)`` or with 1
    or 3 channels at the end, and perhaps whole numbers ``y``.

    One image of ten is put aside for the test and one for validation, at random and
    class by class. If that would be dishonest, since neighbouring images look alike
    (patches of one photograph, frames of one film), split them yourself: subfolders
    ``train``, ``test`` and perhaps ``val``, or arrays ``x_train``, ``x_test`` and
    perhaps ``x_val``. What is split stays so, and in its order; without a ``val``,
    a tenth of the training images becomes it, at random. An image that is in training
    and in another part is logged as a warning.

    Args:
        path: the folder or the file.
        seed: of the split.

    Returns:
        An :class:`ImageSet`. Whole numbers are divided by their full scale (255 for
        uint8, 65535 for uint16), floats must be in [0, 1] already. The parts that are
        split here are in random order.

    Raises:
        FileNotFoundError: there is nothing at the path.
        OSError: it cannot be opened.
        ImportError: it is a folder, and Pillow is not installed.
        ValueError: the images cannot be used as they are. The message names the file or
            the array, and says what to do: unreadable, of several sizes or kinds,
            transparent, fewer than ten, all the same, of another dtype or shape, ...

    >>> import numpy as np, tempfile
    >>> from vae_lib import data
    >>> x = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 3), dtype="uint8")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/mine.npz", x=x)
    ...     images = data.load_images(f"{folder}/mine.npz")
    >>> images.x_train.shape, len(images.x_val), len(images.x_test)
    ((40, 8, 8, 3), 5, 5)
    """
    seed = whole("seed", seed, least=0)
    place = as_path(path)
    try:
        found, classes = read_folder(place) if place.is_dir() else read_file(place)
        arrays = _split({**_scaled(found), **_labels(found)}, seed)
        _check_parts(arrays)
    except (OSError, ValueError) as error:
        reason = str(error).rstrip(".")
        raise type(error)(f"path={os.fspath(path)!r}: {reason}.") from error
    _warn_of_copies(arrays)
    parts = {name: arrays[name] for name in ImageSet._fields if name != "classes"}
    return ImageSet(**parts, classes=classes)


def _scaled(arrays: Arrays) -> Arrays:
    """The images as float32 in [0, 1]."""
    images = {name: x for name, x in arrays.items() if name.startswith("x")}
    shapes = {x.shape[1:] for x in images.values()}
    if len(shapes) > 1:
        raise ValueError(f"its parts have images of different shapes: {sorted(shapes)}")
    n = sum(map(len, images.values()))
    if n < FEWEST or 0 in map(len, images.values()):
        found = "1 image is" if n == 1 else f"{n} images are"
        raise ValueError(
            f"{found} too few for training, validation and test: at least "
            f"{FEWEST} are needed, thousands are better"
        )
    return {name: _to_float(x, name) for name, x in images.items()}


def _to_float(x: np.ndarray, name: str) -> np.ndarray:
    if scale := FULL_SCALE.get(x.dtype.name):
        return np.divide(x, np.float32(scale), dtype="float32")
    if x.dtype.kind != "f":
        raise ValueError(
            f"{name} has dtype {x.dtype}, whose scale would be a guess: save uint8 (0 "
            "to 255), uint16 (0 to 65535), bool, or floats in [0, 1]"
        )
    check_images(x, name, x.shape[1:])
    return np.clip(x, 0.0, 1.0).astype("float32")  # what left [0, 1] did by rounding


def _labels(arrays: Arrays) -> Arrays:
    """One whole number for each image, all 0 where there are none."""
    found = {}
    for name, x in arrays.items():
        if name.startswith("y"):
            continue
        key = name.replace("x", "y", 1)
        y = arrays.get(key, np.zeros(len(x), dtype="uint8"))
        if y.shape != (len(x),) or y.dtype.kind not in "iu" or y.min() < 0:
            raise ValueError(
                f"{key} must be {len(x):,} whole numbers from 0 on, a label for each "
                f"image; it has shape {y.shape} and dtype {y.dtype}"
            )
        found[key] = y.astype("uint8" if y.max() < 256 else "int64")
    return found


def _split(arrays: Arrays, seed: int) -> Arrays:
    """Make the parts that are missing, class by class and at random."""
    rng = np.random.default_rng(seed)
    if "x" in arrays:
        arrays = _put_aside(arrays, "x", ("train", "val", "test"), rng)
    elif "x_val" not in arrays:
        arrays = arrays | _put_aside(arrays, "x_train", ("train", "val"), rng)
    return arrays


def _put_aside(
    arrays: Arrays, name: str, parts: tuple[str, ...], rng: np.random.Generator
) -> Arrays:
    """Every tenth image of a random order, sorted by class, for each further part."""
    x, y = arrays[name], arrays[name.replace("x", "y", 1)]
    order = rng.permutation(len(x))
    order = order[np.argsort(y[order], kind="stable")]
    turn = np.arange(len(x)) % SHARE
    turn = np.where(turn < len(parts), turn, 0)  # 0 is training
    found: Arrays = {}
    for i, part in enumerate(parts):
        indices = rng.permutation(order[turn == i])
        found |= {f"x_{part}": x[indices], f"y_{part}": y[indices]}
    return found


def _check_parts(arrays: Arrays) -> None:
    x = arrays["x_train"]
    if (x == x[0]).all():
        raise ValueError(
            f"all {len(x):,} training images are the same: there is nothing to learn"
        )


def _warn_of_copies(arrays: Arrays) -> None:
    """Say how many images of a part have been seen in training, pixel by pixel."""
    known = {hash(image.tobytes()) for image in arrays["x_train"]}
    for part in ("val", "test"):
        x = arrays[f"x_{part}"]
        n = sum(hash(image.tobytes()) in known for image in x)
        if n:
            logger.warning(
                "%s of %s %s images are also in training: scores on them are no "
                "held-out scores. Remove copies, or split by hand.",
                *(f"{n:,}", f"{len(x):,}", part),
            )
