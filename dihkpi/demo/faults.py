"""Faults planted in the files of some hubs, about one row in a hundred, each with a known place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from dihkpi.demo.answers import CELLS, DATE, Questionnaire
from dihkpi.demo.files import Fault, Table
from dihkpi.demo.people import World
from dihkpi.demo.records import AID, PRICE

SERVICE_FAULTS: dict[str, tuple[str, Callable[[pd.Series], object]]] = {
    "impossible_date": ("Dates", lambda row: "2024-02-30 / 2024-03-01"),
    "decimal_comma": (PRICE, lambda row: "1.250,00"),
    "negative_amount": ("Price invoiced to customer", lambda row: -250),
    "misspelt_hub": ("EDIH Name", lambda row: row["EDIH Name"][:-2] + row["EDIH Name"][:-3:-1]),
    "unknown_category": ("Service category delivered", lambda row: "Test befor invest"),
    "aid_above_price": (AID, lambda row: row[PRICE] + 500),
    "error_literal": ("Customer", lambda row: "error"),
}
"""Kind of fault: the column it stands in, and what stands there."""


def plant(tables: list[Table], world: World, index: int) -> tuple[list[Table], list[Fault]]:
    """The tables with the faults to be written into them: none in about every second hub."""
    rng = np.random.default_rng([world.seed, index, 1])
    if rng.random() < 0.5:
        return tables, []
    given: list[Table] = []
    planted: list[Fault] = []
    for table in tables:
        found: list[Fault] = []
        if "/SMEEuDMAdata" in table.file:
            table, found = in_answers(table, world.questionnaires["sme"], rng)
        elif "/services" in table.file:
            found = in_services(table, rng)
        given.append(table)
        planted += found
    return given, planted


def in_services(table: Table, rng: np.random.Generator) -> list[Fault]:
    """Five kinds of faults in a table of services, each in a row of its own."""
    kinds = rng.permutation(list(SERVICE_FAULTS))[:5]
    rows = rng.choice(len(table.frame), len(kinds), replace=False)
    planted = []
    for kind, row in zip(kinds, rows, strict=True):
        column, value = SERVICE_FAULTS[kind]
        planted.append(Fault(table.file, int(row) + 2, column, str(kind), value(table.frame.iloc[row])))
    return planted


def in_answers(table: Table, questionnaire: Questionnaire, rng: np.random.Generator) -> tuple[Table, list[Fault]]:
    """Three kinds of faults in a table of answers; a doubled row is added at its end."""
    wave, date, _, vat = table.frame.columns[:4]
    frame = table.frame
    alone = rng.permutation(np.flatnonzero(~frame[vat].duplicated(keep=False)))
    second = int(rng.choice(np.flatnonzero(frame[wave] == "T1")))
    first = frame.loc[(frame[vat] == frame[vat].iloc[second]) & (frame[wave] == "T0"), date]
    before = (pd.to_datetime(first, format=DATE) - pd.Timedelta(days=10)).dt.strftime(DATE).iloc[0]
    item = {kind: rng.choice(np.array(questionnaire.codes)[questionnaire.types == kind]) for kind in CELLS}
    copy = frame.iloc[[alone[3]]].assign(**{item["checkbox"]: lambda row: 1 - row[item["checkbox"]].astype(int)})
    places = {
        "slash_in_columns": (alone[0], item["two_column"], "1/0"),
        "scale_out_of_range": (alone[1], item["scale_0_5"], "7"),
        "unknown_wave": (alone[2], wave, "T4"),
        "doubled_answers": (len(frame), wave, None),
        "wave_before_start": (second, date, before),
    }
    kinds = rng.permutation(list(places))[:3]
    if "doubled_answers" in kinds:
        table = replace(table, frame=pd.concat([frame, copy], ignore_index=True))
    chosen = [(kind, *places[kind]) for kind in kinds]
    return table, [Fault(table.file, int(row) + 2, column, str(kind), value) for kind, row, column, value in chosen]
