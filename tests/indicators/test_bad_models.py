"""Bad data for the models: a status and a reason for each, no traceback, no warning, no number without its caveat."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from dihkpi.definitions import Definitions
from dihkpi.definitions.plan import Plan
from dihkpi.errors import UsageError
from dihkpi.indicators.cause.mixed import mixed_model
from dihkpi.indicators.cause.plan import run_plan
from dihkpi.indicators.cause.rows import EffectData
from dihkpi.indicators.cause.weighting import weighted_effect
from dihkpi.indicators.design import Design, mean, prepare, rake
from dihkpi.indicators.shrinkage import BetaBinomial, GammaPoisson, fay_herriot, james_stein, shrink_cases

UNITS = 60
BARE = ("icc", "balance", "pretrend", "deadweight", "gross")
"""Terms that may stand without an interval of their own, or belong to an answer that bears the caveat."""


class World(NamedTuple):
    """Sixty firms in ten hubs, half of which support their firms; what is wrong with them is given by name."""

    hubs: int = 10
    treated: str = "half"
    outcome: str = "noise"
    covariate: str = "noise"
    firms: int = UNITS

    def data(self) -> EffectData:
        rng = np.random.default_rng(1)
        n = self.firms
        hub = np.arange(n) % self.hubs
        treated = {"half": hub % 2 if self.hubs > 1 else np.arange(n) % 2, "all": np.ones(n, int),
                   "none": np.zeros(n, int), "one": (np.arange(n) == 0).astype(int)}[self.treated]  # fmt: skip
        covariate: Any = {
            "noise": rng.normal(size=n), "constant": np.ones(n), "separates": 10.0 * treated + rng.normal(size=n) / 10,
            "missing": np.full(n, np.nan), "endless": np.where(np.arange(n) < 9, np.inf, rng.normal(size=n)),
            "one of a kind": np.array(["a"] * (n - 1) + ["b"], dtype=object),
        }[self.covariate]  # fmt: skip
        parts = []
        for number, wave in enumerate(("T0", "T1")):
            value = {"noise": rng.normal(50, 10, n), "constant": np.full(n, 50.0),
                     "exact": np.arange(n) + 3.0 * number}[self.outcome]  # fmt: skip
            parts.append(pd.DataFrame({
                "level": "respondent", "code": [f"u{i:02}" for i in range(n)], "survey": "dma_sme", "version": "v1",
                "wave": wave, "dimension": "overall", "value": value,
            }))  # fmt: skip
        units = pd.DataFrame({
            "code": [f"u{i:02}" for i in range(n)], "hub": [f"h{h}" for h in hub], "supported": treated.astype(str),
            "x": covariate, "twin": covariate,
        })  # fmt: skip
        return EffectData(pd.concat(parts, ignore_index=True), pd.DataFrame(), units)


def run(definitions: Definitions, world: World, design: str, covariates: tuple[str, ...] = ("x",)) -> pd.DataFrame:
    analysis: dict[str, Any] = {
        "about": "?", "outcome": {"dimension": "overall"}, "before": ["T0"], "after": ["T1"], "design": design,
        "treatment": "supported", "family": "all", "covariates": list(covariates),
    }  # fmt: skip
    analysis |= {"levels": ["hub"]} if design == "mixed" else {"cluster": "hub"}
    plan = Plan.model_validate({
        "about": "?", "declared": "2026-01-01", "families": {"all": {"about": "?"}}, "analyses": {"it": analysis},
    })  # fmt: skip
    return run_plan(plan, world.data(), definitions, "dma_sme")


def check_caveats(table: pd.DataFrame) -> None:
    """A number has an interval or a caveat; no number has a reason; endless numbers are none."""
    assert table.loc[table["status"] != "ok", "reason"].notna().all()
    assert table.loc[table["status"].isin(["m", "c"]), ["estimate", "se", "lo", "hi", "p"]].isna().all(axis=None)
    assert np.isfinite(table["estimate"].dropna()).all()
    fine = table[(table["status"] == "ok") & ~table["term"].str.startswith(BARE)]
    assert fine[["estimate", "se", "lo", "hi"]].notna().all(axis=None)
    assert (fine["se"] > 0).all()


DESIGNS = ("did", "event_study", "ancova", "before_after", "ipw", "aipw", "mixed")
WORLDS = {
    "all supported": World(treated="all"),
    "nobody supported": World(treated="none"),
    "one supported": World(treated="one"),
    "one hub": World(hubs=1),
    "two hubs": World(hubs=2),
    "a firm per hub": World(hubs=UNITS),
    "outcome constant": World(outcome="constant"),
    "outcome exact": World(outcome="exact"),
    "covariate constant": World(covariate="constant"),
    "covariate tells who is supported": World(covariate="separates"),
    "covariate missing": World(covariate="missing"),
    "covariate endless": World(covariate="endless"),
    "category with one unit": World(covariate="one of a kind"),
    "four firms": World(hubs=2, firms=4),
}


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("name", WORLDS)
def test_no_design_falls_over_and_no_number_stands_bare(definitions: Definitions, name: str, design: str) -> None:
    check_caveats(run(definitions, WORLDS[name], design))


@pytest.mark.parametrize("design", DESIGNS)
def test_covariates_that_say_the_same_twice(definitions: Definitions, design: str) -> None:
    check_caveats(run(definitions, World(), design, ("x", "twin")))


NAMED = {
    # the three of the issue
    "a cluster of one": ("one hub", "did", "m", "a single cluster tells nothing about the spread between clusters"),
    "perfect separation": ("covariate tells who is supported", "aipw", "m", "perfect separation"),
    "no convergence": ("a firm per hub", "mixed", "m", "every unit of level 'hub' has one row"),
    # their neighbours
    "treatment constant": ("all supported", "did", "u", "needs a comparison group"),
    "nobody supported": ("nobody supported", "ancova", "m", "needs two supported units or more, found 0"),
    "two clusters": ("two hubs", "did", "u", "needs six clusters or more"),
    "no spread at all": ("outcome constant", "did", "u", "no spread at all"),
    "covariate that does not vary": ("covariate constant", "ipw", "m", "does not vary"),
    "covariate nobody told": ("covariate missing", "did", "m", "60 units without 'x'"),
    "covariate without bound": ("covariate endless", "did", "u", "9 units without 'x' are left out"),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_what_is_wrong_is_named(definitions: Definitions, name: str) -> None:
    world, design, status, words = NAMED[name]
    answer = run(definitions, WORLDS[world], design).iloc[0]
    assert words in answer["reason"]
    assert (answer["status"] == "m") == (status == "m") == (answer["verdict"] == "none")


def test_a_model_that_does_not_converge(monkeypatch: pytest.MonkeyPatch) -> None:
    """The optimiser gives up: a status and no number, without a warning on the way."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    def stuck(*_: Any, **__: Any) -> None:
        raise np.linalg.LinAlgError("singular")

    monkeypatch.setattr(MixedLM, "fit", stuck)
    rng = np.random.default_rng(2)
    fixed = {"constant": np.ones(40), "effect": np.tile([0.0, 1.0], 20)}
    found = mixed_model(rng.normal(size=40), fixed, {"hub": np.repeat(np.arange(8), 5)}, 0.95)
    assert (found.status, found.reason) == ("m", "the mixed model did not converge")
    assert all(effect.status == "m" and np.isnan(effect.estimate) for effect in found.effects)


