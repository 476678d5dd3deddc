"""The schedule of what trains: fit and train, to the last step."""

import keras
import numpy as np
import pytest

from vae_lib import training
from vae_lib.training import loop
from vae_lib.training.optimizer import compile_configured

N, BATCH = 23, 10  # two full steps and one of three images
STEPS = 3


@pytest.fixture
def x():
    return np.random.default_rng(1).uniform(size=(N, 6, 6, 1)).astype("float32")


def rates_of(optimizer, steps):
    return [float(optimizer._learning_rate(step)) for step in steps]


def check(optimizer, epochs, lr_warmup=0, peak=0.01):
    """0 after the last step and not before; the peak after the warm-up."""
    last, warmup = epochs * STEPS, lr_warmup * STEPS
    rates = rates_of(optimizer, range(last + 1))
    assert rates[last] == pytest.approx(0.0, abs=1e-9) and min(rates[:last]) > 1e-5
    assert np.argmax(rates) == warmup and rates[warmup] == pytest.approx(peak)
    middle = warmup + (last - warmup) // 2
    assert rates[middle] == pytest.approx(peak / 2, rel=1e-5)
    if warmup:
        start = peak / warmup
        assert rates[0] == pytest.approx(start)
        assert rates[warmup // 2] == pytest.approx((start + peak) / 2, rel=1e-5)


@pytest.mark.parametrize(("epochs", "lr_warmup"), [(4, 0), (6, 2), (6, 4)])
def test_a_configured_schedule_ends_with_the_run(make_vae, epochs, lr_warmup):
    config = training.TrainConfig(
        epochs=epochs, batch_size=BATCH, lr_warmup=lr_warmup, learning_rate=0.01
    )
    vae = make_vae()
    compile_configured(vae, config, N)
    check(vae.optimizer, epochs, lr_warmup)


@pytest.mark.parametrize(("epochs", "lr_warmup"), [(4, 0), (6, 2)])
def test_the_schedule_of_fit_ends_with_its_last_step(make_vae, x, epochs, lr_warmup):
    vae, seen = make_vae(), []

    def note(epoch, logs):
        rate = keras.ops.convert_to_numpy(vae.optimizer.learning_rate)
        seen.append(float(rate))

    callbacks = [keras.callbacks.LambdaCallback(on_epoch_end=note)]
    settings = {"learning_rate": 0.01, "lr_warmup": lr_warmup, "verbose": 0}
    settings |= {"epochs": epochs, "batch_size": BATCH}
    training.fit(vae, x, callbacks=callbacks, **settings)
    check(vae.optimizer, epochs, lr_warmup)
    expected = rates_of(vae.optimizer, range(STEPS, (epochs + 1) * STEPS, STEPS))
    np.testing.assert_allclose(seen, expected, atol=1e-9)
    assert seen[-1] == pytest.approx(0.0, abs=1e-9)


def test_the_schedule_of_the_epochs_that_are_left(make_vae, x):
    vae = make_vae()
    settings = {"learning_rate": 0.01, "initial_epoch": 2, "verbose": 0}
    training.fit(vae, x, epochs=6, batch_size=BATCH, **settings)
    check(vae.optimizer, 4)


def test_the_kl_warm_up_counts_the_short_step(make_vae, x, monkeypatch):
    monkeypatch.setattr(loop, "steps_per_execution", lambda vae: 1)
    vae, betas = make_vae(beta=2.0), []

    def note(batch, logs):
        betas.append(vae.beta)

    callbacks = [keras.callbacks.LambdaCallback(on_train_batch_begin=note)]
    settings = {"epochs": 3, "batch_size": BATCH, "kl_warmup": 2}
    training.fit(vae, x, callbacks=callbacks, verbose=0, **settings)
    expected = 2.0 * np.minimum(1, np.arange(1, 10) / 6)
    np.testing.assert_allclose(betas, expected, rtol=1e-6)


def test_the_warm_up_alone_ends_at_its_beta_in_keras_fit(make_vae, x):
    vae = make_vae()
    vae.compile("adam")
    for epochs in (2, 5):  # cut short and whole
        vae.beta = 1.0
        callbacks = [training.KLWarmup(3, beta=2.5)]
        vae.fit(x, epochs=epochs, batch_size=BATCH, callbacks=callbacks, verbose=0)
        assert vae.beta == 2.5


def test_each_seed_and_epoch_has_an_order_of_its_own():
    pairs = [(3, 1), (4, 0), (1, 3), (0, 4), (2, 2)]
    orders = [tuple(training.epoch_order(50, *pair)) for pair in pairs]
    assert len(set(orders)) == len(pairs)
