"""Code lists: CSV files with a code, a label and attributes, one row per code."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dihkpi.errors import DefinitionError


@dataclass(frozen=True, eq=False)
class CodeList:
    """A closed list of codes.

    Parameters
    ----------
    name : str
        Name of the file without ``.csv``.
    rows : tuple of mapping
        One mapping per code, with ``code``, ``label`` and the attributes.
    """

    name: str
    rows: tuple[Mapping[str, str], ...]

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """All codes, in the order of the file."""
        return tuple(row["code"] for row in self.rows)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Code to label."""
        return {row["code"]: row["label"] for row in self.rows}

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the attributes."""
        return tuple(name for name in (self.rows[0] if self.rows else {}) if name not in ("code", "label"))

    def attribute(self, name: str) -> dict[str, str]:
        """Code to the value of one attribute, without the empty ones."""
        return {row["code"]: row[name] for row in self.rows if row.get(name)}

    def only(self, among: Mapping[str, str]) -> CodeList:
        """The entries whose attributes have the given values."""
        kept = tuple(row for row in self.rows if all(row.get(name) == value for name, value in among.items()))
        return CodeList(self.name, kept)


def read_csv_rows(path: Path, name: str, required: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows of a small definition CSV, checked for shape.

    Raises
    ------
    DefinitionError
        When columns are missing or a row has another width.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = [row for row in csv.reader(handle, strict=True) if row]
    except (UnicodeDecodeError, csv.Error) as fault:
        raise DefinitionError([f"{name}: not a UTF-8 CSV: {fault}"]) from None
    header = rows[0] if rows else []
    absent = [column for column in required if column not in header]
    if absent:
        raise DefinitionError([f"{name}: no column {', '.join(absent)}\n      the header is: {', '.join(header)}"])
    wrong = [f"{name} › line {number}: {len(row)} fields instead of {len(header)}"
             for number, row in enumerate(rows, 1) if len(row) != len(header)]  # fmt: skip
    if wrong:
        raise DefinitionError(wrong)
    return [dict(zip(header, row, strict=True)) for row in rows[1:]]


def read_code_list(path: Path) -> CodeList:
    """Read one code list.

    Raises
    ------
    DefinitionError
        When the file has no code or label column, or a code twice.
    """
    rows = read_csv_rows(path, f"codelists/{path.name}", ("code", "label"))
    seen: set[str] = set()
    twice = [row["code"] for row in rows if row["code"] in seen or seen.add(row["code"])]  # type: ignore[func-returns-value]
    if twice:
        raise DefinitionError([f"codelists/{path.name}: the code '{code}' is there twice" for code in twice])
    return CodeList(path.stem, tuple(rows))
