"""The questions of book/quizzes.yml: read, checked, and written as Markdown.

    python tools/quizzes.py                    # check the file, count the questions
    python tools/quizzes.py 03_elbo            # one chapter as Markdown with <details>

The page of a chapter shows them by book/_ext/quiz.py, a student's notebook by
`as_markdown`. How a question is written stands at the top of book/quizzes.yml.
"""

import argparse
import dataclasses
import functools
import json
import re
from pathlib import Path
from typing import Any

import yaml

from notebook_env import ROOT

FILE = ROOT / "book" / "quizzes.yml"
LETTERS = "ABCD"
FEWEST, MOST = 3, 6  # questions of a chapter
FIELDS = {"question", "section", "choices", "holds"}
CHOICE_FIELDS = {"text", "why", "right"}
# A link in a label would take the click that is meant for the choice.
NAMED = re.compile(r"\b(?:Eqs?\.\s+\(|[Cc]hapters?\s+\d|[Ff]igures?\s+\d|\]\()")


@dataclasses.dataclass(frozen=True)
class Choice:
    """One answer that a reader may choose, and why it is right or wrong."""

    text: str
    why: str
    right: bool


@dataclasses.dataclass(frozen=True)
class Question:
    """A question, the heading of the section that answers it, and its choices.

    ``holds`` are Python expressions that the tests evaluate: the numbers of the
    question, computed anew.
    """

    question: str
    section: str
    choices: tuple[Choice, ...]
    holds: tuple[str, ...] = ()

    @property
    def right(self) -> int:
        """Where the right choice stands, counted from 0."""
        return next(i for i, choice in enumerate(self.choices) if choice.right)


def chapters() -> dict[str, Path]:
    """The numbered chapters of the book, by their names without the suffix."""
    return {path.stem: path for path in sorted((ROOT / "book").glob("[0-9]*_*.ipynb"))}


def plain(heading: str) -> str:
    """A heading without the marks of Markdown, to be compared with a page's."""
    return re.sub(r"[$`*\\]", "", heading).strip()


