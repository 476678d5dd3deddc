"""The exercises of chapter 0, a VAE in sixty seconds."""

from collections.abc import Callable
from typing import Any

import numpy as np

from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import Values

__all__ = [
    "check_class_accuracy",
    "check_grain",
    "check_noisy_codes",
    "check_vote",
    "check_without_rate",
]

_LABELS = np.repeat(np.arange(10), [3, 4, 2, 5, 3, 4, 2, 3, 4, 5])
_NAMED = np.where(np.arange(35) % 3 == 0, (_LABELS + 4) % 10, _LABELS)


def _class_accuracy(predicted: Values, labels: Values) -> Values:
    return np.array([np.mean(predicted[labels == d] == d) for d in range(10)])


check_class_accuracy = Exercise(
    task="Write the share of each digit's pictures that are named correctly.",
    truth=_class_accuracy,
    cases=[(_NAMED, _LABELS), (_LABELS, _LABELS)],
    mistakes={
        "these are shares of the pictures that were called so; take those that are": (
            lambda p, y: _class_accuracy(y, p)
        ),
        "these are numbers of pictures, and shares are asked for": lambda p, y: (
            np.bincount(y[p == y], minlength=10)
        ),
        "these are shares of all pictures; divide by the number of each digit": (
            lambda p, y: np.bincount(y[p == y], minlength=10) / len(y)
        ),
        "this is one share for all; one for each of the ten digits is asked for": (
            lambda p, y: np.mean(p == y)
        ),
        "these are the shares of mistakes": lambda p, y: 1 - _class_accuracy(p, y),
        "these are per cent; a share lies between 0 and 1": lambda p, y: (
            100 * _class_accuracy(p, y)
        ),
    },
    hint="For each digit choose its pictures with `labels == digit`; the mean of True "
    "and False is a share.",
)

_MEANS = np.array([[0.5, -1.0], [0.2, 0.8], [1.5, 0.1]])
_LOG_VARS = np.array([[-8.0, -9.0], [-7.5, 0.4], [1.0, -2.0]])
_NOISE = np.array([[0.3, -1.2], [1.1, 0.7], [-0.4, 2.0]])


def _noisy(z_mean: Values, z_log_var: Values, noise: Values, factor: float) -> Values:
    return z_mean + factor * np.exp(0.5 * z_log_var) * noise


check_noisy_codes = Exercise(
    task="Move codes by noise that is some times as large as the encoder asked for.",
    truth=_noisy,
    cases=[(_MEANS, _LOG_VARS, _NOISE, 1), (_MEANS, _LOG_VARS, _NOISE, 10)],
    mistakes={
        "the square root is missing: exp(log_var) is a variance": lambda m, v, e, k: (
            m + k * np.exp(v) * e
        ),
        "the factor also multiplies the middle of the cloud": lambda m, v, e, k: (
            k * _noisy(m, v, e, 1)
        ),
        "the factor multiplies the variance; the noise is to be so much larger": (
            lambda m, v, e, k: m + np.sqrt(k) * np.exp(0.5 * v) * e
        ),
        "the noise is not scaled to the width of the cloud": lambda m, v, e, k: (
            m + k * e
        ),
        "the logarithm of the variance stands where the width belongs": (
            lambda m, v, e, k: m + k * v * e
        ),
    },
    hint="A width is the square root of a variance, and the encoder gives the "
    "logarithm of the variance: exp(0.5 * log_var).",
    remark="With the factor 1 this is what a VAE does at every step of its training.",
)


def _grain(pictures: Values, variance: float, noise: Values) -> Values:
    return pictures + np.sqrt(variance) * noise


check_grain = Exercise(
    task="Add the pixel noise of the model to pictures.",
    truth=_grain,
    cases=[
        (np.array([[0.0, 0.9, 0.4], [0.1, 1.0, 0.0]]), 0.04, np.array([0.5, 1.5, -2]))
    ],
    mistakes={
        "the noise has the size of the variance; its root is a typical error": (
            lambda x, v, e: x + v * e
        ),
        "the noise multiplies the picture instead of being added": lambda x, v, e: (
            x * (1 + np.sqrt(v) * e)
        ),
        "the values are cut at 0 and 1, and the model's noise goes beyond them": (
            lambda x, v, e: np.clip(_grain(x, v, e), 0, 1)
        ),
        "the noise is not scaled at all": lambda x, v, e: x + e,
    },
    hint="Noise of spread 1 becomes noise of spread s if it is multiplied by s.",
)

