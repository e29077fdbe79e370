"""Phase five: the accept policy of a survey."""

from __future__ import annotations

from dihkpi.intake.blocks import Context
from dihkpi.intake.issues import Fault, IssueLog


def accept_or_refuse(context: Context, received: int, bad: set[int], log: IssueLog) -> tuple[set[int], bool]:
    """The rows that are set aside, and whether the file is refused as a whole.

    A strict survey takes all rows or none; a file with too large a share of faulty rows is doubtful as such.
    """
    accept = context.match.survey.accept
    errors = any(record[5] == "error" for record in log.records)
    share = len(bad) / received if received else 0.0
    if accept.policy == "strict" and errors and len(bad) < received:
        message = f"{len(bad):,} of {received:,} rows have errors; this survey takes a file as a whole or not at all"
        log.add(Fault("strict", message, "correct the errors and send the file again"))
    elif share > accept.max_error_share and len(bad) < received:
        most = f"{accept.max_error_share:.0%}"
        message = f"{len(bad):,} of {received:,} rows have errors, more than {most}: the file as a whole is doubtful"
        log.add(Fault("too_many_errors", message, "check that it is the right survey, separator and decimal sign"))
    else:
        return bad, False
    return set(range(received)), True
