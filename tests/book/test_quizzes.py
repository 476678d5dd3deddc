"""The questions of book/quizzes.yml: well formed, fair to guessers, true, and shown."""

import copy
import importlib
import json
import math
import re
import sys

import numpy as np
import pytest
import yaml
from browsing import NEEDS_SITE, SITE

import notebooks
import quizzes
from notebook_env import ROOT
from vae_lib import results

pytestmark = pytest.mark.book

ALL = quizzes.load()
QUESTIONS = [(c, n, q) for c, found in ALL.items() for n, q in enumerate(found, 1)]
CODE = re.compile(r"`[^`]*`")
each_question = pytest.mark.parametrize(
    ("chapter", "number", "question"),
    QUESTIONS,
    ids=[f"{chapter[:2]}-{number}" for chapter, number, _ in QUESTIONS],
)


def texts(question):
    """All that a reader reads of a question."""
    choices = [text for c in question.choices for text in (c.text, c.why)]
    return [question.question, *choices]


# The questions themselves.


def test_every_chapter_has_three_to_six_questions():
    assert list(ALL) == sorted(quizzes.chapters())
    assert all(3 <= len(found) <= 6 for found in ALL.values())


@each_question
def test_a_question_is_short_and_its_explanations_say_something(
    chapter, number, question
):
    assert len(question.question) <= 260
    assert all(len(choice.text) <= 120 for choice in question.choices)
    assert all(40 <= len(choice.why) <= 330 for choice in question.choices)
    # What is explained is read beside the choice, and must not only repeat it.
    assert all(choice.text not in choice.why for choice in question.choices)


@each_question
def test_markup_is_closed_and_formulas_are_few(chapter, number, question):
    for text in texts(question):
        assert text.count("`") % 2 == 0
        text = CODE.sub("", text)
        assert text.count("$") % 2 == text.count("*") % 2 == 0
        assert not re.search(r"<\w|\\\(|\bhttps?:", text)


def test_a_guesser_gains_nothing_by_position():
    """No position holds more than its share of questions with so many choices."""
    for count in (3, 4):
        right = [q.right for _, _, q in QUESTIONS if len(q.choices) == count]
        shares = np.bincount(right, minlength=count) / len(right)
        assert shares.max() <= 0.55, (count, shares)
    everywhere = np.bincount([q.right for _, _, q in QUESTIONS])
    assert everywhere.max() < 0.5 * everywhere.sum()
    for chapter, found in ALL.items():
        assert len({q.right for q in found}) >= 3, chapter


@pytest.mark.parametrize("extreme", [max, min])
def test_a_guesser_gains_nothing_by_length(extreme):
    """The longest choice, or the shortest, is right about as often as chance has it."""
    hits = 0
    for _, _, question in QUESTIONS:
        lengths = [len(choice.text) for choice in question.choices]
        hits += lengths[question.right] == extreme(lengths)
    chance = sum(1 / len(q.choices) for _, _, q in QUESTIONS)
    spread = math.sqrt(chance * 2 / 3)  # binomial, with one choice in three
    assert abs(hits - chance) < 3 * spread, (hits, chance)


@pytest.mark.parametrize("word", ["Yes", "No", "Nothing", "The", "It"])
def test_a_guesser_gains_nothing_by_the_first_word(word):
    choices = [choice for _, _, question in QUESTIONS for choice in question.choices]
    right = [c.right for c in choices if re.match(rf"{word}\b", c.text)]
    assert len(right) >= 8
    assert 0.15 < np.mean(right) < 0.55


# What they say.


def in_chapter(chapter):
    """What the numbers of a question may be computed from."""
    record = {}
    path = ROOT / "book" / "results" / f"{chapter}.json"
    if path.is_file():
        record = results.load(chapter)
    cells = json.loads(quizzes.chapters()[chapter].read_text("utf-8"))["cells"]
    return {
        "math": math,
        "np": np,
        "load": results.load,
        "record": lambda name: record[name]["value"],
        "CHAPTER": "\n".join("".join(cell["source"]) for cell in cells),
    }


@each_question
def test_the_numbers_of_a_question_hold(chapter, number, question):
    truth = in_chapter(chapter) if question.holds else {}
    for line in question.holds:
        assert eval(line, truth), line


# Counts that are set up and not measured: pixels, grey levels, batches, images.
SET_UP = {28, 128, 255, 256, 784}
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")


def needs_a_check(text):
    """The numbers with a point, or with more than two digits that count."""
    plain = CODE.sub("", text)
    plain = re.sub(r"(?:Eqs?\.|[Cc]hapters?) \(?[\d.]+\)?", "", plain)
    for found in NUMBER.findall(plain):
        number = found.rstrip(",").replace(",", "")
        digits = number.strip("0").replace(".", "").strip("0")
        if ("." in number or len(digits) > 2) and float(number) not in SET_UP:
            yield number


