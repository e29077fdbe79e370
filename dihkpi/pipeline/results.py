"""The results folder of a run: everything that reports read, as Parquet and two small JSON files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dihkpi.definitions import Definitions
from dihkpi.indicators.compute import Inputs
from dihkpi.indicators.places import places_table
from dihkpi.indicators.windows import Window
from dihkpi.intake.columns import check_table
from dihkpi.intake.safe_csv import write_csv
from dihkpi.pipeline.tables import quality_of
from dihkpi.reports.extracting import write_extracts

if TYPE_CHECKING:
    import pandas as pd

PUBLISHED = {
    "indicators": "indicators", "hubs": "hubs", "places": "places", "files": "files", "place_scores": "scores",
    "uncertainty": "uncertainty", "place_contributions": "contributions", "ranks": "ranks", "strengths": "strengths",
    "quality": "quality", "changes": "changes", "effects": "effects", "programme": "programme",
    "shrunken": "shrunken", "forecasts": "forecasts", "survey_estimates": "estimates",
    "reconciliation": "reconciliation", "flags": "flags",
}  # fmt: skip
"""Tables that go out beside the reports, and their names there: none of them knows a respondent."""

_ESTIMATES = ("mean", "share", "score", "change")
"""Measures that have an interval; what is divided by one has one too."""


@dataclass(frozen=True)
class About:
    """What a run was made of."""

    network: str
    period: Window
    snapshot: str
    options: Mapping[str, Mapping[str, str]]
    made_of: str = ""
    reconciled: str = ""
    notes: tuple[str, ...] = ()


def write_results(
    folder: Path,
    inputs: Inputs,
    made: Mapping[str, pd.DataFrame],
    files: pd.DataFrame,
    issues: pd.DataFrame,
    about: About,
) -> Path:
    """Write the results of a run aside, then put them in place.

    Parameters
    ----------
    folder : pathlib.Path
        The results folder; replaced when it is there.
    inputs : Inputs
    made : mapping of str to pandas.DataFrame
        What was computed, by the name of its file.
    files, issues : pandas.DataFrame
    about : About
    """
    definitions = inputs.definitions
    aside = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    tables = {
        **made,
        "scores": inputs.scores,
        "assessments": inputs.assessments,
        "hubs": inputs.hubs,
        "places": places_table(inputs.hubs, definitions),
        "files": check_table(files, definitions.tables["files"]),
        "issues": issues,
        "quality": quality_of(inputs, about.options),
    }
    for name, table in tables.items():
        table.to_parquet(aside / f"{name}.parquet", index=False)
    newest = inputs.newest(about.period.last) if about.period.last else {}
    _write_json(aside / "meta.json", _meta(definitions, files, about, newest) | {"notes": list(about.notes)})
    _write_json(aside / "dictionary.json", dictionary(definitions, about.options))
    write_extracts(aside)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    return folder


def renew_reconciliation(folder: Path, counts: pd.DataFrame, reconciled: str) -> None:
    """Put other counts of the reconciliation into results that are as they were.

    Parameters
    ----------
    folder : pathlib.Path
        The results folder.
    counts : pandas.DataFrame
        The table ``reconciliation``.
    reconciled : str
        Hash of what it was made of; noted last, so that what is interrupted is done again.
    """
    meta = json.loads((folder / "meta.json").read_bytes())
    if meta.get("reconciled") == reconciled:
        return
    _write_json(folder / "meta.json", meta | {"reconciled": ""})
    counts.to_parquet(folder / "reconciliation.parquet", index=False)
    write_extracts(folder)
    _write_json(folder / "meta.json", meta | {"reconciled": reconciled})


def publish(results: Path, out: Path) -> None:
    """Copy the tables that go out beside the reports as CSV that no spreadsheet runs."""
    import pandas as pd

    out.mkdir(parents=True, exist_ok=True)
    for name, called in PUBLISHED.items():
        aside = out / f".{called}.csv.part"
        write_csv(pd.read_parquet(results / f"{name}.parquet"), aside)
        aside.replace(out / f"{called}.csv")


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, default=str), encoding="utf-8")


def _meta(definitions: Definitions, files: pd.DataFrame, about: About, newest: Mapping[str, date]) -> dict[str, Any]:
    from dihkpi import __version__

    first, last = about.period.first, about.period.last
    return {
        "period": about.period.label,
        "first_day": first.isoformat() if first else None,
        "last_day": last.isoformat() if last else None,
        "newest": {hub: day.isoformat() for hub, day in sorted(newest.items())},
        "snapshot": about.snapshot,
        "made_of": about.made_of,
        "reconciled": about.reconciled,
        "definitions": definitions.fingerprint,
        "package": __version__,
        "network": about.network,
        "surveys": [
            {"survey": s.survey, "version": s.version, "title": s.title, "reference": s.reference}
            for s in definitions.surveys.values()
        ],
        "options": {survey: dict(chosen) for survey, chosen in about.options.items() if chosen},
        "counts": {
            "files": int(files["file"].nunique()),
            **{name: int(files[name].sum()) for name in ("received", "accepted", "quarantined")},
        },
    }


def dictionary(definitions: Definitions, options: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Names, units, scales and labels, so that a report needs no definition file."""
    return {
        "indicators": _indicators(definitions),
        "surveys": {
            name: _survey(definitions, name, options)
            for name, s in definitions.surveys.items()
            if s.raw_scoring is not None
        },
        "codelists": {
            **{name: codes.labels for name, codes in definitions.codelists.items()},
            **{
                "+".join(names): _merged(definitions, names)
                for names in _listed(definitions).values()
                if len(names) > 1
            },
        },
        "levels": {
            name: {"title": level.title, "plural": level.plural or level.title}
            for name, level in definitions.levels.items()
        },
        "policy": {name: definitions.value(name) for name in ("confidence_level", "disclosure_minimum")},
        "item_quality": {name: float(value) for name, value in definitions.value("item_quality").items()},
        "lights": definitions.value("lights"),
        "months_soon": int(definitions.value("due_soon")),
        "de_minimis": {name: float(definitions.value("de_minimis")[name]) for name in ("years", "warning")},
        "designs": {name: design.title for name, design in definitions.designs.items()},
        "breakdowns": _breakdowns(definitions),
        "rules": _rules(definitions),
        "programmes": {
            f"{name}/{title}": {"about": programme.about, "gross": programme.gross}
            for name, survey in definitions.surveys.items()
            for title, programme in (survey.analysis.programmes.items() if survey.analysis else ())
        },
    }


