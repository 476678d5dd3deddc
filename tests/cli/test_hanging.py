"""No test can hang: each has a time limit, and none waits for an ignored signal."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.book  # of pytest, not of a backend; JAX warns of every fork

ROOT = Path(__file__).parents[2]
WAITS = """\
import signal, subprocess, sys, time

def test_in_this_process():
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        return
    raise AssertionError("SIGINT is ignored")

def test_in_a_child():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=30) != 0
"""
HANGS = "import time\n\ndef test_it():\n    time.sleep(60)\n"


def run(folder, code, *options, **how):
    """pytest on a file of its own, with the conftest.py of these tests."""
    (folder / "test_it.py").write_text(code)
    (folder / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    paths = [str(ROOT / room) for room in ("tests", "", "tools")]
    paths += [os.environ.get("PYTHONPATH", "")]
    command += ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder)]
    return subprocess.run(
        [*command, *options, str(folder / "test_it.py")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=200,
        **how,
    )


def ignore():
    """What a shell does before it starts a job in the background of a script."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def block():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize(
    "begin",
    [None, ignore, block, os.setsid],
    ids=["plain", "ignored", "blocked", "no-terminal"],
)
def test_ctrl_c_reaches_a_test_however_it_was_started(tmp_path, begin):
    done = run(tmp_path, WAITS, preexec_fn=begin, stdin=subprocess.DEVNULL)
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_a_test_that_hangs_is_ended(tmp_path):
    done = run(tmp_path, HANGS, "--timeout", "1")
    assert done.returncode and "Timeout" in done.stdout, done.stdout + done.stderr


def test_each_test_has_a_time_limit(pytestconfig):
    assert 0 < float(pytestconfig.getini("timeout")) <= 600