_NEAR = [(0.1, 0), (0.2, 0), (0, 0.3), (0, 5), (0.01, -5), (0.02, 6)]
_PLACES = np.array([*_NEAR, (9, 9), (9, 8), (8, 9)])
_KINDS = np.array([7, 9, 9, 1, 1, 1, 4, 4, 4])


def _vote(place: Values, codes: Values, labels: Values, k: int) -> Any:
    distances = np.sum((codes - place) ** 2, axis=1)
    return np.bincount(labels[np.argsort(distances)[:k]]).argmax()


check_vote = Exercise(
    task="Name a place on the map by a vote of the k nearest codes.",
    truth=_vote,
    cases=[(np.array(z), _PLACES, _KINDS, 3) for z in ((0.0, 0.0), (9.0, 9.0))],
    mistakes={
        "it names the nearest code only, without a vote": lambda z, c, y, k: _vote(
            z, c, y, 1
        ),
        "these are the farthest codes, not the nearest": lambda z, c, y, k: np.bincount(
            y[np.argsort(-np.sum((c - z) ** 2, axis=1))[:k]]
        ).argmax(),
        "it averages the labels, and there is no digit between a 3 and a 5": (
            lambda z, c, y, k: np.mean(y[np.argsort(np.sum((c - z) ** 2, axis=1))[:k]])
        ),
        "the distance is that of one coordinate; both count": lambda z, c, y, k: _vote(
            z[:1], c[:, :1], y, k
        ),
        "all codes have a vote": lambda z, c, y, k: np.bincount(y).argmax(),
    },
    hint="np.argsort of the distances gives the nearest first; np.bincount counts.",
)


def _networks() -> tuple[Any, Any]:
    """Two small networks: codes far from the prior, an even grey picture."""
    from vae_lib import networks

    shape = (4, 4, 1)
    encoder = networks.mlp_encoder(2, shape, hidden_units=3)
    decoder = networks.mlp_decoder(2, shape, hidden_units=3)
    flat = [np.full(w.shape, 3.0 * (w.shape == (2,))) for w in encoder.get_weights()]
    encoder.set_weights(flat)
    decoder.set_weights([np.zeros_like(w) for w in decoder.get_weights()])
    return encoder, decoder


def _weight_of_rate(build: Callable[[Any, Any], Any]) -> list:
    """How much of the rate the loss of a VAE contains, besides the distortion."""
    if not callable(build):
        raise TypeError("a function is expected: give its name, without brackets")
    vae = build(*_networks())
    x = np.full((2, 4, 4, 1), 0.25, dtype="float32")
    terms = vae.elbo_terms(x)
    loss = vae.compute_loss(x=x, y=None, y_pred=None, sample_weight=None)
    distortion, rate = float(terms.distortion[0]), float(terms.rate[0])
    return [(float(loss) - distortion) / rate]


def _with_beta(beta: float) -> Callable[[Any, Any], Any]:
    def build(encoder: Any, decoder: Any) -> Any:
        from vae_lib import likelihoods, models

        return models.VAE(encoder, decoder, likelihoods.Gaussian(), beta=beta)

    return build


def _rate_alone(encoder: Any, decoder: Any) -> Any:
    from vae_lib import likelihoods, models

    class RateAlone(models.VAE):
        def compute_loss(self, x: Any = None, *others: Any, **named: Any) -> Any:
            return self.elbo_terms(x).rate[0]

    return RateAlone(encoder, decoder, likelihoods.Gaussian())


check_without_rate = Exercise(
    task="Build a VAE of two networks whose loss leaves the cost of the code out.",
    truth=_with_beta(0.0),
    observe=_weight_of_rate,
    mistakes={
        "the cost of the code is still in the loss": _with_beta(1.0),
        "the cost of the code counts less, and is to be left out": _with_beta(0.1),
        "the cost of the picture is left out instead": _rate_alone,
    },
    hint="models.VAE has an argument `beta`, which multiplies the rate. A subclass "
    "with a `compute_loss` of its own would do as well.",
    remark="What is left is an autoencoder with noise on its codes.",
    atol=1e-3,
)
