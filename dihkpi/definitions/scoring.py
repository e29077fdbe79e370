"""Models of ``scoring.yaml``: a tree of nodes, points per answer, bands, and documented switches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import WithJsonSchema, model_validator

from dihkpi.definitions.base import Definition, Names, Number
from dihkpi.definitions.composite import AGGREGATES, AggregateSettings, NumericItem, Step, Weighting, Weights
from dihkpi.definitions.uncertainty import Repeats, Uncertainty

METHODS = ("mean", "geometric", "minimum", "sum")
"""Names of the methods of aggregation of answers."""


class ItemSet(Definition):
    """The items below a lowest node."""

    question: Names = ()
    """All items of these questions."""
    code: Names = ()
    """These items."""
    without: Names = ()
    """But not these."""


class Knockout(Definition):
    """An answer that sets the whole node to a value."""

    item: str
    """The item."""
    code: str
    """The answer."""
    value: Number = 0.0
    """Share of the best answer that the node has then."""


class Node(Definition):
    """One node of the scoring tree; it has either nodes (``of``) or items below it."""

    label: str
    """Name for people."""
    of: Names = ()
    """Nodes below it."""
    items: ItemSet | None = None
    """Items below it."""
    points: str | None = None
    """Table of points for the items; a table named like the answer type by default."""
    scale: tuple[Number, Number] = (0.0, 100.0)
    """Value of the worst and of the best answers."""
    aggregate: Annotated[str, WithJsonSchema({"enum": list(AGGREGATES)})] = "mean"
    """How the children become one value: `mean`, `geometric`, `minimum`, `sum`; for numbers see `docs/methods`."""
    settings: AggregateSettings = AggregateSettings()
    """Settings of the method."""
    weights: Mapping[str, Number] = {}
    """Weight per child; 1 where none is given."""
    weighting: Weights = Weighting()
    """How the weights come about, for composites of numbers."""
    available: Number = 0.0
    """A node with a smaller share of its children there has no value, for composites of numbers."""
    missing: Literal["zero", "drop", "refuse"] = "drop"
    """A child without value counts as zero, is left out, or leaves the node without value."""
    empty: Literal["zero", "missing"] = "missing"
    """The value of a node below which nothing at all was answered."""
    knockout: tuple[Knockout, ...] = ()
    bands: str | None = None
    """Named ranges of its values."""


class Bands(Definition):
    """Named ranges of a score; an edge belongs to the range below it."""

    edges: tuple[Number, ...]
    """Upper edges of all ranges but the highest, rising."""
    codes: Mapping[str, str]
    """Code to label, lowest first; one more than edges."""
    texts: Mapping[str, str] = {}
    """What the band means, in a sentence."""
    reference: str = ""
    """Where they come from."""

    @model_validator(mode="after")
    def _fit(self) -> Bands:
        if len(self.codes) != len(self.edges) + 1 or list(self.edges) != sorted(set(self.edges)):
            raise ValueError("needs rising edges and one code more than edges")
        return self


class Option(Definition):
    """A documented switch: named choices that patch the definition, or one value that may be set."""

    about: str
    """What the switch decides."""
    reference: str = ""
    """Where the choices come from."""
    default: str | tuple[str, ...]
    """Choice or value when nothing is said."""
    choices: Mapping[str, Mapping[str, Any]] = {}
    """Choice to patch; ``null`` in a patch removes an entry."""
    sets: str | None = None
    """Path of the value that the option sets, such as ``bands.dma.edges``."""


class Scoring(Definition):
    """The content of one ``scoring.yaml``, with all switches applied.

    A code with ``null`` points means *not applicable*: the item counts as answered but drops out of its node, in
    numerator and denominator, whatever ``missing`` says. A node with nothing but such answers has no value (status
    ``m``) and drops out of its parent in the same way.
    """

    reference: str
    """Where the rule comes from."""
    valid_from: date | None = None
    """First day of validity."""
    level: str = "respondent"
    """What the units are, such as `country`: the `level` of the table of scores."""
    items: Mapping[str, NumericItem] = {}
    """Columns of numbers that are scored; read from the CSV that the field names, for forms of the kind `values`."""
    steps: tuple[Step, ...] = ()
    """What is done with the numbers before they are put together, in this order."""
    nodes: Mapping[str, Node]
    """The tree, by code; its root is `overall`. May be read from a CSV with code, parent, item and label."""
    defaults: Mapping[str, Any] = {}
    """Fields that every node has unless it says otherwise."""
    points: Mapping[str, Mapping[str, Number | None]] = {}
    """Table name to points per answer code, as a share of the best answer; `null` where the answer means n/a."""
    item_points: Mapping[str, Mapping[str, Number]] = {}
    """Item to points per answer code, for surveys scored in points; read from the CSV that the field names."""
    awarded: str | None = None
    """Facet with points that count instead of those of the answer wherever a file states them."""
    recode: Mapping[str, Mapping[str, str]] = {}
    """Per answer type: codes to read as other codes."""
    bands: Mapping[str, Bands] = {}
    """Named ranges."""
    options: Mapping[str, Option] = {}
    """Documented switches."""
    repeats: Repeats | None = None
    """Several rows of one unit, for composites of numbers."""
    uncertainty: Uncertainty = Uncertainty()
    """Where the errors of scores come from."""
    effort: Mapping[str, Number] = {}
    """What one step up in an item or question costs, in a unit of your own; 1 where nothing is given."""

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, raw: Any) -> Any:
        """Put the defaults into the nodes."""
        if not isinstance(raw, Mapping) or not raw.get("defaults") or not isinstance(raw.get("nodes"), Mapping):
            return raw
        nodes = {
            code: {**raw["defaults"], **node} if isinstance(node, Mapping) else node
            for code, node in raw["nodes"].items()
        }
        return {**raw, "nodes": nodes}

    display_decimals: int = 1
    """Decimals in reports; everything is computed in full precision."""
    reliable_share: Number = 0.0
    """A node with a smaller share of answered items is marked ``u``."""
