"""The MLP VAE by hand in JAX: data on the device, a whole epoch in one ``lax.scan``.

What an expert writes who needs neither metrics nor callbacks. Shapes: images
``(n, 784)``, codes ``(B, d)``.
"""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from experiments.peers.matmul import SIZE

HIDDEN = 512
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-7  # of Keras's Adam


def init_params(key, latent_dim, n_pixels=784):
    """Glorot-uniform weights, zero biases, log of the shared variance 0.05."""
    sizes = {
        "hidden": (n_pixels, HIDDEN),
        "z_mean": (HIDDEN, latent_dim),
        "z_log_var": (HIDDEN, latent_dim),
        "decoder": (latent_dim, HIDDEN),
        "pixels": (HIDDEN, n_pixels),
    }
    glorot = jax.nn.initializers.glorot_uniform()
    keys = jax.random.split(key, len(sizes))
    params = {
        name: (glorot(k, shape), jnp.zeros(shape[1]))
        for k, (name, shape) in zip(keys, sizes.items(), strict=True)
    }
    return {**params, "log_variance": jnp.log(jnp.float32(0.05))}


def negative_elbo(params, x, eps):
    """Mean over the batch, in nats per image."""

    def dense(name, h):
        kernel, bias = params[name]
        return h @ kernel + bias

    h = jax.nn.relu(dense("hidden", x))
    mean, log_var = dense("z_mean", h), dense("z_log_var", h)
    z = mean + jnp.exp(0.5 * log_var) * eps
    logits = dense("pixels", jax.nn.relu(dense("decoder", z)))
    squared = jnp.sum((x - jax.nn.sigmoid(logits)) ** 2, axis=1)
    log_variance = params["log_variance"]
    constant = x.shape[1] * (math.log(2 * math.pi) + log_variance)
    distortion = 0.5 * (squared * jnp.exp(-log_variance) + constant)
    rate = 0.5 * jnp.sum(mean**2 + jnp.expm1(log_var) - log_var, axis=1)
    return jnp.mean(distortion + rate)


def adam(params, grads, m, v, step):
    """One update, the bias corrections folded into the step size as Keras does."""
    m = jax.tree.map(lambda m, g: m + (1 - BETA_1) * (g - m), m, grads)
    v = jax.tree.map(lambda v, g: v + (1 - BETA_2) * (g**2 - v), v, grads)
    rate = LEARNING_RATE * jnp.sqrt(1 - BETA_2**step) / (1 - BETA_1**step)
    update = jax.tree.map(lambda m, v: rate * m / (jnp.sqrt(v) + EPSILON), m, v)
    return jax.tree.map(jnp.subtract, params, update), m, v


def train_step(latent_dim, images, state, rows):
    """One batch: ``(state, loss)``."""
    params, m, v, step, key = state
    key, draw = jax.random.split(key)
    eps = jax.random.normal(draw, (len(rows), latent_dim))
    loss, grads = jax.value_and_grad(negative_elbo)(params, images[rows], eps)
    params, m, v = adam(params, grads, m, v, step + 1)
    return (params, m, v, step + 1, key), loss


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=3)
def epoch(latent_dim, batch_size, images, state, key):
    """All images once in a new order, the last batch short: ``(state, mean loss)``."""
    order = jax.random.permutation(key, len(images))
    n_full = len(images) // batch_size
    step = partial(train_step, latent_dim, images)
    full = order[: n_full * batch_size].reshape(n_full, batch_size)
    state, losses = jax.lax.scan(step, state, full)
    total = jnp.sum(losses) * batch_size
    rest = order[n_full * batch_size :]
    if len(rest):
        state, loss = step(state, rest)
        total += loss * len(rest)
    return state, total / len(images)


def run(settings, link_class):
    """Train as ``settings`` say, an epoch at a time."""
    a = jnp.ones((SIZE, SIZE))
    matmul = jax.jit(jnp.matmul)
    link = link_class(lambda: matmul(a, a).block_until_ready())
    images = jax.device_put(settings.load("x_train").reshape(-1, 784))
    keys = jax.random.split(jax.random.key(settings.seed), 3)
    params = init_params(keys[0], settings.latent_dim)
    m, v = (jax.tree.map(jnp.zeros_like, params) for _ in range(2))
    state = (params, m, v, jnp.zeros((), "int32"), keys[1])
    for key in jax.random.split(keys[2], settings.epochs):
        link.begin()
        state, loss = epoch(
            settings.latent_dim, settings.batch_size, images, state, key
        )
        link.end(loss)

    def elbo():
        x = settings.load("x_test").reshape(-1, 784)
        noise = np.random.default_rng(settings.seed)
        eps = noise.standard_normal((len(x), settings.latent_dim), "float32")
        return -negative_elbo(state[0], x, eps)

    link.score(elbo)
