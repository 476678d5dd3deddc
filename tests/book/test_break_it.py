"""Each bug of chapter 13, put into a copy of the library, fails the test that it names.

The chapter is the list (tools/chapter_bugs.py). A copy of the code stands in a folder
of its own; a bug is written into its sources, the named test runs there in a process of
its own, and the file is put back.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest

import chapter_bugs
from notebook_env import ROOT

pytestmark = pytest.mark.book

BUGS = {bug.name: bug for bug in chapter_bugs.read()}
COPIED = ("vae_lib", "tests", "tools")
LINKED = ("_data", "_pretrained")  # 20 MB that no bug is in
TOO_LONG = 300  # seconds, on a busy machine


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The library with its tests, in a folder where it may be broken."""
    folder = tmp_path_factory.mktemp("copy")
    unwanted = shutil.ignore_patterns("__pycache__", *LINKED)
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
    for name in LINKED:
        (folder / "vae_lib" / name).symlink_to(ROOT / "vae_lib" / name)
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return folder


def pytest_in(folder, *tests, **environment):
    """Run tests of the copy, and nothing of this checkout."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    options = ["-q", "-n", "0", "-p", "no:cacheprovider", "--no-header", "--tb=short"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=folder,
        env={**kept, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        timeout=TOO_LONG,
    )
    return done.returncode, done.stdout + done.stderr


def count(word, output):
    """How many tests the last line of pytest counts under a word."""
    found = re.search(rf"(\d+) {word}", output.strip().splitlines()[-1])
    return int(found[1]) if found else 0


def test_the_chapter_has_eight_bugs_in_different_places():
    assert len(BUGS) == 8
    assert len({(bug.place, bug.wrong) for bug in BUGS.values()}) == 8
    assert len({bug.test for bug in BUGS.values()}) == 8


def test_without_a_bug_all_the_named_tests_pass(copy):
    tests = [bug.test for bug in BUGS.values()]
    status, output = pytest_in(copy, *tests)
    assert status == 0 and count("passed", output) >= len(tests), output


@pytest.mark.parametrize("bug", BUGS.values(), ids=list(BUGS))
def test_the_named_test_catches_the_bug(bug, copy):
    before = {path: path.read_bytes() for path in (copy / "vae_lib").rglob("*.py")}
    broken = bug.write(copy / "vae_lib")
    try:
        changed = [path for path, text in before.items() if path.read_bytes() != text]
        assert changed == [broken]
        status, output = pytest_in(copy, bug.test)
    finally:
        broken.write_bytes(before[broken])
    # 1: tests ran and failed. An import that breaks, or a missing test, is no catch.
    assert status == 1 and count("failed", output), output
    assert not count("error", output), output


@pytest.mark.parametrize("bug", BUGS.values(), ids=list(BUGS))
def test_the_chapter_breaks_the_function_that_is_broken_in_the_file(bug, copy):
    # The chapter replaces code in memory; the file is compiled here.
    broken = bug.write(copy / "vae_lib")
    relative = broken.relative_to(copy)
    try:
        written = compile(broken.read_text("utf-8"), "broken", "exec")
    finally:
        shutil.copy(ROOT / relative, broken)
    healthy = bug.function.__code__
    with chapter_bugs.switched_on(bug):
        in_memory = bug.function.__code__
    assert bug.function.__code__ is healthy
    assert signature(in_memory) in [signature(code) for code in codes(written)]
    assert in_memory.co_name == healthy.co_name and in_memory != healthy


def signature(code):
    """What a function names, holds and calls; its docstring, indented in a file, not.

    Not the bytecode: Python compiles a call through an imported module in another way
    where it sees the import.
    """
    return code.co_name, code.co_names, code.co_varnames, code.co_consts[1:]


def codes(code):
    """A code object and all that stand in it."""
    yield code
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            yield from codes(constant)


def test_a_line_that_is_not_found_once_is_refused():
    with pytest.raises(ValueError, match="must stand there once, not 0"):
        chapter_bugs.once("a + b", "c", "d")
    with pytest.raises(ValueError, match="once, not 2"):
        chapter_bugs.once("a + a", "a", "b")
