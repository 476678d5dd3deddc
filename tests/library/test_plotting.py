"""Figures: the right numbers in the right places, checked on the artists."""

import itertools
import subprocess
import sys
from statistics import NormalDist
from types import SimpleNamespace

import matplotlib

matplotlib.use("Agg")

import keras
import numpy as np
import pytest
import scipy.stats
from matplotlib import colors as mcolors
from matplotlib import pyplot as plt

from vae_lib import networks, plotting

RNG = np.random.default_rng(7)
CODES = RNG.normal(size=(200, 2))
LABELS = np.arange(200) % 10
IMAGES = RNG.uniform(size=(12, 4, 5, 1))  # not square, so that axes cannot be swapped
HISTORY = {
    "elbo": [-50.0, 10.0, 20.0],
    "val_elbo": [-10.0, 15.0, 18.0],
    "rate": [5.0, 6.0, 7.0],
    "distortion": [45.0, -16.0, -27.0],
}
# Every function once, with valid arguments.
CALLS = {
    "latent_scatter": lambda **k: plotting.latent_scatter(CODES, LABELS, **k),
    "manifold": lambda **k: plotting.manifold(IMAGES[:9], **k),
    "image_grid": lambda **k: plotting.image_grid(IMAGES, title="Digits", **k),
    "samples": lambda **k: plotting.samples(IMAGES, IMAGES, **k),
    "reconstructions": lambda **k: plotting.reconstructions(IMAGES, IMAGES, **k),
    "training_curves": lambda **k: plotting.training_curves(HISTORY, "elbo", **k),
    "network_diagram": lambda **k: plotting.network_diagram(
        networks.mlp_encoder(2, (4, 5, 1), hidden_units=3), **k
    ),
}
every_function = pytest.mark.parametrize("draw", CALLS.values(), ids=CALLS)


@pytest.fixture(autouse=True)
def no_show_and_no_leak(monkeypatch):
    """Showing fails a test, and each begins and ends without figures."""
    monkeypatch.setattr(plt, "show", lambda *a, **k: pytest.fail("plt.show was called"))
    monkeypatch.setattr(plt.Figure, "show", plt.show)
    plt.close("all")
    yield
    plt.close("all")


def drawn(ax):
    """Render, so that a warning of the layout or a font becomes an error; then ax."""
    ax.figure.canvas.draw()
    return ax


def texts(ax):
    return [text.get_text() for text in ax.texts]


# What all functions share


@every_function
def test_makes_one_figure_in_the_books_style_and_leaves_the_settings_alone(draw):
    before = dict(matplotlib.rcParams)
    ax = drawn(draw())
    assert isinstance(ax, plt.Axes)
    assert plt.get_fignums() == [ax.figure.number]
    assert mcolors.to_hex(ax.figure.get_facecolor()) == "#ffffff"
    assert dict(matplotlib.rcParams) == before


@every_function
def test_text_keeps_nine_points_where_a_phone_shrinks_the_figure_to_its_width(draw):
    figure = drawn(draw()).figure
    with_labels = [t for t in figure.findobj(matplotlib.text.Text) if t.get_text()]
    shrink = min(1.0, 3.6 / figure.get_size_inches()[0])
    assert with_labels
    # 11 points at 4.2 inches are 9.4 at 3.6 inches.
    assert min(text.get_fontsize() for text in with_labels) * shrink >= 9


@every_function
def test_draws_into_given_axes_and_nowhere_else(draw):
    _, axes = plt.subplots(1, 2)
    assert draw(ax=axes[1]) is axes[1]
    assert len(plt.get_fignums()) == 1
    drawn(axes[1])
    assert not axes[0].has_data() and not axes[0].texts and not axes[0].patches
    assert axes[1].has_data() or axes[1].texts


@every_function
def test_refuses_an_array_of_axes(draw):
    _, axes = plt.subplots(1, 2)
    with pytest.raises(ValueError, match=r"ax must be one|as many Axes; ax holds 2"):
        draw(ax=axes)


