r"""Seconds an epoch of the same VAE in vae_lib, Keras, JAX and PyTorch, side by side.

Every peer trains the same networks with the same likelihood (one learned variance), in
batches of 128, with Adam at 1e-3, on the same images: 60,000 of MNIST's training file
for the MLP, 4,096 for the convolutional network. Each lives in a process of its own;
they take turns, one epoch each, so that whatever else the machine does hits all of
them. The first epoch, with imports and compilation behind it, is not counted.

How to read the table: `seconds` is the median over the rounds; `ratio` is that over the
fastest peer's; `GFLOP/s` counts the multiplications and additions of forward and
backward pass that the networks need, whatever a peer really does; `% of peak` compares
it with a large float32 matrix product measured in the same rounds; `MiB` is the most
memory the process held; `test ELBO` is in nats per image after the same number of
epochs: the peers draw their own random numbers, so expect it to differ by a few.

    python -m experiments.bench_training                     all cases, about 7 minutes
    python -m experiments.bench_training --cases mlp-2       one of them
    python -m experiments.bench_training --python torch=/other/venv/bin/python
"""

import argparse
import contextlib
import statistics
import sys
import tempfile

import numpy as np

from experiments import _harness as harness
from experiments import _images as images
from experiments._flops import flops_per_image
from experiments._peers import NETWORKS, PEERS, Missing, Process

CASES = ("mlp-2", "mlp-10", "mlp-20", "conv-2")
DISTURBED = 1.5  # slowest round over fastest, beyond which a median says little
IMAGES = {"mlp": 60_000, "conv": 4_096}


def main(argv=None):
    """Run the cases that were asked for; returns the exit status."""
    arguments = parse(argv)
    content = {}
    for case in arguments.cases:
        network, latent_dim = case.rsplit("-", 1)
        content[case] = measure(network, int(latent_dim), arguments)
        print(*table(case, content[case]), sep="\n", flush=True)
    harness.write("bench_training", {"cases": content}, arguments)
    return 0


def parse(argv):
    """The options, checked."""
    parser = harness.make_parser(__doc__, rounds=5)
    add = parser.add_argument
    text = f"NETWORK-D, such as conv-10 (default {' '.join(CASES)})"
    add("--cases", nargs="+", type=_case, default=CASES, metavar="CASE", help=text)
    text = f"which peers take part (default all: {', '.join(PEERS)})"
    add("--peers", nargs="+", choices=PEERS, default=PEERS, metavar="PEER", help=text)
    add(
        "--images", type=int, metavar="N", help="default 60,000 for mlp, 4,096 for conv"
    )
    add("--batch-size", type=int, default=128, metavar="B", help="images a step (128)")
    add("--seed", type=int, default=0, help="of weights, order and noise (0)")
    text = "the interpreter of a peer whose package this one lacks; may be repeated"
    add("--python", action="append", type=_interpreter, metavar="PEER=PATH", help=text)
    arguments = harness.parse(parser, argv)
    if arguments.quick and arguments.images is None:
        arguments.images = 512
    for name in ("images", "batch_size"):
        value = getattr(arguments, name)
        if value is not None and value < 1:
            flag = name.replace("_", "-")
            parser.error(f"--{flag} must be at least 1, got {value}")
    return arguments


def _case(text):
    network, _, latent_dim = text.rpartition("-")
    if network not in IMAGES or not latent_dim.isdecimal() or int(latent_dim) < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no case: give mlp or conv and the latent dimensions, as mlp-2"
        )
    return text


def _interpreter(text):
    name, _, path = text.partition("=")
    if name not in PEERS or not path:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not PEER=PATH with a peer of {', '.join(PEERS)}"
        )
    return name, path


