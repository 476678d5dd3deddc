"""Chapter 17 a second time: densities of SciPy and scikit-learn, slices by hand."""

import numpy as np
import pytest
from scipy import optimize, special, stats
from sklearn.datasets import load_sample_images
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from vae_lib import results

pytestmark = pytest.mark.book

RECORD = results.load("17_your_own_images")
LOG = results.load("own_images")


def agrees(label, value):
    """Whether the chapter's number is this one, within its own tolerance."""
    return abs(RECORD[label]["value"] - value) <= RECORD[label]["tol"]


def grey():
    photos = (photo.astype(float) for photo in load_sample_images().images)
    weights = 0.299, 0.587, 0.114
    return [
        np.rint(sum(w * photo[..., i] for i, w in enumerate(weights)))
        for photo in photos
    ]


def patches(image, top, left, size, step):
    """Patches of 16 x 16 within a square, row by row."""
    offsets = range(0, size - 15, step)
    return [
        image[top + i : top + i + 16, left + j : left + j + 16].ravel() / 255
        for i in offsets
        for j in offsets
    ]


@pytest.fixture(scope="module")
def split():
    """The patches of the chapter's squares by part, with plain loops."""
    images = grey()
    places = [
        (photo, 32 * row, 32 * column)
        for photo in range(2)
        for row in range(427 // 32)
        for column in range(640 // 32)
    ]
    order = np.random.default_rng(0).permutation(len(places))
    order = [i for photo in range(2) for i in order if places[i][0] == photo]
    parts = {"test": [], "val": [], "train": []}
    for turn, i in enumerate(order):
        photo, top, left = places[i]
        part = ("test", "val")[turn % 10] if turn % 10 < 2 else "train"
        parts[part].append(patches(images[photo], top, left, 32, 4))
    return {name: np.array(squares) for name, squares in parts.items()}


def test_the_floor_is_scipys_and_scikit_learns(split):
    train, val = split["train"].reshape(-1, 256), split["val"].reshape(-1, 256)
    for d in (2, 8, 32, 128):
        values = np.linalg.eigvalsh(np.cov(train.T, bias=True))[::-1]
        variance = values[d:].mean()
        assert agrees(f"pPCA, d = {d}: variance", variance)
        pca = PCA(d, svd_solver="full").fit(train)
        nats = pca.score(val)  # its covariance is divided by n - 1
        assert agrees(f"pPCA, d = {d}", nats)
        bits = 8 - nats / (256 * np.log(2))
        assert agrees(f"pPCA, d = {d}: bits", bits)
    normal = stats.multivariate_normal(pca.mean_, pca.get_covariance())
    assert np.isclose(normal.logpdf(val).mean(), nats)


def test_the_standard_error_is_that_of_an_analysis_of_variance(split):
    means = split["test"].mean(axis=2)  # (52 squares, 25 patches)
    by_squares = stats.sem(means.mean(axis=1))
    ratio = by_squares / stats.sem(means.ravel())
    label = "brightness: standard error by squares over the usual one"
    assert agrees(label, ratio)


def test_patches_dealt_as_squares_are_farther_apart(split):
    train, test = split["train"].reshape(-1, 256), split["test"].reshape(-1, 256)
    found = NearestNeighbors(n_neighbors=1).fit(train).kneighbors(test)[0]
    honest = 1000 * np.mean(found**2) / 256
    assert agrees("dealt as squares: to the nearest training patch", honest)
    assert honest > RECORD["dealt as patches: to the nearest training patch"]["value"]


def test_no_test_patch_shares_a_pixel_with_a_training_patch():
    """The same split of a picture whose every pixel is another number."""
    images = [np.arange(427 * 640).reshape(427, 640) + k * 427 * 640 for k in (0, 1)]
    seen = {"test": set(), "val": set(), "train": set()}
    order = np.random.default_rng(0).permutation(520)
    order = np.concatenate([order[order < 260], order[order >= 260]])
    for turn, i in enumerate(order):
        photo, place = divmod(i, 260)
        top, left = 32 * (place // 20), 32 * (place % 20)
        square = images[photo][top : top + 32, left : left + 32]
        part = ("test", "val")[turn % 10] if turn % 10 < 2 else "train"
        seen[part] |= set(square.ravel())
    assert not (seen["test"] & seen["train"] or seen["test"] & seen["val"])


def test_the_scale_mixture_by_scipys_normal_and_optimiser(split):
    """The weights by a general optimiser, the densities by SciPy, for d = 8."""
    train, val = split["train"].reshape(-1, 256), split["val"].reshape(-1, 256)
    values, vectors = np.linalg.eigh(np.cov(train.T, bias=True))
    values[:-8] = values[:-8].mean()
    C = (vectors * values) @ vectors.T
    scales = np.geomspace(0.05, 4, 12)

    def densities(x):
        normals = [
            stats.multivariate_normal(train.mean(axis=0), s**2 * C) for s in scales
        ]
        return np.stack([normal.logpdf(x) for normal in normals], axis=1)

    def loss(a):
        log_w = a - special.logsumexp(a)
        log_p = known + log_w
        total = special.logsumexp(log_p, axis=1)
        share = np.exp(log_p - total[:, None]).mean(axis=0)
        return -total.mean(), np.exp(log_w) - share

    known = densities(train)
    a = optimize.minimize(loss, np.zeros(12), jac=True, method="L-BFGS-B").x
    mixture = special.logsumexp(densities(val) + a - special.logsumexp(a), axis=1)
    floor = stats.multivariate_normal(train.mean(axis=0), C).logpdf(val)
    gain = (mixture - floor).reshape(52, 25).mean(axis=1)
    assert agrees("scale mixture, d = 8: gain", gain.mean())
    assert agrees("scale mixture, d = 8: standard error", stats.sem(gain))


def test_the_recorded_gains_are_over_the_same_floor(split):
    train, test = split["train"].reshape(-1, 256), split["test"].reshape(-1, 256)
    for run in LOG["mlp"] + LOG["linear_start"]:
        floor = PCA(run["latent_dim"], svd_solver="full").fit(train).score(test)
        elbo = run["test"]["elbo"]
        assert np.isclose(elbo - run["test"]["gain"], floor, atol=0.3)
