"""Validation: a recognised file becomes accepted rows, quarantined rows and issues.

Received = accepted + quarantined, always. Rows are looked at in blocks, so that a file may be larger than memory; what
concerns rows of several blocks (keys, the order of waves) is told from the few columns that it takes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.definitions.rules import Severity
from dihkpi.intake.accepting import is_refused
from dihkpi.intake.between import Tables
from dihkpi.intake.blocks import Checked, Context, check_block, prepared
from dihkpi.intake.headers import match_headers
from dihkpi.intake.hubs import HubNames
from dihkpi.intake.issues import Fault, IssueLog, concat_issues
from dihkpi.intake.recognise import Match
from dihkpi.intake.sheet import column_letter
from dihkpi.intake.submission import Part, Submission
from dihkpi.intake.whole import Late, Texts, Whole

if TYPE_CHECKING:
    import pandas as pd


_NOTE_HINTS = {"encoding": "save the file as UTF-8", "mojibake": "export it again from where the letters are right"}


@dataclass(frozen=True)
class ValidatedPart:
    """One sheet after validation.

    Parameters
    ----------
    match : Match
        Survey, form and layout of the sheet.
    sheet : str
        Its name.
    accepted : pandas.DataFrame
        Typed rows, with ``source_file``, ``source_sheet`` and ``source_row``; empty when they were not to be kept.
    quarantined : pandas.DataFrame
        Rows set aside: their physical row and their cells as text; empty when rows were not to be kept.
    issues : pandas.DataFrame
    received : int
        Rows found in the sheet.
    n_accepted : int
        Rows that go on.
    answers_set_aside : int
        Answers with an error whose row goes on, for surveys that accept by the answer.
    places : mapping of str to (int or None, str)
        Column or item to the letter of its column in the file, and to its row where that is the same for all.
    between : pandas.DataFrame
        Of all rows, the columns that rules of other sheets and files look up; no rows where no rule does.
    """

    match: Match
    sheet: str
    accepted: pd.DataFrame
    quarantined: pd.DataFrame
    issues: pd.DataFrame
    received: int
    n_accepted: int
    answers_set_aside: int
    between: pd.DataFrame = field(repr=False)
    places: Mapping[str, tuple[int | None, str]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Validated:
    """A file after validation."""

    submission: Submission
    parts: tuple[ValidatedPart, ...] = field(repr=False)

    @property
    def accepted(self) -> Mapping[tuple[str, str], pd.DataFrame]:
        """(survey, form) to the typed rows that go on."""
        import pandas as pd

        tables: dict[tuple[str, str], list[pd.DataFrame]] = {}
        for part in self.parts:
            tables.setdefault((part.match.survey.survey, part.match.form_name), []).append(part.accepted)
        return {
            key: pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
            for key, frames in tables.items()
        }

    @property
    def issues(self) -> pd.DataFrame:
        """All issues, in the order of the file."""
        return concat_issues(part.issues for part in self.parts)

    @property
    def received(self) -> int:
        """Rows found."""
        return sum(part.received for part in self.parts)

    @property
    def n_accepted(self) -> int:
        """Rows that go on."""
        return sum(part.n_accepted for part in self.parts)

    @property
    def n_quarantined(self) -> int:
        """Rows set aside."""
        return self.received - self.n_accepted

    def files(self) -> pd.DataFrame:
        """One row per sheet with its counts, as the table ``files``."""
        import pandas as pd

        rows = []
        for part in self.parts:
            severity = part.issues["severity"]
            rows.append({
                "file": self.submission.name, "sheet": part.sheet, "hub": self.submission.hub,
                "survey": part.match.survey.survey, "version": part.match.survey.version, "form": part.match.form_name,
                "layout": part.match.layout_name, "received": part.received, "accepted": part.n_accepted,
                "quarantined": part.received - part.n_accepted, "errors": int((severity == "error").sum()),
                "warnings": int((severity == "warning").sum()), "answers_set_aside": part.answers_set_aside,
            })  # fmt: skip
        return pd.DataFrame(rows)


def validate(
    submission: Submission,
    definitions: Definitions,
    *,
    hubs: HubNames | None = None,
    today: date | None = None,
    known: Tables | None = None,
    keep: bool = True,
) -> Validated:
    """Check every cell, column, row and key of a submission.

    Parameters
    ----------
    submission : Submission
        A recognised file.
    definitions : Definitions
        Surveys, code lists and rules.
    hubs : HubNames, optional
        The known hubs. Without them, names of hubs are taken as they stand.
    today : datetime.date, optional
        Day that rules call ``today``; the present day by default.
    known : mapping of (str, str) to pandas.DataFrame, optional
        (survey, form) to the rows that are recorded already or come with other files. Rules that refer to another form
        or compare with earlier numbers are tested against them and the file itself; without any, they are not tested.
    keep : bool
        Whether the rows are kept, or only counted. Without them memory grows with the issues of a file, not with it.

    Returns
    -------
    Validated
        ``received == accepted + quarantined``, always.
    """
    earlier: dict[tuple[str, str], dict[str, str]] = {}
    results = [
        _scan(part, submission, definitions, hubs, today or date.today(), earlier, keep) for part in submission.parts
    ]
    sent: dict[tuple[str, str], list[pd.DataFrame]] = {}
    for result in results:
        sent.setdefault((result.context.match.survey.survey, result.context.match.form_name), []).append(
            result.whole.frame
        )
    lates = [result.whole.check(result.log, sent, known or {}) for result in results]
    with_errors = {result.context.match.survey.survey for result in results if result.log.has_errors}
    parts = tuple(result.part(late, with_errors) for result, late in zip(results, lates, strict=True))
    return Validated(submission, parts)


def _scan(
    part: Part, submission: Submission, definitions: Definitions, hubs: HubNames | None, today: date,
    earlier: dict[tuple[str, str], dict[str, str]], keep: bool,
) -> _Result:  # fmt: skip
    """All blocks of a sheet, checked each by itself."""
    sheet, match = part.sheet, part.match
    log = IssueLog(submission.name, sheet.name, raised=frozenset(match.survey.accept.raised))
    for rule, message in sheet.notes:
        hint = _NOTE_HINTS.get(rule, "check that it belongs here")
        log.add(Fault(rule, message, hint, "warning"))
    header = match_headers(sheet, match, log, float(definitions.value("decimal_agreement")))
    several = len(submission.parts) > 1
    context = Context(sheet, match, header, definitions, submission.name, submission.hub, hubs, today, several)
    before = earlier.setdefault((match.survey.survey, match.form_name), {}) if several else None
    result = _Result(context, log, Whole(context, before), keep)
    size = int(definitions.value("block_cells"))
    for block in prepared(context, size):
        result.add(check_block(block, context))
    if not result.received:
        severity: Severity = "warning" if several else "error"
        log.add(Fault("no_rows", "there is no row below the header", "fill it in, or leave it out", severity),
                row=int(sheet.rows[match.header_row]))  # fmt: skip
    elif not match.form.hub and submission.hub is None and hubs is not None and match.form.kind == "answers":
        message = "nothing tells which hub these rows belong to"
        log.add(Fault("no_hub", message, "put the file into a folder named by the id of its hub", "warning"))
    return result


@dataclass
class _Result:
    """Gathers the blocks of a sheet into one result."""

    context: Context
    log: IssueLog
    whole: Whole
    keep: bool
    frames: list[pd.DataFrame] = field(default_factory=list)
    aside: Texts = field(default_factory=dict)
    """Rows set aside by their blocks."""
    received: int = 0
    faulty_cells: int = 0

    def add(self, checked: Checked) -> None:
        """Take a block in."""
        block, start = checked.block, self.received
        self.log.file_away(checked.log)
        self.faulty_cells += checked.faulty_cells
        self.whole.add(checked, start)
        good = checked.frame[~checked.bad[checked.frame.index.to_numpy()]]
        rows = block.rows[good.index.to_numpy()]
        if self.keep:
            self.frames.append(good.set_axis(good.index + start, axis=0).assign(source_row=rows))
        elif not self.frames:
            self.frames.append(good.iloc[:0].assign(source_row=rows[:0]))
        aside = np.flatnonzero(checked.bad)
        if self.keep:
            rows = zip(block.rows[aside].tolist(), block.texts(aside), strict=True)
            self.aside |= dict(zip((start + aside).tolist(), rows, strict=True))
        self.received += len(block)

    def part(self, late: Late, with_errors: Collection[str]) -> ValidatedPart:
        """The result, after what concerns the whole table; ``with_errors`` are surveys with an error in the file."""
        import pandas as pd

        context, whole = self.context, self.whole
        bad = whole.bad_rows | late.aside.keys()
        faulty = whole.faulty | late.faulty
        refused = is_refused(context, self.received, bad, faulty, self.log, with_errors)
        texts = late.aside if self.keep else {}
        if refused:
            others = set(range(self.received)) - bad
            bad |= others
            texts = texts | (whole.texts(others) if self.keep else {})
        frame = pd.concat(self.frames) if self.frames else pd.DataFrame()
        frame = frame[~frame.index.isin(list(bad))].reset_index(drop=True)
        accepted = frame.assign(source_file=context.file, source_sheet=context.sheet.name)
        quarantined = self._quarantined(texts)
        n_accepted = self.received - len(bad)
        if self.keep and (len(quarantined) != len(bad) or len(accepted) != n_accepted):
            raise AssertionError("received is not accepted + quarantined: a fault of the program")
        return ValidatedPart(
            context.match, context.sheet.name, accepted, quarantined, self.log.table(), self.received, n_accepted,
            0 if refused else self.faulty_cells, whole.for_others, self._places(),
        )  # fmt: skip

    def _places(self) -> dict[str, tuple[int | None, str]]:
        """Where each column stands; a sheet that was turned has one row, whose cells come from many."""
        block, match = self.context.sheet.block, self.context.match
        index, turned = (match.first_row, True) if match.layout.turned else (match.header_row, False)
        places = {name: block.place(index, position) for name, position in self.context.header.positions.items()}
        return {name: (row if turned else None, column_letter(position)) for name, (row, position) in places.items()}

    def _quarantined(self, late: Texts) -> pd.DataFrame:
        """Rows set aside with their cells as text, in the order of the file."""
        import pandas as pd

        rows = self.aside | late
        head = self.context.sheet.titles or tuple(self.context.sheet.cells[self.context.match.header_row])
        width = max([len(head), *(len(cells) for _, cells in rows.values())])
        titles = [str(title) or f"column {i + 1}" for i, title in enumerate([*head, *[""] * (width - len(head))])]
        texts = np.full((len(rows), width), "", dtype=object)
        order = sorted(rows)
        for at, i in enumerate(order):
            texts[at, : len(rows[i][1])] = rows[i][1]
        frame = pd.DataFrame(texts, columns=pd.Index(titles), dtype="str")
        frame.insert(0, "source_row", np.array([rows[i][0] for i in order], dtype=np.int64), allow_duplicates=True)
        return frame
