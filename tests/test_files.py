"""Files that other programs read are whole at any moment, and are JSON."""

import json
import math
import subprocess
import sys

import pytest

from vae_lib._files import replacing, write_json


def test_a_reader_never_sees_a_part(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with replacing(path) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_json_keeps_order_and_letters(tmp_path):
    path = tmp_path / "a.json"
    content = {"z": [1, 2.5, None], "a": "Fréchet"}
    write_json(path, content)
    text = path.read_text(encoding="utf-8")
    assert json.loads(text) == content and list(json.loads(text)) == ["z", "a"]
    assert "Fréchet" in text and text.endswith("}\n")


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_json_that_is_none_replaces_nothing(tmp_path, number):
    path = tmp_path / "a.json"
    write_json(path, 1)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"elbo": number})
    assert path.read_text() == "1\n" and list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_missing_is_named(tmp_path):
    path = tmp_path / "missing" / "a.json"
    with pytest.raises(FileNotFoundError, match="make the folder .*missing first"):
        write_json(path, 1)


def test_writing_waits_for_no_array_library():
    slow = "{'keras', 'numpy', 'tensorflow', 'jax', 'torch'}"
    code = f"import sys, vae_lib._files; print({slow} & set(sys.modules) or 'none')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout == "none\n", run.stderr
