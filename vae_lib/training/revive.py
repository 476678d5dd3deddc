"""Rectified units that answer no image, given another chance."""

import keras
import numpy as np

from vae_lib.evaluation.batching import check_inputs
from vae_lib.training import processes
from vae_lib.training.config import check_whole
from vae_lib.training.standardise import heads_of, value_of

N_IMAGES = 2_000  # of the training images decide whether a unit is dead


def revive_units(vae, x, seed=0):
    r"""Give the dead units of the encoder's last hidden layer new weights.

    A rectified unit, :math:`h_k = \max(0, w_k^\top a + b_k)`, that answers no image has
    no gradient, so it never returns. Early in training many die at once: Adam moves
    each weight by about the same step, no input of the layer is negative, and while all
    images pull one way, a few steps of thousands of weights carry the sum below zero
    for all of them. Each dead unit gets a random :math:`w_k`, scaled, and a
    :math:`b_k` such that its sum has mean 0 and variance 1 over ``x``; and the heads
    stop listening to it. So the encoder computes what it did, and may learn to use the
    unit.

    Args:
        vae: a :class:`vae_lib.models.VAE` whose heads read one rectified dense layer;
            its weights are changed.
        x: images, ``(n, 28, 28, 1)``; 2,000 of the training images are plenty.
        seed: of the new weights.

    Returns:
        How many units were dead.

    Raises:
        ValueError: if there is no such layer, or the images do not fit the model.

    Source: Sokar et al. (2023), section 4, for the exchange; Salimans and Kingma
    (2016), section 3, for the scale.
    """
    check_inputs(vae, x)
    hidden, heads = _layers(vae)
    dead = np.flatnonzero(~live_units(vae, x))
    if not len(dead):
        return 0
    inputs = _predict(vae, hidden.input, x)
    drawn = np.random.default_rng(seed).normal(size=(inputs.shape[1], len(dead)))
    sums = inputs @ drawn  # (n, dead)
    scale = np.maximum(sums.std(axis=0), 1e-6)  # inputs may all be dead, too
    kernel, bias = value_of(hidden.kernel), value_of(hidden.bias)
    kernel[:, dead] = drawn / scale
    bias[dead] = -sums.mean(axis=0) / scale
    hidden.kernel.assign(kernel)
    hidden.bias.assign(bias)
    for head in heads:
        kernel = value_of(head.kernel)
        kernel[dead] = 0.0
        head.kernel.assign(kernel)
    return len(dead)


def live_units(vae, x):
    """Which units of the encoder's last hidden layer answer at least one image.

    Args, raises: as :func:`revive_units`.

    Returns:
        One bool for each unit.
    """
    check_inputs(vae, x)
    hidden, _ = _layers(vae)
    return _predict(vae, hidden.output, x).max(axis=0) > 0.0


class ReviveUnits(keras.callbacks.Callback):
    """Calls :func:`revive_units` between the first epochs of training.

    Args:
        x: training images; the first 2,000 are used.
        epochs: how often: before the second epoch and the ``epochs - 1`` after it. Stop
            well before training does, so that the units have time to learn.
        seed: of the new weights; with the epoch it fixes them, so that a resumed run
            draws the same.

    Raises:
        ValueError: if ``epochs`` is not a whole number of at least 1.
        NotImplementedError: if several processes share the training.
    """

    def __init__(self, x, epochs, seed=0):
        super().__init__()
        check_whole("epochs", epochs, least=1)
        if processes.count() > 1:
            raise NotImplementedError(
                f"revive is {epochs}, but {processes.count()} processes share this "
                "training: dead units can be revived by one process only. Leave it 0."
            )
        self.x = x[:N_IMAGES]
        self.epochs = epochs
        self.seed = seed

    def on_epoch_begin(self, epoch, logs=None):
        if 1 <= epoch <= self.epochs:
            revive_units(self.model, self.x, [self.seed, epoch])


def _layers(vae):
    """The dense layer that both heads read, and the heads."""
    heads = heads_of(vae)
    layers = {head.input._keras_history.operation for head in heads}
    hidden = layers.pop()
    rectified = getattr(hidden, "activation", None) is keras.activations.relu
    if layers or not isinstance(hidden, keras.layers.Dense) or not rectified:
        raise ValueError(
            f"The heads of {vae.encoder.name!r} read {hidden.name!r}: dead units can "
            "be revived only in one dense layer with activation='relu' that both read."
        )
    return hidden, heads


def _predict(vae, tensor, x):
    """What the encoder computes at one of its tensors, for all images."""
    return keras.Model(vae.encoder.inputs, tensor).predict(x, batch_size=500, verbose=0)
