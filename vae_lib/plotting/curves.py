"""Training curves."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vae_lib.plotting.checks import as_array
from vae_lib.plotting.style import BLUE, ORANGE, check_axes, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLES = {
    "elbo": "ELBO, higher is better",
    "rate": r"Rate, $\mathrm{KL}(q(z \mid x) \,\|\, p(z))$",
    "distortion": r"Distortion, $-\mathrm{E}_q \log p(x \mid z)$",
    "loss": "Loss, lower is better",
}


def training_curves(
    history: Any,
    metrics: str | Sequence[str] = ("elbo", "rate", "distortion"),
    *,
    ax: Axes | Sequence[Axes] | np.ndarray | None = None,
    **plot: Any,
) -> Any:
    """Draw metrics against epochs, training and validation, one Axes each.

    During an epoch the weights move: Keras's training value is the mean over the
    epoch, its validation value is taken at the end.

    Args:
        history: what ``fit`` returns, or a dict of lists with one number an epoch;
            ``val_elbo`` is drawn with ``elbo`` where it is there.
        metrics: a name, or a list of names.
        ax: where to draw, as many Axes as metrics, or ``None`` for a new figure.
        **plot: what ``Axes.plot`` takes, such as ``linewidth=1``.

    Returns:
        The Axes, or for a list of metrics an array of them.

    Raises:
        ValueError: if a metric is not in the history, its lists differ in length or
            are not finite, or the number of Axes is not that of metrics.

    >>> from vae_lib import plotting
    >>> history = {"elbo": [90.0, 150.0, 165.0], "val_elbo": [140.0, 158.0, 166.0]}
    >>> ax = plotting.training_curves(history, "elbo")
    >>> ax.get_title(loc="left")
    'ELBO, higher is better'
    """
    names = [metrics] if isinstance(metrics, str) else list(metrics)
    curves = _read_curves(history, names)
    new = drawing(None, 0.4 + 1.7 * len(names), rows=len(names))
    with new if ax is None else contextlib.nullcontext(ax) as given:
        axes = _as_axes(given, names)
        for one, (name, lines) in zip(axes, curves.items(), strict=True):
            _draw(one, name, lines, plot)
        axes[-1].set_xlabel("epoch")
        axes[0].legend()
    return axes[0] if isinstance(metrics, str) else axes


def _as_axes(given: Any, names: list[str]) -> np.ndarray:
    """An array of as many Axes as there are metrics."""
    axes = np.atleast_1d(np.asarray(given, dtype=object)).ravel()
    if len(axes) != len(names):
        raise ValueError(
            f"{len(names)} metrics, {', '.join(names)}, need as many Axes; ax "
            f"holds {len(axes)}."
        )
    for one in axes:
        check_axes(one)
    return axes


def _draw(ax: Axes, name: str, lines: list[np.ndarray], plot: dict[str, Any]) -> None:
    looks = (("training", BLUE, "-"), ("validation", ORANGE, "--"))
    for values, (label, color, style) in zip(lines, looks, strict=False):
        epochs = np.arange(1, len(values) + 1)
        marker = "o" if len(values) <= 30 else None
        look = {"color": color, "marker": marker, "markersize": 4, "label": label}
        ax.plot(epochs, values, style, **(look | plot))
    ax.set_title(TITLES.get(name, name), loc="left")
    ax.set_ylabel("nats per image")
    ax.locator_params(axis="x", integer=True)


def _read_curves(history: Any, names: list[str]) -> dict[str, list[np.ndarray]]:
    """``{name: [training, validation if recorded]}``, each line ``(epochs,)``."""
    record = getattr(history, "history", history)
    if not isinstance(record, dict):
        raise ValueError(
            "history must be what fit returns, or a dict of lists; got "
            f"{type(history).__name__}."
        )
    curves = {}
    for name in names:
        if name not in record:
            known = ", ".join(map(repr, record)) or "nothing"
            raise ValueError(f"history has no {name!r}; it holds {known}.")
        keys = [key for key in (name, f"val_{name}") if key in record]
        curves[name] = [as_array(record[key], f"history[{key!r}]") for key in keys]
        shapes = {line.shape for line in curves[name]}
        length = len(curves[name][0]) if curves[name][0].ndim == 1 else 0
        if shapes != {(length,)} or not length:
            raise ValueError(
                f"history[{name!r}] and history['val_{name}'] must be lists with one "
                f"number for each epoch, equally long; got shapes {sorted(shapes)}."
            )
    return curves
