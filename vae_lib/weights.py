"""Arrays on disk: npz files without pickle, written whole or not at all.

A ``.keras`` file ties the weights to the Keras that wrote it; a ``.npz`` file of named
arrays loads on every version and backend, and cannot run code when it is opened.
"""

import os
import tempfile
from pathlib import Path

import numpy as np

from vae_lib._npz import read_arrays


def write_npz(path, arrays):
    """Write named arrays to an npz file, atomically.

    Args:
        path: file to write; an existing one is replaced only by a complete one.
        arrays: dictionary of arrays; object arrays are refused.

    Raises:
        ValueError: if an array would need pickle.
    """
    path = Path(path)
    arrays = {name: np.asarray(value) for name, value in arrays.items()}
    for name, value in arrays.items():
        if value.dtype.hasobject:
            raise ValueError(f"Array {name!r} holds objects; only numbers are stored.")
    with replacing(path) as stream:
        np.savez(stream, **arrays)


def read_npz(path):
    """Read every array of an npz file, without pickle.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is empty, truncated, corrupt or holds pickled objects.
    """
    try:
        return read_arrays(path)
    except FileNotFoundError:
        raise FileNotFoundError(f"No such file: {path}.") from None
    except ValueError as error:
        raise ValueError(
            f"{path} cannot be read: {error}. Get it again, or use an earlier one."
        ) from error


class replacing:
    """Open a temporary file beside ``path`` that takes its place if all goes well."""

    def __init__(self, path):
        self.path = Path(path)

    def __enter__(self):
        handle, name = tempfile.mkstemp(
            dir=self.path.parent, prefix=self.path.name, suffix=".part"
        )
        self.part = Path(name)
        self.stream = os.fdopen(handle, "wb")
        return self.stream

    def __exit__(self, kind, error, traceback):
        if kind is None:
            self.stream.flush()
            os.fsync(self.stream.fileno())  # whole on disk before it gets its name
        self.stream.close()
        if kind is None:
            os.replace(self.part, self.path)
        else:
            self.part.unlink(missing_ok=True)


def weight_arrays(vae):
    """The weights of a VAE by name, such as ``encoder/hidden/kernel``."""
    return {name: np.array(weight) for name, weight in _named_weights(vae).items()}


def save_weights(vae, path, dtype=None):
    """Write encoder, decoder and likelihood weights to an npz file.

    Args:
        vae: a :class:`vae_lib.models.VAE`.
        path: the file, ending in ``.npz``.
        dtype: such as "float16" to store fewer bytes; ``None`` keeps the dtype.
    """
    arrays = weight_arrays(vae)
    if dtype is not None:
        # A scalar costs nothing, and the variance enters every number: keep it whole.
        arrays = {k: v.astype(dtype) if v.ndim else v for k, v in arrays.items()}
    write_npz(path, arrays)


def load_weights(vae, path):
    """Read weights from an npz file into a VAE of the same architecture.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is damaged, or its names or shapes are not the model's;
            the model is then unchanged.
    """
    assign_weights(vae, read_npz(path), source=path)


def assign_weights(vae, arrays, source="the arrays"):
    """Set the weights of a VAE from named arrays, all or none.

    Raises:
        ValueError: if names or shapes are not the model's, or a value is not finite.
    """
    weights = _named_weights(vae)
    problems = [f"{name} is missing" for name in weights.keys() - arrays.keys()]
    problems += [f"{name} is unknown" for name in arrays.keys() - weights.keys()]
    for name in weights.keys() & arrays.keys():
        expected, found = tuple(weights[name].shape), arrays[name].shape
        if expected != found:
            problems.append(f"{name} has shape {found}, not {expected}")
        elif not np.isfinite(arrays[name]).all():
            problems.append(f"{name} holds NaN or infinity")
    if problems:
        raise ValueError(
            f"{source} does not fit this VAE: {'; '.join(sorted(problems)[:4])}. "
            "Build the network and latent_dim that the weights were saved from."
        )
    for name, weight in weights.items():
        weight.assign(arrays[name].astype(weight.dtype))


def _named_weights(vae):
    """Weights by a name that does not depend on how many models were built before."""
    named = {f"likelihood/{w.name}": w for w in vae.likelihood.weights}
    for part, network in (("encoder", vae.encoder), ("decoder", vae.decoder)):
        for layer in network.layers:
            for weight in layer.weights:
                named[f"{part}/{layer.name}/{weight.name}"] = weight
    return named
