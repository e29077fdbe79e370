"""The benchmark of replications measures what it says."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(FOLDER))
    yield import_module("uncertainty")
    for name in ("uncertainty", "machine"):
        sys.modules.pop(name, None)


def test_all_sources_are_varied_and_the_work_is_done(benchmark: Any) -> None:
    frame, survey = benchmark.made(10, 10)
    assert len(frame) == 10 * benchmark.ROWS and len(survey.scoring().uncertainty.choices) == 3
    assert survey.scoring().repeats.source == "sampling"
    assert benchmark.replications(10, 10, 16, rounds=1) > 0
