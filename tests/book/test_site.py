"""The rendered book, if it has been built: whole, described, and without a network."""

import functools
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browsing import NEEDS_SITE, SITE

import notebooks
import render_formulas
from notebook_env import ROOT
from vae_lib import results

STATIC = ROOT / "book" / "_static"

pytestmark = [pytest.mark.book, pytest.mark.site, NEEDS_SITE]


VOID = {"img", "link", "meta", "br", "hr", "input", "wbr", "col", "source", "path"}
NOT_PLAIN = {"a", "code", "pre", "h1", "h2", "h3", "h4", "script", "style"}
REFERENCE = re.compile(
    r"(?P<eq>\bEqs?\.\s+\()(?P<tag>\d+\.\d+)\)"
    r"|\b[Cc]hapters?\s+(?P<chapter>\d+)|\b[Ff]igures?\s+(?P<figure>\d+)"
    r"|\b[Aa]ppendix\s+on\s+(?:the\s+|expected\s+)?(?P<appendix>\w+)"
)


class Page(HTMLParser):
    """The links, images, scripts and identifiers of a rendered page."""

    def __init__(self, path):
        super().__init__()
        self.path = path
        self.links, self.images, self.loaded, self.ids = [], [], [], set()
        self.classes, self.toggles = set(), []
        self.plain, self.labels, self.open = [], [], []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids |= {attrs.get("id"), attrs.get("name")}
        classes = set((attrs.get("class") or "").split())
        self.classes |= classes
        self.toggles += classes & {"primary-toggle", "secondary-toggle"}
        if tag not in VOID:
            self.open.append((tag, attrs.get("id"), classes))
        if tag == "summary":
            self.labels.append(attrs.get("aria-label"))
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        if tag == "img":
            self.images.append(attrs)
        if tag in ("script", "img", "iframe") and attrs.get("src"):
            self.loaded.append(attrs["src"])
        if tag == "link" and attrs.get("rel") in ("stylesheet", "icon"):
            self.loaded.append(attrs["href"])

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        """Keep what an article says in plain words, and the identifiers around it."""
        tags = {tag for tag, _, _ in self.open}
        formula = any("math" in classes for _, _, classes in self.open)
        if "article" in tags and not tags & NOT_PLAIN and not formula:
            self.plain.append((data, {name for _, name, _ in self.open}))


@functools.cache
def read(path):
    return Page(path)


@pytest.fixture(params=notebooks.toc())
def page(request):
    path = SITE / f"{request.param}.html"
    assert path.is_file(), f"{path} is missing: build the book again"
    return read(path)


def test_renders_without_a_system_message(page):
    assert not page.classes & {"system-message", "problematic"}


def test_images_are_described(page):
    for image in page.images:
        alt = image.get("alt") or ""
        assert alt and not alt.startswith("../_images"), image


def test_loads_nothing_from_the_network(page):
    assert not [url for url in page.loaded if urlsplit(url).netloc]


def test_formulas_are_set_beforehand(page):
    """Else `python tools/render_formulas.py`; the page then needs no MathJax."""
    assert not [url for url in page.loaded if "mathjax" in url.lower()]


def test_no_line_begins_with_the_stop_after_a_formula(page):
    """A browser may break a line after a formula: CSS class ``together`` forbids it."""
    text = page.path.read_text("utf-8")
    for formula in re.finditer(r"</math></span>[,.;:?!)]", text):
        start = text.rindex('<span class="math', 0, formula.start())
        opened = text.rindex("<span", 0, start)
        assert 'class="together"' in text[opened:start], text[start : formula.end()]


def test_the_stored_formulas_are_those_of_the_book():
    assert not render_formulas.problems(), "run tools/render_formulas.py"


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
            ids = page.ids if target == page.path else read(target).ids
            assert unquote(url.fragment) in ids, link


def test_figures_of_the_chapters_are_there():
    for path in notebooks.chapters():
        html = (SITE / "book" / f"{path.stem}.html").read_text("utf-8")
        for name in re.findall(r'"name": "(fig-[\w-]+)"', path.read_text("utf-8")):
            assert f'id="{name}"' in html, f"{path.name}: {name}"


def numbers_of_chapters():
    names = (path.stem.split("_")[0] for path in notebooks.chapters())
    return {str(int(name)) for name in names if name.isdigit()}


def appendix_is_written(word):
    name = {"results": "expected"}.get(word, word)
    return f"book/app_{name}" in notebooks.toc()


def test_what_a_page_names_is_a_link(page):
    """Except to the page and the figure themselves, and to what is not written yet."""
    number = re.match(r"0*(\d+)_", page.path.stem)
    written = numbers_of_chapters() - {number.group(1) if number else None}
    for text, around in page.plain:
        for found in REFERENCE.finditer(text):
            kind, name = found.lastgroup, found[found.lastgroup]
            own = kind == "figure" and f"fig-{name}" in around
            missing = kind == "chapter" and name not in written
            missing |= kind == "appendix" and not appendix_is_written(name)
            assert own or missing, f"no link: {' '.join(found.group().split())}"
        for tag in re.findall(r"(?:and|or|to|,)\s+\((\d+\.\d+)\)", text):
            assert tag not in results.load("equations"), f"no link: ({tag})"


