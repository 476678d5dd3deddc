"""Saving and loading a VAE, copies of it, and every error message of its arguments."""

import math

import keras
import numpy as np
import pytest
from keras import ops

from vae_lib import likelihoods, models, networks

LIKELIHOODS = [
    likelihoods.Gaussian,
    lambda: likelihoods.Gaussian(0.3, link="identity"),
    likelihoods.Bernoulli,
    likelihoods.ContinuousBernoulli,
]


def assert_same(copy, vae, images):
    """One model: its pictures, its bound for given noise, its settings."""
    np.testing.assert_allclose(
        copy.predict(images, verbose=0), vae.predict(images, verbose=0), atol=1e-6
    )
    noise = np.random.default_rng(1).normal(size=(2, len(images), vae.latent_dim))
    np.testing.assert_allclose(
        ops.convert_to_numpy(copy.log_weights(images, noise=noise)),
        ops.convert_to_numpy(vae.log_weights(images, noise=noise)),
        rtol=1e-5,
    )
    assert copy.beta == vae.beta
    assert getattr(copy.likelihood, "variance", 1) == getattr(
        vae.likelihood, "variance", 1
    )


@pytest.mark.parametrize("make", LIKELIHOODS)
def test_a_trained_model_survives_a_keras_file(make_vae, images, tmp_path, make):
    vae = make_vae(make(), beta=0.5, n_samples=2, seed=3)
    vae.compile("adam")
    vae.fit(images, batch_size=8, verbose=0)
    vae.beta = 0.75
    vae.save(tmp_path / "vae.keras")
    copy = keras.saving.load_model(tmp_path / "vae.keras")
    assert type(copy) is models.VAE
    assert_same(copy, vae, images)
    config = copy.likelihood.get_config()
    assert config == vae.likelihood.get_config()
    assert (copy.n_samples, copy.seed, copy.name) == (2, 3, "vae")
    # It is compiled as before: it can be scored and trained on.
    assert copy.optimizer.iterations == 2
    copy.fit(images, verbose=0)
    assert copy.optimizer.iterations == 3


def test_a_network_with_convolutions_survives_a_keras_file(tmp_path, images):
    vae = models.VAE(*networks.build("conv", 3, (6, 6, 1)), likelihoods.Bernoulli())
    vae.save(tmp_path / "vae.keras")
    assert_same(keras.saving.load_model(tmp_path / "vae.keras"), vae, images)


def test_weights_travel_alone(make_vae, images, tmp_path):
    vae = make_vae(likelihoods.Gaussian(initial_variance=0.2), beta=0.5)
    vae.save_weights(tmp_path / "vae.weights.h5")
    other = make_vae()
    different = np.abs(
        other.predict(images, verbose=0) - vae.predict(images, verbose=0)
    )
    assert different.max() > 1e-3
    other.load_weights(tmp_path / "vae.weights.h5")
    assert_same(other, vae, images)


def test_a_configuration_makes_a_new_model_of_the_same_kind(make_vae, images):
    vae = make_vae(likelihoods.Gaussian(0.3), beta=0.5, n_samples=2, seed=3)
    copies = models.VAE.from_config(vae.get_config()), keras.models.clone_model(vae)
    for copy in copies:
        assert copy.get_config().keys() == vae.get_config().keys()
        assert (copy.beta, copy.n_samples, copy.seed) == (0.5, 2, 3)
        assert [w.shape for w in copy.weights] == [w.shape for w in vae.weights]
        assert copy.encoder is not vae.encoder
        copy.set_weights(vae.get_weights())
        assert_same(copy, vae, images)


def test_the_summary_counts_every_parameter(make_vae):
    lines = []
    vae = make_vae()
    vae.summary(print_fn=lambda line, **_: lines.append(line))
    total = vae.encoder.count_params() + vae.decoder.count_params() + 1
    assert f"Trainable params: {total}" in "\n".join(lines)


def pair(latent_dim=2, image_shape=(6, 6, 1)):
    return networks.build("mlp", latent_dim, image_shape)