def measure(network, latent_dim, arguments):
    """Run the peers of one case in turns; returns what the JSON file keeps."""
    n = arguments.images or IMAGES[network]
    x_train, x_test, source = images.load(n)
    settings = {
        "network": network,
        "latent_dim": latent_dim,
        "batch_size": arguments.batch_size,
        "epochs": 1 + arguments.rounds,
        "seed": arguments.seed,
    }
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        np.save(f"{folder}/x_train.npy", x_train)
        np.save(f"{folder}/x_test.npy", x_test)
        del x_train
        peers = start({**settings, "folder": folder}, arguments, stack)
        peak, results = take_turns(peers, arguments.rounds)
    flops = flops_per_image(network, latent_dim)
    fastest = min(result["seconds"] for result in results.values())
    for result in results.values():
        result["ratio"] = result["seconds"] / fastest
        result["gflops"] = flops * n / 1e9 / result["seconds"]
        result["percent_of_peak"] = 100 * result["gflops"] / peak
    return {
        **settings,
        "images": n,
        "source": source,
        "mflop_per_image": flops / 1e6,
        "matmul_gflops": peak,
        "peers": results,
    }


def start(settings, arguments, stack):
    """Start the peers that can run, one after the other."""
    peers = {}
    for name in arguments.peers:
        if settings["network"] not in NETWORKS.get(name, IMAGES):
            continue
        python = dict(arguments.python or ()).get(name, sys.executable)
        try:
            peers[name] = Process(name, settings, python)
        except Missing as error:
            remedy = f"or name an interpreter that has it: --python {name}=PATH"
            say(f"{name} is skipped: {error}. Install it, {remedy}")
            continue
        stack.callback(peers[name].stop)
    if not peers:
        raise SystemExit("No peer can run: see the lines above.")
    return peers


def take_turns(peers, n_rounds):
    """One epoch each, again and again; ``(matmul GFLOP/s, results by peer)``."""
    epochs = {name: [] for name in peers}
    peaks = []
    for i in range(1 + n_rounds):
        gflops = []
        for name, peer in peers.items():
            gflops.append(peer.ask("matmul")["gflops"])
            epochs[name].append(peer.ask("epoch"))
        peaks.append(max(gflops))
        times = (f"{name} {each[-1]['seconds']:.2f}" for name, each in epochs.items())
        say(f"round {i}{'' if i else ' (not counted)'}: {', '.join(times)}")
    results = {}
    for name, peer in peers.items():
        seconds = [epoch["seconds"] for epoch in epochs[name]]
        results[name] = {
            "seconds": statistics.median(seconds[1:]),
            "spread": max(seconds[1:]) / min(seconds[1:]),
            "all_seconds": seconds,
            "train_loss": epochs[name][-1]["loss"],
            **peer.ask("score"),
        }
    return statistics.median(peaks[1:]), results


def table(case, result):
    """The lines to print, fastest first."""
    yield (
        f"\n{case}: {result['images']:,} images, batch {result['batch_size']}, "
        f"{result['mflop_per_image']:.2f} MFLOP an image, matrix product "
        f"{result['matmul_gflops']:.0f} GFLOP/s, median of {result['epochs'] - 1}"
    )
    columns = ("peer", "seconds", "ratio", "GFLOP/s", "% of peak", "MiB", "test ELBO")
    yield f"{columns[0]:<20}" + "".join(f"{column:>11}" for column in columns[1:])
    peers = result["peers"].items()
    for name, row in sorted(peers, key=lambda item: item[1]["seconds"]):
        yield (
            f"{name:<20}{row['seconds']:>11.3f}{row['ratio']:>11.2f}"
            f"{row['gflops']:>11.0f}{row['percent_of_peak']:>11.0f}"
            f"{row['peak_mib']:>11.0f}{row['test_elbo']:>11.1f}"
        )
    disturbed = [name for name, row in peers if row["spread"] > DISTURBED]
    if disturbed:
        yield (
            f"Disturbed, measure again before quoting: {', '.join(disturbed)} took "
            f"over {DISTURBED} times as long in the slowest round as in the fastest."
        )


def say(text):
    """Print to standard error: standard output is for the results."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
