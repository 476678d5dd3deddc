"""The training loop: shuffled epochs, Keras's callbacks, a guard against NaN."""

import math
import sys
import warnings

import keras
import numpy as np
from keras import ops

from vae_lib._checks import positive, whole
from vae_lib._streams import is_open, is_terminal, shows_bars
from vae_lib.data import check_images
from vae_lib.training.checkpoints import Checkpoints
from vae_lib.training.config import check_warmup
from vae_lib.training.distributed import is_main_process
from vae_lib.training.guard import Guard, Validation
from vae_lib.training.steps import make_runner, steps_per_call
from vae_lib.training.warmup import KLWarmup


def epoch_order(n, seed, epoch):
    """The order of n images in one epoch: new each epoch, repeated by the seed.

    ``Model.fit`` on NumPy arrays with the TensorFlow backend repeats one order in
    every epoch once a global seed is set; this does not.

    Returns:
        A permutation of ``range(n)``, int32.
    """
    return np.random.default_rng([seed, epoch]).permutation(n).astype("int32")


def compile_default(vae, n_steps, learning_rate=1e-3, n_warmup_steps=0):
    """Compile with Adam, its rate annealed to zero by half a cosine over n_steps.

    With ``n_warmup_steps`` the rate first rises linearly to its peak, in these many of
    the ``n_steps``: large rates need it, since Adam's first steps are its wildest.
    """
    if n_warmup_steps:
        schedule = keras.optimizers.schedules.CosineDecay(
            learning_rate / n_warmup_steps,  # not 0, a step that would be lost
            max(1, n_steps - n_warmup_steps),
            warmup_target=learning_rate,
            warmup_steps=n_warmup_steps,
        )
    else:
        schedule = keras.optimizers.schedules.CosineDecay(learning_rate, n_steps)
    vae.compile(optimizer=keras.optimizers.Adam(schedule))


def compile_configured(vae, config, n_images):
    """Compile for a whole run of a :class:`TrainConfig` on so many images."""
    n_steps = math.ceil(n_images / config.batch_size)
    warmup = config.lr_warmup * n_steps
    compile_default(vae, config.epochs * n_steps, config.learning_rate, warmup)


def fit(
    vae,
    x_train,
    epochs=20,
    batch_size=128,
    x_val=None,
    learning_rate=1e-3,
    lr_warmup=0,
    kl_warmup=0,
    seed=0,
    initial_epoch=0,
    callbacks=(),
    verbose="auto",
):
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

    Args:
        vae: a :class:`vae_lib.models.VAE`.
        x_train: images, ``(n, 28, 28, 1)``, floats in [0, 1].
        epochs: total number of epochs, at least 1.
        batch_size: images a step, at least 1; over all devices that share them.
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
    x_train = check_images(x_train, "x_train", vae.image_shape)
    if x_val is not None:
        x_val = check_images(x_val, "x_val", vae.image_shape)
    epochs, batch_size = whole("epochs", epochs), whole("batch_size", batch_size)
    kl_warmup, seed = whole("kl_warmup", kl_warmup, 0), whole("seed", seed, 0)
    initial_epoch = _check_initial(initial_epoch, epochs)
    callbacks = _as_list(callbacks)
    positive("learning_rate", learning_rate)
    check_warmup(lr_warmup, epochs)
    n_steps = math.ceil(len(x_train) / batch_size)
    schedule = (epochs - initial_epoch) * n_steps, learning_rate, lr_warmup * n_steps
    _prepare_optimizer(vae, *schedule)
    _refuse_rate_setters(vae.optimizer, callbacks)
    beta = vae.get_config()["beta"]
    if kl_warmup:
        callbacks = [KLWarmup(kl_warmup, beta), *callbacks]
    guard = Guard(vae, make_runner(vae, x_train, batch_size))
    validate = None if x_val is None else Validation(vae, x_val, beta)
    verbose = _verbosity(verbose)
    hooks = keras.callbacks.CallbackList(
        callbacks,
        add_history=True,
        add_progbar=verbose != 0 and is_main_process(),
        model=vae,
        verbose=verbose,
        epochs=epochs,
        steps=n_steps,
    )
    vae.stop_training, vae._initial_epoch = False, None
    try:
        hooks.on_train_begin()
        guard.good = vae.get_weights()  # a callback may have restored others
        logs = None
        # Keras's BackupAndRestore says in this attribute where to go on.
        for epoch in range(vae._initial_epoch or initial_epoch, epochs):
            order = epoch_order(len(x_train), seed, epoch)
            logs = _run_epoch(guard, validate, hooks, epoch, order, batch_size)
            if vae.stop_training:
                break
        vae.optimizer.finalize_variable_values(vae.trainable_weights)  # averages
        hooks.on_train_end(logs)
    finally:
        if kl_warmup:
            vae.beta = beta  # also where the warm-up was cut short
        for callback in callbacks:
            if isinstance(callback, Checkpoints):
                callback.release()
    return vae.history


