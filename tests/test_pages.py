"""The pages without code: what they say of chapters, records and functions is so."""

import importlib
import re

import chapter_rules as rules
import pytest

import citations
import notebooks
from notebook_env import ROOT
from vae_lib import results

pytestmark = pytest.mark.book

BOOK = ROOT / "book"
NUMBERED = [path for path in notebooks.chapters() if not notebooks.is_appendix(path)]


def page(name):
    return (BOOK / name).read_text("utf-8")


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_the_introduction_calls_each_chapter_by_its_title(path):
    title = re.search(r"^# (.+)$", rules.Chapter(path).prose, re.MULTILINE).group(1)
    assert f"| [{title}]({path.name}) |" in page("intro.md")


def test_a_beginner_meets_chapter_0_before_the_tables_of_symbols():
    order = notebooks.toc()
    assert order.index("book/00_sixty_seconds") == 2
    assert order.index("book/notation") > order.index("book/18_larger_machines")
    assert order[-1] == "book/app_equations"


def test_how_sure_a_number_is_agrees_with_the_record():
    # The example of book/how_to_use.md is that of chapter 6.
    record, text = results.load("06_mlp_vae"), page("how_to_use.md")
    elbo = record["ELBO, sample test"]
    error = record["standard error of the ELBO over images"]["value"]
    seeds = record["two seeds differ at L = 1 by"]["value"]
    assert f"{elbo['value']:.1f} nats per image, as chapter 6 measures it" in text
    assert f"less than {elbo['tol']:g} nats |" in text
    assert f"{error:.1f} nats, one standard error" in text
    assert f"{seeds:.1f} nats between two seeds" in text
    assert "about 200 nats" in text and 150 < error * 500**0.5 < 250


def test_the_bibliography_says_who_cites_what():
    assert citations.main(["--check"]) == 0, "run tools/citations.py"


def test_a_work_is_cited_by_its_address_or_by_name_and_year():
    burda = "Burda", "2016", "1509.00519"
    assert citations.cites("see [this](https://arxiv.org/abs/1509.00519)", *burda)
    assert citations.cites("Burda et al. (2016) show", *burda)
    assert citations.cites("(Burda, Grosse and Salakhutdinov 2016)", *burda)
    assert not citations.cites("Burda was there. In 2016 it rained.", *burda)
    assert not citations.cites("Neal (2001) after Burda", *burda)


def test_every_function_that_the_page_of_the_library_offers_exists():
    names = re.findall(r"\{py:obj\}`~([\w.]+)`", page("api.md"))
    assert len(names) > 40
    for name in names:
        module, _, attribute = name.rpartition(".")
        if name.startswith("vae_lib.models.VAE."):
            module, attribute = "vae_lib.models", "VAE"
        assert hasattr(importlib.import_module(module), attribute), name


def terms():
    """The entries of the glossary: term, explanation."""
    text = page("glossary.md")
    for block in re.findall(r"^```\{glossary\}\n(.*?)^```", text, re.S | re.M):
        for entry in block.strip().split("\n\n"):
            term, _, explanation = entry.partition("\n")
            yield term, explanation


def test_the_glossary_is_in_order_and_points_to_chapters_that_exist():
    found = dict(terms())
    assert len(found) > 60
    numbers = {str(int(path.stem.split("_")[0])) for path in NUMBERED}
    for term, explanation in found.items():
        assert re.search(r"[Cc]hapters? \d|how_to_use\.md", explanation), term
        for phrase in re.findall(r"Chapters? ([\d, and]+)", explanation):
            assert set(re.findall(r"\d+", phrase)) <= numbers, term
    first = [term.lower() for term, _ in terms()]
    own = first.index("feature-map decoder")
    assert first[:own] == sorted(first[:own])
