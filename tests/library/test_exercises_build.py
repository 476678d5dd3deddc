"""What chapters 6 to 10 and 18 call right, computed a second, unrelated way."""

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, linalg, optimize, special, stats
from sklearn.neighbors import KNeighborsClassifier

from vae_lib import evaluation, exercises, objectives


def right(name):
    """The cases of a check, and what it calls right."""
    check = getattr(exercises, name)
    return zip(check.cases, check.right_numbers(), strict=True)


def gaussian_kl(mean, std):
    """KL(N(mean, std^2) || N(0, 1)), by numerical integration."""

    def integrand(z):
        log_ratio = stats.norm.logpdf(z, mean, std) - stats.norm.logpdf(z)
        return stats.norm.pdf(z, mean, std) * log_ratio

    return integrate.quad(integrand, mean - 12 * std, mean + 12 * std)[0]


def test_fixed_variance_by_the_density_of_each_pixel():
    for (mse, rate, variance), found in right("check_fixed_variance"):
        pixel = stats.norm.logpdf(math.sqrt(mse), 0.0, math.sqrt(variance))
        assert found == pytest.approx(784 * pixel - rate)


def test_vae_loss_by_densities_and_integrals():
    for (x, x_mean, log_variance, z_mean, z_log_var, beta), found in right(
        "check_vae_loss"
    ):
        std = math.exp(log_variance / 2)
        log_px_z = stats.norm.logpdf(x, x_mean, std).sum(axis=(2, 3, 4)).mean(axis=0)
        heads = zip(z_mean.ravel(), np.exp(z_log_var.ravel() / 2), strict=True)
        rate = np.reshape([gaussian_kl(*head) for head in heads], z_mean.shape)
        expected = np.mean(-log_px_z + beta * rate.sum(axis=1))
        assert found == pytest.approx(expected, rel=1e-6)


def test_drawn_rate_by_integration():
    for (z_mean, s), found in right("check_drawn_rate"):
        heads = zip(z_mean.ravel(), np.exp(s.ravel()), strict=True)
        rate = np.reshape([gaussian_kl(*head) for head in heads], z_mean.shape)
        assert found == pytest.approx(rate.sum(axis=1), rel=1e-6)


def test_rates_of_the_kl_weights_fall():
    assert np.all(np.diff(exercises.check_kl_weights.right_numbers()[0]) < 0)


def test_receptive_field_by_asking_each_pixel():
    for (kernels, strides), found in right("check_receptive_field"):
        reach = {0}  # of one unit, back through the layers
        for kernel, stride in list(zip(kernels, strides, strict=True))[::-1]:
            reach = {unit * stride + k for unit in reach for k in range(kernel)}
        assert found == max(reach) - min(reach) + 1


def test_transposed_by_the_convolution_of_a_stretched_input():
    for (h, kernel, stride), found in right("check_transposed"):
        stretched = np.zeros((len(h) - 1) * stride + 1)
        stretched[::stride] = h
        assert found == pytest.approx(np.convolve(stretched, kernel))


def test_unit_census_by_hand():
    found = [tuple(count) for _, count in right("check_unit_census")]
    assert found == [(4, 1), (4, 1), (6, 3)]


