"""The application: every command, with help that answers at once."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dihkpi.cli import definitions, files, runs, schedule, scoring

app = typer.Typer(
    name="dihkpi",
    help="Validated data, maturity scores, impact indicators and assessment reports for Digital Innovation Hubs.",
    epilog="Exit codes: 0 fine, 1 the data has errors, 2 wrong usage, 3 the program failed.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
)


def _version(wanted: bool) -> None:
    if wanted:
        from dihkpi import __version__

        print(f"dihkpi {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> Any:
    """Validated data, maturity scores, impact indicators and assessment reports for Digital Innovation Hubs."""


for group in (runs, files, scoring, definitions, schedule):
    group.register(app)
