"""Models of ``survey.yaml``: what is asked, in which forms, and how the files look that carry it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import model_validator

from dihkpi.definitions.base import Definition, Names, Number

Severity = Literal["error", "warning", "info"]
CellType = Literal[
    "text", "id", "integer", "decimal", "money", "percent", "date", "datetime", "dates", "boolean", "period",
    "url", "code", "codes", "rated_codes", "hub",
]  # fmt: skip
NUMBERS: tuple[CellType, ...] = ("integer", "decimal", "money", "percent")
Container = Literal["csv", "xlsx", "ods", "json", "parquet", "sav", "eusurvey_xml"]
DateOrder = Literal["ymd", "dmy", "mdy"]
Tool = Literal["eusurvey", "limesurvey", "kobo", "odk", "qualtrics", "msforms", "googleforms", "spss"]
EmptyMulti = Literal["missing", "none"]


class Column(Definition):
    """One column of a form."""

    type: CellType = "text"
    """How a cell is read."""
    label: str = ""
    """Name for people."""
    about: str = ""
    """What to fill in."""
    required: bool = False
    """An empty cell is an error."""
    required_when: str | None = None
    """Condition over the row under which an empty cell is an error."""
    present: bool = False
    """The column itself must be in the file, even if its cells may be empty."""
    codes: Names = ()
    """Code list(s) of a code column."""
    among: Mapping[str, str] = {}
    """Only the entries of the code list with these attributes."""
    also: Names = ()
    """Further code lists whose entries are accepted with a warning."""
    unknown: Severity = "error"
    """What an unknown code is."""
    unknown_hint: str = ""
    """What an unknown code means and what to do; the codes that are allowed by default."""
    min: Number | None = None
    """Smallest value, or lowest level."""
    max: Number | None = None
    """Largest value, or highest level."""
    pattern: str | None = None
    """Regular expression that the whole text must match from its start."""
    missing: Names = ()
    """Texts that mean 'no value' in this column, beside the empty cell."""
    separator: str = ";"
    """Between the codes of one cell."""
    personal: Literal["no", "indirect", "direct"] = "no"
    """Direct personal data is dropped at import."""


class Item(Definition):
    """One line of a questionnaire; ``type`` names its answer type."""

    code: str
    """Column in files; unique in the survey."""
    question: str
    """Question that the item belongs to."""
    type: str
    """One of the answer types."""
    label: str
    """Short text."""
    of: str = ""
    """The multiple choice item of which this is an option; filled when the definition is loaded."""
    option: str = ""
    """Code of that option; filled when the definition is loaded."""


class AnswerType(Definition):
    """The closed list of codes an item may have, with their labels."""

    label: str = ""
    """Name for messages."""
    codes: Mapping[str, str]
    """Code to label, lowest answer first."""
    aliases: Mapping[str, str] = {}
    """Further texts that a file may hold, and the codes that they mean."""
    multiple: bool = False
    """Several codes may be chosen: an item `q` becomes one item `q.code` per code, of the answer type `ticks`."""


class Source(Definition):
    """Where a layout finds a column."""

    header: Names = ()
    """Header, or several that are accepted."""
    position: int | None = None
    """Counted from 1, for files whose header is not known."""


class QuestionBlock(Definition):
    """Rows of a sheet that hold one question each, below a header of their own."""

    after: str
    """Text of the heading that opens the block; `*` stands for any letters."""
    until: str = ""
    """Text of the heading that ends it; the end of the sheet when not given."""
    id: str
    """Header of the column with the numbers of the questions."""
    answer: str
    """Header of the column with the answers."""
    prefix: str = ""
    """Put before the number of a question to get the code of its item."""
    columns: Mapping[str, str] = {}
    """Number of a question to a column of the form; items need no entry."""
    facets: Mapping[str, str] = {}
    """What stands beside the answers to the header of its column."""
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
        given = self.headers.get(column)
        if given is None:
            return Source(header=(column,))
        return given if isinstance(given, Source) else Source(header=given)

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


class Rule(Definition):
    """A rule over cells: exactly one of the kinds below, from ``check`` on."""

    brief: str
    """The rule as one plain sentence."""
    hint: str = ""
    """What to do."""
    severity: Severity = "error"
    """`error` sets the row aside, `warning` and `info` only tell."""
    check: str | None = None
    """Expression that must hold; not evaluated where a value is missing."""
    cells: Names = ()
    """Columns to point at; those that the expression reads by default."""
    sequence: Sequence | None = None
    """Dates of a respondent follow the order of the waves."""
    exclusive: str | None = None
    """An item that excludes a tick on every other item of its question."""
    unanswered: bool = False
    """Each question without any answer is reported."""
    totals: Mapping[str, str] = {}
    """Column with a stated total to the node whose points it is the sum of; the points stand in ``facet``."""
    facet: str | None = None
    """What stands beside the answers and is summed up."""
    agrees: str | None = None
    """A facet with points that must be those that the scoring gives for the answer."""
    straight_lining: Names = ()
    """Answer types in which all items of the form having the same highest or non-zero answer is suspicious."""
    unique: Names = ()
    """Columns whose values together stand in one row only; not tested where one of them is empty."""
    refers: Reference | None = None
    """Values that stand in another form of the survey; not tested where that form is not known."""
    compare: Comparison | None = None
    """A number that is plausible after the one before; a warning unless `severity` says otherwise."""

    @model_validator(mode="before")
    @classmethod
    def _comparisons_warn(cls, data: Any) -> Any:
        """A change that surprises may be true."""
        if isinstance(data, dict) and data.get("compare") and "severity" not in data:
            return {**data, "severity": "warning"}
        return data


class Reference(Definition):
    """Values of columns that must stand in columns of another form, in the same files or in what is recorded."""

    columns: Names
    """Columns of this form; not tested where one of them is empty."""
    to: str
    """The other form."""
    key: Names
    """Columns of the other form, in the same order; letter case does not matter."""
    within: Names = ()
    """Columns that both forms have, such as `hub`: only rows whose values the other form has at all are tested."""


class Comparison(Definition):
    """A number against the one before: of an earlier period, or as the same row was recorded."""

    column: str
    """The number."""
    to: Literal["previous", "recorded"]
    """`previous`: the row with the same key in the period before, sent or recorded; `recorded`: the row it corrects."""
    factor: Number | None = None
    """More than this many times the number before, or less than its share, is implausible; zero has no share."""
    min_change: Number | None = None
    """A change smaller than this is always plausible; alone, any other is not."""
    must_not_fall: bool = False
    """A smaller number than before is implausible, as for what is counted since the start."""


class Sequence(Definition):
    """Dates of one respondent must follow the order of the waves."""

    min_months: int | None = None
    """A shorter gap between consecutive waves is a warning."""
    max_months: int | None = None
    """A longer gap between consecutive waves is a warning."""


class Derived(Definition):
    """A column computed after validation; exactly one way."""

    attribute: str | None = None
    """``column.attribute``: the attribute of the code that stands in the column."""
    days: str | None = None
    """Days of a date range column, both ends counted."""
    expression: str | None = None
    """A condition or amount over other columns."""


class Respondent(Definition):
    """How the rows of a form tell who answered or was served."""

    kind: str | None = None
    """What respondents are, such as `sme`."""
    kind_from: str | None = None
    """Column with the kind, when the rows are of several."""
    id: str | None = None
    """Column with the identifier in the official register."""
    registration: str | None = None
    """Column with the VAT or registration number."""
    name: str | None = None
    """Column with the name."""
    country: str | None = None
    """Column with the country code."""
    nuts: str | None = None
    """Column with the NUTS code."""
    sector: str | None = None
    """Column with the sector."""
    size: str | None = None
    """Column with the staff size."""


class Form(Definition):
    """One table of a survey: its columns, its key, its rules and the files that carry it."""

    title: str
    """Name for people."""
    kind: Literal["answers", "scores", "records", "hubs", "catalogue", "register", "targets", "values"]
    """What later stages do: `answers` and `values` (numbers) are scored, `scores` taken as given, `records` counted."""
    key: Names
    """Columns that identify a row (``respondent`` stands for who answered); a doubled key is an error."""
    key_without: Names = ()
    """Columns that identify a row whose first key column is empty."""
    columns: Mapping[str, Column]
    """Columns beside the items."""
    items: tuple[Item, ...] = ()
    """Read from the CSV that ``items`` names."""
    multiple: Mapping[str, Item] = {}
    """Multiple choice items as they are asked, by code; filled when the definition is loaded."""
    facets: Mapping[str, Column] = {}
    """What may stand beside each answer, such as points or a mark; columns are called ``item@facet``."""
    hub: str | None = None
    """Column that names the hub; without one the folder of the file tells."""
    hub_country: str | None = None
    """Column with the hub's country, for names that several hubs share."""
    respondent: Respondent | None = None
    """Who a row is about."""
    date: str | None = None
    """Column that dates a row."""
    wave: str | None = None
    """Column with the wave."""
    rules: Mapping[str, Rule] = {}
    """Rules over several cells, by their id."""
    derived: Mapping[str, Derived] = {}
    """Columns computed after validation."""
    layouts: Mapping[str, Layout] = {}
    """Files that carry the form."""
    tidy: bool = True
    """Also read as a plain table with the column names as headers."""

    @property
    def period(self) -> str | None:
        """The column of the key that holds periods."""
        return next((name for name in self.key if name in self.columns and self.columns[name].type == "period"), None)

    def column_type(self, name: str) -> CellType | None:
        """Type of a column or of what stands beside an item; ``None`` for items."""
        column = self.facets.get(name.partition("@")[2]) if "@" in name else self.columns.get(name)
        return column.type if column else None

    def ticks(self, code: str) -> dict[str, str]:
        """Option to the item that tells whether it was chosen, of a multiple choice item."""
        return {item.option: item.code for item in self.items if item.of == code}

    def questions(self) -> dict[str, tuple[Item, ...]]:
        """Items by question, in the order of the form."""
        result: dict[str, tuple[Item, ...]] = {}
        for item in self.items:
            result[item.question] = (*result.get(item.question, ()), item)
        return result


