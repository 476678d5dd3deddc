"""The training loop: shuffled epochs, Keras's callbacks, a guard against NaN."""

import functools
import math
from collections.abc import Callable, Iterator

import keras
import numpy as np
from keras import ops

from vae_lib._checks import whole
from vae_lib._images import check_images
from vae_lib.models import VAE
from vae_lib.training import optimizer
from vae_lib.training.checkpoints import release_folders
from vae_lib.training.config import check_warmup
from vae_lib.training.guard import NonFiniteGuard, Validation
from vae_lib.training.hooks import Callbacks, as_list, make_hooks
from vae_lib.training.steps import make_train_function, steps_per_execution
from vae_lib.training.warmup import KLWarmup

__all__ = ["epoch_order", "fit"]


def fit(
    vae: VAE,
    x_train: np.ndarray,
    epochs: int = 20,
    *,
    batch_size: int = 128,
    x_val: np.ndarray | None = None,
    learning_rate: float = 1e-3,
    lr_warmup: int = 0,
    kl_warmup: int = 0,
    seed: int = 0,
    initial_epoch: int = 0,
    callbacks: Callbacks = (),
    verbose: int | str = "auto",
) -> keras.callbacks.History:
    r"""Train a VAE: Keras's ``fit`` with a new order each epoch and compiled epochs.

    Maximises :math:`\frac1n \sum_i \mathcal{L}(x_i)` by Adam with a cosine schedule
    over the epochs of this call, unless you compiled the model: then your optimiser is
    used, and your other options, too. Metrics compare the images with their
    deterministic reconstruction, as in ``vae.fit(x, x)``. A schedule of yours that
    reaches 0 before the last step is warned of. Every epoch sees every image once; the
    last batch may be short.

    On the JAX backend, ``keras.distribution.set_distribution(DataParallel(...))``
    before the model is built shares every batch between devices, and
    :func:`vae_lib.training.distributed.initialize` between processes; the losses stay
    those of one device to float32 rounding. Only the main process shows progress.

    >>> import numpy as np
    >>> from vae_lib import likelihoods, models, networks, training
    >>> encoder = networks.mlp_encoder(2, (6, 6, 1), hidden_units=4)
    >>> decoder = networks.mlp_decoder(2, (6, 6, 1), hidden_units=4)
    >>> vae = models.VAE(encoder, decoder, likelihoods.Gaussian())
    >>> x = np.random.default_rng(0).random((32, 6, 6, 1), dtype="float32")
    >>> history = training.fit(vae, x, epochs=3, batch_size=8, verbose=0)
    >>> len(history.history["elbo"])  # one number per epoch
    3

    Args:
        vae: a :class:`vae_lib.models.VAE`.
        x_train: images, ``(n, 28, 28, 1)``, floats in [0, 1].
        epochs: total number of epochs, at least 1.
        batch_size: images per step, at least 1; over all devices that share them.
        x_val: images to evaluate after each epoch, always with the same noise.
        learning_rate: peak step size of the default optimiser.
        lr_warmup: epochs in which it rises to its peak, fewer than all.
        kl_warmup: epochs in which ``vae.beta`` rises linearly to its value.
        seed: of the order of the images.
        initial_epoch: epochs done before, when a run is resumed.
        callbacks: Keras callbacks, one of them, or ``None``; what they do in Keras's
            ``fit`` they do here. ``on_train_batch_end`` comes once per compiled call.
            Those that set the learning rate need a model that you compiled with a
            number for it, since the default optimiser follows a schedule.
        verbose: "auto" or 1 a progress bar, 2 a line per epoch, 0 silent. "auto" is 2
            in a terminal that shows no colours (NO_COLOR, TERM=dumb).

    Returns:
        A ``keras.callbacks.History``. Its ``history`` has one number per epoch in nats
        per image: ``loss`` (negative ELBO, rate times beta), ``elbo``, ``rate``,
        ``distortion``, the same with ``val_`` given ``x_val``, and ``variance`` for a
        Gaussian. ``val_loss`` weighs the rate with the final beta during a warm-up too.

    Raises:
        ValueError: if an argument is out of range or images are not as stated.
        FloatingPointError: if the loss stops being finite. The weights are then the
            last ones with a finite loss, and the message names epoch and step.
    """
    check_images(x_train, "x_train", vae.image_shape)
    beta = vae.get_config()["beta"]
    validate = None if x_val is None else Validation(vae, x_val, beta)
    epochs, initial_epoch = _check_epochs(epochs, initial_epoch, lr_warmup)
    batch_size, seed = whole("batch_size", batch_size), whole("seed", seed, 0)
    kl_warmup = whole("kl_warmup", kl_warmup, 0)
    callbacks = as_list(callbacks)
    n_steps = math.ceil(len(x_train) / batch_size)
    steps_left = (epochs - initial_epoch) * n_steps
    optimizer.prepare(vae, steps_left, learning_rate, lr_warmup * n_steps)
    optimizer.refuse_rate_setters(vae.optimizer, callbacks)
    warmup = [KLWarmup(kl_warmup, beta)] if kl_warmup else []
    hooks = make_hooks(vae, [*warmup, *callbacks], verbose, epochs, n_steps)
    guard = NonFiniteGuard(vae, make_train_function(vae, x_train, batch_size))
    order = functools.partial(epoch_order, len(x_train), seed)
    try:
        _run(guard, validate, hooks, range(initial_epoch, epochs), order, batch_size)
    finally:
        if kl_warmup:
            vae.beta = beta  # also where the warm-up was cut short
        release_folders(callbacks)
    return vae.history


