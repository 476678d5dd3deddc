"""Student and solution notebooks, and what the exercises of a chapter owe a reader."""

import ast
import itertools
import re
import subprocess
import sys

import chapter_rules as rules
import matplotlib
import nbformat
import pytest

import attempts
import notebooks
import quizzes
import solutions
import student

pytestmark = pytest.mark.book

CHAPTERS = [path for path in notebooks.chapters() if not notebooks.is_appendix(path)]
TITLE = re.compile(
    r"^\*\*Exercise (\d+) \((\w+)(?:, on paper)?\): .+?\*\* ", re.MULTILINE
)
FUNCTION = """\
def double(x):
    # twice
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


check_double(double)"""


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request):
    return rules.Chapter(request.param)


def exercises(chapter):
    """The cells from the heading on."""
    cells = chapter.notebook.cells
    (start,) = (
        i
        for i, cell in enumerate(cells)
        if cell.cell_type == "markdown"
        and re.search("^## Exercises", cell.source, re.M)
    )
    return cells[start:]


def is_solved(cell):
    return cell.cell_type == "code" and bool(solutions.regions(cell.source))


def calls(source):
    return re.findall(r"^check_\w+\(.*", source, re.MULTILINE)


def test_exercises_have_numbers_and_degrees(chapter):
    prose = "\n\n".join(
        c.source for c in exercises(chapter) if c.cell_type == "markdown"
    )
    found = TITLE.findall(prose)
    assert [int(number) for number, _ in found] == list(range(1, len(found) + 1))
    assert len(found) == prose.count("**Exercise ") >= 4
    assert {degree for _, degree in found} == {"easy", "medium", "hard"}
    assert student.FOLDED.search(prose), student.SENTENCE


def test_answers_stand_between_markers(chapter):
    cells = exercises(chapter)
    for before, cell in itertools.pairwise(cells):
        if "hide-cell" in cell.metadata.get("tags", []):
            assert is_solved(cell) or is_solved(before), cell.source
        elif cell.cell_type == "code":
            assert not is_solved(cell), f"to be folded: {cell.source}"


def test_asks_for_two_pieces_of_code_and_judges_them(chapter):
    judged = [cell for cell in exercises(chapter) if is_solved(cell)]
    judged = [cell for cell in judged if calls(cell.source)]
    for cell in judged:
        assert calls(cell.source) == [cell.source.splitlines()[-1]]
        shown = [o.data["text/plain"] for o in cell.outputs if "data" in o]
        assert shown[-1].startswith("Right."), cell.source
    written = [c for c in judged if re.search(r"^(def|class) ", c.source, re.MULTILINE)]
    assert len(written) >= 2 and len(judged) >= 3


def test_student_notebook_holds_no_solution(path):
    chapter, made = rules.Chapter(path), student.students(path)
    nbformat.validate(made)
    places = 0
    for cell in chapter.code:
        twins = [other for other in made.cells if other.id == cell.id]
        assert len(twins) == 1
        kept = twins[0].source.splitlines()
        regions = solutions.regions(cell.source)
        places += len(regions)
        for line in (line for region in regions for line in region):
            is_given = solutions.solved(cell.source).splitlines().count(line) > 1
            assert not line.strip() or line not in kept or is_given, line
        assert calls(cell.source) == calls(twins[0].source)
        assert not twins[0].outputs and twins[0].execution_count is None
        if regions:
            ast.parse(twins[0].source)
    text = "\n".join(cell.source for cell in made.cells if cell.cell_type == "code")
    assert text.count(solutions.PLACE) == places
    assert "SOLUTION" not in text


def test_student_notebook_opens_in_colab_and_folds_nothing(path):
    made = student.students(path, colab="https://colab.research.google.com/github/a/b")
    opening = "\n".join(cell.source for cell in made.cells[:3])
    own = f"[Open in Colab](https://colab.research.google.com/github/a/b/{path.name})"
    assert own in opening and f"/book/{path.name})" in opening
    assert student.WELCOME.strip() in opening
    setup = notebooks.setup_cell(made)
    assert setup.source == notebooks.setup_text(notebooks.extras_of(setup.source))
    assert not any("hide-" in str(cell.metadata.get("tags")) for cell in made.cells)
    assert len({cell.id for cell in made.cells}) == len(made.cells)


def test_student_is_asked_for_each_prediction(path):
    folded = [c for c in rules.Chapter(path).code if student._answers_prediction(c)]
    made = student.students(path).cells
    shown = [i for i, cell in enumerate(made) if student.SHOW in cell.source]
    assert len(shown) == len(folded)
    assert all(made[i - 1].source == student.ASK for i in shown)
    assert made[-1].source == quizzes.as_markdown(path.stem)
    names = [c.source for c in rules.Chapter(path).code]
    assert not re.search(r"\bprediction\b *[=(]", "\n".join(names))


def test_solution_notebook_is_the_chapter_without_markers(path):
    made = student.solution(path)
    for cell, other in zip(rules.Chapter(path).notebook.cells, made.cells, strict=True):
        lines = [line for line in cell.source.splitlines() if "SOLUTION" not in line]
        assert other.source.splitlines() == lines
        assert other.get("outputs") == cell.get("outputs")


