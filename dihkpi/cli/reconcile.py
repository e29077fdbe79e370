"""Commands about one's own list beside the official one: reconcile, and the official workbook of services."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dihkpi.cli.definitions import AsJson, Folder
from dihkpi.cli.messages import give, say, table
from dihkpi.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from dihkpi.definitions import Definitions

_FORM = ("edih_kpi", "services")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(reconcile)
    app.command("export-services")(export_services)


def reconcile(
    ours: Annotated[Path, typer.Argument(exists=True, help="Service records of your own.")],
    official: Annotated[Path, typer.Argument(exists=True, help="The export of the KPI tool.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write reconciliation.xlsx and .csv here.")
    ] = None,
    definitions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Compare the customers and services of your own list with the official export."""
    from dihkpi.definitions import load_definitions
    from dihkpi.intake.reconcile.by_hub import services_between
    from dihkpi.intake.reconcile.compare import reconcile as compare

    loaded = load_definitions(definitions)
    mine, theirs = _services(ours, loaded), _services(official, loaded)
    found, services = compare(mine, theirs, loaded), services_between(mine, theirs, loaded)
    if out:
        from dihkpi.intake.reconcile.workbook import write_reconciliation
        from dihkpi.intake.safe_csv import write_csv

        out.mkdir(parents=True, exist_ok=True)
        write_reconciliation(out / "reconciliation.xlsx", found, services)
        write_csv(found.matched, out / "reconciliation.csv")
        say(f"to work through: {out / 'reconciliation.xlsx'}")
    counts = {title: len(rows) for title, rows in {**found.sheets(), "Services": services}.items()}
    if as_json:
        give({title.lower().replace(" ", "_"): count for title, count in counts.items()})
    else:
        table(["", "rows"], [[title, f"{count:,}"] for title, count in counts.items()])


def export_services(
    file: Annotated[Path, typer.Argument(exists=True, help="Service records of your own.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE.xlsx", help="The workbook to write.")],
    definitions: Folder = None,
) -> None:
    """Write service records as the official workbook of 28 columns."""
    from dihkpi.definitions import load_definitions
    from dihkpi.intake.reconcile.services_workbook import write_services

    loaded = load_definitions(definitions)
    rows = _services(file, loaded)
    write_services(out, rows, loaded)
    say(f"{len(rows):,} services: {out}")


def _services(path: Path, loaded: Definitions) -> pd.DataFrame:
    """Accepted service records of a file; what was set aside is told."""
    from dihkpi.intake.submission import read_submission
    from dihkpi.intake.validate import validate

    validated = validate(read_submission(path, loaded), loaded)
    rows = validated.accepted.get(_FORM)
    if rows is None or rows.empty:
        raise UsageError(f"{path.name} holds no service records that can be used\n  see: dihkpi validate {path.name}")
    if validated.n_quarantined:
        say(f"{path.name}: {validated.n_quarantined:,} rows set aside; see: dihkpi validate {path.name}")
    return rows
