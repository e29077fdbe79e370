"""Designs as data, through the function of a run: published numbers, sums by hand, and what the data do not fit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions, load_definitions
from dihkpi.indicators.design.declared import run_designs

LAST = date(2026, 12, 31)
SCHOOLS = """\
survey: schools
version: v1
title: Schools of California
reference: 200 schools of a stratified sample, R package survey
forms:
  schools:
    title: Schools
    kind: records
    key: [cds]
    columns:
      cds: {type: id, required: true}
      stype: {type: text, required: true}
      api00: {type: decimal}
      enroll: {type: decimal}
      tested: {type: decimal}
      pw: {type: decimal}
      fpc: {type: decimal}
    tidy: false
    layouts:
      export: {title: Export, headers: {tested: api.stu}, extra: keep}
"""
STRATIFIED = """\
designs:
  stratified: {about: Schools by type, form: schools, weight: pw, strata: stype, population: fpc}
  jackknifed: {about: The same, form: schools, weight: pw, strata: stype, population: fpc, variance: jackknife}
estimates:
  api: {design: stratified, measure: mean, of: api00, by: stype}
  pupils: {design: stratified, measure: total, of: enroll}
  pupils_jackknifed: {design: jackknifed, measure: total, of: enroll}
  tested: {design: stratified, measure: ratio, of: tested, to: enroll, scale: 3811472}
  median: {design: stratified, measure: quantile, of: api00, shares: [0.25, 0.5]}
"""
PANEL = """\
survey: panel
version: v1
title: A panel of firms
reference: ours
answer_types:
  tick: {codes: {"0": "no", "1": "yes"}}
questions: {q: Question}
forms:
  answers:
    title: Answers
    kind: answers
    key: [respondent]
    hub: hub
    respondent: {kind: sme, name: firm}
    columns:
      hub: {type: hub, required: true}
      firm: {type: text, required: true}
      size: {type: text}
      answered: {type: boolean}
      frame: {type: decimal}
    items: items.csv
"""
SCORING = """\
reference: ours
points: {tick: {"0": 0, "1": 1}}
nodes: {overall: {label: Overall, items: {question: q}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str, dict[str, str]], Definitions]:
    def make(survey: str, files: dict[str, str]) -> Definitions:
        root = tmp_path / "definitions" / "surveys" / survey / "v1"
        root.mkdir(parents=True)
        for name, text in files.items():
            (root / name).write_text(text, encoding="utf-8")
        return load_definitions(tmp_path / "definitions")

    return make


@pytest.fixture
def panel(folder, prepared):
    """Firms of two sizes, each with one answer: yes or no; run with a design."""

    def make(design: str, rows: list[str], **more: str) -> pd.DataFrame:
        files = {"survey.yaml": PANEL, "scoring.yaml": SCORING, "design.yaml": design,
                 "items.csv": "code,question,type,label\na,q,tick,A\n", **more}  # fmt: skip
        chosen = folder("panel", files)
        inputs = prepared({"answers.csv": ["hub,firm,size,answered,frame,a", *rows]}, chosen)
        return run_designs(inputs, LAST).set_index(["estimate", "domain"])

    return make


def rows(small: str, large: str, hub: str = "HR-a") -> list[str]:
    """One firm per sign: its answer, ``-`` for none; 40 small and 20 large firms in the population."""
    return [
        f"{hub},{size}{number:02d},{size},{'no' if sign == '-' else 'yes'},{frame},{'' if sign == '-' else sign}"
        for size, signs, frame in (("small", small, 40), ("large", large, 20))
        for number, sign in enumerate(signs)
    ]


def test_published_figures_of_a_stratified_sample(shared, folder, prepared) -> None:
    import json

    path = shared / "references"
    known = {entry["id"]: entry["published"] for entry in json.loads((path / "expected.json").read_text())}
    chosen = folder("schools", {"survey.yaml": SCHOOLS, "design.yaml": STRATIFIED})
    table = run_designs(prepared({"HR-a/schools.csv": path / "data/apistrat.csv"}, chosen), LAST)
    found = table[table["domain"].eq("")].set_index("estimate")
    for name, published in (("api", "svymean_api00_dstrat"), ("pupils", "svytotal_enroll_dstrat"),
                            ("tested", "ratio_apistu_enroll_dstrat_x_total")):  # fmt: skip
        np.testing.assert_allclose(found.loc[name, ["value", "se"]].to_numpy(float), known[published], rtol=5e-5)
    # For a total the jackknife is Taylor to the last digit.
    same = found.loc[["pupils", "pupils_jackknifed"], "se"].to_numpy(float)
    assert same[0] == pytest.approx(same[1])
    by_type = table[table["estimate"].eq("api") & table["domain"].ne("")]
    assert by_type["domain"].tolist() == ["stype=E", "stype=H", "stype=M"]
    assert by_type["n"].tolist() == [100, 50, 50]
    assert table.loc[table["estimate"].eq("median"), "measure"].tolist() == ["quantile 0.25", "quantile 0.5"]
    assert set(table["design"]) == {"stratified", "jackknifed"}


