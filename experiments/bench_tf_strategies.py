r"""Why TensorFlow's strategies are not used to share a training: what each one does.

A linear model whose loss is its own, as a VAE's is, takes one step of gradient descent
on one batch of 8, on a single device, under MirroredStrategy with two logical devices
of the processor, and under MultiWorkerMirroredStrategy with two processes. Each is
tried in processes of its own.

How to read it: `loss` and `step` (the largest change of a weight) should be those of a
single device. A loss or a step twice as large is a sum over two replicas where the mean
belongs; an error is quoted by its last line.

    python -m experiments.bench_tf_strategies
"""

import sys

from experiments import _harness as harness

TIMEOUT = 600  # seconds for one strategy


def main(argv=None):
    """Try each; returns the exit status."""
    parser = harness.make_parser(__doc__, rounds=1)
    arguments = harness.parse(parser, argv)
    ports = [f"127.0.0.1:{harness.free_port()}" for _ in range(2)]
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
    harness.write("bench_tf_strategies", {"strategies": found}, arguments)
    return 0


def attempt(kind, settings):
    """What the first of the processes says, or the last line of its error."""
    print(f"trying: {kind}", file=sys.stderr, flush=True)
    work = "experiments.peers.tf_strategy:one_step"
    children = [
        harness.start_child(work, {"kind": kind, **each}, "tensorflow")
        for each in settings
    ]
    try:
        return harness.answer_of(children[0], TIMEOUT)
    except RuntimeError as error:
        return {"error": str(error)}
    finally:
        for child in children[1:]:
            child.kill()
            child.communicate()


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
