"""The right answers of chapters 11 to 17, computed a second way."""

import itertools

import numpy as np
import pytest
from scipy import integrate, special, stats

from vae_lib import data, evaluation, exercises, losses
from vae_lib.exercises import adversary, diffusion, images, likelihoods, uses


def test_only_the_last_of_the_claims_holds():
    x = data.load_sample().x_test
    ceiling = -np.sum(special.entr(x) + special.entr(1 - x)) / len(x)
    holds = {
        "a": -3_000 + 784 * np.log(255) < 1_300,
        "b": False,  # tossed pixels have one bit, PNG's have eight
        "c": ceiling > -40,
        "d": round(evaluation.bits_per_dim(2_000), 1) == 4.3,
    }
    claims = [letter for letter, is_right in holds.items() if is_right]
    assert exercises.check_claims_of_likelihood(claims)


@pytest.mark.parametrize("variance", [0.01, 0.04, 0.25])
@pytest.mark.parametrize("logit", [-4.0, 0.0, 2.0])
def test_the_truncated_gaussian_is_scipys(variance, logit):
    x = np.array([0.0, 0.3, 1.0])
    mean, std = special.expit(logit), np.sqrt(variance)
    ends = (0 - mean) / std, (1 - mean) / std
    expected = stats.truncnorm.logpdf(x, *ends, loc=mean, scale=std)
    assert np.allclose(likelihoods._inside(x, mean, variance), expected)


@pytest.mark.parametrize("spread", [0.5, 2.0, 30.0])
def test_the_negative_binomial_is_scipys(spread):
    k, mean = np.array([[0.0, 3.0, 11.0]]), np.array([[0.7, 4.0, 5.0]])
    pmf = stats.nbinom.logpmf(k, spread, spread / (spread + mean))
    expected = np.sum(pmf + special.gammaln(k + 1), axis=1)
    assert np.allclose(likelihoods._negative_binomial(k, mean, spread), expected)


def test_the_weight_for_a_variance_is_read_back_by_the_converter():
    for variance, shape in exercises.check_kl_weight_for.cases:
        weight = exercises.check_kl_weight_for.truth(variance, shape)
        loss = losses.WrittenLoss(
            "squared", over_pixels="mean", kl_weight=weight, image_shape=shape
        )
        assert np.isclose(losses.implied_model(loss).variance, variance)


def test_the_sigma_of_a_batch_is_read_back_by_the_converter():
    for batch, pixels in exercises.check_sigma_of_batch.cases:
        # Over a batch: the error divided by all its pixels, the rates added up.
        loss = losses.WrittenLoss(
            "squared", error_weight=1 / (batch * pixels), kl_weight=1.0
        )
        sigma = losses.implied_model(loss).sigma
        assert np.isclose(exercises.check_sigma_of_batch.truth(batch, pixels), sigma)


def test_what_is_not_charged_is_a_difference_of_divergences():
    from vae_lib import distributions

    s = np.full((1, 10), -3.0)
    drawn, charged = (distributions.gaussian_kl(0 * s, v) for v in (2 * s, s))
    assert exercises.check_too_good(float(drawn[0] - charged[0]))


@pytest.mark.parametrize("mean", [0.0, 1.0, 4.0])
def test_the_value_of_the_game_is_its_integral(mean):
    p, q = stats.norm(0).pdf, stats.norm(mean).pdf

    def cross_entropy(z):
        both = p(z) + q(z)
        return -p(z) * np.log(p(z) / both) - q(z) * np.log(q(z) / both)

    value, _ = integrate.quad(cross_entropy, -9, 13, limit=200)
    found, _ = adversary._game(mean, np.linspace(-12, 16, 4_001))
    assert np.isclose(found, value, atol=1e-6)


def test_the_mmd_is_an_average_over_pairs():
    z, prior = np.random.default_rng(0).normal(size=(2, 6, 3))

    def kernel(u, v):
        return 6 / (6 + np.sum((u - v) ** 2))

    pairs = list(itertools.permutations(range(6), 2))
    within = [np.mean([kernel(a[i], a[j]) for i, j in pairs]) for a in (z, prior)]
    across = np.mean([kernel(u, v) for u in z for v in prior])
    assert np.isclose(adversary._mmd(z, prior), sum(within) - 2 * across)


