"""Who lacks which wave, and what is due when."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from dihkpi.indicators.completeness import completeness, completeness_counts

DAY = date(2025, 6, 30)


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


ASSESSED = pd.DataFrame(
    [
        ("a", "full", "T0", "2023-01-10"), ("a", "full", "T1", "2024-01-10"), ("a", "full", "T2", "2025-01-10"),
        ("a", "late", "T0", "2024-06-29"), ("a", "soon", "T0", "2024-06-30"), ("a", "gap", "T1", "2024-07-01"),
        ("b", "late", "T0", "2025-01-01"), ("b", "future", "T0", "2025-07-01"), ("b", "dayless", "T0", None),
    ],
    columns=["hub", "respondent", "wave", "date"],
).astype({"date": "datetime64[s]"})  # fmt: skip
SERVED = pd.DataFrame(
    [
        ("a", "late", "2024-05-01", True, "ann"), ("a", "late", "2024-08-01", True, "bob"),
        ("a", "late", "2024-09-01", True, None), ("a", "new", "2025-06-20", True, "bob"),
        ("a", "planned", "2025-06-20", False, "bob"), ("b", "future", "2025-06-30", True, None),
    ],
    columns=["hub", "respondent", "start", "delivered", "adviser"],
).astype({"start": "datetime64[s]", "adviser": "str"})  # fmt: skip


@pytest.fixture(scope="module")
def table(definitions):
    return completeness(ASSESSED, SERVED, definitions, DAY)


@pytest.mark.parametrize(
    ("hub", "respondent", "waves", "following", "due", "overdue", "status", "adviser"),
    [
        ("a", "full", "T0|T1|T2", None, None, None, "complete", None),
        ("a", "late", "T0", "T1", "2025-06-29", 1, "overdue", "bob"),
        ("a", "soon", "T0", "T1", "2025-06-30", 0, "waiting", None),
        ("a", "gap", "T1", "T0", None, None, "unknown", None),
        ("a", "new", "", "T0", "2025-06-20", 10, "overdue", "bob"),
        ("b", "late", "T0", "T1", "2026-01-01", 0, "waiting", None),
        ("b", "future", "", "T0", "2025-06-30", 0, "waiting", None),
        ("b", "dayless", "T0", "T1", None, None, "unknown", None),
    ],
)  # fmt: skip
def test_what_is_due_next(table, hub, respondent, waves, following, due, overdue, status, adviser):
    row = table.set_index(["hub", "respondent"]).loc[(hub, respondent)]
    found = [row[name] if pd.notna(row[name]) else None for name in ("waves", "next_wave", "due", "overdue_days")]
    assert found == [waves, following, day(due) if due else None, overdue]
    assert (row["status"], row["adviser"] if pd.notna(row["adviser"]) else None) == (status, adviser)


def test_planned_services_alone_make_nobody_due(table):
    assert len(table) == 8
    assert "planned" not in set(table["respondent"])


def test_counts_by_hub_and_adviser(table, definitions):
    counts = completeness_counts(table, definitions, DAY).set_index(["hub", "adviser", "wave"])
    assert counts.loc[("a", "all", "T0")].tolist() == [5, 3, 2, 1, 0, 0]
    assert counts.loc[("a", "all", "T1")].tolist() == [5, 2, 3, 1, 1, 1]
    assert counts.loc[("a", "bob", "T0")].tolist() == [2, 1, 1, 1, 0, 0]
    assert counts.loc[("b", "none", "T1")].tolist() == [3, 0, 3, 0, 1, 0]
    both = counts.groupby(level=["hub", "adviser"])[["there", "lacking"]].sum().sum(axis=1)
    assert (both == 3 * counts["customers"].groupby(level=["hub", "adviser"]).first()).all()


def test_the_order_of_rows_does_not_matter(table, definitions):
    pd.testing.assert_frame_equal(completeness(ASSESSED[::-1], SERVED[::-1], definitions, DAY), table)


def test_nobody_and_no_services(definitions):
    assert completeness(ASSESSED[:0], None, definitions, DAY).empty
    assert len(completeness(ASSESSED, None, definitions, DAY)) == 6
    assert completeness_counts(completeness(ASSESSED[:0], None, definitions, DAY), definitions, DAY).empty
