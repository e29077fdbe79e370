"""Which cells are marked, how badly, and what the comment on each says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.intake.issue_report.findings import SEVERITIES
from dihkpi.intake.issue_report.look import Box
from dihkpi.intake.sheet import column_position
from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd

MOST_COMMENTS = 5_000
"""Comments of all copies together; errors come first."""
_LONGEST_COMMENT = 1_000
_LONGEST = 400
_ADDRESS = r"([A-Z]{1,3})([1-9]\d{0,6})"


@dataclass(frozen=True)
class Marks:
    """The marked cells of one sheet, sorted by row and column, both counted from 0.

    Parameters
    ----------
    rows, columns : numpy.ndarray of int
    ranks : numpy.ndarray of int
        Position of the worst severity of each cell in the list of severities.
    comments : mapping of (int, int) to str
        Text of the comment by row and column.
    """

    rows: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]
    ranks: npt.NDArray[np.int64]
    comments: Mapping[tuple[int, int], str] = field(default_factory=dict)

    def at(self, row: int) -> dict[int, str]:
        """Severity by column of the marked cells of a row."""
        start, end = np.searchsorted(self.rows, [row, row + 1])
        ranks = self.ranks[start:end].tolist()
        return dict(zip(self.columns[start:end].tolist(), (SEVERITIES[rank] for rank in ranks), strict=True))

    def after(self, row: int) -> list[int]:
        """Marked rows below a row: where the sheet has nothing any more."""
        return [int(below) for below in np.unique(self.rows[np.searchsorted(self.rows, row + 1) :])]

    @property
    def worst(self) -> str:
        """The worst severity of the sheet, empty where nothing is marked."""
        return SEVERITIES[int(self.ranks.min())] if len(self.ranks) else ""

    def hidden_by(self, box: Box) -> bool:
        """Whether a marked cell would vanish in a merged range: only the first cell of it is seen."""
        first, left, last, right = box
        start, end = np.searchsorted(self.rows, [first, last + 1])
        inside = (self.columns[start:end] >= left) & (self.columns[start:end] <= right)
        seen = (self.rows[start:end] == first) & (self.columns[start:end] == left)
        return bool((inside & ~seen).any())


def with_address(issues: pd.DataFrame) -> pd.DataFrame:
    """Add the cell to go to: the one named, else the first of the row, else none."""
    first_of_row = issues["row"].astype("str").radd("A").fillna("")
    cells = issues["cell"].fillna("")
    return issues.assign(address=cells.where(cells.str.fullmatch(_ADDRESS), first_of_row))


def marks_of(issues: pd.DataFrame) -> dict[tuple[str, str], Marks]:
    """The marks of every file and sheet, from issues with their address."""
    import pandas as pd

    placed = issues[issues["address"] != ""]
    parts = placed["address"].str.extract(f"^{_ADDRESS}$")
    letters = {text: column_position(text) for text in parts[0].unique()}
    cells = pd.DataFrame({
        "file": placed["file"],
        "sheet": placed["sheet"].fillna(""),
        "y": parts[1].astype("int64") - 1,
        "x": parts[0].map(letters).astype("int64"),
        "rank": placed["severity"].map(SEVERITIES.index).astype("int64"),
    })  # fmt: skip
    texts = _texts(placed, cells)
    marks = {}
    worst = cells.groupby(["file", "sheet", "y", "x"], as_index=False)["rank"].min()
    for (file, sheet), found in worst.groupby(["file", "sheet"], sort=False):
        y, x, ranks = (found[name].to_numpy(dtype=np.int64) for name in ("y", "x", "rank"))
        place = str(file), str(sheet)
        marks[place] = Marks(y, x, ranks, texts.get(place, {}))
    return marks


def _texts(issues: pd.DataFrame, cells: pd.DataFrame) -> dict[tuple[str, str], dict[tuple[int, int], str]]:
    """What the comments say: messages and hints of a cell, the worst first; for the cells that matter most."""
    cell = ["file", "sheet", "y", "x"]
    ranked = cells.sort_values("rank", kind="stable")
    first = ranked[cell].drop_duplicates().head(MOST_COMMENTS)
    chosen = ranked.reset_index(names="at").merge(first, on=cell)
    told = issues.loc[chosen["at"], ["message", "hint"]]
    texts: dict[tuple[str, str], dict[tuple[int, int], str]] = {}
    columns = (*(chosen[name].tolist() for name in cell), told["message"], told["hint"])
    for file, title, y, x, message, hint in zip(*columns, strict=True):
        text = "\n".join(filter(None, (show(message, _LONGEST), show(hint, _LONGEST))))
        sheet, place = texts.setdefault((file, title), {}), (y, x)
        sheet[place] = f"{sheet[place]}\n\n{text}"[:_LONGEST_COMMENT] if place in sheet else text
    return texts
