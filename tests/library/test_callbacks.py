"""training.fit: Keras's callbacks and compile options do what they do in Keras."""

import warnings

import keras
import numpy as np
import pytest

from vae_lib import training
from vae_lib.training.optimizer import compile_default


@pytest.fixture
def vae(make_vae):
    vae = make_vae(seed=0)
    vae.compile(optimizer=keras.optimizers.Adam(1e-2))
    return vae


class Stop(Exception):
    pass


def stop_in(epoch):
    def check(now, logs):
        if now == epoch:
            raise Stop

    return keras.callbacks.LambdaCallback(on_epoch_begin=check)


@pytest.mark.parametrize("save_freq", ["epoch", 1])
def test_a_backup_is_restored_and_continued(make_vae, images, tmp_path, save_freq):
    def compiled():
        keras.utils.set_random_seed(0)
        vae = make_vae(seed=0)
        vae.compile(optimizer=keras.optimizers.Adam(1e-2))
        return vae

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup", save_freq)

    settings = {"epochs": 5, "batch_size": 8, "kl_warmup": 2, "verbose": 0}
    whole = compiled()
    training.fit(whole, images, **settings)
    with pytest.raises(Stop):
        training.fit(compiled(), images, callbacks=[backup(), stop_in(3)], **settings)
    resumed = compiled()
    history = training.fit(resumed, images, callbacks=backup(), **settings)
    first = 3 if save_freq == "epoch" else 2  # saved by batches, an epoch is not done
    assert history.epoch == list(range(first, 5))
    assert training.fit(resumed, images, **settings).epoch == list(range(5))
    if save_freq == "epoch":  # the noise goes on, too
        assert int(resumed.optimizer.iterations.numpy()) == 20


@pytest.mark.parametrize("kind", ["scheduler", "plateau"])
def test_callbacks_that_set_the_rate(vae, make_vae, images, kind):
    callback = {
        "scheduler": keras.callbacks.LearningRateScheduler(lambda n: 1e-3 * 0.5**n),
        "plateau": keras.callbacks.ReduceLROnPlateau("loss", 0.1, 1, min_delta=1e9),
    }[kind]
    history = training.fit(vae, images, epochs=3, callbacks=callback, verbose=0).history
    rates = {"scheduler": [1e-3, 5e-4, 2.5e-4], "plateau": [1e-2, 1e-2, 1e-3]}[kind]
    np.testing.assert_allclose(history["learning_rate"], rates, rtol=1e-5)
    other = make_vae()
    before = other.get_weights()
    message = f"{type(callback).__name__} sets the learning rate, but the optimiser fol"
    with pytest.raises(ValueError, match=message):
        training.fit(other, images, epochs=3, callbacks=[callback], verbose=0)
    for old, new in zip(before, other.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_callbacks_may_come_in_every_form_that_keras_takes(vae, images):
    seen = []
    one = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(epoch)
    )
    several = keras.callbacks.CallbackList([one], model=vae)
    for callbacks, calls in ((None, 0), ([], 0), (one, 1), ((one, one), 2)):
        seen.clear()
        training.fit(vae, images, epochs=1, callbacks=callbacks, verbose=0)
        assert len(seen) == calls
    seen.clear()
    training.fit(vae, images, epochs=1, callbacks=several, verbose=0)
    assert seen == [0]
    for wrong in ("EarlyStopping", [one, 3], [keras.callbacks.EarlyStopping]):
        with pytest.raises(ValueError, match="callbacks must be Keras callbacks, such"):
            training.fit(vae, images, epochs=1, callbacks=wrong, verbose=0)


def test_callbacks_hear_of_validation(vae, images):
    events = []
    names = ("begin", "batch_begin", "batch_end", "end")

    class Listener(keras.callbacks.Callback):
        def on_test_begin(self, logs=None):
            events.append("begin")

        def on_test_batch_begin(self, batch, logs=None):
            events.append("batch_begin")

        def on_test_batch_end(self, batch, logs=None):
            events.append("batch_end")

        def on_test_end(self, logs=None):
            events.append("end")

    training.fit(vae, images, epochs=1, x_val=images, callbacks=[Listener()], verbose=0)
    assert events == list(names)


