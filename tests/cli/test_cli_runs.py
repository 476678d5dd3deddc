"""python -m vae_lib, what needs no training: parsing, help, refusals, run folders."""

import importlib
import inspect
import json
import logging
import os
import subprocess
import sys

import pytest

import vae_lib
from vae_lib import data, likelihoods, networks
from vae_lib.__main__ import main
from vae_lib.cli import console, parser, plans, setup
from vae_lib.cli.errors import CommandError
from vae_lib.cli.runs import RunFolder
from vae_lib.training import Checkpoints, TrainConfig


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


@pytest.mark.parametrize("command", ["train", "evaluate", "figures", "bench"])
def test_a_command_takes_what_can_be_typed_as_keywords(command):
    typed = ["run"] if command in ("evaluate", "figures") else ["--batch-size", "9"]
    options = vars(parser.build_parser().parse_args([command, *typed]))
    del options["command"], options["quiet"]
    run = importlib.import_module(f"vae_lib.cli.{command}").run
    inspect.signature(run).bind(**options)  # raises TypeError


@pytest.mark.parametrize("quiet", [False, True])
def test_messages_go_to_standard_output_unless_quiet(capsys, quiet):
    log = logging.getLogger("vae_lib")
    before = log.handlers[:], log.level, log.propagate
    with console.messages(quiet):
        log.info("half done")
        log.warning("look here")
        assert console.progress() == (0 if quiet else "auto")
    assert capsys.readouterr() == (
        "look here\n" if quiet else "half done\nlook here\n",
        "",
    )
    assert (log.handlers, log.level, log.propagate) == before


def test_help_of_train_shows_the_defaults_of_the_configuration(capsys):
    _, out, _ = run(capsys, "train", "--help")
    text = " ".join(out.split())
    for name, value in TrainConfig().as_dict().items():
        assert f"--{name.replace('_', '-')}" in text
        assert value is None or f"(default {value})" in text


def test_the_choices_are_those_of_the_library():
    from vae_lib.training import config

    assert config.NETWORKS == tuple(networks.NETWORKS)
    assert config.LIKELIHOODS == tuple(likelihoods.LIKELIHOODS)


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
    status, _, err = run(capsys, *argv)
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
    assert not any(line.startswith("train_sha256:") for line in lines)  # it follows
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


