"""The two widgets on a line: the divergences of chapter 2 and the gap of chapter 3."""

import json
import math

import browsing
import pytest
import widgets
from browsing import LAPTOP, PHONE
from widgets import body, errors, picture

from notebook_env import ROOT

PAGES = {"kl": "book/02_latent_line", "gap": "book/03_elbo"}
EACH = pytest.mark.parametrize("name", PAGES)

pytestmark = browsing.MARKS


def now(widget):
    """What the widget shows, as numbers."""
    return widget.evaluate("body => body.now")


def recorded(name):
    """A number that chapter 3 prints."""
    text = (ROOT / "book" / "results" / "03_elbo.json").read_text("utf-8")
    return json.loads(text)[name]["value"]


def test_at_rest_the_two_divergences_differ(visit):
    shown = now(body(visit(PAGES["kl"]), "kl"))
    assert shown["reverse"] == pytest.approx(-math.log(0.4) - 0.5 + 1.16 / 2)
    assert shown["forward"] == pytest.approx(math.log(0.4) - 0.5 + 2 / 0.32)


def test_bound_and_gap_are_those_of_the_chapter_and_add_up(visit):
    for name, q in (("wide", "0,1.2"), ("right mode", "1.1,0.18")):
        shown = now(body(visit(PAGES["gap"], fragment=f"#gap.q={q}"), "gap"))
        assert shown["elbo"] == pytest.approx(recorded(f"{name}: ELBO"), abs=1e-5)
        gap = recorded(f"{name}: KL to the posterior")
        assert shown["gap"] == pytest.approx(gap, abs=1e-5)
        assert shown["elbo"] + shown["gap"] == pytest.approx(shown["logPx"], abs=1e-8)


@EACH
def test_q_follows_keys_sliders_and_a_drag(visit, name):
    page = visit(PAGES[name])
    widget = body(page, name)
    canvas = widget.locator("canvas[role=application]")
    first, before = now(widget), picture(canvas)
    canvas.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    second = now(widget)
    assert second["mean"] == pytest.approx(first["mean"] + 0.09, abs=1e-6)
    narrower = first["deviation"] * math.exp(-0.05)
    assert second["deviation"] == pytest.approx(narrower, rel=1e-3)
    assert picture(canvas) != before

    widget.locator("input[type=range]").first.focus()
    page.keyboard.press("ArrowRight")
    third = now(widget)
    assert third["mean"] == pytest.approx(second["mean"] + 0.01, abs=1e-6)

    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 40, y - 20, steps=4)
    page.mouse.up()
    fourth = now(widget)
    assert fourth["mean"] < third["mean"] - 0.5
    assert fourth["deviation"] < third["deviation"]
    # The address follows with a pause, so it may still hold an earlier move.
    mean = f"{fourth['mean']:.3f}"
    page.wait_for_function(f"location.hash.includes('{name}.q={mean},')")
    page.reload()
    kept = now(body(page, name))
    assert kept["mean"] == pytest.approx(fourth["mean"], abs=1e-3)
    assert not errors(page)


@EACH
def test_a_damaged_address_is_no_error(visit, name):
    page = visit(PAGES[name], fragment=f"#{name}.q=9,-1")
    shown = now(body(page, name))
    assert shown["mean"] == 3 and 0.05 <= shown["deviation"] <= 0.1  # the limits
    page = visit(PAGES[name], fragment=f"#{name}.q=x")
    assert now(body(page, name))["deviation"] in (0.4, 1.2)
    assert not errors(page)


@EACH
@pytest.mark.parametrize(("size", "scheme"), [(LAPTOP, "light"), (PHONE, "dark")])
def test_fits_says_its_numbers_and_has_no_fault_of_accessibility(
    visit, name, size, scheme
):
    page = visit(PAGES[name], size, color_scheme=scheme)
    widget = body(page, name)
    assert "nats" in widget.locator("[aria-live]").inner_text()
    box = widget.bounding_box()
    for part in widget.locator("canvas, .vae-live-slider").all():
        own = part.bounding_box()
        assert own["x"] >= box["x"] - 0.5
        assert own["x"] + own["width"] <= box["x"] + box["width"] + 0.5
    if browsing.AXE.is_file():
        page.evaluate("scrollTo(0, 0)")
        assert not browsing.violations(page, ".vae-live", widgets.TAGS)
    assert not errors(page)


@EACH
def test_without_scripts_the_still_and_a_sentence_are_seen(visit, name):
    page = visit(PAGES[name], java_script_enabled=False)
    root = page.locator(".vae-live")
    assert root.locator(".vae-live-without").is_visible()
    image = root.locator("img.vae-live-still")
    assert image.is_visible() and len(image.get_attribute("alt")) > 50
