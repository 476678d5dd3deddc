"""The widgets of the theory chapters 4 and 5, in the built book."""

import browsing
import pytest
import widgets
from browsing import LAPTOP, PHONE
from widgets import body, errors, picture

PAGES = {
    "loss": "book/05_gaussian_decoder",
    "gradients": "book/04_reparameterisation",
}

pytestmark = browsing.MARKS


def words(widget):
    """What the widget says to those who see it."""
    return widget.locator(".vae-live-sentence").inner_text()


def test_a_loss_of_public_code_is_read(visit):
    page = visit(PAGES["loss"])
    widget = body(page, "loss")
    assert "19.8" in words(widget) and "392" in words(widget)
    before = picture(widget.locator("canvas"))
    widget.get_by_label("Start from").select_option("diffusion")
    assert "no bound" in words(widget) and "b = 1e\u22126" in words(widget)
    assert picture(widget.locator("canvas")) != before
    # Written a moment later; and the first of two settings may be written already.
    page.wait_for_function("location.hash.includes('loss.k=')")
    first = page.evaluate("location.hash")
    widget.get_by_label("Start from").select_option("geron")
    assert "a variance of 0.5" in words(widget)
    page.wait_for_function("first => location.hash !== first", arg=first)
    page.reload()
    again = body(page, "loss")
    assert "a variance of 0.5" in words(again)
    assert again.get_by_label("Start from").input_value() == "geron"
    link = again.get_by_role("link", name="Chapter 12").get_attribute("href")
    assert page.request.get(page.url.split("#")[0].rsplit("/", 1)[0] + f"/{link}").ok


def test_a_loss_is_set_by_keyboard(visit):
    page = visit(PAGES["loss"])
    widget = body(page, "loss")
    widget.get_by_label("KL weight").focus()
    page.keyboard.press("Home")
    assert "autoencoder without densities" in words(widget)
    assert not errors(page)


def test_clouds_follow_the_sliders_and_the_seed(visit):
    page = visit(PAGES["gradients"])
    widget = body(page, "gradients")
    assert words(widget).startswith("200 draws of each; exact: 2.00.")
    assert "21.8 draws" in words(widget)
    before, said = picture(widget.locator("canvas")), words(widget)
    widget.get_by_role("button", name="Draw anew").click()
    assert picture(widget.locator("canvas")) != before and words(widget) != said
    widget.get_by_label("Draws").focus()
    page.keyboard.press("Home")
    assert words(widget).startswith("1 draw of each")
    page.wait_for_function("/gradients\\.n=1(&|$)/.test(location.hash)")
    assert not errors(page)


@browsing.NEEDS_AXE
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, LAPTOP])
@pytest.mark.parametrize("name", PAGES)
def test_is_accessible_fits_and_is_silent(visit, name, size, scheme):
    page = visit(PAGES[name], size, color_scheme=scheme)
    body(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert not errors(page)
    page.evaluate("scrollTo(0, 0)")  # where the page's header covers no widget
    assert not browsing.violations(page, ".vae-live", widgets.TAGS)


@pytest.mark.parametrize("name", PAGES)
def test_without_scripts_the_still_and_a_sentence_are_seen(visit, name):
    page = visit(PAGES[name], java_script_enabled=False)
    root = page.locator(f".vae-live[data-widget={name}]")
    assert root.locator(".vae-live-without").is_visible()
    image = root.locator("img.vae-live-still")
    assert image.is_visible() and len(image.get_attribute("alt")) > 50
