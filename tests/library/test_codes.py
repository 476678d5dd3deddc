"""Active units, nearest neighbours, bits per dimension."""

import keras
import numpy as np
import pytest
from scipy import stats

from vae_lib import evaluation


def test_encode_runs_the_encoder_in_batches(make_vae, images):
    vae = make_vae(latent_dim=3)
    z_mean, z_log_var = evaluation.encode(vae, images, batch_size=5)
    assert z_mean.shape == z_log_var.shape == (16, 3)
    for name, batched in (("z_mean", z_mean), ("z_log_var", z_log_var)):
        head = keras.Model(vae.encoder.input, vae.encoder.get_layer(name).output)
        whole = head.predict(images, verbose=0)
        np.testing.assert_allclose(batched, whole, rtol=1e-4, atol=1e-6)


def test_active_units_are_counted_by_the_variance_of_their_mean():
    rng = np.random.default_rng(0)
    deviations = np.array([1.0, 0.11, 0.09, 0.0])  # variances 1, 0.0121, 0.0081, 0
    z_mean = 5.0 + rng.normal(size=(20_000, 4)) * deviations
    active = evaluation.active_units(z_mean)
    assert active.count == 2
    # The relative standard error of a variance is sqrt(2 / n) = 0.01.
    np.testing.assert_allclose(active.variances, deviations**2, rtol=0.05)
    assert evaluation.active_units(z_mean, threshold=0.005).count == 3


def test_knn_accuracy_is_that_of_a_vote_by_hand():
    rng = np.random.default_rng(0)
    y_train, y_test = rng.integers(3, size=300), rng.integers(3, size=1_500)
    centres = rng.normal(size=(3, 2))
    train = centres[y_train] + rng.normal(size=(300, 2))
    test = centres[y_test] + rng.normal(size=(1_500, 2))
    distances = np.linalg.norm(test[:, None] - train, axis=-1)
    nearest = np.argsort(distances, axis=1)[:, :7]
    votes = stats.mode(y_train[nearest], axis=1).mode  # ties: the smallest label
    by_hand = np.mean(votes == y_test)
    assert 0.4 < by_hand < 0.9
    accuracy = evaluation.knn_accuracy(train, y_train, test, y_test, k=7)
    assert accuracy == pytest.approx(by_hand, abs=1e-12)


def test_knn_is_perfect_on_its_own_codes_and_chance_without_information():
    rng = np.random.default_rng(0)
    codes, labels = rng.normal(size=(2_000, 2)), rng.integers(10, size=2_000)
    own = evaluation.knn_accuracy(codes, labels, codes, labels, k=1)
    assert own == 1.0
    others = rng.normal(size=(2_000, 2))
    chance = evaluation.knn_accuracy(codes, labels, others, labels)
    assert abs(chance - 0.1) < 4 * np.sqrt(0.1 * 0.9 / 2_000)


def test_bits_per_dim_is_the_code_length_of_the_grey_levels():
    """A density that is flat within each level codes them in -log2 P(level) bits."""
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(256))
    levels = rng.integers(256, size=(20, 784))
    log_density = np.log(256.0 * probabilities[levels]).sum(axis=1)  # of (k + u) / 256
    expected = -np.log2(probabilities[levels]).mean(axis=1)
    bits = evaluation.bits_per_dim(log_density)
    np.testing.assert_allclose(bits, expected, rtol=1e-12)


def test_bits_per_dim_of_simple_cases():
    assert evaluation.bits_per_dim(0.0) == 8.0  # uniform grey levels
    fair_coins = 100 * np.log(0.5)
    assert evaluation.bits_per_dim(fair_coins, n_dims=100, n_levels=1) == pytest.approx(
        1.0
    )
    # Higher log density, fewer bits.
    assert evaluation.bits_per_dim(500.0) < evaluation.bits_per_dim(400.0)


# --- bad input -------------------------------------------------------------------


def test_codes_are_checked():
    with pytest.raises(ValueError, match=r"z_mean must be .* got shape \(5,\)"):
        evaluation.active_units(np.zeros(5))
    with pytest.raises(ValueError, match="z_mean holds NaN or infinity"):
        evaluation.active_units(np.full((5, 2), np.nan))
    with pytest.raises(ValueError, match="z_mean has 1 row"):
        evaluation.active_units(np.zeros((1, 2)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"codes_test": np.zeros((5, 3))}, "codes_train has 2 dimensions and .* 3"),
        ({"y_train": np.zeros(9)}, "y_train must hold one label for each of the 10"),
        ({"y_test": np.zeros((5, 10))}, r"y_test must hold .* got shape \(5, 10\)"),
        ({"k": 0}, "k must be a whole number of at least 1, got 0"),
        ({"k": 11}, "k must be at most the 10 codes of codes_train, got 11"),
        ({"codes_train": np.full((10, 2), np.inf)}, "codes_train holds NaN or inf"),
    ],
)
def test_knn_says_what_is_wrong(change, message):
    arguments = dict(
        codes_train=np.zeros((10, 2)),
        y_train=np.zeros(10),
        codes_test=np.zeros((5, 2)),
        y_test=np.zeros(5),
    )
    with pytest.raises(ValueError, match=message):
        evaluation.knn_accuracy(**{**arguments, **change})


def test_bits_per_dim_says_what_is_wrong():
    with pytest.raises(ValueError, match="n_dims must be a whole number of at least 1"):
        evaluation.bits_per_dim(1.0, n_dims=0)
    with pytest.raises(ValueError, match="n_levels must be"):
        evaluation.bits_per_dim(1.0, n_levels=0.5)
