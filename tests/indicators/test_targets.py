"""Targets: attainment, what is expected by now, the light; and the published figures of a hub."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dihkpi.indicators.targets import with_targets

HUBS = pd.DataFrame({
    "hub": ["HR-a", "EE-b"],
    "grant_start": pd.Series([pd.Timestamp("2023-01-01"), pd.NaT], dtype="datetime64[s]"),
})  # fmt: skip
CUT_OFF = np.datetime64("2023-12-31")


def compared(definitions, value: float, target: float, period: str = "M24", hub: str = "HR-a") -> pd.Series:
    """One figure beside its target, 365 of the 731 days into the first 24 months."""
    figures = pd.DataFrame({
        "level": ["hub"], "code": [hub], "indicator": ["services_delivered"], "period": [period], "breakdown": [""],
        "value": [value], "unit": ["records"], "status": ["ok"], "n": [1], "lo": [np.nan], "hi": [np.nan],
    })  # fmt: skip
    targets = pd.DataFrame({
        "hub": [hub], "indicator": ["services_delivered"], "period": [period], "breakdown": [None], "value": [target],
    })  # fmt: skip
    return with_targets(figures, targets, HUBS, CUT_OFF, definitions).iloc[0]


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("M24", 365 / 731), ("M12", 1), ("M13-M24", 0), ("M6", 1), ("2023", 1), ("2024", 0), ("2023-H2", 1),
        ("2023-07-01/2024-06-30", 184 / 366), ("../2023-12-31", 1), ("../2024-01-01", 0),
    ],
)  # fmt: skip
def test_what_is_expected_grows_evenly_over_the_days_of_the_period(definitions, period, expected):
    assert compared(definitions, 1, 2, period)["expected"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "attainment", "light"),
    [(0, 0, "behind"), (49, 0.49, "behind"), (50, 0.5, "watch"), (74.9, 0.749, "watch"), (75, 0.75, "on_track"),
     (150, 1.5, "on_track")],
)  # fmt: skip
def test_the_light_compares_attainment_with_what_is_expected(definitions, value, attainment, light):
    row = compared(definitions, value, 100, "M12")
    assert (row["attainment"], row["light"]) == (pytest.approx(attainment), light)


def test_half_of_the_time_expects_half_of_the_target(definitions):
    assert compared(definitions, 24, 100)["light"] == "behind"
    assert compared(definitions, 25, 100)["light"] == "watch"
    assert compared(definitions, 38, 100)["light"] == "on_track"


def test_without_a_start_of_the_grant_or_before_it_there_is_no_light(definitions):
    unknown, later = compared(definitions, 1, 2, hub="EE-b"), compared(definitions, 1, 2, "2024")
    assert unknown["attainment"] == later["attainment"] == 0.5
    assert np.isnan(unknown["expected"])
    assert pd.isna(unknown["light"])
    assert pd.isna(later["light"])


REGISTER = ["hub,name,country,nuts,grant_start", "HR-a,Adria,HR,HR03,2023-01-01"]
HEAD = "hub,indicator,period,breakdown,value"


def test_a_target_without_a_figure_is_a_row_without_value_and_the_reverse(prepared, figures):
    events = ["hub,id,title,start,kind,participants", "Adria,e1,Day,2024-01-01,awareness,3"]
    targets = [HEAD, "HR-a,events_held,2024,,4", "HR-a,services_delivered,2024,,4"]
    found = figures(prepared({"hubs.csv": REGISTER, "events.csv": events, "targets.csv": targets}), "2024")
    held = found.row("hub HR-a", "events_held", "2024")
    assert (held["attainment"], held["light"]) == (0.25, "behind")
    without = found.row("hub HR-a", "services_delivered", "2024")
    assert (without["target"], without["status"]) == (4, "m")
    assert without[["value", "attainment", "light"]].isna().all()
    assert found.row("hub HR-a", "event_participants", "2024")[["target", "attainment", "light"]].isna().all()


def test_a_target_of_zero_is_an_error_of_the_input(tmp_path, definitions):
    from dihkpi.intake.submission import read_submission
    from dihkpi.intake.validate import validate

    path = tmp_path / "targets.csv"
    path.write_text(
        f"{HEAD},unit\nHR-a,events_held,2024,,0,records\nHR-a,events_held,2025,,3,records\n", encoding="utf-8"
    )
    checked = validate(read_submission(path, definitions), definitions)
    assert checked.issues[["rule", "row", "severity"]].to_numpy().tolist() == [["target_above_zero", 2, "error"]]
    assert checked.n_accepted == 1


@pytest.fixture(scope="module")
def mid_term(prepared, uploads, figures):
    """The figures of the mid-term report of a Croatian hub, cut-off 30 September 2024, as records."""
    head = "content_id,customer,customer_type,category,status,dates,attendees,price,aid,hub"
    tested = [f"t{i},Customer {i},{'SME' if i < 5 else 'PSO'},Test before invest,Finalised,2024-01-01 /,,,,Adria"
              for i in range(38)]  # fmt: skip
    trained = [f"s{i},School,PSO,Training and skills development,Finalised,2024-05-01 /,{n},,,Adria"
               for i, n in enumerate((2503, 30, 24))]  # fmt: skip
    paid = ["p1,Payer,SME,Support to find investment,Finalised,2024-06-01 /,,1000000.17,881299.5,Adria",
            "p2,Payer,SME,Support to find investment,Finalised,2024-07-01 /,,128186,0.5,Adria"]  # fmt: skip
    targets = [
        HEAD, "HR-a,dma_count,M36,,220", "HR-a,customers_supported,M36,category=test_before_invest,70",
        "HR-a,participant_days,M36,,3950", "HR-a,aid_granted,M36,,1322500", "HR-a,service_value,M36,,2645000",
    ]  # fmt: skip
    inputs = prepared({
        "hubs.csv": REGISTER, "services.csv": [head, *tested, *trained, *paid], "targets.csv": targets,
        "HR-a/sme.csv": uploads("sme", [("T0", "03/01/2024", f"S{i}", "empty") for i in range(32)]),
        "HR-a/pso.csv": uploads("pso", [("T0", "09/30/2024", f"P{i}", "empty") for i in range(51)]),
    })  # fmt: skip
    return figures(inputs, "2023-01-01/2024-09-30")


@pytest.mark.parametrize(
    ("indicator", "breakdown", "value", "attainment"),
    [
        ("dma_count", "", 83, 83 / 220),
        ("customers_supported", "category=test_before_invest", 38, 38 / 70),
        ("participant_days", "", 2557, 2557 / 3950),
        ("aid_granted", "", 881_300, 881_300 / 1_322_500),
        ("service_value", "", 1_128_186.17, 1_128_186.17 / 2_645_000),
    ],
)
def test_published_figures_of_a_hub(mid_term, indicator, breakdown, value, attainment):
    row = mid_term.row("hub HR-a", indicator, "M36", breakdown)
    assert (row["value"], row["attainment"]) == (value, pytest.approx(attainment))
    assert row["expected"] == pytest.approx(639 / 1096)


def test_published_percentages(mid_term):
    shown = {
        indicator: int(100 * mid_term.row("hub HR-a", indicator, "M36", breakdown)["attainment"] + 0.5)
        for indicator, breakdown in (
            ("dma_count", ""), ("customers_supported", "category=test_before_invest"), ("participant_days", ""),
        )
    }  # fmt: skip
    assert shown == {"dma_count": 38, "customers_supported": 54, "participant_days": 65}
    kinds = [mid_term.value("hub HR-a", "dma_count", "M36", f"survey=dma_{kind}") for kind in ("sme", "pso")]
    assert kinds == [32, 51]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (["M18,,1", "M36,,2"], []),
        (["2024,,5", "2025,,3"], []),
        (["M36,,2", "2024,,1"], []),
        (["M18,,1", "M19-M36,,2"], []),
        (["M18,,4", "M36,,2"], [(3, "value", "2 is less than the 4 of M18")]),
        (["M20,,4", "M19-M36,,2"], [(3, "period", "M19-M36 and M20 overlap in part")]),
        (["M19-M36,,2", "M12,,4"], [(2, "period", "there is a gap between M12 and M19-M36")]),
        (["2024,,2", "2026,,4"], [(3, "period", "there is a gap between 2024 and 2026")]),
    ],
)
def test_periods_of_targets_fit_together(tmp_path, definitions, rows, found):
    from dihkpi.intake.submission import read_submission
    from dihkpi.intake.validate import validate

    path = tmp_path / "targets.csv"
    lines = [f"{HEAD},unit", *(f"HR-a,events_held,{row},records" for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    issues = validate(read_submission(path, definitions), definitions).issues
    assert [tuple(row) for row in issues[["row", "column", "message"]].to_numpy()] == found
    assert set(issues["rule"]) <= {"periods_fit"}
    assert set(issues["severity"]) <= {"warning"}


@pytest.mark.parametrize(
    ("row", "rule", "severity"),
    [("HR-a,,M18,4,EUR", "required", "error"), ("HR-a,events,M18,4,EUR", "unknown_code", "error"),
     ("HR-a,service_value,M18,4,kEUR", "unit_of_indicator", "warning")],
)  # fmt: skip
def test_a_target_names_its_indicator_and_is_in_its_unit(tmp_path, definitions, row, rule, severity):
    from dihkpi.intake.submission import read_submission
    from dihkpi.intake.validate import validate

    path = tmp_path / "targets.csv"
    path.write_text(f"hub,indicator,period,value,unit\n{row}\nHR-a,aid_granted,M18,4,EUR\n", encoding="utf-8")
    checked = validate(read_submission(path, definitions), definitions)
    assert checked.issues[["rule", "row", "severity"]].to_numpy().tolist() == [[rule, 2, severity]]
