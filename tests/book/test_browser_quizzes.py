"""The questions of a chapter in a browser: by keyboard, by ear, on paper, offline.

What this needs, and what is skipped without it, stands in browsing.py.
"""

import re
import unicodedata

import browsing
import pytest
from browsing import LAPTOP, PHONE, SITE

import quizzes

pytestmark = browsing.MARKS
CHAPTER = "03_elbo"
FIRST = quizzes.load()[CHAPTER][0]
WRONG = next(i for i, choice in enumerate(FIRST.choices) if not choice.right)


def words(text):
    """A text as it is seen, without marks, line ends and the letters of formulas."""
    plain = unicodedata.normalize("NFKC", re.sub(r"[$*`]", "", text))
    return re.sub(r"\s+([.,])", r"\1", " ".join(plain.split()))


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def choose(page, index):
    """From the menu of the page, choose an answer of the first question."""
    page.evaluate("location.hash = 'check-yourself'")
    press(page, "Tab", "Space", *["ArrowDown"] * index, "Tab", "Enter")


@pytest.mark.parametrize("at", ["served", "from the disk"])
@pytest.mark.parametrize("index", [FIRST.right, WRONG])
def test_a_choice_is_judged_in_words_by_keyboard_alone(visit, address, at, index):
    where = address if at == "served" else SITE.as_uri()
    page = visit(f"book/{CHAPTER}", LAPTOP, at=where)
    choose(page, index)
    choice = FIRST.choices[index]
    said = page.locator(".vae-quiz").first.get_by_role("status").inner_text()
    letter = quizzes.LETTERS[index]
    assert words(said) == words(f"{quizzes.verdict(letter, choice)} {choice.why}")
    assert page.locator(".vae-quiz details[open]").count() == 0
    for _ in range(4):  # past the links that the explanation has
        press(page, "Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    press(page, "Enter")
    assert page.locator(".vae-quiz details[open]").count() == 1
    assert not page.messages


def test_another_choice_withdraws_what_was_said(visit):
    page = visit(f"book/{CHAPTER}", LAPTOP)
    question = page.locator(".vae-quiz").first
    question.get_by_role("button").click()
    says = question.get_by_role("status")
    assert says.inner_text() == "Choose an answer first."
    question.get_by_role("radio").nth(WRONG).check()
    assert says.inner_text() == ""
    question.get_by_role("button").click()
    assert "is not right." in says.inner_text()
    question.get_by_role("radio").nth(FIRST.right).check()
    assert says.inner_text() == ""


def test_the_words_of_a_choice_choose_it(visit):
    page = visit(f"book/{CHAPTER}", PHONE)
    question = page.locator(".vae-quiz").first
    question.locator("label span").nth(WRONG).click()
    assert question.get_by_role("radio").nth(WRONG).is_checked()


def test_questions_do_not_disturb_one_another(visit):
    page = visit(f"book/{CHAPTER}", LAPTOP)
    for question in page.locator(".vae-quiz").all():
        question.get_by_role("radio").first.check()
    count = len(quizzes.load()[CHAPTER])
    assert page.locator(".vae-quiz input:checked").count() == count


def test_a_screen_reader_gets_names(visit):
    page = visit(f"book/{CHAPTER}", LAPTOP)
    group = page.get_by_role("group", name=words(FIRST.question))
    assert group.count() == 1
    for letter, choice in zip("ABCD", FIRST.choices, strict=False):
        name = words(f"{letter}. {choice.text}")
        assert group.get_by_role("radio", name=name).count() == 1


@pytest.mark.parametrize("at", ["served", "from the disk"])
def test_without_scripts_the_answers_unfold(browser, address, at):
    where = address if at == "served" else SITE.as_uri()
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{where}/book/{CHAPTER}.html")
        question = page.locator(".vae-quiz").first
        assert not question.locator("button").is_visible()
        question.locator("input").nth(WRONG).check()
        answer = question.locator("details li").first
        assert not answer.is_visible()
        question.locator("summary").click()
        assert answer.is_visible()
        assert "is right." in question.locator("details").inner_text()


@browsing.NEEDS_AXE
@pytest.mark.parametrize(("size", "scheme"), [(LAPTOP, "light"), (PHONE, "dark")])
@pytest.mark.parametrize("chapter", [CHAPTER, "12_rosetta"])
def test_no_violation_after_a_choice(visit, chapter, size, scheme):
    page = visit(f"book/{chapter}", size, color_scheme=scheme)
    for question in page.locator(".vae-quiz").all():
        question.get_by_role("radio").first.check()
        question.get_by_role("button").click()
        question.locator("summary").click()
    assert not browsing.violations(page, "#check-yourself")
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]


def test_a_thumb_hits_a_choice(visit):
    page = visit(f"book/{CHAPTER}", PHONE)
    targets = page.locator(".vae-quiz label, .vae-quiz button, .vae-quiz summary").all()
    assert len(targets) > 10
    assert all(target.bounding_box()["height"] >= 24 for target in targets)


def test_paper_shows_questions_and_answers(visit):
    page = visit(f"book/{CHAPTER}", LAPTOP)
    choose(page, WRONG)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    question = page.locator(".vae-quiz").first
    assert question.locator("legend").is_visible()
    answers = question.locator("details li")
    assert answers.count() == len(FIRST.choices)
    assert all(answer.is_visible() for answer in answers.all())
    assert not question.get_by_role("button").is_visible()
    assert not question.locator(".vae-quiz-says").is_visible()
