"""What a written loss implies, held against automatic differentiation.

Each loss is spelled out here a second time, in the operations of its own code, and its
gradients are compared with those of the model that :func:`implied_model` names.
"""

import math

import keras
import numpy as np
import pytest
from keras import ops

from vae_lib import gradients, likelihoods, models
from vae_lib.distributions import gaussian_kl
from vae_lib.losses import WrittenLoss, implied_model

D, LATENTS = 36, 2  # of the fixture's images and codes
SMALL = {"image_shape": (6, 6, 1), "latent_dim": LATENTS}


class Forward:
    """One pass through a small network, with fixed noise, for losses by hand."""

    def __init__(self, vae, images):
        self.vae = vae
        self.x = ops.convert_to_tensor(images)
        noise = np.random.default_rng(2).normal(size=(1, len(images), LATENTS))
        self.noise = noise.astype("float32")

    def run(self):
        """``x``, the decoder's mean and logits, and the encoder's two outputs."""
        z_mean, z_log_var = self.vae.encoder(self.x)
        z = z_mean + ops.exp(0.5 * z_log_var) * ops.convert_to_tensor(self.noise[0])
        logits = self.vae.decoder(z)
        return self.x, ops.sigmoid(logits), logits, z_mean, z_log_var

    def slopes(self, loss):
        weights = self.vae.encoder.weights + self.vae.decoder.weights
        _, found = gradients.weight_gradients(lambda: ops.mean(loss()), weights)
        return [ops.convert_to_numpy(slope) for slope in found]


@pytest.fixture
def forward(make_vae, images):
    def make(likelihood):
        return Forward(make_vae(likelihood, seed=1), images)

    return make


def bracket(z_mean, z_log_var):
    """The familiar ``1 + log_var - mean**2 - exp(log_var)``, per latent dimension."""
    return 1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var)


def kl_sum(z_mean, z_log_var):
    return ops.mean(-0.5 * ops.sum(bracket(z_mean, z_log_var), axis=1))


def kl_mean(z_mean, z_log_var):
    return -0.5 * ops.mean(bracket(z_mean, z_log_var))


def bce(x, x_mean):
    """Keras's own averages over the last axis: with one channel, over nothing."""
    return keras.losses.binary_crossentropy(x, x_mean)  # (B, 6, 6)


def assert_proportional(theirs, ours, factor):
    for a, b in zip(theirs, ours, strict=True):
        scale = np.abs(a).max()
        assert scale > 0
        np.testing.assert_allclose(a, factor * b, rtol=2e-3, atol=2e-4 * scale)


def squared_sum(x, x_mean):
    return ops.mean(ops.sum(ops.square(x - x_mean), axis=(1, 2, 3)))


def squared_mean(x, x_mean):
    return keras.losses.MeanSquaredError()(x, x_mean)


SQUARED = {
    "Keras guide: mse and KL averaged": (
        lambda x, m, lo, *q: squared_mean(x, m) + kl_mean(*q),
        WrittenLoss("squared", over_pixels="mean", over_latents="mean", **SMALL),
    ),
    "handson-ml3: mse averaged, KL summed and divided by the pixels": (
        lambda x, m, lo, *q: squared_mean(x, m) + kl_sum(*q) / D,
        WrittenLoss("squared", over_pixels="mean", kl_weight=1 / D, **SMALL),
    ),
    "deepul, older pythae: both summed": (
        lambda x, m, lo, *q: squared_sum(x, m) + kl_sum(*q),
        WrittenLoss("squared"),
    ),
    "pythae: half the sum": (
        lambda x, m, lo, *q: 0.5 * squared_sum(x, m) + kl_sum(*q),
        WrittenLoss("squared", error_weight=0.5),
    ),
    "PyTorch-VAE: mse averaged, weighted KL": (
        lambda x, m, lo, *q: squared_mean(x, m) + 0.025 * kl_sum(*q),
        WrittenLoss("squared", over_pixels="mean", kl_weight=0.025, **SMALL),
    ),
    "PyTorch-VAE, validation: mse averaged, KL summed": (
        lambda x, m, lo, *q: squared_mean(x, m) + kl_sum(*q),
        WrittenLoss("squared", over_pixels="mean", **SMALL),
    ),
    "disentangling-vae: a sum on the scale 0..255, divided by 255": (
        lambda x, m, lo, *q: squared_sum(255 * x, 255 * m) / 255 + kl_sum(*q),
        WrittenLoss("squared", error_weight=255.0),
    ),
    "sigma-VAE's mse_vae: averaged over images too, KL summed over them": (
        lambda x, m, lo, *q: squared_mean(x, m) + 16 * kl_sum(*q),
        WrittenLoss("squared", over_pixels="mean", error_weight=1 / 16, **SMALL),
    ),
}


@pytest.mark.parametrize("name", SQUARED)
def test_a_squared_error_is_the_elbo_at_the_implied_variance(forward, name):
    spelled, written = SQUARED[name]
    model = implied_model(written)
    assert model.verdict == model.likelihood == "Gaussian" and model.beta == 1.0
    network = forward(likelihoods.Gaussian(model.variance))
    theirs = network.slopes(lambda: spelled(*network.run()))
    vae, noise = network.vae, network.noise
    ours = network.slopes(lambda: -vae.elbo_terms(network.x, noise=noise).elbo)
    # mse_vae sums the rate over the batch of 16: its loss is 16 times the one per image
    batch = 16 if "mse_vae" in name else 1
    assert_proportional(theirs, ours, batch * written.kl_factor)


