r"""One VAE trained by one device, by several of one process, and by several processes.

All cases train the same MLP on JAX with the same batches, order and noise; only who
computes which images of a batch differs. On a machine without GPUs the devices are
virtual: they share the same cores, so that nothing can become faster, and the table
shows what the sharing itself costs (every step adds up the gradients of all devices).
The cases take turns, one epoch each; the first epoch, with the compilation, does not
count.

How to read the table: `seconds` an epoch is the median over the rounds, `ratio` that
over one device's; `difference` is the largest relative difference between the loss of
an epoch and that of one device. It begins as rounding (--quick shows 1e-7 after four
steps), and grows with the number of steps, as Adam enlarges it. `MiB` adds up the
processes.

    python -m experiments.bench_devices                            about 5 minutes
    python -m experiments.bench_devices --batch-sizes 1024 --shares 2 4
"""

import contextlib
import functools
import statistics
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from experiments import _harness as harness
from experiments import _images as images
from experiments._harness import free_port
from experiments._peers import Missing, Process
from vae_lib.cli.setup import available_cpus


def main(argv=None):
    """Measure each batch size; returns the exit status."""
    arguments = parse(argv)
    content = {"shares": arguments.shares, "images": arguments.images, "batches": {}}
    for batch_size in arguments.batch_sizes:
        found = measure(batch_size, arguments)
        content["source"] = found.pop("source")
        content["batches"][str(batch_size)] = found
        print(*table(batch_size, arguments.images, found), sep="\n", flush=True)
    harness.write("bench_devices", content, arguments)
    return 0


def parse(argv):
    """The options, checked."""
    parser = harness.make_parser(__doc__, rounds=5)
    add = parser.add_argument
    text = "images a step, over all devices (128 1024)"
    add("--batch-sizes", nargs="+", type=int, default=[128, 1024], help=text)
    text = "numbers of devices and processes to compare with one (2)"
    add("--shares", nargs="+", type=int, default=[2], help=text)
    add("--images", type=int, default=60_000, help="training images (60,000)")
    add("--latent-dim", type=int, default=2, help="latent dimensions (2)")
    arguments = harness.parse(parser, argv)
    if arguments.quick:
        arguments.images = min(arguments.images, 512)
    for name in ("batch_sizes", "shares", "images", "latent_dim"):
        values = getattr(arguments, name)
        if np.min(values) < 1:
            flag = name.replace("_", "-")
            parser.error(f"--{flag} must be at least 1, got {np.min(values)}")
    for size in arguments.batch_sizes:
        for share in arguments.shares:
            if size % share:
                parser.error(f"--batch-sizes: {share} cannot share {size} equally")
    return arguments


def cases(shares):
    """The name of each case and what its processes are told."""
    yield "1 device", [{}]
    for n in shares:
        if n > 1:
            yield f"{n} virtual devices", [{"devices": n}]
    for n in shares:
        if n > 1:
            threads = max(1, available_cpus() // n)
            told = [
                {"processes": n, "process_id": k, "threads": threads} for k in range(n)
            ]
            yield f"{n} processes", told


class Case:
    """The processes of one case, which do everything at the same time.

    Args:
        settings: one dictionary for each process.
    """

    def __init__(self, settings):
        self.pool = ThreadPoolExecutor(len(settings))
        self.processes = []
        started = self.pool.map(functools.partial(Process, "shared"), settings)
        try:
            self.processes.extend(started)
        except BaseException:
            self.stop()
            raise

    def ask(self, command):
        """The answers of all processes."""
        return [*self.pool.map(lambda process: process.ask(command), self.processes)]

    def stop(self):
        for process in self.processes:
            process.stop()
        self.pool.shutdown()


def measure(batch_size, arguments):
    """Run the cases in turns; returns what the JSON file keeps."""
    x_train, x_test, source = images.load(arguments.images)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        np.save(f"{folder}/x_train.npy", x_train)
        np.save(f"{folder}/x_test.npy", x_test)
        del x_train
        common = {
            "folder": folder,
            "network": "mlp",
            "latent_dim": arguments.latent_dim,
            "batch_size": batch_size,
            "epochs": 1 + arguments.rounds,
            "seed": 0,
            "devices": 1,
            "processes": 1,
            "threads": None,
        }
        running = {}
        for name, parts in cases(arguments.shares):
            where = {"coordinator": f"127.0.0.1:{free_port()}"}
            try:
                running[name] = Case([{**common, **where, **part} for part in parts])
            except Missing as error:
                raise SystemExit(f"JAX is needed: {error}") from error
            stack.callback(running[name].stop)
        epochs = take_turns(running, arguments.rounds)
        scores = {name: case.ask("score") for name, case in running.items()}
    return {"source": source, "cases": summary(epochs, scores, arguments.images)}


def take_turns(running, n_rounds):
    """One epoch each, again and again; the epochs of each case."""
    epochs = {name: [] for name in running}
    for i in range(1 + n_rounds):
        for name, case in running.items():
            parts = case.ask("epoch")
            slowest = max(part["seconds"] for part in parts)
            epochs[name].append({"seconds": slowest, "loss": parts[0]["loss"]})
        times = (f"{name} {each[-1]['seconds']:.2f}" for name, each in epochs.items())
        head = f"round {i}{'' if i else ' (not counted)'}"
        print(f"{head}: {', '.join(times)}", file=sys.stderr, flush=True)
    return epochs


def summary(epochs, scores, n):
    """Medians, and differences from one device."""
    reference = np.array([epoch["loss"] for epoch in epochs["1 device"]])
    results = {}
    for name, each in epochs.items():
        losses = np.array([epoch["loss"] for epoch in each])
        all_seconds = [epoch["seconds"] for epoch in each]
        seconds = statistics.median(all_seconds[1:])
        results[name] = {
            "seconds": seconds,
            "all_seconds": all_seconds,
            "images_per_second": n / seconds,
            "losses": losses.tolist(),
            "difference": float(np.max(np.abs(losses / reference - 1))),
            "peak_mib": sum(score["peak_mib"] for score in scores[name]),
            "test_elbo": scores[name][0]["test_elbo"],
        }
    for result in results.values():
        result["ratio"] = result["seconds"] / results["1 device"]["seconds"]
    return results


def table(batch_size, n, found):
    """The lines to print."""
    yield f"\nbatch {batch_size}, {n:,} images"
    columns = ("seconds", "ratio", "images/s", "difference", "MiB", "test ELBO")
    yield f"{'':<20}" + "".join(f"{column:>12}" for column in columns)
    for name, row in found["cases"].items():
        yield (
            f"{name:<20}{row['seconds']:>12.3f}{row['ratio']:>12.2f}"
            f"{row['images_per_second']:>12,.0f}{row['difference']:>12.1e}"
            f"{row['peak_mib']:>12.0f}{row['test_elbo']:>12.2f}"
        )


if __name__ == "__main__":
    sys.exit(main())
