"""Models of ``indicators.yaml``, ``levels.yaml``, ``policy.yaml``, ``reports.yaml`` and of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import model_validator

from dihkpi.definitions.base import Definition, Names, Number


class Ratio(Definition):
    """Sum of numerators over sum of denominators; never a mean of ratios."""

    of: str
    """Expression of the numerator."""
    to: str
    """Expression of the denominator."""
    where: str | None = None
    """Condition on the rows above the line, such as one source of all; rows for which it is not known are left out."""
    scale: Number = 100.0
    """Factor; 100 gives per cent."""
    together: bool = True
    """Only rows that have both; otherwise each sum over the rows that have it, as a missing numerator adds nothing."""


class Ceiling(Definition):
    """The most that a sum counts up to."""

    policy: str
    """Number of policy that holds the most."""
    each: str = "hub"
    """Column; the sum of each of its values counts up to the ceiling, and what is left is added up."""


class Flag(Definition):
    """Values that are worth a word, whatever the target."""

    at_least: Number | None = None
    """Flagged from this value on."""
    at_most: Number | None = None
    """Flagged up to this value."""
    above: Number | None = None
    """Flagged above this value."""
    below: Number | None = None
    """Flagged below this value."""
    levels: Names = ()
    """Only at these levels; at all when not given."""
    says: str
    """What to tell the reader."""

    @model_validator(mode="after")
    def _one(self) -> Flag:
        if sum(getattr(self, name) is not None for name in FLAGGED) != 1:
            raise ValueError(f"needs exactly one of {', '.join(FLAGGED)}")
        return self


FLAGGED = ("at_least", "at_most", "above", "below")
"""Ways in which a flag is drawn."""


class Mix(Definition):
    """How an amount is divided among sources."""

    of: str
    """Expression of the amount."""
    by: str
    """Column with the source."""
    give: Literal["share", "diversification", "dependency"]
    """Per cent of each source, 1 - sum of squared shares, or the largest share in per cent."""


class Quotient(Definition):
    """One figure over another of the same place and period."""

    of: str
    """Indicator above the line."""
    to: str
    """Indicator below the line; where it has no date, its figure up to the last day."""
    breakdown: str = ""
    """Breakdown of the figure below the line."""
    total: bool = False
    """The figure below is a mean: its total over the base is taken."""
    scale: Number = 1.0
    """Factor; 100 gives per cent."""


class Change(Definition):
    """Paired change of scores between two waves."""

    waves: tuple[str, str]
    """Earlier and later wave."""
    minimal_difference: Number | None = None
    """Smallest change that matters, as a share of a node's scale; the policy `change` by default."""
    equivalence_margin: Number | None = None
    """Largest mean change that counts as none, as a share of a node's scale; the policy `change` by default."""
    reliability: Mapping[str, Number] = {}
    """Node to the reliability of its score, 0 to 1; the correlation of the two waves where none is given."""

    @model_validator(mode="after")
    def _within(self) -> Change:
        for name in ("minimal_difference", "equivalence_margin"):
            share = getattr(self, name)
            if share is not None and not 0 < share <= 1:
                raise ValueError(f"{name} is a share of a node's scale, above 0 and up to 1, not {share:g}")
        for node, value in self.reliability.items():
            if not 0 < value < 1:
                raise ValueError(f"the reliability of {node} lies between 0 and 1, not at {value:g}")
        return self


