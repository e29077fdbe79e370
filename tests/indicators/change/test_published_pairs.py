"""Pairs of textbooks through the public functions, held against the figures printed for them."""

from __future__ import annotations

import numpy as np
import pytest

from dihkpi.errors import UsageError
from dihkpi.indicators.change import paired_change, paired_shares
from dihkpi.indicators.change.shares import error_of_a_change

# Hollander and Wolfe (1973), table 3.1: depression at the first and the second visit.
FIRST = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
SECOND = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
# Student (1908): additional hours of sleep by two drugs; one patient shows no difference.
DRUGS = [
    [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
]  # fmt: skip
# Hand et al. (1993), A Handbook of Small Data Sets, set 285: weight before and after a family's therapy of anorexia.
THERAPY = [
    [83.8, 83.3, 86.0, 82.5, 86.7, 79.6, 76.9, 94.2, 73.4, 80.5, 81.6, 82.1, 77.6, 83.5, 89.9, 86.0, 87.3],
    [95.2, 94.3, 91.5, 91.9, 100.3, 76.7, 76.8, 101.6, 94.9, 75.2, 77.8, 95.5, 90.7, 92.5, 93.8, 91.7, 98.0],
]
# Darwin (1876): crossed less self-fertilised maize, in eighths of an inch.
MAIZE = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]
# Lakens (2013), Frontiers in Psychology 4:863, table 1: marks that ten people give to two films.
FILMS = [[9, 6, 7, 8, 7, 9, 8, 8, 8, 7], [9, 7, 8, 9, 8, 9, 9, 10, 9, 9]]


@pytest.fixture(scope="module")
def changes(definitions):
    """Rows of two columns by measure, those of all pairs."""

    def make(before, after, **how):
        table = paired_change(before, after, definitions, draws=50, **how)
        return {(row["measure"], row["among"]): row for row in table.to_dict("records")}

    return make


def interval(row):
    return [row["value"], row["lo"], row["hi"]]


def test_depression(changes):
    found = changes(FIRST, SECOND)
    assert found["wilcoxon_exact", "all"]["p"] == pytest.approx(0.03906, abs=5e-6)
    assert 45 - found["wilcoxon", "all"]["value"] == 40
    assert interval(found["median_pair_mean", "all"]) == pytest.approx([-0.46, -0.786, -0.010], abs=5e-4)


def test_sleep(changes):
    found = changes(DRUGS[1], DRUGS[0])
    assert interval(found["mean", "all"]) == pytest.approx([-1.58, -2.4598858, -0.7001142], abs=5e-8)
    assert found["mean", "all"]["p"] == pytest.approx(0.002833, abs=5e-7)
    assert found["wilcoxon", "all"]["p"] == pytest.approx(0.009091, abs=5e-7)
    assert interval(found["median_pair_mean", "changed"]) == pytest.approx([-1.40, -2.95, -1.05], abs=1e-4)
    assert found["median_pair_mean", "changed"]["n"] == 9


def test_therapy_of_anorexia(changes):
    found = changes(*THERAPY)
    assert interval(found["mean", "all"]) == pytest.approx([7.264706, 3.58470, 10.94471], abs=5e-6)
    assert found["mean", "all"]["p"] == pytest.approx(0.0007003, abs=5e-8)


def test_maize_beyond_what_can_be_enumerated_by_hand(changes):
    found = changes(np.zeros(15), MAIZE)
    assert found["wilcoxon_exact", "all"]["p"] == 0.041259765625
    assert 120 - found["wilcoxon_exact", "all"]["value"] == 24
    z = (60 - 24) / np.sqrt(15 * 16 * 31 / 24)
    assert z == pytest.approx(2.0447, abs=5e-5)
    assert found["wilcoxon_uncorrected", "all"]["p"] == pytest.approx(0.0409, abs=5e-5)


def test_films(changes):
    found = changes(*FILMS)
    assert interval(found["mean", "all"]) == pytest.approx([1.0, 0.52, 1.48], abs=5e-3)
    assert found["mean", "all"]["p"] == pytest.approx(0.001, abs=5e-4)
    # Printed as Hedges's g_av = 1.08, with 4 (n1 + n2) - 9 where we have 4 (n - 1) - 1.
    assert found["d_av", "all"]["value"] * (1 - 3 / (4 * 20 - 9)) == pytest.approx(1.08, abs=5e-3)


def test_what_is_asked_for_beside(changes):
    plain, asked = (
        changes(*THERAPY),
        changes(*THERAPY, minimal_difference=5, equivalence_margin=2, clusters=[1, 2] * 8 + [1]),
    )
    assert {measure for measure, _ in asked} - {measure for measure, _ in plain} == {
        "equivalence", "improved", "unchanged", "worse", "mean_cluster",
    }  # fmt: skip
    assert asked["improved", "all"]["value"] == pytest.approx(100 * 12 / 17)
    assert changes([1, 2, None, 4], [2, None, 3, 7])["mean", "all"]["n"] == 2
    with pytest.raises(UsageError, match="as many numbers before as after, not 1 and 2"):
        changes([1], [1, 2])


def test_reliable_change_of_one_client(changes):
    # Jacobson and Truax (1991): 32.5 to 47.5 with a deviation of 7.5 and a reliability of 0.80 is 15 / 4.74 = 3.16.
    error = error_of_a_change(np.array([0.80]), np.array([7.5]))[0]
    assert [error, 15 / error] == pytest.approx([4.74, 3.16], abs=5e-3)
    spread = np.array([-1.0, 0, 1]) * 7.5
    found = changes(40 + spread, 55 + spread[::-1], reliability=0.80)
    assert found["smallest_reliable", "all"]["value"] == pytest.approx(1.96 * 4.743, abs=5e-3)


def answers(yes_yes, lost, gained, no_no):
    return [1] * (yes_yes + lost) + [0] * (gained + no_no), [1] * yes_yes + [0] * lost + [1] * gained + [0] * no_no


@pytest.mark.parametrize(
    ("counts", "difference", "tests"),
    [
        # Fagerland, Lydersen and Laake (2014), Statistics in Medicine 33: asthma before and after a transplantation.
        ((1, 7, 1, 12), [-28.6, -50.7, -2.6], {"mcnemar": (4.5, 0.034), "mcnemar_exact": (8, 0.070)}),
        # Newcombe (1998), Statistics in Medicine 17, 2635-2650, method 10.
        ((36, 12, 2, 0), [-20.0, -34.04, -5.69], {}),
        # Agresti (1990), Categorical Data Analysis, section 10.1: approval of a prime minister, z squared = 17.36.
        ((794, 150, 86, 570), [-4.0, -5.9, -2.1], {"mcnemar": (17.36, 0.00003), "mcnemar_corrected": (16.82, 0.00004)}),
    ],
)
def test_shares_of_pairs(counts, difference, tests):
    found = paired_shares(*answers(*counts)).set_index("measure")
    assert found.loc["difference", ["value", "lo", "hi"]].tolist() == pytest.approx(difference, abs=0.06)
    for measure, (value, p) in tests.items():
        assert found.loc[measure, "value"] == pytest.approx(value, abs=5e-3)
        assert found.loc[measure, "p"] == pytest.approx(p, rel=0.05)


def test_shares_of_pairs_that_do_not_change_have_no_test():
    found = paired_shares([1, 1, 0], [True, True, False]).set_index("measure")
    assert found["status"].tolist() == ["ok", "ok", "ok", "m", "m", "m"]
    assert found.loc["difference", "value"] == 0
    with pytest.raises(UsageError, match="yes and no"):
        paired_shares([1, None], [0, 1])
