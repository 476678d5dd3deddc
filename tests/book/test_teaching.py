"""The pages for teachers say what is measured and decided elsewhere."""

import pytest

import teaching

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
