"""Variational autoencoders, derived, built and measured.

The library behind the VAE book. Each module is one room; imports never point back:

    distributions -> likelihoods -> models -> training, evaluation
    layers, networks, objectives ----^         data, plotting, pretrained

Modules load when first used, so that ``import vae_lib`` costs nothing and
``python -m vae_lib --help`` answers at once. Importing this package and Keras, in
either order, is enough for ``keras.saving.load_model`` to read a saved VAE.
"""

import importlib

from vae_lib import _register

__version__ = "0.1.0"

__all__ = [
    "classifier",
    "data",
    "distributions",
    "evaluation",
    "gradients",
    "layers",
    "likelihoods",
    "losses",
    "models",
    "networks",
    "objectives",
    "plotting",
    "pretrained",
    "public_losses",
    "report",
    "results",
    "training",
]


_register.when_keras_is_there()


def __getattr__(name):
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
