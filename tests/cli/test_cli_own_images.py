"""train, evaluate and figures on images of the user's own."""

import json

import numpy as np
import pytest
from test_cli_runs import run

from vae_lib import data

RNG = np.random.default_rng(0)


@pytest.fixture
def photos(tmp_path):
    """Colour images of two classes in an .npz file: dark ones and light ones."""
    y = np.arange(60) % 2
    x = RNG.integers(0, 100, (60, 6, 8, 3), dtype="uint8") + (100 * y)[
        :, None, None, None
    ].astype("uint8")
    np.savez(tmp_path / "photos.npz", x=x, y=y)
    return tmp_path / "photos.npz"


def train(capsys, photos, *more):
    out = photos.parent / "run"
    options = ["--epochs", 1, "--network", "linear", "--out", out, *more]
    return out, *run(capsys, "train", "--data", photos, *options)


def test_a_run_on_own_images_is_trained_evaluated_and_drawn(capsys, photos):
    out, status, text, err = train(capsys, photos)
    assert status == 0, err
    assert "48 training and 6 validation images of photos.npz" in text
    images = json.loads((out / "environment.json").read_text("utf-8"))["images"]
    assert images["source"] == "images" and images["image_shape"] == [6, 8, 3]
    assert images["path"] == str(photos)
    status, text, err = run(capsys, "evaluate", out, "--split", "test", "--images", 4)
    assert status == 0, err
    assert "4 of the 6 test images of photos.npz" in text and "kNN accuracy" in text
    scores = json.loads((out / "evaluation-test.json").read_text("utf-8"))["scores"]
    bits = 8 - scores["elbo"]["value"] / (6 * 8 * 3 * np.log(2))
    assert np.isclose(scores["bits_per_dim"]["value"], bits)
    status, text, err = run(capsys, "figures", out)
    assert status == 0, err
    drawn = {path.stem for path in (out / "figures").glob("*.png")}
    assert {"samples", "reconstructions", "latent_scatter", "manifold"} <= drawn


def test_what_needs_labels_is_left_out_without_them(capsys, photos):
    np.savez(photos, x=np.load(photos)["x"])
    out, status, _, err = train(capsys, photos)
    assert status == 0, err
    status, text, _ = run(capsys, "evaluate", out)
    assert status == 0 and "Left out: kNN accuracy, which needs labels" in text
    assert "kNN accuracy    " not in text


def test_a_run_is_continued_wherever_its_images_lie(capsys, photos):
    out, status, _, err = train(capsys, photos)
    moved = photos.rename(photos.with_name("moved.npz"))
    status, _, err = run(capsys, "evaluate", out)
    assert status == 2 and "are no more at" in err and "--data" in err
    assert run(capsys, "evaluate", out, "--data", moved)[0] == 0
    status, _, err = run(capsys, "train", "--out", out, "--resume", "--data", moved)
    assert status == 0, err


def test_images_that_have_changed_are_refused(capsys, photos):
    out, *_ = train(capsys, photos)
    arrays = dict(np.load(photos))
    np.savez(photos, x=255 - arrays["x"], y=arrays["y"])
    status, _, err = run(capsys, "evaluate", out)
    assert status == 2 and "are not those of the run any more" in err
    status, _, err = run(capsys, "train", "--out", out, "--resume")
    assert status == 2 and "are not those of the run any more" in err
    status, _, err = run(capsys, "evaluate", out, "--sample")
    assert status == 2 and "was trained on images of shape (6, 8, 3)" in err


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("empty", "there is no picture in"),
        ("text", "notes.txt: it cannot be read as a picture"),
        ("objects.npz", "its array 'x' cannot be read"),
        ("names.npz", "its arrays are ['a', 'b']"),
        ("whole.npz", "x has dtype int64"),
        ("few.npz", "9 images are too few"),
        ("same.npz", "training images are the same"),
    ],
)
def test_images_that_cannot_be_used_are_one_clear_line(capsys, tmp_path, name, match):
    path = tmp_path / name
    x = RNG.integers(0, 256, (12, 4, 4), dtype="uint8")
    files = {
        "objects.npz": {"x": np.array([{}])},
        "names.npz": {"a": x, "b": x},
        "whole.npz": {"x": x.astype("int64")},
        "few.npz": {"x": x[:9]},
        "same.npz": {"x": x[:1].repeat(12, axis=0)},
    }
    if name in files:
        np.savez(path, **files[name])
    else:
        path.mkdir()
    if name == "text":
        (path / "notes.txt").write_text("no picture")
    out = tmp_path / "run"
    status, _, err = run(capsys, "train", "--data", path, "--out", out)
    assert status == 2 and match in err and "Traceback" not in err
    assert f"--data {str(path)!r}" in err and not out.exists()


def test_the_report_is_drawn_of_digits_only(capsys, photos):
    status, _, err = run(capsys, "figures", "--data", photos, "--quiet")
    assert status == 2 and "is not MNIST" in err


def test_mnist_is_recognised_by_its_numbers(capsys, tmp_path, monkeypatch):
    sample = data.load_sample()
    monkeypatch.setattr(data, "load_mnist", lambda path: sample)
    (tmp_path / "mnist.npz").touch()
    out = tmp_path / "run"
    options = ["--epochs", 1, "--train-images", 64, "--network", "linear"]
    status, text, err = run(
        capsys, "train", "--data", tmp_path / "mnist.npz", "--out", out, *options
    )
    assert status == 0 and "images of the sample" in text, err
