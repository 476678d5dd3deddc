"""Try the ingredients of the published models' training, one after the other.

    python -m experiments.recipes --work FOLDER

Each trial is one short run with seed 0, judged by its ELBO on the 4,000 validation
images; no trial sees the test images. The MLP's have ten latent dimensions, 40 epochs
and the 50,000 training images. The convolutional networks' have ten latent dimensions,
8 epochs and 10,000 images, because they cost thirty times as much. A finished trial is
kept in FOLDER, an unfinished one continues from its last epoch, and
book/results/recipes.json is written again after each. Needs the whole of MNIST.
"""

import argparse
import re
from pathlib import Path

from experiments.pretrained import finished_record, train
from vae_lib import data, training
from vae_lib._files import write_json
from vae_lib.evaluation import evaluate
from vae_lib.surgery import live_units
from vae_lib.training import TrainConfig
from vae_lib.training.optimizer import compile_configured

RESULTS = Path(__file__).resolve().parent.parent / "book" / "results"
MLP = {"network": "mlp", "latent_dim": 10, "epochs": 40}
FAST = {**MLP, "learning_rate": 5e-3, "lr_warmup": 3}
SHORT = {"latent_dim": 10, "epochs": 8, "lr_warmup": 2}
N_SHORT = 10_000  # images of a trial with convolutions
BEST = {**FAST, "input_dropout": 0.1, "encoder_l2": 1e-3}

TRIALS = {
    "mlp: step 0.001": MLP,
    "mlp: step 0.005, risen to in 3 epochs": FAST,
    "mlp: that, 10 % of the pixels hidden": {**FAST, "input_dropout": 0.1},
    "mlp: that, 20 % of the pixels hidden": {**FAST, "input_dropout": 0.2},
    "mlp: 10 % hidden, penalty 0.001": BEST,
    "mlp: that, weights averaged": {**BEST, "average": 0.999},
    **{
        f"mlp: batch normalisation, step {rate}, {hidden:.0%} hidden, penalty {l2}": {
            **FAST,
            "batch_norm": True,
            "learning_rate": rate,
            "input_dropout": hidden,
            "encoder_l2": l2,
        }
        for rate, hidden, l2 in (
            (5e-3, 0.1, 1e-3),
            (2e-3, 0.1, 0.0),
            (5e-3, 0.0, 0.0),
            (5e-3, 0.1, 0.0),
            (8e-3, 0.1, 0.0),
            (16e-3, 0.0, 0.0),
            (16e-3, 0.1, 0.0),
            (16e-3, 0.1, 1e-3),
            (16e-3, 0.2, 0.0),
            (32e-3, 0.1, 0.0),
        )
    },
    **{
        f"{network}: step {rate}, rate warmed up in {kl_warmup}": {
            **SHORT,
            "network": network,
            "learning_rate": rate,
            "kl_warmup": kl_warmup,
        }
        for network, rate, kl_warmup in (
            ("conv", 1e-3, 1),
            ("conv", 2e-3, 1),
            ("conv", 2e-3, 3),
            ("conv", 4e-3, 3),
            ("conv_feature_map", 1e-3, 1),
            ("conv_feature_map", 4e-3, 3),
        )
    },
    **{
        f"{network}: that, step {rate}, batch normalisation": {
            **SHORT,
            "network": network,
            "learning_rate": rate,
            "kl_warmup": 3,
            "batch_norm": True,
        }
        for network in ("conv", "conv_feature_map")
        for rate in (4e-3, 8e-3, 16e-3)
    },
}


def train_averaged(config, x_train, momentum):
    """Train, and keep Keras's moving average of the weights over the steps."""
    vae = training.build_vae(config, x_train.shape[1:])
    compile_configured(vae, config, len(x_train))
    vae.optimizer.use_ema, vae.optimizer.ema_momentum = True, momentum
    return vae, training.fit(vae, x_train, verbose=2, **config.fit_arguments()).history


def parts(name):
    """The configuration of a trial, and the momentum of its average if it takes one."""
    settings = dict(TRIALS[name])
    average = settings.pop("average", None)
    return TrainConfig(**settings), average


def run(name, mnist, work):
    """The record of one trial, from its file if it is finished."""
    config, average = parts(name)
    if config.network != "mlp":
        mnist = mnist._replace(x_train=mnist.x_train[:N_SHORT])
    slug = re.sub("[^a-z0-9.]+", "_", name)
    path = work / f"{slug}.json"
    if record := finished_record(path, config):
        if record["average"] != average:
            raise SystemExit(f"{path} has other averages: choose a new --work")
        return record
    if average is None:
        vae, curves = train(config, mnist, work / slug)
    else:  # from the beginning, for a checkpoint does not hold the averages
        vae, curves = train_averaged(config, mnist.x_train, average)
    record = {
        "name": name,
        "config": config.as_dict(),
        "average": average,
        "n_train": len(mnist.x_train),
        "train_elbo": curves["elbo"][-1],
        "live_units": int(live_units(vae, mnist.x_val).sum()),
        "validation": evaluate(vae, mnist.x_val, verbose=0)._asdict(),
    }
    write_json(path, record)
    return record


def main():
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="unfinished trials")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    mnist, records = data.load_mnist(), []
    for i, name in enumerate(TRIALS, start=1):
        print(f"[{i}/{len(TRIALS)}] {name}", flush=True)
        records.append(run(name, mnist, arguments.work))
        write_json(
            RESULTS / "recipes.json",
            {
                "unit": "nats per image; validation: 4,000 images; seed 0",
                "trials": records,
            },
        )
        elbo = records[-1]["validation"]["elbo"]
        print(f"    validation ELBO {elbo:.1f} nats per image", flush=True)


if __name__ == "__main__":
    main()
