"""The widget "loss" says of a loss what vae_lib.losses says."""

import json
import re
import subprocess

import numpy as np
import pytest

from notebook_env import ROOT
from vae_lib import losses, pretrained
from vae_lib.public_losses import PUBLIC_LOSSES

pytestmark = pytest.mark.book

N_LOSSES = 200
WEIGHT = re.compile(r"KL weight (\S+) is")


def random_losses():
    """Losses as vae_lib has them, many of them with special weights."""
    random = np.random.default_rng(0)

    def pick(*options):
        return options[random.integers(len(options))]

    def weight(*special):
        return float(pick(10 ** random.uniform(-7, 4), *special))

    for _ in range(N_LOSSES):
        yield losses.WrittenLoss(
            pick(*losses.ERRORS),
            over_pixels=pick(*losses.REDUCTIONS),
            over_latents=pick(*losses.REDUCTIONS),
            error_weight=weight(1, 0.5, 784),
            kl_weight=weight(0, 1, 1 / 784, 2, 20),
            image_shape=pick((28, 28, 1), (32, 32, 3), (7, 5, 2)),
            latent_dim=pick(2, 20, 128),
            pixels=pick(*losses.PIXELS),
            extra_terms=pick((), (), ("perceptual", "adversarial")),
        )


def as_in_the_page(loss):
    """A loss as live/src/losses.js has it; a size that nothing divides by may lack."""
    return {
        "error": loss.error,
        "overPixels": loss.over_pixels,
        "overLatents": loss.over_latents,
        "errorWeight": loss.error_weight,
        "klWeight": loss.kl_weight,
        "imageShape": list(loss.image_shape or (28, 28, 1)),
        "latentDim": loss.latent_dim or 2,
        "pixels": loss.pixels,
        "extraTerms": list(loss.extra_terms),
    }


@pytest.fixture(scope="module")
def written():
    return list(random_losses())


@pytest.fixture(scope="module")
def page(node, written):
    done = subprocess.run(
        [node, ROOT / "tests" / "live" / "losses_of.mjs"],
        input=json.dumps([as_in_the_page(loss) for loss in written]),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_reads_200_losses_as_vae_lib_does(page, written):
    models = [losses.implied_model(loss) for loss in written]
    for model, found in zip(models, page["models"], strict=True):
        assert found["verdict"] == model.verdict
        assert found["likelihood"] == model.likelihood
        assert found["boundOn"] == model.bound_on
        for name in ("variance", "scale", "beta"):
            value = getattr(model, name)
            expected = value if value is None else pytest.approx(value, rel=1e-12)
            assert found[name] == expected, name
    verdicts = {model.verdict for model in models}
    assert verdicts == {"Gaussian", "Laplace", "Bernoulli", "not a bound"}


def test_gives_the_reasons_of_vae_lib(page, written):
    for loss, found in zip(written, page["models"], strict=True):
        reasons = losses.implied_model(loss).reasons
        # Each language writes small numbers its own way; beta is compared above.
        expected = [WEIGHT.sub("KL weight is", reason) for reason in reasons]
        assert [WEIGHT.sub("KL weight is", r) for r in found["reasons"]] == expected


def test_the_losses_to_start_from_are_those_of_public_code(page):
    rows = {row.name: row.loss for row in PUBLIC_LOSSES}
    for preset in page["presets"].values():
        assert preset["loss"] == as_in_the_page(rows[preset["row"]]), preset["row"]


def test_the_mark_of_the_learned_variance_is_that_of_the_published_network(page):
    variance = pretrained.load_pretrained("mlp", 2).likelihood.variance
    assert page["learned"] == pytest.approx(variance, abs=5e-7)
