"""The exercises of chapter 4, on reparameterisation."""

from collections.abc import Callable
from typing import Any

import numpy as np

from vae_lib.exercises._judge import Exercise
from vae_lib.exercises._parts import Values

__all__ = [
    "check_antithetic",
    "check_best_split",
    "check_cube_gradients",
    "check_exponential",
    "check_finds_broken",
    "check_sampling_layer",
]

_EPS = np.array([-1.3, -0.4, 0.2, 0.9, 2.1])


def _cube(mean: float, log_var: float, eps: Values) -> Any:
    std = np.exp(0.5 * log_var)
    slope = 3 * (mean + std * eps) ** 2
    return np.array([np.mean(slope), np.mean(slope * 0.5 * std * eps)])


check_cube_gradients = Exercise(
    task="Write the pathwise gradient of E[z^3] by the mean and by the log-variance.",
    truth=_cube,
    cases=[(1.0, np.log(0.25), _EPS), (-0.5, 0.7, _EPS[:3])],
    mistakes={
        "z depends on the log-variance through a square root: one half is missing": (
            lambda m, v, e: _cube(m, v, e) * [1, 2]
        ),
        "the second derivative lacks the inner one, of z by the log-variance": (
            lambda m, v, e: _cube(m, v, e)[:1].repeat(2)
        ),
        "the inner derivative contains sigma: dz = sigma eps / 2 d(log-variance)": (
            lambda m, v, e: _cube(m, v, e) / [1, np.exp(0.5 * v)]
        ),
        "the variance is taken for the standard deviation": lambda m, v, e: _cube(
            m, 2 * v, e
        ),
        "this averages z^3 itself; its derivative is asked for": lambda m, v, e: (
            np.mean((m + np.exp(0.5 * v) * e) ** 3) * np.ones(2)
        ),
        "these are sums over the draws; their mean is asked for": lambda m, v, e: (
            len(e) * _cube(m, v, e)
        ),
    },
    hint="Eq. (4.3) with f'(z) = 3 z^2, averaged over the draws; return both numbers.",
)

_N_CODES = 20_000


def _layer(call: Callable[[Any, Any, Any, Any], Any]) -> Any:
    """A class of layers with its own generator, and this way of drawing."""
    import keras

    class Drawn(keras.layers.Layer):
        def __init__(self, seed: int | None = None) -> None:
            super().__init__()
            self.generator = keras.random.SeedGenerator(seed)

        def call(self, z_mean: Any, z_log_var: Any) -> Any:
            return call(keras, self.generator, z_mean, z_log_var)

    return Drawn


def _sampling() -> Any:
    return _layer(
        lambda k, g, m, v: (
            m + k.ops.exp(0.5 * v) * k.random.normal(k.ops.shape(m), seed=g)
        )
    )


def _lost_half_layer() -> Any:
    return _layer(
        lambda k, g, m, v: m + k.ops.exp(v) * k.random.normal(k.ops.shape(m), seed=g)
    )


def _shared_layer() -> Any:
    return _layer(
        lambda k, g, m, v: (
            m + k.ops.exp(0.5 * v) * k.random.normal((1, m.shape[-1]), seed=g)
        )
    )


def _repeating_layer() -> Any:
    return _layer(
        lambda k, g, m, v: (
            m + k.ops.exp(0.5 * v) * k.random.normal(k.ops.shape(m), seed=3)
        )
    )


def _means_layer() -> Any:
    return _layer(lambda k, g, m, v: m + 0 * v)


def _what_is_drawn(layer_class: Any) -> list:
    """Width, middle and novelty of codes, in what they should be.

    Three pairs of numbers: the width of the codes of each latent dimension over a batch
    of equal images, in units of sigma; their middle, in the same units, where they have
    a width; the share of codes that change from one call to the next.
    """
    import keras

    if not isinstance(layer_class, type):
        raise TypeError("a class is expected: give its name, without brackets")
    mean, log_var = np.array([1.0, -2.0]), np.array([-1.0, 0.8])
    batch = [np.tile(row, (_N_CODES, 1)).astype("float32") for row in (mean, log_var)]
    layer = layer_class(seed=1)
    first, second = (keras.ops.convert_to_numpy(layer(*batch)) for _ in range(2))
    noise = (first - mean) / np.exp(0.5 * log_var)
    width = noise.std(axis=0)
    new = np.mean(first != second, axis=0)
    return [width, noise.mean(axis=0) * (width > 1e-3), new]


check_sampling_layer = Exercise(
    task="Write the layer that draws codes.",
    truth=_sampling,
    observe=_what_is_drawn,
    mistakes={
        "the noise is too wide or too narrow: exp(log_var) is a variance": (
            _lost_half_layer
        ),
        "all images of a batch get the same noise; its shape is that of z_mean": (
            _shared_layer
        ),
        "every call draws the same noise: hand the layer's generator on as the seed": (
            _repeating_layer
        ),
        "nothing random is left: this gives the mean": _means_layer,
    },
    hint="Eq. (4.2): noise in the shape of z_mean, with self.generator as its seed.",
    rtol=0,
    atol=0.05,  # seven standard errors of a width over 20,000 codes
    lazy=True,
)

