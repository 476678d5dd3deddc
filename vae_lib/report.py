"""The fourteen figures of the report that this book grew from, drawn again.

Each is drawn from the published weights in the order of the report, so that its
figure 6, say, is ``draw(6, mnist)``. Chapters 6 and 7 explain them; the appendix
compares them with the report, and ``python -m vae_lib figures`` writes them as files.

The report's sentence about the convolutional decoder can be read in two ways. Figures
4 and 10 to 14 are of the literal reading; those of the other one, a decoder with
feature maps, are in ``FEATURE_MAP_FIGURES`` under names such as ``"10-feature-map"``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from keras import ops

from vae_lib import evaluation, networks, plotting, pretrained
from vae_lib.data import MNIST
from vae_lib.models import VAE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "FEATURE_MAP_FIGURES",
    "FIGURES",
    "Figure",
    "decode_with_noise",
    "draw",
    "draw_samples",
]

N_SAMPLES = 20
N_GRID = 20  # images along each axis of the manifold
SEED = 1  # of the random codes and the noise


class Figure(NamedTuple):
    """One figure of the report: what it shows, and of which model."""

    kind: str  # a key of DRAW
    network: str
    latent_dim: int
    title: str


_MLP, _CONV = "multilayer perceptron", "convolutional network"
FIGURES: dict[int | str, Figure] = {
    1: Figure("encoder", "mlp", 2, f"Encoder, {_MLP}"),
    2: Figure("decoder", "mlp", 2, f"Decoder, {_MLP}"),
    3: Figure("encoder", "conv", 2, f"Encoder, {_CONV}"),
    4: Figure("decoder", "conv", 2, f"Decoder, {_CONV}"),
    5: Figure("codes", "mlp", 2, f"Codes in the plane, {_MLP}"),
    6: Figure("manifold", "mlp", 2, f"The manifold, {_MLP}"),
    7: Figure("samples", "mlp", 2, f"Samples, d = 2, {_MLP}"),
    8: Figure("samples", "mlp", 10, f"Samples, d = 10, {_MLP}"),
    9: Figure("samples", "mlp", 20, f"Samples, d = 20, {_MLP}"),
    10: Figure("codes", "conv", 2, f"Codes in the plane, {_CONV}"),
    11: Figure("manifold", "conv", 2, f"The manifold, {_CONV}"),
    12: Figure("samples", "conv", 2, f"Samples, d = 2, {_CONV}"),
    13: Figure("samples", "conv", 10, f"Samples, d = 10, {_CONV}"),
    14: Figure("samples", "conv", 20, f"Samples, d = 20, {_CONV}"),
}

FEATURE_MAP_FIGURES: dict[int | str, Figure] = {
    f"{number}-feature-map": FIGURES[number]._replace(
        network="conv_feature_map", title=f"{FIGURES[number].title}, feature maps"
    )
    for number in (4, 10, 11, 12, 13, 14)
}


def draw(number: int | str, mnist: MNIST, *, ax: Axes | None = None) -> Axes:
    """Draw one figure of the report from the published weights.

    Args:
        number: 1 to 14, as in the report, or ``"4-feature-map"`` and
            ``"10-feature-map"`` to ``"14-feature-map"`` for the second reading.
        mnist: a :class:`vae_lib.data.MNIST`; its test images make figures 5 and 10.
        ax: where to draw, ``None`` for a new figure.

    Returns:
        The matplotlib Axes.

    Raises:
        ValueError: if there is no such figure.

    >>> from vae_lib import data, report
    >>> ax = report.draw(6, data.load_sample())
    >>> report.FIGURES[6].title
    'The manifold, multilayer perceptron'
    """
    figures = {**FIGURES, **FEATURE_MAP_FIGURES}
    if number not in figures:
        others = ", ".join(map(repr, FEATURE_MAP_FIGURES))
        raise ValueError(
            f"The report has figures 1 to 14, not {number!r}; of the second reading "
            f"there are {others}."
        )
    figure = figures[number]
    return _DRAW[figure.kind](figure, mnist, ax)


def _diagram(figure: Figure, mnist: MNIST, ax: Axes | None) -> Axes:
    encoder, decoder = networks.build(figure.network, figure.latent_dim)
    model = encoder if figure.kind == "encoder" else decoder
    return plotting.network_diagram(model, ax=ax)


def _codes(figure: Figure, mnist: MNIST, ax: Axes | None) -> Axes:
    vae = _published(figure.network, figure.latent_dim)
    z_mean, z_log_var = evaluation.encode(vae, mnist.x_test, verbose=0)
    return plotting.latent_scatter(
        z_mean, mnist.y_test, ax=ax, z_log_var=z_log_var, prior=True
    )


def _manifold(figure: Figure, mnist: MNIST, ax: Axes | None) -> Axes:
    vae = _published(figure.network, figure.latent_dim)
    grid = plotting.prior_grid(N_GRID)
    return plotting.manifold(ops.convert_to_numpy(vae.decode(grid)), grid, ax=ax)


def _samples(figure: Figure, mnist: MNIST, ax: Axes | None) -> Axes:
    """Decoder means, as the report shows, and under them samples of the model."""
    vae = _published(figure.network, figure.latent_dim)
    return plotting.samples(*draw_samples(vae, N_SAMPLES, seed=SEED), ax=ax)


def draw_samples(vae: VAE, n: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Decoder means of codes from the prior, and the same with the likelihood's noise.

    The codes come from NumPy, so every backend shows the same digits.

    Args:
        vae: a :class:`vae_lib.models.VAE`.
        n: how many images.
        seed: of the codes and of the noise.

    Returns:
        The means and the noisy images, each ``(n, 28, 28, 1)``.
    """
    z = np.random.default_rng(seed).standard_normal((n, vae.latent_dim))
    return decode_with_noise(vae, z.astype("float32"), seed=seed)


def decode_with_noise(
    vae: VAE, z: np.ndarray, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The means of codes ``(n, d)``, and a sample of the likelihood of each."""
    x_logits = vae.decoder(z)
    noisy = vae.likelihood.sample(x_logits, seed=seed)
    means = vae.likelihood.mean(x_logits)
    return ops.convert_to_numpy(means), ops.convert_to_numpy(noisy)


@functools.cache
def _published(network: str, latent_dim: int) -> VAE:
    return pretrained.load_pretrained(network, latent_dim)


_DRAW: dict[str, Callable[[Figure, MNIST, Axes | None], Axes]] = {
    "encoder": _diagram,
    "decoder": _diagram,
    "codes": _codes,
    "manifold": _manifold,
    "samples": _samples,
}
