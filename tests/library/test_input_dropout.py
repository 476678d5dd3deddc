"""Pixels hidden from the encoder: in training only, and a bound all the same."""

import keras
import numpy as np
import pytest
from keras import ops

from vae_lib import evaluation, likelihoods, models, networks, training


def make(x, rate, seed=0):
    keras.utils.set_random_seed(0)
    parts = networks.build("mlp", 2, x.shape[1:])
    return models.VAE(*parts, likelihoods.Gaussian(), seed=seed, input_dropout=rate)


def test_it_hides_pixels_in_training_only(images):
    vae, plain = make(images, 0.5), make(images, 0.0)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(vae.encode(images)[0]),
        ops.convert_to_numpy(plain.encode(images)[0]),
    )
    first, second = (
        ops.convert_to_numpy(vae.encode(images, training=True)[0]) for _ in range(2)
    )
    assert np.abs(first - second).max() > 1e-3


def test_the_share_is_right_and_the_mean_is_kept():
    x = np.ones((2000, 4, 4, 1), "float32")
    seen = ops.convert_to_numpy(make(x, 0.25).hide_pixels(x, training=True))
    share = np.mean(seen == 0.0)
    assert share == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / seen.size))
    np.testing.assert_allclose(np.unique(seen), [0.0, 1.0 / 0.75], rtol=1e-6)


def test_the_target_stays_whole(images):
    """A decoder that ignores its code has the same distortion with hidden pixels."""
    vae = make(images, 0.9)
    for weight in vae.decoder.trainable_weights:
        weight.assign(np.zeros(weight.shape))
    hidden = vae.elbo_terms(images, training=True).distortion
    seen = vae.elbo_terms(images, training=False).distortion
    np.testing.assert_allclose(
        ops.convert_to_numpy(hidden), ops.convert_to_numpy(seen), rtol=1e-6
    )


def test_training_sees_it_and_evaluation_does_not(images):
    plain, vae = make(images, 0.0), make(images, 0.6)
    before = evaluation.evaluate(vae, images).elbo
    assert before == evaluation.evaluate(plain, images).elbo
    losses = [
        training.fit(model, images, epochs=2, verbose=0).history["loss"]
        for model in (plain, vae)
    ]
    assert losses[0] != losses[1]


def test_a_configuration_builds_it():
    config = training.TrainConfig(input_dropout=0.2)
    assert training.build_vae(config).input_dropout == 0.2


def test_it_survives_a_keras_file(images, tmp_path):
    make(images, 0.3).save(tmp_path / "vae.keras")
    assert keras.saving.load_model(tmp_path / "vae.keras").input_dropout == 0.3


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan"), True, "0.2", None])
def test_other_rates_are_refused(images, rate):
    with pytest.raises(ValueError, match=r"input_dropout must be in \[0, 1\)"):
        make(images, rate)
    with pytest.raises(ValueError, match=r"input_dropout must be in \[0, 1\)"):
        training.TrainConfig(input_dropout=rate)
