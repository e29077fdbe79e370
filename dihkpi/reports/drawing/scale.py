"""From numbers to places on a sheet, and round numbers to write beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from dihkpi.reports.wording import number

MARKS = 8


@dataclass(frozen=True)
class Scale:
    """Numbers from ``low`` to ``high`` laid out from ``start`` to ``end``, in points.

    Examples
    --------
    >>> across = Scale(0, 50, 100, 300)
    >>> across(25), across.inside(80)
    (200.0, 300.0)
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a number stands."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def inside(self, value: float) -> float:
        """Where a number stands, or the end of the scale beyond which it would."""
        return self(min(max(value, self.low), self.high))


def marks(low: float, high: float) -> dict[float, str]:
    """Round numbers between two ends, with as many decimals as one of them needs.

    Examples
    --------
    >>> marks(-1, 8.2)
    {0.0: '0', 2.0: '2', 4.0: '4', 6.0: '6', 8.0: '8'}
    >>> list(marks(0, 1).values())
    ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']
    """
    slack = (high - low) * 1e-9
    found = [float(mark) for mark in _locator().tick_values(low, high) if low - slack <= mark <= high + slack]
    decimals = max((len(f"{mark:.6g}".partition(".")[2]) for mark in found), default=0)
    return {mark: number(mark, decimals) for mark in found}


@cache
def _locator() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(MARKS, steps=[1, 2, 5, 10])
