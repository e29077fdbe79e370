"""Hubs by id, name or title: what a file calls a hub, and which hub that is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from dihkpi.errors import hint_for
from dihkpi.intake.issues import Fault
from dihkpi.intake.lookalikes import normalise_id, skeleton
from dihkpi.intake.text import normalise_header, show

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class HubNames:
    """The hubs that files may name.

    Parameters
    ----------
    hubs : pandas.DataFrame
        Columns ``hub``, ``name``, ``title`` and ``country``.
    """

    hubs: pd.DataFrame

    @cached_property
    def _ids(self) -> dict[str, list[tuple[str, str]]]:
        """Normalised name to (hub, country); a hub's id wins over the names of others."""
        found: dict[str, list[tuple[str, str]]] = {}
        table = self.hubs[["hub", "name", "title", "country"]].astype(object).where(self.hubs.notna(), None)
        for column in ("hub", "name", "title"):
            for hub, name, country in zip(table["hub"], table[column], table["country"], strict=True):
                entries = found.setdefault(_plain(name), []) if name else []
                if hub not in (known for known, _ in entries):
                    entries.append((hub, country))
        return found

    @cached_property
    def _skeletons(self) -> dict[str, list[str]]:
        """What the id of a hub looks like to the hubs with such an id."""
        found: dict[str, list[str]] = {}
        for hub in self.hubs["hub"].dropna():
            found.setdefault(skeleton(hub), []).append(hub)
        return found

    def country_of(self, text: str) -> str | None:
        """Country of the one hub that a text names."""
        countries = {country for _, country in self._ids.get(_plain(text), []) if country}
        return countries.pop() if len(countries) == 1 else None

    def find(self, text: str, country: str | None = None) -> tuple[str | None, Fault | None]:
        """The id of the hub that a text names.

        Parameters
        ----------
        text : str
            Id, short or long name, in any letter case.
        country : str, optional
            Code of the hub's country, for names that several hubs share.
        """
        entries = self._ids.get(_plain(text), [])
        exact = [entry for entry in entries if entry[0] == text]
        candidates = exact or entries
        if len(candidates) > 1 and country:
            candidates = [entry for entry in candidates if entry[1] == country] or candidates
        if len(candidates) == 1:
            return candidates[0][0], None
        if candidates:
            which = ", ".join(sorted(hub for hub, _ in candidates))
            return None, Fault("ambiguous_hub", f"'{show(text)}' names several hubs", f"write the id: {which}")
        if twins := self._skeletons.get(skeleton(text)):
            hint = "did you mean " + " or ".join(f"'{hub}'" for hub in twins) + "? They look alike"
        else:
            names = [str(name) for name in (*self.hubs["name"], *self.hubs["hub"])]
            hint = hint_for(text, names, "known hubs", 5)
        return None, Fault("unknown_hub", f"unknown hub '{show(text)}'", hint)


def _plain(name: str) -> str:
    """The form in which two names are compared: letter case, white space and kinds of hyphens count for nothing."""
    return normalise_header(normalise_id(name))
