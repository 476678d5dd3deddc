"""python -m vae_lib, what needs no training: parsing, help, refusals, run folders."""

import json
import subprocess
import sys

import pytest

import vae_lib
from vae_lib import likelihoods, networks
from vae_lib.__main__ import main
from vae_lib.cli import parser
from vae_lib.cli.errors import CommandError
from vae_lib.cli.runs import RunFolder
from vae_lib.training import TrainConfig


def run(capsys, *argv):
    """Exit status, standard output and standard error of one call."""
    try:
        status = main([str(part) for part in argv])
    except SystemExit as stop:
        status = stop.code
    out, err = capsys.readouterr()
    return status, out, err


@pytest.fixture
def stored(tmp_path):
    """The folder of a run that was interrupted in its first epoch."""
    folder = RunFolder(tmp_path / "run")
    images = {"source": "sample", "train_images": 64}
    environment = {"backend": "tensorflow", "images": images}
    folder.create(TrainConfig(epochs=4, seed=3), environment)
    return folder


def test_no_command_prints_help(capsys):
    status, out, _ = run(capsys)
    assert status == 0
    assert "python -m vae_lib train" in out and "evaluate" in out and "figures" in out


def test_version(capsys):
    assert run(capsys, "--version")[:2] == (0, f"vae_lib {vae_lib.__version__}\n")


@pytest.mark.parametrize("command", ["train", "evaluate", "figures"])
def test_help_names_every_option_and_shows_examples(capsys, command):
    status, out, _ = run(capsys, command, "--help")
    assert status == 0
    arguments = {"train": [], "evaluate": ["run"], "figures": ["run"]}[command]
    for name in vars(parser.build_parser().parse_args([command, *arguments])):
        shown = f"--{name.replace('_', '-')}" in out or name.upper() in out
        assert shown or name == "command", name
    assert "example" in out and f"python -m vae_lib {command}" in out


def test_help_of_train_shows_the_defaults_of_the_configuration(capsys):
    _, out, _ = run(capsys, "train", "--help")
    text = " ".join(out.split())
    for name, value in TrainConfig().as_dict().items():
        assert f"--{name.replace('_', '-')}" in text
        assert value is None or f"(default {value})" in text


def test_the_choices_are_those_of_the_library():
    assert parser.NETWORKS == tuple(networks.NETWORKS)
    assert parser.LIKELIHOODS == tuple(likelihoods.LIKELIHOODS)


def test_help_waits_for_no_library():
    code = (
        "import sys; from vae_lib.__main__ import main\n"
        "try: main(['train', '--help'])\n"
        "except SystemExit: pass\n"
        "slow = {'numpy', 'keras', 'tensorflow', 'jax', 'torch', 'matplotlib'}\n"
        "sys.exit(' '.join(slow & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["fly"], "invalid choice: 'fly'"),
        (["train", "--network", "cnn"], "invalid choice: 'cnn'"),
        (["train", "--likelihood", "normal"], "invalid choice: 'normal'"),
        (["train", "--epochs", "many"], "invalid int value: 'many'"),
        (["train", "--epoch", "3"], "unrecognized arguments: --epoch 3"),
        (["train", "--sample", "--data", "x.npz"], "not allowed with argument"),
        (["evaluate"], "the following arguments are required: RUN_FOLDER"),
        (["train", "--epochs", "0"], "epochs must be a whole number of at least 1"),
        (["train", "--latent-dim", "-2"], "latent_dim must be a whole number of at"),
        (["train", "--batch-size", "0"], "batch_size must be a whole number of at"),
        (["train", "--variance", "0"], "variance must be positive and finite, got 0.0"),
        (["train", "--seed", "-1"], "seed must be a whole number of at least 0"),
        (
            ["train", "--likelihood", "bernoulli", "--variance", "1"],
            "variance=1.0 needs likelihood='gaussian'",
        ),
        (["train", "--data", "none.npz"], "--data 'none.npz': no such file"),
        (
            ["train", "--sample", "--train-images", "0"],
            "--train-images must be at least 1, got 0",
        ),
        (
            ["train", "--sample", "--train-images", "4001"],
            "--train-images is 4001, but there are 4,000 of them",
        ),
        (["evaluate", "none"], "there is no folder none. Train a model first"),
        (["figures", "none"], "there is no folder none. Train a model first"),
    ],
)
def test_wrong_input_is_one_clear_line(capsys, monkeypatch, tmp_path, argv, message):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, *argv)
    assert status == 2
    assert message in err and "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_a_folder_without_a_run_is_refused(capsys, tmp_path):
    (tmp_path / "thesis.tex").write_text("...")
    status, _, err = run(capsys, "train", "--sample", "--out", tmp_path)
    assert status == 2 and "exists and is not the folder of a run" in err
    status, _, err = run(capsys, "evaluate", tmp_path)
    assert status == 2 and "is no run folder: it has no config.json" in err
    file = tmp_path / "thesis.tex"
    status, _, err = run(capsys, "train", "--sample", "--out", file)
    assert status == 2 and "exists and is not the folder of a run" in err


