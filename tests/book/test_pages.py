"""The pages without code: what they say of chapters, records and functions is so."""

import importlib
import re

import chapter_rules as rules
import numpy as np
import pytest

import notebooks
from notebook_env import ROOT
from vae_lib import data, evaluation, plotting, pretrained, results

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
    assert f"{elbo['value']:.1f} nats per image, as chapter 6 measures it" in text
    assert f"less than {elbo['tol']:g} nats |" in text
    assert f"{error:.1f} nats, one standard error" in text
    assert "about 200 nats" in text and 150 < error * 500**0.5 < 250


def test_how_much_the_noise_in_the_codes_moves_a_mean():
    x = data.load_sample().x_test
    vae = pretrained.load_pretrained("mlp", 2)
    scores = [evaluation.elbo(vae, x, seed=s, verbose=0).mean() for s in range(30)]
    # A standard deviation from 30 values is known to 13 %.
    assert 0.25 < np.std(scores, ddof=1) < 0.35
    assert "| 0.3 nats, one standard deviation |" in page("how_to_use.md")


def test_two_models_compare_more_closely_on_the_same_images():
    # As book/how_to_use.md says: differences, image by image, vary less.
    x = data.load_sample().x_test
    models = [pretrained.load_pretrained(n, 2) for n in ("mlp", "conv_feature_map")]
    a, b = (evaluation.elbo(vae, x, verbose=0) for vae in models)
    assert np.std(a - b) < 0.7 * min(np.std(a), np.std(b))


def test_the_bibliography_says_who_cites_what():
    import citations  # needs pybtex, which only the book needs

    assert citations.main(["--check"]) == 0, "run tools/citations.py"


def test_a_work_is_cited_by_its_address_or_by_name_and_year():
    import citations

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


def test_every_drawing_function_has_a_picture_of_its_own():
    shown = re.findall(r"_static/plots/(\w+)\.png\n:alt: \S", page("api.md"))
    files = {path.stem for path in (ROOT / "book" / "_static" / "plots").iterdir()}
    takes_axes = {
        name
        for name in plotting.__all__
        if "ax:" in (getattr(plotting, name).__doc__ or "")
    }
    assert set(shown) == files == takes_axes
