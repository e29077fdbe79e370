"""Models of ``analysis.yaml``, the plan of what effects are looked for, and of ``designs.yaml``, what each needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from dihkpi.definitions.base import Definition, Names, Number
from dihkpi.definitions.programme import Programme

Fact = Literal[
    "units", "treated", "comparison", "clusters", "treated_clusters", "comparison_clusters", "periods_before",
    "periods_after", "pretrend_p", "kept", "balance",
]  # fmt: skip
VERDICTS = ("descriptive", "associational", "causal under assumption")
"""What a number may be called, the weakest first."""
Verdict = Literal["descriptive", "associational", "causal under assumption"]


class Outcome(Definition):
    """What may have changed: exactly one of `dimension` and `indicator`."""

    dimension: str | None = None
    """Node of the scoring tree."""
    indicator: str | None = None
    """Id of an indicator."""
    survey: str | None = None
    """Survey of it; that of the plan by default."""
    level: str | None = None
    """What the units are; `respondent` for a dimension and `hub` for an indicator by default."""
    breakdown: str = ""
    """Breakdown of the indicator."""


class Analysis(Definition):
    """One question about an effect, and how it is answered."""

    about: str
    """The question, in a sentence."""
    outcome: Outcome
    """What may have changed."""
    design: str
    """Id of a design in `schemas/designs.yaml`."""
    before: Names = ()
    """Waves or periods before the start, in their order."""
    after: Names = ()
    """Waves or periods from the start on, in their order."""
    treatment: str | None = None
    """Column of the units: 1 for the supported, 0 for the comparison."""
    start: str | None = None
    """Column of the units: first supported wave or period, empty for never."""
    cluster: str | None = None
    """Column whose equal values hang together, such as the hub."""
    levels: Names = ()
    """Columns of the levels of a mixed model, the outermost first."""
    covariates: Names = ()
    """Columns known from before the start."""
    effect_on: Literal["all", "treated"] = "all"
    """Whose mean effect weighting gives."""
    errors: Literal["auto", "ordinary", "cluster", "cr2", "wild"] = "auto"
    """How errors are made; `auto` is `cr2`, which holds with few clusters too."""
    family: str
    """Family of questions that are asked together."""


class Family(Definition):
    """Questions that are asked together, so that one of them comes out by chance more easily."""

    about: str
    """What they have in common."""
    method: Literal["holm", "bonferroni", "fdr_bh", "fdr_by", "none"] = "holm"
    """How their p-values are adjusted."""


class Plan(Definition):
    """What effects are looked for, decided before looking at the data."""

    about: str
    """What the plan is for."""
    declared: date
    """Day on which it was decided."""
    level: Number | None = None
    """Level of the intervals; the policy `confidence_level` by default."""
    seed: int | None = None
    """Seed of everything random; that of the policy `uncertainty` by default."""
    columns: Mapping[str, str] = {}
    """Columns that your own table of units brings, and what they say."""
    families: Mapping[str, Family]
    """Families by a name of your own."""
    analyses: Mapping[str, Analysis]
    """Analyses by a name of your own."""
    programmes: Mapping[str, Programme] = {}
    """From gross figures to what the programme added, by a name of your own."""


class Need(Definition):
    """One thing that a design needs of the data."""

    fact: Fact
    """What is counted or measured."""
    about: str
    """The need in words."""
    least: Number | None = None
    """Smallest value that meets it."""
    most: Number | None = None
    """Largest value that meets it."""
    otherwise: Literal["instead", "descriptive", "associational", "caveat"]
    """What happens when it is not met: the design `instead`, a weaker verdict, or a caveat."""


class Design(Definition):
    """A design of evaluation: what it needs, and what its result may be called."""

    title: str
    """Name for people."""
    verdict: Verdict
    """The strongest word that its result may bear."""
    assumption: str
    """What must hold besides, and no data can show."""
    fields: Names
    """Fields that an analysis with it must give."""
    one_wave: bool = False
    """Takes at most one wave before and one after."""
    instead: str | None = None
    """Design that is used where a need says so."""
    needs: tuple[Need, ...] = ()
    """What it needs of the data."""