_SPLITS = ((128, 1), (64, 2), (32, 4), (8, 16))


def _best_split(images: float = 1.0, codes: float = 1.0) -> tuple[int, int]:
    """The split with the smallest variance, Eq. (4.4)."""
    return min(_SPLITS, key=lambda split: (images + codes / split[1]) / split[0])


check_best_split = Exercise(
    task="Choose images and codes for each image with 128 codes in all.",
    truth=_best_split(),
    mistakes={
        "this takes Eq. (4.4) upside down: there are fewest images": _SPLITS[3],
        "V_codes / (B L) is the same for all, and V_images / B is not": _SPLITS[2],
        "nearly, but V_images is still divided by half as many images": _SPLITS[1],
    },
    hint="Put L = 128 / B into Eq. (4.4). Which of its two terms still depends on B?",
    remark="More images are always worth more than more codes.",
)


def _antithetic(slope: Callable, mean: float, std: float, eps: Values) -> Values:
    return (slope(mean + std * eps) + slope(mean - std * eps)) / 2


def _square(z: Values) -> Values:
    return 3 * z**2


check_antithetic = Exercise(
    task="Write the pathwise gradient by the mean from noise and its mirror image.",
    truth=_antithetic,
    cases=[(_square, 1.0, 0.5, _EPS), (np.exp, -0.3, 1.2, _EPS)],
    mistakes={
        "the two are added; their average is asked for": lambda f, m, s, e: (
            2 * _antithetic(f, m, s, e)
        ),
        "it is the noise that is mirrored, not the code": lambda f, m, s, e: (
            (f(m + s * e) + f(-m - s * e)) / 2
        ),
        "this is the plain gradient, without the mirror image": lambda f, m, s, e: f(
            m + s * e
        ),
        "the slope is asked at the mean of both codes; take the mean of both slopes": (
            lambda f, m, s, e: f(m + 0 * e)
        ),
        "it averages over the draws: one number for each draw is asked for": (
            lambda f, m, s, e: np.mean(_antithetic(f, m, s, e))
        ),
    },
    hint="Shape eps and -eps into two codes by Eq. (4.2) and average the slopes there.",
)


def _exponential(u: Values, log_rate: float) -> Values:
    return -np.log1p(-u) / np.exp(log_rate)


check_exponential = Exercise(
    task="Write an exponential variable as a function of a uniform one and its rate.",
    truth=_exponential,
    cases=[(np.array([0.05, 0.5, 0.9]), np.log(2.0)), (np.array([0.3, 0.99]), -0.5)],
    mistakes={
        "this has the right distribution, but F of it is 1 - u": lambda u, r: (
            -np.log(u) / np.exp(r)
        ),
        "the sign is turned round: an exponential variable is positive": lambda u, r: (
            -_exponential(u, r)
        ),
        "it is multiplied by the rate; a high rate makes short times": lambda u, r: (
            -np.log1p(-u) * np.exp(r)
        ),
        "the logarithm of the rate is taken for the rate": lambda u, r: (
            -np.log1p(-u) / r
        ),
        "this is F; its inverse is asked for": lambda u, r: 1 - np.exp(-np.exp(r) * u),
    },
    hint="Solve u = F(z) for z.",
)

_random = np.random.default_rng(0)


def _sound(mean: Values, log_var: Values) -> Values:
    return mean + np.exp(0.5 * log_var) * _random.standard_normal(mean.shape)


def _lost_half(mean: Values, log_var: Values) -> Values:
    return mean + np.exp(log_var) * _random.standard_normal(mean.shape)


def _one_noise(mean: Values, log_var: Values) -> Values:
    noise = _random.standard_normal(mean.shape[1:])
    return mean + np.exp(0.5 * log_var) * noise


def _moved(mean: Values, log_var: Values) -> Values:
    return _sound(mean, log_var) + 0.5


_SAMPLERS = (_sound, _lost_half, _one_noise, _moved)


def _verdicts(is_sound: Callable) -> list:
    """What a test says of four samplers."""
    if not callable(is_sound):
        raise TypeError("a function is expected: give its name, without brackets")
    return [is_sound(sampler) for sampler in _SAMPLERS]


check_finds_broken = Exercise(
    task="Write a test that tells sound samplers from broken ones.",
    truth=lambda sampler: sampler is _sound,
    observe=_verdicts,
    mistakes={
        "a lost half passes: test at a log-variance that is not 0": lambda s: (
            s in (_sound, _lost_half)
        ),
        "one noise for all images passes: look at two images of one call together": (
            lambda s: s in (_sound, _one_noise)
        ),
        "a lost half passes, and so does one noise for all images": lambda s: (
            s is not _moved
        ),
        "a sampler with a wrong mean passes": lambda s: s in (_sound, _moved),
        "a sound sampler fails: allow for the chance in a finite number of draws": (
            lambda s: False
        ),
        "every sampler passes": lambda s: True,
    },
    hint="Turn codes back into noise, (z - mean) / sigma. Over many calls it should "
    "have mean 0 and, of all images and latent dimensions together, the identity as "
    "its covariance.",
)
