"""A survey with its design: columns named as data, checked and turned into stages of clusters in strata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.definitions.indicators import TableDefinition
from dihkpi.errors import UsageError, hint_for
from dihkpi.indicators.design.margins import Calibration, Regression

if TYPE_CHECKING:
    import pandas as pd

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
RULES = ("error", "certainty", "average", "adjust")
"""What a stratum with one cluster may do, see :func:`prepare`."""


@dataclass(frozen=True)
class Design:
    """How respondents were drawn, as names of columns.

    Parameters
    ----------
    weight : str, optional
        Number of units of the population that a respondent stands for. Without it, population sizes give the weights;
        without these either, all weigh the same.
    strata : str, optional
        Parts of the population that were sampled by themselves.
    cluster : str or tuple of str
        What was drawn: first the clusters, then what was drawn inside them, and so on. Each row by itself when empty.
    population : str or tuple of str
        For each stage, the number of clusters in the stratum (then: of units in the cluster) of which some were drawn.
        Draws count as with replacement when empty, and variances of later stages are then part of that of the first.
    nested : bool
        Ids of clusters are unique only inside their stratum.
    """

    weight: str | None = None
    strata: str | None = None
    cluster: str | tuple[str, ...] = ()
    population: str | tuple[str, ...] = ()
    nested: bool = False

    def stages(self) -> tuple[str, ...]:
        """Columns of clusters, first stage first."""
        return (self.cluster,) if isinstance(self.cluster, str) else self.cluster

    def sizes(self) -> tuple[str, ...]:
        """Columns of population sizes, first stage first."""
        return (self.population,) if isinstance(self.population, str) else self.population

    def columns(self) -> list[str]:
        """All columns it names."""
        return [*filter(None, (self.weight, self.strata)), *self.stages(), *self.sizes()]


@dataclass(frozen=True)
class Stage:
    """One stage of drawing.

    Parameters
    ----------
    clusters : numpy.ndarray of int, shape (rows,)
        Cluster of each row.
    stratum : numpy.ndarray of int, shape (clusters,)
        Stratum of each cluster; at later stages the cluster of the stage before.
    drawn : numpy.ndarray, shape (strata,)
        Clusters in the sample.
    fraction : numpy.ndarray, shape (strata,)
        Share of the clusters of the population that they are, 0 where it does not count.
    share : numpy.ndarray, shape (strata,)
        Product of the fractions of the stages before.
    names : numpy.ndarray of object, shape (strata,)
    """

    clusters: Codes
    stratum: Codes
    drawn: Vector
    fraction: Vector
    share: Vector
    names: npt.NDArray[np.object_]

    @property
    def single(self) -> npt.NDArray[np.bool_]:
        """Strata of one cluster that is not all there is."""
        return np.asarray((self.drawn == 1) & (self.fraction < 1))


@dataclass(frozen=True)
class Sample:
    """Rows of a survey, ready for estimates. Build it with :func:`prepare`.

    Parameters
    ----------
    frame : pandas.DataFrame
    weights : numpy.ndarray, shape (rows,)
        The weights of estimates.
    design_weights : numpy.ndarray, shape (rows,)
        Those before calibration.
    stages : tuple of Stage
    single : str
        Rule for strata of one cluster.
    confidence : float
        Level of intervals.
    few_freedom : float
        With fewer clusters less strata than this, intervals have degrees of freedom after Satterthwaite.
    table : TableDefinition or None
        That estimates are checked against; None in simulations, where the check would take most of the time.
    calibration : Calibration, Regression or None
        Margins or sums that the weights were brought to.
    doubt : str
        Why estimates are of low reliability, such as a calibration that did not converge.
    """

    frame: pd.DataFrame
    weights: Vector
    design_weights: Vector
    stages: tuple[Stage, ...]
    single: str
    confidence: float
    few_freedom: float
    table: TableDefinition | None
    calibration: Calibration | Regression | None = None
    doubt: str = ""

    @property
    def finite(self) -> bool:
        """The population of the first stage is known."""
        return bool((self.stages[0].fraction > 0).any())


def prepare(frame: pd.DataFrame, design: Design, definitions: Definitions, *, single: str = "error") -> Sample:
    """Check a survey against its design.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per respondent; keep the whole sample, domains are chosen by the estimates.
    design : Design
    definitions : Definitions
        For the level of confidence and the table of estimates.
    single : {"error", "certainty", "average", "adjust"}
        A stratum with one cluster has no spread to see: an error; no variance, as if its cluster was sure to be drawn;
        the mean variance of the other strata; or its distance from the mean of all clusters.

    Raises
    ------
    UsageError
        Unknown columns, missing or impossible weights and sizes, a cluster in two strata, a stratum of one cluster.

    Examples
    --------
    >>> import pandas as pd
    >>> from dihkpi.definitions import load_definitions
    >>> rows = pd.DataFrame({"region": ["a", "a", "b", "b"], "customers": [10, 10, 4, 4]})
    >>> sample = prepare(rows, Design(strata="region", population="customers"), load_definitions())
    >>> sample.weights.tolist()
    [5.0, 5.0, 2.0, 2.0]
    """
    if single not in RULES:
        raise UsageError(f"unknown rule for strata of one cluster: '{single}'\n  {hint_for(single, RULES)}")
    _check_columns(frame, design)
    stages = _stages(frame, design)
    for number, stage in enumerate(stages, start=1):
        if single == "error" and stage.single.any() and (number == 1 or stage.share.any()):
            raise UsageError(_one_cluster(stage, number))
    weights = _weights(frame, design, stages)
    return Sample(
        frame=frame.reset_index(drop=True),
        weights=weights,
        design_weights=weights,
        stages=stages,
        single=single,
        confidence=float(definitions.value("confidence_level")),
        few_freedom=float(definitions.value("survey_design")["few_freedom"]),
        table=definitions.tables["survey_estimates"],
    )


def numbers(column: pd.Series) -> Vector:
    """A column as floats, NaN where missing.

    Raises
    ------
    UsageError
        When it holds text.
    """
    try:
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    except (TypeError, ValueError):
        raise UsageError(f"the column '{column.name}' holds text, a design needs numbers\n  correct it") from None


def _check_columns(frame: pd.DataFrame, design: Design) -> None:
    if frame.empty:
        raise UsageError("a survey without rows has no estimates")
    for name in design.columns():
        if name not in frame:
            raise UsageError(
                f"the design names the column '{name}', which is missing\n  {hint_for(name, map(str, frame.columns))}"
            )
        if lost := int(frame[name].isna().sum()):
            raise UsageError(f"the column '{name}' of the design is empty in {lost} of {len(frame)} rows\n  fill it")
    if len(design.sizes()) > max(1, len(design.stages())):
        raise UsageError(f"the design has {len(design.sizes())} population sizes for {len(design.stages())} stages")


def _stages(frame: pd.DataFrame, design: Design) -> tuple[Stage, ...]:
    import pandas as pd

    strata, names = _coded([frame[design.strata]]) if design.strata else (np.zeros(len(frame), np.intp), [""])
    share = np.ones(1 if not design.strata else len(names))
    stages: list[Stage] = []
    sizes = design.sizes()
    for number, column in enumerate(design.stages() or (None,)):
        inside = number > 0 or design.nested
        unit = frame[column].reset_index(drop=True) if column else pd.Series(np.arange(len(frame)))
        clusters, labels = _coded([pd.Series(strata), unit] if inside else [unit])
        stratum = np.zeros(len(labels), np.intp)
        stratum[clusters] = strata
        if (stratum[clusters] != strata).any():
            twice = labels[clusters[np.flatnonzero(stratum[clusters] != strata)[0]]]
            raise UsageError(
                f"the cluster {twice} of '{column}' is in two strata of '{design.strata}'\n"
                "  correct it, or say nested when ids are unique only inside a stratum"
            )
        drawn = np.bincount(stratum, minlength=len(names)).astype(float)
        fraction = np.zeros(len(names))
        if number < len(sizes):
            fraction = _fraction(numbers(frame[sizes[number]]), strata, drawn, sizes[number], names)
        stages.append(Stage(clusters, stratum, drawn, fraction, share, np.asarray(names, dtype=object)))
        share = (share * fraction)[stratum]
        strata, names = clusters, labels
    return tuple(stages)


def _coded(columns: Sequence[pd.Series]) -> tuple[Codes, list[str]]:
    """Each row's combination of codes as a number, in the order of the codes, and the name of each."""
    import pandas as pd

    # Numbers keep their order; whatever else is compared as text, so that mixed ids can be sorted.
    index = pd.MultiIndex.from_arrays([
        (column if pd.api.types.is_numeric_dtype(column) else column.astype("str")).to_numpy() for column in columns
    ])  # fmt: skip
    codes, found = pd.factorize(index, sort=True)
    return codes, [str(entry[-1]) for entry in found]


