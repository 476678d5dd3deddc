"""python -m vae_lib bench: what it runs, prints, writes and refuses."""

import json
import statistics

import pytest

from vae_lib.__main__ import main
from vae_lib.cli import bench, parser


@pytest.fixture
def run(capsys):
    """Exit status, standard output and standard error of one call."""

    def call(*argv):
        try:
            status = main(["bench", *map(str, argv)])
        except SystemExit as stop:
            status = stop.code
        return status, *capsys.readouterr()

    return call


def test_both_loops_run_and_are_reported(run, tmp_path):
    path = tmp_path / "bench.json"
    small = ["--network", "linear", "--train-images", 96, "--batch-size", 64]
    status, out, err = run(*small, "--rounds", 2, "--json", path)
    assert (status, err) == (0, "")
    content = json.loads(path.read_text())
    assert content["config"]["network"] == "linear" and content["images"] == 96
    ours, keras_own = (content["loops"][name] for name in bench.LOOPS)
    for loop in (ours, keras_own):
        assert len(loop["all_seconds"]) == 3 and min(loop["all_seconds"]) > 0
        # The first epoch compiles and does not count; 96 images are two steps.
        seconds = statistics.median(loop["all_seconds"][1:])
        assert loop["seconds_per_epoch"] == pytest.approx(seconds)
        assert loop["images_per_second"] == pytest.approx(96 / seconds)
        assert loop["ms_per_step"] == pytest.approx(1000 * seconds / 2)
        assert f"{loop['images_per_second']:,.0f}" in out
    ratio = keras_own["seconds_per_epoch"] / ours["seconds_per_epoch"]
    assert content["ratio"] == pytest.approx(ratio)
    assert f"is {ratio:.2f} times as fast" in out
    assert "96 random images" in out and "median of 2" in out
    assert "round 2: training.fit" in out


class Fit:
    """Stands in for a fit: notes the epochs it was asked to run."""

    def __init__(self, name, epochs, events):
        self.name, self.epochs, self.events = name, epochs, events

    def __call__(self, callback):
        for epoch in range(self.epochs):
            callback.on_epoch_begin(epoch)
            self.events.append((self.name, epoch))
            callback.on_epoch_end(epoch)


def test_quiet_prints_only_the_result(run, monkeypatch):
    def stubs(config, n_images, epochs):
        return {name: bench.Loop(Fit(name, epochs, [])) for name in bench.LOOPS}

    monkeypatch.setattr(bench, "make_loops", stubs)
    status, out, _ = run("--rounds", 1, "--quiet")
    assert status == 0
    assert "round" not in out and "times as fast" in out


def test_the_loops_take_turns():
    events = []
    loops = [bench.Loop(Fit(name, 2, events)) for name in "ab"]
    for _ in range(2):
        for loop in loops:
            loop.epoch()
    assert events == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert [len(loop.seconds) for loop in loops] == [2, 2]


def test_an_error_in_a_loop_is_raised():
    def fit(callback):
        callback.on_epoch_begin(0)
        raise FloatingPointError("The loss became nan.")

    with pytest.raises(FloatingPointError, match="The loss became nan"):
        bench.Loop(fit).epoch()


def test_help_names_every_option_and_shows_examples(run):
    status, out, _ = run("--help")
    assert status == 0
    for name in vars(parser.build_parser().parse_args(["bench"])):
        assert f"--{name.replace('_', '-')}" in out or name == "command", name
    assert "python -m vae_lib bench" in out and "random" in out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rounds", 0], "--rounds must be at least 1, got 0"),
        (["--train-images", -5], "--train-images must be at least 1, got -5"),
        (["--batch-size", 0], "batch_size must be a whole number of at least 1, got 0"),
        (["--latent-dim", 0], "latent_dim must be a whole number of at least 1, got 0"),
        (["--network", "gan"], "argument --network: invalid choice: 'gan'"),
        (["--json", "nowhere/at/all.json"], "make the folder nowhere/at first"),
    ],
)
def test_wrong_options_are_named(run, options, message):
    status, out, err = run(*options)
    assert (status, out) == (2, "")
    assert message in err and err.count("\n") == 1
