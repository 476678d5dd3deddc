"""training with several processes: how they meet, train, fail and go on."""

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import keras
import numpy as np
import pytest

from vae_lib import weights
from vae_lib.__main__ import main
from vae_lib.cli import parallel
from vae_lib.cli import team as teams
from vae_lib.cli.runs import RunFolder
from vae_lib.training import TrainConfig, processes, rendezvous

ON_JAX = keras.backend.backend() == "jax"
LONG = 60  # seconds that nothing here takes


def address():
    return f"127.0.0.1:{rendezvous.free_port()}"


def in_background(call):
    """Start ``call()`` in a thread; returns a function that gives what it raised."""
    raised = []

    def run():
        try:
            call()
        except (ValueError, TimeoutError) as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def wait():
        thread.join(LONG)
        assert not thread.is_alive()
        return raised[0] if raised else None

    wait.thread = thread
    return wait


def test_processes_meet_whatever_else_knocks():
    where = address()
    host, port = rendezvous.parse_address(where)
    first = in_background(lambda: rendezvous.meet(3, 0, where, LONG))
    second = in_background(lambda: rendezvous.meet(3, 1, where, LONG))
    with retried(lambda: socket.create_connection((host, port))) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
        rendezvous.meet(3, 2, where, LONG)
    assert first() is second() is None


def retried(call):
    """What ``call`` returns once it can: the other side may not listen yet."""
    end = time.monotonic() + LONG
    while True:
        try:
            return call()
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.01)


def test_the_process_that_does_not_come_is_named():
    message = r"Process 1, 2 of 3 \(numbered from 0\) has not come to 127.0.0.1:\d+ w"
    with pytest.raises(TimeoutError, match=message):
        rendezvous.meet(3, 0, address(), timeout=0.1)


def test_a_coordinator_that_does_not_answer_is_named():
    where = address()
    message = f"coordinator {where} could not be reached within 0.3 s.*refused"
    with pytest.raises(TimeoutError, match=message):
        rendezvous.meet(2, 1, where, timeout=0.3)


def test_a_coordinator_that_waits_for_others_is_told_from_none():
    where = address()
    first = in_background(lambda: rendezvous.meet(3, 0, where, timeout=2))
    message = "Process 0 answers at .*, but not all of the 3 processes have come within"
    with pytest.raises(TimeoutError, match=message):
        rendezvous.meet(3, 1, where, timeout=1)
    assert "Process 1, 2 of 3" in str(first()) or "Process 2 of 3" in str(first())


def test_another_program_at_the_port_is_no_coordinator():
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = f"127.0.0.1:{server.getsockname()[1]}"
        late = in_background(lambda: rendezvous.meet(2, 1, where, timeout=2))
        with server.accept()[0] as guest:
            guest.sendall(b"220 mail ready\n")
        assert "could not be reached within 2 s" in str(late())
        with pytest.raises(ValueError, match="cannot listen at port .* in use"):
            rendezvous.meet(2, 0, where, timeout=0.1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [((3, 1), "process_id 1 is taken"), ((2, 1), "processes is 2 here, but 3 where")],
)
def test_a_process_that_does_not_fit_is_told_so(wrong, message):
    where = address()
    first = in_background(lambda: rendezvous.meet(3, 0, where, LONG))
    second = in_background(lambda: rendezvous.meet(3, 1, where, LONG))
    if wrong == (3, 1):  # whichever of the two comes second is the wrong one
        third = in_background(lambda: rendezvous.meet(*wrong, where, LONG))
        while second.thread.is_alive() and third.thread.is_alive():
            time.sleep(0.01)
        rendezvous.meet(3, 2, where, LONG)
        refused = [error for error in (second(), third()) if error]
    else:
        with pytest.raises(ValueError) as error:
            rendezvous.meet(*wrong, where, LONG)
        refused = [error.value]
        rendezvous.meet(3, 2, where, LONG)
        assert second() is None
    assert first() is None
    assert len(refused) == 1 and message in str(refused[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 0, "h:1"), "processes must be a whole number of at least 1, got 0"),
        ((2, -1, "h:1"), "process_id must be a whole number of at least 0, got -1"),
        ((2, 2, "h:1"), "process_id is 2, but 2 processes are numbered 0 to 1"),
        ((2, 0, "h"), "coordinator must be HOST:PORT .* got 'h'"),
        ((2, 0, "h:0"), "coordinator must be HOST:PORT .* got 'h:0'"),
        ((2, 0, "h:1", 0), "timeout must be positive and finite, got 0"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        rendezvous.meet(*arguments)


def test_alone_a_process_is_the_first_and_tells_itself():
    assert processes.is_first() and processes.count() == 1
    assert processes.broadcast(b"abc") == b"abc"
    processes.leave()


def test_joining_where_it_cannot_work_is_refused():
    keras.random.normal((1,))  # JAX computes, and can no longer be shared
    message = "JAX has computed in this process already: call join before a model"
    if not ON_JAX:
        message = "processes: only the JAX backend shares a training between devices"
    with pytest.raises(ValueError, match=message):
        processes.join(1, 0, address())


def run(*argv):
    """Exit status and standard error of one call in this process."""
    err = io.StringIO()
    with contextlib.redirect_stderr(err):
        status = main([str(part) for part in argv])
    return status, err.getvalue()


@pytest.fixture
def with_jax(monkeypatch):
    """Whether JAX is installed makes no difference to what is refused before."""
    monkeypatch.setattr(teams.importlib.util, "find_spec", lambda name: True)


FAR = "--processes 2 --coordinator h:1 --process-id"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--processes 0", "--processes must be at least 1, got 0"),
        ("--processes -3", "--processes must be at least 1, got -3"),
        ("--devices 0", "--devices must be at least 1, got 0"),
        (f"{FAR} 2", "--process-id is 2, but 2 processes are numbered 0 to 1"),
        (f"{FAR} -1", "--process-id must be a whole number of at least 0, got -1"),
        ("--processes 2 --process-id 1", "--process-id needs --coordinator HOST:PORT"),
        ("--processes 2 --coordinator h:1", "--coordinator needs --process-id K, too"),
        ("--coordinator h:1 --process-id 0", "--coordinator needs --processes N"),
        (
            "--processes 2 --coordinator h --process-id 0",
            "--coordinator must be HOST:PORT of the first process, such as 192",
        ),
        (
            "--processes 2 --backend torch",
            "--processes needs the JAX backend, got --backend torch: leave --backend",
        ),
        ("--devices 2 --backend torch", "--devices needs the JAX backend, got"),
        ("--processes 3", "batch_size is 128, which 3 devices cannot share equally: u"),
        ("--processes 2 --devices 3", "128, which 6 devices cannot share equally"),
        ("--devices 3", "128, which 3 devices cannot share equally: use 126 or 129"),
    ],
)
def test_options_that_cannot_be_are_refused(
    tmp_path, monkeypatch, with_jax, options, message
):
    monkeypatch.chdir(tmp_path)
    status, err = run("train", "--sample", *options.split())
    assert status == 2 and message in err
    assert not list(tmp_path.iterdir())


