r"""Are two sets of runs different? Permutation tests, and by how much they differ.

Two networks are trained several times each, with different seeds. Runs are the sample,
not images: ten thousand test images of one run tell nothing about the next run.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vae_lib._checks import whole
from vae_lib._types import Array

Masks: TypeAlias = NDArray[np.bool_]  # which runs are in the first set, (..., n + m)


class PermutationTest(NamedTuple):
    """The result of :func:`permutation_test`."""

    difference: float  # mean of a minus mean of b, in their unit
    p_value: float  # two-sided
    n_splits: int  # ways of splitting the pooled runs that were looked at
    exact: bool  # whether those are all there are


class BrunnerMunzel(NamedTuple):
    """The result of :func:`brunner_munzel_test`."""

    superiority: float  # share of pairs (run of a, run of b) in which a is higher
    statistic: float  # positive where a tends to be higher; infinite if it always is
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


def permutation_test(
    a: ArrayLike, b: ArrayLike, *, max_splits: int = 200_000, seed: int = 0
) -> PermutationTest:
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

    >>> from vae_lib import evaluation
    >>> evaluation.permutation_test([4.0, 5.0, 6.0], [1.0, 2.0, 3.0]).p_value
    0.1
    """
    a, b = _check_runs("a", a, least=1), _check_runs("b", b, least=1)
    max_splits = whole("max_splits", max_splits)
    pooled = np.concatenate([a, b])
    pooled = pooled - pooled.mean()  # the mean of b then follows from the sum of a
    seen = a.mean() - b.mean()

    def differences(masks: Masks) -> Array:
        sums = masks @ pooled
        return sums / len(a) + sums / len(b)

    slack = 1e-12 * np.abs(pooled).max()  # a tie is a tie despite rounding
    counted = _count_splits(differences, abs(seen) - slack, a, b, max_splits, seed)
    return PermutationTest(float(seen), *counted)


def brunner_munzel_test(
    a: ArrayLike, b: ArrayLike, *, max_splits: int = 200_000, seed: int = 0
) -> BrunnerMunzel:
    r"""Is a run of one network likelier to be the higher one? A permutation test.

    The hypothesis is that a run of a is as likely above a run of b as below it. Unlike
    :func:`permutation_test` this one allows the two to vary differently from run to
    run, because the difference is divided by its own standard error, in the runs as
    they were seen and in every split of them:

    .. math:: \hat p = \overline{[a > b] + \tfrac12 [a = b]}, \qquad
        T = \frac{\hat p - 1/2}{\sqrt{s_a^2 / (n m^2) + s_b^2 / (m n^2)}}, \qquad
        p = \frac{\#\{\text{splits with } |T'| \ge |T|\}}{\#\{\text{splits}\}}

    where :math:`s_a^2` is the variance, over the runs of a, of the number of runs of b
    below each, and :math:`s_b^2` the same with the names exchanged.

    Args, raises: as :func:`permutation_test`, but each set needs two runs.

    Returns:
        :class:`BrunnerMunzel`.

    Source: Brunner & Munzel (2000); permuted: Neubert & Brunner (2007).

    >>> from vae_lib import evaluation
    >>> evaluation.brunner_munzel_test([4.0, 5.0, 6.0], [1.0, 2.0, 3.0]).superiority
    1.0
    """
    a, b = _check_runs("a", a, least=2), _check_runs("b", b, least=2)
    max_splits = whole("max_splits", max_splits)
    pooled = np.concatenate([a, b])
    order = 0.5 + 0.5 * np.sign(pooled[:, None] - pooled)  # 1 above, 1/2 level, 0 below

    def statistics(masks: Masks) -> Array:
        return np.abs(_brunner_munzel(order, masks)[1])

    superiority, statistic = _brunner_munzel(order, np.arange(len(pooled)) < len(a))
    limit = float(abs(statistic)) * (1.0 - 1e-12)
    counted = _count_splits(statistics, limit, a, b, max_splits, seed)
    return BrunnerMunzel(float(superiority), float(statistic), *counted)


def mean_difference(
    a: ArrayLike, b: ArrayLike, *, level: float = 0.95
) -> MeanDifference:
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

    >>> from vae_lib import evaluation
    >>> found = evaluation.mean_difference([4.0, 5.0, 6.0], [1.0, 2.0, 3.0])
    >>> print(f"{found.mean:.1f}, from {found.low:.2f} to {found.high:.2f}")
    3.0, from 0.73 to 5.27
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


def _brunner_munzel(order: Array, masks: Masks) -> tuple[Array, Array]:
    """Superiority and statistic of the runs where ``masks`` (..., n + m) is true."""
    n = int(masks.sum(axis=-1).flat[0])  # the same in each row
    m = masks.shape[-1] - n
    below = np.where(masks, ~masks @ order.T, masks @ order.T)  # in the other set
    mean_a = np.where(masks, below, 0.0).sum(axis=-1) / n
    mean_b = np.where(masks, 0.0, below).sum(axis=-1) / m
    squares = (below - np.where(masks, mean_a[..., None], mean_b[..., None])) ** 2
    var_a = np.where(masks, squares, 0.0).sum(axis=-1) / (n - 1)
    var_b = np.where(masks, 0.0, squares).sum(axis=-1) / (m - 1)
    superiority = mean_a / m
    error = np.sqrt(var_a / (n * m**2) + var_b / (m * n**2))
    excess = superiority - 0.5
    # Infinite where the sets do not overlap, and 0 where all runs are equal.
    limit = np.where(excess == 0.0, 0.0, np.copysign(np.inf, excess))
    some = error > 0.0
    return superiority, np.where(some, excess / np.where(some, error, 1.0), limit)


def _count_splits(
    statistic: Callable[[Masks], Array],
    limit: float,
    a: Array,
    b: Array,
    max_splits: int,
    seed: int,
) -> tuple[float, int, bool]:
    """``(p value, splits, whether these are all)`` of a statistic of masks."""
    n, total = len(a), len(a) + len(b)
    exact = math.comb(total, n) <= max_splits
    hits, n_splits = 0, 0
    for masks in (_all_masks if exact else _random_masks)(n, total, max_splits, seed):
        hits += int(np.sum(np.abs(statistic(masks)) >= limit))
        n_splits += len(masks)
    p_value = hits / n_splits if exact else (hits + 1) / (n_splits + 1)
    return p_value, n_splits, exact


def _all_masks(n: int, total: int, max_splits: int, seed: int) -> Iterator[Masks]:
    """Which of the pooled runs are in the first set: every way, in blocks."""
    chosen = itertools.combinations(range(total), n)
    while block := list(itertools.islice(chosen, 20_000)):
        masks = np.zeros((len(block), total), bool)
        np.put_along_axis(masks, np.array(block), True, axis=1)
        yield masks


def _random_masks(n: int, total: int, max_splits: int, seed: int) -> Iterator[Masks]:
    """The same for ``max_splits`` random ways."""
    rng = np.random.default_rng(seed)
    for start in range(0, max_splits, 10_000):
        rows = min(10_000, max_splits - start)
        yield rng.permuted(np.tile(np.arange(total) < n, (rows, 1)), axis=1)


def _check_runs(name: str, runs: ArrayLike, least: int) -> Array:
    runs = np.asarray(runs, dtype="float64")
    if runs.ndim != 1 or len(runs) < least:
        raise ValueError(
            f"{name} must hold one number for each run, at least {least}, got shape "
            f"{runs.shape}."
        )
    if not np.isfinite(runs).all():
        raise ValueError(f"{name} holds NaN or infinity: leave no failed run in it.")
    return runs
