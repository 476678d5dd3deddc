"""The exercises that run in the page: what they say, and what they are packed with."""

import base64
import importlib.util
import json
import re
import shutil
import zlib

import numpy as np
import pytest

import vendor
from notebook_env import ROOT
from vae_lib import exercises
from vae_lib.exercises import Exercise

pytestmark = pytest.mark.book
FOLDER = ROOT / "book" / "_exercises"
MICROPYTHON = vendor.PACKAGES["micropython"]
CHAPTERS = sorted((ROOT / "book").glob("0[2-5]_*.ipynb"))


def module(path):
    spec = importlib.util.spec_from_file_location(f"tested_{path.stem}", path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


judge = module(FOLDER / "judge.py")
tryout = module(ROOT / "book" / "_ext" / "tryout.py")
EXERCISES = {name: module(FOLDER / f"{name}.py") for name in tryout.names()}
each = pytest.mark.parametrize("name", EXERCISES)
MISTAKES = [(n, i) for n, one in EXERCISES.items() for i in range(len(one.MISTAKES))]
# A mistake that lists, or rows of a batch, can make and the other one cannot.
OF_LISTS = {"gaussian_kl": {"it gives the terms of the sum: add them up"}}
OF_ROWS = {
    "gaussian_kl": {
        "it adds up the wrong axis, or all of them: one number a row is asked for"
    }
}


def judged(name, answer):
    return judge.judge(name, tryout.source(name), answer)


def mistaken(name, i):
    """The source of an answer that makes a mistake of the list."""
    text = f"space = {{}}\nexec({tryout.source(name)!r}, space)\n"
    return f"{text}{name} = space['MISTAKES'][{i}][1]\n"


def head(name):
    """The line that begins the function."""
    return re.search(rf"def {name}\(.*", tryout.source(name))[0]


def of_library(name):
    """The same exercise, judged by the library."""
    one = EXERCISES[name]
    return Exercise(
        task=tryout.parts(name)[1],
        truth=getattr(one, name),
        hint=one.HINT,
        mistakes=dict(one.MISTAKES),
        cases=one.CASES,
        remark=one.REMARK,
    )


@each
def test_the_solution_is_right(name):
    *_, solution = tryout.parts(name)
    right, said = judged(name, solution)
    assert right
    assert (
        said
        == f"Right. {EXERCISES[name].REMARK}"
        == of_library(name)(getattr(EXERCISES[name], name)).message
    )


@pytest.mark.parametrize(("name", "i"), MISTAKES)
def test_a_likely_mistake_is_named_as_the_library_names_it(name, i):
    words, mistake = EXERCISES[name].MISTAKES[i]
    said = judged(name, mistaken(name, i))
    assert said == (False, f"Not yet: {words}. {EXERCISES[name].HINT}")
    assert said[1] == of_library(name)(mistake).message


@each
def test_every_exercise_knows_three_mistakes(name):
    assert len(EXERCISES[name].MISTAKES) >= 3


@each
def test_an_empty_answer_is_no_error(name):
    _, _, stub, _ = tryout.parts(name)
    said = (False, f"Nothing here yet. {EXERCISES[name].HINT}")
    assert judged(name, stub) == judged(name, " \n") == said
    assert said[1] == of_library(name)(None).message


@each
@pytest.mark.parametrize("factor", [factor for factor, _ in judge.FACTORS])
def test_slips_that_are_made_everywhere_are_named_as_in_the_library(name, factor):
    def answer(*case):
        return judge.scaled(
            judge.numbers(getattr(EXERCISES[name], name)(*case)), factor
        )

    one, truth = EXERCISES[name], getattr(EXERCISES[name], name)
    both = [judge.results(function, one.CASES) for function in (answer, truth)]
    words = judge.fault_of(
        *both, vars(one), judge.parameters(name, tryout.source(name))
    )
    assert of_library(name)(answer).message == f"Not yet: {words}. {one.HINT}"


@each
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("pass", "it returns None: is a `return` missing?"),
        ("return 'a'", "it gives a str where numbers are expected."),
        ("return 1e9", r"1e\+09, which is too large|one number, and a list"),
        ("return float('nan')", "it gives nan.|one number, and a list"),
        ("return [[1.0, 2.0], [3.0, 4.0]]", "a list of 2 lists of 2, and"),
        ("return [[1.0], 2.0]", "it gives a list where numbers are expected."),
        ("return unknown", "'unknown' is not defined in line 2 of `NAME`. This name"),
        ("return NAME(", "SyntaxError: .* in line 2. A bracket"),
        ("return [][0]", "IndexError: .* in line 2 of `NAME`. A list is shorter"),
        ("return 1 / 0", "ZeroDivisionError: .* in line 2 of `NAME`. It divides"),
        ("import numpie", "No module named 'numpie' in line 2 of `NAME`. This small"),
        ("return [] + 1", "TypeError: .* in line 2 of `NAME`. An operation met"),
    ],
)
def test_a_broken_answer_is_told_what_happened(name, body, words):
    right, said = judged(name, f"{head(name)}\n    {body}\n".replace("NAME", name))
    assert not right
    assert said.startswith("Not yet: ")
    assert said.endswith(EXERCISES[name].HINT)
    assert re.search(words.replace("NAME", name), said), said


