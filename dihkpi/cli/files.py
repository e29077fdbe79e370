"""Commands about single files, without a workspace: validate, score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dihkpi.cli import DATA_HAS_ERRORS
from dihkpi.cli.definitions import AsJson, Folder
from dihkpi.cli.messages import counts_line, give, say
from dihkpi.errors import FileRefusedError, UsageError

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
    app.command()(score)


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
    loaded, hubs, known = _context(definitions, workspace)
    keep = as_json or answers is not None
    checked, table, issues = _validate_all(files, loaded, survey, hubs, known, country=country, keep=keep)
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
    definitions: Folder = None,
    country: Country = None,
    as_json: AsJson = False,
) -> None:
    """Score answers or numbers without a workspace: one row per respondent or unit and node of the scoring tree."""
    loaded, *_ = _context(definitions, None)
    options = _options(option or [])
    checked, table, issues = _validate_all(files, loaded, survey, None, country=country)
    tables = _scores(checked, loaded, options, with_parts=out is not None)
    scores = tables["scores"]
    if out and len(scores):
        from dihkpi.intake.safe_csv import write_csv

        out.mkdir(parents=True, exist_ok=True)
        for name, content in tables.items():
            write_csv(content, out / f"{name}.csv")
            content.to_parquet(out / f"{name}.parquet", index=False)
        write_csv(issues, out / "issues.csv", for_excel=True)
    _tell_scores(scores, table, issues, out, as_json)
    if (issues["severity"] == "error").any():
        raise typer.Exit(DATA_HAS_ERRORS)


def _context(definitions: Path | None, workspace: Path | None) -> tuple[Definitions, HubNames | None, Tables]:
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


def _validate_all(
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


def _options(pairs: list[str]) -> dict[str, str]:
    options = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"an option is written NAME=VALUE, not '{pair}'")
        options[name.strip()] = value.strip()
    return options


def _scores(
    checked: list[Validated], loaded: Definitions, options: dict[str, str], *, with_parts: bool
) -> dict[str, pd.DataFrame]:
    """The tables that scoring gives, by their name."""
    import pandas as pd

    from dihkpi.intake.columns import check_table
    from dihkpi.scoring.composite import score_values
    from dihkpi.scoring.score import score as score_answers

    parts: dict[str, list[pd.DataFrame]] = {"scores": []}
    for (survey, form), frame in _by_form(checked, loaded).items():
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
    scores: pd.DataFrame, table: pd.DataFrame, issues: pd.DataFrame, out: Path | None, as_json: bool
) -> None:
    from dihkpi.intake.issue_report import issue_object, summary_lines

    if as_json:
        plain = scores.astype(object).where(scores.notna(), None)
        give({"scores": plain.to_dict("records"), **issue_object(issues, table)})
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
