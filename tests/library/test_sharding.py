"""training on several devices of one process: the numbers of one, clear errors."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from notebook_env import ROOT
from vae_lib import training
from vae_lib.training import sharding

ON_JAX = keras.backend.backend() == "jax"

# 29 images in batches of 8: three full ones and one of 5, which two devices cannot
# share. JAX must know of its virtual devices before it computes anything.
SCRIPT = """
import json, sys
import keras, numpy as np
from vae_lib import evaluation, likelihoods, models, networks, surgery, training
from vae_lib.training import sharding

def make(batch_norm=False):
    keras.utils.set_random_seed(0)
    encoder = networks.mlp_encoder(2, (6, 6, 1), hidden_units=8)
    encoder = surgery.add_batch_norm(encoder) if batch_norm else encoder
    decoder = networks.mlp_decoder(2, (6, 6, 1), hidden_units=8)
    return models.VAE(encoder, decoder, likelihoods.Gaussian(), n_samples=2, seed=0)

x = np.random.default_rng(0).uniform(0.3, 0.7, (40, 6, 6, 1)).astype("float32")

def train(vae):
    stop = keras.callbacks.EarlyStopping("val_loss", 1e9, patience=3)
    history = training.fit(
        vae, x[:29], epochs=9, batch_size=8, x_val=x[29:], learning_rate=0.02,
        kl_warmup=2, callbacks=[stop], verbose=0
    )
    scores = evaluation.evaluate(vae, x, verbose=0)
    weights = [weight.tolist() for weight in vae.get_weights()]
    return {"history": history.history, "elbo": scores.elbo, "weights": weights}

def message(call):
    try:
        call()
    except (ValueError, FloatingPointError) as error:
        return str(error)

early = make()
one = [train(early), train(make(batch_norm=True))]
sharding.use_devices(2)
vae = make()
two = [train(vae), train(make(batch_norm=True))]
where = vae.encoder.weights[0].value.sharding.device_set
broken = make()
before = broken.get_weights()
wild = {"epochs": 50, "batch_size": 8, "learning_rate": 1e9, "verbose": 0}
diverged = message(lambda: training.fit(broken, x, **wild))
finite = all(np.isfinite(weight).all() for weight in broken.get_weights())
errors = {
    "early": message(lambda: training.fit(early, x, batch_size=8, verbose=0)),
    "odd": message(lambda: training.fit(vae, x, batch_size=15, verbose=0)),
    "many": message(lambda: sharding.use_devices(3)),
    "diverged": diverged,
}
devices_used = len(where)
json.dump([one, two, errors, finite, devices_used], sys.stdout)
"""


@pytest.fixture(scope="module")
def runs():
    """The same training on one device and on two, and what goes wrong on two."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JAX_NUM_CPU_DEVICES": "2"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


if ON_JAX:

    @pytest.mark.parametrize("batch_norm", [False, True])
    def test_two_devices_give_the_numbers_of_one(runs, batch_norm):
        one, two = (kinds[batch_norm] for kinds in runs[:2])
        assert runs[4] == 2  # devices used
        assert len(one["history"]["loss"]) == 4  # stopped early
        assert one["history"].keys() == two["history"].keys()
        for name, values in one["history"].items():
            np.testing.assert_allclose(two["history"][name], values, rtol=1e-5)
        assert two["elbo"] == pytest.approx(one["elbo"], rel=1e-5)
        for mine, reference in zip(two["weights"], one["weights"], strict=True):
            # Adam divides by the root of squared gradients and so enlarges rounding.
            np.testing.assert_allclose(mine, reference, atol=1e-4)

    def test_a_divergence_on_two_devices_ends_with_finite_weights(runs):
        _, _, errors, finite, _ = runs
        assert "were put back" in errors["diverged"] and finite

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("early", "The model was built before its distribution was set"),
            ("odd", "15, which 2 devices cannot share equally: use 14 or 16"),
            ("many", "devices is 3, but JAX has only cpu:0, cpu:1"),
        ],
    )
    def test_what_two_devices_cannot_do_is_named(runs, name, message):
        assert message in runs[2][name]

    def test_one_device_may_be_asked_for(make_vae, images, restored):
        sharding.use_devices(1)
        training.fit(make_vae(), images, epochs=1, batch_size=5, verbose=0)

    def test_a_split_model_is_refused(make_vae, images, restored):
        mesh = keras.distribution.DeviceMesh((1,), ["batch"], ["cpu:0"])
        layout = keras.distribution.LayoutMap(mesh)
        split = keras.distribution.ModelParallel(
            layout_map=layout, batch_dim_name="batch"
        )
        keras.distribution.set_distribution(split)
        with pytest.raises(ValueError, match="DataParallel, and ModelParallel is set"):
            training.fit(make_vae(), images, verbose=0)

else:

    def test_other_backends_refuse_devices(restored):
        with pytest.raises(ValueError, match="devices: only the JAX backend shares"):
            sharding.use_devices(2)

    def test_other_backends_refuse_a_distribution(make_vae, images, restored):
        vae = make_vae()
        shared = keras.distribution.DataParallel(devices=["cpu:0"])
        keras.distribution.set_distribution(shared)
        with pytest.raises(ValueError, match="DataParallel is set: only the JAX back"):
            training.fit(vae, images, verbose=0)


@pytest.fixture
def restored():
    """No distribution is left behind for other tests."""
    yield
    keras.distribution.set_distribution(None)


@pytest.mark.parametrize(
    ("batch_size", "number", "message"),
    [
        (128, 3, "batch_size is 128, which 3 devices cannot share equally: use 126 or"),
        (2, 4, "2, which 4 devices cannot share equally: use 4\\."),
    ],
)
def test_a_batch_must_be_shared_equally(batch_size, number, message):
    with pytest.raises(ValueError, match=message):
        sharding.check_batch(batch_size, number)
    sharding.check_batch(128, 4)


@pytest.mark.parametrize("number", [0, 1.5])
def test_devices_are_counted_in_whole_numbers(number):
    with pytest.raises(ValueError, match="devices must be a whole number of at least"):
        sharding.use_devices(number)
