"""Contributions to the scores of answers: exact under every switch, and by hand in small cases."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihkpi.cli import main
from dihkpi.definitions import Definitions, Survey
from dihkpi.scoring.answer_parts import answer_contributions
from dihkpi.scoring.score import score

SURVEYS = ("dma_sme", "dma_pso", "odm_2023")


def random_answers(survey: Survey, n: int, seed: int, missing: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    form = next(form for form in survey.forms.values() if form.kind == "answers")
    frame: dict[str, Any] = {"respondent": pd.array([f"r{i:02}" for i in range(n)], dtype="str")}
    if form.wave:
        frame[form.wave] = pd.array(["T0"] * n, dtype="str")
    for item in form.items:
        codes = list(survey.answer_types[item.type].codes)
        picked = rng.integers(0, len(codes), n)
        frame[item.code] = pd.Categorical.from_codes(np.where(rng.random(n) < missing, -1, picked), categories=codes)
    return pd.DataFrame(frame)


def assert_exact(frame: pd.DataFrame, survey: Survey, definitions: Definitions, options: dict[str, str]) -> None:
    scores = score(frame, survey, definitions, options=options).set_index(["code", "dimension"])["value"]
    parts = answer_contributions(frame, survey, definitions, options=options)
    summed = parts.groupby(["code", "node"])["contribution"].sum(min_count=1)
    ours = summed.reindex(scores.index.set_names(["code", "node"]))
    assert ours.to_numpy() == pytest.approx(scores.to_numpy(), rel=0, abs=1e-9, nan_ok=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", SURVEYS)
def test_parts_sum_to_the_score_under_every_combination_of_switches(name: str, definitions: Definitions) -> None:
    survey = definitions.survey(name)
    switches = {key: list(option.choices) for key, option in survey.scoring().options.items() if option.choices}
    tried = 0
    for chosen in product(*switches.values()):
        for missing in (0.0, 0.4, 1.0):
            frame = random_answers(survey, 6, seed=tried, missing=missing)
            assert_exact(frame, survey, definitions, dict(zip(switches, chosen, strict=True)))
            tried += 1
    assert tried >= 6


@given(seed=st.integers(0, 10_000), missing=st.floats(0, 1))
@settings(max_examples=15, deadline=None)
def test_parts_sum_to_the_score_whatever_is_answered(seed: int, missing: float, definitions: Definitions) -> None:
    survey = definitions.survey("dma_sme")
    assert_exact(random_answers(survey, 4, seed, missing), survey, definitions, {})


def tiny(**nodes: Any) -> Survey:
    items = [{"code": code, "question": "q", "type": "scale", "label": code} for code in "abc"]
    return Survey.model_validate({
        "survey": "tiny", "version": "v1", "title": "Tiny", "reference": "ours",
        "answer_types": {"scale": {"codes": {"0": "none", "1": "half", "2": "all", "x": "not applicable"}}},
        "questions": {"q": "Q"},
        "forms": {"answers": {"title": "A", "kind": "answers", "key": ["respondent"], "columns": {}, "items": items}},
        "raw_scoring": {
            "reference": "ours", "points": {"scale": {"0": 0, "1": 0.5, "2": 1, "x": None}}, "nodes": nodes,
        },
    })  # fmt: skip


def contributions(survey: Survey, definitions: Definitions, *answers: str | None) -> dict[tuple[str, str], float]:
    frame = pd.DataFrame({"respondent": pd.array(["r"], dtype="str")})
    for code, answer in zip("abc", answers, strict=True):
        frame[code] = pd.Categorical([answer], categories=["0", "1", "2", "x"])
    table = answer_contributions(frame, survey, definitions)
    assert_exact(frame, survey, definitions, {})
    return {(r.node, r.child): r.contribution for r in table.itertuples()}


def test_parts_by_hand(definitions: Definitions) -> None:
    survey = tiny(overall={"label": "All", "of": ["x", "y"], "weights": {"x": 3}},
                  x={"label": "X", "items": {"code": ["a", "b"]}, "scale": [0, 10], "weights": {"a": 4}},
                  y={"label": "Y", "items": {"code": ["c"]}})  # fmt: skip
    assert contributions(survey, definitions, "2", "1", "1") == pytest.approx({
        ("overall", "x"): 67.5, ("overall", "y"): 12.5, ("x", "a"): 8.0, ("x", "b"): 1.0, ("y", "c"): 50.0,
    })  # fmt: skip
    assert contributions(survey, definitions, "2", None, "x") == pytest.approx(
        {("overall", "x"): 100, ("overall", "y"): 0, ("x", "a"): 10, ("x", "b"): 0, ("y", "c"): np.nan}, nan_ok=True
    )


def test_a_scale_that_starts_elsewhere_and_a_knockout(definitions: Definitions) -> None:
    node = {"label": "All", "items": {"code": ["a", "b"]}, "scale": [1, 5],
            "knockout": [{"item": "c", "code": "2", "value": 0.25}]}  # fmt: skip
    survey = tiny(overall=node)
    assert contributions(survey, definitions, "2", "0", "0") == pytest.approx(
        {("overall", "a"): 2.5, ("overall", "b"): 0.5, ("overall", "c"): 0}
    )
    assert contributions(survey, definitions, "2", "0", "2") == pytest.approx(
        {("overall", "a"): 0, ("overall", "b"): 0, ("overall", "c"): 2}
    )


def test_methods_that_are_no_sums(definitions: Definitions) -> None:
    node = {"label": "All", "items": {"code": ["a", "b"]}, "scale": [0, 5]}
    root = 5 * 0.5**0.5
    parts = contributions(tiny(overall={**node, "aggregate": "geometric"}), definitions, "2", "1", "0")
    assert parts == pytest.approx({("overall", "a"): root / 2, ("overall", "b"): root / 2})
    parts = contributions(tiny(overall={**node, "aggregate": "minimum"}), definitions, "2", "1", "0")
    assert parts == {("overall", "a"): 0.0, ("overall", "b"): 2.5}


def test_published_points_are_the_sum_of_the_points_of_the_questions(definitions: Definitions) -> None:
    survey = definitions.survey("odm_2023")
    frame = random_answers(survey, 3, seed=5, missing=0.2)
    parts = answer_contributions(frame, survey, definitions)
    scores = score(frame, survey, definitions).set_index(["code", "dimension"])
    top = parts[parts["node"] == "overall"]
    for row in top.itertuples():
        points, most = scores.loc[(row.code, row.child), "points"], scores.loc[(row.code, "overall"), "max_points"]
        assert row.contribution == pytest.approx(100 * points / most)


def test_the_command_writes_them_unless_they_are_too_many(
    tmp_path: Path, definitions: Definitions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    survey = definitions.survey("dma_sme")
    frame = random_answers(survey, 3, seed=1, missing=0.1).astype("str")
    frame = frame.assign(name=frame["respondent"], vat=frame["respondent"], date="2026-01-31").drop(
        columns="respondent"
    )
    frame.to_csv(tmp_path / "answers.csv", index=False)

    def run(*words: str) -> str:
        monkeypatch.setattr(
            "sys.argv", ["dihkpi", "score", str(tmp_path / "answers.csv"), "--survey", "dma_sme", *words]
        )
        with pytest.raises(SystemExit):
            main()
        return capsys.readouterr().err

    assert "no contributions" not in run("--out", str(tmp_path / "all"))
    scores = pd.read_csv(tmp_path / "all/scores.csv").set_index(["code", "dimension"])["value"]
    parts = pd.read_parquet(tmp_path / "all/contributions.parquet").groupby(["code", "node"])["contribution"].sum()
    assert len(scores) > 3 and parts.to_dict() == pytest.approx(scores.to_dict(), abs=1e-9)
    policy = tmp_path / "own/schemas/policy.yaml"
    policy.parent.mkdir(parents=True)
    policy.write_text("contribution_rows: {value: 10, valid_from: 2026-01-01, reference: ours}\n", encoding="utf-8")
    told = run("--out", str(tmp_path / "few"), "--definitions", str(tmp_path / "own"))
    assert "no contributions of dma_sme: they would have" in told and "contribution_rows allows 10" in told
    assert not (tmp_path / "few/contributions.csv").exists() and (tmp_path / "few/scores.csv").exists()
