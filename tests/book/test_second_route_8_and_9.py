"""Numbers of chapters 8 and 9 computed again, by routes that share nothing with them.

Networks are plain NumPy on the arrays of the npz files; log p(x) comes from importance
samples around the modes of each posterior, not from a grid; and so on. A value agrees
if it lies within the recorded tolerance plus four standard errors of its own.
"""

import itertools
import math

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy import integrate, linalg, special, stats
from threadpoolctl import threadpool_limits

from notebook_env import ROOT
from vae_lib import data, evaluation, results

pytestmark = pytest.mark.book

CHAPTER_8 = results.load("08_how_tight")
CHAPTER_9 = results.load("09_samples_and_codes")
LOG_2PI = math.log(2 * math.pi)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """The matrices are small: several threads would wait for each other."""
    with threadpool_limits(1):
        yield


def agree(recorded, value, error=0.0):
    """Within the recorded tolerance and four standard errors."""
    assert abs(value - recorded["value"]) < recorded["tol"] + 4 * error


def standard_error(values):
    return np.std(values, ddof=1) / math.sqrt(len(values))


class MLP:
    """The published network with two latent dimensions, in NumPy."""

    def __init__(self):
        path = ROOT / "vae_lib" / "_pretrained" / "mlp_2.npz"
        with np.load(path) as arrays:
            self.w = {name: arrays[name].astype("float64") for name in arrays.files}
        self.variance = math.exp(self.w["likelihood/log_variance"])

    def dense(self, x, name):
        return x @ self.w[f"{name}/kernel"] + self.w[f"{name}/bias"]

    def encode(self, x):
        hidden = np.maximum(self.dense(x, "encoder/hidden"), 0.0)
        return [self.dense(hidden, f"encoder/{h}") for h in ("z_mean", "z_log_var")]

    def decode(self, z):
        hidden = np.maximum(self.dense(z, "decoder/hidden"), 0.0)
        return special.expit(self.dense(hidden, "decoder/pixels"))

    def slopes(self, z):
        """The pixels' derivatives, (n, 2, 784)."""
        active = self.dense(z, "decoder/hidden") > 0
        mean = self.decode(z)
        first = self.w["decoder/hidden/kernel"] * active[:, None]  # (n, 2, 512)
        return first @ self.w["decoder/pixels/kernel"] * (mean * (1 - mean))[:, None]

    def log_joint(self, x, z):
        """log p(x, z) of one image, (784,), at many codes, (n, 2)."""
        squares = np.sum((x - self.decode(z)) ** 2, axis=1) / self.variance
        normaliser = 784 * (LOG_2PI + math.log(self.variance)) + 2 * LOG_2PI
        return -0.5 * (squares + np.sum(z**2, axis=1) + normaliser)


@pytest.fixture(scope="module")
def mlp(one_thread):
    return MLP()


@pytest.fixture(scope="module")
def sample():
    return data.load_sample()


def flat(images):
    return images.reshape(len(images), -1).astype("float64")


@pytest.fixture(scope="module")
def digits(sample):
    """The hundred digits of chapter 8."""
    return flat(sample.x_test)[data.subset_indices(100, size=500)]


@pytest.fixture(scope="module")
def log_w(mlp, digits):
    """Log weights at the encoder's samples, with noise of our own: (200, 100)."""
    rng = np.random.default_rng(11)
    columns = []
    for x, mean, log_var in zip(digits, *mlp.encode(digits), strict=True):
        noise = rng.standard_normal((200, 2))
        log_q = -0.5 * np.sum(noise**2 + log_var + LOG_2PI, axis=1)
        z = mean + np.exp(0.5 * log_var) * noise
        columns.append(mlp.log_joint(x, z) - log_q)
    return np.array(columns).T


def modes(mlp, x, coarse):
    """Where Gauss and Newton end from the best cells of a coarse grid, (m, 2)."""
    z, table = coarse
    scores = -0.5 * (np.sum((table - x) ** 2, axis=1) / mlp.variance)
    z = z[np.argsort(scores - 0.5 * np.sum(z**2, axis=1))[-6:]]
    for _ in range(15):
        slopes = mlp.slopes(z) / math.sqrt(mlp.variance)
        residual = (x - mlp.decode(z)) / math.sqrt(mlp.variance)
        curvature = slopes @ slopes.swapaxes(1, 2) + np.eye(2)
        gradient = np.einsum("nij,nj->ni", slopes, residual) - z
        step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        value = mlp.log_joint(x, z)
        for scale in (1.0, 0.3, 0.05):  # the longest step that climbs
            better = mlp.log_joint(x, z + scale * step) > value
            z, step = z + scale * step * better[:, None], step * ~better[:, None]
    value = mlp.log_joint(x, z)
    return z[value > value.max() - 8], curvature[value > value.max() - 8]


