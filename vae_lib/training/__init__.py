"""Training: :func:`fit`, its configuration, checkpoints that survive anything.

The names below load when first used, so that the command line can read the defaults of
:class:`TrainConfig` without waiting for Keras.
"""

import importlib

_MODULES = {
    "Checkpoints": "checkpoints",
    "KLWarmup": "warmup",
    "Standardised": "standardise",
    "TrainConfig": "config",
    "add_batch_norm": "batch_norm",
    "build_vae": "build",
    "compile_configured": "loop",
    "compile_default": "loop",
    "epoch_order": "loop",
    "fit": "loop",
    "fold_batch_norm": "batch_norm",
    "live_units": "batch_norm",
    "standardise_codes": "standardise",
}

__all__ = [
    "Checkpoints",
    "KLWarmup",
    "Standardised",
    "TrainConfig",
    "add_batch_norm",
    "build_vae",
    "compile_configured",
    "compile_default",
    "epoch_order",
    "fit",
    "fold_batch_norm",
    "live_units",
    "standardise_codes",
]


def __getattr__(name):
    if name in _MODULES:
        module = importlib.import_module(f"{__name__}.{_MODULES[name]}")
        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
