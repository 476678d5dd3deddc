"""A grid of codes that follows the prior, and the picture of what it decodes to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from vae_lib._checks import whole
from vae_lib.plotting.checks import as_codes, as_images
from vae_lib.plotting.images import draw_image, mosaic
from vae_lib.plotting.style import WIDTH, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Almost evenly spaced under the normal distribution function.
ROUND_Z = (-1.5, -0.5, 0.0, 0.5, 1.5)


def prior_grid(n: int = 20, *, tail: float | None = None) -> np.ndarray:
    r"""Codes that cut the prior into cells of equal probability.

    .. math:: z_{ij} = \big( \Phi^{-1}(u_j), \Phi^{-1}(u_{n+1-i}) \big), \qquad
        u_j = \frac{j - \frac12}{n}

    Equal steps in z would spend most of the grid where the prior has almost no mass.

    Args:
        n: codes along each axis, at least 2.
        tail: prior mass below the lowest and above the highest code of an axis;
            ``None`` is half a cell, ``0.5 / n``. The steps between are equal.

    Returns:
        ``(n * n, 2)``, float32, in the order of reading: the first row has the largest
        ``z_2``, and within a row ``z_1`` rises.

    Raises:
        ValueError: if ``n`` is below 2 or ``tail`` is not between 0 and 0.5.

    Source: Kingma & Welling (2013), appendix A.

    >>> from vae_lib import plotting
    >>> print(plotting.prior_grid(2).round(2))
    [[-0.67  0.67]
     [ 0.67  0.67]
     [-0.67 -0.67]
     [ 0.67 -0.67]]
    """
    from scipy.special import ndtri  # the inverse of the normal distribution function

    n = whole("n", n, least=2)
    tail = 0.5 / n if tail is None else tail
    if not 0.0 < tail < 0.5:
        raise ValueError(f"tail is a probability between 0 and 0.5, got {tail!r}.")
    z = ndtri(np.linspace(tail, 1.0 - tail, n))
    z_2, z_1 = np.meshgrid(z[::-1], z, indexing="ij")
    return np.stack([z_1.ravel(), z_2.ravel()], axis=-1).astype("float32")


def manifold(
    images: ArrayLike,
    codes: ArrayLike | None = None,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    **imshow: Any,
) -> Axes:
    """Draw decoded images where their codes lie (the report's figures 6 and 11).

    Args:
        images: the decoded codes of :func:`prior_grid`, ``(n * n, height, width, 1)``.
        codes: the grid, ``(n * n, 2)``, if it is not ``prior_grid(n)``.
        ax: where to draw, ``None`` for a new figure.
        title: title of the Axes.
        **imshow: what ``Axes.imshow`` takes, such as ``cmap="viridis"``.

    Returns:
        The Axes. Its ticks are values of z at their places between the images, not
        evenly spaced because the grid is not.

    Raises:
        ValueError: if the images are no square, or the codes are no such grid.

    >>> from vae_lib import plotting, pretrained
    >>> vae = pretrained.load_pretrained("mlp", 2)
    >>> ax = plotting.manifold(vae.decode(plotting.prior_grid(8)))
    """
    checked = as_images(images, "images")
    n = math.isqrt(len(checked))
    if n < 2 or n * n != len(checked):
        raise ValueError(
            f"images must fill a square, n * n of them with n at least 2; got "
            f"{len(checked)}. Decode prior_grid(n)."
        )
    z_1, z_2 = _grid_axes(prior_grid(n) if codes is None else codes, n)
    picture = mosaic(images, n_columns=n, pad=0)
    height, width = picture.shape[:2]
    with drawing(ax, WIDTH * height / width + (0.5 if title else 0.2)) as ax:
        draw_image(ax, picture, **imshow)
        ax.set_xticks(*_ticks(z_1, width))
        # y runs down the picture, z_2 runs up.
        places, names = _ticks(z_2[::-1], height)
        ax.set_yticks([height - place for place in places], names)
        ax.set(xlabel="$z_1$", ylabel="$z_2$")
        if title is not None:
            ax.set_title(title)
    return ax


def _grid_axes(codes: ArrayLike, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The ``z_1`` of the columns and the ``z_2`` of the rows, each ``(n,)``."""
    given = as_codes(codes, "codes")
    if len(given) == n * n:
        grid = given.reshape(n, n, 2)
        z_1, z_2 = grid[0, :, 0], grid[:, 0, 1]
        columns, rows = grid[..., 0] == z_1, grid[..., 1] == z_2[:, None]
        rises, falls = np.diff(z_1) > 0, np.diff(z_2) < 0
        if all(part.all() for part in (columns, rows, rises, falls)):
            return z_1, z_2
    raise ValueError(
        f"codes must be a grid of {n} rows of {n}, row by row from the largest z_2, "
        f"with z_1 rising in each row, as prior_grid({n}) gives it."
    )


def _ticks(z: np.ndarray, length: int) -> tuple[list[float], list[str]]:
    """Places in pixels and names of round values of z; ``z`` rises with the pixels."""
    centers = (np.arange(len(z)) + 0.5) * length / len(z)
    values = [v for v in ROUND_Z if z[0] <= v <= z[-1]]
    names = [f"{value:g}".replace("-", "\N{MINUS SIGN}") for value in values]
    return np.interp(values, z, centers).tolist(), names
