"""What a run tells of programmes: chains that one can add up in the head, and nothing of few that shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihkpi.definitions import Definitions
from dihkpi.definitions.plan import Plan
from dihkpi.indicators.cause.programme_table import programme_table
from dihkpi.indicators.compute import Inputs, compute_indicators
from dihkpi.indicators.disclosure.small import small_cells

LAST = date(2025, 12, 31)
SERVICES = "content_id,customer,vat,category,price,aid,status,investment,investment_type,dates,hub,customer_type"
FIRMS = [(100, "no"), (100, "same"), (200, "later"), (200, "no"), (200, "smaller"), (200, None)]
"""Investment of each firm, and what it would have done without the service."""
DECLARED = {"leakage": {"value": 0.2, "source": "seat of the customers"}, "cost": "operating_cost"}


@pytest.fixture
def network(prepared, definitions):
    """Firms of one hub or two, each with one service that it invested after, and one without investment."""

    def make(firms: dict[str, list], chosen: Definitions | None = None) -> Inputs:
        rows, answers = [SERVICES], ["hub,content_id,without_support"]
        finances = ["hub,start,end,operating_cost"]
        for hub, members in firms.items():
            finances.append(f"{hub},2025-01-01,2025-12-31,250")
            for number, (money, said) in enumerate(members):
                name = f"{hub}{number}"
                rows.append(f"{name},Firm {name},HR{name},test_before_invest,100,50,finalised,{money},bank_loan,"
                            f"2025-03-01,{hub},sme")  # fmt: skip
                if said:
                    answers.append(f"{hub},{name},{said}")
            rows.append(f"{hub}-idle,Idle {hub},HR{hub}idle,test_before_invest,100,,finalised,,,2025-03-01,{hub},sme")
        files = {"services.csv": rows, "without_support.csv": answers, "finances.csv": finances}
        return prepared(
            {name: lines for name, lines in files.items() if len(lines) > 1}, chosen or declared(definitions)
        )

    return make


def declared(definitions: Definitions, **fields: object) -> Definitions:
    """The KPI tool alone, with other fields of its one programme."""
    key = ("edih_kpi", "v1")
    survey = definitions.versions[key]
    assert survey.analysis is not None
    body = survey.analysis.model_dump(exclude_none=True)
    body["programmes"]["investment"] |= fields
    versions = {key: survey.model_copy(update={"analysis": Plan.model_validate(body)})}
    return replace(definitions, versions=versions)


def told(inputs: Inputs, effects: pd.DataFrame | None = None) -> pd.DataFrame:
    given = effects if effects is not None else pd.DataFrame({"survey": [], "analysis": [], "term": []})
    indicators = compute_indicators(inputs, inputs.definitions, "2025")
    table = programme_table(inputs, indicators, given, inputs.definitions, LAST)
    return table.set_index(["level", "code", "term"])


def test_the_chain_of_a_network_adds_up(network, definitions) -> None:
    table = told(network({"HR-a": FIRMS}, declared(definitions, **DECLARED))).loc["network", "all"]
    assert list(table.index) == ["gross", "deadweight_asked", "leakage", "net", "additionality", "leverage_other",
                                 "leverage_total", "cost_per_net"]  # fmt: skip
    # 100 + 200 / 2 + 200 / 2 of the 800 euros with an answer; 1,000 x 0.625 x 0.8; 250 euros of cost.
    assert table["value"].tolist() == pytest.approx([1000, 0.375, 0.2, 500, 0.5, 1000 / 300, 1300 / 300, 0.5])
    assert table["left"].dropna().tolist() == pytest.approx([1000, 625, 500, 500])
    assert table.loc["deadweight_asked", "n"] == 5
    assert "1 of 6 records without an answer" in table.loc["deadweight_asked", "reason"]
    assert (table.loc["leakage", "source"], table.loc["gross", "status"]) == ("seat of the customers", "ok")
    assert "displacement, substitution; taken as none" in table.loc["net", "reason"]
    # The gross figure is a complete count: the interval of the share is that of the net amount over it.
    ends = table.loc["net", ["lo", "hi"]].to_numpy(float) / 1000
    np.testing.assert_allclose(table.loc["additionality", ["lo", "hi"]].to_numpy(float), ends)
    assert ends[0] < 0.5 < ends[1]


def test_leverage_agrees_with_the_indicator(network) -> None:
    inputs = network({"HR-a": FIRMS})
    figures = compute_indicators(inputs, inputs.definitions, "2025")
    same = (figures["indicator"] == "investment_leverage") & (figures["level"] == "network")
    ratio = figures.loc[same & (figures["period"] == "../2025-12-31"), "value"].item()
    assert told(inputs).loc[("network", "all", "leverage_other"), "value"] == pytest.approx(ratio)


@pytest.mark.parametrize(
    "firms",
    [FIRMS[:4], [(9000, "same"), *FIRMS[1:]]],
    ids=["fewer than five answered", "one of them holds most of the money"],
)
def test_what_few_said_does_not_show(network, firms) -> None:
    table = told(network({"HR-a": firms})).loc["network", "all"]
    hidden = table[table["status"] == "c"]
    assert list(hidden.index) == ["deadweight_asked", "net", "additionality", "cost_per_net"]
    assert hidden[["value", "lo", "hi", "left", "n"]].isna().all(axis=None)
    assert table.loc["gross", "value"] == sum(money for money, _ in firms)
    assert table.loc["leverage_other", "status"] == "ok"


def test_a_hub_does_not_show_what_the_hidden_one_said(network, definitions) -> None:
    both = {"HR-a": FIRMS, "HR-b": FIRMS[:3]}
    table = told(network(both, declared(definitions, levels=["network", "hub"])))
    status = table["status"].xs("deadweight_asked", level="term")
    assert status.to_dict() == {("network", "all"): "u", ("hub", "hr-a"): "c", ("hub", "hr-b"): "c"}


def test_both_ways_are_shown_and_one_is_taken_off(network, definitions) -> None:
    effects = pd.DataFrame([{
        "survey": "edih_kpi", "analysis": "compared", "term": "deadweight", "estimate": 0.6, "se": 0.1, "df": 20.0,
        "lo": 0.4, "hi": 0.8, "method": "model", "status": "ok", "reason": "",
    }])  # fmt: skip
    for net_of, net in (("analysis", 400), ("question", 625)):
        chosen = declared(definitions, analysis="compared", net_of=net_of)
        table = told(network({"HR-a": FIRMS}, chosen), effects).loc["network", "all"]
        assert table.loc[["deadweight_asked", "deadweight_model"], "value"].tolist() == pytest.approx([0.375, 0.6])
        assert table.loc["net", "value"] == pytest.approx(net)
        assert table.loc[["deadweight_asked", "deadweight_model"], "left"].notna().tolist() == [
            net_of == "question", net_of == "analysis",
        ]  # fmt: skip


def test_a_deadweight_of_a_model_is_as_good_as_its_effect(network, definitions) -> None:
    row = {"survey": "edih_kpi", "analysis": "compared", "se": 0.1, "df": 20.0, "lo": 0.4, "hi": 1.9, "method": "model"}
    effects = pd.DataFrame([
        {**row, "term": "effect", "estimate": -0.9, "status": "u", "reason": "one period before",
         "verdict": "associational"},
        {**row, "term": "deadweight", "estimate": 1.15, "status": "ok", "reason": "", "verdict": "descriptive"},
    ])  # fmt: skip
    table = told(network({"HR-a": FIRMS}, declared(definitions, analysis="compared", net_of="analysis")), effects)
    model, net = (table.loc[("network", "all", term)] for term in ("deadweight_model", "net"))
    assert (model["value"], model["status"], net["value"]) == (1.15, "u", 0)
    for words in ("the effect behind it is associational", "one period before", "1.15 lies outside of 0 to 1"):
        assert words in model["reason"] and words in net["reason"]


def test_without_records_there_is_a_reason(prepared, definitions) -> None:
    table = told(
        prepared({"events.csv": ["id,hub,title,start,kind", "e,HR-a,Day,2025-02-01,awareness"]}, declared(definitions))
    )
    assert set(table["status"]) == {"m"}
    assert "there is no figure of 'investment_triggered'" in table.loc[("network", "all", "net"), "reason"]


def test_nobody_was_asked(network) -> None:
    silent = network({"HR-a": [(money, None) for money, _ in FIRMS]})
    table = told(silent).loc["network", "all"]
    assert (table.loc["gross", "value"], table.loc["net", "status"]) == (1000, "m")
    assert table.loc["net", "reason"].startswith("deadweight: ")


@given(st.lists(st.integers(0, 30), max_size=12), st.integers(1, 10))
def test_what_is_hidden_is_enough_together(bases: list[int], minimum: int) -> None:
    hidden, base = small_cells(bases, minimum), np.array(bases, dtype=int)
    assert hidden[(base > 0) & (base < minimum)].all()
    assert not hidden[base == 0].any()
    assert not hidden.any() or base[hidden].sum() >= minimum or hidden.sum() == (base > 0).sum()
