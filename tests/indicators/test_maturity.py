"""Scores by wave, change on the same organisations, how complete the waves are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

HUBS = ["hub,name,country,nuts,grant_start", "HR-a,Adria,HR,HR03,2023-01-01", "EE-b,Balt,EE,EE00,2023-01-01"]
OVERALL = "dimension=overall;survey=dma_sme;waves=T0-T1"
FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
HEAD = "name,id,wave,overall,strategy,readiness,human_centric,data,automation_ai,green,hub"


def reported(number: int, wave: str, value: float, hub: str = "Adria") -> str:
    return ",".join([f"Firm {number}", str(number), wave, *[f"{50 + value:.1f}"] * 7, hub])


@pytest.fixture(scope="module")
def sleep(prepared, figures):
    """Student's sleep data as reported scores, with two who left and two who came later."""
    rows = [reported(i, "T0", value) for i, value in enumerate(FIRST)]
    rows += [reported(i, "T1", value) for i, value in enumerate(SECOND)]
    rows += [reported(20, "T0", 40), reported(21, "T0", 40), reported(22, "T1", -40), reported(23, "T2", 0)]
    return figures(prepared({"hubs.csv": HUBS, "results.csv": [HEAD, *rows]}), "2024")


def test_change_is_of_pairs_only_with_the_published_interval(sleep):
    row = sleep.row("network", "maturity_gain", "../2024-12-31", OVERALL)
    assert (row["value"], row["n"], row["status"]) == (pytest.approx(1.58), 10, "ok")
    assert [row["lo"], row["hi"]] == pytest.approx([0.7001142, 2.4598858], abs=5e-8)
    assert sleep.value("hub HR-a", "maturity_gain", "../2024-12-31", OVERALL) == pytest.approx(1.58)


def test_means_of_waves_are_of_everybody_assessed_in_the_wave(sleep):
    row = sleep.row("network", "maturity_score", "../2024-12-31", "dimension=green;survey=dma_sme;wave=T0")
    assert (row["value"], row["n"]) == (pytest.approx(50 + (sum(FIRST) + 80) / 12), 12)
    assert (
        sleep.row("network", "maturity_score", "../2024-12-31", "dimension=green;survey=dma_sme;wave=T2")["status"]
        == "c"
    )


def test_scores_without_a_date_count_in_no_closed_window(sleep):
    assert sleep.row("network", "maturity_gain", "2024", OVERALL)["status"] == "m"
    row = sleep.row("network", "dma_count", "2024")
    assert np.isnan(row["value"]) and row["status"] == "m", "nobody told a day, so zero would be a lie"
    assert sleep.value("network", "dma_count", "../2024-12-31") == 24


@pytest.fixture(scope="module")
def assessed(prepared, uploads):
    """Six firms: all at T0 in 2023, five at T1 in 2024, one of them at T2 in 2025; and one public body."""
    sme = [("T0", "06/01/2023", f"Firm{i}", "empty") for i in range(6)]
    sme += [("T1", "06/01/2024", f"Firm{i}", "full") for i in range(5)]
    sme += [("T2", "06/01/2025", "Firm0", "full")]
    pso = [("T0", "03/31/2024", "Town", "full")]
    return prepared({
        "hubs.csv": HUBS, "HR-a/sme.csv": uploads("sme", sme), "HR-a/pso.csv": uploads("pso", pso),
    })  # fmt: skip


@pytest.mark.requirement("R16")
def test_assessments_are_counted_by_survey_and_wave_and_together(assessed, figures):
    found = figures(assessed, "2024")
    counts = {b: found.value("hub HR-a", "dma_count", "2024", b) for b in ("", "survey=dma_sme", "survey=dma_pso")}
    assert counts == {"": 6, "survey=dma_sme": 5, "survey=dma_pso": 1}
    assert found.value("network", "dma_count", "../2024-12-31", "survey=dma_sme;wave=T0") == 6
    assert found.value("network", "dma_count", "2024", "survey=dma_sme;wave=T0") == 0
    assert found.value("network", "dma_count", "2024", "survey=dma_sme;wave=T1") == 5
    assert found.value("network", "dma_count", "../2024-12-31") == 12


def test_a_change_belongs_to_the_period_of_its_later_wave(assessed, figures):
    found = figures(assessed, "2024")
    for period in ("2024", "../2024-12-31"):
        row = found.row("hub HR-a", "maturity_gain", period, OVERALL)
        assert (row["value"], row["n"], row["lo"], row["hi"]) == (100, 5, 100, 100)
    assert found.row("hub HR-a", "maturity_gain", "2023", OVERALL)["status"] == "m"
    far = OVERALL.replace("T0-T1", "T0-T2")
    assert found.row("hub HR-a", "maturity_gain", "2024", far)["status"] == "m"
    assert figures(assessed, "2025").row("hub HR-a", "maturity_gain", "2025", far)["status"] == "c"


def test_means_are_of_everybody_assessed_by_the_end_of_the_window(assessed, figures):
    about = "dimension=overall;survey=dma_sme;wave=T0"
    row = figures(assessed, "2024").row("network", "maturity_score", "2024", about)
    assert row["status"] == "c", "all six answered the same, which is told of ten or more only"
    policy = dict(assessed.definitions.policy)
    policy["disclosure_uniform"] = policy["disclosure_uniform"].model_copy(
        update={"value": {"base": 0, "measures": []}}
    )
    told = replace(assessed, definitions=replace(assessed.definitions, policy=policy))
    row = figures(told, "2024").row("network", "maturity_score", "2024", about)
    assert (row["value"], row["n"]) == (0, 6)


def test_completeness_is_the_state_at_the_end_of_the_window(assessed, figures):
    before = figures(assessed, "2024").row("hub HR-a", "dma_completeness", "2024", "survey=dma_sme")
    after = figures(assessed, "2025").row("hub HR-a", "dma_completeness", "2025", "survey=dma_sme")
    assert (before["value"], before["n"]) == (0, 6)
    assert (after["value"], after["n"]) == (pytest.approx(100 / 6), 6)
    pso = figures(assessed, "2024").row("hub HR-a", "dma_completeness", "2024", "survey=dma_pso")
    assert pso["status"] == "c"
    assert np.isnan(pso["value"])


def test_answers_win_over_the_score_that_another_tool_reports(prepared, uploads):
    rows = ["Firm1,HRsmeFirm1,T0,77,77,77,77,77,77,77,Adria", "Firm2,2,T0,66,66,66,66,66,66,66,Adria"]
    answers = uploads("sme", [("T0", "06/01/2023", "Firm1", "empty")])
    inputs = prepared({"hubs.csv": HUBS, "HR-a/answers.csv": answers, "results.csv": [HEAD, *rows]})
    overall = inputs.scores[inputs.scores["dimension"] == "overall"]
    assert sorted(overall["value"]) == [0, 66]
    assert sorted(inputs.assessments["origin"]) == ["answers", "reported"]
    assert set(inputs.assessments["hub"]) == {"HR-a"}
