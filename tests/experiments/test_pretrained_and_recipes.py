"""The tools that train the published models: a few digits, one epoch, other folders."""

import dataclasses
import hashlib
import json

import numpy as np
import pytest

from experiments import claim as run_claim
from experiments import pretrained as train_published
from experiments import recipes as try_recipes
from experiments import stationarity as run_stationarity
from vae_lib import data, pretrained, results, training, weights

NAME = "mlp_2"


@pytest.fixture(scope="module")
def digits():
    sample = data.load_sample()
    return sample._replace(
        x_train=sample.x_train[:200],
        y_train=sample.y_train[:200],
        x_val=sample.x_val[:50],
        x_test=sample.x_test[:60],
        y_test=sample.y_test[:60],
    )


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Results and weights go here; the recipe takes one epoch."""
    for name in ("PRETRAINED", "RESULTS"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(train_published, name, tmp_path / name)
    (tmp_path / "PRETRAINED" / "index.json").write_text("{}")
    quick = {"latent_dim": 2, "epochs": 1, "batch_size": 100}
    config = training.TrainConfig(**quick, batch_norm=True)
    monkeypatch.setattr(train_published, "CONFIGS", {NAME: config})
    return tmp_path


def test_a_model_is_published_once_and_its_seeds_are_measured(
    folders, digits, monkeypatch
):
    work = folders / "work"
    first = train_published.run(NAME, 0, digits, work)
    index = json.loads((folders / "PRETRAINED/index.json").read_text())
    path = folders / "PRETRAINED" / f"{NAME}.npz"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert index == {
        NAME: {"sha256": digest, "config": train_published.CONFIGS[NAME].as_dict()}
    }
    arrays = weights.read_npz(path)
    assert arrays.keys() == weights.weight_arrays(_shipped()).keys()
    assert first["second_moment"] == pytest.approx([1.0, 1.0], abs=1e-2)
    assert first["validation"]["n_images"] == 50

    other = train_published.run(NAME, 3, digits, work)
    assert other["test"]["elbo"] != first["test"]["elbo"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest  # seed 0 is shipped

    def no_training(*arguments, **options):
        raise AssertionError("a finished run is trained again")

    monkeypatch.setattr(train_published, "train", no_training)
    assert train_published.run(NAME, 0, digits, work) == first
    record = train_published.load_record(NAME)
    assert list(record["seeds"]) == ["0", "3"]
    assert len(record["curves"]["val_elbo"]) == len(record["curves"]["seconds"]) == 1

    changed = dataclasses.replace(train_published.CONFIGS[NAME], batch_size=50)
    monkeypatch.setitem(train_published.CONFIGS, NAME, changed)
    assert train_published.load_record(NAME)["seeds"] == {}  # of another recipe


def _shipped():
    return pretrained.load_pretrained("mlp", 2)


def test_the_linear_reference_is_a_density_for_each_dimension(digits):
    test = train_published.linear_reference(digits)["test"]
    assert list(test) == ["2", "10", "20"]
    assert test["2"] < test["10"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--work", "w", "mlp_3"], "unknown models ['mlp_3']"),
        (["--work", "w", "--seeds", "-1"], "--seeds must not be negative, got -1"),
        ([], "required: --work"),
    ],
)
def test_wrong_options_are_named(monkeypatch, capsys, arguments, message):
    monkeypatch.setattr("sys.argv", ["pretrained.py", *arguments])
    with pytest.raises(SystemExit, match="2"):
        train_published.main()
    assert message in capsys.readouterr().err


def test_a_trial_is_kept_and_not_mixed_with_another(digits, tmp_path, monkeypatch):
    trials = {"mlp: quick": {"latent_dim": 2, "epochs": 1, "batch_size": 100}}
    monkeypatch.setattr(try_recipes, "TRIALS", trials)
    record = try_recipes.run("mlp: quick", digits, tmp_path)
    assert record["n_train"] == 200 and record["validation"]["n_images"] == 50
    assert try_recipes.run("mlp: quick", digits, tmp_path) == record
    trials["mlp: quick"]["average"] = 0.9
    with pytest.raises(SystemExit, match="other averages"):
        try_recipes.run("mlp: quick", digits, tmp_path)
    trials["mlp: quick"]["epochs"] = 2
    with pytest.raises(SystemExit, match="another configuration"):
        try_recipes.run("mlp: quick", digits, tmp_path)


def test_trials_that_differ_in_a_digit_are_kept_apart(digits, tmp_path, monkeypatch):
    quick = {"latent_dim": 2, "epochs": 1, "batch_size": 100}
    trials = {
        f"mlp: step {rate}": {**quick, "learning_rate": rate} for rate in (1e-3, 5e-3)
    }
    monkeypatch.setattr(try_recipes, "TRIALS", trials)
    first, second = (try_recipes.run(name, digits, tmp_path) for name in trials)
    assert first["validation"] != second["validation"]


def test_every_trial_is_a_configuration():
    for name in try_recipes.TRIALS:
        config, average = try_recipes.parts(name)
        assert config.network == name.split(":")[0]
        assert (average is None) == ("averaged" not in name)


def test_the_record_has_every_trial_in_its_configuration():
    recorded = {trial["name"]: trial for trial in results.load("recipes")["trials"]}
    assert list(recorded) == list(try_recipes.TRIALS)
    for name, trial in recorded.items():
        found = training.TrainConfig(**trial["config"]), trial["average"]
        assert found == try_recipes.parts(name)


def test_averaged_weights_are_those_of_the_last_step_if_they_forget(digits):
    config = training.TrainConfig(latent_dim=2, epochs=2, batch_size=100)
    last, _ = training.train(config, digits.x_train, verbose=0)

    def farthest(momentum):
        vae, _ = try_recipes.train_averaged(config, digits.x_train, momentum)
        pairs = zip(vae.get_weights(), last.get_weights(), strict=True)
        return max(np.abs(one - other).max() for one, other in pairs)

    assert farthest(1e-6) < 1e-5 < farthest(0.9)


def test_a_run_to_rest_adds_itself_to_the_results(tmp_path, monkeypatch):
    schedule = {"epochs": 2, "lr_warmup": 0, "kl_warmup": 1}
    monkeypatch.setattr(run_stationarity, "SCHEDULE", schedule)
    monkeypatch.setattr(run_stationarity, "N_SPOTS", 300)
    monkeypatch.setattr(run_stationarity, "N_SAMPLES", 2)
    monkeypatch.setattr(run_stationarity, "RESULT", tmp_path / "stationarity.json")
    for network in ("conv", "mlp"):
        monkeypatch.setattr("sys.argv", ["stationarity.py", network])
        run_stationarity.main()
    runs = json.loads((tmp_path / "stationarity.json").read_text())["runs"]
    assert set(runs) == {"conv", "mlp"}
    assert runs["mlp"]["n_images"] == 300
    # Two epochs are not rest, and the tool does not hide it.
    assert max(abs(m - 1) for m in runs["mlp"]["second_moment"]) > 0.02


def test_an_unknown_network_is_named(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["stationarity.py", "resnet"])
    with pytest.raises(SystemExit, match="2"):
        run_stationarity.main()
    assert "unknown networks ['resnet']" in capsys.readouterr().err


def test_the_claim_gathers_every_finished_run(tmp_path):
    for network, seed in (
        ("conv", 1),
        ("mlp", 10),
        ("mlp", 9),
        ("conv_feature_map", 0),
    ):
        record = {"network": network, "seed": seed}
        (tmp_path / f"{network}-{seed}.json").write_text(json.dumps(record))
    (tmp_path / "mlp-3").mkdir()  # checkpoints of a run that goes on
    found = [(r["network"], r["seed"]) for r in run_claim.finished(tmp_path)]
    expected = [("mlp", 9), ("mlp", 10), ("conv", 1), ("conv_feature_map", 0)]
    assert found == expected
