"""Bad input of KPIs, money and impact: each fault of a file has a rule, a cell and a fate, told by the command."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.intake.conftest import Files, Rows, Told

SERVICE = {
    "content_id": "c1", "customer": "Alfa", "vat": "HR1001", "customer_type": "SME", "category": "Test before invest",
    "status": "Finalised", "dates": "2024-01-08 / 2024-01-09", "price": "1000", "invoiced": "100", "aid": "400",
    "investment": "", "investment_type": "", "attendees": "", "hub": "Adria", "customer_country": "HR",
    "customer_region": "HR03",
}  # fmt: skip
TARGET = {"hub": "HR-a", "indicator": "services_delivered", "period": "M18", "breakdown": "", "value": "10",
          "unit": "records"}  # fmt: skip
COST = {"hub": "Adria", "start": "2024-01-01", "end": "2024-06-30", "operating_cost": "100000"}
EVENT = {"hub": "Adria", "id": "e1", "title": "Day", "start": "2024-05-01", "end": "2024-05-02", "kind": "awareness",
         "participants": "20"}  # fmt: skip
HUB = {"hub": "HR-a", "name": "Adria", "country": "HR", "nuts": "HR03", "grant_start": "2023-01-01"}


class Fault(NamedTuple):
    """One fault: the rows that have it, and the rule, severity and cells that tell it; rows set aside."""

    rows: list[dict[str, str]]
    rule: str
    severity: str
    cells: tuple[str, ...]
    aside: int


def services(*changes: dict[str, str]) -> list[dict[str, str]]:
    return [{**SERVICE, "content_id": f"c{number}", **change} for number, change in enumerate(changes)]


def targets(*changes: dict[str, str]) -> list[dict[str, str]]:
    return [{**TARGET, **change} for change in changes]


def costs(*spans: tuple[str, str]) -> list[dict[str, str]]:
    return [{**COST, "start": start, "end": end} for start, end in spans]


FUTURE = "2999-01-01"
FAULTS = {
    # the twelve of the issue, as far as they are of files; T1 before T0 and the models follow below
    "one customer in two hubs": Fault(services({}, {"hub": "Balt"}), "one_hub", "info", ("N3",), 0),
    "negative price": Fault(services({"price": "-5"}), "min", "error", ("H2",), 1),
    "negative invoice": Fault(services({"invoiced": "-5"}), "min", "error", ("I2",), 1),
    "negative aid": Fault(services({"aid": "-5"}), "min", "error", ("J2",), 1),
    "negative investment": Fault(services({"investment": "-5"}), "min", "error", ("K2",), 1),
    "aid above price": Fault(services({"aid": "1200"}), "aid_within_price", "warning", ("J2",), 0),
    "service that ends before it starts": Fault(
        services({"dates": "2024-05-01 / 2024-04-01"}), "end_before_start", "error", ("G2",), 1),
    "event that ends before it starts": Fault(
        [{**EVENT, "end": "2024-04-01"}], "end_after_start", "error", ("E2",), 1),
    "costs that end before they start": Fault(
        costs(("2024-05-01", "2024-04-01")), "end_after_start", "error", ("C2",), 1),
    "target without unit": Fault(
        targets({"unit": "", "indicator": "aid_granted"}), "unit_named", "warning", ("F2",), 0),
    "mixed currencies": Fault(
        services({"price": "€ 1000"}, {"price": "1000 USD"}, {"price": "7500 kn"}), "currency", "error",
        ("H3", "H4"), 2),
    "periods of targets that overlap": Fault(
        targets({"period": "M20"}, {"period": "M19-M36"}), "periods_fit", "warning", ("C3",), 0),
    "periods of targets that leave a gap": Fault(
        targets({"period": "2024"}, {"period": "2026"}), "periods_fit", "warning", ("C3",), 0),
    "periods of costs that overlap": Fault(
        costs(("2024-01-01", "2024-06-30"), ("2024-06-30", "2024-12-31")), "periods_follow", "warning", ("B3",), 0),
    "costs of a quarter inside those of a year": Fault(
        costs(("2024-01-01", "2024-12-31"), ("2024-04-01", "2024-06-30")), "periods_follow", "warning", ("B3",), 0),
    "periods of costs that leave a gap": Fault(
        costs(("2024-01-01", "2024-06-30"), ("2024-07-02", "2024-12-31")), "periods_follow", "warning", ("B3",), 0),
    "cumulative target that falls": Fault(
        targets({}, {"period": "M36", "value": "9"}), "periods_fit", "warning", ("E3",), 0),
    # their neighbours
    "one customer in two countries": Fault(
        services({}, {"customer_country": "AT", "customer_region": "AT13"}), "one_country", "warning", ("O3",), 0),
    "amount that is none": Fault(services({"price": "NaN"}), "number", "error", ("H2",), 1),
    "endless amount": Fault(services({"price": "inf"}), "number", "error", ("H2",), 1),
    "amount with an exponent": Fault(services({"price": "1e308"}), "number", "error", ("H2",), 1),
    "amount beyond any grant": Fault(services({"price": "1000000000"}), "usual_price", "warning", ("H2",), 0),
    "service of 1900": Fault(services({"dates": "1900-01-01"}), "date_before_programme", "warning", ("G2",), 0),
    "service of 2999": Fault(services({"dates": FUTURE}), "date_in_future", "warning", ("G2",), 0),
    "service until 2999": Fault(
        services({"dates": f"2024-01-01 / {FUTURE}"}), "usual_duration", "warning", ("G2",), 0),
    "region of an old version": Fault(services({"customer_region": "HR04"}), "unknown_code", "warning", ("P2",), 0),
    "target of zero": Fault(targets({"value": "0"}), "target_above_zero", "error", ("E2",), 1),
    "negative target": Fault(targets({"value": "-3"}), "target_above_zero", "error", ("E2",), 1),
    "target in words": Fault(targets({"value": "many"}), "number", "error", ("E2",), 1),
    "target in another unit": Fault(targets({"unit": "EUR"}), "unit_of_indicator", "warning", ("F2",), 0),
    "target in thousands": Fault(
        targets({"indicator": "aid_granted", "unit": "kEUR"}), "unit_of_indicator", "warning", ("F2",), 0),
    "target with a foreign currency": Fault(
        targets({"indicator": "aid_granted", "unit": "EUR", "value": "45 USD"}), "unit", "error", ("E2",), 1),
    "target as a share": Fault(
        targets({"indicator": "aid_intensity", "unit": "percent", "value": "0.45"}), "share_for_percent", "warning",
        ("E2",), 0),
    "target above 100 per cent": Fault(
        targets({"indicator": "aid_intensity", "unit": "%", "value": "450"}), "within_hundred", "warning", ("E2",), 0),
    "target for an unknown indicator": Fault(
        targets({"indicator": "service_delivered"}), "unknown_code", "error", ("B2",), 1),
    "target twice, with two values": Fault(targets({}, {"value": "11"}), "duplicate_key", "error", ("B2", "B3"), 2),
    "target twice, in two spellings": Fault(
        targets({}, {"period": "M1-M18", "value": "11"}), "periods_fit", "warning", ("C3",), 0),
    "target for no period": Fault(targets({"period": "M36-M19"}), "period", "error", ("C2",), 1),
    "grant of 1900": Fault([{**HUB, "grant_start": "1900-01-01"}], "grant_in_programme", "warning", ("E2",), 0),
    "grant of 2999": Fault([{**HUB, "grant_start": FUTURE}], "grant_has_started", "warning", ("E2",), 0),
}  # fmt: skip


def table(rows: list[dict[str, str]]) -> Rows:
    names = list(rows[0])
    return [names, *([row[name] for name in names] for row in rows)]


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_named_where_it_is(name: str, files: Files, ask: Callable[..., Told]) -> None:
    fault = FAULTS[name]
    told = ask(files.csv(table(fault.rows)))
    found = [(i["rule"], i["severity"], i["cell"]) for i in told.issues]
    assert [entry for entry in found if entry[0] == fault.rule] == [
        (fault.rule, fault.severity, cell) for cell in fault.cells
    ]
    assert {severity for rule, severity, _ in found if rule != fault.rule} <= {"warning"}, "nothing else is wrong"
    assert told.counts == (len(fault.rows), len(fault.rows) - fault.aside, fault.aside)
    assert told.code == int(fault.aside > 0)


@pytest.mark.parametrize("rows", [services({}), targets({}), costs(("2024-01-01", "2024-06-30")), [EVENT], [HUB]])
def test_without_the_fault_nothing_is_said(rows: list[dict[str, str]], files: Files, ask: Callable[..., Told]) -> None:
    assert ask(files.csv(table(rows))).found == []


@pytest.mark.parametrize("unit", ["EUR", "€", "euro"])
def test_spellings_of_a_unit_are_the_unit(unit: str, files: Files, ask: Callable[..., Told]) -> None:
    assert ask(files.csv(table(targets({"indicator": "aid_granted", "unit": unit})))).found == []


MESSAGES = {
    "one customer in two hubs": ("'Balt', and 'Adria' in row 2", "once above the hubs"),
    "target without unit": ("names its unit", "write that unit"),
    "target in another unit": ("Unit: EUR, indicator unit: records", "in the unit of the indicator"),
    "target with a foreign currency": ("'45 USD' holds the unit USD", "convert it"),
    "region of an old version": ("unknown code 'HR04'", "such as HR02, HR03"),
    "target for no period": ("'M36-M19' is not a period", "M19-M36"),
    "target twice, in two spellings": ("M1-M18 and M18 are the same period", "Check the periods"),
    "costs of a quarter inside those of a year": ("2024-04-01/2024-06-30 and 2024-01-01/2024-12-31", "twice"),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_the_message_says_what_was_found_and_the_hint_what_to_do(
    name: str, files: Files, ask: Callable[..., Told]
) -> None:
    issues = ask(files.csv(table(FAULTS[name].rows))).issues
    (issue,) = [issue for issue in issues if issue["rule"] == FAULTS[name].rule]
    message, hint = MESSAGES[name]
    assert message in issue["message"] and hint in issue["hint"]


def assessed(sme: Rows, *rows: tuple[str, str, str]) -> Rows:
    """Waves of the first firm of a clean file: wave, day, and the answer to its first item."""
    answers = sme[1][5:]
    return [sme[0], *([wave, day, *sme[1][2:4], first, *answers] for wave, day, first in rows)]


WAVES = {
    "T1 before T0": ([("T0", "03/01/2025", "1|0"), ("T1", "02/01/2024", "1|0")], ("wave_order", "error", "B3"), 1),
    "T1 on the day of T0": (
        [("T0", "03/01/2024", "1|0"), ("T1", "03/01/2024", "0|1")], ("wave_order", "error", "B3"), 1),
    "two T1 on one day": (
        [("T1", "03/01/2024", "1|0"), ("T1", "03/01/2024", "0|1")], ("duplicate_key", "error", "A2"), 2),
    "wave in the future": ([("T0", "03/01/2999", "1|0")], ("date_in_future", "warning", "B2"), 0),
    "T1 of 1950": ([("T0", "03/01/2024", "1|0"), ("T1", "03/01/1950", "1|0")], ("wave_order", "error", "B3"), 1),
}  # fmt: skip


@pytest.mark.parametrize("name", WAVES)
def test_waves_out_of_order(name: str, files: Files, sme: Rows, ask: Callable[..., Told]) -> None:
    rows, wanted, aside = WAVES[name]
    told = ask(files.csv(assessed(sme, *rows)))
    assert wanted in [(issue["rule"], issue["severity"], issue["cell"]) for issue in told.issues]
    assert told.counts[2] == aside
