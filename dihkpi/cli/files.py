"""The command that checks single files, without a workspace, and how files come in for all such commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dihkpi.cli import DATA_HAS_ERRORS
from dihkpi.cli.definitions import AsJson, Folder
from dihkpi.cli.messages import give, say
from dihkpi.errors import FileRefusedError

if TYPE_CHECKING:
    import pandas as pd

    from dihkpi.definitions import Definitions
    from dihkpi.intake.between import Tables
    from dihkpi.intake.hubs import HubNames
    from dihkpi.intake.submission import Submission
    from dihkpi.intake.validate import Validated

Files = Annotated[
    list[Path], typer.Argument(exists=True, help="CSV, XLSX, ODS, JSON, Parquet or SPSS, whatever the name says.")
]
SurveyId = Annotated[
    str | None, typer.Option("--survey", metavar="ID", help="Settles which survey the files belong to.")
]
Country = Annotated[
    str | None,
    typer.Option("--country", metavar="CC", help="Where the files come from: tells the letters of texts not in UTF-8."),
]
WorkspaceDir = Annotated[
    Path | None,
    typer.Option("-w", "--workspace", metavar="DIR", help="A workspace whose register of hubs counts."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(validate)


def validate(
    files: Files,
    survey: SurveyId = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="DIR", help="Write issues.html, .xlsx, .json and .csv here."),
    ] = None,
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="FILE.csv", help="Write the accepted answers here, one a row.")
    ] = None,
    workspace: WorkspaceDir = None,
    definitions: Folder = None,
    country: Country = None,
    as_json: AsJson = False,
) -> None:
    """Check files: what is wrong, in which cell, and what to do about it."""
    loaded, hubs, known = context(definitions, workspace)
    keep = as_json or answers is not None
    checked, table, issues = validate_all(files, loaded, survey, hubs, known, country=country, keep=keep)
    if answers:
        _write_answers(checked, loaded, answers)
    if report:
        from dihkpi.intake.briefs import rule_briefs
        from dihkpi.intake.issue_report import write_issue_report

        sources = dict(zip(_names(files), files, strict=True))
        write_issue_report(report, issues, table, rule_briefs(issues, table, loaded), sources)
    if as_json:
        give(_as_object(checked, table, issues, loaded))
    else:
        from dihkpi.intake.issue_report import summary_lines

        where = "in issues.csv" if report else "with --report DIR"
        say("\n".join(summary_lines(issues, table, elsewhere=where)))
        if report:
            say(f"\nthe whole list: {report / 'issues.html'}")
    if (issues["severity"] == "error").any():
        raise typer.Exit(DATA_HAS_ERRORS)


def context(definitions: Path | None, workspace: Path | None) -> tuple[Definitions, HubNames | None, Tables]:
    """Definitions, and what a workspace knows: its register of hubs and recorded tables."""
    from dihkpi.definitions import load_definitions

    if workspace is None:
        return load_definitions(definitions), None, {}
    from dihkpi.pipeline.inbox import known_hubs
    from dihkpi.pipeline.known import RecordedTables
    from dihkpi.workspace import open_workspace

    space = open_workspace(workspace)
    loaded = space.load_definitions(definitions)
    store = space.open_store()
    try:
        return loaded, known_hubs(store, loaded), dict(RecordedTables(store, loaded))
    finally:
        store.close()


def validate_all(
    files: list[Path],
    loaded: Definitions,
    survey: str | None,
    hubs: HubNames | None,
    known: Tables | None = None,
    *,
    country: str | None = None,
    keep: bool = True,
) -> tuple[list[Validated], pd.DataFrame, pd.DataFrame]:
    """Every file validated; a file that cannot be read is an issue. Rows are kept where something is done with them."""
    import pandas as pd

    from dihkpi.intake.issues import concat_issues
    from dihkpi.intake.submission import read_submission
    from dihkpi.intake.together import validate_together
    from dihkpi.pipeline.inbox import refusal

    opened: list[Submission] = []
    refused: list[pd.DataFrame] = []
    for name, path in zip(_names(files), files, strict=True):
        try:
            opened.append(read_submission(path, loaded, survey=survey, name=name, country=country))
        except FileRefusedError as fault:
            refused.append(refusal(name, fault))
    checked: list[Validated] = []
    results = validate_together(opened, loaded, hubs=hubs, known=known, keep=keep)
    for submission, found in zip(opened, results, strict=True):
        if isinstance(found, FileRefusedError):
            refused.append(refusal(submission.name, found))
        else:
            checked.append(found)
    columns = list(loaded.tables["files"].columns)
    table = pd.concat([v.files() for v in checked], ignore_index=True) if checked else pd.DataFrame(columns=columns)
    return checked, table, concat_issues([*(v.issues for v in checked), *refused])


def _write_answers(checked: list[Validated], loaded: Definitions, path: Path) -> None:
    """The answers of all files in long form."""
    import pandas as pd

    from dihkpi.intake.answer_table import answer_table
    from dihkpi.intake.safe_csv import write_csv

    parts = [part for validated in checked for part in validated.parts if part.match.form.kind == "answers"]
    tables = [answer_table(part, loaded) for part in parts]
    columns = list(loaded.tables["answers"].columns)
    found = [table for table in tables if len(table)]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_csv(pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns), path)
    say(f"{sum(map(len, found)):,} answers: {path}")


def _names(files: list[Path]) -> list[str]:
    """How issues call the files: by their names, or by their paths where two have the same name."""
    names = [path.name for path in files]
    return names if len(set(names)) == len(names) else [path.as_posix() for path in files]


def _as_object(
    checked: list[Validated], table: pd.DataFrame, issues: pd.DataFrame, loaded: Definitions
) -> dict[str, Any]:
    from dihkpi.intake.briefs import rule_briefs
    from dihkpi.intake.issue_report import issue_object
    from dihkpi.intake.profile import profile

    parts = [part for validated in checked for part in validated.parts]
    found = issue_object(issues, table, rule_briefs(issues, table, loaded))
    return {**found, "profile": [profile(part) for part in parts]}
