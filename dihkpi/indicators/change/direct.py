"""Changes of two columns of numbers, or of yes and no, without a survey around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.errors import UsageError
from dihkpi.indicators.change.cells import TIES, Cells
from dihkpi.indicators.change.figure import Figure
from dihkpi.indicators.change.figures import of_ranks, of_the_mean
from dihkpi.indicators.change.paired import Moments, effect_sizes, mean_change
from dihkpi.indicators.change.setting import ChangeSetting
from dihkpi.indicators.change.shares import error_of_a_change, outcome_shares, reliable_shares
from dihkpi.indicators.change.signed_ranks import hodges_lehmann, wilcoxon
from dihkpi.indicators.measures import Vector

if TYPE_CHECKING:
    import pandas as pd

    from dihkpi.definitions import Definitions


def paired_change(
    before: npt.ArrayLike, after: npt.ArrayLike, definitions: Definitions, *, clusters: npt.ArrayLike | None = None,
    minimal_difference: float | None = None, equivalence_margin: float | None = None,
    reliability: float | None = None, confidence: float | None = None, draws: int | None = None,
    seed: int | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Everything that is computed of paired changes, for two columns of numbers.

    Parameters
    ----------
    before, after : array-like, shape (pairs,)
        In the same order; pairs without both numbers are left out.
    definitions : Definitions
        The policy ``change`` says how: treatment of pairs without change, draws of the bootstrap, power.
    clusters : array-like, shape (pairs,), optional
        Which pairs belong together, such as the hub.
    minimal_difference, equivalence_margin : float, optional
        Smallest change that matters, and largest mean change that counts as none, in units of the numbers; without
        them there are no shares and no test of equivalence.
    reliability : float, optional
        Of the numbers, for the reliable change; the correlation of the two columns by default.
    confidence : float, optional
        Of the intervals; that of the policy by default.
    draws, seed : int, optional
        Of the bootstrap; those of the policy by default.

    Returns
    -------
    pandas.DataFrame
        One row per measure: ``measure``, ``among``, ``value``, ``lo``, ``hi``, ``p``, ``n``, ``method``, ``status``,
        ``reason``. Nothing is suppressed: the numbers were given by hand. ``among="changed"`` leaves pairs without
        change out of the median of pair means, as R's ``wilcox.test`` does.

    Examples
    --------
    >>> from dihkpi.definitions import load_definitions
    >>> before, after = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4]
    >>> found = paired_change(before, after, load_definitions()).set_index("measure")
    >>> found.loc[["mean", "d_z"], ["value", "lo", "hi"]].round(2).to_numpy().tolist()
    [[1.2, 0.4, 2.0], [1.56, 0.3, 2.77]]
    """
    import pandas as pd

    earlier, later = _columns(before, after)
    told = np.isfinite(earlier) & np.isfinite(later)
    setting = replace(ChangeSetting.of(definitions, draws, seed), minimum=0)
    setting = setting if confidence is None else replace(setting, confidence=confidence)
    drawn = None
    if clusters is not None:
        codes = pd.factorize(np.asarray(clusters, dtype=object)[told], sort=True, use_na_sentinel=False)[0]
        drawn = ("cluster", codes.astype(np.intp))
    cells = Cells.of(np.zeros(int(told.sum()), np.intp), earlier[told, None], later[told, None], 1)
    moments = Moments(cells, setting.confidence)

    def figures() -> Iterator[Figure]:
        yield mean_change(moments)
        yield from of_the_mean(moments, _one(equivalence_margin), drawn, setting)
        yield from of_ranks(cells, setting)
        plus, p, moved = wilcoxon(cells, setting.zeros, continuity=False)
        method = f"signed ranks, normal with correction for ties only, zeros as {setting.zeros}"
        yield Figure.of("wilcoxon_uncorrected", plus, cells.n, method, p=p).without(moved == 0, "no pair changed")
        changed = cells.only(np.round(cells.change, TIES) != 0)
        value, lo, hi = hodges_lehmann(changed, setting.confidence)
        figure = Figure.of(
            "median_pair_mean", value, changed.n, "Hodges-Lehmann, signed ranks", lo=lo, hi=hi, among="changed",
            nothing="no pair changed",
        )  # fmt: skip
        yield figure.without(np.isnan(lo), "too few pairs for an interval", interval_only=True)
        yield from effect_sizes(moments)
        if minimal_difference is not None:
            yield from outcome_shares(moments, _one(minimal_difference), 0)
        yield from reliable_shares(moments, _one(reliability), 0)
        yield _smallest_reliable(moments, _one(reliability))

    return _table(figure for figure in figures() if figure.measure != "equivalence" or equivalence_margin is not None)


