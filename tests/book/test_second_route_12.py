"""Chapter 12 a second time: closed forms and SciPy's integrals, without the library.

The gradients behind the chapter's claims are those of tests/library/test_loss_*.py.
"""

import math

import numpy as np
import pytest
from scipy import integrate, special, stats

from notebook_env import ROOT
from vae_lib import results

pytestmark = pytest.mark.book

RECORD = results.load("12_rosetta")
D, LATENTS = 784, 10


def agrees(label, value):
    """Whether the chapter's number is this one, within its own tolerance."""
    return abs(RECORD[label]["value"] - value) <= RECORD[label]["tol"]


# c and k of the three spellings, by hand from their code.
SPELLINGS = {
    "sum, sum": (1.0, 1.0),
    "mean, mean": (1 / D, 1 / LATENTS),
    "mean, /784": (1 / D, 1 / 784),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_the_three_spellings(name):
    c, k = SPELLINGS[name]
    assert agrees(f"{name}: k / c", k / c)
    assert agrees(f"{name}: variance", k / (2 * c))
    assert agrees(f"{name}: KL weight at variance 0.04", k / (2 * c) / 0.04)
    assert agrees(f"{name}: k from the gradients", k)


def test_the_normalisers_of_one_pixel():
    for mean in (0.1, 0.5):
        assert agrees(f"Z, squared, mean {mean}", math.sqrt(math.pi))
        assert agrees(f"Z, absolute, mean {mean}", 2.0)
        # exp(-H) = m^x (1 - m)^(1 - x): an exponential in x, or 1/2 throughout
        odds = math.log(mean / (1 - mean))
        entropy = 0.5 if mean == 0.5 else (2 * mean - 1) / odds
        assert agrees(f"Z, cross-entropy, mean {mean}", entropy)


def test_the_pixel_whose_likelihood_is_known():
    def of(function):
        return integrate.quad(
            lambda z: 2 * special.expit(4 * z) * stats.norm.pdf(z) * function(z), -9, 9
        )[0]

    def log_p(z):
        return special.log_expit(4 * z)

    distortion, rate = -of(log_p), of(lambda z: math.log(2) + log_p(z))
    assert agrees("one pixel: rate", rate) and agrees(
        "one pixel: distortion", distortion
    )
    for beta in (0.392, 0.5, 1, 2.048):
        label = f"one pixel: minus the loss at beta {beta:g}"
        assert agrees(label, -(distortion + beta * rate))


def test_what_the_wrong_sampler_escapes():
    def divergence(std):  # of a Gaussian around 0 from the prior, by its definition
        q = stats.norm(scale=std)
        return integrate.quad(
            lambda z: q.pdf(z) * (q.logpdf(z) - stats.norm.logpdf(z)), -9 * std, 9 * std
        )[0]

    missing = divergence(math.exp(-4)) - divergence(math.exp(-2))
    assert agrees("drawn with a standard deviation of exp(-4): not charged", missing)


def test_stable_diffusion_and_the_table():
    assert agrees("scale of a pixel, in millionths", 1.0)
    assert agrees("a grey level, from -1 to 1, over that scale", 2e6 / 255)
    widths = [3.5, *[math.sqrt(0.5)] * 3, 1.0, math.sqrt(1.536), math.sqrt(6144)]
    widths += [math.sqrt(1 / 510), math.sqrt(128 * 2352 / 2)]
    assert agrees("Gaussian rows", len(widths))
    assert agrees("largest over smallest implied sigma", max(widths) / min(widths))


def test_the_exercises():
    assert agrees("exercise 1: sigma", math.sqrt(784 / 320))
    assert agrees("exercise 1: over-weighed", 784 / 320 / 0.04)
    assert agrees("exercise 2: the weight, in millionths", 0.08 / 784 * 1e6)
    last = "exercise 3: sigma of the last batch over that of the others"
    assert agrees(last, math.sqrt((4000 % 128) / 128))
    with np.load(ROOT / "vae_lib" / "_data" / "mnist_sample.npz") as arrays:
        x = arrays["x"][:4000].reshape(4000, D) / 255
    singular = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    limit = singular[0] ** 2 / np.mean(singular**2)
    assert agrees("exercise 5: largest beta", limit)
