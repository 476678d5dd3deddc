"""Write the tables of the teaching pages from what is measured and decided elsewhere.

    python tools/teaching.py            rewrite them
    python tools/teaching.py --check    fail if a page is not what would be written

A table stands between two comments, <!-- table NAME --> and <!-- end NAME -->. Times of
chapters come from book/results/bench_notebooks.json and from counting their words, the
schedules from teaching/schedule.yml, the entry for BibTeX from CITATION.cff, and the
inventory from teaching/misconceptions.yml, of which the paper form, too, is made.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import nbformat
import yaml

import notebook_env
import notebooks

ROOT = notebook_env.ROOT
BOOK, TEACHING = ROOT / "book", ROOT / "teaching"
BENCH = BOOK / "results" / "bench_notebooks.json"


def load(name: str):
    """A YAML file of the folder teaching/."""
    return yaml.safe_load((TEACHING / name).read_text("utf-8"))


def chapters() -> list[Path]:
    """The chapters that are taught, in order."""
    return [path for path in notebooks.chapters() if not notebooks.is_appendix(path)]


def link(number: int | None) -> str:
    """A link to a chapter, by its number."""
    if number is None:
        return ""
    path = next(p for p in chapters() if int(p.stem[:2]) == number)
    return f"[{number}]({path.name})"


def times() -> str:
    """For each chapter: run (measured), reading and exercises (estimated)."""
    plan = load("schedule.yml")
    ways = json.loads(BENCH.read_text("utf-8"))["ways"]
    measured = ways["sequential"]["notebooks"]
    rows = [
        "| Chapter | Run, s (measured) | Words | Reading, min (estimate) | Exercises "
        "| On them, min (estimate) |",
        "|---|---|---|---|---|---|",
    ]
    for path in chapters():
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
        words, count = len(text.split()), len(re.findall(r"\*\*Exercise \d", text))
        run = measured.get(f"book/{path.name}", {}).get("total")
        shown = "not measured" if run is None else f"{run:.0f}"
        reading = 5 * round(words / plan["rate"] / 5)
        title = cells[0].source.split("\n")[0].lstrip("# ")
        rows.append(
            f"| [{title}]({path.name}) | {shown} | {words} | {reading} | {count} "
            f"| {plan['exercise'] * count} |"
        )
    return "\n".join(rows)


def clock(minutes: int) -> str:
    """A time of day, from the minutes since midnight."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def schedule(name: str) -> str:
    """The days of a course, a table each."""
    parts = []
    for day in load("schedule.yml")[name]:
        hours, minutes = map(int, day["start"].split(":"))
        now = 60 * hours + minutes
        rows = [f"**{day['title']}**", "", "| Time | Minutes | What | Chapter |"]
        rows.append("|---|---|---|---|")
        for length, what, chapter in day["sessions"]:
            shown = "*Break*" if what == "break" else what
            rows.append(f"| {clock(now)} | {length} | {shown} | {link(chapter)} |")
            now += length
        parts.append("\n".join([*rows, "", f"It ends at {clock(now)}."]))
    return "\n\n".join(parts)


def bibtex() -> str:
    """The entry for the book, from CITATION.cff."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    book = cited["preferred-citation"]
    authors = " and ".join(
        "{" + a["name"] + "}"
        if "name" in a
        else f"{a['family-names']}, {a['given-names']}"
        for a in book["authors"]
    )
    fields = {
        "author": authors,
        "title": book["title"],
        "publisher": book["publisher"]["name"],
        "year": book["year"],
        "note": f"Version {cited['version']}",
        "url": cited["repository-code"],
    }
    lines = "".join(f"  {key} = {{{value}}},\n" for key, value in fields.items())
    return f"```bibtex\n@book{{vae_book,\n{lines}}}\n```"


def shuffled(item: dict, number: int) -> list[tuple[str, str]]:
    """The choices of an item in the order of the form, each with what it reveals."""
    choices = [*item["wrong"].items()]
    choices.insert((5 * number + number // 3) % 3, (item["right"], ""))
    return choices


def inventory() -> str:
    """The items, what each choice reveals, where the answer stands, and what helps."""
    parts = []
    for number, item in enumerate(load("misconceptions.yml"), 1):
        chapter, section = item["section"]
        lines = [f"**{number}. {item['ask']}**", ""]
        for letter, (choice, belief) in zip("ABC", shuffled(item, number), strict=True):
            reveals = f"*Belief: {belief}.*" if belief else "**Right.**"
            lines.append(f"- {letter}. {choice} {reveals}")
        seen = ", ".join(
            f"[{'#'.join(t.replace('/pull/', '/issues/').split('/issues/'))}]"
            f"(https://github.com/{t})"
            for t in item["threads"]
        )
        lines += [
            "",
            f"Answered in [chapter {int(chapter[:2])}]({chapter}.ipynb), "
            f"*{section}*. Seen in {seen}. *If many miss it:* {item['then']}",
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def form() -> str:
    """The questions on paper: no answers, no links."""
    lines = ["# Before and after: twenty questions", "", "Choose one answer each.", ""]
    for number, item in enumerate(load("misconceptions.yml"), 1):
        lines += [f"{number}. {item['ask']}", ""]
        for letter, (choice, _) in zip("ABC", shuffled(item, number), strict=True):
            lines.append(f"   - [ ] {letter}. {choice}")
        lines.append("")
    return "\n".join(lines)


def sheet() -> str:
    """The scoring sheet, as CSV: an item a line, its key and the beliefs."""
    rows = ["item,right,before,after,A reveals,B reveals,C reveals"]
    for number, item in enumerate(load("misconceptions.yml"), 1):
        beliefs = [belief for _, belief in shuffled(item, number)]
        key = "ABC"[beliefs.index("")]
        quoted = ",".join(f'"{belief}"' for belief in beliefs)
        rows.append(f"{number},{key},,,{quoted}")
    return "\n".join(rows) + "\n"


TABLES = {
    "inventory": inventory,
    "times": times,
    "lecture": lambda: schedule("lecture"),
    "workshop": lambda: schedule("workshop"),
    "course": lambda: schedule("course"),
    "bibtex": bibtex,
}


def filled(text: str) -> str:
    """A page with its tables as they should be."""
    for name, make in TABLES.items():
        place = re.compile(rf"(<!-- table {name} -->\n).*?(<!-- end {name} -->)", re.S)
        if place.search(text):
            table = make()
            text = place.sub(lambda m, t=table: f"{m[1]}\n{t}\n\n{m[2]}", text)
    return text


def pages() -> dict[Path, str]:
    """The pages of teaching, and what they should say."""
    paths = sorted(BOOK.glob("teach_*.md"))
    made = {path: filled(path.read_text("utf-8")) for path in paths}
    return made | {
        TEACHING / "misconceptions_form.md": form(),
        TEACHING / "misconceptions_sheet.csv": sheet(),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args(arguments)
    old = {
        path: text
        for path, text in pages().items()
        if not path.exists() or path.read_text("utf-8") != text
    }
    for path, text in old.items():
        print(path.name)
        if not options.check:
            path.write_text(text, "utf-8", newline="\n")
    return 1 if options.check and old else 0


if __name__ == "__main__":
    sys.exit(main())
