"""What a larger batch costs in nats, at the same number of epochs.

    python benchmarks/large_batch.py

Several devices share a batch, so a larger batch keeps them busier; but at the same
number of epochs it takes fewer steps. This trains the mlp for 20 epochs with several
batch sizes and two rules for the learning rate (the same for all, or growing with the
square root of the batch) and writes the validation ELBO of each to
book/results/bench_large_batch.json. Needs the whole of MNIST, and about six minutes on
two cores; --quick trains briefly on the sample instead. Nothing is timed.
"""

import argparse
import statistics
import sys
from pathlib import Path

import common

BASE = 128  # the batch size to which the learning rate 1e-3 belongs
RULES = {"same": 0.0, "square root": 0.5}  # power of the ratio of batch sizes


def main(arguments=None):
    options = _parse(arguments)
    from vae_lib import data, training

    mnist = data.load_sample() if options.quick else data.load_mnist()
    runs = []
    for batch_size in options.batch_sizes:
        for rule, power in RULES.items():
            if batch_size == BASE and power:
                continue  # both rules agree
            config = {
                "latent_dim": options.latent_dim,
                "epochs": 1 if options.quick else 20,
                "batch_size": batch_size,
                "learning_rate": 1e-3 * (batch_size / BASE) ** power,
            }
            elbos = [
                validation_elbo(training.TrainConfig(seed=seed, **config), mnist)
                for seed in range(options.seeds)
            ]
            runs.append({"rule": rule, **config, "val_elbo": elbos})
            print(f"{runs[-1]}", file=sys.stderr)
    content = {
        "unit": "nats per image",
        "split": {"train": len(mnist.x_train), "validation": len(mnist.x_val)},
        "machine": common.machine(),
        "runs": runs,
    }
    print("batch   rule         rate     validation ELBO (mean, lowest, highest)")
    for run in runs:
        elbos = run["val_elbo"]
        print(
            f"{run['batch_size']:5}   {run['rule']:11} {run['learning_rate']:7.4f}"
            f"  {statistics.mean(elbos):8.2f} {min(elbos):8.2f} {max(elbos):8.2f}"
        )
    print(f"written: {common.write('bench_large_batch', content, options.out)}")


def validation_elbo(config, mnist):
    """Train as configured; the ELBO of the validation images, nats per image."""
    from vae_lib import evaluation, training

    vae = training.build_vae(config)
    training.fit(vae, mnist.x_train, verbose=0, **config.fit_arguments())
    return evaluation.evaluate(vae, mnist.x_val).elbo


def _parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--latent-dim", type=int, default=2, metavar="D")
    add("--batch-sizes", type=int, nargs="+", default=[128, 512, 2048], metavar="B")
    add("--seeds", type=int, default=3, metavar="N", help="seeds 0 to N - 1 (3)")
    add("--quick", action="store_true", help="one epoch on the sample: a trial")
    add("--out", type=Path, metavar="FOLDER", help="instead of book/results")
    options = parser.parse_args(arguments)
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1, got {options.seeds}")
    return options


if __name__ == "__main__":
    main()
