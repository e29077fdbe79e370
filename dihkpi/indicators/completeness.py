"""Who lacks which wave of the assessment, and what is due when: by hub and adviser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.intake.columns import check_table

if TYPE_CHECKING:
    import pandas as pd

_PAIR = ["hub", "respondent"]
_SERVICE = "service"
"""What the policy calls the first delivered service."""


def completeness(
    assessments: pd.DataFrame, services: pd.DataFrame | None, definitions: Definitions, day: date
) -> pd.DataFrame:
    """The table ``completeness``: every customer that a hub served or assessed up to a day.

    Parameters
    ----------
    assessments : pandas.DataFrame
        As the table of this name; those after the day do not count, those without a day do.
    services : pandas.DataFrame or None
        Accepted rows of services with hub, respondent, start, delivered, and adviser where it is told.
    day : datetime.date
        The day on which things are due.

    Notes
    -----
    The policy ``completeness`` names for each wave, in order, what it counts from and how many months after.
    """
    import pandas as pd

    rules: Mapping[str, Mapping[str, Any]] = definitions.value("completeness")
    now = np.datetime64(day, "s")
    known = assessments[~(assessments["date"] > now) & assessments["hub"].notna() & assessments["wave"].isin(rules)]
    served = _served(services, now)
    seen = known.assign(there=True).groupby([*_PAIR, "wave"]).agg(date=("date", "max"), there=("there", "any"))
    days, there = (seen[name].unstack("wave").reindex(columns=list(rules)) for name in ("date", "there"))
    pairs = pd.MultiIndex.from_frame(pd.concat([known[_PAIR], served[_PAIR]]).drop_duplicates().sort_values(_PAIR))
    first = served.groupby(_PAIR)["start"].min() if len(served) else pd.Series(dtype="datetime64[s]")
    start = days.reindex(pairs).assign(**{_SERVICE: first.reindex(pairs).astype("datetime64[s]")})
    has = there.reindex(pairs).eq(True).to_numpy()
    table = _next(start, has, rules, now).assign(adviser=_advisers(served).reindex(pairs).astype("str"))
    return check_table(table.rename_axis(_PAIR).reset_index(), definitions.tables["completeness"])


def _served(services: pd.DataFrame | None, now: np.datetime64) -> pd.DataFrame:
    """Delivered services up to a day: hub, respondent, start, adviser."""
    import pandas as pd

    if services is None:
        return pd.DataFrame({"hub": [], "respondent": [], "start": [], "adviser": []})
    delivered = services["delivered"].astype("boolean").fillna(False).astype(bool)
    kept = services[delivered & (services["start"] <= now) & services["hub"].notna() & services["respondent"].notna()]
    told = kept["adviser"] if "adviser" in kept else pd.Series(pd.NA, index=kept.index, dtype="str")
    return kept[[*_PAIR, "start"]].assign(adviser=told)


def _advisers(served: pd.DataFrame) -> pd.Series:
    """Adviser of the newest service that names one; of several on one day the first by name."""
    named = served.dropna(subset="adviser").sort_values(
        [*_PAIR, "start", "adviser"], ascending=[True, True, False, True]
    )
    newest: pd.Series = named.drop_duplicates(_PAIR).set_index(_PAIR)["adviser"]
    return newest


def _next(
    start: pd.DataFrame, has: np.ndarray, rules: Mapping[str, Mapping[str, Any]], now: np.datetime64
) -> pd.DataFrame:
    """Waves there, the first that lacks, its day, and how it stands."""
    import pandas as pd

    waves = list(rules)
    lacking = np.where(has.all(axis=1), len(waves), np.argmin(has, axis=1)) if len(has) else np.zeros(0, int)
    due = pd.Series(pd.NaT, index=start.index, dtype="datetime64[s]")
    for position, wave in enumerate(waves):
        after = start[rules[wave]["after"]].astype("datetime64[s]")
        due = due.mask(lacking == position, after + pd.DateOffset(months=int(rules[wave]["months"])))
    overdue = (pd.Timestamp(now) - due).dt.days.clip(lower=0)
    status = np.select([lacking == len(waves), due.isna(), overdue > 0], ["complete", "unknown", "overdue"], "waiting")
    names = np.array([*waves, None], dtype=object)
    return pd.DataFrame({
        "waves": _joined(waves, has), "last_day": start[waves].max(axis=1).astype("datetime64[s]"),
        "next_wave": pd.Series(names[lacking], index=start.index, dtype="str"), "due": due,
        "overdue_days": overdue.astype("Int64"), "status": status,
    }, index=start.index)  # fmt: skip


def _joined(waves: Sequence[str], has: np.ndarray) -> list[str]:
    """Names of the waves that are there; each pattern is written once."""
    patterns = has @ (1 << np.arange(len(waves)))
    texts = ["|".join(w for i, w in enumerate(waves) if pattern >> i & 1) for pattern in range(1 << len(waves))]
    return [texts[pattern] for pattern in patterns]


def completeness_counts(table: pd.DataFrame, definitions: Definitions, day: date) -> pd.DataFrame:
    """The table ``completeness_counts``: customers by hub, by adviser and by wave.

    Parameters
    ----------
    table : pandas.DataFrame
        The table ``completeness``.
    day : datetime.date
        Its day; what is due soon is due within the months that the policy ``due_soon`` names.
    """
    import pandas as pd

    parts = []
    adviser = table["adviser"].fillna("none")
    soon = table["due"] <= pd.Timestamp(day) + pd.DateOffset(months=int(definitions.value("due_soon")))
    for wave in definitions.value("completeness"):
        there = ("|" + table["waves"] + "|").str.contains(f"|{wave}|", regex=False)
        rows = pd.DataFrame({
            "hub": table["hub"], "wave": wave, "customers": 1,
            "there": there.astype(int), "lacking": (~there).astype(int),
            "overdue": (table["next_wave"].eq(wave) & table["status"].eq("overdue")).astype(int),
            "waiting": (table["next_wave"].eq(wave) & table["status"].eq("waiting")).astype(int),
            "soon": (table["next_wave"].eq(wave) & table["status"].eq("waiting") & soon).astype(int),
        })  # fmt: skip
        parts += [rows.assign(adviser="all"), rows.assign(adviser=adviser)]
    counts = pd.concat(parts).groupby(["hub", "adviser", "wave"], as_index=False).sum()
    return check_table(counts, definitions.tables["completeness_counts"])
