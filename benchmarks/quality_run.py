"""One training of time_to_quality.py, in a process of its own, from a cold start.

Prints one line of JSON when the target is reached, or all epochs are done: seconds
since the process was asked for, at each stage.
"""

import argparse
import json
import sys
import time


def parse(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--loop", choices=("fit", "keras"), required=True)
    add("--latent-dim", type=int, required=True)
    add("--recipe", type=json.loads, required=True, help="fields of Recipe, as JSON")
    add("--target", type=float, required=True, help="validation ELBO to stop at")
    add("--seed", type=int, required=True)
    add("--asked", type=float, required=True, help="time.time() of the request")
    add("--images", type=int, help="use only so many for training")
    return parser.parse_args(argv)


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


def main():
    arguments = parse()

    def elapsed():
        return round(time.time() - arguments.asked, 3)

    import quality_recipes

    from vae_lib import data, training

    _ = training.fit  # with Keras and all that it loads
    stages = {"imported": elapsed()}
    mnist = data.load_mnist(allow_sample=True)
    stages["loaded"] = elapsed()
    recipe = quality_recipes.Recipe(**arguments.recipe)
    vae = quality_recipes.build(arguments.latent_dim, recipe, arguments.seed)
    stages["built"] = elapsed()
    seen = watch(arguments.target, elapsed)
    x_train = mnist.x_train[: arguments.images]
    loop = quality_recipes.LOOPS[arguments.loop]
    loop(vae, x_train, mnist.x_val, recipe, arguments.seed, [seen])
    reached = bool(seen.val_elbo) and seen.val_elbo[-1] >= arguments.target
    result = {
        "seconds": seen.at[-1],
        "reached": reached,
        "epochs": len(seen.at),
        "val_elbo": seen.val_elbo[-1],
        "stages": {**stages, "first epoch": seen.at[0]},
        "images": len(x_train),
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    sys.exit(main())
