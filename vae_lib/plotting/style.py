"""The look of the book's figures, and the one place where a figure is made."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

# A phone shows a figure about 3.6 inches wide. At 4.2 inches, text of 11 points stays
# above 9 points there, and on a wide page the figure needs no scaling at all.
WIDTH = 4.2

# Petroff (2021), arXiv:2107.02270: ten colours that stay apart under the three colour
# vision deficiencies. Given out so that digits which share a corner of the latent
# space (4 and 9, 3 and 8, 2 and 6, ...) are far apart in all of them.
DIGIT_COLORS = (
    "#b9ac70",
    "#a96b59",
    "#ffa90e",
    "#94a4a2",
    "#717581",
    "#832db6",
    "#92dadd",
    "#3f90da",
    "#bd1f01",
    "#e76300",
)
BLUE, ORANGE, GRAY = DIGIT_COLORS[7], DIGIT_COLORS[9], "#555555"

# Sizes are numbers, not "medium": matplotlib reads a name again at drawing time, when
# these settings are no longer in force. White stays white on a dark page.
STYLE: dict[Any, Any] = {
    "figure.figsize": (WIDTH, 3.0),
    "figure.dpi": 120,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "savefig.dpi": "figure",
    "savefig.facecolor": "white",
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.labelsize": 11,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 11,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 2.0,
    "image.cmap": "gray_r",
    "svg.hashsalt": "vae_lib",
}


def use_style() -> None:
    """Apply the book's style to all figures that follow; call it once a notebook.

    The functions here use it by themselves. A chapter that draws with matplotlib
    directly calls this first, so that all its figures look alike.
    """
    import matplotlib
    from cycler import cycler

    matplotlib.rcParams.update(STYLE)
    first = (BLUE, ORANGE)
    others = tuple(color for color in DIGIT_COLORS if color not in first)
    matplotlib.rcParams["axes.prop_cycle"] = cycler(color=first + others)
    _sharpen_notebooks()


def _sharpen_notebooks() -> None:
    """In a notebook, draw two pixels for each pixel of the page, shown at half size.

    Screens of phones and laptops have two or three of them. Jupyter and Colab read the
    size from the output itself; elsewhere, as in a script, nothing is changed.
    """
    if "IPython" not in sys.modules:
        return
    shell = sys.modules["IPython"].get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return
    from matplotlib_inline.config import InlineBackend

    InlineBackend.instance(parent=shell).figure_formats = {"retina"}


def check_axes(ax: Any) -> None:
    """Refuse what is not one matplotlib Axes, such as an array of them."""
    if not hasattr(ax, "add_artist"):
        raise ValueError(
            f"ax must be one matplotlib Axes or None, got {type(ax).__name__}; "
            "from plt.subplots(1, 2) pass axes[0] or axes[1]."
        )


@contextlib.contextmanager
def drawing(ax: Any, height: float, rows: int = 1) -> Iterator[Any]:
    """Yield ``ax``, or the Axes of a new figure in the book's style.

    Args:
        ax: the Axes to draw into, or ``None`` for a new figure.
        height: height of a new figure, in inches.
        rows: number of Axes in a new figure, one above the other.

    Raises:
        ValueError: if ``ax`` is not one matplotlib Axes.
    """
    if ax is not None:
        check_axes(ax)
        yield ax
        return
    import matplotlib
    from matplotlib import pyplot as plt

    with matplotlib.rc_context(STYLE):
        figure, axes = plt.subplots(rows, figsize=(WIDTH, height), sharex=rows > 1)
        try:
            for one in figure.axes:
                one.tick_params(labelsize=STYLE["xtick.labelsize"])
            yield axes
            figure.align_ylabels()
        except BaseException:
            plt.close(figure)  # no half-drawn figure in a notebook
            raise
