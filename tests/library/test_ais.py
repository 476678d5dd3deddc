"""Annealed importance sampling against the cases where the truth is known."""

import keras
import numpy as np
import pytest

from vae_lib import evaluation

SHAPE = (4, 4, 1)


@pytest.fixture(scope="module")
def x():
    """Correlated grey images."""
    rng = np.random.default_rng(0)
    mixing = np.linalg.qr(rng.normal(size=(16, 16)))[0] * (0.5 * 0.7 ** np.arange(16))
    images = np.clip(0.5 + rng.normal(size=(300, 16)) @ mixing.T, 0, 1)
    return images.reshape(300, *SHAPE).astype("float32")


@pytest.fixture(scope="module")
def ppca(x):
    return evaluation.fit_ppca(x, 3)


@pytest.fixture(scope="module")
def vae(ppca):
    return evaluation.linear_vae(ppca, SHAPE)


def test_from_the_exact_posterior_every_weight_is_the_truth(vae, ppca, x):
    # The linear VAE's encoder is the posterior, so f_beta is the same for every beta.
    result = evaluation.ais(
        vae, x[:5], n_temperatures=4, n_chains=3, proposal_scale=1.0, n_leapfrog=2
    )
    truth = np.tile(ppca.log_prob(x[:5]), (3, 1))
    np.testing.assert_allclose(result.log_weights, truth, atol=1e-3)
    np.testing.assert_allclose(result.log_px, truth[0], atol=1e-3)


@pytest.mark.parametrize(("start", "temperatures"), [("encoder", 10), ("prior", 60)])
def test_the_weights_are_unbiased(vae, ppca, x, start, temperatures):
    truth = ppca.log_prob(x[:20])
    result = evaluation.ais(
        vae, x[:20], n_temperatures=temperatures, n_chains=40, start=start, seed=3
    )
    ratios = np.exp(result.log_weights - truth)  # (K, B), each of mean 1
    error = ratios.mean(axis=0).std(ddof=1) / np.sqrt(20)
    assert abs(ratios.mean() - 1) < 4 * error
    assert 0.3 < result.acceptance.mean() < 0.999  # the moves neither stick nor stall
    assert result.acceptance.shape == (20,) and result.log_weights.shape == (40, 20)


def test_more_temperatures_close_the_gap(vae, ppca, x):
    truth = ppca.log_prob(x[:100])

    def gap(n_temperatures):
        result = evaluation.ais(
            vae,
            x[:100],
            n_temperatures=n_temperatures,
            n_chains=2,
            start="prior",
            n_leapfrog=3,
            batch_size=100,
        )
        return np.mean(truth - result.log_px)

    few, many = gap(4), gap(60)
    assert 0 < many < few / 3


def test_both_directions_enclose_the_truth(vae, ppca):
    result = evaluation.bidirectional_ais(
        vae, n_images=40, n_temperatures=30, n_chains=4, start="prior"
    )
    truth = ppca.log_prob(result.x)
    for gap in (truth - result.forward, result.reverse - truth):
        error = gap.std(ddof=1) / np.sqrt(40)
        assert gap.mean() > -3 * error
        assert gap.mean() < 1.0
    assert np.mean(result.reverse - result.forward) > 0


def test_agrees_with_quadrature_on_a_nonlinear_model(make_vae):
    vae = make_vae()
    x = np.random.default_rng(0).uniform(size=(6, 6, 6, 1)).astype("float32")
    exact = evaluation.quadrature(vae, x, tolerance=1e-3).log_px
    found = evaluation.ais(
        vae, x, n_temperatures=60, n_chains=20, start="prior", n_leapfrog=5
    ).log_px
    np.testing.assert_allclose(found, exact, atol=0.2)


def test_a_seed_repeats_it_and_batches_are_independent(vae, x):
    def run(images, **kwargs):
        return evaluation.ais(
            vae, images, n_temperatures=4, n_chains=2, n_leapfrog=2, **kwargs
        ).log_px

    first = run(x[:6], batch_size=3)
    np.testing.assert_array_equal(first, run(x[:6], batch_size=3))
    np.testing.assert_allclose(first[:3], run(x[:3], batch_size=3), atol=1e-5)
    assert np.any(first != run(x[:6], batch_size=3, seed=1))


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"n_temperatures": 0}, "n_temperatures must be a whole number of at least 1"),
        ({"n_chains": 2.5}, "n_chains must be a whole number"),
        ({"n_leapfrog": 0}, "n_leapfrog must be a whole number"),
        ({"batch_size": -1}, "batch_size must be a whole number"),
        ({"start": "middle"}, "start must be one of .*'encoder', 'prior'.*'middle'"),
        (
            {"proposal_scale": 0.5},
            "proposal_scale must be at least 1 and finite, got 0.5",
        ),
    ],
)
def test_bad_arguments_are_named(vae, x, kwargs, message):
    with pytest.raises(ValueError, match=message):
        evaluation.ais(vae, x[:2], **kwargs)


