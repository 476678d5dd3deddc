"""The widgets of the built book, moved by mouse, finger and keyboard, on every screen.

Needs what tests/book/test_browser.py needs: the site, playwright and a Chromium. The
checks of accessibility need axe-core too: `npm ci` in live/.
"""

from urllib.parse import urlsplit

import browsing
import numpy as np
import pytest
import widgets
from browsing import LAPTOP, PHONE, SITE, TABLET
from widgets import body, code, errors, picture

PAGES = ("book/intro", "book/00_sixty_seconds", "book/live")
WIDGETS = ("plane", "draw", "latents", "train")

pytestmark = browsing.MARKS


def start(widget):
    """Places in the plane of a widget, as fractions of its side."""
    plane = widget.locator(".vae-live-plane").first
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    return lambda x, y: (box["x"] + x * box["width"], box["y"] + y * box["height"])


def by_mouse(page, widget):
    at = start(widget)
    page.mouse.move(*at(0.5, 0.5))
    page.mouse.down()
    page.mouse.move(*at(0.25, 0.4), steps=5)
    page.mouse.up()


def by_touch(page, widget):
    at, session = start(widget), page.context.new_cdp_session(page)

    def touch(kind, *points):
        points = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", at(0.5, 0.5))
    touch("touchMove", at(0.4, 0.45))
    touch("touchMove", at(0.25, 0.4))
    touch("touchEnd")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("move", [by_mouse, by_touch])
def test_the_digit_follows_a_drag(visit, name, move):
    page = visit(name, PHONE if move is by_touch else LAPTOP, has_touch=True)
    widget = body(page, "plane")
    canvas = widget.locator(".vae-live-digit").first
    before, scrolled = picture(canvas), page.evaluate("scrollY")
    move(page, widget)
    after = picture(canvas)
    limit = widget.evaluate("b => b.widget.panels.get('mlp_2').view.limit")
    # Where the finger or the mouse let go, up to a pixel of the plane.
    assert code(page, widget) == pytest.approx([-0.5 * limit, 0.2 * limit], abs=0.04)
    assert after != before
    if move is by_touch:
        moved = page.evaluate("scrollY") - scrolled
        assert (
            abs(moved) < 700
        )  # start() scrolls to the plane; the drag itself does not


def test_the_plane_follows_the_arrow_keys(visit):
    page = visit("book/intro")
    widget = body(page, "plane")
    canvas = widget.locator(".vae-live-digit")
    before = picture(canvas)
    z1, z2 = code(page, widget)
    widget.locator(".vae-live-plane").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowDown"):
        page.keyboard.press(key)
    assert code(page, widget) == pytest.approx([z1 + 0.2, z2 + 0.09], abs=1e-6)
    assert picture(canvas) != before


def test_everything_can_be_reached_and_moved_by_keyboard(visit):
    page = visit("book/live")
    widget = body(page, "plane")
    widget.locator(".vae-live-plane").focus()
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        inside = "document.activeElement.closest('.vae-live[data-widget=plane]')"
        if not page.evaluate(f"!!{inside}"):
            break
        seen.append(page.evaluate("document.activeElement.type || 'canvas'"))
        shown = page.evaluate("document.activeElement.matches(':focus-visible')")
        assert shown
    # A group of radio buttons is one stop.
    assert seen.count("range") == 3 and seen.count("radio") == 3
    assert seen.count("checkbox") == 2 and seen.count("select-one") == 2
    z1, z2 = code(page, widget)
    widget.locator("input[type=range]").first.focus()
    page.keyboard.press("ArrowRight")
    assert code(page, widget) == pytest.approx([z1 + 0.01, z2], abs=1e-6)


def test_a_setting_is_kept_in_the_address_and_widgets_keep_apart(visit):
    page = visit("book/live", fragment="#plane.z=1.50,0.25&latents.net=mlp_20")
    plane, latents = body(page, "plane"), body(page, "latents")
    assert code(page, plane) == [1.5, 0.25]
    assert latents.locator(".vae-live-latents input").count() == 20
    body(page, "plane").locator(".vae-live-plane").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("location.hash.includes('plane.z=1.40,0.25')")
    assert "latents.net=mlp_20" in page.evaluate("location.hash")
    page.reload()
    assert code(page, body(page, "plane")) == [1.4, 0.25]
    # A damaged or foreign address is no error.
    page.goto(page.url.split("#")[0] + "#plane.z=x,y&draw.strokes=zz&plane.row=%zz")
    page.reload()
    assert code(page, body(page, "plane")) == [0.3, -0.6]
    assert not errors(page)