def test_a_logit_that_does_not_converge(monkeypatch: pytest.MonkeyPatch) -> None:
    from statsmodels.discrete.discrete_model import Logit

    plain = Logit.fit

    def stopped(self: Any, **settings: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return plain(self, **{**settings, "maxiter": 0})

    monkeypatch.setattr(Logit, "fit", stopped)
    rng = np.random.default_rng(3)
    found = weighted_effect(rng.normal(size=60), np.tile([0.0, 1.0], 30), {"x": rng.normal(size=60)}, 0.95).effect
    assert found.status == "m" and "did not converge" in found.reason and np.isnan(found.estimate)


SHRUNKEN: dict[str, tuple[Callable[[], Any], str]] = {
    "standard errors of zero": (lambda: fay_herriot(np.arange(5.0), np.zeros(5), None, 0.95), "must be above 0"),
    "a negative standard error": (
        lambda: fay_herriot(np.arange(5.0), np.array([1, 1, 1, 1, -1.0]), None, 0.95), "must be above 0"),
    "a standard error without variance": (
        lambda: fay_herriot(np.arange(5.0), np.array([1, 1, 1, 1, 1e-200]), None, 0.95), "must be above 0"),
    "a value that is none": (
        lambda: james_stein(np.array([1, 2, 3, 4, np.nan]), 1.0, 0.95), "values must be known, which 1 of 5 are not"),
    "an endless value": (
        lambda: fay_herriot(np.array([1, 2, 3, 4, np.inf]), np.ones(5), None, 0.95), "values must be known"),
    "one unit": (lambda: james_stein(np.ones(1), 1.0, 0.95), "needs 4 units or more, not 1"),
    "collinear covariates": (
        lambda: fay_herriot(np.arange(6.0), np.ones(6), np.tile(np.arange(6.0), (2, 1)).T, 0.95), "say the same twice"),
    "nobody has it": (lambda: shrink_cases(BetaBinomial(), np.zeros(6), np.full(6, 9.0), 0.95), "no unit has a case"),
    "everybody has it": (
        lambda: shrink_cases(BetaBinomial(), np.full(6, 9.0), np.full(6, 9.0), 0.95), "every respondent"),
    "no exposure": (lambda: shrink_cases(GammaPoisson(), np.ones(6), np.zeros(6), 0.95), "of above 0"),
    "more cases than respondents": (
        lambda: shrink_cases(BetaBinomial(), np.full(6, 9.0), np.full(6, 5.0), 0.95), "more cases than"),
}  # fmt: skip


@pytest.mark.parametrize("name", SHRUNKEN)
def test_small_hubs_without_a_model_keep_no_shrunken_value(name: str) -> None:
    call, words = SHRUNKEN[name]
    found = call()
    assert not found.fitted and words in found.reason
    assert all(np.isnan(getattr(found, part)).all() for part in ("value", "factor", "mse", "lo", "hi"))


def test_hubs_that_do_not_differ_say_so() -> None:
    found = fay_herriot(np.full(6, 3.0), np.ones(6), None, 0.95)
    assert (found.factor == 1).all() and "no difference between units is visible" in found.reason


ROWS = {"y": [1.0, 2, 3, 4, 5, 6], "w": [1.0] * 6, "s": list("aaabbb"), "g": list("xxyyyx")}
REFUSED = {
    "weight of zero": ({"w": [0.0, 1, 1, 1, 1, 1]}, {}, "weights must be above 0, which 1 of 'w' are not"),
    "negative weight": ({"w": [-1.0, 1, 1, 1, 1, 1]}, {}, "weights must be above 0"),
    "endless weight": ({"w": [np.inf, 1, 1, 1, 1, 1]}, {}, "weights must be above 0"),
    "weight that is none": ({"w": [np.nan, 1, 1, 1, 1, 1]}, {}, "the column 'w' of the design is empty in 1 of 6 rows"),
    "weight in words": ({"w": list("abcdef")}, {}, "the column 'w' holds text"),
    "stratum with a single cluster": ({"s": list("abbbbb")}, {"strata": "s"}, "have one cluster"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_design_that_gives_no_error_is_refused_in_words(definitions: Definitions, name: str) -> None:
    changed, design, words = REFUSED[name]
    with pytest.raises(UsageError, match=words):
        prepare(pd.DataFrame({**ROWS, **changed}), Design(weight="w", **design), definitions)


MARGINS = {
    "sums that differ": ({"s": {"a": 10, "b": 20}, "g": {"x": 5, "y": 5}}, "sum to 30 and 10"),
    "an empty class": ({"s": {"a": 10, "b": 20, "c": 5}}, "no respondent is in the class 'c'"),
    "a class without total": ({"s": {"a": 10}}, "has no total for 'b'"),
    "a negative total": ({"s": {"a": -10, "b": 20}}, "needs totals above 0"),
}


@pytest.mark.parametrize("name", MARGINS)
def test_margins_that_cannot_be_met_are_refused_in_words(definitions: Definitions, name: str) -> None:
    totals, words = MARGINS[name]
    with pytest.raises(UsageError, match=words):
        rake(prepare(pd.DataFrame(ROWS), Design(weight="w"), definitions), totals)


def test_raking_that_does_not_converge_leaves_doubt(definitions: Definitions) -> None:
    sample = prepare(pd.DataFrame(ROWS), Design(weight="w"), definitions)
    raked, report = rake(sample, {"s": {"a": 100, "b": 1}}, bounds=(0.9, 1.1))
    row = mean(raked, "y").iloc[0]
    assert not report.converged
    assert row["status"] == "u" and "raking did not converge" in row["reason"]


def test_estimates_without_spread_or_value_say_so(definitions: Definitions) -> None:
    constant, unknown = (
        mean(prepare(pd.DataFrame({**ROWS, "y": [value] * 6}), Design(weight="w"), definitions), "y").iloc[0]
        for value in (1.0, np.nan)
    )
    assert (constant["status"], constant["se"]) == ("u", 0) and "no spread" in constant["reason"]
    assert unknown["status"] == "m" and np.isnan(unknown["value"]) and unknown["reason"]
