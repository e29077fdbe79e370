"""Several files of one call: what one refers to may stand in another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from dihkpi.definitions import Definitions
from dihkpi.errors import FileRefusedError
from dihkpi.intake.between import Tables, referred_first
from dihkpi.intake.hubs import HubNames
from dihkpi.intake.submission import Submission
from dihkpi.intake.validate import Validated, validate


def validate_together(
    submissions: Sequence[Submission],
    definitions: Definitions,
    *,
    hubs: HubNames | None = None,
    today: date | None = None,
    known: Tables | None = None,
    keep: bool = True,
) -> list[Validated | FileRefusedError]:
    """Check several files that belong together; the result has their order.

    Files that others refer to are checked first, whatever their order; what they hold counts as known for the others.
    A file that turns out to be broken far below its first rows gives its refusal.

    Parameters
    ----------
    submissions : sequence of Submission
        Recognised files.
    definitions, hubs, today, known, keep
        As for :func:`dihkpi.intake.validate.validate`.
    """
    import pandas as pd

    tables = dict(known or {})
    results: dict[int, Validated | FileRefusedError] = {}
    for at in sorted(range(len(submissions)), key=lambda at: rank(submissions[at])):
        try:
            found = validate(submissions[at], definitions, hubs=hubs, today=today, known=tables, keep=keep)
        except FileRefusedError as fault:
            results[at] = fault
            continue
        results[at] = found
        for part in found.parts:
            form = (part.match.survey.survey, part.match.form_name)
            if len(part.between):
                tables[form] = pd.concat([tables[form], part.between]) if form in tables else part.between
    return [results[at] for at in range(len(submissions))]


def rank(submission: Submission) -> int:
    """Place of a file in an order in which files come after those that they may refer to.

    Two files of one rank stay in their order: the later one corrects the earlier one.
    """
    places = [referred_first(part.match.survey)[part.match.form_name] for part in submission.parts]
    return max(places, default=0)
