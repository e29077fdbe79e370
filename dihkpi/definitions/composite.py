"""Models of the parts of ``scoring.yaml`` that composites of numbers need: items, steps, and weights by a method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema

from dihkpi.definitions.base import Definition, Names, Number

OUTLIERS = ("skew", "kurtosis", "always")
STEPS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "screen": {"units": ("share", "non_zero", "keep"), "items": ("share", "non_zero", "keep")},
    "impute": {
        "none": (), "mean": ("over",), "median": ("over",), "group_mean": ("by", "over"),
        "group_median": ("by", "over"), "carry_forward": (),
    },
    "treat": {
        "winsorise": (*OUTLIERS, "points", "otherwise"), "log": OUTLIERS, "log_shifted": OUTLIERS,
        "box_cox": (*OUTLIERS, "power"),
    },
    "normalise": {
        "min_max": ("range", "over"), "goalposts": ("range",), "z_score": ("mean", "deviation", "over"),
        "distance_to_target": ("range", "over"), "distance_to_reference": ("range", "over", "unit"),
        "distance_to_leader": ("range", "over"), "percentile_rank": ("range", "ties", "over"),
        "rank": ("ties", "over"), "bands": ("range", "shares", "over"),
        "adjusted_mazziotta_pareto": ("range", "over"),
    },
}  # fmt: skip
"""Step to its methods, and to the settings that each method takes."""
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "group_mean": ("by",), "group_median": ("by",), "adjusted_mazziotta_pareto": ("range",),
}  # fmt: skip
"""Settings without which a method cannot work."""
NEEDS: Mapping[str, tuple[str, ...]] = {
    "goalposts": ("low", "high"),
    "distance_to_target": ("target",),
    "adjusted_mazziotta_pareto": ("reference",),
}
"""Fields that every item of a method must have."""
WEIGHTS: Mapping[str, tuple[str, ...]] = {
    "given": ("total",), "equal": (), "pca": ("negative",), "budget": ("experts", "total"),
    "benefit_of_the_doubt": ("bounds", "best"),
}  # fmt: skip
"""Methods of weighting, and the settings that each takes."""
AGGREGATES: Mapping[str, tuple[str, ...]] = {
    "mean": (), "geometric": (), "harmonic": (), "power_mean": ("exponent",), "minimum": (), "median": (), "sum": (),
    "percent_of_maximum": (), "mazziotta_pareto": ("penalty", "freedom"), "copeland": ("count",),
}  # fmt: skip
"""Methods of aggregation of numbers, and the settings that each takes."""


def _numbers(value: Any) -> Any:
    """A list of numbers, as a CSV writes it: joined by semicolons."""
    return [part for part in value.split(";") if part.strip()] if isinstance(value, str) else value


Numbers = Annotated[tuple[Number, ...], BeforeValidator(_numbers)]


class NumericItem(Definition):
    """A column of numbers as an item of the tree; all values are in the item's own units."""

    label: str = ""
    """Name for people."""
    node: str | None = None
    """Node that it stands below, where the node does not name it itself."""
    direction: Literal["1", "-1"] = "1"
    """1 more is better, -1 less is better."""
    low: Number | None = None
    """Lower goalpost."""
    high: Number | None = None
    """Upper goalpost."""
    target: Number | None = None
    """Target, for `distance_to_target`."""
    reference: Number | None = None
    """Value to compare with, for `distance_to_reference` and `adjusted_mazziotta_pareto`."""
    edges: Numbers = ()
    """Edges between bands, rising, for `bands`; joined by `;` in a CSV."""
    weight: Number | None = None
    """Weight in its node, where the node does not give it."""
    clip: bool = False
    """A value beyond a goalpost counts as the goalpost; otherwise it is kept and told."""
    transform: Literal["none", "log"] = "none"
    """`log` takes the natural logarithm of values and goalposts before the first normalisation."""
    per: str | None = None
    """Column of the form to divide by, such as the population."""
    factor: Number = 1.0
    """Factor after the division, such as 1000 for a rate per thousand."""
    error: str | None = None
    """Column of the form with the standard error of the number, in the units of its column."""


