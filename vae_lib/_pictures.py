"""Read images of the reader's own: a folder of pictures, or one .npz file.

What cannot be used is an error that names the file or the array. Nothing is resized,
cropped, recoloured or left out in silence.
"""

from pathlib import Path
from typing import Any

import numpy as np

from vae_lib._npz import read_arrays

# What file managers put beside pictures. Names that begin with a dot are hidden, too.
NO_PICTURES = ("__macosx", "thumbs.db", "desktop.ini")
PARTS = ("train", "val", "test")

Arrays = dict[str, np.ndarray]
Found = tuple[Arrays, tuple[str, ...]]  # x and y, or x_train, ...; the classes' names


def read_folder(folder: Path) -> Found:
    """The pictures of a folder, in the order of their names.

    Pictures in subfolders are labelled: the subfolder's name is the class. Subfolders
    ``train``, ``test`` and, if there is one, ``val`` are a split that is kept; each is
    read by the same rules.

    Raises:
        ValueError: with a sentence about the file, or about the folder.
    """
    inside = _visible(folder)
    names = {path.name for path in inside if path.is_dir()}
    if not names or not names <= set(PARTS):
        return _read_part(folder)
    if missing := sorted({"train", "test"} - names):
        raise ValueError(
            f"it has the subfolders {sorted(names)}, but no {missing[0]!r}"
        )
    arrays: dict[str, np.ndarray] = {}
    classes: dict[str, tuple[str, ...]] = {}
    for part in sorted(names):
        found, classes[part] = _read_part(folder / part)
        arrays |= {f"{name}_{part}": array for name, array in found.items()}
    if len(set(classes.values())) > 1:
        raise ValueError(f"its parts have different classes: {classes}")
    return arrays, classes["train"]


def _read_part(folder: Path) -> Found:
    inside = _visible(folder)
    folders = [path for path in inside if path.is_dir()]
    if folders and len(folders) < len(inside):
        file = next(path for path in inside if not path.is_dir())
        raise ValueError(
            f"it has pictures in subfolders and also {file.name!r} beside them: move "
            "it into one of them"
        )
    if not folders:
        return {"x": _read_pictures(inside, folder)}, ()
    files = [_visible(each) for each in folders]
    labels = np.repeat(np.arange(len(folders)), list(map(len, files)))
    for each, within in zip(folders, files, strict=True):
        if not within:
            raise ValueError(f"its subfolder {each.name!r} has no pictures: remove it")
    pictures = _read_pictures([path for within in files for path in within], folder)
    return {"x": pictures, "y": labels}, tuple(each.name for each in folders)