def test_numbers_that_need_a_check_are_found():
    assert list(needs_a_check("a rate of 6.2 nats, 2,458 of 5,000 and 12 at 0")) == [
        "6.2",
        "2458",
    ]
    assert not list(needs_a_check("By Eq. (12.4) and chapter 8, 784 pixels."))


@each_question
def test_no_number_is_typed_that_nothing_computes(chapter, number, question):
    held = " ".join(question.holds).replace("_", "")
    for text in texts(question):
        for found in needs_a_check(text):
            assert found in held, f"{found}: compute it in 'holds'"


@each_question
def test_equations_and_chapters_that_are_named_exist(chapter, number, question):
    known = results.load("equations")
    numbers = {int(name[:2]) for name in quizzes.chapters()}
    for text in texts(question):
        for tag in re.findall(r"\bEqs?\.\s+\((\d+\.\d+)\)", text):
            assert tag in known
        for named in re.findall(r"\b[Cc]hapters?\s+(\d+)", text):
            assert int(named) in numbers


# What is refused.

CHAPTER = "03_elbo"
SECTION = "The bound in two terms"


def good():
    """Three questions that are taken."""
    choices = [
        {"text": "First", "why": "It is so."},
        {"text": "Second", "why": "It is.", "right": True},
        {"text": "Third", "why": "It is not."},
    ]
    one = {"section": SECTION, "choices": choices}
    questions = [{"question": f"What {i}?", **copy.deepcopy(one)} for i in range(3)]
    return {CHAPTER: questions}


@pytest.fixture
def load(tmp_path):
    """A function that reads a table as the file of the book is read."""
    path = tmp_path / "quizzes.yml"

    def read(table):
        text = table if isinstance(table, str) else yaml.safe_dump(table)
        path.write_text(text, "utf-8")
        return quizzes.load(path)

    return read


def test_good_questions_are_taken(load):
    found = load(good())[CHAPTER]
    assert [q.right for q in found] == [1, 1, 1] and found[0].section == SECTION


def change(path, value):
    """A function that changes one field of the questions; None removes it."""

    def spoil(table):
        *way, last = path
        for step in way:
            table = table[step]
        if value is None:
            del table[last]
        else:
            table[last] = value

    return spoil


ONE = (CHAPTER, 1)
BAD = {
    "unknown chapter": (
        lambda table: table.update({"33_elbo": table.pop(CHAPTER)}),
        "chapter '33_elbo': no such chapter: use one of 00_",
    ),
    "too few": (lambda table: table[CHAPTER].pop(), "2 questions: give a list of 3"),
    "too many": (
        lambda table: table[CHAPTER].extend(table[CHAPTER] * 2),
        "9 questions: give a list of 3 to 6",
    ),
    "no right": (change((*ONE, "choices", 1, "right"), None), "no right answer: mark"),
    "two right": (
        change((*ONE, "choices", 2, "right"), True),
        "2 right answers, B and C: leave 'right: true' at one",
    ),
    "right is a word": (
        change((*ONE, "choices", 2, "right"), "maybe"),
        "choice C: 'right' is 'maybe': write true",
    ),
    "no why": (
        change((*ONE, "choices", 2, "why"), None),
        "choice C: 'why' is missing or no text: explain this choice",
    ),
    "empty why": (change((*ONE, "choices", 0, "why"), " "), "choice A: 'why'"),
    "number": (
        change((*ONE, "choices", 0, "text"), 3),
        "'text' is missing or no text: write it, in quotes if it is a number",
    ),
    "two choices": (
        lambda table: table[CHAPTER][1]["choices"].pop(),
        "2 choices: give a list of 3 or 4",
    ),
    "same choices": (
        change((*ONE, "choices", 2, "text"), "First"),
        "two choices say the same",
    ),
    "unknown field": (change((*ONE, "hint"), "x"), "unknown field 'hint': use choices"),
    "unknown field of a choice": (
        change((*ONE, "choices", 0, "because"), "x"),
        "choice A: unknown field 'because': use text, why, right",
    ),
    "no section": (change((*ONE, "section"), None), "'section' is missing"),
    "unknown section": (
        change((*ONE, "section"), "The bound"),
        "no section 'The bound': copy a heading of the notebook: What you will",
    ),
    "asked before": (
        change((*ONE, "question"), "what  0?"),
        "asked before, in chapter '03_elbo', question 1: ask another",
    ),
    "link": (
        change((*ONE, "question"), "What does Eq. (3.4) say?"),
        "a link in the question or a choice: name equations",
    ),
    "holds": (change((*ONE, "holds"), "1 == 1"), "'holds' is no list of expressions"),
    "no question": (change(ONE, "What?"), "question 2: no fields: write 'question:'"),
    "no choice": (
        change((*ONE, "choices", 0), "First"),
        "choice A: no fields: write 'text:' and 'why:'",
    ),
}
IN_A_QUESTION = set(BAD) - {"unknown chapter", "too few", "too many"}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_refused_by_name(load, name):
    spoil, message = BAD[name]
    table = good()
    spoil(table)
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        load(table)
    said = str(error.value)
    assert said.startswith("quizzes.yml: chapter '")
    assert name not in IN_A_QUESTION or f"chapter '{CHAPTER}', question 2" in said