def test_jax_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(teams.importlib.util, "find_spec", lambda name: None)
    status, err = run("train", "--sample", "--processes", "2")
    assert status == 2 and "--processes needs JAX, which is not installed" in err


# What stands in for a worker that computes: it does as the test says at once, except
# for those that wait for the test to end.
FAKE = """
import json, os, signal, sys, time
settings = json.loads(sys.argv[1])
does = {does}[settings["process_id"]]
if does == "wait":
    sys.stdin.read()
elif does == "abort":
    with open(settings["log"], "w") as log:
        log.write("F0 client.h] absl::Status: UNAVAILABLE: gone\\n    @ 0x1\\n")
    os.abort()
elif does == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
elif does:
    lost = does == "lost"
    json.dump(dict(status=7, message=does, lost=lost), open(settings["report"], "w"))
    sys.exit(7)
"""


@pytest.fixture
def fake(monkeypatch, tmp_path, with_jax):
    """Runs ``train --processes`` with workers that only do as they are told."""
    workers = []

    class Fake(parallel.Worker):
        def __init__(self, *settings):
            super().__init__(*settings)
            workers.append(self)

    def call(*does, options=()):
        code = FAKE.format(does=list(does))
        monkeypatch.setattr(Fake, "COMMAND", (sys.executable, "-c", code))
        monkeypatch.setattr(parallel, "Worker", Fake)
        options = ["--processes", len(does), *options]
        status, err = run("train", "--sample", "--out", tmp_path / "run", *options)
        assert all(worker.process.returncode is not None for worker in workers)
        return status, err

    return call


@pytest.mark.parametrize(
    ("does", "status", "message"),
    [
        (("", ""), 0, ""),
        (("wait", "give --data"), 7, "vae_lib train: give --data\n"),
        (("lost", "kill"), 1, "process 1 of 2 (numbered from 0) was killed by SIGKILL"),
        (("kill", "wait"), 1, "process 0 of 2 (numbered from 0) was killed by SIGKILL"),
        (("abort", "lost"), 1, "process 1 of 2 (numbered from 0) was stopped: the con"),
        (("wait", "abort"), 1, "Its last words: UNAVAILABLE: gone."),
        (("lost", "abort", "disc full", "wait"), 7, "vae_lib train: disc full\n"),
    ],
)
def test_one_message_says_why_it_ended(fake, monkeypatch, does, status, message):
    monkeypatch.setattr(parallel, "GRACE", 1.0)
    found, err = fake(*does)
    assert found == status and message in err
    assert "Traceback" not in err and "0x1" not in err


