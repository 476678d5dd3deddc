"""Numerical integration over two latent dimensions, against three exact answers."""

import keras
import numpy as np
import pytest
from scipy import integrate, stats

from vae_lib import evaluation, likelihoods, models, networks

SHAPE = (6, 6, 1)
N_PIXELS = 36


def linear_model(std, scale=0.3, seed=0):
    """A pPCA model whose posterior's standard deviation is ``std`` in both latents."""
    rng = np.random.default_rng(seed)
    directions = np.linalg.qr(rng.normal(size=(N_PIXELS, 2)))[0]
    variance = scale**2 / (1.0 / std**2 - 1.0)  # std^2 = sigma^2 / (scale^2 + sigma^2)
    mean, nothing = np.full(N_PIXELS, 0.5), np.zeros(N_PIXELS)
    return evaluation.PPCA(mean, scale * directions, variance, nothing)


def images_at(model, z):
    """Images of the model with latents ``z``, ``(B, 6, 6, 1)``, with its noise."""
    noise = np.random.default_rng(1).normal(size=(len(z), N_PIXELS))
    x = model.mean + z @ model.components.T + np.sqrt(model.variance) * noise
    return x.reshape(-1, *SHAPE)


@pytest.mark.parametrize("std", [0.9, 0.2, 0.03, 0.004])
def test_it_is_exact_for_ppca(float64, std):
    model = linear_model(std)
    z = np.random.default_rng(2).normal(size=(8, 2)).clip(-2.0, 2.0)
    x = images_at(model, z).clip(0.0, 1.0)
    result = evaluation.quadrature(evaluation.linear_vae(model, SHAPE), x)
    np.testing.assert_allclose(result.log_px, model.log_prob(x), atol=1e-3)
    assert result.error.max() < 0.01
    assert result.step.max() <= std


def test_it_does_not_need_the_encoder(float64):
    """An encoder that is wrong everywhere costs time, not accuracy."""
    model = linear_model(0.03)
    x = images_at(model, np.array([[1.0, -1.0], [0.0, 0.5]]))
    vae = evaluation.linear_vae(model, SHAPE)
    kernel, bias = vae.encoder.get_layer("z_mean").get_weights()
    vae.encoder.get_layer("z_mean").set_weights([-kernel, bias + 2.0])
    result = evaluation.quadrature(vae, x)
    np.testing.assert_allclose(result.log_px, model.log_prob(x), atol=1e-3)


def test_the_grid_grows_to_codes_far_from_the_prior(float64):
    model = linear_model(0.2, scale=0.05)
    x = images_at(model, np.array([[0.0, 0.0], [9.0, -8.0]]))
    vae = evaluation.linear_vae(model, SHAPE)
    # The encoder sends both to the centre: only the grid can see where they are.
    kernel, bias = vae.encoder.get_layer("z_mean").get_weights()
    vae.encoder.get_layer("z_mean").set_weights([0.0 * kernel, 0.0 * bias])
    result = evaluation.quadrature(vae, x, step=0.3)
    assert result.limit > 9.0
    np.testing.assert_allclose(result.log_px, model.log_prob(x), atol=1e-3)


def test_the_grid_reaches_modes_that_no_encoder_points_at(float64):
    """Half the square would end at 3, and the image's mode lies at 5."""
    components = np.zeros((4, 2))
    components[0, 0] = components[1, 1] = 0.1
    model = evaluation.PPCA(np.full(4, 0.3), components, 1e-4, np.zeros(4))
    vae = evaluation.linear_vae(model, (2, 2, 1))
    head = vae.encoder.get_layer("z_mean")
    head.set_weights([np.zeros((4, 2)), np.zeros(2)])
    x = np.array([0.8, 0.3, 0.3, 0.3]).reshape(1, 2, 2, 1)
    result = evaluation.quadrature(vae, x, verbose=0)
    centre = np.full((1, 2, 2, 1), 0.3)  # nothing makes the grid of this one grow
    assert evaluation.quadrature(vae, centre, verbose=0).limit >= 6.0
    assert result.limit >= 6.0
    np.testing.assert_allclose(result.log_px, model.log_prob(x), atol=1e-3)


def folded_vae(stripe, std, **kwargs):
    """Decodes |z_1| into one image, so that every posterior has two equal modes.

    The encoder knows the right one only, as an encoder with one Gaussian must choose.
    """
    encoder, _ = networks.build("linear", 2, SHAPE)
    decoder = networks.mlp_decoder(2, SHAPE, hidden_units=2)
    decoder.get_layer("hidden").set_weights(
        [np.array([[1.0, -1.0], [0.0, 0.0]]), np.zeros(2)]
    )
    pixels = np.stack([stripe, stripe])  # relu(z) + relu(-z) = |z|
    decoder.get_layer("pixels").set_weights([pixels, np.zeros(N_PIXELS)])
    to_code = np.stack([stripe / (stripe @ stripe), np.zeros(N_PIXELS)], axis=1)
    encoder.get_layer("z_mean").set_weights([to_code, np.zeros(2)])
    encoder.get_layer("z_log_var").set_weights([np.log([std**2, 1.0])])
    return models.VAE(encoder, decoder, **kwargs)


