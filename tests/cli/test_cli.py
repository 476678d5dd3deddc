"""python -m vae_lib train, evaluate, figures: whole runs on a few digits."""

import contextlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from vae_lib import data, evaluation, report, weights
from vae_lib.__main__ import main
from vae_lib.cli import evaluate, setup
from vae_lib.cli.callbacks import Interrupt
from vae_lib.cli.runs import RunFolder
from vae_lib.training import TrainConfig, build_vae

SMALL = "--sample --train-images 64 --network linear --batch-size 32 --kl-warmup 2"


def run(*argv):
    """Exit status, standard output and standard error of one call in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(part) for part in argv])
    return status, out.getvalue(), err.getvalue()


def train(folder, *options):
    return run("train", *SMALL.split(), "--out", folder, *options)


def assert_same_weights(folder, other):
    found, expected = (weights.read_npz(run.weights) for run in (folder, other))
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A complete run of three epochs, and what it printed."""
    folder = tmp_path_factory.mktemp("cli") / "run"
    status, out, err = train(folder, "--epochs", "3")
    assert (status, err) == (0, "")
    return RunFolder(folder), out


def test_a_run_folder_describes_the_run(finished):
    folder, _ = finished
    names = ["config", "environment", "curves", "metrics"]
    expected = {*(f"{name}.json" for name in names), "weights.npz", "checkpoints"}
    assert {path.name for path in folder.path.iterdir()} == expected
    settings = {"network": "linear", "batch_size": 32, "kl_warmup": 2, "epochs": 3}
    assert folder.config() == TrainConfig(**settings)
    environment = folder.environment()
    import keras

    assert environment["backend"] == keras.backend.backend()
    assert environment["keras"] == keras.__version__
    assert environment["numpy"] == np.__version__
    assert environment["images"]["source"] == "sample"
    assert environment["images"]["train_images"] == 64
    assert len(environment["images"]["val_sha256"]) == 64
    curves = folder.curves()
    assert {"loss", "elbo", "val_elbo", "variance", "seconds"} <= curves.keys()
    assert {len(values) for values in curves.values()} == {3}


def test_the_final_scores_are_those_of_the_final_weights(finished):
    folder, out = finished
    metrics, vae = folder.metrics(), build_vae(folder.config())
    weights.load_weights(vae, folder.weights)
    scores = evaluation.evaluate(vae, data.load_sample().x_val, verbose=0)
    assert metrics["elbo"] == pytest.approx(scores.elbo, rel=1e-5)
    assert metrics["elbo"] == pytest.approx(folder.curves()["val_elbo"][-1], rel=1e-4)
    assert f"validation ELBO {scores.elbo:10.2f} +- {scores.elbo_se:.2f} nats" in out
    assert f"python -m vae_lib evaluate {folder}" in out
    assert "Epoch 3/3" in out


def test_evaluate_prints_and_writes_ordered_bounds(finished):
    folder, _ = finished
    options = ["--split", "test", "--images", "40", "--iwae", "20", "--quadrature"]
    status, out, err = run("evaluate", folder, *options)
    assert (status, err) == (0, "")
    assert "40 of the 500 test images of the sample, noise seed 0" in out
    result = json.loads((folder.path / "evaluation-test.json").read_text())
    assert (result["split"], result["n_images"], result["epochs_done"]) == (
        "test",
        40,
        3,
    )
    score = {name: entry["value"] for name, entry in result["scores"].items()}
    assert score["elbo"] == pytest.approx(-score["rate"] - score["distortion"])
    assert score["elbo"] < score["iwae_20"] < score["log_px"]
    assert score["bits_per_dim"] == pytest.approx(
        8 - score["elbo"] / (784 * np.log(2)), rel=1e-6
    )
    assert 0 <= score["active_units"] <= 2
    assert 10 < score["knn_accuracy"] < 100  # ten classes; a linear map knows some
    for name in ("elbo", "iwae_20", "log_px"):
        assert f"{score[name]:.2f}" in out
    assert out.count("nats per image") >= 5


def test_evaluate_repeats_the_scores_of_training(finished, tmp_path):
    folder, _ = finished
    path = tmp_path / "scores.json"
    status, out, _ = run("evaluate", folder, "--json", path, "--quiet")
    assert status == 0 and "Written" not in out
    result = json.loads(path.read_text())
    elbo = result["scores"]["elbo"]
    assert elbo["value"] == pytest.approx(folder.metrics()["elbo"], rel=1e-6)
    assert elbo["standard_error"] == pytest.approx(
        folder.metrics()["elbo_se"], rel=1e-5
    )
    assert (result["split"], result["n_images"]) == ("val", 500)


