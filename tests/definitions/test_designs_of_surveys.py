"""``design.yaml``: one fault, one message that names the place."""

from __future__ import annotations

import pytest

from dihkpi.definitions import load_definitions
from dihkpi.definitions.design import Designs
from dihkpi.definitions.locate import bundled_root
from dihkpi.definitions.yaml import read_yaml

DESIGN = """\
designs:
  drawn:
    about: Every second answer, by size
    form: answers
    weight: price
    strata: size
    margins: {counts: {size: {s: 30, l: 10}}, valid: 2026-01-01, reference: a register, low: 0.5, high: 2, cap: 5}
estimates:
  score: {design: drawn, measure: mean, of: overall, by: size}
  paid: {design: drawn, measure: ratio, of: price, to: overall, scale: 2}
"""
# ruff: noqa: E501
BROKEN = {
    "unknown form": ("form: answers", "form: answrs", "mini/v1/design.yaml › designs › drawn › form: unknown form 'answrs'", "'answers'"),
    "unknown weight": ("weight: price", "weight: prize", "drawn › weight: unknown column 'prize'", "did you mean 'price'"),
    "unknown strata": ("strata: size", "strata: sizes", "drawn › strata: unknown column 'sizes'", "'size'"),
    "unknown cluster": ("strata: size", "cluster: huub", "drawn › cluster: unknown column 'huub'", "'hub'"),
    "unknown population": ("strata: size", "population: siez", "drawn › population: unknown column 'siez'", "'size'"),
    "sizes without stages": ("strata: size", "population: [size, price]", "population: 2 sizes for 1 stages", ""),
    "wave without waves": ("strata: size", "wave: T0", "drawn › wave: unknown wave 'T0'", ""),
    "nested in nothing": ("strata: size", "nested: true", "drawn › nested: needs 'strata' and 'cluster'", ""),
    "rule of Taylor": ("strata: size", "variance: jackknife\n    single: average", "single: 'average' belongs to the variance 'taylor'", "certainty"),
    "unknown variance": ("strata: size", "variance: tayler", "drawn › variance: input should be 'taylor'", "'tayler'"),
    "too few draws": ("strata: size", "variance: bootstrap\n    replications: 1", "replications: 1 are too few", "200"),
    "response": ("strata: size", "response: {answered: pric, classes: size}", "response › answered: unknown column 'pric'", ""),
    "class of response": ("strata: size", "response: {answered: price, classes: siez}", "response › classes: unknown column 'siez'", ""),
    "unknown margin": ("{size: {s: 30", "{siez: {s: 30", "margins › counts: unknown column 'siez'", "'size'"),
    "unknown class": ("s: 30", "xs: 30", "margins › counts › size: unknown class 'xs'", ""),
    "class of two columns": ("s: 30", "s;l: 30", "margins › counts › size: 's;l' is no class of 1 columns", ""),
    "no units": ("s: 30", "s: 0", "margins › counts › size › s: 0 is not above 0", ""),
    "no classes": ("{s: 30, l: 10}", "{}", "margins › counts: a margin needs classes", ""),
    "two populations": ("l: 10}}", "l: 10}, hub: {a: 41}}", "counts: 'size' and 'hub' sum to 40 and 41", "same total"),
    "bounds": ("low: 0.5, high: 2", "low: 1.5, high: 2", "margins: factors from 1.5 to 2 do not hold 1", ""),
    "cap": ("cap: 5", "cap: 1", "margins › cap: 1 is not above 1", ""),
    "no reference": ("reference: a register, ", "", "design.yaml › designs › drawn › margins › reference: missing", ""),
    "no file": ("{size: {s: 30, l: 10}}", "counts.csv", "margins › counts: no file counts.csv beside it", ""),
    "unknown design": ("score: {design: drawn", "score: {design: drwn", "estimates › score › design: unknown design 'drwn'", "'drawn'"),
    "unknown node": ("of: overall", "of: overal", "estimates › score › of: unknown column 'overal'", "'overall'"),
    "no numbers": ("of: overall", "of: name", "estimates › score › of: 'name' holds no numbers", "derive a column"),
    "unknown domain": ("by: size", "by: siez", "estimates › score › by: unknown column 'siez'", "'size'"),
    "unknown measure": ("measure: mean", "measure: meen", "score › measure: input should be 'mean'", "'meen'"),
    "lower column of a mean": ("measure: mean", "measure: mean, to: price", "estimates › score › to: a ratio has one", ""),
    "ratio of one": ("to: overall, ", "", "estimates › paid › to: a ratio has one", ""),
    "share of a quantile": ("measure: mean", "measure: quantile, shares: [50]", "score › shares: 50 is not between 0 and 1", "0.5"),
    "quantile of replicates": ("measure: ratio, of: price, to: overall", "measure: quantile, of: price", "paid › measure: a quantile has no jackknife", "Woodruff"),
    "unknown field": ("strata: size", "stratum: size", "designs › drawn › stratum: unknown field", "'strata'"),
}  # fmt: skip


