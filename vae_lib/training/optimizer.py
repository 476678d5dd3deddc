"""Adam on half a cosine, and what ``fit`` asks of an optimiser before it trains."""

import math
import warnings
import weakref
from collections.abc import Iterable

import keras
from keras import ops

from vae_lib._checks import positive
from vae_lib.models import VAE
from vae_lib.training.config import TrainConfig

__all__ = ["compile_configured", "compile_default", "prepare", "refuse_rate_setters"]

# The optimisers whose schedule ends with the call of fit that made them.
_made_by_fit: weakref.WeakSet = weakref.WeakSet()
ADVICE = "vae.compile(optimizer=keras.optimizers.Adam(1e-3))"


def compile_default(
    vae: VAE, n_steps: int, learning_rate: float = 1e-3, n_warmup_steps: int = 0
) -> None:
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


def compile_configured(vae: VAE, config: TrainConfig, n_images: int) -> None:
    """Compile for a whole run of a :class:`TrainConfig` on so many images."""
    n_steps = math.ceil(n_images / config.batch_size)
    warmup = config.lr_warmup * n_steps
    compile_default(vae, config.epochs * n_steps, config.learning_rate, warmup)


def prepare(vae: VAE, n_steps: int, learning_rate: float, n_warmup_steps: int) -> None:
    """Compile, unless the caller did, and refuse an optimiser that cannot move."""
    positive("learning_rate", learning_rate)
    optimizer = getattr(vae, "optimizer", None)  # older Keras has none until compile
    if optimizer is None or optimizer in _made_by_fit:
        compile_default(vae, max(1, n_steps), learning_rate, n_warmup_steps)
        _made_by_fit.add(vae.optimizer)
    if not vae.optimizer.built:
        vae.optimizer.build(vae.trainable_variables)
    if n_steps and not float(ops.convert_to_tensor(vae.optimizer.learning_rate)):
        raise ValueError(
            "The optimiser's learning rate is 0, as when its schedule has ended: "
            f"compile the model again before fit, such as with {ADVICE}."
        )
    _warn_of_the_end(vae.optimizer, n_steps)


def _warn_of_the_end(optimizer: keras.optimizers.Optimizer, n_steps: int) -> None:
    """Say at the start where a schedule will be 0 before the last step."""
    schedule = _schedule_of(optimizer)
    if schedule is None or not n_steps:
        return
    done = int(ops.convert_to_tensor(optimizer.iterations))

    def rests(step: int) -> bool:
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
        f"compile the model again before fit, such as with {ADVICE}.",
        stacklevel=4,
    )


def refuse_rate_setters(
    optimizer: keras.optimizers.Optimizer,
    callbacks: Iterable[keras.callbacks.Callback],
) -> None:
    """Keras raises only in the middle of training that a schedule cannot be set."""
    setters = (
        keras.callbacks.LearningRateScheduler,
        keras.callbacks.ReduceLROnPlateau,
    )
    for callback in callbacks:
        if isinstance(callback, setters) and _schedule_of(optimizer) is not None:
            raise ValueError(
                f"{type(callback).__name__} sets the learning rate, but the optimiser "
                f"follows a schedule: compile the model first with a number, such as "
                f"{ADVICE}."
            )


def _schedule_of(
    optimizer: keras.optimizers.Optimizer,
) -> keras.optimizers.schedules.LearningRateSchedule | None:
    """The schedule that an optimiser follows, or None."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # of loss scaling
    rate = getattr(optimizer, "_learning_rate", None)
    is_schedule = isinstance(rate, keras.optimizers.schedules.LearningRateSchedule)
    return rate if is_schedule else None
