"""Train the frozen classifier that judges drawn images, and publish it.

    python -m experiments.classifier

Needs the whole of MNIST. Writes vae_lib/_pretrained/classifier.npz (float16) with its
digest, and its accuracy to book/results/classifier.json. A new classifier changes every
Fréchet distance that was ever computed with the old one: train it only with a reason.
"""

import argparse
import hashlib
from pathlib import Path

import keras
import numpy as np

from vae_lib import classifier, data, weights
from vae_lib._files import write_json

ROOT = Path(__file__).resolve().parent.parent
PRETRAINED = ROOT / "vae_lib" / "_pretrained"
EPOCHS, BATCH, SEED = 8, 128, 0


def train(mnist):
    """A classifier trained on the training split; the last epoch's weights."""
    keras.utils.set_random_seed(SEED)
    network = classifier.build_classifier()
    n_steps = EPOCHS * -(-len(mnist.x_train) // BATCH)
    logits = keras.Model(network.inputs, network.outputs[1])
    logits.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(1e-3, n_steps)
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    for epoch in range(EPOCHS):  # a new order each epoch, which fit alone does not give
        order = np.random.default_rng([SEED, epoch]).permutation(len(mnist.x_train))
        logits.fit(
            mnist.x_train[order],
            mnist.y_train[order],
            batch_size=BATCH,
            shuffle=False,
            verbose=2,
        )
    return network


def accuracy(network, x, labels):
    """Share of images whose largest logit is the label's."""
    _, logits = network.predict(x, batch_size=500, verbose=0)
    return float(np.mean(logits.argmax(axis=1) == labels))


def publish(network, mnist):
    """Write weights, digest and record."""
    names = classifier.weight_names(network)
    values = [value.astype("float16") for value in network.get_weights()]
    path = PRETRAINED / "classifier.npz"
    weights.write_npz(path, dict(zip(names, values, strict=True)))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    write_json(PRETRAINED / "classifier.json", {"sha256": digest})
    frozen = classifier.load_classifier()
    record = {
        "sha256": digest,
        "epochs": EPOCHS,
        "batch_size": BATCH,
        "seed": SEED,
        "parameters": network.count_params(),
        "validation_accuracy": accuracy(frozen, mnist.x_val, mnist.y_val),
        "test_accuracy": accuracy(frozen, mnist.x_test, mnist.y_test),
    }
    write_json(ROOT / "book" / "results" / "classifier.json", record)
    print(record)


def main():
    """Run the command."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    mnist = data.load_mnist()
    publish(train(mnist), mnist)


if __name__ == "__main__":
    main()
