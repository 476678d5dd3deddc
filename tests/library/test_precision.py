"""precision: half-precision hidden layers, float32 weights, outputs and objective."""

import json
import math

import keras
import numpy as np
import pytest
from keras import ops

from vae_lib import models, training, weights
from vae_lib.__main__ import main
from vae_lib.training import TrainConfig
from vae_lib.training.config import PRECISIONS
from vae_lib.training.optimizer import compile_default

MIXED = [name for name in PRECISIONS if name != "float32"]
SHAPE = (6, 6, 1)


def build(precision, network="mlp", **kwargs):
    kwargs = {"latent_dim": 3, "seed": 1, **kwargs}
    config = TrainConfig(network=network, precision=precision, **kwargs)
    return training.build_vae(config, SHAPE)


def layers(vae):
    return [*vae.encoder.layers, *vae.decoder.layers]


def test_an_unknown_precision_is_refused_with_the_known_ones():
    with pytest.raises(
        ValueError, match=r"one of 'float32', 'mixed_bfloat16'.* 'half'"
    ):
        TrainConfig(precision="half")


def test_a_configuration_of_before_is_float32():
    fields = TrainConfig(seed=4).as_dict()
    del fields["precision"]
    assert TrainConfig(**json.loads(json.dumps(fields))) == TrainConfig(seed=4)


@pytest.mark.parametrize("network", ["mlp", "conv", "conv_feature_map", "linear"])
@pytest.mark.parametrize("precision", MIXED)
def test_hidden_layers_are_half_and_all_else_is_float32(network, precision, images):
    vae = build(precision, network)
    half = precision.removeprefix("mixed_")
    computed = {layer.name: layer.compute_dtype for layer in layers(vae)}
    outputs = ("z_mean", "z_log_var", "x_logits")
    assert {computed.pop(name) for name in outputs} == {"float32"}
    assert half in computed.values()
    assert {keras.backend.standardize_dtype(w.dtype) for w in vae.weights} == {
        "float32"
    }
    terms = vae.elbo_terms(images)
    dtypes = [*vae.encoder(images), vae.decode(np.zeros((2, 3))), *terms]
    assert {keras.backend.standardize_dtype(t.dtype) for t in dtypes} == {"float32"}


def test_the_policy_of_keras_is_left_as_it_was():
    with pytest.raises(ValueError, match="image_shape must be"):
        training.build_vae(TrainConfig(precision="mixed_bfloat16"), (6, 6))
    assert keras.config.dtype_policy().name == "float32"
    build("mixed_bfloat16")
    assert keras.config.dtype_policy().name == "float32"
    assert build("float32").encoder.layers[-1].compute_dtype == "float32"


def test_float32_leaves_double_precision_alone(float64):
    assert {layer.compute_dtype for layer in layers(build("float32"))} == {"float64"}


@pytest.mark.parametrize("precision", MIXED)
def test_the_objective_is_exact_for_what_the_networks_return(precision, images):
    """Against NumPy in double precision: half precision would lose three digits."""
    vae = build(precision, variance=0.05)
    noise = np.random.default_rng(0).standard_normal((1, 16, 3)).astype("float32")
    terms = vae.elbo_terms(images, noise=noise)
    mean, log_var = (np.float64(ops.convert_to_numpy(t)) for t in vae.encoder(images))
    z = ops.convert_to_tensor(mean + np.exp(0.5 * log_var) * noise[0], "float32")
    logits = np.float64(ops.convert_to_numpy(vae.decoder(z)))
    squared = (images - 1 / (1 + np.exp(-logits))) ** 2
    log_px_z = -0.5 * (squared / 0.05 + math.log(2 * math.pi * 0.05)).sum((1, 2, 3))
    kl = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var).sum(axis=1)
    np.testing.assert_allclose(ops.convert_to_numpy(terms.rate), kl, rtol=1e-5)
    # z is rounded to half precision on its way into the decoder, and a last bit of
    # float32 may move that rounding: hence not 1e-5.
    np.testing.assert_allclose(
        ops.convert_to_numpy(terms.distortion), -log_px_z, rtol=1e-4
    )