def test_the_number_of_simulated_images_is_checked(vae):
    with pytest.raises(ValueError, match="n_images must be a whole number"):
        evaluation.bidirectional_ais(vae, n_images=0)


def test_a_search_for_the_start_finds_what_the_encoder_misses(make_vae):
    vae = make_vae()
    x = np.random.default_rng(1).uniform(size=(5, 6, 6, 1)).astype("float32")
    grid = np.stack(np.meshgrid(*2 * [np.linspace(-3, 3, 41)]), axis=-1).reshape(-1, 2)
    found = evaluation.code_search(vae, grid)(x)

    def log_joint(z):
        x_logits = vae.decoder(z.astype("float32"))
        log_px_z = keras.ops.convert_to_numpy(vae.likelihood.log_prob(x, x_logits))
        return log_px_z - 0.5 * np.sum(z**2, axis=1)

    every = [log_joint(np.tile(z, (5, 1))) for z in grid]
    own = evaluation.encode(vae, x)[0]
    best = np.maximum(np.max(every, axis=0), log_joint(own))
    np.testing.assert_allclose(log_joint(found), best, atol=1e-3)
    far = evaluation.code_search(vae, np.full((3, 2), 50.0))(x)
    np.testing.assert_allclose(far, own, atol=1e-6)


def test_any_start_leaves_the_weights_unbiased(vae, ppca, x):
    means = ppca.posterior_mean(x[:20]) + 0.3

    def start(images):
        assert len(images) == 20
        return means

    result = evaluation.ais(
        vae, x[:20], n_temperatures=10, n_chains=40, start=start, proposal_scale=2.0
    )
    ratios = np.exp(result.log_weights - ppca.log_prob(x[:20]))
    error = ratios.mean(axis=0).std(ddof=1) / np.sqrt(20)
    assert abs(ratios.mean() - 1) < 4 * error


def test_a_long_run_takes_its_steps_from_a_shorter_pilot(vae, ppca, x):
    truth = ppca.log_prob(x[:3])
    result = evaluation.ais(vae, x[:3], n_temperatures=250, n_chains=20, n_leapfrog=2)
    # One chain's weight has a standard deviation near 0.2 here; twenty, a fifth of it.
    np.testing.assert_allclose(result.log_px, truth, atol=0.2)
    assert 0.4 < result.acceptance.mean() < 0.9


def test_a_start_of_another_shape_is_refused(vae, x):
    with pytest.raises(ValueError, match=r"start's codes .* \(2, 3\), got \(3,\)"):
        evaluation.ais(vae, x[:2], n_temperatures=4, start=lambda images: np.zeros(3))


@pytest.mark.parametrize("width", [1e-3, 1e-6])
def test_a_narrow_posterior_is_no_harder_than_a_wide_one(float64, width):
    """The exact answer is known, and each chain starts in the one mode there is."""
    mean, columns = np.full(16, 0.5), np.eye(16)[:, :2]
    model = evaluation.PPCA(mean, columns, width**2, np.zeros(16))
    narrow = evaluation.linear_vae(model, SHAPE)
    z = np.array([[0.3, -0.4], [1.2, 0.1]])
    noise = width * np.random.default_rng(0).normal(size=(2, 16))
    images = (mean + 0.3 * z @ columns.T + noise).reshape(2, *SHAPE)
    result = evaluation.ais(narrow, images, n_temperatures=50, n_chains=20)
    np.testing.assert_allclose(result.log_px, model.log_prob(images), atol=0.3)


@pytest.mark.parametrize("log_var", [-800.0, -50.0, 60.0, 800.0, np.nan])
@pytest.mark.parametrize("start", ["encoder", "prior"])
def test_a_posterior_that_no_float_can_hold_is_refused(
    make_vae, images, log_var, start
):
    vae = make_vae()
    head = vae.encoder.get_layer("z_log_var")
    head.set_weights([np.zeros((8, 2)), np.full(2, log_var)])
    with pytest.raises(ValueError, match=r"log-variances run from .*has diverged"):
        evaluation.ais(vae, images[:2], n_temperatures=3, start=start)


def test_a_decoder_that_overflows_far_out_does_no_harm(make_vae):
    vae = make_vae()
    z = keras.Input((2,))
    steep = keras.layers.Dense(36)(keras.ops.exp(keras.ops.square(3.0 * z)))
    vae.decoder = keras.Model(z, keras.layers.Reshape((6, 6, 1))(steep))
    x = np.random.default_rng(0).uniform(size=(4, 6, 6, 1)).astype("float32")
    # Warnings are errors here: not one number on the way may be NaN or infinite.
    found = evaluation.ais(
        vae, x, n_temperatures=20, n_chains=8, start="prior", n_leapfrog=5
    )
    assert np.all(np.isfinite(found.log_weights))
    assert np.all(found.acceptance > 0)
