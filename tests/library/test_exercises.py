"""The checks of the exercises: right, wrong, empty and broken answers."""

import numpy as np
import pytest

from vae_lib import exercises
from vae_lib.exercises import Exercise

CHECKS = {
    name: value
    for name in exercises.__all__
    if isinstance(value := getattr(exercises, name), Exercise)
}
MISTAKES = [(name, said) for name, check in CHECKS.items() for said in check.mistakes]


def made(check, value):
    """The answer itself, where an exercise makes it when it is needed."""
    return value() if check.lazy else value


@pytest.mark.parametrize("name", CHECKS)
def test_the_right_answer_is_right(name):
    check = CHECKS[name]
    verdict = check(made(check, check.truth))
    assert verdict
    assert verdict.message.startswith("Right.")


@pytest.mark.parametrize(("name", "said"), MISTAKES)
def test_a_likely_mistake_is_named(name, said):
    check = CHECKS[name]
    verdict = check(made(check, check.mistakes[said]))
    assert not verdict
    assert verdict.message == f"Not yet: {said}. {check.hint}"


@pytest.mark.parametrize("name", CHECKS)
def test_knows_three_mistakes_and_what_is_asked(name):
    assert name.startswith("check_")
    check = CHECKS[name]
    assert len(check.mistakes) >= 3
    assert check.task.endswith(".")
    assert check.hint.endswith((".", "?"))
    assert not any(said.endswith(".") for said in check.mistakes)


def unfinished(*_):
    raise NotImplementedError


def crashing(*_):
    return 1 / 0


def silent(*_):
    pass


EMPTY = [
    (name, answer)
    for name, check in CHECKS.items()
    for answer in (None, ..., unfinished)
    # Where a value is asked for, a function is no empty answer.
    if answer is not unfinished or check.cases or check.observe is not None
]


@pytest.mark.parametrize(("name", "answer"), EMPTY)
def test_an_empty_answer_is_told_so(name, answer):
    check = CHECKS[name]
    verdict = check(answer)
    assert not verdict
    assert check.hint in verdict.message
    if answer is not unfinished or check.observe is None:
        assert verdict.message.startswith("Nothing here yet.")


WRONG = {
    "crashing": crashing,
    "silent": silent,
    "text": "text",
    "object": object(),
    "nan": np.nan,
    "list": [],
    "dictionary": {},
    "array": np.zeros((2, 3, 5)),
    "built-in": len,
}


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_nothing_that_is_given_makes_a_check_fail(name, answer):
    verdict = CHECKS[name](answer)
    assert not verdict
    assert verdict.message.startswith("Not yet: ")


def half_square(x):
    return 0.5 * x * x


CASES = [(2.0,), (np.array([1.0, 3.0]),)]
check_square = Exercise("Square x.", lambda x: x * x, "Multiply.", cases=CASES)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda x: -x * x, "the sign is turned round"),
        (half_square, "a factor of 2 is missing, or one half is too many"),
        (lambda x: 2 * x * x, "it is twice what it should be: a factor of one half"),
        (lambda x: x * x / np.log(2), "these are bits"),
        (lambda x: x**3, "for x = 2.0 it gives 8, which is too large"),
        (np.sum, "for x = 2.0 it gives 2, which is too small"),
        (
            lambda x: np.sum(x * x),
            "for x = [1.0, 3.0] the result is one number, and an",
        ),
        (lambda x: x * np.nan, "for x = 2.0 it gives nan"),
        (
            crashing,
            "your code stopped with ZeroDivisionError: division by zero in line",
        ),
        (silent, "it returns None: is a `return` missing?"),
        (lambda x: "nine", "it gives a str where numbers are expected"),
        (lambda: 3, "your code stopped with TypeError: "),
        (4.0, "a function is expected: give its name, without brackets"),
    ],
)
def test_a_wrong_answer_is_told_why(answer, said):
    verdict = check_square(answer)
    assert verdict.message.startswith(f"Not yet: {said}")
    assert verdict.message.endswith(" Multiply.")


def test_an_answer_that_writes_into_its_argument_spoils_nothing():
    def spoil(x):
        x *= x
        return x

    assert check_square(spoil)
    assert check_square(spoil)


def test_a_number_is_compared_within_the_tolerance():
    check = Exercise("Give pi.", np.pi, "Half a turn.", rtol=0, atol=0.01)
    assert check(3.14)
    assert check(np.float32(3.15))
    assert (
        check("3.1").message
        == "Not yet: it gives 3.1, which is too small. Half a turn."
    )
    assert "a function is given" in check(len).message


def test_what_is_expensive_is_made_when_it_is_asked_for():
    asked = []

    def truth():
        asked.append(1)
        return 2.0

    check = Exercise("Give two.", truth, "One and one.", lazy=True)
    assert asked == []
    assert check(2)
    assert asked
