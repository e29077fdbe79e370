"""The command that scores files without a workspace, and compares scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dihkpi.cli import DATA_HAS_ERRORS
from dihkpi.cli.definitions import AsJson, Folder
from dihkpi.cli.files import Country, Files, SurveyId, context, validate_all
from dihkpi.cli.messages import counts_line, give, records, say
from dihkpi.cli.scenarios import as_object, compare_all, read, tables_of_scenarios, tell
from dihkpi.errors import UsageError, hint_for

if TYPE_CHECKING:
    import pandas as pd

    from dihkpi.definitions import Definitions
    from dihkpi.intake.validate import Validated
    from dihkpi.scoring.scenario import Compared


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(score)


def score(
    files: Files,
    survey: SurveyId = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Write scores, ranks, contributions, uncertainty, quality and more here, as CSV and Parquet.",
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME=VALUE", help="A switch of the scoring; see `dihkpi surveys`."),
    ] = None,
    level: Annotated[
        list[str] | None,
        typer.Option("--level", metavar="LEVEL", help="Scores of hubs or of the network too: hub, network."),
    ] = None,
    scenario: Annotated[
        Path | None,
        typer.Option(
            "--scenario",
            metavar="FILE.yaml",
            exists=True,
            dir_okay=False,
            help="Compare with other definitions: a version, switches, or a patch; see docs/methods/scenarios.md.",
        ),
    ] = None,
    definitions: Folder = None,
    country: Country = None,
    as_json: AsJson = False,
) -> None:
    """Score answers or numbers without a workspace: one row per respondent or unit and node of the scoring tree."""
    loaded, *_ = context(definitions, None)
    options = _options(option or [])
    wanted = read(scenario) if scenario else ()
    checked, table, issues = validate_all(files, loaded, survey, None, country=country)
    frames = _by_form(checked, loaded)
    tables = tables_of(frames, loaded, options, everything=out is not None, levels=_levels(level or [], loaded))
    scores = tables["scores"]
    compared = compare_all(frames, loaded, options, wanted)
    tables |= tables_of_scenarios(compared)
    if out and len(scores):
        from dihkpi.intake.safe_csv import write_csv

        out.mkdir(parents=True, exist_ok=True)
        for name, content in tables.items():
            write_csv(content, out / f"{name}.csv")
            content.to_parquet(out / f"{name}.parquet", index=False)
        write_csv(issues, out / "issues.csv", for_excel=True)
    _tell_scores(scores, table, issues, out, as_json, compared)
    if (issues["severity"] == "error").any():
        raise typer.Exit(DATA_HAS_ERRORS)


def _options(pairs: list[str]) -> dict[str, str]:
    options = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"an option is written NAME=VALUE, not '{pair}'")
        options[name.strip()] = value.strip()
    return options


def _levels(wanted: list[str], loaded: Definitions) -> list[str]:
    for name in wanted:
        if name not in loaded.levels:
            raise UsageError(f"there is no level '{name}'\n  {hint_for(name, loaded.levels)}")
    return wanted


def tables_of(
    frames: dict[tuple[str, str], pd.DataFrame],
    loaded: Definitions,
    options: dict[str, str],
    *,
    everything: bool,
    levels: Sequence[str] = (),
) -> dict[str, pd.DataFrame]:
    """The tables that scoring gives, by their name, which is that of their files too.

    Parameters
    ----------
    frames : dict of (survey, form) to pandas.DataFrame
        Accepted rows.
    loaded : Definitions
    options : dict of str to str
        Switches of the scoring.
    everything : bool
        Also errors, ranks, contributions and the rest, and not the scores alone.
    levels : sequence of str
        Kinds of place whose scores stand below those of the respondents.
    """
    import pandas as pd

    from dihkpi.intake.columns import check_parts
    from dihkpi.scoring.composite import score_values
    from dihkpi.scoring.score import score as score_answers
    from dihkpi.scoring.whole import joined, tables_of_answers, tables_of_values

    parts: list[dict[str, pd.DataFrame]] = []
    for (name, form), frame in frames.items():
        survey, kind, notes = loaded.surveys[name], loaded.surveys[name].forms[form].kind, list[str]()
        if kind == "answers" and len(frame):
            tables = {"scores": score_answers(frame, survey, loaded, options=options)}
            if everything or levels:
                more, notes = tables_of_answers(frame, tables["scores"], survey, loaded, options)
                groups = more.pop("groups")
                tables["scores"] = pd.concat([tables["scores"], groups[groups["level"].isin(levels)]])
                tables |= more
            parts.append(tables)
        elif kind == "values" and len(frame):
            if everything:
                tables, notes = tables_of_values(frame, survey, loaded, options)
            else:
                made = score_values(frame, survey, loaded, options=options)
                tables, notes = {"scores": made.scores}, list(made.notes)
            parts.append(tables)
        for note in notes:
            say(note)
    if not parts:
        return {"scores": check_parts([], loaded.tables["scores"])}
    return joined(parts)


def _by_form(checked: list[Validated], loaded: Definitions) -> dict[tuple[str, str], pd.DataFrame]:
    """Accepted rows of all files; of a respondent's wave that stands in two files the later file counts."""
    import pandas as pd

    found: dict[tuple[str, str], list[pd.DataFrame]] = {}
    for validated in checked:
        for key, frame in validated.accepted.items():
            found.setdefault(key, []).append(frame)
    result = {}
    for (survey, form), frames in found.items():
        declared = loaded.surveys[survey].forms[form]
        stacked = pd.concat(frames, ignore_index=True)
        keys = list(declared.key) if declared.kind == "values" else ["respondent", *filter(None, [declared.wave])]
        once = stacked.drop_duplicates(keys, keep="last", ignore_index=True)
        if len(once) < len(stacked) and declared.kind in ("answers", "values"):
            noun = "assessments" if declared.kind == "answers" else "rows"
            say(f"{len(stacked) - len(once):,} {noun} stand in two files; the later file counts")
        result[survey, form] = once
    return result


def _tell_scores(
    scores: pd.DataFrame, table: pd.DataFrame, issues: pd.DataFrame, out: Path | None, as_json: bool,
    compared: list[Compared],
) -> None:  # fmt: skip
    from dihkpi.intake.issue_report import issue_object, summary_lines

    if as_json:
        scenarios = {"scenarios": [as_object(one) for one in compared]} if compared else {}
        give({"scores": records(scores), **scenarios, **issue_object(issues, table)})
        return
    if len(issues):
        where = "in issues.csv" if out and len(scores) else "with --json"
        say("\n".join(summary_lines(issues, table, elsewhere=where)))
    else:
        say(counts_line(table))
    overall = scores[scores["dimension"] == "overall"]
    written = f": {out / 'scores.csv'}" if out and len(scores) else ""
    noun = "assessments" if (overall["level"] == "respondent").any() else "units"
    say(f"{len(overall):,} {noun} scored{written}")
    if not out and len(scores):
        from dihkpi.cli.messages import table as show_table

        rows = overall[["code", "survey", "wave", "value", "band", "status"]].head(50).astype(object)
        shown = rows.where(rows.notna(), "").assign(value=[f"{value:.1f}" for value in overall["value"].head(50)])
        show_table(list(shown.columns), shown.to_numpy().tolist())
    for one in compared:
        tell(one)
