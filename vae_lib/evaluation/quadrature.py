r"""Exact :math:`\log p(x)` for two latent dimensions, by adding up a grid.

Codes are decoded once and shared by all images. Cells that hold no image's mass stay
coarse, the others are cut in four until halving the step changes nothing.
"""

import math
from typing import NamedTuple, TypeAlias

import numpy as np
from keras import ops
from numpy.typing import NDArray

from vae_lib._checks import positive, whole
from vae_lib._images import check_images
from vae_lib._tensors import to_tensor
from vae_lib._types import Array, Images, Verbose
from vae_lib.distributions import LOG_2PI
from vae_lib.evaluation._batches import progress_bar, spans
from vae_lib.evaluation.bounds import iwae
from vae_lib.evaluation.codes import encode
from vae_lib.models import VAE

# A cell is cut only if it, or a neighbour, holds more than e^-20 of some image.
NEGLIGIBLE = 20.0
MAX_LIMIT = 100.0  # an image with mass further out shows a model that has diverged
CODES_AT_ONCE = 2_000  # decoded together
TABLE_SIZE = 4_000_000  # numbers in one (images, codes) table: 32 MB in float64

Cells: TypeAlias = NDArray[np.int64]  # lower corners in steps, (G, 2)
Masks: TypeAlias = NDArray[np.bool_]
Bits: TypeAlias = NDArray[np.uint8]  # eight images of a mask in a number


class Quadrature(NamedTuple):
    """The result of :func:`quadrature`; arrays are float64."""

    log_px: Array  # (B,), nats
    error: Array  # (B,), nats: |change| when the step was last halved
    step: Array  # (B,), the last step
    limit: float  # the grid covers [-limit, limit] in both dimensions
    n_codes: int  # codes decoded


def quadrature(
    vae: VAE,
    x: Images,
    *,
    tolerance: float = 0.01,
    step: float = 0.1,
    max_halvings: int = 8,
    limit: float = 6.0,
    verbose: Verbose = "auto",
) -> Quadrature:
    r"""The log density of each image, by numerical integration over a 2-D latent space.

    .. math:: \log p(x) = \log \int p(x \mid z)\, p(z)\, dz \approx
        \log \sum_{g} h_g^2\, p(x \mid z_g)\, p(z_g)

    The sum runs over the centres of square cells of side h. For a smooth posterior its
    error falls faster than any power of h once h is near the posterior's standard
    deviation, so the change on halving is far above the error that remains.

    One grid over the prior serves all images, because a grid around the encoder's mean
    would miss a posterior's other modes and could fall below the IWAE bound.

    Args:
        vae: a :class:`vae_lib.models.VAE` with ``latent_dim`` 2.
        x: images, ``(B, 28, 28, 1)``.
        tolerance: an image is finished when halving changes it by less, in nats, and
            the step is no longer than the encoder's standard deviations.
        step: side of the first cells.
        max_halvings: how often the step is halved at most.
        limit: half the side of the first grid; grown while an image has mass at the
            edge.
        verbose: 1 shows a progress bar, ``"auto"`` does so in a terminal.

    Returns:
        :class:`Quadrature`. Where ``error`` is above the tolerance, ``max_halvings``
        was reached: the posterior is narrower than the last step can resolve.

    Raises:
        ValueError: if ``latent_dim`` is not 2, the images do not fit the model or a
            setting is not positive, or a posterior lies absurdly far out.

    In the book: Eqs. (1.4), (3.1).

    >>> from vae_lib import data, evaluation, pretrained
    >>> vae, x = pretrained.load_pretrained("mlp", 2), data.load_sample().x_test[:5]
    >>> exact = evaluation.quadrature(vae, x, tolerance=0.1, verbose=0)
    >>> bool(exact.log_px.mean() > evaluation.iwae(vae, x, verbose=0).mean())
    True
    """
    _check_two_latents(vae)
    check_images(x, "x", vae.image_shape)
    max_halvings = whole("max_halvings", max_halvings)
    tolerance, step = positive("tolerance", tolerance), positive("step", step)
    limit = positive("limit", limit)
    z_mean, z_log_var = encode(vae, x, verbose=0)
    narrowest = np.exp(0.5 * z_log_var).min(axis=1)  # (B,), standard deviations
    cells, limit, log_px, holds = _first_pass(vae, x, step, limit, z_mean)
    n_codes, error = len(cells), np.full(len(x), np.inf)
    steps, unfinished = np.full(len(x), step), np.arange(len(x))
    bar = progress_bar(max_halvings, verbose, unit_name="halving")
    for _ in range(max_halvings):
        # Cells at the encoder's mean, whatever the coarse grid saw there.
        seeds = np.floor(z_mean[unfinished] / step).astype("int64")
        cells = _halve(np.concatenate([cells[holds], seeds]))
        step /= 2.0
        n_codes += len(cells)
        log_sum, held_by = _integrate(
            vae, x[unfinished], cells, step, log_px[unfinished]
        )
        error[unfinished] = np.abs(log_sum - log_px[unfinished])
        log_px[unfinished], steps[unfinished] = log_sum, step
        still = (error[unfinished] >= tolerance) | (narrowest[unfinished] < step)
        holds = _held(held_by, still)
        unfinished = unfinished[still]
        bar.add(1)
        if not len(unfinished):
            break
    return Quadrature(log_px, error, steps, limit, n_codes)


