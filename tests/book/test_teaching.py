"""The pages for teachers say what is measured and decided elsewhere."""

import re

import pytest
import yaml

import teaching

pytestmark = pytest.mark.book
COURSES = ("lecture", "workshop", "course")


def test_the_tables_of_the_pages_are_those_that_would_be_written():
    old = [p.name for p, t in teaching.pages().items() if p.read_text("utf-8") != t]
    assert not old, f"{old}: python tools/teaching.py"


@pytest.mark.parametrize("course", COURSES)
def test_nobody_sits_for_more_than_ninety_minutes(course):
    for day in teaching.load("schedule.yml")[course]:
        sitting = 0
        for minutes, what, _ in day["sessions"]:
            sitting = 0 if what == "break" else sitting + minutes
            assert sitting <= 90, (day["title"], what)


def test_a_lecture_and_a_week_last_ninety_minutes():
    plan = teaching.load("schedule.yml")
    for day in [*plan["lecture"], *plan["course"]]:
        assert sum(minutes for minutes, *_ in day["sessions"]) == 90, day["title"]


def test_the_inventory_has_twenty_items_and_their_sections_exist():
    items = teaching.load("misconceptions.yml")
    assert len(items) == 20
    for item in items:
        chapter, section = item["section"]
        text = (teaching.BOOK / f"{chapter}.ipynb").read_text("utf-8")
        assert f"## {section}" in text, item["section"]
        assert len(item["wrong"]) == 2
        assert item["threads"]
        assert item["then"].endswith((".", "?"))


def test_the_letters_of_the_right_answers_are_mixed():
    keys = [row.split(",")[1] for row in teaching.sheet().split("\n")[1:] if row]
    assert min(keys.count(letter) for letter in "ABC") >= 4


def test_the_issue_asks_what_the_page_asks():
    page = (teaching.BOOK / "teach_pilot.md").read_text("utf-8")
    template = teaching.ROOT / ".github" / "ISSUE_TEMPLATE" / "taught.yml"
    body = yaml.safe_load(template.read_text("utf-8"))["body"]
    asked = [part["attributes"]["label"] for part in body]
    assert re.findall(r"^\d\. (.*)$", page, re.M) == asked[1:]
    assert len(asked) == 7
