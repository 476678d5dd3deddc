r"""Lower bounds of :math:`\log p(x)`: the ELBO and its parts, and the IWAE bound.

All are stochastic estimates in nats per image; higher is better for ``elbo``,
``log_weights`` and ``iwae``, lower for ``rate``, ``distortion`` and ``mse``.
"""

import math
from typing import NamedTuple

import numpy as np
from keras import ops

from vae_lib.distributions import gaussian_kl
from vae_lib.evaluation.batching import (
    ImageNoise,
    check_inputs,
    progress_bar,
    spans,
    to_numpy,
    to_tensor,
)


class PerExample(NamedTuple):
    """The bound and its parts for each image; float64 arrays, each ``(B,)``."""

    elbo: np.ndarray  # nats, -(distortion + rate), a lower bound of log p(x)
    rate: np.ndarray  # nats, KL(q(z|x) || p(z)) in closed form
    distortion: np.ndarray  # nats, -log p(x|z), mean over the sampled z
    mse: np.ndarray  # squared error per pixel at the sampled z


class Scores(NamedTuple):
    """Means over the images, with the standard errors of these means."""

    elbo: float  # nats per image, higher is better
    rate: float  # nats per image
    distortion: float  # nats per image
    mse: float  # squared error per pixel at sampled z, not at the posterior mean
    elbo_se: float
    rate_se: float
    distortion_se: float
    mse_se: float
    variance: float | None  # sigma^2 of a Gaussian likelihood, else None
    n_images: int


