"""The table of changes of small networks."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from dihkpi.errors import DefinitionError, UsageError
from dihkpi.indicators.change.setting import ChangeSetting
from dihkpi.indicators.change.table import change_table

KEY = ["level", "code", "waves", "dimension", "among", "measure"]


class Changes:
    """A table of changes that is asked for one figure at a time."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table
        self.keyed = table.set_index(KEY).sort_index()

    def row(self, where: str, measure: str, among: str = "all", dimension: str = "overall") -> pd.Series:
        level, _, code = where.partition(" ")
        return self.keyed.loc[(level, code or "all", "T0-T1", dimension, among, measure)]


def waves(respondent, hub, first, second, later_hub=None, days=("2023-01-01", "2024-01-01")):
    rows = [(respondent, hub, "T0", days[0], first)]
    return rows if second is None else [*rows, (respondent, later_hub or hub, "T1", days[1], second)]


def some_rows() -> list[tuple]:
    """Hub A: sleep-like eight pairs and two who left; hub B: seven pairs and six who left; hub C: three pairs."""
    generator = np.random.default_rng(11)
    rows: list[tuple] = []
    for hub, pairs, left in (("A", 8, 2), ("B", 7, 6), ("C", 3, 0)):
        for i in range(pairs + left):
            first = float(np.round(generator.uniform(20, 60), 1))
            rows += waves(f"{hub}{i:02}", hub, first, None if i >= pairs else first + float(generator.integers(-4, 15)))
    return rows


@pytest.fixture(scope="module")
def changes(network, definitions):
    return Changes(change_table(network(some_rows()), definitions, draws=200))


def test_the_mean_is_that_of_the_indicator(changes, network, definitions):
    from dihkpi.indicators.compute import compute_indicators

    known = compute_indicators(network(some_rows()), definitions, "2024")
    known = known[(known["indicator"] == "maturity_gain") & (known["period"] == "../2024-12-31")]
    compared = 0
    for level, code in (("hub", "A"), ("hub", "B"), ("country", "HR"), ("network", "all")):
        about = "dimension=green;survey=dma_sme;waves=T0-T1"
        told = known[(known["level"] == level) & (known["code"] == code) & (known["breakdown"] == about)].iloc[0]
        if told["status"] == "c":
            continue  # the indicators hide what would tell the third hub; a run hides it in the changes too
        row = changes.row(f"{level} {code}", "mean", dimension="green")
        assert [row["value"], row["lo"], row["hi"], row["n"]] == pytest.approx(list(told[["value", "lo", "hi", "n"]]))
        compared += 1
    assert compared >= 2


def test_below_the_limit_nothing_is_shown(changes):
    table = changes.table[(changes.table["level"] == "hub") & (changes.table["code"] == "C")]
    assert len(table) > 20
    told = table[table["status"] != "m"]
    assert set(told.loc[told["dimension"] != "all", "status"]) == {"c"}
    assert table.loc[table["status"] == "c", ["value", "lo", "hi", "p", "p_adjusted", "n"]].isna().all(axis=None)
    assert table.loc[table["status"] == "c", "reason"].notna().all()


def test_every_figure_without_value_or_with_a_caveat_says_why(changes):
    table = changes.table
    assert table.loc[table["status"] != "ok", "reason"].notna().all()
    has_none = table["value"].isna() & (table["measure"] != "bounds")
    assert set(table.loc[has_none, "status"]) == {"c", "m"}
    assert not np.isinf(table[["value", "lo", "hi"]].to_numpy()).any()


def test_counts_say_who_makes_no_pair(changes):
    assert changes.row("network", "pairs", dimension="all")["value"] == 18
    assert changes.row("network", "without_pair.left", dimension="all")["value"] == 8
    assert changes.row("hub B", "without_pair.left", dimension="all")["value"] == 6
    assert changes.row("hub A", "without_pair.left", dimension="all")["value"] == 2


def test_who_left_is_described_where_there_are_enough(changes):
    assert changes.row("hub B", "t0_leavers")["status"] == "ok"
    assert changes.row("hub B", "t0_leavers")["n"] == 6
    for measure in ("t0_leavers", "t0_stayers", "bounds", "tipping_point"):
        assert changes.row("hub A", measure)["status"] == "c"
    bounds = changes.row("network", "bounds")
    assert bounds["lo"] < changes.row("network", "mean_weighted")["value"] < bounds["hi"]


def test_above_hubs_the_clusters_are_hubs(changes):
    row = changes.row("network", "mean_cluster")
    assert (row["status"], row["reason"]) == ("u", "3 clusters are few")
    assert changes.row("network", "mean_bca")["reason"] == "only 3 to draw from (hub): such intervals are too short"
    assert changes.row("network", "mean_bca")["method"] == "BCa bootstrap, hub drawn, 200 draws"
    row = changes.row("network", "mean_boot_t")
    assert (row["status"], row["reason"]) == ("u", "too few hub to draw from, or no spread between them")
    assert ("hub", "A", "T0-T1", "overall", "all", "mean_cluster") not in changes.keyed.index


def test_the_table_is_that_of_its_definition_in_any_order_of_rows(changes, network, definitions):
    shuffled = network(some_rows()[::-1])
    for name in ("assessments", "scores"):
        frame = getattr(shuffled, name)
        setattr(shuffled, name, frame.sample(frac=1, random_state=1).reset_index(drop=True))
    again = change_table(shuffled, definitions, draws=200)
    pd.testing.assert_frame_equal(again, changes.table, check_exact=False, rtol=1e-12)
    assert list(again.columns) == list(definitions.tables["changes"].columns)


