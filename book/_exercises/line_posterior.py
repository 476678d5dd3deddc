"""Where the bead was on a straight wire.

One sighting `x`, the wire's `w_0` and `w_1` are lists of two numbers, the blur is one
number, and `z` is standard normal. Return the mean and the standard deviation of the
posterior of `z`, a list of two numbers.
"""

import math


def line_posterior(x, w_0, w_1, blur):
    """Mean and standard deviation of p(z | x): three lists, a number -> a list."""
    ### BEGIN SOLUTION
    # The factors of -z^2 / 2 and of z in log p(x | z) + log p(z):
    precision = sum(w**2 for w in w_1) / blur**2 + 1
    slope = sum(w * (a - b) for w, a, b in zip(w_1, x, w_0)) / blur**2
    return [slope / precision, 1 / math.sqrt(precision)]
    ### END SOLUTION


CASES = [
    ([0.4, -0.3], [0.3, -0.6], [1.0, 0.3], 0.35),
    ([1.5, 0.2], [0.3, -0.6], [1.0, 0.3], 0.35),
    ([-1.0, -1.1], [0.3, -0.6], [1.0, 0.3], 0.35),
    ([0.4, -0.3], [0.0, 0.0], [-0.5, 1.2], 1.4),
    ([1.5, 0.2], [0.0, 0.0], [-0.5, 1.2], 1.4),
]


def _least_squares(x, w_0, w_1, blur):
    length = sum(w**2 for w in w_1)
    along = sum(w * (a - b) for w, a, b in zip(w_1, x, w_0))
    return [along / length, blur / math.sqrt(length)]


def _with_width(change):
    def mistaken(x, w_0, w_1, blur):
        mean, std = line_posterior(x, w_0, w_1, blur)
        return [mean, change(std)]

    return mistaken


MISTAKES = [
    (
        "the prior is left out: this is the least-squares place",
        _least_squares,
    ),
    (
        "the blur is a standard deviation and has to be squared",
        lambda x, w_0, w_1, blur: line_posterior(x, w_0, w_1, math.sqrt(blur)),
    ),
    (
        "the second result is the variance; its root is asked for",
        _with_width(lambda std: std**2),
    ),
    (
        "the second result is one over the variance",
        _with_width(lambda std: 1 / std**2),
    ),
    (
        "the place at z = 0, w_0, has to be subtracted from x first",
        lambda x, w_0, w_1, blur: line_posterior(x, [0.0, 0.0], w_1, blur),
    ),
]
HINT = (
    "Collect what multiplies -z^2/2 in log p(x | z) + log p(z): that is one over "
    "the variance. What multiplies z is the mean over the variance."
)
REMARK = "The width does not depend on x, only the mean does."
