"""What must hold at the optimum of training, checked on runs that really reach it.

The noise is fixed, so that the bound is an ordinary function of the weights and a
quasi-Newton method finds a stationary point in seconds.
"""

import keras
import numpy as np
import pytest
from scipy import optimize

from experiments import stationarity as run_stationarity
from vae_lib import (
    evaluation,
    gradients,
    likelihoods,
    models,
    networks,
    results,
    training,
)

SHAPE = (4, 4, 1)
N_IMAGES = 200


def blobs(seed=0):
    """Images of one soft spot that moves in a plane, float64 in [0, 1]."""
    rng = np.random.default_rng(seed)
    centre = rng.uniform(0.5, 2.5, size=(N_IMAGES, 2, 1, 1))
    rows, columns = np.mgrid[:4, :4]
    squared = (rows - centre[:, 0]) ** 2 + (columns - centre[:, 1]) ** 2
    x = 0.8 * np.exp(-0.5 * squared) + 0.05 * rng.normal(size=(N_IMAGES, 4, 4))
    return x.clip(0.0, 1.0)[..., None]


def start_anywhere(vae, seed=0):
    """Random weights from NumPy: the same start on every backend."""
    rng = np.random.default_rng(seed)
    for weight in vae.trainable_weights:
        fan_in = weight.shape[0] if len(weight.shape) == 2 else 4.0
        if weight.shape:  # the likelihood's variance keeps its own start
            weight.assign(rng.normal(size=weight.shape) / np.sqrt(fan_in))


def maximise_elbo(vae, x, noise):
    """Train all weights with BFGS, under fixed noise, until nothing improves."""
    weights = vae.trainable_weights
    sizes = [int(np.prod(weight.shape)) for weight in weights]

    def assign(flat):
        parts = np.split(flat, np.cumsum(sizes)[:-1])
        for weight, values in zip(weights, parts, strict=True):
            weight.assign(values.reshape(weight.shape))

    def loss():
        # Not ops.mean, which is float32 on JAX.
        return -keras.ops.sum(vae.elbo_terms(x, noise=noise).elbo) / len(x)

    def value_and_gradient(flat):
        assign(flat)
        value, parts = gradients.weight_gradients(loss, weights)
        parts = [np.ravel(keras.ops.convert_to_numpy(part)) for part in parts]
        return float(keras.ops.convert_to_numpy(value)), np.concatenate(parts)

    start = [np.ravel(keras.ops.convert_to_numpy(w.value)) for w in weights]
    start = np.concatenate(start).astype("float64")
    settings = {"maxiter": 300, "gtol": 1e-5}
    result = optimize.minimize(
        value_and_gradient, start, jac=True, method="BFGS", options=settings
    )
    assign(result.x)
    return result


def moments(vae, x):
    """E[m] and E[m^2 + v] over the images, for each latent."""
    z_mean, z_log_var = evaluation.encode(vae, x)
    return z_mean.mean(axis=0), (z_mean**2 + np.exp(z_log_var)).mean(axis=0)


@pytest.fixture
def trained(float64):
    """A linear VAE at a stationary point of its own training objective."""
    x = blobs()
    encoder, decoder = networks.build("linear", 2, SHAPE)
    vae = models.VAE(encoder, decoder, likelihoods.Gaussian(link="identity"))
    start_anywhere(vae)
    before = moments(vae, x)
    # Four points that integrate the quadratic log likelihood exactly.
    points = np.sqrt(2.0) * np.concatenate([np.eye(2), -np.eye(2)])
    noise = np.repeat(points[:, None], N_IMAGES, axis=1)
    result = maximise_elbo(vae, x, noise)
    return vae, x, noise, before, -result.fun


def test_a_trained_linear_vae_reaches_ppca(trained):
    """Lucas et al. (2019), theorem 1: no other maximum, from any start."""
    vae, x, _, _, elbo = trained
    exact = evaluation.fit_ppca(x, 2)
    assert elbo == pytest.approx(exact.log_prob(x).mean(), abs=1e-3)
    assert vae.likelihood.variance == pytest.approx(exact.variance, rel=1e-2)


def test_stationary_codes_have_mean_zero_and_second_moment_one(trained):
    """Identity 11: moving scale between encoder and decoder changes only the rate."""
    vae, x, _, (mean_before, square_before), _ = trained
    assert np.abs(mean_before).max() > 0.1  # not so before training
    assert np.abs(square_before - 1.0).max() > 0.1
    mean, square = moments(vae, x)
    np.testing.assert_allclose(mean, 0.0, atol=0.01)
    np.testing.assert_allclose(square, 1.0, atol=0.01)


def test_learned_variance_is_the_squared_error_at_sampled_codes(trained):
    """Identity 3 at the end of training; at the mean code the error is smaller."""
    vae, x, noise, _, _ = trained
    z_mean, z_log_var = evaluation.encode(vae, x)
    z = z_mean + np.exp(0.5 * z_log_var) * noise  # (4, B, 2)
    decoded = vae.decode(z.reshape(-1, 2))
    decoded = keras.ops.convert_to_numpy(decoded).reshape(4, *x.shape)
    at_samples = np.mean((decoded - x) ** 2)
    assert vae.likelihood.variance == pytest.approx(at_samples, rel=2e-3)
    at_mean = np.mean((keras.ops.convert_to_numpy(vae(x)) - x) ** 2)
    assert at_mean < 0.95 * vae.likelihood.variance


def test_whole_networks_came_to_rest():
    """The recorded runs of experiments/stationarity.py satisfy both identities."""
    runs = results.load("stationarity")["runs"]
    assert {"mlp", "conv", "conv_feature_map"} <= set(runs)
    for name in ("mlp", "conv", "conv_feature_map"):
        run = runs[name]
        config = training.TrainConfig(**run["config"])
        assert config.input_dropout == config.encoder_l2 == 0.0
        assert run["variance"] == pytest.approx(run["mse"], rel=5e-3)
        np.testing.assert_allclose(run["second_moment"], 1.0, atol=0.02)


def test_the_tool_finds_a_network_that_is_not_at_rest():
    """A variance fixed at the wrong value shows in the measure."""
    x = run_stationarity.soft_spots()[:64]
    config = training.TrainConfig(network="mlp", latent_dim=2, variance=0.5)
    found = run_stationarity.measure(training.build_vae(config, x.shape[1:]), x)
    assert found["variance"] == pytest.approx(0.5)
    assert found["mse"] < 0.4
    assert len(found["second_moment"]) == 2
