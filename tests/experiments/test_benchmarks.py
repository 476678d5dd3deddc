"""The benchmarks that this file starts run on a few images and write what they say."""

import json
import os
import sys

import pytest


@pytest.fixture
def run(load_experiment, capsys):
    """Standard output, standard error and exit status of a benchmark."""

    def call(name, *options):
        try:
            status = load_experiment(name).main(list(map(str, options)))
        except SystemExit as stop:
            status = stop.code
        return *capsys.readouterr(), status

    return call


def test_training_speed_compares_its_peers(run, tmp_path):
    path = tmp_path / "speed.json"
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend == "torch":
        pytest.skip("vae_lib has no fast path on PyTorch to compare")
    # What is installed for certain: the backend that the tests run with.
    peers = {
        "tensorflow": ["vae_lib-tensorflow", "keras-fit"],
        "jax": ["vae_lib-jax", "keras-fit-jax", "jax-scan"],
    }[backend]
    options = ["--quick", "--cases", "mlp-3", "--images", 200, "--peers", *peers]
    out, err, status = run("bench_training", *options, "--json", path)
    assert status == 0, err
    content = json.loads(path.read_text())
    assert content["machine"]["versions"]["keras"]
    case = content["cases"]["mlp-3"]
    assert (case["images"], case["epochs"], case["batch_size"]) == (200, 2, 128)
    assert list(case["peers"]) == peers
    fastest = min(row["seconds"] for row in case["peers"].values())
    for name, row in case["peers"].items():
        assert row["ratio"] == pytest.approx(row["seconds"] / fastest)
        gflop = case["mflop_per_image"] * 200 / 1e3
        assert row["gflops"] == pytest.approx(gflop / row["seconds"])
        percent = 100 * row["gflops"] / case["matmul_gflops"]
        assert row["percent_of_peak"] == pytest.approx(percent)
        assert row["peak_mib"] > 100 and len(row["all_seconds"]) == 2
        # An untrained model is far below an ELBO of 0, and none of these is broken.
        assert -2_000 < row["test_elbo"] < 1_000
        assert name in out


def test_a_peer_without_its_package_is_skipped(run, tmp_path):
    # An interpreter without site-packages has no torch.
    lean = tmp_path / "python"
    lean.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n')
    lean.chmod(0o755)
    options = ["--quick", "--cases", "mlp-2", "--peers", "torch", "--images", 64]
    out, err, status = run("bench_training", *options, "--python", f"torch={lean}")
    assert out == "" and status.startswith("No peer can run")
    assert "torch is skipped: No module named 'torch'" in err
    assert "--python torch=PATH" in err


def test_the_work_of_an_image_is_counted_from_the_layers(load_experiment):
    work = load_experiment("_flops")

    # By hand: 784 x 512 twice, 512 x d three times; twice the multiplications, three
    # times (forward, two gradients), less the first layer's gradient of its input.
    for d in (2, 20):
        products = 2 * 784 * 512 + 3 * 512 * d
        expected = 3 * 2 * products - 2 * 784 * 512
        assert work.flops_per_image("mlp", d) == expected
    encoder = (32 * 28**2, 32 * 64 * 14**2, 64 * 64 * 14**2, 64 * 64 * 14**2)
    decoder = (32 * 28**2, 32 * 28**2)
    dense = 14 * 14 * 64 * 32 + 2 * 32 * 2 + 2 * 784
    products = 9 * sum(encoder + decoder) + dense
    expected = 6 * products - 2 * 9 * encoder[0]
    assert work.flops_per_image("conv", 2) == expected


def test_time_profile_leaves_parts_out(run, tmp_path):
    path = tmp_path / "profile.json"
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    options = ["--quick", "--backends", backend, "--json", path]
    out, err, status = run("bench_profile", *options)
    assert status == 0, err
    result = json.loads(path.read_text())["backends"][backend]
    for name, rows in result["parts"].items():
        total, bound = rows.pop("total"), rows.pop("products at peak", 0.0)
        assert total == result["seconds"][name] and bound >= 0
        assert sum(rows.values()) == pytest.approx(total)
        assert all(label in out for label in rows)


def test_cost_against_size_fits_a_line(run, tmp_path):
    path = tmp_path / "size.json"
    options = ["--quick", "--series", "iwae", "--rounds", 1, "--json", path]
    out, err, status = run("bench_size", *options)
    assert status == 0, err
    series = json.loads(path.read_text())["series"]["iwae"]
    assert [row["iwae"] for row in series["points"]] == [1, 3]
    assert all(row["seconds"] > 0 and row["peak_mib"] > 100 for row in series["points"])
    line = series["seconds_line"]  # through two points it is exact
    seconds = [row["seconds"] for row in series["points"]]
    assert line["slope"] == pytest.approx((seconds[1] - seconds[0]) / 2)
    assert line["intercept"] + line["slope"] == pytest.approx(seconds[0])
    assert f"{seconds[1]:.3f}" in out


def test_large_batch_trains_every_case_and_seed(run, tmp_path):
    path = tmp_path / "batch.json"
    options = ["--quick", "--batch-sizes", 128, 512, "--json", path]
    out, err, status = run("bench_large_batch", *options)
    assert status == 0, err
    content = json.loads(path.read_text())
    assert content["machine"]["versions"]["keras"]
    found = {(row["batch_size"], row["rule"]): row for row in content["runs"]}
    rates = {case: row["learning_rate"] for case, row in found.items()}
    assert rates == pytest.approx(
        {(128, "same"): 1e-3, (512, "same"): 1e-3, (512, "square root"): 2e-3}
    )
    for row in found.values():
        (elbo,) = row["val_elbo"]  # --quick means one seed
        # An untrained model is far below an ELBO of 0.
        assert -2_000 < elbo < 1_000 and f"{elbo:.2f}" in out
    # Four times the steps: one epoch is too short for anything to make up for them.
    assert found[128, "same"]["val_elbo"] > found[512, "same"]["val_elbo"]


def test_a_line_is_fitted_by_least_squares(load_experiment):
    fit = load_experiment("bench_size").line([0, 1, 2], [1.0, 3.0, 2.0])
    # Slope 1/2 through the mean (1, 2); it leaves 1.5 of the 2 squared units.
    assert fit == pytest.approx({"intercept": 1.5, "slope": 0.5, "r2": 0.25})


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("bench_training", ["--cases", "gan-2"], "'gan-2' is no case: give mlp or"),
        ("bench_training", ["--images", "0"], "--images must be at least 1, got 0"),
        ("bench_training", ["--python", "torch"], "'torch' is not PEER=PATH"),
        ("bench_profile", ["--latent-dim", "0"], "--latent-dim must be at least 1"),
        (
            "bench_large_batch",
            ["--batch-sizes", "0"],
            "--batch-sizes must be at least 1",
        ),
        ("bench_large_batch", ["--rounds", "0"], "--rounds must be at least 1, got 0"),
        ("bench_size", ["--rounds", "0"], "--rounds must be at least 1, got 0"),
        ("bench_size", ["--series", "x"], "invalid choice: 'x'"),
    ],
)
def test_wrong_options_are_named(run, name, options, message):
    out, err, status = run(name, *options)
    assert (status, out) == (2, "")
    assert message in err
