"""A synthetic results folder, as the pipeline would write it: seeded, small, plausible, clearly invented."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dihkpi.reports import ReportJob, plan_reports

ROOT = Path(__file__).parents[2]
SEATS = ["HR03", "HR04", "EE00", "EL30", "EL52", "BE10", "BE32", "PT11"]
NAMES = [
    "Adria",
    "Nordlys",
    "Aegean",
    "Meuse",
    "Douro",
    "Karst",
    "Saare",
    "Attica",
    "Thrace",
    "Senne",
    "Sava",
    "Minho",
]
DIMENSIONS = {
    "strategy": "Digital Business Strategy",
    "readiness": "Digital Readiness",
    "human_centric": "Human-Centric Digitalisation",
    "data": "Data Governance",
    "automation_ai": "Automation & Artificial Intelligence",
    "green": "Green Digitalisation",
}
UNITS = {
    "customers_supported": ("Customers supported", "organisations"),
    "services_delivered": ("Services delivered", "records"),
    "attendees": ("Attendees", "persons"),
    "service_value": ("Service value", "EUR"),
    "aid_granted": ("State aid granted", "EUR"),
    "aid_intensity": ("Aid intensity", "percent"),
    "investment_triggered": ("Additional investment triggered", "EUR"),
    "collaborations": ("Collaborations", "records"),
    "cross_border_share": ("Cross-border share", "percent"),
    "own_region_share": ("Proximity", "percent"),
    "events_held": ("Events held", "records"),
    "dma_count": ("Assessments performed", "records"),
    "maturity_score": ("Digital maturity", "points"),
    "maturity_gain": ("Increase in digital maturity", "points"),
    "dma_completeness": ("Complete assessments", "percent"),
    "hubs": ("Hubs", "hubs"),
    "hubs_offering": ("Hubs offering a technology", "hubs"),
    "public_sector_share": ("Hubs with a public-sector service", "percent"),
    "coverage_seat": ("Regions with the seat of a hub", "percent"),
}
TEXT = ["level", "code", "indicator", "period", "breakdown", "unit", "status", "light"]
TARGETS = {
    "customers_supported": 150,
    "services_delivered": 560,
    "investment_triggered": 2_500_000,
    "collaborations": 24,
    "aid_granted": 900_000,
    "dma_count": 110,
}


def labels(name: str) -> dict[str, str]:
    """Code to label of one of the code lists of the package."""
    with (ROOT / "schemas" / "codelists" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return {row["code"]: row["label"] for row in csv.DictReader(lines)}


def _dictionary() -> dict[str, Any]:
    nodes = {"overall": {"label": "Overall", "depth": 0, "parent": None, "scale": [0, 100], "bands": "dma"}}
    for code, label in DIMENSIONS.items():
        nodes[code] = {"label": label, "depth": 1, "parent": "overall", "scale": [0, 100], "bands": "dma"}
    steps = [
        ("basic", "Basic", 25),
        ("average", "Average", 50),
        ("moderately_advanced", "Moderately advanced", 75),
    ]
    bands = [{"code": code, "label": label, "up_to": edge} for code, label, edge in steps]
    bands.append({"code": "advanced", "label": "Advanced", "up_to": None})
    survey = {"version": "v1", "waves": ["T0", "T1", "T2"], "nodes": nodes, "bands": {"dma": bands}}
    lists = "service_categories technologies customer_types staff_size_sme dma_sectors_sme countries nuts2024"
    return {
        "indicators": {
            key: {
                "name": name,
                "unit": unit,
                "kind": "flow",
                "direction": 1,
                "tag": "ours",
                "definition": f"{name} in the window.",
                "reference": "synthetic",
                "surveys": ["dma_pso", "dma_sme"] if key.startswith(("dma_", "maturity")) else ["kpi"],
            }
            for key, (name, unit) in UNITS.items()
        },
        "surveys": {
            "dma_sme": {"title": "Digital Maturity Assessment of SMEs and mid-caps", **survey},
            "dma_pso": {"title": "Digital Maturity Assessment of public sector organisations", **survey},
        },
        "codelists": {name: labels(name) for name in f"{lists} hub_types waves".split()},
        "levels": {
            "hub": {"title": "Hub", "plural": "Hubs"},
            "nuts2": {"title": "NUTS 2 region", "plural": "NUTS 2 regions"},
            "country": {"title": "Country", "plural": "Countries"},
            "network": {"title": "Network", "plural": "Networks"},
        },
        "policy": {"disclosure_minimum": 5, "confidence_level": 0.95, "nuts_version": "2024"},
        "lights": {"on_track": "on track", "watch": "to watch", "behind": "behind"},
        "breakdowns": {
            "category": "service_categories",
            "technology": "technologies",
            "technologies": "technologies",
            "customer_type": "customer_types",
            "size": "staff_size_sme",
            "sector": "dma_sectors_sme",
            "wave": "waves",
            "survey": None,
            "dimension": None,
            "waves": None,
        },
        "rules": {"date_readable": "Dates are written as declared."},
    }


class _Place:
    """Collects the indicator rows of one place."""

    def __init__(self, level: str, code: str, share: float, rng: np.random.Generator) -> None:
        self.rows: list[dict[str, Any]] = []
        self.level, self.code, self.share, self.rng = level, code, share, rng

    def add(self, indicator: str, period: str, value: float | None, breakdown: str = "", **more: Any) -> None:
        row = {
            "level": self.level,
            "code": self.code,
            "indicator": indicator,
            "period": period,
            "breakdown": breakdown,
            "value": value,
            "lo": None,
            "hi": None,
            "n": None,
            "unit": UNITS[indicator][1],
            "status": "m" if value is None else "ok",
            "target": None,
            "attainment": None,
            "expected": None,
            "light": None,
        }
        self.rows.append(row | more)

    def split(self, indicator: str, period: str, total: float, key: str, codes: Iterable[str]) -> None:
        """Share a total among codes; counts below five are suppressed."""
        codes = list(codes)
        parts = self.rng.multinomial(int(total), self.rng.dirichlet(np.geomspace(4, 0.2, len(codes))))
        for code, part in zip(codes, parts, strict=True):
            if part >= 5:
                self.add(indicator, period, float(part), f"{key}={code}", n=int(part))
            elif part:
                self.add(indicator, period, None, f"{key}={code}", status="c")


def _activity(place: _Place, effort: float) -> None:
    totals = {
        "customers_supported": 140,
        "services_delivered": 500,
        "attendees": 2600,
        "service_value": 2_000_000,
        "aid_granted": 800_000,
        "investment_triggered": 1_800_000,
        "collaborations": 20,
        "events_held": 25,
    }
    years = {"2023": 0.15, "2024": 0.33, "2025": 0.36, "2026": 0.16}
    periods = {**years, "../2026-12-31": 1.0, "M18": 0.45, "M36": 1.0}
    for indicator, total in totals.items():
        for period, part in periods.items():
            value = float(np.round(total * place.share * effort * part * place.rng.uniform(0.9, 1.1)))
            place.add(indicator, period, value, n=max(int(500 * place.share * part), 1))
            goal = TARGETS.get(indicator)
            if goal and place.level == "hub" and period in ("M18", "M36"):
                expected = 1.0 if period == "M18" else 0.92
                target = goal * (0.5 if period == "M18" else 1.0)
                reached = value / target
                light = ["behind", "watch", "on_track"][int(np.searchsorted([0.5, 0.75], reached / expected, "right"))]
                place.rows[-1] |= {
                    "target": target,
                    "attainment": reached,
                    "expected": expected,
                    "light": light,
                }
    for period in ("2026", "../2026-12-31"):
        services = totals["services_delivered"] * place.share * effort * periods[period]
        place.split("services_delivered", period, services, "category", labels("service_categories"))
        place.split("services_delivered", period, services * 1.4, "technology", list(labels("technologies"))[:18])
        customers = totals["customers_supported"] * place.share * effort * periods[period]
        place.split("customers_supported", period, customers, "customer_type", ["sme", "pso"])
        place.split("customers_supported", period, customers * 0.9, "size", labels("staff_size_sme"))
        place.split("customers_supported", period, customers * 0.9, "sector", list(labels("dma_sectors_sme"))[:14])
        for indicator, middle in {
            "aid_intensity": 42.0,
            "cross_border_share": 31.0,
            "own_region_share": 77.0,
        }.items():
            share = middle + place.rng.normal(0, 4)
            place.add(indicator, period, share, lo=share - 8, hi=share + 8, n=int(60 * place.share) + 20)


def _maturity(place: _Place, effect: float) -> None:
    period, levels = "../2026-12-31", dict(zip(DIMENSIONS, (45, 48, 36, 42, 22, 30), strict=True))
    for survey, weight in {"dma_sme": 1.0, "dma_pso": 0.11}.items():
        for wave, part in {"T0": 60, "T1": 30, "T2": 10}.items():
            n = int(part * place.share * weight)
            place.add("dma_count", period, float(n), f"survey={survey};wave={wave}", n=n)
            for code, middle in {"overall": float(np.mean(list(levels.values()))), **levels}.items():
                breakdown = f"dimension={code};survey={survey};wave={wave}"
                if n < 5:
                    place.add("maturity_score", period, None, breakdown, status="c")
                    continue
                value = middle + effect * {"T0": 0, "T1": 1, "T2": 1.5}[wave] + place.rng.normal(0, 2)
                half = 28 / np.sqrt(n)
                place.add(
                    "maturity_score",
                    period,
                    value,
                    breakdown,
                    lo=value - half,
                    hi=value + half,
                    n=n,
                    status="u" if n < 8 else "ok",
                )
        for waves, part in {"T0-T1": 30, "T0-T2": 10}.items():
            n = int(part * place.share * weight)
            for code in ("overall", *DIMENSIONS):
                breakdown = f"dimension={code};survey={survey};waves={waves}"
                value = effect + place.rng.normal(0, 1)
                half = 16 / np.sqrt(max(n, 1))
                shown = {"lo": value - half, "hi": value + half, "n": n} if n >= 5 else {"status": "c"}
                place.add("maturity_gain", period, value if n >= 5 else None, breakdown, **shown)
    place.add("dma_count", period, float(int(111 * place.share)), n=int(111 * place.share))
    place.add("dma_completeness", period, 16.0, lo=9.0, hi=27.0, n=int(66 * place.share))


def _network_rules(place: _Place, hubs: int) -> None:
    period = "../2026-12-31"
    place.add("hubs", period, float(hubs), n=hubs)
    for code in (
        "artificial_intelligence_and_decision_support",
        "cybersecurity",
        "high_performance_computing",
    ):
        place.add("hubs_offering", period, float(max(hubs // 2, 1)), f"technologies={code}", n=hubs)
    place.add("public_sector_share", period, 58.3, lo=32.0, hi=81.0, n=hubs)
    place.add("coverage_seat", period, 37.5, n=8)


def build_results(
    folder: Path, hubs: int = 12, seed: int = 1, names: dict[int, str] | None = None, drop: Iterable[str] = ()
) -> Path:
    """Write a results folder; ``names`` replaces hub names, ``drop`` leaves indicators out."""
    folder.mkdir(parents=True, exist_ok=True)
    codes = [f"{SEATS[i % 8][:2]}-{NAMES[i % 12].lower()}{'' if i < 12 else i}" for i in range(hubs)]
    shown = names or {}
    register = pd.DataFrame(
        {
            "hub": codes,
            "name": [shown.get(i, f"{NAMES[i % 12]} Digital Hub{f' {i}' if i > 11 else ''}") for i in range(hubs)],
            "title": [shown.get(i, f"European Digital Innovation Hub {NAMES[i % 12]}") for i in range(hubs)],
            "country": [SEATS[i % 8][:2] for i in range(hubs)],
            "type": [["edih", "edih", "seal_of_excellence"][i % 3] for i in range(hubs)],
            "nuts": [SEATS[i % 8] for i in range(hubs)],
            "nuts_version": "2024",
            "grant_start": pd.to_datetime([f"2023-0{1 + i % 5}-01" for i in range(hubs)]),
            "staff_fte": [6.0 + i for i in range(hubs)],
            "website": "https://hub.example",
            "sectors": "",
            "services": "",
            "technologies": "",
            "submitted": [i != hubs - 1 or hubs < 3 for i in range(hubs)],
        }
    )
    regions, countries = labels("nuts2024"), labels("countries")
    places = pd.concat(
        [
            register.assign(level="nuts2", code=register["nuts"], label=register["nuts"].map(regions)),
            register.assign(level="country", code=register["country"], label=register["country"].map(countries)),
            register.assign(level="network", code="all", label="Network"),
        ]
    )[["level", "code", "label", "hub"]].sort_values(["level", "code", "hub"], ignore_index=True)
    rows: list[dict[str, Any]] = []
    members = {("hub", hub): [hub] for hub in codes} | {
        key: list(group["hub"]) for key, group in places.groupby(["level", "code"])
    }  # type: ignore[misc]
    for position, ((level, code), inside) in enumerate(sorted(members.items())):
        rng = np.random.default_rng([seed, position])
        place = _Place(level, code, len(inside) * (rng.uniform(0.6, 1.4) if level == "hub" else 1), rng)
        if level != "hub" or register.set_index("hub")["submitted"].loc[code]:
            _activity(place, rng.uniform(0.55, 1.2))
            _maturity(place, rng.normal(7, 2))
        if level != "hub":
            _network_rules(place, len(inside))
        rows += place.rows
    indicators = pd.DataFrame(rows)
    indicators = indicators[~indicators["indicator"].isin(list(drop))]
    indicators[TEXT] = indicators[TEXT].astype("str")
    indicators["n"] = indicators["n"].astype("Int64")
    indicators.to_parquet(folder / "indicators.parquet", index=False)
    register.to_parquet(folder / "hubs.parquet", index=False)
    places.to_parquet(folder / "places.parquet", index=False)
    _write_quality(folder, codes)
    _write_explained(folder, codes)
    (folder / "dictionary.json").write_text(json.dumps(_dictionary()), encoding="utf-8")
    return folder


def _write_explained(folder: Path, codes: list[str]) -> None:
    """Scores of hubs and what they are made of: at T1 the first one is too small to be shown."""
    heads = {"level": "hub", "survey": "dma_sme", "version": "v1"}
    scores, parts, ranks, beside = [], [], [], []
    for i, code in enumerate(codes):
        for wave in ("T0", "T1"):
            hub = {**heads, "code": code, "wave": wave}
            value, hidden = 40.0 + i + 6 * (wave == "T1"), wave == "T1" and not i
            shown = {"value": None if hidden else value, "status": "c" if hidden else "ok"}
            ends = {"lo": None, "hi": None} if hidden else {"lo": value - 4, "hi": value + 4}
            scores.append({**hub, "dimension": "overall", **shown, **ends, "band": None if hidden else "average"})
            if hidden:
                continue
            parts += [
                {**hub, "node": "overall", "child": name, "value": value, "weight": 1.0, "contribution": value / 6}
                for name in DIMENSIONS
            ]
            place = {"rank": len(codes) - i, "lo": 1, "hi": len(codes), "lo_single": 2, "hi_single": 7}
            ranks.append({**hub, "dimension": "overall", **place, "tier": 1 + i % 2, "basis": "data"})
            verdict = "strength" if wave == "T1" else "none"
            beside.append({**hub, "dimension": "data", "gap": 9.5, "errors": 3.25, "verdict": verdict})
    figures = {"mean": (6.0, 3.0, 9.0), "bounds": (None, -20.0, 30.0), "improved": (55.0, 40.0, 70.0)}
    change = {**heads, "waves": "T0-T1", "dimension": "overall", "n": 27, "status": "ok"}
    changes = [
        {**change, "code": code, "among": "all", "measure": name, "value": value, "lo": lo, "hi": hi}
        for code in codes
        for name, (value, lo, hi) in figures.items()
    ]
    for name, value in (("mean", 9.25), ("expected_no_effect", 2.25)):
        lowest = {"among": "tercile=1", "measure": name, "value": value, "lo": 1.0, "hi": 12.0, "n": 9}
        changes.append({**change, "code": codes[0], **lowest})
    effect = {"survey": "dma_sme", "analysis": "overall", "term": "effect", "family": "main", "estimate": -1.25,
              "lo": -4.0, "hi": 1.5, "verdict": "associational", "assumption": None, "reason": None}  # fmt: skip
    for name, rows in {
        "place_scores": scores, "place_contributions": parts, "ranks": ranks, "strengths": beside,
        "forecasts": [
            {"level": "hub", "code": codes[0], "indicator": "services_delivered", "period": "M36", "breakdown": "",
             "value": 300.0, "target": 560.0, "forecast": 520.0, "lo": 470.0, "hi": 580.0, "p_reach": 0.12,
             "method": "counts", "status": "ok", "reason": None},
            {"level": "hub", "code": codes[0], "indicator": "services_delivered", "period": "M18", "breakdown": "",
             "value": 200.0, "target": 280.0, "forecast": 200.0, "lo": 200.0, "hi": 200.0, "p_reach": 0.0,
             "method": "final", "status": "ok", "reason": None},
        ],
        "completeness_counts": [
            {"hub": codes[0], "adviser": "all", "wave": "T1", "customers": 60, "there": 27, "lacking": 33, "overdue": 8,
             "waiting": 21},
            {"hub": codes[0], "adviser": "A7", "wave": "T1", "customers": 12, "there": 9, "lacking": 3, "overdue": 2,
             "waiting": 1},
        ],
        "de_minimis": [
            *({"hub": codes[0], "customer": f"r{n}", "status": "ok", "ceiling": 300_000.0} for n in range(7)),
            {"hub": codes[0], "customer": "r7", "status": "low", "ceiling": 300_000.0},
        ],
        "aid_checks": [
            {"hub": codes[0], "row": 3, "difference": 150.0}, {"hub": codes[0], "row": 9, "difference": -50.0},
        ],
        "changes": [*changes, {**changes[0], "level": "network", "code": "all"}], "effects": [effect],
    }.items():  # fmt: skip
        pd.DataFrame(rows).to_parquet(folder / f"{name}.parquet", index=False)


def _write_quality(folder: Path, codes: list[str]) -> None:
    files, issues = [], []
    kinds = {
        "SMEEuDMAdata.csv": ("dma_sme", "assessments"),
        "services.xlsx": ("kpi", "services"),
        "collaborations.csv": ("kpi", "collaborations"),
        "events.csv": ("kpi", "events"),
    }
    rules = [
        ("date_readable", "Dates", "2024-02-30", "error", "Write the day as 2024-02-28."),
        ("number_readable", "Service price", "1.250,00", "error", "Write 1250.00."),
        ("aid_within_price", "Aid", "9000", "warning", "Compare the aid with the price of the service."),
        (
            "code_known",
            "Service category delivered",
            "Test befor invest",
            "error",
            "Did you mean 'Test before invest'?",
        ),
    ]
    for i, hub in enumerate(codes[:-1] if len(codes) > 2 else codes):
        for name, (survey, form) in kinds.items():
            bad = (3 if i % 2 else 0) if name == "services.xlsx" else 0
            files.append(
                {
                    "file": f"{hub}/{name}",
                    "sheet": None,
                    "hub": hub,
                    "survey": survey,
                    "version": "v1",
                    "form": form,
                    "layout": "official",
                    "received": 500,
                    "accepted": 500 - bad,
                    "quarantined": bad,
                    "errors": bad,
                    "warnings": bad // 3,
                }
            )
        for row, (rule, column, value, severity, hint) in enumerate(rules if i % 2 else [], start=7):
            issues.append(
                {
                    "file": f"{hub}/services.xlsx",
                    "sheet": "Sheet1",
                    "row": row,
                    "column": column,
                    "rule": rule,
                    "severity": severity,
                    "cell": f"D{row}",
                    "value": value,
                    "message": f"'{value}' is not allowed",
                    "hint": hint,
                    "related_rows": None,
                }
            )
    frame = pd.DataFrame(files)
    frame.to_parquet(folder / "files.parquet", index=False)
    columns = [
        "file",
        "sheet",
        "row",
        "column",
        "rule",
        "severity",
        "cell",
        "value",
        "message",
        "hint",
        "related_rows",
    ]
    pd.DataFrame(issues, columns=columns).to_parquet(folder / "issues.parquet", index=False)
    sums = {key: int(frame[key].sum()) for key in ("received", "accepted", "quarantined")}
    meta = {
        "period": "2026",
        "first_day": "2026-01-01",
        "last_day": "2026-12-31",
        "snapshot": "5f3a9c1be27d4408",
        "definitions": "c81d04ab93f7e652",
        "package": "0.1.0",
        "network": "Synthetic network of hubs",
        "surveys": [
            {
                "survey": "dma_sme",
                "version": "v1",
                "title": "Digital Maturity Assessment of SMEs",
                "reference": "JRC",
            },
            {"survey": "kpi", "version": "v1", "title": "KPI records", "reference": "KPI tool"},
        ],
        "options": {"dma_sme": {"negative_item": "ignore"}},
        "counts": {"files": len(frame), **sums},
    }
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")


def report_definitions(notebooks: Path = ROOT / "notebooks") -> Any:
    """The part of the definitions that reports need, read with the loosest reader that works."""
    import yaml

    entries = yaml.safe_load((notebooks / "reports.yaml").read_bytes())
    reports = {
        key: SimpleNamespace(
            id=key, title=e["title"], template=e["template"], levels=tuple(e["levels"]), needs=e.get("needs")
        )
        for key, e in entries.items()
    }
    return SimpleNamespace(reports=reports, file=lambda *parts: ROOT.joinpath(notebooks, *parts[1:]))


@pytest.fixture(scope="session", name="build_results")
def _build_results() -> Callable[..., Path]:
    return build_results


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_results(tmp_path_factory.mktemp("workspace") / "results")


@pytest.fixture
def make_results(tmp_path: Path) -> Callable[..., Path]:
    return lambda **options: build_results(tmp_path / "results", **options)


@pytest.fixture(scope="session")
def definitions() -> Any:
    return report_definitions()


def write_template(folder: Path, *cells: str, name: str = "own.ipynb", parameters: int = 1) -> Path:
    """A notebook with parameters, a heading and some code cells."""
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    declared = {
        "id": "declared",
        "metadata": {"tags": ["parameters"]},
        "source": "data = ''\nlevel = ''\ncode = ''",
    }
    heading = {"cell_type": "markdown", "id": "heading", "metadata": {}, "source": "## Findings"}
    rest = [{**code, "id": f"cell-{i}", "source": text} for i, text in enumerate(cells)]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = {
        "cells": [{**code, **declared, "id": f"declared-{i}"} for i in range(parameters)] + [heading, *rest],
        "metadata": kernel,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = folder / name
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


@pytest.fixture
def template(tmp_path: Path) -> Callable[..., Path]:
    """Writes a template of some cells."""
    return lambda *cells, **more: write_template(tmp_path, *cells, **more)


@pytest.fixture
def job(results: Path, definitions: Any, template: Callable[..., Path]) -> ReportJob:
    """A job whose template does next to nothing."""
    (first,) = plan_reports(results, definitions, hubs=["HR-adria"])
    return replace(first, template=template("len(code)"))
