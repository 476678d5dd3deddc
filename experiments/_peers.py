"""The peers of the training benchmark, each in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# name: module in peers/, Keras backend, further settings
PEERS = {
    "vae_lib-tensorflow": ("keras_vae", "tensorflow", {"plain": False}),
    "vae_lib-jax": ("keras_vae", "jax", {"plain": False}),
    "keras-fit": ("keras_vae", "tensorflow", {"plain": True}),
    "keras-fit-jax": ("keras_vae", "jax", {"plain": True}),
    "jax-scan": ("jax_scan", None, {}),
    "torch": ("torch_loop", None, {}),
}
OTHERS = {"shared": ("shared", "jax", {"plain": False})}  # of bench_devices.py
NETWORKS = {"jax-scan": ("mlp",)}  # what a peer can train, if not everything


class Missing(Exception):
    """The peer's package is not installed."""


class Process:
    """A peer that waits for its turn.

    Args:
        name: a key of ``PEERS`` or ``OTHERS``.
        settings: what to train, as :mod:`peers.__main__` reads it.
        python: the interpreter.

    Raises:
        Missing: if the interpreter lacks a package.
        RuntimeError: if the peer ends before its work is done.
    """

    def __init__(self, name, settings, python=sys.executable):
        module, backend, extra = {**PEERS, **OTHERS}[name]
        self.name = name
        self.log = tempfile.TemporaryFile("w+")
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        if backend is not None:
            environment["KERAS_BACKEND"] = backend
        folder = Path(__file__).with_name("peers")
        self.child = subprocess.Popen(
            [python, str(folder), module, json.dumps({**settings, **extra})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env=environment,
            text=True,
        )
        try:
            answer = self.read()
        except BaseException:
            self.stop()
            raise
        if "missing" in answer:
            self.stop()
            raise Missing(answer["missing"])

    def ask(self, command):
        """Send a command and wait for the answer, a dictionary."""
        try:
            self.child.stdin.write(f"{command}\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended: reading says so
        return self.read()

    def read(self):
        line = self.child.stdout.readline()
        if not line:
            self.child.wait()
            self.log.seek(0)
            last = "".join(self.log.readlines()[-8:])
            raise RuntimeError(f"The peer {self.name} ended early. It said:\n{last}")
        return json.loads(line)

    def stop(self):
        """End the process, wherever it is."""
        self.child.kill()
        self.child.communicate()
        self.log.close()
