"""Keras's callbacks for ``fit``: all forms in which they come, and a bar."""

import sys
from collections.abc import Iterable
from typing import TypeAlias

import keras

from vae_lib._checks import one_of
from vae_lib._streams import is_open, is_terminal, shows_bars
from vae_lib.models import VAE
from vae_lib.training.distributed import is_main_process

__all__ = ["Callbacks", "as_list", "make_hooks", "verbosity"]

Callbacks: TypeAlias = (
    keras.callbacks.Callback
    | keras.callbacks.CallbackList
    | Iterable[keras.callbacks.Callback]
    | None
)


def as_list(callbacks: Callbacks) -> list[keras.callbacks.Callback]:
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


def make_hooks(
    vae: VAE,
    callbacks: list[keras.callbacks.Callback],
    verbose: int | str,
    epochs: int,
    n_steps: int,
) -> keras.callbacks.CallbackList:
    """The callbacks with Keras's history and progress bar, told of the model."""
    verbose = verbosity(verbose)
    return keras.callbacks.CallbackList(
        callbacks,
        add_history=True,
        add_progbar=verbose != 0 and is_main_process(),
        model=vae,
        verbose=verbose,
        epochs=epochs,
        steps=n_steps,
    )


def verbosity(verbose: int | str) -> int:
    """Keras's number for how much standard output shows.

    Raises:
        ValueError: if ``verbose`` is none of "auto", 0, 1 and 2.
    """
    one_of(("auto", 0, 1, 2))("verbose", verbose)
    if not is_open(sys.stdout):
        return 0
    if verbose != "auto":
        return int(verbose)
    is_dumb = is_terminal(sys.stdout) and not shows_bars(sys.stdout)
    return 2 if is_dumb else 1
