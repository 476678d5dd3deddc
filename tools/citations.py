"""Write into book/bibliography.md which page cites which work.

    python tools/citations.py            write the table
    python tools/citations.py --check    fail if the table is out of date

A page cites a work of book/references.bib if it links to its address, or names its
first author and, a few words later, its year.
"""

import argparse
import re
import sys
from urllib.parse import unquote

from pybtex.database import parse_file
from pybtex.richtext import Text

import notebooks
from notebook_env import ROOT

TARGET = ROOT / "book" / "bibliography.md"
REPORT = "barve_report"  # of which nearly every page speaks
BEGIN, END = "<!-- begin: tools/citations.py -->\n", "<!-- end -->\n"


def works():
    """Each work of the bibliography: its key, as it is cited, and how it is found."""
    entries = parse_file(str(ROOT / "book" / "references.bib")).entries
    for key, entry in entries.items():
        if key == REPORT:
            continue
        authors = entry.persons.get("author") or entry.persons["editor"]
        names = [str(Text.from_latex(" ".join(a.last_names))) for a in authors]
        in_key = re.search(r"\d{4}", key)  # the year that the book cites it by
        year = in_key.group(0) if in_key else entry.fields.get("year", "undated")
        address = entry.fields.get("url") or entry.fields.get("doi") or ""
        address = re.sub(r"https?://(?:arxiv\.org/abs|doi\.org)/", "", address)
        yield key, f"{together(names)} ({year})", names[0], year, address


def together(names):
    """Names as in a sentence: one, two with "and", more with "et al."."""
    if len(names) > 2:
        return f"{names[0]} et al."
    return " and ".join(names)


def text_of(path):
    """The Markdown of a page, addresses decoded."""
    if path.suffix == ".md":
        return unquote(path.read_text("utf-8"))
    cells = notebooks.nbformat.read(path, as_version=4).cells
    return unquote("\n\n".join(c.source for c in cells if c.cell_type == "markdown"))


def cites(text, author, year, address):
    """Whether a text cites a work."""
    named = rf"\b{re.escape(author)}\b(?:[^()\[\].]|al\.){{0,40}}[\s(]+{year}"
    return bool(address and address in text) or bool(re.search(named, text))


def table():
    """The table and the list of what no page cites, in Markdown."""
    known = list(works())
    cited = set()
    yield "| Page | cites |"
    yield "|---|---|"
    for page in notebooks.toc():
        path = notebooks.source(page)
        if path in (None, TARGET):
            continue
        text = text_of(path)
        found = [w for w in known if cites(text, *w[2:])]
        if found:
            title = re.search(r"^# (.+)$", text, re.MULTILINE).group(1)
            names = "; ".join(sorted(name for _, name, *_ in found))
            yield f"| [{title}]({path.name}) | {names} |"
        cited |= {key for key, *_ in found}
    further = sorted(name for key, name, *_ in known if key not in cited)
    yield ""
    if further:
        yield f"Further reading, which no page cites: {'; '.join(further)}."


def updated(text):
    """The page with a new table between its two marks."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + "\n" + "\n".join(table()) + "\n\n" + END + after


def main(argv=None):
    """Write the table, or compare it; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args(argv)
    old = TARGET.read_text("utf-8")
    new = updated(old)
    if arguments.check:
        if new != old:
            print(f"run tools/citations.py: {TARGET} is out of date", file=sys.stderr)
        return int(new != old)
    TARGET.write_text(new, "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
