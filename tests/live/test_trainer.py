"""The page's trainer beside Keras: objective and gradients on the same numbers."""

import json
import subprocess

import keras
import numpy as np
import pytest

import chapter_bugs
from notebook_env import ROOT
from vae_lib import data, gradients, likelihoods, models, networks

LATENT_DIM = 2
# In the order of vae_lib's weights; the page joins the two heads.
ENCODER = ("encoderKernel", "encoderBias", "headsKernel", "headsBias")
DECODER = ("decoderKernel", "decoderBias", "pixelsKernel", "pixelsBias")
BUGS = {bug.name: bug for bug in chapter_bugs.read()}
ELSEWHERE = {"logits", "leak"}  # bugs of the pictures and of the data


def by_name(encoder, decoder, log_variance):
    """Arrays of encoder and decoder, as the page names and joins them."""
    kernel, bias, mean_kernel, mean_bias, log_var_kernel, log_var_bias = encoder
    heads = np.concatenate([mean_kernel, log_var_kernel], axis=1)
    heads_bias = np.concatenate([mean_bias, log_var_bias])
    named = dict(zip(ENCODER, (kernel, bias, heads, heads_bias), strict=True))
    named |= dict(zip(DECODER, decoder, strict=True))
    return named | {"logVariance": np.array([log_variance])}


def make_vae(hidden, variance):
    """A VAE whose weights are no start any more: biases differ from zero."""
    keras.utils.set_random_seed(hidden)
    vae = models.VAE(
        networks.mlp_encoder(LATENT_DIM, hidden_units=hidden),
        networks.mlp_decoder(LATENT_DIM, hidden_units=hidden),
        likelihoods.Gaussian(variance=variance),
    )
    rng = np.random.default_rng(hidden)
    for weights in vae.trainable_variables:
        weights.assign(weights + 0.05 * rng.standard_normal(weights.shape))
    return vae


def of_keras(vae, x, noise, kl):
    """Loss and gradients by Keras; without the rate the loss is the distortion."""

    def loss():
        terms = vae.elbo_terms(x, noise=noise[None])
        return keras.ops.mean(terms.distortion + (terms.rate if kl else 0.0))

    value, arrays = gradients.weight_gradients(loss, vae.trainable_variables)
    arrays = [keras.ops.convert_to_numpy(array) for array in arrays]
    log_variance = arrays[10] if len(arrays) == 11 else 0.0
    return float(value), by_name(arrays[:6], arrays[6:10], log_variance)


def of_page(node, vae, variance, x, noise, kl, fast, steps=0, bug="none"):
    """The same by the trainer in node, and the weights after steps of Adam."""
    weights = by_name(
        vae.encoder.get_weights(),
        vae.decoder.get_weights(),
        np.log(vae.likelihood.variance),
    )
    question = {
        "hidden": weights["encoderBias"].size,
        "variance": variance,
        "kl": kl,
        "bug": bug,
        "images": x.ravel().tolist(),
        "noise": noise.ravel().tolist(),
        "weights": {name: np.ravel(array).tolist() for name, array in weights.items()},
        "fast": fast,
        "steps": steps,
    }
    done = subprocess.run(
        [node, ROOT / "tests" / "live" / "gradients_of.mjs"],
        input=json.dumps(question),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("fast", [True, False], ids=["kernel", "plain"])
@pytest.mark.parametrize(
    ("hidden", "variance", "kl", "batch"),
    [
        (64, None, True, 64),
        (512, None, True, 64),
        (64, 1.0, True, 30),  # a short last batch; 30 is no multiple of the blocks
        (64, None, False, 64),
    ],
)
def test_gradients_are_those_of_keras(hidden, variance, kl, batch, fast, node):
    vae = make_vae(hidden, variance)
    x = np.asarray(data.load_sample().x_train[:batch], dtype="float32")
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((batch, LATENT_DIM)).astype("float32") * kl
    loss, expected = of_keras(vae, x, noise, kl)
    got = of_page(node, vae, variance, x, noise, kl, fast)
    reached = -got["score"]["elbo"] if kl else got["score"]["distortion"]
    assert reached == pytest.approx(loss, rel=1e-5)
    for name, array in expected.items():
        if name == "logVariance" and variance is not None:
            continue  # no weight of Keras's, and held still here
        # Both are float32 sums of up to 50,000 terms: 1e-4 of the array's largest.
        tolerance = 1e-4 * np.abs(array).max()
        page = np.reshape(got["gradients"][name], np.shape(array))
        np.testing.assert_allclose(page, array, rtol=0, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("bug", sorted(BUGS.keys() - ELSEWHERE))
def test_a_bug_of_the_page_is_that_of_the_chapter(bug, node):
    x = np.asarray(data.load_sample().x_train[:30], dtype="float32")
    noise = np.random.default_rng(1).standard_normal((30, 2)).astype("float32")
    with chapter_bugs.switched_on(BUGS[bug]):
        vae = make_vae(64, None)
        loss, expected = of_keras(vae, x, noise, kl=True)
    got = of_page(node, vae, None, x, noise, True, fast=True, bug=bug)
    assert -got["score"]["elbo"] == pytest.approx(loss, rel=1e-5)
    for name, array in expected.items():
        tolerance = 1e-4 * np.abs(array).max() + 1e-12
        page = np.reshape(got["gradients"][name], np.shape(array))
        np.testing.assert_allclose(page, array, rtol=0, atol=tolerance, err_msg=name)


def test_the_page_has_the_bugs_of_the_chapter_in_its_order(node):
    module = (ROOT / "live" / "src" / "trainer" / "bugs.js").as_uri()
    script = f"import {{ BUGS }} from '{module}';console.log(Object.keys(BUGS).join())"
    done = subprocess.run(
        [node, "--input-type=module", "-e", script], capture_output=True, text=True
    )
    assert done.stdout.strip().split(",") == list(BUGS), done.stderr


@pytest.mark.parametrize("fast", [True, False], ids=["kernel", "plain"])
def test_steps_are_those_of_keras_adam(fast, node):
    vae, steps, rate = make_vae(64, None), 5, 2e-3
    x = np.asarray(data.load_sample().x_train[:64], dtype="float32")
    noise = np.random.default_rng(2).standard_normal((64, LATENT_DIM)).astype("float32")
    got = of_page(node, vae, None, x, noise, True, fast, steps)
    adam = keras.optimizers.Adam(rate)
    adam.build(vae.trainable_variables)
    for _ in range(steps):
        _, arrays = gradients.weight_gradients(
            lambda: -keras.ops.mean(vae.elbo_terms(x, noise=noise[None]).elbo),
            vae.trainable_variables,
        )
        adam.apply(arrays, vae.trainable_variables)
    expected = by_name(
        vae.encoder.get_weights(),
        vae.decoder.get_weights(),
        np.log(vae.likelihood.variance),
    )
    for name, array in expected.items():
        far = np.abs(np.reshape(got["weights"][name], np.shape(array)) - array)
        # Adam divides by the gradient's own size: one that is a sum near zero may round
        # either way and moves its weight by a step. The others agree to 1 % of a step.
        assert np.mean(far > 0.01 * rate) <= 2e-3, name
        assert far.max() <= 2 * steps * rate, name
