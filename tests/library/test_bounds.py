"""ELBO, rate, distortion and the IWAE bound: identities that hold for any model."""

import itertools
import math

import keras
import numpy as np
import pytest
from scipy import special, stats

from vae_lib import evaluation, likelihoods
from vae_lib.evaluation._batches import ImageNoise
from vae_lib.evaluation._statistics import log_sum_exp

N_PIXELS = 36  # of the images of conftest.py


@pytest.fixture
def linear(float64):
    """A pPCA model with an encoder that is too wide and shifted; images; the model."""
    rng = np.random.default_rng(1)
    x = 0.5 + 0.1 * rng.normal(size=(200, 2)) @ rng.normal(size=(2, N_PIXELS))
    x = np.clip(x + 0.1 * rng.normal(size=x.shape), 0.0, 1.0).reshape(200, 6, 6, 1)
    model = evaluation.fit_ppca(x, 2)
    vae = evaluation.linear_vae(model, (6, 6, 1))
    # A posterior wider than the true one: the weights are bounded, so that their
    # means have finite standard errors.
    log_var = vae.encoder.get_layer("z_log_var")
    log_var.set_weights([log_var.get_weights()[0] + np.log(2.0)])
    kernel, bias = vae.encoder.get_layer("z_mean").get_weights()
    vae.encoder.get_layer("z_mean").set_weights([kernel, bias + 0.05])
    return vae, x, model


# --- noise -----------------------------------------------------------------------


def test_noise_is_standard_normal_and_differs_between_images():
    noise = ImageNoise(0, range(500), 3).draw(40)
    assert noise.shape == (40, 500, 3)
    assert stats.kstest(noise.ravel(), "norm").pvalue > 1e-3
    assert len(np.unique(noise)) == noise.size


def test_noise_belongs_to_the_image_and_is_drawn_in_order():
    whole = ImageNoise(7, range(5), 2).draw(10)
    part = ImageNoise(7, [3, 1], 2)
    blocks = np.concatenate([part.draw(4), part.draw(6)])
    np.testing.assert_array_equal(blocks, whole[:, [3, 1]])
    assert not np.array_equal(ImageNoise(8, range(5), 2).draw(10), whole)


@pytest.mark.parametrize("function", ["elbo", "iwae", "log_weights"])
def test_sizes_of_batches_and_chunks_change_nothing(make_vae, images, function):
    measure, vae = getattr(evaluation, function), make_vae()
    reference = measure(vae, images, n_samples=12)
    settings = [{"batch_size": 1}, {"batch_size": 7}]
    if function != "elbo":
        settings += [{"chunk_size": 1}, {"chunk_size": 5, "batch_size": 3}]
    for sizes in settings:
        other = measure(vae, images, n_samples=12, **sizes)
        # Sums of terms of about ten, in float32 and in another order.
        np.testing.assert_allclose(other, reference, rtol=1e-5, atol=1e-5)
    assert reference.dtype == np.float64


def test_a_seed_repeats_and_another_seed_differs(make_vae, images):
    vae = make_vae()
    first = evaluation.evaluate(vae, images, seed=3)
    assert evaluation.evaluate(vae, images, seed=3) == first
    assert evaluation.evaluate(vae, images, seed=4).elbo != first.elbo


def test_few_samples_are_the_first_of_many(make_vae, images):
    vae = make_vae()
    many = evaluation.log_weights(vae, images, n_samples=30)
    few = evaluation.log_weights(vae, images, n_samples=4)
    np.testing.assert_allclose(few, many[:4], rtol=1e-5)


# --- the ELBO and its parts ------------------------------------------------------


def test_expected_distortion_of_a_linear_decoder_has_a_closed_form(linear):
    vae, x, model = linear
    terms = evaluation.per_example(vae, x, n_samples=400)
    z_mean, z_log_var = evaluation.encode(vae, x)
    decoded = model.mean + z_mean @ model.components.T
    spread = np.sum(model.components**2 @ np.exp(z_log_var).T, axis=0)
    expected = np.sum((x.reshape(200, -1) - decoded) ** 2, axis=1) + spread
    # Paired over 200 images: the mean deviation is within 4 standard errors of 0.
    deviation = terms.mse - expected / N_PIXELS
    assert abs(deviation.mean()) < 4 * stats.sem(deviation)
    nats = 0.5 * expected / model.variance
    nats += 0.5 * N_PIXELS * np.log(2 * np.pi * model.variance)
    deviation = terms.distortion - nats
    assert abs(deviation.mean()) < 4 * stats.sem(deviation)