@pytest.mark.parametrize("s", [0.3, 1.7])
def test_the_divergence_of_two_gaussians_is_its_integral(s):
    q, p = stats.norm(0, s), stats.norm(0, 1)
    value, _ = integrate.quad(
        lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), -9 * s, 9 * s
    )
    assert np.isclose(adversary._exact_kl(3, s), 3 * value)


@pytest.mark.parametrize("t", [0.1, 0.5, 0.8])
def test_the_velocity_is_the_regression_of_the_direction(t):
    s = 0.5
    # z_t = (1 - t) z + t e, direction e - z: covariances of independent z and e.
    covariance = t - (1 - t) * s**2
    variance = (1 - t) ** 2 * s**2 + t**2
    rng = np.random.default_rng(0)
    z, noise = s * rng.normal(size=200_000), rng.normal(size=200_000)
    slope = np.polyfit((1 - t) * z + t * noise, noise - z, 1)[0]
    one, spread = diffusion._velocity(np.ones((2, 3)), t, s)
    assert np.allclose(one, covariance / variance)
    assert np.isclose(slope, one[0, 0], atol=0.01)  # five standard errors
    assert np.allclose(spread, 3 * slope, atol=0.03)


@pytest.mark.parametrize("n_levels", [2, 4, 5, 15])
def test_there_are_as_many_tokens_as_levels(n_levels):
    found = diffusion._tokens(np.linspace(-9, 9, 2_001), n_levels)
    assert np.array_equal(np.unique(found), np.arange(n_levels))


def test_the_weight_of_the_cosine_path_is_its_closed_form():
    t = np.linspace(0.1, 0.9, 5)
    levels = diffusion._cosine(t)
    found = exercises.check_weight_of.truth(diffusion._cosine, t)
    assert np.allclose(found, 1 / np.cosh(levels / 2) / np.pi, rtol=1e-5)


def test_the_bins_of_a_code_hold_all_of_q():
    mean, std, bins = np.array([0.3]), np.array([0.2]), np.arange(64.0)
    inside = uses._mass(mean, std, bins, bins + 1, 64)
    assert np.isclose(inside.sum(), 1)
    edges = stats.norm.ppf([20 / 64, 21 / 64])
    mass, _ = integrate.quad(stats.norm(0.3, 0.2).pdf, *edges)
    assert np.isclose(uses._bits(mean, std, np.array([20]), 64), -np.log2(mass))


@pytest.mark.parametrize("tilt", [-1.5, 0.7])
def test_the_covariance_is_that_of_draws(tilt):
    noise = np.random.default_rng(0).standard_normal((400_000, 2))
    z = np.array([0.5, 0.3]) * (noise + tilt * noise[:, :1] * [0, 1])
    found = uses._covariance(np.array([0.5, 0.3]), tilt)
    assert np.allclose(np.cov(z.T), found, atol=2e-3)


def test_metropolis_with_this_ratio_keeps_the_target():
    # Draws of the target, moved once by proposals of a wrong q, are draws still.
    rng, n = np.random.default_rng(0), 200_000
    mean, std = np.full((n, 1), 0.4), np.full((n, 1), 1.3)
    z, new = rng.standard_normal((n, 1)), mean + std * rng.standard_normal((n, 1))
    old_p, new_p = (stats.norm.logpdf(c[:, 0]) for c in (z, new))
    ratio = uses._log_ratio(old_p, new_p, z, new, mean, std)
    moved = np.where((np.log(rng.random(n)) < ratio)[:, None], new, z)
    assert abs(moved.mean()) < 4 / np.sqrt(n)
    assert abs(moved.var() - 1) < 4 * np.sqrt(2 / n)


def test_nats_and_bits_are_taken_back_by_the_library():
    for bits, n_dims, n_levels in exercises.check_nats_of.cases:
        nats = images._nats_of(bits, n_dims, n_levels)
        found = evaluation.bits_per_dim(nats, n_dims=n_dims, n_levels=n_levels)
        assert np.isclose(found, bits)


def test_the_mixture_is_a_sum_of_densities():
    p, w = np.random.default_rng(0).random((2, 4, 3))
    w = w[0] / w[0].sum()
    assert np.allclose(np.exp(images._log_mixture(np.log(p), np.log(w))), p @ w)