def test_bad_pairs_are_counted_with_a_reason(network, definitions):
    rows = some_rows()
    for i in range(5):
        rows += waves(f"X{i}", "A", 10, 90, days=("2024-01-01", "2023-01-01"))
    for i in range(6):
        rows += waves(f"Y{i}", "A", 30, 35, later_hub="B")
    found = Changes(change_table(network(rows), definitions, draws=50, levels=["network", "hub"]))
    backwards = found.row("network", "without_pair.reversed", dimension="all")
    assert (backwards["value"], backwards["status"]) == (5, "u")
    assert "dated before the earlier one" in backwards["reason"]
    assert found.row("network", "mean")["n"] == 24
    assert found.row("network", "mean")["value"] < 10
    two = found.row("hub B", "pairs.two_hubs", dimension="all")
    assert (two["value"], two["status"]) == (6, "u")
    assert found.row("hub B", "mean")["n"] == 13


def test_pairs_on_two_versions_are_no_pairs(network, definitions):
    rows = [row for i in range(8) for row in waves(f"Z{i}", "A", 10.0 + i, 20.0 + 2 * i)]
    found = Changes(change_table(network(rows, version=["v1", "v2"] * 8), definitions, draws=50, levels=["hub"]))
    assert set(found.table["version"]) == {"v1", "v2"}
    counts = found.table[found.table["measure"] == "without_pair.other_version"]
    assert counts.loc[counts["waves"] == "T0-T1", ["value", "status"]].to_numpy().tolist() == [[8, "u"], [8, "u"]]
    assert set(found.table.loc[found.table["measure"] == "mean", "status"]) == {"m"}


def test_a_cut_off_leaves_out_what_comes_later(network, definitions):
    found = Changes(
        change_table(network(some_rows()), definitions, draws=50, levels=["network"], cutoff=date(2023, 6, 1))
    )
    assert found.row("network", "without_pair.not_due", dimension="all")["value"] == 26
    assert found.row("network", "mean")["reason"] == "no pair"


def test_firms_that_belong_together_are_clusters_within_a_hub(network, definitions):
    inputs = network(some_rows())
    groups = inputs.respondents["respondent"].str.slice(0, 2) + (inputs.respondents.index % 2).astype(str)
    inputs.respondents = inputs.respondents.assign(group=groups.where(inputs.respondents.index > 3))
    found = Changes(change_table(inputs, definitions, draws=50, levels=["hub"], cluster="group"))
    assert found.row("hub A", "mean_cluster")["method"] == "clusters by group, t(G - 1)"
    assert found.row("hub A", "mean_cluster")["reason"] == "6 clusters are few"
    with pytest.raises(UsageError, match="did you mean 'group'"):
        change_table(inputs, definitions, cluster="groupp")
    with pytest.raises(UsageError, match="unknown level 'hubs'"):
        change_table(inputs, definitions, levels=["hubs"])


def test_what_tells_exactly_who_left_is_a_caveat(network, definitions):
    rows = [row for i in range(12) for row in waves(f"P{i:02}", "A", 10.0 + i, None if i < 5 else 20.0 + 2 * i)]
    row = Changes(change_table(network(rows), definitions, draws=50, levels=["hub"])).row("hub A", "mean_weighted")
    assert (row["status"], row["method"]) == ("u", "not weighted; pairs independent")
    assert "perfect separation" in row["reason"]


def test_covariates_of_respondents_enter_the_weights(network, definitions):
    generator = np.random.default_rng(5)
    size = np.array(["micro", "large"])[generator.integers(0, 2, 80)]
    rows = []
    for i in range(80):
        gone = generator.random() < (0.6 if size[i] == "micro" else 0.1)
        rows += waves(f"Q{i:02}", "A", 40 + 10 * generator.random(), None if gone else 45 + 10 * generator.random())
    inputs = network(rows)
    inputs.respondents = inputs.respondents.assign(size=size)
    plain = Changes(change_table(inputs, definitions, draws=50, levels=["hub"]))
    known = Changes(change_table(inputs, definitions, draws=50, levels=["hub"], covariates=["size"]))
    assert plain.row("hub A", "mean_weighted")["value"] != known.row("hub A", "mean_weighted")["value"]
    assert known.row("hub A", "mean_weighted")["status"] == "ok"


def test_nothing_to_compare_is_an_empty_table(network, definitions):
    inputs = network([("a", "A", "T0", "2023-01-01", 10)])
    inputs.assessments, inputs.scores = inputs.assessments.iloc[:0], inputs.scores.iloc[:0]
    assert change_table(inputs, definitions).empty


class Policy:
    """Definitions with another policy of changes."""

    def __init__(self, definitions, **change):
        self.definitions, self.change = definitions, change

    def value(self, name):
        known = self.definitions.value(name)
        return {**known, **self.change} if name == "change" else known


def test_a_wrong_policy_is_told_by_its_place(definitions):
    assert ChangeSetting.of(definitions).draws == 2000
    with pytest.raises(DefinitionError, match=r"change › zeros: unknown treatment 'prat'\n      did you mean 'pratt'"):
        ChangeSetting.of(Policy(definitions, zeros="prat"))
    with pytest.raises(DefinitionError, match=r"change › clases: unknown field"):
        ChangeSetting.of(Policy(definitions, clases=3))
