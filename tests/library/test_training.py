"""training: order, the loop against Keras's own, callbacks, warm-up, bad input."""

import keras
import numpy as np
import pytest

from vae_lib import evaluation, likelihoods, networks, training
from vae_lib.training import loop, optimizer, steps

N, BATCH = 20, 3  # six full steps and one of two images


@pytest.fixture
def x():
    return np.random.default_rng(1).uniform(size=(N, 6, 6, 1)).astype("float32")


class StubSteps:
    """Stands in for the compiled steps: keeps what it was given, changes nothing."""

    def __init__(self, monkeypatch):
        self.calls = []
        self.betas = []
        monkeypatch.setattr(loop, "make_train_function", self.make)

    def make(self, vae, x, batch_size):
        def run(batch_indices):
            self.calls.append(batch_indices)
            self.betas.append(vae.beta)
            return np.zeros(len(batch_indices), "float32")

        return run


@pytest.fixture
def stub(monkeypatch):
    return StubSteps(monkeypatch)


def test_an_order_is_a_permutation_that_the_seed_repeats():
    first = training.epoch_order(1000, seed=3, epoch=0)
    assert first.dtype == np.int32
    np.testing.assert_array_equal(np.sort(first), np.arange(1000))
    np.testing.assert_array_equal(first, training.epoch_order(1000, seed=3, epoch=0))
    for other in ({"seed": 3, "epoch": 1}, {"seed": 4, "epoch": 0}):
        # Two random permutations agree in about one place.
        assert np.sum(first == training.epoch_order(1000, **other)) < 10


def test_fit_shows_every_image_once_an_epoch_in_a_new_order(make_vae, x, stub):
    training.fit(make_vae(), x, epochs=2, batch_size=BATCH, seed=5, verbose=0)
    sizes = [rows.shape for rows in stub.calls]
    assert sizes == [(6, 3), (1, 2)] * 2
    seen = np.concatenate([rows.ravel() for rows in stub.calls]).reshape(2, N)
    np.testing.assert_array_equal(np.sort(seen, axis=1), [np.arange(N)] * 2)
    for epoch in (0, 1):
        expected = training.epoch_order(N, seed=5, epoch=epoch)
        np.testing.assert_array_equal(seen[epoch], expected)
    assert np.any(seen[0] != seen[1])


@pytest.mark.parametrize("steps_a_call", [1, 2])  # a call of one step has no loop
def test_fit_equals_keras_on_the_same_batches(make_vae, x, monkeypatch, steps_a_call):
    def compiled():
        keras.utils.set_random_seed(0)
        vae = make_vae(seed=3)
        # XLA draws other noise from a seed than TensorFlow's kernels do.
        jit = keras.backend.backend() != "torch"
        vae.compile(optimizer=keras.optimizers.Adam(1e-2), jit_compile=jit)
        return vae

    for module in (loop, steps):  # two full batches and a short one
        monkeypatch.setattr(module, "steps_per_execution", lambda vae: steps_a_call)
    ours, theirs = compiled(), compiled()
    history = training.fit(ours, x, epochs=1, batch_size=8, verbose=0).history
    ordered = x[training.epoch_order(N, seed=0, epoch=0)]
    expected = theirs.fit(ordered, batch_size=8, shuffle=False, verbose=0).history
    for name in ("loss", "elbo", "rate", "distortion"):
        np.testing.assert_allclose(history[name], expected[name], rtol=1e-5)
    for mine, reference in zip(ours.weights, theirs.weights, strict=True):
        # Adam divides by the root of squared gradients and so enlarges rounding.
        np.testing.assert_allclose(mine.numpy(), reference.numpy(), atol=1e-5)


@pytest.fixture(scope="module")
def trained():
    """A real run: learned variance, validation, warm-up, counted callbacks."""
    encoder = networks.mlp_encoder(2, (6, 6, 1), hidden_units=8)
    decoder = networks.mlp_decoder(2, (6, 6, 1), hidden_units=8)
    from vae_lib.models import VAE

    vae = VAE(encoder, decoder, likelihoods.Gaussian(), seed=0)
    rng = np.random.default_rng(0)
    x = rng.uniform(0.3, 0.7, size=(30, 6, 6, 1))  # float64, as NumPy makes it
    events = Events()
    history = training.fit(
        vae,
        x[:20],
        epochs=6,
        batch_size=BATCH,
        x_val=x[20:],
        learning_rate=0.05,
        kl_warmup=2,
        callbacks=[events],
        verbose=0,
    )
    return vae, x[20:], history.history, events


