"""Numbers of chapters 6 and 7 once more, by plain NumPy, SciPy and scikit-learn.

Nothing here uses a network, a likelihood or an evaluation of vae_lib: the weights are
read from the files, the layers are written out, expectations over codes are integrals.
"""

import functools

import numpy as np
import pytest
from scipy import special, stats
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

from notebook_env import ROOT
from vae_lib import results

pytestmark = pytest.mark.book

SIX, SEVEN = results.load("06_mlp_vae"), results.load("07_conv_vae")
NETWORKS = ("mlp", "conv", "conv_feature_map")


@functools.cache
def sample():
    """Images in [0, 1] and digits: 4,000 to train, 500 to validate, 500 to test."""
    with np.load(ROOT / "vae_lib" / "_data" / "mnist_sample.npz") as archive:
        return archive["x"] / np.float32(255), archive["y"]


@functools.cache
def weights(network):
    """The weights of a published model with two latent dimensions."""
    with np.load(ROOT / "vae_lib" / "_pretrained" / f"{network}_2.npz") as archive:
        return {name: archive[name].astype("float32") for name in archive.files}


def dense(x, w, layer):
    return x @ w[f"{layer}/kernel"] + w[f"{layer}/bias"]


def convolve(x, kernel, bias, stride=1):
    """Eq. (7.1) with several maps, ``(n, h, w, in)``; zeros around, as Keras pads."""
    before = (
        1 if stride == 1 else 0
    )  # with stride 2 an even side needs one zero, behind
    x = np.pad(x, [(0, 0), (before, 1), (before, 1), (0, 0)])
    side = x.shape[1] - 2
    return bias + sum(
        x[:, a : a + side : stride, b : b + side : stride] @ kernel[a, b]
        for a in range(3)
        for b in range(3)
    )


def spread(x, kernel, bias, stride):
    """A transposed convolution: every value is spread over nine places."""
    n, side, _, _ = x.shape
    out = np.zeros((n, stride * side + 2, stride * side + 2, kernel.shape[2]), x.dtype)
    for a in range(3):
        for b in range(3):
            rows = slice(a, a + stride * side, stride)
            columns = slice(b, b + stride * side, stride)
            out[:, rows, columns] += x @ kernel[a, b].T
    cut = slice(1, -1) if stride == 1 else slice(0, -2)
    return out[:, cut, cut] + bias


def encode(network, x):
    """Mean and log-variance of each image."""
    w = weights(network)
    if network == "mlp":
        h = x.reshape(len(x), -1)
    else:
        h = x[..., None]
        for i, stride in enumerate((1, 2, 1, 1), start=1):
            kernel, bias = (
                w[f"encoder/conv_{i}/{part}"] for part in ("kernel", "bias")
            )
            h = np.maximum(0, convolve(h, kernel, bias, stride))
        h = h.reshape(len(h), -1)
    h = np.maximum(0, dense(h, w, "encoder/hidden"))
    return dense(h, w, "encoder/z_mean"), dense(h, w, "encoder/z_log_var")


def decode(network, z):
    """Mean images, ``(n, 28, 28)``."""
    w = weights(network)
    h = np.maximum(0, dense(z.astype("float32"), w, "decoder/hidden"))
    if network == "mlp":
        logits = dense(h, w, "decoder/pixels")
    else:
        maps, stride = ((28, 28, 1), 1) if network == "conv" else ((14, 14, 64), 2)
        kernel, bias = (w[f"decoder/deconv/{part}"] for part in ("kernel", "bias"))
        h = np.maximum(0, spread(h.reshape(-1, *maps), kernel, bias, stride))
        kernel, bias = (w[f"decoder/x_logits/{part}"] for part in ("kernel", "bias"))
        logits = convolve(h, kernel, bias)
    return special.expit(logits.reshape(-1, 28, 28))


@functools.cache
def scores(network):
    """ELBO, rate and squared error of each test image; an integral over codes."""
    x = sample()[0][4500:]
    z_mean, z_log_var = encode(network, x)
    nodes, mass = np.polynomial.hermite_e.hermegauss(3)
    mass = mass / np.sqrt(2 * np.pi)
    assert mass.sum() == pytest.approx(1.0, abs=1e-12)  # all of the Gaussian
    error = np.zeros(len(x))
    for first, share in zip(nodes, mass, strict=True):
        for second, other in zip(nodes, mass, strict=True):
            z = z_mean + np.exp(0.5 * z_log_var) * [first, second]
            squared = (x - decode(network, z)) ** 2
            error += share * other * squared.sum(axis=(1, 2), dtype=float)
    variance = np.exp(float(weights(network)["likelihood/log_variance"]))
    rate = 0.5 * np.sum(z_mean**2 + np.exp(z_log_var) - 1 - z_log_var, axis=1)
    log_px_z = -0.5 * (error / variance + 784 * np.log(2 * np.pi * variance))
    return log_px_z - rate, rate, error / 784


