"""What is measured of chapter 11's networks, in nats per image.

The importance-weighted bound is measured on a fixed random part of the test digits,
beside the ELBO of the same digits: their difference varies little between digits.
"""

import numpy as np
from keras import ops

from vae_lib import data, distributions, evaluation, likelihoods

N_IMPORTANCE, K_IMPORTANCE = 1_000, 500  # test digits, samples of z for each


def toss(x, seed=0):
    """Every pixel black or white, white with a probability of its grey value."""
    return (np.random.default_rng(seed).random(x.shape) < x).astype("float32")


def dequantise(x, seed=0):
    """Every grey level at a random place of its interval of [0, 1]."""
    u = np.random.default_rng(seed).random(x.shape)
    return np.minimum((255.0 * x + u) / 256.0, 1.0).astype("float32")


DRAWS = {"binarised": toss, "continuous": dequantise, "gaussian": dequantise}


def own_data(kind, x):
    """The digits as a network of this kind is trained for."""
    return DRAWS[kind](x) if kind in DRAWS else x


def own_bound(kind, vae, x, n_samples=1):
    """The ELBO and its parts on the network's own kind of digits."""
    x = own_data(kind, x)
    return evaluation.evaluate(vae, x, n_samples=n_samples, verbose=0)._asdict()


def measure(kind, vae, mnist):
    """Everything the chapter says of one network."""
    few = mnist.x_test[data.subset_indices(N_IMPORTANCE, size=len(mnist.x_test))]
    codes, _ = evaluation.encode(vae, own_data(kind, mnist.x_val), verbose=0)
    record = {
        "validation": own_bound(kind, vae, mnist.x_val),
        "test": own_bound(kind, vae, mnist.x_test),
        "active_units": evaluation.active_units(codes).count,
        "as": retold(kind, vae, few, mnist.x_val),
    }
    if kind in ("binarised", "grey"):
        record["importance"] = importance(vae, few, own_data(kind, few))
    else:
        record["test_255"] = evaluation.evaluate(vae, mnist.x_test, verbose=0)._asdict()
    return record


def importance(vae, x, seen):
    """Bounds of log P(b) for tossed digits b, whose encoder sees ``seen``.

    Any proposal gives a valid bound: a network trained on grey values proposes codes
    from the grey digit, and is scored by the tossed one.
    """
    tossed = toss(x)
    bound, many = [], []
    for i in range(0, len(x), 20):
        log_w = log_weights(vae, tossed[i : i + 20], seen[i : i + 20], seed=i)
        many.append(np.logaddexp.reduce(log_w, axis=0) - np.log(len(log_w)))
        bound.append(log_w.mean(axis=0))
    many, bound = np.concatenate(many), np.concatenate(bound)
    gap, gap_se = evaluation.mean_and_error(many - bound)
    value, value_se = evaluation.mean_and_error(many)
    return {
        "n_images": len(x),
        "n_samples": K_IMPORTANCE,
        "value": value,
        "value_se": value_se,
        "gap": gap,  # over the mean log weight, an estimate of the ELBO
        "gap_se": gap_se,
    }


def log_weights(vae, x, seen, seed):
    """``log P(x | z) + log p(z) - log q(z | seen)`` at ``z ~ q``, ``(K, B)``."""
    z_mean, z_log_var = vae.encode(seen)
    shape = (K_IMPORTANCE, *z_mean.shape)
    noise = np.random.default_rng(seed).standard_normal(shape).astype("float32")
    z = z_mean[None] + ops.exp(0.5 * z_log_var)[None] * noise  # (K, B, d)
    x_logits = vae.decoder(ops.reshape(z, (-1, vae.latent_dim)))
    repeated = np.concatenate([x] * K_IMPORTANCE)
    log_px_z = ops.reshape(vae.likelihood.log_prob(repeated, x_logits), shape[:2])
    log_q = distributions.log_standard_normal(noise) - 0.5 * ops.sum(z_log_var, axis=-1)
    log_w = log_px_z + distributions.log_standard_normal(z) - log_q
    return ops.convert_to_numpy(log_w).astype("float64")


def retold(kind, vae, x, x_fit):
    """The ELBO of each digit if the decoded means are read as another likelihood.

    ``coins``: of tossed digits, on average over the tosses. ``continuous`` and
    ``gaussian``: of dequantised digits, the Gaussian's variance fitted to ``x_fit``.
    """
    mean, rate = decoded(kind, vae, x)
    fit_mean, _ = decoded(kind, vae, x_fit)
    y = dequantise(x).astype("float64")
    variance = np.mean((dequantise(x_fit) - fit_mean) ** 2)
    p = np.clip((256.0 * mean - 0.5) / 255.0, 1e-6, 1.0 - 1e-6)  # of x / 255
    terms = {
        "coins": x * np.log(p) + (1.0 - x) * np.log1p(-p),
        "gaussian": -((y - mean) ** 2) / (2.0 * variance)
        - 0.5 * np.log(2.0 * np.pi * variance),
    }
    log_px_z = {name: each.sum(axis=(1, 2, 3)) for name, each in terms.items()}
    found = likelihoods.ContinuousBernoulli().log_prob(
        ops.convert_to_tensor(y), ops.convert_to_tensor(logits_of(mean))
    )
    log_px_z["continuous"] = ops.convert_to_numpy(found)
    pairs = {n: evaluation.mean_and_error(v - rate) for n, v in log_px_z.items()}
    return {name: {"elbo": m, "elbo_se": se} for name, (m, se) in pairs.items()}


def decoded(kind, vae, x):
    """Mean images of dequantised digits at sampled codes, and the rates."""
    z_mean, z_log_var = evaluation.encode(vae, own_data(kind, x), verbose=0)
    noise = np.random.default_rng(3).standard_normal(z_mean.shape)
    z = (z_mean + np.exp(0.5 * z_log_var) * noise).astype("float32")
    mean = ops.convert_to_numpy(vae.decode(z)).astype("float64")
    rate = ops.convert_to_numpy(distributions.gaussian_kl(z_mean, z_log_var))
    if kind in ("binarised", "grey"):  # the mean of x, of which y is 255 / 256 and more
        mean = (255.0 * mean + 0.5) / 256.0
    return mean, rate


def logits_of(mean):
    """The logits at which a continuous Bernoulli has these means."""
    logits = np.sinh(np.linspace(-9.0, 9.0, 40_001))
    means = likelihoods.ContinuousBernoulli().mean(ops.convert_to_tensor(logits))
    return np.interp(mean, ops.convert_to_numpy(means), logits)
