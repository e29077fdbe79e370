"""The two commands on files of the synthetic network."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from dihkpi.cli.app import app
from dihkpi.demo import write_network


@pytest.mark.slow
def test_one_list_written_as_the_official_one_is_the_same_list(tmp_path):
    write_network(tmp_path, hubs=1, dirt=False, workbooks=False)
    ours, book = tmp_path / "HR-adria" / "services.csv", tmp_path / "services.xlsx"
    run = CliRunner()
    assert run.invoke(app, ["export-services", str(ours), "-o", str(book)]).exit_code == 0
    result = run.invoke(app, ["reconcile", str(ours), str(book), "--out", str(tmp_path / "out"), "--json"])
    assert result.exit_code == 0
    counts = json.loads(result.stdout)
    assert counts["matched"] > 5
    assert (counts["only_ours"], counts["only_official"], counts["differences"]) == (0, 0, 0)
    table = pd.read_csv(tmp_path / "out" / "reconciliation.csv")
    assert len(table) == counts["matched"] and set(table["confidence"]) == {1.0}
    assert (tmp_path / "out" / "reconciliation.xlsx").is_file()
