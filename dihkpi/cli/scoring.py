"""The command that scores files without a workspace, and compares scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dihkpi.cli import DATA_HAS_ERRORS
from dihkpi.cli.definitions import AsJson, Folder
from dihkpi.cli.files import Country, Files, SurveyId, context, validate_all
from dihkpi.cli.messages import counts_line, give, records, say
from dihkpi.cli.scenarios import as_object, compare_all, read, tables_of_scenarios, tell
from dihkpi.errors import UsageError

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
            help="Write scores.csv and scores.parquet here, for composites contributions and steps too.",
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME=VALUE", help="A switch of the scoring; see `dihkpi surveys`."),
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
    tables = tables_of(frames, loaded, options, with_parts=out is not None)
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


def tables_of(
    frames: dict[tuple[str, str], pd.DataFrame], loaded: Definitions, options: dict[str, str], *, with_parts: bool
) -> dict[str, pd.DataFrame]:
    """The tables that scoring gives, by their name, which is that of their files too."""
    import pandas as pd

    from dihkpi.intake.columns import check_table
    from dihkpi.scoring.composite import score_values
    from dihkpi.scoring.score import score as score_answers

    parts: dict[str, list[pd.DataFrame]] = {"scores": []}
    for (survey, form), frame in frames.items():
        kind = loaded.surveys[survey].forms[form].kind
        if kind == "answers" and len(frame):
            parts["scores"].append(score_answers(frame, loaded.surveys[survey], loaded, options=options))
            if with_parts and (found := _answer_contributions(frame, survey, loaded, options)) is not None:
                parts.setdefault("contributions", []).append(found)
        elif kind == "values" and len(frame):
            composite = score_values(frame, loaded.surveys[survey], loaded, options=options)
            for note in composite.notes:
                say(note)
            for name in ("scores", "contributions", "steps"):
                parts.setdefault(name, []).append(getattr(composite, name))
    if not parts["scores"]:
        empty = {name: pd.Series(dtype="str") for name, c in loaded.tables["scores"].columns.items() if not c.optional}
        return {"scores": check_table(pd.DataFrame(empty), loaded.tables["scores"])}
    return {name: pd.concat(tables, ignore_index=True) for name, tables in parts.items()}


def _answer_contributions(
    frame: pd.DataFrame, survey: str, loaded: Definitions, options: dict[str, str]
) -> pd.DataFrame | None:
    """What each item adds; none, and a word about it, where that would be more rows than the policy allows."""
    from dihkpi.scoring.answer_parts import answer_contributions, parts_of_one

    rows = len(frame) * parts_of_one(loaded.surveys[survey], options)
    most = int(loaded.value("contribution_rows"))
    if rows > most:
        say(f"no contributions of {survey}: they would have {rows:,} rows, and contribution_rows allows {most:,}")
        return None
    return answer_contributions(frame, loaded.surveys[survey], loaded, options=options)


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
    noun = "assessments" if (overall["level"] == "respondent").all() else "units"
    say(f"{len(overall):,} {noun} scored{written}")
    if not out and len(scores):
        from dihkpi.cli.messages import table as show_table

        rows = overall[["code", "survey", "wave", "value", "band", "status"]].head(50).astype(object)
        shown = rows.where(rows.notna(), "").assign(value=[f"{value:.1f}" for value in overall["value"].head(50)])
        show_table(list(shown.columns), shown.to_numpy().tolist())
    for one in compared:
        tell(one)
