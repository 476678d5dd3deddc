"""The numbers in the text of the playground, computed by another route."""

import gzip
import re
import zlib

import numpy as np
import pytest
from scipy.stats import norm

from notebook_env import ROOT
from vae_lib import data, evaluation, plotting, pretrained

pytestmark = pytest.mark.book

NATS_A_BYTE = 8 * np.log(2)
DRAWS = 2  # of a code for each digit; the mean over 500 digits is known to 0.3 bytes


@pytest.fixture(scope="module")
def text():
    return " ".join((ROOT / "book" / "live.md").read_text("utf-8").split())


@pytest.fixture(scope="module")
def digits():
    return data.load_sample().x_test


def said(text, pattern):
    """The numbers that a sentence of the page says."""
    found = re.search(pattern, text)
    assert found, f"the page no longer says {pattern!r}"
    return [float(number) for number in found.groups()]


def costs(latent_dim, x):
    """Bytes a digit: the code, the pixels by density, and by the clipped Gaussian."""
    vae = pretrained.load_pretrained("mlp", latent_dim)
    random, pixels = np.random.default_rng(0), x.reshape(len(x), -1)
    z_mean, z_log_var = evaluation.encode(vae, x, verbose=0)
    rate = 0.5 * np.sum(z_mean**2 + np.exp(z_log_var) - 1 - z_log_var, axis=1)
    sigma, density, clipped = float(vae.likelihood.variance) ** 0.5, [], []
    for _ in range(DRAWS):
        noise = random.normal(size=z_mean.shape)
        z = (z_mean + np.exp(z_log_var / 2) * noise).astype("float32")
        mean = np.asarray(vae.decode(z)).reshape(pixels.shape)
        density.append(np.log(255) - norm.logpdf(pixels, mean, sigma))
        low = np.where(pixels == 0, -np.inf, (pixels - 0.5 / 255 - mean) / sigma)
        high = np.where(pixels == 1, np.inf, (pixels + 0.5 / 255 - mean) / sigma)
        low, high = np.where(low + high > 0, [-high, -low], [low, high])
        clipped.append(-np.log(norm.cdf(high) - norm.cdf(low)))
    sums = [rate, *(np.sum(part, axis=-1) for part in (density, clipped))]
    return [np.mean(nats) / NATS_A_BYTE for nats in sums]


def png_size(image):
    """Bytes of the image as PNG, by the best of the five filters for all rows."""
    image = image.astype(int)
    left, up = np.pad(image, ((0, 0), (1, 0)))[:, :-1], np.pad(image, ((1, 0), (0, 0)))
    up, corner = up[:-1], np.pad(left, ((1, 0), (0, 0)))[:-1]
    guess = left + up - corner
    a, b, c = (np.abs(guess - value) for value in (left, up, corner))
    paeth = np.where((a <= b) & (a <= c), left, np.where(b <= c, up, corner))
    guesses = (np.zeros_like(image), left, up, (left + up) // 2, paeth)
    rows = [np.pad((image - g) % 256, ((0, 0), (1, 0))) for g in guesses]
    for kind, filtered in enumerate(rows):
        filtered[:, 0] = kind
    return 57 + min(len(zlib.compress(r.astype("uint8").tobytes())) for r in rows)


def test_a_byte_is_so_many_nats(text):
    assert said(text, r"8 ln 2 = ([\d.]+) nats") == [round(NATS_A_BYTE, 1)]


def test_what_a_digit_costs_as_files(text, digits):
    levels = np.round(digits[..., 0] * 255).astype("uint8")
    zipped = np.mean([len(gzip.compress(image.tobytes(), 6)) for image in levels])
    png = np.mean([png_size(image) for image in levels])
    # zlib's versions differ by a byte or two.
    assert said(text, r"takes (\d+) for everything") == pytest.approx([zipped], abs=2)
    assert said(text, r"close to PNG \((\d+)\)") == pytest.approx([png], abs=2)
    assert np.mean(digits == 0) == pytest.approx(0.8, abs=0.02)  # four fifths


def test_what_a_digit_costs_under_ten_latents(text, digits):
    code, density, clipped = costs(10, digits)
    pattern = r"take (\d+) bytes on average; but with .*? the pixels take (\d+)"
    assert said(text, pattern) == pytest.approx([code, density], abs=0.6)
    found = said(text, r"takes (\d+) bytes with everything")
    assert found == pytest.approx([code + clipped], abs=0.8)


def test_what_a_digit_costs_under_twenty_latents(text, digits):
    code, density, clipped = costs(20, digits)
    pattern = r"falls to (\d+) bytes as trained, and to (\d+) clipped"
    found = said(text, pattern)
    assert found == pytest.approx([code + density, code + clipped], abs=0.8)


@pytest.mark.parametrize("latent_dim", [10, 20])
def test_no_latent_is_dead(text, digits, latent_dim):
    vae = pretrained.load_pretrained("mlp", latent_dim)
    z_mean, z_log_var = evaluation.encode(vae, digits, verbose=0)
    rates = 0.5 * np.mean(z_mean**2 + np.exp(z_log_var) - 1 - z_log_var, axis=0)
    assert said(text, r"A latent below ([\d.]+) nats is dead") == [0.01]
    assert rates.min() > 1


def test_the_marks_are_the_eigenvalues(text):
    x = data.load_sample().x_train.reshape(4000, -1)
    largest = np.linalg.eigvalsh(np.cov(x, rowvar=False))[:-3:-1]
    marks = said(text, r"At the first, ([\d.]+), .* At the second, ([\d.]+),")
    assert marks == pytest.approx(largest, abs=0.006)


def test_the_ten_colours_are_those_of_the_figures():
    text = (ROOT / "live" / "src" / "ui" / "theme.js").read_text("utf-8")
    colours = text.partition("DIGIT_COLORS = [")[2].partition("]")[0]
    assert tuple(re.findall(r"#\w+", colours)) == plotting.DIGIT_COLORS
