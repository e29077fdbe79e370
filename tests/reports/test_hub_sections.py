"""Targets, badges and money of one hub, from an extract of a few rows that are read off by hand."""

from __future__ import annotations

import re
from typing import Any

from dihkpi.reports.blocks import Words
from dihkpi.reports.extract import Extract
from dihkpi.reports.outlook import nothing
from dihkpi.reports.sections.completeness import completeness
from dihkpi.reports.sections.money import money
from dihkpi.reports.sections.targets import kpi_table

WORDS, SO_FAR, HALF = Words(5, 0.95), "../2026-06-30", "2024-01-01/2025-06-30"
UNITS = {
    "service_value": "EUR", "price_invoiced": "EUR", "aid_granted": "EUR", "aid_intensity": "percent",
    "investment_triggered": "EUR", "investment_leverage": "EUR per EUR", "cost_per_customer": "EUR per organisation",
    "cost_per_point": "EUR per point", "funding": "EUR", "funding_mix": "percent", "funding_diversification": "index",
    "funding_dependency": "percent", "services_delivered": "records", "cross_border_share": "percent",
    "maturity_gain": "points", "operating_cost": "EUR",
}  # fmt: skip
LIGHTS = {"behind": {"words": "too late", "colour": "#b3261e"}, "on_track": {"words": "on <course>", "colour": "red"}}
DICTIONARY = {
    "indicators": {
        name: {"name": name.replace("_", " ").capitalize(), "unit": unit, "estimated": name == "cost_per_point"}
        for name, unit in UNITS.items()
    },
    "surveys": {"dma_sme": {"nodes": {"overall": {"label": "Overall"}}}},
    "codelists": {"categories": {"test": "Test before invest"}},
    "breakdowns": {"category": "categories"},
    "lights": LIGHTS,
    "months_soon": 3,
    "de_minimis": {"years": 3, "warning": 5000},
}


def row(indicator: str, period: str, value: float | None, breakdown: str = "", **more: Any) -> list[Any]:
    """A row of figures; ``more`` are fields of an estimate."""
    status = more.get("status", "ok" if value is not None else "m")
    fields = [more.get(name) for name in ("lo", "hi", "n")]
    goal = [more.get(name) for name in ("target", "attainment", "expected", "light")]
    return [indicator, period, breakdown, value, *fields, UNITS[indicator], status, *goal]


def aim(indicator: str, period: str, ends: str, passed: float, breakdown: str = "", **more: Any) -> list[Any]:
    """A row of what is known of the end of a target."""
    told = [more.get(name) for name in ("forecast", "lo", "hi", "p_reach", "method")]
    return [
        indicator,
        period,
        breakdown,
        "2024-01-01",
        ends,
        passed,
        *told,
        more.get("status", "ok"),
        more.get("reason"),
    ]


def hub(figures: list[list[Any]], level: str = "hub", **outlook: Any) -> Extract:
    rest = ("beside", "hubs", "surveys", "explained", "reconciled", "programme")
    content: dict[str, Any] = {name: [] for name in rest}
    return Extract(
        {
            **content,
            "about": {"period": "2026-H1", "last_day": "2026-06-30", "newest": "2026-06-29"},
            "place": {"level": level, "name": "Adria", "code": "HR-a"},
            "figures": figures,
            "below": {"level": "", "places": [], "unknown": 0},
            "quality": {},
            "explained": {},
            "outlook": nothing() | outlook,
        },
        DICTIONARY,
    )


def said_of(extract: Extract, section: Any = kpi_table) -> str:
    html = section(extract, WORDS, extract.figures).html
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\xa0", " ").split())


def target(value: float, goal: float, expected: float, light: str, **more: Any) -> dict[str, Any]:
    return {"target": goal, "attainment": value / goal, "expected": expected, "light": light, **more}


