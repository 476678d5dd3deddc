"""Pack the built book into one file that opens on any device without a network.

    jupyter-book build . && python tools/pack_site.py     # writes _build/vae-book.zip

A reader unpacks it and opens vae-book/index.html.
"""

import os
import zipfile
from pathlib import Path

from notebook_env import ROOT

SITE = Path(os.environ.get("VAE_LIB_SITE", ROOT / "_build" / "html"))
TARGET = SITE.parent / "vae-book.zip"
# What no page asks for: maps for developers, fonts of old browsers, the theme's script
# of icons, translations of its menus, and the files of a server.
LEFT_OUT = {".map", ".ttf", ".inv", ".buildinfo"}
NAMES_LEFT_OUT = {
    "fontawesome.js",
    "404.html",
    "sitemap.xml",
    ".buildinfo",
    ".nojekyll",
}


def files(site: Path) -> list[Path]:
    """The files that a reader needs, in one order."""
    found = (path for path in sorted(site.rglob("*")) if path.is_file())
    return [
        path
        for path in found
        if path.suffix not in LEFT_OUT
        and path.name not in NAMES_LEFT_OUT
        and "locales" not in path.parts
    ]


def pack(site: Path, target: Path) -> int:
    """Write the archive, the same for the same site, and return its size in bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files(site):
            name = f"vae-book/{path.relative_to(site).as_posix()}"
            entry = zipfile.ZipInfo(name)  # dated 1980: no clock in it
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return target.stat().st_size


if __name__ == "__main__":
    if not (SITE / "index.html").is_file():
        raise SystemExit(f"{SITE} holds no book: jupyter-book build .")
    print(f"{TARGET}: {pack(SITE, TARGET) / 1e6:.1f} MB")
