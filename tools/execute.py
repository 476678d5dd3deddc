"""Execute the book's notebooks and keep what they print.

    python tools/execute.py                        every chapter, in the book's order
    python tools/execute.py book/03_elbo.ipynb     only these
    python tools/execute.py --record               also write book/results/*.json
    python tools/execute.py --check                run, write nothing, fail on an error
    python tools/execute.py --check --alone        each one copied into an empty folder,
                                                   with the vae_lib that is installed

A notebook runs in its own folder, in the environment that `pytest --nbval book` uses
(tools/notebook_env.py), so that its outputs can be compared later. It is written back
only when it ran to its end without an error. To draw the committed figures from the
full MNIST, name the file: VAE_LIB_MNIST=mnist.npz python tools/execute.py --record
"""

import argparse
import base64
import io
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from PIL import Image

import notebook_env
import notebooks

FAILURES = (CellExecutionError, CellTimeoutError, DeadKernelError)
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
# Without the version of Python, which would differ from one writer to the next.
LANGUAGE = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "pygments_lexer": "ipython3",
}


class ThisInterpreter(KernelSpecManager):
    """Starts the kernel with this Python, whatever kernels the machine knows."""

    def get_kernel_spec(self, kernel_name):
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


def run(path: Path, folder: Path, timeout: float) -> nbformat.NotebookNode:
    """Execute a notebook in a folder and return it; nothing is written."""
    notebook = nbformat.read(path, as_version=4)
    manager = AsyncKernelManager(kernel_spec_manager=ThisInterpreter())
    NotebookClient(
        notebook,
        km=manager,
        timeout=timeout,
        record_timing=False,
        coalesce_streams=True,  # how prints are grouped must not depend on timing
        # A kernel warns at each start that TCP is not encrypted; this one is local.
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    return notebook


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Drop the metadata that changes with the machine, the hour or the editor."""
    notebook.metadata["kernelspec"] = dict(KERNEL)
    notebook.metadata["language_info"] = dict(LANGUAGE)
    for cell in notebook.cells:
        for volatile in ("execution", "ExecuteTime", "collapsed", "scrolled"):
            cell.metadata.pop(volatile, None)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = lighter(data["image/png"])


def lighter(png: str) -> str:
    """The same picture and resolution in fewer bytes; both in base64.

    Matplotlib writes four channels; opaque figures get a palette of 256 colours. It
    changes nothing in a grid of grey digits, and in a scatter plot only some shades.
    """
    image = Image.open(io.BytesIO(base64.b64decode(png)))
    if image.mode != "RGBA" or image.getchannel("A").getextrema() != (255, 255):
        return png
    palette = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    file = io.BytesIO()
    palette.save(file, "PNG", optimize=True, dpi=image.info.get("dpi", (120, 120)))
    return base64.b64encode(file.getvalue()).decode("ascii")


def stderr_of(notebook: nbformat.NotebookNode) -> str:
    """What the cells wrote to standard error, which no reader should see."""
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    return "".join(o.text for o in outputs if o.get("name") == "stderr")


def execute(path: Path, options) -> bool:
    """Execute one notebook, print a line about it, and say whether it went well."""
    start = time.perf_counter()
    print(f"{os.path.relpath(path)} ... ", end="", flush=True)
    with tempfile.TemporaryDirectory() as empty:
        copy = shutil.copy(path, empty) if options.alone else path
        try:
            notebook = run(Path(copy), Path(copy).parent, options.timeout)
        except FAILURES as error:
            print(f"failed after {time.perf_counter() - start:.1f} s\n{error}")
            return False
    print(f"{time.perf_counter() - start:.1f} s")
    if noise := stderr_of(notebook):
        print(f"  wrote to standard error, which a page must not show:\n{noise}")
    if not options.check:
        tidy(notebook)
        notebooks.write(notebook, path)
    return not noise


def parse(arguments):
    """The options, checked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("notebooks", nargs="*", type=Path, help="default: every chapter of _toc.yml")
    add(
        "--check",
        action="store_true",
        help="write no notebook; exit with 1 on an error",
    )
    add("--record", action="store_true", help="let the notebooks write book/results")
    add("--alone", action="store_true", help="run copies alone, away from the checkout")
    add("--timeout", type=float, default=600, help="seconds a cell may take (600)")
    options = parser.parse_args(arguments)
    if options.alone and not options.check:
        parser.error("--alone needs --check: its outputs are not the book's")
    missing = [str(path) for path in options.notebooks if not path.is_file()]
    if missing:
        parser.error(f"no such notebook: {', '.join(missing)}")
    return options


def main(arguments=None) -> int:
    """Run the command; returns its exit status."""
    options = parse(arguments)
    notebook_env.apply(checkout=not options.alone)
    # Under pytest a kernel leaves the standard error of C++ libraries to the terminal;
    # this variable is how it knows. TensorFlow's remark that it found no GPU, which no
    # variable of its own silences, would else be an output here and none under nbval.
    os.environ.setdefault("PYTEST_CURRENT_TEST", "tools/execute.py")
    if options.record:
        os.environ["VAE_LIB_RECORD"] = "1"
    paths = options.notebooks or notebooks.chapters()
    if not paths:
        print("no notebooks: _toc.yml names none that exists")
    good = [execute(path.resolve(), options) for path in paths]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
