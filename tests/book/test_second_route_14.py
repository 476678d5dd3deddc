"""Chapter 14 a second time: integrals and an exact mixture, without a discriminator."""

import numpy as np
import pytest
from scipy import integrate, stats

from vae_lib import results

pytestmark = pytest.mark.book

RECORD = results.load("14_adversarial")
W = np.sqrt(0.5)


def agrees(label, value):
    """Whether the chapter's number is this one, within its own tolerance."""
    return abs(RECORD[label]["value"] - value) <= RECORD[label]["tol"]


def on_the_line(s):
    """Reconstruction, rate and KL(q(z) || p(z)) of an encoder, by cubature."""

    def average(function):
        def of(z, x):
            weight = stats.norm.pdf(x) * stats.norm.pdf(z, np.sqrt(1 - s**2) * x, s)
            return weight * function(x, z)

        return integrate.dblquad(of, -7, 7, -9, 9, epsabs=1e-6)[0]

    def log_px_z(x, z):
        return stats.norm.logpdf(x, W * z, np.sqrt(1 - W**2))

    def log_ratio(x, z):
        mean = np.sqrt(1 - s**2) * x
        return stats.norm.logpdf(z, mean, s) - stats.norm.logpdf(z)

    return average(log_px_z), average(log_ratio)


def test_the_objectives_of_the_exact_posterior():
    reconstruction, rate = on_the_line(np.sqrt(0.5))
    assert agrees("ELBO of the exact posterior", reconstruction - rate)
    assert agrees("its mutual information", rate)  # since q(z) is the prior
    assert agrees("J of the exact posterior", reconstruction)
    assert agrees("exact rate", rate)
    log_px = integrate.quad(
        lambda x: stats.norm.pdf(x) * stats.norm.logpdf(x), -12, 12
    )[0]
    assert agrees("mean of log p(x)", log_px)


def test_without_noise_the_objective_passes_the_log_likelihood():
    found = integrate.quad(
        lambda x: stats.norm.pdf(x) * stats.norm.logpdf(x, W * x, np.sqrt(1 - W**2)),
        -12,
        12,
    )[0]
    assert agrees("J without noise", found)
    assert found > RECORD["mean of log p(x)"]["value"]


def test_every_encoder_of_the_line_has_the_prior_for_its_codes():
    grid = np.linspace(-3, 3, 7)
    for s in (0.1, 0.5, 0.9):
        for z in grid:
            density = integrate.quad(
                lambda x, z=z, s=s: (
                    stats.norm.pdf(x) * stats.norm.pdf(z, np.sqrt(1 - s**2) * x, s)
                ),
                -10,
                10,
                points=[np.clip(z * np.sqrt(1 - s**2), -9, 9)],
                limit=200,
            )[0]
            assert np.isclose(density, stats.norm.pdf(z), atol=1e-6)


def test_the_discriminator_finds_the_divergence_of_two_gaussians():
    q = stats.multivariate_normal([1.0, 0.0], np.diag([0.25, 1.0]))
    p = stats.multivariate_normal([0.0, 0.0], np.eye(2))
    z = q.rvs(400_000, random_state=3)
    ratios = q.logpdf(z) - p.logpdf(z)
    error = ratios.std() / np.sqrt(len(ratios))
    closed = RECORD["KL(q || p), closed form"]["value"]
    learned = RECORD["KL(q || p) by the discriminator"]["value"]
    assert abs(ratios.mean() - closed) < 4 * error
    # 5,000 draws in the chapter, and a network in place of the ratio
    assert abs(learned - closed) < 4 * ratios.std() / np.sqrt(5_000) + 0.05


def test_the_value_of_the_game_is_the_entropy_of_the_label():
    # C(D*) is twice the conditional entropy of "which of the two?" given z.
    for mean in (0, 1, 4):

        def of(z, mean=mean):
            share = 1 / (1 + np.exp(mean * z - 0.5 * mean**2))  # of p at z
            entropy = stats.bernoulli(share).entropy()
            return entropy * (stats.norm.pdf(z) + stats.norm.pdf(z, mean))

        found = integrate.quad(of, -10, 14, limit=200)[0]
        assert agrees(f"value of the game, shift {mean}", found)
