"""The benchmark of the live pages: what it makes of measurements, and a short run."""

import importlib.util
import json
import shutil

import pytest

from notebook_env import ROOT

pytestmark = pytest.mark.book  # no backend takes part

ready = (
    (ROOT / "live" / "node_modules").is_dir()
    and shutil.which("node")
    and importlib.util.find_spec("playwright")
    and any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
)


def test_medians_leave_out_the_round_in_which_the_browser_compiles(load_experiment):
    bench = load_experiment("bench_live")
    rounds = [
        {"seconds": seconds, "loss": -seconds, "steps": 63}
        for seconds in (90.0, 2.0, 1.0, 4.0)
    ]
    task = bench.TASKS["784-512-2, an epoch"]
    results = {"an epoch": bench.summarise(task, {"live page": rounds, "b": rounds})}
    row = results["an epoch"]["peers"]["live page"]
    assert row["seconds"] == 2.0
    assert row["spread"] == 4.0
    assert row["loss"] == -4.0
    lines = "\n".join(bench.table(results))
    assert "goal 1.2 s" in lines
    assert f"{'live page':<20}{2.0:>10.4f}{1.0:>8.2f}{-4.0:>12.1f}" in lines
    assert "Disturbed" in lines


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--peers", "onnx"], "invalid choice"), (["--rounds", "0"], "at least 1")],
)
def test_bad_options_are_refused(load_experiment, options, message, capsys):
    with pytest.raises(SystemExit) as stop:
        load_experiment("bench_live").main(options)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.skipif(not ready, reason="needs npm ci in live/, playwright, a Chromium")
def test_a_short_run_measures_every_task(load_experiment, tmp_path, capsys):
    path = tmp_path / "live.json"
    options = ["--quick", "--peers", "live page", "--json", str(path)]
    assert load_experiment("bench_live").main(options) == 0
    content = json.loads(path.read_text())
    assert "an epoch: goal" in capsys.readouterr().out
    for task in content["tasks"].values():
        row = task["peers"]["live page"]
        assert row["seconds"] > 0
        assert len(row["all_seconds"]) == 2
    assert content["chromium"] and content["machine"]["processor"]
