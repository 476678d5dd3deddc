"""A whole run from a configuration: build, compile, resume, fit."""

import os

import keras
import numpy as np

from vae_lib._images import check_images
from vae_lib.models import VAE
from vae_lib.training.build import build_vae
from vae_lib.training.checkpoints import Checkpoints
from vae_lib.training.config import TrainConfig
from vae_lib.training.hooks import Callbacks, as_list
from vae_lib.training.loop import fit
from vae_lib.training.optimizer import compile_configured

__all__ = ["train"]


def train(
    config: TrainConfig,
    x_train: np.ndarray,
    x_val: np.ndarray | None = None,
    *,
    folder: str | os.PathLike | None = None,
    callbacks: Callbacks = (),
    verbose: int | str = "auto",
) -> tuple[VAE, keras.callbacks.History]:
    """Train the VAE of a configuration; with a folder, go on where the run stopped.

    The same configuration and images give the same weights on one machine and backend,
    whether or not the run was interrupted.

    >>> import numpy as np
    >>> from vae_lib import training
    >>> config = training.TrainConfig(network="linear", epochs=2, batch_size=8)
    >>> x = np.random.default_rng(0).random((32, 6, 6, 1), dtype="float32")
    >>> vae, history = training.train(config, x, verbose=0)
    >>> len(history.history["elbo"])
    2

    Args:
        config: what to build and how to train it.
        x_train: images, ``(n, 28, 28, 1)``, floats in [0, 1]; the network takes their
            shape.
        x_val: images to evaluate after each epoch, always with the same noise.
        folder: where to keep :class:`Checkpoints`; the newest of them is restored. A
            ``Checkpoints`` among the callbacks does the same, with settings of yours.
        callbacks: as in :func:`fit`.
        verbose: as in :func:`fit`.

    Returns:
        The trained :class:`vae_lib.models.VAE`, and the history of :func:`fit`. That of
        a run with checkpoints covers all its sittings, and has ``seconds``, too.

    Raises:
        ValueError: if images are not as stated, or the folder holds another run.
        FloatingPointError: if the loss stops being finite, as in :func:`fit`.
    """
    check_images(x_train, "x_train", np.shape(x_train)[1:])
    callbacks = as_list(callbacks)
    if folder is not None:
        callbacks = [Checkpoints(folder), *callbacks]
    checkpoints = [each for each in callbacks if isinstance(each, Checkpoints)]
    vae = build_vae(config, x_train.shape[1:])
    compile_configured(vae, config, len(x_train))
    history = fit(
        vae,
        x_train,
        x_val=x_val,
        initial_epoch=checkpoints[0].restore(vae) if checkpoints else 0,
        callbacks=callbacks,
        verbose=verbose,
        **config.fit_arguments(),
    )
    if checkpoints:
        history.history = dict(checkpoints[0].history)
        history.epoch = list(range(len(history.history.get("loss", []))))
    return vae, history
