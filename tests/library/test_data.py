"""data: the sample, the subsets, the check of images. The full set: test_sources."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import scipy.stats
from sklearn.neighbors import KNeighborsClassifier

from vae_lib import data


@pytest.fixture(scope="module")
def sample():
    return data.load_sample()


def images_of(mnist):
    return np.concatenate([mnist.x_train, mnist.x_val, mnist.x_test])


def labels_of(mnist):
    return np.concatenate([mnist.y_train, mnist.y_val, mnist.y_test])


def test_sample_shapes_and_dtypes(sample):
    sizes = (4_000, 4_000, 500, 500, 500, 500)
    for i, (array, n) in enumerate(zip(sample, sizes, strict=True)):
        is_images = i % 2 == 0
        assert array.shape == ((n, 28, 28, 1) if is_images else (n,))
        assert array.dtype == (np.float32 if is_images else np.uint8)
    assert sample.is_sample


def test_sample_numbers_are_pinned(sample):
    images, labels = images_of(sample), labels_of(sample)
    assert images.min() == 0 and images.max() == 1
    pixels = np.rint(images * 255).astype(np.uint8)
    assert hashlib.sha256(pixels.tobytes()).hexdigest() == data.SAMPLE_DIGESTS["x"]
    assert hashlib.sha256(labels.tobytes()).hexdigest() == data.SAMPLE_DIGESTS["y"]
    assert data.SAMPLE_FILE.stat().st_size <= 1_200_000


def test_sample_is_balanced(sample):
    parts = (sample.y_train, sample.y_val, sample.y_test)
    for labels, each in zip(parts, (400, 50, 50), strict=True):
        np.testing.assert_array_equal(np.bincount(labels), np.full(10, each))


@pytest.mark.parametrize("labels", ["y_train", "y_val", "y_test"])
def test_sample_order_is_random_within_a_split(sample, labels):
    # "The first n" of a part must be as good as any n: class and place independent.
    quarters = np.split(getattr(sample, labels), 4)
    table = [np.bincount(quarter, minlength=10) for quarter in quarters]
    assert scipy.stats.chi2_contingency(table).pvalue > 0.01


def test_sample_splits_share_no_image(sample):
    images = images_of(sample).reshape(-1, 784)
    assert len(np.unique(images, axis=0)) == len(images) == 5_000


def test_sample_labels_fit_the_images(sample):
    # 1-NN with 5,000 training images is known to reach about 94 %; with labels that
    # are out of step by one it would reach 10 %.
    knn = KNeighborsClassifier(1).fit(sample.x_train.reshape(-1, 784), sample.y_train)
    assert knn.score(sample.x_test.reshape(-1, 784), sample.y_test) > 0.9


def test_sample_comes_from_the_reserved_images(sample):
    index = np.load(data.SAMPLE_FILE.with_name("mnist_sample_index.npy"))
    assert index.shape == (5_000,) and len(np.unique(index)) == 5_000
    assert data.RESERVED.start == 0 and index.max() < data.RESERVED.stop
    # The training file's first labels, as every tutorial prints them.
    first = labels_of(sample)[np.argsort(index)][:10]
    np.testing.assert_array_equal(np.sort(index)[:10], np.arange(10))
    np.testing.assert_array_equal(first, [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])


def test_a_damaged_or_missing_sample_is_an_error(monkeypatch, tmp_path):
    content = bytearray(data.SAMPLE_FILE.read_bytes())
    damaged = tmp_path / "sample.npz"
    monkeypatch.setattr(data, "SAMPLE_FILE", damaged)
    with pytest.raises(FileNotFoundError, match=r"no such file. Install vae_lib again"):
        data.load_sample()
    content[200_000] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(
        ValueError, match=r"'x' cannot be read .* Install vae_lib again"
    ):
        data.load_sample()


def test_subset_is_fixed_random_and_nested():
    subset = data.subset_indices(1_000)
    np.testing.assert_array_equal(subset[:5], [9394, 898, 2398, 5906, 2343])
    assert len(np.unique(subset)) == 1_000
    assert subset.min() >= 0 and subset.max() < 10_000
    for n in (1, 200, 500):
        np.testing.assert_array_equal(data.subset_indices(n), subset[:n])
    # 1,000 of 10,000 at random have 500 +- 15 in the first half: five deviations.
    assert abs((subset < 5_000).sum() - 500) < 75
    np.testing.assert_array_equal(
        np.sort(data.subset_indices(10_000)), np.arange(10_000)
    )


def test_subset_fits_the_sample_too(sample):
    subset = data.subset_indices(500, size=len(sample.x_test))
    np.testing.assert_array_equal(np.sort(subset), np.arange(500))
    assert not np.array_equal(subset, np.arange(500))
    np.testing.assert_array_equal(data.subset_indices(20, size=500), subset[:20])


@pytest.mark.parametrize(
    ("n", "size"), [(0, 10_000), (-1, 10_000), (501, 500), (1, 10_001), (1, 0)]
)
def test_subset_out_of_range(n, size):
    with pytest.raises(ValueError, match=f"n is {n} and size is {size}: choose 1 <= n"):
        data.subset_indices(n, size=size)


GOOD = np.linspace(0, 1, 3 * 784, dtype=np.float32).reshape(3, 28, 28, 1)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_check_images_returns_good_images_untouched(dtype):
    x = GOOD.astype(dtype)
    assert data.check_images(x) is x


def test_check_images_takes_another_shape():
    x = np.zeros((2, 6, 5, 3), np.float32)
    assert data.check_images(x, image_shape=(6, 5, 3)) is x


def with_value(value):
    x = GOOD.copy()
    x[1, 2, 3] = value
    return x


BAD_IMAGES = [
    (
        (GOOD * 255).astype(np.uint8),
        "x has dtype uint8, not float32: divide by 255 and",
    ),
    (GOOD > 0.5, "x has dtype bool, not float32: convert to float32"),
    (GOOD.astype(complex), "x has dtype complex128, not float32: convert"),
    (GOOD * 255, r"x has values from 0 to 255, outside \[0, 1\]: divide by 255"),
    (GOOD * 2 - 1, r"x has values from -1 to 1, outside \[0, 1\]: they look sc"),
    (with_value(np.nan), r"x has NaN or infinity in 1 of 3 images, first in x\[1\]"),
    (with_value(np.inf), r"x has NaN or infinity in 1 of 3 images, first in x\[1\]"),
    (with_value(-np.inf), r"x has NaN or infinity in 1 of 3 images, first in x\[1\]"),
    (GOOD[:0], r"x has no images, shape \(0, 28, 28, 1\): pass at least one"),
    (
        GOOD[..., 0],
        r"x has shape \(3, 28, 28\), .* add the channel axis: x\[\.\.\., No",
    ),
    (GOOD[0], r"x has shape \(28, 28, 1\), .* a single image pass x\[None\]"),
    (GOOD[0, ..., 0], r"x has shape \(28, 28\), .* pass x\[None, \.\.\., None\]"),
    (GOOD.reshape(3, 784), r"\(3, 784\), .* pass x.reshape\(-1, 28, 28, 1\)"),
    (GOOD.reshape(3, 1, 28, 28), r"\(3, 1, 28, 28\), .* np.moveaxis\(x, 1, -1\)"),
    (
        GOOD[:, 2:],
        r"x has shape \(3, 26, 28, 1\), not \(n, 28, 28, 1\): resize or crop",
    ),
    (np.array(1.0, np.float32), r"x has shape \(\), not \(n, 28, 28, 1\)"),
]


@pytest.mark.parametrize(("x", "message"), BAD_IMAGES)
def test_check_images_says_what_to_change(x, message):
    with pytest.raises(ValueError, match=message):
        data.check_images(x)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_rounding_is_no_reason_to_refuse(dtype, side):
    """Such as 1.0000002 after a resize with antialiasing."""
    x = with_value(0.5).astype(dtype)
    slack = 3 * np.finfo(x.dtype).eps
    x[0, 0, 0] = 1 + slack if side > 0 else -slack
    assert (x.max() > 1) or (x.min() < 0)
    assert data.check_images(x) is x


@pytest.mark.parametrize(
    ("x", "remedy"),
    [
        (with_value(1.08), "overshoot of an interpolation .*np.clip"),
        (with_value(-0.05), "overshoot of an interpolation .*np.clip"),
        (with_value(1.000_05), "values from 0 to 1.0000.*overshoot"),
        (GOOD * 255, "outside .*: divide by 255."),
        (GOOD * 200, "outside .*: divide by 255."),
        (GOOD * 300 - 20, r"divide by 255 and use np.clip\(x, 0, 1\)"),
        (GOOD * 65_535, "outside .*: divide by 65535."),
        ((GOOD * 65_535).astype("uint16"), "uint16, not float32: divide by 65535 and"),
        ((GOOD * 20).astype("uint8"), "uint8, not float32: divide by 255 and convert"),
        (GOOD.round().astype("uint8"), "uint8, not float32: convert to float32"),
        (GOOD.round().astype("int64"), "int64, not float32: convert to float32"),
        (GOOD * 16, "divide by the largest value of a pixel"),
        (GOOD * 2 - 1, r"scaled to \[-1, 1\]: use \(x \+ 1\) / 2"),
        ((GOOD - 0.13) / 0.31, "look standardised: undo it"),
    ],
)
def test_advice_fits_what_the_values_look_like(x, remedy):
    with pytest.raises(ValueError, match=remedy):
        data.check_images(x)


def test_check_images_names_the_argument_and_the_type():
    with pytest.raises(ValueError, match=r"^x_test has no images"):
        data.check_images(GOOD[:0], name="x_test")
    with pytest.raises(
        TypeError, match=r"x_val is of type list: .* np.asarray\(x_val\)"
    ):
        data.check_images([0.0], name="x_val")


def test_importing_data_loads_no_framework():
    frameworks = {"keras", "tensorflow", "jax", "torch"}
    code = f"import sys, vae_lib.data; print({frameworks} & set(sys.modules))"
    run = [sys.executable, "-W", "error", "-c", code]
    root = data.SAMPLE_FILE.parents[2]
    done = subprocess.run(run, capture_output=True, text=True, cwd=root)
    assert (done.stdout.strip(), done.stderr) == ("set()", "")