def test_rate_is_the_divergence_and_elbo_the_difference(make_vae, images):
    vae = make_vae()
    terms = evaluation.per_example(vae, images, n_samples=2)
    z_mean, z_log_var = evaluation.encode(vae, images)
    variance = np.exp(z_log_var)
    rate = 0.5 * np.sum(z_mean**2 + variance - 1.0 - np.log(variance), axis=1)
    np.testing.assert_allclose(terms.rate, rate, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(terms.elbo, -(terms.distortion + terms.rate))
    np.testing.assert_array_equal(evaluation.elbo(vae, images, n_samples=2), terms.elbo)


def test_one_sample_iwae_is_the_elbo_on_average(linear):
    vae, x, _ = linear
    log_w = evaluation.log_weights(vae, x, n_samples=300, seed=1)
    difference = log_w.mean(axis=0) - evaluation.elbo(vae, x, n_samples=300, seed=2)
    assert abs(difference.mean()) < 4 * stats.sem(difference)


def test_scores_are_means_with_standard_errors(make_vae, images):
    vae = make_vae()
    scores = evaluation.evaluate(vae, images, n_samples=3)
    terms = evaluation.per_example(vae, images, n_samples=3)
    for name, values in terms._asdict().items():
        assert getattr(scores, name) == pytest.approx(np.mean(values))
        assert getattr(scores, f"{name}_se") == pytest.approx(stats.sem(values))
    assert scores.n_images == 16
    assert scores.variance == pytest.approx(0.05)
    assert all(isinstance(v, float) for v in scores[:9])  # a JSON file takes them


def test_scores_of_a_single_image_have_no_standard_error(make_vae, images):
    scores = evaluation.evaluate(make_vae(), images[:1])
    assert math.isnan(scores.elbo_se)
    assert math.isfinite(scores.elbo)


def test_a_likelihood_without_a_variance_has_none(make_vae, images):
    vae = make_vae(likelihoods.Bernoulli())
    assert evaluation.evaluate(vae, images).variance is None


def test_best_variance_is_the_squared_error_at_sampled_codes(float64, make_vae, images):
    """Identity 3: then the distortion is D/2 (log(2 pi MSE) + 1), exactly."""
    vae = make_vae()
    best = evaluation.evaluate(vae, images, n_samples=5).mse
    vae.likelihood.log_variance.assign(math.log(best))
    scores = evaluation.evaluate(vae, images, n_samples=5)
    closed_form = 0.5 * N_PIXELS * (math.log(2.0 * math.pi * best) + 1.0)
    # float32 matrix products on PyTorch
    assert scores.distortion == pytest.approx(closed_form, rel=1e-6)
    assert scores.variance == pytest.approx(scores.mse, rel=1e-6)
    for factor in (0.5, 0.99, 1.01, 2.0):
        vae.likelihood.log_variance.assign(math.log(factor * best))
        assert evaluation.evaluate(vae, images, n_samples=5).elbo < scores.elbo


# --- the IWAE bound --------------------------------------------------------------


def test_iwae_is_the_log_mean_of_the_weights(make_vae, images):
    vae = make_vae(likelihoods.Gaussian(5e-4))  # every weight underflows
    log_w = evaluation.log_weights(vae, images, n_samples=40)
    assert np.exp(log_w).max() == 0.0
    expected = special.logsumexp(log_w, axis=0) - np.log(40)
    bound = evaluation.iwae(vae, images, n_samples=40, chunk_size=7)
    np.testing.assert_allclose(bound, expected, rtol=1e-6)


def test_subsets_of_samples_never_beat_the_whole(make_vae, images):
    """Image by image, not only on average: the deterministic form of monotony in K."""
    k = 6
    vae = make_vae(likelihoods.Gaussian(0.01))
    log_w = evaluation.log_weights(vae, images, n_samples=k)
    means = []
    for size in range(1, k + 1):
        subsets = itertools.combinations(range(k), size)
        bounds = [special.logsumexp(log_w[list(s)], axis=0) for s in subsets]
        means.append(np.mean(bounds, axis=0) - np.log(size))
    steps = np.diff(means, axis=0)  # (K - 1, B); the last is "leave one out"
    assert steps.min() > 0.0
    np.testing.assert_allclose(means[0], log_w.mean(axis=0))
    whole = evaluation.iwae(vae, images, n_samples=k)
    np.testing.assert_allclose(means[-1], whole, rtol=1e-6)
    # Nested subsets: the k-sample bound against the mean of its two halves.
    halves = [special.logsumexp(h, axis=0) - np.log(3) for h in (log_w[:3], log_w[3:])]
    assert np.all(np.mean(halves, axis=0) < whole)


def test_weights_are_unbiased_and_rarely_too_large(linear):
    vae, x, model = linear
    ratio = np.exp(evaluation.log_weights(vae, x, n_samples=100) - model.log_prob(x))
    per_image = ratio.mean(axis=0)
    assert abs(per_image.mean() - 1.0) < 4 * stats.sem(per_image)
    for b in (0.1, 0.3, 0.5):  # Markov: P(log w > log p + b) <= e^-b
        assert np.mean(np.log(ratio) > b) <= np.exp(-b)


def test_bounds_are_ordered_and_reach_log_p(linear):
    vae, x, model = linear
    exact = model.log_prob(x)
    bounds = [evaluation.elbo(vae, x, n_samples=50)]
    bounds += [evaluation.iwae(vae, x, n_samples=k) for k in (5, 50, 1000)]
    for lower, higher in itertools.pairwise([*bounds, exact]):
        gap = higher - lower  # paired; three standard errors of room
        assert gap.mean() > -3 * stats.sem(gap)
    assert (exact - bounds[0]).mean() > 0.1  # the ELBO's gap is real ...
    assert abs((exact - bounds[-1]).mean()) < 0.005  # ... and 1,000 samples close it


# --- bad input -------------------------------------------------------------------

FUNCTIONS = ["evaluate", "per_example", "elbo", "log_weights", "iwae", "encode"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_images_are_checked(make_vae, images, function):
    measure, vae = getattr(evaluation, function), make_vae()
    with pytest.raises(ValueError, match="x has shape"):
        measure(vae, images[..., 0])
    with pytest.raises(ValueError, match=r"outside \[0, 1\]: divide by 255"):
        measure(vae, images * 255.0)
    with pytest.raises(ValueError, match="x has NaN or infinity in 1 of 16 images"):
        measure(vae, np.where(np.arange(16) == 5, np.nan, images.T).T)
    with pytest.raises(ValueError, match="x has no images"):
        measure(vae, images[:0])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_counts_are_checked(make_vae, images, function):
    measure, vae = getattr(evaluation, function), make_vae()
    with pytest.raises(ValueError, match=r"batch_size must be .* at least 1, got 0"):
        measure(vae, images, batch_size=0)
    with pytest.raises(ValueError, match="verbose must be 'auto', 0 or 1, got 7"):
        measure(vae, images, verbose=7)
    if function != "encode":
        for bad in (0, -3, 2.5, True):
            message = f"n_samples must be a whole number of at least 1, got {bad}"
            with pytest.raises(ValueError, match=message):
                measure(vae, images, n_samples=bad)
    if function in ("log_weights", "iwae"):
        with pytest.raises(ValueError, match="chunk_size must be"):
            measure(vae, images, chunk_size=0)


def test_a_progress_bar_is_shown_on_demand_only(make_vae, images, capsys):
    vae = make_vae()
    keras.utils.enable_interactive_logging()  # the bar writes to standard output
    evaluation.iwae(vae, images, verbose="auto")  # pytest's output is no terminal
    assert capsys.readouterr().out == ""
    evaluation.iwae(vae, images, verbose=1)
    assert "1/1" in capsys.readouterr().out


def test_mean_and_error_are_scipys():
    values = np.random.default_rng(0).normal(size=50)
    mean, error = evaluation.mean_and_error(values)
    assert mean == pytest.approx(np.mean(values), rel=1e-12)
    assert error == pytest.approx(stats.sem(values), rel=1e-12)
    mean, error = evaluation.mean_and_error([3.0])
    assert mean == 3.0 and np.isnan(error)


@pytest.mark.parametrize("axis", [0, 1])
def test_log_sum_exp_is_scipys_without_overflow_or_warning(axis):
    values = np.random.default_rng(1).normal(scale=300.0, size=(6, 5))
    values[2], values[:, 3] = -np.inf, -np.inf  # also sums without any term
    expected = special.logsumexp(values, axis=axis)
    np.testing.assert_allclose(log_sum_exp(values, axis), expected, rtol=1e-12)
    shifted = log_sum_exp(values + 1e5, axis)
    np.testing.assert_allclose(shifted, expected + 1e5, rtol=1e-12)
    values[0, 0] = np.nan
    assert np.isnan(log_sum_exp(values, axis)[0])
