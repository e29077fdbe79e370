"""Effects by comparison held against the figures printed for public data sets."""

from __future__ import annotations

import numpy as np
import pytest

from dihkpi.indicators.cause.staggered import staggered

# Callaway and Sant'Anna (2021), teen employment and minimum wages, 2003 to 2007: number of counties and mean logarithm
# of employment by the year in which the state raised its minimum wage (nan: never).
COUNTIES = {np.nan: 309, 1.0: 20, 3.0: 40, 4.0: 131}
MEANS = [
    [5.65463, 5.592, 5.604808, 5.638896, 5.661133],
    [6.179697, 6.106564, 6.059452, 6.026704, 6.085388],
    [6.573994, 6.517884, 6.527941, 6.557435, 6.543041],
    [5.842906, 5.810783, 5.820866, 5.823866, 5.820048],
]


@pytest.fixture
def counties():
    start = np.repeat(list(COUNTIES), [5 * n for n in COUNTIES.values()])
    y = np.concatenate([np.tile(means, n) for means, n in zip(MEANS, COUNTIES.values(), strict=True)])
    return y, np.repeat(np.arange(500), 5), np.tile(np.arange(5), 500), start


def by_term(effects):
    return {effect.term: round(effect.estimate, 4) for effect in effects}


def test_minimum_wages_against_counties_that_never_raised_them(counties):
    found = staggered(*counties, 0.95, comparison="never", base="previous")
    assert by_term(found.cells) == {
        "start 1 period 1": -0.0105, "start 1 period 2": -0.0704, "start 1 period 3": -0.1373,
        "start 1 period 4": -0.1008, "start 3 period 1": 0.0065, "start 3 period 2": -0.0028,
        "start 3 period 3": -0.0046, "start 3 period 4": -0.0412, "start 4 period 1": 0.0305,
        "start 4 period 2": -0.0027, "start 4 period 3": -0.0311, "start 4 period 4": -0.0261,
    }  # fmt: skip
    assert by_term(found.lags) == {
        "lead 3": 0.0305, "lead 2": -0.0006, "lead 1": -0.0245,
        "lag 0": -0.0199, "lag 1": -0.0510, "lag 2": -0.1373, "lag 3": -0.1008,
    }  # fmt: skip
    assert round(found.after.estimate, 4) == -0.0400
    assert by_term(found.averages) == {"mean of starts": -0.0310, "mean of lags": -0.0772, "mean of periods": -0.0417}
