"""What ``train`` adds to the loop: files after each epoch, Ctrl-C, a short bar."""

import contextlib
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from types import FrameType

import keras

from vae_lib import training
from vae_lib.cli.console import log
from vae_lib.cli.errors import reported
from vae_lib.cli.runs import RunFolder
from vae_lib.models import VAE
from vae_lib.training import distributed
from vae_lib.weights import save_weights


class RunWriter(training.Checkpoints):
    """Writes checkpoint, weights and curves after each epoch, in this order.

    The checkpoint decides what a resumed run continues from; the other files are
    written again from it, wherever the run was killed.
    """

    def __init__(self, run: RunFolder, resumed: bool) -> None:
        super().__init__(run.checkpoints)
        self.run = run
        self.resumed = resumed

    def restore(self, vae: VAE) -> int:
        """Go on from the newest whole checkpoint; bring the other files to its state.

        Raises:
            CommandError: if there are checkpoints, but none can be used.
        """
        if distributed.is_main_process():
            self.run.clear_parts()
        with warnings.catch_warnings(record=True) as caught, reported():
            warnings.simplefilter("always")
            done = super().restore(vae)
        for warning in (w for w in caught if w.category is UserWarning):
            print(warning.message, file=sys.stderr)
        self.write(vae)  # before the first epoch too: a run always has weights
        if self.resumed and distributed.is_main_process():
            log.info(f"Continuing after epoch {done} of {self.run.config().epochs}.")
        return done

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        super().on_epoch_end(epoch, logs)
        self.write(self.model)

    def write(self, vae: VAE) -> None:
        """Write weights and curves as they are now; only the main process does."""
        if not distributed.is_main_process():
            return
        save_weights(vae, self.run.weights)
        self.run.write("curves.json", self.history)


class Interrupt(keras.callbacks.Callback):
    """Turns Ctrl-C into a stop between two compiled calls; a second one stops at once.

    An exception at any moment could be lost inside a library, or leave a weight
    without its optimiser's state.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked = False

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if self.asked:
            raise KeyboardInterrupt

    on_epoch_end = on_train_batch_end

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Handle SIGINT while the block runs; only the main thread can."""
        before = signal.getsignal(signal.SIGINT)
        if (
            before is not signal.default_int_handler  # ignored, as under nohup
            or threading.current_thread() is not threading.main_thread()
        ):
            yield
            return
        signal.signal(signal.SIGINT, self._ask)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
        if self.asked:
            raise KeyboardInterrupt

    def _ask(self, signum: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


class ShortBar(keras.callbacks.ProgbarLogger):
    """Keras's progress bar with the numbers that fit into one line."""

    def __init__(self, verbose: int) -> None:
        super().__init__()
        self.wanted = verbose

    def set_params(self, params: dict) -> None:
        super().set_params({**params, "verbose": self.wanted})

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        super().on_train_batch_end(batch, _shown(logs))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        super().on_epoch_end(epoch, _shown(logs))


def _shown(logs: dict | None) -> dict:
    names = ("elbo", "val_elbo")
    return {name: logs[name] for name in names if logs and name in logs}
