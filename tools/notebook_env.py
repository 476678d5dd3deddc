"""The environment in which the book's notebooks run.

Read by conftest.py (which compares their outputs) and by tools/execute.py (which
writes them), so that a committed output is always made the way it is checked.
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# TensorFlow's start-up lines would be a stderr output in one run and not in another;
# the second of the defaults silences one more of them.
SILENT = {"TF_CPP_MIN_LOG_LEVEL": "3"}

DEFAULTS = {
    **SILENT,
    "TF_ENABLE_ONEDNN_OPTS": "0",
    # Without this a notebook would wait for a download of MNIST; a file named by
    # VAE_LIB_MNIST or in Keras's cache is still used.
    "VAE_LIB_OFFLINE": "1",
}

# What a notebook must not inherit: a kernel brings its own backend of matplotlib, which
# shows figures; recording is asked for by an option of tools/execute.py; the others
# change what is drawn or printed.
UNWANTED = ("MPLBACKEND", "MATPLOTLIBRC", "PYTHONWARNINGS")

# How many threads TensorFlow and NumPy use: each takes every core, unless told.
THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")


def apply(checkout: bool = True, kernels: bool = True) -> None:
    """Set the defaults that are not set already; put the checkout on PYTHONPATH.

    A kernel starts in its notebook's folder, so only the variable reaches it, and a
    relative VAE_LIB_MNIST would name another file there.

    Args:
        checkout: whether notebooks use the library of this checkout.
        kernels: whether notebooks will run, and not only unit tests, which may be run
            with another backend of matplotlib or with messages of TensorFlow.
    """
    os.environ.pop("VAE_LIB_RECORD", None)
    if kernels:
        os.environ.update(SILENT)
        for name in UNWANTED:
            os.environ.pop(name, None)
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > 1:  # they share the cores: more threads would only wait for each other
        share = str(max(1, (os.cpu_count() or 1) // workers))
        for name in THREADS:
            os.environ.setdefault(name, share)
    if named := os.environ.get("VAE_LIB_MNIST"):
        os.environ["VAE_LIB_MNIST"] = os.path.abspath(os.path.expanduser(named))
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if checkout and str(ROOT) not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, paths)])
