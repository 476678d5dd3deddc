"""Several processes, on one machine or many, that train one model together.

What clusters have starts, watches and ends them: ``mpiexec -n 2``, ``srun -n 2`` or
Kubernetes. JAX finds out who they are, and Keras shares each batch between them. Every
process runs the same program. With KERAS_BACKEND=jax, it calls first::

    from vae_lib.training import distributed
    distributed.initialize()

then builds the model, and ``training.fit`` does the rest. The results are the same in
each process, so only the main one should print and write: ask :func:`is_main_process`.
The command ``python -m vae_lib train`` does all of this by itself.
"""

import importlib.util
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple, TypeVar, cast

from vae_lib._checks import whole

__all__ = ["initialize", "is_main_process", "shutdown", "world_size"]

Result = TypeVar("Result")

HEARTBEAT = 30  # seconds of silence after which a process counts as dead

# Variables that hold the number of processes, set by what starts them.
LAUNCHERS = {
    "OMPI_COMM_WORLD_SIZE": "mpiexec of Open MPI",
    "SLURM_STEP_NUM_TASKS": "srun",  # SLURM_NTASKS is that of salloc, too
    "PMI_SIZE": "mpiexec of MPICH or Intel MPI",
    "MV2_COMM_WORLD_SIZE": "mpiexec of MVAPICH",
}
# Keras's own variables: what a cluster sets that starts processes without telling them.
ADDRESS, COUNT, NUMBER = (
    f"KERAS_DISTRIBUTION_{name}"
    for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")
)


class Settings(NamedTuple):
    """Who a process is; ``None`` is for the launcher to say."""

    coordinator: str | None = None
    processes: int | None = None
    process_id: int | None = None


def launched() -> tuple[str, int]:
    """What started this process, and how many like it: ``("", 1)`` if it is alone."""
    sizes = {name: os.environ.get(variable, "") for variable, name in LAUNCHERS.items()}
    counts = {name: int(size) for name, size in sizes.items() if size.isdecimal()}
    largest = max(counts, key=lambda name: counts[name], default="")
    if counts.get(largest, 0) < 2:  # mpiexec may use srun: the largest counts
        return "", 1
    return largest, counts[largest]


def initialize(
    coordinator: str | None = None,
    processes: int | None = None,
    process_id: int | None = None,
    *,
    seed: int = 0,
) -> None:
    """Join the other processes; models built from now on are shared with them.

    Without arguments ``mpiexec`` (with mpi4py) or ``srun`` says who they are; a process
    that is alone stays so. Elsewhere, as on Kubernetes, all three must be given, or
    stand in Keras's variables KERAS_DISTRIBUTION_JOB_ADDRESSES, _NUM_PROCESSES and
    _PROCESS_ID.

    Args:
        coordinator: ``"host:port"`` of process 0, as the others reach it; alone, it
            chooses the port under ``mpiexec`` or ``srun``.
        processes: how many there are, at least 1.
        process_id: number of this one, from 0.
        seed: set with ``keras.utils.set_random_seed``, so that all processes begin
            with the same weights.

    Raises:
        ValueError: if the backend is not JAX, JAX computes already, an argument is
            missing or out of range, mpi4py is missing or the others do not come.
    """
    launcher, size = launched()
    told = settings(coordinator, processes, process_id)
    if told.processes is None and not launcher:
        return
    import keras

    from vae_lib.training.sharding import require_jax

    require_jax("processes")
    method = "deactivate" if told.processes else _detection(launcher)
    import jax

    os.environ["grpc_proxy"] = ""  # a proxy for web pages cannot lead to them
    jax.config.update("jax_check_proxy_envs", False)
    jax.config.update("jax_enable_preemption_service", False)  # it catches SIGTERM
    try:
        jax.distributed.initialize(
            *told,
            cluster_detection_method=method,
            heartbeat_timeout_seconds=HEARTBEAT,
            shutdown_timeout_seconds=HEARTBEAT,
        )
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"The processes could not be joined: {error}") from error
    if jax.process_count() != (told.processes or size):
        raise ValueError(
            f"{launcher} started {size} processes, but JAX found {jax.process_count()} "
            "of them: mpi4py or SLURM's variables belong to another launcher."
        )
    keras.utils.set_random_seed(seed)
    keras.distribution.set_distribution(keras.distribution.DataParallel())


