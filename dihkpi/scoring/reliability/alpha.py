"""Cronbach's alpha with its interval: what it was computed from is part of the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.errors import ScoringError, UsageError
from dihkpi.scoring.reliability.items import alpha_of
from dihkpi.scoring.reliability.moments import Matrix, Missing, Moments, moments

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha of a scale.

    Parameters
    ----------
    value, lo, hi : float
        NaN where there is none. A negative alpha is shown as it is.
    n, items : int
        Respondents (see `Moments.n`) and items.
    missing : str
        ``pairwise`` or ``listwise``: what was done about values that are missing moves the third decimal.
    standardised : bool
        From correlations, with every item at the same spread; published tables rarely say, and the two differ.
    binary : bool
        All items have two values: alpha is KR-20.
    against : tuple of str
        Items that run against the others. They are named, never turned.
    turned : tuple of str
        Items that the caller asked to turn.
    reason : str
        Why there is no value.
    """

    value: float
    lo: float
    hi: float
    n: int
    items: int
    missing: Missing
    standardised: bool
    binary: bool = False
    against: tuple[str, ...] = ()
    turned: tuple[str, ...] = ()
    reason: str = ""

    @property
    def method(self) -> str:
        """How it was computed, in words.

        Examples
        --------
        >>> Alpha(0.8, 0.7, 0.9, 50, 4, "pairwise", False, binary=True).method
        'KR-20, pairwise'
        """
        raw = "KR-20" if self.binary else "alpha"
        return f"{'standardised alpha' if self.standardised else raw}, {self.missing}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know: items that were turned, items that seem to ask for it, a negative value."""
        said = [f"turned as asked: {', '.join(self.turned)}"] if self.turned else []
        if self.against:
            said.append(f"runs against the other items: {', '.join(self.against)}; turn it, or look at its wording")
        if self.value < 0:
            said.append("alpha is negative: the items do not measure one thing in one direction")
        return tuple(said)


def cronbach(
    values: pd.DataFrame | Matrix,
    *,
    units: str | Sequence[str],
    standardise: bool = False,
    missing: Missing = "pairwise",
    turn: Sequence[str] = (),
    level: float = 0.95,
) -> Alpha:
    """Cronbach's alpha of the columns of a table.

    Parameters
    ----------
    values : pandas.DataFrame or numpy.ndarray, shape (respondents, items)
        NaN where missing. Columns of an array are called 1, 2, 3.
    units : str or sequence of str
        Unit of all items, or of each: a sum over different units has no meaning, so they are refused unless
        ``standardise`` is set.
    standardise : bool
        ``k r / (1 + (k - 1) r)`` with the mean correlation r.
    missing : {'pairwise', 'listwise'}
    turn : sequence of str
        Items where a low value is a good one.
    level : float
        Of the interval.

    Raises
    ------
    UsageError
        When units differ and ``standardise`` is not set, or an item to turn is unknown.
    ScoringError
        When a value is infinite.

    Notes
    -----
    Alpha: Cronbach (1951). Interval: Feldt, L. S. (1965), *Psychometrika* 30, 357-370, see `feldt`.

    Examples
    --------
    >>> found = cronbach(np.array([[1.0, 2.0], [2.0, 2.0], [3.0, 5.0], [4.0, 4.0]]), units="points")
    >>> round(found.value, 6), found.method
    (0.86747, 'alpha, pairwise')
    """
    matrix, names = _matrix(values)
    for name in turn:
        if name not in names:
            raise UsageError(f"there is no item '{name}' to turn\n  items: {', '.join(names)}")
    _check_units(units, names, standardise)
    signs = np.where(np.isin(names, list(turn)), -1.0, 1.0)
    found = moments(matrix * signs, missing)
    binary = bool(names) and all(len(np.unique(column[~np.isnan(column)])) == 2 for column in matrix.T)
    return alpha_from(found, names, standardise=standardise, level=level, binary=binary, turned=tuple(turn))


