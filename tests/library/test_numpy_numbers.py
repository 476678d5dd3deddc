"""NumPy's numbers are numbers: sizes, counts, seeds and rates, in files, too."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from vae_lib import evaluation, layers, likelihoods, networks, training
from vae_lib._checks import real, seed_or_none, whole

KINDS = [np.int64, np.int32, np.uint8, np.array]


@pytest.mark.parametrize("kind", KINDS)
def test_whole_numbers_of_numpy_are_whole_numbers(kind):
    for check in (whole("n", kind(3)), seed_or_none(kind(3))):
        assert check == 3 and type(check) is int
    for wrong in (np.float32(3), np.bool_(True), np.array([3]), np.array(2.5), True):
        with pytest.raises(ValueError, match="n must be a whole number of at least 1"):
            whole("n", wrong)


def test_real_numbers_of_numpy_are_real_numbers():
    for kind in (np.float32, np.float64, np.float16, np.array):
        assert real(kind(0.5)) == 0.5 and type(real(kind(0.5))) is float
    for wrong in ("0.5", None, True, np.bool_(True), np.array([0.5]), 1j):
        assert np.isnan(real(wrong))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", list(networks.NETWORKS))
def test_networks_take_them_and_can_be_saved(tmp_path, name, kind):
    shape = tuple(kind(n) for n in (6, 6, 1))
    for network in networks.build(name, kind(2), shape):
        json.dumps(network.get_config())
        network.save(Path(tmp_path) / "network.keras")
    assert json.dumps(layers.InputIndependent(kind(2)).get_config())


@pytest.mark.parametrize("kind", KINDS)
def test_a_configuration_of_them_is_one_of_pythons_own(kind):
    floats = np.float32 if kind is not np.array else np.array
    config = training.TrainConfig(
        latent_dim=kind(3),
        epochs=kind(4),
        batch_size=kind(8),
        seed=kind(7),
        kl_warmup=kind(2),
        lr_warmup=kind(1),
        n_samples=kind(2),
        beta=floats(0.5),
        variance=floats(0.25),
        learning_rate=floats(0.5),
        input_dropout=floats(0.5),
        encoder_l2=floats(0.5),
        batch_norm=np.bool_(True),
    )
    plain = training.TrainConfig(**json.loads(json.dumps(config.as_dict())))
    assert plain == config and plain.as_dict() == config.as_dict()
    assert {type(v) for v in config.as_dict().values()} <= {int, float, str, bool}
    training.build_vae(config, (6, 6, 1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_vae_and_its_training_take_them(make_vae, images, tmp_path, kind):
    likelihood = likelihoods.Gaussian(initial_variance=np.float32(0.25))
    numbers = {"seed": kind(3), "n_samples": kind(2), "beta": np.float32(0.5)}
    vae = make_vae(likelihood, input_dropout=np.float32(0.5), **numbers)
    vae.save(tmp_path / "vae.keras")
    assert keras.saving.load_model(tmp_path / "vae.keras").seed == 3
    first, second = (vae.sample(kind(2), noise=True, seed=kind(1)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    settings = {"seed": kind(1), "kl_warmup": kind(1), "initial_epoch": kind(0)}
    callbacks = training.Checkpoints(tmp_path, keep=kind(2), every=kind(1))
    training.fit(
        vae, images, epochs=kind(1), batch_size=kind(8), callbacks=callbacks, **settings
    )
    training.KLWarmup(kind(2))


@pytest.mark.parametrize("kind", KINDS)
def test_every_estimate_takes_a_seed_of_numpy(make_vae, images, kind):
    vae, x = make_vae(), images[:3]
    calls = [
        lambda seed: evaluation.evaluate(vae, x, seed=seed).elbo,
        lambda seed: evaluation.iwae(vae, x, n_samples=kind(2), seed=seed),
        lambda seed: (
            evaluation.ais(vae, x, n_temperatures=2, n_chains=kind(2), seed=seed).log_px
        ),
        lambda seed: (
            evaluation.bidirectional_ais(
                vae, n_images=2, n_temperatures=2, n_chains=2, seed=seed
            ).reverse
        ),
        lambda seed: evaluation.aggregate_kl(*evaluation.encode(vae, x), seed=seed),
        lambda seed: vae.likelihood.sample(vae.decoder(np.ones((2, 2))), seed),
    ]
    for call in calls:
        np.testing.assert_array_equal(call(kind(4)), call(4))
