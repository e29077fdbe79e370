"""How scores of places come about, as an extract holds it: what each dimension adds, and the places it may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

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


@dataclass(frozen=True)
class Explained:
    """What an extract holds of the scores of its place.

    Parameters
    ----------
    content : mapping of str to list
        ``scores``, ``parts``, ``standing``, ``beside``: rows that begin with survey, wave and node.
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


def explained_by_place(
    scores: pd.DataFrame, contributions: pd.DataFrame, ranks: pd.DataFrame, strengths: pd.DataFrame
) -> dict[Place, dict[str, list[list[Any]]]]:
    """Level and code to the rows of its scores, parts, standing and comparison.

    Parameters
    ----------
    scores, contributions, ranks, strengths : pandas.DataFrame
        The tables of these names at the level of places, disclosure control applied.
    """
    group = ["level", "survey", "version", "wave", "dimension"]
    counted = ranks.assign(
        tiers=ranks.groupby(group, dropna=False)["tier"].transform("max"),
        among=ranks.groupby(group, dropna=False)["rank"].transform("size"),
    )
    tables = {
        "scores": (scores, _SCORES),
        "parts": (contributions, _PARTS),
        "standing": (counted, _RANKS),
        "beside": (strengths, _BESIDE),
    }
    found: dict[Place, dict[str, list[list[Any]]]] = {}
    for name, (table, columns) in tables.items():
        rows = table[["level", "code", *columns]].astype({"wave": object}).astype(object)
        rows = rows.where(rows.notna(), None)
        rows["wave"] = rows["wave"].fillna("")
        for level, code, *row in rows.itertuples(index=False, name=None):
            found.setdefault((level, code), no_scores())[name].append(row)
    return found


def no_scores() -> dict[str, list[list[Any]]]:
    """The rows of a place without scores."""
    return {"scores": [], "parts": [], "standing": [], "beside": []}
