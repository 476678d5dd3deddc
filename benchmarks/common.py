"""What every benchmark shares: where results go, and the machine they came from."""

import platform
import socket
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


def free_port():
    """A port of this machine that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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
