"""One training of bench_quality.py, in a process of its own, from a cold start."""

import time


def watch(target, elapsed):
    """A Keras callback that notes time and ELBO of each epoch and stops at the target.

    Made here, because Keras must not be imported before its time is taken.
    """
    import keras

    class Watch(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.val_elbo, self.at = [], []

        def on_epoch_end(self, epoch, logs=None):
            self.val_elbo.append(float(logs["val_elbo"]))
            self.at.append(elapsed())
            if self.val_elbo[-1] >= target:
                self.model.stop_training = True

    return Watch()


def train(settings):
    """Seconds since the process was asked for, at each stage, up to the target.

    Args:
        settings: loop, latent_dim, recipe (fields of Recipe), target (validation ELBO
            to stop at), seed, asked (``time.time()`` of the request), images (None:
            all).
    """

    def elapsed():
        return round(time.time() - settings["asked"], 3)

    from experiments import _quality_recipes as quality_recipes
    from vae_lib import data, training

    _ = training.fit  # with Keras and all that it loads
    stages = {"imported": elapsed()}
    mnist = data.load_mnist(allow_sample=True)
    stages["loaded"] = elapsed()
    recipe = quality_recipes.Recipe(**settings["recipe"])
    vae = quality_recipes.build(settings["latent_dim"], recipe, settings["seed"])
    stages["built"] = elapsed()
    seen = watch(settings["target"], elapsed)
    x_train = mnist.x_train[: settings["images"]]
    loop = quality_recipes.LOOPS[settings["loop"]]
    loop(vae, x_train, mnist.x_val, recipe, settings["seed"], [seen])
    reached = bool(seen.val_elbo) and seen.val_elbo[-1] >= settings["target"]
    return {
        "seconds": seen.at[-1],
        "reached": reached,
        "epochs": len(seen.at),
        "val_elbo": seen.val_elbo[-1],
        "stages": {**stages, "first epoch": seen.at[0]},
        "images": len(x_train),
    }
