"""Pairs by hand, and networks whose every number is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions
from dihkpi.indicators.change.cells import Cells
from dihkpi.indicators.compute import Inputs
from dihkpi.intake.columns import check_table
from dihkpi.scoring.results import band_of

NODES = ["overall", "strategy", "readiness", "human_centric", "data", "automation_ai", "green"]


@pytest.fixture(scope="session")
def one_cell():
    """A cell of each list of pairs (before, after)."""

    def make(*lists: tuple[Sequence[float], Sequence[float]]) -> Cells:
        groups = np.repeat(np.arange(len(lists)), [len(before) for before, _ in lists])
        before, after = (np.concatenate([np.asarray(part[side], float) for part in lists]) for side in (0, 1))
        return Cells.of(groups, before[:, None], after[:, None], len(lists))

    return make


@pytest.fixture(scope="session")
def sleep(shared) -> tuple[np.ndarray, np.ndarray]:
    """Student's sleep data: the two drugs."""
    table = pd.read_csv(shared / "references/data/student_sleep.csv")
    return table["g1"].to_numpy(float), table["g2"].to_numpy(float)


class Network:
    """Inputs of assessments that are written one by one: (respondent, hub, wave, day, score of every node)."""

    def __init__(self, definitions: Definitions, rows: Sequence[tuple], version: Sequence[str] | str = "v1") -> None:
        frame = pd.DataFrame(rows, columns=["respondent", "hub", "wave", "date", "score"])
        frame = frame.assign(
            survey="dma_sme", version=version, date=pd.to_datetime(frame["date"]).astype("datetime64[s]")
        )
        scores = pd.concat([frame.assign(dimension=node) for node in NODES], ignore_index=True)
        bands = definitions.survey("dma_sme").scoring().bands["dma"]
        scores["band"] = band_of(scores["score"].to_numpy(float), bands)
        hubs, table = sorted(frame["hub"].dropna().unique()), definitions.tables["hubs"]
        register = pd.DataFrame({"hub": hubs, "name": hubs, "country": "HR", "nuts": "HR03", "submitted": True})
        self.inputs = Inputs(
            tables={},
            hubs=check_table(register.reindex(columns=list(table.columns)), table),
            respondents=pd.DataFrame({"respondent": sorted(frame["respondent"].unique())}),
            assessments=frame.drop(columns="score").assign(origin="reported", nuts="HR03", country="HR"),
            scores=scores.rename(columns={"respondent": "code", "score": "value"}).drop(columns=["hub", "date"]),
            definitions=definitions,
        )


@pytest.fixture(scope="session")
def network(definitions):
    """Make inputs of rows."""

    def make(rows: Sequence[tuple], version: Sequence[str] | str = "v1") -> Inputs:
        return Network(definitions, rows, version).inputs

    return make