def recorded(page, label):
    return page[label]["value"]


# The pages draw ten codes an image; over 500 images that leaves 0.1 nats or so.
@pytest.mark.parametrize("network", NETWORKS)
def test_elbo_and_rate_on_the_sample(network):
    elbo, rate, _ = scores(network)
    page = recorded(SEVEN, f"{network}: ELBO, sample test")
    assert elbo.mean() == pytest.approx(page, abs=0.5)
    error = recorded(SEVEN, f"{network}: its standard error")
    assert elbo.std(ddof=1) / np.sqrt(500) == pytest.approx(error, rel=0.02)
    assert rate.mean() == pytest.approx(
        recorded(SEVEN, f"{network}: rate"), abs=SEVEN[f"{network}: rate"]["tol"]
    )


def test_chapter_six_has_the_numbers_of_chapter_seven():
    elbo, rate, error = scores("mlp")
    assert elbo.mean() == pytest.approx(recorded(SIX, "ELBO, sample test"), abs=0.5)
    assert rate.mean() == pytest.approx(recorded(SIX, "rate"), abs=0.01)
    squared = recorded(SIX, "squared error per pixel, sample test")
    assert error.mean() == pytest.approx(squared, abs=2e-4)
    unit_variance = -392 * (error.mean() + np.log(2 * np.pi)) - rate.mean()
    page = recorded(SIX, "ELBO with the variance set to 1")
    assert unit_variance == pytest.approx(page, abs=0.05)


def accuracy(codes):
    digits = sample()[1]
    judge = KNeighborsClassifier(5).fit(codes[:4000], digits[:4000])
    return 100 * judge.score(codes[4500:], digits[4500:])


def test_five_neighbours():
    found = accuracy(encode("mlp", sample()[0])[0])
    for page, label in (
        (SIX, "5-NN accuracy of the codes"),
        (SEVEN, "5-NN accuracy, mlp"),
    ):
        assert found == pytest.approx(recorded(page, label), abs=1.0)  # ties of votes


def test_principal_components():
    x = sample()[0].reshape(5000, 784).astype(float)
    pca = PCA(2, svd_solver="full").fit(x[:4000])
    label = "5-NN accuracy of two principal components"
    assert accuracy(pca.transform(x)) == pytest.approx(recorded(SIX, label), abs=1.0)
    # scikit-learn's score is the log-likelihood under probabilistic PCA, with variances
    # divided by n - 1; the page divides by n.
    values = np.linalg.eigvalsh(np.cov(x[:4000].T, bias=True))[::-1]
    noise = values[2:].mean()
    axes = pca.components_
    covariance = noise * np.eye(784) + axes.T @ np.diag(values[:2] - noise) @ axes
    log_p = stats.multivariate_normal(x[:4000].mean(axis=0), covariance).logpdf(
        x[4500:]
    )
    label = "log p(x) of probabilistic PCA, sample test"
    assert log_p.mean() == pytest.approx(recorded(SIX, label), abs=0.02)
    label = "probabilistic PCA: log p(x)"
    assert log_p.mean() == pytest.approx(recorded(SEVEN, label), abs=0.02)


def test_the_mean_digit():
    x = sample()[0].astype(float)
    mean = x[:4000].mean(axis=0)
    deviation = np.sqrt(np.mean((x[:4000] - mean) ** 2))
    log_p = stats.norm(mean, deviation).logpdf(x[4000:4500]).sum(axis=(1, 2))
    label = "loss of the mean digit, validation"
    assert -log_p.mean() == pytest.approx(recorded(SIX, label), abs=0.05)


def test_the_one_half():
    # exp(log 1/4) is 1/4; 100,000 draws leave a relative error of 1 / sqrt(200,000).
    for label, truth in (("with the one half", 0.5), ("without it", 0.25)):
        found = recorded(SIX, f"standard deviation {label}")
        assert found == pytest.approx(truth, rel=4 / np.sqrt(200_000))


