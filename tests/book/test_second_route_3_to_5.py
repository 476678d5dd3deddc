"""Chapters 3, 4 and 5: what they print, computed again by routes of their own.

Nothing here runs a model of the library: the published network is redone in NumPy from
its weights, integrals by SciPy's quadrature or other samplers, gradients by hand.
"""

import functools

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from notebook_env import ROOT
from vae_lib import results

pytestmark = pytest.mark.book

D = 784
PARTS = {"train": slice(4000), "test": slice(4500, 5000)}


@functools.cache
def recorded(chapter):
    return {name: entry["value"] for name, entry in results.load(chapter).items()}


def near(chapter, label, value, **tolerance):
    np.testing.assert_allclose(value, recorded(chapter)[label], **tolerance)


# The toy of chapter 3.
def toy_log_joint(z):
    log_pz = stats.norm.logpdf(z)
    return stats.norm.logpdf(2.0, z**2 + 0.5 * z, 0.5) + log_pz


def integral(function, low=-12.0, high=12.0):
    points = [-1.7, -0.25, 1.2]
    inside = [p for p in points if low < p < high]
    return integrate.quad(function, low, high, points=inside, limit=400)[0]


def toy_elbo(mean, std):
    # Gauss-Hermite with 20 nodes is exact for the quartic exponent.
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    log_q = stats.norm.logpdf(mean + std * nodes, mean, std)
    values = toy_log_joint(mean + std * nodes) - log_q
    return weights @ values / weights.sum()


TOY = {"wide": (0.0, 1.2), "right mode": (1.1, 0.18), "left mode": (-1.6, 0.18)}


def toy_log_px():
    return np.log(integral(lambda z: np.exp(toy_log_joint(z))))


def test_the_toys_evidence_and_posterior():
    log_px = toy_log_px()
    near("03_elbo", "toy, log p(x = 2)", log_px, atol=2e-5)
    right = integral(lambda z: np.exp(toy_log_joint(z) - log_px), low=-0.25)
    left = integral(lambda z: np.exp(toy_log_joint(z) - log_px), high=-0.25)
    assert right + left == pytest.approx(1.0, abs=1e-7)
    near("03_elbo", "toy, probability of the right-hand mode", right, atol=2e-4)


@pytest.mark.parametrize("name", TOY)
def test_bound_and_gap_of_the_toy(name):
    mean, std = TOY[name]
    log_px = toy_log_px()

    def density(z):
        return stats.norm.pdf(z, mean, std)

    def excess(z):
        return density(z) * (stats.norm.logpdf(z, mean, std) - toy_log_joint(z))

    assert integral(density) == pytest.approx(1.0, abs=1e-7)
    near("03_elbo", f"{name}: ELBO", toy_elbo(mean, std), atol=2e-5)
    gap = integral(excess) + log_px
    near("03_elbo", f"{name}: KL to the posterior", gap, atol=2e-5)


def test_the_best_gaussians_of_the_toy():
    log_px = toy_log_px()
    for start, label in ((0.5, "free q from 0.5"), (-1.0, "free q from -1.0")):
        found = optimize.minimize(
            lambda p: -toy_elbo(p[0], np.exp(p[1])),
            (start, np.log(0.3)),
            method="Nelder-Mead",
            options={"xatol": 1e-7, "fatol": 1e-10},
        )
        near("03_elbo", f"{label}: mean", found.x[0], atol=5e-4)
        near("03_elbo", f"{label}: gap", log_px + found.fun, atol=2e-4)
        if start > 0:  # the table of the chapter has steps of 0.01 and 0.005
            near("03_elbo", "best q, mean", found.x[0], atol=0.01)
            near("03_elbo", "best q, gap", log_px + found.fun, atol=5e-4)


def test_the_rate_is_the_integral_that_defines_it():
    total = 0.0
    for mean, log_var in ((0.8, -2.0), (-1.5, 0.3)):
        q = stats.norm(mean, np.exp(0.5 * log_var))
        total += integral(
            lambda z, q=q: q.pdf(z) * (q.logpdf(z) - stats.norm.logpdf(z))
        )
    near("03_elbo", "rate, closed form", total, atol=2e-4)


# The published network, in NumPy.
@functools.cache
def network():
    with np.load(ROOT / "vae_lib/_pretrained/mlp_2.npz") as file:
        return {name: file[name].astype("float64") for name in file.files}


