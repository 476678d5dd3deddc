"""Pictures of images: a grid, samples with and without noise, reconstructions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from vae_lib._checks import same_shape, whole
from vae_lib.plotting.checks import as_images
from vae_lib.plotting.style import WIDTH, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAD = 2  # pixels between images


def mosaic(images: ArrayLike, *, n_columns: int = 10, pad: int = PAD) -> np.ndarray:
    """Put images into one, row by row from the top left.

    Args:
        images: ``(n, height, width, channels)``, channels 1 or 3.
        n_columns: images in a row.
        pad: empty pixels between neighbours.

    Returns:
        ``(rows * height + (rows - 1) * pad, ...)`` for the height, likewise for the
        width, and a last axis of 3 for colour. Places without an image are paper: 0
        for one channel, which is drawn white, and 1 for colour.

    Raises:
        ValueError: if the images or a count are not valid.
    """
    images = as_images(images, "images")
    n_columns = whole("n_columns", n_columns)
    pad = whole("pad", pad, least=0)
    n, height, width, channels = images.shape
    n_rows = -(-n // n_columns)
    paper = 0.0 if channels == 1 else 1.0
    tiles = np.full(
        (n_rows * n_columns, height + pad, width + pad, channels), paper, images.dtype
    )
    tiles[:n, :height, :width] = images
    # (row, column, y, x, channel) -> (row, y, column, x, channel)
    tiles = tiles.reshape(n_rows, n_columns, *tiles.shape[1:]).swapaxes(1, 2)
    board = tiles.reshape(n_rows * (height + pad), n_columns * (width + pad), channels)
    board = board[: len(board) - pad, : board.shape[1] - pad]
    return board[..., 0] if channels == 1 else board


def draw_image(ax: Axes, image: np.ndarray, top: float = 0, **imshow: Any) -> None:
    """Draw one image, its first pixel row at ``y = top``, one unit a pixel.

    A digit is ink on paper, 1 black and 0 white; colour is drawn as it is.
    """
    height, width = image.shape[:2]
    extent = (0, width, top + height, top)
    look: dict[str, Any] = {
        "cmap": "gray_r",
        "vmin": 0.0,
        "vmax": 1.0,
        "extent": extent,
    }
    ax.imshow(np.clip(image, 0.0, 1.0), **(look | imshow))
    ax.set(xlim=(0, width), ylim=(top + height, 0))


def _bare(ax: Axes, title: str | None) -> None:
    """No ticks and no frame: the pictures speak."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    if title is not None:
        ax.set_title(title)


def _figure_height(height: float, width: float, title: str | None) -> float:
    return WIDTH * height / width + (0.4 if title else 0.1)


def image_grid(
    images: ArrayLike,
    *,
    n_columns: int = 10,
    ax: Axes | None = None,
    title: str | None = None,
    **imshow: Any,
) -> Axes:
    """Draw images in rows, such as samples (the report's figures 7 and 12).

    Args:
        images: ``(n, height, width, channels)``, channels 1 or 3, n at least 1.
        n_columns: images in a row.
        ax: where to draw, ``None`` for a new figure.
        title: title of the Axes.
        **imshow: what ``Axes.imshow`` takes, such as ``interpolation="bilinear"``.

    Returns:
        The Axes. Values outside [0, 1] are clipped.

    Raises:
        ValueError: if the images or ``n_columns`` are not valid.

    >>> from vae_lib import data, plotting
    >>> ax = plotting.image_grid(data.load_sample().x_test[:30], title="Test digits")
    """
    images = as_images(images, "images")
    n_columns = min(whole("n_columns", n_columns), len(images))
    picture = mosaic(images, n_columns=n_columns)
    with drawing(ax, _figure_height(len(picture), picture.shape[1], title)) as ax:
        draw_image(ax, picture, **imshow)
        _bare(ax, title)
    return ax


