"""The exercises in the page, as a reader has them: by hand, from disk, without scripts.

The first tests need node only, the others what tests/book/test_browser.py needs.
"""

import importlib.util
import json
import subprocess

import browsing
import pytest
from browsing import LAPTOP, PHONE, SITE

import vendor
from notebook_env import ROOT

FOLDER = ROOT / "book" / "_exercises"
CHAPTER = "book/03_elbo"
PAGES = [f"book/{p.stem}" for p in sorted((ROOT / "book").glob("0[2-5]_*.ipynb"))]
RIGHT = """import math
def gaussian_kl(mean, log_var):
    terms = [m**2 + math.exp(v) - 1 - v for m, v in zip(mean, log_var)]
    print("first term", round(terms[0], 3))
    return sum(terms) / 2
"""
SAID = {
    RIGHT: "Right. It is zero for the prior itself",
    RIGHT.replace("/ 2", ""): "Not yet: the factor of one half is missing. Eq. (3.10)",
    RIGHT.replace("sum(terms) / 2", "-sum(terms) / 2"): "Not yet: the sign is turned",
    RIGHT.replace("- 1 - v", "- 1 - w"): "isn't defined in line 3 of `<listcomp>`.",
    RIGHT.replace("math\n", "numpy\n"): "has no NumPy: math and lists are enough",
    RIGHT.replace(
        " / 2", " / 2)"
    ): "stopped with SyntaxError: invalid syntax in line 5",
    RIGHT.replace(
        "    return", "    # return"
    ): "it returns None: is a `return` missing",
    " ": "Nothing here yet. Eq. (3.10)",
}
pytestmark = pytest.mark.book


def site(test):
    """What needs the built book and a browser."""
    for mark in browsing.MARKS:
        test = mark(test)
    return test


def tryout():
    path = ROOT / "book" / "_ext" / "tryout.py"
    spec = importlib.util.spec_from_file_location("tryout_extension", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_micropython_judges_as_cpython_does(node, tmp_path):
    extension, space = tryout(), {}
    exec((FOLDER / "judge.py").read_text("utf-8"), space)
    requests = []
    for name in extension.names():
        exercise = extension.source(name)
        known = {}
        exec(exercise, known)
        text = f"space = {{}}\nexec({exercise!r}, space)\n{name} = space['MISTAKES']"
        wrong = [f"{text}[{i}][1]" for i in range(len(known["MISTAKES"]))]
        far = f"def {name}(*case):\n    return 1 / 3"
        for answer in (*extension.parts(name)[2:], *wrong, "", "x = 1", far):
            requests.append({"name": name, "exercise": exercise, "answer": answer})
    source, target = tmp_path / "requests.json", tmp_path / "answers.json"
    both = {"judge": (FOLDER / "judge.py").read_text("utf-8"), "requests": requests}
    source.write_text(json.dumps(both))
    module = vendor.PACKAGES["micropython"].target / "micropython.mjs"
    script = ROOT / "tests" / "live" / "judge_of.mjs"
    subprocess.run([node, script, module, source, target], check=True)
    here = [list(space["judge"](**request)) for request in requests]
    assert json.loads(target.read_text()) == here
    assert {True, False} == {right for right, _ in here}


def box(page, name="gaussian_kl"):
    return page.locator(f".vae-try[data-name={name}]")


def verdict(page, answer=None, name="gaussian_kl"):
    """Write an answer, press Check, and wait for what is said."""
    root = box(page, name)
    if answer is not None:
        root.get_by_role("textbox", name="Your code").fill(answer)
    root.get_by_role("button", name="Check").click()
    status = root.get_by_role("status")
    page.wait_for_function(
        "box => box.textContent && !box.textContent.includes('is running')",
        arg=status.element_handle(),
    )
    return status.inner_text()


@site
def test_python_comes_with_the_first_check_and_judges(visit):
    page = visit(CHAPTER)
    page.wait_for_load_state("networkidle")
    before = len(page.requested)
    assert not [url for url in page.requested if "python.js" in url]
    for answer, said in SAID.items():
        assert said in verdict(page, answer)
    later = [u for u in page.requested[before:] if not u.startswith("blob:")]
    assert [url.split("?")[0].rpartition("/")[2] for url in later] == ["python.js"]
    assert page.said == []


@site
@pytest.mark.parametrize("name", PAGES)
def test_each_solution_is_right_on_a_page_from_disk(visit, name):
    page = visit(name, PHONE, where=SITE.as_uri())
    for root in page.locator(".vae-try").all():
        root.locator("summary").click()
        solution = root.locator("details pre").inner_text()
        said = verdict(page, solution, root.get_attribute("data-name"))
        assert said.startswith("Right. ")
    local = ("file:", "blob:", "data:")
    assert all(url.startswith(local) for url in page.requested)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    assert page.said == []


@site
@pytest.mark.parametrize("inside", ["pass", "print('again')"])
def test_an_endless_loop_is_stopped_and_the_page_lives_on(visit, inside):
    page = visit(CHAPTER)
    answer = f"def gaussian_kl(mean, log_var):\n    while True:\n        {inside}\n"
    assert "after 3 seconds and was stopped" in verdict(page, answer)
    assert verdict(page, RIGHT).startswith("Right.")
    assert "first term" in box(page).locator(".vae-try-printed").inner_text()
    assert page.said == []


@site
def test_the_keyboard_is_never_trapped_and_helps_with_the_indent(visit):
    page = visit(CHAPTER)
    area = box(page).get_by_role("textbox", name="Your code")
    area.fill("def gaussian_kl(mean, log_var):")
    area.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type("x = 1")
    page.keyboard.press("Enter")
    page.keyboard.press("Backspace")
    page.keyboard.type("y")
    text = "def gaussian_kl(mean, log_var):\n    x = 1\ny"
    assert area.input_value() == text
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Check"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Control+Enter")
    status = box(page).get_by_role("status")
    status.get_by_text("Not yet").wait_for()
    assert area.input_value() == text


