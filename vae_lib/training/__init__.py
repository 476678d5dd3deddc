"""Training: :func:`fit`, its configuration, checkpoints that survive anything.

The names below load when first used, so that the command line can read the defaults of
:class:`TrainConfig` without waiting for Keras. ``__init__.pyi`` tells editors of them.
"""

import importlib

_MODULES = {
    "Checkpoints": "checkpoints",
    "KLWarmup": "warmup",
    "TrainConfig": "config",
    "build_vae": "build",
    "compile_default": "optimizer",
    "epoch_order": "loop",
    "fit": "loop",
    "train": "run",
}
__all__ = [*_MODULES]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        module = importlib.import_module(f"{__name__}.{_MODULES[name]}")
        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
