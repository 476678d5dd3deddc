"""The benchmark of precision: pairs of runs, changes against float32."""

import json

import pytest


def test_precision_compares_what_it_trained(load_experiment, tmp_path, capsys):
    tool, path = load_experiment("bench_precision"), tmp_path / "precision.json"
    assert tool.main(["--quick", "--json", str(path)]) == 0
    table, content = capsys.readouterr().out, json.loads(path.read_text())
    runs = {run["precision"]: run for run in content["runs"]}
    assert set(runs) == {"float32", "mixed_bfloat16", "nudged float32"}
    exact = runs["float32"]
    # Evaluated twice, with the same noise and weights.
    assert exact["val_elbo_in_float32"] == pytest.approx(exact["val_elbo"], abs=1e-3)
    # One part in a million cannot matter after a few steps, but is not nothing.
    nudged = runs["nudged float32"]["val_elbo"]
    assert nudged == pytest.approx(exact["val_elbo"], abs=0.5)
    for row in content["changes"]:
        change = runs[row["precision"]]["val_elbo"] - exact["val_elbo"]
        assert row["change"] == pytest.approx(change)
        assert row["time_ratio"] > 0
        assert f"{row['precision']:<16}" in table


def test_changes_are_paired_by_seed(load_experiment):
    def run(precision, seed, elbo, seconds):
        return {
            "latent_dim": 2,
            "seed": seed,
            "precision": precision,
            "val_elbo": elbo,
            "val_elbo_in_float32": elbo + 0.25,
            "seconds_an_epoch": seconds,
        }

    runs = [
        run("float32", 0, 100.0, 1.0),
        run("mixed_bfloat16", 0, 101.0, 0.5),
        run("float32", 1, 110.0, 2.0),
        run("mixed_bfloat16", 1, 110.0, 1.5),
    ]
    (row,) = load_experiment("bench_precision").compare(runs)
    assert row["change"] == pytest.approx(0.5)  # of +1 and 0
    assert row["change_spread"] == pytest.approx(0.5**0.5)
    assert row["change_evaluated_in_float32"] == pytest.approx(0.75)
    assert row["time_ratio"] == pytest.approx(0.625)  # of 0.5 and 0.75
    assert row["val_elbo_float32"] == pytest.approx(105.0)
