"""A Keras model with its own ``compute_loss`` under a strategy of TensorFlow.

The model is linear and without noise, so one step of gradient descent has one right
result: that of a single device with the same batch of 8.
"""

import json
import os


def one_step(settings):
    """Loss and largest change of a weight after one step under a strategy."""
    kind = settings.pop("kind")
    if settings:
        os.environ["TF_CONFIG"] = json.dumps(settings)

    import keras
    import numpy as np
    import tensorflow as tf

    class Model(keras.Model):
        """Squared error, as a VAE computes its loss: from the images alone."""

        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(3, kernel_initializer="zeros")

        def call(self, x):
            return self.dense(x)

        def compute_loss(self, x=None, *arguments, **settings):
            return keras.ops.mean((self(x) - x) ** 2)

    def make_strategy():
        if kind == "none":
            return tf.distribute.get_strategy()
        if kind == "mirrored":
            devices = tf.config.list_physical_devices("CPU")
            logical = [tf.config.LogicalDeviceConfiguration()] * 2
            tf.config.set_logical_device_configuration(devices[0], logical)
            return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
        return tf.distribute.MultiWorkerMirroredStrategy()

    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    strategy = make_strategy()
    with strategy.scope():
        model = Model()
        model.compile(optimizer=keras.optimizers.SGD(0.1), jit_compile=False)
    history = model.fit(x, epochs=1, batch_size=8, verbose=0).history
    step = np.abs(np.asarray(model.dense.kernel)).max()
    return {
        "replicas": strategy.num_replicas_in_sync,
        "loss": float(history["loss"][0]),
        "step": float(step),
    }
