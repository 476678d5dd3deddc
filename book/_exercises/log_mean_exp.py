"""The importance-weighted estimate.

`log_w` lists the log weights of one image's codes. Return the logarithm of the mean of
the weights. Log weights lie in the hundreds, where `math.exp` overflows.
"""

import math


def log_mean_exp(log_w):
    """Logarithm of the mean of exp(log_w): a list -> one number."""
    ### BEGIN SOLUTION
    largest = max(log_w)
    mean = sum(math.exp(value - largest) for value in log_w) / len(log_w)
    return largest + math.log(mean)
    ### END SOLUTION


CASES = [
    ([0.5, -1.0, 2.0],),
    ([-3.0, -3.0],),
    ([1000.0, 1001.0, 999.0, 990.0],),
    ([-2000.0, -2003.0],),
]
MISTAKES = [
    (
        "this is the mean of the logarithms, which estimates the ELBO",
        lambda log_w: sum(log_w) / len(log_w),
    ),
    (
        "this is the logarithm of the sum: the mean divides by their number",
        lambda log_w: log_mean_exp(log_w) + math.log(len(log_w)),
    ),
    (
        "the logarithm of the sum is divided: divide before the logarithm",
        lambda log_w: (log_mean_exp(log_w) + math.log(len(log_w))) / len(log_w),
    ),
    (
        "the largest log weight was subtracted, and never added again",
        lambda log_w: log_mean_exp(log_w) - max(log_w),
    ),
    ("this is the largest log weight alone", max),
]
HINT = (
    "Take the largest log weight out of the sum, so that no exponential is larger "
    "than 1, and think of what it becomes outside."
)
REMARK = "It is never below the mean of the log weights, by Jensen's inequality."
