"""What children add to the mean scores of groups: the mean of what they add for each respondent, so it stays exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions import Definitions, Survey
from dihkpi.intake.columns import check_table
from dihkpi.scoring.answer_parts import wide_parts

if TYPE_CHECKING:
    import pandas as pd


def group_contributions(
    answers: pd.DataFrame,
    groups: pd.DataFrame,
    survey: Survey,
    definitions: Definitions,
    *,
    options: Mapping[str, str] | None = None,
    nodes: Sequence[str] | None = None,
) -> pd.DataFrame:
    """What each child adds to the mean score of every group.

    Parameters
    ----------
    answers : pandas.DataFrame
        Accepted rows of an answers form.
    groups : pandas.DataFrame
        ``respondent``, ``wave`` where somebody was in another group later, and one column per level with the code of
        the group; a respondent may be in none.
    survey : Survey
    definitions : Definitions
        For the definition of the table.
    options : mapping of str to str, optional
        Switches of the scoring that differ from their default.
    nodes : sequence of str, optional
        Only these nodes; all by default.

    Returns
    -------
    pandas.DataFrame
        The table ``contributions``. The parts of a node are means over the respondents who have a score of it, so they
        sum to the mean of these scores; ``value`` is the mean over those who have a value of the child.
    """
    import pandas as pd

    rows = wide_parts(answers, survey, options)
    wanted = [code for code in rows.parts if nodes is None or code in nodes]
    pairs = [(code, child) for code in wanted for child in rows.parts[code].children]
    columns = pd.MultiIndex.from_tuples(pairs, names=["node", "child"])
    added = pd.DataFrame(np.hstack([rows.parts[code].parts for code in wanted]), columns=columns)
    inputs = pd.DataFrame(np.hstack([rows.parts[code].inputs for code in wanted]), columns=columns)
    weights = np.concatenate([rows.parts[code].weights for code in wanted])
    who = pd.DataFrame({"respondent": rows.respondents, "wave": rows.waves}).astype(object)
    places = who.merge(groups.astype(object), how="left", on=[name for name in who if name in groups])
    found = []
    for level in (str(name) for name in groups if name not in who):
        keys = [places[level].to_numpy(object), rows.waves]
        means, values = (table.groupby(keys, dropna=False).mean() for table in (added, inputs))
        kept = means.index.get_level_values(0).notna()
        means, values = means[kept], values[kept]
        found.append(_long(level, means, values, weights, survey))
    table = pd.concat(found, ignore_index=True)
    return check_table(table, definitions.tables["contributions"], in_order=True)


def _long(level: str, means: pd.DataFrame, values: pd.DataFrame, weights: np.ndarray, survey: Survey) -> pd.DataFrame:
    import pandas as pd

    n, width = means.shape
    codes, waves = (means.index.get_level_values(place).to_numpy(object) for place in (0, 1))
    return pd.DataFrame({
        "level": level,
        "code": codes.repeat(width),
        "survey": survey.survey,
        "version": survey.version,
        "wave": waves.repeat(width),
        "node": np.tile(means.columns.get_level_values(0).to_numpy(object), n),
        "child": np.tile(means.columns.get_level_values(1).to_numpy(object), n),
        "value": values.to_numpy().ravel(),
        "weight": np.tile(weights, n),
        "contribution": means.to_numpy().ravel(),
    })  # fmt: skip