@pytest.mark.parametrize("from_disk", [False, True], ids=["served", "from disk"])
@pytest.mark.parametrize("name", PAGES)
def test_asks_nobody_else_and_says_nothing_to_the_console(
    visit, address, name, from_disk
):
    where = SITE.as_uri() if from_disk else address
    page = visit(name, where=where)
    for widget in WIDGETS:
        if page.locator(f".vae-live[data-widget={widget}]").count():
            body(page, widget)
    page.wait_for_timeout(500)
    own = urlsplit(where)
    for url in map(urlsplit, page.requested):
        if url.scheme not in ("data", "blob"):
            assert (url.scheme, url.netloc) == (own.scheme, own.netloc)
    assert not errors(page)


def test_only_pages_with_a_widget_load_the_script():
    for path in sorted((SITE / "book").glob("*.html")):
        text = path.read_text("utf-8")
        assert ("live/live.js" in text) == ('class="vae-live"' in text), path.name
    assert all("live/live.js" in (SITE / f"{n}.html").read_text("utf-8") for n in PAGES)


@pytest.mark.parametrize("size", [PHONE, TABLET, LAPTOP])
def test_no_part_of_a_widget_sticks_out(visit, size):
    page = visit("book/live", size)
    for name in WIDGETS:
        body(page, name)
    page.wait_for_timeout(300)
    out = page.evaluate(
        """() => [...document.querySelectorAll('.vae-live')].flatMap(root => {
            const box = root.getBoundingClientRect();
            return [...root.querySelectorAll('.vae-live-body *')].filter(element => {
                const own = element.getBoundingClientRect();
                return own.width > 1
                    && (own.right > box.right + 0.5 || own.left < box.left - 0.5);
            }).map(element => element.outerHTML.slice(0, 100));
        })"""
    )
    assert not out
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]


@browsing.NEEDS_AXE
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, LAPTOP])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_the_widgets(visit, name, size, scheme):
    page = visit(name, size, color_scheme=scheme)
    for widget in WIDGETS:
        if page.locator(f".vae-live[data-widget={widget}]").count():
            body(page, widget)
    page.evaluate("scrollTo(0, 0)")  # where the page's header covers no widget
    assert not browsing.violations(page, ".vae-live", widgets.TAGS)


def test_less_motion_shows_the_end_of_the_descent_only(visit):
    counts = []
    for motion in ("no-preference", "reduce"):
        page = visit("book/live", reduced_motion=motion)
        widget = body(page, "draw")
        widget.evaluate(
            """body => {
                const own = body.widget, show = own.showEllipses;
                own.shown = 0;
                own.showEllipses = () => { own.shown += 1; show.call(own); };
            }"""
        )
        widget.get_by_role("button", name="Descend").click()
        page.wait_for_function(
            "b => !b.widget.sliders.descend.disabled && b.widget.shown > 0",
            arg=widget.element_handle(),
            timeout=60_000,
        )
        counts.append(widget.evaluate("body => body.widget.shown"))
    assert counts[0] > 50 and counts[1] == 1


def test_a_digit_is_drawn_by_mouse_and_kept_in_the_address(visit):
    page = visit("book/live")
    widget = body(page, "draw")
    seen = widget.locator(".vae-live-digit").first
    before = picture(seen)
    sheet = widget.locator(".vae-live-pad")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    at = [(0.5, 0.2), (0.5, 0.5), (0.5, 0.8)]
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in at]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()
    page.wait_for_function("location.hash.includes('draw.strokes=')")
    assert picture(seen) != before
    x = widget.evaluate("body => [...body.widget.x]")
    # A vertical bar: 20 rows of ink (the box of MNIST), its mass in the middle.
    image = np.reshape(x, (28, 28))
    assert 18 <= np.sum(image.max(axis=1) > 0.3) <= 21
    assert np.average(np.arange(28), weights=image.sum(axis=0)) == pytest.approx(
        13.5, abs=0.6
    )


@pytest.mark.parametrize("name", PAGES)
def test_without_scripts_the_still_and_a_sentence_are_seen(visit, name):
    page = visit(name, java_script_enabled=False)
    for root in page.locator(".vae-live").all():
        assert root.locator(".vae-live-without").is_visible()
        image = root.locator("img.vae-live-still")
        assert image.is_visible() and len(image.get_attribute("alt")) > 50


def test_without_weights_the_still_comes_back_with_a_reason(visit):
    page = visit("book/intro", block="**/weights/*.js")
    root = page.locator(".vae-live")
    root.scroll_into_view_if_needed()
    root.locator(".vae-live-failure").wait_for()
    assert "could not be loaded" in root.locator(".vae-live-failure").inner_text()
    assert root.locator("img.vae-live-still").is_visible()
    assert root.locator(".vae-live-body").count() == 0


def test_on_paper_the_still_stands_for_the_widget(visit):
    page = visit("book/intro")
    widget = body(page, "plane")
    still = page.locator(".vae-live img.vae-live-still")
    assert widget.is_visible() and not still.is_visible()
    page.emulate_media(media="print")
    assert still.is_visible() and not widget.is_visible()
