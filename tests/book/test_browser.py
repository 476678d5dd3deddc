"""The built book in a browser: its menus, its widths, its dark figures and its print.

Needs three things: the site (`jupyter-book build .`), the package playwright (the extra
`site`) and a Chromium or Chrome of the machine. Without them the tests are skipped;
`.ci/run` provides all three and forbids that.
"""

import functools
import http.server
import importlib.util
import os
import shutil
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import notebooks
from notebook_env import ROOT

SITE = Path(os.environ.get("VAE_LIB_SITE", ROOT / "_build" / "html"))
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
PHONE, TABLET, LAPTOP = (360, 740), (768, 1024), (1280, 720)

pytestmark = [
    pytest.mark.book,
    pytest.mark.site,
    pytest.mark.skipif(
        not (SITE / "index.html").is_file(),
        reason="the book is not built: jupyter-book build .",
    ),
    pytest.mark.skipif(
        importlib.util.find_spec("playwright") is None,
        reason="playwright is not installed: the extra `site`",
    ),
    pytest.mark.skipif(not BROWSER, reason="no Chromium on this machine"),
]
each_page = pytest.mark.parametrize("name", notebooks.toc())


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def address():
    """The site, served on this machine for the time of the tests."""
    handler = functools.partial(Quiet, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser():
    from playwright import sync_api

    with sync_api.sync_playwright() as playwright:
        # Without a sandbox, which root may not use in a container; it sees this site.
        options = {"executable_path": BROWSER, "args": ["--no-sandbox"]}
        chromium = playwright.chromium.launch(**options)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def context(browser):
    """A function that gives one browser profile, with its cache, for each screen."""

    @functools.cache
    def make(size, color_scheme):
        width, height = size
        viewport = {"width": width, "height": height}
        return browser.new_context(viewport=viewport, color_scheme=color_scheme)

    return make


@pytest.fixture
def visit(context, address):
    """A function that opens a page of the book, with its formulas set or without."""
    pages = []

    def visit(name, size, formulas=True, color_scheme="light"):
        page = context(size, color_scheme).new_page()
        pages.append(page)
        page.requested, page.errors = [], []
        page.on("request", lambda request: page.requested.append(request.url))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        if not formulas:
            page.route("**/mathjax/**", lambda route: route.abort())
        page.goto(f"{address}/{name}.html", wait_until="load")
        page.evaluate("window.MathJax?.startup?.promise")
        return page

    yield visit
    for page in pages:
        page.close()


def in_sight(page, selector):
    """How many elements a reader sees or can scroll to, not off to a side."""
    return page.evaluate(
        """selector => [...document.querySelectorAll(selector)].filter(element => {
            const box = element.getBoundingClientRect();
            return element.checkVisibility({visibilityProperty: true})
                && box.width > 0 && box.left >= 0 && box.right <= innerWidth;
        }).length""",
        selector,
    )


CHAPTERS = ".bd-sidebar-primary li a"
SECTIONS = ".bd-sidebar-secondary .page-toc li a"


@pytest.mark.parametrize("size", [PHONE, TABLET])
def test_menu_of_the_book_opens(visit, size):
    page = visit("book/03_elbo", size, formulas=False)
    assert in_sight(page, CHAPTERS) == 0
    page.click(".primary-toggle")
    page.wait_for_timeout(500)
    assert in_sight(page, CHAPTERS) == len(notebooks.toc())
    page.click(f"{CHAPTERS}[href='05_gaussian_decoder.html']")
    page.wait_for_url("**/05_gaussian_decoder.html")


def test_menu_of_the_book_folds_away_on_a_laptop(visit):
    page = visit("book/03_elbo", LAPTOP, formulas=False)
    seen = []
    for _ in range(2):
        seen.append(in_sight(page, CHAPTERS))
        page.click(".primary-toggle")
        page.wait_for_timeout(500)
    seen.append(in_sight(page, CHAPTERS))
    assert seen == [len(notebooks.toc()), 0, len(notebooks.toc())]


@pytest.mark.parametrize("size", [PHONE, TABLET, LAPTOP])
def test_menu_of_the_page_opens(visit, size):
    page = visit("book/03_elbo", size, formulas=False)
    button = page.locator(".secondary-toggle")
    if button.is_visible():  # else the menu stands beside the text
        assert in_sight(page, SECTIONS) == 0
        button.click()
        page.wait_for_timeout(500)
    assert button.is_visible() == (size != LAPTOP)
    assert in_sight(page, SECTIONS) >= 5


@each_page
def test_page_fits_a_phone_and_asks_nobody_else(visit, address, name):
    page = visit(name, PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    here = {urlsplit(address).netloc}
    assert {urlsplit(url).netloc for url in page.requested} == here
    assert not page.errors


@each_page
def test_search_is_in_sight_on_a_laptop(visit, name):
    page = visit(name, LAPTOP, formulas=False)
    page.wait_for_timeout(200)  # the theme scrolls its menu to the current page
    seen = page.evaluate(
        """() => [...document.querySelectorAll('.search-button-field')].some(field => {
            const box = field.getBoundingClientRect();
            const x = box.left + box.width / 2, y = box.top + box.height / 2;
            return box.width > 0 && field.contains(document.elementFromPoint(x, y));
        })"""
    )
    assert seen


def test_a_line_of_88_columns_fits_on_a_laptop(visit):
    page = visit("book/03_elbo", LAPTOP)
    wide, room = page.evaluate(
        """() => {
            const pre = document.querySelector('div.cell_input pre:not(details pre)');
            const style = getComputedStyle(pre), line = document.createElement('span');
            line.textContent = '0'.repeat(88);
            pre.append(line);
            const wide = line.getBoundingClientRect().width;
            line.remove();
            const padding = parseFloat(style.paddingLeft);
            return [wide, pre.clientWidth - padding];
        }"""
    )
    assert wide <= room


def test_wide_tables_scroll_by_keyboard(visit):
    page = visit("book/app_expected", PHONE)
    page.wait_for_timeout(200)
    boxes = page.evaluate(
        """() => [...document.querySelectorAll('article table')].map(table => {
            const box = table.parentElement;
            return [getComputedStyle(table).display, box.tabIndex,
                    box.scrollWidth > box.clientWidth];
        })"""
    )
    wide = [(display, stop) for display, stop, scrolls in boxes if scrolls]
    assert len(wide) >= 2 and set(wide) == {("table", 0)}


@pytest.mark.parametrize("name", ["book/03_elbo", "book/07_conv_vae", "book/intro"])
def test_dark_figures_are_as_drawn(visit, name):
    page = visit(name, LAPTOP, color_scheme="dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    looks = page.evaluate(
        """() => [...document.querySelectorAll('article img')].map(image => {
            const style = getComputedStyle(image);
            return [style.filter, style.backgroundColor];
        })"""
    )
    assert looks and {tuple(look) for look in looks} == {("none", "rgb(255, 255, 255)")}


def test_print_shows_what_is_folded_and_cuts_no_line(visit):
    page = visit("book/03_elbo", (800, 1000))
    page.wait_for_function(
        "[...document.querySelectorAll('article img')].every(i => i.naturalWidth)"
    )
    folded = page.locator("article details:not([open])").count()
    assert folded >= 5
    page.evaluate(
        """window.addEventListener('beforeprint', () => {
            window.folded = document.querySelectorAll('details:not([open])').length;
        })"""
    )
    page.pdf()
    assert page.evaluate("window.folded") == 0
    assert page.locator("article details:not([open])").count() == folded
    page.set_viewport_size({"width": 690, "height": 1000})  # A4 without its margins
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.wait_for_timeout(100)
    blocks = page.evaluate(
        """() => [...document.querySelectorAll('article pre')].map(pre => [
            pre.scrollWidth - pre.clientWidth, pre.clientHeight,
            pre.checkVisibility({opacityProperty: true}),
        ])"""
    )
    assert len(blocks) >= 20
    assert all(over <= 0 and height > 0 and seen for over, height, seen in blocks)
    answer = page.locator("details", has_text="answer to exercise 1").first
    assert answer.locator("pre").first.is_visible()
    label = "getComputedStyle(document.querySelectorAll('details')[0].firstElementChild"
    assert "Show" not in page.evaluate(label + ", '::before').content")
