"""Three likelihoods of images against SciPy, enumeration and quadrature."""

import itertools
import math

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from keras import ops
from scipy import special, stats

from vae_lib import gradients, likelihoods

SHAPE = (3, 2, 5, 2)  # four axes of different sizes
ALL = [
    likelihoods.Gaussian,
    lambda: likelihoods.Gaussian(0.3, link="identity"),
    likelihoods.Bernoulli,
    likelihoods.ContinuousBernoulli,
]
# Zero, tiny numbers, both sides of the border of the series, and large ones.
BORDER = likelihoods.ContinuousBernoulli.SERIES_BELOW
POSITIVE = [1e-8, 1e-4, 9.9e-4, 1.1e-3, 0.999 * BORDER, 1.001 * BORDER, 1.0, 30.0, 80.0]
LOGITS = np.array([0.0, *POSITIVE, *(-a for a in POSITIVE)])
NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)
NODES, WEIGHTS = 0.5 * (NODES + 1.0), 0.5 * WEIGHTS  # on [0, 1]


def images_and_logits(n_logits=SHAPE[0], dtype="float32", seed=0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=SHAPE).astype(dtype)
    logits = rng.normal(scale=2.0, size=(n_logits, *SHAPE[1:]))
    return x, logits.astype(dtype)


def per_pixel(likelihood, x, logits):
    """Log probability of each grey value under each logit, as a table (N, L)."""
    n, m = len(x), len(logits)
    x, logits = np.repeat(x, m)[:, None], np.tile(logits, n)[:, None]
    return ops.convert_to_numpy(likelihood.log_prob(x, logits)).reshape(n, m)


# --- Gaussian -------------------------------------------------------------------


@pytest.mark.parametrize("variance", [1e-3, 0.05, 1.0, 7.0])
@pytest.mark.parametrize("link", ["sigmoid", "identity"])
def test_gaussian_is_scipys(float64, variance, link):
    x, logits = images_and_logits(dtype="float64")
    mean = special.expit(logits) if link == "sigmoid" else logits
    expected = stats.norm.logpdf(x, mean, math.sqrt(variance)).sum(axis=(1, 2, 3))
    likelihood = likelihoods.Gaussian(variance, link=link)
    log_p = ops.convert_to_numpy(likelihood.log_prob(x, logits))
    np.testing.assert_allclose(log_p, expected, rtol=1e-12)
    np.testing.assert_allclose(ops.convert_to_numpy(likelihood.mean(logits)), mean)


def test_gaussian_of_variance_one_is_half_the_summed_error_and_a_constant():
    rng = np.random.default_rng(1)
    x, mean = rng.uniform(size=(2, 4, 28, 28, 1)).astype("float32")
    mse = np.mean((x - mean) ** 2, axis=(1, 2, 3))
    likelihood = likelihoods.Gaussian(1.0, link="identity")
    nll = -ops.convert_to_numpy(likelihood.log_prob(x, mean))
    np.testing.assert_allclose(nll, 784 / 2 * mse + 720.448, atol=1e-3)


def test_the_best_variance_is_the_mean_squared_error():
    x, mean = images_and_logits()
    best = float(np.mean((x - mean) ** 2))
    n_pixels = math.prod(SHAPE[1:])

    def mean_log_prob(variance):
        likelihood = likelihoods.Gaussian(variance, link="identity")
        return float(ops.mean(likelihood.log_prob(x, mean)))

    at_best = -n_pixels / 2 * (math.log(2 * math.pi * best) + 1)
    assert mean_log_prob(best) == pytest.approx(at_best, rel=1e-5)
    for factor in (0.1, 0.9, 0.99, 1.01, 1.1, 10.0):
        assert mean_log_prob(factor * best) < at_best


