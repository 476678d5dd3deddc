"""The sampling layer, Eq. (4.2).

`mean`, `log_var` and `noise` are lists, one number for each latent dimension of one
image. Return the code, a list of the same length.
"""

import math


def sample(mean, log_var, noise):
    """A code from N(mean, diag exp(log_var)): three lists -> a list."""
    ### BEGIN SOLUTION
    return [m + math.exp(v / 2) * e for m, v, e in zip(mean, log_var, noise)]
    ### END SOLUTION


CASES = [
    ([1.0, -0.5], [-2.0, 0.6], [0.3, -1.2]),
    ([0.0, 0.2, 2.0], [0.4, -4.0, 1.0], [1.0, 2.0, -0.5]),
    ([0.7], [0.0], [0.0]),
]


def _spread(spread):
    def mistaken(mean, log_var, noise):
        return [m + spread(v) * e for m, v, e in zip(mean, log_var, noise)]

    return mistaken


MISTAKES = [
    (
        "the half is lost: exp(log_var) is the variance, and noise is scaled by the "
        "standard deviation",
        _spread(math.exp),
    ),
    (
        "the noise is scaled by the log-variance itself",
        _spread(lambda v: v),
    ),
    (
        "the noise is scaled by half the log-variance: its exponential is missing",
        _spread(lambda v: v / 2),
    ),
    (
        "the exponential is halved, and not the log-variance in it",
        _spread(lambda v: math.exp(v) / 2),
    ),
    (
        "the log-variance has the wrong sign: this divides by the standard deviation",
        _spread(lambda v: math.exp(-v / 2)),
    ),
    (
        "the noise is subtracted: the distribution is the same, Eq. (4.2) adds it",
        _spread(lambda v: -math.exp(v / 2)),
    ),
    (
        "the mean is missing",
        lambda mean, log_var, noise: sample([0.0] * len(mean), log_var, noise),
    ),
]
HINT = "Which number scales noise of standard deviation 1, and how is it stored?"
REMARK = "With noise 0 the code is the mean."
