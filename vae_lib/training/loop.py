"""The training loop: shuffled epochs, Keras's callbacks, a guard against NaN."""

import math

import keras
import numpy as np
from keras import ops

from vae_lib.data import check_images
from vae_lib.training.config import check_positive, check_whole
from vae_lib.training.steps import make_runner, steps_per_call

VALIDATION_SEED = 0
VALIDATION_BATCH = 500


def epoch_order(n, seed, epoch):
    """The order of n images in one epoch: new each epoch, repeated by the seed.

    ``Model.fit`` on NumPy arrays with the TensorFlow backend repeats one order in
    every epoch once a global seed is set; this does not.

    Returns:
        A permutation of ``range(n)``, int32.
    """
    return np.random.default_rng([seed, epoch]).permutation(n).astype("int32")


def compile_default(vae, n_steps, learning_rate=1e-3):
    """Compile with Adam, its rate annealed to zero by half a cosine over n_steps."""
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, n_steps)
    vae.compile(optimizer=keras.optimizers.Adam(schedule))


def fit(
    vae,
    x_train,
    epochs=20,
    batch_size=128,
    x_val=None,
    learning_rate=1e-3,
    kl_warmup=0,
    seed=0,
    initial_epoch=0,
    callbacks=(),
    verbose="auto",
):
    r"""Train a VAE: Keras's ``fit`` with a new order each epoch and compiled epochs.

    Maximises :math:`\frac1n \sum_i \mathcal{L}(x_i)` by Adam with a cosine schedule,
    unless the model is compiled already: then its own optimiser is used. Every epoch
    sees every image once; the last batch may be short.

    Args:
        vae: a :class:`vae_lib.models.VAE`.
        x_train: images, ``(n, 28, 28, 1)``, floats in [0, 1].
        epochs: total number of epochs, at least 1.
        batch_size: images a step, at least 1.
        x_val: images to evaluate after each epoch, always with the same noise.
        learning_rate: peak step size of the default optimiser.
        kl_warmup: epochs in which ``vae.beta`` rises linearly from 0 to its value.
        seed: of the order of the images.
        initial_epoch: epochs done before, when a run is resumed.
        callbacks: Keras callbacks. ``on_train_batch_end`` comes once per compiled call.
        verbose: "auto" or 1 a progress bar, 2 a line per epoch, 0 silent.

    Returns:
        A ``keras.callbacks.History``. Its ``history`` has one number per epoch in nats
        per image: ``loss`` (negative ELBO, rate times beta), ``elbo``, ``rate``,
        ``distortion``, the same with ``val_`` given ``x_val``, and ``variance`` for a
        Gaussian.

    Raises:
        ValueError: if an argument is out of range or images are not as stated.
        FloatingPointError: if the loss stops being finite. The weights are then those
            from before the failing call, and the message names the step.
    """
    x_train = check_images(x_train, "x_train", vae.image_shape)
    if x_val is not None:
        x_val = check_images(x_val, "x_val", vae.image_shape)
    check_whole("epochs", epochs, least=1)
    check_whole("batch_size", batch_size, least=1)
    check_whole("kl_warmup", kl_warmup, least=0)
    check_positive("learning_rate", learning_rate)
    n_steps = math.ceil(len(x_train) / batch_size)
    if getattr(vae, "optimizer", None) is None:
        compile_default(vae, epochs * n_steps, learning_rate)
    if not vae.optimizer.built:
        vae.optimizer.build(vae.trainable_variables)
    if kl_warmup:
        callbacks = [KLWarmup(kl_warmup, vae.beta), *callbacks]

    run = make_runner(vae, x_train, batch_size)
    hooks = keras.callbacks.CallbackList(
        list(callbacks),
        add_history=True,
        add_progbar=verbose != 0,
        model=vae,
        verbose=1 if verbose == "auto" else verbose,
        epochs=epochs,
        steps=n_steps,
    )
    vae.stop_training = False
    hooks.on_train_begin()
    for epoch in range(initial_epoch, epochs):
        hooks.on_epoch_begin(epoch)
        order = epoch_order(len(x_train), seed, epoch)
        logs = _train_epoch(vae, run, order, batch_size, epoch, hooks)
        if x_val is not None:
            logs.update(_validate(vae, x_val))
        hooks.on_epoch_end(epoch, logs)
        if vae.stop_training:
            break
    hooks.on_train_end()
    return vae.history


def _train_epoch(vae, run, order, batch_size, epoch, hooks):
    """One pass over the images; returns the epoch's mean metrics."""
    vae.reset_metrics()
    logs = {}
    for first, rows in _calls(order, batch_size, steps_per_call(vae)):
        hooks.on_train_batch_begin(first)
        last_good = vae.get_weights()
        losses = run(rows)
        if not np.isfinite(losses).all():
            vae.set_weights(last_good)
            _stop(epoch, first, losses)
        logs = _metrics(vae)
        hooks.on_train_batch_end(first + len(rows) - 1, logs)
        if vae.stop_training:
            break
    return logs


def _calls(order, batch_size, steps):
    """Split an epoch into ``(first step, rows (S, B))``, the short batch last."""
    n_full = len(order) // batch_size
    full = order[: n_full * batch_size].reshape(n_full, batch_size)
    for first in range(0, n_full, steps):
        yield first, full[first : first + steps]
    if len(order) % batch_size:
        yield n_full, order[None, n_full * batch_size :]


def _stop(epoch, first, losses):
    bad = int(np.flatnonzero(~np.isfinite(losses))[0])
    raise FloatingPointError(
        f"The loss became {losses[bad]} in epoch {epoch + 1}, step {first + bad + 1}. "
        "The weights from before that call were kept. Lower the learning rate, raise "
        "the (initial) variance, or check the images."
    )


def _metrics(vae):
    results = vae.get_metrics_result().items()
    logs = {name: float(ops.convert_to_numpy(value)) for name, value in results}
    if hasattr(vae.likelihood, "variance"):
        logs["variance"] = vae.likelihood.variance
    return logs


def _validate(vae, x_val):
    """Mean terms of the bound on the validation images, with the same noise always."""
    rng = np.random.default_rng(VALIDATION_SEED)
    sums = {"elbo": 0.0, "rate": 0.0, "distortion": 0.0}
    for start in range(0, len(x_val), VALIDATION_BATCH):
        x = ops.convert_to_tensor(x_val[start : start + VALIDATION_BATCH])
        noise = rng.standard_normal((1, len(x), vae.latent_dim), dtype="float32")
        terms = vae.elbo_terms(x, noise=ops.convert_to_tensor(noise))
        for name in sums:
            sums[name] += float(np.sum(ops.convert_to_numpy(getattr(terms, name))))
    means = {f"val_{name}": total / len(x_val) for name, total in sums.items()}
    loss = means["val_distortion"] + vae.beta * means["val_rate"]
    return {"val_loss": loss, **means}


class KLWarmup(keras.callbacks.Callback):
    """Raises ``vae.beta`` from 0 to ``beta``, linearly over the first epochs.

    A rate that is cheap at first lets the decoder learn to use the code before the
    prior pulls on it.
    """

    def __init__(self, epochs, beta=1.0):
        super().__init__()
        self.epochs = epochs
        self.beta = beta
        self.epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        done = self.epoch + batch / self.params["steps"]
        self.model.beta = self.beta * min(1.0, done / self.epochs)

    def on_train_end(self, logs=None):
        self.model.beta = self.beta
