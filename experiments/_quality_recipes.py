"""The recipes of bench_quality.py: how a model is built and trained towards a target.

A recipe is a set of arguments that anyone can give: those of `training.fit` and the
variance that `likelihoods.Gaussian` starts from. The last two, which the ablation
tries, are an Adam with Keras's own schedule, and a second call of `training.fit`.
"""

import math
import random
from typing import NamedTuple

TARGETS = {2: 100.0, 10: 470.0, 20: 690.0}  # nats per validation image, by d


class Recipe(NamedTuple):
    """Arguments of a training."""

    epochs: int  # the learning rate falls to 0 over all of them
    learning_rate: float = 1e-3
    batch_size: int = 128
    kl_warmup: int = 0  # epochs
    initial_variance: float = 0.05
    rate_warmup: int = 0  # steps in which the learning rate rises from 0
    grow_to: int | None = None  # batch size of the second half of the epochs


# Chosen on validation images, with seed 0 and room for the other seeds, which end up to
# 9 nats lower; bench_quality_ablation.py says what each choice buys.
RECIPES = {
    2: Recipe(epochs=4, learning_rate=8e-3),
    10: Recipe(epochs=6, learning_rate=5e-3),
    20: Recipe(epochs=7, learning_rate=5e-3),
}


def build(latent_dim, recipe, seed):
    """The MLP VAE with its first weights.

    Keras's initialisers take their seeds from Python's generator.
    `keras.utils.set_random_seed` sets it too, but imports TensorFlow on any backend,
    which would cost JAX seconds for nothing.
    """
    from vae_lib import likelihoods, models, networks

    random.seed(seed)
    likelihood = likelihoods.Gaussian(initial_variance=recipe.initial_variance)
    return models.VAE(*networks.build("mlp", latent_dim), likelihood, seed=seed)


def parts(recipe):
    """``(first epoch, last epoch, batch size)`` of each call of a loop."""
    if recipe.grow_to is None:
        return [(0, recipe.epochs, recipe.batch_size)]
    half = recipe.epochs // 2
    return [(0, half, recipe.batch_size), (half, recipe.epochs, recipe.grow_to)]


def compile_adam(vae, n_images, recipe):
    """Adam as `training.fit` makes it, and the rate's warm-up if there is one."""
    import keras

    spans = parts(recipe)
    n_steps = sum((b - a) * math.ceil(n_images / size) for a, b, size in spans)
    # The warm-up begins above 0: training.fit refuses a rate of 0 as a schedule's end.
    start = 1e-3 if recipe.rate_warmup else 1.0
    schedule = keras.optimizers.schedules.CosineDecay(
        start * recipe.learning_rate,
        n_steps - recipe.rate_warmup,
        warmup_target=recipe.learning_rate if recipe.rate_warmup else None,
        warmup_steps=recipe.rate_warmup,
    )
    vae.compile(optimizer=keras.optimizers.Adam(schedule))


def fit(vae, x_train, x_val, recipe, seed, callbacks):
    """Train with vae_lib's loop."""
    from vae_lib import training

    if recipe.rate_warmup or recipe.grow_to:  # else fit compiles the same
        compile_adam(vae, len(x_train), recipe)
    for first, last, batch_size in parts(recipe):
        training.fit(
            vae,
            x_train,
            epochs=last,
            batch_size=batch_size,
            x_val=x_val,
            learning_rate=recipe.learning_rate,
            kl_warmup=recipe.kl_warmup,
            seed=seed,
            initial_epoch=first,
            callbacks=callbacks,
            verbose=0,
        )
        if vae.stop_training:
            break


def fit_keras(vae, x_train, x_val, recipe, seed, callbacks):
    """Train with Keras's own `Model.fit`: the same optimiser, schedule and batches.

    Without a global seed its order of images is a new one in each run and epoch.
    """
    from vae_lib import training

    compile_adam(vae, len(x_train), recipe)
    if recipe.kl_warmup:
        callbacks = [training.KLWarmup(recipe.kl_warmup), *callbacks]
    for first, last, batch_size in parts(recipe):
        vae.fit(
            x_train,
            initial_epoch=first,
            epochs=last,
            batch_size=batch_size,
            shuffle=True,
            validation_data=(x_val,),
            validation_batch_size=500,
            callbacks=callbacks,
            verbose=0,
        )
        if vae.stop_training:
            break


LOOPS = {"fit": fit, "keras": fit_keras}