@every_function
def test_the_same_call_draws_the_same_pixels(draw):
    first, second = (
        np.asarray(drawn(draw()).figure.canvas.buffer_rgba()).copy() for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_importing_loads_neither_keras_nor_matplotlib():
    code = (
        "import sys, vae_lib.plotting as p; p.prior_grid(3); "
        "print(sorted({'keras', 'tensorflow', 'jax', 'torch', 'matplotlib'} "
        "& set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_use_style_sets_what_the_functions_use():
    with matplotlib.rc_context():
        plotting.use_style()
        figure, _ = plt.subplots()
        assert matplotlib.rcParams["font.size"] >= 11
        assert figure.dpi == 120
        assert len(matplotlib.rcParams["axes.prop_cycle"]) == 10


def test_a_failure_while_drawing_leaves_no_figure(monkeypatch):
    monkeypatch.setattr(plt.Axes, "imshow", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        plotting.image_grid(IMAGES)
    assert plt.get_fignums() == []


# Colours

# Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def cielab(linear_rgb):
    to_xyz = [
        [0.4124, 0.3576, 0.1805],
        [0.2126, 0.7152, 0.0722],
        [0.0193, 0.1192, 0.9505],
    ]
    xyz = linear_rgb @ np.transpose(to_xyz) / [0.9505, 1.0, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


@pytest.mark.parametrize("vision", VISIONS)
def test_digit_colours_stay_apart_for_colour_blind_readers(vision):
    srgb = np.array([mcolors.to_rgb(color) for color in plotting.DIGIT_COLORS])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    lab = cielab(np.clip(linear @ np.transpose(VISIONS[vision]), 0, 1))
    # A difference of 2.3 is just noticeable; matplotlib's default ten fall to 5.
    for a, b in itertools.combinations(range(10), 2):
        assert np.linalg.norm(lab[a] - lab[b]) > 15, (a, b)
    for a, b in [(4, 9), (3, 8), (7, 9), (5, 8), (3, 5), (2, 6)]:
        assert np.linalg.norm(lab[a] - lab[b]) > 30, (a, b)


# latent_scatter


def test_scatter_draws_every_code_in_the_colour_of_its_digit():
    ax = drawn(plotting.latent_scatter(CODES, LABELS, title="Codes"))
    (points,) = ax.collections
    offsets = np.asarray(points.get_offsets())
    assert len(offsets) == len(CODES)
    for code, label in zip(CODES, LABELS, strict=True):
        (found,) = np.flatnonzero((offsets == code).all(axis=1))
        face = mcolors.to_hex(points.get_facecolors()[found])
        assert face == plotting.DIGIT_COLORS[label]
    assert ax.get_title() == "Codes"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$z_1$", "$z_2$")


def test_scatter_is_a_square_that_holds_every_code():
    codes = CODES * [1.0, 5.0] + [100.0, 0.0]
    ax = drawn(plotting.latent_scatter(codes, LABELS))
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert right - left == pytest.approx(top - bottom)
    assert ((codes > [left, bottom]) & (codes < [right, top])).all()
    box = ax.get_window_extent()
    assert box.width == pytest.approx(box.height, rel=0.01)


def test_scatter_names_digits_at_their_medians_and_in_the_legend():
    digits = np.repeat([0, 3, 7], [3, 3, 4])
    centres = {0: (0.0, 0.0), 3: (10.0, 0.0), 7: (0.0, 10.0)}
    codes = np.array([centres[d] for d in digits]) + 0.01 * CODES[:10]
    codes[2] = [0.0, 9.0]  # an outlier moves a mean, not a median of three
    ax = drawn(plotting.latent_scatter(codes, digits))
    assert texts(ax) == ["0", "3", "7"]
    for text, centre in zip(ax.texts, centres.values(), strict=True):
        assert text.get_position() == pytest.approx(centre, abs=0.05)
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["0", "3", "7"]
    shown = [handle.get_color() for handle in legend.get_lines()]
    assert shown == [plotting.DIGIT_COLORS[d] for d in (0, 3, 7)]


@pytest.mark.parametrize("spread", [0.0, 1e-9, 0.05])
def test_scatter_keeps_the_names_of_digits_apart_when_their_medians_meet(spread):
    codes = np.concatenate([spread * CODES[:20], [[-1.0, -1.0], [1.0, 1.0]]])
    ax = drawn(plotting.latent_scatter(codes, np.arange(22) % 10))
    discs = [text.get_bbox_patch().get_window_extent() for text in ax.texts]
    centres = [((b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2) for b in discs]
    widest = max(disc.width for disc in discs)
    for a, b in itertools.combinations(centres, 2):
        assert np.hypot(a[0] - b[0], a[1] - b[1]) > 0.9 * widest


def test_scatter_draws_posteriors_and_prior_to_scale():
    codes, log_var = [[0.0, 0.0], [0.5, 0.0]], np.log([[1.0, 4.0], [0.01, 0.01]])
    ax = drawn(plotting.latent_scatter(codes, [3, 4], z_log_var=log_var, prior=True))
    *ellipses, circle = ax.patches
    radius = np.sqrt(scipy.stats.chi2(df=2).ppf(0.95))  # of the region of 95 %
    sizes = {(tuple(e.center), e.width, e.height) for e in ellipses}
    expected = [((0.0, 0.0), 1.0, 2.0), ((0.5, 0.0), 0.1, 0.1)]
    assert len(sizes) == len(expected)
    for (at, wide, high), found in zip(expected, sorted(sizes), strict=True):
        assert found[0] == at
        assert found[1:] == pytest.approx((2 * radius * wide, 2 * radius * high))
    assert circle.center == (0.0, 0.0)
    assert (circle.width, circle.height) == pytest.approx((2 * radius, 2 * radius))
    assert ax.get_xlim()[0] < -radius and ax.get_xlim()[1] > radius


def test_scatter_refuses_log_variances_of_another_shape():
    with pytest.raises(ValueError, match=r"z_log_var must have the shape of the codes"):
        plotting.latent_scatter(CODES, LABELS, z_log_var=CODES[:5])
    assert plt.get_fignums() == []


def test_scatter_shows_a_single_code_and_a_collapsed_posterior():
    drawn(plotting.latent_scatter([[0.0, 0.0]], [3]))
    ax = drawn(plotting.latent_scatter(np.zeros((50, 2)), np.arange(50) % 10))
    assert ax.get_xlim()[0] < 0 < ax.get_xlim()[1]


@pytest.mark.parametrize(
    ("codes", "labels", "message"),
    [
        (np.zeros((5, 10)), np.zeros(5), r"need latent_dim 2.*got \(5, 10\).*PCA\(2\)"),
        (np.zeros(2), np.zeros(2), r"codes of shape \(n, 2\); got \(2,\)"),
        (np.zeros((0, 2)), [], r"got \(0, 2\)"),
        ([[0.0, np.nan]], [1], "codes holds 1 values that are NaN"),
        ([[0.0, np.inf]], [1], "codes holds 1 values that are NaN or infinite"),
        ([["a", "b"]], [1], "codes must be an array of numbers"),
        (CODES, LABELS[:-1], r"one digit for each of the 200 codes.*got \(199,\)"),
        (CODES, np.eye(10)[LABELS], r"labels must hold one digit.*got \(200, 10\)"),
        (CODES, LABELS + 1, "digits from 0 to 9, got 10"),
        (CODES, LABELS - 0.5, r"digits from 0 to 9, got -0\.5"),
    ],
)
def test_scatter_refuses(codes, labels, message):
    with pytest.raises(ValueError, match=message):
        plotting.latent_scatter(codes, labels)
    assert plt.get_fignums() == []


# prior_grid and manifold


@pytest.mark.parametrize("n", [2, 5, 20])
def test_prior_grid_is_the_inverse_cdf_of_cell_centres_read_from_the_top_left(n):
    quantile = NormalDist().inv_cdf
    expected = [
        (quantile((column + 0.5) / n), quantile((n - 1 - row + 0.5) / n))
        for row in range(n)
        for column in range(n)
    ]
    np.testing.assert_allclose(plotting.prior_grid(n), expected, rtol=1e-6, atol=1e-7)


def test_prior_grid_with_a_tail_begins_and_ends_there():
    z_1 = plotting.prior_grid(3, tail=0.05)[:3, 0]
    quantile = NormalDist().inv_cdf
    expected = [quantile(0.05), 0.0, quantile(0.95)]
    np.testing.assert_allclose(z_1, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 1}, "n must be a whole number of at least 2, got 1"),
        ({"n": 2.5}, r"n must be a whole number of at least 2, got 2\.5"),
        ({"n": True}, "n must be a whole number"),
        ({"tail": 0.0}, r"between 0 and 0\.5, got 0\.0"),
        ({"tail": 0.5}, r"between 0 and 0\.5, got 0\.5"),
        ({"tail": float("nan")}, "got nan"),
    ],
)
def test_prior_grid_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        plotting.prior_grid(**arguments)


def test_manifold_puts_each_image_where_its_code_lies():
    n, (height, width) = 4, (3, 5)
    codes = plotting.prior_grid(n)
    # Each image holds its own code, mapped into [0, 1], in its two top-left pixels.
    images = np.zeros((n * n, height, width, 1))
    images[:, 0, :2, 0] = 0.5 + codes / 10
    ax = drawn(plotting.manifold(images))
    (picture,) = ax.images
    pixels, (left, right, bottom, top) = picture.get_array(), picture.get_extent()
    assert (left, right, bottom, top) == (0, n * width, n * height, 0)
    assert picture.origin == "upper"
    # y falls along the screen's height: the first row of pixels is on top.
    assert ax.transData.transform((0, 0))[1] > ax.transData.transform((0, 1))[1]
    quantile = NormalDist().inv_cdf
    for row, column in itertools.product(range(n), range(n)):
        z_1 = (pixels[row * height, column * width] - 0.5) * 10
        z_2 = (pixels[row * height, column * width + 1] - 0.5) * 10
        assert z_1 == pytest.approx(quantile((column + 0.5) / n), abs=1e-5)
        assert z_2 == pytest.approx(quantile((n - row - 0.5) / n), abs=1e-5)


def tick_values(axis):
    names = [tick.get_text() for tick in axis.get_ticklabels()]
    return [float(name.replace("\N{MINUS SIGN}", "-")) for name in names]


def test_manifold_ticks_stand_at_their_quantile():
    n, size = 20, 4
    ax = drawn(plotting.manifold(np.zeros((n * n, size, size, 1))))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$z_1$", "$z_2$")
    cdf = NormalDist().cdf
    for axis, flip in ((ax.xaxis, False), (ax.yaxis, True)):
        values = tick_values(axis)
        assert len(values) >= 5 and 0.0 in values
        places = np.array(axis.get_ticklocs()) / (n * size)
        places = 1 - places if flip else places
        # Between two images the place is interpolated: within a tenth of an image.
        np.testing.assert_allclose(places, list(map(cdf, values)), atol=0.1 / n)


def test_manifold_takes_another_grid():
    z_2, z_1 = np.meshgrid([4.0, 1.0, -2.0], [-2.0, 0.0, 2.0], indexing="ij")
    codes = np.stack([z_1.ravel(), z_2.ravel()], axis=-1)
    ax = drawn(plotting.manifold(np.zeros((9, 3, 4, 1)), codes))
    # Columns are centred at 2, 6 and 10: four pixels for two units of z_1.
    assert tick_values(ax.xaxis) == [-1.5, -0.5, 0.0, 0.5, 1.5]
    np.testing.assert_allclose(ax.get_xticks(), [3.0, 5.0, 6.0, 7.0, 9.0])
    # Rows are centred at 1.5, 4.5 and 7.5: three pixels for three units, downwards.
    assert tick_values(ax.yaxis) == [-1.5, -0.5, 0.0, 0.5, 1.5]
    np.testing.assert_allclose(ax.get_yticks(), [7.0, 6.0, 5.5, 5.0, 4.0])


@pytest.mark.parametrize(
    ("count", "codes", "message"),
    [
        (12, None, r"fill a square.*got 12. Decode prior_grid\(n\)"),
        (1, None, "n at least 2; got 1"),
        (9, plotting.prior_grid(4), r"grid of 3 rows of 3.*prior_grid\(3\)"),
        (9, plotting.prior_grid(3)[::-1], "from the largest z_2"),
        (9, CODES[:9], "codes must be a grid of 3 rows"),
        (9, np.zeros((9, 10)), "need latent_dim 2, codes of shape"),
    ],
)
def test_manifold_refuses(count, codes, message):
    with pytest.raises(ValueError, match=message):
        plotting.manifold(np.zeros((count, 4, 4, 1)), codes)
    assert plt.get_fignums() == []


# Images


@pytest.mark.parametrize("pad", [0, 2])
@pytest.mark.parametrize("channels", [1, 3])
def test_mosaic_puts_images_in_reading_order_and_leaves_the_rest_as_paper(
    pad, channels
):
    images = RNG.uniform(0.2, 0.8, size=(5, 4, 6, channels))
    whole = plotting.mosaic(images, n_columns=3, pad=pad)
    assert whole.shape[:2] == (2 * 4 + pad, 3 * 6 + 2 * pad)
    paper = np.ones(whole.shape[:2], bool)
    for i, image in enumerate(images):
        rows = slice(i // 3 * (4 + pad), i // 3 * (4 + pad) + 4)
        columns = slice(i % 3 * (6 + pad), i % 3 * (6 + pad) + 6)
        expected = image[..., 0] if channels == 1 else image
        np.testing.assert_array_equal(whole[rows, columns], expected)
        paper[rows, columns] = False
    assert (whole[paper] == (0.0 if channels == 1 else 1.0)).all()


def test_image_grid_draws_the_mosaic_from_white_to_black():
    ax = drawn(plotting.image_grid(IMAGES, n_columns=5, title="Samples"))
    (picture,) = ax.images
    np.testing.assert_array_equal(
        picture.get_array(), plotting.mosaic(IMAGES, n_columns=5)
    )
    assert picture.get_clim() == (0.0, 1.0)
    assert picture.to_rgba(np.array([0.0, 1.0]))[:, :3].tolist() == [[1] * 3, [0] * 3]
    assert ax.get_title() == "Samples"
    assert list(ax.get_xticks()) == list(ax.get_yticks()) == []


def test_image_grid_has_no_more_columns_than_images():
    (picture,) = drawn(plotting.image_grid(IMAGES[:3], n_columns=10)).images
    assert picture.get_array().shape == (4, 3 * 5 + 2 * 2)


def test_image_grid_clips_noise_beyond_black_and_white():
    (picture,) = drawn(plotting.image_grid(3 * IMAGES - 1)).images
    assert picture.get_array().min() == 0 and picture.get_array().max() == 1


def test_image_grid_draws_colour():
    images = RNG.uniform(size=(2, 4, 4, 3))
    (picture,) = drawn(plotting.image_grid(images)).images
    np.testing.assert_array_equal(picture.get_array()[:, :4], images[0])


def test_tensors_of_the_backend_are_arrays_too():
    model = keras.Sequential([keras.layers.Dense(2)])
    codes = model(CODES.astype("float32"))  # on PyTorch this one tracks gradients
    ax = drawn(plotting.latent_scatter(codes, keras.ops.convert_to_tensor(LABELS)))
    assert len(ax.collections[0].get_offsets()) == len(CODES)


def test_samples_stand_below_their_means():
    means, noisy = IMAGES, IMAGES[::-1]
    ax = drawn(plotting.samples(means, noisy, n_columns=4))
    upper, lower = ax.images
    np.testing.assert_array_equal(
        upper.get_array(), plotting.mosaic(means, n_columns=4)
    )
    np.testing.assert_array_equal(
        lower.get_array(), plotting.mosaic(noisy, n_columns=4)
    )
    first, second = (text.get_window_extent() for text in ax.texts)
    boxes = [picture.get_window_extent() for picture in ax.images]
    # From the top: caption, means, caption, samples, and nothing overlaps.
    tops_down = [first, boxes[0], second, boxes[1]]
    for above, below in itertools.pairwise(tops_down):
        assert above.y0 >= below.y1 - 1
    assert "means" in texts(ax)[0] and "noise" in texts(ax)[1]
    assert boxes[1].y0 >= ax.get_window_extent().y0 - 1


@pytest.mark.parametrize("noisy", [None, IMAGES / 3])
def test_reconstructions_stand_below_their_originals(noisy):
    means = IMAGES / 2
    ax = drawn(plotting.reconstructions(IMAGES, means, noisy, n_columns=6))
    kinds = [IMAGES, means] + ([] if noisy is None else [noisy])
    names = ["original", "mean", "noisy"][: len(kinds)]
    assert [label.get_text() for label in ax.get_yticklabels()] == names * 2
    expected = [
        plotting.mosaic(kind[start : start + 6], n_columns=6)
        for start in (0, 6)
        for kind in kinds
    ]
    last_bottom = -1
    for picture, strip, place in zip(ax.images, expected, ax.get_yticks(), strict=True):
        np.testing.assert_array_equal(picture.get_array(), strip)
        _, _, bottom, top = picture.get_extent()
        assert last_bottom < top < place < bottom
        last_bottom = bottom
    assert ax.get_ylim() == (last_bottom, 0)


def test_the_last_group_of_reconstructions_may_be_short():
    ax = drawn(plotting.reconstructions(IMAGES, IMAGES, n_columns=8))
    widths = {picture.get_array().shape[1] for picture in ax.images}
    assert len(ax.images) == 4 and widths == {8 * 5 + 7 * 2}


BAD_IMAGES = [
    (np.zeros((3, 784)), r"images of shape \(n, height, width, 1\).*got \(3, 784\)"),
    (np.zeros((28, 28, 1)), r"got \(28, 28, 1\).*a single image with image\[None\]"),
    (np.zeros((0, 28, 28, 1)), r"n at least 1; got \(0, 28, 28, 1\)"),
    (np.zeros((3, 28, 28, 2)), r"got \(3, 28, 28, 2\)"),
    (np.full((1, 4, 4, 1), np.nan), "holds 16 values that are NaN"),
    (np.full((1, 4, 4, 1), 255, np.uint8), "whole numbers up to 255.*divide by 255"),
]


@pytest.mark.parametrize(("images", "message"), BAD_IMAGES)
@pytest.mark.parametrize(
    "draw",
    [
        plotting.image_grid,
        plotting.mosaic,
        plotting.manifold,
        lambda images: plotting.samples(images, images),
        lambda images: plotting.reconstructions(IMAGES, images),
    ],
)
def test_images_of_the_wrong_kind_are_refused(draw, images, message):
    with pytest.raises(ValueError, match=message):
        draw(images)
    assert plt.get_fignums() == []


def test_pictures_of_different_numbers_of_images_are_refused():
    few = IMAGES[:3]
    with pytest.raises(ValueError, match=r"must be equal.*means \(.*noisy \("):
        plotting.samples(IMAGES, few)
    with pytest.raises(ValueError, match=r"x \(12, 4, 5, 1\), x_mean \(3, 4"):
        plotting.reconstructions(IMAGES, few)
    with pytest.raises(ValueError, match=r"must be equal.*x \(.*x_noisy \("):
        plotting.reconstructions(IMAGES, IMAGES, few)
    with pytest.raises(ValueError, match=r"n_columns must be a whole number .* got 0"):
        plotting.image_grid(IMAGES, n_columns=0)
    assert plt.get_fignums() == []


# training_curves


def test_curves_draw_each_epoch_of_each_metric():
    axes = plotting.training_curves(SimpleNamespace(history=HISTORY))
    drawn(axes[0])
    assert len(plt.get_fignums()) == 1
    for ax, name in zip(axes, ("elbo", "rate", "distortion"), strict=True):
        keys = [key for key in (name, f"val_{name}") if key in HISTORY]
        for line, key in zip(ax.get_lines(), keys, strict=True):
            assert list(line.get_xdata()) == [1, 2, 3]
            assert list(line.get_ydata()) == HISTORY[key]
        assert name in ax.get_title(loc="left").lower()
        assert ax.get_ylabel() == "nats per image"
    assert axes[-1].get_xlabel() == "epoch"
    names = [text.get_text() for text in axes[0].get_legend().get_texts()]
    assert names == ["training", "validation"]
    training, validation = axes[0].get_lines()
    assert training.get_linestyle() != validation.get_linestyle()


def test_curves_read_a_real_history_and_show_a_single_epoch():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    history = model.fit(CODES[:4], CODES[:4, :1], epochs=1, verbose=0)
    ax = drawn(plotting.training_curves(history, "loss"))
    (line,) = ax.get_lines()
    assert list(line.get_ydata()) == history.history["loss"]
    assert line.get_marker() == "o"  # a line through one point would be invisible


def test_curves_name_whole_epochs_only():
    ax = drawn(plotting.training_curves({"elbo": [1.0, 2.0]}, "elbo"))
    assert all(tick == round(tick) for tick in ax.get_xticks())


def test_curves_of_several_metrics_fill_the_given_axes():
    _, axes = plt.subplots(3)
    returned = plotting.training_curves(HISTORY, ax=axes)
    assert list(returned) == list(axes)
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ([1.0, 2.0], "what fit returns, or a dict of lists; got list"),
        ({"loss": [1.0]}, "history has no 'elbo'; it holds 'loss'"),
        ({}, "history has no 'elbo'; it holds nothing"),
        ({"elbo": [1.0, np.nan]}, r"history\['elbo'\] holds 1 values that are NaN"),
        ({"elbo": [1.0, 2.0], "val_elbo": [1.0]}, "equally long; got shapes"),
        ({"elbo": []}, "one number for each epoch"),
        ({"elbo": 3.0}, "one number for each epoch"),
    ],
)
def test_curves_refuse(history, message):
    with pytest.raises(ValueError, match=message):
        plotting.training_curves(history, "elbo")
    assert plt.get_fignums() == []


# network_diagram

# Written by hand from the report's text and arithmetic, not from the models:
# inputs * units + units, and kernel * maps in * maps out + maps out.
DIAGRAMS = {
    "mlp": (
        ["x", "Flatten", "Dense", "z_mean", "z_log_var"],
        ["28 × 28 × 1", "784 values", 784 * 512 + 512, 512 * 2 + 2, 512 * 2 + 2],
        ["z", "Dense", "Dense", "x_logits"],
        ["2 values", 2 * 512 + 512, 512 * 784 + 784, "28 × 28 × 1"],
    ),
    "conv": (
        ["x", *["Conv2D"] * 4, "Flatten", "Dense", "z_mean", "z_log_var"],
        [
            "28 × 28 × 32 · 320 parameters",
            "64 maps, 3 × 3, stride 2, ReLU",
            *[9 * 32 * 64 + 64, 9 * 64 * 64 + 64, "12,544 values", 12544 * 32 + 32, 66],
        ],
        ["z", "Dense", "Reshape", "Conv2DTranspose", "x_logits"],
        [
            *[2 * 784 + 784, "32 maps, 3 × 3, stride 1, ReLU", 320],
            *["Conv2D, 1 map, 3 × 3, stride 1, linear", 9 * 32 + 1],
        ],
    ),
    "conv_feature_map": (
        ["x", *["Conv2D"] * 4, "Flatten", "Dense", "z_mean", "z_log_var"],
        ["14 × 14 × 64 · 18,496 parameters", 12544 * 32 + 32, 66],
        ["z", "Dense", "Reshape", "Conv2DTranspose", "x_logits"],
        [
            *["14 × 14 × 64", "32 maps, 3 × 3, stride 2, ReLU", 2 * 12544 + 12544],
            *[9 * 64 * 32 + 32, 9 * 32 + 1],
        ],
    ),
    "linear": (
        ["x", "Flatten", "z_mean", "z_log_var"],
        [784 * 2 + 2, "InputIndependent", "2 parameters"],
        ["z", "Dense", "x_logits"],
        [2 * 784 + 784, "784 values", "Reshape"],
    ),
}


def shown_parameters(ax):
    words = " ".join(texts(ax)).replace(",", "").split()
    pairs = itertools.pairwise(words)
    return [int(n) for n, noun in pairs if noun.startswith("parameter")]


def rectangles(ax):
    kind = matplotlib.patches.FancyBboxPatch
    return [p.get_window_extent() for p in ax.patches if isinstance(p, kind)]


def assert_each_text_is_in_one_box(ax):
    boxes = rectangles(ax)
    for a, b in itertools.combinations(boxes, 2):
        assert not a.overlaps(b)
    for text in ax.texts:
        (x0, y0), (x1, y1) = text.get_window_extent().get_points()
        assert (
            sum(
                box.x0 <= x0 and x1 <= box.x1 and box.y0 <= y0 and y1 <= box.y1
                for box in boxes
            )
            == 1
        ), text.get_text()


@pytest.mark.parametrize("network", DIAGRAMS)
@pytest.mark.parametrize("part", [0, 1], ids=["encoder", "decoder"])
def test_diagram_shows_every_layer_with_its_sizes(network, part):
    model = networks.build(network, 2)[part]
    ax = drawn(plotting.network_diagram(model))
    titles, facts = DIAGRAMS[network][2 * part : 2 * part + 2]
    bold = [text.get_text() for text in ax.texts if text.get_weight() == "bold"]
    assert bold == titles
    for fact in facts:
        fact = f"{fact:,} parameters" if isinstance(fact, int) else fact
        assert any(fact in text for text in texts(ax)), fact
    assert sum(shown_parameters(ax)) == model.count_params()
    assert f"{model.count_params():,} parameters" in ax.get_title()
    assert_each_text_is_in_one_box(ax)


def test_diagram_branches_into_both_heads_side_by_side():
    ax = drawn(plotting.network_diagram(networks.conv_encoder(2)))
    *_, hidden, mean, log_var = rectangles(ax)
    assert mean.y0 == log_var.y0 and mean.x1 < log_var.x0 and mean.y1 < hidden.y0
    arrows = [
        p for p in ax.patches if isinstance(p, matplotlib.patches.FancyArrowPatch)
    ]
    assert len(arrows) == 8  # nine boxes, each but the input read from one other


def test_diagram_fits_smaller_axes_by_smaller_text():
    _, axes = plt.subplots(1, 2, figsize=(6, 5))
    ax = drawn(plotting.network_diagram(networks.conv_encoder(2), ax=axes[0]))
    assert_each_text_is_in_one_box(ax)


def test_diagram_shows_merging_and_sequential_models():
    x = keras.Input((4,), name="x")
    left, right = keras.layers.Dense(3)(x), keras.layers.Dense(3, "gelu")(x)
    merged = keras.layers.Add(name="total")([left, right])
    model = keras.Model(x, merged, name="two_ways")
    model(keras.Input((4,)))  # a second use of its layers must not confuse the reader
    ax = drawn(plotting.network_diagram(model, title="Two ways"))
    assert [t.get_text() for t in ax.texts if t.get_weight() == "bold"] == [
        "x",
        "Dense",
        "Dense",
        "total",
    ]
    assert ax.get_title() == "Two ways" and "GELU" in texts(ax)
    assert sum(shown_parameters(ax)) == 2 * (4 * 3 + 3)

    chain = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="y")])
    ax = drawn(plotting.network_diagram(chain))
    assert texts(ax)[0] == "input"
    assert sum(shown_parameters(ax)) == 15


