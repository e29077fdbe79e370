"""The block on what came on top: every step with its range and source, and never the word impact."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from dihkpi.reports.blocks import Words
from dihkpi.reports.sections.programme import programme

WORDS = Words(5, 0.95)


def step(term: str, value: float | None, unit: str = "EUR", **more: Any) -> dict[str, Any]:
    nothing = {"lo": None, "hi": None, "left": None, "source": None, "method": None, "reason": None, "status": "ok"}
    return {**nothing, "survey": "kpi", "programme": "money", "term": term, "value": value, "unit": unit, **more}


CHAIN = [
    step("gross", 1000.0, left=1000.0, source="records"),
    step("deadweight_asked", 0.375, "share", lo=0.2, hi=0.55, left=625.0, source="what beneficiaries say"),
    step("deadweight_model", 0.6, "share", lo=0.4, hi=0.8, source="analysis 'compared'"),
    step("displacement", 0.2, "share", lo=0.0, hi=0.4, left=500.0, source="<b>a study</b>"),
    step("net", 500.0, lo=350.0, hi=640.0, left=500.0, status="u", reason="nothing is known of: leakage"),
    step("additionality", 0.5, "share", lo=0.35, hi=0.64),
    step("leverage_other", 3.333, "EUR per EUR", lo=2.0, hi=4.0),
    step("leverage_total", 4.333, "EUR per EUR", lo=3.0, hi=5.0),
    step("cost_per_net", 0.5, "EUR per EUR", lo=0.39, hi=None),
]


def page(*rows: dict[str, Any]) -> str:
    about = {"kpi/money": {"about": "Investment after services", "gross": "invested"}}
    known = {"programmes": about, "indicators": {"invested": {"name": "Investment triggered"}}}
    return programme(SimpleNamespace(programme=list(rows), dictionary=known), WORDS).html.replace("\u00a0", " ")


def test_the_chain_stands_with_ranges_and_sources() -> None:
    html = page(*CHAIN)
    for words in ("Gross: Investment triggered", "38 %", "20 % to 55 %", "€625", "what beneficiaries say",
                  "Net: what came on top", "€350 to €640", "50 % of it came on top", "(35 % to 64 %)",
                  "3.33 euros of other money", "that is 4.33", "cost 0.50 euros (without a bounded interval)",
                  "Low reliability: nothing is known of: leakage"):  # fmt: skip
        assert words in html, words
    assert "beside it, not taken off: what would have come anyway, by comparison" in html
    assert "&lt;b&gt;a study" in html and "<b>a study" not in html
    assert "impact" not in html.lower()


def test_what_few_said_is_not_shown() -> None:
    hidden = [
        step(term, None, unit, status="c", reason="the base is too small to be shown")
        for term, unit in (("deadweight_asked", "share"), ("net", "EUR"), ("additionality", "share"))
    ]
    html = page(CHAIN[0], *hidden)
    assert html.count("fewer than 5") == 2
    assert "What came on top cannot be told: the base is too small" in html


def test_nothing_declared_and_no_gross_figure() -> None:
    assert "no programme is declared" in page()
    assert "no figure" in page(step("gross", None, status="m", reason="there is no figure of 'invested'"))
