"""The worked example of docs/rules.md, exactly as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from dihkpi.cli import main
from dihkpi.definitions import load_definitions
from dihkpi.definitions.crosscheck_rules import RULE_KINDS
from dihkpi.definitions.expression_types import type_problems
from dihkpi.definitions.expressions import parse
from dihkpi.errors import DefinitionError

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
FILES = ("firms.csv", "sessions.csv", "figures.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    blocks = re.findall(r"```(?:yaml|csv)\n# (\S+)\n(.*?)```", PAGE, re.DOTALL)
    assert [Path(name).name for name, _ in blocks] == ["survey.yaml", *FILES]
    for name, content in blocks:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path


def told(folder: Path, files: tuple[str, ...], monkeypatch, capsys) -> tuple[int, dict]:
    words = ["validate", *files, "--survey", "mentoring", "--definitions", "definitions", "--json"]
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", ["dihkpi", *words])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0), json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("files", [FILES, FILES[::-1]], ids=["in order", "the other way round"])
def test_the_issues_are_those_of_the_page(files, folder: Path, monkeypatch, capsys) -> None:
    code, out = told(folder, files, monkeypatch, capsys)
    table = re.search(r"\| file \| cell \| rule .*?\n\n", PAGE, re.DOTALL)
    assert table
    stated = [tuple(map(str.strip, line.split("|")[1:-1])) for line in table[0].strip().splitlines()[2:]]
    assert len(stated) > 8
    found = [tuple(issue[name] for name in ("file", "cell", "rule", "severity", "message")) for issue in out["issues"]]
    assert sorted(found) == sorted(stated)
    assert (code, out["received"], out["quarantined"]) == (1, 15, 6)


def test_without_the_register_nothing_is_said_of_it(folder: Path, monkeypatch, capsys) -> None:
    _, out = told(folder, ("sessions.csv",), monkeypatch, capsys)
    assert "firm_known" not in {issue["rule"] for issue in out["issues"]}
    assert len(out["issues"]) == 5


def test_every_kind_stands_on_the_page() -> None:
    kinds = re.findall(r"^\| (`\w+`(?:, `\w+`)?) \| .* \|$", PAGE, re.MULTILINE)
    named = {kind for cell in kinds for kind in re.findall(r"\w+", cell)}
    assert set(RULE_KINDS) <= named


def test_the_table_of_missing_values_is_right() -> None:
    table = re.search(r"\| expression \| aid 5, price 3 .*?\n\n", PAGE, re.DOTALL)
    assert table
    columns = {"aid": pd.Series([5, 5], dtype="Float64"), "price": pd.Series([3, None], dtype="Float64")}
    said = {"true": True, "false": False, "not tested": None}
    lines = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in table[0].strip().splitlines()[2:]]
    assert len(lines) == 4
    for text, *results in lines:
        if "refused" in results:
            assert type_problems(parse(text), {"price": "number"})[1]
            continue
        found = parse(text).evaluate(columns, pd.RangeIndex(2))
        assert [None if pd.isna(value) else bool(value) for value in found] == [said[word] for word in results]


def test_the_quoted_rules_are_those_of_the_survey() -> None:
    (quoted,) = re.findall(r"```yaml\n( {6}.*?)```", PAGE, re.DOTALL)
    survey = (ROOT / "surveys" / "dma_sme" / "v1" / "survey.yaml").read_text(encoding="utf-8")
    assert quoted in survey


@pytest.mark.parametrize("wrong", ["price > 'a'", "firm + 1 > 2", "firm < 'b'", "price and paid", "price / 0 > 1"])
def test_what_the_page_calls_wrong_is_refused_with_its_place(wrong: str, folder: Path) -> None:
    path = folder / "definitions/surveys/mentoring/v1/survey.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("check: paid <= price", f"check: {wrong}"))
    with pytest.raises(DefinitionError) as fault:
        load_definitions(folder / "definitions")
    where = "mentoring/v1/survey.yaml › forms › sessions › rules › paid_within_price › check: "
    assert fault.value.problems
    assert all(problem.startswith(where) for problem in fault.value.problems)