def test_the_learned_variance_is_pulled_to_the_mean_squared_error():
    x, mean = images_and_logits()
    best = float(np.mean((x - mean) ** 2))
    for factor, sign in ((0.5, 1.0), (1.0, 0.0), (2.0, -1.0)):
        likelihood = likelihoods.Gaussian(
            link="identity", initial_variance=factor * best
        )
        assert likelihood.variance == pytest.approx(factor * best)
        _, (slope,) = gradients.weight_gradients(
            lambda likelihood=likelihood: ops.mean(likelihood.log_prob(x, mean)),
            likelihood.trainable_weights,
        )
        # d/d log s2 = D/2 (best / s2 - 1) per image
        expected = math.prod(SHAPE[1:]) / 2 * (1 / factor - 1)
        assert float(slope) == pytest.approx(expected, rel=1e-4, abs=1e-4)
        assert np.sign(round(float(slope), 3)) == sign


def test_a_fixed_variance_is_not_trained():
    assert likelihoods.Gaussian(0.2).trainable_weights == []
    assert likelihoods.Gaussian(0.2).variance == pytest.approx(0.2)
    assert len(likelihoods.Gaussian().trainable_weights) == 1
    assert likelihoods.Gaussian().variance == pytest.approx(0.05)


def test_gaussian_samples_have_the_variance():
    likelihood = likelihoods.Gaussian(0.3)
    logits = np.linspace(-3, 3, 40_000, dtype="float32").reshape(1, 200, 200, 1)
    x = ops.convert_to_numpy(likelihood.sample(logits, seed=1))
    noise, n = x - special.expit(logits), logits.size
    assert abs(noise.mean()) < 4 * math.sqrt(0.3 / n)
    assert abs(noise.var() - 0.3) < 4 * 0.3 * math.sqrt(2 / n)


# --- Bernoulli ------------------------------------------------------------------


def test_bernoulli_is_scipys_on_binary_images(float64):
    x, logits = images_and_logits(dtype="float64")
    x = (x < 0.4).astype("float64")
    expected = stats.bernoulli.logpmf(x, special.expit(logits)).sum(axis=(1, 2, 3))
    log_p = likelihoods.Bernoulli().log_prob(x, logits)
    np.testing.assert_allclose(ops.convert_to_numpy(log_p), expected, rtol=1e-12)


def test_grey_bernoulli_is_the_mean_over_binarised_images(float64):
    rng = np.random.default_rng(2)
    grey, logits = rng.uniform(size=6), rng.normal(size=6)
    binary = np.array(list(itertools.product([0.0, 1.0], repeat=6)))
    probability = np.prod(np.where(binary == 1, grey, 1 - grey), axis=1)
    bernoulli = likelihoods.Bernoulli()
    log_p = bernoulli.log_prob(binary, np.tile(logits, (64, 1)))
    log_p = ops.convert_to_numpy(log_p)
    assert np.exp(log_p).sum() == pytest.approx(1.0, abs=1e-12)
    of_grey = float(bernoulli.log_prob(grey[None], logits[None])[0])
    assert of_grey == pytest.approx(probability @ log_p, rel=1e-12)


def test_grey_bernoulli_has_the_entropy_as_its_floor(float64):
    grey = np.random.default_rng(3).uniform(0.01, 0.99, size=(1, 50))
    floor = np.sum(special.entr(grey) + special.entr(1 - grey))
    bernoulli = likelihoods.Bernoulli()
    best = special.logit(grey)
    at_best = -float(bernoulli.log_prob(grey, best)[0])
    assert at_best == pytest.approx(floor, rel=1e-12)
    for shift in (-0.1, 0.1):
        assert -float(bernoulli.log_prob(grey, best + shift)[0]) > floor + 1e-3


def test_bernoulli_samples_are_binary_with_the_mean_as_frequency():
    logits = np.repeat(np.array([[-2.0], [0.0], [3.0]], "float32"), 20_000, axis=1)
    x = ops.convert_to_numpy(likelihoods.Bernoulli().sample(logits, seed=1))
    assert set(np.unique(x)) == {0.0, 1.0}
    p = special.expit(logits[:, 0])
    error = np.sqrt(p * (1 - p) / 20_000)
    assert np.all(np.abs(x.mean(axis=1) - p) < 4 * error)


