"""Options that the benchmarks share: how many rounds, a quick trial, where to write."""

import argparse
import json
import sys
from pathlib import Path

import common

from vae_lib._files import write_json


def make_parser(text, rounds):
    """A parser with --rounds, --quick and --json; text is the module's docstring."""
    parser = argparse.ArgumentParser(
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--rounds", type=int, default=rounds, help=f"how often, in turns ({rounds})")
    add("--quick", action="store_true", help="a trial: small, one round, no file")
    add(
        "--json",
        type=Path,
        metavar="FILE",
        help="write the numbers there, not into book/results",
    )
    return parser


def parse(parser, argv):
    """Parsed arguments; --quick means one round."""
    arguments = parser.parse_args(argv)
    if arguments.rounds < 1:
        parser.error(f"--rounds must be at least 1, got {arguments.rounds}")
    if arguments.json and not arguments.json.parent.is_dir():
        parser.error(f"--json: make the folder {arguments.json.parent} first")
    if arguments.quick:
        arguments.rounds = 1
    return arguments


def read(name, arguments):
    """The numbers of an earlier command in the file that write would replace."""
    path = arguments.json or common.RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def write(name, content, arguments):
    """Write the numbers with the machine they came from, and say where."""
    path = arguments.json
    if path is None and not arguments.quick:
        path = common.RESULTS / f"{name}.json"
    if path is not None:
        write_json(path, {"machine": common.machine(), **content})
        print(f"Written to {path}", file=sys.stderr)
