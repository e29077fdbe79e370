"""XML results of EUSurvey: one row per contribution, one column per question, matrix row and option."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np

from dihkpi.errors import FileRefusedError
from dihkpi.intake.readers.container import Limits
from dihkpi.intake.readers.rectangle import rectangle, too_long
from dihkpi.intake.readers.xml_events import xml_events
from dihkpi.intake.sheet import Labels, Sheet

META = ("contribution", "created", "updated", "language")
"""Columns that come first."""
_HINT = "export the results of EUSurvey as XML again"
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})_([0-9]{2})-([0-9]{2})-([0-9]{2})")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>")
_ANONYMOUS = "Anonymous"

# What an element of the questionnaire is: a column, a title above columns, an option;
# columns below a title have its name before theirs, and some share the options that follow.
_COLUMNS = {"Question", "MatrixQuestion", "TableQuestion", "RatingQuestion", "Cell"}
_TITLES = {"MatrixTitle", "TableTitle", "ComplexTableTitle"}
_OPTIONS = {"Answer", "MatrixAnswer", "TableAnswer", "RankingItem", "TargetDataset"}
_BELOW = {"MatrixQuestion", "TableQuestion", "RatingQuestion", "Cell"}
_SHARING = {"MatrixQuestion", "TableQuestion"}
_WITHOUT_ANSWER = {"File Download", "Line", "Empty", "StaticText"}
_RANKING, _TABLE = "Ranking", "Table Question"


@dataclass(frozen=True)
class EusurveyXml:
    """Results of a survey.

    Parameters
    ----------
    sheet : Sheet
        Header with shortnames, or uids where there are none, in row 0; the first answer set is row 1.
    titles : mapping
        uid of a question, row or option to its title per language, without markup; languages in lower case.
    """

    sheet: Sheet
    titles: Mapping[str, Mapping[str, str]]


@dataclass
class _Item:
    """A question, row or cell of the questionnaire: what its column is called and what it offers."""

    kind: str
    name: str
    above: str = ""
    """uid of the title above it, such as that of a matrix."""
    options: dict[str, str] = field(default_factory=dict)
    """uid to shortname, empty where there is none."""

    @property
    def several(self) -> bool:
        """Whether more than one option may be chosen."""
        return self.kind.startswith(("Multiple Choice", "MultipleChoice"))


@dataclass
class _Results:
    """What is collected while the file is read."""

    items: dict[str, _Item] = field(default_factory=dict)
    titles: dict[str, dict[str, str]] = field(default_factory=dict)
    sets: list[Mapping[str, str]] = field(default_factory=list)
    """Attributes of each answer set."""
    answers: list[dict[str, list[tuple[str, str]]]] = field(default_factory=list)
    """Of each answer set: uid of the question to the options chosen, each with its text."""


def read_eusurvey_xml(path: Path, limits: Limits) -> EusurveyXml:
    """Read the results that EUSurvey exports as XML.

    Raises
    ------
    FileRefusedError
        When the file is damaged, holds a document type, is no such export, or is beyond the limits.
    """
    with path.open("rb") as stream:
        reader = _Reader(path, limits)
        for kind, name, attributes in xml_events(path, stream, "broken_file", _HINT):
            if kind == "begin":
                reader.begin(name, attributes)
            elif kind == "end":
                reader.end()
            else:
                reader.text(name)
    results = reader.results
    if not results.sets:
        raise FileRefusedError("empty_file", f"{path.name} has no answers", _HINT)
    columns = _columns(results)
    if len(META) + len(columns) > limits.columns:
        message = f"{path.name} has {len(META) + len(columns):,} columns; at most {limits.columns} are read"
        raise FileRefusedError("too_many_columns", message, "export fewer questions")
    rows = [[*META, *columns.values()], *_rows(results, list(columns))]
    titles = {uid: MappingProxyType(texts) for uid, texts in results.titles.items()}
    sheet = Sheet("", rectangle(path, rows, limits), np.arange(len(rows)), labels=_labels(results, columns))
    return EusurveyXml(sheet, MappingProxyType(titles))


class _Reader:
    """Follows the elements, and collects what the table needs."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path, self.limits = path, limits
        self.results = _Results()
        self.above: list[str] = []
        self.language = ""
        self.above_columns = self.above_uid = ""
        self.takers: list[_Item] = []
        self.uid = ""
        self.listened, self.length = 0, 0
        self.pieces: list[str] = []

    def begin(self, element: str, given: Mapping[str, str]) -> None:
        """An element with its attributes."""
        above = self.above.copy()
        self.above.append(element)
        if not above and element != "Results":
            raise FileRefusedError("wrong_container", f"{self.path.name} is no result file of EUSurvey", _HINT)
        if above[:3] == ["Results", "Survey", "Elements"]:
            self._define(element, given)
        elif above == ["Results", "Survey"] and element == "Elements":
            self.language = given.get("lang", "").lower()
        elif above == ["Results", "Answers"] and element == "AnswerSet":
            self.results.sets.append(given)
            self.results.answers.append({})
            self._count(len(self.results.sets), "answer sets")
        elif above == ["Results", "Answers", "AnswerSet"] and element in ("Answer", "TargetDataset"):
            option = given.get("aid" if element == "Answer" else "id", "")
            self.uid = given.get("qid", "")
            self.results.answers[-1].setdefault(self.uid, []).append((option, ""))
            self._listen()

    def _define(self, element: str, given: Mapping[str, str]) -> None:
        """An element of the questionnaire."""
        if element == "CellTitle":
            self._listen()
        if element not in _COLUMNS | _TITLES | _OPTIONS:
            return
        self.uid, short = given.get("id", ""), given.get("bid", "")
        self._listen()
        if element in _TITLES or (element == "Question" and given.get("type") == "Rating"):
            self.above_columns, self.above_uid, self.takers = short, self.uid, []
        elif element in _OPTIONS:
            for item in self.takers:
                item.options.setdefault(self.uid, short)
        else:
            name = f"{self.above_columns}.{short}" if element in _BELOW and self.above_columns and short else short
            above = self.above_uid if element in _BELOW else ""
            fresh = _Item(given.get("type", ""), name or self.uid, above)
            item = self.results.items.setdefault(self.uid, fresh)
            self.takers = [*self.takers, item] if element in _SHARING else [item]

    def _count(self, number: int, what: str) -> None:
        if number > self.limits.rows:
            message = f"{self.path.name} has more than {self.limits.rows:,} {what}"
            raise FileRefusedError("too_many_rows", message, "export a part of the results")

    def _listen(self) -> None:
        """Keep the text of the element that has just begun."""
        self.listened, self.pieces, self.length = len(self.above), [], 0

    def text(self, text: str) -> None:
        """A piece of text."""
        if self.listened == len(self.above):
            self.length += len(text)
            if self.length > self.limits.characters:
                number = len(self.results.sets)
                raise too_long(self.path, f"answer set {number}" if number else "questionnaire", self.limits)
            self.pieces.append(text)

    def end(self) -> None:
        """The end of the innermost element."""
        self.above.pop()
        if self.listened != len(self.above) + 1:
            return
        self.listened, text = 0, "".join(self.pieces)
        if self.above[1] == "Survey":
            plain = " ".join(html.unescape(_MARKUP.sub(" ", text)).split())
            self.results.titles.setdefault(self.uid, {}).setdefault(self.language, plain)
            self._count(len(self.results.titles), "questions and options")
        else:
            chosen = self.results.answers[-1][self.uid]
            chosen[-1] = (chosen[-1][0], text)