@pytest.fixture(scope="module")
def log_px(mlp, digits):
    """log p(x) by importance samples around the modes, and standard errors: (100,)."""
    axis = np.arange(-6, 6, 0.12)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    coarse = grid, mlp.decode(grid)
    rng = np.random.default_rng(12)
    values, errors = [], []
    for x in digits:
        found, curvature = modes(mlp, x, coarse)
        components = [
            stats.multivariate_t(at, 2.0 * np.linalg.inv(c), df=4, seed=rng)
            for at, c in zip(found, curvature, strict=True)
        ]
        each = 300 // len(components)
        z = np.concatenate([c.rvs(each).reshape(-1, 2) for c in components])
        log_q = special.logsumexp([c.logpdf(z) for c in components], axis=0)
        weights = mlp.log_joint(x, z) - log_q + math.log(len(components))
        total = special.logsumexp(weights) - math.log(len(z))
        values.append(total)
        errors.append(standard_error(np.exp(weights - total)))
    return np.array(values), np.array(errors)


def test_log_px_of_the_hundred_digits(log_px):
    value, error = log_px
    assert np.median(error) < 0.15
    agree(CHAPTER_8["log p(x)"], value.mean(), math.sqrt(np.sum(error**2)) / len(value))


def test_gap_of_the_hundred_digits(log_w, log_px):
    elbo = log_w.mean(axis=0)
    noise = math.sqrt(np.sum(log_w.var(axis=0) / len(log_w))) / log_w.shape[1]
    gap = log_px[0] - elbo
    agree(CHAPTER_8["ELBO"], elbo.mean(), noise)
    agree(CHAPTER_8["gap"], gap.mean(), noise)
    agree(CHAPTER_8["gap, standard error"], standard_error(gap), noise)
    agree(CHAPTER_8["largest gap"], gap.max(), 1.0)
    agree(CHAPTER_8["median gap"], np.median(gap), 0.1)


@pytest.mark.parametrize("k", [10, 100])
def test_what_k_samples_leave(k, log_w, log_px):
    blocks = special.logsumexp(log_w.reshape(-1, k, 100), axis=1) - math.log(k)
    noise = math.sqrt(np.sum(blocks.var(axis=0) / len(blocks))) / 100
    missing = log_px[0] - blocks.mean(axis=0)
    agree(CHAPTER_8[f"K = {k}: missing"], missing.mean(), noise)


def sensor(z):
    """The toy's density of reading and z."""
    return stats.norm.pdf(z) * stats.norm.pdf(0.5, (z**2 + 0.5 * z) / 4, 0.125)


def test_the_toy_by_adaptive_integration():
    edges = -9.0, -0.25, 9.0
    mass, _ = integrate.quad(stats.norm.pdf, edges[0], edges[-1])
    assert mass > 1 - 1e-12
    left, right = (
        integrate.quad(sensor, a, b, limit=200)[0] for a, b in itertools.pairwise(edges)
    )
    agree(CHAPTER_8["toy: log p(x) from the grid"], math.log(left + right))
    agree(CHAPTER_8["its probability"], right / (left + right))


def test_the_library_anneals_the_toy_as_well():
    import keras

    from vae_lib import likelihoods, models

    z = keras.Input((1,))
    mean = keras.layers.Rescaling(0.125)(z) + keras.layers.Rescaling(0.25)(z**2)
    decoder = keras.Model(z, keras.layers.Reshape((1, 1, 1))(mean))
    x = keras.Input((1, 1, 1))
    scale = keras.initializers.Constant(2 * math.log(0.15))
    heads = [keras.layers.Dense(1), keras.layers.Dense(1, bias_initializer=scale)]
    outputs = [head(keras.layers.Flatten()(x)) for head in heads]
    gaussian = likelihoods.Gaussian(variance=0.125**2, link="identity")
    toy = models.VAE(keras.Model(x, outputs), decoder, gaussian)
    # A start of one width, whatever the reading is.
    outputs_kernel = heads[1].get_weights()
    heads[1].set_weights([np.zeros_like(outputs_kernel[0]), outputs_kernel[1]])
    reading = np.full((1, 1, 1, 1), 0.5, dtype="float32")
    found = evaluation.ais(
        toy, reading, n_temperatures=100, n_chains=500, start="prior", verbose=0
    )
    truth = math.log(integrate.quad(sensor, -9, 9, points=[-2, 0, 1], limit=200)[0])
    assert abs(found.log_px[0] - truth) < 0.05


