"""The notebook contract: what a chapter owes its readers, on paper, phone and Colab."""

import re
import statistics
from urllib.parse import unquote

import chapter_rules as rules
import nbformat
import pytest

import notebooks
from notebook_env import ROOT

pytestmark = pytest.mark.book

CHAPTERS = notebooks.chapters()
SEED_FIGURES = {
    "06_mlp_vae": {1, 2, 5, 6, 7, 8, 9},
    "07_conv_vae": {3, 4, 10, 11, 12, 13, 14}
    | {f"{n}-feature-map" for n in (4, 10, 11, 12, 13, 14)},
}


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request):
    return rules.Chapter(request.param)


@pytest.mark.parametrize("page", notebooks.toc())
def test_every_page_of_the_toc_exists(page):
    assert notebooks.source(page), f"_toc.yml names {page}, which is not written"


def test_no_page_is_left_out_of_the_toc():
    written = {p for s in notebooks.EXTENSIONS for p in (ROOT / "book").glob(f"*{s}")}
    listed = {notebooks.source(page) for page in notebooks.toc()}
    assert not written - listed


def test_is_valid_and_was_executed_in_order(chapter):
    nbformat.validate(chapter.notebook)
    counts = [cell.execution_count for cell in chapter.code]
    assert counts == list(range(1, len(counts) + 1))


def test_shows_no_error_and_no_standard_error(chapter):
    for cell in chapter.code:
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", output.text


