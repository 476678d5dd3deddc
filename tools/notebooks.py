"""What the tools and the tests share about the book's pages and notebooks."""

import json
import os
import re
from pathlib import Path

import nbformat
import yaml

from notebook_env import ROOT

SETUP = ROOT / "tools" / "bootstrap_cell.py"
# What follows it in a chapter that imports more than vae_lib does.
EXTRAS = """
# What this chapter needs besides, and nothing else.
EXTRAS = {}
missing = [wish for name, wish in EXTRAS.items() if not importlib.util.find_spec(name)]
if missing:
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", *missing]
    subprocess.run(pip, check=True)
    importlib.invalidate_caches()
"""
EXTENSIONS = (".ipynb", ".md")


def toc() -> list[str]:
    """The pages of the book in order, as _toc.yml names them, the root first."""
    table = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    chapters = [entry for part in table["parts"] for entry in part["chapters"]]
    sections = [s for c in chapters for s in (c, *c.get("sections", []))]
    return [table["root"], *(entry["file"] for entry in sections)]


def source(page: str) -> Path | None:
    """The file of a page, None while it is not written."""
    paths = [(ROOT / page).with_suffix(suffix) for suffix in EXTENSIONS]
    return next((path for path in paths if path.is_file()), None)


def chapters() -> list[Path]:
    """The notebooks of the book in the order of _toc.yml."""
    paths = [source(page) for page in toc()]
    return [path for path in paths if path and path.suffix == ".ipynb"]


def is_appendix(path: Path) -> bool:
    """Whether a notebook is looked up, not taught: its name has no chapter number."""
    return not path.stem[0].isdigit()


def all_notebooks() -> list[Path]:
    """Every notebook in book/, whether the table of contents names it or not."""
    return sorted((ROOT / "book").glob("*.ipynb"))


def setup_cell(notebook):
    """The first code cell, which finds vae_lib; None where there is no code."""
    return next((c for c in notebook.cells if c.cell_type == "code"), None)


def setup_text(extras: dict[str, str] | None = None) -> str:
    """The one text of every chapter's first code cell.

    Args:
        extras: what the chapter imports besides vae_lib and what vae_lib needs, by the
            name of the module, with what pip is asked for.
    """
    text = SETUP.read_text("utf-8").strip()
    if not extras:
        return text
    wishes = json.dumps(extras)
    return text + EXTRAS.rstrip().replace("EXTRAS = {}", f"EXTRAS = {wishes}")


def extras_of(text: str) -> dict[str, str]:
    """What a chapter's first code cell says that it needs besides vae_lib."""
    found = re.search(r"^EXTRAS = (\{.*\})$", text, re.MULTILINE)
    return json.loads(found.group(1)) if found else {}


def write(notebook, path: Path) -> None:
    """Write a notebook whole or not at all."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(nbformat.writes(notebook) + "\n", "utf-8", newline="\n")
    os.replace(temporary, path)
