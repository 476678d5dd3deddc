"""Encoders and decoders: the report's sizes, shapes and names, and bad sizes."""

import keras
import numpy as np
import pytest
from keras import ops

from vae_lib import networks, pretrained

NAMES = ["mlp", "conv", "conv_feature_map", "linear"]


def mlp_counts(d, pixels=784, hidden=512):
    encoder = pixels * hidden + hidden + 2 * (hidden * d + d)
    return encoder, d * hidden + hidden + hidden * pixels + pixels


def conv_encoder_count(d, height=28, width=28, channels=1):
    convolutions = sum(
        9 * inputs * maps + maps
        for inputs, maps in ((channels, 32), (32, 64), (64, 64), (64, 64))
    )
    flat = -(-height // 2) * -(-width // 2) * 64  # one stride of 2, rounded up
    return convolutions + flat * 32 + 32 + 2 * (32 * d + d)


def output_convolutions(maps_in, channels=1):
    return 9 * maps_in * 32 + 32 + 9 * 32 * channels + channels


def conv_counts(d):
    return conv_encoder_count(d), 784 * d + 784 + output_convolutions(1)


def conv_feature_map_counts(d):
    return conv_encoder_count(d), 12544 * d + 12544 + output_convolutions(64)


def linear_counts(d):
    return 784 * d + d + d, 784 * d + 784


COUNTS = dict(
    zip(
        NAMES,
        (mlp_counts, conv_counts, conv_feature_map_counts, linear_counts),
        strict=True,
    )
)


@pytest.mark.parametrize(
    ("network", "total"),
    [("mlp", 807_700), ("conv", 497_205), ("conv_feature_map", 550_629)],
)
def test_the_published_numbers_of_parameters(network, total):
    encoder, decoder = networks.build(network, 2)
    assert encoder.count_params() + decoder.count_params() == total


def test_the_conv_decoder_as_worded_is_small():
    decoder = networks.conv_decoder(2)
    assert decoder.count_params() == 2_961
    dense = decoder.get_layer("hidden").count_params()
    assert (dense, decoder.count_params() - dense) == (2_352, 609)


@pytest.mark.parametrize("latent_dim", [2, 10, 20])
@pytest.mark.parametrize("network", NAMES)
def test_parameters_follow_the_formula(network, latent_dim):
    encoder, decoder = networks.build(network, latent_dim)
    counts = encoder.count_params(), decoder.count_params()
    assert counts == COUNTS[network](latent_dim)


@pytest.mark.parametrize("network", NAMES)
def test_names_and_shapes(network):
    encoder, decoder = networks.build(network, 3)
    assert encoder.name == f"{network}_encoder"
    assert decoder.name == f"{network}_decoder"
    assert encoder.input_shape == (None, 28, 28, 1)
    assert encoder.output_shape == [(None, 3), (None, 3)]
    assert decoder.input_shape == (None, 3)
    assert decoder.output_shape == (None, 28, 28, 1)
    names = [layer.name for layer in encoder.layers]
    assert names[0] == "x" and names[-2:] == ["z_mean", "z_log_var"]
    assert decoder.layers[0].name == "z" and decoder.layers[-1].name == "x_logits"


def test_the_convolutions_have_the_reports_maps_and_our_strides():
    encoder = networks.conv_encoder(2)
    shapes = [encoder.get_layer(f"conv_{i}").output.shape[1:] for i in (1, 2, 3, 4)]
    assert shapes == [(28, 28, 32), (14, 14, 64), (14, 14, 64), (14, 14, 64)]
    assert encoder.get_layer("hidden").units == 32
    worded, grown = networks.conv_decoder(2), networks.conv_feature_map_decoder(2)
    assert worded.get_layer("hidden").units == 784
    assert worded.get_layer("deconv").output.shape == (None, 28, 28, 32)
    assert grown.get_layer("hidden").units == 12_544
    assert grown.get_layer("deconv").output.shape == (None, 28, 28, 32)
    for layer in (*encoder.layers, *worded.layers, *grown.layers):
        if "Conv" in type(layer).__name__:
            assert layer.kernel_size == (3, 3)


@pytest.mark.parametrize("network", NAMES)
def test_hidden_layers_are_relu_and_the_last_ones_affine(network):
    for model in networks.build(network, 2):
        heads = {"z_mean", "z_log_var", "x_logits", "pixels"}
        for layer in model.layers:
            if hasattr(layer, "activation"):
                expected = "linear" if layer.name in heads else "relu"
                assert layer.activation.__name__ == expected, layer.name


@pytest.mark.parametrize("network", NAMES)
@pytest.mark.parametrize("image_shape", [(6, 6, 1), (8, 4, 3), (7, 5, 2)])
def test_other_image_shapes(network, image_shape):
    if network == "conv_feature_map" and image_shape[0] % 2:
        with pytest.raises(ValueError, match=r"must be even; got .*\(7, 5, 2\)"):
            networks.build(network, 2, image_shape)
        return
    encoder, decoder = networks.build(network, 2, image_shape)
    x = np.random.default_rng(0).uniform(size=(3, *image_shape)).astype("float32")
    z_mean, z_log_var = encoder(x)
    assert ops.shape(z_mean) == ops.shape(z_log_var) == (3, 2)
    x_logits = ops.convert_to_numpy(decoder(z_mean))
    assert x_logits.shape == x.shape
    assert x_logits.min() < 0 < x_logits.max()  # logits, not probabilities
    assert np.all(np.isfinite(x_logits))


def test_hidden_units_can_be_chosen():
    encoder = networks.mlp_encoder(2, hidden_units=8)
    decoder = networks.mlp_decoder(2, hidden_units=8)
    counts = encoder.count_params(), decoder.count_params()
    assert counts == mlp_counts(2, hidden=8)
    assert (
        networks.conv_encoder(2, (6, 6, 1), hidden_units=5).get_layer("hidden").units
        == 5
    )


def test_the_linear_network_is_affine_and_its_variance_constant():
    encoder, decoder = networks.build("linear", 2, (3, 3, 1))
    encoder.get_layer("z_log_var").vector.assign(np.array([0.5, -1.0]))
    rng = np.random.default_rng(0)

    def is_affine(function, a, b):
        middle = function(0.25 * a + 0.75 * b)
        mixture = 0.25 * function(a) + 0.75 * function(b)
        np.testing.assert_allclose(middle, mixture, atol=1e-5)
        assert np.abs(function(a) - function(b)).max() > 0.01

    a, b = rng.normal(size=(2, 4, 3, 3, 1)).astype("float32")
    is_affine(lambda x: ops.convert_to_numpy(encoder(x)[0]), a, b)
    log_var = ops.convert_to_numpy(encoder(a)[1])
    np.testing.assert_allclose(log_var, np.tile([[0.5, -1.0]], (4, 1)))
    a, b = rng.normal(size=(2, 4, 2)).astype("float32")
    is_affine(lambda z: ops.convert_to_numpy(decoder(z)), a, b)


@pytest.mark.parametrize("network", NAMES)
def test_networks_survive_their_configuration(network):
    for model in networks.build(network, 2, (6, 6, 1)):
        copy = keras.saving.deserialize_keras_object(
            keras.saving.serialize_keras_object(model)
        )
        copy.set_weights(model.get_weights())
        assert copy.name == model.name
        x = np.ones((2, *model.input_shape[1:]), "float32")
        for a, b in zip(
            keras.tree.flatten(copy(x)), keras.tree.flatten(model(x)), strict=True
        ):
            np.testing.assert_array_equal(
                ops.convert_to_numpy(a), ops.convert_to_numpy(b)
            )


@pytest.mark.parametrize("value", [0, -1, 2.5, 2.0, True, "2", None])
@pytest.mark.parametrize("network", NAMES)
def test_a_latent_dim_must_be_a_whole_number_of_at_least_one(network, value):
    message = f"^latent_dim must be a whole number of at least 1, got {value!r}"
    for make in networks.NETWORKS[network]:
        with pytest.raises(ValueError, match=message):
            make(value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((28, 28), r"image_shape must be \(height, width, channels\).*got \(28, 28\)"),
        (784, r"image_shape must be \(height, width, channels\).*got 784"),
        ((0, 28, 1), "image_shape's height must be .*got 0"),
        ((28, 28.0, 1), "image_shape's width must be .*got 28.0"),
        ((28, 28, -1), "image_shape's channels must be .*got -1"),
    ],
)
def test_an_image_shape_has_three_sizes(value, message):
    for pair in networks.NETWORKS.values():
        for make in pair:
            with pytest.raises(ValueError, match=message):
                make(2, value)