def test_averaged_weights_are_validated_and_kept(make_vae, images):
    vae = make_vae(seed=0)
    vae.compile(optimizer=keras.optimizers.SGD(1e-3, use_ema=True, ema_momentum=0.5))
    swap = keras.callbacks.SwapEMAWeights()
    training.fit(
        vae, images, epochs=2, batch_size=8, x_val=images, callbacks=[swap], verbose=0
    )
    averages = vae.optimizer._model_variables_moving_average
    for weight, average in zip(vae.trainable_weights, averages, strict=True):
        np.testing.assert_allclose(weight.numpy(), average.numpy(), rtol=1e-6)


def test_compiled_metrics_compare_images_with_their_reconstructions(make_vae, images):
    vaes = [make_vae(seed=0) for _ in range(2)]
    vaes[1].set_weights(vaes[0].get_weights())
    for vae in vaes:
        vae.compile(optimizer=keras.optimizers.SGD(1e-6), metrics=["mae"])
    found = training.fit(
        vaes[0], images, epochs=2, batch_size=8, x_val=images, verbose=0
    ).history
    expected = (
        vaes[1]
        .fit(
            images,
            images,
            epochs=2,
            batch_size=8,
            validation_data=(images, images),
            verbose=0,
        )
        .history
    )
    assert set(expected) <= set(found)
    for name in ("mae", "val_mae"):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-4)


@pytest.mark.parametrize(
    "options", [{"run_eagerly": True}, {"jit_compile": False}, {"loss": "mse"}]
)
def test_options_of_compile_change_no_number(make_vae, images, options):
    def train(**options):
        keras.utils.set_random_seed(0)
        vae = make_vae(seed=0)
        vae.compile(optimizer=keras.optimizers.SGD(1e-5), **options)
        # The noise of XLA and of TensorFlow's own kernels differ.
        vae.sampling.draw = lambda shape, dtype: keras.ops.ones(shape, dtype)
        return training.fit(vae, images, epochs=2, batch_size=8, verbose=0).history

    found, expected = train(**options), train()
    for name in ("loss", "elbo", "rate"):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5)


def test_steps_per_execution_are_those_of_compile(make_vae, images):
    vae, batches = make_vae(), []
    vae.compile("adam", steps_per_execution=3)
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: batches.append(batch)
    )
    training.fit(vae, images, epochs=1, batch_size=2, callbacks=[note], verbose=0)
    assert batches == [2, 5, 7]


def test_run_eagerly_lets_python_see_each_step(vae, images):
    seen, step = [], vae.train_step
    vae.compile("adam", run_eagerly=True)
    vae.train_step = lambda *a: seen.append(1) or step(*a)
    training.fit(vae, images, epochs=1, batch_size=8, verbose=0)
    assert len(seen) == 2


def test_a_schedule_that_ends_within_the_call_is_said_at_its_start(make_vae, images):
    vae = make_vae()
    compile_default(vae, 10)
    message = "rate is 0 from step 11 of 20 on, where its schedule ends"
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        training.fit(vae, images, epochs=10, batch_size=8, verbose=0)
    assert any(message in str(warning.message) for warning in seen)
    vae = make_vae()
    compile_default(vae, 20)
    training.fit(vae, images, epochs=10, batch_size=8, verbose=0)  # warnings are errors


if keras.backend.backend() == "tensorflow":  # whose strategies these are

    def test_a_strategy_of_several_replicas_is_refused(make_vae, images, monkeypatch):
        import tensorflow as tf

        with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
            vae = make_vae()
        strategy = type(vae.distribute_strategy)
        monkeypatch.setattr(strategy, "num_replicas_in_sync", 2)
        with pytest.raises(ValueError, match="MirroredStrategy with 2 replicas, which"):
            training.fit(vae, images, epochs=1, verbose=0)
