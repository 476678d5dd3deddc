"""Set the one repository URL everywhere it stands, or check that all places agree.

    python tools/set_repository.py https://github.com/OWNER/NAME
    python tools/set_repository.py --environment
    python tools/set_repository.py --check

With --environment the repository is that of the running workflow, GITHUB_REPOSITORY.

The places: pyproject.toml, _config.yml, CITATION.cff, README.md, CONTRIBUTING.md,
CHANGELOG.md, tools/bootstrap_cell.py, and in each notebook the Colab link (which ends
with the notebook's own path) and the setup cell, which is written anew from
tools/bootstrap_cell.py. A fork's Pages workflow calls this, so that its book points at
the fork without an edit.
"""

import argparse
import os
import re
import sys
import tomllib

import nbformat

import notebooks
from notebook_env import ROOT

URL = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?")
# Any of these names a repository of ours; other links to GitHub are left alone.
PLACES = re.compile(
    r"(?:colab\.research\.google\.com/github/"
    r"|git\+https://github\.com/"
    r"|git clone https://github\.com/"
    r"|url: https://github\.com/"
    r"|repository-code: https://github\.com/"
    r"|Repository = \"https://github\.com/"
    r"|REPOSITORY = \"https://github\.com/)"
    r"(?P<slug>[\w.-]+/[\w.-]*[\w-])"
)
REQUIRED = ("pyproject.toml", "_config.yml", "CITATION.cff", "README.md")
OPTIONAL = ("CONTRIBUTING.md", "CHANGELOG.md", "tools/bootstrap_cell.py")


def current() -> str:
    """The owner and name of the repository, from pyproject.toml."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return URL.fullmatch(table["urls"]["Repository"])[1]


def colab_link(path, slug: str) -> str:
    """The address at which Colab opens a notebook of the repository."""
    page = path.relative_to(ROOT).as_posix()
    return f"https://colab.research.google.com/github/{slug}/blob/main/{page}"


def replaced(text: str, old: str, new: str) -> str:
    """The text with the repository's own address changed."""
    text = re.sub(rf"(github\.com/){re.escape(old)}(?![\w-])", rf"\g<1>{new}", text)
    return text.replace(f"google.com/github/{old}/", f"google.com/github/{new}/")


def texts():
    """The files with the URL: settings, pages in Markdown, and notebooks."""
    pages = sorted((ROOT / "book").glob("*.md")) + notebooks.all_notebooks()
    return [ROOT / name for name in (*REQUIRED, *OPTIONAL)] + pages


def set_url(slug: str) -> None:
    """Change the URL in every file and renew every setup cell."""
    old = current()
    for path in filter(lambda p: p.suffix != ".ipynb" and p.is_file(), texts()):
        text = path.read_text("utf-8")
        path.write_text(replaced(text, old, slug), "utf-8", newline="\n")
    for path in notebooks.all_notebooks():
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.source = replaced(cell.source, old, slug)
        setup = notebooks.setup_cell(notebook)
        if setup is not None and setup.source.startswith("# @title Setup"):
            extras = notebooks.extras_of(setup.source)
            setup.source = notebooks.setup_text(extras)
        notebooks.write(notebook, path)


def problems() -> list[str]:
    """Every place that names another repository, or none where one is needed."""
    slug, found = current(), []
    for path in texts():
        name = path.relative_to(ROOT).as_posix()
        if not path.is_file():
            if name in REQUIRED:
                found.append(f"{name}: missing")
            continue
        slugs = {m["slug"].removesuffix(".git") for m in PLACES.finditer(read(path))}
        found += [f"{name}: names {other}, not {slug}" for other in slugs - {slug}]
        if not slugs and (name in REQUIRED or path.suffix == ".ipynb"):
            found.append(f"{name}: does not name the repository {slug}")
    for path in notebooks.all_notebooks():
        name = path.relative_to(ROOT).as_posix()
        if colab_link(path, slug) not in read(path):
            found.append(f"{name}: no link to {colab_link(path, slug)}")
        setup = notebooks.setup_cell(nbformat.read(path, as_version=4))
        text = "" if setup is None else setup.source
        if text != notebooks.setup_text(notebooks.extras_of(text)):
            found.append(f"{name}: the setup cell is not that of bootstrap_cell.py")
    return found


def read(path) -> str:
    """The text of a file; of a notebook, that of its cells without the outputs."""
    if path.suffix != ".ipynb":
        return path.read_text("utf-8")
    notebook = nbformat.read(path, as_version=4)
    return "\n".join(cell.source for cell in notebook.cells)


def main(arguments=None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("url", nargs="?", metavar="URL", help="the repository's address")
    group.add_argument("--environment", action="store_true", help="of the workflow")
    group.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args(arguments)
    if options.environment:
        slug = os.environ.get("GITHUB_REPOSITORY")
        if not slug:
            parser.error("--environment needs the variable GITHUB_REPOSITORY, as in CI")
        options.url = f"https://github.com/{slug}"
    if options.url:
        match = URL.fullmatch(options.url)
        if not match:
            parser.error(
                f"URL is {options.url!r}; it must read https://github.com/OWNER/NAME, "
                "because Colab opens notebooks from GitHub only"
            )
        set_url(match[1])
    found = problems()
    print("\n".join(found) or f"every place names https://github.com/{current()}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
