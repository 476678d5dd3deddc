"""Make the stills of the live pages: each widget at rest, as a picture.

    jupyter-book build . && python tools/make_live_stills.py

A still is what a reader sees who prints the page, or whose browser runs no scripts. It
is the widget itself, photographed in the built book without its controls. Needs the
package playwright (the extra `site`) and a Chromium of the machine; run it after a
change of a widget's look, then build the book again.
"""

import io
import shutil
import sys

from PIL import Image

from notebook_env import ROOT

SITE = ROOT / "_build" / "html" / "book"
TARGET = ROOT / "book" / "_static" / "live" / "stills"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PAGES = (
    "intro",
    "live",
    "02_latent_line",
    "03_elbo",
    "04_reparameterisation",
    "05_gaussian_decoder",
    "13_break_it",
)
SCALE = 2  # pixels of a still for one of the page
PIXELS_PER_INCH = 120 * SCALE  # see book/_ext/page.py: 120 of the page are an inch
COLORS = 128
HIDDEN = """
.skip-link, .bd-header-article, .pst-back-to-top { display: none !important; }
.vae-live-sliders, .vae-live-choices, .vae-live-rowbox, .vae-live-line,
.vae-live-choice, .vae-live-menu, .vae-live-variance, .vae-live-note,
.vae-live button, .vae-live details { display: none !important; }
.vae-live-latents .vae-live-slider { display: grid !important; }
"""


def stills(page):
    """Name and PNG of each widget of the open page, once it has come to rest."""
    for root in page.query_selector_all(".vae-live[data-widget]"):
        root.scroll_into_view_if_needed()
        body = root.wait_for_selector(".vae-live-body[data-ready=true]")
        page.wait_for_timeout(1000)  # the posterior of the widget "draw"
        form = root.get_attribute("data-form")
        name = root.get_attribute("data-widget") + ("_small" if form == "small" else "")
        yield name, body.screenshot()


def save(name, screenshot):
    """Write a still with few colours: a third of the bytes, and no visible loss."""
    image = Image.open(io.BytesIO(screenshot)).convert("RGB")
    image = image.quantize(COLORS, kmeans=1, dither=Image.Dither.NONE)
    path = TARGET / f"{name}.png"
    dpi = (PIXELS_PER_INCH, PIXELS_PER_INCH)
    image.save(path, optimize=True, dpi=dpi)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


def main():
    """Take every picture."""
    from playwright.sync_api import sync_playwright

    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if not browser or not (SITE / "live.html").is_file():
        print(
            "make_live_stills.py: needs a Chromium and the built book", file=sys.stderr
        )
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        options = {"executable_path": browser, "args": ["--no-sandbox"]}
        chromium = playwright.chromium.launch(**options)
        viewport = {"width": 1280, "height": 900}
        page = chromium.new_page(viewport=viewport, device_scale_factor=SCALE)
        for name in PAGES:
            page.goto((SITE / f"{name}.html").as_uri())
            page.add_style_tag(content=HIDDEN)
            for found in stills(page):
                save(*found)
        chromium.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
