"""Windows of time in which rows count: periods, and months of a grant as days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dihkpi.intake.periods import Window, parse_period

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Window", "parse_period", "project_days"]


def project_days(starts: pd.Series, months: tuple[int, int]) -> tuple[pd.Series, pd.Series]:
    """First and last day of a project period for every grant.

    Month n ends on the day before the start shifted by n months.

    Examples
    --------
    >>> import pandas as pd
    >>> first, last = project_days(pd.Series(pd.to_datetime(["2023-01-15"])), (1, 18))
    >>> str(first[0].date()), str(last[0].date())
    ('2023-01-15', '2024-07-14')
    """
    import pandas as pd

    first = starts + pd.DateOffset(months=months[0] - 1)
    last = starts + pd.DateOffset(months=months[1]) - pd.Timedelta(days=1)
    return first, last
