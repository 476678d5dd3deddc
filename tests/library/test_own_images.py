"""data.load_images: what it reads, how it splits, and what it refuses."""

import os
import sys

import numpy as np
import pytest
from PIL import Image

from vae_lib import data, networks

RNG = np.random.default_rng(0)


def pictures(n=20, size=(6, 8), channels=3, dtype="uint8"):
    shape = (n, *size, channels) if channels > 1 else (n, *size)
    return RNG.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def save(folder, arrays, start=0):
    """Write each array as a PNG, named by its number."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, array in enumerate(arrays, start):
        Image.fromarray(array).save(folder / f"{i:03}.png")
    return folder


def all_images(found):
    return np.concatenate([found.x_train, found.x_val, found.x_test])


def as_set(images):
    return {image.tobytes() for image in np.asarray(images, "float32")}


def refused(path, match):
    with pytest.raises(ValueError, match=match) as caught:
        data.load_images(path)
    assert str(caught.value).startswith(f"path={os.fspath(path)!r}: ")


@pytest.mark.parametrize("channels", [1, 3])
def test_a_folder_and_a_file_of_the_same_pictures_are_the_same_images(
    tmp_path, channels
):
    x = pictures(channels=channels)
    folder = data.load_images(save(tmp_path / "pictures", x))
    np.savez(tmp_path / "file.npz", x=x)
    file = data.load_images(tmp_path / "file.npz")
    assert folder.digest == file.digest and folder.classes == ()
    assert folder.x_train.shape == (16, 6, 8, channels)
    assert folder.x_train.dtype == np.float32 and not folder.y_train.any()
    assert as_set(all_images(folder)) == as_set(
        x.reshape(20, 6, 8, channels) / np.float32(255)
    )


def test_the_split_is_seeded_and_its_parts_share_nothing(tmp_path):
    np.savez(tmp_path / "x.npz", x=pictures(100))
    first, again = (data.load_images(tmp_path / "x.npz") for _ in range(2))
    other = data.load_images(tmp_path / "x.npz", seed=1)
    assert first.digest == again.digest != other.digest
    assert [len(first.x_train), len(first.x_val), len(first.x_test)] == [80, 10, 10]
    parts = [as_set(x) for x in (first.x_train, first.x_val, first.x_test)]
    assert len(set.union(*parts)) == sum(map(len, parts)) == 100


def test_the_split_is_even_within_each_class(tmp_path):
    y = np.repeat([0, 1, 2], [300, 60, 40])
    np.savez(tmp_path / "x.npz", x=pictures(400), y=RNG.permutation(y))
    found = data.load_images(tmp_path / "x.npz")
    for part in (found.y_val, found.y_test):
        assert np.bincount(part).tolist() == [30, 6, 4]
    assert np.bincount(found.y_train).tolist() == [240, 48, 32]
    assert len(set(found.y_train[:40])) > 1  # in random order


def test_labels_travel_with_their_images(tmp_path):
    x = pictures(60)
    x[:, 0, 0, 0] = y = np.arange(60) % 7
    np.savez(tmp_path / "x.npz", x=x, y=y)
    found = data.load_images(tmp_path / "x.npz")
    for part in ("train", "val", "test"):
        images, labels = getattr(found, f"x_{part}"), getattr(found, f"y_{part}")
        assert np.array_equal(np.rint(255 * images[:, 0, 0, 0]), labels)
        assert labels.dtype == np.uint8


def test_subfolders_are_classes_by_name(tmp_path):
    save(tmp_path / "roses", np.full((10, 4, 4), 200, "uint8") + np.uint8(0))
    save(tmp_path / "daisies", pictures(30, (4, 4), 1))
    found = data.load_images(tmp_path)
    assert found.classes == ("daisies", "roses")
    assert (found.x_train[found.y_train == 1] == np.float32(200 / 255)).all()


def test_a_split_of_the_readers_own_is_kept(tmp_path):
    x = pictures(40)
    for part, rows in (("train", slice(30)), ("test", slice(30, 40))):
        save(tmp_path / "folder" / part, x[rows])
    np.savez(tmp_path / "x.npz", x_train=x[:30], x_test=x[30:])
    for path in (tmp_path / "folder", tmp_path / "x.npz"):
        found = data.load_images(path)
        assert np.array_equal(found.x_test, x[30:] / np.float32(255))
        assert len(found.x_val) == 3 and len(found.x_train) == 27
    np.savez(tmp_path / "x.npz", x_train=x[:30], x_test=x[30:35], x_val=x[35:])
    found = data.load_images(tmp_path / "x.npz")
    assert np.array_equal(found.x_train, x[:30] / np.float32(255))


def test_split_folders_may_hold_classes(tmp_path):
    for part in ("train", "val", "test"):
        for name in ("a", "b"):
            save(tmp_path / part / name, pictures(5))
    found = data.load_images(tmp_path)
    assert found.classes == ("a", "b") and found.y_val.tolist() == [0] * 5 + [1] * 5
    save(tmp_path / "val" / "c", pictures(2))
    refused(tmp_path, "its parts have different classes")


def test_images_in_two_parts_are_a_warning(tmp_path, caplog):
    x = pictures(40)
    np.savez(tmp_path / "x.npz", x_train=x[:30], x_test=x[28:], x_val=x[35:])
    data.load_images(tmp_path / "x.npz")
    (record,) = caplog.records
    assert "2 of 12 test images are also in training" in record.getMessage()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "bool", "float32", "float64"])
def test_numbers_are_scaled_by_what_they_are(tmp_path, dtype):
    top = {"uint8": 255, "uint16": 65_535}.get(dtype, 1)
    x = np.zeros((10, 2, 2, 1), dtype)
    x[:, 0, 0] = top
    np.savez(tmp_path / "x.npz", x=np.concatenate([x, x[:, ::-1]]))
    found = data.load_images(tmp_path / "x.npz")
    assert found.x_train.dtype == np.float32
    assert set(np.unique(found.x_train)) == {0.0, 1.0}


def test_modes_of_pictures_that_mean_the_same_look_the_same(tmp_path):
    x = pictures(10)
    save(tmp_path / "a", x)
    colours = Image.fromarray(x[0])
    colours.convert("RGBA").save(tmp_path / "a" / "000.png")  # opaque
    flat = Image.fromarray(np.full((6, 8, 3), (250, 3, 8), "uint8"))
    flat.quantize(4).save(tmp_path / "a" / "001.png")  # a palette
    colours.save(tmp_path / "a" / "002.bmp")
    (tmp_path / "a" / "002.png").unlink()
    found = as_set(all_images(data.load_images(tmp_path / "a")))
    wanted = [x[0], np.asarray(flat), x[0], *x[3:]]
    assert found == as_set(np.array(wanted) / np.float32(255))


def test_sixteen_bits_are_kept(tmp_path):
    x = pictures(10, channels=1, dtype="uint16")
    found = data.load_images(save(tmp_path / "deep", x))
    assert as_set(all_images(found)) == as_set(x[..., None] / np.float32(65_535))


def test_a_photograph_stands_upright(tmp_path):
    x = pictures(10)
    folder = save(tmp_path / "phone", x)
    turned = Image.fromarray(np.rot90(x[0]).copy())
    exif = turned.getexif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter, as phones write it
    turned.save(folder / "000.png", exif=exif)
    assert as_set(all_images(data.load_images(folder))) == as_set(x / np.float32(255))


def test_hidden_files_are_passed_over(tmp_path):
    folder = save(tmp_path / "a", pictures(10))
    for name in (".DS_Store", "Thumbs.db", "._000.png"):
        (folder / name).write_bytes(b"no picture")
    (folder / "__MACOSX").mkdir()
    assert len(all_images(data.load_images(folder))) == 10


def spoil(folder, name):
    """A folder of twelve pictures with one thing wrong."""
    save(folder, pictures(12))
    bad = folder / "007.png"
    good = bad.read_bytes()
    if name == "text":
        (folder / "readme.txt").write_text("Photographs of 2021")
    elif name == "cut":
        bad.write_bytes(good[:60])
    elif name == "empty file":
        bad.write_bytes(b"")
    elif name == "size":
        save(folder, pictures(1, (6, 9)), start=7)
    elif name == "grey":
        save(folder, pictures(1, channels=1), start=7)
    elif name == "transparent":
        save(folder, pictures(1, channels=4), start=7)
    elif name == "ink":
        Image.fromarray(pictures(1)[0]).convert("CMYK").save(folder / "007.tif")
        bad.unlink()
    elif name == "film":
        frames = [Image.fromarray(x) for x in pictures(3)]
        frames[0].save(folder / "007.gif", save_all=True, append_images=frames[1:])
        bad.unlink()
    elif name == "beside":
        save(folder / "cats", pictures(2))
    elif name == "same":
        save(folder, np.repeat(pictures(1), 12, axis=0))
    elif name == "constant":
        save(folder, np.full((12, 6, 8, 3), 9, "uint8"))
    elif name == "one":
        for path in sorted(folder.iterdir())[1:]:
            path.unlink()
    elif name == "none":
        for path in folder.iterdir():
            path.unlink()


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("text", r"readme\.txt: it cannot be read as a picture"),
        ("cut", r"007\.png: it cannot be read as a picture"),
        ("empty file", r"007\.png: it cannot be read as a picture"),
        ("size", r"000\.png is 6 x 8 colour, 8 bits and 007\.png is 6 x 9 colour"),
        ("grey", r"007\.png is 6 x 8 grey, 8 bits: resize, crop or convert"),
        ("transparent", r"007\.png: parts of it are transparent: put it on a"),
        ("ink", r"007\.tif: its mode is CMYK: convert it to grey"),
        ("film", r"007\.gif: it has 3 frames: save one of them"),
        ("beside", r"pictures in subfolders and also '000\.png' beside them"),
        ("same", r"all 9 training images are the same: there is nothing to learn"),
        ("constant", r"all 9 training images are the same"),
        ("one", r": 1 image is too few .* at least 10"),
        ("none", r"there is no picture in "),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_by_name(tmp_path, name, match):
    spoil(tmp_path / "a", name)
    refused(tmp_path / "a", match)


def test_folders_that_are_empty_deep_or_half_split_are_refused(tmp_path):
    save(tmp_path / "a" / "cats", pictures(12))
    (tmp_path / "a" / "dogs").mkdir()
    refused(tmp_path / "a", "its subfolder 'dogs' has no pictures: remove it")
    save(tmp_path / "a" / "dogs" / "poodles", pictures(2))
    refused(tmp_path / "a", "classes are one level deep")
    save(tmp_path / "b" / "train", pictures(12))
    refused(tmp_path / "b", r"it has the subfolders \['train'\], but no 'test'")


@pytest.mark.parametrize(
    ("arrays", "match"),
    [
        ({"x": np.zeros((12, 4, 4), int)}, "x has dtype int64, whose scale would be"),
        ({"x": np.zeros((12, 4, 4), complex)}, "x has dtype complex128"),
        ({"x": np.full((12, 4, 4), 9.5)}, "x has values from 9.5 to 9.5, outside"),
        ({"x": np.full((12, 4, 4), np.nan)}, "x has NaN or infinity in 12 of 12"),
        ({"x": np.full((12, 4, 4), "a")}, "x has dtype <U1"),
        ({"x": np.array([{}])}, "its array 'x' cannot be read .*allow_pickle"),
        ({"x": np.zeros((12, 16))}, r"shape \(12, 16\): save x.reshape"),
        ({"x": np.zeros((12, 3, 4, 4))}, r"save np\.moveaxis\(x, 1, -1\)"),
        ({"x": np.zeros((12, 4, 4, 4))}, r"an alpha channel is no colour, save x"),
        ({"x": np.zeros((12, 4, 4, 2))}, r"with 1 or 3 channels at the end"),
        ({"x": pictures(9)}, "9 images are too few"),
        ({"x": pictures(0)}, "0 images are too few"),
        ({"a": pictures(12), "b": pictures(12)}, r"its arrays are \['a', 'b'\]: name"),
        ({"x": pictures(12), "x_test": pictures(2)}, "its arrays are"),
        ({"x": pictures(12), "y": np.zeros(11, int)}, "y must be 12 whole numbers"),
        ({"x": pictures(12), "y": np.zeros(12)}, "y must be 12 whole numbers"),
        ({"x": pictures(12), "y": np.full(12, -1)}, "y must be 12 whole numbers"),
        (
            {"x_train": pictures(12), "x_test": pictures(5, (8, 6))},
            "its parts have images of different shapes",
        ),
        (
            {"x_train": pictures(12), "x_test": pictures(5), "y_test": np.zeros(5)},
            r"labels for some images only: see \['y_train'\]",
        ),
        ({"x_train": pictures(12), "x_test": pictures(0)}, "too few"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_array(tmp_path, arrays, match):
    np.savez(tmp_path / "x.npz", **arrays)
    refused(tmp_path / "x.npz", match)


def test_what_is_not_there_or_no_archive_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        data.load_images(tmp_path / "none.npz")
    np.save(tmp_path / "x.npy", np.zeros(3))
    refused(tmp_path / "x.npy", "it is no .npz archive")
    with pytest.raises(ValueError, match="seed must be a whole number"):
        data.load_images(tmp_path, seed=-1)


def test_a_folder_without_pillow_says_what_to_install(tmp_path, monkeypatch):
    save(tmp_path / "a", pictures(10))
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match="pip install pillow"):
        data.load_images(tmp_path / "a")


@pytest.mark.parametrize("name", ["mlp", "conv", "conv_feature_map"])
def test_the_networks_take_images_of_another_shape(name):
    encoder, decoder = networks.build(name, 3, (30, 30, 3))
    assert decoder(encoder(np.zeros((2, 30, 30, 3)))[0]).shape == (2, 30, 30, 3)


def test_an_odd_size_is_refused_where_maps_are_doubled():
    with pytest.raises(ValueError, match="Pad the images by one pixel"):
        networks.build("conv_feature_map", 3, (31, 31, 3))
    assert networks.build("conv", 3, (31, 31, 3))[1].output_shape[1:] == (31, 31, 3)


def test_an_error_names_the_path_as_it_was_given(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    refused("../empty", match="no picture")
