"""The posterior of a straight wire.

The camera records one number, `x = w_0 + w_1 * z` plus noise of standard deviation
`sigma`, and `z` is standard normal. Return the mean and the variance of its posterior,
a list of two numbers.
"""


def straight_wire(x, w_0, w_1, sigma):
    """Mean and variance of p(z | x): four numbers -> [mean, variance]."""
    ### BEGIN SOLUTION
    # p(x | z) p(z) has z^2 (1 + w_1^2 / sigma^2) / 2 in its exponent.
    variance = 1 / (1 + w_1**2 / sigma**2)
    mean = variance * w_1 * (x - w_0) / sigma**2
    return [mean, variance]
    ### END SOLUTION


CASES = [(1.3, 0.3, 1.0, 0.35), (-0.4, -0.6, 0.3, 0.5), (2.0, 0.0, -1.5, 1.2)]


def _with(x, w_0, w_1, variance_x, prior=1.0):
    variance = 1 / (prior + w_1**2 / variance_x)
    return [variance * w_1 * (x - w_0) / variance_x, variance]


MISTAKES = [
    (
        "the second number is the standard deviation, and the variance is asked for",
        lambda x, a, b, s: [_with(x, a, b, s**2)[0], _with(x, a, b, s**2)[1] ** 0.5],
    ),
    (
        "sigma is a standard deviation: the exponent holds its square",
        lambda x, a, b, s: _with(x, a, b, s),
    ),
    (
        "this is what the likelihood says alone: the prior of z is missing",
        lambda x, a, b, s: _with(x, a, b, s**2, prior=0.0),
    ),
    (
        "the wire's constant w_0 is missing from the mean",
        lambda x, a, b, s: _with(x, 0.0, b, s**2),
    ),
    (
        "the second number is the precision, one over the variance",
        lambda x, a, b, s: [_with(x, a, b, s**2)[0], 1 / _with(x, a, b, s**2)[1]],
    ),
    (
        "the two numbers stand in the wrong order",
        lambda x, a, b, s: _with(x, a, b, s**2)[::-1],
    ),
]
HINT = (
    "Collect what stands before z squared in log p(x | z) + log p(z), and what "
    "stands before z."
)
REMARK = "The variance does not depend on x: a straight wire moves at one speed."
