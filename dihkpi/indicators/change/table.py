"""The table of changes: every survey, pair of waves, version, level and node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.definitions.indicators import Change, Indicator
from dihkpi.definitions.scoring import Scoring
from dihkpi.indicators.change.attrition import Weights, staying_weights
from dihkpi.indicators.change.cells import Cells, Matrix
from dihkpi.indicators.change.figure import Figure
from dihkpi.indicators.change.figures import Banded, Scales, attrition_figures, count_figures, figures
from dihkpi.indicators.change.pairs import Pairing, pairing
from dihkpi.indicators.change.setting import ChangeSetting
from dihkpi.indicators.change.stacking import stacked
from dihkpi.indicators.measures import Groups, Vector
from dihkpi.indicators.places import Located
from dihkpi.indicators.sources import Source
from dihkpi.intake.columns import check_parts

if TYPE_CHECKING:
    import pandas as pd

    from dihkpi.indicators.compute import Inputs


@dataclass(frozen=True)
class _Study:
    """One survey, version and pair of waves."""

    source: Source
    values: Matrix
    bands: np.ndarray
    nodes: tuple[str, ...]
    scoring: Scoring
    change: Change
    pairs: Pairing
    weights: Weights
    weight: Vector
    """Weight of every entry of the pairing."""
    setting: ChangeSetting


def change_table(
    inputs: Inputs, definitions: Definitions, *, cutoff: date | None = None, levels: Sequence[str] = (),
    cluster: str | None = None, covariates: Sequence[str] = (), draws: int | None = None, seed: int | None = None,
    minimum: int | None = None,
) -> pd.DataFrame:  # fmt: skip
    """The table ``changes`` of everything that indicators declare as a change.

    Parameters
    ----------
    inputs : Inputs
        Assessments, scores, hubs and respondents.
    definitions : Definitions
        Indicators with ``change`` say which waves and nodes; the policy ``change`` the rest.
    cutoff : datetime.date, optional
        Assessments after this day do not count, and who is not due by then has not left.
    levels : sequence of str, optional
        Only these; those of the indicator by default.
    cluster : str, optional
        Column of the respondents that says who belongs together, such as a group of firms, at the level of hubs.
        Above it hubs are the clusters.
    covariates : sequence of str, optional
        Columns of the respondents that may tell who stays, beside the score at the earlier wave.
    draws, seed : int, optional
        Of the bootstrap; those of the policy by default.
    minimum : int, optional
        The limit of disclosure; 0 suppresses nothing, for who does so afterwards.

    Returns
    -------
    pandas.DataFrame
        One row per figure. Below the limit of disclosure nothing but status ``c`` and the reason.

    Raises
    ------
    UsageError
        When a level or a column is unknown.
    """

    _check(inputs, definitions, levels, (*covariates, *([cluster] if cluster else [])))
    setting = ChangeSetting.of(definitions, draws, seed)
    setting = setting if minimum is None else replace(setting, minimum=minimum)
    declared = definitions.tables["changes"]
    parts: list[pd.DataFrame] = []
    seen: set[tuple[str, str, tuple[str, str]]] = set()
    for (survey, _), indicator in definitions.indicators.items():
        for study, version in _studies(inputs, survey, indicator, (cutoff, covariates, setting)):
            for level in levels or indicator.levels or definitions.levels:
                key = (level, f"{survey} {version}", study.change.waves)
                if key not in seen:
                    seen.add(key)
                    located = study.source.located(level, indicator.place)
                    codes = _clusters(study, inputs, cluster, definitions.levels[level].source == "hub")
                    parts.extend(_level(study, level, located, codes, (survey, version)))
    return check_parts(parts, declared)


def _check(inputs: Inputs, definitions: Definitions, levels: Sequence[str], columns: Sequence[str]) -> None:
    from dihkpi.errors import UsageError, hint_for

    for kind, names, known in (("level", levels, list(definitions.levels)),
                               ("column of respondents", columns, list(inputs.respondents.columns))):  # fmt: skip
        for name in names:
            if name not in known:
                raise UsageError(f"unknown {kind} '{name}'\n  {hint_for(name, known)}")


def _studies(
    inputs: Inputs, survey: str, indicator: Indicator, how: tuple[date | None, Sequence[str], ChangeSetting]
) -> Iterator[tuple[_Study, str]]:
    """Every pair of waves and version of an indicator that declares changes."""
    source = inputs.source(survey, "scores") if indicator.change else None
    if source is None:
        return
    cutoff, covariates, setting = how
    nodes = tuple(indicator.nodes)
    scores = inputs.wide_scores(survey, source).reindex(columns=list(nodes)).to_numpy(float)
    bands = inputs.wide_scores(survey, source, "band").reindex(columns=list(nodes)).to_numpy(object)
    for change in indicator.change:
        pairs = pairing(source.frame, *change.waves, cutoff=cutoff, months=setting.due_months)
        for version in sorted(set(pairs.version)):
            chosen = pairs.of(version)
            text = inputs.definitions.versions.get((survey, version)) or inputs.definitions.surveys[survey]
            weights = _weights(chosen, scores, nodes, inputs.respondents, covariates, setting)
            yield _Study(source, scores, bands, nodes, text.scoring(), change, chosen, *weights, setting), version


def _weights(
    pairs: Pairing, scores: Matrix, nodes: tuple[str, ...], respondents: pd.DataFrame, covariates: Sequence[str],
    setting: ChangeSetting,
) -> tuple[Weights, Vector]:  # fmt: skip
    """Weights of who stayed, from the root's score at the earlier wave and columns of the respondents."""
    import pandas as pd

    asked = np.isin(pairs.outcome, ["paired", "left"])
    first = scores[np.maximum(pairs.first, 0)]
    known = first[:, [nodes.index("overall")]] if "overall" in nodes else first
    if covariates:
        told = respondents.set_index("respondent").reindex(pairs.respondent)[list(covariates)]
        known = np.hstack([known, pd.get_dummies(told.astype("str").fillna(""), drop_first=True).to_numpy(float)])
    whole = asked & ~np.isnan(known).any(axis=1)
    stayed = pairs.outcome == "paired"
    weight = np.full(len(asked), asked.sum() / max(1, (stayed & asked).sum()))
    weights = staying_weights(known[whole], stayed[whole], setting.classes)
    weight[whole] = weights.weight
    if weights.reason:
        weight[:] = 1.0
    return weights, weight