def test_code_moves_one_by_one():
    for (before, after), found in right("check_code_moves"):
        lengths = sorted(math.dist(a, b) for a, b in zip(before, after, strict=True))
        spread = stats.tstd(before.ravel(), ddof=0)
        assert found == pytest.approx(lengths[len(lengths) // 2] / spread)


def test_log_mean_exp_by_scipy():
    for (log_w,), found in right("check_log_mean_exp"):
        expected = special.logsumexp(log_w, axis=0) - math.log(len(log_w))
        assert found == pytest.approx(expected)
        library = np.asarray(objectives.iwae_bound(log_w.astype("float32")))
        assert found == pytest.approx(library, rel=1e-5)


def test_harmonic_mean_by_scipy():
    for (log_px_z,), found in right("check_harmonic_mean"):
        weights = np.full(log_px_z.shape, 1 / len(log_px_z))
        expected = -special.logsumexp(-log_px_z, axis=0, b=weights)
        assert found == pytest.approx(expected)


def test_what_a_spread_costs_by_theory():
    # To second order the bound with K samples misses var(w) / 2K, e^(s^2) - 1 over 2K.
    found = exercises.check_spread_cost.right_numbers()[0]
    assert found[0] == pytest.approx((math.e - 1) / 2000, abs=0.01)
    # The log of a mean lies within log K below the largest of the K log weights.
    largest = 5 * stats.norm.ppf(1 - 1 / 1000)
    assert 12.5 - largest < found[3] < 12.5 - largest + math.log(1000)
    assert np.all(np.diff(found) > 0)


def test_increments_telescope():
    check = exercises.check_log_increment
    (log_q, log_pz, log_px_z, *_), *_ = check.cases
    steps = itertools.pairwise(np.linspace(0, 1, 8))
    total = sum(check.truth(log_q, log_pz, log_px_z, *step) for step in steps)
    assert total == pytest.approx(log_pz + log_px_z - log_q)


def test_knn_accuracy_by_scikit_learn():
    for (codes, labels, test, known, k), found in right("check_knn_accuracy"):
        judge = KNeighborsClassifier(k).fit(codes, labels)
        assert found == pytest.approx(judge.score(test, known))
        library = evaluation.knn_accuracy(codes, labels, test, known, k=k)
        assert found == pytest.approx(library)


def test_exact_p_by_the_permutation_test_of_scipy():
    for (a, b), found in right("check_exact_p"):
        expected = stats.permutation_test(
            (a, b), lambda x, y: abs(x.mean() - y.mean()), alternative="greater"
        )
        assert found == pytest.approx(expected.pvalue)


def test_frechet_distance_by_the_root_of_a_matrix():
    for (mean_a, cov_a, mean_b, cov_b), found in right("check_gaussian_frechet"):
        root = linalg.sqrtm(cov_a)
        middle = linalg.sqrtm(root @ cov_b @ root)
        spread = np.trace(cov_a + cov_b - 2 * middle)
        assert found == pytest.approx(np.sum((mean_a - mean_b) ** 2) + spread)


def test_mixture_draws_by_the_law_of_total_variance():
    from vae_lib.exercises.judging import _MIXTURE

    weights, means, covariances = _MIXTURE
    mean, cov = exercises.check_mixture_draws.right_numbers()
    within = np.tensordot(weights, covariances, 1)
    between = np.cov(means.T, aweights=weights, ddof=0)
    # Five standard errors of 40,000 draws.
    assert mean == pytest.approx(weights @ means, abs=0.08)
    assert cov == pytest.approx(within + between, abs=0.25)


def test_active_units_by_their_spreads():
    found = [int(count) for _, count in right("check_active_units")]
    assert found == [3, 4, 1]


def test_survivors_by_the_linear_model():
    for (weight, eigenvalues, latent_dim, n_pixels), found in right("check_survivors"):
        # The loss of one direction, at the best share of it that a code keeps.
        alive = 0
        for eigenvalue in eigenvalues[:latent_dim]:
            left = np.linspace(1e-4, 1, 20_001) * eigenvalue
            loss = left / n_pixels + weight * 0.5 * np.log(eigenvalue / left)
            alive += left[loss.argmin()] < 0.9999 * eigenvalue
        assert found == alive


def test_best_networks_one_by_one():
    for (variances, rates, half_errors), found in right("check_best_networks"):
        networks = list(zip(variances, rates, half_errors, strict=True))
        for variance, best in zip(variances, found, strict=True):
            loss = {name: half + variance * rate for name, rate, half in networks}
            assert best == min(loss, key=loss.get)


def test_felt_level_by_a_search_for_the_root():
    for (beta, eigenvalues, latent_dim, n_pixels), found in right("check_felt_level"):

        def excess(level, beta=beta, lam=eigenvalues, n=latent_dim, n_pixels=n_pixels):
            error = np.minimum(lam[:n], level).sum() + lam[n:].sum()
            return level - beta * error / n_pixels

        assert found == pytest.approx(optimize.brentq(excess, 1e-9, 1e3))


def test_sending_counts_what_a_ring_sends():
    for (n_weights, n_devices, bytes_a_second), found in right("check_sending"):
        pieces = 2 * (n_devices - 1)  # round the ring, once as sums and once finished
        sent = pieces * n_weights / n_devices * np.dtype("float32").itemsize
        assert found == pytest.approx(sent / bytes_a_second)


def test_save_interval_by_a_search():
    for (t_write, t_fail), found in right("check_save_interval"):
        best = optimize.minimize_scalar(
            lambda t, w=t_write, f=t_fail: w / t + t / (2 * f),
            bounds=(1e-3 * found, 1e3 * found),
            method="bounded",
            options={"xatol": 1e-6 * found},
        )
        assert found == pytest.approx(best.x, rel=1e-3)


def test_accumulated_is_the_gradient_of_the_whole_batch():
    for (gradient, n_images, _), found in right("check_accumulated"):
        assert found == pytest.approx(gradient(slice(0, n_images)))


def test_clipped_is_the_nearest_gradient_within_the_limit():
    for (gradients, sizes, max_norm), found in right("check_clipped"):
        whole = np.repeat(gradients, sizes, axis=0).mean(axis=0)
        limit = {"type": "ineq", "fun": lambda g, m=max_norm: m**2 - g @ g}
        nearest = optimize.minimize(
            lambda g, w=whole: np.sum((g - w) ** 2),
            np.zeros(3) + 0.1 * max_norm,
            constraints=limit,
            options={"ftol": 1e-12},
        )
        assert found == pytest.approx(nearest.x, abs=1e-4)
