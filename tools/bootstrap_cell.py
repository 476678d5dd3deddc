# @title Setup { display-mode: "form" }
# Finds vae_lib: installed, else in a folder above this one, else from the
# book's repository.
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = "https://github.com/vae-book/vae-book"
if importlib.util.find_spec("vae_lib") is None:
    folders = [Path.cwd(), *Path.cwd().parents]
    above = [p for p in folders if (p / "vae_lib/__init__.py").is_file()]
    if above:
        sys.path.insert(0, str(above[0]))
    else:
        source = "git+" + os.environ.get("VAE_LIB_REPOSITORY", REPOSITORY)
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
        out = subprocess.run([*pip, source], capture_output=True, text=True)
        if out.returncode:
            message = f"vae_lib cannot be installed: {source}\n"
            raise RuntimeError(message + out.stderr)
    importlib.invalidate_caches()
