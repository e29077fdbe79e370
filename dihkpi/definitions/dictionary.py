"""Pages generated from the definitions: the data dictionary, and what every field of a definition file means.

Written by ``python -m dihkpi.definitions.dictionary docs``; a test holds the pages against the definitions.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from dihkpi.definitions.cards import card
from dihkpi.definitions.collection import Definitions
from dihkpi.definitions.composite import AggregateSettings, NumericItem, Step, Weighting
from dihkpi.definitions.design import Designs, Margins, Response, SurveyDesign, SurveyEstimate
from dihkpi.definitions.indicators import (
    Ceiling,
    Example,
    FiguresExample,
    Flag,
    Indicator,
    Level,
    Mix,
    PolicyValue,
    Quotient,
    Ratio,
    ReportDefinition,
    Rows,
)
from dihkpi.definitions.layouts import Layout, LayoutFile, Place, QuestionBlock
from dihkpi.definitions.loader import load_definitions
from dihkpi.definitions.plan import Analysis, Design, Family, Need, Outcome, Plan
from dihkpi.definitions.programme import Declared, Programme, Question
from dihkpi.definitions.rules import Comparison, Reference, Rule, Sequence, Series
from dihkpi.definitions.scenario import Scenario
from dihkpi.definitions.scoring import Bands, ItemSet, Knockout, Node, Option, Scoring
from dihkpi.definitions.survey import Accept, AnswerType, Column, Derived, Form, Item, Respondent, SurveyText
from dihkpi.definitions.uncertainty import Choice, Repeats, Sampling, Uncertainty

_FILES: dict[str, tuple[type[BaseModel], ...]] = {
    "survey.yaml": (
        SurveyText,
        Accept,
        AnswerType,
        Form,
        Column,
        Respondent,
        Rule,
        Reference,
        Comparison,
        Sequence,
        Series,
        Derived,
        Layout,
    ),
    "layouts/*.yaml": (LayoutFile, QuestionBlock, Place),
    "items.csv": (Item,),
    "scoring.yaml": (
        Scoring, Node, ItemSet, Knockout, Bands, Option, NumericItem, Step, Weighting, AggregateSettings,
        Repeats, Uncertainty, Sampling, Choice,
    ),
    "indicators.yaml": (Indicator, Ratio, Mix, Quotient, Ceiling, Flag),
    "examples.yaml": (Example,),
    "a file of scenarios": (Scenario,),
    "analysis.yaml": (Plan, Family, Analysis, Outcome, Programme, Question, Declared),
    "designs.yaml": (Design, Need),
    "design.yaml": (Designs, SurveyDesign, Response, Margins, SurveyEstimate),
    "figures.yaml": (FiguresExample, Rows),
    "levels.yaml": (Level,),
    "policy.yaml": (PolicyValue,),
    "reports.yaml": (ReportDefinition,),
}  # fmt: skip


def definitions_page() -> str:
    """Every field of every definition file, from the models."""
    lines = [
        "# Definition files",
        "",
        "Generated from the models. YAML 1.2; every scalar is text until a field gives it a type, so `NO` stays Norway",
        "and `1/3` is a number. Unknown fields, repeated keys, anchors and tags are errors.",
    ]
    for file, models in _FILES.items():
        lines += ["", f"## {file}"]
        for model in models:
            lines += ["", f"### {model.__name__}", "", inspect.getdoc(model) or "", "", *_fields(model)]
    return "\n".join(lines) + "\n"


def _fields(model: type[BaseModel]) -> Iterator[str]:
    yield "| field | needed | default | meaning |"
    yield "| --- | --- | --- | --- |"
    notes = _notes(model)
    for name, field in model.model_fields.items():
        needed = "yes" if field.is_required() else ""
        default = "" if field.is_required() else _shown(field.default)
        yield f"| `{name}` | {needed} | {default} | {notes.get(name, '')} |"


def _shown(default: object) -> str:
    """A default as one would write it in YAML."""
    if default in (None, "", (), {}):
        return ""
    if isinstance(default, tuple):
        return ", ".join(f"`{value}`" for value in default)
    return f"`{str(default).lower()}`" if isinstance(default, bool) else f"`{default}`"


def _notes(model: type[BaseModel]) -> dict[str, str]:
    """The text below each field in the source of a model."""
    notes: dict[str, str] = {}
    name = ""
    for line in inspect.getsource(model).splitlines():
        text = line.strip()
        if text.startswith('"""') and name:
            notes[name] = text.strip('"').replace("``", "`").replace("|", "\\|")
        head = text.partition(":")[0]
        name = head if head in model.model_fields else ""
    return notes


def tables_page(definitions: Definitions) -> str:
    """The tables that cross the stages, and the columns of every form."""
    lines = ["# Data dictionary", "", "Generated from `schemas/tables` and `surveys`.", "", "## Tables of a run"]
    for table in definitions.tables.values():
        lines += ["", f"### {table.table}", "", f"{table.title}. Key: {', '.join(table.key)}.", ""]
        lines += ["| column | type | meaning |", "| --- | --- | --- |"]
        lines += [f"| `{name}` | {column.type} | {column.about} |" for name, column in table.columns.items()]
    about = "Column names are the headers of a plain table; official files have headers of their own."
    lines += ["", "## Forms", "", about]
    for survey in definitions.surveys.values():
        for name, form in survey.forms.items():
            lines += ["", f"### {survey.survey} › {name}", "", f"{form.title}. Key: {', '.join(form.key)}.", ""]
            lines += ["| column | type | needed | label |", "| --- | --- | --- | --- |"]
            for column, declared in form.columns.items():
                kind = declared.type + (f" ({', '.join(declared.codes)})" if declared.codes else "")
                needed = "yes" if declared.required else ""
                lines.append(f"| `{column}` | {kind} | {needed} | {declared.label} |")
            if form.items:
                lines.append(f"| … | | | and {len(form.items)} items, see `items.csv` |")
    return "\n".join(lines) + "\n"


def indicators_page(definitions: Definitions) -> str:
    """A card for every indicator."""
    lines = ["# Indicators", "", "Generated from the `indicators.yaml` of each survey."]
    for (survey, name), indicator in definitions.indicators.items():
        facts = card(survey, indicator, definitions)
        lines += ["", f"## {indicator.name}", "", f"`{name}`: {indicator.definition}", ""]
        lines += [f"- {fact}: {text}" for fact, text in facts.items() if text]
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """File name to content of every generated page."""
    definitions = load_definitions()
    return {
        "definitions.md": definitions_page(),
        "tables.md": tables_page(definitions),
        "indicators.md": indicators_page(definitions),
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    for file_name, text in pages().items():
        (folder / file_name).write_text(text, encoding="utf-8")
        print(folder / file_name)
