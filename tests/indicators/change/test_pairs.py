"""What makes a pair, and what happens to everybody else."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from dihkpi.indicators.change.pairs import pairing

ROWS = [  # respondent, version, wave, day
    ("both", "v1", "T0", "2023-01-10"), ("both", "v1", "T1", "2024-01-10"),
    ("same_day", "v1", "T0", "2023-05-01"), ("same_day", "v1", "T1", "2023-05-01"),
    ("undated", "v1", "T0", None), ("undated", "v1", "T1", "2024-01-01"),
    ("backwards", "v1", "T0", "2024-02-01"), ("backwards", "v1", "T1", "2023-02-01"),
    ("gone", "v1", "T0", "2023-01-01"),
    ("young", "v1", "T0", "2024-03-01"),
    ("late", "v1", "T1", "2024-01-01"),
    ("switched", "v1", "T0", "2023-01-01"), ("switched", "v2", "T1", "2024-01-01"),
    ("again", "v1", "T0", "2023-01-01"), ("again", "v2", "T0", "2023-02-01"), ("again", "v2", "T1", "2024-01-01"),
    ("third", "v1", "T2", "2024-01-01"),
]  # fmt: skip


def outcomes(rows=ROWS, **more) -> dict[tuple[str, str], str]:
    frame = pd.DataFrame(rows, columns=["respondent", "version", "wave", "date"])
    frame["date"] = pd.to_datetime(frame["date"]).astype("datetime64[s]")
    found = pairing(frame, "T0", "T1", **more)
    return dict(zip(zip(found.respondent, found.version, strict=True), found.outcome, strict=True))


EXPECTED = {
    ("both", "v1"): "paired", ("same_day", "v1"): "paired", ("undated", "v1"): "paired",
    ("backwards", "v1"): "reversed", ("gone", "v1"): "left", ("young", "v1"): "left", ("late", "v1"): "only_later",
    ("switched", "v1"): "other_version", ("switched", "v2"): "other_version",
    ("again", "v1"): "other_version", ("again", "v2"): "paired",
}  # fmt: skip


def test_every_respondent_has_one_outcome_per_version():
    assert outcomes() == EXPECTED


def test_the_order_of_rows_plays_no_part():
    assert outcomes(ROWS[::-1]) == EXPECTED


def test_who_is_not_due_by_the_cut_off_has_not_left():
    found = outcomes(cutoff=date(2024, 6, 30), months=12)
    assert (found["young", "v1"], found["gone", "v1"]) == ("not_due", "left")
    assert outcomes(cutoff=date(2025, 3, 31), months=12)["young", "v1"] == "left"


def test_what_comes_after_the_cut_off_is_as_if_it_were_not_there():
    found = outcomes(cutoff=date(2023, 6, 30), months=3)
    assert found["both", "v1"] == "left"
    assert ("late", "v1") not in found
    assert found["same_day", "v1"] == "paired"


def test_rows_point_at_the_assessments():
    frame = pd.DataFrame(ROWS, columns=["respondent", "version", "wave", "date"])
    frame["date"] = pd.to_datetime(frame["date"]).astype("datetime64[s]")
    found = pairing(frame, "T0", "T1")
    place = found.respondent.tolist().index("both")
    assert (found.first[place], found.second[place], found.row[place]) == (0, 1, 1)
    assert found.row[found.respondent.tolist().index("gone")] == 8


@pytest.mark.parametrize("rows", [[], ROWS[-1:]])
def test_nobody(rows):
    assert outcomes(rows) == {}
