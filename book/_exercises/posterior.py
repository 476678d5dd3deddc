"""Bayes' rule on a grid, Eq. (2.4).

`log_joint` lists the logarithms of the terms of the sum in Eq. (2.2). Return the
posterior mass of each grid point. No exponential may underflow: logarithms below -1000
are among the cases.
"""

import math


def posterior(log_joint):
    """Posterior masses from log p(x | z_j) p(z_j) step: a list -> a list."""
    ### BEGIN SOLUTION
    largest = max(log_joint)
    joint = [math.exp(value - largest) for value in log_joint]
    return [value / sum(joint) for value in joint]
    ### END SOLUTION


CASES = [
    ([-2.0, -1.0, -0.5],),
    ([-3.0, -3.0, -5.0, -9.0],),
    ([-1001.0, -1000.0, -1002.5],),
]


def _over_largest(log_joint):
    largest = max(log_joint)
    return [math.exp(value - largest) for value in log_joint]


def _softmax(log_joint):
    return [v / sum(_over_largest(log_joint)) for v in _over_largest(log_joint)]


MISTAKES = [
    (
        "the masses are not divided by their sum",
        lambda log_joint: [math.exp(value) for value in log_joint],
    ),
    (
        "the masses are divided by the largest one, and not by their sum",
        _over_largest,
    ),
    (
        "the logarithms are divided by their sum: exponentials come first",
        lambda log_joint: [value / sum(log_joint) for value in log_joint],
    ),
    (
        "these are the logarithms of the masses",
        lambda log_joint: [math.log(value) for value in _softmax(log_joint)],
    ),
    (
        "this divides by the mean of the terms, and not by their sum",
        lambda log_joint: [len(log_joint) * value for value in _softmax(log_joint)],
    ),
]
HINT = (
    "The masses add up to 1, and one number may be subtracted from all "
    "logarithms without changing them: which one keeps exp from underflow?"
)
REMARK = "Only the differences of the logarithms count."