@functools.cache
def digits(part):
    with np.load(ROOT / "vae_lib/_data/mnist_sample.npz") as file:
        return file["x"][PARTS[part]].reshape(-1, D) / 255.0


def sigma2():
    return float(np.exp(network()["likelihood/log_variance"]))


def encode(x):
    w = network()
    hidden = np.maximum(x @ w["encoder/hidden/kernel"] + w["encoder/hidden/bias"], 0)
    mean = hidden @ w["encoder/z_mean/kernel"] + w["encoder/z_mean/bias"]
    log_var = hidden @ w["encoder/z_log_var/kernel"] + w["encoder/z_log_var/bias"]
    return mean, log_var


def decode(z):
    w = network()
    hidden = np.maximum(z @ w["decoder/hidden/kernel"] + w["decoder/hidden/bias"], 0)
    logits = hidden @ w["decoder/pixels/kernel"] + w["decoder/pixels/bias"]
    return special.expit(logits)


def rate_of(mean, log_var):
    return 0.5 * np.sum(mean**2 + np.exp(log_var) - 1 - log_var, axis=1)


def draw(x, rng):
    mean, log_var = encode(x)
    return mean + np.exp(0.5 * log_var) * rng.standard_normal(mean.shape)


def terms(x, n_samples, seed):
    """The ELBO and squared error of each draw, ``(n_samples, B)``, and the rate."""
    rng = np.random.default_rng(seed)
    squares = [
        np.sum((x - decode(draw(x, rng))) ** 2, axis=1) for _ in range(n_samples)
    ]
    squares, rate = np.array(squares), rate_of(*encode(x))
    log_px_z = -0.5 * (squares / sigma2() + D * np.log(2 * np.pi * sigma2()))
    return log_px_z - rate, squares, rate


def noise_error(draws):
    """The standard error that the codes alone give to the mean over all draws."""
    n_samples, n_images = draws.shape
    return np.sqrt(np.mean(draws.var(axis=0, ddof=1)) / (n_samples * n_images))


def subset():
    order = np.load(ROOT / "vae_lib/_data/mnist_test_order.npy")
    return order[order < 500][:200]


def test_the_bound_of_the_digits_in_numpy():
    everything, _, _ = terms(digits("test"), 6, seed=11)
    doubt = 4 * noise_error(everything) * np.sqrt(1 + 6 / 5)
    near("05_gaussian_decoder", "ELBO, test", everything.mean(), atol=doubt)
    error = everything.mean(axis=0).std(ddof=1) / np.sqrt(500)
    label = "ELBO, test: standard error"
    near("05_gaussian_decoder", label, error, rtol=0.03)
    elbo, _, _ = terms(digits("test")[subset()], 20, seed=12)
    doubt = 4 * noise_error(elbo) * np.sqrt(1 + 20 / 50)
    near("03_elbo", "digits, mean ELBO", elbo.mean(), atol=doubt)
    error = elbo.mean(axis=0).std(ddof=1) / np.sqrt(200)
    near("03_elbo", "digits, ELBO: standard error", error, rtol=0.03)


@functools.cache
def prior_grid():
    """Codes, their prior mass and pictures, on a coarse grid that holds the prior."""
    step = 0.06
    axis = np.arange(-6.6, 6.6, step) + step / 2
    z = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    mass = step**2 * stats.norm.pdf(z).prod(axis=1)
    assert mass.sum() == pytest.approx(1.0, abs=1e-6)
    return step, z, mass, decode(z).astype("float32")


def grid_log_px_z(x):
    pictures = prior_grid()[3]
    squares = (x**2).sum(axis=1)[:, None] - 2 * x.astype("float32") @ pictures.T
    squares = squares + np.sum(pictures.astype("float64") ** 2, axis=1)
    return -0.5 * (squares / sigma2() + D * np.log(2 * np.pi * sigma2()))


