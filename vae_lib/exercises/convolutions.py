"""The exercises of chapter 7, on the convolutional VAE."""

from collections.abc import Sequence

import numpy as np

from vae_lib._types import Array
from vae_lib.exercises._judge import Exercise

__all__ = [
    "check_code_moves",
    "check_receptive_field",
    "check_transposed",
    "check_unit_census",
]


def _receptive_field(kernels: Sequence[int], strides: Sequence[int]) -> int:
    """The side of the square of pixels that one unit sees."""
    size = jump = 1
    for kernel, stride in zip(kernels, strides, strict=True):
        size, jump = size + (kernel - 1) * jump, jump * stride
    return size


def _stride_too_early(kernels: Sequence[int], strides: Sequence[int]) -> int:
    """With the stride of a layer counted for that layer itself."""
    size = jump = 1
    for kernel, stride in zip(kernels, strides, strict=True):
        jump *= stride
        size += (kernel - 1) * jump
    return size


check_receptive_field = Exercise(
    task="Write the side of the square of pixels that a unit of the last layer sees.",
    truth=_receptive_field,
    cases=[([3, 3, 3, 3], [1, 2, 1, 1]), ([5, 3, 7], [2, 2, 1]), ([4, 1], [3, 2])],
    mistakes={
        "the strides are left out: after a stride of 2 neighbours are further apart": (
            lambda kernels, strides: _receptive_field(kernels, [1] * len(strides))
        ),
        "the stride of a layer counts from the next layer on, not in it": (
            _stride_too_early
        ),
        "a kernel of side k adds k - 1 neighbours, not k": lambda kernels, strides: (
            _receptive_field([kernel + 1 for kernel in kernels], strides)
        ),
        "a kernel reaches to both sides; one is counted": lambda kernels, strides: (
            1 + (_receptive_field(kernels, strides) - 1) / 2
        ),
        "this is the number of pixels, and the side of their square is asked for": (
            lambda kernels, strides: _receptive_field(kernels, strides) ** 2
        ),
    },
    hint="Keep two numbers from layer to layer: how many pixels a unit sees along one "
    "side, and how many pixels lie between two neighbouring units.",
)


def _transposed(h: Array, kernel: Array, stride: int) -> Array:
    """Every unit spreads its value over the outputs, as its kernel says."""
    out = np.zeros((len(h) - 1) * stride + len(kernel))
    for i, value in enumerate(h):
        out[i * stride : i * stride + len(kernel)] += value * kernel
    return out


def _overwritten(h: Array, kernel: Array, stride: int) -> Array:
    out = np.zeros((len(h) - 1) * stride + len(kernel))
    for i, value in enumerate(h):
        out[i * stride : i * stride + len(kernel)] = value * kernel
    return out


check_transposed = Exercise(
    task="Write a transposed convolution along one axis.",
    truth=_transposed,
    cases=[
        (np.array([1.0, -2.0, 0.5]), np.array([1.0, 2.0, 4.0]), 2),
        (np.array([3.0, 1.0, 2.0, -1.0]), np.array([0.5, -1.0, 2.0]), 1),
        (np.array([1.0, 2.0]), np.array([1.0, 3.0]), 3),
    ],
    mistakes={
        "where two kernels meet, the later one replaces the earlier; they add up": (
            _overwritten
        ),
        "the kernel is turned: a value meets it in its own order": (
            lambda h, kernel, stride: _transposed(h, kernel[::-1], stride)
        ),
        "the kernels start one place apart, whatever the stride": (
            lambda h, kernel, stride: _transposed(h, kernel, 1)
        ),
        "it is cut to the length of the input times the stride; keep all of it": (
            lambda h, kernel, stride: _transposed(h, kernel, stride)[: len(h) * stride]
        ),
        "it begins one place late: the first kernel starts at the first output": (
            lambda h, kernel, stride: np.roll(_transposed(h, kernel, stride), 1)
        ),
    },
    hint="How long is the output if the last of n kernels begins (n - 1) strides "
    "after the first? Put one kernel after the other into zeros of that length.",
    remark="Where kernels overlap unevenly, decoders draw the pattern of a chessboard.",
)


def _unit_census(h: Array) -> tuple[int, int]:
    """How many units are positive for some image, and how many for every image."""
    positive = np.asarray(h) > 0
    return int(positive.any(axis=0).sum()), int(positive.all(axis=0).sum())


_LAYER = np.array(
    [
        [1.0, 0.0, -0.1, 2.0, 0.0, 3.0],
        [0.5, 0.0, -0.2, -1.5, 0.3, -5.0],
        [2.0, 0.0, -0.1, 1.0, 0.0, -1.0],
    ]
)

check_unit_census = Exercise(
    task="Count the units that are positive for some image, and for every image.",
    truth=_unit_census,
    cases=[(_LAYER,), (np.maximum(_LAYER, 0),), (_LAYER[:2] + 0.15,)],
    mistakes={
        "images are counted instead of units: which axis are the images?": lambda h: (
            _unit_census(np.asarray(h).T)
        ),
        "a unit that gives 0 is counted as positive": lambda h: _unit_census(
            np.asarray(h) + 1e-9
        ),
        "the two counts stand in the wrong order": lambda h: _unit_census(h)[::-1],
        "these are shares of all units; their numbers are asked for": lambda h: tuple(
            count / np.shape(h)[1] for count in _unit_census(h)
        ),
        "the mean over the images is judged, which one large value decides": lambda h: (
            (int((np.mean(h, axis=0) > 0).sum()),) * 2
        ),
    },
    hint="Rows are images, columns are units. Ask each value whether it is positive, "
    "then ask each column twice. Return the two numbers in the order of the question.",
)


def _code_moves(before: Array, after: Array) -> float:
    """The median distance, in units of the codes' own spread."""
    return np.median(np.linalg.norm(after - before, axis=1)) / before.std()


_CODES = np.random.default_rng(2).standard_normal((2, 7, 3)) * [[[1.0]], [[0.4]]]

check_code_moves = Exercise(
    task="Write by how far the codes of the images move, in units of their spread.",
    truth=_code_moves,
    cases=[(2 * _CODES[0], 2 * _CODES[0] + _CODES[1]), (_CODES[0, :5], _CODES[1, :5])],
    mistakes={
        "it is not divided by the spread of the codes": lambda before, after: (
            _code_moves(before, after) * before.std()
        ),
        "the mean of the distances is taken, and their median is asked for": (
            lambda before, after: (
                np.mean(np.linalg.norm(after - before, axis=1)) / before.std()
            )
        ),
        "it is divided by a variance; a distance needs a standard deviation": (
            lambda before, after: _code_moves(before, after) / before.std()
        ),
        "one coordinate after the other is judged; a move has one length": (
            lambda before, after: np.median(np.abs(after - before)) / before.std()
        ),
        "the spread is that of the moved codes": lambda before, after: (
            _code_moves(before, after) * before.std() / after.std()
        ),
    },
    hint="The length of each row's difference, then one number for all rows, then the "
    "standard deviation of all coordinates of the codes before the move.",
)
