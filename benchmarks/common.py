"""What every benchmark shares: where results go, and the machine they came from."""

import platform
from importlib import metadata
from pathlib import Path

from vae_lib.cli.setup import available_cpus

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "book" / "results"
PACKAGES = ("vae_lib", "keras", "tensorflow", "jax", "torch", "numpy")


def machine():
    """The processor and the versions, for the record; no name of the machine."""
    return {
        "processor": _processor(),
        "cores": available_cpus(),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _processor():
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
