"""Training: :func:`fit`, its configuration, checkpoints that survive anything.

The names below load when first used, so that the command line can read the defaults of
:class:`TrainConfig` without waiting for Keras.
"""

import importlib

_MODULES = {
    "Checkpoints": "checkpoints",
    "KLWarmup": "warmup",
    "TrainConfig": "config",
    "build_vae": "build",
    "compile_configured": "loop",
    "compile_default": "loop",
    "epoch_order": "loop",
    "fit": "loop",
    "fold_batch_norm": ".surgery",  # where these two are at home
    "standardise_codes": ".surgery",
}

__all__ = [
    "Checkpoints",
    "KLWarmup",
    "TrainConfig",
    "build_vae",
    "compile_configured",
    "compile_default",
    "epoch_order",
    "fit",
]


def __getattr__(name):
    if name in _MODULES:
        module = importlib.import_module(f".{_MODULES[name]}", __name__)
        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