def paired_shares(before: npt.ArrayLike, after: npt.ArrayLike, *, confidence: float = 0.95) -> pd.DataFrame:
    """Change of a share of yes among the same respondents: difference, and McNemar's test in its three forms.

    Parameters
    ----------
    before, after : array-like of bool, shape (pairs,)
    confidence : float

    Returns
    -------
    pandas.DataFrame
        ``before``, ``after``: shares in per cent with Wilson's interval. ``difference``: in percentage points, with
        Newcombe's interval for pairs (method 10). ``mcnemar_exact``: binomial p, for few changes; ``mcnemar`` and
        ``mcnemar_corrected``: chi-squared with one degree, (b - c)^2 / (b + c) and (abs(b - c) - 1)^2 / (b + c), with
        b who turned to yes and c who turned to no.

    Notes
    -----
    McNemar (1947), Psychometrika 12; Newcombe (1998), Statistics in Medicine 17, 2635-2650.

    Examples
    --------
    >>> found = paired_shares([True] * 5 + [False] * 5, [True] * 9 + [False]).set_index("measure")
    >>> found["value"].round(1).tolist()
    [50.0, 90.0, 40.0, 4.0, 4.0, 2.2]
    """
    from scipy.stats import binomtest, chi2

    from dihkpi.indicators.intervals import share_interval

    earlier, later = _columns(before, after)
    if not np.isin([earlier, later], [0, 1]).all():
        raise UsageError("shares of pairs need yes and no (True and False, or 1 and 0) in every pair")
    n, counts = len(earlier), np.bincount((2 * earlier + later).astype(int), minlength=4)
    size, gained, lost = np.array([float(n)]), int(counts[1]), int(counts[2])
    first, second = (share_interval(np.array([column.sum()]), size, confidence) for column in (earlier, later))
    lo, hi = _newcombe(first, second, counts)
    moved = gained + lost
    statistics = {
        "mcnemar": (gained - lost) ** 2 / moved if moved else np.nan,
        "mcnemar_corrected": max(abs(gained - lost) - 1, 0) ** 2 / moved if moved else np.nan,
    }
    exact = np.array([binomtest(gained, moved).pvalue if moved else np.nan])
    tests = [
        Figure.of("mcnemar_exact", _one(moved), size, "binomial, of the pairs that changed", p=exact),
        *(Figure.of(name, _one(value), size, "chi-squared, 1 degree", p=np.asarray(chi2.sf(_one(value), 1)))
          for name, value in statistics.items()),
    ]  # fmt: skip
    return _table([
        Figure.of("before", first[0], size, "Wilson", lo=first[1], hi=first[2]),
        Figure.of("after", second[0], size, "Wilson", lo=second[1], hi=second[2]),
        Figure.of("difference", second[0] - first[0], size, "Newcombe, pairs (method 10)", lo=lo, hi=hi),
        *(test.without(np.array([moved == 0]), "no answer changed") for test in tests),
    ])  # fmt: skip


def _smallest_reliable(moments: Moments, given: Vector) -> Figure:
    """Change of one respondent that is beyond the error of two scores (minimal detectable change)."""
    from scipy.stats import norm

    error = error_of_a_change(np.where(np.isnan(given), moments.r, given), moments.sds[0])
    value = norm.ppf((1 + moments.confidence) / 2) * error
    figure = Figure.of("smallest_reliable", value, moments.n, "z s0 sqrt(2 (1 - r)), of one respondent")
    figure = figure.without(np.isnan(value), "no spread or no positive reliability: no error")
    return figure.doubtful(np.isnan(given), "reliability is the correlation of the two waves")


def _newcombe(
    first: tuple[Vector, Vector, Vector], second: tuple[Vector, Vector, Vector], counts: npt.NDArray[np.intp]
) -> tuple[Vector, Vector]:
    """The interval of a difference of paired shares, from Wilson's of both and the correlation of the answers."""
    no_no, gained, lost, yes_yes = (float(count) for count in counts)
    spread = np.sqrt((yes_yes + lost) * (gained + no_no) * (yes_yes + gained) * (lost + no_no))
    over = yes_yes * no_no - gained * lost
    n = counts.sum()
    phi = 0.0 if spread == 0 else (max(over - n / 2, 0.0) if over > 0 else over) / spread
    (p0, lo0, hi0), (p1, lo1, hi1) = first, second
    below = np.sqrt((p1 - lo1) ** 2 - 2 * phi * (p1 - lo1) * (hi0 - p0) + (hi0 - p0) ** 2)
    above = np.sqrt((hi1 - p1) ** 2 - 2 * phi * (hi1 - p1) * (p0 - lo0) + (p0 - lo0) ** 2)
    return np.asarray(p1 - p0 - below), np.asarray(p1 - p0 + above)


def _one(value: float | None) -> Vector:
    return np.array([np.nan if value is None else value], dtype=float)


def _columns(before: npt.ArrayLike, after: npt.ArrayLike) -> tuple[Vector, Vector]:
    import pandas as pd

    earlier, later = (
        np.asarray(pd.Series(column).to_numpy(dtype=np.float64, na_value=np.nan), float) for column in (before, after)
    )
    if len(earlier) != len(later):
        raise UsageError(f"pairs need as many numbers before as after, not {len(earlier)} and {len(later)}")
    return earlier, later


def _table(figures: Iterable[Figure]) -> pd.DataFrame:
    import pandas as pd

    names = ("measure", "among", "value", "lo", "hi", "p", "n", "method", "status", "reason")
    rows = [
        [part if isinstance(part := getattr(figure, name), str) else part[0] for name in names] for figure in figures
    ]
    table = pd.DataFrame(rows, columns=list(names))
    return table.assign(among=table["among"].replace("", "all"), n=table["n"].astype(int))