@pytest.mark.solutions
def test_exercises_are_attempted(chapter, monkeypatch, tmp_path):
    # Right, likely mistakes and nothing, in the cells of the student's notebook.
    monkeypatch.chdir(tmp_path)  # and back: a chapter may go elsewhere
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: None)
    with matplotlib.rc_context():
        made = attempts.attempts(chapter.path, looks=False)
    assert not [str(attempt) for attempt in made if not attempt.good]
    kinds = {}
    for attempt in made:
        kinds.setdefault(attempt.check, set()).add(attempt.answer)
    called = {name.split("(")[0] for c in chapter.code for name in calls(c.source)}
    assert set(kinds) == called
    for check, answers in kinds.items():
        assert {"empty", "solution"} < answers and len(answers) >= 5, check


def test_a_solution_becomes_an_empty_place():
    assert solutions.unsolved(FUNCTION).splitlines() == [
        "def double(x):",
        "    # twice",
        "    " + solutions.PLACE,
        "    " + solutions.EMPTY,
        "",
        "",
        "check_double(double)",
    ]
    assert solutions.solved(FUNCTION).splitlines()[2] == "    return 2 * x"


@pytest.mark.parametrize(
    ("inside", "after", "place"),
    [
        ("i = 1\nanswer = i + 1", "check_a(answer)", ["answer = ..."]),
        ("def f():\n    return 1", "check_a(f)", ["f = ..."]),
        ("a, (b, c) = 1, (2, 3)", "check_a([a, c])", ["a = ...", "c = ..."]),
        ("print(1)", "print(2)", [solutions.EMPTY]),
    ],
)
def test_what_a_check_takes_is_there_and_empty(inside, after, place):
    source = f"{solutions.BEGIN}\n{inside}\n{solutions.END}\n{after}"
    expected = [solutions.PLACE, *place, after]
    assert solutions.unsolved(source).splitlines() == expected


def test_prose_that_tells_the_answer_is_taken_out():
    source = (
        f"Why?\n\n<!-- {solutions.BEGIN} -->\nBecause.\n<!-- {solutions.END} -->\n\nEx."
    )
    assert solutions.unsolved(source, is_code=False).split("\n\n") == [
        "Why?",
        solutions.WRITTEN,
        "Ex.",
    ]


def test_a_second_look_is_optional():
    source = f"{solutions.BEGIN}\nprint(f(1))\n{solutions.END}\ncheck_f(f)"
    assert solutions.unsolved(source) == f"{solutions.OPTIONAL}\ncheck_f(f)"
    assert solutions.solved(source) == "print(f(1))\ncheck_f(f)"
    assert solutions.solved(source, looks=False) == "check_f(f)"
    assert solutions.solved(FUNCTION, looks=False) == solutions.solved(FUNCTION)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["### BEGIN SOLUTION", "x = 1"], "without '### END SOLUTION' after it"),
        (["x = 1", "### END SOLUTION"], "line 2: '### END SOLUTION' without"),
        (["### BEGIN SOLUTION"] * 2, "line 2: '### BEGIN SOLUTION' inside a solution"),
        (
            ["### BEGIN SOLUTION", "", "### END SOLUTION"],
            "line 3: the solution is empty",
        ),
        (["## begin solution"], "'## begin solution' is no marker"),
        (
            ["### BEGIN SOLUTION", "x", "    ### END SOLUTION"],
            "line 3: both markers are to be indented alike",
        ),
        (["if 1:", "### BEGIN SOLUTION", "    x", "### END SOLUTION"], "expected an"),
    ],
)
def test_a_mistake_in_the_markers_is_told_with_its_cell(lines, said, tmp_path):
    path = tmp_path / "03_a.ipynb"
    cells = [
        nbformat.v4.new_markdown_cell("# A"),
        nbformat.v4.new_code_cell("\n".join(lines)),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    with pytest.raises(
        student.ChapterError, match="03_a.ipynb, cell 1: .*" + re.escape(said)
    ):
        student.write([CHAPTERS[0], path], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_writes_the_chapters_that_are_asked_for(tmp_path, capsys):
    out = tmp_path / "week1"
    wishes = ["3", "02_latent_line", "book/00_sixty_seconds.ipynb"]
    assert student.main(["--out", str(out), *wishes]) == 0
    names = ["00_sixty_seconds.ipynb", "02_latent_line.ipynb", "03_elbo.ipynb"]
    for folder in (out, out / "solutions"):
        assert sorted(p.name for p in folder.glob("*") if p.is_file()) == names
    assert "3 notebooks" in capsys.readouterr().out
    first = (out / "03_elbo.ipynb").read_bytes()
    student.main(["--out", str(out), "3"])
    assert (out / "03_elbo.ipynb").read_bytes() == first


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["elbo"], "no chapter is called 'elbo'; there are 00_sixty_seconds, "),
        (["--out", __file__], "is a file; name a folder"),
    ],
)
def test_a_wrong_argument_is_refused(arguments, said, capsys):
    with pytest.raises(SystemExit):
        student.main(arguments)
    assert said in capsys.readouterr().err


def test_check_tells_what_an_exercise_says_otherwise(tmp_path):
    # A solution that is wrong, and a name that no cell makes.
    path = tmp_path / "09_wrong.ipynb"
    cell = FUNCTION.replace("2 * x", "3 * x")
    given = (
        "from vae_lib.exercises import Exercise\n"
        "check_double = Exercise('Double.', lambda x: 2 * x, 'Add.', cases=[(1,)])"
    )
    cells = [nbformat.v4.new_code_cell(source) for source in (given, cell)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    command = [sys.executable, str(notebooks.ROOT / "tools/attempts.py"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "check_double, solution: 'Not yet: for x = 1 it gives 3" in done.stdout