def test_encoder_and_decoder_must_fit():
    gaussian = likelihoods.Gaussian()
    with pytest.raises(ValueError, match="z_mean 2, z_log_var 2, decoder 3"):
        models.VAE(pair(2)[0], pair(3)[1], gaussian)
    with pytest.raises(ValueError, match=r"reads images of shape \(6, 6, 1\).*5, 5"):
        models.VAE(pair()[0], pair(2, (5, 5, 1))[1], gaussian)
    with pytest.raises(
        ValueError, match="two tensors, z_mean and z_log_var.*returns 1"
    ):
        models.VAE(*reversed(pair()), gaussian)
    x = keras.Input((6, 6, 1))
    h = keras.layers.Flatten()(x)
    uneven = keras.Model(x, [keras.layers.Dense(2)(h), keras.layers.Dense(3)(h)])
    with pytest.raises(ValueError, match="z_mean 2, z_log_var 3, decoder 2"):
        models.VAE(uneven, pair()[1], gaussian)


def test_networks_and_likelihood_must_be_built_objects():
    encoder, decoder = pair()
    gaussian = likelihoods.Gaussian()
    with pytest.raises(ValueError, match="encoder must be a functional Keras model"):
        models.VAE(networks.mlp_encoder, decoder, gaussian)
    with pytest.raises(ValueError, match=r"decoder must be .* networks.mlp_decoder\(2"):
        models.VAE(encoder, keras.layers.Dense(36), gaussian)
    for wrong in ("gaussian", likelihoods.Gaussian, None):
        with pytest.raises(ValueError, match=r"such as likelihoods.Gaussian\(\); got"):
            models.VAE(encoder, decoder, wrong)


@pytest.mark.parametrize("value", [0, -1, 2.5, True, "2", None, math.nan])
def test_counts_are_whole_numbers_of_at_least_one(make_vae, images, value):
    message = f"must be a whole number of at least 1, got {value!r}"
    with pytest.raises(ValueError, match=f"n_samples {message}"):
        make_vae(n_samples=value)
    with pytest.raises(ValueError, match=f"n_samples {message}"):
        make_vae().log_weights(images, n_samples=value)
    with pytest.raises(ValueError, match=f"n {message}"):
        make_vae().sample(value)


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf])
def test_beta_must_be_finite_and_not_negative(make_vae, value):
    with pytest.raises(ValueError, match=f"beta must be a finite .*got {value}"):
        make_vae(beta=value)
    vae = make_vae()
    with pytest.raises(ValueError, match=f"beta must be a finite .*got {value}"):
        vae.beta = value
    assert vae.beta == 1.0
    vae.beta = 0.0
    assert vae.beta == 0.0


@pytest.mark.parametrize(
    "shape", [(6, 6, 1), (4, 6, 6), (4, 36), (4, 6, 6, 3), (4, 5, 5, 1)]
)
def test_images_of_another_shape_are_refused(make_vae, shape):
    # Keras alone would take (4, 6, 6) for (4, 6, 6, 1), and name the first Dense
    # layer's input for the others.
    vae, x = make_vae(), np.zeros(shape, "float32")
    for method in (vae.encode, vae.log_weights, vae.elbo_terms, vae):
        with pytest.raises(
            ValueError, match=r"x must have the shape \(None, 6, 6, 1\)"
        ):
            method(x)


@pytest.mark.parametrize("shape", [(2,), (4, 3), (5, 4, 2), (4, 1)])
def test_codes_of_another_shape_are_refused(make_vae, shape):
    with pytest.raises(ValueError, match="shape"):
        make_vae().decode(np.zeros(shape, "float32"))


@pytest.mark.parametrize("shape", [(4, 2), (3, 1, 2), (3, 4, 1), (3, 4, 3), (3, 5, 2)])
def test_noise_of_another_shape_is_refused(make_vae, images, shape):
    noise = np.zeros(shape, "float32")
    for method in (make_vae().log_weights, make_vae().elbo_terms):
        with pytest.raises(ValueError, match="noise must have the shape .*4, 2"):
            method(images[:4], noise=noise)
