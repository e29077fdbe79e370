"""Models of ``scoring.yaml``: a tree of nodes, points per answer, bands, and documented switches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from dihkpi.definitions.base import Definition, Names, Number


class ItemSet(Definition):
    """The items below a lowest node."""

    question: Names = ()
    code: Names = ()
    without: Names = ()


class Knockout(Definition):
    """An answer that sets the whole node to a value."""

    item: str
    code: str
    value: Number = 0.0


class Node(Definition):
    """One node of the scoring tree; it has either nodes (``of``) or items below it."""

    label: str
    of: Names = ()
    items: ItemSet | None = None
    points: str | None = None
    """Table of points for the items; a table named like the answer type by default."""
    scale: tuple[Number, Number] = (0.0, 100.0)
    aggregate: str = "mean"
    weights: Mapping[str, Number] = {}
    """Weight per child; 1 where none is given."""
    missing: Literal["zero", "drop", "refuse"] = "drop"
    """A child without value counts as zero, is left out, or leaves the node without value."""
    empty: Literal["zero", "missing"] = "missing"
    """The value of a node below which nothing at all was answered."""
    knockout: tuple[Knockout, ...] = ()
    bands: str | None = None


class Bands(Definition):
    """Named ranges of a score; an edge belongs to the range below it."""

    edges: tuple[Number, ...]
    codes: Mapping[str, str]
    """Code to label, lowest first; one more than edges."""
    texts: Mapping[str, str] = {}
    """What the band means, in a sentence."""
    reference: str = ""


class Option(Definition):
    """A documented switch: named choices that patch the definition, or one value that may be set."""

    about: str
    reference: str = ""
    default: Any
    choices: Mapping[str, Any] = {}
    """Choice to patch; ``null`` in a patch removes an entry."""
    sets: str | None = None
    """Path of the value that the option sets, such as ``bands.dma.edges``."""


class Scoring(Definition):
    """The content of one ``scoring.yaml``, with all switches applied."""

    reference: str
    valid_from: date | None = None
    nodes: Mapping[str, Node]
    points: Mapping[str, Mapping[str, Number]] = {}
    """Table name to points per answer code, as a share of the best answer."""
    recode: Mapping[str, Mapping[str, str]] = {}
    """Per answer type: codes to read as other codes."""
    bands: Mapping[str, Bands] = {}
    options: Mapping[str, Option] = {}
    display_decimals: int = 1
    reliable_share: Number = 0.0
    """A node with a smaller share of answered items is marked ``u``."""

    def parent(self, code: str) -> str | None:
        """The node that a node belongs to; ``None`` for the root."""
        return next((name for name, node in self.nodes.items() if code in node.of), None)
