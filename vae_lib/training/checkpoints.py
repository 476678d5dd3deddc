"""Checkpoints of a training run: everything that the next step depends on."""

import json
import re
import warnings
from pathlib import Path

import keras
import numpy as np

from vae_lib.weights import read_npz, write_npz

_NAME = re.compile(r"epoch-(\d{5})\.npz")


class Checkpoints(keras.callbacks.Callback):
    """Saves the state of a run after each epoch, and finds the newest whole one.

    Weights, optimiser, the states of the random generators and the history so far:
    with the order of images fixed by (seed, epoch), a resumed run continues to the
    same weights as one that was never interrupted.

    Args:
        folder: where to keep the files; it is made if it does not exist.
        keep: how many of the newest checkpoints stay, at least 2, so that there is
            always a whole one behind a damaged one.
        every: epochs between two checkpoints; the last epoch is always saved.
    """

    def __init__(self, folder, keep=2, every=1):
        super().__init__()
        if keep < 2:
            raise ValueError(f"keep must be at least 2, got {keep!r}.")
        self.folder = Path(folder)
        self.keep = keep
        self.every = every
        self.curves = {}

    def on_epoch_end(self, epoch, logs=None):
        for name, value in (logs or {}).items():
            self.curves.setdefault(name, []).append(float(value))
        last = epoch + 1 == self.params["epochs"] or self.model.stop_training
        if last or (epoch + 1) % self.every == 0:
            self.save(self.model, epoch + 1)

    def save(self, vae, epochs_done):
        """Write the state after ``epochs_done`` epochs, atomically; drop old files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        arrays = {f"state/{i:03d}": np.array(v) for i, v in enumerate(_state(vae))}
        arrays["epochs_done"] = np.array(epochs_done)
        arrays["curves"] = np.frombuffer(json.dumps(self.curves).encode(), np.uint8)
        write_npz(self.folder / f"epoch-{epochs_done:05d}.npz", arrays)
        for old in self.files()[self.keep :]:
            old.unlink()

    def files(self):
        """Checkpoint files, newest first."""
        found = [p for p in self.folder.glob("epoch-*.npz") if _NAME.fullmatch(p.name)]
        return sorted(found, reverse=True)

    def restore(self, vae):
        """Load the newest whole checkpoint into a compiled VAE.

        A damaged file is passed over with a warning that names it.

        Returns:
            The number of epochs done; 0 if there is no checkpoint at all.

        Raises:
            ValueError: if there are checkpoints but none is whole, or they belong to
                another model.
        """
        files = self.files()
        for path in files:
            try:
                arrays = read_npz(path)
                epochs_done = int(arrays.pop("epochs_done"))
                self.curves = json.loads(arrays.pop("curves").tobytes())
            except (ValueError, KeyError) as error:
                warnings.warn(
                    f"Checkpoint {path.name} is damaged and passed over; the one "
                    f"before it is used. ({error})",
                    stacklevel=2,
                )
                continue
            self._assign(vae, arrays, path)
            return epochs_done
        if files:
            raise ValueError(
                f"No checkpoint in {self.folder} is whole. Delete the folder and train "
                "again from the start."
            )
        return 0

    @staticmethod
    def _assign(vae, arrays, path):
        state = _state(vae)
        values = [arrays[name] for name in sorted(arrays)]
        shapes = [tuple(variable.shape) for variable in state]
        if [value.shape for value in values] != shapes:
            raise ValueError(
                f"{path.name} was saved from another model: its arrays do not fit. "
                "Resume with the network, latent_dim and optimiser of the first run."
            )
        for variable, value in zip(state, values, strict=True):
            variable.assign(value)


def _state(vae):
    """All variables that the next training step reads, in a fixed order."""
    if not vae.optimizer.built:
        vae.optimizer.build(vae.trainable_variables)
    metrics = {id(variable) for variable in vae.metrics_variables}
    model = [variable for variable in vae.variables if id(variable) not in metrics]
    return [*model, *vae.optimizer.variables]
