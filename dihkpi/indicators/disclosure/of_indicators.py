"""What disclosure control has to know of indicators: limits, equal answers, what adds up to what."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.definitions.indicators import Indicator
from dihkpi.indicators.disclosure.protect import Structure
from dihkpi.indicators.disclosure.relations import KEY, Node, Paired
from dihkpi.indicators.figures import Setting, stacked
from dihkpi.indicators.maturity import pair_cells
from dihkpi.indicators.places import nested_places

if TYPE_CHECKING:
    import pandas as pd

    from dihkpi.indicators.compute import Inputs

_EQUAL = 1e-9
"""Width of an interval below which all of a group have the same number."""


def limit_of(indicator: Indicator, definitions: Definitions) -> int:
    """Base below which a figure is suppressed."""
    return indicator.least_base(int(definitions.value("disclosure_minimum")))


def all_the_same(table: pd.DataFrame, definitions: Definitions) -> np.ndarray:
    """Figures of groups that all answered the same: 0 or 100 per cent, and means without spread."""
    policy = definitions.value("disclosure_uniform")
    of = {name: i.measure() for (_, name), i in definitions.indicators.items() if i.measure() in policy["measures"]}
    measure, width = table["indicator"].map(of), table["hi"] - table["lo"]
    alike = np.where(measure == "share", ~table["value"].between(0, 100, inclusive="neither"), width < _EQUAL)
    return np.asarray(measure.notna().to_numpy() & table["value"].notna().to_numpy() & alike.astype(bool))


def figures_aside(inputs: Inputs, setting: Setting, definitions: Definitions) -> list[pd.DataFrame]:
    """Figures that are not published, but through which others tell each other."""
    found = []
    for (survey, name), indicator in definitions.indicators.items():
        source = inputs.source(survey, "scores") if indicator.change else None
        if source is not None:
            scores = inputs.wide_scores(survey, source)
            blocks = list(pair_cells(name, survey, indicator, source, scores, setting))
            sizes = ([indicator.unit] * len(blocks), [limit_of(indicator, definitions)] * len(blocks))
            found += [stacked(blocks, *sizes).assign(aside=True)] if blocks else []
    return found


def log_of_quotients(table: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Rows of the log for figures that would tell a hidden one which they divide."""
    of = {name: i.quotient for (_, name), i in definitions.indicators.items() if i.quotient}
    hidden = table.loc[table["status"].eq("c") & table["indicator"].isin(of), KEY]
    words = {name: f"{quotient.of} over {quotient.to}" for name, quotient in of.items()}
    return hidden.assign(reason="complement", relation=hidden["indicator"].map(words))


def structure_of(inputs: Inputs, setting: Setting, period: str) -> Structure:
    """What adds up to what: places within places, figures that hold all that came before, waves and their change."""
    definitions = inputs.definitions
    return Structure(
        places=nested_places(inputs.hubs, inputs.respondents, definitions),
        cumulative=frozenset(
            name for (_, name), i in definitions.indicators.items() if i.measure() in ("score", "complete")
        ),
        dominance=definitions.value("dominance"),
        periods=(period, f"../{setting.cutoff.astype(date).isoformat()}"),
        paired=paired_indicators(definitions),
        nodes=tuple(
            Node(name, node, tuple(about.of))
            for name, survey in definitions.surveys.items()
            if survey.raw_scoring is not None
            for node, about in survey.scoring().nodes.items()
            if about.of
        ),
        uniform=float(definitions.value("disclosure_uniform")["base"]),
        starts={str(hub): start.date() for hub, start in inputs.hubs.set_index("hub")["grant_start"].dropna().items()},
    )


def paired_indicators(definitions: Definitions) -> tuple[Paired, ...]:
    """Scores of every survey with the changes between their waves."""
    named = definitions.indicators.items()
    return tuple(
        Paired(score, change, survey, *waves.waves)
        for (survey, change), indicator in named
        for waves in indicator.change
        for (other, score), beside in named
        if other == survey and beside.score
    )
