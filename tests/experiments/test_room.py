"""The room of the experiments: one module for each results file, and all listed."""

import re

import pytest

import notebooks
from notebook_env import ROOT

pytestmark = pytest.mark.book

MODULES = {p.stem for p in (ROOT / "experiments").glob("[a-z]*.py")}
LISTED = (ROOT / "experiments" / "README.md").read_text("utf-8")
BY_HAND = {"equations"}  # book/results/README.md says why
BY_TOOL = {"live"}  # tools/export_live.py


def maker(name):
    """The module that writes a results file."""
    if name == "ppca" or name.startswith("pretrained_"):
        return "pretrained"
    return name


def test_every_results_file_has_its_experiment_or_its_notebook():
    written = (
        {p.stem for p in (ROOT / "book" / "results").glob("*.json")} - BY_HAND - BY_TOOL
    )
    pages = {path.stem for path in notebooks.all_notebooks()}
    assert {maker(name) for name in written - pages} <= MODULES


def test_every_experiment_is_listed():
    assert MODULES == set(re.findall(r"`([a-z][a-z_]*)`", LISTED)) & MODULES


def test_every_command_that_is_named_exists():
    files = [*ROOT.glob("*.md"), *(ROOT / "book").glob("*.md")]
    files += [*(ROOT / "book").glob("*.ipynb"), *(ROOT / "experiments").rglob("*.py")]
    for path in files:
        for name in re.findall(r"experiments[./]([a-z_]+)", path.read_text("utf-8")):
            found = ROOT / "experiments" / name
            ends = ("", ".py", ".md")
            known = name == "module" or any(
                found.with_suffix(end).exists() for end in ends
            )
            assert known, f"{path.name} names experiments.{name}"
