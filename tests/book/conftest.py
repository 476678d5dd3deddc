"""Fixtures of the tests of the built site in a browser."""

import functools
import http.server
import threading

import browsing
import pytest


@pytest.fixture(scope="session")
def address():
    """The site, served on this machine for the time of the tests."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), browsing.handler) as server:
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
        options = {"executable_path": browsing.BROWSER, "args": ["--no-sandbox"]}
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
