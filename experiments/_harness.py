"""What the experiments share: options, results with their machine, child processes."""

import argparse
import importlib
import json
import os
import platform
import socket
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from vae_lib._files import write_json
from vae_lib.cli.setup import available_cpus

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "book" / "results"
PACKAGES = ("vae_lib", "keras", "tensorflow", "jax", "torch", "numpy")


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
    path = arguments.json or RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def write(name, content, arguments):
    """Write the numbers with the machine they came from, and say where."""
    path = arguments.json
    if path is None and not arguments.quick:
        path = RESULTS / f"{name}.json"
    if path is not None:
        write_json(path, {"machine": machine(), **content})
        print(f"Written to {path}", file=sys.stderr)


def start_child(function, settings, backend=None):
    """Start ``function(settings)`` in a new process; read its answer with `answer_of`.

    Args:
        function: ``"experiments.module:name"``; what it takes and returns is JSON.
        settings: a dictionary.
        backend: the child's Keras backend; None leaves the environment's.
    """
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    paths = [str(ROOT), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    if backend is not None:
        environment["KERAS_BACKEND"] = backend
    return subprocess.Popen(
        [sys.executable, "-m", "experiments._harness", function, json.dumps(settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    )


def answer_of(process, timeout=None):
    """What a child returned.

    Raises:
        RuntimeError: with the last line of what it said, if it failed or took longer
            than ``timeout`` seconds; it is then ended.
    """
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"no result within {timeout} s") from None
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        lines = [line.strip() for line in err.splitlines() if line.strip()]
        raise RuntimeError(lines[-1] if lines else "it ended without a word")
    return json.loads(out.splitlines()[-1])


def child(function, settings, backend=None, timeout=None):
    """The answer of ``function(settings)`` from a process of its own."""
    return answer_of(start_child(function, settings, backend), timeout)


def free_port():
    """A port of this machine that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def machine():
    """The processor and the versions, for the record; no name of the machine."""
    return {
        "processor": _processor(),
        "cores": available_cpus(),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _processor():
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    module, _, name = sys.argv[1].partition(":")
    work = getattr(importlib.import_module(module), name)
    print(json.dumps(work(json.loads(sys.argv[2]))), flush=True)