def samples(
    means: ArrayLike,
    noisy: ArrayLike,
    *,
    n_columns: int = 10,
    ax: Axes | None = None,
    title: str | None = None,
    **imshow: Any,
) -> Axes:
    r"""Draw decoder means above the samples that the likelihood's noise makes of them.

    Most books print :math:`E[x \mid z]` and call it a sample; only
    :math:`x \sim p(x \mid z)` is one.

    Args:
        means: ``(n, height, width, channels)``.
        noisy: the same codes with the likelihood's noise, same shape.
        n_columns: images in a row.
        ax: where to draw, ``None`` for a new figure.
        title: title of the Axes.
        **imshow: what ``Axes.imshow`` takes, such as ``cmap="gray"`` for photographs.

    Returns:
        The Axes.

    Raises:
        ValueError: if the images or ``n_columns`` are not valid or the shapes differ.

    >>> from vae_lib import plotting, pretrained, report
    >>> vae = pretrained.load_pretrained("mlp", 10)
    >>> ax = plotting.samples(*report.draw_samples(vae, 20, seed=0))
    """
    means, noisy = as_images(means, "means"), as_images(noisy, "noisy")
    same_shape(means=means, noisy=noisy)
    n_columns = min(whole("n_columns", n_columns), len(means))
    blocks = {
        r"Decoder means, $E[x \mid z]$": mosaic(means, n_columns=n_columns),
        r"With the noise, $x \sim p(x \mid z)$": mosaic(noisy, n_columns=n_columns),
    }
    height, width = mosaic(means, n_columns=n_columns).shape[:2]
    line = 0.085 * width  # room for a line of text at the width of a new figure
    total = 2 * (height + line) + 0.5 * line
    with drawing(ax, _figure_height(total, width, title)) as ax:
        top = 0.0
        for caption, picture in blocks.items():
            ax.text(0, top + 0.75 * line, caption, va="baseline")
            draw_image(ax, picture, top + line, **imshow)
            top += height + 1.5 * line
        _bare(ax, title)
    return ax


def reconstructions(
    x: ArrayLike,
    x_mean: ArrayLike,
    x_noisy: ArrayLike | None = None,
    *,
    n_columns: int = 8,
    ax: Axes | None = None,
    title: str | None = None,
    **imshow: Any,
) -> Axes:
    """Draw originals above their reconstructions, and those with noise below.

    Args:
        x: originals, ``(n, height, width, channels)``.
        x_mean: reconstructed means, same shape.
        x_noisy: the means with the likelihood's noise, same shape, or ``None``.
        n_columns: images in a row; more images make another group of rows.
        ax: where to draw, ``None`` for a new figure.
        title: title of the Axes.
        **imshow: what ``Axes.imshow`` takes, such as ``cmap="gray"`` for photographs.

    Returns:
        The Axes; the rows are named at its left.

    Raises:
        ValueError: if the images or ``n_columns`` are not valid or the shapes differ.

    >>> from vae_lib import data, plotting, pretrained
    >>> vae, x = pretrained.load_pretrained("mlp", 10), data.load_sample().x_test[:8]
    >>> z_mean, _ = vae.encode(x)
    >>> ax = plotting.reconstructions(x, vae.decode(z_mean))
    """
    rows = {"original": as_images(x, "x"), "mean": as_images(x_mean, "x_mean")}
    same_shape(x=rows["original"], x_mean=rows["mean"])
    if x_noisy is not None:
        rows["noisy"] = as_images(x_noisy, "x_noisy")
        same_shape(x=rows["original"], x_noisy=rows["noisy"])
    n, height, *_ = rows["original"].shape
    n_columns = min(whole("n_columns", n_columns), n)
    strips = [
        (name, mosaic(images[start : start + n_columns], n_columns=n_columns))
        for start in range(0, n, n_columns)
        for name, images in rows.items()
    ]
    # A wider gap after each group of rows.
    tops = [
        i * (height + PAD) + i // len(rows) * height // 2 for i in range(len(strips))
    ]
    width = strips[0][1].shape[1]
    figure_height = _figure_height(0.85 * (tops[-1] + height), width, title)
    with drawing(ax, figure_height) as ax:
        for top, (_, strip) in zip(tops, strips, strict=True):
            draw_image(ax, strip, top, **imshow)
        _bare(ax, title)
        centers = [top + height / 2 for top in tops]
        ax.set_yticks(centers, [name for name, _ in strips])
    return ax
