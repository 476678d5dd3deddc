"""A Chromium that reads the built book, for the tests of the site and of its widgets.

They need three things: the site (`jupyter-book build .`), the package playwright (the
extra `site`) and a Chromium or Chrome of the machine. Without them the tests are
skipped; `.ci/run` provides all three and forbids that.
"""

import contextlib
import functools
import http.server
import importlib.util
import os
import shutil
import threading
from pathlib import Path

import pytest

from notebook_env import ROOT

SITE = Path(os.environ.get("VAE_LIB_SITE", ROOT / "_build" / "html"))
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
# axe-core, which finds faults of accessibility, comes from npm.
AXE = ROOT / "live" / "node_modules" / "axe-core" / "axe.min.js"
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
PHONE, TABLET, LAPTOP = (360, 740), (768, 1024), (1280, 720)

NEEDS_BROWSER = [
    pytest.mark.skipif(
        importlib.util.find_spec("playwright") is None,
        reason="playwright is not installed: the extra `site`",
    ),
    pytest.mark.skipif(not BROWSER, reason="no Chromium on this machine"),
]
NEEDS_SITE = pytest.mark.skipif(
    not (SITE / "index.html").is_file(),
    reason="the book is not built: jupyter-book build .",
)
NEEDS_AXE = pytest.mark.skipif(
    not AXE.is_file(), reason="axe-core: npm ci --prefix live"
)
MARKS = [pytest.mark.book, pytest.mark.site, NEEDS_SITE, *NEEDS_BROWSER]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@contextlib.contextmanager
def served():
    """The site, served on this machine; gives its address."""
    handler = functools.partial(Quiet, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def chromium():
    """A browser; playwright knows only one at a time."""
    from playwright import sync_api

    with sync_api.sync_playwright() as playwright:
        # Without a sandbox, which root may not use in a container; it sees this site.
        options = {"executable_path": BROWSER, "args": ["--no-sandbox"]}
        with playwright.chromium.launch(**options) as browser:
            yield browser


def listen(page):
    """Keep what a page asks for, and every word and error in its console."""
    page.requested, page.messages = [], []
    page.on("request", lambda request: page.requested.append(request.url))
    page.on("console", lambda message: page.messages.append(message.text))
    page.on("pageerror", lambda error: page.messages.append(str(error)))
    page.on("requestfailed", lambda request: page.messages.append(request.url))
    return page


def violations(page, where=None, tags=WCAG):
    """What axe-core finds in a page, or a part: each rule, and what breaks it."""
    page.evaluate(AXE.read_text("utf-8"))
    return page.evaluate(
        """([where, tags]) => axe.run(where ?? document, {runOnly: tags}).then(result =>
            result.violations.map(one =>
                [one.id, one.nodes.map(node => node.html.slice(0, 200))]))""",
        [where, list(tags)],
    )
