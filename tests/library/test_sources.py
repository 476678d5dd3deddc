"""The full MNIST: its split, the order of its sources, and everything that goes wrong.

No network and no MNIST: files are stand-ins of as many but smaller images, with shapes
and digests patched to match, and the server runs on this machine.
"""

import contextlib
import hashlib
import http.server
import io
import logging
import pickle
import socket
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from vae_lib import _npz, _sources, data


class FullSet(NamedTuple):
    """An npz in MNIST's form whose images say where they stand."""

    path: Path
    arrays: dict

    @staticmethod
    def places(x):
        """Where images stood in the file, read from their first two pixels."""
        pixels = np.rint(x[:, 0, :2, 0] * 255).astype(int)
        return pixels[:, 0] * 256 + pixels[:, 1]


def numbered(n):
    """``(n, 4, 4)``: the place in the first two pixels, its last byte elsewhere."""
    x = np.empty((n, 4, 4), np.uint8)
    x[:] = (np.arange(n) % 256)[:, None, None]
    x[:, 0, 0], x[:, 0, 1] = np.divmod(np.arange(n), 256)
    return x


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    arrays = {
        "x_train": numbered(60_000),
        "y_train": (np.arange(60_000) % 10).astype(np.uint8),
        "x_test": numbered(10_000),
        "y_test": (np.arange(10_000) % 7).astype(np.uint8),
    }
    path = tmp_path_factory.mktemp("full") / "full.npz"
    np.savez_compressed(path, **arrays)
    return FullSet(path, arrays)


@pytest.fixture
def full_shapes(stand_in, monkeypatch):
    """The stand-in's shapes in place of MNIST's."""
    for name, array in stand_in.arrays.items():
        monkeypatch.setitem(data.SHAPES, name, array.shape)


