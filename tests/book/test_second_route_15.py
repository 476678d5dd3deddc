"""Chapter 15 a second time: simulated chains, integrals and SciPy's densities.

The density along a flow and its exact divergence are those of
tests/experiments/test_latent_priors.py.
"""

import math

import numpy as np
import pytest
from scipy import integrate, special, stats
from sklearn.mixture import GaussianMixture

from vae_lib import data, evaluation, pretrained, results

pytestmark = pytest.mark.book

RECORD = results.load("15_latent_diffusion")
M, S_0 = 1.5, 0.3  # the toy: a mixture of two Gaussians
SIGNS = np.array([-1.0, 1.0])


def agrees(label, value, slack=0.0):
    """Whether the chapter's number is this one, within its own tolerance."""
    return abs(RECORD[label]["value"] - value) <= RECORD[label]["tol"] + slack


def log_p(x):
    """Log density of the toy."""
    parts = stats.norm.logpdf(np.asarray(x)[..., None], M * SIGNS, S_0)
    return special.logsumexp(parts, axis=-1) - math.log(2)


def guess(z, alpha, sigma, slope_x, slope_noise):
    """E[slope_x x + slope_noise noise | z] for z = alpha x + sigma noise.

    Within one component everything is jointly Gaussian; Bayes' rule weighs the two.
    """
    var = alpha**2 * S_0**2 + sigma**2
    means = alpha * M * SIGNS
    parts = stats.norm.logpdf(z[..., None], means, math.sqrt(var))
    weights = special.softmax(parts, axis=-1)
    covariance = alpha * slope_x * S_0**2 + sigma * slope_noise
    inside = slope_x * M * SIGNS + covariance / var * (z[..., None] - means)
    return np.sum(weights * inside, axis=-1)


def entropy():
    return -2 * integrate.quad(lambda x: np.exp(log_p(x)) * log_p(x), 0, 6)[0]


def test_the_entropy():
    assert agrees("entropy of x", entropy())


def test_the_bound_of_sixteen_layers_from_simulated_chains():
    # Eq. (15.6) without Eq. (15.7): densities of whole chains, each written out.
    rng, n, layers = np.random.default_rng(0), 40_000, 16
    levels = np.linspace(12, -12, layers + 1)
    alpha = np.sqrt(special.expit(levels))
    sigma = np.sqrt(special.expit(-levels))
    x = M * rng.choice(SIGNS, n) + S_0 * rng.standard_normal(n)
    z = [alpha[0] * x + sigma[0] * rng.standard_normal(n)]
    log_q = stats.norm.logpdf(z[0], alpha[0] * x, sigma[0])
    for i in range(layers):  # noise is added, step by step
        ratio = alpha[i + 1] / alpha[i]
        step = math.sqrt(sigma[i + 1] ** 2 - ratio**2 * sigma[i] ** 2)
        z.append(ratio * z[-1] + step * rng.standard_normal(n))
        log_q += stats.norm.logpdf(z[-1], ratio * z[-2], step)
    log_joint = stats.norm.logpdf(z[-1])
    for i in reversed(range(layers)):  # and taken away with a guess of x
        ratio = alpha[i + 1] / alpha[i]
        step_var = sigma[i + 1] ** 2 - ratio**2 * sigma[i] ** 2
        x_hat = guess(z[i + 1], alpha[i + 1], sigma[i + 1], 1.0, 0.0)
        precision = 1 / sigma[i] ** 2 + ratio**2 / step_var
        mean = alpha[i] * x_hat / sigma[i] ** 2 + ratio * z[i + 1] / step_var
        scale = 1 / math.sqrt(precision)
        log_joint += stats.norm.logpdf(z[i], mean / precision, scale)
    log_joint += stats.norm.logpdf(x, z[0] / alpha[0], sigma[0] / alpha[0])
    mean, error = evaluation.mean_and_error(log_q - log_joint)
    gap = RECORD["gap with 16 layers"]["value"]
    assert abs(mean - entropy() - gap) < 4 * error < 0.5


def test_the_loss_of_flow_matching():
    # E|u - v|^2 = E|u|^2 - E|v|^2 for the mean direction v, by integrals over z and t.
    def of_time(t):
        z = np.linspace(-9, 9, 6001)
        var = (1 - t) ** 2 * S_0**2 + t**2
        parts = stats.norm.pdf(z[:, None], (1 - t) * M * SIGNS, math.sqrt(var))
        v = guess(z, 1 - t, t, -1.0, 1.0)
        return integrate.trapezoid(parts.mean(axis=1) * v**2, z)

    lost = integrate.quad(of_time, 0, 1, epsabs=1e-6)[0]
    loss = 1 + M**2 + S_0**2 - lost
    for label in (
        "flow-matching loss as a weighted error",
        "the same as an average of bounds",
    ):
        assert agrees(label, loss)
    error = RECORD["standard error of the simulation"]["value"]
    assert agrees("the same, simulated", loss, slack=4 * error)


def test_the_divergence_of_one_layer():
    # Its two means by conditioning a joint Gaussian, not by the formula of the chapter.
    x, x_hat, z_t = 1.3, 0.4, -0.7
    (a_s, s_s), (a_t, s_t) = (
        (math.cos(u * math.pi / 2), math.sin(u * math.pi / 2)) for u in (0.5, 0.6)
    )
    ratio = a_t / a_s  # z_t = ratio z_s + noise, given x
    shift = (ratio * s_s**2 / s_t**2) * np.array([z_t - a_t * x, z_t - a_t * x_hat])
    means = a_s * np.array([x, x_hat]) + shift
    var = s_s**2 - (ratio * s_s**2) ** 2 / s_t**2
    assert agrees(
        "KL of one layer, from the two means", np.diff(means)[0] ** 2 / 2 / var
    )


def test_the_gain_of_the_mixture_by_the_densities_of_scipy():
    sample, vae = data.load_sample(), pretrained.load_pretrained("mlp", 20)
    codes = {}
    for name, images in (("train", sample.x_train), ("test", sample.x_test)):
        z_mean, z_log_var = evaluation.encode(vae, images, verbose=0)
        noise = np.random.default_rng(0).standard_normal(z_mean.shape)
        codes[name] = z_mean + np.exp(0.5 * z_log_var) * noise
    counts = [1, 5, 20]
    label = "log density of validation codes, {} components"
    scores = [RECORD[label.format(k)]["value"] for k in counts]
    mixture = GaussianMixture(
        counts[int(np.argmax(scores))], reg_covar=1e-3, random_state=0
    ).fit(codes["train"])
    parts = [
        stats.multivariate_normal(mean, covariance).logpdf(codes["test"])
        for mean, covariance in zip(mixture.means_, mixture.covariances_, strict=True)
    ]
    log_mixture = special.logsumexp(parts, axis=0, b=mixture.weights_[:, None])
    log_normal = stats.norm.logpdf(codes["test"]).sum(axis=1)
    gain = np.mean(log_mixture - log_normal)
    assert agrees("mixture: gain over the prior, test codes", gain)
