"""Variational autoencoders, derived, built and measured.

The library behind the VAE book. Each module is one room, and imports only from the
lines above its own:

    data, distributions, gradients, layers, losses, plotting, results
    likelihoods, networks, objectives, public_losses
    models
    evaluation, weights
    classifier, pretrained
    report, surgery
    training
    cli, exercises

Modules load when first used, so that ``import vae_lib`` costs nothing and
``python -m vae_lib --help`` answers at once. Importing this package and Keras, in
either order, is enough for ``keras.saving.load_model`` to read a saved VAE.
"""

import importlib
from types import ModuleType

from vae_lib import _register

__version__ = "0.1.0"

__all__ = [
    "classifier",
    "data",
    "distributions",
    "evaluation",
    "exercises",
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
    "surgery",
    "training",
]


_register.when_keras_is_there()


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
