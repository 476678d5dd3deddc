"""Probabilistic PCA against SciPy and scikit-learn, and the linear VAE that equals it.

Here every bound is exact, so these are the sharpest tests of the whole chain: encoder,
sampling, decoder, likelihood, KL, weights.
"""

import keras
import numpy as np
import pytest
from scipy import stats
from sklearn.decomposition import PCA

from vae_lib import data, evaluation

SHAPE = (4, 4, 1)
N_PIXELS = 16
# Keras multiplies float64 matrices in float32 on PyTorch (its rule for result types).
ON_TORCH = keras.backend.backend() == "torch"
ROUNDING = 1e-4 if ON_TORCH else 1e-9


def correlated_images(n=300, seed=0):
    """Grey images with a spectrum that falls, float64 in [0, 1], ``(n, 4, 4, 1)``."""
    rng = np.random.default_rng(seed)
    scales = 0.5 * 0.7 ** np.arange(N_PIXELS)
    mixing = np.linalg.qr(rng.normal(size=(N_PIXELS, N_PIXELS)))[0] * scales
    x = 0.5 + rng.normal(size=(n, N_PIXELS)) @ mixing.T
    return np.clip(x, 0.0, 1.0).reshape(n, *SHAPE)


@pytest.fixture(scope="module")
def x():
    return correlated_images()


def covariance(model):
    return model.components @ model.components.T + model.variance * np.eye(N_PIXELS)


def mean_log_density(x, mean, components, variance):
    scatter = components @ components.T + variance * np.eye(N_PIXELS)
    return stats.multivariate_normal(mean, scatter).logpdf(x.reshape(len(x), -1)).mean()


@pytest.mark.parametrize("latent_dim", [1, 2, 7, 15])
def test_log_prob_is_scipys_multivariate_normal(x, latent_dim):
    model = evaluation.fit_ppca(x, latent_dim)
    exact = stats.multivariate_normal(model.mean, covariance(model))
    expected = exact.logpdf(x.reshape(len(x), -1))
    np.testing.assert_allclose(model.log_prob(x), expected, rtol=1e-9)


@pytest.mark.parametrize("latent_dim", [2, 7])
def test_fit_is_scikit_learns_with_a_covariance_over_n(x, latent_dim):
    flat, n = x.reshape(len(x), -1), len(x)
    model = evaluation.fit_ppca(x, latent_dim)
    reference = PCA(latent_dim, svd_solver="full").fit(flat)
    to_n = (n - 1) / n
    kept = reference.explained_variance_ * to_n
    np.testing.assert_allclose(model.eigenvalues[:latent_dim], kept, rtol=1e-9)
    assert model.variance == pytest.approx(reference.noise_variance_ * to_n, rel=1e-9)
    # Undo the convention, and the densities agree too.
    wider = model._replace(
        components=model.components / np.sqrt(to_n), variance=model.variance / to_n
    )
    expected = reference.score_samples(flat)
    np.testing.assert_allclose(wider.log_prob(x), expected, rtol=1e-9)


def test_blocks_of_images_change_nothing(x):
    many = np.concatenate([x] * 20)  # 6,000 images: two blocks of 5,000 at most
    few, model = evaluation.fit_ppca(x, 3), evaluation.fit_ppca(many, 3)
    np.testing.assert_allclose(model.eigenvalues, few.eigenvalues, rtol=1e-9)
    np.testing.assert_allclose(model.log_prob(many)[-300:], few.log_prob(x), rtol=1e-9)


@pytest.mark.parametrize("latent_dim", [2, 7])
def test_fit_is_the_maximum_of_the_likelihood(x, latent_dim):
    model = evaluation.fit_ppca(x, latent_dim)
    kept = model.eigenvalues[:latent_dim]
    # Identity 9 of the linear VAE: the value at the optimum, in closed form.
    closed_form = -0.5 * N_PIXELS * (np.log(2 * np.pi * model.variance) + 1)
    closed_form -= 0.5 * np.sum(np.log(kept / model.variance))
    best = model.log_prob(x).mean()
    assert best == pytest.approx(closed_form, rel=1e-9)
    rng = np.random.default_rng(0)
    for _ in range(20):
        other = mean_log_density(
            x,
            model.mean + 0.01 * rng.normal(size=N_PIXELS),
            model.components + 0.01 * rng.normal(size=model.components.shape),
            model.variance * np.exp(0.1 * rng.normal()),
        )
        assert other < best


