"""The report's fourteen figures, from the published weights."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from vae_lib import data, report


@pytest.fixture(scope="module")
def sample():
    return data.load_sample()


@pytest.mark.parametrize("number", report.FIGURES)
def test_every_figure_is_drawn(number, sample):
    axes = report.draw(number, sample)
    axes.figure.canvas.draw()
    pixels = np.asarray(axes.figure.canvas.buffer_rgba())[..., :3]
    assert pixels.std() > 5.0  # not a blank page
    plt.close(axes.figure)


def test_the_numbers_are_the_reports():
    assert list(report.FIGURES) == list(range(1, 15))
    kinds = [figure.kind for figure in report.FIGURES.values()]
    assert kinds[:4] == ["encoder", "decoder"] * 2
    assert kinds[4:9] == kinds[9:] == ["codes", "manifold", *["samples"] * 3]
    dims = [figure.latent_dim for figure in report.FIGURES.values()]
    assert dims[4:9] == dims[9:] == [2, 2, 2, 10, 20]


def test_the_same_samples_every_time(sample):
    images = []
    for _ in range(2):
        axes = report.draw(7, sample)
        images.append(axes.images[0].get_array())
        plt.close(axes.figure)
    np.testing.assert_array_equal(*images)


@pytest.mark.parametrize("number", [0, 15, "7", None])
def test_other_figures_are_refused(number, sample):
    with pytest.raises(ValueError, match="figures 1 to 14"):
        report.draw(number, sample)
