"""The Gaussian decoder, Eq. (5.1).

`x` and `mean` list the pixels of an image and of the decoded picture; all pixels share
one `variance`. Return the log density in nats.
"""

import math


def gaussian_log_prob(x, mean, variance):
    """log N(x; mean, variance * I): two lists and a number -> one number."""
    ### BEGIN SOLUTION
    error = sum((a - b) ** 2 for a, b in zip(x, mean))
    normaliser = len(x) / 2 * math.log(2 * math.pi * variance)
    return -error / (2 * variance) - normaliser
    ### END SOLUTION


CASES = [
    ([0.0, 0.5, 1.0], [0.1, 0.4, 0.7], 0.04),
    ([0.2, 0.9], [0.9, 0.1], 0.5),
    ([0.3, 0.3, 0.6, 1.0], [0.3, 0.2, 0.8, 0.7], 2.0),
]


def _error(x, mean):
    return sum((a - b) ** 2 for a, b in zip(x, mean))


MISTAKES = [
    (
        "the sign is turned round: this is a loss",
        lambda x, mean, variance: -gaussian_log_prob(x, mean, variance),
    ),
    (
        "it averages over the pixels, whose log densities are to be added",
        lambda x, mean, variance: gaussian_log_prob(x, mean, variance) / len(x),
    ),
    (
        "the log normaliser counts one pixel only",
        lambda x, mean, variance: (
            -_error(x, mean) / (2 * variance) - 0.5 * math.log(2 * math.pi * variance)
        ),
    ),
    (
        "the log normaliser is missing: what a large variance costs",
        lambda x, mean, variance: -_error(x, mean) / (2 * variance),
    ),
    (
        "the log normaliser has no 2 pi",
        lambda x, mean, variance: (
            gaussian_log_prob(x, mean, variance) + len(x) / 2 * math.log(2 * math.pi)
        ),
    ),
    (
        "the log normaliser has lost its half",
        lambda x, mean, variance: (
            gaussian_log_prob(x, mean, variance)
            - len(x) / 2 * math.log(2 * math.pi * variance)
        ),
    ),
    (
        "the squared error has lost its half",
        lambda x, mean, variance: (
            gaussian_log_prob(x, mean, variance) - _error(x, mean) / (2 * variance)
        ),
    ),
    (
        "the variance is taken for a standard deviation and squared",
        lambda x, mean, variance: gaussian_log_prob(x, mean, variance**2),
    ),
    (
        "this is the density; its logarithm is asked for",
        lambda x, mean, variance: math.exp(gaussian_log_prob(x, mean, variance)),
    ),
]
HINT = "Eq. (5.1) has two terms: one weighs the squared error, one counts all pixels."
REMARK = "It may lie above zero, as densities may exceed 1."
