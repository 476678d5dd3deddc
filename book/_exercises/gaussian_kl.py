"""The rate of one image.

`mean` and `log_var` are lists, one number for each latent dimension. Write Eq. (3.10),
the rate in nats.
"""

import math


def gaussian_kl(mean, log_var):
    """KL(N(mean, diag exp(log_var)) || N(0, I)): two lists -> one number."""
    ### BEGIN SOLUTION
    terms = [m**2 + math.exp(v) - 1 - v for m, v in zip(mean, log_var)]
    return 0.5 * sum(terms)
    ### END SOLUTION


CASES = [
    ([0.8, -1.5], [-2.0, 0.3]),
    ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
    ([0.5, 1.0, -2.0], [-1.0, 0.0, -4.0]),
    ([1.5, 0.0, 0.3], [0.7, 1.7, -2.3]),
]
MISTAKES = [
    (
        "the sign is turned round: a divergence is never negative",
        lambda mean, log_var: -gaussian_kl(mean, log_var),
    ),
    (
        "the factor of one half is missing",
        lambda mean, log_var: 2 * gaussian_kl(mean, log_var),
    ),
    (
        "it averages over the latent dimensions, which are to be added",
        lambda mean, log_var: gaussian_kl(mean, log_var) / len(mean),
    ),
    (
        "it gives the terms of the sum: add them up",
        lambda mean, log_var: [gaussian_kl([m], [v]) for m, v in zip(mean, log_var)],
    ),
    (
        "the log-variance stands where the variance belongs",
        lambda mean, log_var: (
            0.5
            * sum(
                m**2 + v - 1 - math.log(abs(v) + 1e-12) for m, v in zip(mean, log_var)
            )
        ),
    ),
    (
        "the log-variance is taken for the logarithm of the standard deviation",
        lambda mean, log_var: gaussian_kl(mean, [2 * v for v in log_var]),
    ),
    (
        "the -1 is missing, which makes it zero where both are the same",
        lambda mean, log_var: gaussian_kl(mean, log_var) + 0.5 * len(mean),
    ),
]
HINT = (
    "Eq. (3.10) has four terms for each dimension; what comes from the network is "
    "the mean and the logarithm of the variance."
)
REMARK = "It is zero for the prior itself and grows as the codes become more exact."
