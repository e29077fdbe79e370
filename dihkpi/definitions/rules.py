"""Models of rules over cells, rows and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import model_validator

from dihkpi.definitions.base import Definition, Names, Number

Severity = Literal["error", "warning", "info"]


class Rule(Definition):
    """A rule over cells: exactly one of the kinds below, from ``check`` on."""

    brief: str
    """The rule as one plain sentence."""
    hint: str = ""
    """What to do."""
    severity: Severity = "error"
    """`error` sets the row aside, `warning` and `info` only tell."""
    check: str | None = None
    """Expression that must hold; not evaluated where a value is missing."""
    cells: Names = ()
    """Columns to point at; those that the expression reads by default."""
    sequence: Sequence | None = None
    """Dates of a respondent follow the order of the waves."""
    exclusive: str | None = None
    """An item that excludes a tick on every other item of its question."""
    unanswered: bool = False
    """Each question without any answer is reported."""
    totals: Mapping[str, str] = {}
    """Column with a stated total to the node whose points it is the sum of; the points stand in ``facet``."""
    facet: str | None = None
    """What stands beside the answers and is summed up."""
    agrees: str | None = None
    """A facet with points that must be those that the scoring gives for the answer."""
    straight_lining: Names = ()
    """Answer types in which all items of the form having the same highest or non-zero answer is suspicious."""
    unique: Names = ()
    """Columns whose values together stand in one row only; not tested where one of them is empty."""
    refers: Reference | None = None
    """Values that stand in another form of the survey; not tested where that form is not known."""
    compare: Comparison | None = None
    """A number that is plausible after the one before; a warning unless `severity` says otherwise."""

    series: Series | None = None
    """Periods of one series fit together; a warning unless `severity` says otherwise."""
    constant: Constant | None = None
    """Rows about one thing agree in a column; a warning unless `severity` says otherwise."""

    @model_validator(mode="before")
    @classmethod
    def _comparisons_warn(cls, data: Any) -> Any:
        """A change that surprises may be true."""
        kinds = ("compare", "series", "constant")
        if isinstance(data, dict) and "severity" not in data and any(data.get(kind) for kind in kinds):
            return {**data, "severity": "warning"}
        return data


class Reference(Definition):
    """Values of columns that must stand in columns of another form, in the same files or in what is recorded."""

    columns: Names
    """Columns of this form; not tested where one of them is empty."""
    to: str
    """The other form."""
    key: Names
    """Columns of the other form, in the same order; letter case does not matter."""
    within: Names = ()
    """Columns that both forms have, such as `hub`: only rows whose values the other form has at all are tested."""


class Comparison(Definition):
    """A number against the one before: of an earlier period, or as the same row was recorded."""

    column: str
    """The number."""
    to: Literal["previous", "recorded"]
    """`previous`: the row with the same key in the period before, sent or recorded; `recorded`: the row it corrects."""
    factor: Number | None = None
    """More than this many times the number before, or less than its share, is implausible; zero has no share."""
    min_change: Number | None = None
    """A change smaller than this is always plausible; alone, any other is not."""
    must_not_fall: bool = False
    """A smaller number than before is implausible, as for what is counted since the start."""


class Series(Definition):
    """Periods of one thing: one inside the other or one right after the other, without a gap."""

    of: Names
    """Columns that name the thing, such as hub and indicator."""
    rises: str | None = None
    """A number that is not less over a longer period from the same start on."""
    span: Names = ()
    """First and last day, of forms without a column of periods; such stretches do not lie in one another either."""


class Constant(Definition):
    """What is the same in all rows about one thing, such as the country of a customer."""

    column: str
    """The column that has one value; `hub` too."""
    of: Names
    """Columns that name the thing, such as `respondent`; not tested where one of them is empty."""


class Sequence(Definition):
    """Dates of one respondent must follow the order of the waves."""

    min_months: int | None = None
    """A shorter gap between consecutive waves is a warning."""
    max_months: int | None = None
    """A longer gap between consecutive waves is a warning."""