def _as_list(callbacks):
    """Callbacks as Keras's fit takes them: some, one, a CallbackList or None."""
    if callbacks is None:
        return []
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    if isinstance(callbacks, keras.callbacks.Callback):
        return [callbacks]
    found = keras.tree.flatten(list(callbacks))
    for callback in found:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(
                "callbacks must be Keras callbacks, such as "
                f"keras.callbacks.EarlyStopping(), got {callback!r}."
            )
    return found


def _refuse_rate_setters(optimizer, callbacks):
    """Keras raises only in the middle of training that a schedule cannot be set."""
    setters = (
        keras.callbacks.LearningRateScheduler,
        keras.callbacks.ReduceLROnPlateau,
    )
    for callback in callbacks:
        if isinstance(callback, setters) and _schedule_of(optimizer) is not None:
            raise ValueError(
                f"{type(callback).__name__} sets the learning rate, but the optimiser "
                "follows a schedule: compile the model first with a number, such as "
                "vae.compile(optimizer=keras.optimizers.Adam(1e-3))."
            )


def _schedule_of(optimizer):
    """The schedule that an optimiser follows, or None."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # of loss scaling
    rate = getattr(optimizer, "_learning_rate", None)
    is_schedule = isinstance(rate, keras.optimizers.schedules.LearningRateSchedule)
    return rate if is_schedule else None


def _verbosity(verbose):
    if not is_open(sys.stdout):
        return 0
    if verbose != "auto":
        return verbose
    is_dumb = is_terminal(sys.stdout) and not shows_bars(sys.stdout)
    return 2 if is_dumb else 1


def _check_initial(initial_epoch, epochs):
    initial_epoch = whole("initial_epoch", initial_epoch, least=0)
    if initial_epoch > epochs:
        raise ValueError(
            f"initial_epoch is {initial_epoch}, beyond epochs={epochs}: epochs counts "
            "from the beginning of the first run."
        )
    return initial_epoch


def _prepare_optimizer(vae, n_steps, learning_rate, n_warmup_steps):
    """Compile, unless the caller did, and refuse an optimiser that cannot move."""
    optimizer = getattr(vae, "optimizer", None)  # older Keras has none until compile
    if optimizer is None or getattr(optimizer, "made_by_fit", False):
        # The schedule of an earlier call has ended: its learning rate is 0.
        compile_default(vae, max(1, n_steps), learning_rate, n_warmup_steps)
        vae.optimizer.made_by_fit = True
    if not vae.optimizer.built:
        vae.optimizer.build(vae.trainable_variables)
    if n_steps and not float(ops.convert_to_tensor(vae.optimizer.learning_rate)):
        raise ValueError(
            "The optimiser's learning rate is 0, as when its schedule has ended: "
            "compile the model again before fit, such as with compile_default."
        )
    _warn_of_the_end(vae.optimizer, n_steps)


def _warn_of_the_end(optimizer, n_steps):
    """Say at the start where a schedule will be 0 before the last step."""
    schedule = _schedule_of(optimizer)
    if schedule is None or not n_steps:
        return
    done = int(ops.convert_to_tensor(optimizer.iterations))

    def rests(step):
        return not float(ops.convert_to_tensor(schedule(done + step)))

    if not rests(n_steps - 1):
        return
    moves, ends = 0, n_steps - 1  # the rate is above 0 at the first, 0 at the second
    while ends - moves > 1:
        middle = (moves + ends) // 2
        moves, ends = (moves, middle) if rests(middle) else (middle, ends)
    warnings.warn(
        f"The optimiser's learning rate is 0 from step {ends + 1} of {n_steps} on, "
        "where its schedule ends: nothing is learned after that. To train longer, "
        "compile the model again before fit, such as with compile_default.",
        stacklevel=4,
    )


def _run_epoch(guard, validate, hooks, epoch, order, batch_size):
    """One pass over the images, then over those for validation."""
    vae = guard.vae
    hooks.on_epoch_begin(epoch)
    vae.reset_metrics()
    logs = {}
    for first, rows in _calls(order, batch_size, steps_per_call(vae)):
        hooks.on_train_batch_begin(first)
        guard(rows, epoch, first)
        logs, done = _metrics(vae), first + len(rows)
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
    hooks.on_epoch_end(epoch, logs)
    return logs


def _calls(order, batch_size, steps):
    """Split an epoch into ``(first step, rows (S, B))``, the short batch last."""
    n_full = len(order) // batch_size
    full = order[: n_full * batch_size].reshape(n_full, batch_size)
    for first in range(0, n_full, steps):
        yield first, full[first : first + steps]
    if len(order) % batch_size:
        yield n_full, order[None, n_full * batch_size :]


def _metrics(vae):
    results = vae.get_metrics_result().items()
    logs = {name: float(ops.convert_to_numpy(value)) for name, value in results}
    try:
        if hasattr(vae.likelihood, "variance"):
            logs["variance"] = vae.likelihood.variance
    except OverflowError:  # of a logarithm that is still finite
        logs["variance"] = math.inf
    return logs
