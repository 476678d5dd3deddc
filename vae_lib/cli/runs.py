"""The folder of a run: which files it has, and how they are read and written."""

import json
import os
import shutil
import uuid
from pathlib import Path

from vae_lib._files import write_json
from vae_lib.cli.errors import CommandError
from vae_lib.training.config import TrainConfig


class RunFolder:
    """A folder that ``train`` writes and the other commands read.

    Args:
        path: the folder; it need not exist.
    """

    def __init__(self, path):
        self.path = Path(path)
        self.weights = self.path / "weights.npz"
        self.checkpoints = self.path / "checkpoints"

    def __str__(self):
        return str(self.path)

    @property
    def is_run(self):
        """Whether there is a run, finished or not."""
        return (self.path / "config.json").is_file()

    @property
    def is_free(self):
        """Whether a run may begin here."""
        return not self.path.exists() or (
            self.path.is_dir() and not any(self.path.iterdir())
        )

    def create(self, config, environment):
        """Make the folder with its two descriptions, all at once."""
        part = self.path.with_name(f".{self.path.name}.{uuid.uuid4().hex}.part")
        (part / "checkpoints").mkdir(parents=True)
        try:
            write_json(part / "config.json", config.as_dict())
            write_json(part / "environment.json", environment)
            if self.path.exists():
                self.path.rmdir()  # empty; some systems do not rename onto it
            os.rename(part, self.path)
        except BaseException:
            shutil.rmtree(part)
            raise

    def clear_parts(self):
        """Remove what a killed run was about to write."""
        for part in self.path.glob("*.part"):
            part.unlink()

    def open(self):
        """Return self if it is a run, else raise with a remedy."""
        if not self.path.is_dir():
            raise CommandError(
                f"there is no folder {self}. Train a model first, such as: "
                "python -m vae_lib train --network mlp --latent-dim 2"
            )
        if not self.is_run:
            raise CommandError(
                f"{self} is no run folder: it has no config.json. Give the folder that "
                "train has printed."
            )
        return self

    def config(self):
        """The configuration, a TrainConfig."""
        fields = self._load("config.json")
        try:
            return TrainConfig(**fields)
        except (TypeError, ValueError) as error:
            raise CommandError(
                f"{self.path / 'config.json'} cannot be used: {error}"
            ) from error

    def environment(self):
        """Versions, backend and images of the run, a dictionary."""
        return self._load("environment.json")

    def curves(self):
        """One list per metric; empty before the first epoch is complete."""
        return self._load("curves.json", default={})

    def epochs_done(self):
        """Complete epochs."""
        return len(self.curves().get("loss", []))

    def interrupted(self, config, options=""):
        """What to say after Ctrl-C."""
        done = f"epoch {self.epochs_done()} of {config.epochs}"
        return f"interrupted after {done}. {self._command(options)}"

    def to_be_continued(self, config, options=""):
        """What to say when a run ended before its time."""
        done = f"{self.epochs_done()} of {config.epochs} epochs"
        return f"{done} are complete. {self._command(options)}"

    def _command(self, options):
        return (
            f"Continue with\n  python -m vae_lib train --out {self}{options} --resume"
        )

    def metrics(self):
        """Final scores, or None while the run is not complete."""
        return self._load("metrics.json", default=None)

    def write(self, name, content):
        """Write one of the JSON files, atomically."""
        write_json(self.path / name, content)

    def _load(self, name, **default):
        path = self.path / name
        if default and not path.exists():
            return default["default"]
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise CommandError(f"{path} is missing: train the model again.") from None
        except ValueError as error:
            raise CommandError(
                f"{path} is damaged ({error}): train the model again."
            ) from error
