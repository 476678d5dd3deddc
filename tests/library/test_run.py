"""training.train: one call for what build, compile, restore and fit do in turn."""

import keras
import numpy as np
import pytest

from vae_lib import training
from vae_lib.training.optimizer import compile_configured

CONFIG = training.TrainConfig(
    network="linear",
    epochs=4,
    batch_size=5,
    learning_rate=0.01,
    lr_warmup=1,
    kl_warmup=2,
    seed=3,
)


def step_by_step(images):
    """The same run as a user of the four functions spells it."""
    vae = training.build_vae(CONFIG, (6, 6, 1))
    compile_configured(vae, CONFIG, len(images))
    arguments = {**CONFIG.fit_arguments(), "x_val": images[:4], "verbose": 0}
    return vae, training.fit(vae, images, **arguments).history


def assert_same(vae, other):
    for weight, reference in zip(vae.weights, other.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), reference.numpy())


class Killed(Exception):
    pass


def killed_in(epoch):
    def check(now, logs):
        if now == epoch:
            raise Killed

    return keras.callbacks.LambdaCallback(on_epoch_begin=check)


def test_it_is_the_four_calls_in_turn(images):
    expected, reference = step_by_step(images)
    vae, history = training.train(CONFIG, images, images[:4], verbose=0)
    assert_same(vae, expected)
    assert history.history == reference
    assert history.epoch == [0, 1, 2, 3]


@pytest.mark.parametrize("own", [False, True])
def test_a_run_goes_on_where_it_stopped(images, tmp_path, own):
    """In a folder, or with checkpoints of one's own."""
    expected, reference = step_by_step(images)

    def train(*callbacks):
        keeping = {"callbacks": callbacks, "folder": tmp_path}
        if own:
            checkpoints = training.Checkpoints(tmp_path, keep=3)
            keeping = {"callbacks": [*callbacks, checkpoints]}
        return training.train(CONFIG, images, images[:4], verbose=0, **keeping)

    with pytest.raises(Killed):
        train(killed_in(2))
    for _ in range(2):  # the second call finds a complete run
        vae, history = train()
        assert_same(vae, expected)
        seconds = history.history.pop("seconds")
        assert history.history == reference and len(seconds) == 4
        assert history.epoch == [0, 1, 2, 3]
    assert len(list(tmp_path.glob("epoch-*.npz"))) == (3 if own else 2)


def test_bad_input_is_named_before_anything_is_built(images):
    with pytest.raises(ValueError, match=r"x_train has values from 0.* outside"):
        training.train(CONFIG, 3 * images)
    with pytest.raises(ValueError, match="x_val has no images"):
        training.train(CONFIG, images, images[:0])
    with pytest.raises(ValueError, match="callbacks must be Keras callbacks"):
        training.train(CONFIG, images, callbacks=["EarlyStopping"])
