"""Fixtures of the tests of the built site in a browser."""

import functools
import importlib.util

import browsing
import pytest

# Where only the library is tested, the packages that the book is built with are
# missing, and these files could not even be imported.
if not importlib.util.find_spec("sphinx"):
    collect_ignore_glob = ["test_*.py"]


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
    """A function that opens a page of the book, served or from the disk."""
    pages = []

    def visit(name, size, color_scheme="light", at=address):
        page = browsing.listen(context(size, color_scheme).new_page())
        pages.append(page)
        page.goto(f"{at}/{name}.html", wait_until="load")
        page.evaluate("document.fonts.ready")
        return page

    yield visit
    for page in pages:
        page.close()
