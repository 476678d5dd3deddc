"""Batch normalisation of the encoder in training, and how it is taken out again."""

import keras
import numpy as np
import pytest
from keras import ops

from vae_lib import evaluation, likelihoods, models, networks, surgery, training
from vae_lib.training.optimizer import compile_configured
from vae_lib.weights import weight_arrays

SHAPE = (6, 6, 1)
CONFIG = {"latent_dim": 3, "epochs": 3, "batch_norm": True}


@pytest.fixture
def x():
    return np.random.default_rng(0).uniform(size=(300, *SHAPE)).astype("float32")


def answers(vae, x, name):
    """What a layer of the encoder gives for all images."""
    output = vae.encoder.get_layer(name).output
    return keras.Model(vae.encoder.inputs, output).predict(x, verbose=0)


def trained(x, network="mlp", **changes):
    config = training.TrainConfig(network=network, **{**CONFIG, **changes})
    vae = training.build_vae(config, SHAPE)
    training.fit(vae, x, verbose=0, **config.fit_arguments())
    return vae


@pytest.mark.parametrize("network", ["mlp", "conv", "conv_feature_map"])
def test_folded_it_computes_the_same(network, x):
    vae = trained(x, network)
    folded = surgery.fold_batch_norm(vae)
    for ours, its in zip(
        evaluation.encode(folded, x), evaluation.encode(vae, x), strict=True
    ):
        np.testing.assert_allclose(ours, its, atol=1e-4)
    plain = models.VAE(*networks.build(network, 3, SHAPE), likelihoods.Gaussian())
    expected = {name: value.shape for name, value in weight_arrays(plain).items()}
    found = {name: value.shape for name, value in weight_arrays(folded).items()}
    assert found == expected  # so that its file is one of the plain network
    assert folded.encoder.name == f"{network}_encoder"


def test_what_it_folds_has_been_trained(x):
    """With the numbers of the first moment the test above would show little."""
    vae = trained(x)
    first = training.build_vae(training.TrainConfig(**CONFIG), SHAPE)
    norm, before = (v.encoder.get_layer("hidden_norm") for v in (vae, first))
    for now, then in zip(norm.get_weights(), before.get_weights(), strict=True):
        assert np.abs(now - then).max() > 1e-3


def test_the_first_weights_are_those_of_the_plain_network():
    norm, plain = (
        training.build_vae(training.TrainConfig(batch_norm=setting), SHAPE)
        for setting in (True, False)
    )
    ours, its = weight_arrays(norm), weight_arrays(plain)
    for name in its.keys() - {"encoder/hidden/bias"}:
        np.testing.assert_array_equal(ours[name], its[name])


def test_in_training_sums_are_normalised_over_the_batch(x):
    vae = training.build_vae(training.TrainConfig(**CONFIG), SHAPE)
    sums = answers(vae, x, "hidden")
    norm = vae.encoder.get_layer("hidden_norm")
    found = ops.convert_to_numpy(norm(sums, training=True))
    expected = (sums - sums.mean(axis=0)) / np.sqrt(sums.var(axis=0) + norm.epsilon)
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize(("batch_norm", "alive"), [(True, 512), (False, 0)])
def test_a_push_that_all_images_share(batch_norm, alive, x):
    """It silences every unit, but none behind batch normalisation."""
    vae = training.build_vae(training.TrainConfig(batch_norm=batch_norm), SHAPE)
    kernel = vae.encoder.get_layer("hidden").kernel
    kernel.assign(kernel - 1.0)
    last = "hidden_relu" if batch_norm else "hidden"
    hidden = keras.Model(vae.encoder.input, vae.encoder.get_layer(last).output)
    h = ops.convert_to_numpy(hidden(x, training=True))
    assert np.sum(h.max(axis=0) > 0) == alive


def test_live_units_are_those_that_answer(x):
    vae = training.build_vae(training.TrainConfig(), SHAPE)
    hidden = vae.encoder.get_layer("hidden")
    bias = np.zeros(hidden.units)
    bias[:7] = -100.0
    hidden.bias.assign(bias)
    live = surgery.live_units(vae, x)
    assert not live[:7].any() and live[7:].sum() > 400
    np.testing.assert_array_equal(live, answers(vae, x, "hidden").max(axis=0) > 0)


