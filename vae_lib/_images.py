"""The check of images that every public entry point of the library makes."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

ROUNDING = 1e-5  # outside [0, 1], such as a resize with antialiasing leaves it
FAR_OUTSIDE = 32.0  # no noise of a model of images leads there


def check_images(
    x: np.ndarray, name: str = "x", image_shape: Sequence[int] = (28, 28, 1)
) -> np.ndarray:
    """Return images as they came if a model can use them, else say what to change.

    Args:
        x: images, a NumPy array ``(n, *image_shape)`` of floats in [0, 1], n >= 1.
        name: the caller's name of the argument, for the message.
        image_shape: height, width, channels.

    Returns:
        ``x`` itself. Values that leave [0, 1] by rounding only are let through.

    Raises:
        TypeError: ``x`` is not a NumPy array.
        ValueError: wrong shape or dtype, no image, NaN or infinity, outside [0, 1].
    """
    if not isinstance(x, np.ndarray):
        kind = type(x).__name__
        raise TypeError(
            f"{name} is of type {kind}: convert it with np.asarray({name})."
        )
    if x.shape[1:] != tuple(image_shape):
        raise ValueError(_wrong_shape(x, name, tuple(image_shape)))
    if len(x) == 0:
        raise ValueError(f"{name} has no images, shape {x.shape}: pass at least one.")
    if not np.issubdtype(x.dtype, np.floating):
        raise ValueError(_wrong_dtype(x, name))
    low, high = _range(x, name)
    slack = max(ROUNDING, 4 * float(np.finfo(x.dtype).eps))
    if low < -slack or high > 1 + slack:
        found = f"{name} has values from {low:.8g} to {high:.8g}, outside [0, 1]"
        raise ValueError(f"{found}: {_remedy(x, name, low, high)}.")
    return x


def check_scale(x: Any, name: str = "x") -> None:
    """Refuse arrays that are certainly no images in [0, 1]: NaN, or 0..255.

    What a model draws with its noise leaves [0, 1] and may come back; tensors and data
    sets are not looked at.

    Raises:
        ValueError: with what to change.
    """
    if not isinstance(x, np.ndarray) or not x.size or x.dtype.kind not in "iuf":
        return
    low, high = _range(x, name)
    if high > 1 and x.dtype.kind in "iu":
        raise ValueError(_wrong_dtype(x, name))
    if high > FAR_OUTSIDE:
        found = f"{name} has values from {low:.8g} to {high:.8g}, outside [0, 1]"
        raise ValueError(f"{found}: {_remedy(x, name, low, high)}.")


def _range(x: np.ndarray, name: str) -> tuple[float, float]:
    """The smallest and the largest value; NaN and infinity are refused."""
    # They survive min and max, so two passes without a copy see it all.
    low, high = float(x.min()), float(x.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        bad = np.flatnonzero(~np.isfinite(x).reshape(len(x), -1).all(axis=1))
        found = f"{name} has NaN or infinity in {len(bad)} of {len(x)} images"
        raise ValueError(f"{found}, first in {name}[{bad[0]}]: repair or drop them.")
    return low, high


def _wrong_dtype(x: np.ndarray, name: str) -> str:
    """What to do with images that are no floats: it depends on their levels."""
    scale = ""
    if x.dtype == np.uint8 and x.max() > 1:
        scale = "divide by 255 and "
    elif x.dtype.kind in "iu" and (x.min() < 0 or x.max() > 1):
        scale = f"{_remedy(x, name, float(x.min()), float(x.max()))} and "
    return f"{name} has dtype {x.dtype}, not float32: {scale}convert to float32."


def _remedy(x: np.ndarray, name: str, low: float, high: float) -> str:
    """How values come into [0, 1], from what they look like."""
    inside = float(np.mean((x >= 0) & (x <= 1)))
    clip = f"np.clip({name}, 0, 1)"
    for levels in (255, 65535):  # 8 and 16 bits, perhaps after an interpolation
        if levels / 4 < high <= 1.3 * levels and low >= -0.3 * levels:
            over = low < 0 or high > levels
            return f"divide by {levels}" + (f" and use {clip}" if over else "")
    if -1.001 <= low < -0.5 and high <= 1.001:
        return f"they look scaled to [-1, 1]: use ({name} + 1) / 2"
    if low >= -0.5 and high <= 1.5 and inside > 0.5:
        return (
            "they look like the overshoot of an interpolation (bicubic, Lanczos), or "
            f"like noise: use {clip}"
        )
    if low < 0:
        return "they look standardised: undo it (times the deviation, plus the mean)"
    return "rescale them: divide by the largest value of a pixel, 255 for 8-bit images"


def _wrong_shape(x: np.ndarray, name: str, image_shape: tuple[int, ...]) -> str:
    """What is wrong with the shape, with the one call that mends it where there is."""
    wanted = str((-1, *image_shape))
    remedies = {
        (math.prod(image_shape),): f"pass {name}.reshape{wanted}",
        (image_shape[-1], *image_shape[:-1]): f"pass np.moveaxis({name}, 1, -1)",
    }
    if image_shape[-1] == 1:
        remedies[image_shape[:-1]] = f"add the channel axis: {name}[..., None]"
    remedy = remedies.get(x.shape[1:])
    if x.shape == image_shape:
        remedy = f"for a single image pass {name}[None]"
    elif x.shape == image_shape[:-1]:
        remedy = f"for a single image pass {name}[None, ..., None]"
    remedy = remedy or "resize or crop the images, or build the networks for this shape"
    return f"{name} has shape {x.shape}, not {wanted.replace('-1', 'n')}: {remedy}."