def alpha_from(
    found: Moments,
    names: Sequence[str],
    *,
    standardise: bool = False,
    level: float = 0.95,
    binary: bool = False,
    turned: tuple[str, ...] = (),
) -> Alpha:
    """Cronbach's alpha from covariances; see `cronbach`."""
    k, n = len(names), found.n
    reason = no_scale(found, names, standardise)
    nothing = float("nan")
    if reason:
        return Alpha(nothing, nothing, nothing, n, k, found.missing, standardise, binary, (), turned, reason)
    value = alpha_of(found.correlation if standardise else found.covariance)
    if np.isnan(value):
        reason = "the items cancel out: their sum has no spread"
    lo, hi = feldt(value, n, k, level)
    against = tuple(names[place] for place in runs_against(found.correlation))
    return Alpha(value, lo, hi, n, k, found.missing, standardise, binary, against, turned, reason)


def feldt(alpha: float, n: int, k: int, level: float = 0.95) -> tuple[float, float]:
    """``1 - (1 - alpha) F`` with the upper and the lower point of F(n - 1, (n - 1)(k - 1)).

    Exact for normal items with equal covariances, and close for others.

    Examples
    --------
    >>> tuple(round(end, 4) for end in feldt(0.8, 41, 5))
    (0.6837, 0.8826)
    """
    from scipy.stats import f

    if np.isnan(alpha) or n < 2 or k < 2:
        return float("nan"), float("nan")
    tail = (1 - level) / 2
    upper, lower = f.ppf([1 - tail, tail], n - 1, (n - 1) * (k - 1))
    return float(1 - (1 - alpha) * upper), float(1 - (1 - alpha) * lower)


def no_scale(found: Moments, names: Sequence[str], standardise: bool) -> str:
    """Why no reliability can be computed; empty where it can."""
    if len(names) < 2:
        return "one item only: its error cannot be told from differences between respondents" if names else "no item"
    if not found.pairs.any():
        return "no value at all" if found.missing == "pairwise" else "nobody has a value for every item"
    if found.n < 2:
        return f"{found.n or 'no'} respondent{'' if found.n == 1 else 's'} with several items: it takes two"
    if np.isnan(found.covariance).any():
        first, second = np.argwhere(np.isnan(found.covariance))[0]
        apart = f"both {names[first]} and {names[second]}" if first != second else names[first]
        return f"fewer than two respondents have {apart}"
    spread = np.diag(found.covariance)
    if not (spread > 0).any():
        return "no spread: every respondent has the same value"
    if standardise and not (spread > 0).all():
        alike = ", ".join(name for name, s in zip(names, spread, strict=True) if s <= 0)
        return f"without spread, so without correlation: {alike}"
    return ""


def runs_against(correlation: Matrix) -> list[int]:
    """Places of the items whose loading on the first component has the sign that the smaller part of all has."""
    whole = np.nan_to_num(correlation)
    first = np.linalg.eigh(whole)[1][:, -1]
    return np.flatnonzero(first * np.sign(first.sum() or 1.0) < -1e-9).tolist()


def _check_units(units: str | Sequence[str], names: Sequence[str], standardise: bool) -> None:
    each = [units] * len(names) if isinstance(units, str) else list(units)
    if len(each) != len(names):
        raise UsageError(f"{len(each)} units for {len(names)} items\n  name one unit for all, or one for each")
    kinds: dict[str, list[str]] = {}
    for unit, name in zip(each, names, strict=True):
        kinds.setdefault(unit, []).append(name)
    if len(kinds) > 1 and not standardise:
        shown = "; ".join(f"{unit or 'no unit'}: {', '.join(items[:3])}" for unit, items in kinds.items())
        raise UsageError(f"items in different units have no common variance ({shown})\n"
                         "  normalise them first, or ask for correlations with standardise=True")  # fmt: skip


def _matrix(values: pd.DataFrame | Matrix) -> tuple[Matrix, list[str]]:
    columns = getattr(values, "columns", None)
    if columns is not None:
        import pandas as pd

        frame = pd.DataFrame(values)
        if text := [str(name) for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]:
            raise ScoringError([f"{name}: holds no numbers\n      convert it first" for name in text], "the items")
        matrix, names = frame.to_numpy(dtype=float, na_value=np.nan), [str(name) for name in columns]
    else:
        matrix = np.asarray(values, dtype=float)
        names = [str(place + 1) for place in range(matrix.shape[1])]
    if np.isinf(matrix).any():
        name = names[int(np.argwhere(np.isinf(matrix))[0][1])]
        raise ScoringError([f"{name}: a value is infinite\n      leave it empty, or correct it"], "the items")
    return matrix, names
