"""Chapter 10 a second time: other algorithms, without the library's bound."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from vae_lib import data, results

pytestmark = pytest.mark.book

D = 784


def recorded(label):
    """The chapter's number and its tolerance."""
    entry = results.load("10_posterior_collapse")[label]
    return entry["value"], entry["tol"]


def agrees(label, value):
    """Whether the chapter's number is this one, within its own tolerance."""
    known, tolerance = recorded(label)
    return abs(known - value) <= tolerance


@pytest.fixture(scope="module")
def spectrum():
    """Eigenvalues by singular values: no covariance matrix is formed."""
    x = data.load_sample().x_train.reshape(-1, D).astype("float64")
    x -= x.mean(axis=0)
    return np.linalg.svd(x, compute_uv=False) ** 2 / len(x)


def curve(spectrum, level, n=10):
    """Rate and half error of independent channels, each optimised numerically.

    A channel with variance v is coded by z = a x + noise of variance 1 - a^2 v and
    decoded by c z: half the error plus level times the rate is minimised over a^2 v.
    """
    rate, half = 0.0, spectrum[n:].sum() / 2
    for v in spectrum[:n]:

        def loss(share, v=v):
            # share = a^2 v in [0, 1): the best c leaves v (1 - share)
            return 0.5 * v * (1 - share) - 0.5 * level * np.log1p(-share)

        share = optimize.minimize_scalar(
            loss, bounds=(0, 1 - 1e-9), method="bounded", options={"xatol": 1e-12}
        ).x
        share = share if loss(share) < loss(0.0) - 1e-12 else 0.0
        rate -= 0.5 * np.log1p(-share)
        half += 0.5 * v * (1 - share)
    return rate, half


def test_the_eigenvalues(spectrum):
    for i in (1, 2, 3, 6, 7, 10):
        assert agrees(f"eigenvalue {i} of the digits", spectrum[i - 1])
    assert agrees("MSE without a code", spectrum.sum() / D)
    limit = spectrum[0] / (spectrum.sum() / D)
    assert agrees("largest beta under which a code comes to life", limit)
    assert agrees("exercise 2: largest KL weight", 2 * spectrum[0] / D)


def test_the_linear_model_channel_by_channel(spectrum):
    rate = curve(spectrum, 2.0)[0]
    assert agrees("linear theory: rate", rate)
    for level in (3.0, 0.5, 0.02):
        (r1, h1), (r2, h2) = (
            curve(spectrum, 1.01 * level),
            curve(spectrum, level / 1.01),
        )
        label = f"linear model at variance {level:g}: slope"
        assert (h2 - h1) / (r2 - r1) == pytest.approx(recorded(label)[0], rel=0.01)


def test_water_filling_is_the_best_code_of_a_gaussian_source():
    # Blahut and Arimoto's algorithm on a grid knows of no VAE, encoder or channel.
    variance, level = 3.0, 0.8
    x = np.linspace(-8, 8, 321)
    p = stats.norm.pdf(x, scale=np.sqrt(variance))
    p /= p.sum()
    kernel = np.exp(-((x[:, None] - x) ** 2) / (2 * level))
    q = np.full(len(x), 1 / len(x))
    for _ in range(3000):
        channel = kernel * q
        channel /= channel.sum(axis=1, keepdims=True)
        q = p @ channel
    error = np.sum(p[:, None] * channel * (x[:, None] - x) ** 2)
    ratio = np.log(np.maximum(channel, 1e-300) / np.maximum(q, 1e-300))
    rate = np.sum(p[:, None] * channel * ratio)
    assert error == pytest.approx(level, rel=0.01)  # the grid's width, 0.05
    assert rate == pytest.approx(0.5 * np.log(variance / level), rel=0.01)


def test_the_gain_of_a_small_step(spectrum):
    def average(function):
        return integrate.quad(lambda z: stats.norm.pdf(z) * function(z), -9, 9)[0]

    shapes = {"straight": lambda z: z, "bent": np.tanh}
    for name, shape in shapes.items():
        slope = average(lambda z, f=shape: z * f(z))
        norm = average(lambda z, f=shape: f(z) ** 2)
        for variance in (4.5, 5.0, 5.5):
            gain = slope**2 * spectrum[0] / variance**2 - norm / variance
            label = f"variance {variance:g}: gain of a {name} step"
            assert agrees(label, gain / 2)


def test_the_variance_that_is_learned(spectrum):
    for beta in (1.0, 16.0, 60.0):

        def loss(log_level, beta=beta):
            rate, half = curve(spectrum, np.exp(log_level))
            return 0.5 * D * np.log(2 * half) + beta * rate

        found = optimize.minimize_scalar(
            loss, bounds=np.log((0.005, 20)), method="bounded"
        )
        rate = curve(spectrum, np.exp(found.x))[0]
        known = recorded(f"exercise 4: linear rate at beta {beta:g}")[0]
        assert rate == pytest.approx(known, rel=0.01)  # the minimum is flat


def spot_loss(encoder, p, variance):
    """Minus the ELBO of the spot's world by adaptive integrals, constants left out."""
    m0, s0, m1, s1 = encoder
    blank, spot = stats.norm(m0, s0), stats.norm(m1, s1)

    def unsure(z):
        a, b = (1 - p) * blank.pdf(z), p * spot.pdf(z)
        return a * b / max(a + b, 1e-300)

    error = integrate.quad(unsure, -8, 8, points=(m0, m1), limit=200)[0] / (p * (1 - p))
    rates = [0.5 * (m * m + s * s - 1) - np.log(s) for m, s in ((m0, s0), (m1, s1))]
    rate = (1 - p) * rates[0] + p * rates[1]
    return error / (2 * variance) + rate, rate


@pytest.mark.parametrize("variance", [1.1, 1.5])
def test_a_rare_spot_is_coded_above_the_threshold(variance):
    bounds = [(-2, 2), (0.2, 2), (0, 4), (0.05, 2)]
    found = optimize.minimize(
        lambda encoder: spot_loss(encoder, 0.05, variance)[0],
        (0.0, 0.9, 2.0, 0.5),
        method="L-BFGS-B",
        bounds=bounds,
    )
    loss, rate = spot_loss(found.x, 0.05, variance)
    case = f"p = 0.05, variance {variance:g}"
    assert rate == pytest.approx(recorded(f"{case}, coded start: rate")[0], abs=3e-3)
    gain = recorded(f"{case}: ELBO of the code above none")[0]
    assert 0.5 / variance - loss == pytest.approx(gain, abs=1e-3)
    assert recorded(f"{case}, collapsed start: rate")[0] < 1e-3


def test_each_network_of_the_sweep_is_the_best_at_its_variance():
    # Eq. (10.7) without chords: at every variance, the loss of all networks.
    for seed in results.load("rate_distortion")["curve"]:
        stops = seed["up"]
        variances = np.array([stop["variance"] for stop in stops])
        rate, half = (
            np.array([stop["train"][key] for stop in stops])
            for key in ("rate", "error")
        )
        best = variances[np.argmin(half + variances[:, None] * rate, axis=1)]
        middle = (0.1 < variances) & (variances < 4)  # where the chapter says converged
        assert np.array_equal(best[middle], variances[middle]) and middle.sum() == 4
