"""Test the report's claim: do convolutions give better clusters at two latents?

    python -m experiments.claim --work FOLDER                 all runs, resumable
    python -m experiments.claim --work FOLDER --seeds 5 --networks mlp conv

Decided before the first run, and not changed since: each network trains with the
defaults of TrainConfig but for EPOCHS epochs, on the 50,000 training images of MNIST.
The primary measure is the accuracy of a 5-nearest-neighbour vote: each test image's
code (the posterior mean, 10,000 of them) is classified by the codes of the 50,000
training images. Secondary: the silhouette of the test codes under the true labels, and
the mutual information between the labels and ten clusters that k-means finds in them.

A run costs seconds for the mlp and minutes for the convolutional networks. Each
finished run is kept in FOLDER, an unfinished one continues from its last epoch, and
book/results/claim.json is written again after each, with all finished runs of FOLDER:
several processes may share the work, each with networks of its own. Needs the whole of
MNIST.
"""

import argparse
import json
from pathlib import Path

import keras
import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score, silhouette_score

from experiments.pretrained import finished_record, train
from vae_lib import data, evaluation, training
from vae_lib._files import write_json

RESULTS = Path(__file__).resolve().parent.parent / "book" / "results"
NETWORKS = ("mlp", "conv", "conv_feature_map")
EPOCHS = 10


def judge(train_codes, y_train, codes, labels):
    """The three measures of codes, for labels that no model has seen."""
    clusters = KMeans(10, n_init=10, random_state=0).fit_predict(codes)
    return {
        "knn_accuracy": evaluation.knn_accuracy(
            train_codes, y_train, codes, labels, k=5
        ),
        "silhouette": float(silhouette_score(codes, labels)),
        "nmi": float(normalized_mutual_info_score(labels, clusters)),
    }


def measure(network, seed, mnist, work):
    """The record of one run, from its file if it is finished."""
    config = training.TrainConfig(network=network, epochs=EPOCHS, seed=seed)
    path = work / f"{network}-{seed}.json"
    if record := finished_record(path, config):
        return record
    vae, _ = train(config, mnist, work / f"{network}-{seed}", validate=False)
    codes = [evaluation.encode(vae, x)[0] for x in (mnist.x_train, mnist.x_test)]
    record = {
        "config": config.as_dict(),
        "network": network,
        "seed": seed,
        "backend": keras.backend.backend(),
        **judge(codes[0], mnist.y_train, codes[1], mnist.y_test),
        "validation": evaluation.evaluate(vae, mnist.x_val)._asdict(),
        "test": evaluation.evaluate(vae, mnist.x_test)._asdict(),
    }
    write_json(path, record)
    return record


def baseline(mnist):
    """The same measures for two principal components."""
    ppca = evaluation.fit_ppca(mnist.x_train, 2)
    codes = [ppca.posterior_mean(x) for x in (mnist.x_train, mnist.x_test)]
    return judge(codes[0], mnist.y_train, codes[1], mnist.y_test)


def finished(work):
    """The records of all finished runs, whichever process made them."""
    paths = [p for network in NETWORKS for p in work.glob(f"{network}-*.json")]
    records = [json.loads(path.read_text()) for path in paths]
    return sorted(records, key=lambda r: (NETWORKS.index(r["network"]), r["seed"]))


def publish(records, pca, mnist):
    """Write what is known so far."""
    content = {
        "primary": "knn_accuracy",
        "epochs": EPOCHS,
        "split": {"train": len(mnist.x_train), "test": len(mnist.x_test)},
        "unit": "nats per image for validation and test; the measures have none",
        "pca": pca,
        "runs": records,
    }
    write_json(RESULTS / "claim.json", content)


def main():
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--work", type=Path, required=True, help="folder of the unfinished runs")
    add("--seeds", type=int, default=10, metavar="N", help="seeds 0 to N - 1 (10)")
    add("--networks", nargs="+", default=NETWORKS, choices=NETWORKS)
    arguments = parser.parse_args()
    if arguments.seeds < 1:
        parser.error(f"--seeds must be at least 1, got {arguments.seeds}")
    mnist = data.load_mnist()
    pca = baseline(mnist)
    for seed in range(arguments.seeds):
        for network in arguments.networks:
            last = measure(network, seed, mnist, arguments.work)
            publish(finished(arguments.work), pca, mnist)
            print(
                f"{network}, seed {seed}: 5-NN {100 * last['knn_accuracy']:.1f} %, "
                f"test ELBO {np.round(last['test']['elbo'], 1)} nats",
                flush=True,
            )


if __name__ == "__main__":
    main()
