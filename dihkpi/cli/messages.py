"""What a person sees: messages and progress on stderr, results on stdout."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd


def complain(text: str) -> None:
    """An error on stderr; control characters are made visible, nothing is markup."""
    lines = [show(line, 2000) for line in text.splitlines()]
    say("\n".join(["error: " + lines[0], *lines[1:]]) if lines else "error")


def say(text: str) -> None:
    """A message on stderr."""
    print(text, file=sys.stderr)


def give(content: Any) -> None:
    """A result as JSON on stdout."""
    print(json.dumps(content, ensure_ascii=False, indent=1, default=str))


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table for JSON, nothing as ``null``."""
    plain = table.astype(object).where(table.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def table(headers: list[str], rows: list[list[str]]) -> None:
    """A plain table on stdout."""
    widths = [max(len(str(cell)) for cell in column) for column in zip(headers, *rows, strict=True)]
    for row in (headers, *rows):
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def counts_line(files: pd.DataFrame) -> str:
    """The headline of a validation."""
    received, accepted, aside = (int(files[name].sum()) for name in ("received", "accepted", "quarantined"))
    return f"{received:,} rows received, {accepted:,} accepted, {aside:,} set aside"
