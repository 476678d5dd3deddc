"""Fetch reveal.js, which shows the slides, unchanged into tools/slides/reveal.

    python tools/vendor_reveal.py           needs npm and a network

What comes must be what came before: the digests below are compared before anything is
written. For another version change VERSION and what `sha256sum` says of its files.
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "6.0.2"
TARGET = Path(__file__).with_name("slides") / "reveal"
DIGESTS = {
    "dist/reveal.js": (
        "aa1bbbf2617b23a623b23612cb3c5bdb63de512e652bf20fcfa832b045d37844"
    ),
    "dist/reveal.css": (
        "615ee850cbbb98a0f688b60ed37b21819a3f54c9f3e6f20e33e63693ab74a0c0"
    ),
    "LICENSE": ("b2883e4b610bfa1b4d8fff84c4d4b825cc7d553cbd9fec4777c04068a2859dc0"),
}


def main() -> int:
    """Run the command; returns its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        pack = ["npm", "pack", "--silent", f"reveal.js@{VERSION}"]
        subprocess.run(pack, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (packed,) = Path(folder).glob("*.tgz")
        with tarfile.open(packed) as archive:
            files = {
                name: archive.extractfile(f"package/{name}").read() for name in DIGESTS
            }
    for name, content in files.items():
        if hashlib.sha256(content).hexdigest() != DIGESTS[name]:
            print(f"{name} is not the one expected; nothing was written")
            return 1
    for name, content in files.items():
        (TARGET / Path(name).name).write_bytes(content)
    print(f"reveal.js {VERSION} in {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
