"""Estimators of effects against published numbers, other computations and hand-sized data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dihkpi.indicators.cause.change import before_after, difference_in_differences, first_difference, given_before
from dihkpi.indicators.cause.errors import Inference, effect
from dihkpi.indicators.cause.event_study import event_study
from dihkpi.indicators.cause.linear import dummies, fit
from dihkpi.indicators.cause.staggered import staggered
from dihkpi.indicators.cause.wild import Wild


def published(shared: Path, name: str) -> dict:
    entries = json.loads((shared / "references/expected.json").read_text(encoding="utf-8"))
    return next(entry for entry in entries if entry["id"] == name)


def read(shared: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(shared / "references/data" / name)


def panel(hubs: int = 10, each: int = 6, periods: int = 4, start: int = 2, gain: float = 2.0, seed: int = 1):
    """Rows of units in hubs, every other hub supported from ``start`` on."""
    rng = np.random.default_rng(seed)
    units = hubs * each
    hub = np.arange(units) // each
    frame = pd.DataFrame({
        "unit": np.tile(np.arange(units), periods), "hub": np.tile(hub, periods),
        "period": np.repeat(np.arange(periods), units),
    })  # fmt: skip
    frame["supported"] = (frame["hub"] % 2 == 1).astype(float)
    frame["start"] = np.where(frame["supported"] == 1, float(start), np.nan)
    frame["post"] = (frame["period"] >= start).astype(float)
    shock = rng.normal(size=(periods, hubs)) * 0.3
    frame["y"] = (
        rng.normal(size=units)[frame["unit"]]
        + 0.5 * frame["period"]
        + shock[frame["period"], frame["hub"]]
        + rng.normal(size=len(frame)) * 0.5
        + gain * frame["supported"] * frame["post"]
    )
    return frame


def columns(frame: pd.DataFrame, *names: str) -> list[np.ndarray]:
    return [frame[name].to_numpy() for name in names]


def test_house_prices_near_an_incinerator(shared: Path) -> None:
    entry, data = published(shared, "kielmc_did"), read(shared, "kielmc.csv").astype(float)
    found = difference_in_differences(*columns(data, "rprice", "nearinc", "y81"), Inference("ordinary"))
    assert found.n == entry["published"]["n"]
    assert found.estimate == pytest.approx(entry["published"]["b"][3], abs=0.05)
    assert found.se == pytest.approx(entry["published"]["se"][3], abs=0.005)
    assert found.estimate == pytest.approx(entry["recomputed"]["b"][3], rel=1e-9)
    assert found.se == pytest.approx(entry["recomputed"]["se"][3], rel=1e-9)


def test_scrap_rates_of_firms_with_a_grant(shared: Path) -> None:
    entry, data = published(shared, "jtrain_fd"), read(shared, "jtrain.csv")
    # The file's own column of differences is of single precision.
    wide = data.pivot(index="fcode", columns="year", values=["lscrap", "grant"])
    change = [(wide[name, 1988] - wide[name, 1987]).to_numpy() for name in ("lscrap", "grant")]
    found = first_difference(*change, Inference("ordinary"))
    assert found.n == entry["published"]["n"]
    assert round(found.estimate, 3) == entry["published"]["b"][1]
    assert round(found.se, 3) == entry["published"]["se"][1]
    assert found.estimate == pytest.approx(entry["recomputed"]["b"][1], rel=1e-9)
    two_way = data[data["year"].isin([1987, 1988])].dropna(subset=["lscrap"])
    same = difference_in_differences(
        *columns(two_way, "lscrap", "grant", "d88"), Inference("ordinary"),
        units=two_way["fcode"], periods=two_way["year"],
    )  # fmt: skip
    # With two periods the effects of units and periods give the same as first differences.
    assert (same.estimate, same.se) == pytest.approx((found.estimate, found.se), rel=1e-9)


def test_clustered_errors_are_those_of_statsmodels() -> None:
    import statsmodels.api as sm

    data = panel()
    matrix = np.column_stack(
        [np.ones(len(data)), *columns(data, "post", "supported"), data["post"] * data["supported"]]
    )
    theirs = sm.OLS(data["y"].to_numpy(), matrix).fit(
        cov_type="cluster", cov_kwds={"groups": data["hub"].to_numpy()}, use_t=True
    )
    ours = difference_in_differences(*columns(data, "y", "supported", "post"), Inference(), clusters=data["hub"])
    assert ours.estimate == pytest.approx(theirs.params[3], rel=1e-9)
    assert ours.se == pytest.approx(theirs.bse[3], rel=1e-9)
    assert (ours.lo, ours.hi) == pytest.approx(tuple(theirs.conf_int()[3]), rel=1e-9)
    assert ours.p == pytest.approx(theirs.pvalues[3], rel=1e-6)
    assert (ours.df, ours.clusters) == (9, 10)


def test_taking_units_out_is_having_a_column_for_each() -> None:
    data = panel(hubs=6, each=3)
    product = (data["post"] * data["supported"]).to_numpy()
    long = fit(
        data["y"].to_numpy(),
        {
            "constant": np.ones(len(data)),
            **dummies(data["unit"], "unit"),
            **dummies(data["period"], "period"),
            "x": product,
        },
        clusters=data["hub"],
    )
    for how in (Inference("ordinary"), Inference("cr2")):
        whole = effect(long, {"x": 1.0}, "effect", how)
        short = difference_in_differences(
            *columns(data, "y", "supported", "post"), how, clusters=data["hub"], units=data["unit"],
            periods=data["period"],
        )  # fmt: skip
        assert short.estimate == pytest.approx(whole.estimate, rel=1e-9)
        if how.errors == "cr2":
            assert (short.se, short.df) == pytest.approx((whole.se, whole.df), rel=1e-6)


def test_cr2_of_two_groups_is_the_test_of_welch() -> None:
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(3)
    first, other = rng.normal(1, 3, 5), rng.normal(0, 1, 9)
    y = np.concatenate([first, other])
    treated = np.repeat([1.0, 0.0], [5, 9])
    found = effect(fit(y, {"constant": np.ones(14), "x": treated}), {"x": 1.0}, "effect", Inference("cr2"))
    welch = ttest_ind(first, other, equal_var=False)
    assert found.estimate / found.se == pytest.approx(welch.statistic, rel=1e-9)
    # Satterthwaite's degrees under equal variances: (1/5 + 1/9)^2 / (1/(25 x 4) + 1/(81 x 8)).
    assert found.df == pytest.approx((1 / 5 + 1 / 9) ** 2 / (1 / 100 + 1 / 648), rel=1e-9)


def test_the_bootstrap_is_that_of_refitting_every_draw() -> None:
    data = panel(hubs=12, each=2, gain=0.3)
    y, supported, post, hub = columns(data, "y", "supported", "post", "hub")
    matrix = {"constant": np.ones(len(y)), "post": post, "treated": supported, "x": post * supported}
    fitted = fit(y, matrix, clusters=hub)
    claim, draws = 0.1, Wild(draws=60, seed=5, webb_below=0)
    found = effect(fitted, {"x": 1.0}, "effect", Inference("cluster"))
    from dihkpi.indicators.cause.wild import _weights, wild_p

    fast = wild_p(fitted, fitted.combination({"x": 1.0}), found.se, draws)(found.estimate - claim)
    rest = np.column_stack([matrix[name] for name in ("constant", "post", "treated")])
    null = y - claim * matrix["x"]
    fitted_null = rest @ np.linalg.lstsq(rest, null, rcond=None)[0]
    residuals = null - fitted_null
    larger = []
    for weights in _weights(12, draws):
        drawn = fitted_null + claim * matrix["x"] + residuals * weights[hub]
        again = effect(fit(drawn, matrix, clusters=hub), {"x": 1.0}, "effect", Inference("cluster"))
        larger.append(abs(again.estimate - claim) / again.se >= abs(found.estimate - claim) / found.se * (1 - 1e-9))
    assert fast == pytest.approx(np.mean(larger))


def test_bootstrap_interval_holds_what_its_test_does_not_reject() -> None:
    data = panel(hubs=14)
    how = Inference("wild", wild=Wild(draws=499, seed=1))
    found = difference_in_differences(*columns(data, "y", "supported", "post"), how, clusters=data["hub"])
    shifted = [
        difference_in_differences(
            data["y"].to_numpy() - claim * (data["supported"] * data["post"]).to_numpy(),
            *columns(data, "supported", "post"),
            how,
            clusters=data["hub"],
        )
        for claim in (found.lo - 0.02, found.lo + 0.02, found.hi - 0.02, found.hi + 0.02)
    ]
    assert [effect.p > 0.05 for effect in shifted] == [False, True, True, False]


@pytest.mark.parametrize("errors", ["ordinary", "cluster", "cr2", "wild"])
def test_the_order_of_rows_and_the_names_of_hubs_do_not_matter(errors: str) -> None:
    data = panel()
    mixed = data.sample(frac=1, random_state=3)
    how = Inference(errors, wild=Wild(draws=199, seed=2))  # type: ignore[arg-type]
    one, two = (
        difference_in_differences(
            *columns(frame, "y", "supported", "post"), how, clusters="hub " + frame["hub"].astype(str),
            units=frame["unit"], periods=frame["period"],
        )
        for frame in (data, mixed)
    )  # fmt: skip
    assert (one.estimate, one.se, one.lo, one.hi, one.p) == pytest.approx((two.estimate, two.se, two.lo, two.hi, two.p))


def test_change_before_after_by_hand() -> None:
    change = np.array([1.0, 3.0, 5.0, np.nan])
    found = before_after(change, Inference("ordinary"))
    assert (found.estimate, found.se, found.df) == pytest.approx((3.0, 2 / np.sqrt(3), 2))
    size = np.array([0.0, 1.0, 2.0, 9.0])
    assert before_after(change, Inference("cr2"), covariates={"size": size}).estimate == pytest.approx(3.0)


def test_given_before_and_change_answer_different_questions() -> None:
    rng = np.random.default_rng(1)
    treated = np.repeat([1.0, 0.0], 400)
    true = rng.normal(np.where(treated == 1, 60.0, 40.0), 5)
    before, after = true + rng.normal(size=800) * 5, true + rng.normal(size=800) * 5
    change = first_difference(after - before, treated, Inference("cr2"))
    given = given_before(after, before, treated, Inference("cr2"))
    # Nobody changed. Units that started alike come from unlike groups and fall back to these (reliability one half).
    assert abs(change.estimate) < 3 * change.se
    assert given.estimate == pytest.approx(10, abs=1.5)


def test_event_study_by_hand() -> None:
    # Supported: 1, 2, 5, 7; comparison: 0, 1, 2, 3. Differences 1, 1, 3, 4, less that just before the start.
    paths = {"a": [1, 2, 5, 7], "b": [1, 2, 5, 7], "c": [0, 1, 2, 3], "d": [0, 1, 2, 3]}
    frame = pd.DataFrame(
        [(u, t, y, 2.0 if u in "ab" else np.nan) for u, path in paths.items() for t, y in enumerate(path)],
        columns=["unit", "period", "y", "start"],
    )
    noise = np.array([1, -1, 2, -2] * 4) * 0.01
    y = frame["y"].to_numpy() + noise * np.repeat([1, -1, 1, -1], 4)
    found = event_study(y, *columns(frame, "unit", "period", "start"), Inference())
    assert {part.term: round(part.estimate, 6) for part in found.periods} == {"lead 2": 0, "lag 0": 2, "lag 1": 3}
    assert found.after.estimate == pytest.approx(2.5)


def test_event_study_tells_what_slope_it_would_have_missed() -> None:
    data = panel(hubs=20, periods=6, start=4)
    args = columns(data, "unit", "period", "start")
    found = event_study(data["y"].to_numpy(), *args, Inference(), clusters=data["hub"])
    assert found.pretrend.p > 0.05
    assert found.pretrend.bias == pytest.approx(found.pretrend.slope * 1.5)
    tilt = 3 * found.pretrend.slope * data["period"].to_numpy() * data["supported"].to_numpy()
    tilted = event_study(data["y"].to_numpy() + tilt, *args, Inference(), clusters=data["hub"])
    assert tilted.pretrend.p < 0.01
    assert tilted.pretrend.slope == pytest.approx(found.pretrend.slope)


def test_event_study_without_periods_before() -> None:
    data = panel(periods=2, start=1)
    found = event_study(*columns(data, "y", "unit", "period", "start"), Inference(), clusters=data["hub"])
    assert found.after.status == "ok"
    assert "parallel trends cannot be tested" in found.pretrend.reason


def test_staggered_by_hand() -> None:
    # Without effect the outcome rises by 1 a period. Start 1: effects 2, 4. Start 2: effect 10. Never: none.
    rows = [
        (f"{name}{k}", t, 10 * k + t + (gains[t] if t < 3 else 0), start)
        for name, start, gains in (("a", 1.0, [0, 2, 4]), ("b", 2.0, [0, 0, 10]), ("c", np.nan, [0, 0, 0]))
        for k in range(3)
        for t in range(3)
    ]
    frame = pd.DataFrame(rows, columns=["unit", "period", "y", "start"])
    found = staggered(*columns(frame, "y", "unit", "period", "start"), 0.95)
    cells = {part.term: part.estimate for part in found.cells}
    assert cells == pytest.approx({"start 1 period 1": 2, "start 1 period 2": 4, "start 2 period 0": 0, "start 2 period 2": 10})  # fmt: skip  # noqa: E501
    assert {part.term: part.estimate for part in found.lags} == pytest.approx({"lead 2": 0, "lag 0": 6, "lag 1": 4})
    assert found.after.estimate == pytest.approx((2 + 4 + 10) / 3)


def test_staggered_with_one_start_is_the_event_study() -> None:
    data = panel()
    args = columns(data, "y", "unit", "period", "start")
    study = event_study(*args, Inference(), clusters=data["hub"])
    groups = staggered(*args, 0.95, clusters=data["hub"])
    assert groups.after.estimate == pytest.approx(study.after.estimate, rel=1e-9)
    # The jackknife errs to the large side: at most by the factor of G / (G - 2).
    assert study.after.se < groups.after.se < study.after.se * 1.4


SICK = {
    "one cluster": ({"clusters": np.zeros(8, int)}, "a single cluster"),
    "a unit in two hubs": ({"clusters": np.arange(8), "units": np.arange(8) % 4}, "belong to two clusters"),
    "nobody supported": ({"treated": np.zeros(8)}, "cannot be told apart"),
    "nothing after": ({"post": np.zeros(8)}, "cannot be told apart"),
    "all missing": ({"y": np.full(8, np.nan)}, "0 rows are too few"),
}


@pytest.mark.parametrize("case", SICK)
def test_what_the_data_do_not_tell_is_a_reason(case: str) -> None:
    changed, words = SICK[case]
    given = {"y": np.arange(8.0) ** 2, "treated": np.tile([0.0, 1.0], 4), "post": np.repeat([0.0, 1.0], 4), **changed}
    for errors in ("ordinary", "cluster", "cr2", "wild"):
        found = difference_in_differences(how=Inference(errors), **given)  # type: ignore[arg-type]
        assert found.status == "m"
        assert np.isnan(found.estimate)
        assert words in found.reason


def test_no_spread_is_a_caveat_and_not_certainty() -> None:
    found = before_after(np.array([2.0, 2.0, 2.0]), Inference())
    assert (found.estimate, found.status) == (2.0, "u")
    assert "no spread" in found.reason
    assert np.isnan(found.p)
