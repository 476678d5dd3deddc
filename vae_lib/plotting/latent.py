"""Codes in a two-dimensional latent space, coloured by digit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from vae_lib.plotting.checks import as_array, as_codes
from vae_lib.plotting.style import DIGIT_COLORS, WIDTH, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Ellipse

# Of 100 draws of a Gaussian in the plane 95 are at most this many standard deviations
# from its mean.
RADIUS = math.sqrt(-2.0 * math.log(0.05))
N_ELLIPSES = 100  # more would hide one another


def _as_labels(value: ArrayLike, n: int) -> np.ndarray:
    labels = as_array(value, "labels")
    if labels.shape != (n,):
        raise ValueError(
            f"labels must hold one digit for each of the {n} codes, shape ({n},); got "
            f"{labels.shape}."
        )
    known = np.arange(len(DIGIT_COLORS))
    if not np.isin(labels, known).all():
        wrong = labels[~np.isin(labels, known)][0]
        raise ValueError(f"labels must be digits from 0 to 9, got {wrong:g}.")
    return labels.astype(int)


def latent_scatter(
    codes: ArrayLike,
    labels: ArrayLike,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    z_log_var: ArrayLike | None = None,
    prior: bool = False,
    **scatter: Any,
) -> Axes:
    """Draw codes as points, coloured by digit (the report's figures 5 and 10).

    Each digit also stands at the median of its codes, so that nobody has to tell ten
    colours apart; where two would overlap they are moved aside. The view is a square
    that holds every point.

    Args:
        codes: ``(n, 2)``, such as the posterior means of test images.
        labels: digits, ``(n,)``.
        ax: where to draw, ``None`` for a new figure.
        title: title of the Axes.
        z_log_var: log-variances of the posteriors, ``(n, 2)``, or ``None``. With them
            the points are pale, and of some codes the ellipse is drawn to scale in
            which 95 of 100 draws from the posterior fall.
        prior: whether to draw the circle in which 95 of 100 draws from the prior fall.
        **scatter: what ``Axes.scatter`` takes, such as ``s=2`` or ``rasterized=True``.

    Returns:
        The Axes.

    Raises:
        ValueError: if the codes are not ``(n, 2)`` and finite, a label is missing
            or not a digit, or the log-variances are not one for each number.

    >>> from vae_lib import data, evaluation, plotting, pretrained
    >>> vae, sample = pretrained.load_pretrained("mlp", 2), data.load_sample()
    >>> z_mean, z_log_var = evaluation.encode(vae, sample.x_test, verbose=0)
    >>> ax = plotting.latent_scatter(z_mean, sample.y_test, title="500 test digits")
    """
    codes = as_codes(codes, "codes")
    labels = _as_labels(labels, len(codes))
    spreads = None if z_log_var is None else _as_spreads(z_log_var, codes)
    with drawing(ax, 1.12 * WIDTH) as ax:
        # In a fixed random order: sorted by digit, the last would cover the others.
        order = np.random.default_rng(0).permutation(len(codes))
        size = float(np.clip(500 / math.sqrt(len(codes)), 4, 30))
        colors = np.array(DIGIT_COLORS)[labels[order]]
        alpha = 0.75 if spreads is None else 0.4
        look = {"s": size, "c": colors, "alpha": alpha, "linewidths": 0}
        ax.scatter(*codes[order].T, **(look | scatter))
        if spreads is not None:
            some = order[:N_ELLIPSES]
            _draw_ellipses(ax, codes[some], spreads[some], colors[:N_ELLIPSES])
        if prior:
            ax.add_patch(_ellipse((0.0, 0.0), (1.0, 1.0), "black", 1.5))
        circle = [[-RADIUS, -RADIUS], [RADIUS, RADIUS]] if prior else codes
        side = _square_view(ax, np.concatenate([codes, circle]))
        _tag_digits(ax, codes, labels, gap=0.09 * side)
        ax.set(xlabel="$z_1$", ylabel="$z_2$")
        if title is not None:
            ax.set_title(title)
        _digit_legend(ax, np.unique(labels))
    return ax


def _as_spreads(z_log_var: ArrayLike, codes: np.ndarray) -> np.ndarray:
    """Standard deviations ``(n, 2)``."""
    z_log_var = as_codes(z_log_var, "z_log_var")
    if z_log_var.shape != codes.shape:
        raise ValueError(
            f"z_log_var must have the shape of the codes, {codes.shape}; got "
            f"{z_log_var.shape}."
        )
    return np.exp(0.5 * z_log_var)


def _draw_ellipses(
    ax: Axes, codes: np.ndarray, spreads: np.ndarray, colors: np.ndarray
) -> None:
    """The posteriors of a few codes, to scale."""
    for code, spread, color in zip(codes, spreads, colors, strict=True):
        ax.add_patch(_ellipse(code, spread, "black", 1.6))
        ax.add_patch(_ellipse(code, spread, color, 0.9))


def _ellipse(center: Any, spread: ArrayLike, color: str, width: float) -> Ellipse:
    """The outline of the region that holds 95 % of a Gaussian."""
    from matplotlib.patches import Ellipse

    axes = 2 * RADIUS * np.asarray(spread)
    return Ellipse(center, *axes, fill=False, ec=color, lw=width)


def _square_view(ax: Axes, codes: np.ndarray) -> float:
    """Limits of equal length on both axes; returns the length."""
    low, high = codes.min(axis=0), codes.max(axis=0)
    side = 1.06 * (high - low).max() or 1.0  # 1 if all codes are the same
    left, bottom = (low + high - side) / 2
    ax.set(xlim=(left, left + side), ylim=(bottom, bottom + side), aspect="equal")
    ax.locator_params(nbins=7, integer=True)
    return side


def _tag_digits(ax: Axes, codes: np.ndarray, labels: np.ndarray, gap: float) -> None:
    """Each digit at its median, on a white disc ringed in its colour."""
    digits = np.unique(labels)
    medians = np.array([np.median(codes[labels == d], axis=0) for d in digits])
    for digit, place in zip(digits, _spread(medians, gap), strict=True):
        color = DIGIT_COLORS[digit]
        disc = {"boxstyle": "circle,pad=0.2", "fc": "white", "ec": color, "lw": 2}
        x, y = place
        ax.text(x, y, str(digit), ha="center", va="center", weight="bold", bbox=disc)


def _spread(places: np.ndarray, gap: float) -> np.ndarray:
    """Push places apart, each pair half the missing distance, until all keep it."""
    turns = np.arange(len(places))
    # Places that coincide need some direction in which to part.
    places = places + 1e-6 * gap * np.stack([np.cos(turns), np.sin(turns)], axis=-1)
    for _ in range(200):
        away = places[:, None] - places  # (k, k, 2), from the second to the first
        distance = np.maximum(np.linalg.norm(away, axis=-1), 1e-9 * gap)
        missing = np.clip(gap - distance, 0.0, None)
        np.fill_diagonal(missing, 0.0)
        if not missing.any():
            break
        places = places + (away * (missing / distance / 2)[..., None]).sum(axis=1)
    return places


def _digit_legend(ax: Axes, digits: np.ndarray) -> None:
    """One row of coloured dots below the name of the x axis."""
    from matplotlib.lines import Line2D
    from matplotlib.transforms import ScaledTranslation

    dots = [
        Line2D([], [], marker="o", linestyle="", color=DIGIT_COLORS[d], label=str(d))
        for d in digits
    ]
    points = ScaledTranslation(0, -40 / 72, ax.figure.dpi_scale_trans)
    ax.legend(
        handles=dots,
        ncols=len(dots),
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        bbox_transform=ax.transAxes + points,
        handletextpad=0.0,
        columnspacing=0.6,
        handlelength=1.2,
        borderpad=0.0,
    )
