"""Densities and divergences against SciPy, closed forms and Monte Carlo."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from keras import ops
from scipy import integrate, special, stats

from vae_lib import _checks, distributions, gradients

MEANS = np.array([[0.3, -1.2, 2.0], [0.0, 0.0, 0.0], [-3.0, 0.5, 0.1]])
LOG_VARS = np.array([[0.4, -2.0, 1.0], [0.0, 0.0, 0.0], [-5.0, 3.0, 0.7]])
RTOL = {"float32": 1e-5, "float64": 1e-12}

# A few shapes, each compiled once by JAX; hypothesis varies the numbers.
shapes = st.sampled_from([(3,), (4, 1), (2, 4, 3)])


def arrays(shape, low, high):
    return hnp.arrays(np.float32, shape, elements=st.floats(low, high, width=32))


def numpy_kl(mean, log_var):
    """The formula of Kingma & Welling (2013), appendix B, in double precision."""
    mean, log_var = np.float64(mean), np.float64(log_var)
    return 0.5 * np.sum(mean**2 + np.expm1(log_var) - log_var, axis=-1)


def test_log_normal_diag_is_scipys(dtype):
    x = np.random.default_rng(0).normal(scale=2.0, size=MEANS.shape)
    expected = stats.norm.logpdf(x, MEANS, np.exp(LOG_VARS / 2)).sum(axis=-1)
    arguments = [a.astype(dtype) for a in (x, MEANS, LOG_VARS)]
    log_p = distributions.log_normal_diag(*arguments)
    assert keras.backend.standardize_dtype(log_p.dtype) == dtype
    np.testing.assert_allclose(
        ops.convert_to_numpy(log_p), expected, rtol=RTOL[dtype], atol=1e-6
    )


def test_log_normal_diag_is_a_density_and_may_be_positive(float64):
    x = np.linspace(0.9, 1.1, 20_001)[:, None]
    log_p = distributions.log_normal_diag(x, np.ones_like(x), np.full_like(x, -10.0))
    log_p = ops.convert_to_numpy(log_p)
    assert log_p.max() > 4.0
    assert integrate.simpson(np.exp(log_p), x=x[:, 0]) == pytest.approx(1.0, abs=1e-9)


def test_log_standard_normal_is_scipys(dtype):
    z = np.random.default_rng(1).normal(size=(5, 4, 3))
    log_p = ops.convert_to_numpy(distributions.log_standard_normal(z.astype(dtype)))
    expected = stats.norm.logpdf(z).sum(axis=-1)
    np.testing.assert_allclose(log_p, expected, rtol=RTOL[dtype])


def test_kl_is_the_integral_that_defines_it(float64):
    for mean, log_var in zip(MEANS.ravel(), LOG_VARS.ravel(), strict=True):
        std = np.exp(log_var / 2)
        z = mean + std * np.linspace(-12, 12, 20_001)
        log_q, log_p = stats.norm.logpdf(z, mean, std), stats.norm.logpdf(z)
        expected = integrate.simpson(np.exp(log_q) * (log_q - log_p), x=z)
        kl = distributions.gaussian_kl(np.array([mean]), np.array([log_var]))
        assert float(kl) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_kl_is_the_monte_carlo_mean_within_four_standard_errors():
    rng, n = np.random.default_rng(2), 20_000
    for mean, log_var in zip(MEANS, LOG_VARS, strict=True):
        std = np.exp(log_var / 2)
        z = mean + std * rng.standard_normal((n, 3))
        log_ratio = stats.norm.logpdf(z, mean, std) - stats.norm.logpdf(z)
        log_ratio = log_ratio.sum(axis=1)
        error = log_ratio.std() / np.sqrt(n)
        kl = distributions.gaussian_kl(mean.astype("f4"), log_var.astype("f4"))
        assert abs(float(kl) - log_ratio.mean()) <= 4 * error + 1e-6


@given(st.data())
def test_kl_is_never_negative(data):
    shape = data.draw(shapes)
    mean = data.draw(arrays(shape, -1.0, 1.0))
    log_var = data.draw(arrays(shape, -1.0, 1.0))
    kl = ops.convert_to_numpy(distributions.gaussian_kl(mean, log_var))
    assert np.all(kl >= 0.0)
    far = np.any((np.abs(mean) > 1e-3) | (np.abs(log_var) > 1e-3), axis=-1)
    assert np.all(kl[far] > 0.0)


def test_kl_is_zero_for_the_prior_only():
    zeros = np.zeros((2, 3), "float32")
    assert np.all(ops.convert_to_numpy(distributions.gaussian_kl(zeros, zeros)) == 0.0)
    for mean, log_var in ((1e-2, 0.0), (0.0, 1e-2), (0.0, -1e-2)):
        arguments = [np.full(1, value, "float32") for value in (mean, log_var)]
        assert float(distributions.gaussian_kl(*arguments)) > 1e-5


def test_kl_keeps_its_digits_near_the_prior():
    # There KL = mean^2 / 2 + log_var^2 / 4 + O(log_var^3): exp(v) - 1 - v has no
    # correct digit left in float32.
    for log_var in (1e-3, -1e-3, 3e-4):
        kl = distributions.gaussian_kl(*np.array([[0.0], [log_var]], "float32"))
        assert float(kl) == pytest.approx(log_var**2 / 4, rel=2e-3)


def test_kl_gradients_are_the_closed_ones(float64):
    _, (d_mean, d_log_var) = gradients.value_and_grad(
        lambda m, v: ops.sum(distributions.gaussian_kl(m, v))
    )(MEANS, LOG_VARS)
    np.testing.assert_allclose(ops.convert_to_numpy(d_mean), MEANS, rtol=1e-12)
    np.testing.assert_allclose(
        ops.convert_to_numpy(d_log_var), np.expm1(LOG_VARS) / 2, rtol=1e-12
    )


@given(st.data())
def test_values_and_gradients_are_finite_for_every_log_variance(dtype, data):
    shape = data.draw(shapes)
    x, mean = (data.draw(arrays(shape, -10, 10)).astype(dtype) for _ in range(2))
    log_var = data.draw(arrays(shape, -30, 20)).astype(dtype)
    kl = distributions.gaussian_kl(mean, log_var)
    log_p = distributions.log_normal_diag(x, mean, log_var)
    for values in (kl, log_p):
        assert values.shape == shape[:-1]
        assert keras.backend.standardize_dtype(values.dtype) == dtype
        assert np.all(np.isfinite(ops.convert_to_numpy(values)))
    np.testing.assert_allclose(
        ops.convert_to_numpy(kl), numpy_kl(mean, log_var), rtol=1e-5, atol=1e-6
    )
    exact = stats.norm.logpdf(
        np.float64(x), np.float64(mean), np.exp(np.float64(log_var) / 2)
    ).sum(axis=-1)
    np.testing.assert_allclose(ops.convert_to_numpy(log_p), exact, rtol=2e-5, atol=1e-4)
    for function, arguments in (
        (distributions.gaussian_kl, (mean, log_var)),
        (distributions.log_normal_diag, (x, mean, log_var)),
    ):
        differentiated = gradients.value_and_grad(
            lambda *tensors, function=function: ops.sum(function(*tensors))
        )
        for gradient in differentiated(*arguments)[1]:
            assert np.all(np.isfinite(ops.convert_to_numpy(gradient)))


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (distributions.gaussian_kl, [(4, 3), (4, 1)]),
        (distributions.gaussian_kl, [(4,), (4, 1)]),
        (distributions.gaussian_kl, [(1, 3), (4, 3)]),
        (distributions.log_normal_diag, [(4, 3), (3,), (3,)]),
        (distributions.log_normal_diag, [(2, 4, 3), (4, 3), (4, 3)]),
        (distributions.log_normal_diag, [(4, 3), (4, 3), (4, 1)]),
    ],
)
def test_nothing_is_broadcast(function, shapes):
    with pytest.raises(ValueError, match="nothing is broadcast") as error:
        function(*[np.zeros(shape, "float32") for shape in shapes])
    for shape in shapes:
        assert str(shape) in str(error.value)


def test_unknown_sizes_match_any_size():
    unknown = keras.KerasTensor((None, 3))
    known = np.zeros((4, 3), "float32")
    _checks.same_shape(a=unknown, b=known)
    _checks.of_shape("a", known, (None, 3))
    with pytest.raises(ValueError, match=r"a \(None, 3\), b \(4, 2\)"):
        _checks.same_shape(a=unknown, b=known[:, :2])
    with pytest.raises(ValueError, match=r"a must have the shape \(None, 2\)"):
        _checks.of_shape("a", known, (None, 2))


def test_log_mean_exp_is_scipys_without_overflow(dtype):
    log_w = np.random.default_rng(3).normal(scale=3.0, size=(7, 4))
    for shift in (0.0, 1e4, -1e4):
        shifted = (log_w + shift).astype(dtype)
        expected = special.logsumexp(np.float64(shifted), axis=0) - np.log(7)
        got = distributions.log_mean_exp(shifted)
        np.testing.assert_allclose(
            ops.convert_to_numpy(got), expected, rtol=10 * np.finfo(dtype).eps
        )


def test_log_mean_exp_removes_the_axis_it_is_given():
    log_w = np.log(np.arange(1.0, 13.0, dtype="float32")).reshape(3, 4)
    rows = ops.convert_to_numpy(distributions.log_mean_exp(log_w, axis=1))
    np.testing.assert_allclose(rows, np.log([2.5, 6.5, 10.5]), rtol=1e-6)
    columns = ops.convert_to_numpy(distributions.log_mean_exp(log_w))
    np.testing.assert_allclose(columns, np.log([5.0, 6.0, 7.0, 8.0]), rtol=1e-6)
