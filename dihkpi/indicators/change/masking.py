"""One mask for the table of changes, so that neither it nor the indicators beside it give a hidden figure away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions
from dihkpi.indicators.change.shares import COMPLEMENT
from dihkpi.indicators.change.stacking import SMALL
from dihkpi.indicators.disclosure.complement import complement
from dihkpi.indicators.disclosure.relations import KEY, Paired, find_relations

if TYPE_CHECKING:
    import pandas as pd

SAME = "all of a small group are the same"
_STUDY = ["level", "code", "dimension", "survey", "waves"]
_NUMBERS = ("value", "lo", "hi", "p", "p_adjusted", "n")
_MEAN, _FIRST, _LEFT, _BOTH, _COUNT = "mean", "first", "left", "both", "count"
_PARTS = {
    "improved": "outcome=improved", "unchanged": "outcome=unchanged", "worse": "outcome=worse",
    "reliably_improved": "reliably=improved", "reliably_unchanged": "reliably=unchanged",
    "reliably_worse": "reliably=worse", "t0_stayers": _FIRST, "t0_leavers": _LEFT, "t0_difference": _BOTH,
    "t0_balance": _BOTH, "bounds": _BOTH, "tipping_point": _BOTH,
}  # fmt: skip
"""What a measure tells of: a part of the pairs, the pairs at the first wave, who left; the other measures of the pairs
tell of the mean change."""


@dataclass(frozen=True)
class Beside:
    """What is published beside the changes.

    Parameters
    ----------
    indicators, suppressed : pandas.DataFrame
        The finished tables of these names.
    period : str
        Everything up to the cut-off, such as ``../2026-06-30``.
    places : mapping of (finer level, coarser level) to pandas.Series
        Code of the coarser place by the code of the finer one.
    paired : sequence of Paired
        Indicators that give the means at two waves and the mean change.
    """

    indicators: pd.DataFrame
    suppressed: pd.DataFrame
    period: str
    places: Mapping[tuple[str, str], pd.Series]
    paired: tuple[Paired, ...]


def masked(changes: pd.DataFrame, beside: Beside, definitions: Definitions) -> pd.DataFrame:
    """The table ``changes`` with what may not be told hidden: no number, status ``c`` and the reason.

    Hidden is what rests on too few pairs, a part of the pairs with too few of them or with all of a small group, and
    then what would give that away: parts of one whole, places within places, and the scores at both waves, which the
    indicators tell of the same respondents. Counts of pairs and of who has none are told as all counts of assessments.

    Parameters
    ----------
    changes : pandas.DataFrame
        The table of this name with nothing suppressed.
    beside : Beside
    definitions : Definitions
        The policy: limit of disclosure and groups that are the same.
    """
    import pandas as pd

    rows = changes.reset_index(drop=True)
    part = _parts(rows)
    cells, at = _cells(rows, part, definitions)
    told = _fixed(beside, cells)
    fixed = pd.concat([told, _counts(cells)], ignore_index=True)
    primary = (cells["why"] != "").to_numpy() | _hidden_before(cells, beside)
    every = pd.concat([cells, fixed], ignore_index=True)
    relations = find_relations(every[[*KEY, "n", "limit"]], beside.places, {}, more=[_waves(every), _groups(every)])
    start = np.concatenate([primary, fixed["hidden"].to_numpy(bool)])
    open_ = np.concatenate([~_known(cells, told), np.zeros(len(fixed), dtype=bool)])
    cost = np.where(open_, 1.0, np.inf)
    n, limit = every["n"].to_numpy(float), every["limit"].to_numpy(float)
    mask = complement(n, limit, start, np.zeros(len(every), dtype=bool), relations, cost).mask[: len(cells)]
    hidden, reason = mask[at] & (at >= 0), cells["why"].replace("", COMPLEMENT).to_numpy(object)[at]
    both = (part == _BOTH).to_numpy()
    hidden[both] = _either(rows, part, hidden)[both]
    reason = np.where(both, COMPLEMENT, reason)
    blank = {name: rows[name].mask(hidden) for name in _NUMBERS}
    return rows.assign(
        **blank, status=rows["status"].mask(hidden, "c"), reason=rows["reason"].mask(hidden, pd.Series(reason))
    )


def _parts(rows: pd.DataFrame) -> pd.Series:
    """What every row tells of."""
    import pandas as pd

    kinds = rows[["among", "measure"]].drop_duplicates()

    def part(among: str, measure: str) -> str:
        if measure == "pairs" or measure.startswith(("pairs.", "without_pair.")):
            return _COUNT
        if measure.startswith("to_"):
            return f"{among};to={measure.removeprefix('to_')}"
        return _PARTS.get(measure, _MEAN) if among == "all" else among

    told = [part(*kind) for kind in kinds.itertuples(index=False)]
    found = rows[["among", "measure"]].merge(kinds.assign(part=told), how="left", on=["among", "measure"])
    return pd.Series(found["part"].to_numpy(object), dtype="str")


def _cells(rows: pd.DataFrame, part: pd.Series, definitions: Definitions) -> tuple[pd.DataFrame, np.ndarray]:
    """Groups of pairs that rows tell of, with the base of each; and the group of every row, -1 for none."""
    import pandas as pd

    minimum, policy = int(definitions.value("disclosure_minimum")), definitions.value("disclosure_uniform")
    shares = part.str.contains("outcome=|reliably=|to=", regex=True).to_numpy()
    n = rows["n"].to_numpy(float)
    count = np.where(shares, np.rint(rows["value"].to_numpy(float) * n / 100), n)
    spread = (rows["hi"] - rows["lo"]).to_numpy(float)
    flat = part.isin([_FIRST, _LEFT]).to_numpy() & (spread < 1e-9) & ("score" in policy["measures"])
    same = (shares & (count == n) & ("share" in policy["measures"])) | flat
    same &= (n > 0) & (n < float(policy["base"]))
    keys = pd.MultiIndex.from_frame(rows[[*_STUDY, "version"]].assign(part=part.to_numpy()))
    family = pd.MultiIndex.from_frame(
        rows[[*_STUDY, "version"]].assign(part=part.str.replace("=[^=]*$", "", regex=True).to_numpy())
    )
    alike = family.isin(family[same & shares])
    told = ~part.isin([_COUNT, _BOTH]).to_numpy() & ((part != _MEAN) | (rows["measure"] == "mean")).to_numpy()
    few = (n > 0) & (n < minimum) | (count > 0) & (count < minimum)
    told &= (count > 0) | shares & (few | alike)
    frame = rows.loc[told, [*_STUDY, "version"]].assign(
        part=part[told].to_numpy(), n=count[told], few=few[told], same=(same | (alike & shares))[told]
    )
    cells = frame.groupby([*_STUDY, "version", "part"], as_index=False, sort=True, dropna=False).agg(
        n=("n", "max"), few=("few", "max"), same=("same", "max")
    )
    small = cells["few"]
    cells["why"] = pd.Series(np.select([small, cells["same"]], [SMALL, SAME], ""), dtype="str")
    at = pd.MultiIndex.from_frame(cells[[*_STUDY, "version", "part"]]).get_indexer(keys)
    return _keyed(cells).assign(limit=minimum, hidden=False), at


def _keyed(cells: pd.DataFrame) -> pd.DataFrame:
    """With the key of ``indicators``: parts of the pairs are parts of a breakdown, others are not."""
    apart = cells["part"].isin([_MEAN, _FIRST, _LEFT])
    inside = (cells["part"] + ";").where(~apart & (cells["part"] != ""), "")
    breakdown = "dimension=" + cells["dimension"] + ";" + inside + "survey=" + cells["survey"] + ";"
    breakdown += "version=" + cells["version"] + ";waves=" + cells["waves"] + (" " + cells["part"]).where(apart, "")
    return cells.assign(indicator="change", period="", breakdown=breakdown)


def _counts(cells: pd.DataFrame) -> pd.DataFrame:
    """How many pairs there are, which is told: what the parts of the pairs add up to."""
    return _keyed(cells[cells["part"] == _MEAN].assign(part="")).assign(hidden=False)


def _fixed(beside: Beside, cells: pd.DataFrame) -> pd.DataFrame:
    """Means of both waves and changes of all versions, as the indicators give them."""
    import pandas as pd

    table = beside.indicators[beside.indicators["period"] == beside.period]
    sums = cells[cells["part"].isin([_MEAN, _FIRST, _LEFT])].groupby([*_STUDY, "part"])["n"].sum().unstack("part")
    sums = sums.reindex(columns=[_MEAN, _FIRST, _LEFT], fill_value=0).fillna(0).reset_index()
    parts = []
    for pair in beside.paired:
        mine = sums[(sums["survey"] == pair.survey) & (sums["waves"] == f"{pair.first}-{pair.second}")]
        least = {"first": mine[_FIRST] + mine[_LEFT], "second": mine[_MEAN], "change": mine[_MEAN]}
        own = {"first": (pair.score, f"wave={pair.first}"), "second": (pair.score, f"wave={pair.second}"),
               "change": (pair.change, f"waves={pair.first}-{pair.second}")}  # fmt: skip
        for kind, (indicator, about) in own.items():
            wanted = mine[_STUDY].assign(
                indicator=indicator, breakdown="dimension=" + mine["dimension"] + f";survey={pair.survey};{about}",
                least=least[kind], part=f"{kind} of all",
            )  # fmt: skip
            found = wanted.merge(table[["level", "code", "indicator", "breakdown", "n", "status"]],
                                 on=["level", "code", "indicator", "breakdown"])  # fmt: skip
            parts.append(found[found["status"] != "m"])
    if not parts:
        return cells.iloc[:0]
    fixed = pd.concat(parts, ignore_index=True)
    n = fixed["n"].astype("float64").fillna(fixed["least"])
    return fixed.assign(n=n, hidden=fixed["status"].eq("c"), limit=cells["limit"].max(), version="", period="",
                        indicator="all " + fixed["part"], breakdown=fixed["breakdown"] + " " + fixed["waves"],
                        level="all of " + fixed["level"])[fixed["least"] > 0]  # fmt: skip


def _known(cells: pd.DataFrame, fixed: pd.DataFrame) -> np.ndarray:
    """Changes and means of the pairs and of who left that the indicators tell, so that hiding them here is in vain."""
    import pandas as pd

    of_all = cells[cells["part"].isin([_MEAN, _FIRST, _LEFT])]
    own = of_all.groupby([*_STUDY, "part"])["n"].sum().unstack("part").reindex(columns=[_MEAN, _FIRST, _LEFT])
    own = own.fillna(0)
    shown = fixed[~fixed["hidden"]].assign(level=lambda t: t["level"].str.removeprefix("all of "))
    told = shown.set_index([*_STUDY, "part"])["n"].unstack("part").reindex(index=own.index)
    told = told.reindex(columns=["first of all", "second of all", "change of all"])
    single = of_all[of_all["part"] == _MEAN].groupby(_STUDY).size().reindex(own.index).eq(1)
    mean = single & told["change of all"].eq(own[_MEAN])
    first = mean & told["second of all"].eq(own[_MEAN]) | single & told["first of all"].eq(own[_FIRST])
    known = {_MEAN: mean, _FIRST: first, _LEFT: first & told["first of all"].eq(own[_FIRST] + own[_LEFT])}
    at = own.index.get_indexer(pd.MultiIndex.from_frame(cells[_STUDY]))
    known_rows: np.ndarray = np.logical_or.reduce([
        (cells["part"] == part).to_numpy() & (at >= 0) & flag.to_numpy(bool)[at] for part, flag in known.items()
    ])  # fmt: skip
    return known_rows


def _waves(cells: pd.DataFrame) -> pd.DataFrame:
    """Mean at the first wave: of who stayed, who left and others; at the second: of who stayed, change and others."""
    import pandas as pd

    of = cells.reset_index(names="at").assign(level=cells["level"].str.removeprefix("all of ").to_numpy())
    found = []
    made_of = {
        "first of all": {_FIRST: True, _LEFT: True}, "second of all": {_FIRST: False, "change of all": True},
        "change of all": {_MEAN: True},
    }  # fmt: skip
    for whole, parts in made_of.items():
        totals = of.loc[of["part"] == whole, [*_STUDY, "at"]].rename(columns={"at": "total"})
        for part, counts in parts.items():
            inside = of.loc[of["part"] == part, [*_STUDY, "at"]].rename(columns={"at": "part"})
            pairs = totals.merge(inside, on=_STUDY)[["total", "part"]]
            found.append(pairs.assign(group=whole, words=whole, in_time=False, counts=counts))
    return pd.concat(found, ignore_index=True)


def _groups(cells: pd.DataFrame) -> pd.DataFrame:
    """The mean change = that of groups formed at the first wave, such as bands."""
    of = cells.reset_index(names="at")[[*_STUDY, "version", "part", "at"]]
    name = of["part"].str.extract("^(?!outcome|reliably)([^=;]+)=[^;]*$")[0]
    inside = of.assign(group="by " + name)[name.notna()].drop(columns="part").rename(columns={"at": "part"})
    totals = of[of["part"] == _MEAN].drop(columns="part").rename(columns={"at": "total"})
    pairs = totals.merge(inside, on=[*_STUDY, "version"])[["total", "part", "group"]]
    return pairs.assign(words=pairs["group"], in_time=False, counts=True)


def _hidden_before(cells: pd.DataFrame, beside: Beside) -> np.ndarray:
    """Pairs at the first wave that the mask of the indicators hides already."""
    import pandas as pd

    log = beside.suppressed[beside.suppressed["period"] == beside.period]
    known = {(pair.survey, f"{pair.first}-{pair.second}"): pair.at_first for pair in beside.paired}
    studies = pd.Series(list(zip(cells["survey"], cells["waves"], strict=True)), index=cells.index, dtype=object)
    breakdown = "dimension=" + cells["dimension"] + ";" + studies.map(known).astype("str").fillna("")
    own = pd.MultiIndex.from_arrays([cells["level"], cells["code"], breakdown])
    return (
        own.isin(pd.MultiIndex.from_frame(log[["level", "code", "breakdown"]])) & (cells["part"] == _FIRST).to_numpy()
    )


def _either(rows: pd.DataFrame, part: pd.Series, hidden: np.ndarray) -> np.ndarray:
    """Rows of places and nodes at which who stayed, who left or the change is hidden."""
    import pandas as pd

    keys = pd.MultiIndex.from_frame(rows[[*_STUDY, "version"]])
    needed = part.isin([_FIRST, _LEFT]).to_numpy() | ((part == _MEAN) & (rows["measure"] == "mean")).to_numpy()
    return np.asarray(keys.isin(keys[needed & hidden]))
