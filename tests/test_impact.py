"""What a run tells of change and its cause: who counts as supported, tables that agree, nothing small that shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions
from dihkpi.indicators.compute import Inputs
from dihkpi.pipeline.impact import units_of

T = pd.Timestamp


@pytest.fixture
def inputs(definitions: Definitions) -> Inputs:
    """Five firms; services before, between, after the two assessments, and one that was only planned."""
    made = pd.DataFrame({
        "respondent": ["a", "a", "b", "b", "c", "c", "d", "d", "e"],
        "survey": "dma_sme", "version": "v1", "wave": ["T0", "T1"] * 4 + ["T0"],
        "date": [T("2024-01-10"), T("2025-01-10")] * 4 + [T("2025-02-01")], "hub": ["h1"] * 4 + ["h2"] * 5,
    })  # fmt: skip
    services = pd.DataFrame({
        "respondent": ["a", "b", "c", "d", "e"],
        "start": [T("2024-06-01"), T("2023-12-31"), T("2025-01-11"), T("2024-06-01"), T("2025-03-01")],
        "delivered": pd.array([True, True, True, False, True], dtype="boolean"),
    })  # fmt: skip
    people = pd.DataFrame({"respondent": list("abcde"), "kind": "sme", "country": "HR", "nuts": "HR03", "sector": "x",
                           "size": ["micro", "small"] * 2 + ["micro"]})  # fmt: skip
    hubs = pd.DataFrame({"hub": ["h1", "h2"]})
    return Inputs({("edih_kpi", "services"): services}, hubs, people, made, pd.DataFrame(), definitions)


def test_supported_is_who_had_a_delivered_service_between_the_waves(inputs: Inputs) -> None:
    units = units_of(inputs, date(2025, 12, 31)).set_index("code")
    assert units["supported"].to_dict() == {"a": "1", "b": "0", "c": "0", "d": "0", "e": "1"}
    assert units["hub"].to_dict() == {"a": "h1", "b": "h1", "c": "h2", "d": "h2", "e": "h2"}
    assert units_of(inputs, date(2025, 2, 15)).set_index("code").loc["e", "supported"] == "0", "not yet by then"


def test_the_order_of_rows_plays_no_part(inputs: Inputs) -> None:
    first = units_of(inputs, date(2025, 12, 31))
    mixed = replace(inputs, assessments=inputs.assessments.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(first, units_of(mixed, date(2025, 12, 31)))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from dihkpi.demo.workspace import DEMO_PERIOD, write_demo
    from dihkpi.pipeline import run
    from dihkpi.pipeline.run import Choice

    space = write_demo(tmp_path_factory.mktemp("work") / "space", hubs=3)
    run(space, period=DEMO_PERIOD, choice=Choice(hubs=["HR-adria"], network=True))
    return space.reports / DEMO_PERIOD


@pytest.mark.slow
def test_tables_of_a_run_agree(published: Path) -> None:
    names = ("indicators", "changes", "scores", "shrunken", "effects")
    tables = {name: pd.read_csv(published / "data" / f"{name}.csv", low_memory=False) for name in names}
    whole = tables["indicators"]
    gains = whole[
        (whole["indicator"] == "maturity_gain") & (whole["period"] == "../2026-06-30") & whole["value"].notna()
    ]
    means = tables["changes"][(tables["changes"]["among"] == "all") & (tables["changes"]["measure"] == "mean")]
    text = "dimension=" + means["dimension"] + ";survey=" + means["survey"] + ";waves=" + means["waves"]
    both = means.assign(breakdown=text).merge(gains, on=["level", "code", "breakdown"], suffixes=("", "_gain"))
    assert len(both) > 50
    np.testing.assert_allclose(both["value"], both["value_gain"], atol=1e-9)
    # interval and base of a mean are those of the indicator
    scores = whole[
        (whole["indicator"] == "maturity_score") & (whole["period"] == "../2026-06-30") & whole["value"].notna()
    ]
    own = tables["scores"].assign(
        breakdown=lambda t: "dimension=" + t["dimension"] + ";survey=" + t["survey"] + ";wave=" + t["wave"].fillna("")
    )
    both = own.merge(scores, on=["level", "code", "breakdown"], suffixes=("", "_mean"))
    assert len(both) > 50
    np.testing.assert_allclose(both["value"], both["value_mean"], atol=1e-9)
    np.testing.assert_allclose(both["lo"], both["lo_mean"], atol=1e-6)
    assert set(tables["effects"]["verdict"]) <= {"causal under assumption", "associational", "descriptive", "none"}
    small = tables["shrunken"]
    assert len(small) and small["reason"].notna().all(), "three hubs tell no distribution of hubs, and that is said"


@pytest.mark.slow
def test_nothing_of_few_respondents_is_published(published: Path) -> None:
    n = pd.read_csv(published / "data" / "uncertainty.csv").query("source == 'sampling'")["n"]
    assert n.min() >= 5
    scores = pd.read_csv(published / "data" / "scores.csv")
    hidden = scores[scores["status"] == "c"]
    assert len(hidden) and hidden[["value", "se", "lo", "hi", "band", "n_answered"]].isna().all(axis=None)
    keys = ["level", "code", "survey", "wave"]
    for name in ("ranks", "strengths", "contributions"):
        table = pd.read_csv(published / "data" / f"{name}.csv")
        assert len(table) and table.merge(hidden[keys].drop_duplicates(), on=keys).empty, name
    changes = pd.read_csv(published / "data" / "changes.csv", low_memory=False)
    shown = changes[changes["value"].notna() & ~changes["measure"].str.startswith("without_pair")]
    assert shown["n"].dropna().min() >= 0 and changes.loc[changes["status"] == "c", ["value", "lo", "hi"]].isna().all(
        axis=None
    )


@pytest.mark.slow
def test_the_page_says_how_sure_and_never_says_impact(published: Path) -> None:
    hub = (published / "hub" / "HR-adria" / "index.html").read_text(encoding="utf-8")
    network = (published / "network" / "index.html").read_text(encoding="utf-8")
    assert "How sure the change of firms from T0 to T1 is" in hub and "expected without any effect" in hub
    assert "Verdict: descriptive" in hub and "Cause." not in hub
    assert "The declared analysis of all hubs together" in network
    assert "Net: what came on top" in network and "as customers say" in network
    table = pd.read_csv(published / "data" / "programme.csv").set_index("term")
    assert table.loc["net", "value"] == pytest.approx(table.loc["gross", "value"] * table.loc["additionality", "value"])
    assert (published / "data" / "estimates.csv").read_text().startswith("survey,estimate,design,measure")