def _fraction(size: Vector, strata: Codes, drawn: Vector, column: str, names: Sequence[str]) -> Vector:
    """Sampling fraction of each stratum from the size of its population."""
    first = np.full(len(drawn), np.nan)
    first[strata] = size
    if (uneven := first[strata] != size).any():
        where = names[int(strata[uneven][0])]
        raise UsageError(f"the column '{column}' has several values inside the stratum '{where}'; a population has one")
    if (small := first < drawn).any():
        at = int(np.flatnonzero(small)[0])
        raise UsageError(
            f"the column '{column}' says {first[at]:g} for the stratum '{names[at]}', of which {drawn[at]:g} clusters "
            "are in the sample\n  give the number of clusters in the population, not a fraction"
        )
    return np.asarray(drawn / first)


def _weights(frame: pd.DataFrame, design: Design, stages: Sequence[Stage]) -> Vector:
    if design.weight:
        weights = numbers(frame[design.weight])
        if bad := int((~(weights > 0) | np.isinf(weights)).sum()):
            raise UsageError(
                f"weights must be above 0, which {bad} of '{design.weight}' are not\n  drop or correct them"
            )
        return weights
    weights = np.ones(len(frame))
    for stage in stages[: len(design.sizes())]:
        weights = weights / stage.fraction[stage.stratum[stage.clusters]]
    return weights


def _one_cluster(stage: Stage, number: int) -> str:
    found = [str(name) for name in stage.names[stage.single]]
    shown = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
    return (
        f"{len(found)} strata of stage {number} have one cluster, so their spread cannot be seen: {shown}\n"
        "  merge them with others, or choose a rule: certainty, average or adjust"
    )
