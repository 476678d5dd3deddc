"""Figures on their way to the page: drawn sharp, stored lightly, shown at one size."""

import base64
import importlib.util
import io
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from PIL import Image

import execute
from notebook_env import ROOT

pytestmark = pytest.mark.book


@pytest.fixture(scope="module")
def page():
    """The extension of the book that writes the images into its pages."""
    path = ROOT / "book" / "_ext" / "page.py"
    spec = importlib.util.spec_from_file_location("page_extension", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def encoded(pixels, **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", **options)
    return base64.b64encode(file.getvalue()).decode()


def decoded(png):
    return Image.open(io.BytesIO(base64.b64decode(png)))


def random_pixels(colours, seed=0):
    rng = np.random.default_rng(seed)
    palette = rng.integers(0, 256, size=(colours, 4), dtype=np.uint8)
    palette[:, 3] = 255
    return palette[rng.integers(0, colours, size=(90, 80))]


def test_a_stored_figure_is_lighter_and_the_same():
    pixels = random_pixels(200)
    png = encoded(pixels, dpi=(240, 240))
    light = execute.lighter(png)
    assert len(light) < len(png)
    image = decoded(light)
    assert image.mode == "P" and round(image.info["dpi"][0]) == 240
    np.testing.assert_array_equal(np.asarray(image.convert("RGBA")), pixels)


def test_shades_between_a_figures_colours_may_move_a_little():
    # Lines in ten colours on white, with every step between a colour and the paper.
    ends = np.random.default_rng(0).integers(0, 256, size=(10, 1, 3))
    steps = np.linspace(0.0, 1.0, 80)[None, :, None]
    pixels = np.full((10, 80, 4), 255, dtype=np.uint8)
    pixels[..., :3] = np.round(255 * (1 - steps) + ends * steps)
    found = np.asarray(decoded(execute.lighter(encoded(pixels))).convert("RGB"))
    off = np.abs(found.astype(int) - pixels[..., :3])
    assert 0 < off.max() <= 16 and off.mean() < 4


def test_a_transparent_figure_is_left_as_it_is():
    pixels = random_pixels(200)
    pixels[0, 0, 3] = 128
    png = encoded(pixels)
    assert execute.lighter(png) == png


@pytest.mark.parametrize(
    ("options", "size"),
    [({"dpi": (120, 120)}, (80, 90)), ({"dpi": (240, 240)}, (40, 45)), ({}, (80, 90))],
)
def test_the_page_shows_a_figure_at_the_size_of_its_inches(
    page, tmp_path, options, size
):
    path = tmp_path / "figure.png"
    path.write_bytes(base64.b64decode(encoded(random_pixels(9), **options)))
    assert page.css_size(path) == size


def test_a_notebook_draws_two_pixels_for_one(tmp_path, page):
    source = """
from matplotlib import pyplot as plt
from vae_lib import plotting
plotting.use_style()
plt.plot([1, 2])
plt.show()
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    path = tmp_path / "drawn.ipynb"
    nbformat.write(notebook, path)
    command = [sys.executable, str(ROOT / "tools" / "execute.py"), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    (output,) = nbformat.read(path, as_version=4).cells[0].outputs
    size = output.metadata["image/png"]
    image = decoded(output.data["image/png"])
    assert abs(image.width - 2 * size["width"]) <= 1
    assert "504x360" in output.data["text/plain"], "in the book's own inches"
    (tmp_path / "drawn.png").write_bytes(base64.b64decode(output.data["image/png"]))
    shown = page.css_size(tmp_path / "drawn.png")
    assert abs(shown[0] - size["width"]) <= 1


def test_the_page_and_the_library_agree_on_pixels_per_inch(page):
    from vae_lib.plotting import style

    assert page.PIXELS_PER_INCH == style.STYLE["figure.dpi"]
