"""What every command needs first: a backend, images, a model with its weights."""

import contextlib
import faulthandler
import hashlib
import importlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import vae_lib
from vae_lib.cli.errors import CommandError, reported
from vae_lib.cli.runs import RunFolder

if TYPE_CHECKING:  # they need Keras and NumPy, which load when a command works
    from vae_lib.data import MNIST, ImageSet
    from vae_lib.models import VAE


def start_backend(name: str | None) -> str:
    """Import Keras with a backend.

    Args:
        name: "tensorflow", "jax" or "torch"; ``None`` leaves the choice to Keras.

    Returns:
        The backend's name.

    Raises:
        CommandError: if the backend is not installed, or Keras runs with another.
    """
    if name is not None and "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = name
    try:
        with quiet_start():
            import keras
    except (ImportError, ValueError) as error:
        raise CommandError(
            f"Keras cannot start with the backend {name or 'that is set'}: {error}. "
            "Install it, or choose another with --backend."
        ) from error
    actual = keras.backend.backend()
    if name is not None and actual != name:
        raise CommandError(
            f"Keras runs with the backend {actual} already, so --backend {name} comes "
            "too late: start a new process."
        )
    return actual


@contextlib.contextmanager
def quiet_start() -> Iterator[None]:
    """Hide what TensorFlow prints while it loads, unless loading fails.

    Its first lines come before it reads its own setting of the log level.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "keras" in sys.modules:
        yield
        return
    if sys.stderr:
        sys.stderr.flush()
    try:
        stderr = os.dup(2)
    except OSError:  # it is closed: nothing can be seen there anyway
        yield
        return
    with tempfile.TemporaryFile() as hidden, open(stderr, "wb") as visible:
        faulthandler.enable(visible)  # a crash must not be silent
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        except BaseException:
            hidden.seek(0)
            shutil.copyfileobj(hidden, visible)
            raise
        finally:
            os.dup2(stderr, 2)
            faulthandler.disable()


def load_images(
    path: Path | None = None, sample: bool = False, allow_sample: bool = False
) -> "MNIST | ImageSet":
    """The images of a command.

    Args:
        path: an mnist.npz, or images of the user's own; ``None`` for the usual sources
            of MNIST.
        sample: whether to take the package's 5,000 digits.
        allow_sample: whether to take them where there are no others.

    Returns:
        A :class:`vae_lib.data.MNIST` or :class:`vae_lib.data.ImageSet`.

    Raises:
        CommandError: if there are none; the message says what to do.
    """
    from vae_lib import data

    if sample:
        with reported():
            return data.load_sample()
    with contextlib.suppress(ValueError, OSError):
        if path is not None and path.exists():
            return data.load_mnist(path)
    try:
        with reported():
            if path is not None and path.exists():
                return data.load_images(path)
            return data.load_mnist(path, allow_sample=allow_sample)
    except CommandError as error:
        text = str(error).replace("path=", "--data ", 1)
        if path is None or not path.exists():
            text += " Here these are --data FILE and --sample."
        raise CommandError(text) from error
    except ImportError as error:  # of Pillow
        raise CommandError(str(error)) from error


def load_images_like(
    recorded: dict[str, Any], path: Path | None, sample: bool
) -> "MNIST | ImageSet":
    """The images that --data or --sample name, else the set that a run has recorded.

    Raises:
        CommandError: also if images of the user's own are not what they were.
    """
    source = recorded.get("source")
    if path is not None or sample or source != "images":
        return load_images(path, sample or (path is None and source == "sample"))
    path = Path(recorded["path"])
    if not path.exists():
        raise CommandError(
            f"the images of the run are no more at {path}: name them with --data."
        )
    images = load_images(path)
    if _digest(images.x_val) != recorded["val_sha256"]:
        raise CommandError(
            f"the images at {path} are not those of the run any more: name those with "
            "--data."
        )
    return images


def describe_images(images: "MNIST | ImageSet", n_train: int) -> dict[str, Any]:
    """Which images a run uses, for environment.json: source, numbers, digests."""
    content = {
        "source": images.source,
        "train_images": n_train,
        "val_images": len(images.x_val),
        "train_sha256": _digest(images.x_train[:n_train]),
        "val_sha256": _digest(images.x_val),
    }
    if images.source == "images":
        content["image_shape"] = list(images.x_train.shape[1:])
    return content


def name_of(images: dict[str, Any]) -> str:
    """What a command calls the images that environment.json describes."""
    names = {"sample": "the sample", "mnist": "MNIST"}
    return names.get(images["source"]) or Path(images["path"]).name


def _digest(images: Any) -> str:
    return hashlib.sha256(images.data).hexdigest()


def describe_environment(backend: str) -> dict[str, Any]:
    """Versions and machine, for environment.json."""
    import keras
    import numpy as np

    version = importlib.import_module(backend).__version__
    return {
        "vae_lib": vae_lib.__version__,
        "python": platform.python_version(),
        "keras": keras.__version__,
        "backend": backend,
        "backend_version": str(version),
        "numpy": np.__version__,
        "platform": platform.platform(),
        "cpus": available_cpus(),
    }


def available_cpus() -> int | None:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def load_run(run: RunFolder) -> "VAE":
    """The model of a run with its weights.

    Raises:
        CommandError: if the weights are missing or damaged.
    """
    from vae_lib import networks, training, weights

    recorded = run.environment().get("images", {})
    shape = tuple(recorded.get("image_shape", networks.IMAGE_SHAPE))
    with reported():
        vae = training.build_vae(run.config(), shape)
        if not run.weights.is_file():
            raise CommandError(
                f"{run} has no weights yet. Continue the run first: "
                f"python -m vae_lib train --out {run} --resume"
            )
        weights.load_weights(vae, run.weights)
    return vae


def refuse_shape(vae: "VAE", images: "MNIST | ImageSet") -> None:
    """Raise CommandError unless the images have the shape that the model takes."""
    found = images.x_val.shape[1:]
    if found != tuple(vae.image_shape):
        raise CommandError(
            f"the run was trained on images of shape {tuple(vae.image_shape)}, and "
            f"these have {found}: name its own images with --data."
        )