def test_posterior_is_the_conditional_of_the_joint_gaussian(x):
    model = evaluation.fit_ppca(x, 3)
    # cov(z, x) = W' and cov(x) = C: condition z on x with a general solver.
    gain = np.linalg.solve(covariance(model), model.components).T
    expected = (x.reshape(len(x), -1) - model.mean) @ gain.T
    np.testing.assert_allclose(model.posterior_mean(x), expected, atol=1e-9)
    spread = np.eye(3) - gain @ model.components
    np.testing.assert_allclose(np.diag(model.latent_variances), spread, atol=1e-9)


@pytest.mark.parametrize("alive", [0, 1, 4, 6])
def test_a_fixed_variance_kills_the_latents_below_it(x, alive):
    spectrum = evaluation.fit_ppca(x, 6).eigenvalues
    variance = np.sqrt(spectrum[alive] * spectrum[max(alive - 1, 0)])
    if alive == 0:
        variance = 1.1 * spectrum[0]
    model = evaluation.fit_ppca(x, 6, variance=variance)
    norms = np.linalg.norm(model.components, axis=0)
    assert np.count_nonzero(norms) == alive
    np.testing.assert_array_equal(model.latent_variances[alive:], 1.0)
    best = mean_log_density(x, model.mean, model.components, variance)
    rng = np.random.default_rng(0)
    for _ in range(20):
        other = model.components + 0.02 * rng.normal(size=model.components.shape)
        assert mean_log_density(x, model.mean, other, variance) < best


def test_unit_variance_keeps_twelve_of_twenty_latents_on_mnist():
    x_train = data.load_sample().x_train
    model = evaluation.fit_ppca(x_train, 20, variance=1.0)
    assert np.count_nonzero(np.linalg.norm(model.components, axis=0)) == 12
    model = evaluation.fit_ppca(x_train, 20, variance=392.0)  # Keras's mean-MSE + KL
    assert not model.components.any()


# --- the linear VAE --------------------------------------------------------------


@pytest.mark.parametrize("latent_dim", [1, 2, 7])
def test_linear_vae_has_constant_weights_equal_to_log_p(float64, x, latent_dim):
    model = evaluation.fit_ppca(x, latent_dim)
    vae = evaluation.linear_vae(model, SHAPE)
    log_w = evaluation.log_weights(vae, x[:50], n_samples=20)
    exact = np.tile(model.log_prob(x[:50]), (20, 1))
    np.testing.assert_allclose(log_w, exact, atol=ROUNDING)
    bound = evaluation.iwae(vae, x[:50], n_samples=20)
    np.testing.assert_allclose(bound, exact[0], atol=ROUNDING)


@pytest.mark.parametrize("latent_dim", [2, 10, 20])
def test_linear_vae_has_constant_weights_on_digits(float64, latent_dim):
    sample = data.load_sample()
    model = evaluation.fit_ppca(sample.x_train, latent_dim)
    vae = evaluation.linear_vae(model)
    log_w = evaluation.log_weights(vae, sample.x_test[:10], n_samples=5)
    exact = np.tile(model.log_prob(sample.x_test[:10]), (5, 1))
    np.testing.assert_allclose(log_w, exact, atol=1e-4)


