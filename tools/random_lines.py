"""Draw random code lines of vae_lib: does a line say in which file it stands?

    python tools/random_lines.py --seed 11              the lines, without their files
    python tools/random_lines.py --seed 11 --answers    the same lines with them

Write down your guesses with nothing but the names of the files before you look. A line
that nobody places has a name, or stands in a file, that could be better.
"""

import argparse
import ast
import random
import re
import sys
from pathlib import Path

from notebook_env import ROOT

LIBRARY = ROOT / "vae_lib"


def code_lines(source: str) -> list[tuple[int, str]]:
    """Number and text of each line with a word of code: no docstring, no import."""
    skipped: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_text or isinstance(node, ast.Import | ast.ImportFrom):
            skipped |= {*range(node.lineno, node.end_lineno + 1)}
    return [
        (number, line.strip())
        for number, line in enumerate(source.splitlines(), 1)
        if number not in skipped and re.search(r"\w{3}", line.partition("#")[0])
    ]


def draw(n: int, seed: int) -> list[tuple[Path, int, str]]:
    """File, number and text of ``n`` lines, each as likely as any other."""
    lines = [
        (path.relative_to(LIBRARY), *line)
        for path in sorted(LIBRARY.rglob("*.py"))
        for line in code_lines(path.read_text("utf-8"))
    ]
    return random.Random(seed).sample(lines, n)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-n", type=int, default=20, help="how many lines (20)")
    parser.add_argument("--seed", type=int, required=True, help="which lines")
    parser.add_argument("--answers", action="store_true", help="also show the files")
    options = parser.parse_args(arguments)
    for i, (path, number, text) in enumerate(draw(options.n, options.seed), 1):
        place = f"  [{path.as_posix()}:{number}]" if options.answers else ""
        print(f"{i:2}  {text}{place}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
