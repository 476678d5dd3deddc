"""Every page in a browser: accessible, light, still, silent, and alone.

axe-core, which finds faults of accessibility, comes from npm:
`npm ci --prefix live`.
"""

import functools
import gzip
from pathlib import Path
from urllib.parse import unquote, urlsplit

import browsing
import pytest
from browsing import LAPTOP, PHONE, SITE

import notebooks

pytestmark = browsing.MARKS
each_page = pytest.mark.parametrize("name", notebooks.toc())
PICTURES = (".png", ".svg", ".jpg")
# Bytes over the wire: a chapter without its figures; with them the two pages that begin
# with a network at work, which is half a megabyte of weights.
CHAPTER, WITH_WEIGHTS = 700_000, 1_500_000
SHIFT = """() => new Promise(done => {
    let sum = 0;
    new PerformanceObserver(list => list.getEntries().forEach(
        entry => { if (!entry.hadRecentInput) sum += entry.value; }
    )).observe({type: 'layout-shift', buffered: true});
    setTimeout(() => done(sum), 100);
})"""


@browsing.NEEDS_AXE
@pytest.mark.parametrize(("size", "scheme"), [(LAPTOP, "light"), (PHONE, "dark")])
@pytest.mark.parametrize("name", [*notebooks.toc(), "search", "genindex", "404"])
def test_no_violation_of_wcag(visit, name, size, scheme):
    page = visit(name, size, color_scheme=scheme)
    page.evaluate(
        """async () => {
            document.querySelectorAll('details').forEach(box => box.open = true);
            await Promise.all(document.getAnimations().map(moving => moving.finished));
        }"""
    )
    assert not browsing.violations(page)


def file_of(url):
    """The file of the site that an address names."""
    path = unquote(urlsplit(url).path)
    return Path(path) if url.startswith("file:") else SITE / path.lstrip("/")


@functools.cache
def compressed(path):
    """Bytes over the wire: what is not compressed already is, as servers do it."""
    data = path.read_bytes()
    packed = path.suffix in (".png", ".jpg", ".woff", ".woff2")
    return len(data) if packed else len(gzip.compress(data, 6))


@each_page
def test_a_page_is_light_still_silent_and_asks_nobody_else(visit, address, name):
    page = visit(name, LAPTOP)
    assert page.evaluate(SHIFT) < 0.1
    assert not page.messages
    here = {urlsplit(address).netloc}
    assert {urlsplit(url).netloc for url in page.requested} == here
    files = {file_of(url) for url in page.requested}
    if name in ("book/intro", "book/live"):
        assert sum(map(compressed, files)) <= WITH_WEIGHTS
    else:
        text = [path for path in files if path.suffix not in PICTURES]
        assert sum(map(compressed, text)) <= CHAPTER


@each_page
def test_a_page_is_silent_when_opened_from_the_disk(visit, name):
    page = visit(name, LAPTOP, at=SITE.as_uri())
    assert not page.messages
    assert all(file_of(url).is_relative_to(SITE) for url in page.requested)


@pytest.mark.parametrize("served", [True, False])
def test_search_finds_pages(visit, address, served):
    page = visit("book/03_elbo", LAPTOP, at=address if served else SITE.as_uri())
    page.locator(".search-button-field").click()
    field = page.locator("#pst-search-dialog input[type=search]")
    field.fill("reparameterization")
    field.press("Enter")
    page.wait_for_url("**/search.html?q=*")
    page.locator("#search-results li").first.wait_for()
    assert "04_reparameterisation" in page.locator("#search-results").inner_html()
    assert not page.messages


@pytest.mark.parametrize("name", ["book/03_elbo", "book/08_how_tight", "book/notation"])
def test_only_formulas_that_scroll_are_stops_of_the_tab_key(visit, name):
    page = visit(name, PHONE)
    assert page.locator("math").count() > 40
    boxes = page.evaluate(
        """() => [...document.querySelectorAll('.formula-body')].map(
            box => [box.scrollWidth > box.clientWidth, box.tabIndex === 0])"""
    )
    assert all(scrolls == stop for scrolls, stop in boxes)
    # Formulas wrap, so that few of them are wider than a phone.
    assert sum(scrolls for scrolls, _ in boxes) <= 0.2 * len(boxes)
    assert page.locator("math [tabindex], span.math[tabindex]").count() == 0


def test_formulas_are_drawn_in_the_font_of_the_book(visit):
    page = visit("book/03_elbo", LAPTOP)
    assert page.evaluate("document.fonts.check('16px \"STIX Two Math Book\"', '𝔼')")
    assert any("stix-two-math" in url for url in page.requested)
    assert not page.evaluate("[...document.fonts].some(f => f.status === 'error')")
