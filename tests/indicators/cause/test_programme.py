"""Words of programme evaluation, on numbers that one can add up in the head."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions.programme import Declared, Programme
from dihkpi.indicators.cause.net import net_of, steps
from dihkpi.indicators.cause.programme import (
    cost_per_net,
    deadweight_from_answers,
    deadweight_from_model,
    net_additional,
)
from dihkpi.indicators.cause.ratios import fieller, leverage, ratio_of_sums
from dihkpi.indicators.cause.result import Effect, no_effect, t_effect

SHARES = {"no": 0.0, "later": 0.5, "smaller": 0.5, "elsewhere": 1.0, "same": 1.0}


def declared(value: float, lo: float | None = None, hi: float | None = None) -> Declared:
    return Declared(value=value, lo=lo, hi=hi, source="a study")


def test_deadweight_from_what_beneficiaries_say() -> None:
    answers = ["no", "no", "later", "same", None]
    found = deadweight_from_answers(answers, SHARES, 0.95)
    assert found.estimate == pytest.approx(1.5 / 4)
    assert found.n == 4
    assert "1 of 5 records without an answer" in found.reason
    # Weighted by the investment: (0.5 x 200 + 1 x 700) / 1,000.
    money = deadweight_from_answers(answers, SHARES, 0.95, amounts=np.array([50.0, 50.0, 200.0, 700.0, 9999.0]))
    assert money.estimate == pytest.approx(0.8)
    assert 0 <= money.lo < 0.8 < money.hi <= 1
    assert money.status == "u"


def test_an_answer_without_weight_is_named() -> None:
    found = deadweight_from_answers(["latr"], SHARES, 0.95)
    assert (found.status, found.reason) == ("m", "no weight for the answer 'latr' (did you mean 'later'?)")
    assert "no record" in deadweight_from_answers([None, None], SHARES, 0.95).reason


def test_deadweight_from_the_model() -> None:
    # The supported gained 10, of which 6 are the effect: 4 of 10 would have come anyway.
    found = deadweight_from_model(Effect("effect", 6.0, 1.0, 20), Effect("change", 10.0, 0.5, 20), 0.95)
    assert found.estimate == pytest.approx(0.4)
    assert 0 < found.lo < 0.4 < found.hi < 1
    nothing = deadweight_from_model(Effect("effect", 1.0, 1.0, 20), Effect("change", 0.5, 0.5, 20), 0.95)
    assert nothing.hi - nothing.lo == np.inf
    assert nothing.status == "u"


def test_net_additional_step_by_step() -> None:
    factors = {"deadweight": declared(0.4), "leakage": declared(0.1), "displacement": declared(0.2),
               "substitution": declared(0.05), "multiplier": declared(1.2)}  # fmt: skip
    found = net_additional(Effect("gross", 1000.0), factors, 0.95)
    assert [step.name for step in found.factors] == ["gross", *factors, "net"]
    assert [step.left for step in found.factors] == pytest.approx([1000, 600, 540, 432, 410.4, 492.48, 492.48])
    assert (found.net.lo, found.net.hi) == pytest.approx((492.48, 492.48))
    assert found.net.status == "ok"


def test_the_interval_of_the_net_figure_is_that_of_its_factors() -> None:
    gross = t_effect("gross", 1000.0, 100.0, 1000, 0.95)
    one = net_additional(gross, {"deadweight": declared(0.5)}, 0.95, seed=3)
    assert one.net.se == pytest.approx(50, rel=0.05)
    assert (one.net.lo, one.net.hi) == pytest.approx((402, 598), abs=5)
    # Triangular from 0 to 1 with its peak at 0.5: standard deviation sqrt(1/24), 95 % from sqrt(0.0125).
    two = net_additional(Effect("gross", 1.0), {"leakage": declared(0.5, 0.0, 1.0)}, 0.95, seed=3)
    assert two.net.se == pytest.approx(np.sqrt(1 / 24), rel=0.05)
    assert two.net.lo == pytest.approx(np.sqrt(0.0125), abs=0.01)


def test_the_same_seed_gives_the_same_draws() -> None:
    given = (t_effect("gross", 100.0, 10.0, 50, 0.95), {"deadweight": declared(0.3, 0.1, 0.6)}, 0.95)
    assert net_additional(*given, seed=1) == net_additional(*given, seed=1)
    assert net_additional(*given, seed=1) != net_additional(*given, seed=2)


def test_what_is_not_known_is_told_and_not_taken_off() -> None:
    found = net_additional(Effect("gross", 10.0), {"deadweight": declared(0.5)}, 0.95).net
    assert found.status == "u"
    assert "nothing is known of: leakage, displacement, substitution" in found.reason
    assert net_additional(no_effect("gross", "no records"), {}, 0.95).net.reason == "no records"
    failed = net_additional(Effect("gross", 10.0), {"deadweight": no_effect("deadweight", "nobody answered")}, 0.95)
    assert failed.net.reason == "deadweight: nobody answered"
    with pytest.raises(ValueError, match="did you mean 'leakage'"):
        net_additional(Effect("gross", 10.0), {"leakge": declared(0.5)}, 0.95)


def test_both_forms_of_leverage_differ_by_one() -> None:
    eu, other = np.array([180.0, 200, 220, np.nan]), np.array([50.0, 500, 650, 80])
    first, total = leverage(eu, other, 0.95)
    assert (first.estimate, total.estimate) == (2.0, 3.0)
    assert (total.lo - first.lo, total.hi - first.hi, total.se) == pytest.approx((1, 1, first.se))
    assert (first.term, total.term) == ("leverage other/EU", "leverage total/EU")
    assert first.n == 3


def test_ratio_of_sums_by_hand_and_by_clusters() -> None:
    y, x = np.array([1.0, 3.0, 2.0, 6.0]), np.array([1.0, 2.0, 1.0, 2.0])
    found = ratio_of_sums(y, x, 0.95)
    # R = 2; residuals -1, -1, 0, 2, over 6; V = 4/3 x 6/36.
    assert (found.estimate, found.se, found.df) == pytest.approx((2, np.sqrt(4 / 3 * 6 / 36), 3))
    clustered = ratio_of_sums(y, x, 0.95, clusters=["a", "a", "b", "b"])
    assert (clustered.se, clustered.df, clustered.clusters) == pytest.approx((np.sqrt(2 * 8 / 36), 1, 2))


def test_ratios_without_a_denominator() -> None:
    assert "denominator is zero" in ratio_of_sums(np.ones(3), np.zeros(3), 0.95).reason
    shaky = ratio_of_sums(np.ones(3), np.array([1.0, -1.0, 0.5]), 0.95)
    assert (shaky.status, shaky.lo, shaky.hi) == ("u", -np.inf, np.inf)
    single = ratio_of_sums(np.ones(1), np.ones(1), 0.95)
    assert (single.status, single.estimate) == ("u", 1.0)


def test_fieller_by_hand() -> None:
    # With an exact numerator the ends are 10 / (5 ± z).
    z = 1.959963984540054
    found = fieller(10, 0, 5, 1, 0.95)
    assert (found.lo, found.hi) == pytest.approx((10 / (5 + z), 10 / (5 - z)))
    # With an exact denominator it is the plain interval.
    plain = fieller(10, 2, 5, 0, 0.95)
    assert (plain.lo, plain.hi) == pytest.approx(((10 - 2 * z) / 5, (10 + 2 * z) / 5))


def test_fieller_holds_what_a_test_does_not_reject() -> None:
    found = fieller(8, 1.5, 4, 0.8, 0.95, covariance=0.4)
    for end in (found.lo, found.hi):
        variance = 1.5**2 - 2 * end * 0.4 + (end * 0.8) ** 2
        assert abs(8 - end * 4) / np.sqrt(variance) == pytest.approx(1.959964, rel=1e-6)


def test_cost_per_net_outcome() -> None:
    found = cost_per_net(1000, Effect("net", 50.0, 10.0), 0.95)
    assert found.estimate == 20
    assert (found.lo, found.hi) == pytest.approx((1000 / (50 + 19.6), 1000 / (50 - 19.6)), rel=1e-3)
    open_ended = cost_per_net(1000, Effect("net", 50.0, 30.0), 0.95)
    assert (open_ended.status, open_ended.hi) == ("u", np.inf)
    assert "no bounded interval" in open_ended.reason
    assert "nothing was added" in cost_per_net(1000, Effect("net", -5.0, 1.0), 0.95).reason


def programme(**changed: object) -> Programme:
    base = {"about": "?", "gross": "investment_triggered", "leakage": {"value": 0.1, "source": "records"}}
    return Programme.model_validate({**base, **changed})


ASKED = programme(question={"column": "without", "weights": SHARES, "amount": "money"})


def test_a_declared_programme_with_a_question() -> None:
    records = pd.DataFrame({"without": ["no", "same", "later", pd.NA], "money": [600.0, 200.0, 200.0, 50.0]})
    found = net_of(ASKED, Effect("gross", 1050.0), 0.95, records=records)
    # 0.2 + 0.1 of the money would have come anyway; 1,050 x 0.7 x 0.9.
    table = steps(found).set_index("step")
    assert list(table.index) == ["gross", "deadweight", "leakage", "net"]
    assert table["left"].tolist() == pytest.approx([1050, 735, 661.5, 661.5])
    assert table.loc["net", "status"] == "u"
    assert "displacement, substitution" in table.loc["net", "reason"]
    assert table.loc["leakage", "source"] == "records"


def test_a_declared_programme_without_what_it_names() -> None:
    gross = Effect("gross", 1.0)
    assert "no records" in net_of(ASKED, gross, 0.95).net.reason
    wrong = net_of(ASKED, gross, 0.95, records=pd.DataFrame({"witout": ["no"]})).net
    assert "no column 'without' (did you mean 'witout'?)" in wrong.reason
    assert steps(net_of(ASKED, gross, 0.95))["status"].tolist() == ["m"]
    assert "gives no effect" in net_of(programme(analysis="gain"), gross, 0.95).net.reason


def test_a_declared_programme_with_an_analysis() -> None:
    row = {"analysis": "gain", "term": "deadweight", "estimate": 0.4, "se": 0.1, "df": 20.0, "lo": 0.2, "hi": 0.6,
           "method": "model", "status": "ok", "reason": ""}  # fmt: skip
    found = net_of(programme(analysis="gain"), Effect("gross", 100.0), 0.95, effects=pd.DataFrame([row]), seed=1)
    assert found.net.estimate == pytest.approx(54)
    assert found.net.se == pytest.approx(9, rel=0.05)
