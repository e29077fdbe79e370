"""Text as people type it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dihkpi.errors import did_you_mean
from dihkpi.intake.text import clean_cell, code_of, normalise_header, show


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("\ufeff a ", "a"),
        ("\u00a0b\u200b", "b"),
        ("a\u0301", "á"),
        ("x\u202ey", "xy"),
        ("two  words", "two  words"),
    ],
)
def test_cells_lose_what_nobody_sees(typed: str, clean: str) -> None:
    assert clean_cell(typed) == clean


@pytest.mark.parametrize(
    "typed", ["Hub Name", " hub\u00a0name", '"HUB  NAME"', "\ufeffHub\nname", "„Hub name“", "Ｈub name"]
)
def test_headers_meet_in_one_form(typed: str) -> None:
    assert normalise_header(typed) == "hub name"


def test_labels_suggest_codes() -> None:
    assert code_of(" Sensors & Vision (3D) ") == "sensors_and_vision_3d"
    assert code_of("Größe") == "grosse"


def test_near_misses_keep_their_own_spelling() -> None:
    assert did_you_mean("PLANED", ["Planned", "Partial", "none"])[0] == "Planned"
    assert did_you_mean("xyz", ["Planned"]) == []


def test_controls_are_shown_and_long_texts_cut() -> None:
    assert show("a\x1b[31m\r\n") == "a<U+001B>[31m<U+000D><U+000A>"
    assert show("\ud800\u202e\0") == "<U+D800><U+202E><U+0000>"
    assert show("x" * 81) == "x" * 79 + "…"
    assert len(show("\0" * 500)) == 80


@pytest.mark.parametrize("missing", [None, pd.NA, np.nan, pd.NaT])
def test_nothing_is_shown_for_what_is_missing(missing: object) -> None:
    assert show(missing) == ""
    assert show("nan") == "nan"
    assert show(0) == "0"
