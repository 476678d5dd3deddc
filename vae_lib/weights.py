"""Arrays on disk: npz files without pickle, written whole or not at all.

A ``.keras`` file ties the weights to the Keras that wrote it; a ``.npz`` file of named
arrays loads on every version and backend, and cannot run code when it is opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike, DTypeLike

from vae_lib._files import AnyPath, as_path, replacing
from vae_lib._npz import read_arrays

if TYPE_CHECKING:
    from vae_lib.models import VAE

__all__ = [
    "assign_weights",
    "load_weights",
    "read_npz",
    "save_weights",
    "weight_arrays",
    "write_npz",
]

_VARIANCE = "likelihood/log_variance"


def write_npz(path: AnyPath, arrays: Mapping[str, ArrayLike]) -> None:
    """Write named arrays to an npz file, atomically.

    Args:
        path: file to write; an existing one is replaced only by a complete one.
        arrays: dictionary of arrays; object arrays are refused.

    Raises:
        FileNotFoundError: if the folder does not exist.
        ValueError: if an array would need pickle.
    """
    stored: dict[str, Any] = {
        name: _portable(np.asarray(a)) for name, a in arrays.items()
    }
    for name, value in stored.items():
        if value.dtype.hasobject:
            raise ValueError(f"Array {name!r} holds objects; only numbers are stored.")
    with replacing(path) as stream:
        np.savez(stream, **stored)


def _portable(array: np.ndarray) -> np.ndarray:
    """bfloat16, which NumPy's files cannot hold, as float32, which holds it exactly."""
    own = array.dtype.kind in "biufcSUO"
    return array if own else array.astype("float32")


def read_npz(path: AnyPath, *, sha256: str | None = None) -> dict[str, np.ndarray]:
    """Read every array of an npz file, without pickle.

    Args:
        path: the file.
        sha256: the digest of a published file; ``None`` reads any.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is empty, truncated, corrupt or holds pickled objects,
            or is not the published one.
    """
    path = as_path(path)
    if sha256 is not None:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != sha256:
            raise ValueError(
                f"{path.name} is not the published file (SHA-256 "
                f"{digest[:12]}..., expected {sha256[:12]}...): install vae_lib again."
            )
    try:
        return read_arrays(path)
    except FileNotFoundError:
        raise FileNotFoundError(f"No such file: {path}.") from None
    except ValueError as error:
        raise ValueError(
            f"{path} cannot be read: {error}. Get it again, or use an earlier one."
        ) from error


def weight_arrays(vae: VAE) -> dict[str, np.ndarray]:
    """The weights of a VAE by name, such as ``encoder/hidden/kernel``."""
    named = _named_weights(vae).items()
    return {name: _portable(ops.convert_to_numpy(w.value)) for name, w in named}


def save_weights(vae: VAE, path: AnyPath, *, dtype: DTypeLike | None = None) -> None:
    """Write encoder, decoder and likelihood weights to an npz file.

    Args:
        vae: a :class:`vae_lib.models.VAE`.
        path: the file, ending in ``.npz``.
        dtype: such as "float16" to store fewer bytes; ``None`` keeps the dtype.

    Raises:
        ValueError: if ``dtype`` is no float type, or a weight is not finite or too
            large for it; nothing is written.

    >>> import tempfile
    >>> from vae_lib import pretrained, weights
    >>> vae = pretrained.load_pretrained("mlp", 2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     weights.save_weights(vae, f"{folder}/half.npz", dtype="float16")
    ...     names = weights.read_npz(f"{folder}/half.npz")
    >>> names["decoder/hidden/kernel"].dtype
    dtype('float16')
    """
    arrays = weight_arrays(vae)
    for name, value in arrays.items():
        # A scalar costs nothing, and the variance enters every number: keep it whole.
        target = _float_type(dtype) if dtype and value.ndim else value.dtype
        if not np.all(np.abs(value) <= np.finfo(target).max):  # NaN included
            raise ValueError(
                f"{name} holds NaN or numbers too large for {target}: not saved. Go "
                "back to weights from before training diverged, or use dtype=None."
            )
        arrays[name] = value.astype(target)
    write_npz(path, arrays)


def _float_type(name: DTypeLike) -> np.dtype:
    try:
        dtype = np.dtype(name)
    except TypeError:
        dtype = None
    if dtype is None or dtype.kind != "f":
        raise ValueError(f"dtype must be a float type such as 'float16', got {name!r}.")
    return dtype


def load_weights(vae: VAE, path: AnyPath) -> None:
    """Read weights from an npz file into a VAE of the same architecture.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is damaged, or its names or shapes are not the model's;
            the model is then unchanged.

    >>> import tempfile
    >>> from vae_lib import pretrained, training, weights
    >>> trained = pretrained.load_pretrained("mlp", 2)
    >>> vae = training.build_vae(training.TrainConfig(network="mlp", latent_dim=2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     weights.save_weights(trained, f"{folder}/weights.npz")
    ...     weights.load_weights(vae, f"{folder}/weights.npz")
    """
    assign_weights(vae, read_npz(path), source=path)


def assign_weights(
    vae: VAE, arrays: Mapping[str, ArrayLike], *, source: object = "the arrays"
) -> None:
    """Set the weights of a VAE from named arrays, all or none.

    A fixed variance is configuration and no weight. Older files hold it: it must then
    be the one that the VAE has.

    Raises:
        ValueError: if names or shapes are not the model's, or a value is not finite.
    """
    weights = _named_weights(vae)
    values = {name: np.asarray(value) for name, value in arrays.items()}
    fixed = getattr(vae.likelihood, "fixed_variance", None) is not None
    if fixed and _VARIANCE in values and values[_VARIANCE].shape == ():
        vae.likelihood.check_fixed(values.pop(_VARIANCE))
    problems = [f"{name} is missing" for name in weights.keys() - values.keys()]
    problems += [f"{name} is unknown" for name in values.keys() - weights.keys()]
    for name in weights.keys() & values.keys():
        expected, found = tuple(weights[name].shape), values[name].shape
        if expected != found:
            problems.append(f"{name} has shape {found}, not {expected}")
        elif values[name].dtype.kind != "f":
            problems.append(f"{name} holds {values[name].dtype}, not floats")
        elif not np.isfinite(values[name]).all():
            problems.append(f"{name} holds NaN or infinity")
    if problems:
        raise ValueError(
            f"{source} does not fit this VAE: {'; '.join(sorted(problems)[:4])}. "
            "Build the network and latent_dim that the weights were saved from."
        )
    for name, weight in weights.items():
        weight.assign(ops.cast(values[name], weight.dtype))


def _named_weights(vae: VAE) -> dict[str, keras.Variable]:
    """Weights by a name that does not depend on how many models were built before."""
    named = {f"likelihood/{w.name}": w for w in vae.likelihood.weights}
    for part, network in (("encoder", vae.encoder), ("decoder", vae.decoder)):
        for layer in network.layers:
            for weight in layer.weights:
                name = f"{part}/{layer.name}/{weight.name}"
                if name in named:
                    raise ValueError(
                        f"Two weights are called {name}: give the layers inside "
                        f"{layer.name!r} to the network itself, each with its own name."
                    )
                named[name] = weight
    return named