def _check_two_latents(vae: VAE) -> None:
    if vae.latent_dim != 2:
        raise ValueError(
            f"quadrature needs latent_dim 2, this model has {vae.latent_dim}: a grid "
            "grows too fast with the dimension. Use evaluation.iwae instead, a lower "
            "bound for any latent_dim."
        )


def _first_pass(
    vae: VAE, x: Images, step: float, limit: float, z_mean: Array
) -> tuple[Cells, float, Array, Masks]:
    """Integrate on a square grid, so wide that no image has mass at its edge."""
    limit = max(limit, float(np.max(np.abs(z_mean))) + 2.0)
    # Rarely above log p(x): P(estimate > log p + b) < e^-b (Burda et al., app. B).
    estimate = iwae(vae, x, n_samples=10, verbose=0)
    while limit <= MAX_LIMIT:
        half = math.ceil(limit / step)
        one_axis = np.arange(-half, half)
        cells = np.stack(np.meshgrid(one_axis, one_axis), axis=-1).reshape(-1, 2)
        log_px, held_by = _integrate(vae, x, cells, step, estimate)
        holds = _held(held_by, np.ones(len(x), dtype=bool))
        at_edge = np.any((cells == -half) | (cells == half - 1), axis=1)
        if not np.any(holds & at_edge):
            return cells, half * step, log_px, holds
        limit *= 1.25
    raise ValueError(
        f"The model puts images at codes beyond |z| = {MAX_LIMIT:.0f}, where the "
        "prior has no mass: train it, or check its weights, before integrating."
    )


def _integrate(
    vae: VAE, x: Images, cells: Cells, step: float, log_px: Array
) -> tuple[Array, Bits]:
    """Add up cells of one size, ``(G, 2)`` whole numbers.

    Returns:
        The logarithm of each image's sum, ``(B,)``, and which cells hold more than
        e^-20 of which image's known ``log_px``, as bits, ``(ceil(B / 8), G)``.
    """
    log_sum, held_by = np.full(len(x), -np.inf), []
    images = to_tensor(x, like=vae.encoder.inputs[0])
    size = min(CODES_AT_ONCE, max(1, TABLE_SIZE // len(log_px)))
    for part in spans(len(cells), size):
        z = (cells[part] + 0.5) * step
        # Always `size` codes: a new shape would be compiled anew by some backends.
        padded = np.zeros((size, 2))
        padded[: len(z)] = z
        x_logits = vae.decoder(to_tensor(padded, like=vae.decoder.inputs[0]))
        table = ops.convert_to_numpy(vae.likelihood.log_prob_table(images, x_logits))
        log_prior = -0.5 * np.sum(z**2, axis=1) - LOG_2PI
        log_cell = log_prior + 2.0 * math.log(step)  # (g,), log of p(z) h^2
        log_mass = table[:, : len(z)] + log_cell.astype(table.dtype)  # (B, g)
        log_sum = np.logaddexp(log_sum, _log_sum_of_heavy(log_mass, log_sum))
        held_by.append(np.packbits(log_mass > (log_px - NEGLIGIBLE)[:, None], axis=0))
    return log_sum, np.concatenate(held_by, axis=1)


def _log_sum_of_heavy(values: np.ndarray, known: Array) -> Array:
    """Log-sum-exp over the last axis, ``(B,)``, in time for the few terms that count.

    What is negligible beside ``known`` is left out: most cells are, for most images.
    """
    top = np.maximum(values.max(axis=1), known)
    row, column = np.nonzero(values > (top - 2.0 * NEGLIGIBLE)[:, None])
    terms = np.exp(values[row, column].astype("float64") - top[row])
    sums = np.bincount(row, weights=terms, minlength=len(values))
    log_sums = np.full(len(values), -np.inf)  # of rows without a term
    return top + np.log(sums, out=log_sums, where=sums > 0.0)


def _held(held_by: Bits, images: Masks) -> Masks:
    """Which cells hold some of at least one of the images, a mask ``(B,)``."""
    return np.any(held_by & np.packbits(images)[:, None], axis=0)


def _halve(cells: Cells) -> Cells:
    """Children of the cells and of all their neighbours, each once, ``(G, 2)``."""
    around = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)])
    inside = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])
    grown = np.unique((cells[:, None] + around).reshape(-1, 2), axis=0)
    return (2 * grown[:, None] + inside).reshape(-1, 2)