# --- continuous Bernoulli -------------------------------------------------------


def test_continuous_bernoulli_integrates_to_one(dtype):
    x, logits = NODES.astype(dtype), LOGITS.astype(dtype)
    log_p = per_pixel(likelihoods.ContinuousBernoulli(), x, logits)
    integral = WEIGHTS @ np.exp(np.float64(log_p))
    tolerance = {"float32": 2e-5, "float64": 1e-9}[dtype]
    np.testing.assert_allclose(integral, 1.0, atol=tolerance)


def test_the_bernoulli_formula_integrates_to_one_over_the_normaliser(float64):
    log_p = per_pixel(likelihoods.Bernoulli(), NODES, LOGITS)
    log_c = likelihoods.ContinuousBernoulli().log_normalizer(LOGITS)
    np.testing.assert_allclose(
        WEIGHTS @ np.exp(log_p), np.exp(-ops.convert_to_numpy(log_c)), rtol=1e-9
    )


def test_the_normaliser_is_the_papers(float64):
    logits = np.array([-15.0, -4.0, -1.0, -0.3, 0.11, 0.5, 2.0, 10.0])
    away = 1.0 - 2.0 * special.expit(logits)
    expected = 2.0 * np.arctanh(away) / away
    log_c = likelihoods.ContinuousBernoulli().log_normalizer(logits)
    np.testing.assert_allclose(np.exp(ops.convert_to_numpy(log_c)), expected, rtol=1e-8)
    # The paper's series of ln C around 1/2, for |lambda - 1/2| < 0.01.
    logits = np.linspace(-0.04, 0.04, 9)
    off = special.expit(logits) - 0.5
    expected = math.log(2.0) + 4 / 3 * off**2 + 104 / 45 * off**4
    log_c = likelihoods.ContinuousBernoulli().log_normalizer(logits)
    np.testing.assert_allclose(ops.convert_to_numpy(log_c), expected, rtol=1e-11)


def test_the_normaliser_is_symmetric_and_at_least_two():
    likelihood = likelihoods.ContinuousBernoulli()
    logits = np.concatenate([np.linspace(0, 90, 1801), POSITIVE]).astype("float32")
    log_c = ops.convert_to_numpy(likelihood.log_normalizer(logits))
    mirrored = ops.convert_to_numpy(likelihood.log_normalizer(-logits))
    np.testing.assert_array_equal(log_c, mirrored)
    assert np.all(log_c >= math.log(2.0) - 1e-7)
    assert log_c[0] == pytest.approx(math.log(2.0), rel=1e-7)


def moments(logits):
    """Mean and variance of the continuous Bernoulli by quadrature, (L,)."""
    log_density = np.outer(NODES, logits)
    density = np.exp(log_density - log_density.max(axis=0))
    total = WEIGHTS @ density
    mean = WEIGHTS @ (density * NODES[:, None]) / total
    return mean, WEIGHTS @ (density * (NODES[:, None] - mean) ** 2) / total


def test_continuous_bernoulli_mean_is_the_integral(dtype):
    mean = likelihoods.ContinuousBernoulli().mean(LOGITS.astype(dtype))
    tolerance = {"float32": 2e-6, "float64": 1e-8}[dtype]
    np.testing.assert_allclose(
        ops.convert_to_numpy(mean), moments(LOGITS)[0], atol=tolerance
    )