def test_live_units_of_the_published_mlp():
    w = weights("mlp")
    h = dense(sample()[0].reshape(5000, 784), w, "encoder/hidden")
    found = np.sum(h.max(axis=0) > 0)
    page = results.load("pretrained_mlp_2")["seeds"]["0"]["live_units"]
    assert found == pytest.approx(page, abs=10)  # other images, 5,000 for 4,000


def test_one_step_of_adam_beside_the_sums_of_untrained_units():
    rng = np.random.default_rng(0)

    def glorot(*shape):
        field = np.prod(shape[:-2])
        limit = np.sqrt(6 / (field * (shape[-2] + shape[-1])))
        return rng.uniform(-limit, limit, shape).astype("float32")

    x = sample()[0][:200]
    h = x[..., None]
    maps = (1, 32, 64, 64, 64)
    for m, n, stride in zip(maps, maps[1:], (1, 2, 1, 1), strict=False):
        h = np.maximum(0, convolve(h, glorot(3, 3, m, n), 0, stride))
    ratios = []
    for inputs, units in ((h.reshape(200, -1), 32), (x.reshape(200, -1), 512)):
        sums = inputs @ glorot(inputs.shape[1], units)
        moved = 0.001 * inputs.sum(axis=1).mean()  # every weight by the learning rate
        ratios.append(moved / np.sqrt(np.mean(sums**2)))
    assert ratios[0] > 3 and ratios[1] < 0.5  # several times, and a fraction


@pytest.mark.parametrize("network", ["conv", "mlp"])
def test_a_shift_by_one_pixel(network):
    x = sample()[0][4500:]
    before, after = (
        encode(network, images)[0] for images in (x, np.roll(x, 1, axis=2))
    )
    moved = np.median(np.linalg.norm(after - before, axis=1)) / before.std()
    page = recorded(SEVEN, f"{network}: median move for one pixel")
    assert moved == pytest.approx(page, abs=0.01)


def test_live_units_of_the_mlp_in_training():
    """The first 30 batches by hand: gradients of Eq. (6.4), Adam, other weights."""
    rng = np.random.default_rng(0)
    x_train = sample()[0][:4000].reshape(4000, 784)
    x_test = sample()[0][4500:].reshape(500, 784)
    shapes = [(784, 512), (512, 2), (512, 2), (2, 512), (512, 784)]
    limits = [np.sqrt(6 / sum(shape)) for shape in shapes]
    kernels = [
        rng.uniform(-a, a, shape) for a, shape in zip(limits, shapes, strict=True)
    ]
    biases = [np.zeros(shape[1]) for shape in shapes]
    values = [*kernels, *biases, np.log([0.05])]
    values = [value.astype("float32") for value in values]
    first, second = ([np.zeros_like(v) for v in values] for _ in range(2))
    live = {}
    for step in range(31):
        w, w_m, w_l, v, u, b, b_m, b_l, c, e, log_var = values
        live[step] = np.sum((x_test @ w + b).max(axis=0) > 0)
        x = x_train[rng.permutation(4000)[:128]]
        s = x @ w + b
        h = np.maximum(0, s)
        mean, log_sigma2 = h @ w_m + b_m, h @ w_l + b_l
        noise = rng.standard_normal(mean.shape, dtype="float32")
        sigma = np.exp(0.5 * log_sigma2)
        z = mean + sigma * noise
        t = z @ v + c
        g = np.maximum(0, t)
        picture = special.expit(g @ u + e)
        missed = picture - x
        d_out = missed * picture * (1 - picture) / np.exp(log_var) / 128
        d_t = (d_out @ u.T) * (t > 0)
        d_z = d_t @ v.T
        d_mean = d_z + mean / 128
        d_log = 0.5 * (d_z * noise * sigma + (sigma**2 - 1) / 128)
        d_s = (d_mean @ w_m.T + d_log @ w_l.T) * (s > 0)
        error = np.sum(missed**2) / 128 / np.exp(log_var)
        slopes = [x.T @ d_s, h.T @ d_mean, h.T @ d_log, z.T @ d_t, g.T @ d_out]
        slopes += [d.sum(axis=0) for d in (d_s, d_mean, d_log, d_t, d_out)]
        slopes.append(0.5 * (784 - error))
        for value, slope, m, q in zip(values, slopes, first, second, strict=True):
            m += 0.1 * (slope - m)
            q += 0.001 * (slope**2 - q)
            rate = 0.001 * np.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1))
            value -= rate * m / (np.sqrt(q) + 1e-7)
    for step in (0, 1, 10, 30):
        page = recorded(SEVEN, f"mlp: live units after {step} batches")
        assert live[step] == pytest.approx(page, abs=50), step  # other first weights
