"""What is recorded already, for rules that look beyond a file; read when a rule asks for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from dihkpi.definitions import Definitions
from dihkpi.intake.between import referred_first
from dihkpi.intake.validate import Validated
from dihkpi.store.record import Store
from dihkpi.store.snapshot import current_table

if TYPE_CHECKING:
    import pandas as pd

_Form = tuple[str, str]


class RecordedTables(Mapping[_Form, "pd.DataFrame"]):
    """(survey, form) to the current rows of the store, for the forms that rules look up.

    Parameters
    ----------
    store : Store
    definitions : Definitions
    """

    def __init__(self, store: Store, definitions: Definitions) -> None:
        self._store, self._definitions = store, definitions
        self._read: dict[_Form, pd.DataFrame | None] = {}
        self._referred = [
            (name, rule.refers, rule.severity, form_name)
            for name, survey in definitions.surveys.items()
            for form_name, form in survey.forms.items()
            for rule in form.rules.values()
            if rule.refers
        ]
        compared = [
            (name, form_name)
            for name, survey in definitions.surveys.items()
            for form_name, form in survey.forms.items()
            if any(rule.compare for rule in form.rules.values())
        ]
        self._forms = list(dict.fromkeys([*((name, refers.to) for name, refers, _, _ in self._referred), *compared]))

    def __getitem__(self, form: _Form) -> pd.DataFrame:
        """Rows of a form; a form that nobody has sent is not there."""
        if form not in self._forms:
            raise KeyError(form)
        if form not in self._read:
            self._read[form] = current_table(self._store, self._definitions, *form)
        table = self._read[form]
        if table is None:
            raise KeyError(form)
        return table

    def __iter__(self) -> Iterator[_Form]:
        return (form for form in self._forms if form in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def forget(self, validated: Validated) -> None:
        """What was just recorded is read anew."""
        for part in validated.parts:
            self._read.pop((part.match.survey.survey, part.match.form_name), None)

    def turn(self, forms: Iterable[str]) -> int:
        """Place of a file with these forms in an order in which files come after those that they may refer to."""
        wanted = set(forms)
        places = (referred_first(survey) for survey in self._definitions.surveys.values())
        return max((place for found in places for form, place in found.items() if form in wanted), default=0)

    def mark(self, forms: Iterable[str]) -> str:
        """Changes when rows that were set aside for a missing reference may now be accepted; mostly empty."""
        wanted = set(forms)
        digest = hashlib.sha256()
        asked = [(name, r) for name, r, severity, form in self._referred if severity == "error" and form in wanted]
        for name, refers in asked:
            if (table := self.get((name, refers.to))) is not None:
                columns = [column for column in (*refers.key, *refers.within) if column in table]
                digest.update(table[columns].sort_values(columns).to_csv(index=False).encode())
        return "." + digest.hexdigest()[:12] if asked else ""