def test_it_finds_the_mode_that_the_encoder_misses(float64):
    rng = np.random.default_rng(0)
    stripe, variance = 0.2 * rng.uniform(size=N_PIXELS), 1e-3
    std = np.sqrt(variance / (stripe @ stripe))
    likelihood = likelihoods.Gaussian(variance, link="identity")
    vae = folded_vae(stripe, std, likelihood=likelihood)
    z = np.array([1.0, 1.5, 2.2])
    noise = 0.01 * rng.normal(size=(3, N_PIXELS))
    x = np.clip(z[:, None] * stripe + noise, 0.0, 1.0)

    def density(z, image):
        pixels = stats.norm.logpdf(image, abs(z) * stripe, np.sqrt(variance))
        return np.exp(pixels.sum() + stats.norm.logpdf(z))

    exact = [
        np.log(integrate.quad(density, 0, 8, args=(image,), points=(1.0, 2.2))[0] * 2)
        for image in x
    ]
    images = x.reshape(-1, *SHAPE)
    result = evaluation.quadrature(vae, images)
    np.testing.assert_allclose(result.log_px, exact, atol=1e-3)
    # One mode of two: the importance-weighted bound stays log 2 below.
    bound = evaluation.iwae(vae, images, n_samples=500)
    np.testing.assert_allclose(result.log_px - bound, np.log(2.0), atol=0.1)


LIKELIHOODS = {
    "gaussian": lambda: likelihoods.Gaussian(0.05),
    "bernoulli": likelihoods.Bernoulli,
    "continuous_bernoulli": likelihoods.ContinuousBernoulli,
}


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_it_is_gauss_hermite_for_a_smooth_decoder(float64, images, name):
    """A product rule of 120 x 120 nodes converges fast where no ReLU has a kink."""
    encoder = networks.mlp_encoder(2, SHAPE, hidden_units=4)
    z = keras.Input((2,))
    hidden = keras.layers.Dense(8, activation="tanh")(z)
    decoder = keras.Model(
        z, keras.layers.Reshape(SHAPE)(keras.layers.Dense(N_PIXELS)(hidden))
    )
    vae = models.VAE(encoder, decoder, LIKELIHOODS[name]())
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    codes = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
    log_weights = np.log(np.outer(weights, weights).ravel() / (2.0 * np.pi))
    x, expected = images[:5].astype("float64"), []
    x_logits = vae.decoder(codes)
    for image in x:
        repeated = np.repeat(image[None], len(codes), axis=0)
        log_px_z = vae.likelihood.log_prob(repeated, x_logits)
        log_px_z = keras.ops.convert_to_numpy(log_px_z)
        expected.append(np.logaddexp.reduce(log_px_z + log_weights))
    result = evaluation.quadrature(vae, x)
    np.testing.assert_allclose(result.log_px, expected, atol=1e-4)


def test_bounds_are_below_it(make_vae, images):
    vae = make_vae(likelihoods.Gaussian(0.003))
    result = evaluation.quadrature(vae, images)
    elbo = evaluation.elbo(vae, images, n_samples=50)
    iwae = evaluation.iwae(vae, images, n_samples=50)
    for gap in (iwae - elbo, result.log_px - iwae):  # paired, 3 standard errors
        assert gap.mean() > -3 * stats.sem(gap)
    assert (result.log_px - elbo).mean() > 1.0


def test_many_images_are_as_few(make_vae, images):
    """More images than a byte has bits, and each as if it were alone."""
    vae = make_vae(likelihoods.Gaussian(0.003))
    together = evaluation.quadrature(vae, images)
    for i in (0, 7, 8, 15):
        alone = evaluation.quadrature(vae, images[i : i + 1])
        np.testing.assert_allclose(alone.log_px, together.log_px[i], atol=2e-3)
    assert together.log_px.shape == together.error.shape == together.step.shape


# --- bad input -------------------------------------------------------------------


@pytest.mark.parametrize("latent_dim", [1, 3, 10])
def test_it_refuses_other_latent_dimensions(make_vae, images, latent_dim):
    message = f"needs latent_dim 2, this model has {latent_dim}.*evaluation.iwae"
    with pytest.raises(ValueError, match=message):
        evaluation.quadrature(make_vae(latent_dim=latent_dim), images)


@pytest.mark.parametrize("name", ["tolerance", "step", "limit"])
def test_settings_must_be_positive(make_vae, images, name):
    for bad in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match=f"{name} must be positive and finite"):
            evaluation.quadrature(make_vae(), images, **{name: bad})


def test_other_bad_input_is_named(make_vae, images):
    vae = make_vae()
    with pytest.raises(ValueError, match="max_halvings must be a whole number"):
        evaluation.quadrature(vae, images, max_halvings=0)
    with pytest.raises(ValueError, match="x has shape"):
        evaluation.quadrature(vae, images[:, :3])


def test_a_model_that_has_diverged_is_refused(float64):
    model = linear_model(1e-3, scale=1e-3)  # an image 300 units of z away
    x = images_at(model, np.array([[300.0, 0.0]])).clip(0.0, 1.0)
    vae = evaluation.linear_vae(model, SHAPE)
    with pytest.raises(ValueError, match=r"beyond \|z\| = 100"):
        evaluation.quadrature(vae, x, step=2.0)


def test_an_unresolved_posterior_is_reported(float64):
    model = linear_model(1e-4)
    x = images_at(model, np.array([[0.3, 0.2]]))
    vae = evaluation.linear_vae(model, SHAPE)
    result = evaluation.quadrature(vae, x, max_halvings=2)
    assert result.error[0] > 0.01
    assert result.step[0] == pytest.approx(0.025)
