"""Draw book/_static/readme.png: what a two-dimensional VAE decodes and encodes.

    python tools/make_readme_picture.py mnist.npz

Left the decoder's images on a grid of equal prior probability, right the codes of the
10,000 test images of MNIST, both from the shipped "mlp" model with two latents. The
file named is Keras's mnist.npz; without it the sources of data.load_mnist are tried.
"""

import argparse
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import keras
from matplotlib import pyplot as plt
from PIL import Image

from notebook_env import ROOT
from vae_lib import data, evaluation, plotting, pretrained

TARGET = ROOT / "book" / "_static" / "readme.png"
DPI = 150
N_COLORS = 128  # a palette: half the bytes, and no difference that an eye can see
MAX_BYTES = 250_000


def draw(vae, mnist):
    """A figure with the manifold on the left and the latent map on the right."""
    plotting.use_style()
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 4.8), dpi=DPI)
    images = keras.ops.convert_to_numpy(vae.decode(plotting.prior_grid(18)))
    plotting.manifold(images, ax=left, title="What the decoder draws")
    z_mean, _ = evaluation.encode(vae, mnist.x_test, verbose=0)
    title = "Where the encoder puts test digits"
    plotting.latent_scatter(z_mean, mnist.y_test, ax=right, title=title)
    return figure


def save(figure, path):
    """Write a PNG with a palette, whole or not at all, with no date or version."""
    temporary = path.with_suffix(".tmp.png")
    figure.savefig(temporary, dpi=DPI, metadata={"Software": None})
    with Image.open(temporary) as image:
        small = image.convert("RGB").quantize(N_COLORS, dither=Image.Dither.NONE)
    small.save(temporary, optimize=True)
    if temporary.stat().st_size > MAX_BYTES:
        raise ValueError(f"{temporary} is over {MAX_BYTES:,} bytes: lower DPI")
    temporary.replace(path)


def main(arguments=None):
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mnist", nargs="?", type=Path, help="Keras's mnist.npz")
    options = parser.parse_args(arguments)
    mnist = data.load_mnist(options.mnist)
    save(draw(pretrained.load_pretrained("mlp", 2), mnist), TARGET)
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
