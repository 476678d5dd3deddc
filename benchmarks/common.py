"""What every benchmark shares: where results go, and the machine they came from."""

import json
import os
import platform
from importlib import metadata
from pathlib import Path

from vae_lib import weights

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "book" / "results"
PACKAGES = ("vae_lib", "keras", "tensorflow", "jax", "torch", "numpy")


def machine():
    """The processor and the versions, for the record; no name of the machine."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def write(name, content, folder=None):
    """Write ``<name>.json`` into a folder (book/results), whole or not at all."""
    path = (folder or RESULTS) / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with weights.replacing(path) as stream:
        stream.write((json.dumps(content, indent=1) + "\n").encode())
    return path


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
