"""The official workbook of services, written from a table of one's own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from dihkpi.definitions import Definitions

if TYPE_CHECKING:
    import pandas as pd

SHEET = "Sheet1"
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def official_services(services: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Service records under the official headers, all of them and in their order, with labels instead of codes.

    Parameters
    ----------
    services : pandas.DataFrame
        Accepted rows of the form ``services``; a missing column is empty.
    """
    import pandas as pd

    form = definitions.surveys["edih_kpi"].forms["services"]
    found = {}
    for name, header in form.layouts["official_services"].headers.items():
        column = form.columns[name]
        assert isinstance(header, tuple)
        if column.type == "dates":
            found[header[0]] = _dates(services)
            continue
        values = services[name] if name in services else pd.Series(pd.NA, index=services.index, dtype="str")
        if column.type in ("code", "codes") and name not in ("customer_region",):
            labels = {code: label for listed in column.codes for code, label in _labels(listed, definitions).items()}
            values = values.astype("str").map(lambda text, known=labels: _named(text, known), na_action="ignore")
        found[header[0]] = values
    return pd.DataFrame(found)


def write_services(path: Path, services: pd.DataFrame, definitions: Definitions) -> Path:
    """Write the official workbook: one sheet, texts as texts, no formula; the bytes depend on the input alone."""
    import pandas as pd
    import xlsxwriter

    table = official_services(services, definitions)
    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        book.set_properties({"title": "Services", "created": dt.datetime(2000, 1, 1)})
        sheet = book.add_worksheet(SHEET)
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        sheet.freeze_panes(1, 0)
        for column, header in enumerate(table.columns):
            sheet.set_column(column, column, 20)
            sheet.write_string(0, column, header, head)
            for row, value in enumerate(table[header].to_list(), start=1):
                if pd.isna(value):
                    continue
                if isinstance(value, str):
                    sheet.write_string(row, column, value)
                else:
                    sheet.write_number(row, column, float(value))
    return path


def _labels(name: str, definitions: Definitions) -> dict[str, str]:
    return definitions.codelists[name].labels


def _named(text: str, labels: dict[str, str]) -> str:
    return ";".join(labels.get(code, code) for code in text.split("|"))


def _dates(services: pd.DataFrame) -> pd.Series:
    days = [services[name].dt.strftime("%Y-%m-%d").astype("str") for name in ("start", "end")]
    joined: pd.Series = days[0] + " / " + days[1].fillna("")
    return joined
