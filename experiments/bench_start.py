"""How long the library takes to start: Keras alone, all of vae_lib, --help.

    python -m experiments.bench_start                       the default backend
    python -m experiments.bench_start --backend jax torch   these backends
    python -m experiments.bench_start --quick               one round, nothing written

Each line of the table is a new process, from its start to its end, interpreter
included; the lines take turns, so that a busy minute of the machine falls on all of
them. "vae_lib" touches every public name of every public module. Importing Keras takes
seconds and varies by more than vae_lib costs, so that cost is measured a second time
inside the process, after Keras: "vae_lib after keras". Goals: vae_lib at most 0.2 s
beyond Keras, --help within 0.5 s. Writes book/results/bench_start.json.
"""

import os
import subprocess
import sys
import time
from statistics import median

from experiments import _harness as harness

KERAS = "import keras"
# Stands alone and prints the seconds that vae_lib takes once Keras is there.
LIBRARY = """
import importlib, keras, time
started = time.perf_counter()
import vae_lib
for name in vae_lib.__all__:
    module = getattr(vae_lib, name)
    for public in getattr(module, "__all__", ()):
        getattr(module, public)
print(time.perf_counter() - started)
"""
KERAS_NAME, LIBRARY_NAME = "import keras", "import vae_lib, all of it"
HELP_NAME, EXTRA_NAME = "python -m vae_lib --help", "vae_lib after keras"
COMMANDS = {
    KERAS_NAME: ("-c", KERAS),
    LIBRARY_NAME: ("-c", LIBRARY),
    HELP_NAME: ("-m", "vae_lib", "--help"),
}
GOAL_EXTRA, GOAL_HELP = 0.2, 0.5  # seconds


def run(arguments, backend):
    """Seconds of a new interpreter, and what it printed."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=harness.ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise SystemExit(f"{backend}: {arguments[-1].strip()!r} failed: {lines[-1]}")
    return seconds, done.stdout


def measure(backend, rounds, warm=True):
    """Lists of seconds by name, one number a round; a first round warms up."""
    taken = {name: [] for name in (*COMMANDS, EXTRA_NAME)}
    for arguments in COMMANDS.values() if warm else ():
        run(arguments, backend)  # files into the cache, byte code made
    for i in range(rounds):
        for name, arguments in COMMANDS.items():
            seconds, output = run(arguments, backend)
            taken[name].append(round(seconds, 4))
            if name == LIBRARY_NAME:
                taken[EXTRA_NAME].append(round(float(output), 4))
        print(f"{backend}: round {i + 1} of {rounds}", file=sys.stderr)
    return taken


def summarise(taken):
    """Medians, and the goals with what was reached."""
    pairs = zip(taken[LIBRARY_NAME], taken[KERAS_NAME], strict=True)
    return {
        "median_seconds": {name: median(values) for name, values in taken.items()},
        "seconds": taken,
        # Two ways to the same cost: between processes, and inside one.
        "beyond_keras": {
            "processes": median(round(ours - keras, 4) for ours, keras in pairs),
            "inside": median(taken[EXTRA_NAME]),
            "goal": GOAL_EXTRA,
        },
        "help": {"reached": median(taken[HELP_NAME]), "goal": GOAL_HELP},
    }


def table(results):
    """The lines for standard output."""
    yield f"{'backend':<12}{'new process':<28}{'median s':>9}{'range s':>18}"
    for backend, result in results.items():
        for name, values in result["seconds"].items():
            spread = f"{min(values):.3f}-{max(values):.3f}"
            yield f"{backend:<12}{name:<28}{median(values):>9.3f}{spread:>18}"
        beyond, reached = result["beyond_keras"], result["help"]["reached"]
        yield (
            f"{backend:<12}vae_lib beyond keras: {beyond['inside']:.3f} s inside one "
            f"process, {beyond['processes']:+.3f} s between processes (goal "
            f"{GOAL_EXTRA} s); --help {reached:.3f} s (goal {GOAL_HELP} s)"
        )


def main(argv=None):
    """Run the command; returns its exit status."""
    parser = harness.make_parser(__doc__, rounds=7)
    parser.add_argument(
        "--backend",
        nargs="+",
        choices=("tensorflow", "jax", "torch"),
        default=[os.environ.get("KERAS_BACKEND", "tensorflow")],
    )
    arguments = harness.parse(parser, argv)
    rounds = arguments.rounds
    results = {
        b: summarise(measure(b, rounds, not arguments.quick)) for b in arguments.backend
    }
    print(*table(results), sep="\n")
    harness.write("bench_start", {"rounds": rounds, "backends": results}, arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
