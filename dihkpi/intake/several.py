"""Multiple choice items: one cell with several answers, a column for each option, or both.

Not chosen is not the same as no answer. Columns of 0 and 1 tell the two apart; a joined cell and columns with a mark or
nothing do not, and what is empty there means what the layout or the survey says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.multiple import TICKS
from dihkpi.definitions.survey import AnswerType
from dihkpi.errors import did_you_mean
from dihkpi.intake.cells import answer_fault
from dihkpi.intake.distinct import distinct, is_token
from dihkpi.intake.issues import Fault, IssueLog
from dihkpi.intake.known_answers import UNKNOWN, Lookup, first_texts, known_texts
from dihkpi.intake.sheet import Block
from dihkpi.intake.splitting import Splitter
from dihkpi.intake.text import show

if TYPE_CHECKING:
    from dihkpi.intake.headers import Header
    from dihkpi.intake.recognise import Match

Ticks = npt.NDArray[np.int8]
"""1 chosen, 0 not chosen, -1 not known; shape (rows, options)."""
_EMPTY = -3
"""An empty cell, as long as its row has not told what that means."""


def type_several(block: Block, header: Header, match: Match, log: IssueLog) -> dict[str, Any]:
    """Items of the options of all multiple choice items, as categories ``0`` and ``1``."""
    import pandas as pd

    result: dict[str, Any] = {}
    kind = (
        pd.CategoricalDtype(list(match.survey.answer_types[TICKS].codes), ordered=True) if match.form.multiple else None
    )
    for code, item in match.form.multiple.items():
        there = [name for name in (code, *match.form.ticks(code).values()) if name in header.positions]
        if there:
            several = _Several(block, header, match, log, code, match.survey.answer_types[item.type])
            chosen = several.chosen()
            for j, name in enumerate(match.form.ticks(code).values()):
                result[name] = pd.Categorical.from_codes(chosen[:, j], dtype=kind)
    return result


@dataclass(frozen=True)
class _Several:
    """One multiple choice item in one block."""

    block: Block
    header: Header
    match: Match
    log: IssueLog
    code: str
    answer_type: AnswerType

    @property
    def _known(self) -> dict[str, str]:
        """Text to code of the option."""
        name = self.match.form.multiple[self.code].type
        return dict(self.match.layout.coding.get(name) or known_texts(self.answer_type))

    def chosen(self) -> Ticks:
        """What was chosen; where the columns of the options say anything, they count and not the joined cell."""
        ticks = self.match.form.ticks(self.code)
        result = np.full((len(self.block), len(ticks)), _EMPTY, dtype=np.int8)
        if self.code in self.header.positions:
            result = self._joined()
        own = np.column_stack([self._marks(option, name) for option, name in ticks.items()])
        filled = own != _EMPTY
        told = filled.any(axis=1)
        blank = np.where((own == 0).any(axis=1, keepdims=True), -1, 0)  # beside a 0, nothing is not the same as 0
        result[told] = np.where(filled, own, blank)[told]
        empty = self.match.layout.empty_multi or self.match.survey.empty_multi
        return np.where(result == _EMPTY, 0 if empty == "none" else -1, result).astype(np.int8)

    def _joined(self) -> Ticks:
        """Cells with several answers, cut against the known texts; what else a part may mean is not known."""
        position = self.header.positions[self.code]
        flat, uniques = distinct(self.block.column(position))
        splitter = Splitter(self._known, self.match.layout.joined)
        options = list(self.answer_type.codes)
        values = np.full((len(uniques), len(options)), _EMPTY, dtype=np.int8)
        faults: dict[int, list[Fault]] = {}
        for u, (text, token) in enumerate(zip(uniques, is_token(uniques, self.match.layout.missing), strict=True)):
            if token:
                values[u] = _EMPTY if text == "" else -1
                continue
            pieces = splitter.pieces(text)
            unknown = [piece for piece, code in pieces if code is None]
            values[u] = -1 if unknown else 0
            values[u, [options.index(code) for _, code in pieces if code is not None]] = 1
            if unknown:
                faults[u] = [self._unknown(piece) for piece in unknown]
        for i in np.flatnonzero(np.isin(flat, list(faults))) if faults else ():
            for fault in faults[int(flat[i])]:
                self.log.cell(fault, self.block, int(i), position, self.header.titles[self.code])
        found: Ticks = values[flat]
        return found

    def _unknown(self, piece: str) -> Fault:
        near = did_you_mean(piece, first_texts(self._known))
        hint = f"did you mean '{near[0]}'?" if near else f"allowed: {', '.join(first_texts(self._known))}"
        label = self.answer_type.label or self.match.form.multiple[self.code].type
        return Fault("unknown_code", f"'{show(piece)}' is not an answer of the type {label}", hint, value=piece)

    def _marks(self, option: str, name: str) -> npt.NDArray[np.int8]:
        """The column of one option: yes or no in any spelling, or the option itself."""
        if name not in self.header.positions:
            return np.full(len(self.block), _EMPTY, dtype=np.int8)
        position = self.header.positions[name]
        flat, uniques = distinct(self.block.column(position))
        ticks = self.match.survey.answer_types[TICKS]
        coding = self.match.layout.coding.get(TICKS) or known_texts(ticks)
        itself = {text: "1" for text, code in self._known.items() if code == option}
        lookup = Lookup({**itself, **coding}, (), list(ticks.codes))
        tokens = is_token(uniques, self.match.layout.missing)
        values = np.array(
            [(_EMPTY if text == "" else -1) if token else lookup.find(text)
             for text, token in zip(uniques, tokens, strict=True)], dtype=np.int8,
        )  # fmt: skip
        found: npt.NDArray[np.int8] = values[flat] if len(uniques) else np.empty(0, np.int8)
        for i in np.flatnonzero(found == UNKNOWN):
            fault = answer_fault(str(uniques.iat[flat[i]]), coding, ticks.label)
            self.log.cell(fault, self.block, int(i), position, self.header.titles[name])
        return np.where(found == UNKNOWN, -1, found).astype(np.int8)


def declined(block: Block, header: Header) -> Any:
    """Names of the columns that the respondent called not applicable, joined by a vertical bar, per row."""
    import pandas as pd

    texts = np.full(len(block), None, dtype=object)
    if block.declined is not None:
        names = {position: name for name, position in header.positions.items()}
        at = sorted(names)
        for i, j in np.argwhere(block.declined[:, at]).tolist():
            name = names[at[j]]
            texts[i] = name if texts[i] is None else f"{texts[i]}|{name}"
    return pd.Series(texts, dtype="str")
