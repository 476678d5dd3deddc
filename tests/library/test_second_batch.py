"""More than one batch or block: what is computed must not depend on where it is cut."""

import keras
import numpy as np
import pytest
from scipy import stats

from vae_lib import evaluation, training
from vae_lib.distributions import LOG_2PI


@pytest.fixture
def many():
    """More images than any batch of the library holds."""
    return np.random.default_rng(1).uniform(size=(700, 6, 6, 1)).astype("float32")


def test_validation_has_the_noise_of_evaluate_beyond_the_first_batch(make_vae, many):
    vae = make_vae()
    history = training.fit(vae, many[:8], epochs=1, x_val=many, verbose=0).history
    scores = evaluation.evaluate(vae, many, verbose=0)
    for name in ("elbo", "rate", "distortion"):
        expected = getattr(scores, name)
        assert history[f"val_{name}"][0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("score", ["elbo", "iwae", "log_weights"])
def test_scores_do_not_depend_on_batches(make_vae, many, score):
    vae, measure = make_vae(), getattr(evaluation, score)
    found = measure(vae, many[:7], n_samples=3, batch_size=2, verbose=0)
    expected = measure(vae, many[:7], n_samples=3, batch_size=7, verbose=0)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_codes_and_images_of_two_batches_are_those_of_one(make_vae, many):
    vae = make_vae()
    for two, one in zip(
        evaluation.encode(vae, many),
        evaluation.encode(vae, many, batch_size=700),
        strict=True,
    ):
        np.testing.assert_allclose(two, one, atol=1e-6)


def test_an_image_in_another_batch_has_other_chains(make_vae, many):
    twice = np.concatenate([many[:1], many[:1]])
    result = evaluation.ais(
        make_vae(), twice, n_temperatures=3, n_chains=2, batch_size=1, verbose=0
    )
    first, second = result.log_weights.T
    assert np.all(first != second)


def test_the_aggregate_posterior_of_two_blocks_is_that_of_brute_force():
    rng = np.random.default_rng(0)
    means, log_vars = rng.normal(size=(2, 600, 2))
    found = evaluation.aggregate_kl(means, log_vars, seed=4)
    noise = [np.random.default_rng((4, i)).standard_normal(2) for i in range(600)]
    z = means + np.exp(0.5 * log_vars) * noise
    table = stats.norm.logpdf(z[:, None], means, np.exp(0.5 * log_vars)).sum(axis=2)
    log_pz = -0.5 * np.sum(z**2 + LOG_2PI, axis=1)
    upper = np.logaddexp.reduce(table, axis=1) - np.log(600) - log_pz
    np.fill_diagonal(table, -np.inf)
    lower = np.logaddexp.reduce(table, axis=1) - np.log(599) - log_pz
    assert found.upper == pytest.approx(upper.mean(), abs=1e-9)
    assert found.lower == pytest.approx(lower.mean(), abs=1e-9)


def test_a_code_of_the_second_block_is_found(make_vae, many):
    vae = make_vae()
    codes = np.random.default_rng(2).normal(size=(1200, 2))
    x = many[:20]
    expected = evaluation.code_search(vae, codes)(x)
    np.testing.assert_allclose(evaluation.code_search(vae, codes[::-1])(x), expected)
    places = [np.flatnonzero(np.all(codes == row, axis=1)) for row in expected]
    assert max(p[0] for p in places if len(p)) >= 500


def test_neighbours_of_the_second_block_are_those_of_brute_force():
    rng = np.random.default_rng(3)
    codes, labels = rng.normal(size=(1300, 2)), rng.integers(0, 3, 1300)
    voters, votes = rng.normal(size=(40, 2)), rng.integers(0, 3, 40)
    labels[1000:] = votes[0]  # so that a shifted block would be seen
    found = evaluation.knn_accuracy(voters, votes, codes, labels, k=1)
    nearest = np.sum((codes[:, None] - voters) ** 2, axis=2).argmin(axis=1)
    assert found == np.mean(votes[nearest] == labels)


def test_random_splits_of_several_blocks_agree_with_all_of_them():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=9) + 0.6, rng.normal(size=9)
    exact = evaluation.permutation_test(a, b)  # 48,620 splits, three blocks
    found = evaluation.permutation_test(a, b, max_splits=25_000)
    assert exact.exact and exact.n_splits == 48_620
    assert not found.exact and found.n_splits == 25_000
    error = np.sqrt(exact.p_value * (1 - exact.p_value) / 25_000)
    assert abs(found.p_value - exact.p_value) < 4 * error


def test_principal_axes_of_two_blocks_are_those_of_numpy():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(5_300, 2, 2, 1)) * np.array([1.0, 2.0]).reshape(1, 2, 1, 1)
    x[5_000:] += 3.0
    ppca = evaluation.fit_ppca(x, 1)
    flat = x.reshape(5_300, 4)
    values = np.linalg.eigvalsh(np.cov(flat.T, ddof=0))
    np.testing.assert_allclose(ppca.mean, flat.mean(axis=0))
    assert ppca.variance == pytest.approx(values[:3].mean())


def test_training_shows_the_images_of_the_second_call(make_vae, many):
    """More steps than one compiled call holds: 70 of 10 images."""
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(batch)

    vae = make_vae()
    history = training.fit(
        vae, many, epochs=1, batch_size=10, callbacks=[Watch()], verbose=0
    )
    assert seen == [63, 69]
    assert int(vae.optimizer.iterations.numpy()) == 70
    assert np.isfinite(history.history["loss"]).all()
