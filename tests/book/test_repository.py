"""One source for each fact about the project: versions, pins, addresses, exceptions."""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import PurePosixPath

import pytest
import yaml

import notebooks
import set_repository
import vae_lib.__main__
from notebook_env import ROOT

pytestmark = pytest.mark.book

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
ALLOWED = tomllib.loads((ROOT / "tests" / "allowed.toml").read_text("utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def text_files():
    """Every file of the project that a person writes."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    names = listed.stdout.splitlines()
    if listed.returncode:  # an unpacked archive, without git
        paths = (p for p in ROOT.rglob("*") if p.is_file())
        names = [p.relative_to(ROOT).as_posix() for p in paths]
    kinds = (".py", ".ipynb", ".toml", ".yml", ".cfg", ".sh", ".md", "run")
    skipped = ("_build/", ".venv", "book/_static/mathjax/", "tests/allowed.toml")
    return [n for n in names if n.endswith(kinds) and not n.startswith(skipped)]


def suppressions():
    """Each line that lets a warning or a lint rule pass: its file and its text."""
    pattern = re.compile("|".join(ALLOWED["suppressions"]))
    for name in text_files():
        path = ROOT / name
        lines = path.read_text("utf-8").splitlines() if path.is_file() else []
        yield from ((name, line.strip()) for line in lines if pattern.search(line))


def is_allowed(name, line):
    entries = ALLOWED.get("code", [])
    return any(e["file"] == name and e["text"] in line for e in entries)


def test_nothing_is_suppressed_outside_the_allow_list():
    assert not [found for found in suppressions() if not is_allowed(*found)]


def test_every_entry_of_the_allow_list_has_a_reason_and_a_use():
    found = list(suppressions())
    for entry in ALLOWED.get("code", []):
        used = any(n == entry["file"] and entry["text"] in line for n, line in found)
        assert used, f"nothing needs {entry}"
    for entry in ALLOWED.get("code", []) + ALLOWED.get("warning", []):
        assert len(entry["reason"].split()) >= 5, entry


@pytest.mark.parametrize(
    "line",
    [
        "import os  # no" + "qa: F401",
        "x = f()  # type: " + "ignore",
        'warnings.simplefilter("ign' + 'ore")',
        '@pytest.mark.filterwarnings("ign' + 'ore::UserWarning")',
        'with np.errstate(divide="ign' + 'ore"):',
        "    suppress_" + "warnings: [myst.header]",
        "per-file-" + 'ignores = { "a.py" = ["E501"] }',
    ],
)
def test_the_search_finds(line):
    assert re.search("|".join(ALLOWED["suppressions"]), line)


def test_warnings_are_errors_and_lint_rules_are_in_one_place():
    assert PYPROJECT["tool"]["pytest"]["ini_options"]["filterwarnings"] == ["error"]
    rules = ["E", "F", "I", "UP", "B", "C4", "D", "NPY", "PT", "RUF", "SIM"]
    assert PYPROJECT["tool"]["ruff"]["lint"]["select"] == rules
    # A second configuration could hide rules from one folder.
    assert not [n for n in text_files() if n.endswith("ruff.toml")]


def test_no_version_is_pinned_twice():
    names = [n for n in text_files() if not n.startswith("tests/")]
    for path in (ROOT / n for n in names if (ROOT / n).is_file()):
        pins = re.findall(r"\b[a-z][\w.-]+==\d[\w.]*", path.read_text("utf-8"))
        assert path.name == "constraints.txt" or not pins, f"{path.name}: {pins}"


def test_every_package_of_the_library_is_shipped():
    folders = {path.parent for path in (ROOT / "vae_lib").rglob("*.py")}
    names = {folder.relative_to(ROOT).as_posix() for folder in folders}
    listed = set(PYPROJECT["tool"]["setuptools"]["packages"]) - {"vae_lib._results"}
    assert {name.replace("/", ".") for name in names} == listed


def test_one_version_everywhere():
    version = vae_lib.__version__
    attribute = PYPROJECT["tool"]["setuptools"]["dynamic"]["version"]["attr"]
    assert attribute == "vae_lib.__version__"
    assert importlib.metadata.version("vae_lib") == version
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert str(citation["version"]) == version
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_command_is_installed_under_its_own_name():
    (entry,) = importlib.metadata.entry_points(group="console_scripts", name="vae-lib")
    assert entry.load() is vae_lib.__main__.main


def test_jupyter_book_is_the_version_that_reads_our_configuration():
    # Version 2 exits with 0 and no site where it finds _config.yml and _toc.yml.
    assert importlib.metadata.version("jupyter-book").startswith("1.")


def test_one_repository_url_everywhere():
    assert set_repository.problems() == []


def readme_commands():
    readme = (ROOT / "README.md").read_text("utf-8")
    return re.findall(r"^```bash\n(python3 -m venv .*)\n```", readme, re.MULTILINE)


def test_readme_has_two_complete_commands():
    build, test = readme_commands()
    install = "python3 -m venv .venv && .venv/bin/python -m pip install -r "
    assert build.startswith(install) and test.startswith(install)
    assert ".venv/bin/jupyter-book build ." in build
    assert "_build/html/index.html" in build
    assert ".venv/bin/python -m pytest --nbval book tests" in test


def test_ci_runs_the_commands_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    patterns = re.findall(r"readme_command '([^']+)'", script)
    found = [[c for c in readme_commands() if re.search(p, c)] for p in patterns]
    assert [len(commands) for commands in found] == [1, 1]


def test_readme_example_runs(tmp_path):
    readme = (ROOT / "README.md").read_text("utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert "epochs=20" in code
    run = subprocess.run(
        [sys.executable, "-c", code.replace("epochs=20", "epochs=1")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert "elbo" in run.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_is_whole(path):
    workflow = yaml.safe_load(path.read_text("utf-8"))
    assert {"name", True, "jobs"} <= set(workflow)  # YAML reads the key `on` as True
    assert workflow.get("permissions"), "say what the token may do"
    for job in workflow["jobs"].values():
        assert job["runs-on"] and job["timeout-minutes"]
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            if "uses" in step:
                assert re.fullmatch(r"[\w/-]+@v\d+", step["uses"])


def test_there_are_workflows():
    assert {path.stem for path in WORKFLOWS} == {"ci", "colab", "pages"}


def test_no_name_of_a_machine_in_the_repository():
    pattern = re.compile(r"/(?:root|home/\w+|Users/\w+|private/var)/")
    for name in text_files():
        path = ROOT / name
        if path.is_file() and name != "tests/book/test_repository.py":
            found = pattern.search(path.read_text("utf-8"))
            assert not found, f"{name}: {found.group(0)}"


def test_every_file_that_is_no_page_is_excluded_by_name():
    """In a folder such as ``book [x]`` Jupyter Book's own search excludes nothing."""
    excluded = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    patterns = excluded["exclude_patterns"]
    pages = {f"{page}{kind}" for page in notebooks.toc() for kind in (".md", ".ipynb")}
    for name in text_files():
        if name.endswith((".md", ".ipynb")) and name not in pages:
            path = PurePosixPath(name)
            parts = [*map(str, path.parents), name]
            assert any(fnmatch(part, p) for part in parts for p in patterns), name
