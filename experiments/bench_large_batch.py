"""What a larger batch costs in nats, at the same number of epochs.

    python -m experiments.bench_large_batch               about six minutes on two cores
    python -m experiments.bench_large_batch --rounds 10   ten seeds instead of three

Several devices share a batch, so a larger batch keeps them busier; but at the same
number of epochs it takes fewer steps. This trains the mlp for 20 epochs with several
batch sizes and two rules for the learning rate (the same for all, or growing with the
square root of the batch), once for each of the seeds 0, 1, ..., and writes the
validation ELBO of each run to book/results/bench_large_batch.json. Needs the whole of
MNIST; --quick trains one epoch on the sample instead. Nothing is timed.
"""

import statistics
import sys

from experiments import _harness as harness

BASE = 128  # the batch size to which the learning rate 1e-3 belongs
RULES = {"same": 0.0, "square root": 0.5}  # power of the ratio of batch sizes


def main(argv=None):
    """Train the runs; returns the exit status."""
    arguments = _parse(argv)
    from vae_lib import data

    mnist = data.load_sample() if arguments.quick else data.load_mnist()
    runs = []
    for rule, config in cases(arguments):
        elbos = [
            validation_elbo({**config, "seed": seed}, mnist)
            for seed in range(arguments.rounds)
        ]
        runs.append({"rule": rule, **config, "val_elbo": elbos})
        print(f"{runs[-1]}", file=sys.stderr)
    print(*table(runs), sep="\n")
    content = {
        "unit": "nats per image",
        "split": {"train": len(mnist.x_train), "validation": len(mnist.x_val)},
        "runs": runs,
    }
    harness.write("bench_large_batch", content, arguments)
    return 0


def cases(arguments):
    """The rule's name and the fields of the configuration, seed aside, of each case."""
    for batch_size in arguments.batch_sizes:
        for rule, power in RULES.items():
            if batch_size == BASE and power:
                continue  # both rules agree
            yield (
                rule,
                {
                    "latent_dim": arguments.latent_dim,
                    "epochs": 1 if arguments.quick else 20,
                    "batch_size": batch_size,
                    "learning_rate": 1e-3 * (batch_size / BASE) ** power,
                },
            )


def validation_elbo(fields, mnist):
    """Train as configured; the ELBO of the validation images, nats per image."""
    from vae_lib import evaluation, training

    config = training.TrainConfig(**fields)
    vae, _ = training.train(config, mnist.x_train, verbose=0)
    return evaluation.evaluate(vae, mnist.x_val).elbo


def table(runs):
    """The lines to print."""
    yield "batch   rule         rate     validation ELBO (mean, lowest, highest)"
    for run in runs:
        elbos = run["val_elbo"]
        yield (
            f"{run['batch_size']:5}   {run['rule']:11} {run['learning_rate']:7.4f}"
            f"  {statistics.mean(elbos):8.2f} {min(elbos):8.2f} {max(elbos):8.2f}"
        )


def _parse(argv):
    parser = harness.make_parser(__doc__, rounds=3)
    add = parser.add_argument
    add("--latent-dim", type=int, default=2, metavar="D")
    add("--batch-sizes", type=int, nargs="+", default=[128, 512, 2048], metavar="B")
    arguments = harness.parse(parser, argv)
    for name in ("latent_dim", "batch_sizes"):
        value = getattr(arguments, name)
        least = min(value) if isinstance(value, list) else value
        if least < 1:
            flag = name.replace("_", "-")
            parser.error(f"--{flag} must be at least 1, got {least}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
