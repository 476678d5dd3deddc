"""The table of public losses: its answers, and the form of its sources.

The spellings themselves are differentiated in test_loss_gradients.py, on small images.
"""

import doctest
import math
import re

import pytest

from vae_lib import losses, public_losses
from vae_lib.losses import implied_model
from vae_lib.public_losses import PUBLIC_LOSSES

# By hand from the code: verdict, then sigma, scale or beta.
EXPECTED = {
    "keras.io example": ("Bernoulli", 1.0),
    "Deep Learning with Python, 1st ed.": ("not a bound", 0.392),
    "Deep Learning with Python, 3rd ed.": ("not a bound", 0.5),
    "Keras guide to subclassing": ("Gaussian", 3.5),
    "Hands-On Machine Learning, 3rd ed.": ("Gaussian", math.sqrt(0.5)),
    "Berkeley CS294-158, homework 2": ("Gaussian", math.sqrt(0.5)),
    "pythae, older version": ("Gaussian", math.sqrt(0.5)),
    "pythae": ("Gaussian", 1.0),
    "PyTorch-VAE, training": ("Gaussian", math.sqrt(1.536)),
    "PyTorch-VAE, validation": ("Gaussian", math.sqrt(6144)),
    "Generative Deep Learning, 2nd ed.": ("Bernoulli", 2.048),
    "fast.ai course 2022, part 2": ("Bernoulli", 3.92),
    "disentangling-vae, gaussian": ("Gaussian", math.sqrt(1 / 510)),
    "disentangling-vae, laplace": ("Laplace", 1 / 3),
    "PyTorch example": ("Bernoulli", 1.0),
    "Neuromatch, generative models": ("learned variance", 1.0),
    "sigma-VAE": ("learned variance", 1.0),
    "sigma-VAE, its warning (mse_vae)": ("Gaussian", math.sqrt(150528)),
    "Stable Diffusion autoencoder": ("not a bound", 1e-6),
}


def test_every_row_has_its_answer():
    assert [row.name for row in PUBLIC_LOSSES] == list(EXPECTED)


@pytest.mark.parametrize("row", PUBLIC_LOSSES, ids=lambda row: row.name)
def test_a_row_is_read_as_by_hand(row):
    verdict, number = EXPECTED[row.name]
    model = implied_model(row.loss)
    assert model.verdict == verdict
    found = model.sigma or model.scale or model.beta
    assert math.isclose(found, number, rel_tol=1e-12)


@pytest.mark.parametrize("row", PUBLIC_LOSSES, ids=lambda row: row.name)
def test_a_row_names_its_source(row):
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", row.repository)
    assert re.fullmatch(r"[0-9a-f]{7}", row.commit)
    assert re.search(r"\.(py|ipynb|yaml)$", row.path)
    assert (
        row.url == f"https://github.com/{row.repository}/blob/{row.commit}/{row.path}"
    )


@pytest.mark.parametrize("module", [losses, public_losses])
def test_examples_run(module):
    tried = doctest.testmod(module)
    assert tried.attempted and not tried.failed
