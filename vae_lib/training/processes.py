"""Several processes, on one machine or many, that train one model together.

Every process runs the same program. With KERAS_BACKEND=jax, each calls first::

    from vae_lib.training import processes
    processes.join(2, process_id, "192.168.0.7:12345")

then builds the model, and ``training.fit`` shares each batch between the devices of all
processes. The results are the same in each of them, so only the first should print and
write: ask :func:`is_first`. The command ``python -m vae_lib train --processes 2`` does
all of this by itself.
"""

import contextlib
import inspect
import io
import os
import time

import keras
import numpy as np

from vae_lib.training import devices, rendezvous

HEARTBEAT = 30  # seconds of silence after which a process counts as dead


def join(processes, process_id, coordinator, timeout=45.0, seed=0, local_devices=None):
    """Wait for the other processes and share the models built from now on with them.

    Args:
        processes: how many there are, at least 1.
        process_id: number of this one, from 0. Process 0 is the coordinator.
        coordinator: ``"host:port"`` of process 0, as the others reach it; any port
            that is free there.
        timeout: seconds in which all processes must have come.
        seed: set with ``keras.utils.set_random_seed``, so that all processes begin
            with the same weights.
        local_devices: numbers of the GPUs that this process uses, where it does not
            use all of the machine's; without GPUs, as many virtual devices.

    Raises:
        ValueError: if the backend is not JAX, JAX computes already, an argument is
            out of range or does not fit those of the other processes.
        TimeoutError: if the coordinator or another process does not answer.
    """
    devices.require_jax("processes")
    import jax

    if jax.distributed.is_initialized():
        raise ValueError(
            "This process has joined already: call join once, at the beginning."
        )
    began = time.monotonic()
    rendezvous.meet(processes, process_id, coordinator, timeout)
    host, port = rendezvous.parse_address(coordinator)
    os.environ["no_grpc_proxy"] = host  # a proxy for web pages cannot lead there
    with contextlib.suppress(AttributeError):  # an older JAX, which does not warn
        jax.config.update("jax_check_proxy_envs", False)
    if local_devices is not None:
        devices.prepare_processor(len(local_devices))
    settings = {
        "coordinator_address": coordinator,
        "num_processes": processes,
        "process_id": process_id,
        "local_device_ids": local_devices,
        "initialization_timeout": max(10, int(timeout - time.monotonic() + began)),
        "heartbeat_timeout_seconds": HEARTBEAT,
        "shutdown_timeout_seconds": HEARTBEAT,
    }
    if host in rendezvous.LOOPBACK:  # nobody else needs to reach it
        settings["coordinator_bind_address"] = f"127.0.0.1:{port}"
    known = inspect.signature(jax.distributed.initialize).parameters  # older JAX
    try:
        jax.distributed.initialize(**{k: settings[k] for k in settings if k in known})
    except RuntimeError as error:
        raise ValueError(
            "JAX has computed in this process already: call join before a model is "
            f"built. ({error})"
        ) from error
    keras.utils.set_random_seed(seed)
    keras.distribution.set_distribution(keras.distribution.DataParallel())


def leave():
    """Wait until all processes have come so far, then part; nothing if alone."""
    if count() > 1:
        import jax

        jax.distributed.shutdown()


def count():
    """Number of processes that train together; 1 on other backends than JAX."""
    if keras.backend.backend() != "jax":
        return 1
    import jax

    return jax.process_count()


def is_first():
    """Whether this process is the one that prints and writes files."""
    if keras.backend.backend() != "jax":
        return True
    import jax

    return jax.process_index() == 0


def broadcast(content=b""):
    """Send bytes of the first process to all; each must call it at the same place.

    Args:
        content: the bytes; only those of the first process count.

    Returns:
        The bytes of the first process.
    """
    if count() == 1:
        return content
    from jax.experimental import multihost_utils

    size = multihost_utils.broadcast_one_to_all(np.array(len(content), np.int32))
    array = np.zeros(int(size), np.uint8)
    if is_first():
        array[:] = np.frombuffer(content, np.uint8)
    return np.asarray(multihost_utils.broadcast_one_to_all(array)).tobytes()


def broadcast_arrays(arrays=None):
    """Send a list of arrays of the first process to all.

    Args:
        arrays: NumPy arrays of numbers; only those of the first process count.

    Returns:
        The list of the first process.
    """
    if count() == 1:
        return arrays
    stream = io.BytesIO()
    if is_first():
        np.savez(stream, *arrays)
    with np.load(io.BytesIO(broadcast(stream.getvalue()))) as received:
        return [received[f"arr_{i}"] for i in range(len(received.files))]
