"""The sampling layer against the distribution it draws from, and the free constant."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from keras import ops

from vae_lib import gradients
from vae_lib.layers import InputIndependent, Sampling

B, D = 4, 3


def posterior(seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(2, B, D)).astype("float32")


def numpy_sample(*arguments, seed=None, **keywords):
    return ops.convert_to_numpy(Sampling(seed=seed)(*arguments, **keywords))


def test_samples_have_the_mean_and_variance_of_the_posterior():
    # exp(log_var) without the 0.5 would give exp(2 log_var): wrong but for 0.
    n = 20_000
    z_mean = np.tile(np.array([[1.0, 0.0, -2.0]], "float32"), (n, 1))
    z_log_var = np.tile(np.array([[-4.0, 0.0, 2.0]], "float32"), (n, 1))
    z = np.float64(numpy_sample(z_mean, z_log_var, seed=1))
    variance = np.exp(z_log_var[0])
    assert np.all(np.abs(z.mean(0) - z_mean[0]) < 4 * np.sqrt(variance / n))
    assert np.all(np.abs(z.var(0) / variance - 1) < 4 * np.sqrt(2 / n))
    correlation = np.corrcoef(z.T) - np.eye(3)
    assert np.all(np.abs(correlation) < 4 / np.sqrt(n))


def test_many_samples_of_one_row_are_independent():
    n = 20_000
    rows = np.zeros((2, 1), "float32")
    z = numpy_sample(rows, rows, n_samples=n, seed=1)
    assert z.shape == (n, 2, 1)
    assert np.all(np.abs(z.var(axis=0) - 1) < 4 * np.sqrt(2 / n))
    first, second = z[:, 0, 0], z[:, 1, 0]
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(n)
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 4 / np.sqrt(n)


def test_given_noise_is_scaled_by_the_standard_deviation():
    z_mean, z_log_var = posterior()
    for shape, n_samples in (((B, D), None), ((5, B, D), 5)):
        noise = np.random.default_rng(1).normal(size=shape).astype("float32")
        z = numpy_sample(z_mean, z_log_var, n_samples=n_samples, noise=noise)
        expected = z_mean + np.sqrt(np.exp(np.float64(z_log_var))) * noise
        np.testing.assert_allclose(z, expected, rtol=1e-5, atol=1e-6)


def test_two_calls_differ_and_a_seed_repeats_them():
    z_mean, z_log_var = posterior()
    first, second = Sampling(seed=5), Sampling(seed=5)
    draws = [ops.convert_to_numpy(first(z_mean, z_log_var)) for _ in range(3)]
    again = [ops.convert_to_numpy(second(z_mean, z_log_var)) for _ in range(3)]
    np.testing.assert_array_equal(draws, again)
    assert not np.any(draws[0] == draws[1]) and not np.any(draws[1] == draws[2])
    assert not np.any(numpy_sample(z_mean, z_log_var, seed=6) == draws[0])
    assert not np.any(numpy_sample(z_mean, z_log_var) == draws[0])


def test_without_a_seed_keras_global_seed_repeats_it():
    z_mean, z_log_var = posterior()
    draws = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        draws.append(numpy_sample(z_mean, z_log_var))
    np.testing.assert_array_equal(*draws)


def functional_sampler(**keywords):
    z_mean, z_log_var = keras.Input((D,)), keras.Input((D,))
    z = Sampling(seed=5)(z_mean, z_log_var, **keywords)
    return keras.Model([z_mean, z_log_var], z)


def test_it_samples_in_evaluation_as_in_training():
    model, x = functional_sampler(), list(posterior())
    draws = [ops.convert_to_numpy(model(x, training=mode)) for mode in (True, False)]
    draws += [model.predict(x, verbose=0) for _ in range(2)]
    for i, j in ((0, 1), (1, 2), (2, 3)):
        assert not np.any(draws[i] == draws[j])


def test_a_functional_model_knows_the_shape_of_the_samples():
    assert functional_sampler().output_shape == (None, D)
    many = functional_sampler(n_samples=7)
    assert many.output_shape == (7, None, D)
    assert ops.convert_to_numpy(many(list(posterior()))).shape == (7, B, D)


def test_gradients_reach_the_mean_and_the_log_variance():
    z_mean, z_log_var = posterior()
    noise = np.random.default_rng(1).normal(size=(B, D)).astype("float32")
    layer = Sampling()
    _, (d_mean, d_log_var) = gradients.value_and_grad(
        lambda m, v: ops.sum(layer(m, v, noise=noise))
    )(z_mean, z_log_var)
    np.testing.assert_allclose(ops.convert_to_numpy(d_mean), 1.0)
    np.testing.assert_allclose(
        ops.convert_to_numpy(d_log_var), 0.5 * np.exp(z_log_var / 2) * noise, rtol=1e-5
    )


@given(st.data())
def test_values_and_gradients_are_finite_for_every_log_variance(dtype, data):
    def draw(low, high):
        numbers = st.floats(low, high, width=32)
        return data.draw(hnp.arrays(np.float32, (B, D), elements=numbers)).astype(dtype)

    z_mean, z_log_var, noise = draw(-10, 10), draw(-30, 20), draw(-6, 6)
    layer = Sampling()
    z = layer(z_mean, z_log_var, noise=noise)
    assert keras.backend.standardize_dtype(z.dtype) == dtype
    exact = z_mean + np.exp(np.float64(z_log_var) / 2) * noise
    np.testing.assert_allclose(ops.convert_to_numpy(z), exact, rtol=1e-5, atol=1e-5)
    _, slopes = gradients.value_and_grad(
        lambda m, v: ops.sum(layer(m, v, noise=noise))
    )(z_mean, z_log_var)
    assert all(np.all(np.isfinite(ops.convert_to_numpy(s))) for s in slopes)


@pytest.mark.parametrize(
    ("shapes", "keywords"),
    [
        (((B, D), (B, 1)), {}),
        (((B, D), (D,)), {}),
        (((B, D), (B, D)), {"noise": (B, 1)}),
        (((B, D), (B, D)), {"noise": (2, B, D)}),
        (((B, D), (B, D)), {"noise": (B, D), "n_samples": B}),
        (((B, D), (B, D)), {"noise": (2, 1, D), "n_samples": 2}),
    ],
)
def test_nothing_is_broadcast(shapes, keywords):
    z_mean, z_log_var = (np.zeros(shape, "float32") for shape in shapes)
    if "noise" in keywords:
        keywords = {**keywords, "noise": np.zeros(keywords["noise"], "float32")}
    with pytest.raises(ValueError, match="nothing is broadcast"):
        Sampling()(z_mean, z_log_var, **keywords)


def test_sampling_survives_its_configuration():
    z_mean, z_log_var = posterior()
    config = keras.saving.serialize_keras_object(Sampling(seed=5, name="z"))
    copy = keras.saving.deserialize_keras_object(config)
    assert isinstance(copy, Sampling) and copy.name == "z" and copy.seed == 5
    expected = numpy_sample(z_mean, z_log_var, seed=5)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(copy(z_mean, z_log_var)), expected
    )


def test_layers_survive_a_file(tmp_path):
    x = keras.Input((5,))
    z_mean = keras.layers.Dense(D)(x)
    z = Sampling(seed=5)(z_mean, InputIndependent(D)(x))
    model = keras.Model(x, z)
    model.save(tmp_path / "model.keras")
    copy = keras.saving.load_model(tmp_path / "model.keras")
    data = np.ones((B, 5), "float32")
    np.testing.assert_array_equal(
        ops.convert_to_numpy(copy(data)), ops.convert_to_numpy(model(data))
    )


def test_input_independent_is_one_learned_vector_for_every_example():
    layer = InputIndependent(2)
    x = np.random.default_rng(0).normal(size=(B, 7)).astype("float32")
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(x)), np.zeros((B, 2)))
    assert layer.count_params() == 2
    layer.vector.assign(np.array([1.5, -0.5]))
    out = ops.convert_to_numpy(layer(-3 * x))
    np.testing.assert_array_equal(out, np.tile([[1.5, -0.5]], (B, 1)))
    weights = np.arange(B, dtype="float32")[:, None]
    _, (slope,) = gradients.weight_gradients(
        lambda: ops.sum(layer(x) * ops.convert_to_tensor(weights)),
        layer.trainable_weights,
    )
    np.testing.assert_allclose(ops.convert_to_numpy(slope), [6.0, 6.0])  # 0+1+2+3


def test_input_independent_survives_its_configuration():
    layer = InputIndependent(2, name="z_log_var")
    config = keras.saving.serialize_keras_object(layer)
    copy = keras.saving.deserialize_keras_object(config)
    assert isinstance(copy, InputIndependent)
    assert copy.name == "z_log_var" and copy.units == 2
    assert copy(keras.Input((9,))).shape == (None, 2)