def test_figures_are_pictures(finished):
    folder, _ = finished
    status, out, err = run("figures", folder)
    assert (status, err) == (0, "")
    names = "encoder decoder curves samples reconstructions latent_scatter manifold"
    expected = {f"{n}.{kind}" for n in names.split() for kind in ("png", "svg")}
    figures = folder.path / "figures"
    assert {path.name for path in figures.iterdir()} == expected
    for path in figures.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG\r\n")
    for path in figures.glob("*.svg"):
        assert ElementTree.parse(path).getroot().tag.endswith("svg")
    assert all(name in out for name in names.split())


def test_without_a_run_the_figures_are_the_reports(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(report, "FIGURES", {n: report.FIGURES[n] for n in (1, 6)})
    second = {n: report.FEATURE_MAP_FIGURES[n] for n in ("4-feature-map",)}
    monkeypatch.setattr(report, "FEATURE_MAP_FIGURES", second)
    status, out, err = run(
        "figures", "--sample"
    )  # tests/library/test_report.py draws them all
    assert (status, err) == (0, "")
    written = {path.name for path in (tmp_path / "report_figures").iterdir()}
    names = (1, "4-feature-map", 6)
    assert written == {f"figure-0{n}.{kind}" for n in names for kind in ("png", "svg")}
    assert "figure-06.png, .svg  The manifold, multilayer perceptron" in out


def test_more_dimensions_leave_out_the_plane(tmp_path):
    config = TrainConfig(network="linear", latent_dim=3, likelihood="bernoulli")
    folder = RunFolder(tmp_path / "run")
    folder.create(config, {"images": {"source": "sample"}})
    weights.save_weights(build_vae(config), folder.weights)
    status, out, _ = run("figures", folder, "--out", tmp_path / "pictures")
    assert status == 0 and "Left out: latent_scatter and manifold" in out
    names = {path.stem for path in (tmp_path / "pictures").iterdir()}
    assert names == {"encoder", "decoder", "samples", "reconstructions"}
    status, out, _ = run("evaluate", folder, "--split", "train", "--images", "30")
    assert status == 0 and "0 of 20 epochs" in out
    result = json.loads((folder.path / "evaluation-train.json").read_text())["scores"]
    assert "variance" not in result and "knn_accuracy" not in result
    bits = -result["elbo"]["value"] / (784 * np.log(2))  # of binarised images
    assert result["bits_per_dim"]["value"] == pytest.approx(bits, rel=1e-6)


def test_resuming_a_complete_run_changes_nothing(finished):
    folder, _ = finished
    before = folder.weights.read_bytes()
    status, out, _ = run("train", "--out", folder, "--resume", "--quiet")
    assert status == 0 and "validation ELBO" in out and "Epoch" not in out
    assert folder.weights.read_bytes() == before


def test_a_truncated_checkpoint_falls_back_to_the_one_before(finished, tmp_path):
    folder, _ = finished
    import shutil

    copy = RunFolder(tmp_path / "copy")
    shutil.copytree(folder.path, copy.path)
    newest = copy.checkpoints / "epoch-00003.npz"
    newest.write_bytes(newest.read_bytes()[:999])
    status, out, err = run("train", "--out", copy, "--resume")
    assert status == 0
    assert (
        "epoch-00003.npz is damaged and passed over; the one before it is used" in err
    )
    assert "Continuing after epoch 2 of 3" in out
    assert_same_weights(copy, folder)


class Killed(BaseException):
    """Stands in for kill -9 at the moment before a file gets its name."""


def test_a_kill_at_any_write_is_survived(finished, tmp_path, monkeypatch):
    """Each attempt dies at another kind of write, and the next one goes on from there.

    The first attempts write the two descriptions of a new folder, which appears whole
    or not at all. Each writes weights and curves once, then checkpoint, weights and
    curves for each epoch, then the metrics.
    """
    folder = RunFolder(tmp_path / "run")
    replace = os.replace
    for fatal in (1, 2, 3, 2, 3, 4, 5, 6):
        writes = iter(range(1, 100))

        def dying(source, target, fatal=fatal, writes=writes):
            if next(writes) == fatal:
                raise Killed
            replace(source, target)

        resumed = folder.is_run
        resume = ["--resume"] if resumed else []
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", dying)
            with pytest.raises(Killed):
                train(folder, "--epochs", "3", *resume)
        if not resumed and fatal < 3:
            assert not any(tmp_path.iterdir())
            continue
        (folder.path / "weights.npz.0.part").write_bytes(b"half of")
        if resumed:
            setup.load_run(folder)  # evaluate and figures can use it
    assert folder.metrics() is None
    status, _, err = run("train", "--out", folder, "--resume")
    assert (status, err) == (0, "")
    assert_same_weights(folder, finished[0])
    first, second = folder.curves(), finished[0].curves()
    first.pop("seconds"), second.pop("seconds")
    assert first == second
    assert not list(folder.path.rglob("*.part"))


@pytest.mark.parametrize("split", ["train", "val", "test"])
@pytest.mark.parametrize("n", [None, 20])
def test_each_split_is_its_own(split, n):
    sample = data.load_sample()
    x, y = evaluate.choose_images(sample, split, n)
    images, labels = getattr(sample, f"x_{split}"), getattr(sample, f"y_{split}")
    if n is None:
        assert x is images and y is labels
        return
    places = [np.flatnonzero(np.all(images == one, axis=(1, 2, 3)))[0] for one in x]
    assert len(set(places)) == n
    np.testing.assert_array_equal(labels[places], y)


def test_evaluate_measures_the_test_images(finished, tmp_path):
    folder, _ = finished
    path = tmp_path / "scores.json"
    status, _, _ = run("evaluate", folder, "--split", "test", "--quiet", "--json", path)
    assert status == 0
    found = json.loads(path.read_text())["scores"]
    vae, sample = setup.load_run(folder), data.load_sample()
    expected = evaluation.evaluate(vae, sample.x_test, verbose=0)
    for name in ("elbo", "rate", "distortion", "mse"):
        value = getattr(expected, name)
        assert found[name]["value"] == pytest.approx(value, rel=1e-6)
    codes = [evaluation.encode(vae, x)[0] for x in (sample.x_train, sample.x_test)]
    distances = [np.sum((codes[0] - code) ** 2, axis=1) for code in codes[1]]
    nearest = [np.argsort(row)[:5] for row in distances]
    votes = [np.bincount(sample.y_train[place], minlength=10) for place in nearest]
    share = np.mean(np.argmax(votes, axis=1) == sample.y_test)  # a tie: the lower one
    assert found["knn_accuracy"]["value"] == pytest.approx(100 * share)


LONG = ["--epochs", "40"]
SECONDS = 200  # that nothing here takes


@pytest.fixture
def start():
    """A function that begins or continues a run in a process of its own.

    It waits for the second epoch. What still runs at the end of the test is ended.
    """
    processes = []

    def call(folder, *options):
        before = folder.epochs_done() if folder.is_run else 0
        root = str(Path(__file__).parents[2])
        argv = ["train", *SMALL.split(), *LONG, "--out", str(folder), *options]
        process = subprocess.Popen(
            [sys.executable, "-m", "vae_lib", *argv],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": root},
        )
        processes.append(process)
        end = time.monotonic() + SECONDS
        while not folder.is_run or folder.epochs_done() < before + 2:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < end
            time.sleep(0.01)
        return process

    yield call
    for process in processes:
        process.kill()
        process.communicate()


def test_ctrl_c_and_kill_leave_a_run_that_resumes_to_the_same_weights(start, tmp_path):
    folder, whole = RunFolder(tmp_path / "run"), RunFolder(tmp_path / "whole")
    process = start(folder)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=SECONDS)
    done = folder.epochs_done()
    assert process.returncode == 130
    assert f"interrupted after epoch {done} of 40. Continue with\n" in err
    assert err.endswith(f"python -m vae_lib train --out {folder} --resume\n")
    assert "Traceback" not in err
    status, out, _ = run("evaluate", folder, "--images", "20", "--quiet")
    assert status == 0 and f"after {done} of 40 epochs" in out

    process = start(folder, "--resume")
    time.sleep(random.uniform(0.0, 0.5))  # a moment that nobody has chosen
    process.kill()
    process.communicate(timeout=SECONDS)
    setup.load_run(folder)
    for target, options in ((folder, ["--resume"]), (whole, [])):
        status, _, err = train(target, *LONG, *options, "--quiet")
        assert (status, err) == (0, "")
    assert_same_weights(folder, whole)
    assert folder.metrics()["elbo"] == whole.metrics()["elbo"]


