"""Analysis plans: what is run, what it may be called, and what is said when the data do not allow it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions.plan import Analysis, Plan
from dihkpi.indicators.cause.designs import DESIGNS
from dihkpi.indicators.cause.plan import adjusted, in_words, run_plan, run_plans
from dihkpi.indicators.cause.rows import EffectData

WAVES = ("T0", "T1", "T2", "T3")
GAIN = 6.0


def plan(**analyses: dict[str, Any]) -> Plan:
    base = {
        "about": "?", "outcome": {"dimension": "overall"}, "before": ["T0"], "after": ["T1"], "treatment": "supported",
        "cluster": "hub", "family": "all",
    }  # fmt: skip
    return Plan.model_validate({
        "about": "?", "declared": "2026-01-01", "families": {"all": {"about": "?"}},
        "analyses": {name: {**base, **changed} for name, changed in analyses.items()},
    })  # fmt: skip


def data(hubs: int = 16, each: int = 10, seed: int = 1, supported: bool = True, gain: float = GAIN) -> EffectData:
    """Scores of firms at four waves; firms of odd hubs are supported after T1, with a gain on top of a common trend."""
    rng = np.random.default_rng(seed)
    n = hubs * each
    hub = np.arange(n) // each
    treated = (hub % 2 == 1) & supported
    size = rng.choice(["small", "large"], n)
    start = 40 + rng.normal(size=n) * 8 + rng.normal(size=hubs)[hub] * 2
    scores = [
        pd.DataFrame({
            "level": "respondent", "code": [f"r{i:04}" for i in range(n)], "survey": "dma_sme", "version": "v1",
            "wave": wave, "dimension": "overall",
            "value": start + 2 * t + rng.normal(size=hubs)[hub] + rng.normal(size=n) * 3 + gain * treated * (t >= 2),
        })
        for t, wave in enumerate(WAVES)
    ]  # fmt: skip
    units = pd.DataFrame({
        "code": [f"r{i:04}" for i in range(n)], "hub": [f"h{h:02}" for h in hub], "region": [f"R{h % 4}" for h in hub],
        "supported": treated.astype(int), "size": size, "first": np.where(treated, "T2", None),
    })  # fmt: skip
    return EffectData(pd.concat(scores, ignore_index=True), pd.DataFrame(), units)


DID = {"design": "did", "before": ["T0", "T1"], "after": ["T2", "T3"]}
ONE = {"before": ["T1"], "after": ["T2"]}
ALL = {
    "did": DID,
    "event_study": {**DID, "design": "event_study"},
    "staggered": {**DID, "design": "staggered", "treatment": None, "start": "first"},
    "ancova": {**ONE, "design": "ancova", "covariates": ["size"]},
    "ipw": {**ONE, "design": "ipw", "covariates": ["size"]},
    "aipw": {**ONE, "design": "aipw", "covariates": ["size"]},
    "mixed": {**ONE, "design": "mixed", "levels": ["hub"], "cluster": None},
}


@pytest.fixture(scope="module")
def everything(definitions) -> pd.DataFrame:
    return run_plan(plan(**ALL), data(hubs=24, each=15, seed=2), definitions, "dma_sme").set_index(["analysis", "term"])


def answer(table: pd.DataFrame, name: str) -> pd.Series:
    rows = table.loc[name]
    return rows.loc[next(term for term in ("effect", "after", "change") if term in rows.index)]


@pytest.mark.parametrize("design", ALL)
def test_every_design_finds_the_planted_gain(everything, design: str) -> None:
    row = answer(everything, design)
    assert row["lo"] < GAIN < row["hi"]
    assert row["p_adjusted"] < 0.01
    assert row["n"] > 0
    assert row["verdict"] == ("associational" if design == "mixed" else "causal under assumption"), row["needs"]


def test_designs_and_their_table_are_the_same(definitions) -> None:
    assert set(DESIGNS) == set(definitions.designs)


def test_only_the_answer_and_its_parts_bear_the_verdict(everything) -> None:
    rows = everything.loc["event_study"]
    assert list(rows.index) == ["after", "lead 2", "lag 0", "lag 1", "pretrend"]
    assert list(rows["verdict"]) == ["causal under assumption", "descriptive", *["causal under assumption"] * 2, "descriptive"]  # fmt: skip  # noqa: E501
    assert "would be missed in more than 20% of cases" in rows.loc["pretrend", "reason"]
    assert everything.loc[("staggered", "start T2 period T3"), "estimate"] == pytest.approx(GAIN, abs=2)
    assert 0 < everything.loc[("mixed", "icc hub"), "estimate"] < 0.5


def test_without_a_comparison_it_is_a_description_of_change(definitions) -> None:
    alone = data()
    alone = replace(alone, units=alone.units.assign(supported=1))
    table = run_plan(plan(did=DID, alike={**ONE, "design": "ancova"}), alone, definitions, "dma_sme")
    assert set(table["design"]) == {"before_after"}
    assert set(table["verdict"]) == {"descriptive"}
    assert table["reason"].str.contains("was planned: needs a comparison group of two units or more, found 0").all()
    # Half of the firms gain and all follow the trend of 2 a wave, which is no effect of anything.
    assert table.loc[0, "estimate"] == pytest.approx(4 + GAIN / 2, abs=1)
    assert "nothing is said about its cause" in in_words(table.loc[0])


def test_few_hubs_are_not_enough_for_a_cause(definitions) -> None:
    row = run_plan(plan(did=DID), data(hubs=4), definitions, "dma_sme").iloc[0]
    assert row["verdict"] == "associational"
    assert "needs six clusters or more, found 4" in row["reason"]
    assert "CR2" in row["method"]
    boot = run_plan(plan(did={**DID, "errors": "wild"}), data(hubs=4), definitions, "dma_sme").iloc[0]
    assert "wild cluster bootstrap (Webb weights" in boot["method"]


def test_one_wave_before_is_a_caveat(definitions) -> None:
    row = run_plan(plan(did={**ONE, "design": "did"}), data(), definitions, "dma_sme").iloc[0]
    assert (row["verdict"], row["status"]) == ("causal under assumption", "u")
    assert "two periods before the start, to test parallel trends" in row["reason"]


def test_trends_that_differ_before_take_the_cause_away(definitions) -> None:
    given = data()
    supported = given.scores["code"].map(given.units.set_index("code")["supported"])
    wave = given.scores["wave"].str[1].astype(int)
    given = replace(given, scores=given.scores.assign(value=given.scores["value"] + 5 * supported * wave))
    row = run_plan(plan(did=DID), given, definitions, "dma_sme").iloc[0]
    assert row["verdict"] == "associational"
    assert "no visible difference of trends before the start" in row["reason"]


def test_unlike_groups_take_the_cause_from_after_given_before(definitions) -> None:
    given = data()
    supported = given.scores["code"].map(given.units.set_index("code")["supported"])
    given = replace(given, scores=given.scores.assign(value=given.scores["value"] + 10 * supported))
    row = run_plan(plan(alike={**ONE, "design": "ancova"}), given, definitions, "dma_sme").iloc[0]
    assert row["verdict"] == "associational"
    assert "groups that started alike" in row["reason"]


SICK: dict[str, tuple[Any, dict[str, Any], str]] = {
    "no such column": (lambda d: replace(d, units=d.units.rename(columns={"supported": "suported"})), DID,
                       "the table of units has no column 'supported' (did you mean 'suported'?)"),
    "a unit twice": (lambda d: replace(d, units=pd.concat([d.units, d.units[:1]])), DID, "'r0000' twice"),
    "neither 1 nor 0": (lambda d: replace(d, units=d.units.assign(supported="maybe")), DID, "'maybe' is neither"),
    "no such wave": (lambda d: d, {**DID, "before": ["T7"], "after": ["T8"]}, "none of the waves T7, T8; it has T0"),
    "no value": (lambda d: replace(d, scores=d.scores.assign(value=np.nan)), DID, "no value of 'overall'"),
    "one wave only": (lambda d: replace(d, scores=d.scores[d.scores["wave"] == "T0"]), DID, "no unit is left"),
    "unknown start": (lambda d: replace(d, units=d.units.assign(first="T9")), {**ALL["staggered"]}, "start 'T9'"),
    "two versions": (lambda d: replace(d, scores=d.scores.assign(version=d.scores["wave"])), DID, "different versions"),
    "strangers": (lambda d: replace(d, units=d.units.assign(code="x" + d.units["code"])), DID, "no unit of the table"),
    "separation": (lambda d: replace(d, units=d.units.assign(size=d.units["supported"])), ALL["aipw"], "separation"),
}  # fmt: skip


@pytest.mark.parametrize("case", SICK)
def test_what_is_missing_is_a_reason_and_never_a_traceback(definitions, case: str) -> None:
    change, analysis, words = SICK[case]
    row = run_plan(plan(one=analysis), change(data()), definitions, "dma_sme").iloc[0]
    assert (row["status"], row["verdict"]) == ("m", "none")
    assert np.isnan(row["estimate"])
    assert any(word in row["reason"] for word in words.split("|")), row["reason"]
    assert in_words(row) == f"no number: {row['reason']}"


def test_who_is_left_out_is_told(definitions) -> None:
    given = data()
    scores = given.scores[~((given.scores["code"] == "r0003") & (given.scores["wave"] != "T0"))]
    units = given.units.assign(hub=given.units["hub"].where(given.units["code"] != "r0005"))
    row = run_plan(plan(did=DID), replace(given, scores=scores, units=units), definitions, "dma_sme").iloc[0]
    assert row["n"] == (160 - 2) * 4
    assert "1 units without 'hub' are left out" in row["reason"]
    assert "1 units without a wave both before and after are left out" in row["reason"]


def test_small_groups_are_suppressed(definitions) -> None:
    given = data(hubs=8)
    few = given.units["supported"] * (given.units["code"].str[-2:].astype(int) < 13)
    table = run_plan(plan(did=DID), replace(given, units=given.units.assign(supported=few)), definitions, "dma_sme")
    assert set(table["status"]) == {"c"}
    assert table[["estimate", "lo", "hi", "p", "n"]].isna().all().all()


def test_order_of_rows_does_not_matter(definitions) -> None:
    given = data(hubs=10, each=6)
    mixed = EffectData(
        given.scores.sample(frac=1, random_state=1), given.indicators, given.units.sample(frac=1, random_state=2)
    )
    one, two = (run_plan(plan(**ALL), each, definitions, "dma_sme") for each in (given, mixed))
    pd.testing.assert_frame_equal(one, two)


def test_outcomes_may_be_indicators_of_hubs(definitions) -> None:
    rng = np.random.default_rng(2)
    hubs = [f"h{i}" for i in range(20)]
    table = pd.DataFrame([
        {"level": "hub", "code": hub, "indicator": "customers_supported", "period": period, "breakdown": "",
         "value": 50 + 3 * t + rng.normal() + 7 * (i % 2) * t}
        for i, hub in enumerate(hubs) for t, period in enumerate(("2025", "2026"))
    ])  # fmt: skip
    units = pd.DataFrame({"code": hubs, "supported": [i % 2 for i in range(20)]})
    analysis = {"outcome": {"indicator": "customers_supported"}, "design": "did", "before": ["2025"], "after": ["2026"],
                "cluster": None}  # fmt: skip
    row = run_plan(plan(one=analysis), EffectData(pd.DataFrame(), table, units), definitions, "dma_sme").iloc[0]
    assert row["lo"] < 7 < row["hi"]
    assert row["clusters"] == 20


def test_adjusted_p_values_of_benjamini_and_hochberg() -> None:
    # Table 1 of Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57.
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]  # fmt: skip  # noqa: E501
    found = {method: sum(q <= 0.05 for q in adjusted(p, method)) for method in ("bonferroni", "holm", "fdr_bh", "none")}
    assert found == {"bonferroni": 3, "holm": 3, "fdr_bh": 4, "none": 9}


def test_families_are_adjusted_apart(definitions) -> None:
    declared = plan(a=DID, b={**DID, "family": "other"}, c={**DID, "family": "other"})
    declared = declared.model_copy(
        update={
            "families": {
                **declared.families,
                "other": declared.families["all"].model_copy(update={"method": "bonferroni"}),
            }
        }
    )
    table = run_plan(declared, data(gain=0.8), definitions, "dma_sme")
    answers = table[table["term"] == "effect"].set_index("analysis")
    assert answers.loc["a", "p_adjusted"] == answers.loc["a", "p"]
    assert answers.loc["b", "p_adjusted"] == pytest.approx(min(1.0, 2 * answers.loc["b", "p"]))
    assert table.loc[table["term"] != "effect", "p_adjusted"].isna().all()


def test_the_bundled_plan_runs_on_firms_without_a_comparison(definitions) -> None:
    given = data(supported=False)
    given = replace(given, units=given.units.assign(supported=1))
    table = run_plans(given, definitions)
    assert list(table["analysis"].unique()) == list(definitions.survey("dma_sme").analysis.analyses)
    assert not set(table["verdict"]) & {"causal under assumption", "associational"}
    assert table.loc[table["analysis"] == "overall", "estimate"].item() == pytest.approx(2, abs=1)


def test_an_analysis_knows_no_other_fields() -> None:
    with pytest.raises(ValueError, match="extra"):
        Analysis.model_validate({"about": "", "outcome": {}, "design": "did", "family": "a", "desing": 1})


def test_deadweight_of_a_difference_in_differences(everything) -> None:
    rows = everything.loc["did"]
    # The supported rose by the trend of 4 and the gain of 6, so that 4 of 10 would have come anyway.
    assert rows.loc["gross change of the supported", "estimate"] == pytest.approx(10, abs=1)
    assert rows.loc["deadweight", "lo"] < 0.4 < rows.loc["deadweight", "hi"]
    assert rows.loc["gross change of the supported", "verdict"] == "descriptive"
