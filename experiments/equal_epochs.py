"""The MLP after as many epochs as the convolutional networks: 12, not 120.

    python -m experiments.equal_epochs

Chapter 9 sets three such runs, at the learning rate of the published MLP, beside the
published convolutional models: an observation, no trial and no part of
experiments/claim_protocol.md. Writes book/results/equal_epochs.json; needs the whole of
MNIST, and some minutes.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


import keras

from experiments import fair_claim
from vae_lib import data, results, training
from vae_lib._files import write_json

SEEDS = (0, 1, 2)


def config_of(seed):
    """The published MLP's recipe without hidden pixels: 12 epochs memorise little."""
    return training.TrainConfig(
        network="mlp", epochs=12, learning_rate=0.005, lr_warmup=3, seed=seed
    )


def main():
    """Run the command."""
    fair_claim.use_one_thread()
    mnist = data.load_mnist()
    runs = {}
    for seed in SEEDS:
        config = config_of(seed)
        vae, _ = training.train(config, mnist.x_train, verbose=0)
        runs[str(seed)] = fair_claim.all_scores(vae, mnist)
        print(seed, runs[str(seed)]["knn_accuracy"], flush=True)
    content = {
        "config": config_of(SEEDS[0]).as_dict(),
        "versions": {"keras": keras.__version__, "backend": keras.backend.backend()},
        "split": {"train": 50_000, "validation": 4_000, "test": 10_000},
        "unit": "nats per image for validation and test; the measures have none",
        "seeds": runs,
    }
    write_json(results.folder() / "equal_epochs.json", content)


if __name__ == "__main__":
    main()
