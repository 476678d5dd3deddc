"""The verdict of experiments/claim_protocol.md, and how often it would cry wolf.

    python -m experiments.false_alarms     simulate; writes results/false_alarms.json

The rule is :func:`verdicts`. The simulation draws runs for which the hypothesis of the
test is true, in situations that differ in spread and in collapses, and counts how often
the rule finds a difference all the same.
"""

from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from vae_lib._files import write_json
from vae_lib.evaluation import brunner_munzel_test, mean_difference, significance

RESULTS = Path(__file__).resolve().parent.parent / "book" / "results"
LEVEL = 0.05  # of both comparisons together
MUCH = 5.0  # percentage points
N_RUNS = 10
TRIALS = 4_000


def holm(p_values):
    """Holm's adjusted p-values of several tests, in the order given."""
    p_values = np.asarray(p_values, float)
    order = np.argsort(p_values)
    factors = len(p_values) - np.arange(len(p_values))
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(factors * p_values[order]))
    return adjusted


def shift_interval(a, b, level):
    """By how many points a typical run of a is higher: the test turned round.

    All shifts s for which the test does not tell ``a - s`` from b: as robust against
    single collapsed runs as the test itself, which an interval of the means is not.
    """
    gaps = np.unique(np.subtract.outer(a, b))  # the statistic changes only here
    inside = [gaps[0] - 1.0, *0.5 * (gaps[1:] + gaps[:-1]), gaps[-1] + 1.0]
    edges = np.concatenate([[-np.inf], gaps, [np.inf]])
    kept = [
        i
        for i, shift in enumerate(inside)
        if brunner_munzel_test(np.asarray(a) - shift, b).p_value > level
    ]
    return edges[kept[0]], edges[kept[-1] + 1]


def verdict(p_value, superiority, low, high):
    """The protocol's word for one comparison, its numbers in percentage points."""
    if p_value <= LEVEL and superiority > 0.5:
        return "much better" if low > MUCH else "better"
    if p_value <= LEVEL:
        return "worse"
    return "no much better" if high < MUCH else "not shown"


def verdicts(convolutional, mlp):
    """Compare each convolutional network's accuracies with the MLP's.

    Args:
        convolutional: accuracies in percent, one array a network.
        mlp: those of the MLP's runs.

    Returns:
        One dictionary a network: superiority, p_value (adjusted), low and high of the
        shift, the verdict, and the difference of means with its interval.
    """
    tests = [brunner_munzel_test(runs, mlp) for runs in convolutional]
    adjusted = holm([test.p_value for test in tests])
    found = []
    for runs, test, p_value in zip(convolutional, tests, adjusted, strict=True):
        low, high = shift_interval(runs, mlp, LEVEL / len(tests))
        means = mean_difference(runs, mlp, level=1.0 - LEVEL / len(tests))
        found.append(
            {
                "superiority": test.superiority,
                "p_value": float(p_value),
                "low": float(low),
                "high": float(high),
                "verdict": verdict(p_value, test.superiority, low, high),
                "difference_of_means": [means.mean, means.low, means.high],
            }
        )
    return found


# Each situation: spread and chance of collapse of a convolutional run; then the MLP's.
# A collapsed run has lost its code or half of it: an accuracy about 40 points lower.
SITUATIONS = {
    "normal, equal spread": ((2.0, 0.0), (2.0, 0.0)),
    "normal, spread 3 to 1": ((6.0, 0.0), (2.0, 0.0)),
    "normal, spread 10 to 1": ((20.0, 0.0), (2.0, 0.0)),
    "1 in 10 convolutional runs collapses": ((2.0, 0.1), (2.0, 0.0)),
    "1 in 5 convolutional runs collapses": ((2.0, 0.2), (2.0, 0.0)),
    "1 in 10 runs of either collapses": ((2.0, 0.1), (2.0, 0.1)),
    "1 in 5 runs of either collapses": ((2.0, 0.2), (2.0, 0.2)),
}
COLLAPSED = 40.0  # points that a collapse costs


def superiority_of(shift, a, b):
    """The probability that a run of a, moved up by ``shift``, beats a run of b."""
    (spread_a, lost_a), (spread_b, lost_b) = a, b
    total = 0.0
    for weight_a, fall_a in ((1 - lost_a, 0.0), (lost_a, COLLAPSED)):
        for weight_b, fall_b in ((1 - lost_b, 0.0), (lost_b, COLLAPSED)):
            distance = (shift - fall_a + fall_b) / np.hypot(spread_a, spread_b)
            total += weight_a * weight_b * norm.cdf(distance)
    return total


def draw(rng, law, shift):
    """The ELBO of each run of one group, some of them collapsed."""
    spread, lost = law
    runs = shift + spread * rng.normal(size=N_RUNS)
    return runs - COLLAPSED * (rng.random(N_RUNS) < lost)


def null_table():
    """|T| of all splits of ten against ten runs without ties: one table for all trials.

    Without ties the pooled ranks are 1 to 20 whatever the runs, so the permutation
    distribution of the statistic is always the same, and a p-value is a look-up.
    """
    ranks = np.arange(2 * N_RUNS)
    order = 0.5 + 0.5 * np.sign(ranks[:, None] - ranks)
    blocks = significance._all_masks(N_RUNS, len(ranks), None, None)
    found = [np.abs(significance._brunner_munzel(order, masks)[1]) for masks in blocks]
    return np.sort(np.concatenate(found))


def p_value_from(table, a, b):
    """The p-value of one trial, from a table of null_table."""
    pooled = np.concatenate([a, b])
    order = 0.5 + 0.5 * np.sign(pooled[:, None] - pooled)
    statistic = significance._brunner_munzel(order, np.arange(len(pooled)) < len(a))[1]
    limit = abs(statistic) * (1.0 - 1e-12)
    return (len(table) - np.searchsorted(table, limit)) / len(table)


def simulate(a, b, table, rng):
    """Shares of trials with a false alarm, and of intervals that miss the truth."""
    # Where the spread or the collapses differ, move a so that P(a > b) = 1/2.
    shift = brentq(lambda s: superiority_of(s, a, b) - 0.5, -60.0, 60.0)
    true_mean = shift - COLLAPSED * (a[1] - b[1])
    single = either = missed = 0
    for _ in range(TRIALS):
        mlp = draw(rng, b, 0.0)
        networks = [draw(rng, a, shift) for _ in range(2)]
        p_values = [p_value_from(table, runs, mlp) for runs in networks]
        single += int(p_values[0] <= LEVEL / 2)
        either += int(holm(p_values).min() <= LEVEL)
        gap = mean_difference(networks[0], mlp, level=1.0 - LEVEL / 2)
        missed += not gap.low <= true_mean <= gap.high
    return {
        "one comparison, promised": LEVEL / 2,
        "one comparison": single / TRIALS,
        "either comparison, promised": LEVEL,
        "either comparison": either / TRIALS,
        "interval of means misses, promised": LEVEL / 2,
        "interval of means misses": missed / TRIALS,
    }


def main():
    """Run the command."""
    table, rng = null_table(), np.random.default_rng(0)
    content = {
        "unit": "share of simulated trials",
        "trials": TRIALS,
        "seed": 0,
        "runs_per_network": N_RUNS,
        "situations": {},
    }
    for name, (a, b) in SITUATIONS.items():
        content["situations"][name] = simulate(a, b, table, rng)
        print(name, content["situations"][name], flush=True)
    write_json(RESULTS / "false_alarms.json", content)


if __name__ == "__main__":
    main()
