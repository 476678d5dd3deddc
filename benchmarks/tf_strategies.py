r"""Why TensorFlow's strategies are not used to share a training: what each one does.

A linear model whose loss is its own, as a VAE's is, takes one step of gradient descent
on one batch of 8, on a single device, under MirroredStrategy with two logical devices
of the processor, and under MultiWorkerMirroredStrategy with two processes. Each is
tried in processes of its own.

How to read it: `loss` and `step` (the largest change of a weight) should be those of a
single device. A loss or a step twice as large is a sum over two replicas where the mean
belongs; an error is quoted by its last line.

    python benchmarks/tf_strategies.py
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import common
import options

CHILD = Path(__file__).with_name("peers") / "tf_strategy.py"
TIMEOUT = 600  # seconds for one strategy


def main(argv=None):
    """Try each; returns the exit status."""
    parser = options.make_parser(__doc__, rounds=1)
    arguments = options.parse(parser, argv)
    ports = [f"127.0.0.1:{common.free_port()}" for _ in range(2)]
    cluster = {"worker": ports}
    found = {
        "single device": attempt("none", [{}]),
        "MirroredStrategy": attempt("mirrored", [{}]),
        "MultiWorkerMirroredStrategy": attempt(
            "workers",
            [
                {"cluster": cluster, "task": {"type": "worker", "index": k}}
                for k in range(2)
            ],
        ),
    }
    reference = found["single device"]
    for result in found.values():
        if "loss" in result and "loss" in reference:
            for name in ("loss", "step"):
                result[f"{name}_ratio"] = result[name] / reference[name]
    print(*table(found), sep="\n")
    options.write("bench_tf_strategies", {"strategies": found}, arguments)
    return 0


def attempt(kind, settings):
    """What the first of the processes says, or the last line of its error."""
    print(f"trying: {kind}", file=sys.stderr, flush=True)
    command = [sys.executable, str(CHILD), kind]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    children = [
        subprocess.Popen(
            [*command, json.dumps(each)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
        )
        for each in settings
    ]
    try:
        out, err = children[0].communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return {"error": f"no result within {TIMEOUT} s"}
    finally:
        for child in children:
            child.kill()
            child.communicate()
    if children[0].returncode == 0:
        return json.loads(out.splitlines()[-1])
    lines = [line.strip() for line in err.splitlines() if line.strip()]
    return {"error": lines[-1] if lines else "it ended without a word"}


def table(found):
    """The lines to print."""
    yield f"{'':<30}{'replicas':>9}{'loss':>10}{'step':>10}"
    for name, result in found.items():
        if "error" in result:
            yield f"{name:<30}{result['error']}"
            continue
        yield (
            f"{name:<30}{result['replicas']:>9}{result['loss']:>10.4f}"
            f"{result['step']:>10.4f}"
        )


if __name__ == "__main__":
    sys.exit(main())
