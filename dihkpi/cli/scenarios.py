"""What `score --scenario` compares, and how it tells a person what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dihkpi.cli.messages import records
from dihkpi.cli.messages import table as show_table
from dihkpi.errors import DefinitionError
from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd

    from dihkpi.definitions import Definitions
    from dihkpi.definitions.scenario import Placed
    from dihkpi.scoring.scenario import Compared

_SHOWN = 10
"""Scores, and fields of a definition, that a person is shown."""


def read(path: Path) -> tuple[Placed, ...]:
    """The scenarios of a file."""
    from dihkpi.definitions.scenario import read_scenarios

    return read_scenarios(path)


def compare_all(
    frames: Mapping[tuple[str, str], pd.DataFrame],
    loaded: Definitions,
    options: Mapping[str, str],
    scenarios: Sequence[Placed],
) -> list[Compared]:
    """Every scenario against the definition in force, in the order of the file."""
    from dihkpi.scoring.scenario import compare

    scored = {
        survey: frame
        for (survey, form), frame in frames.items()
        if loaded.surveys[survey].forms[form].kind in ("answers", "values") and len(frame)
    }
    if not scenarios or not scored:
        return []
    place = {one.scenario.name: number for number, one in enumerate(scenarios)}
    found = []
    for survey, own in _by_survey(scenarios, list(scored)).items():
        found += compare(scored[survey], loaded.surveys[survey], loaded, own, options=options)
    return sorted(found, key=lambda one: place[one.name])


def _by_survey(scenarios: Sequence[Placed], surveys: list[str]) -> dict[str, list[Placed]]:
    """Survey to its scenarios; one alone need not be named."""
    from dihkpi.definitions.explain import known

    result: dict[str, list[Placed]] = {}
    problems: list[str] = []
    for one in scenarios:
        survey = one.scenario.survey
        if survey is None and len(surveys) > 1:
            problems.append(f"{one.where}: the files belong to several surveys\n      name one: {', '.join(surveys)}")
            continue
        survey = survey or surveys[0]
        problems += known(survey, surveys, f"{one.where} › survey", "survey of these files")
        result.setdefault(survey, []).append(one)
    if problems:
        raise DefinitionError(problems, "the scenarios")
    return result


def tables_of_scenarios(compared: Sequence[Compared]) -> dict[str, pd.DataFrame]:
    """The tables of all scenarios, by their name; none without a scenario."""
    import pandas as pd

    if not compared:
        return {}
    return {
        "scenario": pd.concat([one.scenario for one in compared], ignore_index=True),
        "scenario_differences": pd.concat([one.differences for one in compared], ignore_index=True),
    }


def as_object(one: Compared) -> dict[str, Any]:
    """One scenario for JSON."""
    return {
        "name": one.name,
        "about": one.about,
        "notes": list(one.notes),
        "changed": changes(one.scenario),
        "differences": records(one.differences.drop(columns=["scenario", "survey"])),
        "rows": records(one.scenario.drop(columns="scenario")),
    }


def changes(table: pd.DataFrame) -> dict[str, dict[str, int]]:
    """How many scores, ranks and bands differ, at the root and at all nodes that both trees have."""
    both = table[~table["why"].isin(["not in the tree of the scenario", "only in the tree of the scenario"])]
    result = {}
    for name, rows in (("overall", both[both["dimension"] == "overall"]), ("all nodes", both)):
        moved = rows["change"].abs().gt(1e-9) | (rows["value"].isna() != rows["value_scenario"].isna())
        ranks = rows["rank"].fillna(0).ne(rows["rank_scenario"].fillna(0))
        bands = rows["band"].fillna("").ne(rows["band_scenario"].fillna(""))
        result[name] = {
            "of": len(rows),
            "scores": int(moved.sum()),
            "ranks": int(ranks.sum()),
            "bands": int(bands.sum()),
        }
    return result


def tell(one: Compared) -> None:
    """A scenario for a person: what differs, how much that changes, and the greatest changes with their reasons.

    All of it is a result, so it goes to stdout.
    """
    print(f"\nscenario {show(one.name)}" + (f": {show(one.about, 500)}" if one.about else ""))
    for note in one.notes:
        print(f"  {show(note, 500)}")
    fields = one.differences.fillna("–")
    for row in fields.head(_SHOWN).itertuples():
        print(f"  {show(row.path, 200)}: {show(row.base)} → {show(row.scenario_value)}")
    if len(fields) > _SHOWN:
        print(f"  and {len(fields) - _SHOWN} more fields")
    for where, n in changes(one.scenario).items():
        print(f"  {where}: of {n['of']:,} scores {n['scores']:,} change, {n['ranks']:,} ranks, {n['bands']:,} bands")
    roots = one.scenario[one.scenario["dimension"] == "overall"]
    roots = roots[roots["change"].abs().gt(1e-9) | roots["why"].notna()]
    shown = roots.reindex(roots["change"].abs().sort_values(ascending=False, kind="stable").index).head(_SHOWN)
    if len(shown):
        _greatest(shown)


def _greatest(rows: pd.DataFrame) -> None:
    arrows = {
        name: [_arrow(before, after) for before, after in zip(rows[name], rows[f"{name}_scenario"], strict=True)]
        for name in ("value", "rank", "band")
    }
    waves, whys = rows["wave"].fillna(""), rows["why"].fillna("")
    cells = zip(rows["code"], waves, arrows["value"], arrows["rank"], arrows["band"], whys, strict=True)
    show_table(["code", "wave", "score", "rank", "band", "why"], [[str(cell) for cell in row] for row in cells])


def _arrow(before: Any, after: Any) -> str:
    """What was and what is, once where they are the same."""
    import pandas as pd

    texts = ["–" if pd.isna(one) else f"{one:.1f}" if isinstance(one, float) else str(one) for one in (before, after)]
    return texts[0] if texts[0] == texts[1] else " → ".join(texts)
