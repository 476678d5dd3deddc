"""How an answer is judged: by its numbers, beside those of likely mistakes.

An :class:`Exercise` knows the right answer, the mistakes that people make, and how to
observe an answer. An answer that gives the numbers of the right one is right, however
it is written. One that gives those of a mistake is told which; any other is told where
it departs first, and gets the hint.
"""

import copy
import inspect
import math
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vae_lib._types import Array

_EMPTY = "Nothing here yet."
_WRONG = "Not yet"


@dataclass(frozen=True)
class Verdict:
    """What a check says of an answer: true in an ``if`` where the answer is right.

    Example:
        >>> Verdict(True, "Right.")
        Right.
    """

    right: bool
    message: str

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return self.message


class _Unusable(Exception):
    """An answer out of which no numbers come; the message says why."""


def _is_empty(answer: Any) -> bool:
    return answer is None or answer is Ellipsis


def _numbers(value: Any) -> Array:
    """What an answer gave, as an array of floats."""
    if _is_empty(value):
        raise _Unusable("it returns None: is a `return` missing?")
    if hasattr(value, "detach"):  # torch, which refuses a tensor that has a gradient
        value = value.detach()
    try:
        return np.asarray(value, dtype="float64")
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise _Unusable(f"it gives a {kind} where numbers are expected") from None