def test_log_px_of_the_linear_model_by_its_covariance(sample):
    # Probabilistic PCA is a Gaussian: Tipping and Bishop's maximum, by eigenvectors.
    x = flat(sample.x_train)
    values, vectors = np.linalg.eigh(np.cov(x, rowvar=False, bias=True))
    noise = values[:-10].mean()
    top = vectors[:, -10:]
    covariance = (top * (values[-10:] - noise)) @ top.T + noise * np.eye(784)
    ten = flat(sample.x_test)[data.subset_indices(100, size=500)[:10]]
    log_px = stats.multivariate_normal(x.mean(axis=0), covariance).logpdf(ten)
    agree(CHAPTER_8["pPCA, T = 1: mean log weight"], log_px.mean())


@pytest.mark.parametrize("s", [1, 2, 3, 5])
def test_what_a_spread_costs(s):
    # E log of a mean of log-normal weights, with other draws.
    rng = np.random.default_rng(13)
    estimates = special.logsumexp(s * rng.standard_normal((1000, 600)), axis=0)
    estimates -= math.log(1000)
    noise = standard_error(estimates) * math.sqrt(1 + 600 / 400)  # theirs has one too
    agree(CHAPTER_8[f"s = {s}: too low by"], s**2 / 2 - estimates.mean(), noise)


def test_annealing_and_grid_agree_where_both_exist():
    for run in results.load("ais")["models"].values():
        if run["latent_dim"] != 2:
            continue
        miss = run["quadrature"]["minus_ais"]
        by_means = run["quadrature"]["mean"] - run["ais"]["mean"]
        assert miss["mean"] == pytest.approx(by_means, abs=1e-6)
        assert abs(miss["mean"]) < 3 * miss["se"]


def test_variance_of_means_over_the_whole_prior(mlp):
    # Not 500 draws: the prior on a grid, cut where almost no mass is left.
    step = 0.1
    axis = np.arange(-5, 5, step) + step / 2
    z = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    mass = np.prod(stats.norm.pdf(z), axis=1) * step**2
    assert abs(mass.sum() - 1) < 1e-5
    mean = mlp.decode(z)
    variance = np.mean(mass @ mean**2 - (mass @ mean) ** 2)
    error = 0.03 * variance  # of the chapter's 500 draws
    agree(CHAPTER_9["500 decoder means"], variance, error / 4)
    agree(CHAPTER_9["500 samples, not clipped"], variance + mlp.variance, error / 4)


def convolve(x, kernel, bias):
    """Stride 2, zeros around, ReLU: (n, h, w, c) -> (n, h / 2, w / 2, k)."""
    pad = (kernel.shape[0] - 2) // 2, (kernel.shape[0] - 1) // 2
    x = np.pad(x, ((0, 0), pad, pad, (0, 0)))
    windows = sliding_window_view(x, kernel.shape[:2], axis=(1, 2))[:, ::2, ::2]
    return np.maximum(np.einsum("nhwcij,ijck->nhwk", windows, kernel) + bias, 0)


