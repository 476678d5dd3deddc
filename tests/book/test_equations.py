"""Equation -> function -> test: what book/results/equations.json says holds both ways.

An entry of that table names what the equation is, and then either the public functions
that compute it with the tests that hold them to an independent truth, or a statement of
the chapter that checks it, or both; or it says of what derivation it is a step. A
statement that would hold for a wrong equation, too, is an illustration and not a check.
"""

import ast
import functools
import importlib
import json
import re

import chapter_rules as rules
import pytest

import notebooks
from notebook_env import ROOT
from vae_lib import results

pytestmark = pytest.mark.book

TABLE = results.load("equations")
STATEMENTS = ("check", "illustration")  # what can fail in a chapter
KINDS = [{"function", "test"}, {"step"}, *({key} for key in STATEMENTS)]
KINDS += [{"function", "test", key} for key in STATEMENTS]
IN_THE_BOOK = re.compile(r"^In the book: (.*)\.$", re.MULTILINE)


def listed(entry, key):
    """One or several names, as a list."""
    value = entry.get(key, [])
    return [value] if isinstance(value, str) else value


def pairs(key):
    """Every equation with each name that it gives under a key."""
    return [(tag, name) for tag, entry in TABLE.items() for name in listed(entry, key)]


@functools.cache
def chapters():
    """The numbered notebooks by their number."""
    paths = [p for p in notebooks.all_notebooks() if not notebooks.is_appendix(p)]
    return {str(int(path.stem.split("_")[0])): rules.Chapter(path) for path in paths}


def tags():
    """The numbers of all equations in the book."""
    prose = [chapter.prose for chapter in chapters().values()]
    return [t for text in prose for t in re.findall(r"\\tag\{([^}]*)\}", text)]


def resolve(name):
    """The object of a dotted name."""
    parts, found = name.split("."), None
    for i, part in enumerate(parts):
        found = getattr(found, part, None)
        if found is None:
            found = importlib.import_module(".".join(parts[: i + 1]))
    return found


def home(name):
    """Where the object of a public name is written: module, and name within it."""
    found = resolve(name)
    found = getattr(found, "fget", found)
    return f"{found.__module__}:{found.__qualname__}"


