"""training: a loss that stops being finite stops the run with good weights."""

import numpy as np
import pytest

from vae_lib import evaluation, training
from vae_lib.training import loop

NAN = float("nan")


class Script:
    """Stands in for the compiled steps: each call adds 1 to the weights.

    Args:
        losses: what each call of one step returns.
        broken: number of the call after which the weights are NaN.
    """

    def __init__(self, monkeypatch, losses, broken=None):
        self.losses = iter(losses)
        self.broken = broken
        self.calls = 0
        monkeypatch.setattr(loop, "make_train_function", self.make)
        monkeypatch.setattr(loop, "steps_per_execution", lambda vae: 2)

    def make(self, vae, x, batch_size):
        def run(rows):
            self.calls += 1
            step = NAN if self.calls == self.broken else 1.0
            vae.set_weights([w + np.float32(step) for w in vae.get_weights()])
            return np.array(next(self.losses), "float32")[: len(rows)]

        return run


def drift(vae, before):
    """How often 1 was added to the weights that are there now."""
    differences = [a - b for a, b in zip(vae.get_weights(), before, strict=True)]
    return np.concatenate([np.ravel(d) for d in differences])


OK = [0.0, 0.0]


@pytest.mark.parametrize(
    ("losses", "broken", "message", "good"),
    [
        # The second step of the fourth call, 16 images in steps of 4: two calls an
        # epoch. Its first loss was finite, so the weights before the call are good.
        ([OK, OK, OK, [0.0, NAN]], None, "loss became nan in epoch 2, step 4", 3),
        # A first loss that is infinite condemns the weights before the call.
        ([OK, OK, [np.inf, NAN]], None, "loss became inf in epoch 2, step 1", 1),
        # Finite losses, but the last update broke the weights.
        ([OK, OK], 2, "weights stopped being finite in epoch 1, step 4", 1),
        ([[NAN, NAN]], None, "loss became nan in epoch 1, step 1", 0),
    ],
)
def test_the_step_is_named_and_the_last_good_weights_are_back(
    make_vae, images, monkeypatch, losses, broken, message, good
):
    vae = make_vae()
    before = vae.get_weights()
    Script(monkeypatch, losses, broken)
    with pytest.raises(FloatingPointError, match=message) as error:
        training.fit(vae, images, epochs=9, batch_size=4, verbose=0)
    assert "Lower the learning rate" in str(error.value)
    np.testing.assert_allclose(drift(vae, before), good, atol=1e-5)


def test_a_validation_loss_counts_too(make_vae, images, monkeypatch):
    vae = make_vae()
    before = vae.get_weights()
    Script(monkeypatch, [OK] * 4)
    broken = iter([1.0, np.inf])
    monkeypatch.setattr(
        loop,
        "Validation",
        lambda vae, x, beta: lambda hooks: {"val_loss": next(broken)},
    )
    with pytest.raises(
        FloatingPointError, match="val_loss became inf in epoch 2, step 4"
    ):
        training.fit(vae, images, batch_size=4, x_val=images, verbose=0)
    # Those before the fourth call, the last that began with a finite loss.
    np.testing.assert_allclose(drift(vae, before), 3, atol=1e-5)


def test_a_metric_of_training_alone_counts_too(make_vae, images, monkeypatch):
    vae = make_vae()
    before = vae.get_weights()
    Script(monkeypatch, [OK] * 4)
    rates = iter([1.0, 1.0, NAN])
    monkeypatch.setattr(loop, "_metrics", lambda vae: {"loss": 1, "rate": next(rates)})
    with pytest.raises(FloatingPointError, match="rate became nan in epoch 2, step 2"):
        training.fit(vae, images, batch_size=4, verbose=0)
    np.testing.assert_allclose(drift(vae, before), 2, atol=1e-5)


def test_a_real_divergence_is_stopped(make_vae, images):
    vae = make_vae()
    with pytest.raises(FloatingPointError, match=r"in epoch \d+, step \d+"):
        settings = {"epochs": 50, "batch_size": 8, "learning_rate": 1e6}
        training.fit(vae, images, verbose=0, **settings)
    assert all(np.isfinite(weight).all() for weight in vae.get_weights())
    assert np.isfinite(evaluation.evaluate(vae, images, verbose=0).mse)
