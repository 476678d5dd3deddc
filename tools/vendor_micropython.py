"""Fetches MicroPython for WebAssembly, which runs the exercises in the page.

    python tools/vendor_micropython.py

It needs npm. The package's archive is compared with the digest that npm publishes for
this version, and two of its files are copied, unchanged, into
book/_exercises/micropython. For another version change the constants below: the digest
is `npm view NAME@VERSION dist.integrity`, without "sha512-".
"""

import base64
import hashlib
import subprocess
import tarfile
import tempfile
from pathlib import Path

from notebook_env import ROOT

TARGET = ROOT / "book" / "_exercises" / "micropython"
PACKAGE, VERSION = "@micropython/micropython-webassembly-pyscript", "1.27.0"
INTEGRITY = (
    "DnXx4EqxgkeaFESrS3uKrL7mLMk4mRTd0mMzaOd3HUSi"
    "ZUOAE7t11uLnjf3ftF87N2xm4knHnWEKcVK4IYIUDA=="
)
# The two files, with their SHA-256.
FILES = {
    "micropython.mjs": (
        "c2be87e7ba24e3b47d133022b009a66bff07f4720aa23d816d216ef8cc47014c"
    ),
    "micropython.wasm": (
        "06338c955b03c5700aa0069015d3e392d76836ef8e2ce25bedbe59b88ccd373c"
    ),
}


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def problems(folder: Path = TARGET) -> list[str]:
    """The files that are missing or not those of the package."""
    paths = {name: folder / name for name in FILES}
    return [
        name
        for name, path in paths.items()
        if not path.is_file() or digest(path) != FILES[name]
    ]


def fetch(folder: Path) -> Path:
    """The package's archive; ValueError if it is not the one that npm published."""
    command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--pack-destination", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    (archive,) = folder.glob("*.tgz")
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != INTEGRITY:
        raise ValueError(f"archive of {PACKAGE}: SHA-512 {found}, not {INTEGRITY}")
    return archive


def main() -> None:
    """Fetch, compare, and copy the files."""
    with (
        tempfile.TemporaryDirectory() as folder,
        tarfile.open(fetch(Path(folder))) as archive,
    ):
        for name in FILES:
            data = archive.extractfile(f"package/{name}").read()
            (TARGET / name).write_bytes(data)
    if wrong := problems():
        raise SystemExit(f"not the files of {VERSION}: {', '.join(wrong)}")
    print(f"MicroPython {VERSION} in {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
