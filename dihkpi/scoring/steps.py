"""The steps of a composite in their order: each takes the table of numbers as the step before left it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dihkpi.definitions.composite import NEEDS, Step
from dihkpi.definitions.scoring import Scoring
from dihkpi.errors import ScoringError, hint_for
from dihkpi.scoring import impute, normalise, screen, treat
from dihkpi.scoring.faults import UnfitError
from dihkpi.scoring.impute import Rows
from dihkpi.scoring.posts import Posts
from dihkpi.scoring.state import Change, Fill, Flags, Imputed, Matrix, Places, State
from dihkpi.scoring.treat import Limits
from dihkpi.scoring.values import Numbers


def apply_steps(numbers: Numbers, scoring: Scoring, outliers: Mapping[str, float]) -> State:
    """All steps of a definition.

    Parameters
    ----------
    numbers : Numbers
    scoring : Scoring
    outliers : mapping of str to float
        ``skew``, ``kurtosis`` and ``points`` where a step names none.

    Raises
    ------
    ScoringError
        When a method cannot work with the values; the message names the step and the item.
    """
    return run_steps(State.of(numbers, scoring), scoring, outliers)


def run_steps(state: State, scoring: Scoring, outliers: Mapping[str, float]) -> State:
    """All steps, on a table before the first of them, which is changed; see :func:`apply_steps`."""
    for number, step in enumerate(scoring.steps, 1):
        run = _Run(state, scoring, step, number)
        try:
            if step.step == "screen":
                run.screen()
            elif step.step == "impute":
                run.impute()
            elif step.step == "treat":
                run.treat(Limits.of(step, outliers))
            else:
                run.normalise()
        except UnfitError as fault:
            raise fault.at(run.place, state.numbers.items) from None
    _check_whole(state, scoring)
    return state


def _check_whole(state: State, scoring: Scoring) -> None:
    """An item is normalised in all rows or in none."""
    for place, item in enumerate(scoring.items):
        done = state.normalised[~state.aside, place]
        if done.any() and not done.all():
            row = int(np.flatnonzero(~state.aside)[np.flatnonzero(~done)[0]])
            what = f"{state.numbers.row(row)} is not normalised, other rows are"
            raise ScoringError(
                [f"scoring.yaml › items › {item}: {what}\n      name all periods, or none"], "the scoring"
            )


def at(rows: Places, items: Places) -> tuple[Any, ...]:
    """Index of the cells of some rows and items, in every replication; slices, which cost no copy, where they do."""
    if len(rows) and len(items) and np.ptp(rows) == len(rows) - 1 and np.ptp(items) == len(items) - 1:
        return ..., slice(rows[0], rows[-1] + 1), slice(items[0], items[-1] + 1)  # both rise
    return ..., rows[:, None], items


class _Run:
    """One step on the table."""

    def __init__(self, state: State, scoring: Scoring, step: Step, number: int) -> None:
        self.state, self.scoring, self.step, self.number = state, scoring, step, number
        self.place = f"scoring.yaml › steps › {number} ({step.step} {step.method})"
        names = state.numbers.items
        self.items = np.array(
            [i for i, name in enumerate(names) if not step.items or name in step.items], dtype=np.intp
        )
        self.rows = np.flatnonzero(~state.aside & self._inside(step.periods))

    def _inside(self, names: tuple[str, ...]) -> Flags:
        """Rows of these periods; all when none is named."""
        periods = self.state.numbers.periods
        if not names:
            return np.ones(len(self.state.aside), dtype=bool)
        for name in names:
            if name not in periods:
                hint = hint_for(name, periods, "periods of the values")
                raise ScoringError([f"{self.place}: no row is of the period '{name}'\n      {hint}"], "the scoring")
        return np.isin(self.state.numbers.period, [periods.index(name) for name in names])

    def _blocks(self) -> Iterator[tuple[Places, Places]]:
        """Rows that are worked on, and the rows from which means and bounds are taken for them."""
        numbers, over = self.state.numbers, self.step.over
        if over == "all":
            yield self.rows, self.rows
        elif over == "period":
            for period in range(len(numbers.periods)):
                block = self.rows[numbers.period[self.rows] == period]
                if len(block):
                    yield block, block
        else:
            yield self.rows, np.flatnonzero(~self.state.aside & self._inside((over,)))

    def _note(self, text: str) -> None:
        if not self.state.stacked:
            self.state.notes.append(f"{self.place}: {text}")

    def screen(self) -> None:
        state, step, names = self.state, self.step, self.state.numbers.items
        if not state.replay:
            state.screened[self.number] = self._screened()
        rows, items = state.screened[self.number]
        if step.method == "units":
            state.aside[rows] = True
            state.values[..., rows, :] = np.nan
            gone = [state.numbers.row(row) for row in rows]
        else:
            state.values[at(rows, items)] = np.nan
            gone = [names[i] for i in items]
        self._note(f"sets aside {', '.join(gone)}" if gone else "sets nothing aside")

    def _screened(self) -> tuple[Places, Places]:
        """Rows and items that a screen sets aside."""
        step, numbers = self.step, self.state.numbers
        failing = screen.METHODS[step.method](self.state.values[at(self.rows, self.items)], step)
        if step.method == "units":
            return self.rows[failing & ~np.isin(numbers.units[self.rows].astype(str), step.keep)], self.items
        return self.rows, self.items[failing & ~np.isin(np.array(numbers.items)[self.items], step.keep)]

    def impute(self) -> None:
        state, step = self.state, self.step
        if step.method == "none":
            return
        for rows, basis in self._blocks():
            before, source = state.values[at(rows, self.items)], state.values[at(basis, self.items)]
            fill = self._fill(rows, basis)
            after = fill(before, source)
            if state.on_impute:
                after = state.on_impute(Imputed(self.number, rows, basis, self.items, before, source, after, fill))
            if (~np.isnan(before) & (before != after)).any():
                raise AssertionError("an imputation has changed a value that was there: a fault of the program")
            if not state.stacked:
                state.imputed[at(rows, self.items)] |= np.isnan(before) & ~np.isnan(after)
            self._put(rows, self.items, after, step.method)  # from here on 'before' may show the new values
        left = int(np.isnan(state.values[at(self.rows, self.items)]).sum())
        if left:
            self._note(f"{left} {'cell is' if left == 1 else 'cells are'} missing still, as nothing tells the value")
        self._tell_unchanged()

    def _fill(self, rows: Places, basis: Places) -> Fill:
        method, of_rows, of_basis = impute.METHODS[self.step.method], self._about(rows), self._about(basis)
        return lambda values, source: method(values, source, of_rows, of_basis)

    def _about(self, rows: Places) -> Rows:
        numbers = self.state.numbers
        groups = numbers.groups[self.step.by] if self.step.by else np.zeros(len(numbers.unit), dtype=np.intp)
        return Rows(numbers.unit[rows], numbers.period[rows], groups[rows])

    def treat(self, limits: Limits) -> None:
        state, step = self.state, self.step
        if state.stacked:
            self._winsorise(limits)
            return
        beyond: list[str] = []
        for item in self.items:
            before = state.values[self.rows, item]
            if np.isnan(before).all() or not (step.always or limits.exceeded(before)):
                continue
            try:
                method, treated = step.method, treat.METHODS[step.method](before, limits)
                if step.otherwise and limits.exceeded(treated.values):
                    method, treated = step.otherwise, treat.METHODS[step.otherwise](before, limits)
                if treated.bend and not state.normalised[self.rows, item].any():
                    state.posts = state.posts.bent(int(item), treated.bend)
            except UnfitError as fault:
                raise UnfitError(int(item), fault.reason, fault.hint) from None
            self._put(self.rows, np.array([item]), treated.values[:, None], method)
            if limits.exceeded(treated.values):
                beyond.append(state.numbers.items[item])
        if beyond:
            self._note(f"has outliers still: {', '.join(beyond)}")
        self._tell_unchanged()

    def _winsorise(self, limits: Limits) -> None:
        """Winsorising of many replications, each with outliers of its own; no other treatment is done in stacks."""
        values = self.state.values
        for item in self.items:
            column = values[:, self.rows, item]
            there = ~np.isnan(column).all(axis=1)
            for one in np.flatnonzero(there & (limits.all_exceeded(column) | self.step.always)):
                values[one, self.rows, item] = treat.winsorise(column[one], limits).values

    def _put(self, rows: Places, items: Places, after: Matrix, method: str) -> None:
        """Put new values into the table, and every changed cell into the record."""
        state = self.state
        if state.stacked:
            state.values[at(rows, items)] = after
            return
        before = state.values[at(rows, items)]
        differs = ~((before == after) | (np.isnan(before) & np.isnan(after)))
        for column, item in enumerate(items):
            cells = np.flatnonzero(differs[:, column])
            if len(cells):
                values = before[cells, column], after[cells, column]
                change = Change(self.number, method, int(item), rows[cells], *values)
                state.changes.append(change)
        state.values[at(rows, items)] = after

    def _tell_unchanged(self) -> None:
        if not any(change.step == self.number for change in self.state.changes):
            self._note("changed nothing")

    def normalise(self) -> None:
        state, step, numbers = self.state, self.step, self.state.numbers
        snapshot = state.values  # no block reads what another has written
        done = state.normalised.copy()
        if len(numbers.periods) > 1 and step.over in ("all", "period"):
            self._tell_estimates()
        for rows, basis in self._blocks():
            used = np.union1d(rows, basis)
            for item in self.items:
                if done[used, item].any() and not done[used, item].all():
                    raise UnfitError(int(item), "some rows are normalised already", "let the steps reach the same rows")
            items = self.items[~self._empty(snapshot, rows, self.items)]
            for item in items[self._empty(snapshot, basis, items)]:
                raise UnfitError(int(item), f"no row of '{step.over}' has a value to measure by")
            state.normalised[at(rows, self.items)] = True
            if not len(items):
                continue
            turned, posts = self._more_is_better(snapshot, done, used, items, basis)
            with np.errstate(all="ignore"):  # what is not finite is told below
                values = turned[at(rows, items)]
                source = values if basis is rows else turned[at(basis, items)]
                after = normalise.METHODS[step.method](values, source, posts, step)
            self._check(values, after, posts, items)
            state.values[at(rows, items)] = after

    def _empty(self, values: Matrix, rows: Places, items: Places) -> Flags:
        """Items without any value in some rows, in all replications."""
        missing = np.isnan(values[at(rows, items)]).all(axis=-2)
        return np.asarray(missing.all(axis=0) if values.ndim > 2 else missing)

    def _more_is_better(
        self, values: Matrix, done: Flags, used: Places, items: Places, basis: Places
    ) -> tuple[Matrix, Posts]:
        """Values and posts with logarithms taken and signs turned, where that was not done by an earlier step."""
        state, definitions = self.state, list(self.scoring.items.values())
        posts, signs = state.posts, np.ones(values.shape[-1])
        if any(item.transform == "log" for item in definitions):
            values = values.copy()
        for place in items:
            item = definitions[place]
            if done[used, place].any():
                posts = replace(posts, edges=tuple(e if i != place else e[:0] for i, e in enumerate(posts.edges)))
                for name in ("low", "high", "target", "reference"):
                    kept = getattr(posts, name).copy()
                    kept[place] = np.nan
                    posts = replace(posts, **{name: kept})
                continue
            if item.transform == "log":
                column = values[..., used, place]
                low = np.nanmin(column)
                if low <= 0:
                    row = int(used[np.unravel_index(np.nanargmin(column), column.shape)[-1]])
                    what = f"{low:g} of {state.numbers.row(row)} has no logarithm"
                    raise UnfitError(int(place), what, "correct the value, or take transform: log out")
                values[..., used, place] = np.log(column)
                posts = posts.bent(int(place), np.log)
            signs[place] = float(item.direction)
        turned = values * signs
        posts = posts.turned(signs)
        if self.step.unit is not None:
            posts = replace(posts, reference=self._reference(turned, basis))
        return turned, posts.at(items)

    def _reference(self, turned: Matrix, basis: Places) -> Matrix:
        """The values of the unit that others are compared with."""
        units = self.state.numbers.units[basis].astype(str)
        found = basis[units == self.step.unit]
        if not len(found):
            hint = hint_for(str(self.step.unit), dict.fromkeys(units), "units")
            raise ScoringError([f"{self.place} › unit: no unit '{self.step.unit}'\n      {hint}"], "the scoring")
        if len(found) > 1:
            raise UnfitError(None, f"'{self.step.unit}' has values of several periods", "write over: period")
        return np.asarray(turned[..., found[:1], :])

    def _tell_estimates(self) -> None:
        names, items = self.state.numbers.items, list(self.scoring.items.values())
        moved = [names[i] for i in self.items if _estimates(self.step, items[i])]
        if moved:
            how = "in each period anew" if self.step.over == "period" else "over all periods"
            shown = ", ".join(moved[:5]) + (f" and {len(moved) - 5} more" if len(moved) > 5 else "")
            self._note(f"bounds are estimated {how} ({shown}), so that scores move with the data; "
                       "for changes over time anchor them by goalposts, or by over: the name of a period")  # fmt: skip

    def _check(self, before: Matrix, after: Matrix, posts: Posts, items: Places) -> None:
        """A value stays a value, and what lies beyond the goalposts is told."""
        broken = ~np.isfinite(after) & ~np.isnan(before)
        if broken.any():
            item = int(items[int(np.argwhere(broken)[0][-1])])
            raise UnfitError(item, "the result is no finite number", "its values are too large, or too close together")
        if self.step.method == "goalposts" and not self.state.stacked:
            beyond = (before < posts.low) | (before > posts.high)
            for clip, what in ((True, "counted as the goalpost"), (False, "kept")):
                n = int(beyond[..., posts.clip == clip].sum())
                if n:
                    self._note(f"{n} {'value lies' if n == 1 else 'values lie'} beyond the goalposts: {what}")


def _estimates(step: Step, item: object) -> bool:
    """Whether a normalisation takes anything of an item from the data."""
    method = step.method
    worst = getattr(item, "low" if getattr(item, "direction", "1") == "1" else "high")
    if method in ("goalposts", "bands"):
        return method == "bands" and not getattr(item, "edges", ())
    if method == "distance_to_target" or (method == "distance_to_reference" and step.unit is None):
        return worst is None
    if method in NEEDS:
        return getattr(item, "low", None) is None or getattr(item, "high", None) is None
    return True
