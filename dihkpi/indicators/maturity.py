"""Figures of assessments: how many, how mature, how much change on the same organisations, how complete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dihkpi.definitions.indicators import Indicator
from dihkpi.indicators import measures
from dihkpi.indicators.change.pairs import pairing
from dihkpi.indicators.disclosure.relations import Paired
from dihkpi.indicators.figures import Block, Setting
from dihkpi.indicators.measures import Measured
from dihkpi.indicators.places import Located
from dihkpi.indicators.sources import Source
from dihkpi.indicators.windows import Window

if TYPE_CHECKING:
    import pandas as pd


def assessment_figures(
    name: str, survey: str, indicator: Indicator, source: Source, setting: Setting
) -> Iterator[Block]:
    """Counts of assessments by wave, and the share of complete sets of waves."""
    import pandas as pd

    frame = source.frame
    waves, labels = pd.factorize(frame["wave"].to_numpy(dtype=object), sort=True)
    people = pd.factorize(frame["respondent"])[0]
    for level, window, located, inside in _grid(indicator, source, setting, up_to_end=bool(indicator.complete)):
        size = len(located.places)
        if indicator.complete:
            parts = _complete(
                located.codes[inside],
                people[inside],
                frame["wave"].to_numpy(dtype=object)[inside],
                indicator.complete,
            )
            measured = measures.share(*parts, size, setting.confidence)
            yield Block(level, name, window.label, located.places, f"survey={survey}", measured)
            continue
        told = _dated(source, located) | window.is_open
        measured = _where(told, measures.count(located.codes[inside], size))
        yield Block(level, name, window.label, located.places, f"survey={survey}", measured)
        for position, wave in enumerate(labels):
            rows = inside & (waves == position)
            measured = _where(told, measures.count(located.codes[rows], size))
            yield Block(level, name, window.label, located.places, f"survey={survey};wave={wave}", measured)


def _dated(source: Source, located: Located) -> npt.NDArray[np.bool_]:
    """Places with an assessment whose day is known: of the others nobody can tell how many fell into a window."""
    known = located.codes[~np.isnat(source.day)]
    return np.bincount(known[known >= 0], minlength=len(located.places)) > 0


def _where(told: npt.NDArray[np.bool_], measured: Measured) -> Measured:
    return replace(measured, value=np.where(told, measured.value, np.nan))


def _complete(
    places: np.ndarray, people: np.ndarray, waves: np.ndarray, wanted: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
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
) -> Iterator[Block]:
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
        values = scores[list(indicator.score)].to_numpy(float)
        for level, window, located, inside in _grid(indicator, source, setting, up_to_end=True):
            for wave in sorted({w for w in waves if isinstance(w, str)}) or [""]:
                rows = inside & (waves == wave) if wave else inside
                about = f"survey={survey};wave={wave}" if wave else f"survey={survey}"
                yield _means(
                    name,
                    level,
                    window,
                    located,
                    located.codes[rows],
                    values[rows],
                    indicator.score,
                    about,
                    setting,
                )
        return
    for change in indicator.change:
        later, gains = _pairs(source, scores[list(indicator.nodes)].to_numpy(float), *change.waves)
        about = f"survey={survey};waves={'-'.join(change.waves)}"
        for level, window, located, inside in _grid(indicator, source, setting):
            kept = inside[later]
            groups = located.codes[later[kept]]
            yield _means(name, level, window, located, groups, gains[kept], indicator.nodes, about, setting)


def pair_cells(
    name: str, survey: str, indicator: Indicator, source: Source, scores: pd.DataFrame, setting: Setting
) -> Iterator[Block]:
    """How many pairs there are up to the end of every window: figures that nobody gives, but that others tell of.

    Parameters
    ----------
    source, scores
        As for :func:`score_figures`.

    Yields
    ------
    Block
        The score of the pairs at the earlier wave (:attr:`dihkpi.indicators.disclosure.relations.Paired.at_first`); the
        value is their number.
    """
    ends = {window.last for window in setting.windows if window.last and not window.months}
    windows = tuple(Window(f"../{last}", None, last) for last in sorted(ends))
    for change in indicator.change:
        later, gains = _pairs(source, scores[list(indicator.nodes)].to_numpy(float), *change.waves)
        pair = Paired("", name, survey, *change.waves)
        for level, window, located, inside in _grid(indicator, source, replace(setting, windows=windows)):
            kept = inside[later]
            groups = located.codes[later[kept]]
            means = (pair.pairs, level, window, located, groups, gains[kept], indicator.nodes, pair.at_first, setting)
            block = _means(*means)
            yield replace(block, measured=Measured.exact(block.measured.n, block.measured.n))


def _means(
    name: str, level: str, window: Window, located: Located, places: np.ndarray, values: np.ndarray,
    nodes: Sequence[str], about: str, setting: Setting,
) -> Block:  # fmt: skip
    """Means of several nodes for every place, in one go; ``values`` has one column per node."""
    width = len(nodes)
    groups = (places[:, None] * width + np.arange(width)).ravel()
    measured = measures.mean(groups, values.ravel(), len(located.places) * width, setting.confidence)
    labels = np.array([f"dimension={node};{about}" for node in nodes], dtype=object)
    codes = located.places.repeat(width)
    return Block(level, name, window.label, codes, np.tile(labels, len(located.places)), measured)


def _pairs(source: Source, scores: np.ndarray, first: str, second: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the later assessments that have an earlier one on the same version, and the changes of their scores."""
    pairs = pairing(source.frame, first, second)
    paired = pairs.outcome == "paired"
    at, before = pairs.second[paired], pairs.first[paired]
    return at, scores[at] - scores[before]


def _grid(
    indicator: Indicator, source: Source, setting: Setting, up_to_end: bool = False
) -> Iterator[tuple[str, Window, Located, np.ndarray]]:
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
