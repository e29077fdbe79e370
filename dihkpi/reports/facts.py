"""What every page reads: one figure, the figures of a place, and the names of everything that has a code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Estimate:
    """One figure of one place, or the lack of one: a row of the ``indicators`` table."""

    value: float | None = None
    lo: float | None = None
    hi: float | None = None
    n: int | None = None
    unit: str = ""
    status: str = "m"
    target: float | None = None
    attainment: float | None = None
    expected: float | None = None
    light: str | None = None

    @property
    def known(self) -> bool:
        """Whether there is a value to show."""
        return self.value is not None and self.status in ("ok", "u")

    @property
    def certain(self) -> bool:
        """Whether there is a value with an interval."""
        return self.known and self.lo is not None and self.hi is not None


NOTHING = Estimate()
FIELDS = tuple(Estimate.__dataclass_fields__)


def breakdown_text(parts: Mapping[str, str]) -> str:
    """The breakdown of a row as the table spells it.

    Examples
    --------
    >>> breakdown_text({"wave": "T0", "survey": "dma_sme"})
    'survey=dma_sme;wave=T0'
    """
    return ";".join(f"{key}={parts[key]}" for key in sorted(parts))


def breakdown_parts(text: str) -> dict[str, str]:
    """The keys and codes of a breakdown.

    Examples
    --------
    >>> breakdown_parts("survey=dma_sme;wave=T0")
    {'survey': 'dma_sme', 'wave': 'T0'}
    """
    return dict(part.split("=", 1) for part in text.split(";") if part)


class Indicators:
    """The indicators of one place, found by name, period and breakdown.

    Parameters
    ----------
    rows : iterable of sequences
        Indicator, period and breakdown, then the fields of an `Estimate`.
    """

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._estimates = {(row[0], row[1], row[2]): Estimate(*row[3:]) for row in rows}

    def get(self, indicator: str, period: str, **breakdown: str) -> Estimate:
        """One estimate; one without value when the table has no such row."""
        return self._estimates.get((indicator, period, breakdown_text(breakdown)), NOTHING)

    def latest(self, indicator: str, periods: Iterable[str], **breakdown: str) -> tuple[Estimate, str]:
        """The estimate of the first of the periods that has a row, and that period."""
        text, found = breakdown_text(breakdown), ""
        for found in periods:
            if (estimate := self._estimates.get((indicator, found, text))) is not None:
                return estimate, found
        return NOTHING, found

    def by(self, indicator: str, period: str, key: str) -> dict[str, Estimate]:
        """Estimates of an indicator by the codes of one breakdown, sorted by code."""
        start = f"{key}="
        return {
            text.removeprefix(start): estimate
            for (name, when, text), estimate in sorted(self._estimates.items(), key=lambda entry: entry[0])
            if name == indicator and when == period and text.startswith(start) and ";" not in text
        }

    def totals(self) -> set[str]:
        """Indicators that have a total in any period."""
        return {name for name, _, text in self._estimates if not text}

    def breakdowns(self, indicator: str) -> list[str]:
        """Breakdowns of an indicator in any period as the table spells them, the total first."""
        return sorted({text for name, _, text in self._estimates if name == indicator})

    def years(self, indicator: str) -> dict[str, Estimate]:
        """Estimates of the calendar years, oldest first."""
        rows = sorted(self._estimates.items(), key=lambda entry: entry[0])
        return {w: e for (name, w, text), e in rows if name == indicator and not text and w.isdigit()}

    def targets(self) -> list[tuple[str, str, Estimate]]:
        """Indicator, period and estimate of every total that has a target."""
        found = [(name, when, e) for (name, when, text), e in self._estimates.items() if not text and e.target]
        return sorted(found, key=lambda entry: entry[:2])


class Facts:
    """What a run says of itself, and the names of its codes.

    Parameters
    ----------
    meta : mapping
        Period, days, versions.
    dictionary : mapping
        Names and definitions of everything that has a code.
    """

    def __init__(self, meta: Mapping[str, Any], dictionary: Mapping[str, Any]) -> None:
        self.meta, self.dictionary = meta, dictionary

    @property
    def period(self) -> str:
        """The period of the report."""
        return str(self.meta["period"])

    @property
    def so_far(self) -> str:
        """The period of everything up to the cut-off day."""
        return f"../{self.meta['last_day']}"

    def policy(self, name: str) -> float:
        """A number of policy that the run was made with."""
        return float(self.dictionary["policy"][name])

    @property
    def lights(self) -> Mapping[str, str]:
        """Status of a target to its words, the best first."""
        said: dict[str, str] = self.dictionary.get("lights", {})
        return said

    def indicator(self, code: str) -> dict[str, Any]:
        """Name, unit and definition of an indicator; the code itself when it is not in the dictionary."""
        found: dict[str, Any] = self.dictionary.get("indicators", {}).get(code, {})
        return {"name": code.replace("_", " "), "unit": "", "definition": "", **found}

    def survey(self, code: str) -> str:
        """Title of a survey; its id when the run does not tell it."""
        titles = {entry["survey"]: entry["title"] for entry in self.meta.get("surveys", [])}
        return str(titles.get(code, code))

    def rule(self, name: str) -> str:
        """What a rule says; its id when it is not in the dictionary."""
        return str(self.dictionary.get("rules", {}).get(name, name))

    def codes(self, key: str) -> list[str]:
        """Codes of a breakdown or code list, in the order of the list."""
        return list(self._codelist(key))

    def label(self, key: str, code: str) -> str:
        """Label of a code of a breakdown or code list; the code itself when it has none."""
        return str(self._codelist(key).get(code, code))

    def _codelist(self, key: str) -> dict[str, str]:
        name = self.dictionary.get("breakdowns", {}).get(key) or key
        codes: dict[str, str] = self.dictionary.get("codelists", {}).get(name, {})
        return codes

    def level(self, level: str) -> dict[str, str]:
        """Title and plural of a level."""
        title = self.dictionary.get("levels", {}).get(level, {})
        return {"title": level, "plural": level, **title}