def test_diagram_refuses_what_it_cannot_draw():
    with pytest.raises(ValueError, match=r"Of a VAE pass vae.encoder or vae.decoder"):
        plotting.network_diagram(SimpleNamespace(layers=[1]))
    x = keras.Input((4,))
    h = keras.layers.Dense(4)(x)
    skip = keras.Model(x, keras.layers.Add(name="residual")([x, h]))
    with pytest.raises(ValueError, match="'residual' reads a layer more than one row"):
        plotting.network_diagram(skip)
    assert plt.get_fignums() == []


# What matplotlib is handed


def test_matplotlib_is_handed_what_a_caller_gives_and_else_the_books_choice():
    grid = plotting.prior_grid(2)
    points = plotting.latent_scatter(grid, [1, 2, 3, 4], s=7, rasterized=True)
    assert points.collections[0].get_sizes() == [7]
    assert points.collections[0].get_rasterized()
    assert points.collections[0].get_alpha() == 0.75
    line = plotting.training_curves(HISTORY, "elbo", linewidth=1).lines[0]
    assert line.get_linewidth() == 1 and line.get_label() == "training"
    for draw in (plotting.image_grid, plotting.manifold):
        (picture,) = draw(IMAGES[:4], cmap="viridis").images
        assert picture.get_cmap().name == "viridis"
        assert picture.get_clim() == (0.0, 1.0)
    with pytest.raises(AttributeError, match="colour"):
        plotting.latent_scatter(grid, [1, 2, 3, 4], colour="red")
    assert len(plt.get_fignums()) == 4  # none of the last call
    plt.close("all")
