"""The issue table: one row for each thing that is wrong, with its place, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dihkpi.intake.sheet import Block, column_letter
from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "file", "sheet", "row", "column", "rule", "severity", "cell", "value", "message", "hint", "related_rows",
)  # fmt: skip
ORDER = ["file", "sheet", "row", "column", "rule", "value"]


@dataclass(frozen=True)
class Fault:
    """What is wrong with a value, without its place."""

    rule: str
    message: str
    hint: str = ""
    severity: str = "error"
    value: str | None = None
    """The part of the cell that is meant, when it is not the whole."""
    related: tuple[int, ...] = ()
    """Physical rows of the same fault."""


@dataclass
class IssueLog:
    """Collects the issues of one sheet.

    Parameters
    ----------
    file, sheet : str
        Where the rows come from.
    """

    file: str
    sheet: str = ""
    records: list[tuple[object, ...]] = field(default_factory=list)
    bad_rows: set[int] = field(default_factory=set)
    """Indices of rows with an error."""
    errors: set[tuple[int, int | None]] = field(default_factory=set)
    """Index and position of cells with an error; no position for an error of the row."""
    settled: set[tuple[int, int]] = field(default_factory=set)
    """Index and position of cells about which everything is said."""
    told: set[tuple[int, int | None]] = field(default_factory=set)
    """Index and position of cells with an issue."""
    raised: frozenset[str] = frozenset()
    """Rules whose warnings are errors."""
    tables: list[pd.DataFrame] = field(default_factory=list)
    """What was noted of blocks that are done, as tables: they take a tenth of the memory."""
    has_errors: bool = False
    """Whether any issue so far is an error."""

    def add(
        self,
        fault: Fault,
        *,
        row: int | None = None,
        index: int | None = None,
        position: int | None = None,
        header: str = "",
        value: str = "",
        sheet: str | None = None,
    ) -> None:
        """Note one fault of a row or of the file; ``index`` is the row of the table that an error sets aside."""
        self._note(fault, row, position, header, value, sheet)
        if self.severity(fault) == "error" and index is not None:
            self.bad_rows.add(index)
            self.errors.add((index, None))

    def severity(self, fault: Fault) -> str:
        """How severe a fault is in this survey: a warning may be raised to an error."""
        return "error" if fault.severity == "warning" and fault.rule in self.raised else fault.severity

    def _note(
        self, fault: Fault, row: int | None, position: int | None, header: str, value: str, sheet: str | None = None
    ) -> None:
        severity = self.severity(fault)
        self.has_errors = self.has_errors or severity == "error"
        cell = f"{column_letter(position)}{row}" if position is not None and row is not None else ""
        self.records.append((
            self.file, self.sheet if sheet is None else sheet, row, header, fault.rule, severity, cell,
            show(value if fault.value is None else fault.value), fault.message, fault.hint,
            ", ".join(str(number) for number in fault.related),
        ))  # fmt: skip

    def cell(
        self, fault: Fault, block: Block, index: int, position: int | None, header: str, value: str | None = None
    ) -> None:
        """Note one fault at a cell of a block, at the place that it has in the file."""
        if position is None:
            self.add(fault, row=int(block.rows[index]), index=index, header=header, value=value or "")
            return
        if (index, position) in self.settled:
            return
        row, column = block.place(index, position)
        text = block.text(index, position) if value is None else value
        self._note(fault, row, column, header, text, block.sheet_of(position))
        self.told.add((index, position))
        if self.severity(fault) == "error":
            self.bad_rows.add(index)
            self.errors.add((index, position))

    def another(self) -> IssueLog:
        """An empty log of the same rows, under the same conditions."""
        return replace(self, records=[], bad_rows=set(), errors=set(), told=set(), tables=[], has_errors=False)

    def merge(self, other: IssueLog) -> None:
        """Take in what another log of the same rows notes."""
        self.records += other.records
        self.bad_rows |= other.bad_rows
        self.errors |= other.errors
        self.told |= other.told
        self.has_errors = self.has_errors or other.has_errors

    def file_away(self, block: IssueLog) -> None:
        """Take in the issues of a block that is done."""
        self.has_errors = self.has_errors or block.has_errors
        if block.records:
            self.tables.append(_typed(block.records))

    def table(self) -> pd.DataFrame:
        """The issues in the order of the file."""
        import pandas as pd

        if not self.tables:
            return issue_table(self.records)
        self.tables = [pd.concat([_typed(self.records), *self.tables], ignore_index=True)]
        self.records = []
        return _in_order(self.tables[0])


def issue_table(records: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    """A typed issue table from raw records."""
    return _in_order(_typed(records))


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(ORDER, kind="stable", na_position="first", ignore_index=True)


def _typed(records: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    import pandas as pd

    columns = list(zip(*records, strict=True)) if records else [()] * len(COLUMNS)
    data = dict(zip(COLUMNS, columns, strict=True))
    return pd.DataFrame(
        {name: pd.array(list(values), dtype="Int64" if name == "row" else "str") for name, values in data.items()}
    )


def concat_issues(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Several issue tables as one, in the order of the files."""
    import pandas as pd

    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else issue_table([])