def importance_estimate(image, weights, n, rng):
    """The log of the mean weight of n draws around coarse cells, and its error."""
    step, z, _, _ = prior_grid()
    width, kept = 0.7 * step, np.flatnonzero(weights > 1e-6)
    chance = weights[kept] / weights[kept].sum()
    code = z[rng.choice(kept, n, p=chance)] + width * rng.standard_normal((n, 2))
    apart = (code[:, None] - z[kept]) / width
    kernel = np.exp(-0.5 * (apart**2).sum(axis=2)) / (2 * np.pi * width**2)
    squares = np.sum((image - decode(code)) ** 2, axis=1)
    log_p = -0.5 * (squares / sigma2() + D * np.log(2 * np.pi * sigma2()))
    log_w = log_p + stats.norm.logpdf(code).sum(axis=1) - np.log(kernel @ chance)
    w = np.exp(log_w - log_w.max())
    return np.log(w.mean()) + log_w.max(), w.std(ddof=1) / w.mean() / np.sqrt(n)


def test_the_evidence_of_the_digits_by_importance_sampling():
    # The proposal of an image is a mixture of Gaussians on the coarse cells, weighted
    # by a flattened posterior: no encoder, no refinement of a grid.
    x, rng, estimates, doubts = (
        digits("test")[subset()],
        np.random.default_rng(13),
        [],
        [],
    )
    log_joint = grid_log_px_z(x) + np.log(prior_grid()[2])
    for image, weights in zip(x, special.softmax(log_joint / 6, axis=1), strict=True):
        estimate, doubt = importance_estimate(image, weights, 200, rng)
        if doubt > 0.4:
            estimate, doubt = importance_estimate(image, weights, 3000, rng)
        estimates.append(estimate)
        doubts.append(doubt)
    assert np.max(doubts) < 0.5
    # The log of an estimate is too low by about half its relative variance.
    value = np.mean(np.array(estimates) + 0.5 * np.square(doubts))
    near("03_elbo", "digits, mean log p(x)", value, atol=0.15)
    elbo = terms(x, 20, seed=14)[0].mean(axis=0)
    gap = np.array(estimates) - elbo
    near("03_elbo", "digits, mean gap", gap.mean(), atol=1.5)
    near("03_elbo", "digits, median gap", np.median(gap), atol=1.0)


def test_ignoring_the_image_by_the_grid():
    _, _, mass, _ = prior_grid()
    table = grid_log_px_z(digits("test")[subset()]).mean(axis=0)  # over the images
    mean = mass @ table
    error = np.sqrt(mass @ (table - mean) ** 2 / 1000)  # of the chapter's 1,000 codes
    label = "sum over pixels, image ignored: loss"
    near("03_elbo", label, -mean, atol=4 * error)
    label = "mean over pixels, image ignored: loss"
    near("03_elbo", label, -mean / D, atol=4 * error / D)


# Chapter 4: the gradient by hand. Dense layers make the gradient of one image an outer
# product in each layer, so lengths and products need no long vectors.
def backward(x, eps):
    """For each layer the input and the error signal of each image's loss."""
    w = network()
    pre = x @ w["encoder/hidden/kernel"] + w["encoder/hidden/bias"]
    hidden = np.maximum(pre, 0)
    mean = hidden @ w["encoder/z_mean/kernel"] + w["encoder/z_mean/bias"]
    log_var = hidden @ w["encoder/z_log_var/kernel"] + w["encoder/z_log_var/bias"]
    std = np.exp(0.5 * log_var)
    z = mean + std * eps
    pre_out = z @ w["decoder/hidden/kernel"] + w["decoder/hidden/bias"]
    out = np.maximum(pre_out, 0)
    picture = special.expit(out @ w["decoder/pixels/kernel"] + w["decoder/pixels/bias"])
    to_logits = (picture - x) * picture * (1 - picture) / sigma2()
    to_out = to_logits @ w["decoder/pixels/kernel"].T * (pre_out > 0)
    to_z = to_out @ w["decoder/hidden/kernel"].T
    to_mean = to_z + mean
    to_log_var = 0.5 * (to_z * std * eps + np.exp(log_var) - 1)
    to_hidden = to_mean @ w["encoder/z_mean/kernel"].T
    to_hidden = to_hidden + to_log_var @ w["encoder/z_log_var/kernel"].T
    layers = [(out, to_logits), (z, to_out), (hidden, to_mean), (hidden, to_log_var)]
    return [*layers, (x, to_hidden * (pre > 0))], to_z


def product(a, b):
    """Of the gradients of each image, kernels and biases."""
    return sum(
        (np.sum(i * k, axis=1) + 1) * np.sum(j * m, axis=1)
        for (i, j), (k, m) in zip(a, b, strict=True)
    )


