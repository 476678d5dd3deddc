"""Gradients against exact ones, and the two estimators of a VAE's gradient."""

import keras
import numpy as np
import pytest
from keras import ops

from vae_lib import gradients
from vae_lib.distributions import log_normal_diag

M, V = 0.7, 0.5  # q = N(M, V); f(z) = z^2 has E f = M^2 + V, so d/dM = 2M, d/dV = 1


def square(z):
    return z[:, 0] ** 2


def pathwise(noise):
    """Gradients of f(m + sqrt(v) noise), one for each number of noise, (n,)."""
    mean, variance = (np.full((len(noise), 1), p, noise.dtype) for p in (M, V))
    epsilon = ops.convert_to_tensor(noise[:, None])
    _, slopes = gradients.value_and_grad(
        lambda m, v: ops.sum(square(m + ops.sqrt(v) * epsilon))
    )(mean, variance)
    return [ops.convert_to_numpy(slope)[:, 0] for slope in slopes]


def score_function(noise):
    """f(z) times the gradient of log q(z), the sample z held fixed, (n,)."""
    z = (M + np.sqrt(V) * noise[:, None]).astype(noise.dtype)
    mean, variance = (np.full_like(z, p) for p in (M, V))
    _, slopes = gradients.value_and_grad(
        lambda m, v: ops.sum(log_normal_diag(z, m, ops.log(v)))
    )(mean, variance)
    return [square(z) * ops.convert_to_numpy(slope)[:, 0] for slope in slopes]


def test_both_estimators_are_exact_under_quadrature(float64):
    # Ten Gauss-Hermite nodes integrate polynomials up to degree 19 exactly.
    nodes, weights = np.polynomial.hermite_e.hermegauss(10)
    weights = weights / weights.sum()
    for estimator in (pathwise, score_function):
        d_mean, d_variance = estimator(nodes)
        assert weights @ d_mean == pytest.approx(2 * M, rel=1e-12)
        assert weights @ d_variance == pytest.approx(1.0, rel=1e-12)


def test_both_estimators_agree_and_the_pathwise_one_varies_less():
    n = 20_000
    noise = np.random.default_rng(0).standard_normal(n).astype("float32")
    for reparameterised, scored, exact in zip(
        pathwise(noise), score_function(noise), (2 * M, 1.0), strict=True
    ):
        for sample in (reparameterised, scored):
            assert abs(sample.mean() - exact) < 4 * sample.std() / np.sqrt(n)
        assert reparameterised.var() < 0.5 * scored.var()


def test_value_and_gradient_of_each_argument(dtype):
    a = np.array([[1.0, 2.0], [3.0, 4.0]], dtype)
    b = np.array([5.0, -6.0], dtype)
    value, slopes = gradients.value_and_grad(lambda a, b: ops.sum(a * b**2))(a, b)
    assert isinstance(slopes, list)
    assert float(value) == 1 * 25 + 2 * 36 + 3 * 25 + 4 * 36
    np.testing.assert_allclose(ops.convert_to_numpy(slopes[0]), [[25, 36]] * 2)
    np.testing.assert_allclose(ops.convert_to_numpy(slopes[1]), [40.0, -72.0])
    for slope in slopes:
        assert keras.backend.standardize_dtype(slope.dtype) == dtype


def test_tensors_and_plain_numbers_are_arguments_too():
    for argument in (3.0, np.float32(3.0), ops.convert_to_tensor(3.0)):
        value, (slope,) = gradients.value_and_grad(lambda x: x**3)(argument)
        assert (float(value), float(slope)) == (27.0, 27.0)


def test_what_the_function_does_not_use_has_zero_gradients():
    x = np.ones((2, 3), "float32")
    _, (used, unused) = gradients.value_and_grad(lambda a, b: ops.sum(a))(x, x)
    np.testing.assert_array_equal(ops.convert_to_numpy(used), np.ones((2, 3)))
    np.testing.assert_array_equal(ops.convert_to_numpy(unused), np.zeros((2, 3)))
    constant = gradients.value_and_grad(lambda a: ops.convert_to_tensor(4.0))
    value, (slope,) = constant(x)
    assert float(value) == 4.0
    np.testing.assert_array_equal(ops.convert_to_numpy(slope), np.zeros((2, 3)))


def test_weight_gradients_are_those_of_least_squares():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    value, (d_kernel, d_bias) = gradients.weight_gradients(
        lambda: ops.sum((layer(x) - ops.cast(y, "float32")) ** 2),
        layer.trainable_weights,
    )
    kernel, bias = (np.float64(w) for w in layer.get_weights())
    residual = x @ kernel + bias - y
    assert float(value) == pytest.approx(np.sum(residual**2), rel=1e-5)
    np.testing.assert_allclose(
        ops.convert_to_numpy(d_kernel), 2 * x.T @ residual, rtol=1e-4, atol=1e-4
    )
    np.testing.assert_allclose(
        ops.convert_to_numpy(d_bias), 2 * residual.sum(axis=0), rtol=1e-4, atol=1e-4
    )


def test_weight_gradients_leave_the_model_as_it_was(make_vae, images):
    vae = make_vae(seed=1)
    before = [np.array(w) for w in vae.get_weights()]
    x = ops.convert_to_tensor(images)
    values = []
    for _ in range(2):
        value, slopes = gradients.weight_gradients(
            lambda: vae.compute_loss(x), vae.trainable_weights
        )
        values.append(float(value))
        assert [s.shape for s in slopes] == [w.shape for w in vae.trainable_weights]
        assert all(np.any(ops.convert_to_numpy(s) != 0.0) for s in slopes)
    for new, old in zip(vae.get_weights(), before, strict=True):
        np.testing.assert_array_equal(new, old)
    assert float(vae.elbo_tracker.result()) == 0.0
    # Seeds stand still too, as documented: the same noise gave the same loss.
    assert values[0] == values[1]


def test_a_backend_without_gradients_is_named(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "numpy")
    with pytest.raises(NotImplementedError, match="'numpy' has no automatic"):
        gradients.value_and_grad(lambda x: x)