def test_a_collapsed_linear_vae_is_exact_too(float64, x):
    variance = float(evaluation.fit_ppca(x, 4).eigenvalues[1:3].mean())
    model = evaluation.fit_ppca(x, 4, variance=variance)
    vae = evaluation.linear_vae(model, SHAPE)
    log_w = evaluation.log_weights(vae, x[:20], n_samples=3)
    exact = np.tile(model.log_prob(x[:20]), (3, 1))
    np.testing.assert_allclose(log_w, exact, atol=ROUNDING)
    z_mean, _ = evaluation.encode(vae, x)
    assert evaluation.active_units(z_mean, threshold=1e-6).count == 2


def exact_noise(n_images, latent_dim):
    """Noise that integrates every quadratic exactly: +-sqrt(d) along each axis."""
    axes = np.sqrt(latent_dim) * np.eye(latent_dim)
    points = np.concatenate([axes, -axes])  # (2d, d), mean 0, covariance I
    return np.repeat(points[:, None], n_images, axis=1)


def test_the_gap_of_the_elbo_is_the_divergence_from_the_posterior(float64, x):
    """log p(x) - ELBO = KL(q || p(z|x)), for an encoder that is wrong on purpose."""
    model = evaluation.fit_ppca(x, 3)
    vae = evaluation.linear_vae(model, SHAPE)
    heads = {name: vae.encoder.get_layer(name) for name in ("z_mean", "z_log_var")}
    kernel, bias = heads["z_mean"].get_weights()
    heads["z_mean"].set_weights([1.1 * kernel, bias + 0.3])
    heads["z_log_var"].set_weights([np.log([0.5, 0.02, 1.5])])
    terms = vae.elbo_terms(x[:40], noise=exact_noise(40, 3))
    gap = model.log_prob(x[:40]) - keras.ops.convert_to_numpy(terms.elbo)
    z_mean, z_log_var = evaluation.encode(vae, x[:40])
    # The divergence of two Gaussians with full covariances, in its general form.
    precision = np.linalg.inv(np.diag(model.latent_variances))
    shift = z_mean - model.posterior_mean(x[:40])
    for i in range(40):
        q_cov = np.diag(np.exp(z_log_var[i]))
        log_dets = np.linalg.slogdet(precision @ q_cov)[1]
        kl = np.trace(precision @ q_cov) - 3 + shift[i] @ precision @ shift[i]
        assert gap[i] == pytest.approx(0.5 * (kl - log_dets), abs=10 * ROUNDING)
    assert gap.min() > 0.1  # the encoder really is wrong


def test_rate_of_the_optimum_has_a_closed_form(float64, x):
    model = evaluation.fit_ppca(x, 3)
    scores = evaluation.evaluate(evaluation.linear_vae(model, SHAPE), x)
    expected = 0.5 * np.sum(np.log(model.eigenvalues[:3] / model.variance))
    assert scores.rate == pytest.approx(expected, abs=ROUNDING)


# --- bad input -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"latent_dim": 0}, "latent_dim must be a whole number of at least 1, got 0"),
        ({"latent_dim": 16}, "latent_dim must be below the 16 pixels"),
        ({"latent_dim": 2, "variance": -1.0}, "variance must be positive and finite"),
    ],
)
def test_fit_says_what_is_wrong(x, settings, message):
    with pytest.raises(ValueError, match=message):
        evaluation.fit_ppca(x, **settings)


def test_fit_says_what_is_wrong_with_the_images(x):
    with pytest.raises(ValueError, match="x must hold at least 2 images, got 1"):
        evaluation.fit_ppca(x[:1], 2)
    with pytest.raises(ValueError, match="x holds NaN or infinity"):
        evaluation.fit_ppca(np.where(x > 0.9, np.nan, x), 2)
    for degenerate in (np.full((10, *SHAPE), 0.1), x[:3]):  # ranks 0 and 2
        with pytest.raises(ValueError, match="no variance outside 2 dimensions"):
            evaluation.fit_ppca(degenerate, 2)


def test_linear_vae_wants_the_shape_of_the_fit(x):
    model = evaluation.fit_ppca(x, 2)
    with pytest.raises(ValueError, match=r"784 pixels, but .* images of 16"):
        evaluation.linear_vae(model)