def _clusters(study: _Study, inputs: Inputs, column: str | None, is_hub: bool) -> tuple[str, Groups] | None:
    """What clusters are, and the cluster of every pair."""
    import pandas as pd

    paired = study.pairs.outcome == "paired"
    if not is_hub:
        told = study.source.frame["hub"].to_numpy(dtype=object)[study.pairs.second[paired]]
        return "hub", pd.factorize(told, use_na_sentinel=False)[0]
    if column is None:
        return None
    told = inputs.respondents.set_index("respondent")[column].reindex(study.pairs.respondent[paired])
    own = pd.Series(study.pairs.respondent[paired], index=told.index).radd("respondent ")
    return column, pd.factorize(told.astype("str").where(told.notna(), own))[0]


def _level(
    study: _Study, level: str, located: Located, clusters: tuple[str, Groups] | None, key: tuple[str, str]
) -> Iterator[pd.DataFrame]:
    import pandas as pd

    pairs, places = study.pairs, len(located.places)
    if not places or not len(pairs.row):
        return
    hub = pd.factorize(study.source.frame["hub"].to_numpy(dtype=object))[0]
    paired, left = pairs.outcome == "paired", pairs.outcome == "left"
    moved = paired & (hub[pairs.first] != hub[pairs.second])
    place = located.codes[pairs.row]
    common = {"level": level, "survey": key[0], "version": key[1], "waves": "-".join(study.change.waves)}
    counts = count_figures(place, pairs.outcome, moved, places)
    yield stacked(counts, located.places, ("all",), common, 0)
    first = study.values[pairs.first]
    stayers = Cells.of(place[paired], first[paired], study.values[pairs.second[paired]], places)
    leavers = Cells.of(place[left], first[left], first[left], places)
    scales = _scales(study, places)

    def all_figures() -> Iterator[Figure]:
        yield from figures(stayers, scales, clusters, _banded(study, stayers), study.setting)
        weight = study.weight[paired]
        yield from attrition_figures(stayers, leavers, study.weights, weight, clusters, scales, study.setting)

    yield stacked(all_figures(), located.places, study.nodes, common, study.setting.minimum)


def _scales(study: _Study, places: int) -> Scales:
    """Ends of the scales and limits of the nodes, for every cell."""
    ends = np.array([study.scoring.nodes[node].scale for node in study.nodes], dtype=float)
    width, change, setting = np.abs(ends[:, 1] - ends[:, 0]), study.change, study.setting
    minimal = setting.minimal_difference if change.minimal_difference is None else change.minimal_difference
    margin = setting.equivalence_margin if change.equivalence_margin is None else change.equivalence_margin
    reliability = np.array([change.reliability.get(node, np.nan) for node in study.nodes])
    parts = (ends.min(axis=1), ends.max(axis=1), minimal * width, margin * width, reliability)
    return Scales(*(np.tile(part, places) for part in parts))


def _banded(study: _Study, stayers: Cells) -> list[Banded]:
    """Bands of the values, one entry per set of bands that the nodes have."""
    import pandas as pd

    paired = study.pairs.outcome == "paired"
    rows = (study.pairs.first[paired][stayers.pair], study.pairs.second[paired][stayers.pair])
    node = stayers.cell % len(study.nodes)
    names = [study.scoring.nodes[code].bands or "" for code in study.nodes]
    found = []
    for name in sorted({*names} - {""}):
        codes = tuple(study.scoring.bands[name].codes)
        mine = np.array([other == name for other in names])[node]
        told = (pd.Index(study.bands[at, node], dtype=object) for at in rows)
        before, after = (np.where(mine, pd.Index(codes).get_indexer(index), -1) for index in told)
        found.append(Banded(codes, before, after))
    return found
