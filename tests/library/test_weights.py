"""weights: npz files are whole or not there; they fit the model or change nothing."""

import os
import pickle
import stat

import numpy as np
import pytest

from vae_lib import likelihoods, networks, weights
from vae_lib._files import replacing
from vae_lib.models import VAE


def values(vae):
    return [np.array(value) for value in weights.weight_arrays(vae).values()]


def assert_same(first, second, rtol=0.0):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=0)


def test_weights_round_trip_exactly(make_vae, tmp_path):
    saved, other = make_vae(), make_vae()
    saved.likelihood.log_variance.assign(-1.25)
    weights.save_weights(saved, tmp_path / "w.npz")
    weights.load_weights(other, tmp_path / "w.npz")
    assert_same(values(other), values(saved))
    assert other.likelihood.variance == pytest.approx(np.exp(-1.25))


def test_names_do_not_depend_on_what_was_built_before(make_vae):
    names = list(weights.weight_arrays(make_vae()))
    assert names == list(weights.weight_arrays(make_vae()))
    layers = [f"encoder/{name}" for name in ("hidden", "z_mean", "z_log_var")]
    layers += [f"decoder/{name}" for name in ("hidden", "pixels")]
    expected = [f"{layer}/{kind}" for layer in layers for kind in ("kernel", "bias")]
    assert names == ["likelihood/log_variance", *expected]


def test_float16_halves_the_file_and_keeps_the_variance(make_vae, tmp_path):
    saved, other = make_vae(hidden_units=200), make_vae(hidden_units=200)
    saved.likelihood.log_variance.assign(-1.2345678)
    for dtype in (None, "float16"):
        weights.save_weights(saved, tmp_path / f"{dtype}.npz", dtype=dtype)
    weights.load_weights(other, tmp_path / "float16.npz")
    assert other.likelihood.variance == saved.likelihood.variance
    assert other.weights[0].dtype == "float32"
    # Half precision has 11 significant bits; these weights are above its subnormals.
    for a, b in zip(values(other), values(saved), strict=True):
        np.testing.assert_allclose(a, b, rtol=2**-11, atol=2**-25)
    sizes = [(tmp_path / f"{d}.npz").stat().st_size for d in ("float16", None)]
    assert sizes[0] < 0.6 * sizes[1]


def test_weights_that_cannot_be_loaded_are_not_saved(make_vae, tmp_path):
    vae, path = make_vae(), tmp_path / "w.npz"
    vae.weights[1].assign(vae.weights[1].numpy() * 0 + 1e5)  # above 65,504
    with pytest.raises(ValueError, match="NaN or numbers too large for float16: not"):
        weights.save_weights(vae, path, dtype="float16")
    vae.weights[1].assign(vae.weights[1].numpy() * np.nan)
    with pytest.raises(ValueError, match="NaN or numbers too large for float32: not"):
        weights.save_weights(vae, path)
    for dtype in ("int8", "half a float"):
        with pytest.raises(ValueError, match="dtype must be a float type such as"):
            weights.save_weights(make_vae(), path, dtype=dtype)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def saved(make_vae, tmp_path):
    path = tmp_path / "w.npz"
    weights.save_weights(make_vae(), path)
    return path


def damage(path, kind):
    content = bytearray(path.read_bytes())
    half = len(content) // 2
    content[half] ^= 255
    as_array = {"x": np.array([{}], dtype=object)}
    {
        "missing": path.unlink,
        "empty": lambda: path.write_bytes(b""),
        "truncated": lambda: path.write_bytes(content[:half]),
        "corrupt": lambda: path.write_bytes(content),
        "pickle": lambda: path.write_bytes(pickle.dumps([1])),
        "objects": lambda: np.savez(path, **as_array),
        "text": lambda: path.write_text("weights"),
    }[kind]()


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("missing", FileNotFoundError, "No such file: .*w.npz"),
        ("empty", ValueError, "w.npz cannot be read: it is empty"),
        ("truncated", ValueError, "w.npz cannot be read: it is truncated"),
        ("corrupt", ValueError, r"w.npz cannot be read: .* cannot be read \(Bad CRC"),
        ("pickle", ValueError, "it is no .npz archive"),
        ("objects", ValueError, "Object arrays cannot be loaded"),
        ("text", ValueError, "it is no .npz archive"),
    ],
)
def test_a_bad_file_is_named_and_changes_nothing(make_vae, saved, kind, error, message):
    vae = make_vae()
    before = values(vae)
    damage(saved, kind)
    with pytest.raises(error, match=message):
        weights.load_weights(vae, saved)
    assert_same(values(vae), before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("encoder/hidden/bias"), "encoder/hidden/bias is missing"),
        (lambda a: a.update(extra=np.ones(2)), "extra is unknown"),
        (
            lambda a: a.update({"encoder/z_mean/bias": np.ones(3, "float32")}),
            r"encoder/z_mean/bias has shape \(3,\), not \(2,\)",
        ),
        (
            lambda a: a.update({"encoder/z_mean/bias": np.array(["a", "b"])}),
            "encoder/z_mean/bias holds <U1, not floats",
        ),
        (
            lambda a: a.update({"encoder/z_mean/bias": np.array([0.0, np.nan])}),
            "encoder/z_mean/bias holds NaN or infinity",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_named_and_change_nothing(
    make_vae, saved, change, message
):
    vae = make_vae()
    before = values(vae)
    arrays = weights.read_npz(saved)
    change(arrays)
    with pytest.raises(ValueError, match=message) as error:
        weights.assign_weights(vae, arrays, source="w.npz")
    assert str(error.value).startswith("w.npz does not fit this VAE")
    assert_same(values(vae), before)


def test_weights_of_another_likelihood_or_network_do_not_fit(make_vae, saved):
    with pytest.raises(ValueError, match="likelihood/log_variance is unknown"):
        weights.load_weights(make_vae(likelihoods.Bernoulli()), saved)
    with pytest.raises(ValueError, match="latent_dim that the weights were saved from"):
        weights.load_weights(make_vae(latent_dim=3), saved)
    parts = networks.build("linear", 2, (6, 6, 1))
    with pytest.raises(ValueError, match="does not fit this VAE"):
        weights.load_weights(VAE(*parts, likelihoods.Gaussian()), saved)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    weights.write_npz(path, {"x": np.arange(3)})
    with pytest.raises(ValueError, match="'y' holds objects; only numbers are stored"):
        weights.write_npz(path, {"y": np.array([None])})
    with pytest.raises(RuntimeError, match="half"), replacing(path) as stream:
        stream.write(b"half of it")
        raise RuntimeError("half")

    def full(*args):
        raise OSError("No space left on device")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, full)
            with pytest.raises(OSError, match="No space left"):
                weights.write_npz(path, {"x": np.zeros(9)})
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.npz"]
    np.testing.assert_array_equal(weights.read_npz(path)["x"], [0, 1, 2])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_others_may_read_what_the_umask_allows(tmp_path):
    path = tmp_path / "a.npz"
    weights.write_npz(path, {"x": np.ones(1)})
    reference = tmp_path / "reference"
    reference.touch()
    modes = [stat.S_IMODE(p.stat().st_mode) for p in (path, reference)]
    assert modes[0] == modes[1]


def test_a_missing_folder_is_named(make_vae, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"make the folder .*none first"):
        weights.save_weights(make_vae(), tmp_path / "none" / "w.npz")
