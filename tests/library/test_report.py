"""The report's figures, in both readings of its words, from the published weights."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from vae_lib import data, report


@pytest.fixture(scope="module")
def sample():
    return data.load_sample()


@pytest.mark.parametrize("number", [*report.FIGURES, *report.FEATURE_MAP_FIGURES])
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


def test_the_second_reading_has_the_same_figures_of_the_other_network():
    assert list(report.FEATURE_MAP_FIGURES) == [
        f"{n}-feature-map" for n in (4, 10, 11, 12, 13, 14)
    ]
    for name, figure in report.FEATURE_MAP_FIGURES.items():
        literal = report.FIGURES[int(name.split("-")[0])]
        assert (literal.network, figure.network) == ("conv", "conv_feature_map")
        assert (figure.kind, figure.latent_dim) == (literal.kind, literal.latent_dim)


def test_a_map_shows_the_circle_of_the_prior_and_ellipses_to_scale(sample):
    axes = report.draw("10-feature-map", sample)
    *ellipses, circle = axes.patches
    assert circle.width == circle.height == pytest.approx(2 * 2.4477, abs=1e-3)
    vae = report._published("conv_feature_map", 2)
    z_mean, z_log_var = map(np.asarray, vae.encode(sample.x_test))
    for ellipse in ellipses:
        at = np.abs(z_mean - ellipse.center).sum(axis=1).argmin()
        size = 2 * 2.4477 * np.exp(0.5 * z_log_var[at])
        np.testing.assert_allclose([ellipse.width, ellipse.height], size, rtol=1e-3)
    plt.close(axes.figure)


def test_the_same_samples_every_time(sample):
    images = []
    for _ in range(2):
        axes = report.draw(7, sample)
        images.append(axes.images[0].get_array())
        plt.close(axes.figure)
    np.testing.assert_array_equal(*images)


@pytest.mark.parametrize("number", [0, 15, "7", "5-feature-map", None])
def test_other_figures_are_refused(number, sample):
    with pytest.raises(ValueError, match="figures 1 to 14"):
        report.draw(number, sample)


def test_samples_are_means_and_their_noise(make_vae):
    vae = make_vae(latent_dim=3)
    means, noisy = report.draw_samples(vae, 500, seed=2)
    assert means.shape == noisy.shape == (500, 6, 6, 1)
    # Its variance, from 18,000 draws: four standard errors.
    width = 4 * np.sqrt(2 / means.size) * vae.likelihood.variance
    assert np.var(noisy - means) == pytest.approx(vae.likelihood.variance, abs=width)
    again = report.draw_samples(vae, 500, seed=2)
    np.testing.assert_array_equal(again, (means, noisy))
