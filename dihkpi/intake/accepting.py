"""Phase five: the accept policy of a survey."""

from __future__ import annotations

from collections.abc import Collection

from dihkpi.intake.blocks import Context
from dihkpi.intake.issues import Fault, IssueLog


def is_refused(
    context: Context,
    received: int,
    bad: Collection[int],
    faulty: Collection[int],
    log: IssueLog,
    with_errors: Collection[str],
) -> bool:
    """Whether all rows of a sheet are set aside; says why where it was not clear from its rows.

    A strict survey takes all rows of a file or none; a table with too large a share of faulty rows is doubtful as such.

    Parameters
    ----------
    context : Context
    received : int
        Rows of the sheet.
    bad : collection of int
        Rows that are set aside anyway.
    faulty : collection of int
        Rows with an error; not those that are only kept apart or repeated.
    log : IssueLog
        Takes the reason.
    with_errors : collection of str
        Surveys with an error anywhere in the file.
    """
    survey = context.match.survey
    accept = survey.accept
    share = len(faulty) / received if received else 0.0
    if accept.policy == "strict" and survey.survey in with_errors:
        if len(bad) < received:
            where = f"{len(faulty):,} of {received:,} rows have errors" if faulty else "the file has errors elsewhere"
            message = f"{where}; this survey takes a file as a whole or not at all"
            log.add(Fault("strict", message, "correct the errors and send the file again"))
        return True
    if share > accept.max_error_share:
        if len(bad) < received:
            most = f"{accept.max_error_share:.0%}"
            message = f"{len(faulty):,} of {received:,} rows have errors, more than {most}: the whole table is doubtful"
            log.add(Fault("too_many_errors", message, "check that it is the right survey, separator and decimal sign"))
        return True
    return False
