"""Files that other programs read are whole at any moment, and are JSON."""

import json
import math
import os
import subprocess
import sys

import pytest

from vae_lib._files import as_path, check_writable, replacing, write_json

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")


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
    with pytest.raises(FileNotFoundError, match=r"make the folder .*missing first"):
        write_json(path, 1)


def test_writing_waits_for_no_array_library():
    slow = "{'keras', 'numpy', 'tensorflow', 'jax', 'torch'}"
    code = f"import sys, vae_lib._files; print({slow} & set(sys.modules) or 'none')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout == "none\n", run.stderr


@POSIX
def test_a_link_stays_a_link_and_its_file_is_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "a.json", tmp_path / "link.json"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to("far/a.json")
    write_json(link, 1)
    assert link.is_symlink() and target.read_text() == "1\n"
    assert target.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in target.parent.iterdir()] == ["a.json"]
    target.unlink()  # a link that leads nowhere yet
    write_json(link, 2)
    assert link.is_symlink() and target.read_text() == "2\n"


WRITE = "import sys; from vae_lib._files import write_json; write_json(sys.argv[1], 7)"


def write(path, **how):
    command = [sys.executable, "-c", f"print('before', flush=True); {WRITE}", path]
    return subprocess.run(command, check=True, stderr=subprocess.PIPE, **how)


@POSIX
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_an_open_file_is_written_on_and_not_replaced(tmp_path, name):
    assert write(name, stdout=subprocess.PIPE).stdout == b"before\n7\n"
    link, out = tmp_path / "link", tmp_path / "out"
    link.symlink_to(name)
    with open(out, "wb") as stream:
        write(str(link), stdout=stream)
        stream.write(b"after\n")
    assert link.is_symlink()
    assert out.read_bytes() == b"before\n7\nafter\n"
    assert {path.name for path in tmp_path.iterdir()} == {"link", "out"}


@POSIX
def test_a_pipe_and_a_device_are_written_to(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)
    write_json(pipe, 3)
    assert reader.communicate(timeout=60)[0] == b"3\n"
    assert pipe.is_fifo()
    write_json(os.devnull, 3)
    assert not os.path.isfile(os.devnull)


def test_a_folder_is_not_replaced(tmp_path):
    for check in (write_json, lambda path, _: check_writable(path)):
        with pytest.raises(IsADirectoryError, match="is a folder: give the name of"):
            check(tmp_path, 1)
    assert tmp_path.is_dir()


@pytest.mark.parametrize("name", ["a" * 250, "\u0141" * 120 + ".json"])
def test_a_long_name_leaves_room_for_its_part(tmp_path, name):
    write_json(tmp_path / name, 1)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_cannot_be_made_is_named_and_not_its_part(tmp_path):
    with pytest.raises(OSError, match="File name too long") as error:
        write_json(tmp_path / ("a" * 300), 1)
    assert ".part" not in str(error.value)


@POSIX
def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    write_json("~/a.json", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    with pytest.raises(ValueError, match="~no-such-user/a"):
        as_path("~no-such-user/a")