@pytest.mark.parametrize(
    "make", [networks.mlp_encoder, networks.mlp_decoder, networks.conv_encoder]
)
def test_hidden_units_must_be_a_whole_number_of_at_least_one(make):
    with pytest.raises(ValueError, match=r"hidden_units must be a whole number.*got 0"):
        make(2, hidden_units=0)


def test_an_unknown_network_is_named_with_the_known_ones():
    with pytest.raises(
        ValueError, match=r"network must be one of 'mlp', 'conv'.*got 'mpl'"
    ):
        networks.build("mpl", 2)


def outputs_of(network):
    """The shapes of all layers, and what the model says of one image."""
    parts = networks.build(network, 2)
    shapes = [layer.output.shape for part in parts for layer in part.layers]
    if network == "linear":
        return shapes, 0.0
    vae, x = pretrained.load_pretrained(network, 2), np.full((1, 28, 28, 1), 0.2)
    return shapes, float(vae.log_weights(x, noise=np.zeros((1, 1, 2)))[0, 0])


@pytest.mark.parametrize("network", networks.NETWORKS)
def test_keras_json_does_not_turn_images_round(network):
    """A setting of Keras for all models; the published weights are channels last."""
    before = keras.config.image_data_format()
    expected = outputs_of(network)
    keras.config.set_image_data_format("channels_first")
    try:
        shapes, log_weight = outputs_of(network)
    finally:
        keras.config.set_image_data_format(before)
    assert shapes == expected[0]
    assert log_weight == pytest.approx(expected[1], rel=1e-5)