def test_continuous_bernoulli_gradient_is_x_minus_the_mean_everywhere(dtype):
    # An exponential family: d/da log p(x | a) = x - E[x | a], for every a, so also
    # exactly at 0 and on both sides of the series' border.
    likelihood = likelihoods.ContinuousBernoulli()
    logits = np.tile(LOGITS, (3, 1))
    x = np.array([0.0, 0.3, 1.0])[:, None] * np.ones_like(logits)
    _, (slope,) = gradients.value_and_grad(
        lambda a: ops.sum(likelihood.log_prob(x.astype(dtype), a))
    )(logits.astype(dtype))
    tolerance = {"float32": 5e-6, "float64": 1e-7}[dtype]
    expected = x - moments(LOGITS)[0]
    np.testing.assert_allclose(ops.convert_to_numpy(slope), expected, atol=tolerance)


def test_continuous_bernoulli_samples_follow_the_distribution():
    n = 20_000
    for logit in LOGITS:
        logits = np.full((1, n), logit, "float32")
        x = likelihoods.ContinuousBernoulli().sample(logits, seed=1)
        x = np.float64(ops.convert_to_numpy(x))[0]
        assert np.all((x >= 0.0) & (x <= 1.0))
        mean, variance = moments(np.array([logit]))
        assert abs(x.mean() - mean[0]) < 4 * math.sqrt(variance[0] / n)
        a = float(np.float32(logit))
        # expm1(a x) / expm1(a), written so that it cannot overflow
        cdf = np.expm1(-abs(a) * x) / np.expm1(-abs(a)) if a else x
        if a > 0:
            cdf = 1 - np.expm1(-a * (1 - x)) / np.expm1(-a)
        # 1.95 / sqrt(n) is exceeded once in a thousand fair samples.
        assert stats.kstest(cdf, "uniform").statistic < 1.95 / math.sqrt(n)


# --- all of them ----------------------------------------------------------------


@pytest.mark.parametrize("make", ALL)
def test_the_table_is_every_pair(make, dtype):
    likelihood = make()
    x, logits = images_and_logits(n_logits=7, dtype=dtype)
    table = ops.convert_to_numpy(likelihood.log_prob_table(x, logits))
    assert table.shape == (3, 7)
    i, j = np.indices(table.shape).reshape(2, -1)
    pairs = ops.convert_to_numpy(likelihood.log_prob(x[i], logits[j]))
    # The table adds and subtracts terms of the size of |x|^2 / s2 = 400. On PyTorch
    # Keras multiplies matrices in float32 whatever they are made of.
    exact = dtype == "float64" and keras.backend.backend() != "torch"
    tolerance = 1e-10 if exact else 5e-4
    np.testing.assert_allclose(table, pairs.reshape(3, 7), atol=tolerance)


@pytest.mark.parametrize("make", ALL)
def test_log_prob_is_a_sum_over_pixels_for_each_image(make):
    x, logits = images_and_logits()
    likelihood = make()
    log_p = ops.convert_to_numpy(likelihood.log_prob(x, logits))
    assert log_p.shape == (SHAPE[0],) and log_p.dtype == "float32"
    pixels = math.prod(SHAPE)
    alone = likelihood.log_prob(x.reshape(pixels, 1), logits.reshape(pixels, 1))
    alone = ops.convert_to_numpy(alone).reshape(SHAPE).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(log_p, alone, rtol=2e-5)


@pytest.mark.parametrize("make", ALL)
def test_shapes_must_match(make):
    x, logits = images_and_logits()
    for wrong in (logits[:1], logits[..., :1], logits[..., 0], logits.reshape(3, -1)):
        with pytest.raises(ValueError, match="nothing is broadcast"):
            make().log_prob(x, wrong)
    for wrong in (logits[:, :1], logits[..., :1], logits.reshape(3, -1)):
        with pytest.raises(ValueError, match=r"x\[0\].*x_logits\[0\]"):
            make().log_prob_table(x, wrong)


