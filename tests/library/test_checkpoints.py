"""training: a resumed run is the uninterrupted one, whatever happened to the files."""

import keras
import numpy as np
import pytest

from vae_lib import training, weights
from vae_lib.training.optimizer import compile_default
from vae_lib.weights import read_npz, write_npz

RUN = {"epochs": 4, "batch_size": 8, "kl_warmup": 3, "verbose": 0}


@pytest.fixture
def compiled(make_vae):
    """A function that makes the same compiled VAE again and again."""

    def make(seed=0, **kwargs):
        keras.utils.set_random_seed(seed)
        vae = make_vae(seed=seed, **kwargs)
        compile_default(vae, 8, 1e-2)
        return vae

    return make


class InterruptIn(keras.callbacks.Callback):
    """Raises KeyboardInterrupt after the first compiled call of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.wanted = epoch
        self.epoch = None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == self.wanted:
            raise KeyboardInterrupt


def test_a_resumed_run_ends_with_the_same_bits(compiled, images, tmp_path):
    whole, parts = compiled(), compiled()
    checkpoints = training.Checkpoints(tmp_path / "whole")
    history = training.fit(whole, images, callbacks=[checkpoints], **RUN).history
    callbacks = [training.Checkpoints(tmp_path / "parts"), InterruptIn(2)]
    with pytest.raises(KeyboardInterrupt):
        training.fit(parts, images, callbacks=callbacks, **RUN)

    resumed = compiled(seed=1)  # everything that matters comes from the checkpoint
    checkpoints = training.Checkpoints(tmp_path / "parts")
    done = checkpoints.restore(resumed)
    assert done == 2
    assert resumed.beta == 1.0  # not the one of the warm-up's middle
    training.fit(resumed, images, initial_epoch=done, callbacks=[checkpoints], **RUN)
    for expected, weight in zip(whole.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), expected.numpy())
    seconds = checkpoints.history.pop("seconds")
    assert len(seconds) == 4 and min(seconds) > 0.0
    assert checkpoints.history == history
    names = [path.name for path in checkpoints.files()]
    assert names == ["epoch-00004.npz", "epoch-00003.npz"]


def test_restore_brings_everything_back(compiled, tmp_path):
    vae = compiled()
    for variable in [*vae.weights, *vae.optimizer.variables]:
        variable.assign(variable.numpy() + 1)
    checkpoints = training.Checkpoints(tmp_path)
    checkpoints.history = {"loss": [3.5, -2.25]}
    checkpoints.save(vae, 2)
    other = compiled(seed=1)
    assert training.Checkpoints(tmp_path).restore(other) == 2
    for saved, restored in zip(vae.variables, other.variables, strict=True):
        if saved.name != "beta":
            np.testing.assert_array_equal(saved.numpy(), restored.numpy())
    seeds = vae.sampling.seed_generator, other.sampling.seed_generator
    np.testing.assert_array_equal(*(seed.state.numpy() for seed in seeds))
    states = vae.optimizer.variables, other.optimizer.variables
    for saved, restored in zip(*states, strict=True):
        np.testing.assert_array_equal(saved.numpy(), restored.numpy())


@pytest.fixture
def folder(compiled, tmp_path):
    """Checkpoints after epochs 1 and 2, which differ in the first weight."""
    vae, checkpoints = compiled(), training.Checkpoints(tmp_path)
    for epoch in (1, 2):
        vae.weights[0].assign(vae.weights[0].numpy() * 0 + epoch)
        checkpoints.save(vae, epoch)
    return tmp_path


@pytest.mark.parametrize("damage", ["truncated", "empty", "flipped", "foreign"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(compiled, folder, damage):
    path = folder / "epoch-00002.npz"
    content = bytearray(path.read_bytes())
    if damage == "foreign":
        write_npz(path, {"kernel": np.ones(3)})
    else:
        middle = len(content) // 2
        content[middle] ^= 255
        cut = {"truncated": middle, "empty": 0, "flipped": None}[damage]
        path.write_bytes(content[:cut])
    vae = compiled()
    with pytest.warns(UserWarning, match="epoch-00002.npz is damaged and passed over"):
        assert training.Checkpoints(folder).restore(vae) == 1
    assert np.all(vae.weights[0].numpy() == 1)


def test_no_whole_checkpoint_is_an_error(compiled, folder):
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    checkpoints, vae = training.Checkpoints(folder), compiled()
    with (
        pytest.warns(UserWarning, match="damaged and passed over"),
        pytest.raises(ValueError, match=r"No checkpoint in .* is whole. Delete the"),
    ):
        checkpoints.restore(vae)


def test_the_checkpoint_of_another_model_is_refused(compiled, folder):
    vae = compiled(latent_dim=3)
    before = vae.get_weights()
    message = "epoch-00002.npz was saved from another model.*latent_dim"
    with pytest.raises(ValueError, match=message):
        training.Checkpoints(folder).restore(vae)
    for old, new in zip(before, vae.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_restore_needs_a_compiled_model_and_no_files(compiled, make_vae, tmp_path):
    checkpoints = training.Checkpoints(tmp_path / "none")
    assert checkpoints.restore(compiled()) == 0
    with pytest.raises(ValueError, match="Compile the VAE before restore"):
        checkpoints.restore(make_vae())


def test_old_checkpoints_and_leftovers_of_a_kill_go_away(compiled, tmp_path):
    vae, checkpoints = compiled(), training.Checkpoints(tmp_path, keep=3)
    (tmp_path / "epoch-00001.npz.1234.part").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("mine")
    for epoch in range(1, 6):
        checkpoints.save(vae, epoch)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [*(f"epoch-0000{i}.npz" for i in (3, 4, 5)), "notes.txt"]
    assert int(read_npz(tmp_path / "epoch-00005.npz")["epochs_done"]) == 5


@pytest.mark.parametrize(
    ("epochs", "stop", "expected"), [(5, None, [4, 5]), (9, 3, [2, 3])]
)
def test_every_saves_the_last_epoch_too(compiled, tmp_path, epochs, stop, expected):
    vae, checkpoints = compiled(), training.Checkpoints(tmp_path, every=2)
    checkpoints.set_model(vae)
    for epoch in range(stop or epochs):
        checkpoints.on_epoch_end(epoch, {"loss": 1.0})
    checkpoints.on_train_end()
    found = [int(path.name[6:11]) for path in checkpoints.files()]
    assert sorted(found) == expected
    assert len(checkpoints.history["loss"]) == expected[-1]


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"keep": 1}, "keep must be a whole number of at least 2, got 1"),
        ({"every": 0}, "every must be a whole number of at least 1, got 0"),
    ],
)
def test_bad_settings_are_named(tmp_path, kwargs, message):
    with pytest.raises(ValueError, match=message):
        training.Checkpoints(tmp_path, **kwargs)


def test_a_run_among_the_checkpoints_of_another_is_refused(compiled, images, tmp_path):
    """Its files would be deleted as the older ones, and restored instead of them."""
    checkpoints = training.Checkpoints(tmp_path)
    training.fit(compiled(), images, epochs=4, callbacks=[checkpoints], verbose=0)
    message = r"holds checkpoints of another run \(epoch-00004.npz\), .* at epoch 0"
    for callback in (checkpoints, training.Checkpoints(tmp_path)):
        with pytest.raises(ValueError, match=message):
            training.fit(compiled(), images, epochs=3, callbacks=[callback], verbose=0)
        with pytest.raises(ValueError, match=r"another run .* at epoch 2"):
            callback.save(compiled(), 2)
    with pytest.raises(ValueError, match=r"another run .* at epoch 2"):
        training.fit(
            compiled(),
            images,
            epochs=3,
            initial_epoch=2,
            callbacks=[checkpoints],
            verbose=0,
        )
    names = [path.name for path in checkpoints.files()]
    assert names == ["epoch-00004.npz", "epoch-00003.npz"]
    assert not (tmp_path / "lock").exists()


def test_a_damaged_file_that_was_passed_over_is_written_again(compiled, folder, images):
    (folder / "epoch-00002.npz").write_bytes(b"")
    vae, checkpoints = compiled(), training.Checkpoints(folder)
    with pytest.warns(UserWarning, match="damaged and passed over"):
        done = checkpoints.restore(vae)
    arguments = {"initial_epoch": done, "callbacks": [checkpoints], "verbose": 0}
    training.fit(vae, images, epochs=2, **arguments)
    assert int(read_npz(folder / "epoch-00002.npz")["epochs_done"]) == 2


def test_curves_are_those_of_the_run(compiled, images, tmp_path):
    checkpoints = training.Checkpoints(tmp_path / "a")
    training.fit(compiled(), images, epochs=3, callbacks=[checkpoints], verbose=0)
    checkpoints.folder = tmp_path / "b"
    training.fit(compiled(), images, epochs=2, callbacks=[checkpoints], verbose=0)
    assert len(checkpoints.history["loss"]) == 2


POLICIES = ["bfloat16", "float16", "mixed_bfloat16", "mixed_float16"]
if keras.backend.backend() != "jax":  # which has no float64 unless it is told to
    POLICIES.append("float64")


@pytest.mark.parametrize("policy", POLICIES)
def test_every_precision_that_trains_can_be_saved_and_loaded(
    make_vae, images, tmp_path, policy
):
    keras.config.set_dtype_policy(policy)
    try:
        vaes = [make_vae(seed=1) for _ in range(2)]
        for vae in vaes:
            compile_default(vae, 8)
        checkpoints = training.Checkpoints(tmp_path)
        settings = {"epochs": 2, "batch_size": 8, "x_val": images, "verbose": 0}
        training.fit(vaes[0], images, callbacks=[checkpoints], **settings)
        assert checkpoints.restore(vaes[1]) == 2
        weights.save_weights(vaes[0], tmp_path / "w.npz")
        weights.load_weights(vaes[1], tmp_path / "w.npz")
    finally:
        keras.config.set_dtype_policy("float32")
    for saved, restored in zip(vaes[0].variables, vaes[1].variables, strict=True):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(saved), keras.ops.convert_to_numpy(restored)
        )
