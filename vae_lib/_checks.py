"""Checks of what a caller gives: numbers, names, shapes. Imports no array library.

Each returns the value as the library uses it, or raises a ValueError that names the
argument, the value and, where a caller of the check knows one, the remedy.
"""

import math
import numbers
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

LARGEST_SEED = 2**32 - 1  # of keras.utils.set_random_seed


def whole(name: str, value: Any, least: int = 1) -> int:
    """The number as an ``int``; NumPy's whole numbers are whole numbers, too.

    Raises:
        ValueError: if it is not whole, or below ``least``.
    """
    try:
        number = least - 1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise ValueError(
            f"{name} must be a whole number of at least {least}, got {value!r}."
        )
    return number


def seed_or_none(value: Any, name: str = "seed") -> int | None:
    """The seed as an ``int``, or ``None``.

    Raises:
        ValueError: if it is neither.
    """
    return None if value is None else whole(name, value, least=0)


def real(value: Any) -> float:
    """The number as a ``float``; NaN if it is none, so that every range refuses it."""
    scalar = getattr(value, "shape", None) == () and value.dtype.kind in "fiu"
    if isinstance(value, bool) or not (isinstance(value, numbers.Real) or scalar):
        return math.nan
    return float(value)


def positive(name: str, value: Any, remedy: str = "") -> float:
    """A finite number above 0, as Python's own.

    Raises:
        ValueError: if it is anything else; ``remedy`` ends the message.
    """
    if not 0.0 < real(value) < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value!r}{remedy}.")
    return _plain(value)


def at_least(name: str, value: Any, least: float, remedy: str = "") -> float:
    """A finite number of at least ``least``, as Python's own.

    Raises:
        ValueError: if it is anything else; ``remedy`` ends the message.
    """
    if not least <= real(value) < math.inf:
        limit = f"must be at least {least} and finite"
        raise ValueError(f"{name} {limit}, got {value!r}{remedy}.")
    return _plain(value)


def not_negative(name: str, value: Any, remedy: str = "") -> float:
    """A finite number of at least 0, as Python's own.

    Raises:
        ValueError: if it is anything else; ``remedy`` ends the message.
    """
    return at_least(name, value, 0, remedy)


def fraction(name: str, value: Any) -> float:
    """A share from 0 on that leaves something, as Python's own number.

    Raises:
        ValueError: if it is anything else.
    """
    if not 0.0 <= real(value) < 1.0:
        raise ValueError(f"{name} must be in [0, 1), got {value!r}.")
    return _plain(value)


def _plain(value: Any) -> float:
    return value if type(value) in (int, float) else float(value)


def flag(name: str, value: Any) -> bool:
    """True or False; NumPy's are, too.

    Raises:
        ValueError: if it is anything else.
    """
    if getattr(value, "dtype", None) == "bool":
        value = bool(value)
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False, got {value!r}.")
    return value


def one_of(choices: Iterable[Any]) -> Callable[[str, Any], Any]:
    """A check that a value is one of a few.

    The check raises ValueError, with all of them, if it is not.
    """

    def check(name: str, value: Any) -> Any:
        if value not in choices:
            known = ", ".join(map(repr, choices))
            raise ValueError(f"{name} must be one of {known}, got {value!r}.")
        return value

    return check


def same_shape(**arrays: Any) -> None:
    """Raise unless all named arrays have one shape (unknown sizes match any).

    Raises:
        ValueError: naming each array and its shape.
    """
    shapes = {name: tuple(array.shape) for name, array in arrays.items()}
    first, *others = shapes.values()
    if any(_differ(first, shape) for shape in others):
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(
            f"Shapes must be equal, nothing is broadcast: got {listed}. "
            "Reshape or repeat the arrays so that they agree."
        )


def of_shape(name: str, array: Any, shape: Sequence[int | None]) -> None:
    """Raise unless an array has this shape (unknown sizes match any).

    Raises:
        ValueError: naming the array and both shapes.
    """
    got = tuple(array.shape)
    if _differ(got, shape):
        note = " (None is any size)" if None in shape else ""
        raise ValueError(
            f"{name} must have the shape {tuple(shape)}{note}, got {got}. "
            "Reshape it: nothing is broadcast."
        )


def _differ(a: Sequence[int | None], b: Sequence[int | None]) -> bool:
    return len(a) != len(b) or any(
        isinstance(m, int) and isinstance(n, int) and m != n
        for m, n in zip(a, b, strict=True)
    )
