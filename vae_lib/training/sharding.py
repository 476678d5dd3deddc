"""Where arrays of a training run live when Keras shares it between devices.

The images are on every device, and so are the weights; of each table of row numbers a
device gets its columns, and computes its share of every batch. The order of images and
the noise belong to the batch, not to the device, so the losses are those of one device.
"""

from __future__ import annotations

import contextlib
from typing import Any

import keras
import numpy as np

from vae_lib._checks import whole

__all__ = ["check_batch", "device_count", "make_sharding", "use_devices"]


def use_devices(n: int) -> None:
    """Share the batches of the models built from now on between n local devices.

    On a machine without accelerators these are n virtual devices of the processor:
    they compute no faster than one, but show that the program is right.

    >>> from vae_lib.training import sharding
    >>> sharding.use_devices(2)  # doctest: +SKIP

    Args:
        n: number of devices, at least 1.

    Raises:
        ValueError: if the backend is not JAX, or there are fewer devices.
    """
    whole("devices", n, least=1)
    require_jax("devices")
    import jax

    with contextlib.suppress(RuntimeError):  # too late: counting them tells
        jax.config.update("jax_num_cpu_devices", n)
    found = keras.distribution.list_devices()
    if len(found) < n:
        raise ValueError(
            f"devices is {n}, but JAX has only {', '.join(found)}. Virtual devices of "
            "the processor must be asked for before JAX computes anything."
        )
    shared = keras.distribution.DataParallel(devices=found[:n])
    keras.distribution.set_distribution(shared)


def require_jax(what: str) -> None:
    """Raise ValueError unless Keras runs on JAX."""
    backend = keras.backend.backend()
    if backend != "jax":
        raise ValueError(
            f"{what}: only the JAX backend shares a training between devices, and "
            f"Keras runs on {backend}. Set KERAS_BACKEND=jax before Keras is imported."
        )


def check_batch(batch_size: int, devices: int) -> None:
    """Raise ValueError unless a batch can be shared equally by ``devices``."""
    if batch_size % devices:
        below = batch_size - batch_size % devices
        sizes = [str(size) for size in (below, below + devices) if size]
        raise ValueError(
            f"batch_size is {batch_size}, which {devices} devices cannot share "
            f"equally: use {' or '.join(sizes)}."
        )


def device_count() -> int:
    """Devices that share a batch, those of all processes; 1 without a distribution."""
    distribution = keras.distribution.distribution()
    return 1 if distribution is None else int(distribution.device_mesh.devices.size)


def make_sharding(vae: keras.Model, batch_size: int) -> Sharding:
    """Where the arrays of a training go, as Keras's distribution says.

    Args:
        vae: the model to train.
        batch_size: images per step, over all devices.

    Returns:
        A ``Sharded``, or a ``SingleDevice`` if no distribution is set.

    Raises:
        ValueError: if the distribution that is set cannot be used here.
    """
    distribution = keras.distribution.distribution()
    if distribution is None:
        _refuse_strategy(vae)
        return SingleDevice()
    kind = type(distribution).__name__
    require_jax(f"keras.distribution.{kind} is set")
    if not isinstance(distribution, keras.distribution.DataParallel):
        raise ValueError(
            f"fit shares batches under keras.distribution.DataParallel, and {kind} is "
            "set, which splits the model: use DataParallel, or Keras's own Model.fit."
        )
    mesh = distribution.device_mesh.backend_mesh
    check_batch(batch_size, mesh.shape[distribution.batch_dim_name])
    devices = set(mesh.devices.flat)
    if any(weight.value.sharding.device_set != devices for weight in vae.weights):
        raise ValueError(
            "The model was built before its distribution was set: call "
            "keras.distribution.set_distribution first, then build the model."
        )
    return Sharded(mesh, distribution.batch_dim_name)


def _refuse_strategy(vae: keras.Model) -> None:
    """fit runs the steps itself, which would leave TensorFlow's strategies aside."""
    strategy = getattr(vae, "distribute_strategy", None)
    n = 1 if strategy is None else strategy.num_replicas_in_sync
    if n > 1:
        raise ValueError(
            f"The model was built under {type(strategy).__name__} with {n} replicas, "
            "which training.fit does not use: call vae.fit, or share batches with "
            "keras.distribution.DataParallel on JAX."
        )


class SingleDevice:
    """Leaves all arrays where they are; the methods are those of :class:`Sharded`."""

    replicated = None

    def replicate(self, array: Any) -> Any:
        return array

    def shard(self, batch_indices: np.ndarray) -> Any:
        return batch_indices

    def constrain(self, batch: Any) -> Any:
        return batch


class Sharded:
    """Puts arrays on the devices of a mesh.

    Args:
        mesh: a ``jax.sharding.Mesh``.
        axis: the name of its axis that shares a batch.
    """

    def __init__(self, mesh: Any, axis: str) -> None:
        from jax.sharding import NamedSharding, PartitionSpec

        self.replicated = NamedSharding(mesh, PartitionSpec())
        self.by_row = NamedSharding(mesh, PartitionSpec(axis))
        self.by_column = NamedSharding(mesh, PartitionSpec(None, axis))
        self.shards = mesh.shape[axis]

    def replicate(self, array: Any) -> Any:
        """The whole array on every device."""
        return _put(np.asarray(array), self.replicated)

    def shard(self, batch_indices: np.ndarray) -> Any:
        """A table of image numbers, ``(S, B)``: its columns shared, if B divides."""
        divides = batch_indices.shape[1] % self.shards == 0
        return _put(batch_indices, self.by_column if divides else self.replicated)

    def constrain(self, batch: Any) -> Any:
        """Inside a compiled function: images stay where their row numbers are."""
        import jax

        if batch.shape[0] % self.shards:
            return batch
        return jax.lax.with_sharding_constraint(batch, self.by_row)


Sharding = SingleDevice | Sharded


def _put(array: Any, sharding: Any) -> Any:
    """A global array of which each process fills its part from its own copy.

    ``jax.device_put`` would first compare the copies of all processes, every time.
    """
    import jax

    return jax.make_array_from_callback(array.shape, sharding, lambda i: array[i])