def settings(
    coordinator: str | None = None,
    processes: int | None = None,
    process_id: int | None = None,
) -> Settings:
    """The :class:`Settings` that are given, or that Keras's variables hold.

    Raises:
        ValueError: if one is out of range, or misses the others.
    """
    nothing_given = all(x is None for x in (coordinator, processes, process_id))
    if nothing_given and COUNT in os.environ:
        coordinator = os.environ.get(ADDRESS, "").split(",")[0]
        processes, process_id = (
            int(value) if value.isdecimal() else cast(int, value)  # checked below
            for value in (os.environ[COUNT], os.environ.get(NUMBER, ""))
        )
    if coordinator is not None:
        host, _, port = str(coordinator).rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ValueError(
                "coordinator must be HOST:PORT of process 0, such as "
                f"192.168.0.7:12345, got {coordinator!r}."
            )
    if processes is process_id is None and (coordinator is None or launched()[0]):
        return Settings(coordinator)
    if coordinator is None or processes is None or process_id is None:
        raise ValueError(
            "coordinator, processes and process_id belong together: give all three, or "
            "start the program by mpiexec or srun, which know them."
        )
    whole("processes", processes, least=1)
    whole("process_id", process_id, least=0)
    if process_id >= processes:
        raise ValueError(
            f"process_id is {process_id}, but {processes} processes are numbered 0 to "
            f"{processes - 1}."
        )
    return Settings(coordinator, processes, process_id)


def _detection(launcher: str) -> str | None:
    """How JAX is to find the processes; None leaves it to JAX."""
    if launcher == LAUNCHERS["SLURM_STEP_NUM_TASKS"]:
        return None
    if importlib.util.find_spec("mpi4py") is None:
        raise ValueError(
            f"{launcher} started several processes, and JAX needs mpi4py to find them, "
            "which is not installed: pip install mpi4py"
        )
    return "mpi4py"


def shutdown() -> None:
    """Wait until all processes have come so far, then part; nothing if alone."""
    if (jax := _jax()) and jax.process_count() > 1:
        jax.distributed.shutdown()


def world_size() -> int:
    """Number of processes that train together; 1 on other backends than JAX."""
    jax = _jax()
    return jax.process_count() if jax else 1


def is_main_process() -> bool:
    """Whether this process is the one that prints and writes files."""
    jax = _jax()
    return jax.process_index() == 0 if jax else True


def _jax() -> ModuleType | None:
    """JAX, or None on another backend, or before Keras has begun."""
    keras = sys.modules.get("keras")
    if keras is None or keras.backend.backend() != "jax":
        return None
    import jax

    return jax


def from_main(call: Callable[[], Result]) -> Result:
    """What ``call()`` gives in the main process, in all of them; its error, too.

    Each process must come to it at the same place.
    """
    jax = _jax()
    if jax is None or not jax.distributed.is_initialized():  # it counts no devices yet
        return call()
    import pickle

    result: Any = None
    error: Exception | None = None
    if is_main_process():
        try:
            result = call()
        except Exception as caught:
            error = caught
        broadcast(pickle.dumps((result, error)))
    else:
        result, error = pickle.loads(broadcast())
    if error is not None:
        raise error
    return result


def broadcast(content: bytes = b"") -> bytes:
    """Send bytes of the main process to all; each must call it at the same place."""
    if world_size() == 1:
        return content
    import numpy as np
    from jax.experimental import multihost_utils

    size = multihost_utils.broadcast_one_to_all(np.array(len(content), np.int32))
    array = np.zeros(int(size), np.uint8)
    if is_main_process():
        array[:] = np.frombuffer(content, np.uint8)
    return np.asarray(multihost_utils.broadcast_one_to_all(array)).tobytes()


def gather(flag: object) -> list[bool]:
    """The truth value of each process, in the order of their numbers."""
    if world_size() == 1:
        return [bool(flag)]
    import numpy as np
    from jax.experimental import multihost_utils

    flags = multihost_utils.process_allgather(np.array([bool(flag)], np.int32))
    return [bool(each) for each in np.ravel(flags)]
