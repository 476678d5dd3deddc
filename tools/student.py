"""Write the notebooks for students, and those with the solutions, from the chapters.

    python tools/student.py                     every chapter, into student/
    python tools/student.py 3 04_reparameterisation     only these
    python tools/student.py --out course/week1 2 3
    python tools/student.py --check             write nothing; attempt every exercise

In a student's notebook every solution is an empty place, outputs are cleared, nothing
is folded, a cell asks for the prediction where the chapter says "Predict", and the quiz
stands at the end. The one in solutions/ has the chapter's answers and outputs. Either
all notebooks are written or, at the first mistake in a chapter, none.

--check runs the cells that the exercises need, in one process for each chapter, and
judges the chapter's solution, the likely mistakes and no answer at all. To run a whole
notebook: python tools/execute.py --check student/solutions/03_elbo.ipynb
"""

import argparse
import copy
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat

import notebook_env
import notebooks
import quizzes
import solutions

SENTENCE = (
    "Each answer is folded into the cell below its exercise, and the last line of that "
    "cell judges yours."
)
FOLDED = re.compile(r"\s+".join(map(re.escape, SENTENCE.split())) + r"\s*")
PREDICTED = "Compare with your prediction"
ASK = "prediction = ...  # your guess, before you run the next cell"
SHOW = 'print("Your prediction:", prediction)'
BADGE = re.compile(r"^\[Open in Colab\]\((https://colab\.[^)]*)\)$", re.MULTILINE)
WELCOME = """\
*This notebook is to be worked in.* Write your answers where it says `# YOUR CODE HERE`
and run the cell: its last line tells whether they are right and, if not, what may be
the matter. Where you read **Predict**, write your guess into the next cell before you
run on.
"""


class ChapterError(ValueError):
    """A chapter from which no notebook can be made; says which cell."""


def students(path: Path, colab: str = "") -> nbformat.NotebookNode:
    """The notebook for students of a chapter.

    Args:
        path: the chapter.
        colab: the address in Colab of the folder where the notebook will lie.
    """
    notebook = nbformat.read(path, as_version=4)
    made = []
    for cell in _each(path, notebook, solutions.unsolved):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            if _answers_prediction(cell):
                made.append(_new(nbformat.v4.new_code_cell, cell, "guess", ASK))
                cell.source = f"{SHOW}\n{cell.source}"
        else:
            cell.source = _welcome(cell.source, path, colab)
        made.append(cell)
    return _with(notebook, [*made, *_quiz(path.stem)])


def solution(path: Path) -> nbformat.NotebookNode:
    """The chapter with its solutions, unfolded, and without the markers."""
    notebook = nbformat.read(path, as_version=4)
    return _with(notebook, list(_each(path, notebook, _solved)))


def _solved(source: str, is_code: bool) -> str:
    return solutions.solved(source)


def _each(path, notebook, change):
    """A copy of every cell, its source changed; a mistake is told with its place."""
    for i, cell in enumerate(copy.deepcopy(notebook.cells)):
        try:
            cell.source = change(cell.source, cell.cell_type == "code")
        except solutions.MarkerError as error:
            raise ChapterError(f"{path.name}, cell {i}: {error}") from None
        yield cell


def _with(notebook, cells):
    """A notebook with other cells, in which nothing is folded."""
    notebook.cells = cells
    for cell in cells:
        tags = [t for t in cell.metadata.get("tags", []) if not t.startswith("hide-")]
        cell.metadata.pop("tags", None)
        if tags:
            cell.metadata["tags"] = tags
    return notebook


def _answers_prediction(cell) -> bool:
    shown = cell.metadata.get("mystnb", {}).get("code_prompt_show", "")
    return shown.startswith(PREDICTED)


def _new(make, cell, suffix: str, source: str):
    """A new cell beside another one, whose identity repeats from run to run."""
    return make(source, id=f"{cell.id}-{suffix}"[:64])


def _welcome(source: str, path: Path, colab: str) -> str:
    """Markdown of the chapter, as a student needs it."""
    text = FOLDED.sub("", source)
    if not (badge := BADGE.search(text)):
        return text
    link = f"[The chapter itself, in Colab]({badge[1]})"
    if colab:
        own = f"[Open in Colab]({colab.rstrip('/')}/{path.name})"
        link = f"{own} · {link}"
    return text.replace(badge[0], f"{link}\n\n{WELCOME}".rstrip())


def _quiz(stem: str) -> list:
    """The questions of a chapter's quiz, their answers folded, as Markdown."""
    return [nbformat.v4.new_markdown_cell(quizzes.as_markdown(stem), id="quiz")]


def find(wish: str, chapters: list[Path]) -> Path:
    """The chapter that a number, a name or a path means.

    Raises:
        ValueError: if there is none.
    """
    stem = Path(wish).stem if wish.endswith(".ipynb") else wish
    number = stem.zfill(2) if stem.isdigit() else None
    for path in chapters:
        if path.stem == stem or path.stem.split("_")[0] == number:
            return path
    names = ", ".join(path.stem for path in chapters)
    raise ValueError(f"no chapter is called {wish!r}; there are {names}")


def write(paths: list[Path], out: Path, colab: str = "") -> int:
    """Write both notebooks of each chapter, after all have been made."""
    made = {out / path.name: students(path, colab) for path in paths}
    made |= {out / "solutions" / path.name: solution(path) for path in paths}
    (out / "solutions").mkdir(parents=True, exist_ok=True)
    for target, notebook in made.items():
        nbformat.validate(notebook)
        notebooks.write(notebook, target)
    print(f"{len(paths)} notebooks in {out}, as many in {out / 'solutions'}")
    return 0


def check(paths: list[Path]) -> int:
    """Attempt the exercises of each chapter in a process of its own."""
    notebook_env.apply()
    script = Path(__file__).with_name("attempts.py")
    failures = 0
    for path in paths:
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, str(script), str(path)],
            env={**os.environ, "MPLBACKEND": "agg"},
            capture_output=True,
            text=True,
        )
        seconds = time.perf_counter() - start
        print(f"{path.stem}, {seconds:.1f} s: {done.stdout.strip()}", flush=True)
        if done.returncode:
            print(done.stderr, flush=True)
            failures += 1
    return 1 if failures else 0


def parse(arguments):
    """The options, checked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("chapters", nargs="*", help="numbers or names; default: every chapter")
    add("--out", type=Path, default=notebook_env.ROOT / "student", help="student/")
    add("--check", action="store_true", help="write nothing; attempt every exercise")
    add(
        "--colab",
        default="",
        metavar="ADDRESS",
        help="where the students' notebooks will lie, for a link in each: "
        "https://colab.research.google.com/github/OWNER/NAME/blob/main/student",
    )
    options = parser.parse_args(arguments)
    known = [path for path in notebooks.chapters() if not notebooks.is_appendix(path)]
    try:
        options.paths = [find(wish, known) for wish in options.chapters] or known
    except ValueError as error:
        parser.error(str(error))
    if options.out.exists() and not options.out.is_dir():
        parser.error(f"--out {options.out} is a file; name a folder")
    return options


def main(arguments=None) -> int:
    """Run the command; returns its exit status."""
    options = parse(arguments)
    try:
        if options.check:
            return check(options.paths)
        return write(options.paths, options.out, options.colab)
    except ChapterError as error:
        print(f"nothing was written: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