def test_begins_with_title_question_colab_link_and_setup(chapter):
    first = chapter.notebook.cells[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")
    assert "?" in first.source, "the first cell asks the chapter's question"
    setup = chapter.notebook.cells.index(chapter.code[0])
    assert setup <= 2, "the setup cell is the second or third"
    opening = "\n".join(c.source for c in chapter.notebook.cells[:setup])
    assert "https://colab.research.google.com/github/" in opening
    extras = notebooks.extras_of(chapter.code[0].source)
    text = notebooks.setup_text(extras)
    assert chapter.code[0].source == text, "see bootstrap_cell.py"
    assert "hide-input" in chapter.code[0].metadata.get("tags", [])
    assert not chapter.code[0].outputs


def test_has_one_title_a_summary_and_exercises(chapter):
    titles = re.findall(r"^# .+$", chapter.prose, re.MULTILINE)
    headings = " ".join(re.findall(r"^#{2,} .+$", chapter.prose, re.MULTILINE))
    assert len(titles) == 1
    if notebooks.is_appendix(chapter.path):
        return  # it is looked up, not studied
    assert "Summary" in headings and "Exercise" in headings


def test_every_image_has_alt_text_and_a_caption(chapter):
    for cell in chapter.code:
        count = sum(rules.is_image(output) for output in cell.outputs)
        if not count:
            continue
        where = cell.source[:200]
        mystnb = cell.metadata.get("mystnb", {})
        alt = mystnb.get("image", {}).get("alt", "")
        figure = mystnb.get("figure", {})
        assert count == 1, f"one alternative text cannot describe {count}: {where}"
        assert len(alt.split()) >= 5, f"mystnb.image.alt says what is seen: {where}"
        assert cell.metadata.get("alt") == alt, f"alt for other tools: {where}"
        assert len(figure.get("caption", "").split()) >= 4, f"caption: {where}"
        assert figure.get("name", "").startswith("fig-"), f"name: {where}"


def test_figure_names_are_unique_and_those_of_the_report_are_there():
    names = [name for path in CHAPTERS for name in rules.Chapter(path).figures]
    assert len(names) == len(set(names))
    for path in CHAPTERS:
        wanted = {f"fig-{n}" for n in SEED_FIGURES.get(path.stem, ())}
        assert wanted <= set(rules.Chapter(path).figures), path.name


def test_html_outputs_describe_their_images(chapter):
    for tag in re.findall(r"<img\b[^>]*>", chapter.html):
        assert re.search(r'alt="[^"]+"', tag), tag[:200]


def test_cells_are_short(chapter):
    lengths = [len(cell.source.splitlines()) for cell in chapter.code]
    assert max(lengths) <= 30
    assert statistics.median(lengths[1:]) <= 12


def test_explains_more_than_it_types(chapter):
    lines = sum(rules.code_lines(cell) for cell in chapter.code[1:])
    assert rules.words(chapter.prose) / lines >= 6


def test_what_is_not_compared_is_asserted(chapter):
    ignored = [i for i, cell in enumerate(chapter.code) if rules.is_ignored(cell)]
    assert len(ignored) <= len(chapter.code) / 3
    for index in ignored:
        following = chapter.code[index + 1 : index + 2]
        assert following and re.search(r"^\s*assert\b", following[0].source, re.M), (
            f"no assert in the cell after: {chapter.code[index].source[:200]}"
        )


def test_hides_nothing_from_the_comparison(chapter):
    for cell in chapter.code:
        tags = set(cell.metadata.get("tags", []))
        assert not tags & {"nbval-skip", "nbval-raises-exception"}, cell.source
        assert "NBVAL_" not in cell.source, "use the tag nbval-ignore-output"


def test_compares_at_least_five_numbers(chapter):
    compared = [cell for cell in chapter.code if not rules.is_ignored(cell)]
    lines = [line for cell in compared for line in rules.printed_lines(cell)]
    assert sum(bool(re.search(r"\d", line)) for line in lines) >= 5


def test_shows_nothing_that_colab_does_not(chapter):
    problems = [
        f"{name}: {found.group(0)!r}"
        for name, pattern in rules.NOT_IN_COLAB.items()
        for found in re.finditer(pattern, chapter.prose, re.MULTILINE)
    ]
    assert not problems


def test_has_no_control_characters(chapter):
    # Such as the backspace that \big becomes in a string that is not raw.
    assert not re.findall(r"[\x00-\x08\x0b-\x1f]", chapter.prose)


def test_displayed_lines_are_aligned_by_an_environment(chapter):
    for block in rules.displayed_math(chapter.prose):
        if "\\\\" in block or "&" in block:
            assert r"\begin{" in block, f"not every renderer breaks lines: {block}"
        assert block.count(r"\tag{") <= 1, f"one number a block: {block}"


def test_equation_numbers_count_from_one(chapter):
    tags = re.findall(r"\\tag\{([^}]*)\}", chapter.prose)
    if notebooks.is_appendix(chapter.path):
        assert not tags, "an appendix refers to the equations of the chapters"
        return
    number = int(chapter.path.stem.split("_")[0])
    assert tags == [f"{number}.{i + 1}" for i in range(len(tags))]


def test_every_equation_that_is_referred_to_exists():
    text = {p: rules.page_text(p) for p in map(notebooks.source, notebooks.toc()) if p}
    tags = {t for page in text.values() for t in re.findall(r"\\tag\{([^}]*)\}", page)}
    for path, page in text.items():
        missing = set(rules.equation_references(page)) - tags
        assert not missing, f"{path.name} refers to {missing}"


def test_every_paper_that_is_linked_is_in_the_bibliography(chapter):
    listed = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    papers = re.findall(r"https://(?:arxiv\.org/abs|doi\.org)/([^\s)]+)", chapter.prose)
    for paper in map(unquote, papers):
        assert paper in listed, f"references.bib lacks {paper}"


def test_pastes_no_library_code(chapter):
    library = rules.library_bodies()
    for cell in chapter.code[1:]:
        for name, body in rules.function_bodies(cell.source):
            assert body not in library, f"{name} is {library.get(body)}: import it"


def test_runs_no_shell_command(chapter):
    for cell in chapter.code:
        assert not re.search(r"^\s*[!%]", cell.source, re.M), cell.source


def test_is_light_enough_to_load(chapter):
    assert chapter.path.stat().st_size < 2_000_000


@pytest.mark.parametrize("path", rules.prose_files(), ids=lambda path: path.name)
def test_has_one_spelling(path):
    found = rules.american(rules.page_text(path))
    assert not found, f"British spelling here: {found}"


@pytest.mark.parametrize("path", rules.prose_files(), ids=lambda path: path.name)
def test_uses_the_terms_of_the_field(path):
    # A student searches for a word, and should find it in other books, too.
    found = rules.private(rules.read_aloud(path))
    assert not found, f"these have a name: {found}"


def test_private_words_are_found_in_prose_only():
    found = rules.private("A heap, and its fee.")
    assert found == ["fee: log normaliser", "heap: prior"]
    assert rules.private("It FORGETS its\ncode.") == [
        "forgets its code: posterior collapse"
    ]
    assert not rules.private("Cheap coffee, `fee = 1`, $fee$ and feedback.")
    assert not rules.private("```python\nfee = heap\n```")
    assert rules.private("```{glossary}\nterm\n  A heap.\n```") == ["heap: prior"]
