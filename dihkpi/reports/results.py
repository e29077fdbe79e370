"""The results folder of a run, read only: the tables of the whole network, and what the run says of itself.

Disclosure control has been applied to the ``indicators`` table before it was written. Reports read that
table and never the scores of single respondents, so nothing can be shown that was not cleared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from dihkpi.errors import ReportError
from dihkpi.reports.facts import FIELDS, Estimate, Facts, breakdown_text

OF_PLACES = ("place_scores", "place_contributions", "ranks", "strengths", "changes")
"""Tables of the scores of places, disclosure control applied."""
_KEYS = ("indicator", "period", "breakdown")


def by_name(hubs: pd.DataFrame) -> pd.DataFrame:
    """Hubs in alphabetical order of their names, accents and letter case ignored."""
    plain = hubs["name"].str.normalize("NFKD").str.replace("[\u0300-\u036f]", "", regex=True).str.casefold()
    return hubs.assign(plain=plain).sort_values(["plain", "hub"]).drop(columns="plain")


def estimate_rows(rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Indicator, period, breakdown and the fields of an `Estimate`, with None for what is missing."""
    wanted = rows[[*_KEYS, *FIELDS]].astype(object)
    wanted["breakdown"] = wanted["breakdown"].where(wanted["breakdown"].notna(), "")
    return list(wanted.where(wanted.notna(), None).itertuples(index=False, name=None))


class Results(Facts):
    """A results folder.

    Parameters
    ----------
    folder : path
        Folder with ``meta.json``, ``dictionary.json`` and the tables as Parquet files.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        if not (self.folder / "meta.json").is_file():
            raise ReportError(f"'{folder}' is not a results folder: it has no meta.json\n  make one with: dihkpi run")
        super().__init__(self._json("meta"), self._json("dictionary"))

    def _json(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        return content

    @cached_property
    def hubs(self) -> pd.DataFrame:
        """The register of hubs."""
        return self._table("hubs")

    @cached_property
    def places(self) -> pd.DataFrame:
        """Which hub belongs to which place; a place without a name is called by its code."""
        rows = self._table("places")
        return rows.assign(label=rows["label"].fillna(rows["code"]))

    @cached_property
    def files(self) -> pd.DataFrame:
        """What each file brought."""
        return self._table("files")

    @cached_property
    def issues(self) -> pd.DataFrame:
        """The issues of all files."""
        return self._table("issues")

    @cached_property
    def indicators(self) -> pd.DataFrame:
        """The indicators of all places."""
        rows = self._table("indicators")
        return rows.assign(breakdown=rows["breakdown"].fillna(""))

    @cached_property
    def quality(self) -> pd.DataFrame:
        """How well the surveys measure; nothing where the results are of a version that did not look."""
        return self._table("quality") if (self.folder / "quality.parquet").is_file() else pd.DataFrame()

    @cached_property
    def reconciliation(self) -> pd.DataFrame:
        """Own lists of hubs beside the official ones; nothing where the results are of a version that did not look."""
        there = (self.folder / "reconciliation.parquet").is_file()
        return self._table("reconciliation") if there else pd.DataFrame({"hub": [], "own_list": []})

    @cached_property
    def programme(self) -> pd.DataFrame:
        """What came on top of gross figures; nothing where the results are of a version that did not look."""
        there = (self.folder / "programme.parquet").is_file()
        return self._table("programme") if there else pd.DataFrame({"level": [], "code": []})

    @cached_property
    def active(self) -> set[str]:
        """Hubs that submitted something."""
        return set(self.hubs.loc[self.hubs["submitted"].astype(bool), "hub"])

    @cached_property
    def names(self) -> dict[tuple[str, str], str]:
        """Level and code of every place to its name."""
        network = {("network", "all"): str(self.meta.get("network") or "Network")}
        hubs = {("hub", hub): str(name) for hub, name in zip(self.hubs["hub"], self.hubs["name"], strict=True)}
        listed = self.places.drop_duplicates(["level", "code"])[["level", "code", "label"]]
        others = {(level, code): str(label) for level, code, label in listed.itertuples(index=False, name=None)}
        return others | hubs | network

    @cached_property
    def members(self) -> dict[tuple[str, str], list[str]]:
        """Level and code of every place to the ids of its hubs, in alphabetical order."""
        pairs = self.places[["level", "code", "hub"]].drop_duplicates().sort_values("hub")
        found = {(str(k[0]), str(k[1])): list(g) for k, g in pairs.groupby(["level", "code"])["hub"]}
        hubs = sorted(self.hubs["hub"])
        return found | {("hub", hub): [hub] for hub in hubs} | {("network", "all"): hubs}

    def across(self, level: str, wanted: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, Estimate]]:
        """Code to indicator to the figure up to the cut-off day, for all places of a level.

        Parameters
        ----------
        level : str
            Kind of place.
        wanted : mapping of str to mapping
            Indicator to the breakdown that is wanted of it; empty for the total.
        """
        texts = {indicator: breakdown_text(parts) for indicator, parts in wanted.items()}
        rows = self.indicators
        rows = rows[(rows["level"] == level) & (rows["period"] == self.so_far) & rows["indicator"].isin(list(texts))]
        rows = rows[rows["breakdown"] == rows["indicator"].map(texts)]
        found: dict[str, dict[str, Estimate]] = {}
        for code, row in zip(rows["code"], estimate_rows(rows), strict=True):
            found.setdefault(code, {})[row[0]] = Estimate(*row[3:])
        return found

    def of_places(self, name: str) -> pd.DataFrame:
        """One of the tables of the scores of places."""
        return self._table(name)

    def judged(self) -> pd.DataFrame:
        """Totals of hubs that have a status, at the last milestone of each hub."""
        rows = self.indicators
        rows = rows[(rows["level"] == "hub") & (rows["target"] > 0.0)]
        rows = rows[rows["light"].notna() & (rows["breakdown"] == "")]
        rank = rows["period"].str.len() * 1_000_000 + pd.factorize(rows["period"], sort=True)[0]
        return rows[rank == rank.groupby(rows["code"]).transform("max")]

    def _table(self, name: str) -> pd.DataFrame:
        path = self.folder / f"{name}.parquet"
        if not path.is_file():
            raise ReportError(f"the results folder has no {name}.parquet\n  make the results again with: dihkpi run")
        return pd.read_parquet(path)
