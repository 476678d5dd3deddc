"""Equalities that hold in expectation: they see more than an order of two bounds."""

import importlib

import numpy as np
import pytest
from keras import ops

from vae_lib import evaluation, likelihoods, models, networks

SHAPE = (2, 2, 1)
MODULE = importlib.import_module("vae_lib.evaluation.ais")  # the name is the function's


@pytest.fixture(scope="module")
def ppca():
    rng = np.random.default_rng(0)
    directions = np.linalg.qr(rng.normal(size=(4, 2)))[0]
    components = directions * np.array([0.6, 0.4])
    return evaluation.PPCA(np.full(4, 0.5), components, 0.1, np.zeros(4))


@pytest.fixture(scope="module")
def two_sided(ppca):
    """Few temperatures, a start that is far from the posterior, many images."""
    vae = evaluation.linear_vae(ppca, SHAPE)
    return evaluation.bidirectional_ais(
        vae,
        n_images=3000,
        n_temperatures=4,
        n_chains=2,
        start="prior",
        n_leapfrog=2,
        verbose=0,
    )


def assert_mean_is_one(log_ratios):
    ratios = np.exp(log_ratios)
    error = ratios.std(ddof=1) / np.sqrt(len(ratios))
    assert error < 0.1
    assert abs(ratios.mean() - 1.0) < 4 * error


def test_both_directions_are_unbiased(ppca, two_sided):
    truth = ppca.log_prob(two_sided.x)
    assert_mean_is_one(two_sided.forward - truth)
    assert_mean_is_one(truth - two_sided.reverse)
    # The bounds are not tight, so that a start from elsewhere would be seen.
    assert np.mean(two_sided.reverse - two_sided.forward) > 0.3


def test_simulated_images_have_the_models_covariance(ppca, two_sided):
    covariance = ppca.components @ ppca.components.T + ppca.variance * np.eye(4)
    centred = two_sided.x.reshape(-1, 4) - ppca.mean
    squared = np.sum(centred * np.linalg.solve(covariance, centred.T).T, axis=1)
    error = squared.std(ddof=1) / np.sqrt(len(squared))
    assert abs(squared.mean() - 4.0) < 4 * error


def test_the_counted_run_keeps_its_step_sizes(ppca, monkeypatch):
    tuned = []

    class Watched(MODULE.AnnealedChains):
        def tune(self, *args):
            super().tune(*args)
            tuned.append((self, self.step_sizes.copy()))

    for module in (MODULE, evaluation.bdmc):
        monkeypatch.setattr(module, "AnnealedChains", Watched)
    vae = evaluation.linear_vae(ppca, SHAPE)
    x = np.full((3, *SHAPE), 0.4, "float32")
    evaluation.ais(vae, x, n_temperatures=5, n_chains=2, verbose=0)
    evaluation.bidirectional_ais(
        vae, n_images=3, n_temperatures=5, n_chains=2, verbose=0
    )
    assert len(tuned) == 2
    for chains, step_sizes in tuned:
        np.testing.assert_array_equal(chains.step_sizes, step_sizes)
        assert np.any(step_sizes != MODULE.FIRST_STEP)  # the pilot did change them


def test_noise_of_pixels_is_not_that_of_codes():
    """x = z + noise, so its covariance is 2 I, and 4 I if both were the same."""
    encoder = networks.linear_encoder(2, (1, 2, 1))
    decoder = networks.linear_decoder(2, (1, 2, 1))
    decoder.get_layer("pixels").set_weights([np.eye(2), np.zeros(2)])
    gaussian = likelihoods.Gaussian(1.0, link="identity")
    vae = models.VAE(encoder, decoder, gaussian)
    for seed in (0, None):
        x = ops.convert_to_numpy(vae.sample(20_000, noise=True, seed=seed))
        covariance = np.cov(x.reshape(-1, 2).T)
        np.testing.assert_allclose(covariance, 2 * np.eye(2), atol=0.12)  # 4 errors


def test_one_halving_is_enough_where_the_grid_is_fine(float64, ppca):
    """A cell's area is h squared: with h the two grids would never agree."""
    vae = evaluation.linear_vae(ppca, SHAPE)
    x = np.full((2, *SHAPE), 0.4)
    result = evaluation.quadrature(vae, x, max_halvings=1, verbose=0)
    np.testing.assert_allclose(result.log_px, ppca.log_prob(x), atol=1e-3)


