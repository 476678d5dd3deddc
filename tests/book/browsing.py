"""A Chromium that reads the built book, for the tests of the site.

They need three things: the site (`jupyter-book build .`), the package playwright (the
extra `site`) and a Chromium or Chrome of the machine. Without them the tests are
skipped; `.ci/run` provides all three and forbids that.
"""

import functools
import http.server
import importlib.util
import os
import shutil
from pathlib import Path

import pytest

from notebook_env import ROOT

SITE = Path(os.environ.get("VAE_LIB_SITE", ROOT / "_build" / "html"))
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
PHONE, TABLET, LAPTOP = (360, 740), (768, 1024), (1280, 720)

MARKS = [
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


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


handler = functools.partial(Quiet, directory=SITE)


def listen(page):
    """Keep what a page asks for, and every word and error in its console."""
    page.requested, page.messages = [], []
    page.on("request", lambda request: page.requested.append(request.url))
    page.on("console", lambda message: page.messages.append(message.text))
    page.on("pageerror", lambda error: page.messages.append(str(error)))
    page.on("requestfailed", lambda request: page.messages.append(request.url))
    return page
