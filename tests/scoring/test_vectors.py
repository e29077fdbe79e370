"""The published rule on whole files: vectors A, B, D and E, through the command line."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

COLUMNS = [
    "level", "code", "survey", "version", "wave", "dimension", "value", "se", "lo", "hi", "n_items", "n_answered",
    "band", "status",
]  # fmt: skip
FULL = {"checkbox": "1", "two_column": "1|1", "scale_0_5": "10", "no_partially_yes": "10"}
EMPTY = {"checkbox": "0", "two_column": "0|0", "scale_0_5": "0", "no_partially_yes": "0"}
DONE = FULL | {"two_column": "0|1"}
SME = ["strategy", "readiness", "human_centric", "data", "automation_ai", "green"]
PSO = ["strategy", "readiness", "human_centric", "data", "interoperability", "green"]
HEAD = ["time_point", "maturity_assessment_date", "enterprise_name_edih", "fiscal_registration_number_vat"]


def write_upload(path: Path, items, people: dict[str, dict[str, str]]) -> Path:
    """An upload file as the official tool takes it: UTF-8 with BOM, everything quoted."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow([*HEAD, *(item.code for item in items)])
        for name, cells in people.items():
            writer.writerow(["T0", "03/01/2024", f"Firm {name}", f"HR{name}", *(cells[item.type] for item in items)])
    return path


def score_file(path: Path, survey: str, out: Path) -> pd.DataFrame:
    command = [sys.executable, "-m", "dihkpi", "score", str(path), "--survey", survey, "--out", str(out)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    scores = pd.read_csv(out / "scores.csv")
    stored = pd.read_parquet(out / "scores.parquet")
    assert list(scores) == list(stored) == COLUMNS
    pd.testing.assert_series_equal(scores["value"], stored["value"])
    return scores


@pytest.fixture(scope="module")
def sme(tmp_path_factory, definitions) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("sme")
    items = definitions.surveys["dma_sme"].form("assessments").items
    return score_file(
        write_upload(folder / "SMEEuDMAdata.csv", items, {"A": FULL, "B": EMPTY, "D": DONE}), "dma_sme", folder / "out"
    )


@pytest.mark.parametrize(
    ("vector", "dimensions", "overall", "band"),
    [
        ("A", [100] * 6, 100, "advanced"),
        ("B", [0] * 6, 0, "basic"),
        ("D", [200 / 3, *[100] * 5], 850 / 9, "advanced"),
    ],
)
def test_vectors_of_the_sme_questionnaire(sme, vector, dimensions, overall, band):
    mine = sme[sme["code"] == f"HR{vector}"].set_index("dimension")
    assert mine.loc[SME, "value"].tolist() == pytest.approx(dimensions, rel=0, abs=1e-9)
    assert mine.loc["overall", "value"] == pytest.approx(overall, rel=0, abs=1e-9)
    assert mine.loc["overall", "band"] == band
    assert (mine.loc["overall", "n_items"], mine.loc["overall", "n_answered"]) == (86, 86)
    assert set(mine["status"]) == {"ok"}
    assert set(mine["wave"]) == {"T0"}
    assert set(mine["level"]) == {"respondent"}


def test_vector_e_of_the_pso_questionnaire(tmp_path, definitions):
    items = definitions.surveys["dma_pso"].form("assessments").items
    path = write_upload(tmp_path / "upload.csv", items, {"E": FULL})
    scores = score_file(path, "dma_pso", tmp_path / "out").set_index("dimension")
    assert scores.loc[["overall", *PSO], "value"].tolist() == pytest.approx([100] * 7, rel=0, abs=1e-9)
    assert scores.loc["overall", "band"] == "advanced"
    assert scores.loc["overall", "n_items"] == 97
