"""The tables of groups: from arrays of groups and nodes to rows."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dihkpi.definitions import Definitions
from dihkpi.definitions.uncertainty import Uncertainty
from dihkpi.scoring.errors.estimate import Estimates, t_quantile
from dihkpi.scoring.errors.imputation import imputed_columns
from dihkpi.scoring.errors.measurement import Measurement
from dihkpi.scoring.errors.placing import Place
from dihkpi.scoring.results import band_of
from dihkpi.scoring.text import picked, repeated
from dihkpi.scoring.wide import NodeScores

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]
SOURCES = ("sampling", "measurement", "imputation", "data")


@dataclass(frozen=True)
class Level:
    """All groups of one level.

    Parameters
    ----------
    where : Place
    names : list of (str, str or None)
        Code and wave of each group.
    found : Estimates
        Means with their sampling error, shape (groups, nodes).
    between : numpy.ndarray
        Variance that imputation adds.
    df : numpy.ndarray
        Degrees of freedom of all errors together.
    answered : numpy.ndarray
        Mean number of items that a respondent answered.
    """

    where: Place
    names: list[tuple[str, str | None]]
    found: Estimates
    between: Matrix
    df: Matrix
    answered: Matrix


class Tables:
    """Writes the tables of levels.

    Parameters
    ----------
    scores : NodeScores
    measured : Measurement
    asked : Uncertainty
        What the definition says about errors.
    definitions : Definitions
    """

    def __init__(self, scores: NodeScores, measured: Measurement, asked: Uncertainty, definitions: Definitions) -> None:
        self._scores, self._measured, self._asked = scores, measured, asked
        self._confidence = float(definitions.value("confidence_level"))
        self._z = NormalDist().inv_cdf((1 + self._confidence) / 2)
        self._replications = asked.replications or int(definitions.value("uncertainty")["replications"])

    def scores(self, level: Level) -> pd.DataFrame:
        """Rows of the table ``scores``."""
        import pandas as pd

        tree, value = self._scores.tree, level.found.value
        low, high = self._total(level)[2:]
        bands = np.full(value.shape, None, dtype=object)
        for at, code in enumerate(tree.order):
            if ranges := tree.bands(code):
                bands[:, at] = band_of(value[:, at], ranges)
        reliable = level.answered >= tree.scoring.reliable_share * self._scores.items - 1e-9
        status = np.select([np.isnan(value), ~reliable], [1, 2], 0)
        return pd.DataFrame({
            **self._keys(level, value.shape, 1),
            "value": value.ravel(),
            "se": np.sqrt(self._total(level)[0]).ravel(),
            "lo": low.ravel(),
            "hi": high.ravel(),
            "n_items": np.tile(self._scores.items, len(value)),
            "n_answered": np.floor(level.answered + 1e-9).astype(int).ravel(),
            "band": bands.ravel(),
            "status": picked(status.ravel(), ("ok", "m", "u")),
        })  # fmt: skip

    def uncertainty(self, level: Level) -> pd.DataFrame:
        """Rows of the table ``uncertainty``: one per group, node and source."""
        import pandas as pd

        found, shape = level.found, level.found.value.shape
        sampled, measure, filled = found.variance, self._of_measurement(level), self._of_imputation(level)
        total, df, low, high = self._total(level)
        # The spread of respondents holds the error of measurement of each of them.
        inner = np.nan_to_num(np.minimum(measure * (1 - found.part), sampled))
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.stack([sampled - inner, np.where(np.isnan(measure), np.nan, inner + found.part * measure),
                              filled, total], axis=-1) / np.where(total > 0, total, np.nan)[..., None]  # fmt: skip
        variance = np.stack([sampled, measure, filled, total], axis=-1)
        m = self._asked.imputations
        none = np.full(shape, np.nan)
        freedom = np.stack([found.df, none, np.where(np.isnan(filled), np.nan, m - 1.0), df], axis=-1)
        half = np.sqrt(variance) * np.where(np.isnan(freedom), self._z, t_quantile(freedom, self._confidence))
        lo, hi = found.value[..., None] - half, found.value[..., None] + half
        if self._by_replications:
            lo[..., 0], hi[..., 0] = found.lo, found.hi
        lo[..., 3], hi[..., 3] = low, high
        bottom, top = (end[:, None] for end in self._scores.scales)
        units = np.where(np.isnan(found.value), 0, found.units)[..., None].repeat(len(SOURCES), axis=-1)
        redrawn = np.zeros(units.shape, dtype=bool)
        redrawn[..., 0] = self._by_replications
        return pd.DataFrame({
            **self._keys(level, shape, len(SOURCES)),
            "source": picked(np.tile(np.arange(len(SOURCES)), found.value.size), SOURCES),
            "value": found.value.ravel().repeat(len(SOURCES)),
            "se": np.sqrt(variance).ravel(),
            "df": freedom.ravel(),
            "lo": np.maximum(lo, bottom).ravel(),
            "hi": np.minimum(hi, top).ravel(),
            "share": parts.ravel(),
            "share_total": np.nan,
            "n": units.astype(int).ravel(),
            "replications": pd.array(np.where(redrawn, self._replications, -1).ravel(), dtype="Int64"),
            "reason": self._reasons(level, variance),
        }).assign(replications=lambda t: t["replications"].mask(t["replications"] < 0))  # fmt: skip

    def bands(self, level: Level) -> pd.DataFrame:
        """Bands that the score of a group may have in truth, where its interval crosses an edge."""
        import pandas as pd
        from scipy.special import ndtr, stdtr

        tree, value = self._scores.tree, level.found.value
        variance, df, low, high = self._total(level)
        blocks = []
        for at, code in enumerate(tree.order):
            ranges = tree.bands(code)
            if ranges is None:
                continue
            edges = np.array(ranges.edges)
            crossed = ((low[:, at, None] <= edges) & (edges < high[:, at, None])).any(axis=1)
            rows = np.flatnonzero(crossed & (variance[:, at] > 0))
            z = (edges - value[rows, at, None]) / np.sqrt(variance[rows, at, None])
            freedom = df[rows, at, None]
            below = np.where(np.isfinite(freedom), stdtr(np.where(np.isfinite(freedom), freedom, 1), z), ndtr(z))
            probability = np.diff(below, axis=1, prepend=0.0, append=1.0)
            width = len(ranges.codes)
            blocks.append(pd.DataFrame({
                "level": level.where.level,
                "code": [level.names[row][0] for row in rows.repeat(width)],
                "survey": self._scores.survey.survey,
                "version": self._scores.survey.version,
                "wave": [level.names[row][1] for row in rows.repeat(width)],
                "dimension": code,
                "band": np.tile(list(ranges.codes), len(rows)),
                "probability": probability.ravel(),
            }))  # fmt: skip
        return pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame()

    @property
    def _by_replications(self) -> bool:
        return self._asked.sampling.method == "bootstrap"

    def _of_measurement(self, level: Level) -> Matrix:
        """Variance of the mean from the error of measurement of each respondent."""
        n = np.where(level.found.n > 0, level.found.n, np.nan)
        return self._measured.se**2 / n

    def _of_imputation(self, level: Level) -> Matrix:
        filled = np.isin(np.arange(len(self._scores.tree.order)), self._fillable())
        known = filled & (self._asked.imputations > 0) & ~np.isnan(level.found.value)
        return np.where(known, level.between, np.nan)

    def _fillable(self) -> npt.NDArray[np.intp]:
        """Nodes with items below them whose missing answers are filled."""
        columns = set(imputed_columns(self._scores).tolist())
        below: dict[str, bool] = {}
        for bound in self._scores.tree.nodes:
            mine = bound.node.missing == "drop" and bool(columns & set(bound.columns.tolist()))
            below[bound.code] = mine or any(below[child] for child in bound.children)
        return np.array([at for at, code in enumerate(self._scores.tree.order) if below[code]], dtype=np.intp)

    def _total(self, level: Level) -> tuple[Matrix, Matrix, Matrix, Matrix]:
        """Variance of all errors of the data together, degrees of freedom, and ends of the interval on the scale."""
        found = level.found
        # Where all customers were asked nothing is left of the sampling, but each score is still measured once only.
        once = np.nan_to_num(found.part * self._of_measurement(level))
        total = found.variance + once + level.between
        df = level.df
        wider = np.sqrt(np.divide(total, found.variance, out=np.ones(total.shape), where=found.variance > 0))
        lo, hi = found.value - wider * (found.value - found.lo), found.value + wider * (found.hi - found.value)
        plain = (level.between > 0) | ((found.variance == 0) & (once > 0)) | np.isnan(found.lo)
        half = np.sqrt(total) * np.where(np.isnan(df), self._z, t_quantile(df, self._confidence))
        lo, hi = np.where(plain, found.value - half, lo), np.where(plain, found.value + half, hi)
        bottom, top = self._scores.scales
        return total, df, np.maximum(lo, bottom), np.minimum(hi, top)

    def _keys(self, level: Level, shape: tuple[int, int], times: int) -> dict[str, Any]:
        groups, nodes = shape
        rows, at = groups * nodes * times, np.arange(groups).repeat(nodes * times)
        return {
            "level": repeated(level.where.level, rows),
            "code": picked(at, [code for code, _ in level.names]),
            "survey": repeated(self._scores.survey.survey, rows),
            "version": repeated(self._scores.survey.version, rows),
            "wave": picked(at, [wave for _, wave in level.names]),
            "dimension": picked(np.tile(np.arange(nodes).repeat(times), groups), self._scores.tree.order),
        }

    def _reasons(self, level: Level, variance: Matrix) -> Any:
        """Why there is no error, for every group, node and source."""
        found, order = level.found, self._scores.tree.order
        words = [
            "no respondent has a score here",
            "one respondent only: no spread to tell an error from",
            "one cluster only: no spread to tell an error from",
            "missing answers are left out and the others count for them: the sampling error holds that "
            "(uncertainty › imputations: 0)",
            "a missing answer counts as the rule of the node says, so that nothing is imputed",
            "the answers are not known, only their scores",
            *self._measured.reasons,
        ]
        which = np.full((*found.value.shape, len(SOURCES)), -1)
        which[..., 0] = which[..., 3] = np.where(found.n < 1, 0, np.where(found.n < 2, 1, 2))
        which[..., 1] = np.where(np.isnan(found.value), 0, len(words) - len(order) + np.arange(len(order)))
        filled = np.isin(np.arange(len(order)), self._fillable())
        none = 3 if not self._asked.imputations else 0
        which[..., 2] = np.where(filled, none, 4 if len(self._scores.answers) else 5)
        return picked(np.where(np.isnan(variance), which, -1).ravel(), words)
