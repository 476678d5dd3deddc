r"""Are two sets of runs different? A permutation test, and by how much they differ.

Two networks are trained several times each, with different seeds. Runs are the sample,
not images: ten thousand test images of one run tell nothing about the next run.
"""

import itertools
import math
from typing import NamedTuple

import numpy as np

from vae_lib.evaluation.batching import check_count


class PermutationTest(NamedTuple):
    """The result of :func:`permutation_test`."""

    difference: float  # mean of a minus mean of b, in their unit
    p_value: float  # two-sided
    n_splits: int  # ways of splitting the pooled runs that were looked at
    exact: bool  # whether those are all there are


class MeanDifference(NamedTuple):
    """The result of :func:`mean_difference`."""

    mean: float  # of a minus that of b, in their unit
    low: float  # Welch's interval
    high: float
    hedges_g: float  # in pooled standard deviations, without its bias
    superiority: float  # share of pairs (run of a, run of b) in which a is higher


def permutation_test(a, b, max_splits=200_000, seed=0):
    r"""Unpaired permutation test of the difference of two means.

    If the networks did not matter, every split of the pooled runs into two sets of the
    same sizes would have been as likely as the one that was seen.

    .. math:: p = \frac{\#\{\text{splits with } |\bar a' - \bar b'| \ge
        |\bar a - \bar b|\}}{\#\{\text{splits}\}}

    Args:
        a: one number a run, ``(n,)``.
        b: those of the other network, ``(m,)``; n and m may differ.
        max_splits: if there are at most so many splits, all are counted and the test
            is exact (ten runs against ten have 184,756). Otherwise so many random ones
            are drawn, and the split that was seen is counted with them.
        seed: of the random splits.

    Returns:
        :class:`PermutationTest`. Few runs cannot give a small p: three against three
        never less than 0.1.

    Raises:
        ValueError: if a set of runs is empty or not finite, or ``max_splits`` is below
            1.

    Source: Fisher (1935); counting the split that was seen: Phipson & Smyth (2010).

    In the book: Eq. (9.7).
    """
    a, b = _check_runs("a", a, least=1), _check_runs("b", b, least=1)
    check_count("max_splits", max_splits)
    pooled = np.concatenate([a, b])
    pooled = pooled - pooled.mean()  # the mean of b then follows from the sum of a
    seen = a.mean() - b.mean()
    limit = abs(seen) - 1e-12 * np.abs(pooled).max()  # a tie is a tie despite rounding
    exact = math.comb(len(pooled), len(a)) <= max_splits
    splits = _all_splits if exact else _random_splits
    hits, n_splits = 0, 0
    for sums in splits(pooled, len(a), max_splits, seed):
        differences = sums / len(a) + sums / len(b)
        hits += int(np.sum(np.abs(differences) >= limit))
        n_splits += len(sums)
    p_value = hits / n_splits if exact else (hits + 1) / (n_splits + 1)
    return PermutationTest(float(seen), p_value, n_splits, exact)


def mean_difference(a, b, level=0.95):
    r"""How much two means differ: interval, standardised effect, order of the runs.

    .. math:: \bar a - \bar b \pm t_\nu \sqrt{s_a^2 / n + s_b^2 / m}, \qquad
        g = \Big( 1 - \frac{3}{4 (n + m) - 9} \Big)
        \frac{\bar a - \bar b}{s_\text{pooled}}

    Args:
        a: one number a run, ``(n,)``, n at least 2.
        b: those of the other network, ``(m,)``, m at least 2.
        level: of the interval, which does not assume equal variances.

    Returns:
        :class:`MeanDifference`, positive where a is higher; ties count half in
        ``superiority``.

    Raises:
        ValueError: if there are fewer than two runs, one is not finite, none vary, or
            ``level`` is not between 0 and 1.

    Source: Welch (1947); Hedges (1981); McGraw & Wong (1992).
    """
    from scipy.stats import t  # slow to import

    a, b = _check_runs("a", a, least=2), _check_runs("b", b, least=2)
    if not 0.0 < level < 1.0:
        raise ValueError(f"level is a probability between 0 and 1, got {level!r}.")
    n, m = len(a), len(b)
    share_a, share_b = a.var(ddof=1) / n, b.var(ddof=1) / m  # of the squared error
    if share_a + share_b == 0.0:
        raise ValueError(
            "a and b do not vary from run to run: an interval needs runs that differ, "
            "such as those of several seeds."
        )
    freedom = (share_a + share_b) ** 2
    freedom /= share_a**2 / (n - 1) + share_b**2 / (m - 1)
    half = t.ppf(0.5 + 0.5 * level, freedom) * math.sqrt(share_a + share_b)
    mean = a.mean() - b.mean()
    pooled = ((n - 1) * n * share_a + (m - 1) * m * share_b) / (n + m - 2)
    hedges_g = (1.0 - 3.0 / (4 * (n + m) - 9)) * mean / math.sqrt(pooled)
    order = np.sign(a[:, None] - b)  # (n, m)
    numbers = (mean, mean - half, mean + half, hedges_g, np.mean(0.5 + 0.5 * order))
    return MeanDifference(*map(float, numbers))


def _all_splits(pooled, n, max_splits, seed):
    """The sum of the first part of every split, in one block."""
    chosen = itertools.chain.from_iterable(itertools.combinations(pooled, n))
    yield np.fromiter(chosen, float).reshape(-1, n).sum(axis=1)


def _random_splits(pooled, n, max_splits, seed):
    """The same for ``max_splits`` random splits, in blocks that fit into memory."""
    rng = np.random.default_rng(seed)
    for start in range(0, max_splits, 10_000):
        rows = min(10_000, max_splits - start)
        shuffled = rng.permuted(np.tile(pooled, (rows, 1)), axis=1)
        yield shuffled[:, :n].sum(axis=1)


def _check_runs(name, runs, least):
    runs = np.asarray(runs, dtype="float64")
    if runs.ndim != 1 or len(runs) < least:
        raise ValueError(
            f"{name} must hold one number for each run, at least {least}, got shape "
            f"{runs.shape}."
        )
    if not np.isfinite(runs).all():
        raise ValueError(f"{name} holds NaN or infinity: leave no failed run in it.")
    return runs