class Indicator(Definition):
    """One figure with a definition: which rows count, what is measured, for which places and windows.

    Exactly one of ``count``, ``distinct``, ``sum``, ``mean``, ``share``, ``ratio``, ``mix``, ``quotient``, ``score``,
    ``change`` and ``complete`` says what is measured.
    """

    name: str
    """Name for people."""
    definition: str
    """What is counted, in a sentence."""
    unit: str
    """Unit of measure."""
    kind: Literal["flow", "stock", "cumulative", "distinct", "ratio", "index"]
    """How it adds up over time and hubs."""
    direction: Literal["1", "-1", "0"] = "1"
    """1 more is better, -1 less is better, 0 neither."""
    of: str
    """The form whose rows count; ``scores``, ``assessments``, ``hubs``, and ``figures`` for a quotient."""
    where: str | None = None
    """Condition on the rows."""
    count: Literal["rows"] | None = None
    """Counts rows."""
    distinct: str | None = None
    """Column whose different values are counted."""
    sum: str | None = None
    """Amount that is summed."""
    mean: str | None = None
    """Amount whose mean is given."""
    share: str | None = None
    """Condition whose share in per cent is given, where it is known."""
    ratio: Ratio | None = None
    """Two sums divided."""
    mix: Mix | None = None
    """How an amount is divided."""
    quotient: Quotient | None = None
    """Two figures divided; `of` is `figures`."""
    score: Names = ()
    """Nodes whose mean score is given, per wave."""
    change: tuple[Change, ...] = ()
    """Mean paired change between waves."""
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
    once: str | None = None
    """Rows with the same value of this column count once in a place; of their amounts or conditions the largest."""
    owner: str = "hub manager"
    """Who answers for the figure."""
    ceiling: Ceiling | None = None
    """The most that a ``sum`` counts up to."""
    flag: Flag | None = None
    """Values that are worth a word."""
    goal: Mapping[str, Number] = {}
    """Level to the target of each of its places where the file of targets has none."""
    minimum_base: int | None = None
    """Fewer than this: suppressed. Default: the policy for means, shares and changes, none for counts and sums."""
    path: Mapping[int, Number] = {}
    """Month of the grant to the share of the target that is expected by its end; straight lines between, and from 0.
    Without it targets are expected to be reached evenly over the days."""
    reference: str = ""
    """Where it comes from."""
    tag: Literal["official", "practice", "secondary", "ours"] = "ours"
    """How sure the definition is."""
    requirements: Names = ()
    """Requirements R01-R88 it answers."""

    def measure(self) -> str:
        """Name of the one field that says what is measured."""
        fields = ("count", "distinct", "sum", "mean", "share", "ratio", "mix", "quotient", "score", "change",
                  "complete")  # fmt: skip
        return next(name for name in fields if getattr(self, name))

    def least_base(self, usual: int) -> int:
        """Base below which a figure is suppressed: its own, the usual one for what tells of respondents, or none."""
        if self.minimum_base is not None:
            return self.minimum_base
        return usual if self.measure() in ("mean", "share", "score", "change", "complete") else 0

    def roll_up(self) -> str:
        """How the figure of a region comes about: the kind says it."""
        if self.levels == ("hub",):
            return "none: given for hubs only"
        if self.measure() == "quotient":
            return "recompute: both figures of the region"
        if self.once or self.kind in ("distinct", "ratio", "index"):
            return "recompute: from all rows of the region, never from figures of hubs"
        return "sum: rows of the region, the same as the sum over hubs"


class Level(Definition):
    """A kind of place, and how the place of a hub or respondent is found."""

    title: str
    """Name for people."""
    plural: str = ""
    """Its plural."""
    source: Literal["hub", "nuts", "country", "all"]
    """What of a hub or respondent tells the place."""
    length: int | None = None
    """First characters of a NUTS code that make the place."""
    codes: str | None = None
    """Code list with the labels."""
    members: str | None = None
    """Code list whose ``members`` (joined by a vertical bar) lists the codes of the source in each place."""


class PolicyValue(Definition):
    """A number of policy, dated and referenced."""

    value: Any
    """The value."""
    valid_from: date
    """First day of validity."""
    reference: str
    """Where it comes from."""


class ReportDefinition(Definition):
    """A report: a notebook and the levels it is made for."""

    title: str
    """Name for people."""
    template: str
    """Notebook in `notebooks/`."""
    levels: Names
    """Levels it is made for."""
    needs: Literal["surveys"] | None = None
    """What it is about: where there is none of it, it is not made. `surveys`: answers to single items."""
    about: str = ""
    """What it shows."""


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
    """A worked example that an expert can add up by hand; those of a composite are the units of one table."""

    name: str
    """What it shows."""
    options: Mapping[str, str] = {}
    """Switches that differ from the default."""
    fill: Mapping[str, str] = {}
    """Answer type to the code that every item of the type has."""
    questions: Mapping[str, str | None] = {}
    """Question to the code that its items have instead."""
    items: Mapping[str, str | None] = {}
    """Item to the code that it has instead, or to its number in a composite; empty for no answer."""
    expect: Mapping[str, Number | None]
    """Node to the value that must come out, to 1e-9; empty for no value."""
    bands: Mapping[str, str] = {}
    """Node to the band that must come out."""


class Rows(Definition):
    """A plain table in an example."""

    columns: str
    """Its header, as a line of CSV."""
    rows: Names
    """Its lines; `38 * C%,…` stands for 38 of them, with the numbers 1 to 38 in place of the sign."""


class FiguresExample(Definition):
    """A small network that one can add up by hand, and the figures that must come out of it."""

    period: str
    """Period of the run; its last day is the cut-off."""
    tables: Mapping[str, Rows]
    """Form of the survey, or `survey/form` of another, to its rows."""
    expect: Mapping[str, Mapping[str, Number | None]]
    """Place such as `hub HR-a` or `network all` to its figures: `indicator`, `indicator breakdown`, or either with
    `@ period` behind; empty for no value."""
    attained: Mapping[str, Mapping[str, Number]] = {}
    """The same for attainment, in per cent rounded half up."""