@pytest.fixture
def drawn(folder):
    folder.write("surveys/mini/v1/design.yaml", DESIGN)
    return folder


def test_a_design_that_is_right(drawn) -> None:
    designs = drawn.load().survey("mini").design
    assert designs.designs["drawn"].margins.counts == {"size": {"s": 30, "l": 10}}
    assert designs.estimates["paid"].by == ()


def test_counts_of_margins_may_stand_in_a_table(drawn) -> None:
    drawn.edit("design.yaml", "{size: {s: 30, l: 10}}", "counts.csv")
    drawn.write("surveys/mini/v1/counts.csv", "margin,class,count\nsize,s,30\nsize,l,10\n")
    assert drawn.load().survey("mini").design.designs["drawn"].margins.counts == {"size": {"s": 30, "l": 10}}
    drawn.edit("counts.csv", "size,l,10", "size,l,ten")
    (problem,) = drawn.problems()
    assert "margins › counts › size › l" in problem and "'ten' is not a number" in problem


@pytest.mark.parametrize("name", BROKEN)
def test_one_fault_one_message(name: str, drawn) -> None:
    old, new, *expected = BROKEN[name]
    if name == "quantile of replicates":
        drawn.edit("design.yaml", "strata: size", "strata: size\n    variance: jackknife")
        drawn.edit("design.yaml", ", scale: 2", "")
    drawn.edit("design.yaml", old, new)
    problems = drawn.problems()
    assert len(problems) == 1, problems
    for words in expected:
        assert words in problems[0]


def test_a_survey_without_a_design_has_none(definitions) -> None:
    assert all(survey.design is None for survey in definitions.surveys.values()), "customers are no probability sample"


def block(page: str) -> str:
    """The first YAML of a page of methods."""
    text = (bundled_root() / "docs/methods" / page).read_text(encoding="utf-8")
    return text.split("```yaml\n")[1].split("```")[0]


def test_the_example_of_the_page_on_designs_is_one(write_yaml) -> None:
    text = block("survey_design.md").replace("counts.csv", "{size: {micro: 4200, small: 900}}")
    designs = Designs.model_validate(read_yaml(write_yaml(text), "design.yaml"))
    assert {estimate.measure for estimate in designs.estimates.values()} == {
        "mean",
        "share",
        "total",
        "ratio",
        "quantile",
    }
    assert designs.designs["firms"].margins.cap == 5


def test_the_example_of_the_page_on_programmes_loads(tmp_path) -> None:
    path = tmp_path / "surveys/edih_kpi/v1/analysis.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(block("programme_words.md"), encoding="utf-8")
    programme = load_definitions(tmp_path).survey("edih_kpi").analysis.programmes["investment"]
    assert (programme.levels, programme.deadweight()) == (("network", "country"), "question")
