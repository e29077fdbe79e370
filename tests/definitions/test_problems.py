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


def test_an_unknown_method_of_aggregation(folder, check) -> None:
    folder.edit("scoring.yaml", "of: [one],", "of: [one], aggregate: meen,")
    code, said = check(folder.root)
    assert code == 1
    assert "scoring.yaml › nodes › overall › aggregate: unknown method 'meen'" in said
    assert "did you mean 'mean'?" in said


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
