"""What registers tell of rows."""

from __future__ import annotations

import pandas as pd

from dihkpi.indicators.sources import with_register


def test_a_register_tells_of_the_customers_of_its_hub_and_one_without_a_hub_of_all(definitions):
    form = definitions.survey("edih_kpi").form("customer_details")
    rows = pd.DataFrame({"hub": ["a", "b", "a", None], "respondent": ["x", "x", "y", "z"]}, index=[4, 2, 9, 1])
    register = pd.DataFrame({
        "hub": ["a", None, "b"], "respondent": ["x", "y", "q"], "legal_form": ["limited", "cooperative", "none"],
        "adviser": ["ann", None, "bob"],
    })  # fmt: skip
    for told in (register, register[::-1]):
        found = with_register(rows, form, told)
        assert found["legal_form"].fillna("").to_dict() == {4: "limited", 2: "", 9: "cooperative", 1: ""}
        assert found["adviser"].fillna("").to_dict() == {4: "ann", 2: "", 9: "", 1: ""}


def test_a_register_adds_no_column_that_the_rows_have(definitions):
    form = definitions.survey("edih_kpi").form("aid_days")
    rows = pd.DataFrame({"hub": ["a"], "content_id": ["1"], "aid_day": ["mine"]})
    assert with_register(rows, form, rows.assign(aid_day="other")) is rows
