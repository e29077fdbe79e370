"""What of an item or a scale should be looked at, in words: limits are policy, figures stand beside the words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

from dihkpi.scoring.reliability.alpha import Alpha
from dihkpi.scoring.reliability.moments import Matrix


@dataclass(frozen=True)
class Traits:
    """Figures of one item of a node; NaN where there is none.

    Parameters
    ----------
    n : int
        Respondents with a value.
    missing : float
        Share of all respondents.
    floor, ceiling : float
        Shares of those with a value.
    sd, item_rest, other_correlation : float
    other : str
        Label of the dimension that ``other_correlation`` is with.
    twins : tuple of (str, float)
        Items of the node that it nearly repeats, and the correlation.
    """

    n: int
    missing: float
    floor: float
    ceiling: float
    sd: float
    item_rest: float
    other: str = ""
    other_correlation: float = float("nan")
    twins: tuple[tuple[str, float], ...] = field(default=())


def item_flags(traits: Traits, limits: Mapping[str, float], level: float = 0.95) -> Iterator[str]:
    """What to look at in an item; of correlations only what their interval leaves no doubt of.

    Examples
    --------
    >>> limits = {"missing": 0.35, "floor": 0.8, "ceiling": 0.8, "item_rest": 0.3, "across": 0.75, "collinear": 0.92}
    >>> list(item_flags(Traits(50, 0.4, 0.1, 0.85, 0.2, 0.5), limits))
    ['40 % gave no answer', '85 % gave the best answer']
    """
    if traits.missing > limits["missing"]:
        yield f"{_percent(traits.missing)} gave no answer"
    if traits.sd == 0:
        yield "all answers are alike"
    elif traits.floor > limits["floor"]:
        yield f"{_percent(traits.floor)} gave the lowest answer"
    elif traits.ceiling > limits["ceiling"]:
        yield f"{_percent(traits.ceiling)} gave the best answer"
    rest = correlation_interval(traits.item_rest, traits.n, level)[1]
    if rest < 0:
        yield f"runs against the rest of its scale (correlation {_figure(traits.item_rest)})"
    elif rest < limits["item_rest"]:
        yield f"hardly goes with the rest of its scale (correlation {_figure(traits.item_rest)})"
    for name, correlation in traits.twins:
        yield f"nearly repeats '{name}' (correlation {_figure(correlation)})"
    other = traits.other_correlation
    if other >= limits["item_rest"] and correlation_interval(other, traits.n, level)[0] > traits.item_rest:
        own = f"with the rest of its own scale ({_figure(traits.item_rest)})"
        yield f"goes more with '{traits.other}' ({_figure(other)}) than {own}"
    elif other > limits["across"]:
        yield f"goes closely with '{traits.other}' too (correlation {_figure(other)})"


def node_flags(alpha: Alpha, factors: int | None, limits: Mapping[str, float]) -> Iterator[str]:
    """What to look at in a scale."""
    if alpha.value < 0:
        yield f"alpha is negative ({_figure(alpha.value)}): what is below does not measure one thing in one direction"
    elif alpha.value < limits["alpha"]:
        word = "is" if alpha.hi < limits["alpha"] else "may be"
        span = f"{_figure(alpha.lo)} to {_figure(alpha.hi)}"
        yield f"alpha {_figure(alpha.value)} ({span}) {word} below {_figure(limits['alpha'])}"
    if factors is not None and factors > 1:
        yield f"measures {factors} things rather than one"
    if alpha.against and alpha.value >= 0:
        yield f"runs against the others: {', '.join(alpha.against)}"


def correlation_interval(r: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """``tanh(atanh r +- z / sqrt(n - 3))``; NaN where there is no correlation or n is below 4 (Fisher 1921).

    Examples
    --------
    >>> tuple(round(end, 3) for end in correlation_interval(0.5, 103))
    (0.339, 0.632)
    """
    if np.isnan(r) or n < 4:
        return float("nan"), float("nan")
    middle, half = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)), NormalDist().inv_cdf(0.5 + level / 2) / np.sqrt(n - 3)
    return float(np.tanh(middle - half)), float(np.tanh(middle + half))


def twins(correlation: Matrix, names: Sequence[str], limit: float) -> list[tuple[tuple[str, float], ...]]:
    """For each item those of the others that correlate with it at least by the limit."""
    near = np.abs(np.nan_to_num(correlation)) >= limit
    np.fill_diagonal(near, False)
    return [
        tuple((names[other], float(correlation[item, other])) for other in np.flatnonzero(near[item]).tolist())
        for item in range(len(names))
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _figure(value: float) -> str:
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
