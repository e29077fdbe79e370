"""From the tables of a run to one extract per place; the whole network is read once, not once per report."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from dihkpi.errors import ReportError, hint_for
from dihkpi.intake.text import is_id
from dihkpi.reports.explained import effects_told, explained_by_place, no_scores
from dihkpi.reports.extract import extract_path, packed, section_hashes
from dihkpi.reports.facts import Estimate, breakdown_text
from dihkpi.reports.outlook import outlook_by_hub
from dihkpi.reports.received import Received, plain
from dihkpi.reports.results import OF_PLACES, Results, by_name, estimate_rows
from dihkpi.reports.sections.overview import COUNTED, compared, root
from dihkpi.reports.wording import PERCENT

INDEX = "extracts.json"
_ABOUT = ("period", "first_day", "last_day", "definitions", "package", "network", "surveys", "options")
_HUB = ("hub", "name", "title", "type", "country", "nuts", "nuts_version", "grant_start", "staff_fte")
Place = tuple[str, str]


class Extracting:
    """Takes extracts from the results of a run.

    Parameters
    ----------
    results : Results
        The whole network.
    """

    def __init__(self, results: Results) -> None:
        self._results, self._received = results, Received(results)

    def places(self) -> list[Place]:
        """Level and code of every place, in the order of the levels."""
        return list(self._results.names)

    def take(self, level: str, code: str) -> dict[str, Any]:
        """The extract of one place, by section; a ReportError when there is no such place."""
        place, results = (level, code), self._results
        if place not in results.names:
            known = sorted(other for kind, other in results.names if kind == level)
            raise ReportError(f"there is no {level} '{code}' in the results\n  {hint_for(code, known)}")
        members = results.members.get(place, [])
        return {
            "about": self._about(members),
            "place": self._place(place, members),
            "figures": self._figures.get(place, []),
            "beside": [self._beside(other) for other in self._above(place, members)],
            "below": self._below(place, members),
            "hubs": [] if level == "hub" else self._listed(members),
            "quality": self._received.of(place, members),
            "explained": {
                **self._explained.get(place, no_scores()),
                "effects": self._effects if level == "network" else [],
            },
            "outlook": self._outlook.get(code, {}) if level == "hub" else {},
            "reconciled": self._reconciled.get(code, {}) if level == "hub" else {},
            "programme": self._programme.get(place, []),
            "surveys": self._surveys if level == "network" else [],
        }

    def _about(self, members: list[str]) -> dict[str, Any]:
        meta, newest = self._results.meta, self._results.meta.get("newest", {})
        survey, parts = self._main_change
        return {
            **{name: meta.get(name) for name in _ABOUT},
            "newest": max((newest[hub] for hub in members if hub in newest), default=None),
            "main_change": {"survey": survey, "parts": parts},
        }

    def _place(self, place: Place, members: list[str]) -> dict[str, Any]:
        level, code = place
        rows = [self._register[hub] for hub in members]
        found: dict[str, Any] = {
            "level": level,
            "code": code,
            "name": self._results.names[place],
            "hubs": len(members),
            "silent": sum(hub not in self._results.active for hub in members),
            "countries": len({row["country"] for row in rows} - {None}),
            "nuts_versions": sorted({str(row["nuts_version"]) for row in rows} - {"None", ""}),
        }
        if level == "hub":
            found["register"] = self._register[code]
            found["regions"] = [label for label, _ in self._homes("nuts2").get(code, [])]
        return found

    def _beside(self, place: Place) -> dict[str, Any]:
        """What may be shown of a larger place: rounded as it is shown, so that a change nobody sees changes nothing."""
        wanted = compared(self._results, *self._main_change)
        texts = {(indicator, breakdown_text(parts)) for _, indicator, parts in wanted}
        periods = (self._results.so_far, self._results.period)
        rows = [r for r in self._figures.get(place, []) if (r[0], r[2]) in texts and r[1] in periods]
        return {"name": self._results.names[place], "figures": [self._rounded(row) for row in rows]}

    def _rounded(self, row: tuple[Any, ...]) -> list[Any]:
        e = Estimate(*row[3:])
        places = 0 if e.unit in (*PERCENT, "EUR") else self._decimals
        ends = [None if x is None else _round(x, places) for x in (e.value, e.lo, e.hi)]
        return [*row[:3], *ends, None, e.unit, e.status]

    def _above(self, place: Place, members: list[str]) -> list[Place]:
        """The country and the network, where at least as many other hubs with data stand behind as policy asks."""
        if place[0] == "network":
            return []
        homes = self._homes("country") if place[0] != "country" else {}
        countries = sorted({code for hub in members for _, code in homes.get(hub, [])})
        above: list[Place] = [*(("country", country) for country in countries[:1]), ("network", "all")]
        active, minimum = self._results.active, self._results.policy("disclosure_minimum")
        return [p for p in above if len((set(self._results.members[p]) - set(members)) & active) >= minimum]

    def _below(self, place: Place, members: list[str]) -> dict[str, Any]:
        """The places of the level before this one that its hubs belong to."""
        level = self._smaller(place[0])
        if not level:
            return {"level": "", "places": [], "unknown": 0}
        inside: dict[tuple[str, str], int] = {}
        homes = self._homes(level)
        for hub in members:
            for home in homes.get(hub, []):
                inside[home] = inside.get(home, 0) + 1
        entries = [
            {"about": {"code": code, "label": label, "hubs": hubs}, "figures": self._totals(level, code)}
            for (label, code), hubs in sorted(inside.items())
        ]
        return {"level": level, "places": entries, "unknown": sum(hub not in homes for hub in members)}

    def _smaller(self, level: str) -> str:
        levels = list(self._results.dictionary.get("levels", {}))
        before = levels[: levels.index(level)] if level in levels else []
        return next((name for name in reversed(before) if name not in ("hub", "network")), "")

    def _homes(self, level: str) -> dict[str, list[tuple[str, str]]]:
        """Hub to the label and code of its places of a level."""
        return self._all_homes.get(level, {})

    @cached_property
    def _all_homes(self) -> dict[str, dict[str, list[tuple[str, str]]]]:
        found: dict[str, dict[str, list[tuple[str, str]]]] = {}
        rows = self._results.places[["level", "hub", "label", "code"]].drop_duplicates()
        for level, hub, label, code in rows.itertuples(index=False, name=None):
            found.setdefault(level, {}).setdefault(hub, []).append((str(label), code))
        return found

    def _listed(self, members: list[str]) -> list[dict[str, Any]]:
        wanted = set(members) & self._results.active
        return [
            {"about": about, "figures": self._totals("hub", about["hub"])}
            for about in self._alphabet
            if about["hub"] in wanted
        ]

    @cached_property
    def _alphabet(self) -> list[dict[str, Any]]:
        rows = by_name(self._results.hubs)[["hub", "name", "type", "country"]].fillna("")
        return [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]

    def _totals(self, level: str, code: str) -> dict[str, list[Any]]:
        return {name: list(vars(e).values()) for name, e in self._across(level).get(code, {}).items()}

    def _across(self, level: str) -> dict[str, dict[str, Estimate]]:
        if level not in self._known:
            _, parts = self._main_change
            gain = {"maturity_gain": parts} if level == "hub" and parts else {}
            self._known[level] = self._results.across(level, {**{name: {} for name in COUNTED}, **gain})
        return self._known[level]

    @cached_property
    def _known(self) -> dict[str, dict[str, dict[str, Estimate]]]:
        return {}

    @cached_property
    def _main_change(self) -> tuple[str, dict[str, str]]:
        return main_change(self._results)

    @cached_property
    def _decimals(self) -> int:
        surveys = self._results.dictionary.get("surveys", {}).values()
        return max((int(survey.get("display_decimals", 1)) for survey in surveys), default=1)

    @cached_property
    def _figures(self) -> dict[Place, list[tuple[Any, ...]]]:
        """Place to the rows of its indicators."""
        table = self._results.indicators
        rows = estimate_rows(table)
        found: dict[Place, list[tuple[Any, ...]]] = {}
        for level, code, row in zip(table["level"], table["code"], rows, strict=True):
            found.setdefault((level, code), []).append(row)
        return found

    @cached_property
    def _explained(self) -> dict[Place, dict[str, list[list[Any]]]]:
        """Place to its scores and how they come about."""
        tables = [self._results.of_places(name) for name in OF_PLACES]
        return explained_by_place(*tables, decimals=self._decimals)

    @cached_property
    def _outlook(self) -> dict[str, dict[str, list[list[Any]]]]:
        """Hub to the forecasts of its targets, how many of its customers lack which wave, and have room for aid."""
        names = ("forecasts", "completeness_counts", "de_minimis", "aid_checks")
        return outlook_by_hub(*(self._results.of_places(name) for name in names))

    @cached_property
    def _reconciled(self) -> dict[str, dict[str, Any]]:
        """Hub with a list of its own to what came of the comparison."""
        rows = self._results.reconciliation
        rows = rows[rows["own_list"].astype(bool)]
        return {row["hub"]: {str(k): plain(v) for k, v in row.items()} for row in rows.to_dict("records")}

    @cached_property
    def _effects(self) -> list[list[Any]]:
        """What was asked for all places together, and what the answers may be called."""
        return effects_told(self._results.of_places("effects"), self._decimals)

    @cached_property
    def _programme(self) -> dict[Place, list[dict[str, Any]]]:
        """Place to the steps of its programmes, in the order of the table; an end without bound is empty."""
        found: dict[Place, list[dict[str, Any]]] = {}
        for row in self._results.programme.replace([float("inf"), float("-inf")], float("nan")).to_dict("records"):
            place = (str(row.pop("level")), str(row.pop("code")))
            found.setdefault(place, []).append({str(key): plain(value) for key, value in row.items()})
        return found

    @cached_property
    def _register(self) -> dict[str, dict[str, Any]]:
        rows = self._results.hubs
        rows = rows[[name for name in _HUB if name in rows]]
        return {row["hub"]: {str(k): plain(v) for k, v in row.items()} for row in rows.to_dict("records")}

    @cached_property
    def _surveys(self) -> list[dict[str, Any]]:
        """Each survey that was answered, with the rows of its quality card, rounded closer than they are shown."""
        table = self._results.quality
        if table.empty:
            return []
        table = table.round(dict.fromkeys(table.select_dtypes("float"), 4))
        return [
            {"survey": survey, "rows": [{str(k): plain(v) for k, v in row.items()} for row in rows.to_dict("records")]}
            for survey, rows in table.groupby("survey", sort=False)
        ]


def main_change(results: Results) -> tuple[str, dict[str, str]]:
    """The survey with most pairs in the network, and the breakdown of its first overall change."""
    found: list[tuple[int, str, dict[str, str]]] = []
    for survey, about in results.dictionary.get("surveys", {}).items():
        if len(waves := about.get("waves") or []) > 1:
            parts = {"dimension": root(about), "survey": survey, "waves": f"{waves[0]}-{waves[1]}"}
            pairs = results.across("network", {"maturity_gain": parts}).values()
            found.append((max((e["maturity_gain"].n or 0 for e in pairs), default=0), survey, parts))
    _, survey, parts = max(found, key=lambda entry: entry[0], default=(0, "", {}))
    return survey, parts


def _round(value: float, places: int) -> float:
    """Half up, as figures are shown."""
    return float(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def write_extracts(folder: str | Path) -> dict[str, dict[str, str]]:
    """Write the extract of every place of a results folder, and an index of their hashes.

    Parameters
    ----------
    folder : path
        The results folder; it gets ``extracts/<level>/<code>.json`` and ``extracts.json``.

    Returns
    -------
    dict of str to dict
        Path of an extract to the hashes of its sections.
    """
    taking, out = Extracting(Results(folder)), Path(folder)
    index: dict[str, dict[str, str]] = {}
    for level, code in taking.places():
        if not is_id(code):
            continue  # it cannot be the name of a file, so there is no report on it either
        content = taking.take(level, code)
        path = out / extract_path(level, code)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(packed(content))
        index[extract_path(level, code)] = section_hashes(content)
    (out / INDEX).write_bytes(packed(index))
    return index


def read_index(results: Results) -> dict[str, dict[str, str]]:
    """Path of every extract to the hashes of its sections; taken from the tables where none were written."""
    path = results.folder / INDEX
    if path.is_file():
        index: dict[str, dict[str, str]] = json.loads(path.read_bytes())
        return index
    taking = Extracting(results)
    return {extract_path(*place): section_hashes(taking.take(*place)) for place in taking.places()}
