"""What is wrong in levels and reports: places that overlap, codes and notebooks that are not there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Set

from dihkpi.definitions.collection import Definitions
from dihkpi.definitions.explain import known
from dihkpi.definitions.indicators import Level, ReportDefinition
from dihkpi.errors import hint_for


def level_problems(definitions: Definitions, level: Level, where: str) -> Iterator[str]:
    """Unknown code lists, and members that are in two places or nowhere."""
    for field, listed in (("codes", level.codes), ("members", level.members)):
        if listed:
            yield from known(listed, definitions.codelists, f"{where} › {field}", "code list")
    if level.members in definitions.codelists:
        yield from _members(definitions, level, f"{where} › members › codelists/{level.members}.csv")


def _members(definitions: Definitions, level: Level, where: str) -> Iterator[str]:
    rows = definitions.codelists[str(level.members)].rows
    if rows and "members" not in rows[0]:
        yield f"{where}: no column 'members'\n      the header is: {', '.join(rows[0])}"
    offered = _codes(definitions, level)
    places: dict[str, str] = {}
    for row in rows:
        for member in filter(None, row.get("members", "").split("|")):
            if places.setdefault(member, row["code"]) != row["code"]:
                yield (f"{where}: '{member}' stands in two places, {places[member]} and {row['code']}\n"
                       "      keep it in one of them")  # fmt: skip
            elif offered and member not in offered:
                yield f"{where} › {row['code']}: unknown {level.source} '{member}'\n      {hint_for(member, offered)}"


def _codes(definitions: Definitions, level: Level) -> Set[str]:
    """Codes that the source of a level may have; none where no list says so."""
    version = definitions.policy.get("nuts_version")
    name = {"country": "countries", "nuts": f"nuts{version.value if version else ''}"}.get(level.source, "")
    listed = definitions.codelists.get(name)
    length = level.length if level.source == "nuts" else None
    codes = listed.codes if listed else ()
    return dict.fromkeys(code[:length] for code in codes if len(code) >= (length or 0)).keys()


def report_problems(definitions: Definitions, report: ReportDefinition, where: str) -> Iterator[str]:
    """Unknown levels, and a template that is not there or that nothing can be handed to."""
    for wanted in report.levels:
        yield from known(wanted, definitions.levels, f"{where} › levels", "level")
    paths = [root / "notebooks" / report.template for root in reversed(definitions.roots)]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        yield f"{where} › template: no notebook {report.template} in notebooks/"
        return
    where = f"{where} › template › notebooks/{report.template}"
    try:
        cells = json.loads(path.read_bytes())["cells"]
        tagged = sum("parameters" in cell.get("metadata", {}).get("tags", ()) for cell in cells)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        yield f"{where}: not a notebook\n      save it as .ipynb in JupyterLab"
        return
    if tagged != 1:
        yield f"{where}: {tagged} cells have the tag 'parameters'\n      give it to exactly one cell"
