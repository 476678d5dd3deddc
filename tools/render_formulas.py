"""Set every formula of the book as MathML, once, into book/_ext/formulas.json.

    jupyter-book build .
    python tools/render_formulas.py
    jupyter-book build . --all

The first build lists the formulas, the second shows them as they are now set. Needs
node and npm, with which it installs Temml (tools/formulas) unless that is there. The
book builds without: a formula that is missing here is set by MathJax in the browser,
and `--check`, which is a test, says so.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from notebook_env import ROOT

CACHE = ROOT / "book" / "_ext" / "formulas.json"
NODE = ROOT / "tools" / "formulas"
SITE = Path(os.environ.get("VAE_LIB_SITE", ROOT / "_build" / "html"))
LIST = SITE.parent / ".doctrees" / "formulas.json"


def macros() -> dict[str, str]:
    r"""The book's own commands, by name with the backslash, from _config.yml."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    table = config["sphinx"]["config"]["mathjax3_config"]["tex"]["macros"]
    return {
        f"\\{name}": meaning if isinstance(meaning, str) else meaning[0]
        for name, meaning in table.items()
    }


def wanted() -> list[list[str]]:
    """The kind and the TeX of each formula of the book as it was last built."""
    if not LIST.is_file():
        raise SystemExit(f"{LIST} is missing: build the book first")
    return json.loads(LIST.read_text("utf-8"))


def problems() -> list[str]:
    """What the cache lacks, and what it holds of formulas and macros of the past."""
    held = json.loads(CACHE.read_text("utf-8"))
    had = {(kind, tex) for kind, by in held["formulas"].items() for tex in by}
    now = {(kind, tex) for kind, tex in wanted()}
    found = [f"not set: {tex}" for _, tex in sorted(now - had)]
    found += [f"no longer in the book: {tex}" for _, tex in sorted(had - now)]
    if held["macros"] != macros():
        found.append("the macros of _config.yml have changed")
    return found


def render(formulas: list[list[str]]) -> list[str]:
    """The MathML of each formula, from Temml."""
    if not shutil.which("npm"):
        raise SystemExit("npm is missing: install Node.js")
    if not (NODE / "node_modules" / "temml").is_dir():
        subprocess.run(["npm", "ci"], cwd=NODE, check=True)
    question = json.dumps({"macros": macros(), "formulas": formulas})
    command = ["node", "render.mjs"]
    answer = subprocess.run(
        command, cwd=NODE, input=question, capture_output=True, text=True
    )
    if answer.returncode:
        raise SystemExit(answer.stderr)
    return json.loads(answer.stdout)


def write() -> None:
    """Set all formulas anew, so that nothing old stays."""
    formulas = wanted()
    cache = {"inline": {}, "display": {}}
    for (kind, tex), mathml in zip(formulas, render(formulas), strict=True):
        cache[kind][tex] = mathml
    table = {"macros": macros(), "formulas": cache}
    text = json.dumps(table, indent=0, ensure_ascii=False, sort_keys=True)
    CACHE.write_text(text + "\n", "utf-8", newline="\n")
    print(f"{len(formulas)} formulas in {CACHE.relative_to(ROOT)}")


def main(arguments=None) -> int:
    """Set every formula; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    if not parser.parse_args(arguments).check:
        write()
    found = problems()
    print("\n".join(found) or "every formula is set, and no other")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
