"""The slides of every chapter: complete, legible, and from this machine alone."""

import re

import browsing
import pytest

import notebooks
import slides
import vendor

pytestmark = pytest.mark.book
CHAPTERS = [p for p in notebooks.chapters() if not notebooks.is_appendix(p)]
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
# The name of SVG in a picture inside a style is an XML name: nothing is fetched.
OTHER_HOST = re.compile(
    r"https?://(?!www\.w3\.org/2000/svg)|(?:src|href)=[\"']//", re.I
)
# (MathJax's glyphs have boxes that are taller than what they draw.)
# Every slide of a deck, the size of its text, and by how much it leaves the screen.
LOOK = """() => Reveal.getSlides().map(slide => {
  const {h, v} = Reveal.getIndices(slide);
  Reveal.slide(h, v);
  const parts = ":scope > h1, :scope > h2, .body *:not(mjx-c)";
  const all = [...slide.querySelectorAll(parts)];
  const boxes = all.map(e => e.getBoundingClientRect()).filter(b => b.width > 0);
  const over = boxes.map(b => Math.max(b.bottom - innerHeight, b.right - innerWidth));
  const zoom = +slide.querySelector(".body").style.zoom || 1;
  return {place: `${h}/${v}`, over: Math.max(0, ...over), zoom};
})"""


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """The folder of all slides."""
    folder = tmp_path_factory.mktemp("slides")
    assert slides.main(["--out", str(folder)]) == 0
    return folder


@each_chapter
def test_every_figure_and_every_section_has_its_slide(decks, path):
    page = (decks / f"{path.stem}.html").read_text("utf-8")
    notebook = notebooks.nbformat.read(path, as_version=4)
    texts = [c.source for c in notebook.cells if c.cell_type == "markdown"]
    sections = re.findall(r"^## ", "\n".join(texts), re.M)
    assert page.count("<section>") == len(sections) + 1  # and the title
    images = re.findall(r'<img src="data:image/png[^>]*alt="([^"]*)"', page)
    assert images and all(images)


@each_chapter
def test_no_answer_to_an_exercise_is_shown(decks, path):
    page = (decks / f"{path.stem}.html").read_text("utf-8")
    assert "BEGIN SOLUTION" not in page


def test_no_file_names_another_host(decks):
    for path in decks.rglob("*"):
        if path.suffix in (".html", ".css") or path.name == "deck.js":
            found = OTHER_HOST.search(path.read_text("utf-8"))
            assert not found, f"{path.name}: {found[0]}"


def test_reveal_is_unchanged_and_has_its_licence():
    reveal = vendor.PACKAGES["reveal"]
    assert reveal.problems() == []
    assert "Hakim El Hattab" in (reveal.target / "LICENSE").read_text("utf-8")


@pytest.fixture(scope="module")
def tab():
    """A tab of a browser, and what it asks for that is not on this disk."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browsing.BROWSER, args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.elsewhere = []
        page.on("request", lambda r: page.elsewhere.append(r.url))
        yield page
        browser.close()


@pytest.mark.site
@pytest.mark.skipif(not browsing.BROWSER, reason="no Chromium on this machine")
@each_chapter
def test_nothing_runs_over_the_edge_and_nothing_is_fetched(decks, tab, path):
    tab.goto((decks / f"{path.stem}.html").as_uri())
    tab.wait_for_selector("body[data-ready]")
    seen = tab.evaluate(LOOK)
    assert [s for s in seen if s["over"] > 1] == []
    assert [s for s in seen if s["zoom"] < 0.65] == []  # still read from the last row
    assert [u for u in tab.elsewhere if not u.startswith(("file:", "data:"))] == []
