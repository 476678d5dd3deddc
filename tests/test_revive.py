"""Dead units of the encoder, given another chance."""

import keras
import numpy as np
import pytest
from keras import ops

from vae_lib import evaluation, likelihoods, models, networks, training

SHAPE = (6, 6, 1)


@pytest.fixture
def x():
    return np.random.default_rng(0).uniform(size=(300, *SHAPE)).astype("float32")


def make(network="mlp", n_dead=7):
    """A VAE in whose hidden layer some units answer nothing."""
    keras.utils.set_random_seed(1)
    parts = networks.build(network, 3, SHAPE)
    vae = models.VAE(*parts, likelihoods.Gaussian(), seed=0)
    hidden = vae.encoder.get_layer("hidden")
    bias = np.zeros(hidden.units)
    bias[:n_dead] = -100.0
    hidden.bias.assign(bias)
    return vae


def sums(vae, x):
    """What the units of the hidden layer add up, before they are rectified."""
    hidden = vae.encoder.get_layer("hidden")
    inputs = keras.Model(vae.encoder.inputs, hidden.input).predict(x, verbose=0)
    kernel, bias = (ops.convert_to_numpy(w.value) for w in hidden.weights)
    return inputs @ kernel + bias


@pytest.mark.parametrize("network", ["mlp", "conv", "conv_feature_map"])
def test_the_dead_live_and_nothing_else_changes(network, x):
    vae = make(network)
    before, living = evaluation.encode(vae, x), sums(vae, x)[:, 7:]
    dead = int(np.sum(sums(vae, x).max(axis=0) <= 0))
    assert dead >= 7
    np.testing.assert_array_equal(
        training.live_units(vae, x), sums(vae, x).max(axis=0) > 0
    )
    assert training.revive_units(vae, x) == dead
    new = sums(vae, x)
    np.testing.assert_allclose(new[:, :7].mean(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(new[:, :7].std(axis=0), 1.0, rtol=1e-3)
    alive = living.max(axis=0) > 0
    np.testing.assert_array_equal(new[:, 7:][:, alive], living[:, alive])
    for now, then in zip(evaluation.encode(vae, x), before, strict=True):
        np.testing.assert_allclose(now, then, atol=1e-5)
    assert training.revive_units(vae, x) == 0


def test_with_no_dead_unit_nothing_changes(x):
    vae = make(n_dead=0)
    training.revive_units(vae, x)  # those that the initial weights left dead
    before = [ops.convert_to_numpy(w.value) for w in vae.encoder.weights]
    assert training.revive_units(vae, x) == 0
    for weight, value in zip(vae.encoder.weights, before, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(weight.value), value)


def test_a_revived_unit_learns(x):
    """Dead, its weights would stay; and two epochs later it is still alive."""
    vae = make(n_dead=512)
    training.fit(vae, x, epochs=1, verbose=0)
    assert sums(vae, x).max() < 0  # training alone does not wake them
    training.fit(vae, x, epochs=3, revive=1, verbose=0)
    assert np.mean(sums(vae, x).max(axis=0) > 0) > 0.9
    kernel = ops.convert_to_numpy(vae.encoder.get_layer("z_mean").kernel.value)
    assert np.abs(kernel).max() > 0


def test_it_happens_between_the_first_epochs(x, monkeypatch):
    seeds = []
    monkeypatch.setattr(
        "vae_lib.training.revive.revive_units",
        lambda vae, x, seed: seeds.append((len(x), seed)),
    )
    training.fit(make(), x, epochs=5, revive=2, seed=3, verbose=0)
    assert seeds == [(300, [3, 1]), (300, [3, 2])]


def test_a_resumed_run_draws_the_same(x, tmp_path):
    def run(folder, stops):
        for stop in stops:
            vae = make()
            training.compile_default(vae, 9)
            checkpoints = training.Checkpoints(folder)
            done = checkpoints.restore(vae)
            settings = {"revive": 2, "callbacks": [checkpoints], "verbose": 0}
            training.fit(vae, x, epochs=stop, initial_epoch=done, **settings)
        return [ops.convert_to_numpy(w.value) for w in vae.encoder.weights]

    whole, parts = run(tmp_path / "a", [3]), run(tmp_path / "b", [1, 2, 3])
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)


def test_bad_input_is_refused(x, monkeypatch):
    linear = models.VAE(*networks.build("linear", 2, SHAPE), likelihoods.Gaussian())
    with pytest.raises(ValueError, match="'linear_encoder' read 'flatten.*dense layer"):
        training.revive_units(linear, x)
    with pytest.raises(ValueError, match="revive must be a whole number.* got -1"):
        training.fit(make(), x, revive=-1)
    with pytest.raises(ValueError, match="epochs must be a whole number.* got 0"):
        training.ReviveUnits(x, 0)
    monkeypatch.setattr("vae_lib.training.processes.count", lambda: 2)
    with pytest.raises(NotImplementedError, match="2 processes share"):
        training.ReviveUnits(x, 3)
