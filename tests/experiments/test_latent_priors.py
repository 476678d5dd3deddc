"""The flow and the diffusion model of latent_priors.py on codes that are known."""

import numpy as np
import pytest
from scipy import stats

from experiments import _velocity as velocity
from experiments import latent_priors
from vae_lib import pretrained, results

pytestmark = pytest.mark.book

D, S = 3, 0.5  # dimensions, and the deviation of codes whose density is known


class KnownFlow(velocity.Flow):
    """E[noise - code | z_t] for codes N(0, S^2), in closed form."""

    def predict(self, z, t):
        factor = (t - (1 - t) * S**2) / ((1 - t) ** 2 * S**2 + t**2)
        return factor * z, np.full(len(z), D * factor)


class KnownDiffusion(velocity.Diffusion):
    """E[noise | z_t] for the same codes."""

    def predict(self, z, t):
        cos, sin = np.cos(0.5 * np.pi * t), np.sin(0.5 * np.pi * t)
        factor = sin / (cos**2 * S**2 + sin**2)
        return factor * z, np.full(len(z), D * factor)


KNOWN = [KnownFlow, KnownDiffusion]


@pytest.fixture
def random_network():
    """A flow with random weights, the biases among them."""
    field = velocity.Flow(D, 8, seed=0)
    rng = np.random.default_rng(1)
    shapes = [w.shape for w in field.network.get_weights()]
    field.weights = [rng.normal(size=shape) for shape in shapes]
    return field


@pytest.mark.parametrize("kind", KNOWN)
def test_the_density_along_the_flow_is_that_of_the_codes(kind):
    z = S * np.random.default_rng(0).standard_normal((50, D))
    found = kind(D, 4, seed=0).log_density(z)
    exact = stats.norm.logpdf(z, scale=S).sum(axis=1)
    # Runge-Kutta's error; for diffusion also what is left of the code at the end:
    # 0.17 % of the variance, times (z'z - 3) / 2, which is below 6 for these codes.
    np.testing.assert_allclose(found, exact, atol=0.011)


@pytest.mark.parametrize("kind", KNOWN)
def test_samples_have_the_distribution_of_the_codes(kind):
    z = kind(D, 4, seed=0).sample(4_000, seed=0)
    # 12,000 numbers: the standard error of their deviation is 0.65 %.
    assert z.std() == pytest.approx(S, rel=4 * 0.0065)
    assert abs(z.mean()) < 4 * S / np.sqrt(12_000)


def test_the_trace_is_that_of_differences(random_network):
    z, step = np.random.default_rng(2).standard_normal((5, D)), 1e-5
    slopes = [
        random_network.predict(z + e, 0.4)[0] - random_network.predict(z - e, 0.4)[0]
        for e in step * np.eye(D)
    ]
    trace = sum(slope[:, j] for j, slope in enumerate(slopes)) / (2 * step)
    np.testing.assert_allclose(random_network.predict(z, 0.4)[1], trace, rtol=1e-6)


def test_the_arrays_compute_what_the_network_does(random_network):
    random_network.network.set_weights(random_network.weights)
    z = np.random.default_rng(3).standard_normal((5, D)).astype("float32")
    time = velocity.time_features(np.full(5, 0.4))
    inputs = np.concatenate([z, time], axis=1)
    wanted = random_network.network.predict(inputs, verbose=0)
    np.testing.assert_allclose(
        random_network.predict(z, 0.4)[0], wanted, rtol=1e-4, atol=1e-4
    )


def test_a_trained_flow_finds_the_codes():
    rng = np.random.default_rng(4)
    posterior = 3 + rng.standard_normal((500, 1)), np.full((500, 1), -4.0)
    field = velocity.Flow(1, 32, seed=0).fit(posterior, 200_000, 200, parts=2)
    assert field.sample(500, seed=0).mean() == pytest.approx(3, abs=0.3)


def test_joining_keeps_every_seed():
    def part(value):
        one = {"frechet": [value], "kid": [value], "classes": [1]}
        more = {**one, "gain": {"mean": value, "se": 0.1}}
        return {"normal": one, "mixture": more, "flow": more, "diffusion": more}

    found = latent_priors.joined([part(1.0), part(2.0)])
    assert found["normal"]["frechet"] == [1.0, 2.0]
    assert [gain["mean"] for gain in found["flow"]["gain"]] == [1.0, 2.0]


def test_the_record_is_of_the_weights_that_are_shipped():
    record = results.load("latent_priors")
    shipped = pretrained.index()[record["model"]]["sha256"]
    assert record["sha256"] == shipped, "run experiments/latent_priors.py"


def test_learned_priors_bring_the_distance_below_thirty():
    record = results.load("latent_priors")["priors"]
    for name in ("flow", "diffusion"):
        assert len(record[name]["frechet"]) == 3
        assert max(record[name]["frechet"]) < 30 < min(record["normal"]["frechet"])
