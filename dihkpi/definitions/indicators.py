"""Models of ``indicators.yaml``, ``levels.yaml``, ``policy.yaml``, ``reports.yaml`` and of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from dihkpi.definitions.base import Definition, Names, Number


class Ratio(Definition):
    """Sum of numerators over sum of denominators; never a mean of ratios."""

    of: str
    to: str
    scale: Number = 100.0


class Change(Definition):
    """Paired change of scores between two waves."""

    waves: tuple[str, str]


class Indicator(Definition):
    """One figure with a definition: which rows count, what is measured, for which places and windows.

    Exactly one of ``count``, ``distinct``, ``sum``, ``mean``, ``share``, ``ratio``, ``score``, ``change`` and
    ``complete`` says what is measured.
    """

    name: str
    definition: str
    unit: str
    kind: Literal["flow", "stock", "cumulative", "distinct", "ratio", "index"]
    direction: Literal["1", "-1", "0"] = "1"
    of: str
    """The form whose rows count; ``scores`` and ``assessments`` for what the scoring gives."""
    where: str | None = None
    """Condition on the rows."""
    count: Literal["rows"] | None = None
    distinct: str | None = None
    sum: str | None = None
    mean: str | None = None
    share: str | None = None
    ratio: Ratio | None = None
    score: Names = ()
    """Nodes whose mean score is given, per wave."""
    change: tuple[Change, ...] = ()
    nodes: Names = ()
    """Nodes for ``change``."""
    complete: Names = ()
    """Share of the respondents with the first wave that have all these waves."""
    breakdowns: Names = ()
    """Columns by which the figure is also given."""
    levels: Names = ()
    """Only these levels; all when not given."""
    place: Literal["hub", "respondent"] = "hub"
    """Whether a row belongs to the hub's place or to the respondent's."""
    dated: bool = True
    """Rows are counted by their date inside the window; otherwise always."""
    minimum_base: int | None = None
    """Fewer than this: suppressed. Default: the policy for means, shares and changes, none for counts and sums."""
    reference: str = ""
    tag: Literal["official", "practice", "secondary", "ours"] = "ours"
    requirements: Names = ()
    """Requirements R01-R88 it answers."""

    def measure(self) -> str:
        """Name of the one field that says what is measured."""
        fields = ("count", "distinct", "sum", "mean", "share", "ratio", "score", "change", "complete")
        return next(name for name in fields if getattr(self, name))


class Level(Definition):
    """A kind of place, and how the place of a hub or respondent is found."""

    title: str
    plural: str = ""
    source: Literal["hub", "nuts", "country", "all"]
    length: int | None = None
    """First characters of a NUTS code that make the place."""
    codes: str | None = None
    """Code list with the labels."""
    members: str | None = None
    """Code list whose ``members`` (joined by a vertical bar) lists the codes of the source in each place."""


class PolicyValue(Definition):
    """A number of policy, dated and referenced."""

    value: Any
    valid_from: date
    reference: str


class ReportDefinition(Definition):
    """A report: a notebook and the levels it is made for."""

    title: str
    template: str
    levels: Names
    about: str = ""


class TableColumn(Definition):
    """One column of a table that crosses an arrow."""

    type: Literal["text", "integer", "decimal", "date", "boolean"]
    about: str
    required: bool = False
    optional: bool = False
    allowed: Names = ()


class TableDefinition(Definition):
    """A table that crosses an arrow."""

    table: str
    title: str
    key: Names
    columns: Mapping[str, TableColumn]


class Example(Definition):
    """A worked example that an expert can add up by hand."""

    name: str
    options: Mapping[str, str] = {}
    fill: Mapping[str, str] = {}
    """Answer type to the code that every item of the type has."""
    questions: Mapping[str, str | None] = {}
    """Question to the code that its items have instead."""
    items: Mapping[str, str | None] = {}
    """Item to the code that it has instead; empty for no answer."""
    expect: Mapping[str, Number | None]
    """Node to the value that must come out, to 1e-9; empty for no value."""
    bands: Mapping[str, str] = {}
