"""Scores of the two questionnaires against the written rule, spelled out in plain Python with exact fractions."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihkpi.scoring.score import score

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("DIHKPI_SHARED", ROOT.parent / "shared"))
NEGATIVE = "data_is_not_collected_digitally_m2_4_7"
TWO_COLUMN = {"sme": "q1", "pso": "q2"}
ORDER = {
    "sme": ["strategy", "readiness", "human_centric", "data", "automation_ai", "green"],
    "pso": ["strategy", "readiness", "human_centric", "data", "interoperability", "green"],
}
CODES = {
    "checkbox": ["0", "1"],
    "two_column": ["none", "planned", "done", "both"],
    "scale_0_5": ["0", "1", "2", "3", "4", "5"],
    "no_partially_yes": ["no", "partially", "yes"],
}
SWITCHES = {
    "two_column_mode": ["separate", "graded", "additive"],
    "negative_item": ["count", "ignore", "zero"],
    "unanswered_row": ["zero", "drop"],
    "skipped_question": ["zero", "drop"],
    "plan_done_order": ["plan_done", "done_plan"],
}
Answers = Mapping[str, str | None]


def items_of(kind: str) -> list[tuple[str, str, str]]:
    """Code, question and type of every item: from the domain notes where they are, else from the survey."""
    notes = SHARED / "domain" / f"dma_{kind}_items.csv"
    path = notes if notes.is_file() else ROOT / "surveys" / f"dma_{kind}" / "v1" / "items.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if path == notes:
        return [(row["field_code"], f"q{row['question']}", row["question_type"]) for row in rows]
    return [(row["code"], row["question"], row["type"]) for row in rows]


ITEMS = {kind: items_of(kind) for kind in ("sme", "pso")}


def row_value(type_: str, code: str) -> Fraction:
    if type_ == "scale_0_5":
        return Fraction(int(code), 5)
    return {"no": Fraction(0), "partially": Fraction(1, 2), "yes": Fraction(1)}.get(code) or Fraction(code == "1")


def mean(values: list[Fraction | None]) -> Fraction | None:
    there = [value for value in values if value is not None]
    return sum(there, Fraction(0)) / len(there) if there else None


def question(kind: str, name: str, answers: Answers, switch: Mapping[str, str]) -> list[Fraction | None]:
    """The scores of a question, 0 to 10: two for a question with two columns in the mode 'separate'."""
    rows = [(code, type_) for code, q, type_ in ITEMS[kind] if q == name]
    ticked_negative = any(code == NEGATIVE and answers[code] == "1" for code, _ in rows)
    if switch["negative_item"] != "count":
        rows = [row for row in rows if row[0] != NEGATIVE]
    type_ = rows[0][1]
    columns = 2 if type_ == "two_column" and switch["two_column_mode"] == "separate" else 1
    if switch["negative_item"] == "zero" and ticked_negative:
        return [Fraction(0)]
    given_ = [answers[code] for code, _ in rows if answers[code] is not None]
    if not given_:
        return [None if switch["skipped_question"] == "drop" else Fraction(0)] * columns
    scale = type_ in ("scale_0_5", "no_partially_yes")
    width = len(given_) if scale and switch["unanswered_row"] == "drop" else len(rows)
    if type_ != "two_column":
        return [10 * sum(row_value(type_, code) for code in given_) / width]
    first, second = ("planned", "done") if switch["plan_done_order"] == "plan_done" else ("done", "planned")
    planned = [int(code in (first, "both")) for code in given_]
    done = [int(code in (second, "both")) for code in given_]
    if switch["two_column_mode"] == "separate":
        return [Fraction(10 * sum(planned), width), Fraction(10 * sum(done), width)]
    if switch["two_column_mode"] == "graded":
        values = [Fraction(1) if d else Fraction(p, 2) for p, d in zip(planned, done, strict=True)]
    else:
        values = [(d + Fraction(p, 2)) / Fraction(3, 2) for p, d in zip(planned, done, strict=True)]
    return [10 * sum(values, Fraction(0)) / width]


def written_rule(kind: str, answers: Answers, switch: Mapping[str, str]) -> dict[str, Fraction | None]:
    """Six dimensions, 0 to 100, and their mean."""
    two = {"sme": [["q1", "q2"], ["q3", "q4"], ["q5", "q6"], ["q7", "q8"], ["q9"], ["q10", "q11"]]}
    two["pso"] = two["sme"]
    result: dict[str, Fraction | None] = {}
    for name, questions in zip(ORDER[kind], two[kind], strict=True):
        scores = [value for q in questions for value in question(kind, q, answers, switch)]
        average = mean(scores)
        result[name] = None if average is None else 10 * average
    return {"overall": mean(list(result.values())), **result}


@st.composite
def filled_forms(draw: st.DrawFn, kind: str) -> list[Answers]:
    """Some forms: rows and whole questions may be unanswered."""
    forms = []
    for _ in range(draw(st.integers(1, 8))):
        seed = draw(st.integers(0, 2**32 - 1))
        rng = np.random.default_rng(seed)
        gaps, skipped = rng.choice([0, 0.2, 0.9]), rng.random(12) < rng.choice([0, 0.3])
        form: dict[str, str | None] = {}
        for code, q, type_ in ITEMS[kind]:
            missing = skipped[int(q[1:])] or rng.random() < gaps
            form[code] = None if missing else str(rng.choice(CODES[type_]))
        forms.append(form)
    return forms


def check(kind: str, forms: list[Answers], chosen: Mapping[str, str], answers, definitions) -> None:
    survey = definitions.surveys[f"dma_{kind}"]
    ours = score(answers(survey, forms), survey, definitions, options=chosen)
    defaults = {name: choices[0] for name, choices in SWITCHES.items()}
    for number, form in enumerate(forms):
        got = ours[ours["code"] == f"r{number:03}"].set_index("dimension")["value"]
        for node, expected in written_rule(kind, form, {**defaults, **chosen}).items():
            wanted = np.nan if expected is None else float(expected)
            assert got[node] == pytest.approx(wanted, rel=0, abs=1e-9, nan_ok=True), node


@settings(max_examples=25, deadline=None)
@given(data=st.data(), chosen=st.fixed_dictionaries({k: st.sampled_from(v) for k, v in SWITCHES.items()}))
def test_sme_scores_follow_the_written_rule(data, chosen, answers, definitions):
    check("sme", data.draw(filled_forms("sme")), chosen, answers, definitions)


@settings(max_examples=25, deadline=None)
@given(data=st.data(), chosen=st.fixed_dictionaries({k: st.sampled_from(v) for k, v in SWITCHES.items()}))
def test_pso_scores_follow_the_written_rule(data, chosen, answers, definitions):
    check(
        "pso",
        data.draw(filled_forms("pso")),
        {k: v for k, v in chosen.items() if k != "negative_item"},
        answers,
        definitions,
    )


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [(kind, name, value) for kind in ("sme", "pso") for name in SWITCHES for value in SWITCHES[name]
     if (kind, name) != ("pso", "negative_item")],
)  # fmt: skip
def test_every_switch_alone(kind, name, value, answers, definitions):
    rng = np.random.default_rng(7)
    form = {
        code: None if q == "q4" or rng.random() < 0.2 else str(rng.choice(CODES[type_]))
        for code, q, type_ in ITEMS[kind]
    }
    check(kind, [form, dict.fromkeys(form)], {name: value}, answers, definitions)


def test_the_items_of_the_survey_are_those_of_the_notes(definitions):
    for kind, count in (("sme", 86), ("pso", 97)):
        form = definitions.surveys[f"dma_{kind}"].form("assessments")
        assert [(item.code, item.question, item.type) for item in form.items] == ITEMS[kind]
        assert len(form.items) == count
