"""Bundled definitions, folders on top of them, YAML that stays text, switches, and shapes that nobody expects."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import load_definitions
from dihkpi.definitions.expressions import parse
from dihkpi.definitions.locate import bundled_root
from dihkpi.definitions.yaml import read_yaml
from dihkpi.errors import DefinitionError, UsageError
from dihkpi.scoring.score import score

ROOT = bundled_root()
YAML = sorted(path.relative_to(ROOT).as_posix() for kind in ("surveys", "schemas", "notebooks")
              for path in (ROOT / kind).rglob("*.yaml"))  # fmt: skip


def payloads(shared: Path, group: str) -> Any:
    return json.loads((shared / "survey_fixtures" / "payloads.json").read_text(encoding="utf-8"))[group]


# What comes with the package


@pytest.mark.parametrize("name", YAML)
def test_every_bundled_file_is_yaml_of_text_only(name: str) -> None:
    def kinds(data: Any) -> Iterator[type]:
        yield type(data)
        children = [*data, *data.values()] if isinstance(data, dict) else data if isinstance(data, list) else ()
        for child in children:
            yield from kinds(child)

    assert set(kinds(read_yaml(ROOT / name))) <= {dict, list, str, type(None)}


def test_everything_that_is_bundled_was_read(definitions) -> None:
    assert len(YAML) > 15
    folders = {(path.parent.parent.name, path.parent.name) for path in ROOT.glob("surveys/*/*/survey.yaml")}
    assert set(definitions.versions) == folders
    lists = {path.stem for path in ROOT.glob("schemas/codelists/*.csv")}
    assert lists <= set(definitions.codelists)
    assert all(definitions.codelists[name].codes for name in lists)
    assert {path.stem for path in ROOT.glob("schemas/tables/*.yaml")} == set(definitions.tables)


@pytest.mark.parametrize(("survey", "items", "questions"), [("dma_sme", 86, 11), ("dma_pso", 97, 11)])
def test_the_questionnaires_have_the_official_size(definitions, survey: str, items: int, questions: int) -> None:
    form = definitions.survey(survey).form("assessments")
    assert len(form.items) == items
    assert len(form.questions()) == questions


@pytest.mark.parametrize("kind", ["sme", "pso"])
def test_the_field_codes_are_those_of_the_upload_format(definitions, shared: Path, kind: str) -> None:
    official = pd.read_csv(shared / "domain" / f"dma_{kind}_items.csv", dtype=str, keep_default_na=False)
    items = definitions.survey(f"dma_{kind}").form("assessments").items
    assert [item.code for item in items] == official["field_code"].tolist()


@pytest.mark.requirement("R18")
def test_the_digital_europe_programme_has_five_areas(definitions) -> None:
    labels = " | ".join(definitions.codelists["dep_pillars"].labels.values()).casefold()
    assert len(definitions.codelists["dep_pillars"].codes) == 5
    for word in ("high performance computing", "artificial intelligence", "cybersecurity", "skills"):
        assert word in labels


@pytest.mark.requirement("R79")
def test_the_four_functions_of_a_hub_are_service_categories(definitions) -> None:
    labels = " | ".join(definitions.codelists["service_categories"].labels.values()).casefold()
    for word in ("test before invest", "training and skills", "investment", "networking"):
        assert word in labels


def test_norway_is_a_country_and_not_a_no(definitions) -> None:
    assert definitions.codelists["countries"].labels["NO"] == "Norway"


def test_the_same_files_have_the_same_fingerprint(definitions) -> None:
    assert load_definitions().fingerprint == definitions.fingerprint


# YAML


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("labels: {en: Yes, no: Nei}", {"labels": {"en": "Yes", "no": "Nei"}}),
        ("country: NO", {"country": "NO"}),
        ("id: 1.10", {"id": "1.10"}),
        ("id: 007", {"id": "007"}),
        ("t: 12:30:00", {"t": "12:30:00"}),
        ("d: 2024-01-31", {"d": "2024-01-31"}),
        ("n: 1_000", {"n": "1_000"}),
        ("x: ~", {"x": None}),
        ("x:", {"x": None}),
        ('x: ""', {"x": ""}),
        ("x: 'null'", {"x": "null"}),
        ("", None),
    ],
)
def test_yaml_gives_text(write_yaml, text: str, data: Any) -> None:
    assert read_yaml(write_yaml(text)) == data
    assert read_yaml(write_yaml("\ufeff" + text)) == data


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\na: 2", "line 2: the key 'a' is there twice"),
        ("a: 1\n'a': 2", "line 2: the key 'a' is there twice"),
        ("!!python/object/apply:os.system ['true']", "line 1: the tag"),
        ("a: !!python/name:os.system x", "line 1: the tag"),
        ("a: !mine x", "line 1: the tag !mine is not allowed"),
        ("&a [*a]", "anchors and aliases"),
        ("a: &x [1]\nb: *x", "anchors and aliases"),
        ("a: [1", "not valid YAML"),
        ("a: b: c", "line 1: not valid YAML"),
        ("\t- a", "not valid YAML"),
        ("? [1]\n: 2", "line 1: a key must be text"),
        ("a: 1\n---\nb: 2", "not valid YAML"),
        ("[" * 300 + "]" * 300, "nested more than 40 levels deep"),
        ("a: " + "[" * 60 + "]" * 60, "nested more than 40 levels deep"),
        ("a: '" + "x" * 2_000_001 + "'", "larger than"),
    ],
    ids=lambda value: value[:30],
)
def test_yaml_that_is_refused(write_yaml, text: str, words: str) -> None:
    with pytest.raises(DefinitionError) as fault:
        read_yaml(write_yaml(text))
    (problem,) = fault.value.problems
    assert problem.startswith("a.yaml")
    assert words in problem


def test_every_trap_of_the_shared_list_is_text_or_refused(write_yaml, shared: Path) -> None:
    traps = payloads(shared, "yaml")["traps"]
    assert len(traps) > 10
    for trap in traps:
        try:
            data = read_yaml(write_yaml(trap))
        except DefinitionError:
            continue
        assert all(value is None or isinstance(value, str | dict) for value in data.values()), trap


# Rules


def test_rules_that_could_do_harm_do_not_parse(shared: Path) -> None:
    texts = payloads(shared, "expressions")["reject"]
    assert len(texts) > 10
    for text in texts:
        with pytest.raises(ValueError, match=r"rule"):
            parse(text)


NO_RULES = [
    *("", "a +", "x" * 501, "(" * 300 + "1" + ")" * 300, "-" * 100 + "1", "not " * 50 + "a", "a ** 2", "a @ b"),
    *("a if b else c", "a[0]", "b'x'", "1j", "...", "a := 1", "{1}", "*a"),
]


@pytest.mark.parametrize("text", NO_RULES)
def test_more_that_does_not_parse(text: str) -> None:
    with pytest.raises(ValueError, match=r"rule"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a <= 2", [True, False, None]),
        ("a == None", [False, False, True]),
        ("a != None and a > 2", [False, True, False]),
        ("a > 2 or b == 'x'", [True, True, None]),
        ("not a > 2", [True, False, None]),
        ("0 < a < 2", [True, False, None]),
        ("b in ('x', 'z')", [True, False, False]),
        ("b not in ('x', 'z')", [False, True, True]),
        ("a * 2 - 1 >= a + 1", [False, True, None]),
        ("'y' in many", [True, False, None]),
        ("-a < 0", [True, True, None]),
    ],
)
def test_missing_is_neither_true_nor_false(text: str, expected: list[bool | None]) -> None:
    columns = {
        "a": pd.Series([1, 3, None], dtype="Float64"),
        "b": pd.Series(["x", "y", "y"], dtype="string"),
        "many": pd.Series(["x|y=3", "yy|x", None], dtype="string"),
    }
    result = parse(text).evaluate(columns, pd.RangeIndex(3))
    assert [None if pd.isna(value) else bool(value) for value in result] == expected


# A folder on top


def test_a_folder_adds_a_survey_a_level_and_an_indicator(folder, definitions, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("dihkpi.definitions.loader.bundled_root", lambda: ROOT)
    folder.write("schemas/levels.yaml", "nuts1: {title: NUTS 1 region, source: nuts, length: 3}\n")
    folder.write(
        "surveys/edih_kpi/v1/indicators.yaml",
        "big_services: {name: Big services, definition: Above EUR 10 000., unit: services, kind: flow, of: services,"
        " where: price > 10000, count: rows}\n",
    )
    more = folder.load()
    assert set(more.surveys) == {*definitions.surveys, "mini"}
    assert set(more.levels) == {*definitions.levels, "nuts1"}
    assert more.levels["nuts1"].length == 3
    assert set(more.indicators) - set(definitions.indicators) == {
        ("edih_kpi", "big_services"),
        ("mini", "mean_score"),
        ("mini", "answers"),
    }
    assert "big_services" in more.codelists["indicators"].codes
    assert more.fingerprint != definitions.fingerprint
    assert not set(definitions.surveys) & {"mini"}


def test_a_folder_replaces_a_code_list_and_a_number_of_policy(folder, definitions, monkeypatch) -> None:
    monkeypatch.setattr("dihkpi.definitions.loader.bundled_root", lambda: ROOT)
    folder.write("schemas/policy.yaml", "disclosure_minimum: {value: 10, valid_from: 2026-01-01, reference: ours}\n")
    folder.write("schemas/codelists/event_kinds.csv", "code,label\nfair,Fair\n")
    more = folder.load()
    assert (definitions.value("disclosure_minimum"), more.value("disclosure_minimum")) == ("5", "10")
    assert more.codelists["event_kinds"].codes == ("fair",)
    assert more.value("max_columns") == definitions.value("max_columns")


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda d: d.survey("dma_sm"), "unknown survey 'dma_sm'\n  did you mean 'dma_sme'"),
        (lambda d: d.survey("dma_sme", "v9"), "survey dma_sme has no version 'v9'"),
        (lambda d: d.survey("dma_sme").form("answers"), "survey dma_sme has no form 'answers'"),
        (lambda d: d.survey("edih_kpi").scoring(), "survey edih_kpi has no scoring.yaml"),
        (lambda d: d.survey("dma_sme").scoring({"negative": "x"}), "unknown option 'negative'"),
        (lambda d: d.survey("dma_sme").scoring({"negative_item": "x"}), "unknown choice 'x'\n  known: count, ignore"),
        (lambda d: d.survey("dma_sme").scoring({"band_edges": "a, b"}), "'a' is not a number"),
        (lambda d: d.survey("dma_sme").scoring({"band_edges": "50,25,75"}), "needs rising edges"),
        (lambda d: d.survey("dma_sme").scoring({"band_edges": "50"}), "one code more than edges"),
    ],
)
def test_what_is_asked_for_and_not_there(definitions, ask: Any, words: str) -> None:
    with pytest.raises(UsageError) as fault:
        ask(definitions)
    assert words in str(fault.value)


# Switches


@pytest.mark.parametrize("name", ["dma_sme", "dma_pso"])
def test_every_combination_of_switches_scores(definitions, name: str) -> None:
    survey = definitions.survey(name)
    form = survey.form("assessments")
    rows = {
        item.code: pd.Categorical([codes[0], codes[-1], None], dtype=pd.CategoricalDtype(codes, ordered=True))
        for item in form.items
        for codes in [list(survey.answer_types[item.type].codes)]
    }
    who = {"respondent": ["none", "all", "nothing"], "wave": "T0", "date": pd.Timestamp("2024-01-31"), "hub": "h"}
    answers = pd.DataFrame({**who, **rows})
    options = {key: list(option.choices) for key, option in survey.scoring().options.items() if option.choices}
    combinations = [dict(zip(options, choice, strict=True)) for choice in product(*options.values())]
    assert len(combinations) >= 24
    for combination in combinations:
        scores = score(answers, survey, definitions, options=combination)
        overall = scores[scores["dimension"] == "overall"].set_index("code")["value"]
        assert overall["none"] == 0, combination
        assert 90 < overall["all"] <= 100, combination
        assert overall["nothing"] == 0 or np.isnan(overall["nothing"]), combination


# Shapes that nobody expects


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    for key in data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield from places(data[key], (*at, key))


def with_value(data: Any, at: tuple[Any, ...], value: Any) -> Any:
    if not at:
        return value
    changed = copy.deepcopy(data)
    inner = changed
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    return changed


@pytest.mark.parametrize("value", ["x", [{"x": "y"}], None], ids=repr)
def test_a_wrong_shape_anywhere_is_a_definition_error_and_nothing_worse(folder, value: Any) -> None:
    tried = 0
    for path in sorted(folder.root.rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        data = read_yaml(path)
        for at in places(data):
            path.write_text(json.dumps(with_value(data, at, value)), encoding="utf-8")
            tried += 1
            try:
                folder.load()
            except DefinitionError as fault:
                assert all(" › " in problem or ": " in problem for problem in fault.problems), (at, fault.problems)
        path.write_text(text, encoding="utf-8")
    assert tried > 80
