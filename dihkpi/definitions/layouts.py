"""Models of layouts: how a file carries a form; in ``survey.yaml``, or in a file of their own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from dihkpi.definitions.base import Definition, Names

Container = Literal["csv", "xlsx", "ods", "json", "parquet", "sav", "eusurvey_xml"]
DateOrder = Literal["ymd", "dmy", "mdy"]
Tool = Literal["eusurvey", "limesurvey", "kobo", "odk", "qualtrics", "msforms", "googleforms", "spss"]
EmptyMulti = Literal["missing", "none"]


class Source(Definition):
    """Where a layout finds a column."""

    header: Names = ()
    """Header, or several that are accepted."""
    position: int | None = None
    """Counted from 1, for files whose header is not known."""


@lru_cache(maxsize=4096)
def _under(headers: Names) -> Source:
    """Where a column with these headers is; asked for with every column of every form that a file may carry."""
    return Source(header=headers)


class QuestionBlock(Definition):
    """Rows of a sheet that hold one question each, below a header of their own."""

    after: Names
    """Text of the heading that opens the block, or several that do; `*` stands for any letters."""
    until: Names = ()
    """Text of the heading that ends it; the end of the sheet when not given."""
    id: Names
    """Header of the column with the numbers of the questions, or several that are accepted."""
    answer: Names
    """Header of the column with the answers, or several that are accepted."""
    prefix: str = ""
    """Put before the number of a question to get the code of its item."""
    columns: Mapping[str, str] = {}
    """Number of a question to a column of the form; items need no entry."""
    facets: Mapping[str, Names] = {}
    """What stands beside the answers to the header(s) of its column."""
    ignore: Names = ()
    """Numbers of questions that are not read."""


class Place(Definition):
    """A cell, by its address or by a text beside it."""

    cell: str | None = None
    """Address such as `D9`."""
    beside: str | None = None
    """Text of a cell; `*` stands for any letters."""
    column: str | None = None
    """Letter of the column in the row of that text; the next filled cell to the right when not given."""


class Layout(Definition):
    """How one kind of file carries a form; which file is which is decided by content."""

    title: str
    """What kind of file it is."""
    tool: Tool | None = None
    """Results of a survey tool: what stands here is put over what the file tells of itself."""
    containers: tuple[Container, ...] = ("csv", "xlsx", "ods", "json", "parquet", "sav")
    """Kinds of file; what may come as `xlsx` may come as `ods`."""
    sheet: str | None = None
    """Name of the sheet, `*` for any letters; any sheet when not given."""
    file: str | None = None
    """Pattern of the file name, only to choose between layouts that fit equally."""
    signature: Names = ()
    """Headers that must all be there."""
    headers: Mapping[str, Source | Names] = {}
    """Column to header(s); a column not listed is found under its own name."""
    only: bool = False
    """Only the listed columns are expected, the others of the form are empty."""
    fixed: Mapping[str, str] = {}
    """Columns with one value for the whole file."""
    coding: Mapping[str, Mapping[str, str]] = {}
    """Per answer type: cell text to code."""
    dates: DateOrder = "ymd"
    """Order of day, month and year; ISO dates are always read."""
    decimal: Literal["dot", "comma", "detect"] = "dot"
    """Decimal sign; `detect` lets the numbers that only one sign can read decide, once for a file."""
    missing: Names = ()
    """Texts that mean 'no answer' in every column, such as placeholders; `*` at the end stands for any end."""
    joined: str = ";"
    """Signs between several answers in one cell, each of which separates; blanks count when there is nothing else."""
    empty_multi: EmptyMulti | None = None
    """What an empty multiple choice means in such a file; as the survey says when not given."""
    extra: Literal["keep", "warn"] = "warn"
    """Whether columns beyond the layout are worth a warning."""
    header_row: int | None = None
    """Row of the header as a spreadsheet shows it; looked for in the first rows when not given."""
    below: int = 1
    """How many rows below the header the first answer stands."""
    until: Names = ()
    """Rows end before one whose first filled cell is one of these texts, such as a row of totals."""
    fill_down: Names = ()
    """Columns in which an empty cell means the value above, as in merged cells."""
    apart: Mapping[str, Names] = {}
    """Header to texts: rows with one of them are counted, but kept apart, such as incomplete responses."""
    blocks: tuple[QuestionBlock, ...] = ()
    """For sheets with one question a row: where the questions stand."""
    cells: Mapping[str, Place] = {}
    """For sheets with one respondent each: column of the form to the cell that holds it."""

    def source(self, column: str) -> Source:
        """Where to look for a column of the form."""
        given = self.headers.get(column, (column,))
        return given if isinstance(given, Source) else _under(given)

    @property
    def turned(self) -> bool:
        """Whether a sheet holds one respondent, and is turned into one row."""
        return bool(self.blocks or self.cells)


class LayoutFile(Layout):
    """The content of one ``schemas/layouts/*.yaml``: a layout, and the form that it belongs to."""

    survey: str
    """Id of the survey."""
    form: str
    """Form of the survey."""
    version: str | None = None
    """Version of the survey; all versions when not given."""

    def belongs_to(self, survey: str, version: str) -> bool:
        """Whether the layout is one of this survey version."""
        return self.survey == survey and self.version in (None, version)
