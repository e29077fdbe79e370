"""Which group of every level a respondent belongs to, with the clusters and populations that the errors need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.definitions.explain import known
from dihkpi.definitions.uncertainty import Sampling
from dihkpi.errors import ScoringError, UsageError
from dihkpi.scoring.errors.estimate import Sample
from dihkpi.scoring.places import place_codes
from dihkpi.scoring.results import Vector

if TYPE_CHECKING:
    import pandas as pd

Positions = npt.NDArray[np.intp]
_WHERE = "scoring.yaml › uncertainty › sampling"
_TOLD = {"hub": "hub", "nuts": "nuts", "country": "country"}


@dataclass(frozen=True)
class Place:
    """The places of one level.

    Parameters
    ----------
    level : str
    codes : sequence of str
        Codes of the places, sorted.
    at : numpy.ndarray of int, shape (rows,)
        Place of every row of the scores, -1 where it is not known.
    clusters : numpy.ndarray of int, shape (rows,), or None
        Cluster of every row.
    population : numpy.ndarray, shape (places,), or None
        How many there are in all, NaN where that is not known.
    """

    level: str
    codes: list[str]
    at: Positions
    clusters: Positions | None
    population: Vector | None


def place(
    respondents: pd.Series, waves: pd.Series, groups: pd.DataFrame, definitions: Definitions, sampling: Sampling
) -> list[Place]:
    """The places of respondents at every level that the groups tell.

    Parameters
    ----------
    respondents : pandas.Series
        Who, one entry per row of the scores.
    waves : pandas.Series
        The wave of each of these rows.
    groups : pandas.DataFrame
        ``respondent``, and of ``hub``, ``nuts``, ``country`` what is known, one row per respondent, or per respondent
        and ``wave`` where there is such a column; beside them the columns that the definition names for clusters and
        populations.
    definitions : Definitions
        For the levels.
    sampling : Sampling
        What the definition says about the sample.

    Returns
    -------
    list of Place
        In the order of the levels; a level that takes all together is always among them.

    Raises
    ------
    ScoringError
        When a respondent has two hubs, a column is unknown, or a population is smaller than its sample.
    """
    import pandas as pd

    _check(groups, sampling)
    rows = _rows(respondents, waves, groups)
    outside = rows < 0
    told = groups.iloc[np.where(outside, 0, rows)].reset_index(drop=True) if len(groups) else groups
    nothing = pd.Series(pd.NA, index=pd.RangeIndex(len(respondents)), dtype="str")
    columns = {
        name: told[name].astype("str").mask(outside) if name in told and len(told) else nothing for name in _TOLD
    }
    clusters = None if sampling.cluster is None else _clusters(told[sampling.cluster].mask(outside))
    found = []
    for level, declared in definitions.levels.items():
        if declared.source != "all" and not {declared.source, *(("nuts",) * (declared.source == "country"))} & {*told}:
            continue
        codes = place_codes(declared, columns["hub"], columns["nuts"], columns["country"], definitions)
        at, names = pd.factorize(codes, sort=True)
        population = None
        if sampling.population:
            population = _population(told, outside, at, len(names), sampling.population)
        # At the level of its own hub a cluster is all there is: respondents stand for themselves.
        alone = sampling.cluster == declared.source
        found.append(Place(level, list(names), at, None if alone else clusters, population))
    return found


def _check(groups: pd.DataFrame, sampling: Sampling) -> None:
    if "respondent" not in groups:
        raise UsageError("the groups of respondents need a column 'respondent'")
    keys = _keys(groups)
    problems = [
        problem
        for field in ("cluster", "population")
        if (name := getattr(sampling, field))
        for problem in known(name, groups.columns, f"{_WHERE} › {field}", "column")
    ]
    for name in _TOLD:
        if name in groups and groups[keys].duplicated().any():
            pairs = groups[[*keys, name]].drop_duplicates()
            twice = pairs[pairs[keys].duplicated(keep=False)].sort_values(["respondent", name])
            problems += [
                f"respondent {who} has two entries of '{name}': {', '.join(map(str, places))}\n"
                "      give each respondent one; who counts for two would be counted twice above them"
                for who, places in twice.groupby("respondent")[name]
            ]
    if problems:
        raise ScoringError(problems, "the groups of respondents")


def _keys(groups: pd.DataFrame) -> list[str]:
    """Columns that tell the rows of the groups apart."""
    return ["respondent", *(["wave"] if "wave" in groups else [])]


def _rows(respondents: pd.Series, waves: pd.Series, groups: pd.DataFrame) -> Positions:
    """Row of the groups for every row of the scores, -1 where there is none."""
    import pandas as pd

    if "wave" in groups:
        once = groups[_keys(groups)].astype(object).assign(at=np.arange(len(groups))).drop_duplicates(_keys(groups))
        wanted = pd.DataFrame({"respondent": respondents.to_numpy(object), "wave": waves.to_numpy(object)})
        return wanted.merge(once, how="left")["at"].fillna(-1).to_numpy(dtype=np.intp)
    listed = groups["respondent"]
    if len(listed) == len(respondents) and bool((listed.to_numpy() == respondents.to_numpy()).all()):
        return np.arange(len(respondents))
    first = np.flatnonzero(~listed.duplicated().to_numpy())
    at = pd.Index(listed.iloc[first]).get_indexer(pd.Index(respondents))
    return np.where(at < 0, -1, first[at]) if len(first) else np.full(len(respondents), -1)


def _clusters(column: pd.Series) -> Positions:
    """Number of the cluster of every row; a row without one stands alone."""
    import pandas as pd

    codes, names = pd.factorize(column, sort=True)
    return np.where(codes < 0, len(names) + np.cumsum(codes < 0) - 1, codes)


def _population(told: pd.DataFrame, outside: npt.NDArray[np.bool_], at: Positions, size: int, name: str) -> Vector:
    """Population of every place: the sum over its hubs, where all of them are there with all their respondents."""
    import pandas as pd

    numbers = pd.to_numeric(told[name], errors="coerce").to_numpy(dtype=float)
    hubs = told["hub"] if "hub" in told else pd.Series("", index=told.index)
    frame = pd.DataFrame({"place": at, "hub": hubs.to_numpy(), "number": numbers})[~outside]
    entries = frame.drop_duplicates()
    split = set(entries.loc[entries["hub"].isna() | entries["number"].isna() | (entries["place"] < 0), "place"])
    several = entries[entries.duplicated("hub", keep=False)]
    if several.groupby("hub")["number"].nunique().gt(1).any():
        hubs_of = several.groupby("hub")["number"].nunique()
        raise ScoringError(
            [
                f"{_WHERE} › population: hub {hub!s} has several numbers in column '{name}'\n      give one per hub"
                for hub in hubs_of.index[hubs_of > 1].tolist()
            ],
            "the groups of respondents",
        )
    unknown = split | set(several["place"])
    result = np.bincount(entries["place"].clip(lower=0), weights=entries["number"].fillna(0.0), minlength=size)
    result[[place for place in unknown if place >= 0]] = np.nan
    return np.asarray(result, dtype=float)


def check_population(where: Place, sample: Sample, n: Positions, names: Sequence[tuple[str, str | None]]) -> None:
    """Nobody asks more customers than there are.

    Parameters
    ----------
    where : Place
    sample : Sample
    n : numpy.ndarray of int, shape (groups,)
        Respondents of each group.
    names : sequence of (str, str or None)
        Code and wave of each group.

    Raises
    ------
    ScoringError
        With every group whose population is smaller than its respondents.
    """
    if sample.population is None:
        return
    wrong = np.flatnonzero(n > sample.population).tolist()
    if wrong:
        raise ScoringError(
            [
                f"{_WHERE} › population: {where.level} {names[group][0]} has {n[group]} respondents of "
                f"{sample.population[group]:g}\n      the population counts all who could have answered"
                for group in wrong
            ],
            "the groups of respondents",
        )
