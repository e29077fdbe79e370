"""Models of ``uncertainty`` in ``scoring.yaml``: where errors of scores come from, and what could be chosen else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from dihkpi.definitions.base import Definition, Names, Number


class Repeats(Definition):
    """Several rows of one unit, which are averaged before the first step; their spread is the error of the mean."""

    column: str
    """Column that tells the rows of a unit apart, such as the evaluator or the respondent; part of the key."""
    source: Literal["rater", "sampling"] = "rater"
    """What the rows are: marks of several raters, or answers of a sample."""
    cluster: str | None = None
    """Column whose equal values belong together, such as the firm of several respondents."""


class Sampling(Definition):
    """How the respondents below a hub were drawn, for surveys of answers."""

    cluster: str | None = None
    """Column whose equal values belong together; each respondent stands alone when not given."""
    population: str | None = None
    """Column with the number of customers of which the respondents are a part: the finite population counts then."""
    method: Literal["analytic", "bootstrap"] = "analytic"
    """Errors by formula, or by drawing respondents or clusters anew, with intervals that follow a long tail."""


class Choice(Definition):
    """One thing that could have been decided otherwise; exactly one of `step`, `nodes`, `option`, `leave_out`."""

    about: str = ""
    """Why it could be decided otherwise."""
    step: int | None = None
    """Number of the step, from 1, that each of the `alternatives` patches."""
    nodes: Names = ()
    """Nodes that each of the `alternatives` patches, or whose weights get `noise`; `all` for every node."""
    option: str | None = None
    """A documented switch of the scoring: all its choices."""
    alternatives: tuple[Mapping[str, Any], ...] = ()
    """Patches, each a set of fields of the step or node; what the definition says is always one more of them."""
    noise: Number | None = None
    """Each weight is drawn evenly from between its value less this share and its value plus this share."""
    leave_out: Literal["items", "nodes"] | None = None
    """Leave out one item, or one node directly below the root, at a time; each is as likely as leaving nothing out."""


class Uncertainty(Definition):
    """Where errors of scores come from. What is not declared is taken as exact, and reports say so."""

    replications: int | None = None
    """Replications of the analysis; the policy `uncertainty` by default."""
    seed: int | None = None
    """Seed of everything random; the policy `uncertainty` by default."""
    imputations: int = 0
    """Number of completed tables of a multiple imputation; 0 takes imputed values as they are."""
    sampling: Sampling = Sampling()
    """Errors of a sample of respondents."""
    choices: Mapping[str, Choice] = {}
    """What could have been decided otherwise, by a name of your own."""
