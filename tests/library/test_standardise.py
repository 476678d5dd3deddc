"""Codes moved and stretched to the exact optimum of the rate."""

import keras
import numpy as np
import pytest

from vae_lib import evaluation, likelihoods, models, networks, surgery

SHAPE = (6, 6, 1)


@pytest.fixture
def x():
    return np.random.default_rng(0).uniform(size=(300, *SHAPE)).astype("float32")


def make(network="mlp", latent_dim=3):
    """A VAE whose codes are neither centred nor of unit size."""
    keras.utils.set_random_seed(1)
    vae = models.VAE(
        *networks.build(network, latent_dim, SHAPE), likelihoods.Gaussian()
    )
    heads = {layer.name: layer for layer in vae.encoder.layers}
    heads["z_mean"].bias.assign([1.0, -2.0, 0.0])
    heads["z_log_var"].bias.assign([0.5, -3.0, 1.0])
    return vae


@pytest.mark.parametrize("network", ["mlp", "conv", "conv_feature_map"])
def test_the_aggregate_posterior_gets_mean_zero_and_variance_one(network, x):
    vae = make(network)
    surgery.standardise_codes(vae, x)
    z_mean, z_log_var = evaluation.encode(vae, x)
    np.testing.assert_allclose(z_mean.mean(axis=0), 0.0, atol=1e-5)
    second_moment = np.mean(z_mean**2 + np.exp(z_log_var), axis=0)
    np.testing.assert_allclose(second_moment, 1.0, atol=1e-5)


def test_the_bound_rises_by_the_gain_and_the_distortion_stays(x):
    vae = make()
    before = evaluation.evaluate(vae, x)
    result = surgery.standardise_codes(vae, x)
    after = evaluation.evaluate(vae, x)
    assert result.gain > 1.0
    assert after.rate == pytest.approx(before.rate - result.gain, abs=1e-4)
    assert after.distortion == pytest.approx(before.distortion, abs=1e-3)
    np.testing.assert_allclose(result.shift, [1.0, -2.0, 0.0], atol=1.0)


def test_no_other_shift_or_scale_is_better(x):
    vae = make()
    surgery.standardise_codes(vae, x)
    z_mean, z_log_var = evaluation.encode(vae, x)

    def rate(shift, scale):
        m, log_var = (z_mean - shift) / scale, z_log_var - 2.0 * np.log(scale)
        return 0.5 * np.sum(m**2 + np.exp(log_var) - 1.0 - log_var, axis=1).mean()

    best = rate(0.0, 1.0)
    for j in range(3):
        for step in (-0.05, 0.05):
            move = step * np.eye(3)[j]
            assert rate(move, 1.0) > best
            assert rate(0.0, 1.0 + move) > best


def test_a_second_call_changes_nothing(x):
    vae = make()
    surgery.standardise_codes(vae, x)
    again = surgery.standardise_codes(vae, x)
    assert again.gain == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(again.scale, 1.0, atol=1e-5)


@pytest.mark.parametrize("latent", range(3))
@pytest.mark.parametrize("step", [-0.05, 0.05])
def test_the_bound_itself_falls_however_a_latent_is_moved_or_stretched(x, latent, step):
    """On the model's own ELBO: the decoder undoes each move, so only the rate tells."""
    vae = make()
    surgery.standardise_codes(vae, x)
    best = evaluation.evaluate(vae, x, seed=0)
    mean, log_var = map(vae.encoder.get_layer, ("z_mean", "z_log_var"))
    reader = vae.decoder.get_layer("hidden")
    direction = np.eye(3, dtype="float32")[latent]
    weights = vae.get_weights()
    # z' = z + step
    mean.bias.assign(mean.bias + step * direction)
    reader.bias.assign(reader.bias - step * reader.kernel[latent])
    moved = evaluation.evaluate(vae, x, seed=0)
    vae.set_weights(weights)
    # z' = z (1 + step)
    mean.kernel.assign(mean.kernel * (1.0 + step * direction))
    mean.bias.assign(mean.bias * (1.0 + step * direction))
    log_var.bias.assign(log_var.bias + 2.0 * np.log1p(step * direction))
    reader.kernel.assign(reader.kernel / (1.0 + step * direction)[:, None])
    stretched = evaluation.evaluate(vae, x, seed=0)
    for other in (moved, stretched):
        assert other.distortion == pytest.approx(best.distortion, abs=1e-3)
        assert other.rate > best.rate + 1e-4


def test_heads_that_are_not_dense_are_refused(x):
    linear = models.VAE(
        *networks.build("linear", 2, SHAPE), likelihoods.Gaussian(link="identity")
    )
    with pytest.raises(ValueError, match=r"z_log_var.* no Dense layer"):
        surgery.standardise_codes(linear, x)


def test_images_of_another_shape_are_refused(x):
    with pytest.raises(ValueError, match="x has shape"):
        surgery.standardise_codes(make(), x[:, :5])
