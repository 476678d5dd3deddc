"""The widget that trains, in a browser and from disk, as a reader has it."""

import re

import browsing
import pytest

from notebook_env import ROOT

LIVE = ROOT / "book" / "_static" / "live"
EPOCHS = 25
MOST = 240_000  # milliseconds that a training may take on a busy machine
PAGE = """<!doctype html>
<html lang="en" data-theme="light"><meta charset="utf-8"><title>A page</title>
<link rel="stylesheet" href="{live}/live.css">
<script defer src="{live}/live.js"></script>
<main><div class="vae-live" data-widget="train" data-form="{form}">
<div class="vae-live-without"><p>Without scripts.</p></div>
</div></main></html>"""

pytestmark = [pytest.mark.book, *browsing.NEEDS_BROWSER]


@pytest.fixture
def visit(browser, tmp_path):
    """A function that opens the widget with settings; the page must stay silent."""
    path = tmp_path / "page.html"
    context = browser.new_context(viewport={"width": 360, "height": 740})
    heard = []

    def open_page(settings="", script=None, form="full"):
        path.write_text(PAGE.format(live=LIVE.as_uri(), form=form), "utf-8")
        page = context.new_page()
        if script:
            page.add_init_script(script)
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda asked: check_local(asked.url, heard))
        hash_part = "&".join(f"train.{each}" for each in settings.split())
        page.goto(f"{path.as_uri()}#{hash_part}")
        page.wait_for_selector(".vae-live-body")
        return page

    yield open_page
    context.close()
    assert heard == []


def check_local(url, heard):
    if not url.startswith(("file:", "blob:", "data:")):
        heard.append(url)


def sentence(page):
    return page.locator(".vae-live-sentence").inner_text().replace("\u2212", "-")


def wait_for_words(page, words):
    page.wait_for_function(
        "words => document.querySelector('.vae-live-sentence')"
        ".textContent.includes(words)",
        arg=words,
        timeout=MOST,
    )


def train_to(page, epochs):
    """Press Start and wait for the end; returns what the widget says then."""
    page.get_by_role("button", name="Start").click()
    wait_for_words(page, f", epoch {epochs}.0,")
    return sentence(page)


def test_at_rest_the_published_network_is_seen_and_a_prediction_is_asked(visit):
    page = visit()
    wait_for_words(page, "At rest")
    assert "nats a digit" in sentence(page)
    assert page.get_by_role("button", name="Start").is_disabled()
    page.get_by_label("both fall silent at one variance").focus()
    page.keyboard.press("Space")
    assert page.get_by_role("button", name="Start").is_enabled()
    page.wait_for_function("location.hash.includes('train.guess=together')")
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_the_keyboard_starts_and_pauses(visit):
    page = visit("guess=one speed=medium")
    page.get_by_role("button", name="Start").focus()
    page.keyboard.press("Enter")
    wait_for_words(page, "784-64-2, epoch")
    page.keyboard.press("Enter")
    page.wait_for_selector(".vae-live-body[data-running=false]")
    said = sentence(page)
    page.get_by_role("button", name="One batch").click()
    page.wait_for_function(
        "said => document.querySelector('.vae-live-sentence').textContent !== said",
        arg=said,
    )
    live = page.locator("[aria-live=polite]").inner_text()
    assert "held-out test digits" in live


@pytest.mark.parametrize(
    ("variance", "holds"),
    [
        (1, lambda first, second: second > 0.5),
        (3.4, lambda first, second: first > 0.2 and second < 0.1),
        (6, lambda first, second: first < 0.01),
    ],
)
def test_latents_die_where_it_is_predicted(visit, variance, holds):
    page = visit(f"guess=one s2={variance} epochs={EPOCHS}")
    said = train_to(page, EPOCHS)
    assert f"Variance of a pixel {variance}, fixed" in said
    found = re.search(r"rates of ([\d.]+) and ([\d.]+) nats", said)
    second, first = sorted(map(float, found.groups()))
    assert holds(first, second), said


def test_the_reports_network_passes_fifty_nats(visit):
    page = visit("guess=one net=512 epochs=7")
    said = train_to(page, 7)
    reached = re.search(r"last 4,000 digits: \+([\d.]+) nats", said)
    assert reached and float(reached[1]) > 50, said


def test_without_kl_there_is_no_bound(visit):
    page = visit("guess=one kl=off epochs=1")
    assert "no finite rate" in train_to(page, 1)


@pytest.mark.parametrize(
    "script",
    ["delete window.Worker", "window.Worker = class { postMessage() {} };"],
    ids=["no worker", "a worker that never starts"],
)
def test_without_a_worker_the_page_trains_itself(visit, script):
    if "class" in script:
        # As a browser does whose policy forbids workers from a Blob.
        script += "Worker.prototype.postMessage = function () { setTimeout(() => "
        script += "this.onerror?.(new ErrorEvent('error'))); };"
    page = visit("guess=one", script)
    page.get_by_role("button", name="One batch").click()
    wait_for_words(page, "784-64-2, epoch 0.0,")


def test_the_small_form_has_a_menu_of_bugs_and_no_question(visit):
    page = visit(form="small")
    wait_for_words(page, "At rest")
    assert page.get_by_role("radio").count() == 0
    assert page.get_by_role("slider").count() == 0
    assert page.get_by_role("button", name="Start").is_enabled()
    page.get_by_label("Break it").select_option("half")
    page.wait_for_function("location.hash.includes('train.bug=half')")
    assert "in place of m + e^(v/2) noise" in page.locator("main").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize(
    ("bug", "holds"),
    [
        ("none", lambda rates: min(rates) > 0.5),
        ("pixels", lambda rates: max(rates) < 0.1),
        ("sign", lambda rates: max(rates) < 0),
    ],
)
def test_a_bug_shows_in_the_rates(visit, bug, holds):
    said = train_to(visit(f"guess=one bug={bug} epochs={EPOCHS}"), EPOCHS)
    found = re.search(r"rates of (-?[\d.,]+) and (-?[\d.,]+) nats", said)
    assert holds([float(rate.replace(",", "")) for rate in found.groups()]), said
    assert ("Broken:" in said) == (bug != "none")


def test_a_bug_needs_no_prediction_of_the_variance(visit):
    page = visit("bug=relu")
    assert page.get_by_role("button", name="Start").is_enabled()