class Accept(Definition):
    """What becomes of a file with errors."""

    unit: Literal["row", "answer"] = "row"
    """What an error sets aside: the whole row, or the answer alone (an error in a key takes its row all the same)."""
    policy: Literal["lenient", "strict"] = "lenient"
    """`strict` sets all rows of a file aside when any has an error."""
    raised: Names = ()
    """Rules whose warnings are errors in this survey."""
    max_error_share: Number = 1.0
    """A file in which a larger share of the rows has errors is doubtful as a whole, and all its rows are set aside."""


class SurveyText(Definition):
    """The content of one ``survey.yaml``."""

    survey: str
    """Id; the name of the folder."""
    version: str
    """Version; the name of the folder inside."""
    title: str
    """Name for people."""
    languages: Names = ("en",)
    """Languages of the texts."""
    about: str = ""
    """What the survey is."""
    waves: str | None = None
    """Code list of the waves."""
    valid_from: date | None = None
    """First day of validity."""
    reference: str
    """Where it comes from."""
    answer_types: Mapping[str, AnswerType] = {}
    """Kinds of answer, by name."""
    questions: Mapping[str, str] = {}
    """Code of a question to its short text."""
    empty_multi: EmptyMulti = "missing"
    """What an empty multiple choice means where a file cannot tell: no answer, or `none` of the options."""
    forms: Mapping[str, Form]
    """Tables of the survey, by name."""
    accept: Accept = Accept()
    """What becomes of a file with errors."""