def per_example(vae, x, n_samples=1, batch_size=500, seed=0, verbose="auto"):
    r"""The ELBO of each image, its two parts and the squared error.

    .. math:: \mathcal{L}(x) = \frac1L \sum_{l=1}^{L} \log p(x \mid z_l)
        - \mathrm{KL}\big(q(z \mid x) \,\|\, p(z)\big)

    Args:
        vae: a :class:`vae_lib.models.VAE`.
        x: images, ``(B, 28, 28, 1)``.
        n_samples: L, the number of samples of z for each image.
        batch_size: images computed at once; it does not change the result.
        seed: seed of the noise.
        verbose: 1 shows a progress bar, ``"auto"`` does so in a terminal.

    Returns:
        :class:`PerExample`.

    Raises:
        ValueError: if the images do not fit the model, or a number is below 1.

    In the book: Eqs. (3.8), (5.7).
    """
    check_inputs(vae, x, n_samples=n_samples, batch_size=batch_size)
    batches = spans(len(x), batch_size)
    bar = progress_bar(len(batches), verbose)
    parts = []
    for images in batches:
        noise = ImageNoise(seed, range(images.start, images.stop), vae.latent_dim)
        parts.append(_batch_terms(vae, x[images], noise, n_samples))
        bar.add(1)
    return PerExample(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _batch_terms(vae, x, noise, n_samples):
    x = to_tensor(x, like=vae.encoder.inputs[0])
    z_mean, z_log_var = vae.encode(x)
    log_px_z, squared = 0.0, 0.0
    for _ in range(n_samples):
        eps = to_tensor(noise.draw(1)[0], like=z_mean)
        x_logits = vae.decoder(vae.sampling(z_mean, z_log_var, noise=eps))
        log_px_z += to_numpy(vae.likelihood.log_prob(x, x_logits)) / n_samples
        error = ops.square(x - vae.likelihood.mean(x_logits))
        # Not ops.mean, which Keras computes in float32 on JAX and PyTorch.
        pixel_sum = ops.sum(error, axis=(1, 2, 3))  # (B, 28, 28, 1) -> (B,)
        squared += to_numpy(pixel_sum) / n_samples
    rate = to_numpy(gaussian_kl(z_mean, z_log_var))
    n_pixels = math.prod(vae.image_shape)
    return PerExample(log_px_z - rate, rate, -log_px_z, squared / n_pixels)


def elbo(vae, x, n_samples=1, batch_size=500, seed=0, verbose="auto"):
    """The ELBO of each image, ``(B,)``, in nats; see :func:`per_example`.

    In the book: Eq. (3.4).
    """
    return per_example(vae, x, n_samples, batch_size, seed, verbose).elbo


def evaluate(vae, x, n_samples=1, batch_size=500, seed=0, verbose="auto"):
    """Score a model on a set of images.

    Args, raises: as :func:`per_example`.

    Returns:
        :class:`Scores`: means over the images and their standard errors, which
        measure the choice of images and the noise together (NaN for one image).
    """
    terms = per_example(vae, x, n_samples, batch_size, seed, verbose)
    n_images = len(terms.elbo)
    means = {name: float(values.mean()) for name, values in terms._asdict().items()}
    errors = {
        f"{name}_se": float(values.std(ddof=1)) / math.sqrt(n_images)
        if n_images > 1
        else math.nan
        for name, values in terms._asdict().items()
    }
    variance = getattr(vae.likelihood, "variance", None)
    return Scores(**means, **errors, variance=variance, n_images=n_images)


def _log_weight_chunks(vae, x, n_samples, chunk_size, batch_size, seed, verbose):
    """Check the input, then yield ``(images, samples, log_w)``: slices, ``(k, b)``."""
    counts = dict(n_samples=n_samples, chunk_size=chunk_size, batch_size=batch_size)
    check_inputs(vae, x, **counts)
    batches, chunks = spans(len(x), batch_size), spans(n_samples, chunk_size)
    bar = progress_bar(len(batches) * len(chunks), verbose, unit_name="chunk")

    def generate():
        for images in batches:
            noise = ImageNoise(seed, range(images.start, images.stop), vae.latent_dim)
            for samples in chunks:
                size = samples.stop - samples.start
                log_w = vae.log_weights(x[images], size, noise=noise.draw(size))
                yield images, samples, to_numpy(log_w)
                bar.add(1)

    return generate()


def log_weights(
    vae, x, n_samples=1, chunk_size=50, batch_size=40, seed=0, verbose="auto"
):
    r"""Log importance weights of the encoder's samples.

    .. math:: \log w_k = \log p(x \mid z_k) + \log p(z_k) - \log q(z_k \mid x)

    Args:
        vae: a :class:`vae_lib.models.VAE`.
        x: images, ``(B, 28, 28, 1)``.
        n_samples: K, the number of samples for each image.
        chunk_size: samples decoded at once for each image. ``batch_size * chunk_size``
            decoded images are held in memory; neither size changes the result.
        batch_size: images encoded at once.
        seed: seed of the noise.
        verbose: 1 shows a progress bar, ``"auto"`` does so in a terminal.

    Returns:
        ``(K, B)``, float64, in nats.

    Raises:
        ValueError: if the images do not fit the model, or a number is below 1.

    In the book: Eq. (3.3).
    """
    sizes = n_samples, chunk_size, batch_size
    chunks = _log_weight_chunks(vae, x, *sizes, seed, verbose)
    table = np.empty((n_samples, len(x)))
    for images, samples, log_w in chunks:
        table[samples, images] = log_w
    return table


def iwae(vae, x, n_samples=50, chunk_size=50, batch_size=40, seed=0, verbose="auto"):
    r"""The importance-weighted bound of each image.

    .. math:: \mathcal{L}_K(x) = \log \frac1K \sum_{k=1}^{K} w_k

    The sum is kept as a running logarithm, so that K may be large.

    Args, raises: as :func:`log_weights`.

    Returns:
        ``(B,)``, float64, in nats: in expectation at least the ELBO and at most
        log p(x), rising with K. For a Gaussian likelihood it can stay many nats below
        log p(x) (Wu et al., 2017); at d = 2 :func:`quadrature` shows how many.

    Source: Burda et al. (2015), Eq. (8).

    In the book: Eq. (8.1).
    """
    sizes = n_samples, chunk_size, batch_size
    chunks = _log_weight_chunks(vae, x, *sizes, seed, verbose)
    total = np.full(len(x), -np.inf)
    for images, _, log_w in chunks:
        chunk_total = np.logaddexp.reduce(log_w, axis=0)  # (k, b) -> (b,)
        total[images] = np.logaddexp(total[images], chunk_total)
    return total - math.log(n_samples)
