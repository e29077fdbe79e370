"""An attacker who holds every published table, knows who was in which group, and knows no answer.

Every published mean is a known sum over what respondents scored. What lies in the space of these sums is told: the
score of one respondent, a hidden figure, the sum of a handful.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions
from dihkpi.indicators.compute import Inputs, indicators_and_log
from dihkpi.indicators.windows import parse_period
from dihkpi.intake.columns import check_table
from dihkpi.pipeline.explaining import explain
from dihkpi.pipeline.impact import tell_impact
from dihkpi.scoring.places import place_codes
from dihkpi.scoring.results import band_of

LIMIT = 5
SURVEY, WAVES = "dma_sme", ("T0", "T1")
Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Sum:
    """A sum over scores of respondents: its weights, and the figure it makes up where that is published."""

    name: str
    weights: np.ndarray
    people: int
    value: float
    hidden: bool

    @property
    def shown(self) -> bool:
        return not np.isnan(self.value)


class Attacker:
    """What can be worked out from published tables of one survey, at one node.

    Parameters
    ----------
    inputs : Inputs
        For who was assessed when and where; scores are only read to check that a finding is true.
    tables : mapping of str to pandas.DataFrame
        Published tables by their names.
    last : datetime.date
        The cut-off.
    """

    def __init__(self, inputs: Inputs, tables: Tables, last: date, node: str = "overall") -> None:
        self.inputs, self.tables, self.node = inputs, tables, node
        self.last = pd.Timestamp(last)
        scores = inputs.scores[(inputs.scores["survey"] == SURVEY) & (inputs.scores["dimension"] == node)]
        scores = scores.rename(columns={"code": "respondent"})[["respondent", "version", "wave", "value", "band"]]
        made = inputs.assessments[inputs.assessments["survey"] == SURVEY]
        self.all = made
        made = made.merge(scores, on=["respondent", "version", "wave"]).dropna(subset="value").reset_index(drop=True)
        seats = inputs.hubs.set_index("hub")
        hub = made["hub"].where(made["hub"].isin(seats.index))
        nuts, country = (made["hub"].map(seats[name]).astype("str") for name in ("nuts", "country"))
        levels = inputs.definitions.levels
        self.places = {
            name: place_codes(level, hub, nuts, country, inputs.definitions) for name, level in levels.items()
        }
        self.made, self.starts = made, hub.map(seats["grant_start"])
        self.sums = list(self._sums())

    def _window(self, period: str, *, state: bool = False) -> pd.Series:
        """Rows inside a period; states hold all up to its end."""
        window, day = parse_period(period), self.made["date"]
        if window.months:
            first = self.starts + pd.DateOffset(months=window.months[0] - 1)
            last = self.starts + pd.DateOffset(months=window.months[1]) - pd.Timedelta(days=1)
            return (day >= first) & (day <= last) & (day <= self.last)
        inside = ~(day > min(pd.Timestamp(window.last), self.last))
        return inside if state or window.first is None else inside & (day >= pd.Timestamp(window.first))

    def _pairs(self, waves: Sequence[str]) -> pd.DataFrame:
        """Positions of both assessments of a pair."""
        at = self.made.reset_index(names="at")[["at", "respondent", "version", "wave", "date"]]
        sides = [at[(at["wave"] == wave) & ~(at["date"] > self.last)] for wave in waves]
        both = sides[0].merge(sides[1], on=["respondent", "version"])
        return both[~(both["date_y"] < both["date_x"])]

    def _row(self, name: str, row, plus: Iterable[int], minus: Iterable[int] = (), value: float | None = None) -> Sum:
        weights = np.zeros(len(self.made))
        weights[list(plus)] += 1
        weights[list(minus)] -= 1
        people = self.made["respondent"][weights != 0].nunique()
        known = row.value * len(list(plus)) if value is None else value
        protected = getattr(row, "status", "ok") == "c" and value is None  # sums over all who came and left are not
        return Sum(name, weights, people, known, protected)

    def _sums(self) -> Iterator[Sum]:
        yield from self._of_indicators()
        yield from self._of_scores()
        yield from self._of_changes()

    def _of_indicators(self) -> Iterator[Sum]:
        table = self.tables["indicators"]
        known = table["breakdown"].str.startswith(f"dimension={self.node};survey={SURVEY};wave")
        for row in table[known & table["indicator"].isin(["maturity_score", "maturity_gain"])].itertuples():
            name, waves = f"{row.level} {row.code} {row.period} {row.breakdown}", row.breakdown.rpartition("=")[2]
            here = self.places[row.level] == row.code
            if row.indicator == "maturity_score":
                months = parse_period(row.period).months is not None
                inside = here & self._window(row.period, state=not months) & (self.made["wave"] == waves)
                yield self._row(name, row, np.flatnonzero(inside))
            else:
                pairs = self._pairs(waves.split("-"))
                pairs = pairs[(here & self._window(row.period))[pairs["at_y"]].to_numpy()]
                yield self._row(name, row, pairs["at_y"], pairs["at_x"])

    def _of_scores(self) -> Iterator[Sum]:
        inside = ~(self.made["date"] > self.last)
        for table in ("scores", "uncertainty"):
            rows = self.tables[table]
            rows = rows[(rows["survey"] == SURVEY) & (rows["dimension"] == self.node)]
            rows = rows[rows["source"] == "sampling"] if "source" in rows else rows
            for row in rows.itertuples():
                here = inside & (self.places[row.level] == row.code) & (self.made["wave"] == row.wave)
                yield self._row(f"{table} {row.level} {row.code} {row.wave}", row, np.flatnonzero(here))

    def _of_changes(self) -> Iterator[Sum]:
        table = self.tables["changes"]
        table = table[(table["survey"] == SURVEY) & (table["dimension"] == self.node)]
        for (level, code, waves, version), rows in table.groupby(["level", "code", "waves", "version"]):
            here, pairs = self.places[level] == code, self._pairs(waves.split("-"))
            pairs = pairs[
                (here[pairs["at_y"]].to_numpy()) & (self.made["version"][pairs["at_y"]] == version).to_numpy()
            ]
            left = self._left(here, waves, version)
            yield from self._of_place(f"{level} {code} {waves} {version}", rows, pairs, left)

    def _left(self, here: pd.Series, waves: str, version: str) -> np.ndarray:
        """Rows of the first wave of those who never had the second, although it was due."""
        first, second = waves.split("-")
        made, due = self.made, int(self.inputs.definitions.value("change")["due_months"])
        seen = self.all[(self.all["wave"] == second) & ~(self.all["date"] > self.last)]["respondent"]
        late = ~(made["date"].dt.to_period("M") + due > self.last.to_period("M"))
        return np.flatnonzero(here & (made["wave"] == first) & (made["version"] == version) & late
                              & ~made["respondent"].isin(seen))  # fmt: skip

    def _of_place(self, place: str, rows: pd.DataFrame, pairs: pd.DataFrame, left: np.ndarray) -> Iterator[Sum]:
        of_all = ("mean", "mean_bca", "mean_cluster", "equivalence")
        band = self.made["band"].to_numpy(object)[pairs["at_x"]]
        for row in rows.itertuples():
            name, among = f"changes {place} {row.among} {row.measure}", row.among.partition("=")
            if row.measure in of_all and among[0] in ("all", "band"):
                part = pairs if among[0] == "all" else pairs[band == among[2]]
                yield self._row(name, row, part["at_y"], part["at_x"])
            elif row.measure == "t0_stayers":
                yield self._row(name, row, pairs["at_x"])
            elif row.measure == "t0_leavers":
                yield self._row(name, row, left)
            elif row.measure == "bounds":
                scale = self.inputs.definitions.survey(SURVEY).scoring().nodes[self.node].scale
                known = row.lo * (len(pairs) + len(left)) - len(left) * min(scale)
                yield self._row(name, row, pairs["at_y"], [*pairs["at_x"], *left], known)

    def wrong(self) -> list[str]:
        """Published sums that this attacker has misunderstood: its finds would be worth nothing."""
        truth = self.made["value"].to_numpy(float)
        return [s.name for s in self.sums if s.shown and not np.isclose(s.weights @ truth, s.value, atol=1e-6)]

    def found(self) -> list[str]:
        """What follows from everything that is shown, and must not."""
        known = np.unique([s.weights for s in self.sums if s.shown], axis=0)
        _, size, basis = np.linalg.svd(known, full_matrices=False)
        basis = basis[size > 1e-8]

        def told(weights: np.ndarray) -> np.ndarray:
            rest = weights - weights @ basis.T @ basis
            return np.abs(rest).max(axis=1) < 1e-7

        people = self.made["respondent"] + " " + self.made["wave"]
        found = [f"the score of {name}" for name in people[told(np.eye(len(people)))]]
        hidden = [s for s in self.sums if s.hidden and s.weights.any()]
        if hidden:
            told_ = told(np.array([s.weights for s in hidden]))
            found += [f"{s.name}, hidden, base {s.people}" for s, t in zip(hidden, told_, strict=True) if t]
        return found + self._handfuls(known)

    def _handfuls(self, known: np.ndarray) -> list[str]:
        """Two sums, or an early, a late and a change, that differ by the scores of a few."""
        same = known[(known >= 0).all(axis=1)]
        apart = same.sum(axis=1)[:, None] + same.sum(axis=1)[None] - 2 * same @ same.T
        inside = (same @ same.T) == same.sum(axis=1)[:, None]
        few = [(int(a), int(b)) for a, b in np.argwhere(inside & (apart > 0) & (apart < LIMIT))]
        found = [f"two figures apart by the scores of {int(apart[pair])}" for pair in few]
        return found + [f"{s.name} is shown, base {s.people}" for s in self.sums if s.shown and s.people < LIMIT]


def run_tables(inputs: Inputs, period: str) -> dict[str, pd.DataFrame]:
    """Tables as a run publishes them, and its log."""
    last = parse_period(period).last
    indicators, log = indicators_and_log(inputs, inputs.definitions, period)
    explained, impact = explain(inputs, indicators, {}, last), tell_impact(inputs, indicators, log, last)
    return {"indicators": indicators, "log": log, "scores": explained.scores, "uncertainty": explained.uncertainty,
            "changes": impact.changes, "shrunken": impact.shrunken}  # fmt: skip


Person = tuple[str, str, str | None, str, str | None]
"""Hub, day of T0, day of T1, and the hub of T1 where it is another."""


def network(definitions: Definitions, people: Sequence[tuple], seed: int = 1) -> Inputs:
    """Inputs of respondents (hub, day of T0 or None, day of T1 or None[, hub of T1]) with random scores."""
    rng = np.random.default_rng(seed)
    rows = []
    for number, (hub, *days) in enumerate(people):
        hubs = (hub, days[2] if len(days) > 2 else hub)
        rows += [(f"r{number:03}", hubs[k], WAVES[k], day, *rng.uniform(5, 95, 2).round(1))
                 for k, day in enumerate(days[:2]) if day]  # fmt: skip
    made = pd.DataFrame(rows, columns=["respondent", "hub", "wave", "date", "overall", "strategy"])
    made = made.assign(survey=SURVEY, version="v1", date=pd.to_datetime(made["date"]).astype("datetime64[s]"))
    scoring = definitions.survey(SURVEY).scoring()
    nodes = definitions.indicators[SURVEY, "maturity_score"].score
    long = pd.concat([made.assign(dimension=n, value=made["overall" if n == "overall" else "strategy"]) for n in nodes])
    long["band"] = band_of(long["value"].to_numpy(float), scoring.bands["dma"])
    table, names = definitions.tables["hubs"], sorted(made["hub"].unique())
    register = pd.DataFrame({
        "hub": names, "name": names, "country": [n[:2] for n in names], "nuts": [n[:4] for n in names],
        "grant_start": pd.Timestamp("2023-01-01"), "submitted": True,
    })  # fmt: skip
    people_ = pd.DataFrame({"respondent": sorted(made["respondent"].unique())}).assign(nuts=pd.NA, country=pd.NA)
    kept = ["respondent", "survey", "version", "wave", "date", "hub"]
    about = ["code", "survey", "version", "wave", "dimension", "value", "band"]
    scores = long.rename(columns={"respondent": "code"})[about]
    nothing = dict.fromkeys(("se", "lo", "hi"), np.nan) | {"n_items": pd.NA, "n_answered": pd.NA}
    scores = scores.assign(level="respondent", status="ok", **nothing)
    scores = scores.astype({"n_items": "Int64", "n_answered": "Int64"})
    return Inputs({}, check_table(register.reindex(columns=list(table.columns)), table),
                  people_.astype("str"), made[kept].assign(origin="reported"), scores, definitions)  # fmt: skip


D = {"a": "2023-02-01", "b": "2023-09-01", "c": "2024-03-01", "d": "2024-10-01", "e": "2025-03-01", "f": "2025-09-01"}
PAIR, LEFT, LATE = (D["a"], D["c"]), (D["a"], None), (None, D["c"])


def of(hub: str, **many: int) -> list[tuple]:
    """Respondents of a hub by their kind."""
    kinds = {"pair": PAIR, "left": LEFT, "late": LATE, "young": (D["e"], None), "next": (D["b"], D["e"])}
    return [(hub, *kinds[kind]) for kind, n in many.items() for _ in range(n)]


NETWORKS = {
    "one of six leaves": of("HR03a", pair=5, left=1) + of("HR03b", pair=9, left=6) + of("EE00a", pair=9, left=7),
    "one is new at T1": of("HR03a", pair=6, late=1) + of("HR03b", pair=9, left=6) + of("EE00a", pair=9, left=7),
    "one is not due": of("HR03a", pair=6, young=1) + of("HR03b", pair=9, left=6) + of("EE00a", pair=9, left=7),
    "a small hub of two in a region": of("HR03a", pair=3) + of("HR03b", pair=8, left=5) + of("EE00a", pair=20, left=9),
    "few leave one of two": of("HR03a", pair=9, left=2) + of("HR03b", pair=9, left=7) + of("EE00a", pair=9, left=9),
    "an early few": of("HR03a", pair=7, next=2) + of("HR03b", pair=9, next=6) + of("EE00a", pair=6, left=6, next=6),
    "one changes the hub": of("HR03a", pair=7, left=6) + of("HR03b", pair=9, left=6) + [("HR03a", *PAIR, "HR03b")],
}


@pytest.fixture(scope="module")
def quick(definitions) -> Definitions:
    """Few draws: this is not about how sure a figure is."""
    policy = dict(definitions.policy)
    policy["change"] = policy["change"].model_copy(update={"value": {**policy["change"].value, "draws": 20}})
    return replace(definitions, policy=policy)


ALL = [
    pytest.param(people, id=name, marks=[pytest.mark.slow] if place else [])
    for place, (name, people) in enumerate(NETWORKS.items())
]


@pytest.mark.parametrize("people", ALL)
def test_nothing_hidden_follows_from_all_tables_together(quick, people):
    inputs = network(quick, people)
    attacker = Attacker(inputs, run_tables(inputs, "2025"), date(2025, 12, 31))
    assert not attacker.wrong()
    assert not attacker.found()
    assert any(s.shown for s in attacker.sums), "hiding everything is no way out"


def test_every_hidden_figure_is_in_the_log_with_its_reason(quick):
    found = run_tables(network(quick, NETWORKS["a small hub of two in a region"]), "2025")
    keys = ["level", "code", "indicator", "period", "breakdown"]
    hidden = found["indicators"].loc[found["indicators"]["status"] == "c", keys]
    told = hidden.merge(found["log"], how="left", on=keys)
    assert len(hidden) and told[["reason", "relation"]].notna().all(axis=None)
    for name in ("indicators", "changes", "scores"):
        gone = found[name][found[name]["status"] == "c"]
        numbers = gone.columns.intersection(["value", "lo", "hi", "se", "p", "n", "band", "attainment", "n_answered"])
        assert len(gone) and gone[numbers].isna().all(axis=None), name
    assert found["changes"].loc[found["changes"]["status"] == "c", "reason"].notna().all()


def test_a_group_that_answered_all_the_same_is_not_told(quick):
    """Seven who all have 40 at T0: their mean would tell what each of them has."""
    inputs = network(quick, of("HR03a", pair=7, left=0) + of("HR03b", pair=9, left=6) + of("EE00a", pair=9, left=7))
    early = inputs.scores["code"].isin([f"r{n:03}" for n in range(7)]) & (inputs.scores["wave"] == "T0")
    alike = replace(inputs, scores=inputs.scores.assign(value=inputs.scores["value"].mask(early, 40.0)))
    tables = run_tables(alike, "2025")
    rows = tables["indicators"].query("level == 'hub' and code == 'HR03a' and indicator == 'maturity_score'")
    rows = rows[rows["breakdown"].str.endswith("wave=T0") & rows["period"].isin(["2025", "../2025-12-31"])]
    assert len(rows) and set(rows["status"]) == {"c"}
    assert "uniform" in set(tables["log"]["reason"])
    scores = tables["scores"].query("level == 'hub' and code == 'HR03a' and wave == 'T0'")
    assert set(scores.loc[scores["dimension"] == "overall", "status"]) == {"c"}
    attacker = Attacker(alike, tables, date(2025, 12, 31))
    assert not attacker.wrong()
    assert not [told for told in attacker.found() if told.startswith(("hub HR03a", "the score", "two figures"))]


def test_shares_of_the_pairs_are_not_told_by_those_of_other_places(quick):
    """Improved in a country less improved in its other hub: each hidden count stays unknown."""
    inputs = network(
        quick, of("HR03a", pair=8, left=6) + of("HR03b", pair=30, left=6) + of("EE00a", pair=30, left=7), 3
    )
    changes = run_tables(inputs, "2025")["changes"]
    rows = changes[changes["dimension"].eq("overall") & changes["waves"].eq("T0-T1") & changes["survey"].eq(SURVEY)]
    for measure in ("improved", "unchanged", "worse"):
        status = rows[rows["measure"] == measure].set_index("code")["status"]
        inside = [status[code] == "c" for code in ("HR03a", "HR03b")]
        assert status["HR"] == "c" or sum(inside) != 1, measure
    assert (rows["status"] == "c").any() and rows.loc[rows["measure"].eq("mean"), "value"].notna().any()
