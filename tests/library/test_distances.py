"""Distances between sets of features against closed forms."""

import numpy as np
import pytest
from scipy import linalg

from vae_lib import evaluation


def exactly(mean, covariance, n, seed):
    """Points whose sample mean and covariance are exactly those given."""
    points = np.random.default_rng(seed).normal(size=(n, len(mean)))
    points -= points.mean(axis=0)
    white = points @ np.linalg.inv(np.linalg.cholesky(np.cov(points, rowvar=False))).T
    return white @ np.linalg.cholesky(covariance).T + mean


def test_frechet_distance_of_gaussians_in_closed_form():
    a = exactly([0.0, 0.0, 0.0], np.diag([1.0, 4.0, 9.0]), 50, seed=0)
    b = exactly([1.0, 0.0, 2.0], np.diag([4.0, 4.0, 1.0]), 60, seed=1)
    # Diagonal covariances: squared differences of means and of standard deviations.
    assert evaluation.frechet_distance(a, b) == pytest.approx(5 + 1 + 0 + 4)


def test_frechet_distance_agrees_with_scipys_matrix_root():
    rng = np.random.default_rng(2)
    mix_a, mix_b = rng.normal(size=(2, 4, 4))
    cov_a, cov_b = mix_a @ mix_a.T + np.eye(4), mix_b @ mix_b.T + np.eye(4)
    a, b = exactly(np.zeros(4), cov_a, 40, 3), exactly(np.ones(4), cov_b, 40, 4)
    root = linalg.sqrtm(cov_a @ cov_b).real
    expected = 4 + np.trace(cov_a + cov_b - 2 * root)
    assert evaluation.frechet_distance(a, b) == pytest.approx(expected)
    assert evaluation.frechet_distance(a, a) == pytest.approx(0.0, abs=1e-9)


def test_frechet_distance_is_biased_by_few_points_and_the_kernel_distance_is_not():
    def pair(n, seed):
        return np.random.default_rng(seed).normal(size=(2, n, 5))

    few = np.mean([evaluation.frechet_distance(*pair(20, s)) for s in range(20)])
    many = np.mean([evaluation.frechet_distance(*pair(2000, s)) for s in range(20)])
    assert few > 10 * many > 0
    kernel = [
        evaluation.kernel_distance(*pair(40, s), subset_size=40, n_subsets=1).mean
        for s in range(200)
    ]
    assert abs(np.mean(kernel)) < 4 * np.std(kernel) / np.sqrt(200)


def test_kernel_distance_of_two_point_masses_in_closed_form():
    a, b = np.full((10, 2), 1.0), np.full((12, 2), -1.0)
    result = evaluation.kernel_distance(a, b, subset_size=10, n_subsets=3)
    # k(a, a) = (1 + 1)^3 = 8 = k(b, b), k(a, b) = (-1 + 1)^3 = 0.
    assert result == pytest.approx((16.0, 16.0, 16.0))


def test_the_interval_holds_the_mean_and_a_seed_repeats_it():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(300, 3)), rng.normal(size=(300, 3)) + 0.5
    first, second = (
        evaluation.kernel_distance(a, b, subset_size=50, n_subsets=30, seed=7)
        for _ in range(2)
    )
    assert first == second
    assert 0 < first.low < first.mean < first.high


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.ones((5, 2)), np.ones((5, 3)), r"same number of features.*\(5, 2\)"),
        (np.ones(5), np.ones((5, 3)), r"must be \(images, features\) arrays"),
        (np.full((5, 2), np.nan), np.ones((5, 2)), "features_a holds NaN"),
        (np.ones((2, 3)), np.ones((5, 3)), "features_a has 2 rows for 3 features"),
    ],
)
def test_bad_features_are_named(a, b, message):
    with pytest.raises(ValueError, match=message):
        evaluation.frechet_distance(a, b)


def test_bad_subsets_are_named():
    a = np.ones((5, 2))
    with pytest.raises(ValueError, match=r"subset_size must be 2 to 5.*got 6"):
        evaluation.kernel_distance(a, a, subset_size=6)
    with pytest.raises(ValueError, match="n_subsets must be a whole number"):
        evaluation.kernel_distance(a, a, subset_size=2, n_subsets=0)
