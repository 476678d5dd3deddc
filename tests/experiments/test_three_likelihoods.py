"""Chapter 11's experiment: its draws, its second reading of a picture, its record."""

import numpy as np
import pytest
from keras import ops
from scipy import integrate

from experiments import _likelihood_scores as scores
from experiments import three_likelihoods
from vae_lib import likelihoods, networks, results

pytestmark = pytest.mark.book
RUNS = results.load("three_likelihoods")["runs"]


def test_tossed_digits_are_black_or_white_with_the_grey_value_as_frequency():
    x = np.full((1, 200, 200, 1), 0.3, "float32")
    tossed = scores.toss(x)
    assert set(np.unique(tossed)) == {0.0, 1.0}
    assert abs(tossed.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / x.size)


def test_dequantised_digits_lie_in_the_cell_of_their_level():
    x = (np.arange(256, dtype="float32") / 255).reshape(1, 16, 16, 1)
    y = scores.dequantise(x)
    np.testing.assert_array_equal(
        np.floor(256 * y - 1e-4), np.arange(256).reshape(y.shape)
    )
    assert y.max() <= 1


def test_the_draws_of_training_are_those_of_the_scores():
    x, u = np.array([0.0, 0.2, 0.8, 1.0]), np.array([0.1, 0.1, 0.9, 0.9])
    tossed = three_likelihoods.binarised(ops.convert_to_tensor(x), u)
    np.testing.assert_array_equal(ops.convert_to_numpy(tossed), [0, 1, 0, 1])
    spread = ops.convert_to_numpy(three_likelihoods.dequantised(x, u))
    np.testing.assert_allclose(spread, (255 * x + u) / 256)


def test_the_logits_of_a_mean_have_that_mean():
    for mean in (0.002, 0.1, 0.5, 0.9):
        a = float(scores.logits_of(mean))

        def weight(x, power, a=a):
            return x**power * np.exp(a * x - np.logaddexp(0, a))

        moments = [integrate.quad(weight, 0, 1, args=(power,))[0] for power in (0, 1)]
        assert np.isclose(moments[1] / moments[0], mean, rtol=1e-4)


def test_the_importance_weights_are_those_of_the_library(make_vae):
    vae = make_vae(likelihood=likelihoods.Bernoulli())
    x = scores.toss(np.random.default_rng(0).random((3, 6, 6, 1)))
    ours = scores.log_weights(vae, x, x, seed=1)
    shape = (scores.K_IMPORTANCE, 3, vae.latent_dim)
    noise = np.random.default_rng(1).standard_normal(shape).astype("float32")
    library = ops.convert_to_numpy(vae.log_weights(x, noise=noise))
    np.testing.assert_allclose(ours, library, atol=1e-3)


def test_redrawing_trains_the_plain_objective_on_drawn_images():
    parts = networks.mlp_encoder(2, (6, 6, 1)), networks.mlp_decoder(2, (6, 6, 1))
    seen = []

    def draw(x, u):
        seen.append((x, u))
        return three_likelihoods.binarised(x, u)

    vae = three_likelihoods.Redrawing(
        *parts, likelihoods.Bernoulli(), draw=draw, seed=0
    )
    x = np.full((4, 6, 6, 1), 0.5, "float32")
    first, second = (
        float(vae.compute_loss(ops.convert_to_tensor(x))) for _ in range(2)
    )
    assert np.isfinite(first) and first != second
    u = [ops.convert_to_numpy(pair[1]) for pair in seen]
    assert not np.array_equal(*u) and np.all((u[0] >= 0) & (u[0] < 1))


@pytest.mark.skipif(not RUNS, reason="the experiment has not been run")
def test_a_bound_is_its_parts_and_lies_under_its_ceiling():
    for name, run in RUNS.items():
        test = run["test"]
        assert np.isclose(test["elbo"], -test["distortion"] - test["rate"])
        assert test["n_images"] == 10_000
        if "importance" in run:
            assert run["importance"]["gap"] > 0, name
            assert test["elbo"] + run["importance"]["gap"] < -40  # the coins' entropy
