"""Two sets of runs: tests and intervals against SciPy and by hand."""

import itertools

import numpy as np
import pytest
from scipy import stats

from vae_lib import evaluation


def difference(a, b, axis):
    return np.mean(a, axis=axis) - np.mean(b, axis=axis)


def test_three_against_three_by_hand():
    # 20 splits; only the one that was seen and its mirror image are as extreme.
    test = evaluation.permutation_test([4.0, 5.0, 6.0], [1.0, 2.0, 3.0])
    assert test == (3.0, 2 / 20, 20, True)


@pytest.mark.parametrize("n", [4, 7])
def test_exact_p_value_agrees_with_scipy(n):
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=n) + 0.8, rng.normal(size=n)
    ours = evaluation.permutation_test(a, b)
    theirs = stats.permutation_test((a, b), difference, n_resamples=np.inf)
    assert ours.exact and ours.difference == pytest.approx(theirs.statistic)
    assert ours.p_value == pytest.approx(theirs.pvalue, abs=1e-12)


def test_sets_of_unequal_size_agree_with_scipy():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=7) + 1.0, rng.normal(size=4)
    theirs = stats.permutation_test(
        (a, b),
        lambda a, b, axis: np.abs(difference(a, b, axis)),
        alternative="greater",
        n_resamples=np.inf,
    )
    assert evaluation.permutation_test(a, b).p_value == pytest.approx(theirs.pvalue)


def test_random_splits_estimate_the_exact_p_value():
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=9) + 0.7, rng.normal(size=8)  # 24,310 splits
    exact = evaluation.permutation_test(a, b)
    drawn = evaluation.permutation_test(a, b, max_splits=20_000)
    assert exact.exact and not drawn.exact and drawn.n_splits == 20_000
    error = np.sqrt(exact.p_value * (1 - exact.p_value) / 20_000)
    assert abs(drawn.p_value - exact.p_value) < 4 * error
    again = evaluation.permutation_test(a, b, max_splits=20_000)
    assert again == drawn


def test_ties_survive_rounding_and_equal_runs_do_not_differ():
    a, b = [0.1, 0.2, 0.3], [0.3, 0.2, 0.1]
    assert evaluation.permutation_test(a, b).p_value == 1.0
    # In tenths the sums are not exact; multiples of 1 are.
    a, b = np.array([7, 8, 9, 3]), np.array([1, 2, 3, 8])
    whole = evaluation.permutation_test(a, b).p_value
    assert evaluation.permutation_test(a / 10, b / 10).p_value == whole


def test_p_is_uniform_when_nothing_differs():
    rng = np.random.default_rng(3)
    p = [
        evaluation.permutation_test(*rng.normal(size=(2, 5))).p_value for _ in "x" * 400
    ]
    # At most 5 % of true hypotheses are rejected at 0.05, within four standard errors.
    assert np.mean(np.array(p) <= 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 400)
    assert abs(np.mean(p) - 0.5) < 4 * np.sqrt(1 / 12 / 400) + 1 / 252


def test_interval_and_effects_agree_with_scipy():
    rng = np.random.default_rng(4)
    a, b = 3.0 + rng.normal(size=6), 2.0 + 3.0 * rng.normal(size=9)
    ours = evaluation.mean_difference(a, b, level=0.9)
    welch = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.9)
    assert (ours.low, ours.high) == pytest.approx(tuple(welch))
    assert ours.mean == pytest.approx(a.mean() - b.mean())
    u = stats.mannwhitneyu(a, b).statistic
    assert ours.superiority == pytest.approx(u / (len(a) * len(b)))
    # The t statistic of equal variances is the standardised effect, scaled.
    t = stats.ttest_ind(a, b).statistic
    scaled = t * np.sqrt(1 / 6 + 1 / 9) * (1 - 3 / (4 * 15 - 9))
    assert ours.hedges_g == pytest.approx(scaled)


def test_ties_count_half_in_the_order_of_runs():
    assert evaluation.mean_difference([1.0, 2.0], [1.0, 2.0]).superiority == 0.5
    assert evaluation.mean_difference([3.0, 4.0], [1.0, 2.0]).superiority == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: e.permutation_test([], [1.0]), r"a must hold one number.*\(0,\)"),
        (lambda e: e.permutation_test([1.0], [[1.0]]), r"b must hold.*\(1, 1\)"),
        (lambda e: e.permutation_test([np.nan], [1.0]), "a holds NaN or infinity"),
        (
            lambda e: e.permutation_test([1.0], [2.0], max_splits=0),
            "max_splits must be a whole",
        ),
        (lambda e: e.mean_difference([1.0], [1.0, 2.0]), "a must hold.*at least 2"),
        (lambda e: e.mean_difference([1.0] * 2, [1.0] * 2), "do not vary from run"),
        (
            lambda e: e.mean_difference([1.0, 2.0], [1.0, 2.0], level=95),
            "level is a prob",
        ),
    ],
)
def test_bad_runs_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(evaluation)


@pytest.mark.parametrize(("n", "m"), [(6, 6), (7, 4)])
def test_the_brunner_munzel_statistic_is_that_of_scipy(n, m):
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=n) + 0.8, 3.0 * rng.normal(size=m)
    b[0] = a[0]  # a tie
    ours = evaluation.brunner_munzel_test(a, b)
    assert ours.statistic == pytest.approx(-stats.brunnermunzel(a, b).statistic)
    pairs = [(x > y) + 0.5 * (x == y) for x in a for y in b]
    assert ours.superiority == pytest.approx(np.mean(pairs))


def test_its_p_value_is_the_share_of_splits_by_scipys_statistic():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=5) + 1.0, 2.0 * rng.normal(size=5)
    pooled, seen = np.concatenate([a, b]), abs(stats.brunnermunzel(a, b).statistic)
    hits = total = 0
    for chosen in itertools.combinations(range(10), 5):
        rest = [i for i in range(10) if i not in chosen]
        one, other = pooled[list(chosen)], pooled[rest]
        total += 1
        if max(one) < min(other) or max(other) < min(one):  # SciPy divides by 0
            hits += 1
            continue
        test = stats.brunnermunzel(one, other, distribution="normal")
        hits += abs(test.statistic) >= seen * (1 - 1e-9)
    test = evaluation.brunner_munzel_test(a, b)
    assert (test.p_value, test.n_splits, test.exact) == (hits / total, total, True)


def test_sets_that_do_not_overlap_or_do_not_vary():
    apart = evaluation.brunner_munzel_test(range(10, 20), range(10))
    assert apart.superiority == 1.0 and apart.statistic == np.inf
    assert apart.p_value == 2 / 184_756
    equal = evaluation.brunner_munzel_test([1.0, 1.0, 1.0], [1.0, 1.0, 1.0])
    assert (equal.superiority, equal.statistic, equal.p_value) == (0.5, 0.0, 1.0)


def test_unequal_spreads_do_not_raise_its_false_alarms():
    # Five runs against ten whose spread is a tenth, equal means: the test of means
    # rejects several times too often, this one as often as promised, within 4 errors.
    rng, trials, level = np.random.default_rng(7), 400, 0.05
    means = ranks = 0
    for _ in range(trials):
        a, b = 10.0 * rng.normal(size=5), rng.normal(size=10)
        means += evaluation.permutation_test(a, b).p_value <= level
        ranks += evaluation.brunner_munzel_test(a, b).p_value <= level
    error = np.sqrt(level * (1 - level) / trials)
    assert means / trials > level + 4 * error
    assert ranks / trials < level + 4 * error
