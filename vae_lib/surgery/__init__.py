"""The same model with other weights, or without some of its layers."""

from vae_lib.surgery.batch_norm import add_batch_norm, fold_batch_norm, live_units
from vae_lib.surgery.even import even_layers
from vae_lib.surgery.standardise import Standardised, standardise_codes

__all__ = [
    "Standardised",
    "add_batch_norm",
    "even_layers",
    "fold_batch_norm",
    "live_units",
    "standardise_codes",
]
