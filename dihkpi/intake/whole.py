"""Phase four: what concerns the table as a whole, told from the few columns that it takes.

The blocks of a large file are gone when their keys are compared. What an issue shows of a row is then read once more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.intake.blocks import Checked, Context, prepared, shown_at, source_column
from dihkpi.intake.issues import Fault, IssueLog
from dihkpi.intake.keys import check_other_sheets, doubled_rows, note_doubled
from dihkpi.intake.rows import check_sequence
from dihkpi.intake.sheet import Block, Cells, Numbers

if TYPE_CHECKING:
    import pandas as pd

Texts = dict[int, tuple[int, Cells]]
"""Position of a row below the header to its row number and its cells."""


@dataclass
class Whole:
    """The columns of all blocks that keys and rules between rows need.

    Parameters
    ----------
    context : Context
    earlier : dict of str to str, optional
        Keys of earlier sheets of the same form and their places; gains those of this sheet.
    """

    context: Context
    earlier: dict[str, str] | None
    frames: list[pd.DataFrame] = field(default_factory=list)
    rows: list[Numbers] = field(default_factory=list)
    bad_rows: set[int] = field(default_factory=set)
    told: set[tuple[int, int | None]] = field(default_factory=set)
    blocks: list[Block] = field(default_factory=list)
    """The only block, while there is no second one."""

    @property
    def columns(self) -> list[str]:
        """Names of the columns that are needed."""
        form = self.context.match.form
        names = (*form.key, *form.key_without, form.wave, form.date, "respondent", "hub")
        return list(dict.fromkeys(filter(None, names)))

    def add(self, checked: Checked, start: int) -> None:
        """Take the needed columns of a block whose first row has the position ``start``."""
        frame = checked.frame
        kept = frame[[name for name in self.columns if name in frame]]
        self.frames.append(kept.set_axis(kept.index + start, axis=0))
        self.rows.append(checked.block.rows)
        self.bad_rows |= {start + int(i) for i in np.flatnonzero(checked.bad)}
        self.told |= {(start + i, position) for i, position in checked.log.told}
        self.blocks = [checked.block] if not start else []

    def row_numbers(self, start: int, places: Numbers) -> Numbers:
        """Row numbers of positions in the block that begins at ``start``."""
        return np.concatenate(self.rows)[start + places]

    def texts(self, places: Iterable[int]) -> Texts:
        """Row number and cells of some rows, from the block that is held or from the file."""
        wanted = np.array(sorted(places), dtype=np.int64)
        found: Texts = {}
        if not len(wanted):
            return found
        start = 0
        size = int(self.context.definitions.value("block_cells"))
        for block in self.blocks or prepared(self.context, size):
            here = wanted[(wanted >= start) & (wanted < start + len(block))] - start
            found |= {
                start + int(i): (int(block.rows[i]), cells) for i, cells in zip(here, block.texts(here), strict=True)
            }
            start += len(block)
        return found

    def check(self, log: IssueLog) -> Texts:
        """Note what is wrong between rows; gives the rows that are set aside for it."""
        import pandas as pd

        context, form = self.context, self.context.match.form
        if not self.frames or not context.header.usable:
            return {}
        frame = pd.concat(self.frames)
        numbers = np.concatenate(self.rows)
        index = frame.index.to_numpy()
        found: list[tuple[Fault, int, tuple[str, ...]]] = []
        check_sequence(form, frame, lambda fault, i, columns: found.append((fault, int(index[i]), columns)))
        found = [entry for entry in found if not self._told(entry[1], entry[2])]
        if self.earlier is not None:
            check_other_sheets(form, frame, log.sheet, numbers[index], self.earlier,
                               lambda fault, i, columns: found.append((fault, int(index[i]), columns)))  # fmt: skip
        doubled = doubled_rows(form, frame)
        texts = self.texts({i for _, i, _ in found} | {int(index[i]) for group in doubled for i in group})
        for group in doubled:
            rows = [(int(index[i]), *texts[int(index[i])]) for i in group]
            found += note_doubled(form, rows)
        aside: set[int] = set()
        for fault, i, columns in found:
            self._note(log, fault, i, columns, texts[i])
            if fault.severity == "error" or fault.rule == "repeated_row":
                aside.add(i)
        return {i: texts[i] for i in aside - self.bad_rows}

    def _told(self, index: int, columns: tuple[str, ...]) -> bool:
        """Whether a cell that a rule reads has an issue already: one cause, one issue."""
        form, positions = self.context.match.form, self.context.header.positions
        return any((index, positions.get(source_column(form, column))) in self.told for column in columns)

    def _note(self, log: IssueLog, fault: Fault, index: int, columns: tuple[str, ...], row: tuple[int, Cells]) -> None:
        position, title = shown_at(self.context.match.form, self.context.header, columns)
        number, cells = row
        value = str(cells[position]) if position is not None else ""
        sheet, column = self.context.sheet, position
        if sheet.anchors is not None and position is not None:
            number, column = sheet.block.place(self.context.match.first_row + index, position)
        log.add(fault, row=number, index=index, position=column, header=title, value=value)
