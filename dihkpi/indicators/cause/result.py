"""One effect with its error, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Errors = Literal["ordinary", "cluster", "cr2", "wild"]
NAN = float("nan")
ANSWERS = ("effect", "change", "after")
"""Terms of an analysis that answer its question."""


class NoEstimateError(Exception):
    """The data do not give the number; the message says why, in words for the column ``reason``."""


@dataclass(frozen=True)
class Effect:
    """One number with its error.

    Attributes
    ----------
    term : str
        Which effect: ``effect``, ``lead 2``, ``lag 0``, ``after`` (mean of all lags) and similar.
    estimate, se, df, lo, hi, p : float
        In the unit of the outcome; ``p`` is that of no effect, two-sided. An end without bound is infinite.
    n, clusters : int
        Rows used, and groups of rows whose errors may hang together; rows themselves where no groups were given.
    method : str
        How estimate and error were made.
    status : {'ok', 'u', 'm'}
        A number, a number with a caveat, no number.
    reason : str
        The caveat, or why there is no number.
    """

    term: str
    estimate: float = NAN
    se: float = NAN
    df: float = NAN
    lo: float = NAN
    hi: float = NAN
    p: float = NAN
    n: int = 0
    clusters: int = 0
    method: str = ""
    status: Literal["ok", "u", "m"] = "ok"
    reason: str = ""

    def warned(self, reason: str) -> Effect:
        """The same number with one more caveat."""
        status: Literal["u", "m"] = "m" if self.status == "m" else "u"
        return replace(self, status=status, reason="; ".join(part for part in (self.reason, reason) if part))


def no_effect(term: str, reason: str, *, method: str = "", n: int = 0, clusters: int = 0) -> Effect:
    """No number, and why."""
    return Effect(term, method=method, n=n, clusters=clusters, status="m", reason=reason)


def t_effect(term: str, estimate: float, se: float, df: float, level: float, **more: int | str) -> Effect:
    """An effect with Student's t interval.

    Examples
    --------
    >>> effect = t_effect("effect", 2.0, 1.0, 11, 0.95, n=24, clusters=12)
    >>> round(effect.lo, 3), round(effect.hi, 3), round(effect.p, 3)
    (-0.201, 4.201, 0.071)
    """
    from scipy.stats import t

    known: Mapping[str, int | str] = more
    if not (np.isfinite(estimate) and np.isfinite(se) and df > 0):
        found = Effect(term, float(estimate), df=float(df), **known)  # type: ignore[arg-type]
        return found.warned("too few rows or clusters for a standard error")
    half = float(t.ppf((1 + level) / 2, df)) * se
    p = float(2 * t.sf(abs(estimate) / se, df)) if se > 0 else NAN
    found = Effect(term, float(estimate), float(se), float(df), estimate - half, estimate + half, p, **known)  # type: ignore[arg-type]
    return found if se > 0 else found.warned("no spread at all: a standard error of zero tells nothing")
