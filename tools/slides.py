"""Write slides of the chapters, which any browser shows without a network.

    python tools/slides.py                  every chapter, into slides/
    python tools/slides.py 3 04_reparameterisation
    python tools/slides.py --out talk 2 3

Open slides/03_elbo.html: the arrow keys lead on, "s" shows what to say, "f" fills the
screen. What a slide shows, and what is left out, stands in tools/decks.py.
"""

import argparse
import html
import json
import shutil
import sys
from pathlib import Path

import jinja2
import nbformat
from pygments.formatters import HtmlFormatter

import decks
import notebook_env
import notebooks
import student

PARTS = Path(__file__).with_name("slides")
STATIC = notebook_env.ROOT / "book" / "_static"


def title_of(path: Path) -> str:
    """A chapter's title, as its first heading says it."""
    first = nbformat.read(path, as_version=4).cells[0].source
    return first.split("\n")[0].lstrip("# ")


def assets(out: Path, mathjax: bool) -> None:
    """Lay what the slides load beside them: styles, reveal.js, the formulas' font."""
    target = out / "assets"
    target.mkdir(parents=True, exist_ok=True)
    for path in (PARTS / "deck.css", PARTS / "deck.js", *(PARTS / "reveal").glob("*")):
        shutil.copy(path, target / path.name.replace("LICENSE", "LICENSE-reveal"))
    for path in (STATIC / "formulas").iterdir():
        if path.suffix in (".css", ".woff2"):
            shutil.copy(path, target)
    style = HtmlFormatter(style="default").get_style_defs(".reveal pre")
    (target / "code.css").write_text(style + "\n", "utf-8")
    if mathjax:
        shutil.copytree(STATIC / "mathjax", target / "mathjax", dirs_exist_ok=True)


def write(paths: list[Path], out: Path) -> int:
    """Write the slides of each chapter; returns how many."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PARTS), autoescape=False
    )
    template, count, mathjax = environment.get_template("deck.html.j2"), 0, False
    out.mkdir(parents=True, exist_ok=True)
    for path in paths:
        formulas = decks.Formulas()
        stacks = decks.deck(path, formulas)
        page = template.render(
            title=html.escape(title_of(path)),
            stacks=stacks,
            mathjax=bool(formulas.missing),
            macros=json.dumps(formulas.macros),
        )
        (out / f"{path.stem}.html").write_text(page, "utf-8", newline="\n")
        count += sum(map(len, stacks))
        mathjax |= bool(formulas.missing)
    assets(out, mathjax)
    return count


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("chapters", nargs="*", help="numbers or names; default: all")
    parser.add_argument("--out", type=Path, default=notebook_env.ROOT / "slides")
    options = parser.parse_args(arguments)
    known = [path for path in notebooks.chapters() if not notebooks.is_appendix(path)]
    try:
        paths = [student.find(wish, known) for wish in options.chapters] or known
    except ValueError as error:
        parser.error(str(error))
    count = write(paths, options.out)
    print(f"{count} slides of {len(paths)} chapters in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