class Events(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.names = []
        self.logs = []

    def on_train_begin(self, logs=None):
        self.names.append("begin")

    def on_epoch_end(self, epoch, logs=None):
        self.names.append(epoch)
        self.logs.append(dict(logs))

    def on_train_end(self, logs=None):
        self.names.append("end")


def test_history_has_one_finite_number_an_epoch(trained):
    _, _, history, events = trained
    names = {"loss", "elbo", "rate", "distortion"}
    names |= {f"val_{name}" for name in names} | {"variance"}
    assert set(history) == names
    assert all(np.shape(values) == (6,) for values in history.values())
    assert np.isfinite(list(history.values())).all()
    assert events.names == ["begin", *range(6), "end"]
    assert [log["val_elbo"] for log in events.logs] == history["val_elbo"]


def test_the_terms_of_the_history_add_up(trained):
    _, _, history, _ = trained
    for prefix in ("", "val_"):
        terms = [np.array(history[prefix + n]) for n in ("rate", "distortion", "elbo")]
        np.testing.assert_allclose(terms[2], -(terms[0] + terms[1]), rtol=1e-4)
    # After the warm-up the loss is the negative ELBO; val_loss is, in every epoch.
    np.testing.assert_allclose(history["loss"][2:], -np.array(history["elbo"][2:]))
    np.testing.assert_allclose(history["val_loss"], -np.array(history["val_elbo"]))


def test_validation_is_what_evaluate_measures(trained):
    vae, x_val, history, _ = trained
    scores = evaluation.evaluate(vae, x_val, verbose=0)
    for name in ("elbo", "rate", "distortion"):
        expected = getattr(scores, name)
        assert history[f"val_{name}"][-1] == pytest.approx(expected, rel=1e-4)
    assert history["variance"][-1] == vae.likelihood.variance


def test_training_learns_the_variance_of_the_images(trained):
    vae, _, history, _ = trained
    assert history["val_elbo"][-1] > history["val_elbo"][0] + 5
    # Uniform on [0.3, 0.7]: variance 0.4^2 / 12 = 0.0133; it starts at 0.05.
    assert vae.likelihood.variance < 0.04


def test_the_warm_up_raises_beta_linearly_to_its_exact_value(
    make_vae, x, stub, monkeypatch
):
    monkeypatch.setattr(loop, "steps_per_execution", lambda vae: 1)
    vae = make_vae(beta=0.7)
    training.fit(vae, x, epochs=3, batch_size=5, kl_warmup=2, verbose=0)
    # Four steps an epoch; never 0, at which nothing bounds the variance of the codes.
    expected = 0.7 * np.minimum(1, np.arange(1, 13) / 8)
    np.testing.assert_allclose(stub.betas, expected, rtol=1e-6)
    assert stub.betas[8:] == [vae.beta] * 4 == [np.float32(0.7)] * 4


def test_beta_is_whole_again_when_the_warm_up_is_cut_short(make_vae, x, stub):
    vae = make_vae(beta=0.5)
    training.fit(vae, x, epochs=1, kl_warmup=4, verbose=0)
    assert vae.beta == 0.5
    with pytest.raises(KeyboardInterrupt):
        training.fit(vae, x, kl_warmup=4, callbacks=[InterruptAt(1)], verbose=0)
    assert vae.beta == 0.5


class InterruptAt(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def test_a_warm_up_needs_an_epoch():
    with pytest.raises(
        ValueError, match="epochs must be a whole number of at least 1, got 0"
    ):
        training.KLWarmup(0)


def test_early_stopping_and_stop_training_work(make_vae, x, stub):
    vae = make_vae()
    stopping = keras.callbacks.EarlyStopping("val_loss", patience=2)
    history = training.fit(
        vae, x, epochs=9, x_val=x, callbacks=[stopping], verbose=0
    ).history
    assert len(history["val_loss"]) == 3  # the stub never improves it

    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = True

    stub.calls.clear()
    training.fit(vae, x, batch_size=BATCH, callbacks=[Stop()], verbose=0)
    assert len(stub.calls) == 1
    training.fit(vae, x, epochs=2, batch_size=N, verbose=0)  # and can start again
    assert len(stub.calls) == 3


def test_a_compiled_optimiser_is_used(make_vae, x):
    vae = make_vae()
    sgd = keras.optimizers.SGD(1e-4)
    vae.compile(optimizer=sgd)
    before = vae.get_weights()
    training.fit(vae, x, epochs=2, batch_size=10, verbose=0)
    assert vae.optimizer is sgd
    assert int(sgd.iterations.numpy()) == 4
    assert any(np.any(a != b) for a, b in zip(before, vae.get_weights(), strict=True))


def test_each_fit_has_its_own_schedule(make_vae, x, stub):
    vae = make_vae()
    for _ in range(2):
        training.fit(vae, x, epochs=2, batch_size=BATCH, verbose=0)
        vae.optimizer.iterations.assign(14)  # the stub takes no steps; now it is 0
    training.fit(vae, x, epochs=2, batch_size=BATCH, learning_rate=0.5, verbose=0)
    rate = keras.ops.convert_to_numpy(vae.optimizer.learning_rate)
    assert float(rate) == 0.5


def test_a_schedule_that_has_ended_is_refused(make_vae, x, stub):
    vae = make_vae()
    optimizer.compile_default(vae, 14)
    vae.optimizer.iterations.assign(14)
    with pytest.raises(ValueError, match="learning rate is 0, as when its schedule"):
        training.fit(vae, x, verbose=0)


def test_the_default_schedule_is_half_a_cosine(make_vae):
    vae = make_vae()
    optimizer.compile_default(vae, 100, learning_rate=0.2)
    rates = [float(vae.optimizer._learning_rate(step)) for step in (0, 50, 100)]
    np.testing.assert_allclose(rates, [0.2, 0.1, 0.0], atol=1e-8)


def test_the_step_rises_to_its_peak_first(make_vae):
    vae = make_vae()
    optimizer.compile_default(vae, 110, learning_rate=0.2, n_warmup_steps=10)
    steps = (0, 5, 10, 60, 110)
    rates = [float(vae.optimizer._learning_rate(step)) for step in steps]
    np.testing.assert_allclose(rates, [0.02, 0.11, 0.2, 0.1, 0.0], atol=1e-6)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"epochs": 0}, "epochs must be a whole number of at least 1, got 0"),
        ({"epochs": 2.5}, "epochs must be a whole number of at least 1, got 2.5"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
        ({"batch_size": True}, "batch_size must be a whole number"),
        ({"kl_warmup": -1}, "kl_warmup must be a whole number of at least 0, got -1"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"learning_rate": 0.0}, "learning_rate must be positive and finite, got 0.0"),
        ({"learning_rate": "fast"}, "learning_rate must be positive and finite"),
        ({"lr_warmup": -1}, "lr_warmup must be a whole number of at least 0, got -1"),
        ({"epochs": 2, "lr_warmup": 2}, "lr_warmup is 2, of 2 epochs"),
        ({"initial_epoch": 30}, "initial_epoch is 30, beyond epochs=20"),
    ],
)
def test_bad_arguments_are_named(make_vae, x, kwargs, message):
    with pytest.raises(ValueError, match=message):
        training.fit(make_vae(), x, verbose=0, **kwargs)


def test_bad_images_are_named(make_vae, x):
    with pytest.raises(ValueError, match=r"x_train has values from 0.* outside"):
        training.fit(make_vae(), 2 * x, verbose=0)
    with pytest.raises(ValueError, match=r"x_train has shape \(20, 6, 6\)"):
        training.fit(make_vae(), x[..., 0], verbose=0)
    with pytest.raises(ValueError, match="x_val has no images"):
        training.fit(make_vae(), x, x_val=x[:0], verbose=0)
    broken = x.copy()
    broken[4] = np.nan
    with pytest.raises(ValueError, match=r"x_val has NaN or infinity in 1 of 20"):
        training.fit(make_vae(), x, x_val=broken, verbose=0)
