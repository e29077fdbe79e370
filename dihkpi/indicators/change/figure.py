"""One statistic of every cell, with its interval, base and caveat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.measures import Vector

Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Figure:
    """A statistic of every cell.

    Parameters
    ----------
    measure, among : str
        What it is, and of which part of the pairs (``band=basic``); of all when empty.
    value, lo, hi, p, n : numpy.ndarray, shape (cells,)
        NaN where there is none.
    method : str
        How interval and p were found.
    status, reason : numpy.ndarray of object
        ``ok``, ``u`` (read the reason first), ``m`` (no value) or ``c`` (suppressed), and why.
    """

    measure: str
    value: Vector
    lo: Vector
    hi: Vector
    p: Vector
    n: Vector
    method: str
    status: Words
    reason: Words
    among: str = ""

    @classmethod
    def of(
        cls, measure: str, value: Vector, n: Vector, method: str, *, lo: Vector | None = None,
        hi: Vector | None = None, p: Vector | None = None, among: str = "", nothing: str = "no pair",
    ) -> Figure:  # fmt: skip
        """A figure that is ok where it has a value, and missing for want of pairs elsewhere."""
        none = np.full(len(n), np.nan)
        status, reason = np.full(len(n), "ok", object), np.full(len(n), "", object)
        made = cls(
            measure, value, none if lo is None else lo, none if hi is None else hi, none if p is None else p, n,
            method, status, reason, among,
        )  # fmt: skip
        return made.without(n == 0, nothing)

    def doubtful(self, where: Flags, why: str | Sequence[str] | Words) -> Figure:
        """Marked ``u`` with a reason, where it was ``ok``; further reasons are added."""
        texts = np.full(len(self.n), why, object) if isinstance(why, str) else np.asarray(why, dtype=object)
        open_ = where & np.isin(self.status, ["ok", "u"])
        told = np.where(open_ & (self.reason != ""), self.reason + "; " + texts, np.where(open_, texts, self.reason))
        return replace(self, status=np.where(open_, "u", self.status), reason=told)

    def without(self, where: Flags, why: str, *, interval_only: bool = False) -> Figure:
        """Without value (``m``), or without interval and p (``u``), and why."""
        if interval_only:
            lo, hi, p = (np.where(where, np.nan, x) for x in (self.lo, self.hi, self.p))
            return replace(self, lo=lo, hi=hi, p=p).doubtful(where & ~np.isnan(self.value), why)
        hit = where & np.isin(self.status, ["ok", "u"])
        blank = {name: np.where(hit, np.nan, getattr(self, name)) for name in ("value", "lo", "hi", "p")}
        status, reason = np.where(hit, "m", self.status), np.where(hit, why, self.reason)
        return replace(self, **blank, status=status, reason=reason)  # type: ignore[arg-type]

    def suppressed(self, where: Flags, why: str) -> Figure:
        """Without any number (``c``), and why."""
        blank = {name: np.where(where, np.nan, getattr(self, name)) for name in ("value", "lo", "hi", "p", "n")}
        status, reason = np.where(where, "c", self.status), np.where(where, why, self.reason)
        return replace(self, **blank, status=status, reason=reason)  # type: ignore[arg-type]