class Step(Definition):
    """One step, in the order of the list: a method, the items and periods that it is for, and its settings."""

    step: Literal["screen", "impute", "treat", "normalise"]
    """What the step is."""
    method: Annotated[str, WithJsonSchema({"enum": sorted({name for methods in STEPS.values() for name in methods})})]
    """How; the pages of `docs/methods` explain each."""
    items: Names = ()
    """Only these items; all when not given."""
    periods: Names = ()
    """Only these periods; all when not given."""
    over: str = "all"
    """Rows from which means, bounds and ranks are taken: `all`, each `period` for itself, or one period by its name."""
    by: str | None = None
    """Column of the form with the group, for `group_mean` and `group_median`."""
    share: Number | None = None
    """Least share of values that are there, for `screen`."""
    non_zero: Number | None = None
    """Least share of values other than zero, for `screen`."""
    keep: Names = ()
    """Units or items that a screen never sets aside."""
    skew: Number | None = None
    """Treated is what has a greater absolute skewness *and* kurtosis; the policy `outliers` by default."""
    kurtosis: Number | None = None
    """See `skew`."""
    always: bool = False
    """Treat every item, without looking at skewness and kurtosis."""
    points: int | None = None
    """Most values of an item that are winsorised; the policy `outliers` by default."""
    otherwise: Literal["log", "log_shifted", "box_cox"] | None = None
    """What to do with the untreated item when winsorising was not enough."""
    power: Number | None = None
    """Power of `box_cox`; the most likely one when not given."""
    range: tuple[Number, Number] = (0.0, 100.0)
    """Value of the worst and of the best, for `normalise`."""
    mean: Number = 0.0
    """Mean after `z_score`."""
    deviation: Number = 1.0
    """Standard deviation after `z_score`."""
    unit: str | None = None
    """Unit to compare with, for `distance_to_reference`; each item's `reference` when not given."""
    ties: Literal["average", "min", "max"] = "average"
    """Rank of equal values."""
    shares: Numbers = ()
    """Edges of `bands` as shares of the units below them, where items have no edges of their own."""


class Weighting(Definition):
    """Weights of the children of a node by a method; a name alone stands for the method without settings."""

    method: Annotated[str, WithJsonSchema({"enum": list(WEIGHTS)})] = "given"
    """How."""
    total: Number | None = None
    """What given weights, or the points of each expert, must sum to."""
    experts: Mapping[str, Mapping[str, Number]] = {}
    """Expert to points per child, for `budget`."""
    bounds: tuple[Number, Number] = (0.0, 1.0)
    """Least and greatest share of a child in the score, for `benefit_of_the_doubt`."""
    best: Number = 1.0
    """Score of the best unit, for `benefit_of_the_doubt`."""
    negative: Literal["refuse", "zero"] = "refuse"
    """What a negative weight of `pca` is: an error, or zero and told."""


def _as_method(value: Any) -> Any:
    return {"method": value} if isinstance(value, str) else value


Weights = Annotated[
    Weighting,
    BeforeValidator(_as_method),
    WithJsonSchema({"anyOf": [{"enum": list(WEIGHTS)}, {"type": "object"}]}),
]


class AggregateSettings(Definition):
    """Settings of a method of aggregation."""

    exponent: Number | None = None
    """Exponent of `power_mean`; not 0, which is `geometric`."""
    penalty: Literal["1", "-1"] = "-1"
    """Sign of the penalty of `mazziotta_pareto`: -1 where a high score is good, 1 where it is bad."""
    freedom: Literal["0", "1"] = "0"
    """Standard deviation of `mazziotta_pareto` over n (0), as in the paper, or over n - 1 (1)."""
    count: Literal["wins", "shares"] = "wins"
    """`copeland` counts units beaten less units that beat, or sums the shares of weight in favour."""
