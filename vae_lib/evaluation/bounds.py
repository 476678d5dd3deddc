r"""Lower bounds of :math:`\log p(x)`: the ELBO and its parts, and the IWAE bound.

All are stochastic estimates in nats per image; higher is better for ``elbo``,
``log_weights`` and ``iwae``, lower for ``rate``, ``distortion`` and ``mse``.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import numpy as np
from keras import ops

from vae_lib._checks import whole
from vae_lib._images import check_images
from vae_lib._tensors import to_numpy, to_tensor
from vae_lib._types import Array, Images, Tensor, Verbose
from vae_lib.distributions import gaussian_kl
from vae_lib.evaluation._batches import ImageNoise, batches, progress_bar, spans
from vae_lib.evaluation._statistics import log_sum_exp, mean_and_error
from vae_lib.models import VAE

Bits = TypeVar("Bits", float, Array)  # a number, or one for each image


class PerExample(NamedTuple):
    """The bound and its parts for each image; float64 arrays, each ``(B,)``."""

    elbo: Array  # nats, -(distortion + rate), a lower bound of log p(x)
    rate: Array  # nats, KL(q(z|x) || p(z)) in closed form
    distortion: Array  # nats, -log p(x|z), mean over the sampled z
    mse: Array  # squared error per pixel at the sampled z


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


def per_example(
    vae: VAE,
    x: Images,
    n_samples: int = 1,
    *,
    batch_size: int = 500,
    seed: int = 0,
    verbose: Verbose = "auto",
) -> PerExample:
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

    >>> from vae_lib import data, evaluation, pretrained
    >>> vae, x = pretrained.load_pretrained("mlp", 2), data.load_sample().x_test[:9]
    >>> evaluation.per_example(vae, x, verbose=0).rate.shape
    (9,)
    """
    check_images(x, "x", vae.image_shape)
    n_samples = whole("n_samples", n_samples)
    parts = []
    for images in batches(len(x), whole("batch_size", batch_size), verbose):
        noise = ImageNoise(seed, range(images.start, images.stop), vae.latent_dim)
        parts.append(_batch_terms(vae, x[images], noise, n_samples))
    return PerExample(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _batch_terms(vae: VAE, x: Tensor, noise: ImageNoise, n_samples: int) -> PerExample:
    x = to_tensor(x, like=vae.encoder.inputs[0])
    z_mean, z_log_var = vae.encode(x)
    log_px_z, squared = np.zeros(len(x)), np.zeros(len(x))
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


def elbo(
    vae: VAE,
    x: Images,
    n_samples: int = 1,
    *,
    batch_size: int = 500,
    seed: int = 0,
    verbose: Verbose = "auto",
) -> Array:
    """The ELBO of each image, ``(B,)``, in nats; see :func:`per_example`.

    In the book: Eq. (3.4).
    """
    terms = per_example(
        vae, x, n_samples=n_samples, batch_size=batch_size, seed=seed, verbose=verbose
    )
    return terms.elbo


def evaluate(
    vae: VAE,
    x: Images,
    n_samples: int = 1,
    *,
    batch_size: int = 500,
    seed: int = 0,
    verbose: Verbose = "auto",
) -> Scores:
    """Score a model on a set of images.

    Args, raises: as :func:`per_example`.

    Returns:
        :class:`Scores`: means over the images and their standard errors, which
        measure the choice of images and the noise together (NaN for one image).

    >>> from vae_lib import data, evaluation, pretrained
    >>> vae, sample = pretrained.load_pretrained("mlp", 2), data.load_sample()
    >>> scores = evaluation.evaluate(vae, sample.x_test, verbose=0)
    >>> print(f"{scores.elbo:.0f} +- {scores.elbo_se:.0f} nats per image")
    173 +- 9 nats per image
    """
    terms = per_example(
        vae, x, n_samples=n_samples, batch_size=batch_size, seed=seed, verbose=verbose
    )
    pairs = {name: mean_and_error(each) for name, each in terms._asdict().items()}
    means = {name: mean for name, (mean, _) in pairs.items()}
    errors = {f"{name}_se": error for name, (_, error) in pairs.items()}
    variance = getattr(vae.likelihood, "variance", None)
    return Scores(**means, **errors, variance=variance, n_images=len(x))


def _log_weight_chunks(
    vae: VAE,
    x: Images,
    n_samples: int,
    chunk_size: int,
    batch_size: int,
    seed: int,
    verbose: Verbose,
) -> Iterator[tuple[slice, slice, Array]]:
    """Yields ``(images, samples, log_w)``: slices, and log weights ``(k, b)``."""
    chunks = spans(whole("n_samples", n_samples), whole("chunk_size", chunk_size))
    parts = spans(len(x), whole("batch_size", batch_size))
    bar = progress_bar(len(parts) * len(chunks), verbose, unit_name="chunk")
    for images in parts:
        noise = ImageNoise(seed, range(images.start, images.stop), vae.latent_dim)
        for samples in chunks:
            drawn = noise.draw(samples.stop - samples.start)
            yield images, samples, to_numpy(vae.log_weights(x[images], noise=drawn))
            bar.add(1)


def log_weights(
    vae: VAE,
    x: Images,
    n_samples: int = 1,
    *,
    chunk_size: int = 50,
    batch_size: int = 40,
    seed: int = 0,
    verbose: Verbose = "auto",
) -> Array:
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
    check_images(x, "x", vae.image_shape)
    table = np.empty((whole("n_samples", n_samples), len(x)))
    sizes = n_samples, chunk_size, batch_size
    for images, samples, log_w in _log_weight_chunks(vae, x, *sizes, seed, verbose):
        table[samples, images] = log_w
    return table


def iwae(
    vae: VAE,
    x: Images,
    n_samples: int = 50,
    *,
    chunk_size: int = 50,
    batch_size: int = 40,
    seed: int = 0,
    verbose: Verbose = "auto",
) -> Array:
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

    >>> from vae_lib import data, evaluation, pretrained
    >>> vae, x = pretrained.load_pretrained("mlp", 2), data.load_sample().x_test[:20]
    >>> evaluation.iwae(vae, x, n_samples=50, verbose=0).shape
    (20,)
    """
    check_images(x, "x", vae.image_shape)
    total = np.full(len(x), -np.inf)
    sizes = n_samples, chunk_size, batch_size
    for images, _, log_w in _log_weight_chunks(vae, x, *sizes, seed, verbose):
        total[images] = np.logaddexp(total[images], log_sum_exp(log_w))  # (b,)
    return total - math.log(n_samples)


def bits_per_dim(nats: Bits, *, n_dims: int = 784, n_levels: int = 256) -> Bits:
    r"""Convert the log density of an image into bits for each of its pixels.

    .. math:: \log_2 M - \frac{\log p(x)}{D \ln 2}

    A density on [0, 1] knows nothing of grey levels: :math:`\log_2 M` bits give back
    the width 1/M of a level. The result bounds the length of a code for M-level images
    if the density is that of dequantised pixels (level + u) / M, with u uniform in
    [0, 1); for others, pixels / 255 included, it is only a change of unit.

    Args:
        nats: log density of an image with pixels in [0, 1], or a bound of it such as
            the ELBO: a number or ``(B,)``; higher is better.
        n_dims: D, pixels of an image.
        n_levels: M, 256 for 8-bit images; 1 if ``nats`` is the log probability of a
            discrete image, such as a binarised one.

    Returns:
        Bits per pixel in the shape of ``nats``; lower is better, and a lower bound of
        the log density becomes an upper bound.

    Raises:
        ValueError: if ``n_dims`` or ``n_levels`` is below 1.

    Source: Theis et al. (2016), section 3.1.

    In the book: Eqs. (5.11), (11.5).

    >>> from vae_lib import evaluation
    >>> print(f"{evaluation.bits_per_dim(543.4):.3f}")  # 784 log 2 nats are one bit
    7.000
    """
    n_dims, n_levels = whole("n_dims", n_dims), whole("n_levels", n_levels)
    return math.log2(n_levels) - nats / (n_dims * math.log(2.0))
