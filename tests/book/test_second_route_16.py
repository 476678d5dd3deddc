"""Chapter 16 a second time: a linear decoder, whose integrals have closed forms.

The functions are those of the notebook; what they find is compared with SciPy's normal
densities. The coder of the experiment is compared with the entropy and with the ELBO.
"""

import ast
import types

import chapter_rules as rules
import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from experiments import bits_back
from notebook_env import ROOT
from vae_lib import evaluation, likelihoods, models, networks, results

pytestmark = pytest.mark.book

LOG_2PI = float(np.log(2 * np.pi))
SIGMA2 = 0.3
rng = np.random.default_rng(0)
W, B = rng.normal(size=(784, 2)) * 0.08, rng.random(784)
X = W @ np.array([0.7, -1.1]) + B + np.sqrt(SIGMA2) * rng.standard_normal(784)


def of_the_chapter(*names, **space):
    """Functions of the notebook, with these things in place of its own."""
    space = {"np": np, "ops": ops, "LOG_2PI": LOG_2PI, "variance": SIGMA2, **space}
    for cell in rules.Chapter(ROOT / "book" / "16_what_for.ipynb").code[1:]:
        for node in ast.parse(cell.source).body:
            if isinstance(node, ast.FunctionDef) and node.name in names:
                exec(ast.unparse(node), space)
    return [space[name] for name in names]


def decode(z):
    return np.asarray(z) @ W.T + B


def grid(seen):
    axis = np.arange(-5, 5, 0.1) + 0.05
    plane = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    corners = np.array([(-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)])
    _, posterior = of_the_chapter(
        "log_joint",
        "posterior",
        decode=decode,
        plane=plane,
        plane_images=decode(plane),
        corners=corners,
    )
    return posterior(X, seen)


def closed_form(seen):
    """Mean and precision of p(z | x_S), and log p(x_S)."""
    w, b, x = W[seen], B[seen], X[seen]
    precision = np.eye(2) + w.T @ w / SIGMA2
    mean = np.linalg.solve(precision, w.T @ (x - b) / SIGMA2)
    covariance = w @ w.T + SIGMA2 * np.eye(len(w))
    return mean, precision, stats.multivariate_normal(b, covariance).logpdf(x)


@pytest.mark.parametrize("n_seen", [392, 784])
def test_the_posterior_of_the_seen_pixels(n_seen):
    seen = np.arange(784) < n_seen
    z, decoded, weights, log_px = grid(seen)
    mean, precision, exact = closed_form(seen)
    # The sum over a smooth density converges faster than any power of the step; what
    # remains is the mass outside the cells that were kept, below e^-15 of the peak.
    assert abs(log_px - exact) < 1e-3
    assert np.allclose(weights @ z, mean, atol=1e-3)
    spread = np.sqrt(np.diag(np.linalg.inv(precision)))
    assert np.allclose(np.sqrt(weights @ (z - mean) ** 2), spread, rtol=1e-2)
    assert np.allclose(weights @ decoded, decode(mean), atol=1e-3)


@pytest.mark.parametrize("tilted", [False, True])
def test_the_gap_of_the_best_gaussian(tilted):
    """The best diagonal q misses (sum log diag(P) - log det P) / 2, P the precision."""
    linear = types.SimpleNamespace(
        decoder=lambda z: (
            ops.matmul(z, ops.convert_to_tensor(W.T.astype("float32")))
            + B.astype("float32")
        ),
        likelihood=types.SimpleNamespace(mean=lambda x: x),
    )
    (bounds,) = of_the_chapter("bounds", vae=linear)
    mean, precision, log_px = closed_form(np.ones(784, bool))
    variance, tilt = 1 / np.diag(precision), 0.0
    gap = 0.5 * (np.log(np.diag(precision)).sum() - np.linalg.slogdet(precision)[1])
    if tilted:
        lower = np.linalg.cholesky(np.linalg.inv(precision))
        variance, tilt, gap = np.diag(lower) ** 2, lower[1, 0] / lower[1, 1], 0.0
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    eps = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
    eps_weights = np.outer(weights, weights).ravel() / (2 * np.pi)
    q = [mean[None], 0.5 * np.log(variance)[None], np.array([tilt])]
    found = bounds(*(np.float32(a) for a in ([X], *q, eps, eps_weights)))
    # float32: seven digits of a sum of about a thousand
    assert abs(float(found[0]) - (log_px - gap)) < 0.01


def test_the_stack_stores_what_the_probabilities_say():
    stack = bits_back.Stack(np.random.default_rng(1).integers(2**32, size=4))
    before, words, state = stack.bits(), list(stack.words), stack.state
    widths = np.random.default_rng(2).integers(1, 1 << 24, size=500)
    for width in widths.tolist():
        stack.push(0, width)
    ideal = -np.log2(widths / 2**24).sum()
    # Each push rounds a state above 2^32 to a whole number of intervals.
    assert abs(stack.bits() - before - ideal) < 1e-3 * ideal
    for width in reversed(widths.tolist()):
        assert stack.peek() < width
        stack.drop(0, width)
    assert (stack.words, stack.state) == (words, state)


def test_bits_back_has_the_size_of_the_elbo():
    keras.utils.set_random_seed(0)
    encoder = networks.mlp_encoder(3, hidden_units=8)
    decoder = networks.mlp_decoder(3, hidden_units=8)
    vae = models.VAE(encoder, decoder, likelihoods.Bernoulli())
    images = (np.random.default_rng(3).random((20, 28, 28, 1)) < 0.5).astype("float32")
    found = bits_back.code(vae, images)
    assert found["images_equal"] == 20 and found["initial_bits_restored"]
    elbo = evaluation.elbo(vae, images, n_samples=200, verbose=0).mean()
    assert abs(found["net_bits_per_image"] / (-elbo / np.log(2)) - 1) < 0.01


def test_the_recorded_thousand():
    record = results.load("bits_back")
    assert record["n_images"] == 1000
    for run in record["runs"]:
        assert run["images_equal"] == 1000 and run["initial_bits_restored"]
        ratio = run["net_bits_per_image"] / run["elbo_bits_per_image"]
        assert abs(ratio - 1) < 0.02
        assert run["excess_percent"] == pytest.approx(100 * (ratio - 1))