def test_a_period_that_is_over_is_final_and_one_that_runs_has_a_forecast() -> None:
    found = hub(
        [row("services_delivered", HALF, 100, **target(100, 90, 1, "on_track")),
         row("services_delivered", "M36", 300, **target(300, 400, 0.8, "behind"))],
        aims=[aim("services_delivered", "M36", "2026-12-31", 0.83, forecast=360, lo=340, hi=390, p_reach=0.0,
                  method="counts", status="u", reason="the two halves differ"),
              aim("services_delivered", HALF, "2025-06-30", 1, forecast=100, p_reach=1, method="final")],
    )  # fmt: skip
    said = said_of(found)
    assert "Targets from 1 January 2024 to 30 June 2025" in said
    assert said.index("final: 1 of 1 target reached (1 on &lt;course&gt;)") < said.index("Up to month 36")
    assert "on &lt;course&gt; 100 90 111 % 100 % reached" in said
    assert "runs until 31 December 2026, 83 % of the time has passed: 1 too late." in said
    assert "too late 300 400 75 % expected 80 % 360 (340 to 390) under 1 %" in said
    assert "Doubtful forecast: Services delivered: the two halves differ." in said


def test_the_colour_of_a_light_is_that_of_the_policy_and_nothing_else() -> None:
    figures = [row("services_delivered", "M36", v, **target(v, 4, 1, light)) for v, light in ((1, "behind"),)]
    html = kpi_table(hub(figures), WORDS, hub(figures).figures).html
    assert '<span class="light behind" style="--light: #b3261e">too\xa0late</span>' in html
    figures = [row("services_delivered", "M36", 4, **target(4, 4, 1, "on_track"))]
    html = kpi_table(hub(figures), WORDS, hub(figures).figures).html
    assert '<span class="light on_track">on\xa0&lt;course&gt;</span>' in html, "red is no colour of six digits"


def test_a_target_of_a_part_and_one_without_forecast_are_told() -> None:
    part = "dimension=overall;survey=dma_sme;waves=T0-T1"
    found = hub(
        [row("maturity_gain", "M36", 6.5, part, **target(6.5, 10, 0.8, "on_track")),
         row("cross_border_share", "M36", None, status="c", target=40.0)],
        aims=[aim("maturity_gain", "M36", "2026-12-31", 0.83, part, status="m", reason="it does not add up"),
              aim("cross_border_share", "M36", "2026-12-31", 0.83, status="c", reason="the figure is suppressed")],
    )  # fmt: skip
    said = said_of(found)
    assert "Maturity gain (Overall, firms, T0-T1)" in said and "6.5 10" in said
    assert "Cross border share – fewer than 5 40 % – – – –" in said
    assert "No forecast: Cross border share: the figure is suppressed." in said
    assert "1 on &lt;course&gt; and 1 not judged" in said
    over = aim("maturity_gain", "M36", "2026-05-31", 1, status="m", reason="nothing was told")
    late = hub([row("maturity_gain", "M36", None, target=10.0)], aims=[over])
    assert "so the figures are final. Targets" in said_of(late) and "Not judged: Maturity gain: nothing" in said_of(
        late
    )


def test_the_course_of_targets_is_drawn_with_its_fan() -> None:
    figures = [row("services_delivered", "M4", 6, **target(6, 8, 0.5, "on_track"))]
    ahead = aim("services_delivered", "M4", "2024-04-30", 0.5, forecast=11, lo=8, hi=15, p_reach=0.97, method="counts")
    course = ["services_delivered", "M4", [3.0, 6.0], [2.0, 4.0, 6.0, 8.0]]
    found = hub(figures, aims=[ahead], courses=[course])
    html = kpi_table(found, WORDS, found.figures).html
    assert html.count("<figure>") == 1 and 'alt="Services delivered: 6 of 8, forecast 11."' in html
    assert "the light fan is the 95" in html
    over = aim("services_delivered", "M4", "2024-04-30", 1, forecast=6, lo=6, hi=6, p_reach=0, method="final")
    found = hub(figures, aims=[over], courses=[course])
    assert "fan" not in kpi_table(found, WORDS, found.figures).html


def test_badges_stand_where_the_policy_has_steps() -> None:
    badge = ["test", 61.0, "silver", "gold", 39.0]
    assert "Test before invest Silver 61 Gold 39" in said_of(hub([], badges=[badge]))
    assert "Assessments None yet no data Bronze –" in said_of(
        hub([], badges=[["assessments", None, None, "bronze", None]])
    )
    assert "Badge" not in said_of(hub([]))


