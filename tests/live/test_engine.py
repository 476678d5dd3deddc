"""The engine of the live pages computes what vae_lib does with the same weights."""

import gzip
import shutil
import subprocess

import numpy as np
import pytest
from scipy import ndimage

import export_live
import live_format
from notebook_env import ROOT
from vae_lib import data, evaluation, pretrained, results

pytestmark = pytest.mark.book

LIVE = ROOT / "live"

NAMES = sorted(pretrained.index())
N_SAMPLES = 4  # of z for each image, in the bounds that are compared


@pytest.fixture(scope="session")
def sample():
    return data.load_sample()


@pytest.fixture(scope="session")
def models():
    """vae_lib's models, holding the weights of the committed files."""
    return {name: export_live.read_model(name)[0] for name in NAMES}


@pytest.fixture(scope="session")
def drawn(sample):
    """Fifty digits as a reader draws them: thicker, turned, moved."""
    random = np.random.default_rng(3)

    def draw(x):
        x = ndimage.grey_dilation(x, (2, 2)) if random.uniform() < 0.7 else x
        x = ndimage.rotate(x, random.uniform(-20, 20), reshape=False, order=1)
        return ndimage.shift(x, random.uniform(-2, 2, size=2), order=1).clip(0, 1)

    images = np.stack([draw(x) for x in sample.x_val[:50, ..., 0]])
    return images[..., None].astype("float32")