def test_an_existing_run_is_refused_without_resume(capsys, stored):
    status, _, err = run(capsys, "train", "--sample", "--out", stored)
    assert status == 2
    assert "holds a run already (0 of 4 epochs). Add --resume to continue it" in err


def test_the_folder_is_named_after_the_run(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    RunFolder("runs/conv-7-seed9").create(TrainConfig(), {})
    options = ["--network", "conv", "--latent-dim", "7", "--seed", "9"]
    status, _, err = run(capsys, "train", "--sample", *options)
    assert status == 2 and "conv-7-seed9 holds a run already" in err


def test_resume_lists_every_difference(capsys, stored, monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    options = "--epochs 9 --seed 3 --network conv --backend torch --train-images 65"
    options = [*options.split(), "--sample", "--out", stored, "--resume"]
    status, _, err = run(capsys, "train", *options)
    assert status == 2
    lines = [line.strip() for line in err.splitlines()]
    assert "cannot be continued with another setup" in lines[0]
    assert "network: 'mlp' before, 'conv' now" in lines
    assert "epochs: 4 before, 9 now" in lines
    assert "backend: 'tensorflow' before, 'torch' now" in lines
    assert "train_images: 64 before, 65 now" in lines
    assert any(line.startswith("train_sha256:") for line in lines)
    assert not any(line.startswith("seed") for line in lines)
    assert "Leave these options out" in lines[-1]


def test_a_run_without_weights_says_how_to_get_them(capsys, stored):
    status, _, err = run(capsys, "evaluate", stored)
    assert status == 2
    assert "has no weights yet. Continue the run first: python -m vae_lib tr" in err
    assert f"--out {stored} --resume" in err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--iwae", "0"], "--iwae must be at least 1, got 0"),
        (["--images", "0"], "--images must be at least 1, got 0"),
        (["--images", "501"], "--images is 501, but the split has 500 images"),
        (["--batch-size", "0"], "--batch-size must be at least 1, got 0"),
        (["--seed", "-1"], "--seed must be at least 0, got -1"),
    ],
)
def test_evaluate_refuses_before_long_work(capsys, stored, argv, message):
    status, _, err = run(capsys, "evaluate", stored, *argv)
    assert status == 2 and message in err


def test_quadrature_needs_two_dimensions(capsys, tmp_path):
    RunFolder(tmp_path / "run").create(TrainConfig(latent_dim=3), {})
    status, _, err = run(capsys, "evaluate", tmp_path / "run", "--quadrature")
    assert status == 2
    assert "--quadrature needs 2 latent dimensions, and the run has 3" in err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "config.json is damaged"),
        ('{"epochs": 4', "config.json is damaged"),
        ('{"epochs": 0}', "config.json cannot be used: epochs must be"),
        ('{"colour": 1}', "config.json cannot be used: .*colour"),
        ("[1]", "config.json cannot be used"),
    ],
)
def test_a_damaged_description_is_named(stored, content, message):
    (stored.path / "config.json").write_text(content)
    with pytest.raises(CommandError, match=message):
        stored.config()


def test_a_folder_is_created_whole_or_not_at_all(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path / "run")

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("vae_lib.cli.runs.os.rename", killed)
        with pytest.raises(KeyboardInterrupt):
            folder.create(TrainConfig(), {})
    assert folder.is_free and not list(tmp_path.iterdir())
    folder.path.mkdir()  # an empty folder that the user has made
    assert folder.is_free and not folder.is_run
    folder.create(TrainConfig(seed=8), {"backend": "jax"})
    assert folder.is_run and not folder.is_free
    assert folder.config() == TrainConfig(seed=8)
    assert folder.environment() == {"backend": "jax"}
    assert (folder.curves(), folder.epochs_done(), folder.metrics()) == ({}, 0, None)
    assert json.loads((folder.path / "config.json").read_text())["seed"] == 8


def test_another_backend_than_the_loaded_one_is_refused(capsys, tmp_path):
    import keras

    others = {"tensorflow", "jax", "torch"} - {keras.backend.backend()}
    options = ["--sample", "--out", tmp_path / "run", "--backend", min(others)]
    status, _, err = run(capsys, "train", *options)
    assert status == 2 and "already, so --backend" in err
    assert not (tmp_path / "run").exists()
