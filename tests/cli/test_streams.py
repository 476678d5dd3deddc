"""Output that nobody reads, cannot hold a letter or is no terminal stops nothing."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vae_lib import _streams, evaluation, training
from vae_lib.__main__ import main

ROOT = Path(__file__).parents[2]


class Tee:
    """What a logging library puts in the place of standard output."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass


class Terminal(io.StringIO):
    def isatty(self):
        return True


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("make", [Tee, closed, lambda: None])
def test_no_stream_is_too_strange(monkeypatch, make_vae, images, make):
    stream = make()
    monkeypatch.setattr(sys, "stdout", stream)
    vae = make_vae()
    evaluation.evaluate(vae, images)
    evaluation.encode(vae, images, verbose=1)
    training.fit(vae, images, epochs=1, batch_size=8)
    assert main(["evaluate", "no such folder"]) == 2
    assert main([]) == 0
    assert stream is sys.stdout


@pytest.mark.parametrize(
    ("variables", "bars"), [({}, 1), ({"NO_COLOR": "1"}, 0), ({"TERM": "dumb"}, 0)]
)
def test_bars_are_for_terminals_with_colours(monkeypatch, variables, bars):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert _streams.shows_bars(Terminal()) == bool(bars)
    assert not _streams.shows_bars(io.StringIO())
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert evaluation._batches.progress_bar(3, "auto").verbose == bars
    assert training.hooks.verbosity("auto") == (1 if bars else 2)


def test_letters_that_the_encoding_lacks_are_escaped():
    raw = io.BytesIO()
    stream = _streams.Patient(io.TextIOWrapper(raw, encoding="cp1252"))
    stream.write("\u0141\u00f3d\u017a \u2014 done")
    stream.flush()
    assert raw.getvalue().decode("cp1252") == "\\u0141\u00f3d\\u017a \u2014 done"


@pytest.mark.skipif(os.name == "nt", reason="a pipe of a POSIX shell")
@pytest.mark.parametrize("how", ["| true", ">&-", ">&- 2>&-"])
def test_a_command_outlives_its_reader(tmp_path, how):
    command = f"'{sys.executable}' -m vae_lib train --sample --train-images 64 "
    command += f"--network linear --epochs 2 --out '{tmp_path}/run' {how}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "metrics.json").is_file()
