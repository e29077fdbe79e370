"""Phase four: what concerns the table as a whole, told from the few columns that it takes.

The blocks of a large file are gone when their keys are compared. What an issue shows of a row is then read once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.intake.between import (
    Found,
    Tables,
    check_compare,
    check_constant,
    check_refers,
    check_unique,
    is_looked_up,
    rule_columns,
)
from dihkpi.intake.blocks import Checked, Context, prepared, shown_at, source_column
from dihkpi.intake.issues import Fault, IssueLog
from dihkpi.intake.keys import check_other_sheets, doubled_rows, note_doubled
from dihkpi.intake.rows import check_sequence
from dihkpi.intake.series import check_series
from dihkpi.intake.sheet import Block, Cells, Numbers
from dihkpi.intake.text import show

if TYPE_CHECKING:
    import pandas as pd

Texts = dict[int, tuple[int, Cells]]
"""Position of a row below the header to its row number and its cells."""


@dataclass(frozen=True)
class Late:
    """What is found when all rows are known.

    Parameters
    ----------
    aside : dict of int to (int, numpy.ndarray)
        Rows that are set aside for it, with their texts.
    faulty : set of int
        Rows with an error.
    """

    aside: Texts = field(default_factory=dict)
    faulty: set[int] = field(default_factory=set)


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
    faulty: set[int] = field(default_factory=set)
    """Rows with an error; some that are set aside have none."""
    told: set[tuple[int, int | None]] = field(default_factory=set)
    blocks: list[Block] = field(default_factory=list)
    """The only block, while there is no second one."""

    @property
    def columns(self) -> list[str]:
        """Names of the columns that are needed."""
        form, match = self.context.match.form, self.context.match
        between = rule_columns(match.survey, match.form_name)
        names = (*form.key, *form.key_without, form.wave, form.date, "respondent", "hub", *between)
        return list(dict.fromkeys(filter(None, names)))

    @cached_property
    def read(self) -> set[int | None]:
        """Positions in the file of the columns that are needed."""
        form, positions = self.context.match.form, self.context.header.positions
        return {positions.get(source_column(form, name)) for name in self.columns}

    def add(self, checked: Checked, start: int) -> None:
        """Take the needed columns of a block whose first row has the position ``start``."""
        frame = checked.frame
        kept = frame[[name for name in self.columns if name in frame]]
        self.frames.append(kept.set_axis(kept.index + start, axis=0))
        self.rows.append(checked.block.rows)
        self.bad_rows |= {start + int(i) for i in np.flatnonzero(checked.bad)}
        self.faulty |= {start + int(i) for i in np.flatnonzero(checked.faulty)}
        self.told |= {(start + i, position) for i, position in checked.log.told if position in self.read}
        self.blocks = [checked.block] if not start else []

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

    @property
    def frame(self) -> pd.DataFrame:
        """The needed columns of all rows that fit the header."""
        import pandas as pd

        if len(self.frames) > 1:
            self.frames = [pd.concat(self.frames)]
        return self.frames[0] if self.frames else pd.DataFrame()

    @property
    def for_others(self) -> pd.DataFrame:
        """The rows that rules of other sheets and files may look up; none where no rule does."""
        match = self.context.match
        return self.frame if is_looked_up(match.survey, match.form_name) else self.frame.iloc[:0]

    def check(self, log: IssueLog, sent: Mapping[tuple[str, str], list[pd.DataFrame]], known: Tables) -> Late:
        """Note what is wrong between rows and tables.

        Parameters
        ----------
        log : IssueLog
            Takes the issues.
        sent : mapping of (str, str) to list of pandas.DataFrame
            Rows of every form of the file.
        known : mapping of (str, str) to pandas.DataFrame
            Rows that are recorded or come with other files.
        """
        if not self.frames or not self.context.header.usable:
            return Late()
        form, frame = self.context.match.form, self.frame
        index = frame.index.to_numpy()
        numbers = np.concatenate(self.rows)[index]
        found: list[Found] = []
        check_sequence(form, frame, lambda fault, i, columns: found.append((fault, int(index[i]), columns)))
        elsewhere: list[Found] = []
        if self.earlier is not None:
            check_other_sheets(form, frame, log.sheet, numbers, self.earlier,
                               lambda fault, i, columns: elsewhere.append((fault, int(index[i]), columns)))  # fmt: skip
        doubled = [[int(index[i]) for i in group] for group in doubled_rows(form, frame)]
        again = {i for group in doubled for i in group[1:]} | {i for _, i, _ in elsewhere}
        found += self._between(frame, numbers, again, sent, known)
        found = [entry for entry in found if not self._told(entry[1], entry[2])] + elsewhere
        texts = self.texts({i for _, i, _ in found} | {i for group in doubled for i in group})
        for group in doubled:
            found += note_doubled(form, [(i, *texts[i]) for i in group])
        late = Late()
        for fault, i, columns in found:
            self._note(log, fault, i, columns, texts[i])
            if log.severity(fault) == "error":
                late.faulty.add(i)
            if log.severity(fault) == "error" or fault.rule == "repeated_row":
                late.aside[i] = texts[i]
        return Late({i: row for i, row in late.aside.items() if i not in self.bad_rows}, late.faulty)

    def _between(
        self, frame: pd.DataFrame, numbers: Numbers, again: set[int],
        sent: Mapping[tuple[str, str], list[pd.DataFrame]], known: Tables,
    ) -> Iterator[Found]:  # fmt: skip
        """Rules between rows and tables; ``again`` are rows that their key names already."""
        import pandas as pd

        survey, form, form_name = self.context.match.survey, self.context.match.form, self.context.match.form_name
        rows = pd.Series(numbers, index=frame.index)
        once = ~frame.index.isin(list(again))
        earlier = self.earlier if self.earlier is not None else {}
        for name, rule in form.rules.items():
            if rule.unique:
                yield from check_unique(name, rule, form, frame[once], rows[once], self.context.sheet.name, earlier)
            elif rule.refers:
                other = (survey.survey, rule.refers.to)
                yield from check_refers(name, rule, survey, frame, sent.get(other, ()), known.get(other))
            elif rule.compare:
                yield from check_compare(name, rule, form, frame[once], known.get((survey.survey, form_name)))
            elif rule.series:
                yield from check_series(name, rule, form, frame[once])
            elif rule.constant:
                column = rule.constant.column

                def first(index: int, other: int, column: str = column) -> str:
                    return f"'{show(str(frame.at[other, column]))}' in row {rows[other]}"

                yield from check_constant(name, rule, form, frame[once], first)

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
