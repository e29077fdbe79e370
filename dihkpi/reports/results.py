"""The results folder of a run, read only: estimates, names of codes, and what the run says of itself.

Disclosure control has been applied to the ``indicators`` table before it was written. Reports read that
table and never the scores of single respondents, so nothing can be shown that was not cleared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from dihkpi.errors import ReportError, hint_for


@dataclass(frozen=True)
class Estimate:
    """One figure of one place, or the lack of one: a row of the ``indicators`` table."""

    value: float | None = None
    lo: float | None = None
    hi: float | None = None
    n: int | None = None
    unit: str = ""
    status: str = "m"
    target: float | None = None
    attainment: float | None = None
    expected: float | None = None
    light: str | None = None

    @property
    def known(self) -> bool:
        """Whether there is a value to show."""
        return self.value is not None and self.status in ("ok", "u")

    @property
    def certain(self) -> bool:
        """Whether there is a value with an interval."""
        return self.known and self.lo is not None and self.hi is not None


NOTHING = Estimate()


def breakdown_text(parts: Mapping[str, str]) -> str:
    """The breakdown of a row as the table spells it.

    Examples
    --------
    >>> breakdown_text({"wave": "T0", "survey": "dma_sme"})
    'survey=dma_sme;wave=T0'
    """
    return ";".join(f"{key}={parts[key]}" for key in sorted(parts))


def breakdown_parts(text: str) -> dict[str, str]:
    """The keys and codes of a breakdown.

    Examples
    --------
    >>> breakdown_parts("survey=dma_sme;wave=T0")
    {'survey': 'dma_sme', 'wave': 'T0'}
    """
    return dict(part.split("=", 1) for part in text.split(";") if part)


def _estimates(rows: pd.DataFrame) -> list[Estimate]:
    fields = list(Estimate.__dataclass_fields__)
    values = rows[fields].astype(object).where(rows[fields].notna(), None)
    return [Estimate(*row) for row in values.itertuples(index=False, name=None)]


def by_name(hubs: pd.DataFrame) -> pd.DataFrame:
    """Hubs in alphabetical order of their names, accents and letter case ignored."""
    plain = hubs["name"].str.normalize("NFKD").str.replace("[\u0300-\u036f]", "", regex=True).str.casefold()
    return hubs.assign(plain=plain).sort_values(["plain", "hub"]).drop(columns="plain")


class Indicators:
    """The indicators of one place, found by name, period and breakdown."""

    def __init__(self, rows: pd.DataFrame) -> None:
        keys = zip(rows["indicator"], rows["period"], rows["breakdown"].fillna(""), strict=True)
        self._estimates = dict(zip(keys, _estimates(rows), strict=True))

    def get(self, indicator: str, period: str, **breakdown: str) -> Estimate:
        """One estimate; one without value when the table has no such row."""
        return self._estimates.get((indicator, period, breakdown_text(breakdown)), NOTHING)

    def latest(self, indicator: str, periods: Iterable[str], **breakdown: str) -> tuple[Estimate, str]:
        """The estimate of the first of the periods that has a row, and that period."""
        text, found = breakdown_text(breakdown), ""
        for found in periods:
            if (estimate := self._estimates.get((indicator, found, text))) is not None:
                return estimate, found
        return NOTHING, found

    def by(self, indicator: str, period: str, key: str) -> dict[str, Estimate]:
        """Estimates of an indicator by the codes of one breakdown, sorted by code."""
        start = f"{key}="
        return {
            text.removeprefix(start): estimate
            for (name, when, text), estimate in sorted(self._estimates.items(), key=lambda entry: entry[0])
            if name == indicator and when == period and text.startswith(start) and ";" not in text
        }

    def totals(self) -> set[str]:
        """Indicators that have a total in any period."""
        return {name for name, _, text in self._estimates if not text}

    def breakdowns(self, indicator: str) -> list[str]:
        """Breakdowns of an indicator in any period as the table spells them, the total first."""
        return sorted({text for name, _, text in self._estimates if name == indicator})

    def years(self, indicator: str) -> dict[str, Estimate]:
        """Estimates of the calendar years, oldest first."""
        rows = sorted(self._estimates.items(), key=lambda entry: entry[0])
        return {w: e for (name, w, text), e in rows if name == indicator and not text and w.isdigit()}

    def targets(self) -> list[tuple[str, str, Estimate]]:
        """Indicator, period and estimate of every total that has a target."""
        found = [(name, when, e) for (name, when, text), e in self._estimates.items() if not text and e.target]
        return sorted(found, key=lambda entry: entry[:2])


class Results:
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

    def _json(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        return content

    @cached_property
    def meta(self) -> dict[str, Any]:
        """What the run says of itself: period, hashes, versions, counts."""
        return self._json("meta.json")

    @cached_property
    def dictionary(self) -> dict[str, Any]:
        """Names and definitions of everything that has a code."""
        return self._json("dictionary.json")

    @cached_property
    def hubs(self) -> pd.DataFrame:
        """The register of hubs."""
        return self._table("hubs")

    @cached_property
    def places(self) -> pd.DataFrame:
        """Which hub belongs to which place."""
        return self._table("places")

    @cached_property
    def files(self) -> pd.DataFrame:
        """What each file brought."""
        return self._table("files")

    def issues(self, files: Iterable[str] | None = None) -> pd.DataFrame:
        """The issues of some files; all issues when none are named."""
        return self._table("issues", None if files is None else [("file", "in", [*files, ""])])

    def indicators(self, level: str, code: str) -> Indicators:
        """The indicators of one place."""
        return Indicators(self._table("indicators", [("level", "==", level), ("code", "==", code)]))

    def across(self, level: str, wanted: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, str], Estimate]:
        """Code and indicator to the figure up to the cut-off day, for all places of a level.

        Parameters
        ----------
        level : str
            Kind of place.
        wanted : mapping of str to mapping
            Indicator to the breakdown that is wanted of it; empty for the total.
        """
        period = [("level", "==", level), ("period", "==", self.so_far), ("indicator", "in", list(wanted))]
        rows = self._table("indicators", period)
        texts = {indicator: breakdown_text(parts) for indicator, parts in wanted.items()}
        rows = rows[rows["breakdown"].fillna("") == rows["indicator"].map(texts)]
        return dict(zip(zip(rows["code"], rows["indicator"], strict=True), _estimates(rows), strict=True))

    def judged(self) -> pd.DataFrame:
        """Totals of hubs that have a status, at the last milestone of each hub."""
        rows = self._table("indicators", [("level", "==", "hub"), ("target", ">", 0.0)])
        rows = rows[rows["light"].notna() & (rows["breakdown"].fillna("") == "")]
        rank = rows["period"].str.len() * 1_000_000 + pd.factorize(rows["period"], sort=True)[0]
        return rows[rank == rank.groupby(rows["code"]).transform("max")]

    def _table(self, name: str, filters: list[tuple[str, str, Any]] | None = None) -> pd.DataFrame:
        path = self.folder / f"{name}.parquet"
        if not path.is_file():
            raise ReportError(f"the results folder has no {name}.parquet\n  make the results again with: dihkpi run")
        return pd.read_parquet(path, filters=filters)

    @property
    def period(self) -> str:
        """The period of the report."""
        return str(self.meta["period"])

    @property
    def so_far(self) -> str:
        """The period of everything up to the cut-off day."""
        return f"../{self.meta['last_day']}"

    def policy(self, name: str) -> float:
        """A number of policy that the run was made with."""
        return float(self.dictionary["policy"][name])

    def indicator(self, code: str) -> dict[str, Any]:
        """Name, unit and definition of an indicator; the code itself when it is not in the dictionary."""
        found: dict[str, Any] = self.dictionary.get("indicators", {}).get(code, {})
        return {"name": code.replace("_", " "), "unit": "", "definition": "", **found}

    def survey(self, code: str) -> str:
        """Title of a survey; its id when the run does not tell it."""
        titles = {entry["survey"]: entry["title"] for entry in self.meta.get("surveys", [])}
        return str(titles.get(code, code))

    def rule(self, name: str) -> str:
        """What a rule says; its id when it is not in the dictionary."""
        return str(self.dictionary.get("rules", {}).get(name, name))

    def codes(self, key: str) -> list[str]:
        """Codes of a breakdown or code list, in the order of the list."""
        return list(self._codelist(key))

    def label(self, key: str, code: str) -> str:
        """Label of a code of a breakdown or code list; the code itself when it has none."""
        return str(self._codelist(key).get(code, code))

    def _codelist(self, key: str) -> dict[str, str]:
        name = self.dictionary.get("breakdowns", {}).get(key) or key
        codes: dict[str, str] = self.dictionary.get("codelists", {}).get(name, {})
        return codes

    def level(self, level: str) -> dict[str, str]:
        """Title and plural of a level."""
        title = self.dictionary.get("levels", {}).get(level, {})
        return {"title": level, "plural": level, **title}

    def place(self, level: str, code: str) -> str:
        """Name of a place; a ReportError when there is no such place."""
        if level == "network":
            return str(self.meta.get("network") or "Network")
        if level == "hub":
            names = dict(zip(self.hubs["hub"], self.hubs["name"], strict=True))
        else:
            rows = self.places[self.places["level"] == level]
            names = dict(zip(rows["code"], rows["label"], strict=True))
        if code not in names:
            raise ReportError(f"there is no {level} '{code}' in the results\n  {hint_for(code, sorted(names))}")
        return str(names[code])

    def members(self, level: str, code: str) -> list[str]:
        """Ids of the hubs of a place, in alphabetical order."""
        if level == "hub":
            return [code]
        if level == "network":
            return sorted(self.hubs["hub"])
        inside = (self.places["level"] == level) & (self.places["code"] == code)
        return sorted(self.places.loc[inside, "hub"])
