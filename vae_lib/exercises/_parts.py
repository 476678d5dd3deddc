"""What several checks share."""

import copy
import importlib
from collections.abc import Callable, Sequence
from typing import Any


class _WhenCalled:
    """A module that is imported at its first use: SciPy takes a while."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self._name), name)


special: Any = _WhenCalled("scipy.special")
Values = Any  # a number or an array: NumPy's own type for both knows no arithmetic


def each_result(cases: Sequence[tuple]) -> Callable[[Any], list]:
    """For functions that return several things: observe each of them in each case."""

    def observe(answer: Any) -> list:
        if not callable(answer):
            raise TypeError("a function is expected: give its name, without brackets")
        return [part for case in cases for part in answer(*copy.deepcopy(case))]

    return observe


def first_misjudged(letters: str, right: Sequence[str]) -> Callable[[Any], list]:
    """For a choice among statements: the first taken or left out wrongly, 0 if none."""

    def observe(answer: Any) -> list:
        taken = {str(letter).strip().strip("()").upper() for letter in answer}
        wanted = {letter.upper() for letter in right}
        wrong = [(letter in taken) != (letter in wanted) for letter in letters.upper()]
        return [1 + wrong.index(True) if any(wrong) else 0]

    return observe
