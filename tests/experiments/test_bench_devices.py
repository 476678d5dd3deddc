"""The benchmarks of several devices: they run small and write what they print."""

import json

import keras
import pytest

BACKEND = keras.backend.backend()

if BACKEND == "jax":

    def test_devices_prints_what_it_writes(load_experiment, tmp_path, capsys):
        path = tmp_path / "devices.json"
        options = ["--quick", "--images", "64", "--batch-sizes", "32"]
        module = load_experiment("bench_devices")
        assert module.main([*options, "--json", str(path)]) == 0
        table, content = capsys.readouterr().out, json.loads(path.read_text())
        cases = content["batches"]["32"]["cases"]
        assert set(cases) == {"1 device", "2 virtual devices", "2 processes"}
        for name, row in cases.items():
            assert len(row["all_seconds"]) == len(row["losses"]) == 2
            assert row["difference"] < 1e-4  # rounding
            assert f"{name:<20}{row['seconds']:>12.3f}" in table

elif BACKEND == "tensorflow":

    def test_tf_strategies_prints_what_it_writes(load_experiment, tmp_path, capsys):
        path = tmp_path / "strategies.json"
        module = load_experiment("bench_tf_strategies")
        assert module.main(["--quick", "--json", str(path)]) == 0
        table, content = capsys.readouterr().out, json.loads(path.read_text())
        found = content["strategies"]
        assert found["single device"]["replicas"] == 1
        assert found["single device"]["loss_ratio"] == 1
        for name, result in found.items():
            shown = result.get("error") or f"{result['loss']:>10.4f}"
            assert any(line.startswith(name) for line in table.splitlines())
            assert shown in table


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--images", "0"], "--images must be at least 1, got 0"),
        (["--shares", "2", "0"], "--shares must be at least 1, got 0"),
        (["--batch-sizes", "9"], "--batch-sizes: 2 cannot share 9 equally"),
        (["--rounds", "0"], "--rounds must be at least 1, got 0"),
    ],
)
def test_devices_refuses_bad_options(load_experiment, options, message, capsys):
    with pytest.raises(SystemExit) as stop:
        load_experiment("bench_devices").main(options)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err
