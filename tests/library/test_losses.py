"""Verdicts on losses, by integrals; gradients are in test_loss_gradients.py."""

import math

import numpy as np
import pytest
from keras import ops
from scipy import integrate, stats

from vae_lib import losses
from vae_lib.distributions import gaussian_kl
from vae_lib.losses import WrittenLoss, implied_model


def test_below_one_a_weighted_cross_entropy_passes_the_log_likelihood():
    # A coin and a code of one number, q the exact posterior: minus the loss, divided
    # by its error factor, is log p(x) + (1 - beta) times the rate, which is above it.
    def slope(z):
        return 1 / (1 + np.exp(-4 * z))

    log_px = math.log(0.5)  # by symmetry
    z = np.linspace(-8, 8, 20001)
    posterior = 2 * slope(z) * stats.norm.pdf(z)
    inner = posterior > 1e-30
    ratio = np.log(posterior[inner] / stats.norm.pdf(z[inner]))
    rate = integrate.trapezoid(posterior[inner] * ratio, z[inner])
    distortion = -integrate.trapezoid(posterior * np.log(slope(z)), z)
    assert math.isclose(-(distortion + rate), log_px, rel_tol=1e-6)
    for beta in (0.392, 0.5, 1.0, 2.048):
        written = WrittenLoss("cross-entropy", kl_weight=beta, pixels="binary")
        model = implied_model(written)
        passes = -(distortion + beta * rate) > log_px + 1e-6
        assert passes == (model.verdict == "not a bound")
        assert (model.bound_on == "images") != passes


def test_the_wrong_sampler_is_charged_less_than_the_rate_of_what_it_draws():
    log_var = np.linspace(-6, 3, 91).reshape(-1, 1)
    means = np.zeros_like(log_var)
    charged = ops.convert_to_numpy(gaussian_kl(means, log_var))
    # It draws with the standard deviation exp(log_var): the log-variance is twice that.
    true = ops.convert_to_numpy(gaussian_kl(means, 2 * log_var))
    s = log_var[:, 0]
    missing = 0.5 * (np.exp(2 * s) - np.exp(s) - s)
    np.testing.assert_allclose(true - charged, missing, atol=1e-4)
    assert np.all(missing >= 0) and missing[60] == 0.0  # at log_var = 0
    model = implied_model(WrittenLoss("squared", sampler="exp(log_var)"))
    assert (
        model.verdict == "not a bound" and "log standard deviation" in model.reasons[0]
    )


def integral(error, mean, low, high):
    return integrate.quad(lambda x: np.exp(-error(x, mean)), low, high)[0]


@pytest.mark.parametrize("weight", [0.3, 2.0])
def test_a_variance_and_a_scale_have_normalisers_without_the_picture(weight):
    # Which is what lets them absorb the ratio k / c.
    def squared(x, m):
        return weight * (x - m) ** 2

    def absolute(x, m):
        return weight * abs(x - m)

    variance = implied_model(WrittenLoss("squared", error_weight=weight)).variance
    scale = implied_model(WrittenLoss("absolute", error_weight=weight)).scale
    for mean in (0.2, 0.7):
        total = integral(squared, mean, -50, 50)
        assert math.isclose(total, math.sqrt(2 * math.pi * variance), rel_tol=1e-6)
        half = integral(absolute, mean, mean, mean + 200)  # split at the kink
        assert math.isclose(2 * half, 2 * scale, rel_tol=1e-6)


def test_the_normaliser_of_a_cross_entropy_depends_on_the_picture():
    def entropy(x, m):
        return -x * np.log(m) - (1 - x) * np.log(1 - m)

    def over_two_values(power):
        return [sum(np.exp(-power * entropy(x, m)) for x in (0, 1)) for m in (0.2, 0.7)]

    np.testing.assert_allclose(over_two_values(1), 1.0)  # k = c, and pixels of 0 or 1
    assert abs(np.subtract(*over_two_values(2))) > 0.01
    grey = [integral(entropy, m, 0, 1) for m in (0.2, 0.5)]
    assert abs(grey[0] - grey[1]) > 0.01


def test_verdicts_of_what_is_no_bound():
    for changed, reason in (
        ({"sampler": "none"}, "not sampled"),
        ({"kl_weight": 0.0}, "no weight"),
        ({"extra_terms": ("perceptual",)}, "perceptual term"),
        ({"variance": "shared", "kl_weight": 0.5}, "below 1"),
    ):
        model = implied_model(WrittenLoss("squared", **changed))
        assert model.verdict == "not a bound" and model.bound_on is None
        assert reason in model.reasons[0]
    autoencoder = implied_model(WrittenLoss("squared", kl_weight=0.0))
    assert autoencoder.likelihood is autoencoder.variance is autoencoder.sigma is None


def test_remarks_do_not_change_a_verdict():
    looser = implied_model(WrittenLoss("cross-entropy", kl_weight=4.0))
    assert looser.verdict == "Bernoulli" and "looser" in looser.reasons[0]
    assert looser.bound_on == "images binarised at random"
    pixels = implied_model(WrittenLoss("squared", variance="per pixel"))
    assert pixels.verdict == "learned variance" and "floor" in pixels.reasons[0]


def test_a_mean_over_784_pixels_in_both_places_is_no_weight():
    # 784 times 1/784 is not 1 in floating point; a verdict must not hang on it.
    for n in range(2, 400):
        shape = {"image_shape": (n,), "latent_dim": n}
        both = WrittenLoss(
            "cross-entropy", over_pixels="mean", over_latents="mean", **shape
        )
        assert implied_model(both).verdict == "Bernoulli", n


def test_beta_at_another_variance_keeps_the_product():
    model = implied_model(WrittenLoss("squared", kl_weight=3.0))
    for variance in (0.01, 1.0):
        assert math.isclose(model.beta_at(variance) * variance, model.variance)
    with pytest.raises(ValueError, match="variance must be positive"):
        model.beta_at(0.0)
    with pytest.raises(ValueError, match="'Laplace'"):
        implied_model(WrittenLoss("absolute")).beta_at(1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"error": "mse"}, "error must be one of 'squared'"),
        ({"over_pixels": "average"}, "over_pixels must be one of 'sum', 'mean'"),
        ({"over_pixels": "mean"}, "give image_shape"),
        ({"over_latents": "mean"}, "give latent_dim"),
        ({"error_weight": 0.0}, "error_weight must be positive"),
        ({"kl_weight": -1.0}, "kl_weight must be at least 0"),
        ({"kl_weight": math.nan}, "kl_weight must be at least 0"),
        ({"sampler": "exp(log_std)"}, "sampler must be one of"),
        ({"image_shape": (28, 0)}, "every size of image_shape"),
        ({"latent_dim": 2.5}, "latent_dim must be a whole number"),
        ({"extra_terms": "GAN"}, "must be a tuple"),
        ({"error": "absolute", "variance": "shared"}, "belongs to a squared error"),
    ],
)
def test_what_cannot_be_read_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        WrittenLoss(**{"error": "squared", **arguments})


def test_a_number_is_no_loss():
    with pytest.raises(TypeError, match="WrittenLoss"):
        losses.implied_model(0.5)