def _check_epochs(epochs: int, initial_epoch: int, lr_warmup: int) -> tuple[int, int]:
    epochs = whole("epochs", epochs)
    initial_epoch = whole("initial_epoch", initial_epoch, least=0)
    check_warmup(lr_warmup, epochs)
    if initial_epoch > epochs:
        raise ValueError(
            f"initial_epoch is {initial_epoch}, beyond epochs={epochs}: epochs counts "
            "from the beginning of the first run."
        )
    return epochs, initial_epoch


def epoch_order(n: int, seed: int, epoch: int) -> np.ndarray:
    """The order of n images in one epoch: new each epoch, repeated by the seed.

    ``Model.fit`` on NumPy arrays with the TensorFlow backend repeats one order in
    every epoch once a global seed is set; this does not.

    >>> from vae_lib import training
    >>> sorted(training.epoch_order(5, seed=0, epoch=0).tolist())
    [0, 1, 2, 3, 4]

    Returns:
        A permutation of ``range(n)``, int32.
    """
    return np.random.default_rng([seed, epoch]).permutation(n).astype("int32")


def _run(
    guard: NonFiniteGuard,
    validate: Validation | None,
    hooks: keras.callbacks.CallbackList,
    epochs: range,
    order: Callable[[int], np.ndarray],
    batch_size: int,
) -> None:
    """All epochs, until a callback asks to stop."""
    vae, logs = guard.vae, None
    vae.stop_training, vae._initial_epoch = False, None
    hooks.on_train_begin()
    guard.good = vae.get_weights()  # a callback may have restored others
    # Keras's BackupAndRestore says in this attribute where to go on.
    for epoch in range(vae._initial_epoch or epochs.start, epochs.stop):
        hooks.on_epoch_begin(epoch)
        logs = _run_epoch(guard, validate, hooks, epoch, order(epoch), batch_size)
        hooks.on_epoch_end(epoch, logs)
        if vae.stop_training:
            break
    vae.optimizer.finalize_variable_values(vae.trainable_weights)  # averages
    hooks.on_train_end(logs)


def _run_epoch(
    guard: NonFiniteGuard,
    validate: Validation | None,
    hooks: keras.callbacks.CallbackList,
    epoch: int,
    order: np.ndarray,
    batch_size: int,
) -> dict[str, float]:
    """One pass over the images, then over those for validation."""
    vae, logs, done = guard.vae, {}, 0
    vae.reset_metrics()
    for batch_indices in _calls(order, batch_size, steps_per_execution(vae)):
        hooks.on_train_batch_begin(done)
        guard(batch_indices, epoch, done)
        logs, done = _metrics(vae), done + len(batch_indices)
        guard.check(logs, epoch, done)
        hooks.on_train_batch_end(done - 1, logs)
        if vae.stop_training:
            break
    if validate is not None:
        hooks.on_test_begin()
        held_out = validate(hooks)
        hooks.on_test_end({name[4:]: value for name, value in held_out.items()})
        logs.update(held_out)
        guard.check(logs, epoch, done)
    return logs


def _calls(order: np.ndarray, batch_size: int, steps: int) -> Iterator[np.ndarray]:
    """Split an epoch into tables of image numbers, ``(S, B)``, the short batch last."""
    n_full = len(order) // batch_size
    full = order[: n_full * batch_size].reshape(n_full, batch_size)
    for first in range(0, n_full, steps):
        yield full[first : first + steps]
    if len(order) % batch_size:
        yield order[None, n_full * batch_size :]


def _metrics(vae: VAE) -> dict[str, float]:
    results = vae.get_metrics_result().items()
    logs = {name: float(ops.convert_to_numpy(value)) for name, value in results}
    try:
        if hasattr(vae.likelihood, "variance"):
            logs["variance"] = vae.likelihood.variance
    except OverflowError:  # of a logarithm that is still finite
        logs["variance"] = math.inf
    return logs
