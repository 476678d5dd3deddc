"""What several checks share."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

Values = Any  # a number or an array: NumPy's own type for both knows no arithmetic


def each_result(cases: Sequence[tuple]) -> Callable[[Any], list]:
    """For functions that return several things: observe each of them in each case."""

    def observe(answer: Any) -> list:
        if not callable(answer):
            raise TypeError("a function is expected: give its name, without brackets")
        return [part for case in cases for part in answer(*copy.deepcopy(case))]

    return observe
