"""The folder of a run: which files it has, and how they are read and written."""

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from vae_lib import _lock
from vae_lib._files import part_of, write_json
from vae_lib.cli.errors import CommandError
from vae_lib.training.config import TrainConfig

# What a folder may hold in which a run begins: what file systems and viewers put into
# an empty one, and what a creation that was cut short has left.
NO_CONTENT = ("lost+found", ".DS_Store", "desktop.ini")
LEFTOVERS = ("checkpoints", "environment.json", _lock.NAME)


class RunFolder:
    """A folder that ``train`` writes and the other commands read.

    Args:
        path: the folder; it need not exist.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = Path(path)
        self.weights = self.path / "weights.npz"
        self.checkpoints = self.path / "checkpoints"

    def __str__(self) -> str:
        return str(self.path)

    @property
    def is_run(self) -> bool:
        """Whether there is a run, finished or not."""
        return (self.path / "config.json").is_file()

    @property
    def is_free(self) -> bool:
        """Whether a run may begin here."""
        if not self.path.exists():
            return not self.path.is_symlink()
        return (
            not self.is_run
            and self.path.is_dir()
            and all(_is_nothing(path) for path in self.path.iterdir())
        )

    def create(self, config: TrainConfig, environment: dict[str, Any]) -> None:
        """Make the folder with its two descriptions, all at once.

        A folder that is there, such as a mounted one or the one that the shell stands
        in, is filled; what makes it a run, its configuration, comes last.

        Raises:
            CommandError: if it cannot be made; nothing is left then that was not there.
        """
        try:
            if self.path.exists():
                self._fill(config, environment)
            else:
                self._make(config, environment)
        except OSError as error:
            with contextlib.suppress(OSError):
                if self.is_run:  # another command was faster
                    raise CommandError(f"{self} holds a run already.") from error
            raise CommandError(
                f"the run folder {self} cannot be made: {error.strerror or error}."
            ) from error

    def _make(self, config: TrainConfig, environment: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = part_of(self.path.with_name(f".{self.path.name}"))
        try:
            (part / "checkpoints").mkdir(parents=True)
            write_json(part / "environment.json", environment)
            write_json(part / "config.json", config.as_dict())
            os.rename(part, self.path)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise

    def _fill(self, config: TrainConfig, environment: dict[str, Any]) -> None:
        checkpoints, description = self.checkpoints, self.path / "environment.json"
        try:
            checkpoints.mkdir(exist_ok=True)
            write_json(description, environment)
            write_json(self.path / "config.json", config.as_dict())
        except BaseException:
            description.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                checkpoints.rmdir()
            raise

    def lock(self) -> _lock.FolderLock:
        """The right to write here, to be used in a ``with`` statement.

        Raises:
            CommandError: if another process has it.
        """
        lock = _lock.FolderLock(self.path)
        try:
            lock.acquire()
        except _lock.Locked as error:
            raise CommandError(str(error)) from error
        return lock

    def clear_parts(self) -> None:
        """Remove what a killed run was about to write."""
        for part in self.path.glob("*.part"):
            part.unlink()

    def open(self) -> "RunFolder":
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

    def config(self) -> TrainConfig:
        """The configuration, a TrainConfig."""
        fields = self._load("config.json")
        try:
            return TrainConfig(**fields)
        except (TypeError, ValueError) as error:
            raise CommandError(
                f"{self.path / 'config.json'} cannot be used: {error}"
            ) from error

    def environment(self) -> dict[str, Any]:
        """Versions, backend and images of the run, a dictionary."""
        return self._load("environment.json")

    def curves(self) -> dict[str, list[float]]:
        """One list per metric; empty before the first epoch is complete."""
        return self._load("curves.json", default={})

    def epochs_done(self) -> int:
        """Complete epochs."""
        return len(self.curves().get("loss", []))

    def interrupted(self, config: TrainConfig, options: str = "") -> str:
        """What to say after Ctrl-C."""
        return (
            f"interrupted after epoch {self.epochs_done()} of {config.epochs}. "
            f"Continue with\n  python -m vae_lib train --out {self}{options} --resume"
        )

    def metrics(self) -> dict[str, Any] | None:
        """Final scores, or None while the run is not complete."""
        return self._load("metrics.json", default=None)

    def write(self, name: str, content: Any) -> None:
        """Write one of the JSON files, atomically."""
        write_json(self.path / name, content)

    def _load(self, name: str, **default: Any) -> Any:
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


def _is_nothing(path: Path) -> bool:
    """Whether this is no content of a folder, see NO_CONTENT and LEFTOVERS."""
    if path.name == "checkpoints":
        return path.is_dir() and not any(path.iterdir())
    return path.name in (*NO_CONTENT, *LEFTOVERS) or path.suffix == ".part"
