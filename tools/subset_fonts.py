"""Cut the book's two fonts down to what its pages draw.

    python tools/subset_fonts.py        # after `jupyter-book build .`

The theme's icon fonts weigh 274 kB for some thirty icons, the font of the formulas
403 kB. Written are book/_static/vendor/fontawesome/, which Sphinx copies over the
theme's own files, with the names of the icons for a test, and book/_static/formulas/.
Needs fontTools with Brotli (`pip install "fonttools[woff]"`) and the npm packages of
tools/formulas, which render_formulas.py installs.
"""

import json
import os
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

from fontTools import subset

import render_formulas
from notebook_env import ROOT

SITE = Path(os.environ.get("VAE_LIB_SITE", ROOT / "_build" / "html"))
STATIC = ROOT / "book" / "_static"
ICONS = STATIC / "vendor" / "fontawesome"
FORMULAS = STATIC / "formulas"
STIX = render_formulas.NODE / "node_modules" / "@fontsource" / "stix-two-math"
# Classes of size, not icons.
NOT_ICONS = {"fa-solid", "fa-regular", "fa-brands", "fa-lg", "fa-fw", "fa-sm"}
# Letters and digits of any formula to come: italic Latin and Greek, and upright.
LETTERS = [*range(0x20, 0x7F), *range(0x391, 0x3F7), 0x210E]
LETTERS += [*range(0x1D434, 0x1D468), *range(0x1D6A4, 0x1D6A6)]
LETTERS += range(0x1D6E2, 0x1D71C)


def cut(source: Path, target: Path, points, **options) -> None:
    """Write a font with these characters, and with what draws them large."""
    settings = subset.Options(flavor="woff2", **options)
    font = subset.load_font(source, settings)
    cutter = subset.Subsetter(settings)
    cutter.populate(unicodes=points)
    cutter.subset(font)
    target.parent.mkdir(parents=True, exist_ok=True)
    subset.save_font(font, target, settings)
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size} bytes")


def icon_classes() -> set[str]:
    """The icons that the pages of the built book name."""
    pages = "".join(p.read_text("utf-8") for p in SITE.rglob("*.html"))
    return set(re.findall(r"\bfa-[a-z-]+", pages)) - NOT_ICONS


def icons() -> None:
    """The theme's icons that the pages name, and those that its styles draw."""
    theme = Path(find_spec("pydata_sphinx_theme").origin).parent
    static = theme / "theme" / "pydata_sphinx_theme" / "static"
    css = (static / "styles" / "pydata-sphinx-theme.css").read_text("utf-8")
    names = icon_classes()
    points = {0xF107}  # of sphinx-book-theme: a section that can be opened
    for selectors, code in re.findall(r'([^{}]*)\{content:"\\(\w{4})"\}', css):
        if names & set(re.findall(r"\.(fa-[\w-]+):before", selectors)):
            points.add(int(code, 16))
    for value in re.findall(r'--pst-icon-[\w-]+: *"(.)"', css):
        points.add(ord(value))
    for name in ("fa-solid-900", "fa-brands-400", "fa-regular-400"):
        source = static / "vendor" / "fontawesome" / "webfonts" / f"{name}.woff2"
        cut(source, ICONS / "webfonts" / f"{name}.woff2", points)
    text = json.dumps(sorted(names), indent=1)
    (ICONS / "icons.json").write_text(text + "\n", "utf-8", newline="\n")


def formulas() -> None:
    """The mathematics font, with the sizes and the small forms of its characters."""
    table = json.loads(render_formulas.CACHE.read_text("utf-8"))["formulas"]
    mathml = "".join("".join(by.values()) for by in table.values())
    points = {ord(c) for c in re.sub(r"<[^>]*>", "", mathml)} | set(LETTERS)
    source = next((STIX / "files").glob("*.woff2"))
    features = ["ssty", "dtls", "ss01", "ss04"]
    target = FORMULAS / "stix-two-math.woff2"
    cut(source, target, points, layout_features=features)
    shutil.copyfile(STIX / "LICENSE", FORMULAS / "LICENSE")


if __name__ == "__main__":
    icons()
    formulas()
