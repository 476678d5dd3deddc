"""The exercises of chapter 1, on autoencoders."""

from collections.abc import Callable
from typing import Any

import numpy as np

from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import Values

__all__ = ["check_ball_share", "check_pca_draws", "check_rescaled"]


def _set(layer: Any, *weights: Any) -> None:
    layer.set_weights(list(weights))


def _rescale(encoder: Any, decoder: Any, factor: float) -> None:
    last, first = encoder.layers[-1], decoder.layers[0]
    _set(last, *(factor * w for w in last.get_weights()))
    matrix, bias = first.get_weights()
    _set(first, matrix / factor, bias)


def _rescale_matrix_only(encoder: Any, decoder: Any, factor: float) -> None:
    last, first = encoder.layers[-1], decoder.layers[0]
    matrix, bias = last.get_weights()
    _set(last, factor * matrix, bias)
    matrix, bias = first.get_weights()
    _set(first, matrix / factor, bias)


def _rescale_bias_too(encoder: Any, decoder: Any, factor: float) -> None:
    last, first = encoder.layers[-1], decoder.layers[0]
    _set(last, *(factor * w for w in last.get_weights()))
    _set(first, *(w / factor for w in first.get_weights()))


def _rescale_encoder(encoder: Any, decoder: Any, factor: float) -> None:
    last = encoder.layers[-1]
    _set(last, *(factor * w for w in last.get_weights()))


def _rescale_twice(encoder: Any, decoder: Any, factor: float) -> None:
    for layer in (encoder.layers[-1], decoder.layers[0]):
        matrix, bias = layer.get_weights()
        _set(layer, factor * matrix, factor * bias if layer.units == 2 else bias)


def _codes_and_pictures(rescale: Callable[[Any, Any, float], None]) -> list:
    """What two small networks give after their scale was changed fivefold."""
    import keras

    if not callable(rescale):
        raise TypeError("a function is expected: give its name, without brackets")
    rng = np.random.default_rng(0)
    models = []
    for sizes, last in (((4, 6, 2), None), ((2, 6, 4), "sigmoid")):
        dense = [
            keras.layers.Dense(sizes[1], "relu"),
            keras.layers.Dense(sizes[2], last),
        ]
        model = keras.Sequential([keras.Input((sizes[0],)), *dense])
        model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
        models.append(model)
    encoder, decoder = models
    rescale(encoder, decoder, 5.0)
    codes = encoder(rng.normal(size=(3, 4)))
    return [keras.ops.convert_to_numpy(v) for v in (codes, decoder(codes))]


check_rescaled = Exercise(
    task="Change the scale of an autoencoder's codes, and none of its pictures.",
    truth=_rescale,
    observe=_codes_and_pictures,
    mistakes={
        "the bias of the code's layer is not scaled; it is a part of the code": (
            _rescale_matrix_only
        ),
        "the bias of the decoder's first layer is scaled; no code passes through it": (
            _rescale_bias_too
        ),
        "the decoder does not undo what was done to the codes": _rescale_encoder,
        "the decoder multiplies once more, where it should divide": _rescale_twice,
    },
    hint="In layer.get_weights() the matrix stands first and the bias second; which of "
    "the four arrays does the code's scale pass through?",
    rtol=1e-3,
    atol=1e-4,
)


def _ball_share(points: Values) -> Any:
    return np.mean(np.sum(points**2, axis=1) <= 1)


_CUBE = np.array([[0.9, 0.1, 0.2], [0.8, 0.7, 0.1], [0.6, 0.5, 0.4], [0.1, 0, -0.5]])

check_ball_share = Exercise(
    task="Give the share of points that lie in the ball of radius 1.",
    truth=_ball_share,
    cases=[(_CUBE,), (2 * _CUBE,)],
    mistakes={
        "this is the number of points, and their share is asked for": lambda x: np.sum(
            np.sum(x**2, axis=1) <= 1
        ),
        "the wrong axis: a point is a row, and its coordinates are added": lambda x: (
            np.mean(np.sum(x**2, axis=0) <= 1)
        ),
        "this is the share in the cube, not in the ball": lambda x: np.mean(
            np.all(np.abs(x) <= 1, axis=1)
        ),
        "the coordinates have to be squared before they are added": lambda x: np.mean(
            np.sum(np.abs(x), axis=1) <= 1
        ),
        "this is the share outside": lambda x: 1 - _ball_share(x),
    },
    hint="The distance from the origin is the root of the sum of squares of a row.",
)

_CODES = np.array([[0.3, -1.2], [1.1, 0.7], [-0.4, 2.0]])
_TURN = np.array([[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]])
_SPECTRUM = np.array([4.0, 0.25, 0.01])
_MIDDLE = np.array([0.5, -0.2, 0.1])


def _pca_draws(noise: Values, x_bar: Values, u: Values, lam: Values) -> Values:
    d = noise.shape[1]
    return (noise * np.sqrt(lam[:d])) @ u[:, :d].T + x_bar


check_pca_draws = Exercise(
    task="Turn standard normal numbers into pictures that PCA generates.",
    truth=_pca_draws,
    cases=[(_CODES, _MIDDLE, _TURN, _SPECTRUM)],
    mistakes={
        "an eigenvalue is a variance; noise is scaled by its root": (
            lambda e, m, u, v: e * v[:2] @ u[:, :2].T + m
        ),
        "the codes are left at variance 1": lambda e, m, u, v: e @ u[:, :2].T + m,
        "the mean picture is missing": lambda e, m, u, v: _pca_draws(e, m, u, v) - m,
        "the components are the columns of u, not its rows": lambda e, m, u, v: (
            (e * np.sqrt(v[:2])) @ u[:2] + m
        ),
    },
    hint="The codes of PCA have a diagonal covariance, the first eigenvalues. To "
    "decode, multiply by the transposed components and add the mean picture.",
)