@site
def test_what_is_written_is_kept_until_reset(visit):
    page = visit(CHAPTER)
    area = box(page).get_by_role("textbox", name="Your code")
    stub = area.input_value()
    assert "raise NotImplementedError()" in stub
    area.fill(RIGHT)
    page.reload()
    assert area.input_value() == RIGHT
    box(page).get_by_role("button", name="Reset").click()
    assert area.input_value() == stub
    page.keyboard.press("Control+z")
    assert area.input_value() == RIGHT
    box(page).get_by_role("button", name="Reset").click()
    page.reload()
    assert area.input_value() == stub


@site
def test_works_where_nothing_may_be_kept_and_says_if_python_is_missing(visit):
    page = visit(CHAPTER, block="**/python.js*")
    page.evaluate(
        "Object.defineProperty(window, 'localStorage',"
        " {get() { throw new Error('forbidden'); }})"
    )
    assert "could not run in this browser: python.js" in verdict(page, RIGHT)
    page.unroute("**/python.js*")
    assert verdict(page).startswith("Right.")


@site
def test_without_scripts_task_code_and_solution_are_there(visit):
    page = visit(CHAPTER, java_script_enabled=False)
    assert box(page).locator("textarea, button").count() == 0
    assert "Try it here." in box(page).inner_text()
    assert "# YOUR CODE HERE" in box(page).inner_text()
    box(page).locator("summary").click()
    assert "return 0.5 * sum(terms)" in box(page).inner_text()


@site
@browsing.NEEDS_AXE
@pytest.mark.parametrize(
    ("size", "scheme", "answer"),
    [(LAPTOP, "light", RIGHT), (PHONE, "dark", RIGHT.replace("/ 2", ""))],
)
def test_no_fault_of_accessibility_with_a_verdict(visit, size, scheme, answer):
    page = visit(CHAPTER, size, color_scheme=scheme)
    verdict(page, answer)
    tags = (*browsing.WCAG, "best-practice")
    assert browsing.violations(page, ".vae-try", tags) == []
