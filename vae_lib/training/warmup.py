"""KL warm-up: a rate that is cheap at first."""

import keras

from vae_lib._checks import whole

__all__ = ["KLWarmup"]


class KLWarmup(keras.callbacks.Callback):
    """Raises ``vae.beta`` to ``beta``, linearly over the first epochs.

    A rate that is cheap at first lets the decoder learn to use the code before the
    prior pulls on it. Beta changes once per compiled call of ``fit``, so the line is a
    staircase; after the last warm-up epoch, and when training ends, it is ``beta``.
    It begins one step above 0: while the rate is free nothing bounds the variance of
    the codes, and a convolutional VAE may let it grow beyond all floats in ten steps.

    >>> from vae_lib import training
    >>> callback = training.KLWarmup(epochs=2)  # for vae.fit; training.fit has its own

    Args:
        epochs: length of the warm-up, at least 1.
        beta: the value at its end.

    Source: Bowman et al. (2016), section 3.1; Sønderby et al. (2016), section 2.3.
    """

    def __init__(self, epochs: int, beta: float = 1.0) -> None:
        super().__init__()
        self.epochs = whole("epochs", epochs)
        self.beta = beta
        self.epoch = 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.model.beta = self.beta  # what is saved, also while the warm-up lasts

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        done = self.epoch + (batch + 1) / self.params["steps"]
        self.model.warm_beta(self.beta * min(1.0, done / self.epochs))

    def on_train_end(self, logs: dict | None = None) -> None:
        self.model.beta = self.beta