@functools.cache
def sections(path: Path) -> tuple[str, ...]:
    """The headings of a chapter below its title, as its notebook writes them."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    text = "\n".join(
        "".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"
    )
    return tuple(re.findall(r"^#{2,4} +(.+?) *$", text, re.MULTILINE))


def load(file: Path = FILE) -> dict[str, tuple[Question, ...]]:
    """The questions of each chapter, checked.

    Raises:
        ValueError: if the file does not follow the rules at its top; the message names
            the file, the chapter, the question and the remedy.
    """
    try:
        table = yaml.safe_load(file.read_text("utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise ValueError(
            f"{file.name}{line}: no YAML, {getattr(error, 'problem', error)}: put a "
            "text that holds ': ' or begins with a mark in quotes."
        ) from error
    if not isinstance(table, dict):
        raise ValueError(f"{file.name}: no chapters: begin with a line '03_elbo:'.")
    known, seen = chapters(), {}
    found: dict[str, tuple[Question, ...]] = {}
    for chapter, entries in table.items():
        where = f"{file.name}: chapter {chapter!r}"
        if chapter not in known:
            raise ValueError(
                f"{where}: no such chapter: use one of {', '.join(known)}."
            )
        count = len(entries) if isinstance(entries, list) else 0
        if not FEWEST <= count <= MOST:
            raise ValueError(
                f"{where}: {count} questions: give a list of {FEWEST} to {MOST}."
            )
        questions = []
        for number, entry in enumerate(entries, 1):
            at = f"{where}, question {number}"
            question = _question(entry, at)
            if question.section not in sections(known[chapter]):
                raise ValueError(
                    f"{at}: no section {question.section!r}: copy a heading of the "
                    f"notebook: {'; '.join(sections(known[chapter]))}."
                )
            words = " ".join(question.question.lower().split())
            if words in seen:
                raise ValueError(f"{at}: asked before, in {seen[words]}: ask another.")
            seen[words] = f"chapter {chapter!r}, question {number}"
            questions.append(question)
        found[chapter] = tuple(questions)
    return found


def _question(entry: Any, at: str) -> Question:
    """One question of the file, checked."""
    if not isinstance(entry, dict):
        raise ValueError(f"{at}: no fields: write 'question:', 'section:', 'choices:'.")
    if unknown := set(entry) - FIELDS:
        raise ValueError(
            f"{at}: unknown field {min(unknown)!r}: use {', '.join(sorted(FIELDS))}."
        )
    text, section = (_text(entry, field, at) for field in ("question", "section"))
    given = entry.get("choices")
    count = len(given) if isinstance(given, list) else 0
    if not 3 <= count <= len(LETTERS):
        raise ValueError(f"{at}: {count} choices: give a list of 3 or 4.")
    choices = tuple(
        _choice(c, f"{at}, choice {LETTERS[i]}") for i, c in enumerate(given)
    )
    right = [LETTERS[i] for i, choice in enumerate(choices) if choice.right]
    if not right:
        raise ValueError(f"{at}: no right answer: mark one choice 'right: true'.")
    if len(right) > 1:
        raise ValueError(
            f"{at}: {len(right)} right answers, {' and '.join(right)}: leave "
            "'right: true' at one."
        )
    if len({choice.text for choice in choices}) < len(choices):
        raise ValueError(f"{at}: two choices say the same: write another.")
    if NAMED.search(" ".join([text, *(choice.text for choice in choices)])):
        raise ValueError(
            f"{at}: a link in the question or a choice: name equations, figures and "
            "chapters in 'why' only."
        )
    holds = entry.get("holds", [])
    if not isinstance(holds, list) or not all(isinstance(line, str) for line in holds):
        raise ValueError(f"{at}: 'holds' is no list of expressions: quote each one.")
    return Question(text, section, choices, tuple(holds))


def _choice(entry: Any, at: str) -> Choice:
    """One choice of a question, checked."""
    if not isinstance(entry, dict):
        raise ValueError(f"{at}: no fields: write 'text:' and 'why:'.")
    if unknown := set(entry) - CHOICE_FIELDS:
        raise ValueError(f"{at}: unknown field {min(unknown)!r}: use text, why, right.")
    right = entry.get("right", False)
    if not isinstance(right, bool):
        raise ValueError(f"{at}: 'right' is {right!r}: write true, or leave it out.")
    return Choice(_text(entry, "text", at), _text(entry, "why", at), right)


def _text(entry: dict[str, Any], field: str, at: str) -> str:
    """A field of words."""
    value = entry.get(field)
    if not isinstance(value, str) or not value.strip():
        remedy = {"why": "explain this choice in a sentence"}.get(
            field, "write it, in quotes if it is a number or holds ': '"
        )
        raise ValueError(f"{at}: {field!r} is missing or no text: {remedy}.")
    return " ".join(value.split())


def as_markdown(chapter: str, file: Path = FILE) -> str:
    """The questions of a chapter as Markdown, each with its answers in <details>.

    Args:
        chapter: the name of a notebook without its suffix, such as ``03_elbo``.
    """
    questions = load(file).get(chapter)
    if questions is None:
        raise ValueError(f"{file.name}: no questions of chapter {chapter!r}: add some.")
    parts = ["## Check yourself", INTRODUCTION]
    for number, one in enumerate(questions, 1):
        lettered = list(zip(LETTERS, one.choices, strict=False))
        parts.append(f"**{number}.** {one.question}")
        parts.append("\n".join(f"- **{letter}.** {c.text}" for letter, c in lettered))
        answers = "\n".join(
            f"- **{verdict(letter, c)}** {c.why}" for letter, c in lettered
        )
        parts.append(
            f"<details><summary>{label(number)}</summary>\n\n{answers}\n\n"
            f"The section: *{plain(one.section)}*.\n\n</details>"
        )
    return "\n\n".join(parts) + "\n"


INTRODUCTION = (
    "Choose an answer before you open the explanations. Nothing is stored or sent, and "
    "a wrong choice is explained as well as the right one."
)


def label(number: int) -> str:
    """What the fold with the explained answers of a question is called."""
    return f"Explained answers to question {number}"


def verdict(letter: str, choice: Choice) -> str:
    """The words before the explanation of a choice."""
    return f"{letter} is right." if choice.right else f"{letter} is not right."


def main(arguments: list[str] | None = None) -> int:
    """Check the file and count, or print one chapter."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapter", nargs="?", help="print it, as 03_elbo")
    chapter = parser.parse_args(arguments).chapter
    if chapter:
        print(as_markdown(chapter), end="")
    else:
        found = load()
        print(f"{sum(map(len, found.values()))} questions, {len(found)} chapters")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
