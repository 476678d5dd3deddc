"""The check of images that every public entry point of the library makes."""

import math

import numpy as np


def check_images(x, name="x", image_shape=(28, 28, 1)):
    """Return images as they came if a model can use them, else say what to change.

    Args:
        x: images, a NumPy array ``(n, *image_shape)`` of floats in [0, 1], n >= 1.
        name: the caller's name of the argument, for the message.
        image_shape: height, width, channels.

    Returns:
        ``x`` itself.

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
    if not np.issubdtype(x.dtype, np.floating):
        scale = "divide by 255 and " if np.issubdtype(x.dtype, np.integer) else ""
        problem = f"{name} has dtype {x.dtype}, not float32"
        raise ValueError(f"{problem}: {scale}convert to float32.")
    if len(x) == 0:
        raise ValueError(f"{name} has no images, shape {x.shape}: pass at least one.")
    # NaN and infinity survive min and max, so two passes without a copy see it all.
    low, high = x.min(), x.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        bad = np.flatnonzero(~np.isfinite(x).reshape(len(x), -1).all(axis=1))
        found = f"{name} has NaN or infinity in {len(bad)} of {len(x)} images"
        raise ValueError(f"{found}, first in {name}[{bad[0]}]: repair or drop them.")
    if low < 0 or high > 1:
        remedy = "divide by 255" if low >= 0 and 1 < high <= 255 else "rescale them"
        found = f"{name} has values from {low:g} to {high:g}, outside [0, 1]"
        raise ValueError(f"{found}: {remedy}.")
    return x


def _wrong_shape(x, name, image_shape):
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