def images_of(n_train=64, source="sample"):
    images = setup.describe_images(data.load_sample(), n_train)
    return {**images, "source": source}


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """A function that makes a run of the sample whose first epoch is complete."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)

    def make(**changes):
        folder = RunFolder(tmp_path / "begun")
        environment = {"backend": "tensorflow", "images": {**images_of(), **changes}}
        folder.create(TrainConfig(), environment)
        folder.write("curves.json", {"loss": [1.0]})
        return folder

    return make


def test_the_source_given_again_keeps_the_number_of_images(begun):
    folder = begun()
    recorded = folder.environment()["images"]
    for asked in (plans.Images(sample=True), plans.Images()):
        assert plans.choose_images(asked, recorded)[1] == 64


@pytest.mark.parametrize(
    ("changes", "options", "variable", "lines", "remedy"),
    [
        (
            {"source": "mnist", "train_images": 50_000},
            ["--sample"],
            None,
            ["source: 'mnist' before, 'sample' now"],
            "Leave these options out to continue",
        ),
        (
            {"train_sha256": "0", "val_sha256": "1"},
            [],
            None,
            ["train_sha256: '0' before", "val_sha256: '1' before"],
            "images that are found here are not those of the run: name the file",
        ),
        (
            {},
            [],
            "jax",
            ["backend: 'tensorflow' before, 'jax' now"],
            "Set the variable KERAS_BACKEND to tensorflow, or unset it",
        ),
    ],
)
def test_what_prevents_a_resume_is_named(
    capsys, begun, monkeypatch, changes, options, variable, lines, remedy
):
    folder = begun(**changes)
    if variable:
        monkeypatch.setenv("KERAS_BACKEND", variable)
    status, _, err = run(capsys, "train", *options, "--out", folder, "--resume")
    assert status == 2 and remedy in err
    found = [line.strip() for line in err.splitlines()[1:-1]]
    assert len(found) == len(lines)
    for line, start in zip(found, lines, strict=True):
        assert line.startswith(start)
    assert ("Leave these options out" in err) == bool(options)


@pytest.mark.parametrize("content", [[], ["lost+found"], ["environment.json"]])
def test_a_folder_that_is_there_stays_that_folder(tmp_path, monkeypatch, content):
    """It may be mounted, or the one that the shell stands in."""
    monkeypatch.chdir(tmp_path)
    for name in content:
        (tmp_path / name).mkdir() if "." not in name else (tmp_path / name).touch()
    before = tmp_path.stat().st_ino
    folder = RunFolder(".")
    assert folder.is_free
    folder.create(TrainConfig(), {"backend": "jax"})
    assert tmp_path.stat().st_ino == before
    assert RunFolder(tmp_path).is_run and folder.checkpoints.is_dir()
    assert RunFolder(tmp_path).environment() == {"backend": "jax"}


def test_a_creation_that_fails_leaves_a_folder_free(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path)

    def full(path, content):
        if path.name == "config.json":
            raise OSError(28, "No space left on device")
        path.write_text("{}")

    with monkeypatch.context() as patch:
        patch.setattr("vae_lib.cli.runs.write_json", full)
        with pytest.raises(CommandError, match="cannot be made: No space left"):
            folder.create(TrainConfig(), {})
    assert not list(tmp_path.iterdir()) and folder.is_free


def test_leftovers_of_a_kill_do_not_block(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "environment.json.123.part").touch()
    (tmp_path / "lock").touch()
    assert RunFolder(tmp_path).is_free
    (tmp_path / "checkpoints" / "epoch-00001.npz").touch()
    assert not RunFolder(tmp_path).is_free


def test_a_run_without_an_epoch_goes_on_by_the_same_command(tmp_path):
    """As when it failed after its folder was made."""
    out = tmp_path / "run"
    RunFolder(out).create(TrainConfig(epochs=4), {})
    four, five = (plans.Request({"epochs": epochs}, out) for epochs in (4, 5))
    assert plans.make_plan(four).resumed
    with pytest.raises(CommandError, match="holds a run already"):
        plans.make_plan(five)
    RunFolder(out).write("curves.json", {"loss": [1.0]})
    with pytest.raises(CommandError, match="holds a run already"):
        plans.make_plan(four)


@pytest.mark.skipif(os.name == "nt", reason="~ is the shell's on POSIX")
def test_a_tilde_that_the_shell_leaves_is_expanded(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    arguments = ["train", "--out=~/runs/a", "--data=~/mnist.npz"]
    parsed = parser.build_parser().parse_args(arguments)
    assert parsed.out == tmp_path / "runs" / "a"
    assert parsed.data == tmp_path / "mnist.npz"
    status, _, err = run(capsys, "train", "--data", "~no-such-user/mnist.npz")
    assert status == 2 and "~no-such-user" in err and "Traceback" not in err


@pytest.mark.parametrize("name", ["a" * 245, "\u0141\u00f3d\u017a", "a [x] b*?", "-"])
def test_a_run_folder_may_have_any_name(tmp_path, name):
    folder = RunFolder(tmp_path / name / "run")
    folder.create(TrainConfig(), {})
    other = RunFolder(tmp_path / "out" / name)
    other.create(TrainConfig(), {})
    assert folder.is_run and other.is_run
    assert [path.name for path in other.path.parent.iterdir()] == [name]
    (folder.path / "a.json.1.part").touch()
    folder.clear_parts()
    checkpoints = Checkpoints(folder.checkpoints)
    (folder.checkpoints / "epoch-00001.npz").touch()
    assert len(checkpoints.files()) == 1 and not list(folder.path.glob("*.part"))


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match=r"run folder .* cannot be made: "):
        RunFolder(tmp_path / "file" / "run").create(TrainConfig(), {})
    with pytest.raises(CommandError, match="cannot be made: File name too long"):
        RunFolder(tmp_path / ("a" * 256)).create(TrainConfig(), {})


@pytest.mark.parametrize("command", ["evaluate", "bench"])
def test_a_file_that_cannot_be_written_is_named_before_long_work(
    capsys, tmp_path, stored, command
):
    arguments = [stored] if command == "evaluate" else []
    for path, message in (
        (tmp_path / "none" / "a.json", "make the folder"),
        (tmp_path, "is a folder: give the name of a file"),
    ):
        status, _, err = run(capsys, command, *arguments, "--json", path)
        assert status == 2 and message in err