def _visible(folder: Path) -> list[Path]:
    """What a reader sees in a folder, by name."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.name[0] != "." and path.name.lower() not in NO_PICTURES
    )


def _read_pictures(paths: list[Path], folder: Path) -> np.ndarray:
    """Pictures of one size and kind, ``(n, height, width, channels)``."""
    if not paths:
        raise ValueError(f"there is no picture in {folder}")
    pictures: list[np.ndarray] = []
    for path in paths:
        name = str(path.relative_to(folder))
        try:
            pictures.append(_read_picture(path))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        first, last = pictures[0], pictures[-1]
        if (last.shape, last.dtype) != (first.shape, first.dtype):
            raise ValueError(
                f"all pictures must be alike, but {paths[0].relative_to(folder)} is "
                f"{_kind(first)} and {name} is {_kind(last)}: resize, crop or convert "
                "them to one size and kind"
            )
    return np.stack(pictures)


def _kind(picture: np.ndarray) -> str:
    height, width, channels = picture.shape
    colour = "grey" if channels == 1 else "colour"
    return f"{height} x {width} {colour}, {8 * picture.dtype.itemsize} bits"


def _read_picture(path: Path) -> np.ndarray:
    """One picture, ``(height, width, channels)``, uint8 or uint16.

    It stands upright (a camera's EXIF orientation is applied), a palette is replaced by
    its colours, and an alpha channel is dropped if it hides nothing.
    """
    image, image_ops, failures = _pillow()
    if path.is_dir():
        raise ValueError("is a folder, but classes are one level deep: move its files")
    try:
        with image.open(path) as opened:
            if getattr(opened, "n_frames", 1) > 1:
                raise ValueError(f"it has {opened.n_frames} frames: save one of them")
            picture = image_ops.exif_transpose(opened)
            picture.load()
    except failures as error:
        raise ValueError(
            f"it cannot be read as a picture ({error}): repair it or move it away"
        ) from error
    return _as_array(picture)


def _pillow() -> tuple[Any, Any, tuple[type[Exception], ...]]:
    """Pillow's modules, and what they raise for a file that is damaged or none."""
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise ImportError(
            "A folder of pictures is read with Pillow, which is not installed: "
            "pip install pillow. An .npz file needs no Pillow."
        ) from error
    failures = OSError, SyntaxError, EOFError, Image.DecompressionBombError
    return Image, ImageOps, failures


def _as_array(picture: Any) -> np.ndarray:
    """Grey or colour, whatever the file's own mode."""
    if picture.mode == "1":
        picture = picture.convert("L")
    if picture.has_transparency_data:
        alpha = picture.convert("RGBA").getchannel("A")
        if alpha.getextrema() != (255, 255):
            raise ValueError(
                "parts of it are transparent: put it on a background of your choice"
            )
        picture = picture.convert("L" if picture.mode in ("L", "LA") else "RGB")
    if picture.mode in ("P", "YCbCr"):
        picture = picture.convert("RGB")
    if picture.mode.startswith("I;16"):
        return np.asarray(picture, dtype="uint16")[..., None]
    if picture.mode not in ("L", "RGB"):
        raise ValueError(
            f"its mode is {picture.mode}: convert it to grey (8 or 16 bits) or to RGB"
        )
    array = np.asarray(picture)
    return array[..., None] if picture.mode == "L" else array


def read_file(path: Path) -> Found:
    """The images of an ``.npz`` file; the classes have no names there.

    The arrays are ``x`` and perhaps ``y``; or ``x_train``, ``x_test``, perhaps
    ``x_val``, and perhaps the ``y`` of each, a split that is kept; or one array of any
    name.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it cannot be opened.
        ValueError: with a sentence about the file.
    """
    arrays = read_arrays(path)
    if len(arrays) == 1:
        arrays = {"x": next(iter(arrays.values()))}
    names = set(arrays)
    pairs = {f"{letter}_{part}" for letter in "xy" for part in PARTS}
    whole = {"x"} <= names <= {"x", "y"}
    if not whole and not {"x_train", "x_test"} <= names <= pairs:
        raise ValueError(
            f"its arrays are {sorted(names)}: name them x (and y, the labels), or "
            "x_train, x_test, perhaps x_val (and y_train, y_test, y_val)"
        )
    images = {name for name in names if name.startswith("x")}
    labelled = {name.replace("x", "y", 1) for name in images}
    if (found := names - images) and found != labelled:
        wrong = sorted(found ^ labelled)
        raise ValueError(f"it has labels for some images only: see {wrong}")
    for name in images:
        arrays[name] = _with_channels(arrays[name], name)
    return arrays, ()


def _with_channels(x: np.ndarray, name: str) -> np.ndarray:
    """Images with an axis of 1 or 3 channels at the end."""
    if x.ndim == 3:
        return x[..., None]
    if x.ndim == 4 and x.shape[-1] in (1, 3):
        return x
    remedy = "save (n, height, width), or with 1 or 3 channels at the end"
    if x.ndim == 4 and x.shape[1] in (1, 3):
        remedy = f"save np.moveaxis({name}, 1, -1)"
    elif x.ndim == 4 and x.shape[-1] == 4:
        remedy = f"an alpha channel is no colour, save {name}[..., :3]"
    elif x.ndim == 2:
        remedy = f"save {name}.reshape(-1, height, width)"
    raise ValueError(f"its array {name!r} has shape {x.shape}: {remedy}")
