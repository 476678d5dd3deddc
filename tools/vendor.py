"""Fetches what the book takes from npm and carries along, unchanged.

    python tools/vendor.py                  all of it; npm is needed
    python tools/vendor.py reveal

The archive of a package is compared with the digest that npm publishes for its version,
and each file copied from it with its own. For another version change the tables below:
the digest of the archive is `npm view NAME@VERSION dist.integrity`, without "sha512-".
"""

import argparse
import base64
import hashlib
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from notebook_env import ROOT


@dataclass(frozen=True)
class Package:
    """A version of a package of npm, and the files of it that are copied."""

    name: str
    version: str
    integrity: str  # SHA-512 of the archive, in base 64
    target: Path
    files: dict[str, str]  # path in the package, and its SHA-256

    def problems(self, folder: Path | None = None) -> list[str]:
        """The copied files that are missing or not those of the package."""
        folder = folder or self.target
        paths = {name: folder / Path(name).name for name in self.files}
        return [
            path.name
            for name, path in paths.items()
            if not path.is_file() or _sha256(path.read_bytes()) != self.files[name]
        ]

    def archive(self, folder: Path) -> Path:
        """Fetch the archive; ValueError if it is not the one that npm published."""
        command = ["npm", "pack", f"{self.name}@{self.version}"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        (archive,) = folder.glob("*.tgz")
        digest = hashlib.sha512(archive.read_bytes()).digest()
        if (found := base64.b64encode(digest).decode()) != self.integrity:
            raise ValueError(
                f"archive of {self.name}: SHA-512 {found}, not {self.integrity}"
            )
        return archive

    def fetch(self) -> None:
        """Copy the files; nothing is written if one of them is not as expected."""
        with (
            tempfile.TemporaryDirectory() as folder,
            tarfile.open(self.archive(Path(folder))) as archive,
        ):
            read = {n: archive.extractfile(f"package/{n}").read() for n in self.files}
        for name, data in read.items():
            if _sha256(data) != self.files[name]:
                raise ValueError(f"{name} of {self.name} is not the one expected")
        for name, data in read.items():
            (self.target / Path(name).name).write_bytes(data)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


PACKAGES = {
    "micropython": Package(  # runs the exercises in the page
        "@micropython/micropython-webassembly-pyscript",
        "1.27.0",
        "DnXx4EqxgkeaFESrS3uKrL7mLMk4mRTd0mMzaOd3HUSi"
        "ZUOAE7t11uLnjf3ftF87N2xm4knHnWEKcVK4IYIUDA==",
        ROOT / "book" / "_exercises" / "micropython",
        {
            "micropython.mjs": (
                "c2be87e7ba24e3b47d133022b009a66bff07f4720aa23d816d216ef8cc47014c"
            ),
            "micropython.wasm": (
                "06338c955b03c5700aa0069015d3e392d76836ef8e2ce25bedbe59b88ccd373c"
            ),
        },
    ),
    "reveal": Package(  # shows the slides
        "reveal.js",
        "6.0.2",
        "JYIg5D9aoxoaLeb84O+OvAwsKWdIavVgEDScxtYEXFCT"
        "6t6TQrhNtSgogcjdCpdLsWglhJn3zyE3fUOwiH5KEg==",
        ROOT / "tools" / "slides" / "reveal",
        {
            "dist/reveal.js": (
                "aa1bbbf2617b23a623b23612cb3c5bdb63de512e652bf20fcfa832b045d37844"
            ),
            "dist/reveal.css": (
                "615ee850cbbb98a0f688b60ed37b21819a3f54c9f3e6f20e33e63693ab74a0c0"
            ),
            "LICENSE": (
                "b2883e4b610bfa1b4d8fff84c4d4b825cc7d553cbd9fec4777c04068a2859dc0"
            ),
        },
    ),
}


def main() -> None:
    """Fetch, compare, and copy the files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PACKAGES))
    names = parser.parse_args().names
    if unknown := set(names) - set(PACKAGES):
        parser.error(f"not one of {', '.join(PACKAGES)}: {', '.join(sorted(unknown))}")
    for package in [PACKAGES[name] for name in names or PACKAGES]:
        package.fetch()
        print(f"{package.name} {package.version} in {package.target.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
