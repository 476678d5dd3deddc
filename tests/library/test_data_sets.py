"""What Keras's own fit and evaluate say of images that come from a data set."""

import itertools

import keras
import pytest

from vae_lib import likelihoods


class Batches(keras.utils.PyDataset):
    """Images in batches of four."""

    def __init__(self, x):
        super().__init__()
        self.x = x

    def __len__(self):
        return len(self.x) // 4

    def __getitem__(self, i):
        return (self.x[4 * i : 4 * i + 4],)


def as_tensor(x):
    return keras.ops.convert_to_tensor(x, dtype="float32")


def as_generator(x):
    for i in itertools.cycle(range(4)):
        yield (x[4 * i : 4 * i + 4],)


@pytest.mark.parametrize(
    ("kind", "likelihood"),
    [
        (Batches, "gaussian"),
        (Batches, "bernoulli"),
        (as_tensor, "gaussian"),
        (as_generator, "gaussian"),
    ],
)
def test_a_data_set_is_looked_at_once_its_loss_is_absurd(
    make_vae, images, kind, likelihood
):
    settings = {"verbose": 0, "shuffle": False}  # Keras warns of its own default
    if kind is as_generator:
        settings["steps_per_epoch"] = 4
    vae = make_vae(likelihoods.build(likelihood))
    vae.compile(keras.optimizers.Adam(0.1))
    vae.fit(kind(images), **settings)  # no word about good images
    with pytest.raises(ValueError, match=r"outside .*: divide by 255"):
        vae.fit(kind(images * 255), **settings)
    if kind is Batches:
        with pytest.raises(ValueError, match=r"outside .*: divide by 255"):
            vae.evaluate(kind(images * 255), verbose=0)


if keras.backend.backend() == "tensorflow":

    def test_a_data_set_of_tensorflow_keeps_its_order_and_its_cache(make_vae, images):
        import tensorflow as tf

        seen = []

        def note(x):
            seen.append(x.shape)
            return x

        def data(x):
            drawn = tf.data.Dataset.from_tensor_slices(x)
            noted = drawn.map(lambda one: tf.numpy_function(note, [one], tf.float32))
            return noted.map(lambda one: tf.ensure_shape(one, x.shape[1:])).batch(4)

        vae, settings = make_vae(), {"verbose": 0, "shuffle": False}
        vae.compile(keras.optimizers.Adam(0.1))
        vae.fit(data(images), **settings)  # Keras looks twice at its first data set
        seen.clear()
        vae.fit(data(images), **settings)
        plain = len(seen)
        keras.Model.fit(vae, data(images), **settings)
        assert len(seen) == 2 * plain  # no image is drawn that Keras would not draw
        with pytest.raises(ValueError, match=r"outside .*: divide by 255"):
            vae.fit(data(images * 255), **settings)


def test_callbacks_and_positional_arguments_reach_keras(make_vae, images):
    vae, told = make_vae(), []
    vae.compile("adam")
    hook = keras.callbacks.LambdaCallback(on_epoch_end=lambda n, logs: told.append(n))
    vae.fit(images, None, 8, 2, 0, callbacks=hook)
    vae.fit(images, None, 8, 2, 0, [hook])
    history = vae.fit(images, epochs=1, verbose=0, callbacks=[[hook], []])
    assert told == [0, 1, 0, 1, 0] and len(history.history["loss"]) == 1
