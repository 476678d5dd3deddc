"""vae_lib's VAE, trained by ``training.fit`` or by Keras's own ``Model.fit``."""

import keras

from experiments.peers import matmul
from vae_lib import evaluation, likelihoods, models, networks, training


class Pace(keras.callbacks.Callback):
    """Waits for the benchmark between two epochs."""

    def __init__(self, link):
        super().__init__()
        self.link = link

    def on_epoch_begin(self, epoch, logs=None):
        self.link.begin()

    def on_epoch_end(self, epoch, logs=None):
        self.link.end(logs["loss"])


def run(settings, link_class):
    """Train as ``settings`` say, an epoch at a time."""
    link = link_class(matmul.keras_product())
    x_train = settings.load("x_train")
    keras.utils.set_random_seed(settings.seed)
    nets = networks.build(settings.network, settings.latent_dim)
    vae = models.VAE(*nets, likelihoods.Gaussian(), seed=settings.seed)
    vae.compile(optimizer=keras.optimizers.Adam(1e-3))
    options = {
        "epochs": settings.epochs,
        "batch_size": settings.batch_size,
        "callbacks": [Pace(link)],
        "verbose": 0,
    }
    if settings.plain:
        vae.fit(x_train, shuffle=True, **options)
    else:
        training.fit(vae, x_train, **options)
    link.score(
        lambda: evaluation.evaluate(vae, settings.load("x_test"), verbose=0).elbo
    )