def features(images):
    with np.load(ROOT / "vae_lib" / "_pretrained" / "classifier.npz") as arrays:
        w = {name: arrays[name].astype("float32") for name in arrays.files}
    x = convolve(images, w["conv_1/kernel"], w["conv_1/bias"])
    n, h, width, c = x.shape
    pad = np.pad(x, ((0, 0), (1, 2), (1, 2), (0, 0)))
    windows = sliding_window_view(pad, (5, 5), axis=(1, 2))[:, ::2, ::2]
    rows = windows.transpose(0, 1, 2, 4, 5, 3).reshape(n * h * width // 4, 25 * c)
    x = np.maximum(rows @ w["conv_2/kernel"].reshape(25 * c, -1) + w["conv_2/bias"], 0)
    x = x.reshape(n, -1) @ w["features/kernel"] + w["features/bias"]
    return np.maximum(x, 0).astype("float64")


def test_frechet_distances_by_a_matrix_root(sample, mlp):
    real, other = features(sample.x_test), features(sample.x_val)
    z = np.random.default_rng(0).standard_normal((500, 2))
    drawn = features(mlp.decode(z).reshape(-1, 28, 28, 1).astype("float32"))

    def frechet(a, b):
        cov = [np.cov(x, rowvar=False) + 1e-10 * np.eye(64) for x in (a, b)]
        root = linalg.sqrtm(cov[0] @ cov[1]).real
        shift = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
        return shift + np.trace(cov[0] + cov[1] - 2 * root)

    agree(CHAPTER_9["500 real digits and 500 others"], frechet(real, other))
    label = "MLP, decoder means: Fréchet distance, N = 500"
    agree(CHAPTER_9[label], frechet(real, drawn))


def votes(train, labels, test):
    """The label that most of the five nearest have; ties to the nearest of them."""
    for x in test:
        near = labels[np.argsort(np.sum((train - x) ** 2, axis=1))[:5]]
        counts = np.bincount(near, minlength=10)
        yield next(label for label in near if counts[label] == counts.max())


def test_neighbours_by_brute_force(sample, mlp):
    train, test = flat(sample.x_train), flat(sample.x_test)
    centred = train - train.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    deviations = (centred @ axes.T).std(axis=0)
    # Posterior means of pPCA: nearly the components, each over its deviation.
    noise = (centred.var(axis=0).sum() - np.sum(deviations**2)) / 782
    scale = np.sqrt(deviations**2 - noise) / deviations**2
    codes = {
        "mlp": [mlp.encode(x)[0] for x in (train, test)],
        "PCA": [(x - train.mean(axis=0)) @ axes.T * scale for x in (train, test)],
    }
    for name, (known, asked) in codes.items():
        right = np.array(list(votes(known, sample.y_train, asked))) == sample.y_test
        agree(CHAPTER_9[f"{name}: 5-NN accuracy"], right.mean())


def test_silhouette_class_by_class(sample, mlp):
    codes = mlp.encode(flat(sample.x_test))[0]
    values = []
    for x, label in zip(codes, sample.y_test, strict=True):
        gaps = np.sqrt(np.sum((codes - x) ** 2, axis=1))
        own = gaps[sample.y_test == label].sum() / (np.sum(sample.y_test == label) - 1)
        others = [gaps[sample.y_test == k].mean() for k in range(10) if k != label]
        values.append((min(others) - own) / max(own, min(others)))
    agree(CHAPTER_9["mlp: silhouette, by hand"], np.mean(values))


def test_rate_and_bracket_of_the_aggregate(sample, mlp):
    mean, log_var = mlp.encode(flat(sample.x_train))
    each = 0.5 * np.sum(mean**2 + np.exp(log_var) - log_var - 1, axis=1)
    agree(CHAPTER_9["mlp: rate"], each.mean())
    rng = np.random.default_rng(14)
    chosen = rng.choice(len(mean), 1500, replace=False)
    noise = rng.standard_normal((1500, 2))
    z = mean[chosen] + np.exp(0.5 * log_var[chosen]) * noise
    log_p = -0.5 * np.sum(z**2 + LOG_2PI, axis=1)
    values = {"above": [], "below": []}
    for row, (code, prior) in enumerate(zip(z, log_p, strict=True)):
        squares = (code - mean) ** 2 * np.exp(-log_var)
        table = -0.5 * np.sum(squares + log_var + LOG_2PI, axis=1)
        log_q = special.logsumexp(table) - math.log(len(mean))
        values["above"].append(log_q - prior)
        log_q = special.logsumexp(np.delete(table, chosen[row]))
        values["below"].append(log_q - math.log(len(mean) - 1) - prior)
    for side, found in values.items():
        error = standard_error(found) * math.sqrt(1 + 1500 / 4000)
        label = f"mlp: KL(q(z) || p(z)), from {side}"
        agree(CHAPTER_9[label], np.mean(found), error)


def untuned(network):
    runs = results.load("claim")["runs"]
    return np.array([r["knn_accuracy"] for r in runs if r["network"] == network])


def test_p_values_of_the_untuned_trial_by_scipy():
    mlp = untuned("mlp")

    def mean_gap(x, y):
        return np.mean(x) - np.mean(y)

    def brunner_munzel(x, y):
        ranks = stats.rankdata(np.concatenate([x, y]))
        if set(ranks[: len(x)]) in (set(range(1, 6)), set(range(11, 16))):
            return math.copysign(1e9, ranks[0] - 8)  # separated: no variance
        return -stats.brunnermunzel(x, y).statistic

    runs = untuned("conv_feature_map")
    for statistic, test in (
        (mean_gap, evaluation.permutation_test),
        (brunner_munzel, evaluation.brunner_munzel_test),
    ):
        found = stats.permutation_test(
            (runs, mlp), statistic, vectorized=False, n_resamples=np.inf
        )
        # SciPy doubles the smaller tail, we count both.
        null = np.abs(found.null_distribution)
        both = np.mean(null >= abs(found.statistic) * (1 - 1e-9))
        assert test(runs, mlp).p_value == pytest.approx(both, abs=1e-12)


def test_false_alarms_of_the_permutation_of_means():
    spread = [untuned(name).std(ddof=1) for name in ("conv_feature_map", "mlp")]
    rng = np.random.default_rng(15)
    splits = np.array(list(itertools.combinations(range(15), 5)))
    alarms = 0
    for _ in range(1500):
        runs = rng.standard_normal(15) * np.repeat(spread, [5, 10])
        in_a = runs[splits].mean(axis=1)
        gaps = np.abs(in_a - (runs.sum() - 5 * in_a) / 10)
        alarms += np.mean(gaps >= gaps[0] - 1e-12) < 0.025
    share = 100 * alarms / 1500
    label = "Eq. (9.7): false alarms, promised 2.5 %"
    agree(CHAPTER_9[label], share, math.sqrt(share * (100 - share) / 1500))


def test_false_alarms_of_brunner_and_munzel_by_scipy():
    # Its p-value depends on ranks alone: a table of all splits, then a look-up.
    def statistic(a):
        b = np.setdiff1d(np.arange(15), a)
        if set(a) in (set(range(5)), set(range(10, 15))):
            return math.inf  # separated: no variance
        return abs(stats.brunnermunzel(a, b).statistic)

    splits = list(itertools.combinations(range(15), 5))
    table = {split: statistic(np.array(split)) for split in splits}
    every = np.array(list(table.values()))
    spread = [untuned(name).std(ddof=1) for name in ("conv_feature_map", "mlp")]
    rng = np.random.default_rng(16)
    alarms = 0
    for _ in range(2000):
        runs = rng.standard_normal(15) * np.repeat(spread, [5, 10])
        ranks = tuple(sorted(stats.rankdata(runs)[:5].astype(int) - 1))
        alarms += np.mean(every >= table[ranks] - 1e-9) < 0.025
    share = 100 * alarms / 2000
    label = "Brunner-Munzel: false alarms, promised 2.5 %"
    agree(CHAPTER_9[label], share, math.sqrt(share * (100 - share) / 2000))


def fair(network):
    """Percent of test codes that their neighbours read rightly, ten runs."""
    runs = results.load("fair_claim")["runs"]
    return (
        np.array([runs[f"{network}-trial-seed-{s}"]["knn_accuracy"] for s in range(10)])
        * 100
    )


SPLITS = np.array(list(itertools.combinations(range(20), 10)))
OTHERS = SPLITS[::-1]  # the complements, in the order of the splits


def p_by_ranks(a, b):
    """Ten against ten, by Brunner and Munzel's formula in ranks, over all splits."""
    pooled = stats.rankdata(np.concatenate([a, b]).round(6))
    gaps, variances = 0.0, 0.0
    for sign, chosen in ((1, SPLITS), (-1, OTHERS)):
        within = stats.rankdata(pooled[chosen], axis=1)
        gaps = gaps + sign * pooled[chosen].mean(axis=1)
        variances = variances + (pooled[chosen] - within).var(axis=1, ddof=1)
    sizes = np.abs(gaps) / np.sqrt(np.maximum(variances, 1e-12))
    return np.mean(sizes >= sizes[0] * (1 - 1e-9))


@pytest.mark.parametrize("network", ["conv", "conv_feature_map"])
def test_the_verdicts_of_the_fair_trial(network):
    assert np.all(np.sort(np.hstack([SPLITS, OTHERS])) == np.arange(20))
    runs, mlp = fair(network), fair("mlp")
    found = results.load("fair_claim")["verdicts"][network]
    wins = stats.mannwhitneyu(runs, mlp).statistic / 100
    assert found["superiority"] == pytest.approx(wins)
    p = {name: p_by_ranks(fair(name), mlp) for name in ("conv", "conv_feature_map")}
    smaller, larger = sorted(p.values())
    adjusted = {smaller: 2 * smaller, larger: max(2 * smaller, larger)}
    assert found["p_value"] == pytest.approx(min(1, adjusted[p[network]]))
    # The shift's limits: told apart on one side, not on the other.
    for limit, outward in ((found["low"], -1), (found["high"], 1)):
        assert p_by_ranks(runs - limit - outward * 1e-3, mlp) <= 0.025
        assert p_by_ranks(runs - limit + outward * 1e-3, mlp) > 0.025
    welch = stats.ttest_ind(runs, mlp, equal_var=False).confidence_interval(0.975)
    gap = runs.mean() - mlp.mean()
    expected = [gap, welch.low, welch.high]
    assert found["difference_of_means"] == pytest.approx(expected, abs=1e-6)
