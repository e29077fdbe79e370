"""Models of ``design.yaml``: how the respondents of a survey were drawn, and what is estimated of their population."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from dihkpi.definitions.base import Definition, Names, Number


class Margins(Definition):
    """Known numbers of the population, to which weights are brought."""

    counts: Mapping[str, Mapping[str, Number]]
    """Column to class to its number of units, or a CSV beside the file (`margin`, `class`, `count`); `a;b` crosses
    columns, with classes `x;y`."""
    valid: date
    """Day for which the counts hold."""
    reference: str
    """Where they come from: a register, a census."""
    low: Number = 0.0
    """Smallest factor from old to new weight."""
    high: Number | None = None
    """Largest factor from old to new weight; without bound when not given."""
    cap: Number | None = None
    """Largest new weight as a multiple of their mean; without bound when not given."""


class Response(Definition):
    """Who answered among those who were asked: the form holds a row of everybody."""

    answered: str
    """Column of yes and no."""
    classes: Names
    """Columns that make classes and are known of everybody: respondents stand in for the others of their class."""


class SurveyDesign(Definition):
    """How respondents were drawn, as names of columns."""

    about: str
    """How the sample was drawn, in a sentence."""
    form: str
    """Form whose rows are the sample, the whole of it."""
    wave: str | None = None
    """Only the rows of this wave."""
    weight: str | None = None
    """Units of the population that a row stands for; population over sample when not given."""
    strata: str | None = None
    """Parts of the population that were drawn from by themselves."""
    cluster: Names = ()
    """What was drawn, such as the firm or the hub: first stage, second stage; each row by itself when not given."""
    nested: bool = False
    """Ids of clusters start anew in every stratum."""
    population: Names = ()
    """Per stage, the number of clusters of which some were drawn; draws count as with replacement when not given."""
    single: Literal["error", "certainty", "average", "adjust"] = "error"
    """What a stratum with one cluster does: it has no estimate, no variance, the mean of the others, or its distance
    from the mean of all."""
    response: Response | None = None
    """Weights for those who did not answer."""
    margins: Margins | None = None
    """Weights that meet known numbers of the population."""
    variance: Literal["taylor", "jackknife", "bootstrap"] = "taylor"
    """How errors are made."""
    centre: Literal["full", "mean"] = "full"
    """Replicates deviate from the estimate of the full sample, or from their own mean."""
    replications: int = 500
    """Draws of the bootstrap."""
    seed: int | None = None
    """Its seed; that of the policy `uncertainty` by default."""


class SurveyEstimate(Definition):
    """One figure of the population."""

    about: str = ""
    """What it tells, in a sentence."""
    design: str
    """Name of the design."""
    measure: Literal["mean", "total", "share", "ratio", "quantile"]
    """What is estimated; a share is of a column of yes and no, in per cent."""
    of: str
    """Column of the form, or node of the scoring tree."""
    to: str | None = None
    """The lower column or node of a ratio."""
    scale: Number = 1.0
    """Factor of a ratio."""
    shares: tuple[Number, ...] = (0.5,)
    """Of quantiles; 0.5 is the median."""
    by: Names = ()
    """Columns whose codes make domains, beside the figure of all."""


class Designs(Definition):
    """The content of one ``design.yaml``."""

    designs: Mapping[str, SurveyDesign]
    """Designs by a name of your own."""
    estimates: Mapping[str, SurveyEstimate] = {}
    """Estimates by a name of your own."""
