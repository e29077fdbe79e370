"""What a form looks for in an export: its columns and items by code, by the last part of a code, and by text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from dihkpi.definitions.layouts import Layout
from dihkpi.definitions.survey import Form, Item, SurveyText
from dihkpi.intake.text import normalise_header
from dihkpi.intake.tools.export import RESERVED, plain


@dataclass(frozen=True, eq=False)
class Targets:
    """Names that the columns of a file may have.

    Parameters
    ----------
    survey : SurveyText
    form : Form
    declared : Layout, optional
        What the survey says of files of the tool.
    """

    survey: SurveyText
    form: Form
    declared: Layout | None

    @property
    def wanted(self) -> list[str]:
        """Columns and items that every export should have; a multiple choice item counts once."""
        items = dict.fromkeys(item.of or item.code for item in self.form.items)
        fixed = self.declared.fixed if self.declared else {}
        columns = [name for name, column in self.form.columns.items() if column.personal != "direct"]
        return [name for name in (*columns, *items) if name not in RESERVED and name not in fixed]

    @cached_property
    def by_header(self) -> dict[str, str]:
        """Headers that the survey declares."""
        if self.declared is None:
            return {}
        return {
            normalise_header(header): name
            for name in self.declared.headers
            for header in self.declared.source(name).header
        }

    @cached_property
    def by_code(self) -> dict[str, str]:
        """Codes of columns, items and options."""
        names = [*self.form.columns, *self.form.multiple, *(item.code for item in self.form.items)]
        return {normalise_header(name): name for name in names if name not in RESERVED}

    @cached_property
    def by_end(self) -> dict[str, list[str]]:
        """Last parts of the codes of items, such as the row of a matrix."""
        found: dict[str, list[str]] = {}
        for item in self.form.items:
            if "." in item.code and not item.of:
                found.setdefault(normalise_header(item.code.rpartition(".")[2]), []).append(item.code)
        return found

    @cached_property
    def by_text(self) -> dict[str, list[str]]:
        """Labels of columns and items, with and without their question."""
        found: dict[str, list[str]] = {}
        for name, text in self._texts():
            names = found.setdefault(plain(text), [])
            if text and name not in names:
                names.append(name)
        return found

    def _texts(self) -> Iterator[tuple[str, str]]:
        for name, column in self.form.columns.items():
            if name not in RESERVED:
                yield name, column.label
        questions = self.form.questions()
        for item in self.form.items:
            if item.of:
                continue
            question = self.survey.questions.get(item.question, "")
            yield from ((item.code, text) for text in (item.label, *_beside(question, item.label)))
            if len(questions[item.question]) == 1:
                yield item.code, question
        for code, item in self.form.multiple.items():
            yield from self._of_multiple(code, item)

    def _of_multiple(self, code: str, item: Item) -> Iterator[tuple[str, str]]:
        yield code, item.label
        question = self.survey.questions.get(item.question, "")
        if {other.of or other.code for other in self.form.questions()[item.question]} == {code}:
            yield code, question
        labels = self.survey.answer_types[item.type].codes
        for option, name in self.form.ticks(code).items():
            for asked in (item.label, question):
                yield from ((name, text) for text in _beside(asked, labels[option]))


def _beside(question: str, row: str) -> Sequence[str]:
    """The ways in which tools write a row or an option beside its question."""
    if not question:
        return ()
    return (
        f"{question}: {row}", f"{question} [{row}]", f"{question} - {row}", f"{question} - Selected Choice - {row}",
        f"{question}/{row}", f"{question} ({row})", f"{question} {row}",
    )  # fmt: skip