def test_a_file_that_is_no_table_is_refused(load):
    with pytest.raises(ValueError, match=r"line 2: no YAML.*put a text"):
        load("03_elbo:\n  - question: one: two: three\n")
    with pytest.raises(ValueError, match="no chapters: begin with a line '03_elbo:'"):
        load("- question\n")


# What is shown.


def test_a_chapter_as_markdown_for_a_notebook():
    text = quizzes.as_markdown(CHAPTER)
    assert text.startswith("## Check yourself\n")
    found = ALL[CHAPTER]
    assert text.count("<details>") == text.count("</details>") == len(found)
    for number, question in enumerate(found, 1):
        assert f"**{number}.** {question.question}" in text
        for letter, choice in zip("ABCD", question.choices, strict=False):
            said = "is right" if choice.right else "is not right"
            assert f"- **{letter}.** {choice.text}" in text
            assert f"- **{letter} {said}.** {choice.why}" in text
    with pytest.raises(ValueError, match="no questions of chapter '3'"):
        quizzes.as_markdown("3")


def test_the_command_counts_and_prints(capsys):
    assert quizzes.main([]) == 0
    assert (
        capsys.readouterr().out == f"{len(QUESTIONS)} questions, {len(ALL)} chapters\n"
    )
    assert quizzes.main([CHAPTER]) == 0
    assert capsys.readouterr().out == quizzes.as_markdown(CHAPTER)


@pytest.fixture
def extension(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "book" / "_ext")])
    return importlib.import_module("quiz")


def test_inline_markup_becomes_nodes(extension):
    found = extension.inline("the `z` of $q$ is *one*, is it")
    assert [node.tagname for node in found] == [
        *("#text", "literal", "#text", "math", "#text", "emphasis", "#text")
    ]
    assert "".join(node.astext() for node in found) == "the z of q is one, is it"


def test_a_bad_file_stops_the_build_with_its_message(extension, tmp_path, monkeypatch):
    from sphinx.errors import ExtensionError

    table = good()
    table[CHAPTER][1]["choices"][2].pop("why")
    path = tmp_path / "quizzes.yml"
    path.write_text(yaml.safe_dump(table), "utf-8")
    monkeypatch.setattr(extension.quizzes, "FILE", path)
    with pytest.raises(ExtensionError, match="question 2, choice C: 'why' is missing"):
        extension.read(None)


@NEEDS_SITE
@pytest.mark.site
@pytest.mark.parametrize("chapter", ALL)
def test_the_page_of_a_chapter_shows_its_questions(chapter):
    html = (SITE / "book" / f"{chapter}.html").read_text("utf-8")
    (start,) = (m.start() for m in re.finditer('<section id="check-yourself">', html))
    section = html[start : html.index('<section id="exercises">')]
    assert html.index('<section id="summary">') < start
    count = len(ALL[chapter])
    assert section.count('<fieldset class="vae-quiz">') == count
    assert section.count("<legend>") == section.count("<details>") == count
    buttons = sum(len(question.choices) for question in ALL[chapter])
    assert section.count('<label><input type="radio"') == buttons
    assert section.count(" is right.</strong>") == count
    assert section.count(" is not right.</strong>") == buttons - count
    assert '<a class="reference internal nav-link" href="#check-yourself">' in html
    assert html.count("quiz.js") == html.count("quiz.css") == 1


@NEEDS_SITE
@pytest.mark.site
def test_other_pages_load_nothing_of_it():
    others = [p for p in notebooks.toc() if p.removeprefix("book/") not in ALL]
    assert len(others) > 5
    for page in others:
        html = (SITE / f"{page}.html").read_text("utf-8")
        assert "quiz.js" not in html and "vae-quiz" not in html


def test_the_script_is_small():
    static = ROOT / "book" / "_static"
    assert (static / "quiz.js").stat().st_size <= 2_000
    assert (static / "quiz.css").stat().st_size <= 3_000
