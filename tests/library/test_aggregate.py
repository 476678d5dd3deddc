"""The aggregate posterior's divergence from the prior, where it is known exactly."""

import keras
import numpy as np
import pytest
from scipy import special, stats

from vae_lib import distributions, evaluation


def gaussian_codes(n, slope, variance, seed=0):
    """q(z|x) = N(slope x, variance) for standard normal x: q(z) is a Gaussian too."""
    x = np.random.default_rng(seed).normal(size=(n, 2))
    return slope * x, np.full((n, 2), np.log(variance))


def test_agrees_with_a_mixture_by_hand():
    rng = np.random.default_rng(0)
    z_mean, z_log_var = rng.normal(size=(2, 5, 3))
    ours = evaluation.aggregate_kl(z_mean, z_log_var, seed=7)
    noise = [np.random.default_rng((7, i)).standard_normal((1, 3))[0] for i in range(5)]
    spread = np.exp(0.5 * z_log_var)
    z = z_mean + spread * noise
    table = stats.norm.logpdf(z[:, None], z_mean, spread).sum(axis=-1)  # (5, 5)
    log_pz = stats.norm.logpdf(z).sum(axis=-1)
    upper = special.logsumexp(table, axis=1) - np.log(5) - log_pz
    others = [special.logsumexp(np.delete(table[i], i)) for i in range(5)]
    lower = np.array(others) - np.log(4) - log_pz
    assert ours.upper == pytest.approx(upper.mean())
    assert ours.lower == pytest.approx(lower.mean())


@pytest.mark.parametrize(("slope", "variance"), [(1.8, 0.76), (0.8, 0.36)])
def test_brackets_the_closed_form(slope, variance):
    ours = evaluation.aggregate_kl(*gaussian_codes(3_000, slope, variance))
    total = slope**2 + variance  # variance of q(z), each latent: 4, and 1 = the prior
    exact = total - 1 - np.log(total)  # two latents, one half each
    # The mean log ratio varies by total - 1 over sqrt(n); 4 standard errors.
    slack = 4 * (0.05 + total - 1) / np.sqrt(3_000)
    assert ours.lower - slack < exact < ours.upper + slack
    assert ours.upper - ours.lower < 0.1
    assert ours.rate > exact


def test_equal_posteriors_carry_no_information():
    z_mean, z_log_var = np.full((2_000, 2), 1.5), np.full((2_000, 2), -1.0)
    ours = evaluation.aggregate_kl(z_mean, z_log_var)
    assert ours.lower == pytest.approx(ours.upper)
    # The sample mean of log q - log p, whose terms have a deviation below 2.
    assert ours.upper == pytest.approx(ours.rate, abs=4 * 2 / np.sqrt(2_000))


def test_the_upper_estimate_cannot_see_more_than_log_n_of_information():
    z_mean = 100.0 * np.arange(8.0)[:, None]  # codes that never overlap
    ours = evaluation.aggregate_kl(z_mean, np.zeros((8, 1)))
    z = z_mean[:, 0] + [
        np.random.default_rng((0, i)).standard_normal() for i in range(8)
    ]
    ratio = stats.norm.logpdf(z - z_mean[:, 0]) - stats.norm.logpdf(z)
    assert ours.upper == pytest.approx(ratio.mean() - np.log(8))
    assert ours.lower < ours.upper


@pytest.mark.parametrize(
    ("z_mean", "z_log_var", "message"),
    [
        (np.ones((3, 2)), np.ones((3, 1)), r"shapes \(3, 2\) and \(3, 1\)"),
        (np.ones((1, 2)), np.ones((1, 2)), "at least 2 images"),
        (np.ones((3, 2)), np.full((3, 2), np.nan), "z_log_var holds NaN"),
    ],
)
def test_bad_posteriors_are_named(z_mean, z_log_var, message):
    with pytest.raises(ValueError, match=message):
        evaluation.aggregate_kl(z_mean, z_log_var)


def test_its_rate_is_the_divergence_of_the_objective(float64):
    rng = np.random.default_rng(5)
    z_mean, z_log_var = rng.normal(size=(2, 40, 3))
    z_log_var[:20] *= 1e-9  # where exp(v) - 1 - v would be rounding only
    z_mean[:20] = 0.0
    each = keras.ops.convert_to_numpy(distributions.gaussian_kl(z_mean, z_log_var))
    found = evaluation.aggregate_kl(z_mean, z_log_var).rate
    np.testing.assert_allclose(found, each.mean(), rtol=1e-12)
    near = evaluation.aggregate_kl(z_mean[:20], z_log_var[:20]).rate
    squares = 0.25 * np.sum(z_log_var[:20] ** 2, axis=1)  # the series of the divergence
    np.testing.assert_allclose(near, squares.mean(), rtol=1e-3)
