"""A pathwise gradient, Eq. (4.3).

Estimate the derivative of the mean of `z**2` by `log_var`, the logarithm of the
variance. `noise` lists draws of a standard normal; return the average over them.
"""

import math


def pathwise(mean, log_var, noise):
    """d E[z^2] / d log_var: two numbers and a list -> one number."""
    ### BEGIN SOLUTION
    std = math.exp(log_var / 2)
    terms = [2 * (mean + std * e) * 0.5 * std * e for e in noise]
    return sum(terms) / len(noise)
    ### END SOLUTION


CASES = [
    (1.0, -1.4, [0.3, -1.2, 0.8]),
    (-0.5, 0.6, [1.0, 0.4]),
    (2.0, -3.0, [-0.7, 0.1, 1.9, -0.2]),
]


def _mean_of(term):
    def mistaken(mean, log_var, noise):
        std = math.exp(log_var / 2)
        return sum(term(mean + std * e, std, e) for e in noise) / len(noise)

    return mistaken


MISTAKES = [
    (
        "this is the derivative by the mean",
        _mean_of(lambda z, std, e: 2 * z),
    ),
    (
        "this is the derivative by the logarithm of the standard deviation, twice as "
        "large",
        _mean_of(lambda z, std, e: 2 * z * std * e),
    ),
    (
        "this is the derivative by the standard deviation",
        _mean_of(lambda z, std, e: 2 * z * e),
    ),
    (
        "z squared itself is multiplied, where its derivative belongs",
        _mean_of(lambda z, std, e: z**2 * 0.5 * std * e),
    ),
    (
        "it adds up the draws, whose mean is asked for",
        lambda mean, log_var, noise: pathwise(mean, log_var, noise) * len(noise),
    ),
    (
        "this is the exact answer; an estimate from the given draws is asked for",
        lambda mean, log_var, noise: math.exp(log_var),
    ),
]
HINT = "The chain rule: the derivative of z squared by z, times that of z by log_var."
REMARK = "With more draws it comes close to the variance itself, Eq. (4.1)."
