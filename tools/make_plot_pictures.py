"""Draw book/_static/plots/*.png: what each function of vae_lib.plotting draws.

    python tools/make_plot_pictures.py

From the models and the 5,000 digits that ship with the library, and a recorded
training: no MNIST is needed. The library's page shows the pictures.
"""

import sys

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt

from make_readme_picture import save
from notebook_env import ROOT
from vae_lib import data, evaluation, networks, plotting, pretrained, report, results

FOLDER = ROOT / "book" / "_static" / "plots"


def axes():
    """The name of each function and the Axes that it draws."""
    x, y = data.load_sample()[4:]
    plane = pretrained.load_pretrained("mlp", 2)
    ten = pretrained.load_pretrained("mlp", 10)
    codes, _ = evaluation.encode(plane, x, verbose=0)
    yield "latent_scatter", plotting.latent_scatter(codes, y, prior=True)
    images = plane.decode(plotting.prior_grid(12))
    yield "manifold", plotting.manifold(images)
    few, _ = evaluation.encode(ten, x[:8], verbose=0)
    pairs = report.decode_with_noise(ten, few.astype("float32"), seed=0)
    yield "reconstructions", plotting.reconstructions(x[:8], *pairs)
    drawn = report.draw_samples(ten, 20, seed=0)
    yield "samples", plotting.samples(*drawn)
    yield "image_grid", plotting.image_grid(x[:40])
    curves = results.load("pretrained_mlp_2")["curves"]
    yield "training_curves", plotting.training_curves(curves, "elbo")
    encoder, _ = networks.build("mlp", 2)
    yield "network_diagram", plotting.network_diagram(encoder)


def main():
    """Run the command; returns its exit status."""
    FOLDER.mkdir(exist_ok=True)
    for name, ax in axes():
        path = FOLDER / f"{name}.png"
        save(ax.figure, path)
        plt.close(ax.figure)
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
