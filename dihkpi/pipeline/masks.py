"""One mask for all tables of a run: what the indicators hide is hidden in scores and changes too."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions

if TYPE_CHECKING:
    import pandas as pd

_PART = r"(?:^|;){}=([^;]*)"


def hidden_places(indicators: pd.DataFrame, definitions: Definitions, last: date, column: str) -> pd.DataFrame:
    """Places whose scores of a wave, or changes between waves, may not be shown.

    Parameters
    ----------
    indicators : pandas.DataFrame
        The finished table.
    definitions : Definitions
    last : datetime.date
        The cut-off: figures up to it are meant.
    column : str
        ``wave`` for scores, ``waves`` for changes.

    Returns
    -------
    pandas.DataFrame
        ``level``, ``code``, ``survey`` and the column, of figures of the root with the status ``c``.
    """
    measure = "score" if column == "wave" else "change"
    names = {name for (_, name), indicator in definitions.indicators.items() if indicator.measure() == measure}
    rows = indicators[indicators["status"].eq("c") & indicators["period"].eq(f"../{last.isoformat()}")]
    rows = rows[rows["indicator"].isin(names)]
    told = {name: rows["breakdown"].str.extract(_PART.format(name))[0] for name in ("dimension", "survey", column)}
    kept = told.pop("dimension").eq("overall")
    return rows[["level", "code"]].assign(**told)[kept].drop_duplicates()


def marked(table: pd.DataFrame, places: pd.DataFrame) -> np.ndarray:
    """Rows of a table that belong to hidden places, matched by the columns of these."""
    keys = list(places.columns)
    found = table[keys].astype(object).merge(places.astype(object).drop_duplicates().assign(hidden=True), how="left")
    return np.asarray(found["hidden"].notna())
