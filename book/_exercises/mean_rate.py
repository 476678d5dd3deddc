"""The water-filling level.

`eigenvalues` lists the variances of the principal components, largest first. A linear
VAE has `d` latent dimensions and its pixel variance is held at `level`. Return its mean
rate in nats, Eq. (5.5).
"""

import math


def mean_rate(eigenvalues, d, level):
    """Mean rate of a linear VAE: a list and two numbers -> one number."""
    ### BEGIN SOLUTION
    active = [value for value in eigenvalues[:d] if value > level]
    return 0.5 * sum(math.log(value / level) for value in active)
    ### END SOLUTION


CASES = [
    ([5.0, 3.7, 1.2, 0.4, 0.1], 4, 1.0),
    ([5.0, 3.7, 1.2, 0.4, 0.1], 2, 0.5),
    ([2.0, 0.7, 0.3], 3, 0.2),
    ([2.0, 0.7, 0.3], 3, 9.0),
]


def _logs(values, level):
    return [math.log(value / level) for value in values]


def _positive(values):
    return [value for value in values if value > 0]


MISTAKES = [
    (
        "a direction under water lowers the rate: it is collapsed and costs nothing",
        lambda values, d, level: 0.5 * sum(_logs(values[:d], level)),
    ),
    (
        "it counts directions for which no latent dimension is left",
        lambda values, d, level: 0.5 * sum(_positive(_logs(values, level))),
    ),
    (
        "the factor of one half is missing",
        lambda values, d, level: sum(_positive(_logs(values[:d], level))),
    ),
    (
        "the fraction is upside down: a rate is never negative",
        lambda values, d, level: -mean_rate(values, d, level),
    ),
    (
        "it averages over the latent dimensions, which are to be added",
        lambda values, d, level: mean_rate(values, d, level) / d,
    ),
    (
        "the level is a variance already: do not square it",
        lambda values, d, level: mean_rate(values, d, level**2),
    ),
    (
        "this is the number of active dimensions",
        lambda values, d, level: len(_positive(_logs(values[:d], level))),
    ),
]
HINT = "Which directions have a latent dimension, and which of these rise above it?"
REMARK = "Raise the level above the largest eigenvalue, and nothing is left of it."
