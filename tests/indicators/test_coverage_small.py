"""The intervals of small hubs and of surveys hold the truth about as often as they say."""

from __future__ import annotations

from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def coverage() -> ModuleType:
    import sys

    spec = spec_from_file_location("coverage_small", Path(__file__).parents[2] / "benchmarks" / "coverage_small.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def inside(row) -> bool:
    return 0.93 - 3 * row.error <= row.held <= 0.97 + 3 * row.error


@pytest.mark.slow
@pytest.mark.parametrize("model", ["known_errors", "with_covariate", "equal_errors", "estimated_errors"])
def test_intervals_of_shrunken_means(coverage, model):
    row = coverage.counted(model, "", 150, partial(getattr(coverage, model), hubs=20, between=1.0))
    assert row.error < 0.01
    assert inside(row), row


@pytest.mark.slow
@pytest.mark.parametrize("model", ["shares", "counts"])
def test_intervals_of_shrunken_shares_and_counts(coverage, model):
    row = coverage.counted(model, "", 80, partial(getattr(coverage, model), hubs=20, strength=10.0, mean_of=0.3))
    assert row.error < 0.012
    assert inside(row), row


@pytest.mark.slow
def test_intervals_of_surveys(coverage, definitions):
    rows = list(coverage.surveys(60, definitions, drawn=[20]))
    assert [row.what for row in rows] == ["mean", "mean of a domain", "ratio", "median", "mean after raking"]
    assert all(inside(row) for row in rows), rows
