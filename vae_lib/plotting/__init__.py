"""Figures: arrays in, Axes out.

Every function draws into the ``ax`` that it is given, or makes one figure in the
book's style when ``ax`` is ``None``, and returns the Axes. None of them runs a model,
shows or saves anything, and all check their arrays before a figure exists. Arrays may
be NumPy's or the tensors of any Keras backend. matplotlib loads with the first figure,
so that importing this module stays cheap.
"""

from vae_lib.plotting.curves import training_curves
from vae_lib.plotting.diagrams import network_diagram
from vae_lib.plotting.grids import manifold, prior_grid
from vae_lib.plotting.images import image_grid, mosaic, reconstructions, samples
from vae_lib.plotting.latent import latent_scatter
from vae_lib.plotting.style import DIGIT_COLORS, STYLE, use_style

__all__ = [
    "DIGIT_COLORS",
    "STYLE",
    "image_grid",
    "latent_scatter",
    "manifold",
    "mosaic",
    "network_diagram",
    "prior_grid",
    "reconstructions",
    "samples",
    "training_curves",
    "use_style",
]
