"""The table of ranks: who is compared with whom, and by which errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions
from dihkpi.scoring.ranks.table import ranks_table


def scores(rows: list[tuple[str, str, float, float, str]]) -> pd.DataFrame:
    """Code, wave, value, standard error, status."""
    names = ["code", "wave", "value", "se", "status"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(level="hub", survey="s", version="v1", dimension="overall")


def test_waves_are_lists_of_their_own(definitions: Definitions) -> None:
    table = scores([("a", "T0", 60, 1, "ok"), ("b", "T0", 20, 1, "ok"), ("b", "T1", 50, 1, "ok")])
    found = ranks_table(table, definitions).set_index(["wave", "code"])
    assert found.loc[("T0", "a"), ["rank", "lo", "hi", "tier"]].tolist() == [1, 1, 1, 1]
    assert found.loc[("T0", "b"), ["rank", "lo", "hi", "tier"]].tolist() == [2, 2, 2, 2]
    assert found.loc[("T1", "b"), ["rank", "lo", "hi", "tier"]].tolist() == [1, 1, 1, 1]
    assert (found["basis"] == "data").all() and (found["top"] == int(definitions.value("ranks")["top"])).all()


def test_what_may_not_be_shown_or_has_no_error_is_not_ranked(definitions: Definitions) -> None:
    table = scores([("a", "T0", 60, 1, "ok"), ("b", "T0", 50, 1, "u"), ("c", "T0", 90, np.nan, "ok"),
                    ("d", "T0", np.nan, np.nan, "c"), ("e", "T0", np.nan, np.nan, "m")])  # fmt: skip
    assert ranks_table(table, definitions)["code"].tolist() == ["a", "b"]


def test_exact_scores_have_single_places_and_say_so(definitions: Definitions) -> None:
    table = scores([("a", "T0", 1, np.nan, "ok"), ("b", "T0", 3, np.nan, "ok"), ("c", "T0", 3, np.nan, "ok")])
    found = ranks_table(table, definitions).set_index("code")
    assert found["lo"].tolist() == [3, 1, 1] and found["hi"].tolist() == [3, 2, 2]
    assert (found["basis"] == "none").all()


def test_few_respondents_widen_the_sets(definitions: Definitions) -> None:
    table = scores([(code, "T0", value, 2.0, "ok") for code, value in zip("abcd", (70, 61, 52, 43), strict=True)])
    freedom = table.drop(columns=["value", "se", "status"]).assign(source="data", df=4.0)
    sure, unsure = ranks_table(table, definitions), ranks_table(table, definitions, uncertainty=freedom)
    assert (unsure["hi"] - unsure["lo"]).sum() > (sure["hi"] - sure["lo"]).sum()


def test_draws_carry_what_units_have_in_common(definitions: Definitions) -> None:
    rng = np.random.default_rng(1)
    shared = rng.normal(0, 5, 4000)
    table = scores([("a", "T0", 60, 5, "ok"), ("b", "T0", 58, 5, "ok")])
    own = rng.normal(0, 0.2, (2, 4000))
    drawn = pd.DataFrame({"a": 60 + shared + own[0], "b": 58 + shared + own[1]})
    together = ranks_table(table, definitions, draws={("T0", "overall"): drawn})
    assert together["lo"].tolist() == together["hi"].tolist() == [1, 2]
    assert ranks_table(table, definitions)["hi"].tolist() == [2, 2], "by their own errors nothing tells them apart"


@pytest.mark.parametrize("rows", [[], [("a", "T0", np.nan, np.nan, "m")]])
def test_nothing_to_rank(rows: list[tuple[str, str, float, float, str]], definitions: Definitions) -> None:
    found = ranks_table(scores(rows), definitions)
    assert found.empty and list(found.columns) == list(definitions.tables["ranks"].columns)


def test_the_order_of_rows_changes_nothing(definitions: Definitions) -> None:
    rng = np.random.default_rng(5)
    table = scores([(f"u{i}", "T0", v, s, "ok") for i, (v, s) in enumerate(rng.uniform(1, 40, (12, 2)))])
    first = ranks_table(table, definitions)
    second = ranks_table(table.sample(frac=1, random_state=3), definitions)
    pd.testing.assert_frame_equal(first, second, check_exact=True)