@each
def test_a_function_of_another_name_is_asked_for(name):
    assert f"the name `{name}` is expected" in judged(name, "answer = 1")[1]


def test_an_answer_may_write_into_its_arguments():
    *_, solution = tryout.parts("posterior")
    written = solution.replace("return ", "log_joint[:] = []\n    return ")
    assert written != solution
    assert judged("posterior", written)[0]


@pytest.mark.parametrize("name", ["gaussian_kl", "line_posterior"])
def test_an_exercise_that_the_library_has_too_is_the_same(name):
    one, check = EXERCISES[name], getattr(exercises, f"check_{name}")
    assert (one.HINT, one.REMARK) == (check.hint, check.remark)
    here = {words for words, _ in one.MISTAKES} - OF_LISTS.get(name, set())
    assert here == set(check.mistakes) - OF_ROWS.get(name, set())


def test_the_cases_of_the_rate_are_the_rows_of_the_library():
    rows = [
        [row.tolist() for row in pair]
        for case in exercises.check_gaussian_kl.cases
        for pair in zip(*map(np.atleast_2d, case), strict=True)
    ]
    assert [list(case) for case in EXERCISES["gaussian_kl"].CASES] == rows


@each
def test_the_stub_asks_and_the_solution_answers(name):
    title, task, stub, solution = tryout.parts(name)
    assert title[0].isupper()
    assert task.endswith(".")
    assert stub.endswith("# YOUR CODE HERE\n    raise NotImplementedError()\n")
    assert "SOLUTION" not in stub + solution
    assert "MISTAKES" not in solution
    assert stub.split("# YOUR")[0] == solution[: stub.index("    # YOUR") + 4]


def test_every_exercise_stands_once_in_chapters_2_to_5():
    used = [n for p in CHAPTERS for n in tryout.COMMENT.findall(p.read_text("utf-8"))]
    assert sorted(used) == tryout.names()
    assert 6 <= len(used) <= 8


def test_micropython_is_what_npm_published(tmp_path):
    assert MICROPYTHON.problems() == []
    copy = shutil.copytree(MICROPYTHON.target, tmp_path / "copy")
    with (copy / "micropython.wasm").open("ab") as file:
        file.write(b"\0")
    (copy / "micropython.mjs").unlink()
    assert MICROPYTHON.problems(copy) == list(MICROPYTHON.files)
    assert "MIT License" in (MICROPYTHON.target / "LICENSE").read_text("utf-8")


def test_the_page_gets_the_same_files():
    text = tryout.packed()
    assert "Damien P. George" in text
    content = json.loads(re.search(r"vaeTryout\((.*)\);\n$", text)[1])
    for name, data in content["binary"].items():
        path = MICROPYTHON.target / name
        assert zlib.decompress(base64.b64decode(data)) == path.read_bytes()
    assert set(content["texts"]) == {"judge", *tryout.names()}