def test_the_tests_in_node(node):
    run = subprocess.run(
        [node, "--test", *sorted(map(str, (LIVE / "test").glob("*.test.js")))],
        cwd=LIVE,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_what_the_tests_in_node_build_with_is_installed():
    """Without it they skip the question whether what is committed is old."""
    missing = [
        n for n in ("esbuild", "wabt") if not (LIVE / "node_modules" / n).exists()
    ]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: npm ci in live/")


@pytest.mark.parametrize("name", NAMES)
def test_networks(ask, models, sample, name):
    vae, random = models[name], np.random.default_rng(0)
    noise = random.uniform(size=(100, 28, 28, 1)).astype("float32")
    images = np.concatenate([noise, sample.x_test[:100]])
    z = random.normal(size=(200, vae.latent_dim)).astype("float32")
    (found,) = ask([dict(task="networks", model=name, images=images, z=z)])
    means = np.asarray(vae.decode(z)).reshape(200, 784)
    assert np.abs(found["means"].reshape(means.shape) - means).max() <= 1e-5
    for head, wanted in zip(("mean", "logVar"), vae.encode(images), strict=True):
        # Numbers of size 1 to 10 after hundreds to thousands of additions in float32.
        assert np.abs(found[head] - np.ravel(wanted)).max() <= 3e-5


@pytest.mark.parametrize("name", NAMES)
def test_bounds_for_the_same_noise(ask, models, drawn, name):
    vae = models[name]
    shape = (N_SAMPLES, len(drawn), vae.latent_dim)
    noise = np.random.default_rng(1).normal(size=shape).astype("float32")
    request = dict(task="elbos", model=name, images=drawn, samples=N_SAMPLES)
    (found,) = ask([request | {"noise": noise.swapaxes(0, 1)}])
    vae.n_samples = N_SAMPLES
    wanted = vae.elbo_terms(drawn, noise=noise)
    assert np.abs(found["elbo"] - np.asarray(wanted.elbo)).max() <= 0.05
    assert np.abs(found["rate"] - np.asarray(wanted.rate)).max() <= 1e-3


def test_exact_posterior(ask, models, sample, drawn):
    images = np.concatenate([sample.x_test[:12], drawn[:8]])
    (found,) = ask([dict(task="posteriors", model="mlp_2", images=images)])
    wanted = evaluation.quadrature(models["mlp_2"], images, verbose=0)
    assert np.abs(found["logPx"] - wanted.log_px).max() <= 0.1
    assert found["mass"].min() > 1 - 1e-5


def normalise(sheet):
    """A drawing as MNIST has it, by another way: sums of ink, interpolated at edges."""
    rows, columns = np.nonzero(sheet.any(axis=1))[0], np.nonzero(sheet.any(axis=0))[0]
    box = sheet[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(float)
    side = max(box.shape) / 20  # of a new pixel, in old ones
    for axis in (0, 1):
        edges = np.arange(np.ceil(box.shape[axis] / side - 1e-9) + 1) * side
        sums = np.insert(np.cumsum(box, axis=axis), 0, 0, axis=axis)
        at = np.arange(box.shape[axis] + 1)
        ink = np.apply_along_axis(
            lambda s, x=edges, a=at: np.interp(x, a, s), axis, sums
        )
        box = np.diff(ink, axis=axis) / side
    image = np.zeros((28, 28))
    image[: box.shape[0], : box.shape[1]] = box
    move = np.round(14 - np.array(ndimage.center_of_mass(image))).astype(int)
    return np.roll(image, np.clip(move, 0, 28 - np.array(box.shape)), axis=(0, 1))


def test_drawings_are_normalised_as_by_numpy(ask, sample):
    random, sheets = np.random.default_rng(4), np.zeros((20, 90, 120), "float32")
    for sheet, x in zip(sheets, sample.x_val[:20, ..., 0], strict=True):
        scale = random.uniform(0.5, 3)
        drawing = ndimage.zoom(x, (scale, scale * random.uniform(0.7, 1.3)), order=1)
        drawing = drawing[:90, :120]
        height, width = drawing.shape
        top, left = random.integers(91 - height), random.integers(121 - width)
        sheet[top : top + height, left : left + width] = drawing.clip(0, 1)
    (found,) = ask([dict(task="drawings", sheets=sheets, width=120, height=90)])
    wanted = np.stack([normalise(sheet) for sheet in sheets])
    np.testing.assert_allclose(found["images"].reshape(wanted.shape), wanted, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_of_the_published_model(models, name):
    published = pretrained.index()[name]["sha256"]
    vae, payloads = export_live.read_model(name)
    for payload in payloads.values():
        assert payload["sha256"] == published, "run tools/export_live.py"
        assert payload["latentDim"] == vae.latent_dim
        assert payload["variance"] == pytest.approx(vae.likelihood.variance, rel=1e-12)
    assert results.load("live")["models"][name]["sha256"] == published


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_what_the_tool_makes(name):
    # Arrays and not bytes: another build of zlib may pack them into other bytes.
    _, payloads = export_live.read_model(name)
    for half, weights in export_live.halves(export_live.load(name)).items():
        committed = live_format.unpack(payloads[half])
        committed.pop(export_live.CODES, None)
        assert weights.keys() == committed.keys()
        for weight, array in weights.items():
            np.testing.assert_array_equal(
                live_format.rounded(array), committed[weight], err_msg=weight
            )


def test_the_recorded_cost_is_below_half_a_nat_at_every_d():
    record = results.load("live")
    assert set(record["models"]) == set(NAMES)
    for name, model in record["models"].items():
        difference = model["elbo"] - model["elbo_rounded"]
        assert model["cost"] == pytest.approx(difference, abs=1e-3)
        assert model["cost"] < export_live.MOST_NATS, name


def test_the_recorded_cost_is_what_is_measured(models, sample):
    # The model that loses most; other machines round the ELBO otherwise, by 0.01 nats.
    recorded = results.load("live")["models"]["mlp_20"]
    found = evaluation.elbo(models["mlp_20"], sample.x_test, N_SAMPLES, verbose=0)
    assert found.mean() == pytest.approx(recorded["elbo_rounded"], abs=0.05)


def test_what_the_introduction_loads_is_small():
    folder = ROOT / "book" / "_static" / "live"
    pair = [folder / "weights" / f"mlp_2.{half}.js" for half in export_live.HALVES]
    files = [*pair, folder / "digits.js", folder / "live.js"]
    # Over the wire; 1.5 MB for all of the page.
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < 800_000


def test_codes_of_the_test_digits(models, sample):
    for name in ("mlp_2", "conv_2", "conv_feature_map_2"):
        _, payloads = export_live.read_model(name)
        codes = live_format.unpack(payloads["decoder"])[export_live.CODES]
        heads = np.stack(evaluation.encode(models[name], sample.x_test, verbose=0))
        assert np.abs(codes - heads).max() <= 3e-5  # rounding of float32


def test_digits_are_those_of_the_sample(sample):
    folder = ROOT / "book" / "_static" / "live"
    for file, part in (("digits", "test"), ("digits_train", "train")):
        arrays = live_format.unpack(export_live.read_script(folder / f"{file}.js"))
        images = getattr(sample, f"x_{part}")
        assert np.array_equal(arrays["images"], np.round(images * 255).reshape(-1, 784))
        assert np.array_equal(arrays["labels"], getattr(sample, f"y_{part}"))


def test_the_tool_writes_whole_or_not_at_all(tmp_path, monkeypatch, capsys):
    assert export_live.main(["mlp_2", "--output", str(tmp_path)]) == 0
    made = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.js"))
    halves = [f"weights/mlp_2.{half}.js" for half in ("decoder", "encoder")]
    assert made == ["digits.js", "digits_train.js", *halves]
    assert "cost" in capsys.readouterr().out
    shutil.rmtree(tmp_path)
    monkeypatch.setattr(export_live, "MOST_NATS", -1.0)
    assert export_live.main(["mlp_2", "--output", str(tmp_path)]) == 1
    assert "Rounding costs mlp_2" in capsys.readouterr().err
    assert not tmp_path.exists()


def test_the_tool_names_an_unknown_model(capsys):
    with pytest.raises(SystemExit):
        export_live.main(["mlp_3"])
    assert "no published model ['mlp_3']; there are conv_10" in capsys.readouterr().err


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "mlp_2.encoder.js"
    path.write_text("alert(1)")
    with pytest.raises(ValueError, match=r"no file of tools/export_live.py"):
        export_live.read_script(path)
    with pytest.raises(ValueError, match="hidden/kernel holds NaN"):
        live_format.pack({"hidden/kernel": np.full((2, 2), np.nan)})