def _columns(results: _Results) -> dict[tuple[str, str], str]:
    """(uid of the question, uid of the option) to the header, in the order of the questionnaire.

    What was answered but is no part of the questionnaire any more comes last.
    """
    columns: dict[tuple[str, str], str] = {}
    for uid, item in results.items.items():
        if item.several or item.kind == _TABLE:
            columns |= {(uid, option): f"{item.name}.{short or option}" for option, short in item.options.items()}
        elif item.kind not in _WITHOUT_ANSWER:
            columns[uid, ""] = item.name
    for answers in results.answers:
        for uid, chosen in answers.items():
            known = results.items.get(uid)
            if known is None:
                columns.setdefault((uid, ""), uid)
            elif known.several or known.kind == _TABLE:
                for option, _ in chosen:
                    if option:
                        columns.setdefault((uid, option), f"{known.name}.{option}")
    return columns


def _labels(results: _Results, columns: Mapping[tuple[str, str], str]) -> Labels:
    """Titles of the columns in every language, and the titles that an option has in others."""
    texts: dict[str, tuple[str, ...]] = {}
    values: dict[str, dict[str, tuple[str, ...]]] = {}
    for (uid, option), header in columns.items():
        item = results.items.get(uid)
        own, above = results.titles.get(uid, {}), results.titles.get(item.above if item else "", {})
        chosen = results.titles.get(option, {})
        parts = ((above.get(language), own[language], chosen.get(language)) for language in own)
        texts[header] = tuple(dict.fromkeys(": ".join(filter(None, part)) for part in parts))
        for each in item.options if item else ():
            same = tuple(results.titles.get(each, {}).values())
            values.setdefault(header, {}).update(dict.fromkeys(same, same))
    return Labels(texts, values)


def _rows(results: _Results, columns: list[tuple[str, str]]) -> Iterator[list[str]]:
    """One row per answer set."""
    ids = Counter(given.get("id", "") for given in results.sets)
    anonymous = len(ids) < len(results.sets) or not ids.keys().isdisjoint(("", _ANONYMOUS))
    for given, answers in zip(results.sets, results.answers, strict=True):
        language = given.get("lang", "").lower()
        meta = [given.get("list" if anonymous else "id", ""), *(_time(given.get(n, "")) for n in ("create", "last"))]
        yield [*meta, language, *(_cell(results, uid, option, answers, language) for uid, option in columns)]


def _cell(results: _Results, uid: str, option: str, answers: Mapping[str, list[tuple[str, str]]], language: str) -> str:
    """What an answer set says in one column."""
    chosen, item = answers.get(uid, []), results.items.get(uid)
    if option and item is not None and item.kind == _TABLE:
        return ";".join(text for picked, text in chosen if picked == option)
    if option:
        picked_options = {picked for picked, _ in chosen if picked}
        return str(int(option in picked_options)) if picked_options else ""
    if item is not None and item.kind == _RANKING:
        chosen = [(picked.strip(), "") for _, text in chosen for picked in text.split(";")]
    return ";".join(_label(results, item, picked, language) if picked else text for picked, text in chosen)


def _label(results: _Results, item: _Item | None, option: str, language: str) -> str:
    """Shortname of an option, else its title in the language of the answer, else in any."""
    titles = results.titles.get(option, {})
    short = item.options.get(option, "") if item is not None else ""
    return short or titles.get(language) or next(iter(titles.values()), option)


def _time(text: str) -> str:
    """A time as EUSurvey writes it, in the form of ISO 8601.

    >>> _time("2024-07-01_09-00-00")
    '2024-07-01 09:00:00'
    """
    match = _TIME.fullmatch(text)
    return f"{match[1]} {match[2]}:{match[3]}:{match[4]}" if match else text