def test_links_lead_to_the_equation_and_the_chapter_that_they_name(page):
    html = page.path.read_text("utf-8")
    pattern = (
        r'<a class="reference internal" href="([^"#]*)#?([^"]*)"[^>]*>'
        r"(Eqs?\.|[Cc]hapters?)\s+\(?(\d+(?:\.\d+)?)"
    )
    for path, place, kind, number in re.findall(pattern, html):
        chapter = (path or page.path.name).split("_")[0].lstrip("0") or "0"
        if kind.startswith("Eq"):
            assert place == f"eq-{number.replace('.', '-')}"
        assert chapter == number.split(".")[0].lstrip("0") or chapter == number


def test_equations_have_addresses():
    """The numbers in the chapters, and no others, are identifiers of their pages."""
    for path in notebooks.chapters():
        page = read(SITE / "book" / f"{path.stem}.html")
        tags = re.findall(r"\\\\tag\{(\d+)\.(\d+)\}", path.read_text("utf-8"))
        found = {name for name in page.ids if re.match(r"eq-\d+-\d+$", name or "")}
        assert found == {f"eq-{a}-{b}" for a, b in tags}, path.name


def test_menus_have_one_button_each(page):
    # The theme's script listens to the first of several only, which may be hidden.
    assert page.toggles.count("primary-toggle") == 1
    assert page.toggles.count("secondary-toggle") <= 1


def test_the_repository_and_colab_are_a_click_away(page):
    """The buttons that _config.yml asks for, which other options must not displace."""
    links = " ".join(page.links)
    assert "/issues/new" in links and "/edit/main/book/" in links
    source = notebooks.source(page.path.relative_to(SITE).with_suffix("").as_posix())
    if source.suffix == ".ipynb":
        assert links.count("https://colab.research.google.com/github/") >= 2


def test_folded_cells_are_named_by_their_words(page):
    assert not any(page.labels)


def test_images_say_their_size(page):
    images = [image for image in page.images if "_images" in image["src"]]
    for image in images:
        assert int(image["width"]) and int(image["height"]), image
        assert "height" not in image.get("style", ""), "it would not shrink on a phone"
    if page.path.stem[0].isdigit():
        widths = [int(image["width"]) for image in images]
        assert max(widths) <= 800, "as it is drawn, not in device pixels"


def test_no_script_that_the_book_does_not_use(page):
    names = ("fontawesome", "thebe", "togglebutton", "design-tabs")
    assert not [url for url in page.loaded if any(name in url for name in names)]
    html = page.path.read_text("utf-8")
    assert "fa-solid" in html and "THEBE" not in html


def test_the_icons_of_a_page_are_in_the_small_font(page):
    """Else `python tools/subset_fonts.py`."""
    stored = STATIC / "vendor" / "fontawesome" / "icons.json"
    named = {name for name in page.classes if re.match(r"fa-(?!solid|brands|lg)", name)}
    assert named <= set(json.loads(stored.read_text("utf-8")))
    for font in (SITE / "_static" / "vendor").rglob("*.woff2"):
        assert font.stat().st_size < 10_000, "the theme's own font took its place"


def test_a_shared_link_says_what_it_leads_to(page):
    html = page.path.read_text("utf-8")
    values = dict(
        re.findall(r'<meta (?:name|property)="([\w:-]+)" content="([^"]*)"', html)
    )
    assert 40 < len(values["description"]) < 260
    assert values["og:title"] and values["og:site_name"] == "The VAE book"
    picture = urlsplit(values["og:image"])
    assert picture.scheme == "https"
    assert (SITE / "_static" / Path(picture.path).name).is_file()
    (canonical,) = re.findall(r'<link rel="canonical" href="([^"]*)"', html)
    assert canonical == values["og:url"]
    assert canonical.endswith(page.path.relative_to(SITE).as_posix())


def test_a_page_says_what_it_teaches_in_the_terms_of_schema_org(page):
    html = page.path.read_text("utf-8")
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
    said = json.loads(text)
    assert said["@type"] == "LearningResource"
    assert said["name"] and said["description"] and said["isPartOf"]["name"]
    (canonical,) = re.findall(r'<link rel="canonical" href="([^"]*)"', html)
    assert said["url"] == canonical
    if page.path.stem[0].isdigit():
        assert all(20 < len(aim) < 300 for aim in said["teaches"])


def test_descriptions_differ():
    html = [(SITE / f"{name}.html").read_text("utf-8") for name in notebooks.toc()]
    found = [re.search(r'name="description" content="([^"]*)"', h)[1] for h in html]
    assert len(set(found)) >= len(found) - 1


def test_the_sitemap_lists_the_pages():
    listed = re.findall(
        r"<loc>([^<]*)</loc>", (SITE / "sitemap.xml").read_text("utf-8")
    )
    for name in notebooks.toc():
        assert any(url.endswith(f"/{name}.html") for url in listed), name


def test_the_start_and_the_lost_page_lead_to_the_book():
    start, lost = (read(SITE / name) for name in ("index.html", "404.html"))
    assert start.links == ["book/intro.html"]
    # GitHub shows the second one at any depth: its links are whole addresses.
    assert all(url.startswith("https://") for url in lost.links + lost.loaded)
    assert any(url.endswith("/book/intro.html") for url in lost.links)


def test_a_notebook_can_be_downloaded(page):
    source = notebooks.source(page.path.relative_to(SITE).with_suffix("").as_posix())
    found = [link for link in page.links if urlsplit(link).path.endswith(source.name)]
    local = [link for link in found if not urlsplit(link).netloc]
    assert local and (page.path.parent / local[0]).resolve().is_file()


def test_there_is_an_icon(page):
    (icon,) = [url for url in page.loaded if "favicon" in url]
    assert (page.path.parent / urlsplit(icon).path).is_file()
