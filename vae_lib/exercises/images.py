"""The exercises of chapter 17, on images of one's own."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from vae_lib._types import Array
from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import Values, special

__all__ = [
    "check_deal_groups",
    "check_divided_twice",
    "check_log_mixture",
    "check_mirrored_copies",
    "check_nats_of",
]


def _nats_of(bits: float, n_dims: int, n_levels: int = 256) -> float:
    return (math.log2(n_levels) - bits) * n_dims * math.log(2)


check_nats_of = Exercise(
    task="Turn bits per dimension into nats per image, with pixels in [0, 1].",
    truth=_nats_of,
    cases=[(3.5, 3_072, 256), (0.2, 784, 2), (9.0, 10, 256)],
    mistakes={
        "the levels are missing: a pixel in [0, 1] has log2(levels) bits to lose": (
            lambda bits, dims, levels: -bits * dims * math.log(2)
        ),
        "this is one dimension: multiply by their number": lambda bits, dims, levels: (
            _nats_of(bits, 1, levels)
        ),
        "nats and bits are interchanged: a bit is log 2 of a nat": (
            lambda bits, dims, levels: _nats_of(bits, dims, levels) / math.log(2) ** 2
        ),
        "the number of levels stands where its logarithm belongs": (
            lambda bits, dims, levels: (levels - bits) * dims * math.log(2)
        ),
    },
    hint="Solve `bits_per_dim` for the nats: many bits are few nats, and 8 bits a "
    "pixel of 256 levels are a log density of 0.",
)

_PIXELS = 256  # of a patch, 16 by 16
_GAIN = _PIXELS * math.log(255)

check_divided_twice = Exercise(
    task="Say by how many nats the floor rises if pixels are divided by 255 again.",
    truth=_GAIN,
    rtol=1e-3,
    mistakes={
        "this is one pixel: a patch has 256 of them": _GAIN / _PIXELS,
        "a density becomes larger where the unit becomes smaller": -_GAIN,
        "these are digits: a patch has 16 times 16 pixels": 784 * math.log(255),
        "this is the change of the squares: a density has one unit a pixel": (
            2 * _GAIN
        ),
    },
    hint="All pixels move together by a factor: what does that do to a density in as "
    "many dimensions as a patch has pixels?",
    remark="Nothing has been learned: state the pixel scale.",
)

_dice = np.random.default_rng(0)
_OLD = _dice.random((6, 5, 5, 1))
_NEW = _dice.random((7, 5, 5, 1))
_NEW[1] = _OLD[4]
_NEW[3] = _OLD[0][:, ::-1]
_NEW[5] = _OLD[3] + 0.005
_NEW[4] = _OLD[2][::-1]  # upside down: no copy
_NEW[6] = _OLD[5][:, ::-1] + 0.02  # too far
_SEARCHES = [(_NEW, _OLD, 1e-4), (_NEW, _OLD[:3], 1e-4), (_NEW, _OLD, 1e-3)]


def _flags(answer: Any) -> list:
    """For each new image whether it is found."""
    found = []
    for case in _SEARCHES:
        numbers = np.asarray(answer(*(np.copy(part) for part in case)))
        if numbers.ndim != 1:
            raise TypeError("give the numbers of the copies, as one array")
        if numbers.dtype == bool:
            numbers = np.flatnonzero(numbers)
        found.append(np.isin(np.arange(len(_NEW)), numbers))
    return found


def _found(*views: Callable[[Array], Array], root: bool = False) -> Callable:
    def search(new: Array, old: Array, limit: float) -> Values:
        seen = np.concatenate([view(old) for view in views])
        squares = np.mean((new[:, None] - seen[None]) ** 2, axis=(2, 3, 4)).min(axis=1)
        return np.flatnonzero((np.sqrt(squares) if root else squares) < limit)

    return search


def _same(x: Array) -> Array:
    return x


def _mirrored(x: Array) -> Array:
    return x[:, :, ::-1]


check_mirrored_copies = Exercise(
    task="Find the new images that are copies of an old one or of its mirror image.",
    truth=_found(_same, _mirrored),
    observe=_flags,
    mistakes={
        "plain copies are not found: look for both": _found(_mirrored),
        "mirrored copies are not found": _found(_same),
        "the images are turned upside down: left and right are the third axis": _found(
            _same, lambda x: x[:, ::-1]
        ),
        "upside-down images are no mirror images": _found(
            _same, _mirrored, lambda x: x[:, ::-1]
        ),
        "the limit is for the mean of the squares, and not for its root": _found(
            _same, _mirrored, root=True
        ),
        "the numbers of the others are given": lambda new, old, limit: np.setdiff1d(
            np.arange(len(new)), _found(_same, _mirrored)(new, old, limit)
        ),
    },
    hint="`nearest` gives the mean squared difference to the closest old image. Ask it "
    "twice, and return the numbers of the new images for which either is small.",
)

_OWNERS = np.random.default_rng(1).choice(
    40, size=600, p=np.random.default_rng(2).dirichlet(np.ones(40))
)
_PART_NAMES = ("training", "validation", "test")


def _parts_of(answer: Any, seed: int) -> list[Values]:
    parts = [np.asarray(part) for part in answer(_OWNERS.copy(), seed=seed)]
    if len(parts) != 3 or any(part.ndim != 1 for part in parts):
        raise TypeError(f"three arrays of image numbers are expected: {_PART_NAMES}")
    return [part.astype("int64") for part in parts]


def _properties(answer: Any) -> list:
    """Groups shared, images that are not in just one part, groups, luck."""
    parts = _parts_of(answer, 0)
    owners = [set(_OWNERS[part].tolist()) for part in parts]
    shared = sum(len(owners[i] & owners[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    times = np.bincount(np.concatenate(parts), minlength=len(_OWNERS))
    again, other = _parts_of(answer, 0), _parts_of(answer, 1)
    repeats = all(map(np.array_equal, parts, again))
    differs = not all(map(np.array_equal, parts, other))
    small = [abs(len(group) - len(set(_OWNERS)) / 10) <= 1 for group in owners[1:]]
    return [[shared, np.sum(times != 1)], [all(small), repeats, differs]]


def _deal_names(
    groups: Array, seed: int = 0, order: Sequence[int] = (2, 0, 1), shuffle: bool = True
) -> list[Values]:
    names = np.unique(groups)
    if shuffle:
        names = np.random.default_rng(seed).permutation(names)
    n = round(len(names) / 10)
    parts = [names[:n], names[n : 2 * n], names[2 * n :]]
    return [np.flatnonzero(np.isin(groups, parts[i])) for i in order]


def _deal_images(groups: Array, seed: int = 0) -> list[Values]:
    numbers = np.random.default_rng(seed).permutation(len(groups))
    n = len(groups) // 10
    return [numbers[2 * n :], numbers[:n], numbers[n : 2 * n]]


check_deal_groups = Exercise(
    task="Deal out whole groups, a tenth each to validation and test.",
    truth=_deal_names,
    observe=_properties,
    mistakes={
        "images are dealt out, so that one group is in several parts": _deal_images,
        "the parts come in another order: training, validation, test are asked for": (
            lambda groups, seed=0: _deal_names(groups, seed, order=(0, 1, 2))
        ),
        "the seed changes nothing: the groups keep their order": (
            lambda groups, seed=0: _deal_names(groups, shuffle=False)
        ),
        "some images are lost": lambda groups, seed=0: [
            part[::2] for part in _deal_names(groups, seed)
        ],
        "validation and test are the same": lambda groups, seed=0: _deal_names(
            groups, seed, order=(2, 0, 0)
        ),
    },
    hint="Shuffle the names of the groups, deal those, and look up whose image each "
    "is. Return three arrays of image numbers: training, validation, test.",
)


def _log_mixture(log_p: Array, log_w: Array) -> Array:
    return special.logsumexp(log_p + log_w, axis=1)


check_log_mixture = Exercise(
    task="Write the log density of a mixture from its components' and weights.",
    truth=_log_mixture,
    cases=[
        (np.array([[-900.0, -903.0], [-3.0, -1.0]]), np.log([0.25, 0.75])),
        (np.array([[2.0, 0.5, -1.0]]), np.log([0.2, 0.3, 0.5])),
    ],
    mistakes={
        "the weights are missing": lambda p, w: special.logsumexp(p, axis=1),
        "it averages log densities: the densities themselves are to be averaged": (
            lambda p, w: p @ np.exp(w)
        ),
        "all components count alike": lambda p, w: (
            special.logsumexp(p, axis=1) - math.log(p.shape[1])
        ),
        "the sum runs over the images, and not over the components": lambda p, w: (
            special.logsumexp(p + w, axis=0)
        ),
        "the best component alone is a lower bound only": lambda p, w: np.max(
            p + w, axis=1
        ),
        "this is the log of a log: the arguments are logarithms already": lambda p, w: (
            np.log(np.abs(np.sum(p * np.exp(w), axis=1)))
        ),
    },
    hint="Products are sums of logarithms; the sum over components is a `logsumexp`, "
    "so that a density of exp(-900) survives. One number for each image.",
)
