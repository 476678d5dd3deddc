"""Saving and loading a VAE, copies of it, and every error message of its arguments."""

import contextlib
import functools
import math
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

import vae_lib
from vae_lib import _register, likelihoods, models, networks, training
from vae_lib.weights import load_weights, save_weights

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
    other = make_vae(beta=0.5)
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
        ValueError, match=r"two tensors, z_mean and z_log_var.*returns 1"
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
    with pytest.raises(
        ValueError, match=f"beta must be at least 0 and finite, got {value}"
    ):
        make_vae(beta=value)
    vae = make_vae()
    with pytest.raises(
        ValueError, match=f"beta must be at least 0 and finite, got {value}"
    ):
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
        with pytest.raises(ValueError, match=r"noise must have the shape .*4, 2"):
            method(images[:4], noise=noise)


def test_beta_is_configuration_and_no_weight(make_vae, images, tmp_path):
    one, four = make_vae(), make_vae(beta=4.0)
    one.save_weights(tmp_path / "one.weights.h5")
    four.load_weights(tmp_path / "one.weights.h5")
    four.set_weights(one.get_weights())
    assert four.beta == 4.0
    copy = models.VAE.from_config(four.get_config())
    assert copy.beta == 4.0


def test_what_is_saved_in_a_warm_up_has_the_whole_beta(make_vae, images, tmp_path):
    vae = make_vae(beta=3.0)
    seen = []
    look = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(vae.beta)
    )
    save = keras.callbacks.ModelCheckpoint(str(tmp_path / "{epoch}.keras"))
    best = keras.callbacks.EarlyStopping("loss", restore_best_weights=True)
    callbacks = [look, save, best]
    training.fit(
        vae, images, epochs=4, batch_size=8, kl_warmup=4, callbacks=callbacks, verbose=0
    )
    assert seen[0] < 1.0 and vae.beta == 3.0
    assert keras.saving.load_model(tmp_path / "1.keras").beta == 3.0


def test_a_fixed_variance_is_configuration_and_no_weight(make_vae, images, tmp_path):
    learned, fixed = make_vae(), make_vae(likelihoods.Gaussian(0.3))
    assert len(learned.weights) == len(fixed.weights) + 1
    assert fixed.likelihood.variance == 0.3
    for weights, vae in ((learned, fixed), (fixed, learned)):
        with pytest.raises(ValueError, match="weights"):
            vae.set_weights(weights.get_weights())
    learned.save_weights(tmp_path / "a.weights.h5")
    with contextlib.suppress(ValueError):  # some versions of Keras tell, some do not
        fixed.load_weights(tmp_path / "a.weights.h5")
    assert fixed.likelihood.variance == 0.3
    with pytest.raises(ValueError, match=r"fixed at 0.3 and no weight.*learned one"):
        fixed.set_weights(learned.get_weights())
    loss = fixed.compute_loss(images)
    assert np.isfinite(ops.convert_to_numpy(loss))


class OlderGaussian(likelihoods.Gaussian):
    """With its variable, fixed or not, as files of older versions hold it."""

    def __init__(self, variance=None, **kwargs):
        super().__init__(**kwargs)
        if variance is not None:
            self.log_variance.assign(math.log(variance))


@pytest.mark.parametrize("value", [0.3, 0.4])
@pytest.mark.parametrize("kind", ["npz", "h5"])
def test_a_file_that_holds_the_fixed_variance_must_hold_the_same(
    make_vae, tmp_path, value, kind
):
    older, fixed = make_vae(OlderGaussian(value)), make_vae(likelihoods.Gaussian(0.3))
    path = tmp_path / ("a.npz" if kind == "npz" else "a.weights.h5")
    if kind == "npz":
        save_weights(older, path, dtype="float16")
        load = functools.partial(load_weights, fixed, path)
    else:
        older.save_weights(path)
        load = functools.partial(fixed.load_weights, path)
    if value != 0.3 and kind == "npz":
        with pytest.raises(ValueError, match=r"variance is 0.4, .* is fixed at 0.3"):
            load()
        return
    load()
    assert fixed.likelihood.variance == 0.3
    for mine, saved in zip(fixed.weights, older.weights, strict=False):
        expected = ops.convert_to_numpy(saved)
        np.testing.assert_allclose(ops.convert_to_numpy(mine), expected, atol=1e-3)


