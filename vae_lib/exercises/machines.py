"""The exercises of chapter 18, on larger machines."""

import functools
import math
from collections.abc import Callable, Sequence

import numpy as np

from vae_lib._types import Array
from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import Values

__all__ = [
    "check_accumulated",
    "check_clipped",
    "check_save_interval",
    "check_sending",
]


def _sending(n_weights: int, n_devices: int, bytes_a_second: float) -> float:
    """Eq. (18.2), in seconds."""
    return 2 * (n_devices - 1) / n_devices * 4 * n_weights / bytes_a_second


check_sending = Exercise(
    task="Write the seconds that averaging takes in each step.",
    truth=_sending,
    cases=[(800_000, 2, 1.25e8), (500_000, 8, 1e9), (1_000, 1, 1e6)],
    mistakes={
        "a number has four bytes": lambda n, devices, speed: (
            _sending(n, devices, speed) / 4
        ),
        "a number of single precision has four bytes, not eight": (
            lambda n, devices, speed: 2 * _sending(n, devices, speed)
        ),
        "bytes and bits are mixed up: the speed is in bytes": (
            lambda n, devices, speed: 8 * _sending(n, devices, speed)
        ),
        "the sums travel once, and the finished pieces a second time": (
            lambda n, devices, speed: _sending(n, devices, speed) / 2
        ),
        "each device sends to all others; in a ring it sends to one": (
            lambda n, devices, speed: (devices - 1) * 4 * n / speed
        ),
        "one device has nobody to send to": lambda n, devices, speed: 8 * n / speed,
    },
    hint="Eq. (18.2) counts numbers. How many bytes are they, and how many of those "
    "go through the cable in a second?",
)


def _save_interval(t_write: float, t_fail: float) -> float:
    """Where the derivative of the waste is zero (Young, 1974)."""
    return math.sqrt(2 * t_write * t_fail)


check_save_interval = Exercise(
    task="Write the best number of seconds between two checkpoints.",
    truth=_save_interval,
    cases=[(5.0, 225_000.0), (60.0, 86_400.0), (0.5, 1e6)],
    mistakes={
        "the factor 2 of the half interval is lost": lambda write, fail: math.sqrt(
            write * fail
        ),
        "the root is missing: the derivative has 1 / t^2": lambda write, fail: (
            2 * write * fail
        ),
        "this is the time between two failures": lambda write, fail: fail,
        "this is the fraction that is wasted; the interval is asked for": (
            lambda write, fail: math.sqrt(2 * write / fail)
        ),
        "this is in minutes; seconds are asked for": lambda write, fail: (
            _save_interval(write, fail) / 60
        ),
    },
    hint="Where is the derivative of the wasted fraction zero? If in doubt, try many "
    "t.",
    remark="Half or twice of it wastes only a quarter more.",
)


def _accumulated(
    gradient: Callable, n_images: int, n_shares: int, of_each: float | None = None
) -> Values:
    """The mean of the gradients of equal shares."""
    size, total = n_images // n_shares, 0.0
    for k in range(n_shares):
        part = gradient(slice(k * size, (k + 1) * size))
        total = total + part * (1 / n_shares if of_each is None else of_each)
    return total


_X = np.random.default_rng(0).standard_normal((12, 3))
_Y = np.random.default_rng(1).standard_normal(12)


def _of_mean(rows: slice) -> Array:
    """The gradient of a mean squared error over these rows, at weights of one."""
    x, y = _X[rows], _Y[rows]
    return 2 * x.T @ (x.sum(axis=1) - y) / len(y)


check_accumulated = Exercise(
    task="Write the gradient of a batch from equal shares, one after the other.",
    truth=_accumulated,
    cases=[(_of_mean, 12, 4), (_of_mean, 12, 2), (_of_mean, 8, 1)],
    mistakes={
        "the shares' gradients are added; each is a mean already, so average them": (
            functools.partial(_accumulated, of_each=1.0)
        ),
        "this is the gradient of the first share alone": lambda g, n, shares: g(
            slice(0, n // shares)
        ),
        "this is the gradient of the last share alone: add to what is there": (
            lambda g, n, shares: g(slice(n - n // shares, n))
        ),
        "it is divided by the number of images, over which each share has averaged": (
            lambda g, n, shares: _accumulated(g, n, shares, of_each=1 / n)
        ),
    },
    hint="gradient(rows) takes a slice and gives the gradient of the mean loss over "
    "it. Which number makes the sum over the shares a mean over all images?",
    remark="Nothing is lost, and memory holds the activations of one share at a time.",
)


def _clipped(
    gradients: Sequence[Array], sizes: Sequence[int], max_norm: float
) -> Array:
    """The mean over all images first, then one scale for the whole vector."""
    mean = np.average(gradients, axis=0, weights=sizes)
    return mean * min(1.0, max_norm / float(np.linalg.norm(mean)))


def _each_clipped(
    gradients: Sequence[Array], sizes: Sequence[int], max_norm: float
) -> Array:
    cut = [_clipped([gradient], [1], max_norm) for gradient in gradients]
    return np.average(cut, axis=0, weights=sizes)


_SHARES = [np.array([3.0, -4.0, 1.0]), np.array([0.2, 2.0, -0.6])]

check_clipped = Exercise(
    task="Write the clipped gradient of a batch that is shared unevenly.",
    truth=_clipped,
    cases=[(_SHARES, [112, 16], 1.0), (_SHARES, [2, 6], 100.0), (_SHARES, [4, 4], 0.5)],
    mistakes={
        "each share is clipped; only the gradient of the whole batch is to be": (
            _each_clipped
        ),
        "the shares count alike, whatever their number of images": (
            lambda gradients, sizes, norm: _clipped(gradients, [1, 1], norm)
        ),
        "every entry is clipped by itself, which turns the gradient": (
            lambda gradients, sizes, norm: np.clip(
                np.average(gradients, axis=0, weights=sizes), -norm, norm
            )
        ),
        "it is scaled up to the largest length, too; a short one stays as it is": (
            lambda gradients, sizes, norm: (
                _clipped(gradients, sizes, 1e-3) * norm / 1e-3
            )
        ),
        "the squared length is compared with the largest length": (
            lambda gradients, sizes, norm: (
                (mean := np.average(gradients, axis=0, weights=sizes))
                * min(1.0, norm / np.sum(mean**2))
            )
        ),
        "it is not clipped": lambda gradients, sizes, norm: np.average(
            gradients, axis=0, weights=sizes
        ),
    },
    hint="First the gradient that one device would have found for the whole batch, "
    "then its length, over all entries together; shorten it only if it is too long.",
    remark="So the run on many devices stays the run on one.",
)
