"""Chapter 18 a second time: gradients by hand, counts from shapes, failures by chance.

Nothing here uses Keras or the library's models: the weights are read from the npz file
and the chain rule is written out, in double precision.
"""

import numpy as np
import pytest

from notebook_env import ROOT
from vae_lib import results

pytestmark = pytest.mark.book

RECORD = results.load("18_larger_machines")
D = 784


def recorded(label):
    """Value and tolerance of a number of the chapter."""
    return RECORD[label]["value"], RECORD[label]["tol"]


@pytest.fixture(scope="module")
def weights():
    with np.load(ROOT / "vae_lib" / "_pretrained" / "mlp_2.npz") as arrays:
        return {name: arrays[name].astype(float) for name in arrays.files}


@pytest.fixture(scope="module")
def batch():
    """The first 128 test digits of the sample, and the chapter's noise."""
    with np.load(ROOT / "vae_lib" / "_data" / "mnist_sample.npz") as arrays:
        x = arrays["x"][4500 : 4500 + 128].reshape(128, D) / 255
    noise = np.random.default_rng(0).standard_normal((1, 128, 2)).astype("float32")
    return x, noise[0].astype(float)


def loss_and_gradient(w, x, noise):
    """Mean of distortion + rate over the images, and its gradient."""
    n = len(x)
    inputs = x @ w["encoder/hidden/kernel"] + w["encoder/hidden/bias"]
    h = np.maximum(inputs, 0)
    mean = h @ w["encoder/z_mean/kernel"] + w["encoder/z_mean/bias"]
    log_var = h @ w["encoder/z_log_var/kernel"] + w["encoder/z_log_var/bias"]
    std = np.exp(log_var / 2)
    z = mean + std * noise
    inputs_2 = z @ w["decoder/hidden/kernel"] + w["decoder/hidden/bias"]
    h_2 = np.maximum(inputs_2, 0)
    logits = h_2 @ w["decoder/pixels/kernel"] + w["decoder/pixels/bias"]
    image = 1 / (1 + np.exp(-logits))
    s = w["likelihood/log_variance"]
    squared = np.sum((x - image) ** 2, axis=1)
    distortion = squared / (2 * np.exp(s)) + D / 2 * (np.log(2 * np.pi) + s)
    rate = np.sum(mean**2 + std**2 - 1 - log_var, axis=1) / 2
    g = {"likelihood/log_variance": np.mean(D / 2 - squared / (2 * np.exp(s)))}
    d_logits = (image - x) / np.exp(s) * image * (1 - image) / n
    g["decoder/pixels/kernel"] = h_2.T @ d_logits
    g["decoder/pixels/bias"] = d_logits.sum(axis=0)
    d_inputs_2 = d_logits @ w["decoder/pixels/kernel"].T * (inputs_2 > 0)
    g["decoder/hidden/kernel"] = z.T @ d_inputs_2
    g["decoder/hidden/bias"] = d_inputs_2.sum(axis=0)
    d_z = d_inputs_2 @ w["decoder/hidden/kernel"].T
    d_mean = d_z + mean / n
    d_log_var = d_z * noise * std / 2 + (std**2 - 1) / (2 * n)
    g["encoder/z_mean/kernel"], g["encoder/z_mean/bias"] = h.T @ d_mean, d_mean.sum(0)
    g["encoder/z_log_var/kernel"] = h.T @ d_log_var
    g["encoder/z_log_var/bias"] = d_log_var.sum(axis=0)
    d_h = d_mean @ w["encoder/z_mean/kernel"].T
    d_h += d_log_var @ w["encoder/z_log_var/kernel"].T
    g["encoder/hidden/kernel"] = x.T @ (d_h * (inputs > 0))
    g["encoder/hidden/bias"] = np.sum(d_h * (inputs > 0), axis=0)
    return np.mean(distortion + rate), np.concatenate([np.ravel(g[k]) for k in w])


def test_the_gradient_by_hand_is_that_of_the_loss(weights, batch):
    # Along the gradient itself the loss rises by the gradient's length.
    flat = loss_and_gradient(weights, *batch)[1]
    length = np.linalg.norm(flat)
    sizes = np.cumsum([v.size for v in weights.values()])[:-1]
    parts = zip(weights.items(), np.split(flat / length, sizes), strict=True)
    unit = {k: part.reshape(v.shape) for (k, v), part in parts}

    def loss(step):
        moved = {k: v + step * unit[k] for k, v in weights.items()}
        return loss_and_gradient(moved, *batch)[0]

    slope = (loss(1e-5) - loss(-1e-5)) / 2e-5
    assert slope == pytest.approx(length, rel=1e-4)


def test_gradients_of_shares(weights, batch):
    def gradient(start, stop):
        return loss_and_gradient(weights, *(part[start:stop] for part in batch))[1]

    def off(other):
        return 100 * np.linalg.norm(other - whole) / np.linalg.norm(whole)

    whole, halves = gradient(0, 128), [gradient(0, 64), gradient(64, 128)]
    uneven = [gradient(0, 112), gradient(112, 128)]
    plain, weighted = sum(uneven) / 2, (112 * uneven[0] + 16 * uneven[1]) / 128
    values = {
        "length of the gradient of the batch": np.linalg.norm(whole),
        "length of the averaged gradient": np.linalg.norm(sum(halves) / 2),
        "the two differ by": off(sum(halves) / 2),
        "one half alone differs by": off(halves[0]),
        "shares of 112 and 16, plain average": off(plain),
        "the same, weighted by size": off(weighted),
        "sum instead of mean": off(sum(halves)),
    }
    for label, value in values.items():
        expected, tolerance = recorded(label)
        assert value == pytest.approx(expected, abs=tolerance), label
    assert off(sum(halves) / 2) < 1e-10  # in double precision nothing is left


def test_counts_from_the_shapes_of_the_weights(weights):
    kernels = {k: v.size for k, v in weights.items() if k.endswith("kernel")}
    # Two operations forwards, two for each gradient; the images need none.
    operations = 6 * sum(kernels.values()) - 2 * kernels["encoder/hidden/kernel"]
    n_weights = sum(
        v.size for k, v in weights.items() if k != "likelihood/log_variance"
    )
    values = {
        "arithmetic an image": operations / 1e6,
        "a batch of 128": 128 * operations / 1e9,
        "mlp, operations a number sent": 128 * operations / n_weights,
        "mlp: sending": 1000 * 4 * 8 * n_weights / 1e9,  # one gradient at 1 Gbit/s
        "mlp: equal at": 64 * operations / (4 * 8 * n_weights / 1e9) / 1e9,
    }
    for label, value in values.items():
        expected, tolerance = recorded(label)
        assert value == pytest.approx(expected, abs=tolerance), label


def test_the_best_interval_between_checkpoints_by_simulation():
    # Failures at random times, five seconds a checkpoint: the share that is lost.
    rng = np.random.default_rng(0)
    mean_time = 1000 * 3600 / 16
    failures = np.cumsum(rng.exponential(mean_time, size=200_000))

    def wasted(interval):
        lost = np.mod(failures, interval).sum() / failures[-1]
        return 5 / interval + lost

    best, _ = recorded("save every")
    at_best = 100 * wasted(60 * best)
    expected, tolerance = recorded("wasted")
    assert at_best == pytest.approx(expected, abs=tolerance)
    assert at_best < 100 * wasted(60 * best / 2) and at_best < 100 * wasted(120 * best)
