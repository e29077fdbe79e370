"""Scores of hubs, regions, countries and the network, each with its error and where the error comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.definitions.uncertainty import Uncertainty
from dihkpi.errors import UsageError
from dihkpi.intake.columns import check_table
from dihkpi.scoring.errors import tables
from dihkpi.scoring.errors.bootstrap import bootstrap
from dihkpi.scoring.errors.estimate import Estimates, Sample, estimate
from dihkpi.scoring.errors.imputation import completed, imputed_columns, pooled
from dihkpi.scoring.errors.measurement import Measurement, measurement_errors
from dihkpi.scoring.errors.placing import Place, check_population, place
from dihkpi.scoring.wide import NodeScores

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class GroupScores:
    """What is known of groups of respondents.

    Parameters
    ----------
    scores : pandas.DataFrame
        Rows for the table ``scores``.
    uncertainty : pandas.DataFrame
        The table ``uncertainty``, with the sources sampling, measurement, imputation and data.
    bands : pandas.DataFrame
        Where an interval crosses the edge of a band: ``level``, ``code``, ``survey``, ``version``, ``wave``,
        ``dimension``, ``band`` and ``probability``, one row per band.
    """

    scores: pd.DataFrame
    uncertainty: pd.DataFrame
    bands: pd.DataFrame


def group_scores(
    scores: NodeScores, groups: pd.DataFrame, definitions: Definitions, *, measured: Measurement | None = None
) -> GroupScores:
    """Mean scores of all groups of all levels, with their errors.

    Parameters
    ----------
    scores : NodeScores
        Of respondents, from :func:`~dihkpi.scoring.wide.score_matrix`, or
        :func:`~dihkpi.scoring.wide.from_table` where only the table is at hand.
    groups : pandas.DataFrame
        ``respondent``, and of ``hub``, ``nuts``, ``country`` what is known; see
        :func:`~dihkpi.scoring.errors.placing.place`.
    definitions : Definitions
        For the levels, the policy and the tables.
    measured : Measurement, optional
        Errors of measurement, where they have been computed already.

    Returns
    -------
    GroupScores

    Raises
    ------
    ScoringError
        When respondents cannot be put into groups as the definition asks.

    Notes
    -----
    The value of a group is the mean of the scores of its respondents in a wave. ``uncertainty`` of ``scoring.yaml``
    says how they were drawn, whether errors come by formula or from replications, and how often missing answers are
    filled.
    """
    import pandas as pd

    asked = scores.tree.scoring.uncertainty
    policy = definitions.value("uncertainty")
    seed = int(policy["seed"] if asked.seed is None else asked.seed)
    measured = measured or measurement_errors(scores, definitions)
    filled = None
    if asked.imputations and len(imputed_columns(scores)):
        if asked.imputations < 2:
            raise UsageError("scoring.yaml › uncertainty › imputations: 1 tells no spread\n  take 0, or 2 and more")
        filled = partial(completed, scores, asked.imputations, int(policy["donors"]), seed)
    parts = []
    for where in place(scores.respondents, scores.waves, groups, definitions, asked.sampling):
        sample, names = sample_of(where, scores)
        how = estimator(sample, names, asked, definitions)
        found = how(scores.value)
        between, df = np.zeros(found.value.shape), found.df
        if filled is not None:
            found, between, df = pooled(filled(), how)
        parts.append(tables.Level(where, names, found, between, df, _answered(scores, sample)))
    built = tables.Tables(scores, measured, asked, definitions)

    def joined(write: Callable[[tables.Level], pd.DataFrame]) -> pd.DataFrame:
        return pd.concat([write(part) for part in parts], ignore_index=True)

    return GroupScores(
        check_table(joined(built.scores), definitions.tables["scores"], in_order=True),
        check_table(joined(built.uncertainty), definitions.tables["uncertainty"], in_order=True),
        joined(built.bands),
    )


def sample_of(where: Place, scores: NodeScores) -> tuple[Sample, list[tuple[str, str | None]]]:
    """Respondents of every group of a level, and the code and wave of each group that has any."""
    at, waves = scores.wave_codes
    group = np.where(where.at < 0, -1, where.at * len(waves) + at)
    n = np.bincount(group[group >= 0], minlength=len(where.codes) * len(waves))
    kept = np.flatnonzero(n)
    number = np.full(len(n) + 1, -1)
    number[kept] = np.arange(len(kept))
    population = None if where.population is None else where.population[kept // len(waves)]
    names = [(where.codes[g // len(waves)], waves[g % len(waves)]) for g in kept.tolist()]
    sample = Sample(number[group], len(kept), where.clusters, population)
    check_population(where, sample, n[kept], names)
    return sample, names


def estimator(
    sample: Sample, names: list[tuple[str, str | None]], asked: Uncertainty, definitions: Definitions
) -> Callable[[Matrix], Estimates]:
    """How errors of a sample come about, as the definition says."""
    confidence, policy = float(definitions.value("confidence_level")), definitions.value("uncertainty")
    if asked.sampling.method == "analytic":
        return lambda values: estimate(values, sample, confidence)
    return lambda values: bootstrap(
        values, sample, confidence, names=[f"{code} {wave}" for code, wave in names],
        replications=int(asked.replications or policy["replications"]),
        seed=int(policy["seed"] if asked.seed is None else asked.seed),
    )  # fmt: skip


def _answered(scores: NodeScores, sample: Sample) -> Matrix:
    """Mean number of items that a respondent of each group answered."""
    inside = sample.groups >= 0
    g = sample.groups if inside.all() else sample.groups[inside]
    columns = scores.answered if inside.all() else scores.answered[inside]
    n = np.bincount(g, minlength=sample.size)[:, None]
    return np.column_stack([np.bincount(g, weights=c, minlength=sample.size) for c in columns.T]) / n