def length_of_mean(a):
    """The squared length of the mean gradient."""
    n = len(a[0][0])
    kernels = sum(np.sum((i.T @ j / n) ** 2) for i, j in a)
    return kernels + sum(np.sum(j.mean(axis=0) ** 2) for _, j in a)


def test_the_gradient_by_hand_is_a_gradient():
    x, rng = digits("train")[:5], np.random.default_rng(15)
    eps = rng.standard_normal((5, 2))
    mean, log_var = encode(x)
    z = mean + np.exp(0.5 * log_var) * eps

    def loss(z):
        return np.sum((x - decode(z)) ** 2, axis=1) / (2 * sigma2())

    for axis in range(2):
        step = 1e-6 * np.eye(2)[axis]
        slope = (loss(z + step) - loss(z - step)) / 2e-6
        np.testing.assert_allclose(
            backward(x, eps)[1][:, axis], slope, rtol=1e-3, atol=1e-3
        )


def test_the_variance_of_the_gradient_image_by_image():
    x, rng, chapter = (
        digits("train"),
        np.random.default_rng(16),
        "04_reparameterisation",
    )
    one, two = (backward(x, rng.standard_normal((len(x), 2)))[0] for _ in range(2))
    from_noise = 0.5 * product(one, one) + 0.5 * product(two, two) - product(one, two)
    v_codes = from_noise.mean()
    everything = 0.5 * (product(one, one) + product(two, two)).mean()
    total = everything - 0.5 * (length_of_mean(one) + length_of_mean(two))
    error = from_noise.std() / np.sqrt(128) / v_codes  # of the chapter's one batch
    label = "L = 1, variance due to the codes"
    near(chapter, label, v_codes / 128, rtol=4 * np.hypot(error, 0.1))
    share = 100 * v_codes / total
    label = "share of the codes at L = 1"
    near(chapter, label, share, atol=4 * recorded(chapter)["its standard error"])
    for size, n in ((128, 1), (128, 16), (32, 1)):
        expected = (total - v_codes + v_codes / n) / size
        label = f"new batch of {size} each time, L = {n}"
        error = recorded(chapter)[f"{label}: standard error"]
        near(chapter, f"{label}: variance", expected, atol=4 * error)


@pytest.mark.parametrize("std", [0.1, 0.5, 1.0])
def test_variances_of_both_estimators_by_quadrature(std):
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    weights = weights / weights.sum()
    z = 1 + std * nodes
    for name, values in (("pathwise", 2 * z), ("score function", z**2 * nodes / std)):
        variance = weights @ values**2 - (weights @ values) ** 2
        label = f"std {std}: variance, {name}"
        near("04_reparameterisation", label, variance, rtol=0.03)


def test_the_score_function_on_a_digit():
    x, rng, n = digits("train")[:1], np.random.default_rng(17), 4000
    eps = rng.standard_normal((n, 2))
    mean, log_var = encode(x)
    std = np.exp(0.5 * log_var[0])
    repeated = np.repeat(x, n, axis=0)
    pathwise = -backward(repeated, eps)[1][:, 0]
    squares = np.sum((x - decode(mean + std * eps)) ** 2, axis=1)
    value = -0.5 * (squares / sigma2() + D * np.log(2 * np.pi * sigma2()))
    chapter = "04_reparameterisation"
    for name, f in (("score function", value), ("with baseline", value - value.mean())):
        need = np.var(f * eps[:, 0] / std[0]) / np.var(pathwise)
        near(chapter, f"{name}: draws for one of pathwise", need, rtol=0.4)
    label = "pathwise: standard error"
    near(chapter, label, pathwise.std() / np.sqrt(1000), rtol=0.15)


# Chapter 5.
@functools.cache
def spectrum():
    x = digits("train")
    centred = x - x.mean(axis=0)
    # The triangle of a QR decomposition has the singular values of the whole.
    _, singular, directions = np.linalg.svd(np.linalg.qr(centred, mode="r"))
    values = np.zeros(D)
    values[: len(singular)] = singular**2 / len(x)
    return values, directions


@pytest.mark.parametrize("d", [2, 10, 20])
def test_ppca_in_the_basis_of_a_singular_value_decomposition(d):
    values, directions = spectrum()
    variances = np.append(values[:d], np.full(D - d, values[d:].mean()))
    z = (digits("test") - digits("train").mean(axis=0)) @ directions.T
    log_px = -0.5 * np.sum(np.log(2 * np.pi * variances) + z**2 / variances, axis=1)
    label = f"pPCA, d = {d}: log p(x), test"
    near("05_gaussian_decoder", label, log_px.mean(), atol=0.02)
    error = log_px.std(ddof=1) / np.sqrt(500)
    near("05_gaussian_decoder", f"{label}: standard error", error, atol=0.02)


