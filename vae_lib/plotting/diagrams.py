"""Diagrams of networks, read off the model itself (the report's figures 1 to 4)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from vae_lib.plotting.style import GRAY, WIDTH, drawing

if TYPE_CHECKING:
    import keras
    from matplotlib.axes import Axes

Place = tuple[float, float, float, float]  # left, top, width, height

LINE = 0.215  # inches from one line of text to the next
BOX_PAD = 0.17  # inches of box that are not text
ARROW = 0.27  # inches between boxes
FONT, TITLE_FONT = 11, 12
# fill and edge by kind, pale enough for black text
LOOKS = {
    "input": ("#f2f2f2", "#717581"),
    "output": ("#fff1d6", "#e76300"),
    "weights": ("#e3effa", "#3f90da"),
    "plain": ("#ffffff", "#94a4a2"),
}
ACTIVATIONS = {"relu": "ReLU", "gelu": "GELU", "elu": "ELU", "selu": "SELU"}


class Box(NamedTuple):
    """One layer of a diagram."""

    title: str
    details: list[str]  # lines of text
    kind: str  # a key of LOOKS
    level: int  # 0 for the input, then one more than the deepest layer it reads
    parents: list[int]  # indices of the boxes it reads


def network_diagram(
    model: keras.Model, *, ax: Axes | None = None, title: str | None = None
) -> Axes:
    """Draw a functional Keras model from top to bottom, one box a layer.

    Types, sizes, activations, output shapes and parameter counts are read from the
    model, so the picture cannot disagree with the code. Outputs carry their names.

    Args:
        model: a functional model, such as ``vae.encoder`` or ``vae.decoder``.
        ax: where to draw, ``None`` for a new figure of the right height.
        title: ``None`` gives the model's name and its number of parameters.

    Returns:
        The Axes, one unit an inch at full size.

    Raises:
        ValueError: if the model is not functional, or a layer reads another across
            the layers between.

    >>> from vae_lib import networks, plotting
    >>> encoder, _ = networks.build("mlp", 2)
    >>> ax = plotting.network_diagram(encoder)
    """
    boxes = read_layers(model)
    levels = [
        [i for i, box in enumerate(boxes) if box.level == level]
        for level in range(1 + max(box.level for box in boxes))
    ]
    heights = [max(_height(boxes[i]) for i in row) for row in levels]
    total = sum(heights) + ARROW * (len(heights) - 1)
    if title is None:
        title = f"{model.name}: {model.count_params():,} parameters"
    with drawing(ax, total + 0.45) as axes:
        scale = 1.0 if ax is None else _text_scale(ax, total)
        axes.set(xlim=(0, WIDTH), ylim=(total + 0.03, -0.03), aspect="equal")
        axes.set_axis_off()
        axes.set_title(title, size=TITLE_FONT * scale)
        places: dict[int, Place] = {}
        top = 0.0
        for row, height in zip(levels, heights, strict=True):
            for column, i in enumerate(row):
                width = WIDTH / len(row)
                places[i] = (column * width + 0.06, top, width - 0.12, height)
                _draw_box(axes, boxes[i], places[i], scale)
            top += height + ARROW
        for i, box in enumerate(boxes):
            for parent in box.parents:
                _draw_arrow(axes, places[parent], places[i])
    return axes


def read_layers(model: keras.Model) -> list[Box]:
    """The boxes of a functional model, inputs first, in the order of computation."""
    layers = getattr(model, "layers", None)
    if not layers or not getattr(model, "inputs", None):
        raise ValueError(
            "network_diagram reads a functional Keras model with inputs and layers; "
            f"got {type(model).__name__}. Of a VAE pass vae.encoder or vae.decoder."
        )
    outputs = {id(tensor) for tensor in model.outputs}
    made_by = {id(tensor): i for i, tensor in enumerate(model.inputs)}
    boxes = [_input_box(tensor) for tensor in model.inputs]
    for layer in layers:
        tensors = _as_list(layer.output)
        if all(id(tensor) in made_by for tensor in tensors):
            continue  # an InputLayer
        parents = _parents(layer, made_by)
        level = 1 + max(boxes[i].level for i in parents)
        _forbid_jumps(layer, level, [boxes[i].level for i in parents])
        kind = "weights" if layer.count_params() else "plain"
        if any(id(tensor) in outputs for tensor in tensors):
            kind = "output"
        narrow = kind == "output" and len(model.outputs) > 1
        details = _details(layer, tensors, kind, narrow)
        title = layer.name if kind == "output" else type(layer).__name__
        made_by.update({id(tensor): len(boxes) for tensor in tensors})
        boxes.append(Box(title, details, kind, level, parents))
    return boxes


def _input_box(tensor: Any) -> Box:
    # Keras numbers unnamed tensors by when they were made.
    name = "input" if tensor.name.startswith("keras_tensor") else tensor.name
    return Box(name, [f"input, {_shape(tensor.shape[1:])}"], "input", 0, [])


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _parents(layer: keras.Layer, made_by: dict[int, int]) -> list[int]:
    tensors = [id(tensor) for tensor in _as_list(layer.input)]
    if not all(tensor in made_by for tensor in tensors):
        raise ValueError(
            f"Layer {layer.name!r} reads a tensor that no layer before it makes: "
            "network_diagram draws models whose layers are each used once."
        )
    return sorted({made_by[tensor] for tensor in tensors})


def _forbid_jumps(layer: keras.Layer, level: int, parent_levels: list[int]) -> None:
    if any(level - parent > 1 for parent in parent_levels):
        raise ValueError(
            f"Layer {layer.name!r} reads a layer more than one row above it: "
            "network_diagram draws chains that branch and meet, not skip connections."
        )


def _details(
    layer: keras.Layer, tensors: list[Any], kind: str, narrow: bool
) -> list[str]:
    """The lines below the title of a box, everything from the layer."""
    config = layer.get_config()
    facts = [type(layer).__name__] if kind == "output" else []
    if "filters" in config:  # the units of a dense layer are in its output's shape
        facts.append(_plural(config["filters"], "map"))
    window = config.get("kernel_size") or config.get("pool_size")
    if window:
        facts += [_times(window), f"stride {_stride(config['strides'])}"]
    if hasattr(layer, "activation"):
        name = getattr(layer.activation, "__name__", type(layer.activation).__name__)
        facts.append(ACTIVATIONS.get(name, name))
    shape = ", ".join(_shape(tensor.shape[1:]) for tensor in tensors)
    count = layer.count_params()
    sizes = [shape] + ([_plural(count, "parameter")] if count else [])
    lines = sizes if narrow else [" \N{MIDDLE DOT} ".join(sizes)]
    return [", ".join(facts), *lines] if facts else lines


def _times(sizes: Sequence[int | None]) -> str:
    return " \N{MULTIPLICATION SIGN} ".join(
        "?" if n is None else f"{n:,}" for n in sizes
    )


def _stride(strides: Any) -> str:
    strides = _as_list(strides)
    return str(strides[0]) if len(set(strides)) == 1 else _times(strides)


def _shape(shape: Sequence[int | None]) -> str:
    if len(shape) == 1 and shape[0] is not None:
        return _plural(shape[0], "value")
    return _times(shape)


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _height(box: Box) -> float:
    return BOX_PAD + LINE * (1 + len(box.details))


def _text_scale(ax: Any, total: float) -> float:
    """Below 1 where the given Axes are smaller than the diagram at full size."""
    place, figure = ax.get_position(), ax.figure.get_size_inches()
    return min(1.0, place.width * figure[0] / WIDTH, place.height * figure[1] / total)


def _draw_box(ax: Axes, box: Box, place: Place, scale: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    left, top, width, height = place
    fill, edge = LOOKS[box.kind]
    style = "round,pad=0,rounding_size=0.08"
    patch = FancyBboxPatch(
        (left, top), width, height, boxstyle=style, fc=fill, ec=edge, lw=1.5
    )
    ax.add_patch(patch)
    write = functools.partial(ax.text, left + width / 2, ha="center", va="center")
    y = top + (height - LINE * len(box.details)) / 2
    write(y, box.title, weight="bold", size=TITLE_FONT * scale)
    for line in box.details:
        y += LINE
        write(y, line, size=FONT * scale)


def _draw_arrow(ax: Axes, above: Place, below: Place) -> None:
    """From the bottom of one box to the top of the other."""
    from matplotlib.patches import FancyArrowPatch

    start = (above[0] + above[2] / 2, above[1] + above[3])
    end = (below[0] + below[2] / 2, below[1])
    look: dict[str, Any] = {"arrowstyle": "-|>", "color": GRAY, "lw": 1.5}
    size: dict[str, Any] = {"mutation_scale": 13, "shrinkA": 0, "shrinkB": 0}
    ax.add_patch(FancyArrowPatch(start, end, **look, **size))
