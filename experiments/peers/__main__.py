"""Run one peer: ``python experiments/peers MODULE SETTINGS``, SETTINGS as JSON."""

import importlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(
    0, str(Path(__file__).resolve().parents[2])
)  # vae_lib, if not installed

from experiments.peers.link import Link, send


class Settings(SimpleNamespace):
    """What to train; the same for every peer."""

    def load(self, name):
        """Images ``(n, 28, 28, 1)``, float32."""
        import numpy as np

        return np.load(Path(self.folder) / f"{name}.npy")


if __name__ == "__main__":
    module, settings = sys.argv[1:]
    try:
        peer = importlib.import_module(f"experiments.peers.{module}")
    except ImportError as error:
        send(missing=str(error))
    else:
        peer.run(Settings(**json.loads(settings)), Link)
