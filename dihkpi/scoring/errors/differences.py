"""Changes between two waves, and differences between two groups, with their errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.errors import UsageError, hint_for
from dihkpi.scoring.errors.estimate import t_quantile
from dihkpi.scoring.errors.groups import estimator, sample_of
from dihkpi.scoring.errors.placing import place
from dihkpi.scoring.text import picked, repeated
from dihkpi.scoring.wide import NodeScores

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]


def group_changes(
    scores: NodeScores, groups: pd.DataFrame, definitions: Definitions, *, waves: tuple[str, str] = ("T0", "T1")
) -> pd.DataFrame:
    """Mean change between two waves of every group of every level, over the respondents of both.

    Parameters
    ----------
    scores : NodeScores
    groups : pandas.DataFrame
        As for :func:`~dihkpi.scoring.errors.groups.group_scores`.
    definitions : Definitions
    waves : tuple of str
        The earlier and the later wave.

    Returns
    -------
    pandas.DataFrame
        ``level``, ``code``, ``survey``, ``version``, ``waves``, ``dimension``, ``value``, ``se``, ``df``, ``lo``,
        ``hi``, ``n`` (pairs) and ``reason``, why there is no error.

    Raises
    ------
    UsageError
        When a wave does not occur.

    Notes
    -----
    ``d = later - earlier`` of each respondent; then as for any mean: ``s_d / sqrt(n)`` with n - 1 degrees of freedom,
    or between clusters. Who answered once only plays no part. Missing answers are left out, never filled.
    """
    import pandas as pd

    at, known = scores.wave_codes
    for wave in waves:
        if wave not in known:
            raise UsageError(f"no wave '{wave}' in the scores\n  {hint_for(wave, [w for w in known if w])}")
    earlier, later = (np.flatnonzero(at == known.index(wave)) for wave in waves)
    who = pd.Index(scores.respondents.iloc[earlier])
    found = who.get_indexer(pd.Index(scores.respondents.iloc[later]))
    later, earlier = later[found >= 0], earlier[found[found >= 0]]
    pairs = replace(
        scores, respondents=scores.respondents.iloc[later].reset_index(drop=True),
        waves=pd.Series(pd.NA, index=range(len(later)), dtype="str"), value=scores.value[later] - scores.value[earlier],
    )  # fmt: skip
    asked, order = scores.tree.scoring.uncertainty, scores.tree.order
    parts = []
    then = scores.waves.iloc[later].reset_index(drop=True)  # a pair belongs where its later wave was answered
    for where in place(pairs.respondents, then, groups, definitions, asked.sampling):
        sample, names = sample_of(where, pairs)
        means = estimator(sample, names, asked, definitions)(pairs.value)
        rows, nodes = means.value.shape
        parts.append(pd.DataFrame({
            "level": repeated(where.level, rows * nodes),
            "code": picked(np.arange(rows).repeat(nodes), [code for code, _ in names]),
            "survey": scores.survey.survey, "version": scores.survey.version, "waves": "-".join(waves),
            "dimension": picked(np.tile(np.arange(nodes), rows), order),
            "value": means.value.ravel(), "se": np.sqrt(means.variance).ravel(), "df": means.df.ravel(),
            "lo": means.lo.ravel(), "hi": means.hi.ravel(), "n": means.n.ravel().astype(int),
            "reason": _reasons(means.n, means.units, "pair"),
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def group_differences(
    uncertainty: pd.DataFrame, pairs: Iterable[tuple[str, str]], definitions: Definitions, *, level: str = "hub"
) -> pd.DataFrame:
    """Differences between the scores of two groups of a level, in every wave and at every node.

    Parameters
    ----------
    uncertainty : pandas.DataFrame
        The table that :func:`~dihkpi.scoring.errors.groups.group_scores` gives.
    pairs : iterable of (str, str)
        Codes of two groups; the difference is the first less the second.
    definitions : Definitions
        For the confidence level.
    level : str

    Returns
    -------
    pandas.DataFrame
        ``level``, ``code``, ``against``, ``survey``, ``version``, ``wave``, ``dimension``, ``value``, ``se``, ``df``,
        ``lo``, ``hi``, ``n`` (respondents or clusters of the smaller group) and ``reason``.

    Raises
    ------
    UsageError
        When a group does not occur.

    Notes
    -----
    Welch (1947): ``sqrt(se_1^2 + se_2^2)`` with ``(se_1^2 + se_2^2)^2 / (se_1^4 / df_1 + se_2^4 / df_2)`` degrees of
    freedom. Two intervals that overlap may still differ: test the difference. Of many pairs some differ by chance;
    sets of ranks allow for that.
    """
    import pandas as pd

    data = uncertainty[(uncertainty["source"] == "data") & (uncertainty["level"] == level)]
    asked = list(pairs)
    codes = set(data["code"])
    for code in [code for pair in asked for code in pair]:
        if code not in codes:
            raise UsageError(f"no scores of {level} '{code}'\n  {hint_for(code, sorted(codes))}")
    keys = ["survey", "version", "wave", "dimension"]
    wanted = pd.DataFrame(asked, columns=["code", "against"], dtype="str")
    wanted["pair"] = np.arange(len(wanted))
    one = wanted.merge(data, on="code", sort=False)
    other = data.rename(columns={"code": "against"})
    both = one.merge(other, on=["level", "against", *keys], suffixes=("", "_2"))
    both["order"] = pd.Categorical(both["dimension"], categories=data["dimension"].unique(), ordered=True)
    both = both.sort_values(["pair", "wave", "order"], kind="stable", ignore_index=True)
    # By replications there are no degrees of freedom; what was drawn less one stands for them.
    first, second = (both[f"se{end}"].to_numpy(float) ** 2 for end in ("", "_2"))
    df_1, df_2 = (
        both[f"df{end}"].fillna(both[f"n{end}"].astype(float) - 1).to_numpy(float, na_value=np.nan)
        for end in ("", "_2")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        df = np.where(first + second > 0, (first + second) ** 2 / (first**2 / df_1 + second**2 / df_2), df_1)
    se, value = np.sqrt(first + second), (both["value"] - both["value_2"]).to_numpy(float)
    half = t_quantile(df, float(definitions.value("confidence_level"))) * se
    reason = [
        f"{code}: {why}" if isinstance(why, str) else f"{against}: {other_why}" if isinstance(other_why, str) else None
        for code, why, against, other_why in zip(
            both["code"], both["reason"], both["against"], both["reason_2"], strict=True
        )
    ]
    return both[["level", "code", "against", *keys]].assign(
        value=value, se=se, df=df, lo=value - half, hi=value + half,
        n=np.minimum(both["n"], both["n_2"]), reason=pd.array(reason, dtype="str"),
    )  # fmt: skip


def _reasons(n: Matrix, units: Matrix, what: str) -> pd.api.extensions.ExtensionArray:
    words: Sequence[str] = (f"no {what}", f"one {what} only: no spread to tell an error from", "one cluster only")
    which = np.select([n < 1, n < 2, units < 2], [0, 1, 2], -1)
    return picked(which.ravel(), words)
