"""Files that one can add up in the head, on their way to indicators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest

from dihkpi.indicators.compute import Inputs, compute_indicators
from dihkpi.pipeline.inbox import take_in
from dihkpi.pipeline.tables import prepare
from dihkpi.store import open_store
from dihkpi.store.snapshot import take_snapshot

Prepared = Callable[..., Inputs]
CELLS = {
    "full": {"checkbox": "1", "two_column": "1|1", "scale_0_5": "10", "no_partially_yes": "10"},
    "empty": {"checkbox": "0", "two_column": "0|0", "scale_0_5": "0", "no_partially_yes": "0"},
}


@pytest.fixture(scope="session")
def prepared(tmp_path_factory, definitions) -> Prepared:
    """Take files in, given as lines of CSV by their name or as paths, and prepare what indicators need."""

    def make(files: Mapping[str, Sequence[str] | Path], chosen=definitions) -> Inputs:
        folder = tmp_path_factory.mktemp("network")
        for name, content in files.items():
            path = folder / "inbox" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(
                content.read_bytes() if isinstance(content, Path) else ("\n".join(content) + "\n").encode()
            )
        store = open_store(folder / "store.db")
        intake = take_in(folder / "inbox", store, chosen)
        assert not intake.refused
        snapshot = take_snapshot(store, chosen, folder / "snapshots")
        store.close()
        return prepare(snapshot, chosen, b"key", {})

    return make


@pytest.fixture(scope="session")
def uploads(definitions):
    """Lines of an upload file of answers: (wave, day as month/day/year, name, 'full' or 'empty') each."""

    def make(kind: str, rows: Sequence[tuple[str, str, str, str]]) -> list[str]:
        items = definitions.surveys[f"dma_{kind}"].form("assessments").items
        head = ["time_point", "maturity_assessment_date", "enterprise_name_edih", "fiscal_registration_number_vat"]
        lines = [[*head, *(item.code for item in items)]]
        lines += [
            [wave, day, name, f"HR{kind}{name}", *(CELLS[how][i.type] for i in items)] for wave, day, name, how in rows
        ]
        return [",".join(line) for line in lines]

    return make


class Figures:
    """A table of indicators that is asked for one figure at a time."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table
        self.keyed = table.set_index(["level", "code", "indicator", "period", "breakdown"])

    def row(self, where: str, indicator: str, period: str, breakdown: str = "") -> pd.Series:
        level, _, code = where.partition(" ")
        return self.keyed.loc[(level, code or "all", indicator, period, breakdown)]

    def value(self, where: str, indicator: str, period: str, breakdown: str = "") -> float:
        row = self.row(where, indicator, period, breakdown)
        assert row["status"] == "ok"
        return float(row["value"])


@pytest.fixture(scope="session")
def figures(definitions) -> Callable[[Inputs, str], Figures]:
    """Compute the table and make it easy to ask."""
    return lambda inputs, period: Figures(compute_indicators(inputs, inputs.definitions, period))
