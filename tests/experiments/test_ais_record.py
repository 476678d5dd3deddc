"""The tool that records AIS of the published models: what it keeps and adds up."""

import json

import numpy as np
import pytest

from experiments import _ais_pieces as ais_pieces
from experiments import ais as run_ais
from vae_lib import evaluation

pytestmark = pytest.mark.book


def test_a_finished_piece_is_not_computed_again(tmp_path):
    calls = []

    def compute(value):
        calls.append(value)
        return {"value": value}

    for _ in range(2):  # a second run of the tool
        pieces = ais_pieces.Pieces(tmp_path / "model")
        found = pieces("ais", {"n_chains": 2}, compute, 7)
        assert found["value"] == 7 and found["seconds"] >= 0
    assert calls == [7]
    assert pieces("ais", {"n_chains": 3}, compute, 8)["value"] == 8


def test_the_mean_has_the_standard_error_of_its_values():
    found = ais_pieces.mean_of([1.0, 2.0, 3.0])
    assert found == {"mean": 2.0, "se": pytest.approx(1 / np.sqrt(3))}


def test_bounds_rise_with_the_samples_and_end_where_the_library_does(make_vae):
    vae = make_vae()
    x = np.random.default_rng(0).uniform(size=(3, 6, 6, 1)).astype("float32")
    found = ais_pieces.bounds(vae, x)
    rising = [np.mean(found["iwae"][str(k)]) for k in ais_pieces.COUNTS]
    assert rising == sorted(rising)
    np.testing.assert_allclose(found["elbo"], found["iwae"]["1"], atol=1e-9)
    whole = evaluation.iwae(vae, x, n_samples=ais_pieces.N_SAMPLES, verbose=0)
    np.testing.assert_allclose(found["iwae"]["1000"], whole, atol=1e-6)


def a_model(log_px, exact):
    piece = {"seconds": 1.0}
    elbo = np.array([1.0, 2.0, 3.0])
    return {
        "test": {**piece, "elbo": {"mean": 10.0, "se": 0.1}},
        "bounds": {**piece, "elbo": elbo, "iwae": {"1": elbo, "10": elbo + 0.5}},
        "quadrature": {**piece, "log_px": exact, "largest_error": 0.01},
        "ais": {**piece, "log_px": log_px, "acceptance": 0.6, "chain_std": 0.2},
        "both_sides": {**piece, "forward": [1.0, 2.0], "reverse": [1.5, 2.7]},
        "doubled": {**piece, "log_px": [2.5, 4.5]},
    }


def test_the_summary_pairs_the_images():
    done = a_model(log_px=[2.0, 4.0, 9.0], exact=[2.0, 6.0, 9.2])
    found = ais_pieces.summary(done, {"n_chains": 2})
    differences = np.array([1.0, 2.0, 6.0])  # AIS less ELBO
    error = differences.std(ddof=1) / np.sqrt(3)
    assert found["test"]["ais"] == {"mean": 13.0, "se": pytest.approx(error)}
    assert found["ais_minus_elbo"]["median"] == 2.0
    assert found["doubled"]["change"]["mean"] == pytest.approx(0.5)
    assert found["simulated"]["gap"]["mean"] == pytest.approx(0.6)
    assert found["simulated"]["gap"]["median"] == pytest.approx(0.6)
    assert found["quadrature"]["minus_ais"]["mean"] == pytest.approx(2.2 / 3)
    assert found["quadrature"]["images_off_by_a_nat"] == 1
    assert found["quadrature"]["largest_miss"] == 2.0
    json.dumps(found, allow_nan=False)


def test_writing_keeps_other_models_and_forgets_those_not_published(tmp_path):
    path = tmp_path / "ais.json"
    name = next(iter(run_ais.pretrained.index()))
    run_ais.publish(path, {"models": {"gone_7": {}, name: {"sha256": "1"}}, "wu": 3})
    found = run_ais.read(path)
    assert found["models"] == {name: {"sha256": "1"}}
    assert found["wu"] == 3 and found["unit"] == "nats per image"


def test_a_recorded_model_is_measured_only_if_its_weights_changed(
    tmp_path, monkeypatch, make_vae
):
    path = tmp_path / "ais.json"
    setting = run_ais.setting_of("conv", 20)
    known = {"sha256": "of now", "settings": setting, "elbo": 1}
    run_ais.publish(path, {"models": {"mlp_2": known}})
    options = type("Options", (), {"results": path, "work": tmp_path})
    options.temperatures = 20
    monkeypatch.setattr(run_ais, "load", lambda name: (make_vae(), "of now", "conv"))
    assert run_ais.measure_model("mlp_2", None, None, options) == known
    monkeypatch.setattr(run_ais, "load", lambda name: (make_vae(), "new", "conv"))
    monkeypatch.setattr(ais_pieces, "measure", lambda *_: "pieces")
    monkeypatch.setattr(ais_pieces, "summary", lambda *_: {"elbo": 2})
    again = run_ais.measure_model("mlp_2", None, None, options)
    assert again["sha256"] == "new" and again["elbo"] == 2
