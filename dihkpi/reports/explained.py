"""How scores of places come about, as an extract holds it: what each dimension adds, and the places it may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dihkpi.indicators.cause.result import ANSWERS

if TYPE_CHECKING:
    import pandas as pd

Place = tuple[str, str]


class Score(NamedTuple):
    """The score of a place at one node; without value where it may not be shown."""

    value: float | None
    lo: float | None
    hi: float | None
    band: str | None
    status: str


class Part(NamedTuple):
    """What a child adds to its node."""

    child: str
    value: float | None
    weight: float | None
    adds: float | None


class Standing(NamedTuple):
    """The places that the data leave open, among so many, and the tier among so many."""

    rank: int
    lo: int
    hi: int
    lo_single: int
    hi_single: int
    tier: int
    tiers: int
    among: int
    basis: str


class Beside(NamedTuple):
    """A dimension beside that of the other places of the level, in standard errors of the gap."""

    gap: float | None
    errors: float | None
    verdict: str


class Measured(NamedTuple):
    """One figure of a change; without value where it may not be shown or there is none."""

    value: float | None
    lo: float | None
    hi: float | None
    n: int | None
    status: str


class Effect(NamedTuple):
    """The answer to a question of an analysis plan, what it may be called, and in a sentence."""

    survey: str
    analysis: str
    outcome: str
    design: str
    estimate: float | None
    lo: float | None
    hi: float | None
    p_adjusted: float | None
    n: int | None
    verdict: str
    assumption: str | None
    needs: str | None
    reason: str | None
    said: str


@dataclass(frozen=True)
class Explained:
    """What an extract holds of the scores of its place.

    Parameters
    ----------
    content : mapping of str to list
        ``scores``, ``parts``, ``standing``, ``beside``: rows that begin with survey, wave and node. ``changes``: rows
        of the root that begin with survey, waves, among and measure. ``effects``: the fields of an `Effect`.
    """

    content: Mapping[str, list[list[Any]]]

    def waves(self, survey: str) -> list[str]:
        """Waves with a score of the root, in their order."""
        return sorted({row[1] for row in self.content["scores"] if row[0] == survey})

    def scores(self, survey: str, wave: str) -> dict[str, Score]:
        """Node to its score."""
        return {row[2]: Score(*row[3:]) for row in self._of("scores", survey, wave)}

    def parts(self, survey: str, wave: str, node: str) -> list[Part]:
        """What the children of a node add, in the order of the definition."""
        return [Part(*row[3:]) for row in self._of("parts", survey, wave) if row[2] == node]

    def standing(self, survey: str, wave: str, node: str) -> Standing | None:
        """The set of places of the place at a node, if it was compared."""
        found = [row for row in self._of("standing", survey, wave) if row[2] == node]
        return Standing(*found[0][3:]) if found else None

    def beside(self, survey: str, wave: str) -> dict[str, Beside]:
        """Node to how it stands beside others."""
        return {row[2]: Beside(*row[3:]) for row in self._of("beside", survey, wave)}

    def changes(self, survey: str, waves: str, among: str = "all") -> dict[str, Measured]:
        """Measure to its figure, for the change of the root from one wave to another."""
        rows = self.content["changes"]
        return {row[3]: Measured(*row[4:]) for row in rows if row[:3] == [survey, waves, among]}

    def effects(self, survey: str) -> list[Effect]:
        """Analyses that were declared for all places together, and what each may be called."""
        return [Effect(*row) for row in self.content["effects"] if row[0] == survey]

    def _of(self, name: str, survey: str, wave: str) -> list[list[Any]]:
        return [row for row in self.content[name] if row[0] == survey and row[1] == wave]


_SCORES = ["survey", "wave", "dimension", "value", "lo", "hi", "band", "status"]
_PARTS = ["survey", "wave", "node", "child", "value", "weight", "contribution"]
_RANKS = [
    "survey",
    "wave",
    "dimension",
    "rank",
    "lo",
    "hi",
    "lo_single",
    "hi_single",
    "tier",
    "tiers",
    "among",
    "basis",
]
_BESIDE = ["survey", "wave", "dimension", "gap", "errors", "verdict"]


_CHANGES = ["survey", "waves", "among", "measure", "value", "lo", "hi", "n", "status"]
_P_DECIMALS = 3
_AMONG = ("all", "tercile=1")


def explained_by_place(
    scores: pd.DataFrame, contributions: pd.DataFrame, ranks: pd.DataFrame, strengths: pd.DataFrame,
    changes: pd.DataFrame, *, decimals: int,
) -> dict[Place, dict[str, list[list[Any]]]]:  # fmt: skip
    """Level and code to the rows of its scores, parts, standing, comparison and changes.

    Parameters
    ----------
    scores, contributions, ranks, strengths, changes : pandas.DataFrame
        The tables of these names at the level of places, disclosure control applied.
    decimals : int
        Figures that depend on other places too are rounded as they are shown, so that a change nobody sees changes
        nothing.
    """
    group = ["level", "survey", "version", "wave", "dimension"]
    counted = ranks.assign(
        tiers=ranks.groupby(group, dropna=False)["tier"].transform("max"),
        among=ranks.groupby(group, dropna=False)["rank"].transform("size"),
    )
    seen = _as_shown(strengths[["gap", "errors"]].where(strengths["verdict"].isin(["strength", "weakness"])), decimals)
    told = changes[changes["dimension"].eq("overall") & changes["among"].isin(_AMONG)]
    tables = {
        "scores": (scores, _SCORES),
        "parts": (contributions, _PARTS),
        "standing": (counted, _RANKS),
        "beside": (strengths.assign(gap=seen["gap"], errors=seen["errors"]), _BESIDE),
        "changes": (told.assign(**_as_shown(told[["value", "lo", "hi"]], decimals)), _CHANGES),
    }
    found: dict[Place, dict[str, list[list[Any]]]] = {}
    for name, (table, columns) in tables.items():
        rows = table[["level", "code", *columns]].astype(object)
        if "wave" in rows:
            rows["wave"] = rows["wave"].fillna("")
        rows = rows.where(rows.notna(), None)
        for level, code, *row in rows.itertuples(index=False, name=None):
            found.setdefault((level, code), no_scores())[name].append(row)
    return found


def _as_shown(figures: pd.DataFrame, decimals: int) -> pd.DataFrame:
    """Rounded half up, as pages show them."""
    import pandas as pd

    scale = 10.0**decimals
    values = figures.to_numpy(float)
    rounded = np.sign(values) * np.floor(np.abs(values) * scale + 0.5 + 1e-9) / scale
    return pd.DataFrame(rounded, index=figures.index, columns=figures.columns)


def no_scores() -> dict[str, list[list[Any]]]:
    """The rows of a place without scores."""
    return {"scores": [], "parts": [], "standing": [], "beside": [], "changes": [], "effects": []}


def effects_told(effects: pd.DataFrame, decimals: int) -> list[list[Any]]:
    """The fields of an `Effect` for the answer to every question, those of the first family of a survey first."""
    from dihkpi.indicators.cause.plan import in_words

    answers = effects[effects["term"].isin(ANSWERS)]
    main = answers["family"].eq(answers.groupby("survey")["family"].transform("first"))
    answers = answers.loc[main.sort_values(ascending=False, kind="stable").index]
    shown = _as_shown(answers[["estimate", "lo", "hi"]], decimals)
    answers = answers.assign(**shown, p_adjusted=_as_shown(answers[["p_adjusted"]], _P_DECIMALS)["p_adjusted"])
    said = [in_words({str(name): cell for name, cell in row.items()}) for row in answers.to_dict("records")]
    rows = answers.assign(said=said)[list(Effect._fields)].astype(object)
    return [list(row) for row in rows.where(rows.notna(), None).itertuples(index=False, name=None)]
