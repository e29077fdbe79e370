"""Figures of assessments: how many, how mature, how much change on the same organisations, how complete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dihkpi.definitions.indicators import Indicator
from dihkpi.indicators import measures
from dihkpi.indicators.figures import Setting, block
from dihkpi.indicators.sources import Source
from dihkpi.indicators.windows import Window

if TYPE_CHECKING:
    import pandas as pd


def assessment_figures(name: str, survey: str, indicator: Indicator, source: Source, setting: Setting) -> Iterator[pd.DataFrame]:
    """Counts of assessments by wave, and the share of complete sets of waves."""
    import pandas as pd

    frame = source.frame
    waves, labels = pd.factorize(frame["wave"].to_numpy(dtype=object), sort=True)
    people = pd.factorize(frame["respondent"])[0]
    for level, window, located, inside in _grid(indicator, source, setting):
        size = len(located.places)
        if indicator.complete:
            parts = _complete(located.codes[inside], people[inside], frame["wave"].to_numpy(dtype=object)[inside], indicator.complete)
            measured = measures.share(*parts, size, setting.confidence)
            yield block(level, located.places, name, window.label, f"survey={survey}", measured, indicator.unit)
            continue
        measured = measures.count(located.codes[inside], size)
        yield block(level, located.places, name, window.label, f"survey={survey}", measured, indicator.unit)
        for position, wave in enumerate(labels):
            rows = inside & (waves == position)
            measured = measures.count(located.codes[rows], size)
            yield block(level, located.places, name, window.label, f"survey={survey};wave={wave}", measured, indicator.unit)


def _complete(places: np.ndarray, people: np.ndarray, waves: np.ndarray, wanted: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Place of every respondent with the first wave, and whether all waves are there."""
    import pandas as pd

    seen = pd.DataFrame({"place": places, "person": people, "wave": waves}).drop_duplicates()
    seen = seen[seen["wave"].isin(list(wanted))]
    first = seen.loc[seen["wave"] == wanted[0], ["place", "person"]]
    counts = seen.groupby(["place", "person"], as_index=False).size()
    merged = first.merge(counts, on=["place", "person"], how="left")
    return merged["place"].to_numpy(np.intp), (merged["size"] == len(wanted)).to_numpy(dtype=float)


def score_figures(
    name: str, survey: str, indicator: Indicator, source: Source, scores: pd.DataFrame, setting: Setting
) -> Iterator[pd.DataFrame]:
    """Mean scores by wave, or paired changes between waves.

    Parameters
    ----------
    source : Source
        Assessments of the survey, one row per respondent and wave.
    scores : pandas.DataFrame
        Values of the nodes, one row per row of the source and one column per node.
    """
    if indicator.score:
        waves = source.frame["wave"].to_numpy(dtype=object)
        for level, window, located, inside in _grid(indicator, source, setting, up_to_end=True):
            for wave in sorted({w for w in waves if isinstance(w, str)}):
                rows = inside & (waves == wave)
                for node in indicator.score:
                    measured = measures.mean(located.codes[rows], scores[node].to_numpy(float)[rows], len(located.places),
                                             setting.confidence)  # fmt: skip
                    yield block(level, located.places, name, window.label, f"dimension={node};survey={survey};wave={wave}",
                                measured, indicator.unit)  # fmt: skip
        return
    for change in indicator.change:
        later, gains = _pairs(source, scores, *change.waves)
        label = "-".join(change.waves)
        for level, window, located, inside in _grid(indicator, source, setting):
            kept = inside[later]
            groups = located.codes[later[kept]]
            for node in indicator.nodes:
                measured = measures.mean(groups, gains[node].to_numpy(float)[kept], len(located.places), setting.confidence)
                yield block(level, located.places, name, window.label, f"dimension={node};survey={survey};waves={label}",
                            measured, indicator.unit)  # fmt: skip


def _pairs(source: Source, scores: pd.DataFrame, first: str, second: str) -> tuple[np.ndarray, pd.DataFrame]:
    """Rows of the later assessments that have an earlier one on the same version, and the changes of their scores."""
    frame = source.frame.assign(at=np.arange(len(source.frame)))
    columns = ["respondent", "version", "at"]
    earlier = frame.loc[frame["wave"] == first, columns].drop_duplicates(columns[:2])
    later = frame.loc[frame["wave"] == second, columns].drop_duplicates(columns[:2])
    pairs = later.merge(earlier, on=columns[:2], suffixes=("_later", "_earlier"))
    at, before = pairs["at_later"].to_numpy(), pairs["at_earlier"].to_numpy()
    gains = scores.iloc[at].reset_index(drop=True) - scores.iloc[before].reset_index(drop=True)
    return at, gains


def _grid(indicator: Indicator, source: Source, setting: Setting, up_to_end: bool = False) -> Iterator[tuple]:
    """Every level and window with the places of the rows and the rows inside."""
    for level in indicator.levels or source.definitions.levels:
        located = source.located(level, indicator.place)
        if not len(located.places):
            continue
        for window in setting.windows:
            if window.months and level != "hub":
                continue
            reach = Window(f"../{window.last}", None, window.last) if up_to_end and window.last else window
            inside = source.inside(reach, setting.cutoff) & (located.codes >= 0)
            yield level, window, located, inside