@pytest.mark.slow
def test_a_run_publishes_the_estimates(shared, folder, tmp_path, monkeypatch) -> None:
    from dihkpi.cli import main
    from dihkpi.workspace import create_workspace

    folder("schools", {"survey.yaml": SCHOOLS, "design.yaml": STRATIFIED})
    space = create_workspace(tmp_path / "space")
    data = shared / "references/data/apistrat.csv"
    (space.inbox / "HR-a").mkdir()
    (space.inbox / "HR-a" / "schools.csv").write_bytes(data.read_bytes())
    words = ["run", tmp_path / "space", "--definitions", tmp_path / "definitions", "--period", "2026"]
    monkeypatch.setattr("sys.argv", ["dihkpi", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    table = pd.read_csv(space.reports / "2026/data/estimates.csv")
    found = table[table["survey"].eq("schools") & table["estimate"].eq("pupils")]
    assert found[["value", "se"]].to_numpy().tolist() == [pytest.approx([3687178, 114642], rel=5e-5)]


BY_SIZE = """\
designs:
  drawn: {about: By size, form: answers, strata: size, population: frame}
estimates:
  overall: {design: drawn, measure: mean, of: overall, by: size}
"""


def test_a_node_of_the_tree_by_hand(panel) -> None:
    table = panel(BY_SIZE, rows("111000", "11111"))
    # 40 small firms at 50 and 20 large ones at 100.
    assert table.loc[("overall", ""), "value"] == pytest.approx((40 * 50 + 20 * 100) / 60)
    # (40/60)^2 (1 - 6/40) s^2 / 6 with s^2 = 6 x 50^2 / 5; the large firms all agree.
    assert table.loc[("overall", ""), "se"] == pytest.approx(np.sqrt((2 / 3) ** 2 * (34 / 40) * 3000 / 6))
    assert table.loc[("overall", ""), "df"] == 9
    assert table.loc[("overall", "size=small"), "value"] == pytest.approx(50)
    assert table.loc[("overall", "size=large"), "status"] == "u", "no spread is seen"


def test_small_domains_do_not_show(panel) -> None:
    table = panel(BY_SIZE, rows("11100001", "111"))
    small, large = table.loc[("overall", "size=small")], table.loc[("overall", "size=large")]
    assert (small["status"], large["status"]) == ("c", "c"), "with the figure of all, one follows from the other"
    assert pd.isna(large[["value", "se", "lo", "hi", "n"]]).all() and "too small" in large["reason"]
    assert table.loc[("overall", ""), ["status", "n"]].tolist() == ["ok", 11]


def test_respondents_stand_in_for_those_who_did_not_answer(panel) -> None:
    design = """\
designs:
  asked: {about: Everybody was asked, form: answers, response: {answered: answered, classes: size}}
estimates:
  overall: {design: asked, measure: mean, of: overall}
  firms: {design: asked, measure: total, of: yes}
"""
    survey = PANEL + "    derived: {yes: {expression: answered == answered}}\n"
    table = panel(design, rows("110000----------", "11111"), **{"survey.yaml": survey})
    # Six of 16 small firms answered, two of them yes: they stand for 16; all five large ones said yes.
    assert table.loc[("overall", ""), "value"] == pytest.approx((16 * 100 / 3 + 5 * 100) / 21)
    assert table.loc[("firms", ""), "value"] == pytest.approx(21)
    assert "few respondents in the class" in table.loc[("overall", ""), "reason"]


def test_weights_meet_the_margins_of_a_table(panel) -> None:
    design = """\
designs:
  raked:
    about: Answers of those who wished to
    form: answers
    margins: {counts: counts.csv, valid: 2026-01-01, reference: a register}
estimates:
  overall: {design: raked, measure: mean, of: overall}
  all: {design: raked, measure: total, of: one}
"""
    survey = PANEL + "    derived: {one: {expression: firm != None}}\n"
    counts = "margin,class,count\nsize,small,90\nsize,large,10\n"
    table = panel(design, rows("110000", "11111"), **{"survey.yaml": survey, "counts.csv": counts})
    assert table.loc[("overall", ""), "value"] == pytest.approx((90 * 100 / 3 + 10 * 100) / 100)
    assert table.loc[("all", ""), "value"] == pytest.approx(100)


def test_the_bootstrap_has_the_seed_of_the_design(panel) -> None:
    design = BY_SIZE.replace("population: frame", "population: frame, variance: bootstrap, replications: 400, seed: 3")
    found = panel(design, rows("111000", "10101")).loc[("overall", "")]
    # Strata: s^2 of 3000 and of 3000; (2/3)^2 x 34/40 x 3000/6 + (1/3)^2 x 15/20 x 3000/5.
    assert found["se"] == pytest.approx(np.sqrt(4 / 9 * 0.85 * 500 + 1 / 9 * 0.75 * 600), rel=0.1)
    assert found["method"] == "bootstrap around full estimate"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (rows("111000", "1"), "drawn: 1 strata of stage 1 have one cluster"),
        ([line.replace(",20,", ",2,") for line in rows("111000", "11111")], "says 2 for the stratum 'large'"),
        ([line.replace(",40,", ",,") for line in rows("111000", "11111")], "'frame' of the design is empty in 6 of 11"),
    ],
    ids=["one cluster", "population below the sample", "no size"],
)
def test_what_the_data_do_not_fit_is_a_reason(panel, given, words) -> None:
    table = panel(BY_SIZE, given)
    assert table["status"].tolist() == ["m"]
    assert words in table["reason"].item() and table["reason"].item().startswith("design.yaml › designs › drawn: ")


def test_without_designs_the_table_is_empty_with_all_columns(definitions, prepared) -> None:
    inputs = prepared({"events.csv": ["id,hub,title,start,kind", "e,HR-a,Day,2025-02-01,awareness"]})
    table = run_designs(inputs, LAST)
    assert table.empty and list(table.columns) == list(definitions.tables["survey_estimates"].columns)
