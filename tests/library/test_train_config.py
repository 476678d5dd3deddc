"""training: what a configuration accepts, and the model that it describes."""

import ast
import dataclasses
import inspect
import json
from pathlib import Path

import numpy as np
import pytest

from vae_lib import likelihoods, training
from vae_lib.training import TrainConfig


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"latent_dim": 0}, "latent_dim must be a whole number of at least 1, got 0"),
        ({"latent_dim": 2.0}, "latent_dim must be a whole number"),
        ({"n_samples": 0}, "n_samples must be a whole number of at least 1, got 0"),
        ({"epochs": -3}, "epochs must be a whole number of at least 1, got -3"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
        ({"kl_warmup": -1}, "kl_warmup must be a whole number of at least 0, got -1"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"seed": 2**32}, "seed must be at most 4294967295, got 4294967296"),
        ({"learning_rate": 0}, "learning_rate must be positive and finite, got 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be positive and finite"),
        ({"lr_warmup": 20}, "lr_warmup is 20, of 20 epochs"),
        ({"encoder_l2": -1e-3}, "encoder_l2 must be at least 0 and finite, got -0.001"),
        ({"encoder_l2": True}, "encoder_l2 must be at least 0 and finite, got True"),
        ({"variance": 0.0}, "variance must be positive and finite, got 0.0"),
        ({"variance": float("inf")}, "variance must be positive and finite, got inf"),
        ({"beta": -0.1}, "beta must be at least 0 and finite, got -0.1"),
        ({"beta": "1"}, "beta must be at least 0 and finite, got '1'"),
        (
            {"variance": 0.1, "likelihood": "bernoulli"},
            "variance=0.1 needs likelihood='gaussian', got 'bernoulli'",
        ),
    ],
)
def test_bad_fields_are_named(fields, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig(**fields)


def test_a_configuration_survives_json():
    config = TrainConfig(network="conv", latent_dim=10, variance=0.1, seed=7)
    assert TrainConfig(**json.loads(json.dumps(config.as_dict()))) == config
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.seed = 8


def test_fit_gets_all_that_it_takes_from_a_configuration():
    config = TrainConfig(epochs=3, batch_size=4, learning_rate=0.5, kl_warmup=2, seed=7)
    taken = set(inspect.signature(training.fit).parameters) & set(config.as_dict())
    expected = {name: getattr(config, name) for name in taken}
    assert config.fit_arguments() == expected
    assert expected["learning_rate"] == 0.5 and "network" not in expected


def test_the_seed_decides_the_first_weights():
    weights = [
        training.build_vae(TrainConfig(seed=seed), (6, 6, 1)).get_weights()
        for seed in (1, 1, 2)
    ]
    for first, again in zip(weights[0], weights[1], strict=True):
        np.testing.assert_array_equal(first, again)
    pairs = zip(weights[0], weights[2], strict=True)
    assert any(np.any(first != other) for first, other in pairs)


def test_the_model_is_the_one_described():
    config = TrainConfig(latent_dim=3, variance=0.25, beta=2.0, n_samples=4)
    vae = training.build_vae(config, (6, 6, 1))
    assert (vae.latent_dim, vae.beta, vae.n_samples) == (3, 2.0, 4)
    assert vae.image_shape == (6, 6, 1)
    assert vae.likelihood.variance == pytest.approx(0.25, rel=1e-6)
    assert vae.likelihood.link == "sigmoid"
    linear = training.build_vae(TrainConfig(network="linear"), (6, 6, 1))
    assert linear.likelihood.link == "identity"  # probabilistic PCA
    other = TrainConfig(likelihood="continuous_bernoulli")
    likelihood = training.build_vae(other, (6, 6, 1)).likelihood
    assert isinstance(likelihood, likelihoods.ContinuousBernoulli)


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"network must be one of 'mlp', .* got 'cnn'"):
        TrainConfig(network="cnn")
    with pytest.raises(ValueError, match=r"likelihood must be one of .* got 'normal'"):
        TrainConfig(likelihood="normal")


def test_a_field_is_documented_by_the_text_of_its_option():
    for field in dataclasses.fields(TrainConfig):
        start = f"{field.name}: "
        assert start in TrainConfig.__doc__
        assert field.metadata["text"] in TrainConfig.__doc__


def test_the_package_names_what_it_has():
    assert {"fit", "TrainConfig", "build_vae"} <= set(dir(training))
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        _ = training.trian


def test_editors_are_told_of_each_name_of_the_package():
    stub = ast.parse(Path(training.__file__).with_suffix(".pyi").read_text("utf-8"))
    told = {alias.name: node.module for node in stub.body for alias in node.names}
    modules = training._MODULES.items()
    assert told == {name: f"vae_lib.training.{module}" for name, module in modules}


@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_the_penalty_is_the_encoders_squared_kernels(network):
    config = TrainConfig(network=network, encoder_l2=0.01)
    vae = training.build_vae(config, (6, 6, 1))
    kernels = [w.numpy() for w in vae.encoder.weights if w.name == "kernel"]
    expected = 0.01 * sum(np.sum(kernel**2.0) for kernel in kernels)
    assert sum(float(loss) for loss in vae.losses) == pytest.approx(expected, rel=1e-5)
    x = np.random.default_rng(0).uniform(size=(8, 6, 6, 1)).astype("float32")
    plain = training.build_vae(TrainConfig(network=network), (6, 6, 1))
    losses = [float(model.compute_loss(x=x, training=False)) for model in (vae, plain)]
    assert losses[0] - losses[1] == pytest.approx(expected, rel=1e-2)
    elbos = [float(model.elbo_tracker.result()) for model in (vae, plain)]
    assert elbos[0] == elbos[1]
