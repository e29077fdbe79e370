"""Surveys small enough to type in, whose results others have printed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dihkpi.indicators.design import mean, post_stratify, quantile, rake, total

BY_STATA = {
    "stratum": [1] * 5 + [2] * 3, "psu": [1, 2, 3, 4, 5, 1, 2, 3], "weight": [3.0] * 5 + [4.0] * 3,
    "size": [15] * 5 + [12] * 3, "x": [2.8, 4.1, 6.8, 6.8, 9.2, 3.7, 6.6, 4.2],
}  # fmt: skip
"""Two strata of the manual of Stata (svy, fpc), also in the R package survey."""


def test_strata_with_and_without_a_finite_population(survey):
    design = {"weight": "weight", "strata": "stratum", "cluster": "psu", "nested": True}
    found = mean(survey(BY_STATA, **design), "x").loc[0]
    assert [found["value"], found["se"]] == pytest.approx([5.4481, 0.7413], abs=5e-5)
    known = mean(survey(BY_STATA, population="size", **design), "x").loc[0]
    assert [known["value"], known["se"]] == pytest.approx([5.4481, 0.616], abs=5e-4)
    weighted = survey(BY_STATA, strata="stratum", cluster="psu", population="size", nested=True)
    assert weighted.weights.tolist() == BY_STATA["weight"]


def test_a_domain_keeps_the_whole_design(survey):
    rows = {**BY_STATA, "large": [x > 4 for x in BY_STATA["x"]]}
    sample = survey(rows, weight="weight", strata="stratum", cluster="psu", nested=True)
    found = mean(sample, "x", by=["large"]).set_index("domain")
    assert found.loc["large=False", ["value", "se"]].tolist() == pytest.approx([3.314286, 0.3117042], rel=1e-6)
    assert found.loc["large=True", ["value", "se"]].tolist() == pytest.approx([6.195, 0.7555129], rel=1e-6)


def test_weights_of_a_sample_by_size(survey):
    """Ten firms of the R package survey (tests/deff): the weights of one design or of another."""
    rows = {
        "y": [15, 143, 21, 51, 337, 50, 274, 145, 15, 86],
        "even": [100.0] * 10,
        "uneven": [20.0, 200, 11, 25, 550, 30, 250, 100, 10, 55],
    }
    found = mean(survey(rows, weight="even"), "y").loc[0]
    assert [found["value"], found["se"]] == pytest.approx([113.7, 35.626], abs=5e-4)
    sample = survey(rows, weight="uneven")
    found = mean(sample, "y").loc[0]
    # The design effect is over a sample drawn with replacement: no population is named.
    assert found[["value", "se", "deff"]].tolist() == pytest.approx([243.914, 48.752, 1.974067], rel=1e-5)
    found = total(sample, "y").loc[0]
    assert [found["value"], found["se"]] == pytest.approx([305136, 184965], rel=5e-6)


@pytest.fixture
def kalton(survey):
    cells = [f"{a};{b}" for b in (1, 2, 3) for a in (1, 2, 3, 4)]
    drawn = [20, 50, 100, 30, 40, 140, 50, 100, 40, 310, 50, 70]
    known = [80, 60, 170, 55, 40, 150, 60, 165, 55, 340, 200, 125]
    rows = pd.Series(np.repeat(cells, drawn)).str.split(";", expand=True).set_axis(["a", "b"], axis=1)
    return survey(rows), dict(zip(cells, map(float, known), strict=True))


def factors(sample) -> list[list[float]]:
    table = sample.frame.assign(w=sample.weights).groupby(["a", "b"])["w"].mean()
    return table.unstack().round(2).to_numpy().tolist()


def test_weights_of_kalton_and_flores(kalton):
    """Kalton and Flores-Cervantes (2003), Journal of Official Statistics 19: cells, and raking to both margins."""
    sample, cells = kalton
    whole, _ = post_stratify(sample, {"a;b": cells})
    assert factors(whole) == [[4.0, 1.0, 1.38], [1.2, 1.07, 1.1], [1.7, 1.2, 4.0], [1.83, 1.65, 1.79]]
    margins = {
        name: {code: sum(n for cell, n in cells.items() if cell.split(";")[at] == code) for code in codes}
        for at, (name, codes) in enumerate({"a": "1234", "b": "123"}.items())
    }
    raked, report = rake(sample, margins)
    assert report.converged
    assert factors(raked) == [[1.81, 1.45, 2.02], [1.08, 0.87, 1.21], [2.2, 1.76, 2.45], [1.83, 1.47, 2.04]]


def test_the_interval_of_a_quantile_around_either_share(survey):
    """By hand: of five the median is the third, up to which 3/5 lie; the other way is that of R since 4.1.

    So are the quartiles of api00 in the one-stage sample of schools (vignette of the R package survey): 561 to 714
    around the median of 652, with the error 35.66788.
    """
    from scipy.stats import t

    y = np.arange(1.0, 41)
    sample = survey({"y": np.repeat(y[:5], 8)})
    half = t.ppf(0.975, 39) * np.sqrt(0.6 * 0.4 / 39)
    for centre, middle in (("share", 0.5), ("estimate", 0.6)):
        found = quantile(sample, "y", centre=centre).loc[0]
        ends = [float(np.ceil(5 * (middle + side * half) - 1e-9)) for side in (-1, 1)]
        assert found[["value", "lo", "hi"]].tolist() == [3.0, *ends]
        assert found["se"] == pytest.approx((ends[1] - ends[0]) / 2 / t.ppf(0.975, 39))
