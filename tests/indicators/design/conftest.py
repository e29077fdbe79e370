"""Surveys small enough to add up, and the way from rows to one figure."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from dihkpi.indicators.design import Design, Sample, prepare


@pytest.fixture
def survey(definitions) -> Callable[..., Sample]:
    """Prepare rows with a design given as words."""
    return lambda rows, single="error", **design: prepare(
        pd.DataFrame(rows), Design(**design), definitions, single=single
    )


@pytest.fixture
def apistrat(shared, survey) -> Sample:
    """200 Californian schools in three strata, as the R package survey prints them."""
    rows = pd.read_csv(shared / "references/data/apistrat.csv")
    return survey(rows, weight="pw", strata="stype", population="fpc")
