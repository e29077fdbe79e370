"""Models of ``survey.yaml``: what is asked, in which forms, and how the files look that carry it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from dihkpi.definitions.base import Definition, Names, Number
from dihkpi.definitions.layouts import EmptyMulti, Layout
from dihkpi.definitions.rules import Rule, Severity

CellType = Literal[
    "text", "id", "integer", "decimal", "money", "percent", "date", "datetime", "dates", "boolean", "period",
    "url", "code", "codes", "rated_codes", "hub",
]  # fmt: skip
NUMBERS: tuple[CellType, ...] = ("integer", "decimal", "money", "percent")


class Column(Definition):
    """One column of a form."""

    type: CellType = "text"
    """How a cell is read."""
    label: str = ""
    """Name for people."""
    about: str = ""
    """What to fill in."""
    headers: Names = ()
    """Further headers that it may have in a plain table, beside its own name."""
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


def joined_registers(forms: Mapping[str, Form], of: str) -> list[str]:
    """Registers that tell of the rows of a form: the form of records has every column of their key."""
    form = forms[of]
    there = {*form.columns, *(["respondent"] if form.respondent else [])}
    own = [name for name, other in forms.items() if other.kind == "register" and {*other.key} <= there]
    return own if form.kind == "records" else []


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
