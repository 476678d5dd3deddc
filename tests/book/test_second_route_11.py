"""Chapter 11 a second time: enumeration, closed forms, SciPy; not the library."""

import itertools
import json
import math

import numpy as np
import pytest
from scipy import integrate, special, stats

from notebook_env import ROOT
from vae_lib import data, results

pytestmark = pytest.mark.book

RECORD = results.load("11_three_likelihoods")
D = 784
CHAPTER = json.loads(
    (ROOT / "book" / "11_three_likelihoods.ipynb").read_text(encoding="utf-8")
)


def agrees(label, value):
    """Whether the chapter's number is this one, within its own tolerance."""
    return abs(RECORD[label]["value"] - value) <= RECORD[label]["tol"]


def entropy(x):
    """Entropy of the coins of each image, from the definition."""
    heads, tails = np.where(x == 0, 1, x), np.where(x == 1, 1, 1 - x)  # 0 log 0 is 0
    terms = heads * np.log(heads) + tails * np.log(tails)
    return -terms.reshape(len(x), -1).sum(axis=1)


@pytest.mark.parametrize("sigmoid", [0.01, 0.5])
def test_the_integrals_of_one_pixel(sigmoid):
    a = math.log(sigmoid / (1 - sigmoid))
    inverse_c = (2 * sigmoid - 1) / a if a else 0.5
    label = f"sigmoid {sigmoid:g}: integral over [0, 1]"
    assert agrees(f"cross-entropy, {label}", inverse_c)
    assert agrees(f"continuous Bernoulli, {label}", 1.0)
    inside = stats.norm.cdf([0, 1], sigmoid, 0.2)
    assert agrees(f"Gaussian, sigma 0.2, {label}", inside[1] - inside[0])
    assert agrees(f"truncated, {label}", 1.0)


def test_the_ruler():
    assert agrees("from [0, 1] to [0, 255]: loss", D * math.log(255))


def test_the_ceiling_is_the_coins_entropy():
    found = entropy(data.load_sample().x_test.astype("float64"))
    assert agrees("ceiling of log P(b), mean over test digits", -found.mean())
    assert agrees("standard error", found.std(ddof=1) / math.sqrt(500))


def test_grey_cross_entropy_by_enumerating_all_images_of_six_pixels():
    rng = np.random.default_rng(0)
    x, a = rng.random(6), rng.normal(size=6) * 3
    images = np.array(list(itertools.product([0.0, 1.0], repeat=6)))
    chance = np.prod(np.where(images == 1, x, 1 - x), axis=1)
    log_p = images @ a - np.logaddexp(0, a).sum()
    assert np.isclose(chance @ log_p, x @ a - np.logaddexp(0, a).sum())
    assert np.isclose(np.exp(log_p).sum(), 1)  # Eq. (11.1)
    assert chance @ log_p <= -entropy(x[None])[0]


def test_grey_importance_weighting_stays_below_the_mean_over_tosses():
    # Jensen, exactly: every image of five pixels, the same four codes.
    rng = np.random.default_rng(1)
    x, a, other = rng.random(5), 3 * rng.normal(size=(4, 5)), rng.normal(size=4)
    images = np.array(list(itertools.product([0.0, 1.0], repeat=5)))
    chance = np.prod(np.where(images == 1, x, 1 - x), axis=1)

    def bound(pixels):
        log_w = pixels @ a.T - np.logaddexp(0, a).sum(axis=1) + other
        return special.logsumexp(log_w, axis=-1) - math.log(4)

    assert bound(x) < chance @ bound(images)


@pytest.mark.parametrize("a", [-30.0, -3.0, 0.5, 20.0])
def test_dequantising_loses_what_the_closed_form_says(a):
    # log p is linear in the grey value, so its mean over a cell is at the middle, and
    # the loss of Jensen's inequality is log(sinh(t) / t) with t = a / 512.
    log_c = math.log(a / math.tanh(a / 2))
    for level in (0, 100, 255):
        edges = level / 256, (level + 1) / 256
        cell = integrate.quad(lambda x: math.exp(a * x), *edges)[0]
        log_cell = math.log(cell) - np.logaddexp(0, a) + log_c
        mean = a * (level + 0.5) / 256 - np.logaddexp(0, a) + log_c
        lost = log_cell - (mean - math.log(256))
        assert np.isclose(lost, math.log(math.sinh(a / 512) / (a / 512)), atol=1e-9)


def test_the_four_claims():
    assert agrees("(a) ours on [0, 1]", D * math.log(255) - 3_000)
    assert agrees("(b) bits of a *tossed* pixel", 100 / (D * math.log(2)))
    assert agrees("(d) bits of a pixel", 8 - 2_000 / (D * math.log(2)))


def test_the_published_rows_add_up():
    # ELBO = -(distortion + rate), with the distortions of the same table.
    for elbo, distortion, rate in (
        (-137.08, 129.84, 7.24),
        (-98.36, 78.93, 19.44),
        (-94.79, 71.29, 23.50),
    ):
        assert math.isclose(elbo, -distortion - rate, abs_tol=0.02)
        source = "".join("".join(cell["source"]) for cell in CHAPTER["cells"])
        assert f"{elbo:.2f}, {rate:.2f}" in source


def true_log_p(spread, seed):
    """The truth of exercises 4 and 5 in polar coordinates, not on a square grid."""
    rng = np.random.default_rng(0)
    inner, outer = rng.normal(size=(2, 16)), 0.5 * rng.normal(size=(16, 50))
    offset = rng.normal(size=50)

    def shares(z):
        return special.softmax(np.tanh(z @ inner) @ outer + offset, axis=1)

    rng = np.random.default_rng(seed)
    z = rng.standard_normal((200, 2))
    size = np.round(np.exp(rng.normal(np.log(300), 0.5, (200, 1))))
    mean = size * shares(z)
    mean = mean if spread is None else rng.gamma(spread, mean / spread)
    counts = rng.poisson(mean)
    points, weights = np.polynomial.legendre.leggauss(160)
    r, angle = 2.5 * (points + 1), 2 * np.pi * np.arange(200) / 200
    nodes = np.stack([np.outer(r, np.cos(angle)), np.outer(r, np.sin(angle))], axis=-1)
    nodes = nodes.reshape(-1, 2)
    density = 2.5 * weights * r * np.exp(-0.5 * r**2) / len(angle)
    log_prior = np.log(np.repeat(density, len(angle)))
    table, found = shares(nodes), []
    for k, n in zip(counts, size, strict=True):
        m = n * table
        if spread is None:
            terms = k * np.log(m) - m - special.gammaln(k + 1)
        else:
            terms = special.gammaln(k + spread) - special.gammaln(spread)
            terms = terms - special.gammaln(k + 1) + k * np.log(m / (m + spread))
            terms = terms + spread * np.log(spread / (m + spread))
        found.append(special.logsumexp(terms.sum(axis=1) + log_prior))
    return np.mean(found)


def test_the_truth_of_the_counts():
    found = true_log_p(None, 2), true_log_p(2.0, 4)
    labels = "true log P of a cell", "true log P of a cell, spread 2"
    for label, value in zip(labels, found, strict=True):
        assert abs(RECORD[label]["value"] - value) < 0.02  # of the two meshes