def _indicators(definitions: Definitions) -> dict[str, Any]:
    """What every indicator is, which surveys give it, and whether it divides by an estimate."""
    fields = ("name", "unit", "kind", "definition", "reference", "tag")
    found: dict[str, Any] = {}
    estimates = {name for (_, name), i in definitions.indicators.items() if i.measure() in _ESTIMATES}
    for (survey, name), i in definitions.indicators.items():
        surveys = [*found.get(name, {}).get("surveys", ()), survey]
        about = {field: getattr(i, field) for field in fields}
        estimated = bool(i.quotient and i.quotient.to in estimates)
        found[name] = about | {"direction": int(i.direction), "surveys": surveys, "estimated": estimated}
    return found


def _rules(definitions: Definitions) -> dict[str, str]:
    """What every rule says: the built-in ones and those of the forms."""
    forms = [form for survey in definitions.versions.values() for form in survey.forms.values()]
    return {**definitions.rules, **{name: rule.brief for form in forms for name, rule in form.rules.items()}}


def _survey(definitions: Definitions, name: str, options: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    survey = definitions.surveys[name]
    scoring = survey.scoring(options.get(name))
    nodes: dict[str, Any] = {}

    def visit(code: str, parent: str | None, depth: int) -> None:
        node = scoring.nodes[code]
        nodes[code] = {
            "label": node.label, "depth": depth, "parent": parent, "scale": list(node.scale), "bands": node.bands,
        }  # fmt: skip
        for child in node.of:
            visit(child, code, depth + 1)

    visit("overall", None, 0)
    plan = survey.analysis
    waves = definitions.codelists[survey.waves].codes if survey.waves else ()
    return {
        "title": survey.title,
        "version": survey.version,
        "waves": list(waves),
        "questions": {analysis: asked.about for analysis, asked in plan.analyses.items()} if plan else {},
        "nodes": nodes,
        "bands": {
            key: [
                {"code": code, "label": label, "up_to": up_to}
                for (code, label), up_to in zip(bands.codes.items(), [*bands.edges, None], strict=True)
            ]
            for key, bands in scoring.bands.items()
        },
        "display_decimals": scoring.display_decimals,
    }


def _breakdowns(definitions: Definitions) -> dict[str, str | None]:
    """Key of a breakdown to the code list with its labels."""
    found: dict[str, str | None] = {"dimension": None, "survey": None, "wave": "waves", "waves": None}
    found |= {name: level.codes for name, level in definitions.levels.items() if level.codes}
    return found | {column: "+".join(names) or None for column, names in _listed(definitions).items()}


def _listed(definitions: Definitions) -> dict[str, tuple[str, ...]]:
    """Columns by which figures are broken down, and their code lists."""
    found: dict[str, tuple[str, ...]] = {}
    for (survey, _), indicator in definitions.indicators.items():
        forms = definitions.surveys[survey].forms
        for column in indicator.breakdowns:
            wanted = "catalogue" if indicator.of == "hubs" else indicator.of
            declared = forms[wanted].columns.get(column) if wanted in forms else None
            if declared and declared.codes:
                found[column] = tuple(dict.fromkeys((*found.get(column, ()), *declared.codes)))
    return found


def _merged(definitions: Definitions, names: tuple[str, ...]) -> dict[str, str]:
    """Labels of several code lists; the first one wins."""
    return {code: label for name in reversed(names) for code, label in definitions.codelists[name].labels.items()}
