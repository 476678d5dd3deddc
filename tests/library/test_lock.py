"""One folder, one writer: a lock that names its holder and dies with it."""

import os
import signal
import subprocess
import sys

import pytest

from vae_lib._lock import FolderLock, Locked
from vae_lib.cli.errors import CommandError
from vae_lib.cli.runs import RunFolder
from vae_lib.training import Checkpoints, TrainConfig

HOLD = """
import sys
from vae_lib._lock import FolderLock
lock = FolderLock(sys.argv[1])
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of tmp_path."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_the_holder_is_named(tmp_path, holder):
    message = rf"{tmp_path} is being written by process {holder.pid} on .*, since "
    with pytest.raises(Locked, match=message):
        FolderLock(tmp_path).acquire()
    with pytest.raises(Locked, match=f"process {holder.pid}"):
        Checkpoints(tmp_path).on_train_begin()
    with pytest.raises(CommandError, match=f"process {holder.pid}"):
        RunFolder(tmp_path).lock()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_a_dead_holder_does_not_block(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait(timeout=60)
    assert (tmp_path / "lock").exists()
    with FolderLock(tmp_path):
        assert f"process {os.getpid()} on" in (tmp_path / "lock").read_text()
    assert not (tmp_path / "lock").exists()


def test_the_lock_is_of_a_process(tmp_path):
    """A notebook that was interrupted may begin again."""
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    first.acquire()
    second.acquire()
    first.release()
    first.release()
    assert (tmp_path / "lock").exists()
    del second
    assert not (tmp_path / "lock").exists()


def test_a_second_train_is_refused_before_it_changes_anything(tmp_path, holder, capsys):
    from vae_lib.__main__ import main

    RunFolder(tmp_path).create(TrainConfig(), {})
    (tmp_path / "weights.npz.1.part").write_bytes(b"half of what the first one writes")
    before = sorted(path.name for path in tmp_path.iterdir())
    assert main(["train", "--sample", "--out", str(tmp_path), "--resume"]) == 2
    assert f"is being written by process {holder.pid}" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == before
