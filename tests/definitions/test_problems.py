"""One broken definition per message: where it is, what is allowed, what was perhaps meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dihkpi.errors import DefinitionError, UsageError

BROKEN = {
    "repeated key": (
        *("mini/v1/survey.yaml", "title: Mini\n", "title: Mini\ntitle: Maxi\n"),
        ["mini/v1/survey.yaml › line 4: the key 'title' is there twice"],
    ),
    "unknown field of a survey": (
        *("survey.yaml", "title: Mini\n", "title: Mini\nlanguage: en\n"),
        ["mini/v1/survey.yaml › language: unknown field", "did you mean 'languages'?"],
    ),
    "unknown field of a column": (
        *("survey.yaml", "name: {type: text, required: true}", "name: {type: text, requird: true}"),
        ["survey.yaml › forms › answers › columns › name › requird: unknown field", "did you mean 'required'?"],
    ),
    "unknown field of a node": (
        *("scoring.yaml", "one: {label: One,", "one: {label: One, wieghts: {},"),
        ["scoring.yaml › nodes › one › wieghts: unknown field", "did you mean 'weights'?"],
    ),
    "required field missing": (
        *("survey.yaml", "    title: Answers\n", ""),
        ["survey.yaml › forms › answers › title: missing, but required"],
    ),
    "wrong choice": (
        *("survey.yaml", "name: {type: text,", "name: {type: txt,"),
        ["survey.yaml › forms › answers › columns › name › type: input should be 'text',", "not 'txt'"],
    ),
    "not a number": (
        *("survey.yaml", "min: 0", "min: none"),
        ["columns › price › min: 'none' is not a number (write 12, 0.5 or 1/3)"],
    ),
    "folder and survey disagree": (
        *("survey.yaml", "version: v1", "version: v2"),
        ["mini/v1/survey.yaml: survey and version must be those of the folder, mini and v1"],
    ),
    "unknown dimension": (
        *("scoring.yaml", "of: [one]", "of: [one, twoo]"),
        ["scoring.yaml › nodes › overall › of: unknown dimension 'twoo'", "known: overall, one"],
    ),
    "near miss of a dimension": (
        *("indicators.yaml", "score: overall", "score: overal"),
        ["indicators.yaml › mean_score › of: unknown dimension 'overal'", "did you mean 'overall'?"],
    ),
    "smallest change that is no share": (
        *("indicators.yaml", "score: overall", "change: [{waves: [T0, T1], minimal_difference: 5}], nodes: overall"),
        ["minimal_difference is a share of a node's scale, above 0 and up to 1, not 5"],
    ),
    "reliability of an unknown dimension": (
        *(
            "indicators.yaml",
            "score: overall",
            "change: [{waves: [T0, T1], reliability: {overal: 0.8}}], nodes: overall",
        ),
        ["indicators.yaml › mean_score › change › reliability: unknown dimension 'overal'", "did you mean 'overall'?"],
    ),
    "no score for an option": (
        *("scoring.yaml", '{"0": 0, "1": 1}', '{"0": 0}'),
        [
            "scoring.yaml › nodes › one: no score for option '1' in points › tick",
            "the survey offers: 0, 1",
        ],
    ),
    "no table of points": (
        *("scoring.yaml", "  tick: {", "  ticks: {"),
        ["scoring.yaml › nodes › one: no table of points for 'tick'", "did you mean 'ticks'?"],
    ),
    "unknown code list": (
        *("survey.yaml", "codes: sizes", "codes: size"),
        ["survey.yaml › forms › answers › columns › size › codes: unknown code list 'size'", "did you mean 'sizes'?"],
    ),
    "code column without list": (
        *("survey.yaml", "{type: code, codes: sizes}", "{type: code}"),
        ["columns › size: a column of type code needs codes"],
    ),
    "code list with a code twice": (
        *("sizes.csv", "l,Large", "s,Large"),
        ["codelists/sizes.csv: the code 's' is there twice"],
    ),
    "code list without labels": (
        *("sizes.csv", "code,label", "code,name"),
        ["codelists/sizes.csv: no column label", "the header is: code, name"],
    ),
    "code list with a torn line": (
        *("sizes.csv", "l,Large", "l,Large,very"),
        ["codelists/sizes.csv › line 3: 3 fields instead of 2"],
    ),
    "item twice": (
        *("items.csv", "b,q1", "a,q1"),
        ["survey.yaml › forms › answers › items: the item 'a' is there twice"],
    ),
    "unknown answer type": (
        *("items.csv", "b,q1,tick", "b,q1,tik"),
        ["survey.yaml › forms › answers › items › b: unknown answer type 'tik'", "did you mean 'tick'?"],
    ),
    "no file of items": (
        *("survey.yaml", "items: items.csv", "items: item.csv"),
        ["survey.yaml › forms › answers › items: no file item.csv beside it"],
    ),
    "an indicator with two measures": (
        *("indicators.yaml", "count: rows", "count: rows, sum: price"),
        ["indicators.yaml › answers: needs exactly one of count, distinct, sum,"],
    ),
    "an indicator without measure": (
        *("indicators.yaml", ", count: rows", ""),
        ["indicators.yaml › answers: needs exactly one of count, distinct, sum,"],
    ),
    "an indicator of no form": (
        *("indicators.yaml", "of: answers", "of: answer"),
        ["indicators.yaml › answers › of: unknown form 'answer'", "did you mean 'answers'?"],
    ),
    "an indicator for no level": (
        *("indicators.yaml", "of: answers,", "of: answers, levels: hubs,"),
        ["indicators.yaml › answers › levels: unknown level 'hubs'", "did you mean 'hub'?"],
    ),
    "a goal for no level": (
        *("indicators.yaml", "of: answers,", "of: answers, goal: {networks: 5},"),
        ["indicators.yaml › answers › levels: unknown level 'networks'"],
    ),
    "a ceiling that no policy gives": (
        *("indicators.yaml", "count: rows", "sum: price, ceiling: {policy: most}"),
        ["indicators.yaml › answers › ceiling › policy: unknown policy 'most'"],
    ),
    "a ceiling of a count": (
        *("indicators.yaml", "count: rows", "count: rows, ceiling: {policy: most}"),
        ["indicators.yaml › answers › ceiling: only a sum without a minimum base has one"],
    ),
    "a part of a ratio over no column": (
        *("indicators.yaml", "count: rows", "ratio: {of: price, to: price, where: prize > 1}"),
        ["indicators.yaml › answers: unknown column 'prize'", "did you mean 'price' or"],
    ),
    "a condition over no column": (
        *("indicators.yaml", "of: answers,", "of: answers, where: prize > 1,"),
        ["indicators.yaml › answers: unknown column 'prize'", "did you mean 'price' or"],
    ),
    "an alias": (
        *("scoring.yaml", "edges: [50]", "edges: &edges [50]"),
        ["scoring.yaml › line 8: anchors and aliases (& and *) are not allowed: write it out"],
    ),
    "a tag": (
        *("scoring.yaml", "reference: ours", "reference: !mine ours"),
        ["scoring.yaml › line 1: the tag !mine is not allowed"],
    ),
    "two parents": (
        *(
            "scoring.yaml",
            "label: One, items: {question: q1}}",
            "label: One, of: [two]}\n  two: {label: Two, of: [two]}",
        ),
        ["scoring.yaml › nodes: 'two' belongs to two nodes"],
    ),
    "a node outside the tree": (
        *("scoring.yaml", "of: [one], ", "items: {question: q1}, "),
        ["scoring.yaml › nodes › one: belongs to no node; name it in the 'of' of its parent"],
    ),
    "a node with items and nodes": (
        *("scoring.yaml", "of: [one], ", "of: [one], items: {code: a}, "),
        ["scoring.yaml › nodes › overall: needs either 'of' (nodes below it) or 'items'"],
    ),
    "unknown question": (
        *("scoring.yaml", "question: q1", "question: q2"),
        ["scoring.yaml › nodes › one › items › question: unknown question 'q2'", "known: q1"],
    ),
    "unknown bands": (
        *("scoring.yaml", "bands: mini}", "bands: minni}"),
        ["scoring.yaml › nodes › overall › bands: unknown bands 'minni'", "did you mean 'mini'?"],
    ),
    "falling edges": (
        *("scoring.yaml", "edges: [50], codes: {low: Low,", "edges: [50, 40], codes: {low: Low, mid: Mid,"),
        ["scoring.yaml › bands › mini: needs rising edges and one code more than edges"],
    ),
    "default that is no choice": (
        *("scoring.yaml", 'default: "no", choices', "default: maybe, choices"),
        ["scoring.yaml › options: option strict: unknown choice 'maybe'"],
    ),
    "an unknown method": (
        *("scoring.yaml", "of: [one],", "of: [one], aggregate: meen,"),
        ["scoring.yaml › nodes › overall › aggregate: unknown method 'meen'", "did you mean 'mean'?"],
    ),
    "a negative weight": (
        *("scoring.yaml", "question: q1}}", "question: q1}, weights: {a: -1/2}}"),
        ["scoring.yaml › nodes › one › weights › a: -0.5 is negative", "a weight is 0 or more"],
    ),
    "no weight at all": (
        *("scoring.yaml", "question: q1}}", "question: q1}, weights: {a: 0, b: 0}}"),
        ["scoring.yaml › nodes › one › weights: all are 0, so that nothing counts", "at least one child"],
    ),
    "points that are no share": (
        *("scoring.yaml", '"1": 1}', '"1": 10}'),
        ["scoring.yaml › points › tick › 1: 10 is not between 0 and 1", "write the share of the best answer"],
    ),
    "a knockout that is no share": (
        *("scoring.yaml", "question: q1}}", 'question: q1}, knockout: [{item: a, code: "1", value: -1}]}'),
        ["scoring.yaml › nodes › one › knockout › a: -1 is not between 0 and 1"],
    ),
    "a scale upside down": (
        *("scoring.yaml", "of: [one],", "of: [one], scale: [10, 0],"),
        ["scoring.yaml › nodes › overall › scale: 10 is not below 0", "the value of the worst answers comes first"],
    ),
    "an item of no listed question": (
        *("survey.yaml", "questions: {q1:", "questions: {q2:"),
        ["survey.yaml › forms › answers › items › a › question: unknown question 'q1'", "known: q2"],
    ),
    "an item of no node": (
        *("scoring.yaml", "items: {question: q1}", "items: {code: a}"),
        ["scoring.yaml › nodes: the item 'b' is in no node", "or under 'without' if it earns nothing"],
    ),
    "a rule of no kind": (
        *("survey.yaml", ", check: price <= 10", ""),
        ["rules › cheap: needs exactly one of check, sequence, exclusive,"],
    ),
    "a rule over no column": (
        *("survey.yaml", "check: price <= 10", "check: prise <= 10"),
        ["rules › cheap › check: unknown column 'prise'", "did you mean 'price'?"],
    ),
    "a layout of no column": (
        *("survey.yaml", "headers: {name: Name}", "headers: {nam: Name}"),
        ["layouts › export › headers: unknown column 'nam'", "did you mean 'name'?"],
    ),
    "a coding to no answer": (
        *("survey.yaml", '"yes": "1"', '"yes": "2"'),
        ["layouts › export › coding › tick: unknown code '2'", "known: 0, 1"],
    ),
    "a path that falls": (
        *("indicators.yaml", "of: answers,", "of: answers, path: {12: 0.5, 24: 0.4},"),
        ["indicators.yaml › answers › path: months from 1 on, with shares from 0 to 1 that never fall"],
    ),
    "a path beyond the target": (
        *("indicators.yaml", "of: answers,", "of: answers, path: {12: 1.2},"),
        ["indicators.yaml › answers › path: months from 1 on,", "such as {18: 0.4, 36: 1}"],
    ),
    "a quotient of a form": (
        *("indicators.yaml", "count: rows", "quotient: {of: answers, to: answers}"),
        ["indicators.yaml › answers: a quotient is of figures, and only a quotient is"],
    ),
    "a mix of no column": (
        *("indicators.yaml", "count: rows", "mix: {of: price, by: siz, give: share}"),
        ["indicators.yaml › answers › breakdowns: unknown column 'siz'", "did you mean 'size'?"],
    ),
    "rows once by no column": (
        *("indicators.yaml", "count: rows", "count: rows, once: nam"),
        ["indicators.yaml › answers › breakdowns: unknown column 'nam'", "did you mean 'name'?"],
    ),
    "an example of no node": (
        *("examples.yaml", "expect: {overall", "expect: {total"),
        ["examples.yaml › all ticked › expect: unknown dimension 'total'"],
    ),
    "a level of no list": (
        *("levels.yaml", "source: hub", "source: hub, codes: sices"),
        ["levels.yaml › hub › codes: unknown code list 'sices'", "did you mean 'sizes'?"],
    ),
    "a report without notebook": (
        *("reports.yaml", "{}", "hub: {title: Hub, template: hub.ipynb, levels: hub}"),
        ["reports.yaml › hub › template: no notebook hub.ipynb in notebooks/"],
    ),
}


def test_the_tiny_folder_is_right(folder) -> None:
    definitions = folder.load()
    assert list(definitions.surveys) == ["mini"]
    assert [item.code for item in definitions.survey("mini").form("answers").items] == ["a", "b"]


@pytest.mark.parametrize("name", BROKEN)
def test_one_fault_one_message(name: str, folder) -> None:
    file, old, new, expected = BROKEN[name]
    folder.edit(file, old, new)
    problems = folder.problems()
    assert len(problems) == 1, problems
    for words in expected:
        assert words in problems[0]


def test_a_file_that_is_not_utf8(folder) -> None:
    folder.write("schemas/levels.yaml", "hub: {title: H\xfcb, source: hub}\n".encode("cp1252"))
    assert folder.problems() == ["levels.yaml: not UTF-8 text\n      save the file as UTF-8"]
    folder.write("schemas/levels.yaml", "hub: {title: Hub, source: hub}\n")
    folder.write("schemas/codelists/sizes.csv", "code,label\ns,Gr\xf6\xdfe\n".encode("cp1252"))
    assert "codelists/sizes.csv: not a UTF-8 CSV" in folder.problems()[0]


def test_a_circle_beside_the_tree(folder) -> None:
    folder.edit("scoring.yaml", "question: q1}}\n",
                "question: q1}}\n  two: {label: Two, of: [three]}\n  three: {label: Three, of: [two]}\n")  # fmt: skip
    (problem,) = folder.problems()
    assert "scoring.yaml › nodes: three, two stand in a circle" in problem


def test_a_circle_through_the_root(folder) -> None:
    folder.edit("scoring.yaml", "items: {question: q1}", "of: [overall]")
    assert any("nodes: one, overall stand in a circle" in problem for problem in folder.problems())


def test_a_tree_without_root(folder) -> None:
    folder.edit("scoring.yaml", "  overall: {label: Overall, of: [one], bands: mini}\n", "")
    assert any("nodes: no node 'overall'; the root of the tree has this code" in p for p in folder.problems())


def test_an_unknown_method_comes_with_all_other_problems_of_the_file(folder, check) -> None:
    folder.edit("scoring.yaml", "of: [one],", "of: [one, two], aggregate: meen, scale: [1, 1], weights: {one: -1},")
    code, said = check(folder.root)
    assert code == 1
    for words in ("aggregate: unknown method 'meen'", "unknown dimension 'two'", "1 is not below 1", "-1 is negative"):
        assert words in said


@pytest.mark.parametrize("switched", ['"yes": {nodes: {one: {items: {code: b}}}}', "more: {}"])
def test_an_item_may_be_in_a_node_of_another_choice_only(folder, switched: str) -> None:
    folder.edit("scoring.yaml", "items: {question: q1}", "items: {code: a}")
    folder.edit("scoring.yaml", '"yes": {nodes: {one: {missing: zero}}}', switched)
    if "code: b" in switched:
        folder.load()
    else:
        assert "the item 'b' is in no node" in folder.problems()[0]


def test_an_item_left_out_on_purpose(folder) -> None:
    folder.edit("scoring.yaml", "items: {question: q1}", "items: {question: q1, without: b}")
    folder.load()


@pytest.mark.parametrize(
    ("source", "members", "words"),
    [
        ("country", ("AT|DE", "FR"), None),
        ("country", ("AT|DE", "FR|AT"), "members › codelists/macro.csv: 'AT' stands in two places, north and south"),
        ("country", ("AT|ED", "FR"), "codelists/macro.csv › north: unknown country 'ED'\n      known: AT, DE, FR"),
        ("nuts, length: 3", ("AT1|AT2", "DE1"), None),
        ("nuts, length: 3", ("AT1|AT11", "DE1"), "› north: unknown nuts 'AT11'\n      did you mean 'AT1'"),
        ("nuts, length: 3", ("AT1", "AT2|AT1"), "'AT1' stands in two places, north and south"),
    ],
)
def test_members_of_a_level(folder, source: str, members: tuple[str, str], words: str | None) -> None:
    folder.write("schemas/levels.yaml", f"macro: {{title: Macro, source: {source}, members: macro}}\n")
    folder.write("schemas/codelists/macro.csv", "code,label,members\nnorth,North,{}\nsouth,South,{}\n".format(*members))
    folder.write("schemas/codelists/countries.csv", "code,label\nAT,Austria\nDE,Germany\nFR,France\n")
    folder.write("schemas/codelists/nuts2024.csv", "code,label\nAT1,A\nAT11,B\nAT21,C\nDE1,D\n")
    folder.write("schemas/policy.yaml", 'nuts_version: {value: "2024", valid_from: 2024-01-01, reference: ours}\n')
    if words is None:
        folder.load()
    else:
        (problem,) = folder.problems()
        assert problem.startswith("levels.yaml › macro › members › ")
        assert words in problem


def test_members_without_their_column(folder) -> None:
    folder.edit("levels.yaml", "source: hub", "source: country, members: sizes")
    (problem,) = folder.problems()
    assert "members › codelists/sizes.csv: no column 'members'\n      the header is: code, label" in problem


@pytest.mark.parametrize(("name", "unit", "right"), [("Answers", "answers", True), ("Answers", "people", False),
                                                     ("Replies", "answers", False)])  # fmt: skip
def test_an_indicator_of_two_surveys(folder, name: str, unit: str, right: bool) -> None:
    survey = (folder.root / "surveys/mini/v1/survey.yaml").read_text(encoding="utf-8")
    folder.write("surveys/second/v1/survey.yaml", survey.replace("survey: mini", "survey: second"))
    folder.write("surveys/second/v1/items.csv", "code,question,type,label\na,q1,tick,A\n")
    entry = f"{{name: {name}, definition: Rows., unit: {unit}, kind: flow, of: answers, count: rows}}"
    folder.write("surveys/second/v1/indicators.yaml", f"answers: {entry}\n")
    if right:
        folder.load()
    else:
        (problem,) = folder.problems()
        assert problem.startswith("second/v1/indicators.yaml › answers: survey mini has an indicator of this id, ")
        assert "'Answers' in answers\n      give it another id" in problem


CELL = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": []}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (json.dumps({"cells": [CELL]}), None),
        (json.dumps({"cells": []}), "0 cells have the tag 'parameters'\n      give it to exactly one cell"),
        (json.dumps({"cells": [CELL, CELL]}), "2 cells have the tag 'parameters'"),
        *((text, "not a notebook") for text in ("", "# %%", "[]", "{}", '{"cells": 1}', '{"cells": [1]}', "[" * 9999)),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_template_is_a_notebook_with_one_cell_of_parameters(folder, content: str, words: str | None) -> None:
    folder.edit("reports.yaml", "{}", "hub: {title: Hub, template: hub.ipynb, levels: hub}")
    folder.write("notebooks/hub.ipynb", content)
    if words is None:
        folder.load()
    else:
        (problem,) = folder.problems()
        assert problem.startswith("reports.yaml › hub › template › notebooks/hub.ipynb: ")
        assert words in problem


STRAYS = {
    "survey/mini/v1/survey.yaml": ("survey/", "did you mean 'surveys'?"),
    "reports.yaml": ("reports.yaml", "did you mean 'notebooks/reports.yaml'?"),
    "schemas/codelist/sizes.csv": ("schemas/codelist/", "did you mean 'schemas/codelists'?"),
    "schemas/level.yaml": ("schemas/level.yaml", "did you mean 'schemas/levels.yaml'?"),
    "schemas/sizes.csv": ("schemas/sizes.csv", "what is read here: schemas/codelists/*.csv, "),
    "surveys/mini/scoring.yaml": ("surveys/mini/scoring.yaml", "did you mean 'surveys/*/*/scoring.yaml'?"),
    "surveys/mini/v1/indicator.yaml": ("surveys/mini/v1/indicator.yaml", "'surveys/mini/v1/indicators.yaml'?"),
    "surveys/mini/v1/more/items.csv": ("surveys/mini/v1/more/", "what is read here: "),
    "notebooks/reports.yml": ("notebooks/reports.yml", "did you mean 'notebooks/reports.yaml'?"),
}


@pytest.mark.parametrize("stray", STRAYS)
def test_a_file_where_nothing_is_read(folder, stray: str) -> None:
    name, hint = STRAYS[stray]
    folder.write(stray, "a: b\n")
    problems = folder.problems()
    assert problems[0].startswith(f"{name} is not read\n      ")
    assert hint in problems[0]


def test_what_else_a_folder_may_hold(folder) -> None:
    others = ("dihkpi.toml", "inbox/hub/answers.csv", "reports/2026/data/a.csv", "compose.yaml", "README.md",
              "surveys/README.md", "surveys/mini/v1/notes.txt", "notebooks/.ipynb_checkpoints/a.ipynb",
              "notebooks/page/style.css", "schemas/json/a.schema.json")  # fmt: skip
    for name in others:
        folder.write(name, "x")
    folder.load()


def test_every_problem_is_listed_at_once(folder) -> None:
    for old, new in (("min: 0", "min: x"), ("kind: answers", "kind: answer"), ("title: Export", "titel: Export")):
        folder.edit("survey.yaml", old, new)
    folder.edit("sizes.csv", "l,Large", "s,Large")
    folder.edit("levels.yaml", "source: hub", "sourc: hub")
    folder.write("schemas/policy.yaml", "a: [")
    problems = "\n".join(folder.problems())
    for words in ("price › min", "answers › kind", "titel: unknown field", "export › title: missing", "sizes.csv",
                  "levels.yaml › hub › sourc", "policy.yaml › line"):  # fmt: skip
        assert words in problems


def test_ten_problems_are_shown_and_the_rest_counted(folder) -> None:
    folder.edit("survey.yaml", "title: Mini\n", "title: Mini\n" + "".join(f"extra{i}: 1\n" for i in range(13)))
    with pytest.raises(DefinitionError) as fault:
        folder.load()
    lines = str(fault.value).splitlines()
    assert lines[0] == "13 problems in mini"
    assert lines[-1] == "  and 3 more"


def test_the_command_line_says_it_without_traceback(folder, check) -> None:
    assert check(folder.root) == (
        0,
        "all definitions are right: 1 surveys, 2 indicators, 2 codelists, 1 levels, 0 reports, 1 examples\n",
    )
    folder.edit("survey.yaml", "codes: sizes", "codes: size")
    code, said = check(folder.root)
    assert code == 1
    assert said.startswith(
        "error: 1 problem in mini\n\n  mini/v1/survey.yaml › forms › answers › columns › size › codes"
    )


@pytest.mark.parametrize("words", ["no such folder", "holds no definitions"])
def test_a_folder_without_definitions(tmp_path: Path, words: str) -> None:
    from dihkpi.definitions import load_definitions

    with pytest.raises(UsageError, match=words):
        load_definitions(tmp_path if "holds" in words else tmp_path / "none")


def test_rules_that_could_do_harm_are_refused(folder, shared: Path) -> None:
    payloads = json.loads((shared / "survey_fixtures" / "payloads.json").read_text(encoding="utf-8"))
    texts = payloads["expressions"]["reject"]
    assert len(texts) > 10
    rules = "".join(f"      bad{i}: {{brief: Bad., check: {json.dumps(text)}}}\n" for i, text in enumerate(texts))
    folder.edit("survey.yaml", "    rules:\n", "    rules:\n" + rules)
    problems = folder.problems()
    for i in range(len(texts)):
        assert any(f"rules › bad{i} › check" in problem for problem in problems), texts[i]
