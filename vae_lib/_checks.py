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


def positive(name, value):
    """A finite number above 0, as Python's own.

    Raises:
        ValueError: if it is anything else.
    """
    if not 0.0 < real(value) < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value!r}.")
    return _plain(value)


def not_negative(name, value):
    """A finite number of at least 0, as Python's own.

    Raises:
        ValueError: if it is anything else.
    """
    if not 0.0 <= real(value) < math.inf:
        raise ValueError(f"{name} must be at least 0 and finite, got {value!r}.")
    return _plain(value)


def fraction(name, value):
    """A share from 0 on that leaves something, as Python's own number.

    Raises:
        ValueError: if it is anything else.
    """
    if not 0.0 <= real(value) < 1.0:
        raise ValueError(f"{name} must be in [0, 1), got {value!r}.")
    return _plain(value)


def _plain(value):
    return value if type(value) in (int, float) else float(value)


def flag(name, value):
    """True or False; NumPy's are, too.

    Raises:
        ValueError: if it is anything else.
    """
    if getattr(value, "dtype", None) == "bool":
        value = bool(value)
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False, got {value!r}.")
    return value


def one_of(choices):
    """A check that a value is one of a few names.

    The check raises ValueError, with all of them, if it is not.
    """

    def check(name, value):
        if value not in choices:
            known = ", ".join(map(repr, choices))
            raise ValueError(f"{name} must be one of {known}, got {value!r}.")
        return value

    return check