def test_the_split_that_was_seen_is_counted_with_the_random_ones():
    a, b = np.arange(20.0), 1000.0 + np.arange(20.0)
    for test in (evaluation.permutation_test, evaluation.brunner_munzel_test):
        result = test(a, b, max_splits=999)
        assert result.p_value == pytest.approx(1 / 1000)


@pytest.mark.parametrize("logit", [0.09, -0.05, 0.3])
def test_samples_near_grey_have_the_exact_mean(logit):
    """Uniform samples would miss 1/2 + a/12 - ...: by 13 standard errors and more."""
    n = 400_000
    likelihood = likelihoods.ContinuousBernoulli()
    x = likelihood.sample(np.full((n, 1, 1, 1), logit, "float32"), seed=1)
    x = ops.convert_to_numpy(x).astype("float64")
    exact = float(1 / (1 - np.exp(-logit)) - 1 / logit)
    assert abs(x.mean() - exact) < 4 * x.std() / np.sqrt(n)
    assert abs(exact - 0.5) > 8 * x.std() / np.sqrt(n)


def test_metrics_are_means_over_the_weights(make_vae, images):
    vae = make_vae()
    weights = np.linspace(0.0, 3.0, 16).astype("float32")
    vae.sampling.draw = lambda shape, dtype: ops.ones(shape, dtype)
    terms = vae.elbo_terms(images)
    vae.compute_loss(images, sample_weight=ops.convert_to_tensor(weights))
    found = {m.name: float(m.result()) for m in vae.metrics if m.name != "loss"}
    for name in ("elbo", "rate", "distortion"):
        values = ops.convert_to_numpy(getattr(terms, name))
        expected = np.average(values, weights=weights)
        assert found[name] == pytest.approx(expected, rel=1e-5)
    assert found["elbo"] == pytest.approx(-(found["rate"] + found["distortion"]))


@pytest.mark.parametrize("log_var", [-40.0, -50.0, -800.0])
def test_narrow_posteriors_in_the_aggregate(log_var):
    """Codes far apart: all the information, log N, is in them."""
    means = np.random.default_rng(0).standard_normal((200, 2))
    found = evaluation.aggregate_kl(means, np.full((200, 2), log_var))
    upper = found.rate - np.log(200)
    # Of one code each: the mean of (noise squared - 1) / 2 in two dimensions.
    assert found.upper == pytest.approx(upper, abs=4 / np.sqrt(200))
    assert np.isfinite(found.lower) and found.lower <= found.upper


def test_both_ways_to_the_density_of_codes_agree(monkeypatch):
    means, log_vars = np.random.default_rng(0).normal(size=(2, 50, 3))
    fast = evaluation.aggregate_kl(means, log_vars)
    monkeypatch.setattr(evaluation.aggregate, "FAST_RATIO", 0.0)
    np.testing.assert_allclose(evaluation.aggregate_kl(means, log_vars), fast)


@pytest.mark.parametrize("log_var", [800.0, -1e5])
def test_variances_that_no_float_holds_are_named(log_var):
    with pytest.raises(ValueError, match=r"z_log_var runs from .* the encoder has div"):
        evaluation.aggregate_kl(np.zeros((3, 2)), np.full((3, 2), log_var))


@pytest.mark.parametrize("log_var", [-20.0, -40.0, -80.0])
def test_iwae_of_a_narrow_posterior_is_not_below_the_elbo(make_vae, images, log_var):
    vae = make_vae(latent_dim=4)
    head = vae.encoder.get_layer("z_log_var")
    kernel, bias = head.get_weights()
    head.set_weights([0 * kernel, 0 * bias + log_var])
    log_w = evaluation.log_weights(vae, images, n_samples=400, verbose=0)
    elbo = evaluation.elbo(vae, images, n_samples=400, verbose=0)
    # The mean log weight is the ELBO, whose rate is exact: half the noise's square.
    error = np.sqrt(4 * 0.5 / 400 / len(images))
    assert abs(np.mean(log_w.mean(axis=0) - elbo)) < 5 * error + 0.05
    assert np.all(evaluation.iwae(vae, images, n_samples=400, verbose=0) > elbo)