def _where(error: BaseException) -> str:
    """The line of the reader's own code in which an exception arose, if any."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "vae_lib" not in frame.filename]
    return f" in line {own[-1].lineno} of `{own[-1].name}`" if own else ""


def _shape(value: Array) -> str:
    return f"an array of shape {value.shape}" if value.ndim else "one number"


def _show(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.size > 6:
        return f"an array of shape {value.shape}"
    if isinstance(value, np.ndarray | np.generic):
        return str(np.round(value, 4).tolist())
    return getattr(value, "__name__", str(value))


@dataclass(frozen=True, repr=False)
class Exercise:
    """One exercise; called with an answer it returns a :class:`Verdict`.

    An answer is a number, an array, a function, a class: whatever ``observe`` turns
    into numbers. Without ``observe`` a function is called with each of ``cases``, and
    anything else is taken as it is. Numbers agree within ``atol + rtol * |right|``.

    Args:
        task: what is asked, in a sentence.
        truth: the right answer, or a function without arguments that makes it if
            ``lazy`` is true (for what is expensive, or needs Keras).
        mistakes: by what is said of it ("the sign is turned round"), a wrong answer.
        hint: where to look and what to think of; never the answer.
        cases: the arguments of each call, if the answer is a function.
        observe: takes an answer and returns a list of what it gave, an array for each
            case, if calling it with ``cases`` is not enough.
        remark: what is said besides "Right.".
        rtol: relative tolerance.
        atol: absolute tolerance, in the answer's own unit.
        lazy: whether ``truth`` and the mistakes have to be called first.

    A right answer, a wrong one, and none:

    >>> square, cases = lambda x: x * x, [(3.0,)]
    >>> check_square = Exercise("Square x.", square, "Multiply.", cases=cases)
    >>> check_square(lambda x: x**2)
    Right.
    >>> check_square(lambda x: -x * x)
    Not yet: the sign is turned round. Multiply.
    >>> check_square(None)
    Nothing here yet. Multiply.
    """

    task: str
    truth: Any
    hint: str
    mistakes: Mapping[str, Any] = field(default_factory=dict)
    cases: Sequence[tuple] = ()
    observe: Callable[[Any], list] | None = None
    remark: str = ""
    rtol: float = 1e-4
    atol: float = 1e-6
    lazy: bool = False

    def __repr__(self) -> str:
        return f"<check of: {self.task}>"

    def __call__(self, answer: Any) -> Verdict:
        if _is_empty(answer):
            return Verdict(False, f"{_EMPTY} {self.hint}")
        try:
            given = self._seen(answer)
        except NotImplementedError:
            return Verdict(False, f"{_EMPTY} {self.hint}")
        except _Unusable as error:
            return self._wrong(str(error))
        except Exception as error:  # whatever a reader's code may raise
            what = f"{type(error).__name__}: {error}".rstrip(": ")
            return self._wrong(f"your code stopped with {what}{_where(error)}")
        right = self.right_numbers()
        if fault := self._fault(given, right):
            return self._wrong(fault)
        return Verdict(True, f"Right. {self.remark}".strip())

    def right_numbers(self) -> list[Array]:
        """What the right answer gives."""
        return self._seen(self.truth() if self.lazy else self.truth)

    def _wrong(self, what: str) -> Verdict:
        return Verdict(False, f"{_WRONG}: {what}. {self.hint}")

    def _seen(self, answer: Any) -> list[Array]:
        """The numbers of an answer, one array a case."""
        if self.observe is not None:
            return [_numbers(value) for value in self.observe(answer)]
        if not self.cases:
            if callable(answer):
                raise _Unusable("a function is given where its value is expected")
            return [_numbers(answer)]
        if not callable(answer):
            raise _Unusable("a function is expected: give its name, without brackets")
        # Each call gets its own arguments: an answer may write into them.
        return [_numbers(answer(*copy.deepcopy(case))) for case in self.cases]

    def _same(self, given: Array, right: Array) -> bool:
        return given.shape == right.shape and np.allclose(
            given, right, rtol=self.rtol, atol=self.atol
        )

    def _all_same(self, given: list[Array], right: list[Array]) -> bool:
        return len(given) == len(right) and all(map(self._same, given, right))

    def _fault(self, given: list[Array], right: list[Array]) -> str:
        """What is wrong with the numbers of an answer; empty if nothing is."""
        if self._all_same(given, right):
            return ""
        for name, mistake in self.mistakes.items():
            numbers = self._seen(mistake() if self.lazy else mistake)
            if self._all_same(given, numbers):
                return name
        for i, (one, other) in enumerate(zip(given, right, strict=False)):
            if not self._same(one, other):
                return self._of_form(one, other, i) or self._usual(given, right, i)
        return f"{len(given)} results are given where {len(right)} are expected"

    def _of_form(self, given: Array, right: Array, i: int) -> str:
        """A wrong shape, or a number that is none."""
        if given.shape != right.shape:
            shapes = (_shape(given), _shape(right))
            return "{}the result is {}, and {} is expected".format(
                self._case(i), *shapes
            )
        bad = given[~np.isfinite(given) & np.isfinite(right)]
        return f"{self._case(i)}it gives {bad.flat[0]}" if bad.size else ""

    def _usual(self, given: list[Array], right: list[Array], i: int) -> str:
        """A slip that is made everywhere, or else how far off the first number is."""
        for factor, name in _FACTORS.items():
            if self._all_same(given, [factor * numbers for numbers in right]):
                return name
        at = np.abs(given[i] - right[i]).argmax()
        one, other = given[i].flat[at], right[i].flat[at]
        side = "large" if one > other else "small"
        return f"{self._case(i)}it gives {one:.5g}, which is too {side}"

    def _case(self, i: int) -> str:
        """In words, the arguments of a call."""
        if self.observe is not None or not self.cases:
            return ""
        names = inspect.signature(self.truth() if self.lazy else self.truth).parameters
        pairs = zip(names, self.cases[i], strict=False)
        return "for " + ", ".join(f"{k} = {_show(v)}" for k, v in pairs) + " "


_FACTORS = {
    -1.0: "the sign is turned round",
    0.5: "a factor of 2 is missing, or one half is too many",
    2.0: "it is twice what it should be: a factor of one half is missing",
    1 / math.log(2): "these are bits; nats, with natural logarithms, are expected",
    math.log(2): "a logarithm has the wrong base",
}