def test_a_file_that_holds_beta_among_the_weights_loads(make_vae, tmp_path):
    class Older(models.VAE):
        def save_own_variables(self, store):
            store["0"] = np.float32(0.25)

    parts = networks.build("mlp", 2, (6, 6, 1))
    older = Older(*parts, likelihoods.Gaussian(), beta=2.0)
    older.save_weights(tmp_path / "a.weights.h5")
    vae = models.VAE(*networks.build("mlp", 2, (6, 6, 1)), likelihoods.Gaussian())
    vae.load_weights(tmp_path / "a.weights.h5")
    assert vae.beta == 1.0
    mine, saved = (ops.convert_to_numpy(v.weights[0]) for v in (vae, older))
    np.testing.assert_array_equal(mine, saved)


@pytest.mark.parametrize("imports", ["keras, vae_lib", "vae_lib, keras"])
def test_importing_the_package_is_enough_to_load_a_file(make_vae, tmp_path, imports):
    make_vae().save(tmp_path / "vae.keras")
    linear = networks.linear_encoder(2, (6, 6, 1))
    linear.save(tmp_path / "linear.keras")
    code = f"import {imports}\nfor name in ('vae', 'linear'):\n"
    code += "    print(type(keras.saving.load_model(name + '.keras')).__name__)"
    root = os.path.dirname(os.path.dirname(vae_lib.__file__))
    environment = {**os.environ, "PYTHONPATH": root}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.stdout.split() == ["VAE", "Functional"], done.stderr


def test_every_class_of_a_file_is_registered():
    for name, module in _register.CLASSES.items():
        real = getattr(getattr(vae_lib, module), name)
        assert keras.saving.get_registered_object(f"vae_lib>{name}") is real
    modules = (models, vae_lib.layers, likelihoods)
    found = {
        name
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, type)
        and keras.saving.get_registered_name(value) == f"vae_lib>{name}"
    }
    assert found == set(_register.CLASSES)


if keras.backend.backend() == "tensorflow":  # SavedModel and strategies are its own

    @pytest.mark.parametrize("used", [False, True])
    def test_a_vae_can_be_exported(make_vae, images, tmp_path, used):
        import tensorflow as tf

        vae = make_vae()
        if used:
            training.fit(vae, images, epochs=1, verbose=0)
        vae.export(tmp_path / "exported", verbose=False)
        loaded = tf.saved_model.load(str(tmp_path / "exported"))
        expected = vae.predict(images[:3], verbose=0)
        np.testing.assert_allclose(loaded.serve(images[:3]), expected, atol=1e-5)

    def test_a_vae_is_built_under_a_strategy(make_vae, images):
        import tensorflow as tf

        with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
            vae = make_vae(beta=2.0)
            vae.compile("adam")
            assert vae.beta == 2.0
            assert vae.likelihood.variance == pytest.approx(0.05)
        vae.fit(images, verbose=0)
        vae.beta = 0.5
        assert vae.beta == 0.5


@pytest.mark.parametrize("call", ["fit", "evaluate", "predict", "train_on_batch"])
@pytest.mark.parametrize("kind", ["uint8", "255", "nan"])
def test_images_that_are_not_scaled_are_named_by_every_door(
    make_vae, images, call, kind
):
    vae = make_vae()
    vae.compile("adam")
    bad = {
        "uint8": (images * 255).astype("uint8"),
        "255": images * 255,
        "nan": images * np.nan,
    }[kind]
    message = "NaN or infinity" if kind == "nan" else "divide by 255"
    doors = [getattr(vae, call), vae.encode, vae.log_weights, vae.elbo_terms, vae]
    for door in doors:
        with pytest.raises(ValueError, match=message):
            door(bad)
    with pytest.raises(ValueError, match=message):
        vae.fit(images, validation_data=(bad, bad), verbose=0)
