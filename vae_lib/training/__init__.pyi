from vae_lib.training.build import build_vae as build_vae
from vae_lib.training.checkpoints import Checkpoints as Checkpoints
from vae_lib.training.config import TrainConfig as TrainConfig
from vae_lib.training.loop import epoch_order as epoch_order
from vae_lib.training.loop import fit as fit
from vae_lib.training.optimizer import compile_default as compile_default
from vae_lib.training.run import train as train
from vae_lib.training.warmup import KLWarmup as KLWarmup