def test_the_message_says_how_to_go_on(fake, tmp_path):
    _, err = fake("kill", "wait")
    assert "No epoch was begun: start the command again." in err
    folder = RunFolder(tmp_path / "run")
    folder.create(TrainConfig(epochs=4), {})
    folder.write("curves.json", {"loss": [3.0]})
    _, err = fake("kill", "wait", options=["--resume"])
    command = f"python -m vae_lib train --out {folder} --processes 2 --resume"
    assert f"1 of 4 epochs are complete. Continue with\n  {command}\n" in err


def test_ctrl_c_stops_all(fake, monkeypatch):
    slept = time.sleep

    def press(seconds):
        monkeypatch.setattr(parallel.time, "sleep", slept)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(parallel.time, "sleep", press)
    status, err = fake("wait", "wait")
    assert status == 130
    assert "interrupted after epoch 0 of 20. Continue with\n" in err
    assert "--processes 2 --resume" in err


SMALL = "--sample --train-images 64 --network linear --batch-size 32 --epochs 30"

if ON_JAX:

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

    def test_two_machines_and_one_process_train_the_same(alone, tmp_path):
        """Two commands that share no folder, as on two machines."""
        where = ["--processes", "2", "--coordinator", address(), "--process-id"]
        hosts = [tmp_path / "a", tmp_path / "b"]
        commands = []
        for number, host in enumerate(hosts):
            host.mkdir()
            options = [*SMALL.split(), "--out", "run", *where, str(number)]
            commands.append(start(options, host))
        printed = [command.communicate(timeout=10 * LONG)[0] for command in commands]
        assert [command.returncode for command in commands] == [0, 0], printed
        assert "2 processes" in printed[0] and not printed[1]  # the first prints
        assert_same_run(RunFolder(hosts[0] / "run"), alone)
        assert not list(hosts[1].iterdir())
        environment = RunFolder(hosts[0] / "run").environment()
        assert (environment["processes"], environment["devices"]) == (2, 2)

    def start(options, folder):
        """``train`` in a process of its own."""
        command = [sys.executable, "-m", "vae_lib", "train", *options]
        root = os.path.dirname(os.path.dirname(parallel.vae_lib.__file__))
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": root},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def test_a_killed_process_ends_all_and_resume_finishes(
        alone, tmp_path, monkeypatch
    ):
        workers = []

        class Watched(parallel.Worker):
            def __init__(self, *settings):
                super().__init__(*settings)
                workers.append(self)

        folder = RunFolder(tmp_path / "run")

        def kill():
            while not folder.path.exists() or not folder.epochs_done():
                time.sleep(0.01)
            workers[1].process.kill()

        monkeypatch.setattr(parallel, "Worker", Watched)
        killer = in_background(kill)
        options = ["--out", folder, "--processes", "2"]
        status, err = run("train", *SMALL.split(), *options)
        assert killer() is None and status == 1
        assert "process 1 of 2 (numbered from 0) was killed by SIGKILL" in err
        assert f"--out {folder} --processes 2 --resume" in err
        assert all(worker.process.returncode is not None for worker in workers)
        assert 1 <= folder.epochs_done() < 30 and folder.metrics() is None

        status, err = run("train", *options, "--resume")
        assert (status, err) == (0, "")
        assert_same_run(folder, alone)

    def test_a_run_continues_with_another_number_of_processes(alone, capsys):
        environment = {**alone.environment(), "processes": 4, "devices": 4}
        alone.write("environment.json", environment)
        status, _ = run("train", "--out", alone, "--resume")
        assert status == 0
        out = capsys.readouterr().out
        assert "processes 4 before, 1 now" in out and "differ in rounding" in out

    def test_an_unreachable_coordinator_is_named(monkeypatch):
        monkeypatch.setattr(parallel, "TIMEOUT", 0.5)
        where = address()
        options = ["--processes", "2", "--coordinator", where, "--process-id", "1"]
        status, err = run("train", "--sample", *options)
        assert status == 2
        assert f"The coordinator {where} could not be reached within 0.5 s" in err
        assert "Traceback" not in err and err.count("\n") == 1

    def test_a_process_with_other_options_is_refused(tmp_path):
        where = ["--processes", "2", "--coordinator", address(), "--process-id"]
        same = ["--sample", "--train-images", "64", "--epochs", "4", "--network"]
        first = start([*same, "linear", "--out", "run", *where, "0"], tmp_path)
        second = start([*same, "mlp", *where, "1"], tmp_path)
        out, _ = second.communicate(timeout=10 * LONG)
        assert second.returncode == 2
        assert "not those of the first process" in out
        assert "network: 'linear' before, 'mlp' now" in out
        out, _ = first.communicate(timeout=10 * LONG)
        assert first.returncode != 0 and "Traceback" not in out
        assert "process 0 of 2 (numbered from 0) was stopped: the connection" in out