def test_a_second_ctrl_c_stops_at_once():
    interrupt = Interrupt()
    with pytest.raises(KeyboardInterrupt), interrupt.listening():
        interrupt.on_train_batch_end(0)
        signal.raise_signal(signal.SIGINT)  # is only noted ...
        assert interrupt.asked
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the second one was lost")
    with pytest.raises(KeyboardInterrupt):
        interrupt.on_epoch_end(0)  # ... until the next safe moment
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_that_is_ignored_stays_ignored():
    """As for a job in the background of a script, or under nohup."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupt = Interrupt()
    with interrupt.listening():
        signal.raise_signal(signal.SIGINT)
    assert not interrupt.asked
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_diverging_run_keeps_good_weights_and_says_what_to_do(tmp_path):
    folder = RunFolder(tmp_path / "run")
    status, _, err = train(folder, "--epochs", "9", "--learning-rate", "1e30")
    assert status == 1
    assert "in epoch 1, step" in err and "smaller --learning-rate" in err
    assert "Traceback" not in err
    vae = setup.load_run(folder)
    assert all(np.isfinite(weight).all() for weight in vae.get_weights())
    status, out, _ = run("evaluate", folder, "--images", "20", "--quiet")
    assert status == 0 and "after 0 of 9 epochs" in out
