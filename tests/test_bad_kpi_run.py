"""A run over all the bad input of KPIs at once: it ends, names every fault, and shows no number without its caveat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions
from dihkpi.indicators.compute import indicators_and_log
from dihkpi.indicators.outlook import forecasts
from dihkpi.pipeline.across import with_issues_across
from dihkpi.pipeline.impact import tell_impact
from dihkpi.pipeline.inbox import all_issues, take_in
from dihkpi.pipeline.tables import prepare
from dihkpi.store import open_store
from dihkpi.store.snapshot import take_snapshot
from dihkpi.workspace import create_workspace

SERVICES = "content_id,customer,vat,customer_type,category,status,dates,price,aid,hub"
ONE = {"checkbox": "1", "two_column": "0|1", "scale_0_5": "4", "no_partially_yes": "5"}
OTHER = {"checkbox": "0", "two_column": "1|0", "scale_0_5": "8", "no_partially_yes": "10"}
NAMED = {
    "T1 before T0, in two files": ("HR-a/later.csv", 2, "wave_order", "warning"),
    "one respondent in two hubs": ("HR-a/later.csv", 3, "one_hub", "warning"),
    "one respondent and wave in two hubs": ("EE-b/first.csv", 3, "replaced", "warning"),
    "one customer in two hubs": ("services.csv", 3, "one_hub", "info"),
    "negative money": ("services.csv", 4, "min", "error"),
    "aid above price": ("services.csv", 5, "aid_within_price", "warning"),
    "an end before its start": ("services.csv", 6, "end_before_start", "error"),
    "mixed currencies": ("services.csv", 7, "currency", "error"),
    "a target without unit": ("targets.csv", 7, "unit_named", "warning"),
    "a cumulative target that falls": ("targets.csv", 3, "periods_fit", "warning"),
    "a target in another unit": ("targets.csv", 4, "unit_of_indicator", "warning"),
    "a target of an unknown hub": ("targets.csv", 5, "unknown_hub", "error"),
    "periods that overlap": ("finances.csv", 3, "periods_follow", "warning"),
    "periods that leave a gap": ("finances.csv", 4, "periods_follow", "warning"),
    "T2 without T1": ("HR-a/later.csv", 4, "wave_missing", "info"),
}


def answers(definitions: Definitions, *rows: tuple[str, str, str, Mapping[str, str]]) -> list[str]:
    """Lines of an upload file: wave, day, firm and how it answers."""
    items = definitions.surveys["dma_sme"].form("assessments").items
    head = ["time_point", "maturity_assessment_date", "enterprise_name_edih", "fiscal_registration_number_vat"]
    lines = [[*head, *(item.code for item in items)]]
    lines += [[wave, day, name, f"HR{name}", *(how[item.type] for item in items)] for wave, day, name, how in rows]
    return [",".join(line) for line in lines]


def fill(inbox: Path, definitions: Definitions) -> None:
    """The twelve faults of the issue as far as files hold them, a cluster of one among them: one hub has all pairs."""
    files: dict[str, Sequence[str]] = {
        "hubs.csv": ["hub,name,country,nuts,grant_start", "HR-a,Adria,HR,HR03,2023-01-01", "EE-b,Balt,EE,EE00,"],
        "services.csv": [
            SERVICES,
            "c1,Alfa,HR1,SME,Test before invest,Finalised,2024-01-08,1000,400,Adria",
            "c2,Alfa,HR1,SME,Test before invest,Finalised,2024-01-09,1000,400,Balt",
            "c3,Beta,HR2,SME,Test before invest,Finalised,2024-01-08,-5,,Adria",
            "c4,Beta,HR2,SME,Test before invest,Finalised,2024-01-08,1000,1200,Adria",
            "c5,Beta,HR2,SME,Test before invest,Finalised,2024-05-01 / 2024-04-01,1000,,Adria",
            "c6,Beta,HR2,SME,Test before invest,Finalised,2024-01-08,1000 USD,,Adria",
        ],
        "targets.csv": [
            "hub,indicator,period,value,unit", "HR-a,services_delivered,M18,9,",
            "HR-a,services_delivered,M36,4,records", "HR-a,aid_granted,M36,45,kEUR", "HR-z,aid_granted,M36,45,EUR",
            "EE-b,services_delivered,M18,4,records", "HR-a,aid_granted,M18,9,",
        ],
        "finances.csv": ["hub,start,end,operating_cost", "Adria,2024-01-01,2024-06-30,100",
                         "Adria,2024-06-01,2024-12-31,100", "Adria,2025-02-01,2025-06-30,100"],
        "EE-b/first.csv": answers(definitions, ("T0", "03/01/2024", "1", ONE), ("T0", "03/01/2024", "2", ONE)),
        "HR-a/first.csv": answers(
            definitions, ("T0", "03/01/2025", "9", ONE), ("T0", "03/02/2024", "2", OTHER),
            *(("T0", "03/01/2024", f"5{i}", ONE) for i in range(6)), ("T0", "03/01/2024", "8", ONE)),
        "HR-a/later.csv": answers(
            definitions, ("T1", "02/01/2024", "9", OTHER), ("T1", "03/01/2025", "1", OTHER),
            ("T2", "03/01/2026", "8", ONE), *(("T1", "03/01/2025", f"5{i}", OTHER) for i in range(6))),
    }  # fmt: skip
    for name, lines in files.items():
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


class Taken:
    """What a run knows of the bad files, without its pages."""

    def __init__(self, folder: Path, definitions: Definitions) -> None:
        fill(folder / "inbox", definitions)
        store = open_store(folder / "store.db")
        intake = take_in(folder / "inbox", store, definitions)
        files, issues = all_issues(store, intake)
        snapshot = take_snapshot(store, definitions, folder / "snapshots")
        self.files, self.issues = with_issues_across(files, issues, store, snapshot, definitions)
        store.close()
        self.inputs = prepare(snapshot, definitions, b"key", {})
        self.indicators, suppressed = indicators_and_log(self.inputs, definitions, "2026-H1")
        self.forecasts = forecasts(self.inputs, self.indicators, definitions, "2026-H1")
        self.impact = tell_impact(self.inputs, self.indicators, suppressed, date(2026, 6, 30))


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory, definitions: Definitions) -> Taken:
    return Taken(tmp_path_factory.mktemp("bad"), definitions)


@pytest.mark.parametrize("name", NAMED)
def test_every_fault_is_an_issue(taken: Taken, name: str) -> None:
    found = taken.issues[["file", "row", "rule", "severity"]].astype(object).apply(tuple, axis=1).tolist()
    assert NAMED[name] in found
    assert taken.issues[["message", "hint"]].notna().all(axis=None)


def test_what_other_hubs_sent_is_not_told(taken: Taken) -> None:
    across = taken.issues[taken.issues["rule"].isin(["one_hub", "replaced"]) & taken.issues["file"].str.contains("/")]
    assert len(across) >= 2
    for issue in across.itertuples():
        other = "EE-b" if str(issue.file).startswith("HR-a") else "HR-a"
        assert other not in issue.message and "sme" not in issue.message


def test_warnings_of_files_count_what_is_told_of_them(taken: Taken) -> None:
    told = taken.issues[taken.issues["severity"] == "warning"].groupby("file").size()
    counted = taken.files.groupby("file")["warnings"].sum()
    assert counted[counted > 0].to_dict() == told.to_dict()


def test_no_figure_stands_without_its_caveat(taken: Taken) -> None:
    for table in (taken.indicators, taken.forecasts, taken.impact.changes, taken.impact.effects, taken.impact.shrunken):
        numbers = table.select_dtypes("number")
        assert not np.isinf(numbers.to_numpy(dtype=float, na_value=np.nan)).any()
    for table, value in ((taken.forecasts, "forecast"), (taken.impact.changes, "value"),
                         (taken.impact.effects, "estimate"), (taken.impact.shrunken, "value")):  # fmt: skip
        assert len(table)
        bare = table[table[value].isna() & ~table["status"].isin(["c", "m"])]
        assert set(bare.get("term", pd.Series(dtype=str))) <= {"pretrend"}
        assert table.loc[table["status"] != "ok", "reason"].notna().all()
    hidden = taken.indicators[taken.indicators["status"] != "ok"]
    assert hidden[["value", "lo", "hi", "attainment", "light"]].isna().all(axis=None)


def test_what_was_set_aside_counts_nowhere(taken: Taken) -> None:
    rows = taken.indicators.set_index(["level", "code", "indicator", "period", "breakdown"])["value"]
    everything = "../2026-06-30"
    assert rows["hub", "HR-a", "service_value", everything, ""] == 2000
    assert rows["network", "all", "services_delivered", everything, ""] == 3
    assert rows["network", "all", "customers_supported", everything, ""] == 2, "Alfa of two hubs is one customer"
    targets = taken.indicators[taken.indicators["target"].notna()]
    assert 45 not in set(targets["target"]), "no target in thousands, none of an unknown hub"


def test_waves_out_of_order_are_no_pair_and_are_counted(taken: Taken) -> None:
    changes = taken.impact.changes
    at = changes[(changes["level"] == "network") & (changes["waves"] == "T0-T1") & (changes["dimension"] == "all")]
    told = at.set_index("measure")
    assert told.loc["without_pair.reversed", "value"] == 1 or told.loc["without_pair.reversed", "status"] == "c"
    pairs = changes[(changes["level"] == "network") & (changes["measure"] == "mean") & changes["value"].notna()]
    assert set(pairs["n"]) <= {7}, "six firms and the one of two hubs; not the one whose waves are turned round"


def test_one_hub_with_all_pairs_is_a_reason_and_no_effect(taken: Taken) -> None:
    effects = taken.impact.effects
    assert set(effects["verdict"]) == {"none"} and effects["estimate"].isna().all()
    assert effects["reason"].notna().all()


@pytest.mark.slow
def test_the_command_makes_reports_of_it_all(
    tmp_path: Path, definitions: Definitions, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from dihkpi.cli import main

    space = create_workspace(tmp_path / "space")
    fill(space.inbox, definitions)
    monkeypatch.setattr("sys.argv", ["dihkpi", "run", str(tmp_path / "space"), "--period", "2026-H1"])
    with pytest.raises(SystemExit) as end:
        main()
    out, err = capfd.readouterr()
    assert end.value.code == 1, "the data has errors, the program has none"
    assert "Traceback" not in out + err and "Warning" not in out + err
    issues = pd.read_csv(space.issues / "issues.csv")
    found = issues[["file", "row", "rule", "severity"]].astype(object).apply(tuple, axis=1).tolist()
    assert set(NAMED.values()) <= set(found)
    assert (space.reports / "2026-H1" / "index.html").is_file()
