"""Seconds a notebook under `pytest --nbval book/`, and where they go.

    python -m experiments.bench_notebooks                   all of book/, in two ways
    python -m experiments.bench_notebooks --quick           one notebook, no file
    python -m experiments.bench_notebooks book/03*.ipynb    only these

All of book/ is run one notebook after the other and two at a time.
What is timed is the very command of README.md, in the environment that conftest.py
makes (tools/notebook_env.py), so oneDNN is off here as it is there. Pytest's own
--durations says what each cell took. The columns are seconds: "kernel" is the start of
the notebook's process, "imports" the cells up to the first import of vae_lib, which
loads Keras and its backend, "training" the cells tagged nbval-ignore-output, "other"
the rest. In parallel, two notebooks share the machine and each takes longer. With
VAE_LIB_MNIST set the chapters load and train on all of MNIST, without it on the sample.
Writes book/results/bench_notebooks.json: medians over rounds, and the slowest cells.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import nbformat

from experiments import _harness as harness

WAYS = {
    "sequential": (),
    "parallel": ("-n", "2", "--dist", "loadfile"),
}
PARTS = ("kernel", "imports", "training", "other")
GOAL = 8 * 60  # seconds for all of book/, on two cores
LINE = re.compile(r"([\d.]+)s (setup|call|teardown) +(\S+\.ipynb)::Cell (\d+)")
N_SLOWEST = 5


def run(paths, way, root):
    """Seconds of the whole command, and ``(notebook, cell, phase, seconds)``."""
    command = ["-m", "pytest", "--nbval", *paths, "-q", *WAYS[way]]
    command += ["--durations=0", "--durations-min=0", "-p", "no:cacheprovider"]
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *command], cwd=root, capture_output=True, text=True
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if not LINE.match(line)]
        tail = "\n".join(lines[-20:])
        raise SystemExit(
            f"{tail}\n{done.stderr}\nThe notebooks do not pass: not timed."
        )
    rows = [
        (name, int(cell), phase, float(value))
        for value, phase, name, cell in LINE.findall(done.stdout)
    ]
    return seconds, rows


def sources(path):
    """``(kind, first line)`` of each code cell; kind is imports, training or other."""
    kinds, importing = [], True
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        kind = "imports" if importing else "other"
        if "nbval-ignore-output" in cell.metadata.get("tags", []):
            kind = "training"
        if re.search(r"^(from|import) vae_lib", cell.source, re.MULTILINE):
            importing = False
        kinds.append((kind, cell.source.strip().splitlines()[0]))
    return kinds


def split(rows, root):
    """Seconds of each part, by notebook, and of each cell."""
    parts, cells = {}, {}
    kinds = {name: sources(root / name) for name in {row[0] for row in rows}}
    for name, cell, phase, seconds in rows:
        kind, line = kinds[name][cell]
        # The kernel starts with the first cell's set-up and stops after the last cell.
        part = kind if phase == "call" else "kernel"
        notebook = parts.setdefault(name, dict.fromkeys(PARTS, 0.0))
        notebook[part] += seconds
        if phase == "call":
            cells[f"{name}, code cell {cell}: {line}"] = seconds
    return parts, cells


def measure(paths, ways, rounds, root):
    """One record for each way of running; the ways take turns."""
    taken = {way: {"seconds": [], "notebooks": [], "cells": []} for way in ways}
    for i in range(rounds):
        for way, record in taken.items():
            seconds, rows = run(paths, way, root)
            parts, cells = split(rows, root)
            record["seconds"].append(round(seconds, 2))
            record["notebooks"].append(parts)
            record["cells"].append(cells)
            print(f"round {i + 1} of {rounds}, {way}: {seconds:.1f} s", file=sys.stderr)
    return {way: summarise(record) for way, record in taken.items()}


def summarise(record):
    """Medians over rounds."""
    rounds = record["notebooks"]
    notebooks = {}
    for name in sorted(rounds[0]):
        parts = {p: round(median(r[name][p] for r in rounds), 2) for p in PARTS}
        total = median(sum(r[name].values()) for r in rounds)
        share = (parts["kernel"] + parts["imports"]) / total if total else 0.0
        notebooks[name] = {**parts, "total": round(total, 2), "start": round(share, 3)}
    names = {name for cells in record["cells"] for name in cells}
    cells = {n: median(c.get(n, 0.0) for c in record["cells"]) for n in names}
    slowest = sorted(cells.items(), key=lambda pair: -pair[1])[:N_SLOWEST]
    return {
        "median_seconds": median(record["seconds"]),
        "seconds": record["seconds"],
        "notebooks": notebooks,
        "slowest_cells": dict(slowest),
    }


def table(results):
    """The lines for standard output."""
    yield f"{'notebook':<34}" + "".join(f"{p:>10}" for p in (*PARTS, "total", "start"))
    for way, result in results.items():
        for name, parts in result["notebooks"].items():
            values = "".join(f"{parts[p]:>10.1f}" for p in (*PARTS, "total"))
            yield f"{name:<34}{values}{100 * parts['start']:>8.0f} %"
        seconds = result["median_seconds"]
        yield f"{way}: the command took {seconds:.1f} s (goal for book/: {GOAL} s)"
        yield from (f"  {s:.1f} s  {n}" for n, s in result["slowest_cells"].items())


def main(argv=None, root=harness.ROOT):
    """Run the command; returns its exit status."""
    parser = harness.make_parser(__doc__, rounds=3)
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of book/")
    parser.add_argument("--way", choices=WAYS, help="only this one (default: both)")
    arguments = harness.parse(parser, argv)
    missing = [str(path) for path in arguments.notebooks if not path.is_file()]
    if missing:
        parser.error(f"no such notebook: {', '.join(missing)}")
    paths = [str(path.resolve()) for path in arguments.notebooks] or ["book/"]
    if arguments.quick and not arguments.notebooks:
        paths = [str(min((root / "book").glob("*.ipynb")))]
    quick = "sequential" if arguments.quick else None
    ways = [arguments.way or quick] if arguments.way or quick else list(WAYS)
    results = measure(paths, ways, arguments.rounds, root)
    print(*table(results), sep="\n")
    images = "mnist" if os.environ.get("VAE_LIB_MNIST") else "as found"
    content = {"rounds": arguments.rounds, "images": images, "ways": results}
    harness.write("bench_notebooks", content, arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
