"""Checks of numbers that a caller gives. Imports no array library."""

import math
import numbers
import operator

LARGEST_SEED = 2**32 - 1  # of keras.utils.set_random_seed


def whole(name, value, least=1):
    """The number as an ``int``; NumPy's whole numbers are whole numbers, too.

    Raises:
        ValueError: if it is not whole, or below ``least``.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or number < least:
        raise ValueError(
            f"{name} must be a whole number of at least {least}, got {value!r}."
        )
    return number


def seed_or_none(value, name="seed"):
    """The seed as an ``int``, or ``None``.

    Raises:
        ValueError: if it is neither.
    """
    return None if value is None else whole(name, value, least=0)


def real(value):
    """The number as a ``float``; NaN if it is none, so that every range refuses it."""
    scalar = getattr(value, "shape", None) == () and value.dtype.kind in "fiu"
    if isinstance(value, bool) or not (isinstance(value, numbers.Real) or scalar):
        return math.nan
    return float(value)
