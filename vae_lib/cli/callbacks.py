"""What ``train`` adds to the loop: files after each epoch, Ctrl-C, a short bar."""

import contextlib
import signal
import threading

import keras

from vae_lib import training
from vae_lib.training import distributed
from vae_lib.weights import save_weights


class Recorder(training.Checkpoints):
    """Writes checkpoint, weights and curves after each epoch, in this order.

    The checkpoint decides what a resumed run continues from; the other files are
    written again from it, wherever the run was killed.
    """

    def __init__(self, run):
        super().__init__(run.checkpoints)
        self.run = run

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        self.write(self.model)

    def write(self, vae):
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

    def __init__(self):
        super().__init__()
        self.asked = False

    def on_train_batch_end(self, batch, logs=None):
        if self.asked:
            raise KeyboardInterrupt

    on_epoch_end = on_train_batch_end

    @contextlib.contextmanager
    def listening(self):
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

    def _ask(self, signum, frame):
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


class ShortBar(keras.callbacks.ProgbarLogger):
    """Keras's progress bar with the numbers that fit into one line."""

    SHOWN = ("elbo", "val_elbo")

    def __init__(self, verbose):
        super().__init__()
        self.wanted = verbose

    def set_params(self, params):
        super().set_params({**params, "verbose": self.wanted})

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, self._shown(logs))

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, self._shown(logs))

    def _shown(self, logs):
        return {name: logs[name] for name in self.SHOWN if name in logs}