@pytest.mark.parametrize(("level", "active"), [(0.5, 20), (1.0, 12), (392.0, 0)])
def test_water_filling_by_the_general_formula_of_gaussians(level, active):
    values, directions = spectrum()
    scales = np.sqrt(np.maximum(values[:20] - level, 0))
    assert np.sum(scales > 0) == active
    w = directions[:20].T * scales
    precision = np.eye(20) + w.T @ w / level
    covariance = np.linalg.inv(precision)
    centred = digits("train") - digits("train").mean(axis=0)
    means = centred @ w @ covariance / level
    spread = np.trace(covariance) - 20 - np.linalg.slogdet(covariance)[1]
    rate = 0.5 * (np.mean(np.sum(means**2, axis=1)) + spread)
    at_means = np.mean(np.sum((centred - means @ w.T) ** 2, axis=1))
    error = at_means + np.trace(w @ covariance @ w.T)
    chapter = "05_gaussian_decoder"
    near(chapter, f"variance {level:.3g}: rate", rate, atol=0.02)
    label = f"variance {level:.3g}: squared error per pixel"
    near(chapter, label, error / D, atol=2e-4)


def test_the_best_variance_and_the_bound_at_the_usual_ones():
    _, squares, rate = terms(digits("train"), 3, seed=18)
    mse, chapter = squares.mean() / D, "05_gaussian_decoder"
    near(chapter, "best variance for these digits, Eq. (5.8)", mse, rtol=0.003)
    for name, value in (("half the sum", 1.0), ("sum", 0.5), ("mean", 392.0)):
        elbo = -0.5 * D * (mse / value + np.log(2 * np.pi * value)) - rate.mean()
        near(chapter, f"{name} of squares: ELBO", elbo, atol=0.5)
        label = f"{name} of squares: rate weighs"
        near(chapter, label, value / mse, rtol=0.005)
    for value in (0.1, 0.5, 1.0, 392.0):
        normaliser = 0.5 * D * np.log(2 * np.pi * value)
        label = f"variance {value:g}: the missing log normaliser"
        near(chapter, label, normaliser, atol=0.1)


def test_the_bits_of_a_pixel():
    chapter = "05_gaussian_decoder"
    bits = 8 - recorded(chapter)["ELBO, test"] / (D * np.log(2))
    near(chapter, "pixels / 255", bits, atol=1e-6)


@pytest.mark.parametrize("floor", ["0.01", "0.0001", "1e-06", "1e-08"])
def test_nats_from_the_margin_with_other_noise(floor):
    rng, chapter = np.random.default_rng(19), "05_gaussian_decoder"
    x_fit, x_new = digits("train"), digits("test")
    error = np.mean((x_fit - decode(draw(x_fit, rng))) ** 2, axis=0)
    variances = np.maximum(error, float(floor))
    squares = (x_new - decode(draw(x_new, rng))) ** 2
    log_p = -0.5 * np.sum(np.log(2 * np.pi * variances) + squares / variances, axis=1)
    elbo = log_p - rate_of(*encode(x_new))
    label = f"floor {float(floor):g}"
    doubt = recorded(chapter)[f"{label}: standard error"] / 2  # the digits are the same
    near(chapter, f"{label}: ELBO", elbo.mean(), atol=doubt)
    paper = np.sum(x_fit.max(axis=0) == 0)
    label = "nats per tenfold lower floor"
    near(chapter, label, 0.5 * paper * np.log(10), atol=0.1)


def test_the_recorded_trainings_agree_with_the_formula_of_their_bound():
    runs = results.load("pixel_variance")
    for run in [*runs["literal"]["one"], *runs["fixed"].values()]:
        value = run["variance"]
        elbo = -0.5 * D * (run["mse"] / value + np.log(2 * np.pi * value)) - run["rate"]
        assert run["elbo"] == pytest.approx(elbo, abs=0.05)
    for run in runs["literal"]["many"]:
        assert run["variance"] is None
        assert run["elbo"] == pytest.approx(-run["distortion"] - run["rate"], abs=1e-3)