@pytest.mark.parametrize("precision", MIXED)
def test_the_networks_differ_by_the_rounding_of_half_precision(precision, images):
    exact, rounded = build("float32"), build(precision)
    rounded.set_weights(exact.get_weights())
    bits = {"mixed_bfloat16": 8, "mixed_float16": 11}[precision]
    for ours, theirs in zip(
        rounded.encoder(images), exact.encoder(images), strict=True
    ):
        ours, theirs = map(ops.convert_to_numpy, (ours, theirs))
        # Some 550 roundings of random sign, in units of the largest output.
        error = np.abs(ours - theirs).max() / np.abs(theirs).max()
        assert 0.0 < error < 8 * 2.0**-bits


@pytest.mark.parametrize("precision", MIXED)
def test_training_works_and_goes_on_after_an_interruption(precision, images, tmp_path):
    run = {"epochs": 4, "batch_size": 8, "learning_rate": 1e-2, "verbose": 0}

    def compiled():
        vae = build(precision)
        compile_default(vae, 8, 1e-2)
        return vae

    whole, part = compiled(), compiled()
    history = training.fit(whole, images, **run).history
    assert history["elbo"][-1] > history["elbo"][0] + 1
    checkpoints = training.Checkpoints(tmp_path)
    training.fit(part, images, callbacks=[checkpoints], **{**run, "epochs": 2})
    resumed = compiled()
    done = training.Checkpoints(tmp_path).restore(resumed)
    training.fit(resumed, images, initial_epoch=done, **run)
    for expected, weight in zip(whole.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), expected.numpy())


def test_float16_scales_the_loss_and_skips_a_step_that_overflows(images):
    vae = build("mixed_float16")
    before = vae.get_weights()
    adam = keras.optimizers.Adam(1e-2)
    scaled = keras.optimizers.LossScaleOptimizer(adam, initial_scale=2.0**100)
    vae.compile(optimizer=scaled)
    history = training.fit(vae, images, epochs=1, batch_size=8, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    for weight, expected in zip(vae.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)  # two steps, both skipped
    assert float(scaled.dynamic_scale.numpy()) == 2.0**98
    vae.compile(optimizer=keras.optimizers.Adam(1e-2))
    assert isinstance(vae.optimizer, keras.optimizers.LossScaleOptimizer)


@pytest.mark.parametrize("precision", MIXED)
def test_files_carry_weights_and_precision(precision, images, tmp_path):
    vae, exact = build(precision), build("float32", seed=2)
    weights.save_weights(vae, tmp_path / "a.npz")
    weights.load_weights(exact, tmp_path / "a.npz")
    for mine, theirs in zip(vae.weights, exact.weights, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())
    copy = models.VAE.from_config(vae.get_config())
    assert copy.dtype_policy.name == precision
    pairs = zip(layers(copy), layers(vae), strict=True)
    assert all(a.compute_dtype == b.compute_dtype for a, b in pairs if a.weights)


def test_train_and_evaluate_take_it_from_the_command_line(tmp_path, capsys):
    folder = str(tmp_path / "run")
    train = ["train", "--sample", "--train-images", "128", "--epochs", "1", "--quiet"]
    precision = ["--precision", "mixed_bfloat16"]
    assert main([*train, *precision, "--out", folder]) == 0
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["precision"] == "mixed_bfloat16"
    assert main(["evaluate", folder, "--images", "50", "--quiet"]) == 0
    assert main([*train, "--precision", "mixed_float16", "--out", folder]) == 2
    resume = ["train", "--resume", "--out", folder, "--precision", "float32"]
    assert main(resume) == 2
    expected = "precision: 'mixed_bfloat16' before, 'float32' now"
    assert expected in capsys.readouterr().err
