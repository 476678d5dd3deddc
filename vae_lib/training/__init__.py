"""Training: :func:`fit`, its configuration, checkpoints that survive anything."""

from vae_lib.training.checkpoints import Checkpoints
from vae_lib.training.config import TrainConfig
from vae_lib.training.loop import KLWarmup, compile_default, epoch_order, fit

__all__ = [
    "Checkpoints",
    "KLWarmup",
    "TrainConfig",
    "compile_default",
    "epoch_order",
    "fit",
]
