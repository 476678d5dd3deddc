"""The rendered book, if it has been built: whole, described, and without a network."""

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import notebooks
from notebook_env import ROOT

SITE = Path(os.environ.get("VAE_LIB_SITE", ROOT / "_build" / "html"))

pytestmark = [
    pytest.mark.book,
    pytest.mark.skipif(
        not (SITE / "index.html").is_file(),
        reason="the book is not built: jupyter-book build .",
    ),
]


class Page(HTMLParser):
    """The links, images, scripts and identifiers of a rendered page."""

    def __init__(self, path):
        super().__init__()
        self.path = path
        self.links, self.images, self.loaded, self.ids = [], [], [], set()
        self.classes = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids |= {attrs.get("id"), attrs.get("name")}
        self.classes |= set((attrs.get("class") or "").split())
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        if tag == "img":
            self.images.append(attrs)
        if tag in ("script", "img", "iframe") and attrs.get("src"):
            self.loaded.append(attrs["src"])
        if tag == "link" and attrs.get("rel") in ("stylesheet", "icon"):
            self.loaded.append(attrs["href"])


@pytest.fixture(params=notebooks.toc())
def page(request):
    path = SITE / f"{request.param}.html"
    assert path.is_file(), f"{path} is missing: build the book again"
    return Page(path)


def test_renders_without_a_system_message(page):
    assert not page.classes & {"system-message", "problematic"}


def test_images_are_described(page):
    for image in page.images:
        alt = image.get("alt") or ""
        assert alt and not alt.startswith("../_images"), image


def test_loads_nothing_from_the_network(page):
    assert not [url for url in page.loaded if urlsplit(url).netloc]


def test_formulas_are_drawn_by_the_copy_in_the_book(page):
    scripts = [url for url in page.loaded if "mathjax" in url.lower()]
    assert all("_static/mathjax/tex-mml-chtml.js" in url for url in scripts)


def test_links_within_the_book_lead_somewhere(page):
    for link in page.links + page.loaded:
        url = urlsplit(link)
        if url.scheme or url.netloc:
            continue
        target = page.path
        if url.path:
            target = (page.path.parent / unquote(url.path)).resolve()
        assert target.exists(), link
        if url.fragment and target.suffix == ".html":
            ids = page.ids if target == page.path else Page(target).ids
            assert unquote(url.fragment) in ids, link


def test_figures_of_the_chapters_are_there():
    for path in notebooks.chapters():
        html = (SITE / "book" / f"{path.stem}.html").read_text("utf-8")
        for name in re.findall(r'"name": "(fig-[\w-]+)"', path.read_text("utf-8")):
            assert f'id="{name}"' in html, f"{path.name}: {name}"