@pytest.fixture
def full_set(stand_in, full_shapes, monkeypatch):
    """The stand-in, accepted in place of MNIST."""
    for name, array in stand_in.arrays.items():
        digest = hashlib.sha256(array.tobytes()).hexdigest()
        monkeypatch.setitem(data.DIGESTS, name, digest)
    return stand_in


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """A machine without MNIST, and a download that nobody answers."""
    for name in ("VAE_LIB_MNIST", "VAE_LIB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(_sources, "URL", f"http://127.0.0.1:{port}/mnist.npz")
    return tmp_path / "keras"


@pytest.fixture
def cache(home):
    return home / "datasets" / "mnist.npz"


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def npz_bytes(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def test_full_split(full_set):
    mnist = data.load_mnist(full_set.path)
    assert not mnist.is_sample
    assert [a.shape for a in mnist[::2]] == [
        (50_000, 4, 4, 1),
        (4_000, 4, 4, 1),
        (10_000, 4, 4, 1),
    ]
    assert {a.dtype for a in mnist[::2]} == {np.dtype(np.float32)}
    assert {a.dtype for a in mnist[1::2]} == {np.dtype(np.uint8)}
    places = [full_set.places(x) for x in mnist[::2]]
    np.testing.assert_array_equal(places[0], np.arange(10_000, 60_000))
    np.testing.assert_array_equal(places[1], np.arange(6_000, 10_000))
    np.testing.assert_array_equal(places[2], np.arange(10_000))
    np.testing.assert_array_equal(mnist.y_train, places[0] % 10)
    np.testing.assert_array_equal(mnist.y_val, places[1] % 10)
    np.testing.assert_array_equal(mnist.y_test, places[2] % 7)


def test_full_set_is_converted_once_and_exactly(full_set):
    mnist = data.load_mnist(full_set.path)
    assert mnist.x_train.base is mnist.x_val.base is not None
    every_value = full_set.arrays["x_train"][10_000:10_256]
    expected = every_value.astype(np.float32) / 255
    np.testing.assert_array_equal(mnist.x_train[:256, :, :, 0], expected)
    assert mnist.x_train.flags.c_contiguous


def test_fallback_to_the_sample_is_silent_but_logged(monkeypatch, caplog, capsys):
    monkeypatch.setenv("VAE_LIB_OFFLINE", "1")
    with caplog.at_level(logging.INFO, "vae_lib.data"):
        mnist = data.load_mnist(allow_sample=True)
    assert mnist.is_sample and len(mnist.x_train) == 4_000
    assert capsys.readouterr() == ("", "")
    (record,) = caplog.records
    assert record.levelno == logging.INFO  # not shown unless asked for
    assert "the sample is used" in record.message
    assert "VAE_LIB_OFFLINE is set" in record.message


def test_path_comes_before_the_variable(full_set, monkeypatch):
    monkeypatch.setenv("VAE_LIB_MNIST", "nowhere.npz")
    assert len(data.load_mnist(full_set.path).x_test) == 10_000
    assert len(data.load_mnist(str(full_set.path)).x_test) == 10_000


def test_variable_comes_before_the_cache(full_set, monkeypatch, cache):
    put(cache, b"not an archive")
    monkeypatch.setenv("VAE_LIB_MNIST", str(full_set.path))
    assert not data.load_mnist().is_sample


def test_cache_comes_before_the_download(full_set, cache):
    put(cache, full_set.path.read_bytes())  # the download would be refused
    assert not data.load_mnist(allow_sample=True).is_sample


@pytest.mark.parametrize("allow_sample", [False, True])
def test_a_named_file_that_is_missing_is_an_error(
    full_set, monkeypatch, cache, allow_sample
):
    put(cache, full_set.path.read_bytes())  # good, but not what was asked for
    with pytest.raises(
        FileNotFoundError, match=r"path='a.npz': no such file. Get Keras"
    ):
        data.load_mnist("a.npz", allow_sample=allow_sample)
    monkeypatch.setenv("VAE_LIB_MNIST", "b.npz")
    with pytest.raises(FileNotFoundError, match=r"VAE_LIB_MNIST='b.npz': no such file"):
        data.load_mnist(allow_sample=allow_sample)


def test_an_empty_variable_is_no_variable(full_set, monkeypatch, cache):
    put(cache, full_set.path.read_bytes())
    monkeypatch.setenv("VAE_LIB_MNIST", "")
    assert not data.load_mnist().is_sample


def test_the_cache_is_where_keras_looks(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", "~/elsewhere")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    elsewhere = tmp_path / "elsewhere" / "datasets" / "mnist.npz"
    assert _sources.keras_cache() == elsewhere
    monkeypatch.delenv("KERAS_HOME")
    default = tmp_path / ".keras" / "datasets" / "mnist.npz"
    assert _sources.keras_cache() == default


def test_all_sources_fail(cache):
    with pytest.raises(FileNotFoundError) as raised:
        data.load_mnist()
    lines = str(raised.value).splitlines()
    assert lines[0] == "MNIST was not found. Tried:"
    assert lines[1] == "- the variable VAE_LIB_MNIST: not set"
    assert lines[2] == f"- Keras's cache, {cache}: no such file"
    assert lines[3].startswith(f"- download from {_sources.URL}: ")
    assert "refused" in lines[3]
    assert "set VAE_LIB_MNIST" in lines[4] and "load_sample()" in lines[4]
    assert not cache.parent.exists()


SMALL = {name: np.zeros(3, np.uint8) for name in data.SHAPES}
OBJECTS = np.array([{"a": 1}, None, 2], dtype=object)


def damaged(**changes):
    return npz_bytes(**{**SMALL, **changes})


def zip_with(name, content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def with_broken_crc():
    content = bytearray(npz_bytes(x_train=np.zeros(1_000, np.uint8)))
    content[len(content) // 2] ^= 1
    return bytes(content)


BAD_FILES = {
    "empty": (b"", "it is empty"),
    "truncated": (damaged()[:-100], "it is truncated or damaged, its directory can"),
    "corrupt": (with_broken_crc(), r"its array 'x_train' cannot be read \(Bad CRC-32"),
    "pickle": (pickle.dumps(SMALL), r"it is no .npz archive: it starts with b'.x80"),
    "pickled npz": (
        damaged(x_train=OBJECTS),
        r"'x_train' cannot be read \(Object arrays cannot be loaded",
    ),
    "web page": (b"<!DOCTYPE html>", "it is no .npz archive: it starts with b'<!DOCT'"),
    "npy": (b"\x93NUMPY\x01\x00", r"it is no .npz archive: it starts with b'.x93NUMPY"),
    "other zip": (zip_with("a.txt", "text"), "its member 'a.txt' is not a NumPy array"),
    "names": (
        npz_bytes(images=SMALL["x_test"]),
        r"it has no x_test, x_train, y_test, y_",
    ),
    "dtype": (damaged(x_train=np.zeros(3)), "'x_train' has dtype float64, not uint8"),
    "shape": (damaged(), r"'x_train' has shape \(3,\), not \(60000, 28, 28\)"),
}


@pytest.mark.parametrize(("content", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_named_with_what_is_wrong(tmp_path, content, message):
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    with pytest.raises(
        ValueError, match=f"path='.*bad.npz': .*{message}.* Get Keras's"
    ):
        data.load_mnist(str(path), allow_sample=True)


def test_wrong_numbers_are_refused(stand_in, full_shapes):
    with pytest.raises(
        ValueError, match=r"'x_train' holds other numbers: SHA-256 .* exp"
    ):
        data.load_mnist(stand_in.path)


def test_one_changed_label_is_refused(full_set, tmp_path):
    labels = full_set.arrays["y_test"].copy()
    labels[-1] += 1
    path = tmp_path / "changed.npz"
    np.savez_compressed(path, **{**full_set.arrays, "y_test": labels})
    with pytest.raises(ValueError, match="'y_test' holds other numbers"):
        data.load_mnist(path)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="it is a folder, not a file"):
        data.load_mnist(tmp_path)


def test_every_truncation_and_every_flipped_byte_is_a_clear_error(tmp_path):
    content = npz_bytes(a=np.arange(40, dtype=np.uint8))
    path = tmp_path / "a.npz"
    for n in range(len(content)):
        path.write_bytes(content[:n])
        with pytest.raises(ValueError, match=r"^its? "):
            _npz.read_arrays(path)
    for n in range(len(content)):
        path.write_bytes(content[:n] + bytes([content[n] ^ 0x55]) + content[n + 1 :])
        with contextlib.suppress(ValueError):  # some bytes are dates and the like
            for array in _npz.read_arrays(path).values():
                np.testing.assert_array_equal(array, np.arange(40))


@contextlib.contextmanager
def server(answer, monkeypatch):
    """Serve ``answer(handler)`` on this machine; yields how often it was asked."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            with contextlib.suppress(ConnectionError):
                answer(self)

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        url = f"http://127.0.0.1:{running.server_port}/mnist.npz"
        monkeypatch.setattr(_sources, "URL", url)
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield asked
        finally:
            running.shutdown()
            thread.join()


def reply(content, length=None):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(length or len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def nothing_left(home):
    return [path for path in home.rglob("*") if path.is_file()] == []


def test_download_is_checked_and_kept(full_set, monkeypatch, cache):
    content = full_set.path.read_bytes()
    with server(reply(content), monkeypatch) as asked:
        first, second = data.load_mnist(), data.load_mnist()
    assert asked == ["/mnist.npz"]  # the second came from the cache
    np.testing.assert_array_equal(first.x_val, second.x_val)
    assert [path.name for path in cache.parent.iterdir()] == ["mnist.npz"]
    assert cache.read_bytes() == content


def test_download_without_a_length_is_kept_too(full_set, monkeypatch, cache):
    def answer(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(full_set.path.read_bytes())

    with server(answer, monkeypatch):
        assert not data.load_mnist().is_sample
    assert cache.exists()


def break_chunked(handler):
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"1000\r\nPK")
    handler.close_connection = True


def stay_silent(handler):
    handler.rfile.read(1)  # until the client hangs up


def stall(handler):
    reply(b"PK" * 100, length=1_000)(handler)
    handler.rfile.read(1)


BAD_ANSWERS = {
    "404": (lambda h: h.send_error(404), "HTTP Error 404: Not Found"),
    "broken halfway": (
        reply(b"PK" * 500, 5_000),
        r"IncompleteRead\(1000 bytes read, 4000 more",
    ),
    "broken in a chunk": (break_chunked, "IncompleteRead"),
    "hangs up": (lambda h: h.connection.close(), "closed connection|reset|aborted"),
    "no HTTP": (lambda h: h.wfile.write(b"hello\r\n\r\n"), "BadStatusLine: hello"),
    "web page": (reply(b"<html>login</html>"), "it is no .npz archive"),
    "other arrays": (reply(damaged()), "'x_train' has shape"),
}
SLOW_ANSWERS = {"no answer": stay_silent, "body stalls": stall}


def assert_a_download_fails(answer, message, monkeypatch, home):
    expected = f"download from .*: .*({message})"
    with (
        server(answer, monkeypatch) as asked,
        pytest.raises(FileNotFoundError, match=expected),
    ):
        data.load_mnist()
    assert len(asked) <= 1  # one try
    assert nothing_left(home)


@pytest.mark.parametrize(("answer", "message"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_a_bad_download_leaves_nothing(answer, message, monkeypatch, home):
    assert_a_download_fails(answer, message, monkeypatch, home)


@pytest.mark.parametrize("answer", SLOW_ANSWERS.values(), ids=SLOW_ANSWERS)
def test_a_server_that_falls_silent_is_given_up(answer, monkeypatch, home):
    monkeypatch.setattr(_sources, "SILENT_SECONDS", 0.3)
    assert_a_download_fails(answer, "TimeoutError: .*timed out", monkeypatch, home)


def test_other_numbers_leave_nothing(stand_in, full_shapes, monkeypatch, home):
    content = stand_in.path.read_bytes()
    message = "'x_train' holds other numbers"
    assert_a_download_fails(reply(content), message, monkeypatch, home)


def test_an_interrupted_download_leaves_nothing(full_set, monkeypatch, cache, home):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)  # the last step before it has its name
    answer = reply(full_set.path.read_bytes())
    with server(answer, monkeypatch), pytest.raises(KeyboardInterrupt):
        data.load_mnist()
    assert nothing_left(home)


def test_a_bad_cached_file_is_reported_and_left_alone(monkeypatch, cache, caplog):
    put(cache, b"PK truncated")
    with pytest.raises(FileNotFoundError, match=r"Keras's cache, .*: it is truncated"):
        data.load_mnist()
    assert cache.read_bytes() == b"PK truncated"
    (record,) = caplog.records
    assert record.levelno == logging.WARNING  # shown on stderr unless configured away
    assert f"{cache} is left aside: it is truncated" in record.message


def test_a_good_download_replaces_a_bad_cached_file(full_set, monkeypatch, cache):
    put(cache, b"PK truncated")
    with server(reply(full_set.path.read_bytes()), monkeypatch):
        assert not data.load_mnist().is_sample
    assert cache.read_bytes() == full_set.path.read_bytes()


@pytest.mark.parametrize(("value", "skipped"), [("1", True), ("0", False), ("", False)])
def test_offline_variable_skips_the_download(monkeypatch, home, value, skipped):
    monkeypatch.setenv("VAE_LIB_OFFLINE", value)
    with server(lambda h: h.send_error(404), monkeypatch) as asked:
        reason = "skipped, because VAE_LIB_OFFLINE is set" if skipped else "404"
        with pytest.raises(FileNotFoundError, match=f"download from .*: .*{reason}"):
            data.load_mnist()
    assert (asked == []) == skipped
    assert nothing_left(home)


def test_a_person_at_a_terminal_is_told_what_takes_so_long(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with server(reply(b"<html>"), monkeypatch), pytest.raises(FileNotFoundError):
        data.load_mnist()
    assert capsys.readouterr().err == "Downloading MNIST, 11 MB, once.\n"


def test_a_user_without_a_home_folder_has_a_cache(monkeypatch):
    """As in a container: no HOME and no entry in the list of users."""
    for name in ("HOME", "USERPROFILE", "KERAS_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    expected = Path(tempfile.gettempdir()) / ".keras" / "datasets" / "mnist.npz"
    assert _sources.keras_cache() == expected
