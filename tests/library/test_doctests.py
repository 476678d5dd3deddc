"""Every example in a docstring runs, on every backend, and leaves nothing behind."""

import doctest
import importlib
import pkgutil
import re

import matplotlib
import matplotlib.pyplot as plt
import pytest

import vae_lib
from notebook_env import ROOT

MODULES = [
    module.name
    for module in pkgutil.walk_packages(vae_lib.__path__, "vae_lib.")
    if module.name != "vae_lib.__main__"
]
# The table of the library's page: {py:obj}`~vae_lib.data.load_sample`.
PAGE = (ROOT / "book" / "api.md").read_text("utf-8")
WISHES = re.findall(r"`~(vae_lib\.[\w.]+)`", PAGE.partition("## Distributions")[0])


@pytest.mark.parametrize("name", MODULES)
def test_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VAE_LIB_OFFLINE", "1")
    monkeypatch.delenv("VAE_LIB_RECORD", raising=False)
    matplotlib.use("agg")
    failed, _ = doctest.testmod(importlib.import_module(name))
    plt.close("all")
    assert failed == 0  # what was expected and what came stand above
    assert list(tmp_path.iterdir()) == []


@pytest.mark.book
@pytest.mark.parametrize("name", WISHES)
def test_what_the_page_lists_has_an_example(name):
    package, _, inner = name.rpartition(".")
    # The package's own name first: evaluation.ais is a function, and a file too.
    assert ">>> " in getattr(pkgutil.resolve_name(package), inner).__doc__


@pytest.mark.book
@pytest.mark.parametrize("name", re.findall(r"automodule:: (vae_lib\.[\w.]+)", PAGE))
def test_a_module_of_the_page_says_what_is_public(name):
    module = importlib.import_module(name)
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.book
def test_the_page_lists_what_there_is():
    assert len(WISHES) > 45