MONEY = [
    row("service_value", SO_FAR, 1000.0), row("service_value", "2024", 0.0), row("service_value", "2025", 600.0),
    row("service_value", "2026", 400.0), row("price_invoiced", SO_FAR, 350.0), row("aid_granted", SO_FAR, 500.0),
    row("aid_intensity", SO_FAR, 50.0), row("service_value", SO_FAR, 900.0, "category=test"),
    row("aid_granted", SO_FAR, None, "category=test", status="c"),
    row("investment_triggered", SO_FAR, 1250.0), row("investment_triggered", SO_FAR, 1250.0, "investment_type=loan"),
    row("investment_leverage", SO_FAR, 2.5), row("cost_per_customer", SO_FAR, 4321.5, n=9),
    row("operating_cost", SO_FAR, 38893.5),
    row("cost_per_point", SO_FAR, 80.25, n=7), row("funding", SO_FAR, 300.0), row("funding_mix", SO_FAR, 100.0),
    *(row("funding_mix", SO_FAR, share, f"source={code}") for code, share in (("eu", 66.7), ("fees", 33.3))),
    *(row("funding", SO_FAR, euros, f"source={code}") for code, euros in (("eu", 200.0), ("fees", 100.0))),
    row("funding_diversification", SO_FAR, 0.444), row("funding_dependency", SO_FAR, 66.7),
]  # fmt: skip


def test_money_of_a_hub() -> None:
    room = {"ok": 7, "low": 1, "sector": 2}
    said = said_of(hub(MONEY, checks=[40, 2, 30.0, 0.0], room=room, ceiling=300_000.0), money)
    assert "Services worth €1,000 were delivered since the start, customers were invoiced €350 and €500 was" in said
    assert "2025 €600" in said and "2026 so far €400" in said and "2024" not in said, "nothing was done in 2024"
    assert "Test before invest €900 fewer than 5" in said, "the other amounts have no such parts"
    assert "Of 40 services compared with the terms of the hub, 2 have another aid than is due: €30 above" in said
    assert "Of the customers with aid, none above the ceiling, fewer than 5 with €5,000 or less left, 7 with" in said
    assert "€1,250 since the start, as hubs declare it (loan €1,250). That is €2.50 of investment per euro" in said
    all_told = said_of(hub(MONEY, room={"ok": 7, "sector": 5}), money)
    assert "Of 12 customers with aid, none above the ceiling, 7 with more room and 5 to be checked" in all_told
    assert "Operating cost €38,894 counted, so no interval –" in said and "Outcomes are gross" in said
    assert "Cost per customer €4,322 counted, so no interval 9" in said
    assert "Cost per point €80.25 no bounds: the change may be zero 7" in said
    assert "eu €200 66.7 % fees €100 33.3 % All sources €300 100.0 %" in said
    assert "Diversification is 0.44, between 0 for a single source and 0.50 for 2 equal sources." in said
    assert "The largest source gives 67 %" in said


def test_places_above_the_hubs_tell_nothing_of_terms_and_room() -> None:
    said = said_of(hub(MONEY, level="country"), money)
    assert "€1,000" in said and "terms" not in said and "ceiling" not in said
    assert "told no terms of aid" in said_of(hub(MONEY), money)
    assert said_of(hub(MONEY, checks=[5, 0, 0.0, 0.0]), money).count("all have the aid that is due") == 1


def test_a_hub_without_amounts_says_so_in_one_sentence() -> None:
    assert said_of(hub([]), money) == "No data: no amounts of money are on record."
    said = said_of(hub([row("service_value", SO_FAR, None, status="c")]), money)
    assert "Service value" in said and "fewer than 5" in said and "worth" not in said


def test_advisers_are_told_only_where_services_name_them() -> None:
    alone = hub([], due=[["all", "T0", 1, 1, 0, 0, 0], ["none", "T0", 1, 1, 0, 0, 0]])
    assert "adviser" not in completeness(alone).html and "100" in completeness(alone).html
    named = hub([], due=[["all", "T0", 2, 1, 1, 1, 0], ["<b>", "T0", 1, 1, 0, 0, 0], ["none", "T0", 1, 0, 1, 1, 0]])
    assert "&lt;b&gt;" in completeness(named).html and "No adviser named" in completeness(named).html