def test_live_units_before_and_after_folding(x):
    vae = trained(x)
    live = surgery.live_units(surgery.fold_batch_norm(vae), x)
    np.testing.assert_array_equal(surgery.live_units(vae, x), live)


def test_a_resumed_run_is_the_same(x, tmp_path):
    config = training.TrainConfig(**CONFIG)

    def run(folder, stops):
        for stop in stops:
            vae = training.build_vae(config, SHAPE)
            compile_configured(vae, config, len(x))
            checkpoints = training.Checkpoints(folder)
            done = checkpoints.restore(vae)
            settings = {**config.fit_arguments(), "epochs": stop, "verbose": 0}
            settings |= {"callbacks": [checkpoints], "initial_epoch": done}
            training.fit(vae, x, **settings)
        return weight_arrays(vae)

    whole, parts = run(tmp_path / "a", [3]), run(tmp_path / "b", [1, 3])
    assert "encoder/hidden_norm/moving_mean" in whole
    for name in whole:
        np.testing.assert_array_equal(whole[name], parts[name])


def test_folding_keeps_the_settings(x):
    config = training.TrainConfig(**CONFIG, beta=2.0, n_samples=3, input_dropout=0.1)
    folded = surgery.fold_batch_norm(training.build_vae(config, SHAPE))
    assert (folded.beta, folded.n_samples, folded.input_dropout) == (2.0, 3, 0.1)


def test_the_penalty_falls_on_the_normalised_encoder(x):
    config = training.TrainConfig(**CONFIG, encoder_l2=0.5)
    vae = training.build_vae(config, SHAPE)
    kernels = [w for w in vae.encoder.weights if w.name == "kernel"]
    expected = 0.5 * sum(float(ops.sum(w.value**2)) for w in kernels)
    found = sum(float(ops.sum(loss)) for loss in vae.losses)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_bad_input_is_refused(x):
    linear = models.VAE(*networks.build("linear", 2, SHAPE), likelihoods.Gaussian())
    with pytest.raises(ValueError, match="only units that are rectified"):
        surgery.live_units(linear, x)
    with pytest.raises(ValueError, match=r"read 'flatten.*': batch_norm needs one"):
        surgery.add_batch_norm(linear.encoder)
    with pytest.raises(ValueError, match="'linear_encoder' has 0 layers"):
        surgery.fold_batch_norm(linear)
    with pytest.raises(ValueError, match="batch_norm must be True or False, got 1"):
        training.TrainConfig(batch_norm=1)
    with pytest.raises(ValueError, match=r"'linear' has no hidden layer.* leave it"):
        training.TrainConfig(network="linear", batch_norm=True)


@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_even_layers_change_no_answer_and_fit_half_precision(network, x):
    vae = surgery.fold_batch_norm(trained(x, network))
    for layer in vae.encoder.layers[1:-3]:
        if layer.weights:  # as a high learning rate leaves them
            layer.set_weights([8 * w for w in layer.get_weights()])
    hidden = vae.encoder.layers[-3]
    hidden.kernel.assign(hidden.kernel * 2.0**-20)
    before = evaluation.encode(vae, x)
    assert surgery.even_layers(vae).sum() == 0
    for old, new in zip(before, evaluation.encode(vae, x), strict=True):
        np.testing.assert_array_equal(old, new)
    if network == "conv":
        assert np.abs(hidden.kernel).mean() > 6e-5  # it was about 1e-8


def test_even_layers_need_a_folded_encoder_of_rectified_layers(x):
    with pytest.raises(ValueError, match="fold_batch_norm first"):
        surgery.even_layers(trained(x))
    linear = models.VAE(*networks.build("mlp", 2), likelihoods.Gaussian())
    linear.encoder.layers[-3].activation = keras.activations.linear
    with pytest.raises(ValueError, match="no layer"):
        surgery.even_layers(linear)
    plain = models.VAE(*networks.build("mlp", 2), likelihoods.Gaussian())
    plain.encoder.layers[-3].kernel.assign(0 * plain.encoder.layers[-3].kernel)
    with pytest.raises(ValueError, match="zero or not finite"):
        surgery.even_layers(plain)
