"""Checkpoints of a training run: everything that the next step depends on."""

import json
import os
import re
import time
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from vae_lib._checks import whole
from vae_lib._files import as_path
from vae_lib._lock import FolderLock
from vae_lib.models import VAE
from vae_lib.training import distributed
from vae_lib.weights import read_npz, write_npz

__all__ = ["Checkpoints", "release_folders"]

_NAME = re.compile(r"epoch-(\d{5})\.npz")


class Saved(NamedTuple):
    """What a checkpoint holds, and its file's name."""

    state: list[np.ndarray]
    epochs_done: int
    history: dict[str, list[float]]
    name: str


class Checkpoints(keras.callbacks.Callback):
    """Saves the state of a run after each epoch, and finds the newest whole one.

    Weights, optimiser, the states of the random generators and the history so far: with
    the order of images fixed by (seed, epoch), a resumed run continues to the same
    weights as one that was never interrupted. ``vae.beta`` is not part of it, nor is a
    fixed variance: they are configuration. Of several processes the first writes and
    reads, and sends what it read to the others, which need not share its file system.

    ``history`` is that of ``fit`` over all sittings, plus ``seconds``, what each epoch
    of training took without its validation.

    >>> import tempfile
    >>> import numpy as np
    >>> from vae_lib import training
    >>> config = training.TrainConfig(network="linear", epochs=2, batch_size=8)
    >>> vae = training.build_vae(config, image_shape=(6, 6, 1))
    >>> x = np.random.default_rng(0).random((32, 6, 6, 1), dtype="float32")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoints = training.Checkpoints(folder)
    ...     _ = training.fit(vae, x, epochs=2, callbacks=[checkpoints], verbose=0)
    ...     checkpoints.restore(vae)  # the epochs that are done
    2

    Args:
        folder: where to keep the files; it is made if it does not exist. Only one run
            may use it, which is locked while ``fit`` writes there; a run that begins
            among the checkpoints of another one is refused.
        keep: how many of the newest checkpoints stay, at least 2, so that there is
            always a whole one behind a damaged one.
        every: epochs between two checkpoints, at least 1; the last epoch is always
            saved.

    Raises:
        ValueError: if ``keep`` or ``every`` is too small.
    """

    def __init__(
        self, folder: str | os.PathLike, *, keep: int = 2, every: int = 1
    ) -> None:
        super().__init__()
        whole("keep", keep, least=2)
        whole("every", every, least=1)
        self.folder = as_path(folder)
        self.keep = keep
        self.every = every
        self.history: dict[str, list[float]] = {}
        self._started = self._stopped = 0.0
        self._unsaved: int | None = (
            None  # epochs done, where the last of them is not saved
        )
        self._begins = False  # whether no epoch of this call of fit has begun
        self._passed_over: set[str] = (
            set()
        )  # names of damaged files, which will be replaced
        self._lock = FolderLock(self.folder)

    def on_train_begin(self, logs: dict | None = None) -> None:
        if distributed.is_main_process():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        self._begins, self._unsaved = True, None

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if self._begins:
            self._begins = False
            self._check_folder(epoch)
            self.history = {k: v[:epoch] for k, v in self.history.items() if epoch}
        self._started = self._stopped = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._stopped = time.perf_counter()  # validation comes after the last

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        logs = {**(logs or {}), "seconds": self._stopped - self._started}
        for name, value in logs.items():
            self.history.setdefault(name, []).append(float(value))
        if (epoch + 1) % self.every == 0:
            self.save(self.model, epoch + 1)
        else:
            self._unsaved = epoch + 1

    def on_train_end(self, logs: dict | None = None) -> None:
        if self._unsaved is not None:
            self.save(self.model, self._unsaved)
        self.release()

    def release(self) -> None:
        """Let another process write to the folder; ``fit`` does it at its end."""
        self._lock.release()

    def save(self, vae: VAE, epochs_done: int) -> None:
        """Write the state after ``epochs_done`` epochs, atomically; drop old files."""
        if distributed.is_main_process():
            self._write(vae, epochs_done)
        self._unsaved = None

    def _write(self, vae: VAE, epochs_done: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._check_folder(epochs_done)
        state = enumerate(_state(vae))
        arrays = {f"state/{i:03d}": ops.convert_to_numpy(v.value) for i, v in state}
        arrays["epochs_done"] = np.array(epochs_done)
        arrays["curves"] = np.frombuffer(json.dumps(self.history).encode(), np.uint8)
        write_npz(self.folder / f"epoch-{epochs_done:05d}.npz", arrays)
        for old in self.files()[self.keep :]:
            old.unlink()
        for part in self.folder.glob("epoch-*.part"):  # of a run that was killed
            part.unlink()

    def _check_folder(self, epochs_done: int) -> None:
        """Refuse files of later epochs: another run's, which would outlive ours."""
        later = [
            path.name
            for path in self.files()
            if path.name not in self._passed_over
            and (int(path.stem[-5:]) > epochs_done or not epochs_done)
        ]
        if later and distributed.is_main_process():
            raise ValueError(
                f"{self.folder} holds checkpoints of another run ({later[0]}), and "
                f"this one is at epoch {epochs_done}. Choose another folder, or delete "
                "that one; to continue its run, call restore before fit and pass what "
                "it returns as initial_epoch."
            )

    def files(self) -> list[Path]:
        """Checkpoint files, newest first."""
        found = [p for p in self.folder.glob("epoch-*.npz") if _NAME.fullmatch(p.name)]
        return sorted(found, reverse=True)

    def restore(self, vae: VAE) -> int:
        """Load the newest whole checkpoint into a compiled VAE.

        A damaged file is passed over with a warning that names it.

        Returns:
            The number of epochs done; 0 if there is no checkpoint at all.

        Raises:
            ValueError: if the VAE is not compiled, or there are checkpoints but none
                is whole, or they belong to another model.
        """
        if getattr(vae, "optimizer", None) is None:
            raise ValueError(
                "Compile the VAE before restore, with the optimiser of the first run: "
                "its state is part of a checkpoint. training.train does both."
            )
        saved = distributed.from_main(self._newest)
        if saved is None:
            return 0
        _assign(vae, saved.state, saved.name)
        self._passed_over = {
            path.name for path in self.files() if path.name > saved.name
        }
        self.history = saved.history
        return saved.epochs_done

    def _newest(self) -> Saved | None:
        """The newest whole checkpoint; None if there are no files."""
        files = self.files()
        for path in files:
            try:
                return _read(path)
            except ValueError as error:
                warnings.warn(
                    f"Checkpoint {path.name} is damaged and passed over; the one "
                    f"before it is used. ({error})",
                    stacklevel=4,
                )
        if files:
            raise ValueError(
                f"No checkpoint in {self.folder} is whole. Delete the folder and train "
                "again from the start."
            )
        return None


def release_folders(callbacks: Iterable[keras.callbacks.Callback]) -> None:
    """Let other processes write to the folders of all checkpoints among these."""
    for callback in callbacks:
        if isinstance(callback, Checkpoints):
            callback.release()


def _read(path: Path) -> Saved:
    """A :class:`Saved`, the arrays of its state in their order."""
    arrays = read_npz(path)
    try:
        epochs_done = int(arrays.pop("epochs_done"))
        history = json.loads(arrays.pop("curves").tobytes())
    except KeyError as error:
        raise ValueError(f"{path} holds no training state: no {error}") from error
    state = [arrays[name] for name in sorted(arrays)]
    return Saved(state, epochs_done, history, path.name)


def _assign(vae: VAE, values: list[np.ndarray], name: str) -> None:
    state = _state(vae)
    shapes = [tuple(variable.shape) for variable in state]
    if [value.shape for value in values] != shapes:
        raise ValueError(
            f"{name} was saved from another model: its arrays do not fit. "
            "Resume with the network, latent_dim and optimiser of the first run."
        )
    for variable, value in zip(state, values, strict=True):
        variable.assign(ops.cast(value, variable.dtype))


def _state(vae: VAE) -> list[keras.Variable]:
    """All variables that the next training step reads, in a fixed order."""
    if not vae.optimizer.built:
        vae.optimizer.build(vae.trainable_variables)
    others = {id(variable) for variable in [*vae.metrics_variables, vae._beta]}
    model = [variable for variable in vae.variables if id(variable) not in others]
    return [*model, *vae.optimizer.variables]