CROSS_ENTROPY = {
    "keras.io, pytorch/examples: both summed": (
        lambda x, m, lo, *q: ops.mean(ops.sum(bce(x, m), axis=(1, 2))) + kl_sum(*q),
        WrittenLoss("cross-entropy"),
        1.0,
    ),
    "DLwP 3rd: cross-entropy summed, KL averaged": (
        lambda x, m, lo, *q: ops.mean(ops.sum(bce(x, m), axis=(1, 2))) + kl_mean(*q),
        WrittenLoss("cross-entropy", over_latents="mean", **SMALL),
        1 / LATENTS,
    ),
    "DLwP 1st, but for its sampler: both averaged, 5e-4": (
        lambda x, m, lo, *q: (
            ops.mean(bce(x, m)) - 5e-4 * ops.mean(bracket(*q))  # its own two lines
        ),
        WrittenLoss(
            "cross-entropy",
            over_pixels="mean",
            over_latents="mean",
            kl_weight=1e-3,
            **SMALL,
        ),
        1e-3 * D / LATENTS,
    ),
    "GDL 2nd: the error is multiplied": (
        lambda x, m, lo, *q: (
            ops.mean(20.0 * keras.losses.binary_crossentropy(x, m, axis=(1, 2, 3)))
            + kl_sum(*q)
        ),
        WrittenLoss("cross-entropy", over_pixels="mean", error_weight=20.0, **SMALL),
        D / 20,
    ),
    "fast.ai: both averaged, from logits": (
        lambda x, m, lo, *q: (
            keras.losses.BinaryCrossentropy(from_logits=True)(x, lo) + kl_mean(*q)
        ),
        WrittenLoss("cross-entropy", over_pixels="mean", over_latents="mean", **SMALL),
        D / LATENTS,
    ),
}


@pytest.mark.parametrize("name", CROSS_ENTROPY)
def test_a_cross_entropy_is_the_bernoulli_elbo_with_the_implied_beta(forward, name):
    spelled, written, beta = CROSS_ENTROPY[name]
    model = implied_model(written)
    assert model.likelihood == "Bernoulli" and model.variance is None
    assert math.isclose(model.beta, beta)
    network = forward(likelihoods.Bernoulli())
    theirs = network.slopes(lambda: spelled(*network.run()))

    def ours():
        terms = network.vae.elbo_terms(network.x, noise=network.noise)
        return terms.distortion + model.beta * terms.rate

    assert_proportional(theirs, network.slopes(ours), written.error_factor)


@pytest.mark.parametrize("weight", [3.0, 0.2])
def test_an_absolute_error_is_the_elbo_of_a_laplace(forward, weight):
    # disentangling-vae multiplies by 3.
    written = WrittenLoss("absolute", error_weight=weight, kl_weight=0.5)
    model = implied_model(written)
    assert model.verdict == "Laplace" and model.bound_on == "images"
    network = forward(likelihoods.Gaussian())

    def spelled():
        x, x_mean, _, *q = network.run()
        error = ops.sum(ops.abs(x - x_mean), axis=(1, 2, 3))
        return weight * ops.mean(error) + 0.5 * kl_sum(*q)

    def minus_elbo():
        x, x_mean, _, *q = network.run()
        # log of exp(-|x - m| / b) / (2 b), pixel by pixel
        log_p = -ops.abs(x - x_mean) / model.scale - math.log(2 * model.scale)
        return gaussian_kl(*q) - ops.sum(log_p, axis=(1, 2, 3))

    ours = network.slopes(minus_elbo)
    assert_proportional(network.slopes(spelled), ours, written.kl_factor)


@pytest.mark.parametrize("beta", [1.0, 36.0])
def test_a_learned_variance_goes_to_the_error_whatever_the_weight(forward, beta):
    reduction = "sum" if beta == 1.0 else "mean"
    written = WrittenLoss("squared", over_pixels=reduction, variance="shared", **SMALL)
    model = implied_model(written)
    assert model.verdict == "learned variance" and math.isclose(model.beta, beta)
    network = forward(likelihoods.Gaussian())
    x, x_mean, *_ = network.run()
    mse = float(squared_mean(x, x_mean))
    factor = 1.0 if reduction == "sum" else 1 / D

    def loss_at(log_variance):
        # As sigma-VAE's gaussian_nll, summed or averaged; log 2 pi is left out.
        x, x_mean, _, *q = network.run()
        nll = ops.square(x - x_mean) * ops.exp(-log_variance) + log_variance
        nll = 0.5 * ops.sum(nll, axis=(1, 2, 3))
        return factor * ops.mean(nll) + kl_sum(*q)

    _, (slope,) = gradients.value_and_grad(loss_at)(np.float32(math.log(mse)))
    assert abs(float(slope)) < 1e-4 * factor * D  # stationary at the squared error
    theirs = network.slopes(lambda: loss_at(math.log(mse)))
    # and there the networks see the Gaussian of variance beta * mse
    fixed = implied_model(
        WrittenLoss("squared", error_weight=factor / (2 * mse))  # the same c, no sigma
    )
    assert math.isclose(fixed.variance, beta * mse, rel_tol=1e-6)
    vae, noise = network.vae, network.noise
    seen = models.VAE(vae.encoder, vae.decoder, likelihoods.Gaussian(fixed.variance))
    ours = network.slopes(lambda: -seen.elbo_terms(network.x, noise=noise).elbo)
    assert_proportional(theirs, ours, 1.0)
