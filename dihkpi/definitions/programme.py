"""Models of ``programmes`` in ``analysis.yaml``: what of a gross figure would have come anyway or elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from dihkpi.definitions.base import Definition, Names, Number


class Question(Definition):
    """The counterfactual question: what would have happened without the support?"""

    column: str
    """Column of the records with the answer."""
    weights: Mapping[str, Number]
    """Answer to the share, 0 to 1, that would have come anyway."""
    amount: str | None = None
    """Column by which answers are weighted, such as the investment; all records alike when not given."""


class Declared(Definition):
    """A factor that is declared and not measured here."""

    value: Number
    """Most likely value."""
    lo: Number | None = None
    """Smallest value thought possible; exactly the value when neither end is given."""
    hi: Number | None = None
    """Largest value thought possible."""
    source: str
    """Who says so: a study, a guideline, a question of the survey."""

    def range(self) -> tuple[float, float]:
        """Both ends."""
        return (self.value if self.lo is None else self.lo, self.value if self.hi is None else self.hi)


class Programme(Definition):
    """From a gross figure to what the programme added."""

    about: str
    """What is counted, in a sentence."""
    gross: str
    """Indicator with the gross figure: never to be called impact."""
    breakdown: str = ""
    """Breakdown of the gross figure; the total when not given."""
    levels: Names = ("network",)
    """Levels of the places that get the figures; below the network only what beneficiaries say can be told."""
    question: Question | None = None
    """Deadweight from what beneficiaries say."""
    analysis: str | None = None
    """Deadweight from an analysis of this plan: one less the effect over the gross change of the supported."""
    net_of: Literal["question", "analysis"] | None = None
    """Whose deadweight the net figure takes off where both are given; it is never taken off twice."""
    leakage: Declared | None = None
    """Share that went outside the target group."""
    displacement: Declared | None = None
    """Share that others in the area lost."""
    substitution: Declared | None = None
    """Share that only replaced another activity of the same firm."""
    multiplier: Declared | None = None
    """What one unit sets off further in the area; 1 when not given."""
    public: str | None = None
    """Amount of public money of the records that the gross figure sums, for the leverage in both its forms."""
    cost: str | None = None
    """Indicator with the cost, for the cost of one unit of the net outcome."""

    def deadweight(self) -> Literal["question", "analysis"]:
        """Whose deadweight the net figure takes off."""
        return self.net_of or ("question" if self.question is not None else "analysis")

    def declared(self) -> dict[str, Declared]:
        """Factors that are declared, in the order in which they are taken off."""
        names = ("leakage", "displacement", "substitution", "multiplier")
        return {name: factor for name in names if (factor := getattr(self, name)) is not None}
