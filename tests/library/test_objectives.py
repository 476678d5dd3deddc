"""The bounds: their identities, their order, and what a loss's scale means."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from vae_lib import gradients, likelihoods, models, networks, objectives


def terms_of(log_px_z, z_mean, z_log_var):
    arguments = (np.asarray(a, "float32") for a in (log_px_z, z_mean, z_log_var))
    terms = objectives.elbo_terms(*map(ops.convert_to_tensor, arguments))
    return objectives.ElboTerms(*map(ops.convert_to_numpy, terms))


def test_the_elbo_of_two_images_by_hand():
    log_px_z = [[-10.0, 3.0], [-14.0, 5.0]]  # two samples of two images
    z_mean = [[1.0, 2.0], [0.0, 0.0]]
    z_log_var = [[0.0, 0.0], [0.0, np.log(4.0)]]
    terms = terms_of(log_px_z, z_mean, z_log_var)
    # KL = (1 + 4) / 2, and (4 - 1 - ln 4) / 2
    np.testing.assert_allclose(terms.rate, [2.5, 1.5 - np.log(2.0)], rtol=1e-6)
    np.testing.assert_allclose(terms.distortion, [12.0, -4.0])
    np.testing.assert_allclose(terms.elbo, [-14.5, 2.5 + np.log(2.0)], rtol=1e-6)


def test_the_parts_add_up_to_the_bound_per_example():
    rng = np.random.default_rng(0)
    log_px_z = rng.normal(scale=100.0, size=(3, 5))
    terms = terms_of(log_px_z, rng.normal(size=(5, 2)), rng.normal(size=(5, 2)))
    assert terms.elbo.shape == terms.rate.shape == terms.distortion.shape == (5,)
    np.testing.assert_allclose(terms.elbo, -(terms.distortion + terms.rate), rtol=1e-6)
    np.testing.assert_allclose(terms.distortion, -log_px_z.mean(axis=0), rtol=1e-4)
    assert np.all(terms.rate > 0)


def test_numbers_of_examples_must_agree():
    with pytest.raises(ValueError, match=r"distortion \(4,\), rate \(5,\)"):
        terms_of(np.zeros((1, 4)), np.zeros((5, 2)), np.zeros((5, 2)))
    with pytest.raises(ValueError, match=r"distortion \(5, 1\), rate \(5,\)"):
        terms_of(np.zeros((1, 5, 1)), np.zeros((5, 2)), np.zeros((5, 2)))


def iwae(log_w):
    log_w = ops.convert_to_tensor(np.asarray(log_w, "float32"))
    return ops.convert_to_numpy(objectives.iwae_bound(log_w))


LOG_W = np.random.default_rng(1).normal(scale=20.0, size=(6, 4)).astype("float32")


def test_one_sample_gives_its_log_weight():
    np.testing.assert_allclose(iwae(LOG_W[:1]), LOG_W[0], rtol=1e-6)


def test_equal_weights_give_their_value():
    np.testing.assert_allclose(iwae(np.full((50, 3), -540.0)), -540.0, rtol=1e-6)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_the_mean_over_subsets_is_below_the_bound_of_all(size):
    # Burda et al. (2015), theorem 1, in its version for fixed weights: an inequality
    # for every single image, without any expectation. Size 1 is the ELBO's estimate.
    subsets = itertools.combinations(range(6), size)
    bounds = [iwae(LOG_W[list(subset)]) for subset in subsets]
    assert np.all(np.mean(bounds, axis=0) < iwae(LOG_W))


def test_the_bounds_gradient_is_the_weights_own_softmax():
    # Burda et al. (2015), Eq. (14).
    _, (slope,) = gradients.value_and_grad(
        lambda log_w: ops.sum(objectives.iwae_bound(log_w))
    )(LOG_W)
    weights = np.exp(np.float64(LOG_W) - LOG_W.max(axis=0))
    np.testing.assert_allclose(
        ops.convert_to_numpy(slope), weights / weights.sum(axis=0), atol=1e-6
    )


def gradient_of(loss, vae):
    _, slopes = gradients.weight_gradients(
        lambda: ops.mean(loss()), vae.encoder.weights + vae.decoder.weights
    )
    return [ops.convert_to_numpy(slope) for slope in slopes]


@pytest.mark.parametrize("beta", [0.01, 0.5, 4.0])
def test_half_the_squared_error_and_beta_kl_is_the_elbo_at_variance_beta(
    make_vae, images, beta
):
    vae = make_vae(likelihoods.Gaussian(beta), seed=1)
    x = ops.convert_to_tensor(images)
    noise = np.random.default_rng(2).normal(size=(1, len(images), 2))

    def beta_loss():
        z_mean, z_log_var = vae.encoder(x)
        epsilon = ops.convert_to_tensor(noise[0], dtype="float32")
        z = z_mean + ops.sqrt(ops.exp(z_log_var)) * epsilon
        x_mean = ops.sigmoid(vae.decoder(z))
        kl = ops.sum(z_mean**2 + ops.exp(z_log_var) - 1 - z_log_var, axis=1) / 2
        return ops.sum((x - x_mean) ** 2, axis=(1, 2, 3)) / 2 + beta * kl

    ours = gradient_of(lambda: -vae.elbo_terms(x, noise=noise).elbo, vae)
    theirs = gradient_of(beta_loss, vae)
    for a, b in zip(theirs, ours, strict=True):
        scale = np.abs(a).max()
        assert scale > 0
        np.testing.assert_allclose(a, beta * b, rtol=1e-3, atol=1e-4 * scale)


def test_keras_mean_squared_error_and_the_summed_kl_is_a_variance_of_392():
    # Keras's "mse" averages over the 784 pixels: 2 s2 = 784.
    encoder = networks.mlp_encoder(2, hidden_units=4)
    decoder = networks.mlp_decoder(2, hidden_units=4)
    vae = models.VAE(encoder, decoder, likelihoods.Gaussian(392.0))
    rng = np.random.default_rng(3)
    x = ops.convert_to_tensor(rng.uniform(size=(5, 28, 28, 1)).astype("float32"))
    noise = rng.normal(size=(1, 5, 2))

    def keras_loss():
        z_mean, z_log_var = vae.encoder(x)
        epsilon = ops.convert_to_tensor(noise[0], dtype="float32")
        x_mean = ops.sigmoid(vae.decoder(z_mean + ops.exp(z_log_var / 2) * epsilon))
        mse = keras.losses.mean_squared_error(
            ops.reshape(x, (5, 784)), ops.reshape(x_mean, (5, 784))
        )
        kl = -0.5 * ops.sum(1 + z_log_var - z_mean**2 - ops.exp(z_log_var), axis=1)
        return mse + kl

    ours = gradient_of(lambda: -vae.elbo_terms(x, noise=noise).elbo, vae)
    for a, b in zip(gradient_of(keras_loss, vae), ours, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4 * np.abs(b).max())