@pytest.mark.parametrize("make", ALL)
def test_mean_and_samples_have_the_images_shape_and_seeds_repeat(make):
    likelihood = make()
    _, logits = images_and_logits()
    mean = ops.convert_to_numpy(likelihood.mean(logits))
    np.testing.assert_array_equal(ops.convert_to_numpy(likelihood(logits)), mean)
    first, same, other, free = (
        ops.convert_to_numpy(likelihood.sample(logits, seed=seed))
        for seed in (1, 1, 2, None)
    )
    assert first.shape == mean.shape == SHAPE
    np.testing.assert_array_equal(first, same)
    assert np.any(first != other) and np.any(first != free)


@pytest.mark.parametrize("make", ALL)
@given(st.data())
def test_everything_is_finite_for_large_logits(make, data):
    likelihood = make()
    numbers = st.floats(-80, 80, width=32)
    logits = data.draw(hnp.arrays(np.float32, SHAPE, elements=numbers))
    units = st.floats(0, 1, width=32)
    x = data.draw(hnp.arrays(np.float32, SHAPE, elements=units))
    _, (slope,) = gradients.value_and_grad(
        lambda a: ops.sum(likelihood.log_prob(x, a))
    )(logits)
    values = (
        likelihood.log_prob(x, logits),
        likelihood.mean(logits),
        likelihood.sample(logits, seed=0),
        slope,
    )
    assert all(np.all(np.isfinite(ops.convert_to_numpy(v))) for v in values)


def test_the_precision_of_images_follows_the_decoder():
    # NumPy's default is float64, a decoder's float32: TensorFlow refuses the mixture.
    x, logits = images_and_logits()
    for make in ALL:
        mixed = make().log_prob(x.astype("float64"), ops.convert_to_tensor(logits))
        plain = make().log_prob(x, logits)
        np.testing.assert_array_equal(
            ops.convert_to_numpy(mixed), ops.convert_to_numpy(plain)
        )


@pytest.mark.parametrize("make", [*ALL, lambda: likelihoods.Gaussian(np.float32(0.3))])
def test_the_configuration_makes_the_same_likelihood(make):
    likelihood = make()
    config = keras.saving.serialize_keras_object(likelihood)
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is type(likelihood)
    assert copy.get_config() == likelihood.get_config()
    x, logits = images_and_logits()
    np.testing.assert_array_equal(
        ops.convert_to_numpy(copy.log_prob(x, logits)),
        ops.convert_to_numpy(likelihood.log_prob(x, logits)),
    )
    assert len(copy.trainable_weights) == len(likelihood.trainable_weights)


@pytest.mark.parametrize("name", ["variance", "initial_variance"])
@pytest.mark.parametrize("value", [0, 0.0, -1.0, math.nan, math.inf])
def test_a_variance_must_be_positive_and_finite(name, value):
    with pytest.raises(
        ValueError, match=rf"^{name} must be positive.*got {value}.*None"
    ):
        likelihoods.Gaussian(**{name: value})


def test_an_unknown_link_is_named():
    with pytest.raises(
        ValueError, match=r"link must be one of 'sigmoid', 'identity', got 'tanh'"
    ):
        likelihoods.Gaussian(link="tanh")


def test_build_knows_three_names():
    for name, cls in (
        ("gaussian", likelihoods.Gaussian),
        ("bernoulli", likelihoods.Bernoulli),
        ("continuous_bernoulli", likelihoods.ContinuousBernoulli),
    ):
        assert type(likelihoods.build(name)) is cls
    fixed = likelihoods.build("gaussian", variance=0.5)
    assert fixed.variance == pytest.approx(0.5)
    with pytest.raises(
        ValueError, match=r"likelihood must be one of 'gaussian'.*got 'normal'"
    ):
        likelihoods.build("normal")


def test_the_interface_says_what_is_missing():
    interface = likelihoods.Likelihood()
    x = np.zeros((2, 3), "float32")
    for method in (interface.mean, interface.sample, interface._natural):
        with pytest.raises(NotImplementedError):
            method(x)
    with pytest.raises(NotImplementedError):
        interface.log_prob(x, x)