def docstrings(tree, prefix=""):
    """The name and docstring of each function and class of a module."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield prefix + node.name, ast.get_docstring(node) or ""
            yield from docstrings(node, f"{prefix}{node.name}.")


def named_in_docstrings():
    """Every equation with the place of each docstring that names it."""
    for path in sorted((ROOT / "vae_lib").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for name, text in docstrings(ast.parse(path.read_text("utf-8"))):
            for line in IN_THE_BOOK.findall(text):
                for tag in rules.equation_references(line):
                    yield tag, f"{module.removesuffix('.__init__')}:{name}"


@functools.cache
def always_run(path):
    """The tests of a file that no condition keeps from running, by name."""
    return {
        node.name
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and not may_be_skipped(node)
    }


def may_be_skipped(node):
    """Whether a decorator or a call in the body can keep a test from running."""
    used = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    return bool(used & {"skip", "skipif", "xfail", "importorskip"})


def test_every_equation_has_one_entry():
    missing = [tag for tag in tags() if tag not in TABLE]
    lines = "\n".join(
        f' "{tag}": {{"what": "...", "step": "... Eq. (...)"}},' for tag in missing
    )
    assert not missing, (
        "book/results/equations.json has no entry for these equations. Add a line for "
        "each (what: its name; then function and test, or check, or step, as in the "
        f"lines beside it) and run tools/execute.py book/app_equations.ipynb:\n{lines}"
    )


def test_every_entry_has_one_equation():
    assert not set(TABLE) - set(tags()), "entries of equations that no chapter has"
    text = (results.folder() / "equations.json").read_text("utf-8")
    names = json.loads(text, object_pairs_hook=lambda entries: [k for k, _ in entries])
    assert len(names) == len(set(names)), "an equation is entered twice"
    assert list(TABLE) == [tag for tag in tags() if tag in TABLE], "in the book's order"


@pytest.mark.parametrize("tag", TABLE)
def test_entry_is_of_a_known_kind(tag):
    entry = dict(TABLE[tag])
    assert entry.pop("what", "").strip(), "what: the name of the equation"
    assert set(entry) in KINDS, (
        f"{tag}: function and test, or check, or illustration, or step"
    )
    for key in entry:
        values = listed(entry, key)
        assert values and all(isinstance(v, str) and v.strip() for v in values)
    step = entry.get("step")
    assert step is None or rules.equation_references(step), "which Eq. it leads to"


@pytest.mark.parametrize(("tag", "name"), pairs("function"))
def test_function_is_public_and_its_docstring_names_the_equation(tag, name):
    assert name.startswith("vae_lib.") and "._" not in name
    lines = IN_THE_BOOK.findall(re.sub("^ +", "", resolve(name).__doc__, flags=re.M))
    assert len(lines) == 1 and tag in rules.equation_references(lines[0]), (
        f"the docstring of {name} must end with: In the book: Eq. ({tag})."
    )


def test_every_docstring_that_names_an_equation_is_in_the_table():
    entered = {(tag, home(name)) for tag, name in pairs("function")}
    assert not set(named_in_docstrings()) - entered


@pytest.mark.parametrize(("tag", "name"), pairs("test"))
def test_test_exists_and_is_never_skipped(tag, name):
    file, _, function = name.partition("::")
    assert function.startswith("test_") and re.match(r"tests/\w+/test_", file)
    path = ROOT / file
    assert path.is_file(), f"Eq. ({tag}): there is no {file}"
    assert function in always_run(path), f"Eq. ({tag}): {name} is missing or skipped"
    top = [n for n in ast.parse(path.read_text("utf-8")).body if may_be_skipped(n)]
    assert not [n for n in top if isinstance(n, ast.Assign | ast.Expr)], file


@pytest.mark.parametrize(
    ("tag", "statement"), [pair for key in STATEMENTS for pair in pairs(key)]
)
def test_statement_is_one_of_the_chapter_and_can_fail(tag, statement):
    assert re.match(r"assert |record\(", statement), "it asserts or records"
    code = chapters()[tag.split(".")[0]].code
    lines = [[line.strip() for line in cell.source.splitlines()] for cell in code]
    cells = [cell for cell, has in zip(code, lines, strict=True) if statement in has]
    assert len(cells) == 1, f"Eq. ({tag}): {len(cells)} cells have {statement!r}"
    assert statement.startswith("assert") or not rules.is_ignored(cells[0])


def written():
    """Every text that may refer to an equation, by its file."""
    for path in (*rules.prose_files(), results.folder() / "equations.json"):
        if path.suffix == ".ipynb":
            cells = rules.Chapter(path).notebook.cells
            yield path, "\n".join(cell.source for cell in cells)
        else:
            yield path, path.read_text("utf-8")
    for folder in ("vae_lib", "tests", "tools", "experiments"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, path.read_text("utf-8")


def test_every_equation_that_is_mentioned_anywhere_exists():
    known = set(tags())
    assert known
    wrong = {
        f"{path.relative_to(ROOT)}: Eq. ({tag})"
        for path, text in written()
        for tag in rules.equation_references(text)
        if tag not in known
    }
    assert not wrong


def test_the_page_shows_the_whole_table():
    page = rules.Chapter(ROOT / "book" / "app_equations.ipynb")
    plain = [line for cell in page.code for line in rules.printed_lines(cell)]
    wrong = [
        tag
        for tag, entry in TABLE.items()
        if not any(
            line.split()[:1] == [tag] and entry["what"] in line for line in plain
        )
    ]
    assert not wrong, "run tools/execute.py book/app_equations.ipynb"
