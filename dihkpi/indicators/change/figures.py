"""All figures of the changes at one level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dihkpi.indicators.change.attrition import Weights, stayers_and_leavers, weighted_change
from dihkpi.indicators.change.bootstrap import bca, bootstrap_t
from dihkpi.indicators.change.bounds import worst_and_best
from dihkpi.indicators.change.cells import Cells
from dihkpi.indicators.change.disclosure import hidden_parts
from dihkpi.indicators.change.figure import Figure, Flags
from dihkpi.indicators.change.paired import (
    NO_SPREAD,
    Moments,
    cluster_error,
    clustered_change,
    effect_sizes,
    equivalence,
    mean_change,
    smallest_detectable,
)
from dihkpi.indicators.change.pairs import OUTCOMES
from dihkpi.indicators.change.setting import ChangeSetting
from dihkpi.indicators.change.shares import COMPLEMENT, outcome_shares, reliable_shares, transitions
from dihkpi.indicators.change.signed_ranks import exact_signs, hodges_lehmann, wilcoxon
from dihkpi.indicators.change.to_the_mean import Formed, expected_changes, terciles
from dihkpi.indicators.measures import Groups, Vector

_NOTES = {
    "reversed": "the later wave is dated before the earlier one: check dates and waves",
    "other_version": "the two waves were answered on different versions of the questionnaire",
}
_ALONE = "no interval: one cluster or no spread"


@dataclass(frozen=True)
class Scales:
    """What the definition says of each node, repeated for every place.

    Parameters
    ----------
    low, high : numpy.ndarray, shape (cells,)
        Ends of the scale.
    minimal, margin : numpy.ndarray
        Smallest change that matters, and largest mean change that counts as none, in points of the node.
    reliability : numpy.ndarray
        NaN where none is given.
    """

    low: Vector
    high: Vector
    minimal: Vector
    margin: Vector
    reliability: Vector


@dataclass(frozen=True)
class Banded:
    """Bands of the values of the cells, with the codes that a node has.

    Parameters
    ----------
    codes : tuple of str
    before, after : numpy.ndarray of int, shape (values,)
        -1 where a node has no such bands.
    """

    codes: tuple[str, ...]
    before: Groups
    after: Groups


def figures(
    cells: Cells, scales: Scales, clusters: tuple[str, Groups] | None, banded: list[Banded], setting: ChangeSetting
) -> Iterator[Figure]:
    """Every figure of the pairs.

    Parameters
    ----------
    clusters : (str, numpy.ndarray of int), optional
        What clusters are, and the one of each pair; each pair is one of its own when not given.
    banded : list of Banded
        One per named set of bands.
    """
    moments = Moments(cells, setting.confidence)
    yield mean_change(moments)
    yield from of_the_mean(moments, scales.margin, clusters, setting)
    yield from of_ranks(cells, setting)
    yield from effect_sizes(moments)
    yield from outcome_shares(moments, scales.minimal, setting.minimum)
    yield from reliable_shares(moments, scales.reliability, setting.minimum)
    formed = [terciles(cells)]
    for bands in banded:
        yield from transitions(cells, (bands.before, bands.after), bands.codes, setting.confidence, setting.minimum)
        formed.append(Formed("band", bands.codes, bands.before))
    for groups in formed:
        yield from expected_changes(moments, groups, scales.reliability, setting.few_pairs, setting.minimum)


def of_the_mean(
    moments: Moments, margin: Vector, clusters: tuple[str, Groups] | None, setting: ChangeSetting
) -> Iterator[Figure]:
    """Bootstrap, clusters, equivalence and smallest detectable change."""
    cells, se, df, entries = moments.cells, None, None, moments.n
    drawn, codes = clusters or ("pairs", None)
    cell, total, count = cells.clusters(codes)
    if clusters is not None:
        se, entries = cluster_error(cell, total, count, moments.mean)
        df = entries - 1
        yield clustered_change(moments, se, entries, drawn, setting.few_clusters)
    yield from _of_draws(moments, (cell, total, count), entries, drawn, setting)
    yield equivalence(moments, margin, se, df)
    yield smallest_detectable(moments, setting.power, se)


def _of_draws(
    moments: Moments, parts: tuple[Groups, Vector, Vector], entries: Vector, drawn: str, setting: ChangeSetting
) -> Iterator[Figure]:
    """Intervals by drawing pairs or clusters anew: BCa, and where these are few the studentised one."""
    size, level, draws, seed = moments.cells.size, setting.confidence, setting.draws, setting.seed
    spread = moments.sd > 0
    lo, hi = bca(*parts, size, confidence=level, draws=draws, seed=seed)
    method = f"BCa bootstrap, {drawn} drawn, {draws} draws"
    figure = moments.caveat(Figure.of("mean_bca", moments.mean, moments.n, method, lo=lo, hi=hi))
    figure = figure.without(spread & np.isnan(lo), _ALONE, interval_only=True)
    few = (entries > 1) & (entries < setting.few_pairs)
    words = [f"only {int(e)} to draw from ({drawn}): such intervals are too short" for e in entries]
    yield figure.doubtful(few & ~np.isnan(lo), np.array(words, dtype=object))
    lo, hi = bootstrap_t(*parts, size, confidence=level, draws=draws, seed=seed, below=setting.few_pairs)
    method = f"bootstrap-t, {drawn} drawn, {draws} draws"
    figure = moments.caveat(Figure.of("mean_boot_t", moments.mean, moments.n, method, lo=lo, hi=hi))
    figure = figure.without(entries >= setting.few_pairs, f"{setting.few_pairs} {drawn} or more: see mean_bca")
    alone = np.where(few, f"too few {drawn} to draw from, or no spread between them", _ALONE)
    yield figure.doubtful(spread & np.isnan(lo), alone)


def of_ranks(cells: Cells, setting: ChangeSetting) -> Iterator[Figure]:
    """Tests of signed ranks, and the median of pair means."""
    plus, p, moved = wilcoxon(cells, setting.zeros)
    zeros = "without change dropped" if setting.zeros == "wilcox" else "without change ranked (Pratt)"
    method = f"signed ranks, normal with correction for continuity and ties, pairs {zeros}"
    figure = Figure.of("wilcoxon", plus, cells.n, method, p=p)
    yield figure.without((moved == 0) & (cells.n > 0), "no pair changed")
    exact = exact_signs(cells, setting.zeros, setting.exact_pairs)
    method = f"signed ranks, all assignments of signs, pairs {zeros}"
    figure = Figure.of("wilcoxon_exact", plus, cells.n, method, p=exact)
    figure = figure.without((moved == 0) & (cells.n > 0), "no pair changed")
    yield figure.without(moved > setting.exact_pairs, "more pairs than are enumerated: see wilcoxon")
    value, lo, hi = hodges_lehmann(cells, setting.confidence)
    figure = Figure.of("median_pair_mean", value, cells.n, "Hodges-Lehmann, signed ranks", lo=lo, hi=hi)
    figure = figure.without((cells.n > 0) & np.isnan(lo), "too few pairs for an interval", interval_only=True)
    low = np.full(cells.size, np.inf)
    np.minimum.at(low, cells.cell, cells.change)
    single = (lo <= low) & (cells.ranges(cells.change) > 0) & (setting.minimum > 1)
    figure = figure.without(single, "its ends would be the changes of single respondents", interval_only=True)
    yield figure.without((cells.n > 1) & (cells.ranges(cells.change) == 0), NO_SPREAD, interval_only=True)


def attrition_figures(
    stayers: Cells, leavers: Cells, weights: Weights, weight: Vector, clusters: tuple[str, Groups] | None,
    scales: Scales, setting: ChangeSetting,
) -> Iterator[Figure]:  # fmt: skip
    """Who left, the weighted change, and what leavers could change; suppressed where stayers or leavers are few."""
    yield weighted_change(stayers, weight, weights, setting.confidence, clusters)
    parts = np.array([stayers.n, leavers.n]).T[:, None, :]
    hidden: Flags = np.asarray(hidden_parts(parts, setting.minimum).any(axis=(1, 2)))
    for figure in stayers_and_leavers(stayers, leavers, weight, setting.confidence):
        yield figure.suppressed(hidden, COMPLEMENT)
    for figure in worst_and_best(stayers, leavers, scales.low, scales.high):
        yield figure.suppressed(hidden, COMPLEMENT)


def count_figures(
    place: Groups, outcome: npt.NDArray[np.object_], moved: npt.NDArray[np.bool_], size: int
) -> Iterator[Figure]:
    """How many respondents make a pair, and how many do not and why.

    Like all counts of assessments they are given whatever their size: they tell nothing of what anybody answered.

    Parameters
    ----------
    place : numpy.ndarray of int, shape (respondents,)
        -1 where it is not known.
    outcome : numpy.ndarray of object
        One of the outcomes of a pairing.
    moved : numpy.ndarray of bool
        Pairs whose two assessments came through different hubs.
    """
    known = place >= 0
    counts = np.array([np.bincount(place[known & (outcome == kind)], minlength=size) for kind in OUTCOMES], dtype=float)
    total = counts.sum(axis=0)
    for kind, count in zip(OUTCOMES, counts, strict=True):
        figure = Figure.of("pairs" if kind == "paired" else f"without_pair.{kind}", count, total, "count")
        yield figure.doubtful(count > 0, _NOTES[kind]) if kind in _NOTES else figure
    there: Vector = np.bincount(place[known & moved], minlength=size).astype(float)
    figure = Figure.of("pairs.two_hubs", there, counts[0], "count")
    yield figure.doubtful(there > 0, "their two waves came through different hubs; they count for the later one")
